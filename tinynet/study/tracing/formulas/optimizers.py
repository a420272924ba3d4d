"""Formulas of optimizers: from the gradient of a parameter to its change."""

import numpy as np

from ....optimizers import SGD, Adam, AdamW, RMSprop
from ...report import gradient_name, name_of
from .base import Formulas, Made, make_near
from .expressions import EXACT, Number, Square
from .functions import sqrt
from .gradient import entry_with_penalty

EPS = np.finfo(float).eps


class OfOptimizer(Formulas):
    """What any optimizer does to a parameter W: the prefix is "2.W." for that of layer 2."""

    def __init__(self, step, prefix, optimizer):
        super().__init__(step, prefix, optimizer)
        name = prefix.removesuffix(".")
        self.W, self.dW = step.cells_of(name), step.cells_of(gradient_name(name))
        self.is_frozen = name in step.frozen

    def list_vectors(self):
        """The names of what the optimizer remembers for each parameter."""
        return self.thing.state_names

    def derive(self, vectors):
        """{name: array} of what else stands in the formulas, from what it remembers."""
        return {}

    def of_grads(self, *index):
        """What the optimizer is given: the gradient of loss and penalty, clipped."""
        if self.is_frozen:
            return Made(Number(0), sentence="the layer is frozen")
        gradient = entry_with_penalty(self.step, self.W, self.dW, index)
        if not self.step.is_clipped:
            return gradient
        norm = self.step.cells_of("norm")[()]
        return gradient * (Number(self.step.clip_norm, "clip_norm") / norm)

    def gradient_at(self, index):
        """What the optimizer is given, as a number to go on with."""
        is_recorded = f"{self.prefix}grads" in self.step
        return self.cells_of("grads")[index] if is_recorded else self.dW[index]

    def of_change(self, *index):
        if self.is_frozen:
            return Made(Number(0), sentence="the layer is frozen")
        return self.round_off(self.find_change(index), index)

    def find_change(self, index):
        """The change of W by the formula of the optimizer; without one, what is seen of it."""
        return self.cells_of("after")[index] - self.W[index]

    def of_after(self, *index):
        if type(self) is OfOptimizer and not self.is_frozen:
            return Made(sentence=self.describe_given("after", index))
        return self.round_off(self.W[index] + self.cells_of("change")[index], index)

    def round_off(self, expression, index):
        """A Made in which W, and so its change, may be off by its last digits."""
        value, W = expression.value, abs(self.W[index].value)
        off = EXACT * expression.spread() + 4 * EPS * (W + abs(value))
        return make_near(expression, off)

    @property
    def lr(self):
        return self.step.cells_of("lr")[()]

    def describe_given(self, name, index):
        if name.endswith("_before"):
            return super().describe_given(name, index)
        return f"computed by {name_of(self.thing)}, for which there is no formula here"


class OfSGD(OfOptimizer):
    def list_vectors(self):
        return ("v",) if self.thing.momentum else ()

    def of_v(self, *index):
        v = self.cells_of("v_before")[index]
        return self.setting("momentum") * v + self.gradient_at(index)

    def find_change(self, index):
        if not self.thing.momentum:
            return -(self.lr * self.gradient_at(index))
        v = self.cells_of("v")[index]
        if self.thing.nesterov:
            return -(self.lr * (self.gradient_at(index) + self.setting("momentum") * v))
        return -(self.lr * v)


class OfRMSprop(OfOptimizer):
    def of_v(self, *index):
        rho, v = self.setting("rho"), self.cells_of("v_before")[index]
        return rho * v + (1 - rho) * Square(self.gradient_at(index))

    def find_change(self, index):
        v = self.cells_of("v")[index]
        return -(self.lr * self.gradient_at(index) / (sqrt(v) + self.setting("eps")))


class OfAdam(OfOptimizer):
    def derive(self, vectors):
        return {"m_hat": vectors["m"] / self.correction("beta1").value,
                "v_hat": vectors["v"] / self.correction("beta2").value}

    def of_m(self, *index):
        beta1, m = self.setting("beta1"), self.cells_of("m_before")[index]
        return beta1 * m + (1 - beta1) * self.gradient_at(index)

    def of_v(self, *index):
        beta2, v = self.setting("beta2"), self.cells_of("v_before")[index]
        return beta2 * v + (1 - beta2) * Square(self.gradient_at(index))

    def of_m_hat(self, *index):
        return self.cells_of("m")[index] / self.correction("beta1")

    def of_v_hat(self, *index):
        return self.cells_of("v")[index] / self.correction("beta2")

    def correction(self, name):
        """1 - beta^steps, by which m and v are too small since they began as zeros."""
        steps = self.thing.steps + 1
        return Number(1 - getattr(self.thing, name) ** steps, f"(1 - {name}^{steps})")

    def find_change(self, index):
        m_hat, v_hat = self.at(index, "m_hat", "v_hat")
        return -(self.lr * m_hat / (sqrt(v_hat) + self.setting("eps")))


class OfAdamW(OfAdam):
    def find_change(self, index):
        change = super().find_change(index)
        if len(self.W.shape) > 1:  # biases and the like do not decay
            change = change - self.lr * self.setting("weight_decay") * self.W[index]
        return change


OF_OPTIMIZERS = {SGD: OfSGD, RMSprop: OfRMSprop, Adam: OfAdam, AdamW: OfAdamW}
