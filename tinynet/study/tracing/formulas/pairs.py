"""Pairs of a link and a loss: what cancels between them, and what does not."""

from ....layers import Sigmoid, Softmax
from ....losses import BinaryCrossEntropy, CrossEntropy, HalfSquaredError, MeanSquaredError
from .base import Made
from .expressions import total

SAME = {Softmax: CrossEntropy, Sigmoid: BinaryCrossEntropy}   # dx of the pair is y - t
NAMES = {Softmax: "cross-entropy", Sigmoid: "binary cross-entropy"}


def beside_pairs(formulas, index, expression):
    """The Made for dx of a softmax or a sigmoid. If it is the network's last layer, it has what the
    pair with its cross-entropy comes to, y - t times the row's share, beside it.
    """
    step, link, loss = formulas.step, type(formulas.thing), type(formulas.step.loss)
    if formulas.prefix != step.last_prefix or loss not in (
            SAME[link], MeanSquaredError, HalfSquaredError):
        return Made(expression)
    i, j = index
    y, t, dl = formulas.cells("y"), step.cells("loss.t"), step.cells("loss.dl")
    short = (y[i, j] - t[i, j]) * dl[i]
    if loss is not SAME[link]:
        return Made(expression, ways=((f"{NAMES[link]} in its place would give", short, False),))
    ways = [("the short way", short, True)]
    if link is Softmax:
        ways += [squared_error_in_its_place(y, t, dl, formulas.cells("J"), index)]
    return Made(expression, ways=tuple(ways))


def squared_error_in_its_place(y, t, dl, J, index):
    """The way of squared error behind softmax, where nothing cancels."""
    i, j = index
    return ("squared error in its place would give",
            total(2 * (y[i, k] - t[i, k]) * dl[i] * J[i, k, j] for k in range(y.shape[1])), False)
