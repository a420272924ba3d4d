"""Formulas of the layers for images: sums over windows, and over the windows that hold a pixel."""

import numpy as np

from ....checks.settings import unpack_pair
from ....layers import AveragePool2D, Conv2D, GlobalAveragePool2D, MaxPool2D
from ....layers.windows import find_margins
from .base import Formulas, Made
from .expressions import Number, total
from .functions import maximum


class Windows(Formulas):
    """A layer whose y[p, q] comes from a window of x: place (i, j) of it is the pixel
    x[down p + i - above, right q + j - before].
    """

    def find_frame(self):
        """(height and width of a window, strides, zeros above and before the image)"""
        raise NotImplementedError

    def window(self, p, q):
        """[(i, j, r, s)]: the places of a window, and the pixels there, without the padding."""
        (height, width), (down, right), (above, before) = self.find_frame()
        rows, columns = self.cells_of("x").shape[1:3]
        pixels = ((i, j, down * p + i - above, right * q + j - before)
                  for i, j in np.ndindex(height, width))
        return [(i, j, r, s) for i, j, r, s in pixels if 0 <= r < rows and 0 <= s < columns]

    def windows_with(self, r, s):
        """[(p, q, i, j)]: the windows that hold a pixel, and its place in them."""
        (height, width), (down, right), (above, before) = self.find_frame()
        h, w = self.cells_of("y").shape[1:3]
        found = []
        for i, j in np.ndindex(height, width):
            (p, p_rest), (q, q_rest) = divmod(r + above - i, down), divmod(s + before - j, right)
            if p_rest == q_rest == 0 and 0 <= p < h and 0 <= q < w:
                found.append((p, q, i, j))
        return sorted(found)


class OfConv2D(Windows):
    def find_frame(self):
        layer, shape = self.thing, self.cells_of("x").shape[1:3]
        kernel, strides = unpack_pair(layer.kernel_size), unpack_pair(layer.stride)
        margins = [find_margins(*axis) for axis in zip(shape, kernel, strides,
                                                       unpack_pair(layer.padding))]
        return kernel, strides, [first for first, _ in margins]

    def of_y(self, row, p, q, f):
        x, W, b = self.cells("x", "W", "b")
        return total(x[row, r, s, c] * W[i, j, c, f] for i, j, r, s in self.window(p, q)
                     for c in range(x.shape[3])) + b[f]

    def of_dx(self, row, r, s, c):
        dy, W = self.cells("dy", "W")
        return total(dy[row, p, q, f] * W[i, j, c, f] for p, q, i, j in self.windows_with(r, s)
                     for f in range(dy.shape[3]))

    def of_dW(self, i, j, c, f):
        x, dy = self.cells("x", "dy")
        met = [(p, q, r, s) for p, q in np.ndindex(dy.shape[1:3])
               for a, b, r, s in self.window(p, q) if (a, b) == (i, j)]
        return total(x[row, r, s, c] * dy[row, p, q, f] for row in range(len(x))
                     for p, q, r, s in met)

    def of_db(self, f):
        dy = self.cells_of("dy")
        return total(dy[row, p, q, f] for row, p, q in np.ndindex(dy.shape[:3]))


class OfPool2D(Windows):
    def find_frame(self):
        return unpack_pair(self.thing.size), self.thing.steps(), (0, 0)


class OfAveragePool2D(OfPool2D):
    @property
    def size(self):
        """How many numbers are in a window."""
        height, width = unpack_pair(self.thing.size)
        return Number(height * width)

    def of_y(self, row, p, q, c):
        x = self.cells_of("x")
        return total(x[row, r, s, c] for _, _, r, s in self.window(p, q)) / self.size

    def of_dx(self, row, r, s, c):
        dy, windows = self.cells_of("dy"), self.windows_with(r, s)
        if not windows:
            return Made(Number(0), sentence="no window holds this pixel")
        return total(dy[row, p, q, c] for p, q, _, _ in windows) / self.size


class OfMaxPool2D(OfPool2D):
    def of_y(self, row, p, q, c):
        x = self.cells_of("x")
        return maximum(*(x[row, r, s, c] for _, _, r, s in self.window(p, q)))

    def of_dx(self, row, r, s, c):
        x, dy = self.cells_of("x").array[row, :, :, c], self.cells_of("dy")

        def find_first_largest(p, q):
            return max(((r, s) for _, _, r, s in self.window(p, q)), key=lambda pixel: x[pixel])

        windows = [(p, q) for p, q, _, _ in self.windows_with(r, s)]
        won = [(p, q) for p, q in windows if find_first_largest(p, q) == (r, s)]
        if not won:
            return Made(Number(0), sentence="this pixel is the first largest of none of its windows"
                        if windows else "no window holds this pixel")
        return total(dy[row, p, q, c] for p, q in won)


class OfGlobalAveragePool2D(Formulas):
    @property
    def size(self):
        """How many numbers are in a channel of an image."""
        _, height, width, _ = self.cells_of("x").shape
        return Number(height * width)

    def of_y(self, row, c):
        x = self.cells_of("x")
        return total(x[row, r, s, c] for r, s in np.ndindex(x.shape[1:3])) / self.size

    def of_dx(self, row, r, s, c):
        return self.cells_of("dy")[row, c] / self.size


OF_IMAGES = {
    Conv2D: OfConv2D, AveragePool2D: OfAveragePool2D, MaxPool2D: OfMaxPool2D,
    GlobalAveragePool2D: OfGlobalAveragePool2D,
}
