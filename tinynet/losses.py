"""Losses: how far a prediction is from its target.

x is the output of the network's last layer, y the prediction that is judged, t the target, all of
shape (n, k); labels (n,) become a t by one_hot(labels, k). Every loss L is the mean, over the n
rows, of the rows' losses l; with row weights w it is Σ w l / Σ w.
"""

import math

import numpy as np

from .checks.arrays import check_distributions, check_logits, check_rows, check_shares
from .checks.pairs import guard_passes
from .checks.settings import Configured, as_choice, as_real
from .layers.activations import sigmoid, softmax

__all__ = [
    "Loss", "MeanSquaredError", "HalfSquaredError", "MeanAbsoluteError", "Huber",
    "CrossEntropy", "SoftmaxCrossEntropy", "BinaryCrossEntropy", "SigmoidCrossEntropy",
]


class Loss(Configured):
    """Base class of all losses.

    forward returns L and y; backward gets that y and returns dx, which is the dy of the network's
    last layer. Each row's part of dx is the derivative of its own l times its share in the mean,
    1/n or w / Σ w.

    `classifies` and `binary` say which score suits the loss, and `if_infinite` what to do about an
    infinite one.

    A loss of your own needs the two passes, and `predict` if y is not x. Both take row weights,
    which `mean` and `share` see to; x, t and the weights come in one dtype, and neither pass writes
    into them:

        class LogCosh(Loss):
            '''L = 1/n Σᵢ Σₖ log cosh(y - t),  y = x      dx = tanh(y - t) / n'''

            def forward(self, x, t, sample_weight=None):
                d = x - t
                l = (np.logaddexp(d, -d) - np.log(2)).sum(axis=1)   # one loss for each row
                return self.mean(l, sample_weight), x

            def backward(self, y, t, sample_weight=None):
                return np.tanh(y - t) * self.share(y, sample_weight)

    Both passes raise ValueError for a t of another shape than x. tn.study.check(LogCosh()) says
    whether dx is the derivative, and if not, which mistake it is (docs/writing-a-layer.md).
    """

    # True where the outputs are probabilities, so that accuracy means something
    classifies = False
    # True where each output is a yes or no of its own, rather than one of k classes
    binary = False
    if_infinite = None   # a sentence for those whose training comes to an infinite loss

    def __init_subclass__(cls, **settings):
        super().__init_subclass__(**settings)
        guard_passes(cls)

    def predict(self, x):
        """y: what the network says when there is no target."""
        return x

    def check_outputs(self, k):
        """Raise a ValueError if this loss cannot judge rows of k outputs. Called when a network is
        built.
        """

    def check(self, x, t):
        """Raise a ValueError that names the first row of x or of t that this loss cannot judge.

        Called once before training or evaluation, with all targets and the outputs of the first
        rows.
        """

    def mean(self, l, sample_weight=None):
        """L, a Python number: the mean of the rows' losses l (n,), by their weights if any."""
        if l.ndim != 1:
            raise ValueError(f"l has shape {l.shape}; it must be (n,), one loss for each row: sum "
                             "over the outputs, l.sum(axis=1)")
        # sums of Python's numbers: in double precision, and for a batch faster than l.mean()
        if sample_weight is None:
            return sum(l.tolist()) / len(l)
        return sum(_multiply(sample_weight, l).tolist()) / sum(sample_weight.tolist())

    def share(self, y, sample_weight=None):
        """Each row's share in the mean: 1/n, or a column w / Σ w."""
        if sample_weight is None:
            return 1 / len(y)
        share = (sample_weight / sample_weight.sum())[:, None]
        return share if y.dtype.kind in "biu" else share.astype(y.dtype)

    def forward(self, x, t, sample_weight=None):
        """(L, y) for x and t (n, k), by the weights (n,) of the rows if any."""
        raise NotImplementedError(f"{type(self).__name__} needs a method "
                                  "forward(self, x, t, sample_weight=None)")

    def backward(self, y, t, sample_weight=None):
        """dx (n, k), for the y that forward returned, with the same t and weights."""
        raise NotImplementedError(f"{type(self).__name__} needs a method "
                                  "backward(self, y, t, sample_weight=None)")


class RegressionLoss(Loss):
    """A loss of the differences y - t, y = x, summed over the outputs of a row.

    mean_over="rows", the default, is the sum over a row's outputs and the mean over rows.
    mean_over="elements" is the mean over outputs and rows alike, 1/k of the former, and the
    convention of Keras and PyTorch.
    """

    def __init__(self, mean_over="rows"):
        self.mean_over = as_choice("mean_over", mean_over, ("rows", "elements"))

    def check(self, x, t):
        check_rows("the network's output", x, np.isfinite(x).all(axis=1), "must be finite numbers",
                   "the weights or the inputs are too large, or the weights hold nan")

    def over_outputs(self, l):
        """The losses of rows (n,) from those of their outputs (n, k)."""
        return l.sum(axis=1) if self.mean_over == "rows" else l.mean(axis=1)

    def share(self, y, sample_weight=None):
        share = super().share(y, sample_weight)
        return share if self.mean_over == "rows" else share / y.shape[1]


