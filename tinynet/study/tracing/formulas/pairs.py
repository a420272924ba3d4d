"""Pairs of a link and a loss: what cancels between them, and what does not."""

from ....layers import Sigmoid, Softmax
from ....losses import BinaryCrossEntropy, CrossEntropy, HalfSquaredError, MeanSquaredError
from .base import Way
from .expressions import total

SAME = {Softmax: CrossEntropy, Sigmoid: BinaryCrossEntropy}   # dx of the pair is y - t
NAMES = {Softmax: "cross-entropy", Sigmoid: "binary cross-entropy"}


def find_ways_of_pair(formulas, index):
    """The other Ways to dx of a softmax or a sigmoid. If it is the network's last layer, there is
    what the pair with its cross-entropy comes to: y - t times the row's share.
    """
    step, link, loss = formulas.step, type(formulas.thing), type(formulas.step.net.loss)
    is_last = step.aliases["loss.x"] == f"{formulas.prefix}y"
    if not is_last or loss not in (SAME[link], MeanSquaredError, HalfSquaredError):
        return ()
    i, j = index
    y, t, dl = formulas.cells_of("y"), step.cells_of("loss.t"), step.cells_of("loss.dl")
    short = (y[i, j] - t[i, j]) * dl[i]
    if loss is not SAME[link]:
        title = f"{NAMES[link]} in its place would give"
        return (Way(title, short, must_agree=False),) if can_be_judged(link, t.array[i]) else ()
    if link is Sigmoid:
        return (Way("the short way", short),)
    off, why = allow_for_sum(y, t, dl, index)
    return (Way("the short way", short, off=off, why=why),
            compare_with_squared_error(y, t, dl, formulas.cells_of("J"), index))


def can_be_judged(link, t):
    """Whether a cross-entropy takes the targets of a row: shares, which for softmax sum to 1."""
    are_shares = t.min() >= 0 and t.max() <= 1
    return bool(are_shares and (link is Sigmoid or abs(t.sum() - 1) < 1e-6))


def allow_for_sum(y, t, dl, index):
    """(how far softmax and cross-entropy may be from y - t, why): the derivative is y Σ t - t, and
    the targets of a row sum to 1 only as far as they have digits.
    """
    i, j = index
    off = find_excess(t, i)
    return (off * y.array[i, j] * dl.array[i],
            f"the targets of this row sum to 1 only to within {off:.1g}")


def find_excess(t, i):
    """By how much the sum of the targets of a row differs from 1."""
    return abs(t.array[i].sum() - 1)


def compare_with_squared_error(y, t, dl, J, index):
    """The Way of squared error behind softmax, where nothing cancels."""
    i, j = index
    dx = total(2 * (y[i, k] - t[i, k]) * dl[i] * J[i, k, j] for k in range(y.shape[1]))
    return Way("squared error in its place would give", dx, must_agree=False)
