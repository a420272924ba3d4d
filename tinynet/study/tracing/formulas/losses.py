"""Formulas of losses: from the rows' losses to L, and from L back to the last layer's output."""

import math
from functools import partial

import numpy as np

from ....losses import (BinaryCrossEntropy, CrossEntropy, HalfSquaredError, Huber,
                        MeanAbsoluteError, MeanSquaredError, SigmoidCrossEntropy,
                        SoftmaxCrossEntropy)
from .base import Formulas, Made, Way, make_near
from .expressions import EXACT, Number, Square, total
from .functions import absolute, exp, log, log_of_1_plus, maximum, minimum, sign_of
from .pairs import allow_for_sum, compare_with_squared_error, find_excess
from .softmax import find_jacobian, jacobian_of_softmax, softmax_of, take_off_largest

LOST = 1e-290   # probabilities below this have lost digits, and their logarithms with them


class OfLoss(Formulas):
    """The parts that all losses share. The arrays of `step` that have no prefix are those of the
    batch: x, t, the weights w of the rows if any, L and dL.

    makes_y   whether y is another array than x
    """

    makes_y = False

    def smooth(self, t):
        """t after label smoothing, or None if it stays as it is."""
        return None

    def find_losses(self, calls):
        """The losses l of the rows, from the Calls of the passes."""
        return calls.l

    def of_dl(self, i):
        """The row's share in the mean L."""
        dL = self.step.cells_of("dL")[()]
        if "w" not in self.step:
            return dL / Number(len(self.step["x"]), "n")
        w = self.step.cells_of("w")
        return dL * w[i] / total(w.all())

    def output(self, i, j):
        """(y, t, dl) for an output of a row."""
        return *self.at((i, j), "y", "t"), self.cells_of("dl")[i]

    def outputs(self, i, name="y"):
        """[(y, t)] for all outputs of a row."""
        y, t = self.cells(name, "t")
        return [(y[i, j], t[i, j]) for j in range(y.shape[1])]


# ---- of differences ----

class OfRegressionLoss(OfLoss):
    """l = Σ h(y - t), or its mean over the outputs;  dx = h'(y - t) dl"""

    def of_l(self, i):
        return self.by_k(total(self.h(y - t) for y, t in self.outputs(i)))

    def of_dx(self, i, j):
        y, t, dl = self.output(i, j)
        return self.by_k(self.slope(y - t) * dl)

    def by_k(self, number):
        """The number, divided by the outputs of a row if the mean is over these, too."""
        if self.thing.mean_over == "rows":
            return number
        return number / Number(self.cells_of("x").shape[1], "k")


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

def slope_of_cross_entropy(y, t):
    """∂l/∂y = -t / y"""
    return -t / y if t.value or y.value else Number(0)


def slope_of_binary_cross_entropy(y, t):
    """∂l/∂y = (1 - t) / (1 - y) - t / y"""
    if t.value in (0, 1):
        return -t / y if t.value else 1 / (1 - y)
    return (1 - t) / (1 - y) - t / y


class OfClassLoss(OfLoss):
    def smooth(self, t):
        return self.thing.smooth(t) if self.thing.label_smoothing else None

    def of_t(self, i, j):
        smoothing, t = self.setting("label_smoothing"), self.step.cells_of("t", "t_given")
        return (1 - smoothing) * t[i, j] + smoothing / Number(t.shape[1], "k")


class OfCrossEntropy(OfClassLoss):
    def of_l(self, i):
        return -total(t * log(y) for y, t in self.outputs(i) if t.value)

    def of_dx(self, i, j):
        y, t, dl = self.output(i, j)
        return slope_of_cross_entropy(y, t) * dl


class OfBinaryCrossEntropy(OfLoss):
    def of_l(self, i):
        return total(self.of_output(y, t) for y, t in self.outputs(i))

    def of_output(self, y, t):
        """-(t log y + (1 - t) log(1 - y))"""
        if t.value in (0, 1):
            return -(t * log(y)) if t.value else -((1 - t) * log(1 - y))
        return -(t * log(y) + (1 - t) * log(1 - y))

    def of_dx(self, i, j):
        y, t, dl = self.output(i, j)
        return slope_of_binary_cross_entropy(y, t) * dl


