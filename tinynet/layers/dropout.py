"""Dropout: in training, some units are left out, so that no unit relies on another."""

import numpy as np

from ..checks.settings import as_real
from .layer import Layer

__all__ = ["Dropout"]


class Dropout(Layer):
    """y = x keep      dx = dy keep

    keep = 0 with probability rate, else 1 / (1 - rate); at inference keep = 1

    Srivastava et al. (2014), scaled in training, so that the mean of y is x and inference is
    nothing special. Each number of each row is left out, or not, by itself; the layer draws from
    its own random stream.
    """

    def __init__(self, rate):
        self.rate = as_real("rate", rate, "[0, 1)")

    def build(self, input_shape, rng):
        # its own, so that a Dropout does not change the initial weights of other layers
        self.rng = rng.spawn(1)[0]
        return input_shape

    def forward(self, x, training=False):
        if not training:
            return x, 1.0
        real = np.result_type(x.real, 0.0)  # also where x is complex, in checks of derivatives
        keep = (self.rng.random(x.shape) >= self.rate).astype(real)
        keep /= 1 - self.rate
        return x * keep, keep

    def backward(self, dy, keep):
        return dy * keep
