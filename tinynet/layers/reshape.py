"""Flatten and Reshape: the same numbers in another shape, between images and rows of numbers."""

import math

from ..hyperparameters import whole
from .layer import Layer


class Reshape(Layer):
    """y = x in the shape (n, *shape)      dx = dy in the shape of x

    The shape leaves out the axis of the rows; one -1 in it stands for what is left. Reshape((8, 8, 1)) makes images of
    scikit-learn's digits, rows of 64 numbers.
    """

    def __init__(self, shape):
        shape = shape if isinstance(shape, (tuple, list)) else (shape,)
        self.shape = tuple(size if size == -1 else whole("shape", size, at_least=1) for size in shape)
        if not shape or self.shape.count(-1) > 1:
            raise ValueError(f"shape is {self.shape}; it must have at least one axis, and no more than one -1")

    def build(self, input_shape, rng):
        size, known = math.prod(input_shape), math.prod(axis for axis in self.shape if axis != -1)
        output_shape = tuple(size // known if axis == -1 else axis for axis in self.shape)
        if math.prod(output_shape) != size:
            raise ValueError(f"{self!r} cannot take an input of shape {input_shape}, which has {size} numbers in a row")
        return output_shape

    def forward(self, x, training=False):
        return x.reshape(len(x), *self.shape), x.shape

    def backward(self, dy, shape):
        return dy.reshape(shape)


class Flatten(Layer):
    """y = x in the shape (n, everything else)      dx = dy in the shape of x"""

    def build(self, input_shape, rng):
        return (math.prod(input_shape),)

    def forward(self, x, training=False):
        return x.reshape(len(x), -1), x.shape

    def backward(self, dy, shape):
        return dy.reshape(shape)
