"""Formulas: what the numbers of one part of a training step were made of."""

import inspect
from dataclasses import dataclass

from .expressions import Number, subscript

LETTERS = {   # where these are others than the name
    "x_hat": "x̂", "dx_hat": "dx̂", "mean_dx_hat": "mean_dx̂", "mean_dx_hat_x_hat": "mean_dx̂x̂",
    "m_hat": "m̂", "v_hat": "v̂",
}


class Cells:
    """An array of the step, whose entries are numbers to make expressions of."""

    def __init__(self, step, prefix, name):
        self.name, self.array = prefix + name, step[prefix + name]
        self.shape, self.letter = self.array.shape, LETTERS.get(name, name)

    def __len__(self):
        return len(self.array)

    def __getitem__(self, index):
        index = index if isinstance(index, tuple) else (index,)
        return Number(self.array[index], self.letter + subscript(index), self.name, index)


@dataclass(frozen=True)
class Made:
    """How a number was made.

    expression   the formula, or None for a number that was given
    sentence     what else there is to say, or what was given
    low, high    between them the number must lie; None for the value of the expression, as exact as
                 the numbers in it
    ways         other formulas beside it, as (title, expression, whether it must give the same)
    cells        the numbers that it was made of, where there is no expression for it
    """

    expression: object = None
    sentence: str = ""
    low: float | None = None
    high: float | None = None
    ways: tuple = ()
    cells: tuple = ()


class Formulas:
    """The formulas of one part of a step: a layer, the loss, or what the optimizer does.

    It has a method for each array, which takes an index and gives the formula for that entry: an
    Expression, or a Made, which says more. The arrays that have no method were given.

    step, prefix   where its arrays stand: step[prefix + "W"]
    thing          the layer, the loss or the optimizer, as it was before the step
    """

    def __init__(self, step, prefix, thing):
        self.step, self.prefix, self.thing = step, prefix, thing

    def cells(self, *names):
        """The arrays of these names, to take cells of."""
        cells = [Cells(self.step, self.prefix, name) for name in names]
        return cells if len(cells) > 1 else cells[0]

    def setting(self, name):
        """A setting of the layer, the loss or the optimizer."""
        return Number(getattr(self.thing, name), name)

    def make(self, name, index):
        """The Made for an entry of the array of this name."""
        method = getattr(type(self), name.replace(".", "_"), None)
        if not inspect.isfunction(method) or hasattr(Formulas, method.__name__):
            return Made(sentence=self.given(name, index))
        made = method(self, *index)
        return made if isinstance(made, Made) else Made(made)

    def given(self, name, index):
        """What to say of an array that was not made in this step."""
        n = self.step.number
        return (f"what the {n} steps before this one have made of it" if n > 1 else
                "what the step before this one has made of it" if n else
                "as it was before the training")

    # what else is recorded of a layer, beside x, y, its parameters and the gradients

    @staticmethod
    def extras(layer, x, cache):
        """{name: array} of what stands in the formulas, from the input and the cache."""
        return {}

    @staticmethod
    def extras_of_backward(layer, arrays):
        """The same, of what the backward pass makes."""
        return {}
