"""Formulas of classes that tinynet does not know: the chain rule, with numerical slopes."""

from functools import cached_property

import numpy as np

from ...derivatives import Slopes
from ...functions import LayerFunction, LossFunction
from ...report import gradient_name, name_of
from ...tries import Try
from .base import Formulas, Made
from .expressions import Number, subscript, total
from .losses import OfLoss


class ChainRule:
    """dxⱼ = Σₖ dyₖ ∂yₖ/∂xⱼ for the arrays of a function, of which backward gave the gradients."""

    @cached_property
    def a_try(self):
        """The function at the recorded point, with the recorded dy."""
        raise NotImplementedError

    def gradient(self, name, index):
        """The Made for an entry of dx, or of dW: the gradient of the array of this name."""
        a_try, found = self.a_try, self.step[self.prefix + gradient_name(name)][index]
        slopes, low, high = self.find_slopes(name, index, found)
        if not np.isfinite(high - low):
            return Made(sentence="y jumps here, or has no slope, so nothing is known of it")
        smallest, largest = np.sort([a_try.dy * slopes.low, a_try.dy * slopes.high], axis=0)
        room = (largest - smallest).sum()  # above 0 at a kink only, where any slope is right
        part = min(1.0, max(0.0, (found - smallest.sum()) / room)) if room else 0.0
        with np.errstate(all="ignore"):
            at_kink = (smallest + part * (largest - smallest)) / a_try.dy
        slope = np.where(largest > smallest, at_kink, slopes.value)
        counts = (a_try.dy != 0) & ((np.abs(slope) > slopes.error) | (largest > smallest))
        terms = [self.term(tuple(map(int, place)), name, index, slope[tuple(place)])
                 for place in np.argwhere(counts)]
        sentence = ("at a kink, where any slope between those on both sides is right" if room else
                    "" if terms else "no output that has a dy changes with it")
        return Made(total(terms), sentence, low, high)

    def find_slopes(self, name, index, found):
        """(the Slopes of y, lowest, highest gradient) for a step in one entry of an array."""
        a_try, change = self.a_try, np.zeros(self.a_try.point[name].shape)
        change[index] = 1
        direction, scale = {name: change}, a_try.scales[name]
        step = a_try.step_into_complex(direction)
        if a_try.is_analytic(direction, step):
            slopes = Slopes(step, 0 * step, step, step, step != step)
            low, high = a_try.bound(slopes, scale)
            if low <= found <= high:
                return slopes, low, high
        return a_try.bound_by_differences(found, direction, scale)


class OfOwnLayer(ChainRule, Formulas):
    """A layer with passes of its own."""

    @cached_property
    def a_try(self):
        x, dy = (self.step[self.prefix + name] for name in ("x", "dy"))
        return Try(LayerFunction(self.thing, training=True), x, None, dy)

    @cached_property
    def is_random(self):
        """Whether forward gives other numbers each time, for the same x and the same layer."""
        a_try = self.a_try
        return not np.array_equal(a_try.y, a_try.function.value(a_try.point), equal_nan=True)

    def make(self, name, index):
        gradients = {gradient_name(array): array for array in self.a_try.point}
        if not (name == "y" or name == "J" or name.endswith(".J") or name in gradients):
            return Made(sentence=self.given(name, index))
        if self.is_random:
            return Made(sentence=f"forward of {name_of(self.thing)} gives other numbers each time, "
                        "for the same x and the same layer, so nothing can be compared")
        if name == "y":
            return self.y(index)
        if name in gradients:
            return self.gradient(gradients[name], index)
        return self.slope(array_of_slopes(name), index)

    def y(self, index):
        value, off = self.a_try.y[index], 1e-12 * np.abs(self.a_try.y).max()
        return Made(sentence=f"what forward gives for row {index[0]} of x", low=value - off,
                    high=value + off, cells=cells_of_row(self.cells("x"), index[0]))

    def term(self, place, name, index, slope):
        J = self.prefix + ("J" if name == "x" else f"{name}.J")
        return self.cells("dy")[place] * Number(slope, write_slope(place, name, index), J,
                                                (*place, *index))

    def slope(self, name, index):
        """∂y/∂x at an index of y followed by one of x."""
        n = self.a_try.y.ndim
        place, index = index[:n], index[n:]
        slopes, _, _ = self.find_slopes(name, index, np.nan)
        symbol = write_slope(place, name, index)
        return Made(Number(slopes.value[place], symbol), sentence="found numerically, off by at "
                    f"most {slopes.error[place]:.1g}")

    def find_shape(self, name):
        """The shape of all slopes: the axes of y, then those of x or W."""
        array = array_of_slopes(name)
        return (*self.a_try.y.shape, *self.a_try.point[array].shape)

    def find_all_slopes(self, name):
        """∂y/∂x, or ∂y/∂W, as an array of this shape."""
        array = array_of_slopes(name)
        columns = [self.find_slopes(array, index, np.nan)[0].value
                   for index in np.ndindex(self.a_try.point[array].shape)]
        return np.stack(columns, axis=-1).reshape(self.find_shape(name))


class OfOwnLoss(ChainRule, OfLoss):
    """A loss with passes of its own."""

    @cached_property
    def a_try(self):
        x, t, w = self.step["loss.x"], self.step["t"], self.step.get("w")
        return Try(LossFunction(self.thing, t, w), x, None)

    def l(self, i):
        cells = [cells_of_row(array, i) for array in (self.cells("x"), self.step.cells("t"))]
        return Made(sentence=f"what forward gives for row {i} alone", cells=(*cells[0], *cells[1]))

    def y(self, i, j):
        return Made(sentence=f"what forward gives for row {i}",
                    cells=cells_of_row(self.cells("x"), i))

    def dx(self, i, j):
        return self.gradient("x", (i, j))

    def term(self, place, name, index, slope):
        return self.step.cells("dL")[()] * Number(slope, f"∂L/∂x{subscript(index)}")


def write_slope(place, name, index):
    """ "∂y₀₁/∂W₁₂" """
    return f"∂y{subscript(place)}/∂{name.rpartition('.')[2]}{subscript(index)}"


def array_of_slopes(name):
    """The array that slopes are for: x for "J", and W for "W.J"."""
    return "x" if name == "J" else name.removesuffix(".J")


def cells_of_row(cells, i):
    """All entries of row i, as (array, index, value)."""
    return tuple(cell for place in np.ndindex(cells.shape[1:])
                 for cell in cells[i, *place].cells())