class MeanSquaredError(RegressionLoss):
    """L = 1/n Σᵢ Σₖ (y - t)²,  y = x      dx = 2 (y - t) / n

    The sum over outputs and mean over rows; for probabilities this is the Brier score (Brier,
    1950). With mean_over="elements", L = 1/(n k) Σᵢ Σₖ (y - t)² and dx = 2 (y - t) / (n k).
    """

    def forward(self, x, t, sample_weight=None):
        difference = x - t
        return self.mean(self.over_outputs(difference * difference), sample_weight), x

    def backward(self, y, t, sample_weight=None):
        return 2 * (y - t) * self.share(y, sample_weight)


class HalfSquaredError(RegressionLoss):
    """L = 1/(2n) Σᵢ Σₖ (y - t)²,  y = x      dx = (y - t) / n

    Half of MeanSquaredError, the convention of MLPRegressor and of many textbooks. The sum over
    outputs and mean over rows; with mean_over="elements" both are divided by k.
    """

    def forward(self, x, t, sample_weight=None):
        difference = x - t
        return self.mean(self.over_outputs(0.5 * difference * difference), sample_weight), x

    def backward(self, y, t, sample_weight=None):
        return (y - t) * self.share(y, sample_weight)


class MeanAbsoluteError(RegressionLoss):
    """L = 1/n Σᵢ Σₖ |y - t|,  y = x      dx = sign(y - t) / n

    The sum over outputs and mean over rows; with mean_over="elements" both are divided by k. The
    derivative at y = t is taken to be 0.
    """

    def forward(self, x, t, sample_weight=None):
        return self.mean(self.over_outputs(np.abs(x - t)), sample_weight), x

    def backward(self, y, t, sample_weight=None):
        return np.sign(y - t) * self.share(y, sample_weight)


class Huber(RegressionLoss):
    """L = 1/n Σᵢ Σₖ h(y - t),  y = x      dx = (y - t, held between -delta and delta) / n

    h(d) = d²/2 for |d| ≤ delta, else delta (|d| - delta/2): half the squared error near the target,
    and a straight line where an outlier would pull too hard (Huber, 1964). The sum over outputs and
    mean over rows; with mean_over="elements" both are divided by k.
    """

    def __init__(self, delta=1.0, mean_over="rows"):
        super().__init__(mean_over)
        self.delta = as_real("delta", delta, "(0, inf)")

    def forward(self, x, t, sample_weight=None):
        difference = x - t
        slope = np.clip(difference, -self.delta, self.delta)
        # both branches of h at once
        return self.mean(self.over_outputs(slope * (difference - 0.5 * slope)), sample_weight), x

    def backward(self, y, t, sample_weight=None):
        return np.clip(y - t, -self.delta, self.delta) * self.share(y, sample_weight)


class ClassLoss(Loss):
    """A loss of k class probabilities against a distribution t over the classes, one-hot or soft.

    Label smoothing (Szegedy et al., 2016) moves a part of each target to all classes alike:
    t <- (1 - label_smoothing) t + label_smoothing / k.
    """

    classifies = True

    def __init__(self, label_smoothing=0.0):
        self.label_smoothing = as_real("label_smoothing", label_smoothing, "[0, 1)")

    def smooth(self, t):
        """t, a part of it moved to all classes alike."""
        if self.label_smoothing == 0:
            return t
        return (1 - self.label_smoothing) * t + self.label_smoothing / t.shape[1]

    def check_outputs(self, k):
        if k < 2:
            raise ValueError(f"{self!r} needs two outputs or more, one for each class, and there "
                             f"is {k}; for one yes or no use SigmoidCrossEntropy()")

    def check(self, x, t):
        self.check_outputs(t.shape[1])
        check_distributions("t", t, tolerance=1e-6)


class CrossEntropy(ClassLoss):
    """L = -1/n Σᵢ Σₖ t log y,  y = x      dx = -t / y / n,  for t after label smoothing

    For outputs that are probabilities, as Softmax() gives them; t (n, k) is one-hot, as
    one_hot(labels, k) makes it of labels, or soft, a probability for each class. Where y is 0 and t
    is not, L is infinite; a fused loss, SoftmaxCrossEntropy, stays finite there. In nats; divided
    by log 2 it is in bits.
    """

    if_infinite = ("An output was 0 where its target is not. In place of Softmax() and "
                   "CrossEntropy(), SoftmaxCrossEntropy() can take that")

    def check(self, x, t):
        super().check(x, t)
        check_distributions("the network's output", x, tolerance=1e-4,
                            hint="CrossEntropy takes probabilities: put Softmax() last, or use "
                                 "SoftmaxCrossEntropy()")

    def forward(self, x, t, sample_weight=None):
        t = self.smooth(t)
        return self.mean(-_multiply_log(t, x).sum(axis=1), sample_weight), x

    def backward(self, y, t, sample_weight=None):
        return -_multiply(self.share(y, sample_weight), _divide(self.smooth(t), y))


