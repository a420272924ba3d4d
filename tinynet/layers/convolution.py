"""Convolution: a small kernel of weights moves over every window of an image."""

import numpy as np

from ..checks.settings import as_initializer, as_pair, as_whole, unpack_pair
from ..initializers import glorot_uniform
from .arrays import draw
from .layer import Layer
from .windows import (broadcast_to_pixels, check_images, check_windows, count_windows, cut_out,
                      find_margins, sum_by_channel)

__all__ = ["Conv2D"]


def plain_convolution(x, W, b, stride=(1, 1)):
    """The sum that defines it:  y[p, q] = b + Σᵢⱼ x[down p + i, right q + j] W[i, j]

    down and right are the strides.

    x[r, s] are the channels of a pixel (channels in,), W[i, j] is (channels in, filters), y[p, q]
    and b are (filters,): at each position and for each place in the kernel, a Dense layer. All
    images at once. Conv2D gives the same in less time.
    """
    (kernel_height, kernel_width), (down, right) = W.shape[:2], stride
    h = count_windows(x.shape[1], kernel_height, down)
    w = count_windows(x.shape[2], kernel_width, right)
    y = np.zeros((len(x), h, w, len(b))) + b
    for p, q, i, j in np.ndindex(h, w, kernel_height, kernel_width):
        y[:, p, q] += x[:, down * p + i, right * q + j] @ W[i, j]
    return y


def plain_convolution_backward(dy, x, W, stride=(1, 1)):
    """Its derivatives, (dx, dW, db). W[i, j] has a part in every position, so the dW add up."""
    dx, dW, db, (down, right) = np.zeros(x.shape), np.zeros(W.shape), dy.sum(axis=(0, 1, 2)), stride
    for p, q, i, j in np.ndindex(*dy.shape[1:3], *W.shape[:2]):
        dx[:, down * p + i, right * q + j] += dy[:, p, q] @ W[i, j].T
        dW[i, j] += x[:, down * p + i, right * q + j].T @ dy[:, p, q]
    return dx, dW, db


