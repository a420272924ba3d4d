"""Formulas of the gradient as a whole: the penalty of the weights, and the norm for clipping."""

from functools import partial

import numpy as np

from ...report import gradient_name
from .base import Formulas
from .expressions import Number, Rest, Square, choose_shown, total
from .functions import sqrt


def with_penalty(step, name):
    """dW + l2 W for the parameter of this name; dW alone for biases and the like."""
    W, dW = step[name], step[gradient_name(name)]
    return dW + step.l2 * W if W.ndim > 1 else dW


def entry_with_penalty(step, W, dW, index):
    """The formula for an entry of dW + l2 W, or of dW alone; W and dW are Cells."""
    if step.l2 and len(W.shape) > 1:
        return dW[index] + Number(step.l2, "l2") * W[index]
    return dW[index]


class OfGradient(Formulas):
    """What is made of all parameters, or all gradients, together. `thing` are the names of the
    parameters that are trained.
    """

    def of_penalty(self):
        """l2/2 Σ W²"""
        weights = [self.step.cells_of(name, name) for name in self.thing
                   if self.step[name].ndim > 1]
        return Number(self.step.l2, "l2") / 2 * sum_of_squares(
            [(W.array, W.__getitem__, [W]) for W in weights])

    def of_norm(self):
        """√(Σ (dW + l2 W)²)"""
        parts = []
        for name in self.thing:
            # by their whole names, since those of other layers stand beside them
            W, dW = (self.step.cells_of(each, each) for each in (name, gradient_name(name)))
            made_of = [dW, W] if self.step.l2 and len(W.shape) > 1 else [dW]
            parts.append((with_penalty(self.step, name),
                          partial(entry_with_penalty, self.step, W, dW), made_of))
        return sqrt(sum_of_squares(parts))


def sum_of_squares(parts):
    """Σ a² over all entries of some arrays, each as (array, function from an index to an entry, the
    Cells it is made of). Only the largest become expressions: there may be 100,000 others.
    """
    places = [(k, index) for k, (array, _, _) in enumerate(parts)
              for index in np.ndindex(array.shape)]
    squares = np.concatenate([np.square(array).ravel() for array, _, _ in parts] or [[]])
    shown = choose_shown(squares)
    terms = [Square(parts[k][1](index)) for k, index in (places[i] for i in shown)]
    n_others = len(places) - len(terms)
    if n_others:
        rest = np.delete(squares, shown).sum()
        entries = [entry for _, _, made_of in parts for cells in made_of
                   for entry in cells.entries()]
        terms.append(Rest(rest, n_others, entries))
    return total(terms)
