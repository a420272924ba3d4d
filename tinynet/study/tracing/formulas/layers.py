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
from .pairs import beside_pairs

FAR = 500   # beyond this, e^x is too large, or too small, for the steps in between


class OfDense(Formulas):
    def y(self, i, k):
        x, W, b = self.cells("x", "W", "b")
        return total(x[i, j] * W[j, k] for j in range(len(W))) + b[k]

    def dx(self, i, j):
        dy, W = self.cells("dy", "W")
        return total(dy[i, k] * W[j, k] for k in range(W.shape[1]))

    def dW(self, j, k):
        x, dy = self.cells("x", "dy")
        return total(x[i, j] * dy[i, k] for i in range(len(x)))

    def db(self, k):
        dy = self.cells("dy")
        return total(dy[i, k] for i in range(len(dy)))


# ---- functions of each number by itself ----

class OfElementwise(Formulas):
    """y = f(x)      dx = dy slope"""

    def y(self, *index):
        return self.f(self.cells("x")[index])

    def dx(self, *index):
        x, y, dy = self.cells("x", "y", "dy")
        return dy[index] * self.slope(x[index], y[index])


class OfReLU(OfElementwise):
    def f(self, x):
        return maximum(x, 0)

    def slope(self, x, y):
        return is_above(y, 0)


class OfLeakyReLU(OfElementwise):
    def f(self, x):
        return x if x.value > 0 else self.setting("negative_slope") * x

    def slope(self, x, y):
        return is_above(x, 0) if x.value > 0 else self.setting("negative_slope")


class OfELU(OfElementwise):
    def f(self, x):
        return x if x.value > 0 else self.setting("alpha") * (exp(x) - 1)

    def slope(self, x, y):
        return is_above(x, 0) if x.value > 0 else self.setting("alpha") * exp(x)


class OfSigmoid(OfElementwise):
    def f(self, x):
        return 1 / (1 + exp(-x))

    def slope(self, x, y):
        return y * (1 - y)

    def dx(self, *index):
        return beside_pairs(self, index, super().dx(*index))


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

    def s(self, *index):
        return 1 / (1 + exp(-self.cells("x")[index]))

    def y(self, *index):
        x, s = self.cells("x", "s")
        return x[index] * s[index]

    def dx(self, *index):
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

    def keep(self, *index):
        rate = self.thing.rate
        return Made(sentence=f"drawn: 0 with probability {rate:g}, else 1 / (1 - {rate:g})")

    def y(self, *index):
        x, keep = self.cells("x", "keep")
        return x[index] * keep[index]

    def dx(self, *index):
        dy, keep = self.cells("dy", "keep")
        return dy[index] * keep[index]


class OfReshape(Formulas):
    """The same numbers elsewhere: also for Flatten."""

    def y(self, *index):
        return self._same("x", self.cells("y").shape, index)

    def dx(self, *index):
        return self._same("dy", self.cells("dx").shape, index)

    def _same(self, name, shape, index):
        cells = self.cells(name)
        place = np.unravel_index(np.ravel_multi_index(index, shape), cells.shape)
        return cells[tuple(map(int, place))]


# ---- softmax ----

class OfSoftmax(Formulas):
    """yⱼ = e^xⱼ / Σₖ e^xₖ,  Jₖⱼ = ∂yₖ/∂xⱼ,  dxⱼ = Σₖ dyₖ Jₖⱼ"""

    @staticmethod
    def extras_of_backward(layer, arrays):
        return {"J": partial(find_jacobian, arrays["y"])}

    def y(self, *index):
        return softmax_of(self.cells("x"), index)

    def J(self, *index):
        return jacobian_of_softmax(self.cells("y"), index)

    def dx(self, *index):
        dy, J = self.cells("dy", "J")
        *row, j = index
        made = total(dy[*row, k] * J[*row, k, j] for k in range(dy.shape[-1]))
        return beside_pairs(self, index, made)


def find_jacobian(y):
    """J[..., k, j] = yₖ (1{k = j} - yⱼ)"""
    return y[..., :, None] * (np.eye(y.shape[-1]) - y[..., None, :])


def softmax_of(x, index):
    """The softmax of x at an index; with the largest x taken off where powers would overflow."""
    *row, j = index
    powers = [x[*row, k] for k in range(x.shape[-1])]
    largest = max(powers, key=lambda a: a.value)
    if max(abs(a.value) for a in powers) > FAR:
        powers = [a - largest for a in powers]
    return exp(powers[j]) / total(map(exp, powers))


def jacobian_of_softmax(y, index):
    """yₖ (1{k = j} - yⱼ) at an index (..., k, j)."""
    *row, k, j = index
    return y[*row, k] * ((1 if k == j else 0) - y[*row, j])


OF_LAYERS = {
    Dense: OfDense, ReLU: OfReLU, LeakyReLU: OfLeakyReLU, ELU: OfELU, Sigmoid: OfSigmoid,
    Tanh: OfTanh, Softplus: OfSoftplus, SiLU: OfSiLU, GELU: OfGELU, Dropout: OfDropout,
    Reshape: OfReshape, Flatten: OfReshape, Softmax: OfSoftmax,
}
