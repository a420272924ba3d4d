"""Dense: every output is a weighted sum of all inputs."""

import numpy as np

from ..checks.settings import as_initializer, as_whole
from ..initializers import glorot_uniform
from .arrays import draw
from .layer import Layer

__all__ = ["Dense"]


class Dense(Layer):
    """y = x W + b

    dx = dy Wᵀ      dW = xᵀ dy      db = sum of the rows of dy

    x (n, n_in), W (n_in, units), b and the rows of y (units,). W starts as `init` draws it, b as
    zeros.
    """

    param_names = ("W", "b")

    def __init__(self, units, init=glorot_uniform):
        self.units = as_whole("units", units, at_least=1)
        self.init = as_initializer(init)

    def build(self, input_shape, rng):
        if len(input_shape) != 1:
            raise ValueError(f"{self!r} cannot take an input of shape {input_shape}; put Flatten() "
                             "before it")
        n_in, = input_shape
        self.W = draw(self.init, (n_in, self.units), rng)
        self.b = np.zeros(self.units)
        return (self.units,)

    def forward(self, x, training=False):
        y = x @ self.W
        y += self.b
        return y, x

    def backward(self, dy, x):
        self.backward_params(dy, x)
        return dy @ self.W.T

    def backward_params(self, dy, x):
        np.matmul(x.T, dy, out=self.dW)
        dy.sum(axis=0, out=self.db)
