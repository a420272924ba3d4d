"""Formulas of softmax, whose outputs depend on all inputs of a row."""

from functools import partial

import numpy as np

from ....layers import Softmax
from .base import Formulas, Made, make_near
from .expressions import EXACT, total
from .functions import exp
from .pairs import find_ways_of_pair

FAR = 500   # beyond this, e^x is too large, or too small, for the steps in between


class OfSoftmax(Formulas):
    """yⱼ = e^xⱼ / Σₖ e^xₖ,  Jₖⱼ = ∂yₖ/∂xⱼ,  dxⱼ = Σₖ dyₖ Jₖⱼ"""

    def find_extras_of_backward(self, arrays):
        return {"J": partial(find_jacobian, arrays["y"])}

    def of_y(self, *index):
        return softmax_of(self.cells_of("x"), index)

    def of_J(self, *index):
        return jacobian_of_softmax(self.cells_of("y"), index)

    def of_dx(self, *index):
        dy, y, J = self.cells("dy", "y", "J")
        *row, j = index
        dx = total(dy[*row, k] * J[*row, k, j] for k in range(dy.shape[-1]))
        # Σ y is 1 but for rounding, which is all that is left of 1 - y where y is nearly 1
        spread = dx.spread() + abs(y.array[index]) * (
            abs(dy.array[index]) + np.abs(dy.array[*row] * y.array[*row]).sum())
        return make_near(dx, EXACT * spread, find_ways_of_pair(self, index))


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
    return Made(exp(powers[j]) / total(map(exp, powers)), "the largest x is subtracted first: y is "
                "the same, and exp cannot overflow")


def take_off_largest(numbers):
    """Each number less the largest of them."""
    largest = max(numbers, key=lambda a: a.value)
    return [a - largest for a in numbers]


def jacobian_of_softmax(y, index):
    """yₖ (1{k = j} - yⱼ) at an index (..., k, j)."""
    *row, k, j = index
    return y[*row, k] * (1 - y[*row, j]) if k == j else -(y[*row, k] * y[*row, j])


OF_SOFTMAX = {Softmax: OfSoftmax}
