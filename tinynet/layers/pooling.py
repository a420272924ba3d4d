"""Pooling: each window of an image becomes one number, channel by channel."""

import itertools
import math

import numpy as np

from ..checks.settings import as_pair, unpack_pair
from .layer import Layer
from .windows import check_images, check_windows, count_windows

__all__ = ["MaxPool2D", "AveragePool2D", "GlobalAveragePool2D"]


class GlobalAveragePool2D(Layer):
    """y = the mean of the whole image      dx = dy / (height width)

    x (n, height, width, channels), y (n, channels): channel by channel (Lin, Chen and Yan, 2014).
    """

    def build(self, input_shape, rng):
        check_images(self, input_shape)
        return input_shape[-1:]

    def forward(self, x, training=False):
        return x.mean(axis=1).mean(axis=1), x.shape

    def backward(self, dy, shape):
        _, height, width, _ = shape
        return np.tile(dy[:, None, None] / (height * width), (1, height, width, 1))


class Pool2D(Layer):
    """What the pools have in common: their windows.

    size     of a window: a whole number, or (height, width)
    stride   from one window to the next: a whole number, or (down, right); None for the size, so
             that windows touch

    x (n, height, width, channels), y (n, h, w, channels). Rows and columns that fill no window are
    dropped.
    """

    def __init__(self, size=2, stride=None):
        self.size = as_pair("size", size, at_least=1)
        self.stride = None if stride is None else as_pair("stride", stride, at_least=1)

    def build(self, input_shape, rng):
        check_images(self, input_shape)
        check_windows(self, unpack_pair(self.size), input_shape, input_shape[:2],
                      "use a smaller size, or leave it out")
        return (*self.output_size(input_shape), input_shape[-1])

    def steps(self):
        """(down, right), from one window to the next."""
        return unpack_pair(self.size if self.stride is None else self.stride)

    def output_size(self, input_shape):
        """(h, w), the windows down and across."""
        return tuple(count_windows(*axis)
                     for axis in zip(input_shape, unpack_pair(self.size), self.steps()))

    def places(self, shape):
        """For each place in a window, row by row, the index of what stands there in x."""
        (height, width), (down, right) = unpack_pair(self.size), self.steps()
        h, w = self.output_size(shape[1:])
        return [np.s_[:, i:i + h * down:down, j:j + w * right:right]
                for i in range(height) for j in range(width)]

    def share_out(self, dy, shares, shape):
        """dx (shape): each place of a window gets its share of the window's dy.

        Where windows overlap, shares add up.

        shares has one for each place, a number or an array like dy.
        """
        dx = np.zeros(shape, dy.dtype)
        overlap = any(step < size for step, size in zip(self.steps(), unpack_pair(self.size)))
        for place, share in zip(self.places(shape), shares):
            if overlap:  # where it is not needed, a sum takes longer than an assignment
                dx[place] += dy * share
            else:
                dx[place] = dy * share
        return dx


class AveragePool2D(Pool2D):
    """y = the mean of the window      dx = dy / (numbers in a window)

    Where windows overlap, dx is the sum over the windows.
    """

    def forward(self, x, training=False):
        places = self.places(x.shape)
        # from 0.0: a sum of 8-bit images would overflow
        return sum((x[place] for place in places), 0.0) / len(places), x.shape

    def backward(self, dy, shape):
        return self.share_out(dy, itertools.repeat(1 / math.prod(unpack_pair(self.size))), shape)


class MaxPool2D(Pool2D):
    """y = the largest number of the window

    dx = dy at the first place of the window where x = y, elsewhere 0

    Where windows overlap, dx is the sum over the windows. The places of a window are counted row by
    row.
    """

    def forward(self, x, training=False):
        places = self.places(x.shape)
        y = x[places[0]].copy()
        first = np.zeros(y.shape, np.min_scalar_type(len(places)))
        for i, place in enumerate(places[1:], 1):
            x_i = x[place].copy()  # read twice, and faster in one piece
            # np.where(x_i > y, i, first), but 4 times as fast: i grows
            first = np.maximum(first, (x_i > y) * first.dtype.type(i))
            y = np.maximum(y, x_i)
        return y, (first, x.shape)

    def backward(self, dy, cache):
        first, shape = cache
        return self.share_out(dy, (first == i for i in itertools.count()), shape)
