"""Formulas of optimizers: from the gradient of a parameter to its change."""

import numpy as np

from ....optimizers import SGD, Adam, AdamW, RMSprop
from ...report import gradient_name
from .base import Formulas, Made
from .expressions import Number, Square, total
from .functions import sqrt

EPS = np.finfo(float).eps


class OfGradient(Formulas):
    """What is made of all parameters, or all gradients, together. `thing` are the parameters that
    are trained: [(name of W, name of dW)].
    """

    def penalty(self):
        """l2/2 Σ W²"""
        weights = [self.step.cells(name) for name, _ in self.thing]
        return Number(self.step.l2, "l2") / 2 * total(
            Square(W[index]) for W in weights if len(W.shape) > 1
            for index in np.ndindex(W.shape))

    def norm(self):
        """√(Σ g²), with the gradients g of loss and penalty"""
        gradients = [OfOptimizer(self.step, f"{name}.", None) for name, _ in self.thing]
        return sqrt(total(Square(part.unclipped(index)) for part in gradients
                          for index in np.ndindex(part.W.shape)))


class OfOptimizer(Formulas):
    """What any optimizer does to a parameter W: the prefix is "2.W." for that of layer 2."""

    def __init__(self, step, prefix, optimizer):
        super().__init__(step, prefix, optimizer)
        self.W = step.cells(prefix.removesuffix("."))
        self.dW = step.cells(gradient_name(self.W.name))
        self.is_frozen = self.W.name in step.frozen

    @staticmethod
    def vectors(optimizer):
        """The names of what it remembers for each parameter."""
        return optimizer.state_names

    @staticmethod
    def extras(optimizer, arrays):
        """{name: array} of what else stands in its formulas."""
        return {}

    def unclipped(self, index):
        """dW + l2 W; without the second for biases and the like."""
        dW = self.dW[index]
        if self.step.l2 and len(self.W.shape) > 1:
            return dW + Number(self.step.l2, "l2") * self.W[index]
        return dW

    def grads(self, *index):
        """What the optimizer is given: the gradient of loss and penalty, clipped."""
        if self.is_frozen:
            return Made(Number(0), sentence="the layer is frozen")
        if not self.step.is_clipped:
            return self.unclipped(index)
        norm = self.step.cells("norm")[()]
        return self.unclipped(index) * (Number(self.step.clip_norm, "clip_norm") / norm)

    def gradient(self, index):
        """The same as a number to go on with."""
        return self.cells("grads")[index] if f"{self.prefix}grads" in self.step else self.dW[index]

    def change(self, *index):
        if self.is_frozen:
            return Made(Number(0), sentence="the layer is frozen")
        return self.round_off(self.find_change(index), index)

    def find_change(self, index):
        """The change of W by its formula; of an optimizer of another class it is only seen."""
        return self.cells("after")[index] - self.W[index]

    def after(self, *index):
        return self.round_off(self.W[index] + self.cells("change")[index], index)

    def round_off(self, expression, index):
        """A Made that allows for the last digit of W, to which its change is rounded."""
        value, W = expression.value, abs(self.W[index].value)
        off = 1e-12 * expression.spread() + 4 * EPS * (W + abs(value))
        return Made(expression, low=value - off, high=value + off)

    @property
    def lr(self):
        return self.step.cells("lr")[()]

    def given(self, name, index):
        if name.endswith("_before"):
            return super().given(name, index)
        return f"what {self.thing!r} has made of it"


class OfSGD(OfOptimizer):
    @staticmethod
    def vectors(optimizer):
        return ("v",) if optimizer.momentum else ()

    def v(self, *index):
        return self.setting("momentum") * self.cells("v_before")[index] + self.gradient(index)

    def find_change(self, index):
        if not self.thing.momentum:
            return -(self.lr * self.gradient(index))
        v = self.cells("v")[index]
        if self.thing.nesterov:
            return -(self.lr * (self.gradient(index) + self.setting("momentum") * v))
        return -(self.lr * v)


class OfRMSprop(OfOptimizer):
    def v(self, *index):
        rho = self.setting("rho")
        return rho * self.cells("v_before")[index] + (1 - rho) * Square(self.gradient(index))

    def find_change(self, index):
        v = self.cells("v")[index]
        return -(self.lr * self.gradient(index) / (sqrt(v) + self.setting("eps")))


class OfAdam(OfOptimizer):
    @staticmethod
    def extras(optimizer, arrays):
        return {"m_hat": arrays["m"] / (1 - optimizer.beta1 ** optimizer.steps),
                "v_hat": arrays["v"] / (1 - optimizer.beta2 ** optimizer.steps)}

    def m(self, *index):
        beta1 = self.setting("beta1")
        return beta1 * self.cells("m_before")[index] + (1 - beta1) * self.gradient(index)

    def v(self, *index):
        beta2 = self.setting("beta2")
        return beta2 * self.cells("v_before")[index] + (1 - beta2) * Square(self.gradient(index))

    def m_hat(self, *index):
        return self.cells("m")[index] / self.correction("beta1")

    def v_hat(self, *index):
        return self.cells("v")[index] / self.correction("beta2")

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
            change -= self.lr * self.setting("weight_decay") * self.W[index]
        return change


OF_OPTIMIZERS = {SGD: OfSGD, RMSprop: OfRMSprop, Adam: OfAdam, AdamW: OfAdamW}
