"""Formulas: what the numbers of one part of a training step were made of."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .expressions import Expression, Number, subscript

LETTERS = {   # where the letter differs from the name
    "x_hat": "x̂", "dx_hat": "dx̂", "mean_dx_hat": "mean_dx̂", "mean_dx_hat_x_hat": "mean_dx̂x̂",
    "m_hat": "m̂", "v_hat": "v̂",
}


class Cells:
    """An array of the step, whose entries are numbers to make expressions of."""

    def __init__(self, step, name, letter):
        self.name, self.array = name, step[name]
        self.shape, self.letter = self.array.shape, letter

    def __len__(self):
        return len(self.array)

    def __getitem__(self, index):
        index = index if isinstance(index, tuple) else (index,)
        symbol = self.letter + subscript(index, self.shape)
        return Number(self.array[index], symbol, self.name, index)

    def all(self):
        """All entries, as numbers."""
        return (self[index] for index in np.ndindex(self.shape))

    def entries(self):
        """All entries, as (array, index, value)."""
        return [(self.name, index, value) for index, value in zip(
            np.ndindex(self.shape), self.array.ravel().tolist())]


class Way(NamedTuple):
    """Another formula beside the one by which a number was made.

    must_agree   whether it comes to the same number, or only compares with it; `off` is by how much
                 it may differ beyond rounding, for the reason that `why` gives
    """

    title: str
    expression: Expression
    must_agree: bool = True
    off: float = 0.0
    why: str = ""


@dataclass(frozen=True)
class Made:
    """How a number was made.

    expression   the formula, or None for a number that was given
    sentence     what else there is to say, or what was given
    low, high    between them the number must lie; None for the value of the expression, as exact as
                 the numbers in it
    ways         other formulas beside it
    entries      (array, index, value) of what it was made of, where there is no expression for it
    """

    expression: Expression | None = None
    sentence: str = ""
    low: float | None = None
    high: float | None = None
    ways: tuple = ()
    entries: tuple = ()


def make_near(expression, off, ways=()):
    """The Made for a number that may differ by so much from its formula."""
    if not np.isfinite(expression.value + off):
        return Made(expression, ways=ways)
    return Made(expression, low=expression.value - off, high=expression.value + off, ways=ways)


class Formulas:
    """The formulas of one part of a step: a layer, the loss, or what the optimizer does.

    The method of_dW takes an index and gives the formula for that entry of dW: an Expression, or a
    Made, which says more. Arrays without such a method were given.

    step, prefix   where its arrays stand: step[prefix + "W"]
    thing          the layer, the loss or the optimizer, as it was before the step
    """

    def __init__(self, step, prefix, thing):
        self.step, self.prefix, self.thing = step, prefix, thing

    def cells_of(self, name):
        """The array of this name, to take entries of."""
        return Cells(self.step, self.prefix + name, LETTERS.get(name, name))

    def cells(self, *names):
        """Several of them."""
        return [self.cells_of(name) for name in names]

    def at(self, index, *names):
        """The entries of several arrays at one index."""
        return [self.cells_of(name)[index] for name in names]

    def setting(self, name):
        """A setting of the layer, the loss or the optimizer."""
        return Number(getattr(self.thing, name), name)

    def make(self, name, index):
        """The Made for an entry of the array of this name."""
        method = getattr(self, "of_" + name.replace(".", "_"), None)
        if method is None:
            return Made(sentence=self.describe_given(name, index))
        made = method(*index)
        return made if isinstance(made, Made) else Made(made)

    def describe_given(self, name, index):
        """What to say of an array that was not made in this step."""
        n = self.step.number
        return ("as it was before the training" if n == 0 else
                f"as it was after {n} step{'' if n == 1 else 's'} of the training")

    # ---- what else is recorded, beside x, y, the parameters and the gradients ----

    def find_extras(self, x, cache):
        """{name: array} of what stands in the formulas, from the input and the cache."""
        return {}

    def find_extras_of_backward(self, arrays):
        """The same of what the backward pass makes, from the arrays by their names. In place of an
        array that few ask for there may be a function that makes it.
        """
        return {}
