"""Formulas of classes that tinynet does not know: the chain rule, with numerical slopes."""

import contextlib
import copy
from functools import cached_property

import numpy as np

from ...derivatives import Slopes
from ...functions import LayerFunction, LossFunction
from ...report import gradient_name, name_of
from ...tries import Try
from .base import Formulas, Made
from .expressions import EXACT, TINY, Number, subscript, total
from .losses import OfLoss


class ChainRule(Formulas):
    """dxⱼ = Σₖ dyₖ ∂yₖ/∂xⱼ for the arrays of a function, compared with what its backward gave."""

    @cached_property
    def attempt(self):
        """The function at the recorded point, with the recorded dy."""
        raise NotImplementedError

    def make_gradient(self, name, index):
        """The Made for an entry of dx, or of dW: the gradient of the array of this name."""
        dy, recorded = self.attempt.dy, self.recorded_gradient(name, index)
        slopes, low, high = self.find_slopes(name, index)
        if not np.isfinite(high - low):
            return Made(sentence="y jumps here, or has no slope, so this number cannot be checked")
        slope, is_kink = choose_slopes(slopes, dy, recorded)
        if is_kink.any() and not low <= recorded <= high:
            low, high = self.look_around(name, index, low, high)
        counts = (dy != 0) & ((np.abs(slope) > slopes.error) | is_kink)
        terms = [self.term(tuple(map(int, k)), name, index, slope[tuple(k)])
                 for k in np.argwhere(counts)]
        sentence = ""
        if is_kink.any():
            sentence = "at a kink, where any slope between those on both sides is right"
        elif not terms:
            sentence = "no output with a dy depends on it"
        return Made(total(terms), sentence, low - TINY, high + TINY)

    def look_around(self, name, index, low, high):
        """(lowest, highest) gradient at a kink, where slopes at places around it are right, too: if
        several numbers are equal, as before a sort, these are others than those on both sides
        (Clarke, 1983).
        """
        attempt, rng = self.attempt, np.random.default_rng(0)
        change = np.zeros(attempt.point[name].shape)
        change[index] = 1
        for _ in range(16):
            near = attempt.at(attempt.move(attempt.draw_direction(rng, attempt.point), 1e-3))
            slopes = near.find_slopes({name: change}, attempt.scales[name], fineness=1e-4)
            gradient = (attempt.dy * slopes.value).sum()
            room = 1e-2 * (np.abs(attempt.dy * slopes.value).sum() + abs(gradient))
            low, high = min(low, gradient - room), max(high, gradient + room)
        return low, high

    def recorded_gradient(self, name, index):
        """What backward gave."""
        return self.step[self.prefix + gradient_name(name)][index]

    def find_slopes(self, name, index):
        """(the Slopes of y, lowest, highest gradient) for a step in one entry of an array."""
        attempt, change = self.attempt, np.zeros(self.attempt.point[name].shape)
        change[index] = 1
        direction, scale = {name: change}, attempt.scales[name]
        recorded = self.recorded_gradient(name, index)
        derivative = attempt.step_into_complex(direction)
        if attempt.is_analytic(direction, derivative):
            slopes = Slopes.exactly(derivative)
            low, high = attempt.bound(slopes, scale)
            if low <= recorded <= high:
                return slopes, low, high
        return attempt.bound_by_differences(recorded, direction, scale)


def choose_slopes(slopes, dy, recorded):
    """(slopes, where there are kinks). At a kink any slope between those on both sides is right, so
    those are taken that bring Σ dy slope nearest to the gradient that was recorded.
    """
    lowest, highest = np.sort([dy * slopes.low, dy * slopes.high], axis=0)
    is_kink = lowest < highest
    if not is_kink.any():
        return slopes.value, is_kink
    others = (dy * slopes.value)[~is_kink].sum()
    lowest_sum, highest_sum = lowest[is_kink].sum(), highest[is_kink].sum()
    part = np.clip((recorded - others - lowest_sum) / (highest_sum - lowest_sum), 0, 1)
    slope = slopes.value.copy()
    slope[is_kink] = (lowest + part * (highest - lowest))[is_kink] / dy[is_kink]
    return slope, is_kink