class BinaryLoss(Loss):
    """A loss of outputs that are each a yes or no of its own, against t from 0 to 1."""

    classifies = True
    binary = True

    def __init__(self):  # for the TypeError that explains an argument
        pass

    def check(self, x, t):
        check_shares("t", t)


class BinaryCrossEntropy(BinaryLoss):
    """L = -1/n Σᵢ Σₖ (t log y + (1 - t) log(1 - y)),  y = x

    dx = ((1 - t) / (1 - y) - t / y) / n

    For outputs that are each the probability of a yes, as Sigmoid() gives them, and t from 0 to 1.
    The sum over outputs and mean over rows. Where y is 0 or 1 and t is not, L is infinite;
    SigmoidCrossEntropy stays finite there.
    """

    if_infinite = ("An output was 0 or 1 where its target is not. In place of Sigmoid() and "
                   "BinaryCrossEntropy(), SigmoidCrossEntropy() can take that")

    def check(self, x, t):
        super().check(x, t)
        check_shares("the network's output", x,
                     hint="BinaryCrossEntropy takes probabilities: put Sigmoid() last, or use "
                          "SigmoidCrossEntropy()")

    def forward(self, x, t, sample_weight=None):
        return (self.mean(-(_multiply_log(t, x) + _multiply_log(1 - t, 1 - x)).sum(axis=1),
                          sample_weight), x)

    def backward(self, y, t, sample_weight=None):
        return _multiply(self.share(y, sample_weight), _divide(1 - t, 1 - y) - _divide(t, y))


class SoftmaxCrossEntropy(ClassLoss):
    """L = -1/n Σᵢ Σₖ t log y,  y = softmax(x)      dx = (y - t) / n,  for t after label smoothing

    Softmax and cross-entropy in one, so no Softmax() stands before it. t (n, k) is one-hot, as
    one_hot(labels, k) makes it of labels, or soft, a probability for each class.

    With s = Σₖ e^xₖ, log yⱼ = xⱼ - log s, so no probability is rounded to 0 before its logarithm is
    taken: L and dx are right however far apart the logits x are (Bridle, 1990). In nats; divided by
    log 2 it is in bits. A logit of -∞ is a class that is ruled out; its target must be 0.
    """

    def predict(self, x):
        return softmax(x)

    def check(self, x, t):
        super().check(x, t)
        check_logits(x)
        possible = (x > -np.inf) | (self.smooth(t[:len(x)]) == 0)
        check_rows("the network's output", x, possible.all(axis=1),
                   "may be -∞ only where the target is 0", "a logit of -∞ rules its class out")

    def forward(self, x, t, sample_weight=None):
        t = self.smooth(t)
        x = x - x.max(axis=1, keepdims=True)  # changes neither y nor L, and no power overflows
        y = np.exp(x)
        s = y.sum(axis=1)
        y /= s[:, None]
        if x.flat[x.argmin()] == -math.inf:  # argmin is faster than min
            x = np.where(t, x, 0)  # for these 0 times -∞ is 0
        l = np.log(s) - np.vecdot(t, x)  # Σ t (log s - x), for Σ t = 1
        return self.mean(l, sample_weight), y

    def backward(self, y, t, sample_weight=None):
        return (y - self.smooth(t)) * self.share(y, sample_weight)


class SigmoidCrossEntropy(BinaryLoss):
    """L = -1/n Σᵢ Σₖ (t log y + (1 - t) log(1 - y)),  y = 1 / (1 + e⁻ˣ)      dx = (y - t) / n

    Sigmoid and binary cross-entropy in one, so no Sigmoid() stands before it; for outputs that are
    each a yes or no of its own, and t from 0 to 1. Since -log y = log(1 + e⁻ˣ) and -log(1 - y) =
    log(1 + eˣ), L and dx are right for logits x of any size. The sum over outputs and mean over
    rows.
    """

    def predict(self, x):
        return sigmoid(x)

    def check(self, x, t):
        super().check(x, t)
        check_logits(x)

    def forward(self, x, t, sample_weight=None):
        l = _multiply(t, np.logaddexp(0, -x)) + _multiply(1 - t, np.logaddexp(0, x))
        return self.mean(l.sum(axis=1), sample_weight), sigmoid(x)

    def backward(self, y, t, sample_weight=None):
        return (y - t) * self.share(y, sample_weight)


# By convention 0 log 0 = 0 (-∞) = 0 / 0 = 0 here: where a target or the weight of a row is 0,
# nothing is lost, however wrong the output.

def _multiply(factor, value):
    """factor value"""
    return factor * np.where(factor, value, 0)


def _multiply_log(t, y):
    """t log y"""
    return t * np.log(np.where(t, y, 1))


def _divide(t, y):
    """t / y"""
    return t / np.where(t, y, 1)
