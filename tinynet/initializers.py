"""Initializers: the weights before training, so that signals neither fade nor explode.

Each is a function (shape, rng) -> array. For a shape (..., a, b) the number of inputs that reach an
output is n_in = a times what stands before it, and the number of outputs that an input reaches is
n_out = b times the same. The variance is

    LeCun    1 / n_in             keeps the variance of linear or tanh units
    Glorot   2 / (n_in + n_out)   a compromise between forward and backward
    He       2 / n_in             makes up for the half that a ReLU cuts off

(LeCun et al., Efficient BackProp, 1998; Glorot and Bengio, 2010; He et al., 2015),
and a uniform distribution on [-limit, limit] has the variance limit² / 3.
"""

import math

import numpy as np

__all__ = [
    "zeros", "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform",
    "lecun_normal",
]


def zeros(shape, rng=None):
    """Zeros: for biases. Weights need to differ, or all units of a layer stay the same."""
    return np.zeros(shape)


def lecun_uniform(shape, rng):
    """Uniform on [-limit, limit], limit = √(3 / n_in)."""
    n_in, _ = _count_fans(shape)
    return _draw_uniform(shape, rng, 1 / n_in)


def lecun_normal(shape, rng):
    """Normal with mean 0 and variance 1 / n_in."""
    n_in, _ = _count_fans(shape)
    return _draw_normal(shape, rng, 1 / n_in)


def glorot_uniform(shape, rng):
    """Uniform on [-limit, limit], limit = √(6 / (n_in + n_out))."""
    return _draw_uniform(shape, rng, 2 / sum(_count_fans(shape)))


def glorot_normal(shape, rng):
    """Normal with mean 0 and variance 2 / (n_in + n_out)."""
    return _draw_normal(shape, rng, 2 / sum(_count_fans(shape)))


def he_uniform(shape, rng):
    """Uniform on [-limit, limit], limit = √(6 / n_in)."""
    n_in, _ = _count_fans(shape)
    return _draw_uniform(shape, rng, 2 / n_in)


def he_normal(shape, rng):
    """Normal with mean 0 and variance 2 / n_in."""
    n_in, _ = _count_fans(shape)
    return _draw_normal(shape, rng, 2 / n_in)


def _count_fans(shape):
    if len(shape) < 2:
        raise ValueError(f"a shape of weights is (..., n_in, n_out), not {tuple(shape)}; for "
                         "biases use zeros")
    *before, n_in, n_out = shape
    return math.prod(before) * n_in, math.prod(before) * n_out


def _draw_uniform(shape, rng, variance):
    limit = math.sqrt(3 * variance)
    return rng.uniform(-limit, limit, shape)


def _draw_normal(shape, rng, variance):
    return rng.normal(0, math.sqrt(variance), shape)
