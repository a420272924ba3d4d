"""Activations: functions of each number by itself, and softmax, a function of each row."""

import numpy as np

from ..checks.settings import as_real
from .layer import Layer

__all__ = ["ReLU", "LeakyReLU", "ELU", "GELU", "SiLU", "Softplus", "Sigmoid", "Tanh", "Softmax"]


class Elementwise(Layer):
    """A function of each number by itself, so that backward of ones is its slope."""


class ReLU(Elementwise):
    """y = max(x, 0)      dx = dy where y > 0, else 0

    The rectifier (Nair and Hinton, 2010). The derivative at 0 is taken to be 0.
    """

    def forward(self, x, training=False):
        y = maximum_with_zero(x)
        return y, y

    def backward(self, dy, y):
        return dy * (y > 0)


class LeakyReLU(Elementwise):
    """y = x where x > 0, else negative_slope x      dx = dy where x > 0, else negative_slope dy

    A rectifier with a small slope for negative inputs (Maas, Hannun and Ng, 2013).
    """

    def __init__(self, negative_slope=0.01):
        self.negative_slope = as_real("negative_slope", negative_slope, "[0, inf)")

    def forward(self, x, training=False):
        return np.where(x > 0, x, self.negative_slope * x), x

    def backward(self, dy, x):
        return np.where(x > 0, dy, self.negative_slope * dy)


class ELU(Elementwise):
    """y = x where x > 0, else alpha (eˣ - 1)      dx = dy where x > 0, else dy alpha eˣ

    The exponential linear unit (Clevert, Unterthiner and Hochreiter, 2016).
    """

    def __init__(self, alpha=1.0):
        self.alpha = as_real("alpha", alpha, "[0, inf)")

    def forward(self, x, training=False):
        negative = np.minimum(x, 0)  # so that e^x cannot overflow where it is not wanted
        return np.where(x > 0, x, self.alpha * np.expm1(negative)), x

    def backward(self, dy, x):
        negative = np.minimum(x, 0)
        return np.where(x > 0, dy, dy * (self.alpha * np.exp(negative)))


class Sigmoid(Elementwise):
    """y = 1 / (1 + e⁻ˣ)      dx = dy y (1 - y)"""

    def forward(self, x, training=False):
        y = sigmoid(x)
        return y, y

    def backward(self, dy, y):
        return dy * y * (1 - y)


class Tanh(Elementwise):
    """y = tanh(x)      dx = dy (1 - y²)"""

    def forward(self, x, training=False):
        y = np.tanh(x)
        return y, y

    def backward(self, dy, y):
        return dy * (1 - y * y)


class Softplus(Elementwise):
    """y = log(1 + eˣ)      dx = dy / (1 + e⁻ˣ) = dy (1 - e⁻ʸ)

    A smooth rectifier (Dugas et al., 2001).
    """

    def forward(self, x, training=False):
        y = np.logaddexp(x, 0)
        return y, y

    def backward(self, dy, y):
        return dy * -np.expm1(-y)


class SiLU(Elementwise):
    """y = x s,  s = 1 / (1 + e⁻ˣ)      dx = dy (s + y (1 - s))

    The sigmoid linear unit, also called swish (Hendrycks and Gimpel, 2016; Elfwing, Uchibe and
    Doya, 2018).
    """

    def forward(self, x, training=False):
        s = sigmoid(x)
        y = x * s
        return y, (y, s)

    def backward(self, dy, cache):
        y, s = cache
        return dy * (s + y * (1 - s))


class GELU(Elementwise):
    """y = x Φ(x)      dx = dy (Φ(x) + x φ(x)),  φ(x) = e^(-x²/2) / √(2π)

    Φ(x) is the integral of φ from -∞ to x.

    The Gaussian error linear unit (Hendrycks and Gimpel, 2016), exact.
    """

    def __init__(self):
        normal_cdf(0.0)  # loads SciPy now rather than in the first batch

    def forward(self, x, training=False):
        cdf = normal_cdf(x)
        return x * cdf, (x, cdf)

    def backward(self, dy, cache):
        x, cdf = cache
        density = np.exp(-0.5 * x * x) * (2 * np.pi) ** -0.5
        return dy * (cdf + x * density)


class Softmax(Layer):
    """yⱼ = e^xⱼ / Σₖ e^xₖ      dx = y (dy - Σₖ dyₖ yₖ)

    Every output of a row depends on every input of the row: ∂yₖ/∂xⱼ = yₖ (1{j=k} - yⱼ), and dx is
    dy times this Jacobian. For a loss together with softmax, SoftmaxCrossEntropy is exact where
    this layer's outputs round to 0.
    """

    def build(self, input_shape, rng):
        if not input_shape or input_shape[-1] < 2:
            raise ValueError(f"{self!r} cannot take an input of shape {input_shape}: the softmax "
                             "of one number is always 1; use Sigmoid() for one output, or "
                             "Dense(2) before it")
        return input_shape

    def forward(self, x, training=False):
        y = softmax(x)
        return y, y

    def backward(self, dy, y):
        return y * (dy - (dy * y).sum(axis=-1, keepdims=True))


def maximum_with_zero(x):
    """max(x, 0). The plain form is np.maximum(x, 0.0).

    With an image of zeros, which NumPy compares as arrays, images take a third of the time.
    """
    zero = np.zeros(x.shape[1:], x.dtype) if x.ndim > 2 else 0.0
    return np.maximum(x, zero)


def softmax(x):
    """e^xⱼ / Σₖ e^xₖ over the last axis."""
    # 1.0, since unsigned numbers have no negative differences
    c = 1.0 * x.max(axis=-1, keepdims=True)
    y = np.exp(x - c)  # the same for any c, and with the largest x no power overflows
    y /= y.sum(axis=-1, keepdims=True)
    return y


def sigmoid(x):
    """1 / (1 + e⁻ˣ)"""
    with np.errstate(over="ignore"):  # where e^-x is infinite, y = 0 is right
        return 1 / (1 + np.exp(-1.0 * x))  # -x of unsigned numbers would not be negative


def normal_cdf(x):
    """Φ(x), the share of a standard normal distribution that lies below x."""
    from scipy.special import ndtr  # takes 0.2 s to load, so only for those who need it
    return ndtr(x)
