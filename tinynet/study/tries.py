"""Tries: a function at a point, and its gradients against the derivative in random directions."""

import copy
from functools import cached_property

import numpy as np

from .derivatives import find_slopes
from .report import Fault

EPS = np.finfo(float).eps
TINY = 1e-20            # the complex step
ROUNDING = 1e4 * EPS    # of a gradient: that of some thousand operations, all in one direction
STEP = 0.05             # the first difference, in the size of the numbers
FINER = 0.013           # how much smaller that is for a second hearing; not a power of 2


class Try:
    """A function at a point, with y and a random dy, and the gradients that backward gives.

    is_special   at whole numbers and the like, where kinks and jumps are likely
    jumps        whether y was seen to jump
    is_open      whether a direction met a kink or a jump, so that more than one slope is right
    """

    def __init__(self, function, x, rng, dy=None, is_special=False):
        self.function, self.point, self.is_special = function, function.point(x), is_special
        self.x, self.n, self.jumps, self.is_open = x, len(x), False, False
        twin, self.y, self.cache = function.forward(self.point)
        self.dy = dy
        if dy is None:
            self.dy = np.ones(1) if function.gives_L else rng.normal(size=self.y.shape)
        self.found = function.go_back(self.point, twin, self.dy, self.cache)
        self.scales = {name: find_scale(array) for name, array in self.point.items()}

    @property
    def size(self):
        """The size of the numbers from which backward starts: those of y, or of t."""
        return max(np.abs(array).max(initial=0, where=np.isfinite(array)) for array in (
            [self.y, self.function.t] if self.function.gives_L else [self.y]))

    @property
    def is_finite(self):
        return bool(np.isfinite(self.y).all())

    def at(self, point):
        """The same at another point, for its derivatives alone."""
        moved = copy.copy(self)
        moved.__dict__.pop("noise", None)
        moved.point, moved.y = point, self.function.value(point)
        return moved

    # ---- derivatives ----

    @cached_property
    def noise(self):
        """How much each y changes when the last digits of the arrays do: by rounding. These are not
        the last of float64 where a function computes in float32.
        """
        part, change = 2 * EPS, 0.0
        while change == 0 and part < 1e-6:
            y = self.evaluate({name: array * (1 + part) for name, array in self.point.items()})
            change = np.nanmax(np.abs(y - self.y), initial=0)
            part *= 8
        return 1e-14 * np.where(np.isfinite(self.y), np.abs(self.y), 0) + change

    def evaluate(self, point):
        """y at the point; nan where it cannot be had, since not every number may be taken."""
        try:
            return self.function.value(point)
        except Fault:
            return np.full_like(self.y, np.nan)

    def move(self, direction, step):
        """The point, so many steps further in a direction."""
        return self.point | {name: self.point[name] + step * change
                             for name, change in direction.items()}

    def find_slopes(self, direction, scale=1.0, fineness=1.0):
        """The Slopes of y in a direction whose steps are of this scale, by differences. Where y
        does not change, and a complex step says so, too, it is a constant, and its slope is 0.
        """
        slopes = find_slopes(lambda step: self.evaluate(self.move(direction, step)),
                             STEP * scale * fineness, noise=self.noise)
        y = self.evaluate(self.move(direction, TINY * 1j))
        if not np.iscomplexobj(y):
            return slopes
        is_constant = (y.imag == 0) & (slopes.low == 0) & (slopes.high == 0)
        return slopes._replace(error=np.where(is_constant, 0, slopes.error))

    def step_into_complex(self, direction):
        """The derivative of y in a direction, by a complex step; nan if that cannot be taken."""
        y = self.evaluate(self.move(direction, TINY * 1j))
        return y.imag / TINY if np.iscomplexobj(y) else 0 * y

    def is_analytic(self, direction, derivative):
        """Whether a plain difference says about the same as the complex step. For abs, sign and the
        like it does not.
        """
        h = 1e-5
        ahead, behind = (self.evaluate(self.move(direction, step)) for step in (h, -h))
        where = np.isfinite(self.y)  # a masked y, -inf, stays so
        off = np.abs((ahead - behind) / (2 * h) - derivative)[where].max(initial=0)
        enough = 1e-4 * np.abs(derivative[where]).max(initial=0)
        return bool(off <= enough or off <= enough + 2 * self.noise.max(initial=0) / h)

    def bound(self, slopes, scale=1.0, size=0.0):
        """(lowest, highest): between them lies the derivative of Σ dy y, as far as the Slopes of y
        are known, and at a kink any slope between those on both sides. `size` is that of the
        numbers it is compared with.
        """
        self.jumps |= bool(slopes.jumps.any())
        one, other = (np.where(self.dy, self.dy * side, 0) for side in (slopes.low, slopes.high))
        error = np.abs(self.dy) * np.where(slopes.jumps, np.inf, slopes.error)
        error = error[self.dy != 0].sum()
        # that of the backward pass itself: a slope such as 1 - y² has no more digits than y
        error += ROUNDING * (size + np.abs(one).sum() + self.find_size(one, other) / scale)
        return np.minimum(one, other).sum() - error, np.maximum(one, other).sum() + error

    def find_size(self, one, other):
        """The size of dy y, of those y which change with the direction."""
        changes = (one != 0) | (other != 0)
        dy = np.abs(self.dy[changes]).max(initial=0)
        if self.function.gives_L:
            return dy * self.size
        y = np.abs(self.y[changes])
        return dy * y.max(initial=0, where=np.isfinite(y))

    def bound_by_differences(self, found, direction, scale=1.0, size=0.0):
        """(slopes, lowest, highest) by differences. What was found outside gets a second hearing,
        with finer steps: where y swings faster than the first, only one of them may notice.
        """
        slopes = self.find_slopes(direction, scale)
        low, high = self.bound(slopes, scale, size)
        if not low <= found <= high:
            finer = self.find_slopes(direction, scale, fineness=FINER)
            finer_low, finer_high = self.bound(finer, scale, size)
            low, high = min(low, finer_low), max(high, finer_high)
        return slopes, low, high

    # ---- gradients in random directions ----

    def find_suspects(self, rng):
        """The names of the arrays whose gradients do not give the derivative in a random direction.

        A direction moves all arrays at once, by normally distributed steps of both signs, so that
        one or two passes check every number. Only if it disagrees, or leaves much open since it
        meets kinks or jumps, the arrays are taken one by one.
        """
        self.is_open = False
        if self.agrees_along(self.draw_direction(rng, self.point)) and not self.is_open:
            return []
        return [name for name in self.point
                if self.is_special or not self.agrees_along(self.draw_direction(rng, [name]))]

    def draw_direction(self, rng, names):
        return {name: self.scales[name] * rng.normal(size=np.shape(self.point[name]))
                for name in names}

    def agrees_along(self, direction):
        """Whether Σ dx u, over all arrays, is the derivative of Σ dy y in the direction u."""
        terms = np.concatenate([(self.found[name] * change).ravel()
                                for name, change in direction.items()])
        found, size = terms.sum(), np.abs(terms).sum()
        if not np.isfinite(found):
            return False
        if not self.is_special:
            derivative = self.step_into_complex(direction)
            if self.is_analytic(direction, derivative):
                terms = self.dy * derivative
                if abs(terms.sum() - found) <= ROUNDING * (size + np.abs(terms).sum()):
                    return True
        slopes, low, high = self.bound_by_differences(found, direction, size=size)
        self.is_open |= bool((slopes.low < slopes.high).any() or not np.isfinite(high - low))
        return low <= found <= high


def find_scale(array):
    """The size of the numbers of an array, to make steps of: the root of their mean square."""
    return float(np.sqrt(np.mean(array * array))) or 1.0 if array.size else 1.0