class OfOwnLayer(ChainRule):
    """A layer with passes of its own. Beside its arrays there are the slopes "J" and "W.J" with an
    index of y followed by one of x or W; they are found when they are asked for.
    """

    @cached_property
    def attempt(self):
        x, dy = (self.step[self.prefix + name] for name in ("x", "dy"))
        return Try(LayerFunction(self.thing, training=True), x, None, dy)

    @cached_property
    def is_random(self):
        """Whether forward gives other numbers each time, for the same x and the same layer."""
        attempt = self.attempt
        return not np.array_equal(attempt.y, attempt.function.value(attempt.point), equal_nan=True)

    def make(self, name, index):
        gradients = {gradient_name(array): array for array in self.attempt.point}
        if name == "y":
            make, arguments = self.make_y, (index,)
        elif name in gradients:
            make, arguments = self.make_gradient, (gradients[name], index)
        elif name == "J" or name.endswith(".J"):
            make, arguments = self.make_slope, (array_of_slopes(name), index)
        else:
            return Made(sentence=self.describe_given(name, index))
        if self.is_random:
            return Made(sentence=f"forward of {name_of(self.thing)} is random, for the same x and "
                        "the same layer, so this number cannot be checked")
        return make(*arguments)

    def make_y(self, index):
        attempt, x, i = self.attempt, self.cells_of("x"), index[0]
        value, finite = attempt.y[index], np.isfinite(attempt.y)
        off = EXACT * np.abs(attempt.y[finite]).max(initial=0) if finite[index] else 0.0
        rows = np.repeat(x.array[i:i + 1], len(x), axis=0)
        alone = attempt.function.value(attempt.point | {"x": rows})
        is_apart = np.allclose(alone[i], attempt.y[i], rtol=EXACT, atol=EXACT)
        which = f"row {i} of x" if is_apart else "the whole batch, since rows affect each other"
        return Made(sentence=f"what forward gives for {which}", low=value - off, high=value + off,
                    entries=entries_of_rows(x, [i] if is_apart else range(len(x))))

    def make_slope(self, name, index):
        n = self.attempt.y.ndim
        place, index = index[:n], index[n:]
        slopes, _, _ = self.find_slopes(name, index)
        return Made(Number(slopes.value[place], write_slope(self.attempt, place, name, index)),
                    sentence=f"found numerically, off by at most {slopes.error[place]:.1g}")

    def term(self, place, name, index, slope):
        J = self.prefix + ("J" if name == "x" else f"{name}.J")
        symbol = write_slope(self.attempt, place, name, index)
        return self.cells_of("dy")[place] * Number(slope, symbol, J, (*place, *index))

    def describe_given(self, name, index):
        if name.endswith(".after"):
            return "what forward has made of it in this step"
        return super().describe_given(name, index)

    def find_shape(self, name):
        """The shape of all slopes: the axes of y, then those of x or W."""
        return (*self.attempt.y.shape, *self.attempt.point[array_of_slopes(name)].shape)

    def find_all_slopes(self, name):
        """∂y/∂x, or ∂y/∂W, as an array of this shape; nan where forward is random."""
        array, shape = array_of_slopes(name), self.find_shape(name)
        if self.is_random:
            return np.full(shape, np.nan)
        columns = [self.find_slopes(array, index)[0].value
                   for index in np.ndindex(self.attempt.point[array].shape)]
        return np.stack(columns, axis=-1).reshape(shape)


class OfOwnLoss(ChainRule, OfLoss):
    """A loss with passes of its own."""

    makes_y = True

    def find_losses(self, calls):
        """The loss of each row by itself; nan if it takes no single row."""
        x, t = self.step["loss.x"], self.step["t"]
        loss, losses = copy.deepcopy(self.thing), np.full(len(x), np.nan)
        with contextlib.suppress(Exception):
            for i in range(len(x)):
                losses[i], _ = loss.forward(x[i:i + 1], t[i:i + 1])
        return losses

    @cached_property
    def attempt(self):
        x, t, w = self.step["loss.x"], self.step["t"], self.step.get("w")
        return Try(LossFunction(self.thing, t, w), x, None)

    def of_l(self, i):
        x, t = self.cells("x", "t")
        return Made(sentence=f"what forward gives for row {i} alone",
                    entries=entries_of_rows(x, [i]) + entries_of_rows(t, [i]))

    def of_y(self, i, j):
        return Made(sentence=f"what forward gives for row {i}",
                    entries=entries_of_rows(self.cells_of("x"), [i]))

    def of_dx(self, i, j):
        return self.make_gradient("x", (i, j))

    def term(self, place, name, index, slope):
        symbol = f"∂L/∂x{subscript(index, self.cells_of('x').shape)}"
        return self.step.cells_of("dL")[()] * Number(slope, symbol)


def write_slope(attempt, place, name, index):
    """ "∂y₀₁/∂W₁₂" """
    letter, shape = name.rpartition(".")[2], attempt.point[name].shape
    return f"∂y{subscript(place, attempt.y.shape)}/∂{letter}{subscript(index, shape)}"


def array_of_slopes(name):
    """The array that slopes are for: x for "J", and W for "W.J"."""
    return "x" if name == "J" else name.removesuffix(".J")


def entries_of_rows(cells, rows):
    """All entries of some rows, as (array, index, value)."""
    return tuple(entry for i in rows for place in np.ndindex(cells.shape[1:])
                 for entry in cells[i, *place].entries())
