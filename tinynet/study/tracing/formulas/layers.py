"""Formulas of layers: each array as the sum that defines it, entry by entry."""

import numpy as np

from ....layers import (ELU, GELU, Dense, Dropout, Flatten, LeakyReLU, ReLU, Reshape, Sigmoid,
                        SiLU, Softplus, Tanh)
from ....layers.activations import sigmoid
from .base import Formulas, Made
from .expressions import Square, total
from .functions import (exp, exp_minus_1, is_above, log_of_1_plus, maximum, normal_density,
                        normal_distribution, tanh)
from .pairs import find_ways_of_pair


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
        x, y, dy = self.at(index, "x", "y", "dy")
        return dy * self.slope(x, y)


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
        x, dy = self.at(index, "x", "dy")
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
        return self.setting("alpha") * exp_minus_1(x)

    def slope_below(self, x):
        return self.setting("alpha") * exp(x)


class OfSigmoid(OfElementwise):
    def f(self, x):
        return 1 / (1 + exp(-x))

    def slope(self, x, y):
        return y * (1 - y)

    def of_dx(self, *index):
        return Made(super().of_dx(*index), ways=find_ways_of_pair(self, index))


class OfTanh(OfElementwise):
    def f(self, x):
        return tanh(x)

    def slope(self, x, y):
        return 1 - Square(y)


class OfSoftplus(OfElementwise):
    def f(self, x):
        return x + log_of_1_plus(exp(-x)) if x.value > 0 else log_of_1_plus(exp(x))

    def slope(self, x, y):
        return 1 / (1 + exp(-x))


class OfSiLU(OfElementwise):
    def find_extras(self, x, cache):
        return {"s": sigmoid(x)}

    def of_s(self, *index):
        return 1 / (1 + exp(-self.cells_of("x")[index]))

    def of_y(self, *index):
        x, s = self.at(index, "x", "s")
        return x * s

    def of_dx(self, *index):
        dy, y, s = self.at(index, "dy", "y", "s")
        return dy * (s + y * (1 - s))


class OfGELU(OfElementwise):
    def f(self, x):
        return x * normal_distribution(x)

    def slope(self, x, y):
        return normal_distribution(x) + x * normal_density(x)


class OfDropout(OfElementwise):
    def find_extras(self, x, keep):
        return {"keep": np.broadcast_to(keep, x.shape)}

    def of_keep(self, *index):
        rate = self.thing.rate
        return Made(sentence=f"drawn: 0 with probability {rate:g}, else 1 / (1 - {rate:g})")

    def of_y(self, *index):
        x, keep = self.at(index, "x", "keep")
        return x * keep

    def of_dx(self, *index):
        dy, keep = self.at(index, "dy", "keep")
        return dy * keep


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


OF_BASIC_LAYERS = {
    Dense: OfDense, ReLU: OfReLU, LeakyReLU: OfLeakyReLU, ELU: OfELU, Sigmoid: OfSigmoid,
    Tanh: OfTanh, Softplus: OfSoftplus, SiLU: OfSiLU, GELU: OfGELU, Dropout: OfDropout,
    Reshape: OfReshape, Flatten: OfReshape,
}
