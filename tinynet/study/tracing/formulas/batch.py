"""Formulas of the batch: L, the mean of the rows' losses, and what was given."""

import numpy as np

from .base import Formulas, Made
from .expressions import Number, total


class OfBatch(Formulas):
    """The arrays that belong to no layer. `thing` is the optimizer."""

    def of_L(self):
        l = self.step.cells_of("loss.l")
        if np.isnan(l.array).any():
            return Made(sentence="the losses of the single rows are not known")
        if "w" not in self.step:
            return total(l.all()) / Number(len(l), "n")
        w = self.step.cells_of("w")
        return total(w[i] * l[i] for i in range(len(l))) / total(w.all())

    def of_dL(self):
        return Made(Number(1), sentence="here the backward pass begins: dL is ∂L/∂L")

    def describe_given(self, name, index):
        if name in ("x", "t", "w"):
            what = {"x": "", "t": "the target of ", "w": "the weight of "}[name]
            return f"given: {what}row {self.step['rows'][index[0]]} of the data"
        schedule = f", from {self.thing.lr!r}" if callable(self.thing.lr) else ""
        return {"rows": "which row of the data this is",
                "lr": f"the learning rate of this step{schedule}",
                "y.after": "y of the same row after the step",
                "L.after": "L of the same rows after the step"}[name]
