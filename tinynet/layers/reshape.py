"""Flatten and Reshape: the same numbers in another shape, between images and rows of numbers."""

import math
import numbers

from .layer import Layer

__all__ = ["Flatten", "Reshape"]


class Reshape(Layer):
    """y = x in the shape (n, *shape)      dx = dy in the shape of x

    The shape leaves out the axis of the rows; one -1 in it stands for what is left. For example,
    Reshape((8, 8, 1)) makes images of scikit-learn's digits, rows of 64 numbers.
    """

    def __init__(self, shape):
        axes = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
        whole_numbers = all(isinstance(size, numbers.Integral) and not isinstance(size, bool)
                            and (size >= 1 or size == -1)
                            for size in axes)
        if not 1 <= len(axes) < 64 or not whole_numbers or axes.count(-1) > 1:
            raise ValueError(f"shape is {shape!r}; it must be a tuple of whole numbers of at least "
                             "1, one of which may be -1, such as (8, 8, 1), with fewer than 64 "
                             "axes")
        self.shape = tuple(map(int, axes))

    def build(self, input_shape, rng):
        size, known = math.prod(input_shape), math.prod(axis for axis in self.shape if axis != -1)
        output_shape = tuple(size // known if axis == -1 else axis for axis in self.shape)
        if math.prod(output_shape) != size:
            needed = f"a multiple of {known}" if -1 in self.shape else known
            raise ValueError(f"{self!r} cannot take an input of shape {input_shape}: that is "
                             f"{size} numbers, and it needs {needed}")
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
        return x.reshape(len(x), math.prod(x.shape[1:])), x.shape

    def backward(self, dy, shape):
        return dy.reshape(shape)
