"""Formulas of layers: each array as the sum that defines it, entry by entry."""

from functools import partial

import numpy as np

from ....layers import (ELU, GELU, Dense, Dropout, Flatten, LeakyReLU, ReLU, Reshape, Sigmoid,
                        SiLU, Softmax, Softplus, Tanh)
from ....layers.activations import sigmoid
from .base import Formulas, Made
from .expressions import Square, total
from .functions import (exp, is_above, log, maximum, normal_density, normal_distribution,
                        tanh)
from .pairs import compare_with_pair

FAR = 500   # beyond this, e^x is too large, or too small, for the steps in between


class OfDense(Formulas):
    def of_y(self, i, k):
        x, W, b = self.cells("x", "W", "b")
        return total(x[i, j] * W[j, k] for j in range(len(W))) + b[k]

    def of_dx(self, i, j):
        dy, W = self.cells("dy", "W")
        return total(dy[i, k] * W[j, k] for k in range(W.shape[1]))

    def of_dW(self, j, k):
        x, dy = self.cells("x", "dy")
        return total(x[i, j] * dy[i, k] for i in range(len(x)))

    def of_db(self, k):
        dy = self.cells_of("dy")
        return total(dy[i, k] for i in range(len(dy)))


# ---- functions of each number by itself ----

class OfElementwise(Formulas):
    """y = f(x)      dx = dy slope"""

    def of_y(self, *index):
        return self.f(self.cells_of("x")[index])

    def of_dx(self, *index):
        x, y, dy = self.cells("x", "y", "dy")
        return dy[index] * self.slope(x[index], y[index])


class OfReLU(OfElementwise):
    def f(self, x):
        return maximum(x, 0)

    def slope(self, x, y):
        return is_above(y, 0)


class OfBent(OfElementwise):
    """y = x where x is above 0, and something else below"""

    def of_y(self, *index):
        x = self.cells_of("x")[index]
        return Made(x, "x is above 0") if x.value > 0 else self.below(x)

    def of_dx(self, *index):
        x, dy = (cells[index] for cells in self.cells("x", "dy"))
        if x.value > 0:
            return Made(dy, "x is above 0, where the slope is 1")
        return dy * self.slope_below(x)


class OfLeakyReLU(OfBent):
    def below(self, x):
        return self.setting("negative_slope") * x

    def slope_below(self, x):
        return self.setting("negative_slope")


class OfELU(OfBent):
    def below(self, x):
        return self.setting("alpha") * (exp(x) - 1)

    def slope_below(self, x):
        return self.setting("alpha") * exp(x)


class OfSigmoid(OfElementwise):
    def f(self, x):
        return 1 / (1 + exp(-x))

    def slope(self, x, y):
        return y * (1 - y)

    def of_dx(self, *index):
        return compare_with_pair(self, index, super().of_dx(*index))


class OfTanh(OfElementwise):
    def f(self, x):
        return tanh(x)

    def slope(self, x, y):
        return 1 - Square(y)


class OfSoftplus(OfElementwise):
    def f(self, x):
        return x + log(1 + exp(-x)) if x.value > 0 else log(1 + exp(x))

    def slope(self, x, y):
        return 1 / (1 + exp(-x))


class OfSiLU(OfElementwise):
    @staticmethod
    def extras(layer, x, cache):
        return {"s": sigmoid(x)}

    def of_s(self, *index):
        return 1 / (1 + exp(-self.cells_of("x")[index]))

    def of_y(self, *index):
        x, s = self.cells("x", "s")
        return x[index] * s[index]

    def of_dx(self, *index):
        dy, y, s = (cells[index] for cells in self.cells("dy", "y", "s"))
        return dy * (s + y * (1 - s))


class OfGELU(OfElementwise):
    def f(self, x):
        return x * normal_distribution(x)

    def slope(self, x, y):
        return normal_distribution(x) + x * normal_density(x)


class OfDropout(OfElementwise):
    @staticmethod
    def extras(layer, x, keep):
        return {"keep": np.broadcast_to(keep, x.shape)}

    def of_keep(self, *index):
        rate = self.thing.rate
        return Made(sentence=f"drawn: 0 with probability {rate:g}, else 1 / (1 - {rate:g})")

    def of_y(self, *index):
        x, keep = self.cells("x", "keep")
        return x[index] * keep[index]

    def of_dx(self, *index):
        dy, keep = self.cells("dy", "keep")
        return dy[index] * keep[index]


class OfReshape(Formulas):
    """The same numbers elsewhere: also for Flatten."""

    def of_y(self, *index):
        return self._same("x", self.cells_of("y").shape, index)

    def of_dx(self, *index):
        return self._same("dy", self.cells_of("dx").shape, index)

    def _same(self, name, shape, index):
        cells = self.cells_of(name)
        place = np.unravel_index(np.ravel_multi_index(index, shape), cells.shape)
        return cells[tuple(map(int, place))]


# ---- softmax ----

class OfSoftmax(Formulas):
    """yⱼ = e^xⱼ / Σₖ e^xₖ,  Jₖⱼ = ∂yₖ/∂xⱼ,  dxⱼ = Σₖ dyₖ Jₖⱼ"""

    @staticmethod
    def extras_of_backward(layer, arrays):
        return {"J": partial(find_jacobian, arrays["y"])}

    def of_y(self, *index):
        return softmax_of(self.cells_of("x"), index)

    def of_J(self, *index):
        return jacobian_of_softmax(self.cells_of("y"), index)

    def of_dx(self, *index):
        dy, J = self.cells("dy", "J")
        *row, j = index
        dx = total(dy[*row, k] * J[*row, k, j] for k in range(dy.shape[-1]))
        return compare_with_pair(self, index, dx)


def find_jacobian(y):
    """J[..., k, j] = yₖ (1{k = j} - yⱼ)"""
    return y[..., :, None] * (np.eye(y.shape[-1]) - y[..., None, :])


def softmax_of(x, index):
    """The softmax of x at an index; without the largest x where powers would overflow."""
    *row, j = index
    powers = [x[*row, k] for k in range(x.shape[-1])]
    if max(abs(a.value) for a in powers) <= FAR:
        return exp(powers[j]) / total(map(exp, powers))
    powers = take_off_largest(powers)
    return Made(exp(powers[j]) / total(map(exp, powers)), "with the largest x taken off each of "
                "them, y is the same, and no power overflows")


def take_off_largest(numbers):
    """Each number less the largest of them."""
    largest = max(numbers, key=lambda a: a.value)
    return [a - largest for a in numbers]


def jacobian_of_softmax(y, index):
    """yₖ (1{k = j} - yⱼ) at an index (..., k, j)."""
    *row, k, j = index
    return y[*row, k] * (1 - y[*row, j]) if k == j else -(y[*row, k] * y[*row, j])


OF_LAYERS = {
    Dense: OfDense, ReLU: OfReLU, LeakyReLU: OfLeakyReLU, ELU: OfELU, Sigmoid: OfSigmoid,
    Tanh: OfTanh, Softplus: OfSoftplus, SiLU: OfSiLU, GELU: OfGELU, Dropout: OfDropout,
    Reshape: OfReshape, Flatten: OfReshape, Softmax: OfSoftmax,
}
