"""Formulas of losses: from the rows' losses to L, and from L back to the last layer's output."""

from functools import partial

import numpy as np

from ....losses import (BinaryCrossEntropy, CrossEntropy, HalfSquaredError, Huber,
                        MeanAbsoluteError, MeanSquaredError, SigmoidCrossEntropy,
                        SoftmaxCrossEntropy)
from .base import Formulas, Made
from .expressions import Number, Square, total
from .functions import absolute, exp, log, maximum, minimum, sign_of
from .layers import find_jacobian, jacobian_of_softmax, softmax_of
from .pairs import squared_error_in_its_place

TINY = 1e-290   # probabilities below this have lost digits, and their logarithms with them


class OfLoss(Formulas):
    """The parts that all losses share. The arrays of `step` that have no prefix are those of the
    batch: x, t, the weights w of the rows if any, L and dL.
    """

    def y(self, i, j):
        return self.cells("x")[i, j]

    def t(self, i, j):
        """The target after label smoothing."""
        smoothing, t = self.setting("label_smoothing"), self.step.cells("t")
        return (1 - smoothing) * t[i, j] + smoothing / Number(t.shape[1], "k")

    def dl(self, i):
        """The row's share in the mean L."""
        n = len(self.cells("l"))
        if "w" not in self.step:
            return 1 / Number(n, "n")
        w = self.step.cells("w")
        return w[i] / total(w[row] for row in range(n))

    def at(self, i, j):
        """(y, t, dl) for an output of a row."""
        y, t, dl = self.cells("y", "t", "dl")
        return y[i, j], t[i, j], dl[i]


class OfBatch(Formulas):
    """L, the mean of the rows' losses, and where the backward pass begins."""

    def L(self):
        l = self.step.cells("loss.l")
        if np.isnan(l.array).any():
            return Made(sentence="the losses of the single rows are not known")
        if "w" not in self.step:
            return total(l[i] for i in range(len(l))) / Number(len(l), "n")
        w = self.step.cells("w")
        return total(w[i] * l[i] for i in range(len(l))) / total(w[i] for i in range(len(l)))

    def dL(self):
        return Made(Number(1), sentence="here the backward pass begins: dL is ∂L/∂L")

    def given(self, name, index):
        if name in ("x", "t", "w"):
            what = {"x": "", "t": "the target of ", "w": "the weight of "}[name]
            return f"given: {what}row {int(self.step['rows'][index[0]])} of the data"
        return {"rows": "which row of the data this is", "lr": "the learning rate of this step",
                "y.after": "y of the same row after the step",
                "L.after": "L of the same rows after the step"}[name]


# ---- of differences ----

class OfRegressionLoss(OfLoss):
    """l = Σ h(y - t), or its mean over the outputs;  dx = h'(y - t) dl"""

    def l(self, i):
        x, t = self.cells("x", "t")
        l = total(self.h(x[i, j] - t[i, j]) for j in range(x.shape[1]))
        return l / self.k if self.thing.mean_over == "elements" else l

    def dx(self, i, j):
        y, t, dl = self.at(i, j)
        dx = self.slope(y - t) * dl
        return dx / self.k if self.thing.mean_over == "elements" else dx

    @property
    def k(self):
        return Number(self.cells("x").shape[1], "k")


class OfMeanSquaredError(OfRegressionLoss):
    def h(self, difference):
        return Square(difference)

    def slope(self, difference):
        return 2 * difference


class OfHalfSquaredError(OfRegressionLoss):
    def h(self, difference):
        return Square(difference) / 2

    def slope(self, difference):
        return difference


class OfMeanAbsoluteError(OfRegressionLoss):
    def h(self, difference):
        return absolute(difference)

    def slope(self, difference):
        return sign_of(difference)


class OfHuber(OfRegressionLoss):
    def h(self, difference):
        delta = self.setting("delta")
        if abs(difference.value) <= delta.value:
            return Square(difference) / 2
        return delta * (absolute(difference) - delta / 2)

    def slope(self, difference):
        delta = self.setting("delta")
        return maximum(-delta, minimum(difference, delta))


# ---- cross-entropies ----
# 0 log 0 is 0, and so is 0 / 0: where the target is 0 nothing is lost, and there is no term.

class OfCrossEntropy(OfLoss):
    def l(self, i):
        y, t = self.cells("y", "t")
        return -total(t[i, j] * log(y[i, j]) for j in range(y.shape[1]) if t[i, j].value)

    def slope(self, y, t):
        """∂l/∂y"""
        return -t / y if t.value or y.value else Number(0)

    def dx(self, i, j):
        y, t, dl = self.at(i, j)
        return self.slope(y, t) * dl


