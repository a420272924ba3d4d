"""Ingredients: what the wrong gradients of mistakes are made of."""

import copy
from functools import cached_property

import numpy as np

from .derivatives import find_slopes
from .evidence import Evidence, NotEnough
from .functions import LossFunction

FEW = 400    # right gradients at other points are for arrays of so many numbers


class Ingredients(Evidence):
    """Evidence about an array, and what a hypothesis about its mistake may ask for.

    main         of all evidence about this array, the one with the most numbers that are wrong
    t, w         of a loss, whose own y is `prediction`
    n, k         rows and columns
    """

    def __init__(self, a_try, name):
        super().__init__(a_try, name)
        self.main = self

    # ---- what kind of function it is ----

    @property
    def is_loss(self):
        return isinstance(self.function, LossFunction)

    @property
    def has_dy(self):
        """Whether there is a dy: for y, rather than L."""
        return not self.function.gives_L

    @cached_property
    def params(self):
        """{name: array} of the parameters."""
        return {name: array for name, array in self.a_try.point.items() if name != "x"}

    @cached_property
    def is_elementwise(self):
        """Whether each number of y depends on the number of x in its place alone."""
        return (self.name == "x" and self.x.shape == self.y.shape and not self.is_sampled
                and not (self.J - np.diag(np.diag(self.J))).any())

    @cached_property
    def keeps_rows_apart(self):
        """Whether no row of y depends on another row of x."""
        J = np.abs(self.by_rows(self.J).reshape(self.n, -1, self.n, self.J.shape[1] // self.n))
        return all(J[i, :, j].max(initial=0) <= 1e-9 * J.max()
                   for i in range(self.n) for j in range(self.n) if i != j)

    def by_rows(self, array):
        """An array whose first axis goes over the numbers of y, as (n, numbers of a row, ...)."""
        if len(array) % self.n:
            raise NotEnough
        return array.reshape(self.n, -1, *array.shape[1:])

    @cached_property
    def groups(self):
        """[places]: the numbers of x in groups that meet in some y, such as those of a mean."""
        meets = np.abs(self.J) > 1e-9 * np.abs(self.J).max()
        meet_each_other = meets.T @ meets
        labels = np.arange(len(self.places))
        for _ in labels:
            lowest = np.where(meet_each_other, labels, len(labels)).min(axis=1)
            labels = np.minimum(labels, lowest)
        return [np.flatnonzero(labels == label) for label in np.unique(labels)]

    # ---- what else backward gives ----

    @cached_property
    def rows_leak(self):
        """Whether a row of dx becomes another one when the other rows do, and their dy."""
        row = int(np.argwhere(self.wrong)[0][0]) if self.wrong.any() else 0
        others = np.arange(self.n) != row
        x, dy = self.x.copy(), self.dy.copy()
        x[others] = x[row]
        if not self.is_loss:
            dy[others] *= -2
        moved = self.function.gradients(self.a_try.point | {"x": x}, dy)["x"][row]
        return bool((np.abs(moved - self.found[row]) > 1e-9 * np.abs(self.found).max()).any())

    @cached_property
    def stays_when_x_moves(self):
        """Whether dx at a number of x is the same for another number, and ought to be another."""
        if self.is_sampled:
            raise NotEnough
        for place in np.flatnonzero(self.wrong)[:4]:
            x = self.x.copy()
            x.flat[place] *= -0.7
            point = self.a_try.point | {"x": x}
            moved = self.function.gradients(point, self.dy)["x"].flat[place]
            slopes = self.a_try.at(point).find_slopes(self._toward(place), self.scale)
            right = (self.dy * slopes.value).sum()
            if not abs(moved - self.found.flat[place]) <= 1e-9 * abs(moved):
                return False
            if abs(right - self.right.flat[place]) > 1e-6 * abs(right):
                return True
        return False

    # ---- what would be right elsewhere ----

    @cached_property
    def right_without_weights(self):
        """The right gradient of a loss whose rows all count alike."""
        if self.w is None:
            return self.right
        function = LossFunction(self.function.thing, self.t)
        unweighted = copy.copy(self.a_try)
        unweighted.function, unweighted.y = function, function.value(self.a_try.point)
        return type(self)(unweighted, self.name).right

    def right_at(self, **changes):
        """The right gradient at another point, for the same dy."""
        if self.is_sampled or len(self.places) > FEW:
            raise NotEnough
        moved = self.a_try.at(self.a_try.point | changes)
        is_analytic, right = self._is_analytic(moved), np.empty(self.found.shape)
        for i, place in enumerate(self.places):
            direction = self._toward(place)
            slope = (moved.step_into_complex(direction) if is_analytic
                     else moved.find_slopes(direction, self.scale).value)
            right.flat[i] = (self.dy * slope).sum()
        return right

    @cached_property
    def right_of_params(self):
        """{name: right gradient} of all parameters but this."""
        if self.is_sampled:
            raise NotEnough
        return {name: Evidence(self.a_try, name).right for name, array in self.params.items()
                if name != self.name and array.size <= FEW}

    def slope_at(self, x):
        """The slope of a function of each number, at x."""
        return self.a_try.at(self.a_try.point | {"x": x}).find_slopes({"x": np.ones(x.shape)}).value

    def slope_by_output(self, y):
        """The slope of a function of each number where its output is y, or nan if it never is."""
        f = lambda x: self.function.value(self.a_try.point | {"x": x})
        low, high = np.full(y.shape, -12.0), np.full(y.shape, 12.0)
        rises = f(high) > f(low)
        for _ in range(60):  # bisection
            middle = (low + high) / 2
            is_left = (f(middle) < y) == rises
            low, high = np.where(is_left, middle, low), np.where(is_left, high, middle)
        x = (low + high) / 2
        return np.where(np.abs(f(x) - y) < 1e-9, self.slope_at(x), np.nan)

    @cached_property
    def inner(self):
        """(back, slope_at) if y = f(z), z = x W + b, in this layer: back(dz) is the gradient for a
        dz, and slope_at(z) the slope of f. Else None.
        """
        if self.is_sampled:
            raise NotEnough
        find = lambda shape: next((name for name, array in self.params.items()
                                   if array.shape == shape), None)
        b, W = find(self.y.shape[1:]), find(self.x.shape[1:] + self.y.shape[1:])
        if self.x.ndim != 2 or self.y.ndim != 2 or b is None or W is None or (
                self.name not in ("x", W, b) or len(self.params) > 2):
            return None

        def slope_at(z):  # without W, z is b
            point = {"x": self.x[:1], W: np.zeros_like(self.params[W])}
            return np.concatenate([
                self.a_try.at(point | {b: row}).find_slopes({b: np.ones(row.shape)}).value
                for row in z])

        def back(dz):
            return {"x": dz @ self.params[W].T, W: self.x.T @ dz, b: dz.sum(axis=0)}[self.name]

        z = self.x @ self.params[W] + self.params[b]
        is_so = np.allclose(back(self.dy * slope_at(z)), self.right, rtol=1e-6, atol=1e-9)
        return (back, slope_at) if is_so else None

    # ---- losses ----

    @property
    def t(self):
        return self.function.t

    @property
    def w(self):
        return self.function.w

    @property
    def k(self):
        return self.x.shape[-1] if self.is_loss else self.y.shape[-1]

    @property
    def share(self):
        """Each row's share in a mean over the rows."""
        return 1 / self.n if self.w is None else (self.w / self.w.sum())[:, None]

    @property
    def prediction(self):
        """The y of a loss."""
        return self.a_try.cache

    @cached_property
    def has_own_prediction(self):
        """Whether the y of a loss is something else than its x."""
        y = self.prediction
        return self.is_loss and np.shape(y) == self.x.shape and not np.array_equal(y, self.x)

    @cached_property
    def J_of_prediction(self):
        """∂y/∂x of a loss."""
        f = lambda x: self.function.forward({"x": x})[2]
        columns = []
        for place in self.places:
            step = self._toward(place)["x"]
            columns.append(find_slopes(lambda s: f(self.x + s * step)).value.ravel())
        return np.stack(columns, axis=1)

    def through_prediction(self, dL):
        """dx of a loss, from the derivative of L by its y."""
        return (dL.ravel() @ self.J_of_prediction).reshape(self.x.shape)
