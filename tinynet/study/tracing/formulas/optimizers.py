"""Formulas of optimizers: from the gradient of a parameter to its change."""

from functools import partial

import numpy as np

from ....optimizers import SGD, Adam, AdamW, RMSprop
from ...report import gradient_name, name_of
from .base import Cells, Formulas, Made
from .expressions import EXACT, SHOWN, Number, Rest, Square, total
from .functions import sqrt

EPS = np.finfo(float).eps


def find_gradient(step, name):
    """dW + l2 W for the parameter of this name; without the second for biases and the like."""
    W, dW = step[name], step[gradient_name(name)]
    return dW + step.l2 * W if W.ndim > 1 else dW


def add_penalty(step, W, dW, index):
    """The same for one entry, with W and dW as cells."""
    if step.l2 and len(W.shape) > 1:
        return dW[index] + Number(step.l2, "l2") * W[index]
    return dW[index]


class OfGradient(Formulas):
    """What is made of all parameters, or all gradients, together. `thing` are the names of the
    parameters that are trained.
    """

    def of_penalty(self):
        """l2/2 Σ W²"""
        weights = [self.cells_by_name(name) for name in self.thing if self.step[name].ndim > 1]
        return Number(self.step.l2, "l2") / 2 * sum_of_squares(
            [(W.array, W.__getitem__, [W]) for W in weights])

    def of_norm(self):
        """√(Σ (dW + l2 W)²)"""
        parts = []
        for name in self.thing:
            W, dW = self.cells_by_name(name), self.cells_by_name(gradient_name(name))
            parts.append((find_gradient(self.step, name), partial(add_penalty, self.step, W, dW),
                          [dW, W] if self.step.l2 and len(W.shape) > 1 else [dW]))
        return sqrt(sum_of_squares(parts))

    def cells_by_name(self, name):
        """An array that is called by its whole name, as "2.W", since others are beside it."""
        return Cells(self.step, name, name)


def sum_of_squares(parts):
    """Σ a² over all entries of some arrays, each as (array, function from an index to an entry, the
    Cells it is made of). Only the largest become expressions: there may be 100,000 others.
    """
    places = [(k, index) for k, (array, _, _) in enumerate(parts)
              for index in np.ndindex(array.shape)]
    squares = np.concatenate([np.square(array).ravel() for array, _, _ in parts] or [[]])
    shown = range(len(places))
    if len(places) > SHOWN + 2:
        shown = np.sort(np.argsort(-squares, kind="stable")[:SHOWN])
    terms = [Square(parts[k][1](index)) for k, index in (places[i] for i in shown)]
    n_others = len(places) - len(terms)
    if n_others:
        rest = squares.sum() - squares[shown].sum()
        entries = [entry for _, _, made_of in parts for cells in made_of
                   for number in cells.all() for entry in number.entries()]
        terms.append(Rest(rest, n_others, entries))
    return total(terms)