class OfBinaryCrossEntropy(OfLoss):
    def l(self, i):
        return total(self.of_output(y, t) for y, t in self.outputs(i))

    def outputs(self, i):
        y, t = self.cells("y", "t")
        return [(y[i, j], t[i, j]) for j in range(y.shape[1])]

    def of_output(self, y, t):
        """-(t log y + (1 - t) log(1 - y))"""
        if t.value in (0, 1):
            return -(t * log(y)) if t.value else -((1 - t) * log(1 - y))
        return -(t * log(y) + (1 - t) * log(1 - y))

    def slope(self, y, t):
        """∂l/∂y"""
        if t.value in (0, 1):
            return -t / y if t.value else 1 / (1 - y)
        return (1 - t) / (1 - y) - t / y

    def dx(self, i, j):
        y, t, dl = self.at(i, j)
        return self.slope(y, t) * dl


class OfFusedLoss(OfLoss):
    """A cross-entropy together with its link. dx is y - t times the row's share; and the long way,
    through dy, the gradient with respect to y, and the slopes J of the link.
    """

    def dy(self, i, j):
        y, t, dl = self.at(i, j)
        return self.of_probabilities.slope(self, y, t) * dl

    def dx(self, i, j):
        y, t, dl = self.at(i, j)
        ways = [(f"the long way, through {self.link}", self.long_way(i, j), True)]
        return Made((y - t) * dl, ways=(*ways, *self.other_ways(i, j)))

    def other_ways(self, i, j):
        return ()


class OfSoftmaxCrossEntropy(OfFusedLoss):
    of_probabilities, link = OfCrossEntropy, "the Jacobian of softmax"

    @staticmethod
    def extras_of_backward(loss, arrays):
        y, t, dl = arrays["y"], arrays["t"], arrays["dl"][:, None]
        with np.errstate(all="ignore"):
            dy = np.where(t, -t / y * dl, 0.0)
        return {"dy": dy, "J": partial(find_jacobian, y)}

    def y(self, i, j):
        return softmax_of(self.cells("x"), (i, j))

    def J(self, *index):
        return jacobian_of_softmax(self.cells("y"), index)

    def l(self, i):
        y, t, x = self.cells("y", "t", "x")
        columns = [j for j in range(y.shape[1]) if t[i, j].value]
        if min(y[i, j].value for j in columns) > TINY:
            return -total(t[i, j] * log(y[i, j]) for j in columns)
        powers = [x[i, k] for k in range(x.shape[1])]  # log y, where y itself rounds to 0
        largest = max(powers, key=lambda a: a.value)
        log_s = log(total(exp(a - largest) for a in powers))
        return total(t[i, j] * (log_s - (x[i, j] - largest)) for j in columns)

    def long_way(self, i, j):
        dy, J = self.cells("dy", "J")
        return total(dy[i, k] * J[i, k, j] for k in range(dy.shape[1]))

    def other_ways(self, i, j):
        return [squared_error_in_its_place(*self.cells("y", "t", "dl", "J"), (i, j))]


class OfSigmoidCrossEntropy(OfFusedLoss):
    of_probabilities, link = OfBinaryCrossEntropy, "the slope of the sigmoid"

    @staticmethod
    def extras_of_backward(loss, arrays):
        y, t, dl = arrays["y"], arrays["t"], arrays["dl"][:, None]
        with np.errstate(all="ignore"):
            dy = (np.where(1 - t, (1 - t) / (1 - y), 0.0) - np.where(t, t / y, 0.0)) * dl
        return {"dy": dy, "J": y * (1 - y)}

    def y(self, i, j):
        return 1 / (1 + exp(-self.cells("x")[i, j]))

    def J(self, i, j):
        y = self.cells("y")[i, j]
        return y * (1 - y)

    def l(self, i):
        x, t = self.cells("x", "t")
        return total(self.of_logit(x[i, j], t[i, j]) for j in range(x.shape[1]))

    def of_logit(self, x, t):
        """t log(1 + e^-x) + (1 - t) log(1 + e^x)"""
        if t.value in (0, 1):
            return t * softplus(-x) if t.value else (1 - t) * softplus(x)
        return t * softplus(-x) + (1 - t) * softplus(x)

    def long_way(self, i, j):
        dy, J = self.cells("dy", "J")
        return dy[i, j] * J[i, j]


def softplus(a):
    """log(1 + e^a), which is -log(1 - y) for a = x, and -log y for a = -x"""
    return a + log(1 + exp(-a)) if a.value > 0 else log(1 + exp(a))


OF_LOSSES = {
    MeanSquaredError: OfMeanSquaredError, HalfSquaredError: OfHalfSquaredError,
    MeanAbsoluteError: OfMeanAbsoluteError, Huber: OfHuber, CrossEntropy: OfCrossEntropy,
    BinaryCrossEntropy: OfBinaryCrossEntropy, SoftmaxCrossEntropy: OfSoftmaxCrossEntropy,
    SigmoidCrossEntropy: OfSigmoidCrossEntropy,
}
