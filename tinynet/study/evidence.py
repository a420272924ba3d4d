"""Evidence: a gradient that was found, beside the right one."""

from functools import cached_property

import numpy as np

from .derivatives import Slopes
from .report import gradient_name

MANY = 1_000     # of an array with more numbers, only blocks that disagree are looked at,
MOST = 6_000     # and if that is more than this, SAMPLE numbers of it
SAMPLE = 300


class NotEnough(Exception):
    """There is not enough evidence to judge a hypothesis."""


class Evidence:
    """What backward gives for one array, in one try, and what would be right.

    array        the gradient's name, as "dx"; `name` and `value` are those of the array itself
    found        the gradient that backward gives, and `right` the derivative of Σ dy y, or of L
    wrong        where the two differ, beyond the error of the derivative and not at a kink; and
                 `unknown` where neither is known: at a kink or a jump
    J            (numbers of y, numbers of the array): the Jacobian, ∂y/∂x or ∂y/∂W
    M            what backward takes for it: the gradient for a dy of 1 at one number of y
    x, y, dy     as in the layer; for a loss y is L, and dy is 1
    n            rows
    """

    def __init__(self, a_try, name):
        self.a_try, self.name, self.function = a_try, name, a_try.function
        self.array = gradient_name(name)
        self.value, self.found = a_try.point[name], a_try.found[name]
        self.x, self.y, self.dy, self.n = a_try.x, a_try.y, a_try.dy, a_try.n
        self.scale = a_try.scales[name]
        self.places = self._choose_places()
        self.is_sampled = len(self.places) < self.value.size
        if self.is_sampled:
            self.value = self.value.ravel()[self.places]
            self.found = self.found.ravel()[self.places]
        self._find_right()

    def _choose_places(self):
        """The places to look at: all, or those of the blocks of the array that disagree with the
        derivative in a random direction, if that is less than half of it, and not too many.
        """
        places, rng = np.arange(self.value.size), np.random.default_rng(0)
        if len(places) > MANY:
            suspect = []
            for block in np.array_split(places, min(64, len(places) // 16)):
                change = np.zeros(self.value.size)
                change[block] = self.scale * rng.normal(size=len(block))
                direction = {self.name: change.reshape(self.value.shape)}
                suspect += [] if self.a_try.agrees_along(direction) else [block]
            if 0 < len(suspect) < 32:
                places = np.concatenate(suspect)
        return places if len(places) <= MOST else np.sort(rng.choice(places, SAMPLE, replace=False))

    def _find_right(self):
        """Find J, number by number, and where what was found lies outside of what it bounds."""
        a_try, shape = self.a_try, self.found.shape
        self._J, found = np.zeros((self.y.size, len(self.places))), self.found.ravel()
        low, high = np.full((2, len(self.places)), np.nan)
        if self._is_analytic(a_try):
            for i, place in enumerate(self.places):
                step = a_try.step_into_complex(self._toward(place))
                self._J[:, i] = step.ravel()
                low[i], high[i] = a_try.bound(Slopes.exactly(step), self.scale)
        doubtful = np.flatnonzero(~((low <= found) & (found <= high)))
        for count, i in enumerate(doubtful):  # differences see kinks and jumps, too
            step, is_known = self._J[:, i], np.isfinite(low[i])
            slopes, low[i], high[i] = a_try.bound_by_differences(
                found[i], self._toward(self.places[i]), self.scale)
            is_confirmed = is_known and all(np.allclose(side.ravel(), step, rtol=1e-6)
                                            for side in (slopes.low, slopes.high))
            if not is_confirmed:
                self._J[:, i] = slopes.value.ravel()
            if is_confirmed and len(doubtful) > 20 and count >= 5:
                break  # wrong everywhere, and not at kinks
        self.right = (self.dy.ravel() @ self._J).reshape(shape)
        self.unknown = ~np.isfinite(high - low).reshape(shape)
        self.wrong = ~((low <= found) & (found <= high)).reshape(shape) & ~self.unknown
        size = np.abs(self.right).max(initial=0) + np.abs(self.found).max(initial=0)
        self.unknown |= (high - low > 1e-6 * size).reshape(shape) & ~self.wrong  # at a kink

    def _is_analytic(self, a_try):
        """Whether complex steps can be relied on."""
        direction = a_try.draw_direction(np.random.default_rng(0), [self.name])
        return not a_try.is_special and a_try.is_analytic(
            direction, a_try.step_into_complex(direction))

    def _toward(self, place):
        """A step of 1 in one number of the array."""
        change = np.zeros(self.a_try.point[self.name].shape)
        change.flat[place] = 1
        return {self.name: change}

    def explains(self, prediction):
        """How many of the wrong numbers a prediction explains, or None if it is refuted: if what
        was found is something else. Where it is nan it says nothing.
        """
        prediction = np.asarray(prediction, dtype=float)
        if prediction.shape != self.found.shape:
            return None
        says = ~np.isnan(prediction) & ~self.unknown
        off, wrong = np.abs(prediction - self.found), says & self.wrong
        size = max(np.abs(array[says]).max(initial=0) for array in (self.found, self.right))
        if not np.isfinite(size):
            return None
        if (off[says] <= 1e-6 * size).all() and (
                off[wrong] <= 0.1 * np.abs(self.right - self.found)[wrong]).all():
            return int(wrong.sum())
        return None

    @property
    def J(self):
        if self.is_sampled:
            raise NotEnough
        return self._J

    @cached_property
    def M(self):
        M = np.zeros_like(self.J)
        for i in range(self.y.size):
            dy = np.zeros(self.y.shape)
            dy.flat[i] = 1
            M[i] = self.found_for(dy).ravel()
        return M

    def through(self, J):
        """The gradient that a Jacobian gives."""
        return (self.dy.ravel() @ J).reshape(self.found.shape)

    def found_for(self, dy):
        """What backward gives for another dy."""
        gradient = self.function.gradients(self.a_try.point, dy)[self.name]
        return gradient.ravel()[self.places] if self.is_sampled else gradient

    @property
    def size(self):
        """How many numbers its Jacobian has."""
        return self._J.size