class OfOptimizer(Formulas):
    """What any optimizer does to a parameter W: the prefix is "2.W." for that of layer 2."""

    def __init__(self, step, prefix, optimizer):
        super().__init__(step, prefix, optimizer)
        name = prefix.removesuffix(".")
        self.W, self.dW = step.cells_of(name), step.cells_of(gradient_name(name))
        self.is_frozen = name in step.frozen

    @staticmethod
    def vectors(optimizer):
        """The names of what it remembers for each parameter."""
        return optimizer.state_names

    @staticmethod
    def extras(optimizer, arrays):
        """{name: array} of what else stands in its formulas."""
        return {}

    def of_grads(self, *index):
        """What the optimizer is given: the gradient of loss and penalty, clipped."""
        if self.is_frozen:
            return Made(Number(0), sentence="the layer is frozen")
        gradient = add_penalty(self.step, self.W, self.dW, index)
        if not self.step.is_clipped:
            return gradient
        norm = self.step.cells_of("norm")[()]
        return gradient * (Number(self.step.clip_norm, "clip_norm") / norm)

    def given_gradient(self, index):
        """The same as a number to go on with."""
        is_recorded = f"{self.prefix}grads" in self.step
        return self.cells_of("grads")[index] if is_recorded else self.dW[index]

    def of_change(self, *index):
        if self.is_frozen:
            return Made(Number(0), sentence="the layer is frozen")
        return self.round_off(self.find_change(index), index)

    def find_change(self, index):
        """The change of W by the formula of the optimizer; of one of another class it is only seen.
        """
        return self.cells_of("after")[index] - self.W[index]

    def of_after(self, *index):
        if type(self) is OfOptimizer and not self.is_frozen:
            return Made(sentence=self.given("after", index))
        return self.round_off(self.W[index] + self.cells_of("change")[index], index)

    def round_off(self, expression, index):
        """A Made in which W, and so its change, may be off by its last digits."""
        value, W = expression.value, abs(self.W[index].value)
        off = EXACT * expression.spread() + 4 * EPS * (W + abs(value))
        return Made(expression, low=value - off, high=value + off)

    @property
    def lr(self):
        return self.step.cells_of("lr")[()]

    def given(self, name, index):
        if name.endswith("_before"):
            return super().given(name, index)
        return f"what {name_of(self.thing)} has made of it, of which no formula is known"


class OfSGD(OfOptimizer):
    @staticmethod
    def vectors(optimizer):
        return ("v",) if optimizer.momentum else ()

    def of_v(self, *index):
        v = self.cells_of("v_before")[index]
        return self.setting("momentum") * v + self.given_gradient(index)

    def find_change(self, index):
        if not self.thing.momentum:
            return -(self.lr * self.given_gradient(index))
        v = self.cells_of("v")[index]
        if self.thing.nesterov:
            return -(self.lr * (self.given_gradient(index) + self.setting("momentum") * v))
        return -(self.lr * v)


class OfRMSprop(OfOptimizer):
    def of_v(self, *index):
        rho, v = self.setting("rho"), self.cells_of("v_before")[index]
        return rho * v + (1 - rho) * Square(self.given_gradient(index))

    def find_change(self, index):
        v = self.cells_of("v")[index]
        return -(self.lr * self.given_gradient(index) / (sqrt(v) + self.setting("eps")))


class OfAdam(OfOptimizer):
    @staticmethod
    def extras(optimizer, arrays):
        return {"m_hat": arrays["m"] / (1 - optimizer.beta1 ** optimizer.steps),
                "v_hat": arrays["v"] / (1 - optimizer.beta2 ** optimizer.steps)}

    def of_m(self, *index):
        beta1, m = self.setting("beta1"), self.cells_of("m_before")[index]
        return beta1 * m + (1 - beta1) * self.given_gradient(index)

    def of_v(self, *index):
        beta2, v = self.setting("beta2"), self.cells_of("v_before")[index]
        return beta2 * v + (1 - beta2) * Square(self.given_gradient(index))

    def of_m_hat(self, *index):
        return self.cells_of("m")[index] / self.correction("beta1")

    def of_v_hat(self, *index):
        return self.cells_of("v")[index] / self.correction("beta2")

    def correction(self, name):
        """1 - beta^steps, by which m and v are too small since they began as zeros."""
        steps = self.step.optimizer_steps
        return Number(1 - getattr(self.thing, name) ** steps, f"(1 - {name}^{steps})")

    def find_change(self, index):
        m_hat, v_hat = (cells[index] for cells in self.cells("m_hat", "v_hat"))
        return -(self.lr * m_hat / (sqrt(v_hat) + self.setting("eps")))


class OfAdamW(OfAdam):
    def find_change(self, index):
        change = super().find_change(index)
        if len(self.W.shape) > 1:  # biases and the like do not decay
            change = change - self.lr * self.setting("weight_decay") * self.W[index]
        return change


OF_OPTIMIZERS = {SGD: OfSGD, RMSprop: OfRMSprop, Adam: OfAdam, AdamW: OfAdamW}