class Conv2D(Layer):
    """y[p, q] = b + Σᵢⱼ x[down p + i, right q + j] W[i, j]

    dx[r, s] = Σ dy[p, q] W[i, j]ᵀ  over all p, q, i, j with down p + i = r and right q + j = s
    dW[i, j] = Σ x[down p + i, right q + j]ᵀ dy[p, q]  over images, p and q
    db = Σ dy[p, q]  over images, p and q

    x stands here for the images with their padding; the dx of the padding is dropped (LeCun et al.,
    1998). As in all such libraries, the kernel is not flipped: in mathematics, this is a
    cross-correlation.

    filters       the channels of y
    kernel_size   of W: a whole number, or (height, width)
    stride        from one window to the next: a whole number, or (down, right); what is left over
                  is dropped
    padding       zeros around the images: "valid" for none, a whole number or (height, width) for
                  so many on each side, "same" for as many as make y the size of x / stride, rounded
                  up, with the odd one below and to the right
    init          draws W (kernel height, kernel width, channels in, filters); b (filters,) starts
                  as zeros

    x (n, height, width, channels in), y (n, h, w, filters).

    How it is done: a strip holds the kernel's width of neighbouring pixels in one row of numbers,
    so that y is a sum of as many matrix products as the kernel has rows, and dW takes as many. dx
    is a convolution of dy by the kernel rotated by 180°; with a stride, it is one for each
    group of pixels that meet the same weights.
    """

    param_names = ("W", "b")

    def __init__(self, filters, kernel_size, stride=1, padding="valid", init=glorot_uniform):
        self.filters = as_whole("filters", filters, at_least=1)
        self.kernel_size = as_pair("kernel_size", kernel_size, at_least=1)
        self.stride = as_pair("stride", stride, at_least=1)
        self.padding = as_pair("padding", padding, at_least=0, words=("valid", "same"))
        self.init = as_initializer(init)

    def build(self, input_shape, rng):
        check_images(self, input_shape)
        kernel, (_, _, *padded) = unpack_pair(self.kernel_size), self._frame(input_shape)
        check_windows(self, kernel, input_shape, tuple(padded),
                      "use a smaller kernel_size, or padding='same'")
        self.W = draw(self.init, (*kernel, input_shape[-1], self.filters), rng)
        self.b = np.zeros(self.filters)
        return (*(count_windows(*axis) for axis in zip(padded, kernel, unpack_pair(self.stride))),
                self.filters)

    def _frame(self, image_shape):
        """(above, before, height, width): zeros above and before the images; the padded size."""
        axes = zip(image_shape, unpack_pair(self.kernel_size), unpack_pair(self.stride),
                   unpack_pair(self.padding))
        (above, below), (before, after) = (find_margins(*axis) for axis in axes)
        height, width, *_ = image_shape
        return above, before, above + height + below, before + width + after

    def forward(self, x, training=False):
        down, right = unpack_pair(self.stride)
        above, before, height, width = self._frame(x.shape[1:])
        strips = make_strips(cut_out(x, -above, -before, height, width), self.W.shape[1], right)
        y = convolve(strips, self.W, down)
        y += broadcast_to_pixels(self.b, y)
        return y, (strips, x.shape)

    def backward(self, dy, cache):
        self.backward_params(dy, cache)
        _, shape = cache
        above, before, _, _ = self._frame(shape[1:])
        down, right = unpack_pair(self.stride)
        if down == right == 1:  # one group, and no copy into dx
            return convolve_turned(dy, self.W, above, before, *shape[1:3])
        # The pixel r lies in row r + above = down p + i of the padded image, so with a number i'
        #     i = (r + above) % down + down i'      p = (r + above) // down - i'
        # and pixels r, r + down, ... meet the same rows of W: a convolution by these alone.
        dx = np.zeros(shape, dy.dtype)
        for r, s in np.ndindex(min(down, shape[1]), min(right, shape[2])):
            W_rs = self.W[(r + above) % down::down, (s + before) % right::right]
            if W_rs.size:
                dx_rs = dx[:, r::down, s::right]
                dx_rs[...] = convolve_turned(dy, W_rs, (r + above) // down, (s + before) // right,
                                             *dx_rs.shape[1:3])
        return dx

    def backward_params(self, dy, cache):
        strips, _ = cache
        n, h, w, filters = dy.shape
        self.db = sum_by_channel(dy)
        dy = dy.reshape(n, h * w, filters)
        for i, band in enumerate(cut_bands(strips, len(self.W), unpack_pair(self.stride)[0])):
            of_each_image = band.transpose(0, 2, 1) @ dy  # by image: no copy of the band
            self.dW[i] = of_each_image.sum(axis=0).reshape(self.W.shape[1:])


def make_strips(x, width, stride=1):
    """strips[:, r, q]: the numbers of the pixels (r, stride q) to (r, stride q + width - 1)."""
    w = count_windows(x.shape[2], width, stride)
    return np.concatenate([x[:, :, j:j + w * stride:stride] for j in range(width)], axis=3)


def cut_bands(strips, height, stride):
    """For each row i of a kernel of this height, the strips (n, h w, numbers) that it meets.

    They are those of the rows stride p + i.
    """
    n, rows, w, numbers = strips.shape
    h = count_windows(rows, height, stride)
    return [strips[:, i:i + h * stride:stride].reshape(n, h * w, numbers) for i in range(height)]


def convolve(strips, W, stride=1):
    """y[p, q] = Σᵢ strips[stride p + i, q] W[i]"""
    kernel_height, kernel_width, channels, filters = W.shape
    bands = cut_bands(strips, kernel_height, stride)
    rows_of_W = W.reshape(kernel_height, kernel_width * channels, filters)
    y = bands[0] @ rows_of_W[0]
    for i in range(1, kernel_height):
        y += bands[i] @ rows_of_W[i]
    n, rows, w, _ = strips.shape
    return y.reshape(n, count_windows(rows, kernel_height, stride), w, filters)


def convolve_turned(dy, W, top, left, height, width):
    """dx[r, s] = Σᵢⱼ dy[top + r - i, left + s - j] W[i, j]ᵀ  for so many r and s; beyond its edges
    dy counts as 0.

    With the last place of W first it is a convolution: r - i runs forwards where i runs backwards.
    """
    last_i, last_j = len(W) - 1, W.shape[1] - 1
    around = cut_out(dy, top - last_i, left - last_j, height + last_i, width + last_j)
    return convolve(make_strips(around, last_j + 1), W[::-1, ::-1].transpose(0, 1, 3, 2))