class OfFusedLoss(OfLoss):
    """A cross-entropy together with its link. dx is y - t times the row's share; and the long way,
    through dy, the gradient with respect to y, and the slopes J of the link.
    """

    makes_y = True

    def of_dx(self, i, j):
        y, t, dl = self.output(i, j)
        return Made((y - t) * dl, ways=self.find_ways(i, j))


class OfSoftmaxCrossEntropy(OfFusedLoss, OfClassLoss):
    def find_extras_of_backward(self, arrays):
        y, t, dl = arrays["y"], arrays["t"], arrays["dl"][:, None]
        with np.errstate(all="ignore"):
            dy = np.where(t, -t / y * dl, 0.0)
        return {"dy": dy, "J": partial(find_jacobian, y)}

    def of_y(self, i, j):
        return softmax_of(self.cells_of("x"), (i, j))

    def of_J(self, *index):
        return jacobian_of_softmax(self.cells_of("y"), index)

    def of_l(self, i):
        outputs, (x, t) = [(y, t) for y, t in self.outputs(i) if t.value], self.cells("x", "t")
        if min(y.value for y, _ in outputs) > LOST:
            l = -total(t * log(y) for y, t in outputs)
            # the loss is log s - Σ t x, for which Σ t is taken to be 1
            off = EXACT * l.spread() + find_excess(t, i) * math.log(t.shape[1])
            return make_near(l, off)
        powers = take_off_largest([x[i, j] for j in range(x.shape[1])])
        log_s = log(total(map(exp, powers)))
        return Made(total(t[i, j] * (log_s - power) for j, power in enumerate(powers)
                          if t[i, j].value), "by the logits, since y is too near to 0")

    def of_dy(self, i, j):
        y, t, dl = self.output(i, j)
        return slope_of_cross_entropy(y, t) * dl

    def find_ways(self, i, j):
        y, t, dl, dy, J = self.cells("y", "t", "dl", "dy", "J")
        long = total(dy[i, k] * J[i, k, j] for k in range(dy.shape[1]))
        off, why = allow_for_sum(y, t, dl, (i, j))
        return (Way("the long way, through the Jacobian of softmax", long, off=off, why=why),
                compare_with_squared_error(y, t, dl, J, (i, j)))


class OfSigmoidCrossEntropy(OfFusedLoss):
    def find_extras_of_backward(self, arrays):
        y, t, dl = arrays["y"], arrays["t"], arrays["dl"][:, None]
        with np.errstate(all="ignore"):
            dy = (np.where(1 - t, (1 - t) / (1 - y), 0.0) - np.where(t, t / y, 0.0)) * dl
        return {"dy": dy, "J": y * (1 - y)}

    def of_y(self, i, j):
        return 1 / (1 + exp(-self.cells_of("x")[i, j]))

    def of_J(self, i, j):
        y = self.cells_of("y")[i, j]
        return y * (1 - y)

    def of_l(self, i):
        return total(self.of_logit(x, t) for x, t in self.outputs(i, "x"))

    def of_logit(self, x, t):
        """t log(1 + e^-x) + (1 - t) log(1 + e^x)"""
        if t.value in (0, 1):
            return t * softplus(-x) if t.value else (1 - t) * softplus(x)
        return t * softplus(-x) + (1 - t) * softplus(x)

    def of_dy(self, i, j):
        y, t, dl = self.output(i, j)
        return slope_of_binary_cross_entropy(y, t) * dl

    def find_ways(self, i, j):
        dy, J = self.at((i, j), "dy", "J")
        return (Way("the long way, through the slope of the sigmoid", dy * J),)


def softplus(a):
    """log(1 + e^a), which is -log(1 - y) for a = x, and -log y for a = -x"""
    return a + log_of_1_plus(exp(-a)) if a.value > 0 else log_of_1_plus(exp(a))


OF_LOSSES = {
    MeanSquaredError: OfMeanSquaredError, HalfSquaredError: OfHalfSquaredError,
    MeanAbsoluteError: OfMeanAbsoluteError, Huber: OfHuber, CrossEntropy: OfCrossEntropy,
    BinaryCrossEntropy: OfBinaryCrossEntropy, SoftmaxCrossEntropy: OfSoftmaxCrossEntropy,
    SigmoidCrossEntropy: OfSigmoidCrossEntropy,
}
