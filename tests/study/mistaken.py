"""Mistakes, at least two for each name: a right class, and the methods that go wrong in it."""

from typing import NamedTuple

import numpy as np

import tinynet as tn
from tinynet.layers.activations import softmax


class Mistaken(NamedTuple):
    """A mistake: its name, the array that shows it, a class that is right, its settings, the shape
    of a row, and the methods in which the mistake is made.
    """

    mistake: str
    array: str
    right: type
    settings: tuple
    shape: tuple
    methods: dict

    def __str__(self):
        return f"{self.mistake} in {self.right.__name__}"

    def make_right(self):
        return self.right(*self.settings)

    def make_wrong(self):
        return type(self.right.__name__, (self.right,), self.methods)(*self.settings)


# ---- right classes that tinynet does not have ----

class DenseTanh(tn.Dense):
    """y = tanh(x W + b)      dz = dy (1 - y²)      dx = dz Wᵀ      dW = xᵀ dz"""

    def forward(self, x, training=False):
        y = np.tanh(x @ self.W + self.b)
        return y, (x, y)

    def slope(self, y):
        return 1 - y * y

    def backward(self, dy, cache):
        x, y = cache
        dz = dy * self.slope(y)
        self.dW, self.db = x.T @ dz, dz.sum(axis=0)
        return dz @ self.W.T


class Skip(DenseTanh):
    """y = x + tanh(x W + b)      dx = dy + dz Wᵀ"""

    def forward(self, x, training=False):
        y, cache = super().forward(x)
        return x + y, cache

    def backward(self, dy, cache):
        return dy + super().backward(dy, cache)


class Lookup(tn.Layer):
    """y = E[j], for the whole number j below x      dE[j] = sum of dy over the places with j"""

    param_names = ("E",)

    def build(self, input_shape, rng):
        self.E = rng.normal(size=(4, 3))
        return (*input_shape, 3)

    def forward(self, x, training=False):
        j = np.floor(x).astype(int) % 4
        return self.E[j], (j, x)

    def backward(self, dy, cache):
        j, x = cache
        self.dE = np.zeros_like(self.dE)
        np.add.at(self.dE, j, dy)
        return np.zeros_like(x)


class Cube(tn.Layer):
    """y = x³      dx = 3 x² dy"""

    def forward(self, x, training=False):
        return x ** 3, x

    def backward(self, dy, x):
        return 3 * x * x * dy


class Brier(tn.Loss):
    """L = 1/n Σᵢ Σₖ (y - t)²,  y = softmax(x)      dL = 2 (y - t) / n      dx = y (dL - Σ dL y)"""

    classifies = True

    def predict(self, x):
        return softmax(x)

    def forward(self, x, t, sample_weight=None):
        y = softmax(x)
        return self.mean(((y - t) ** 2).sum(axis=1), sample_weight), y

    def backward(self, y, t, sample_weight=None):
        dL = 2 * (y - t) * self.share(y, sample_weight)
        return y * (dL - (dL * y).sum(axis=1, keepdims=True))


# ---- wrong methods ----

def dense(then):
    """backward_params of Dense, and then something else."""
    def backward_params(self, dy, x):
        tn.Dense.backward_params(self, dy, x)
        then(self, dy, x)
    return {"backward_params": backward_params}


def set_db(value):
    return dense(lambda self, dy, x: setattr(self, "db", value(dy, x)))


def back(function):
    return {"backward": function}


def layer_norm(dx):
    """backward of LayerNorm with another dx."""
    def backward(self, dy, cache):
        tn.LayerNorm.backward(self, dy, cache)
        return dx(self.gamma * dy, *cache)
    return back(backward)


def keep_on_self(self, x, training=False):
    self.kept = x
    return np.tanh(x), None


def keep_mask_on_self(self, x, training=False):
    y, self.keep = tn.Dropout.forward(self, x, training)
    return y, self.keep


def write_x(self, x, training=False):
    x[x < 0] = 0
    return x, x


def write_dy(self, dy, y):
    dy *= 1 - y * y
    return dy


def write_y(self, y, t, sample_weight=None):
    y -= t
    return 2 * y * self.share(y, sample_weight)


def step_first(self, dy, x):
    self.backward_params(dy, x)
    self.W -= 0.1 * self.dW
    return dy @ self.W.T


def step_last(self, dy, cache):
    dx = tn.LayerNorm.backward(self, dy, cache)
    self.gamma -= 0.1 * self.dgamma
    return dx


def add_to_dW(self, dy, x):
    self.dW += x.T @ dy
    self.db = dy.sum(axis=0)


def add_to_dgamma(self, dy, cache):
    dgamma = self.dgamma.copy()
    dx = tn.BatchNorm.backward(self, dy, cache)
    self.dgamma = self.dgamma + dgamma
    return dx


def look_up_once(self, dy, cache):
    j, x = cache
    self.dE = np.zeros_like(self.dE)
    self.dE[j] = dy
    return np.zeros_like(x)


def overwrite_windows(self, dy, shares, shape):
    dx = np.zeros(shape, dy.dtype)
    for place, share in zip(self.places(shape), shares):
        dx[place] = dy * share
    return dx


def batch_norm_as_at_inference(self, dy, cache):
    tn.BatchNorm.backward(self, dy, cache)
    return self.gamma * dy / cache[1]


def half_of_the_product(self, dy, cache):
    y, s = cache
    return dy * s


def conv_one_column_off(self, dy, cache):
    return np.roll(tn.Conv2D.backward(self, dy, cache), 1, axis=2)


def conv_last_position(self, dy, cache):
    tn.Conv2D.backward_params(self, dy, cache)
    self.db = dy[:, -1, -1].sum(axis=0)


def dropout_without_scale(self, dy, keep):
    return dy * (np.asarray(keep) > 0)


def softplus_overflows(self, x, training=False):
    return np.logaddexp(x, 0), x


def tanh_by_difference(self, dy, x):
    h = x.dtype.type(1e-7)
    return dy * (np.tanh(x + h) - np.tanh(x - h)) / (2 * h)


def cache_x(self, x, training=False):
    return np.tanh(x), x


MSE, HALF, BCE = tn.MeanSquaredError, tn.HalfSquaredError, tn.SigmoidCrossEntropy
# the name, the array, the right class, its settings, the shape of a row, the wrong methods
TABLE = [Mistaken(*row) for row in [
    ("missing-mean", "dx", MSE, (), (3,), back(lambda self, y, t, w=None: 2 * (y - t) * (
        1 if w is None else w[:, None]))),
    ("missing-mean", "dx", tn.SoftmaxCrossEntropy, (), (4,), back(
        lambda self, y, t, w=None: len(y) * (y - t) * self.share(y, w))),
    ("missing-mean", "dx", tn.GlobalAveragePool2D, (), (3, 4, 2), back(
        lambda self, dy, shape: np.broadcast_to(dy[:, None, None], shape).copy())),
    ("extra-mean", "dW", tn.Dense, (3,), (4,), dense(
        lambda self, dy, x: self.dW.__itruediv__(len(x)))),
    ("extra-mean", "dx", BCE, (), (2,), back(
        lambda self, y, t, w=None: (y - t) * self.share(y, w) / len(y))),
    ("factor", "dx", tn.Dense, (3,), (4,), back(
        lambda self, dy, x: 2 * tn.Dense.backward(self, dy, x))),
    ("factor", "dx", HALF, (), (3,), back(
        lambda self, y, t, w=None: 2 * (y - t) * self.share(y, w))),
    ("factor", "dx", tn.Dropout, (0.4,), (6,), back(dropout_without_scale)),
    ("sign", "dx", tn.Tanh, (), (3,), back(lambda self, dy, y: dy * (y * y - 1))),
    ("sign", "dx", tn.SoftmaxCrossEntropy, (), (3,), back(
        lambda self, y, t, w=None: (t - y) * self.share(y, w))),
    ("sign", "db", tn.Dense, (3,), (4,), set_db(lambda dy, x: -dy.sum(axis=0))),
    ("transposed", "dx", tn.Dense, (4,), (4,), back(
        lambda self, dy, x: (self.backward_params(dy, x), dy @ self.W)[1])),
    ("transposed", "dW", tn.Dense, (3,), (3,), dense(
        lambda self, dy, x: setattr(self, "dW", dy.T @ x))),
    ("missing-slope", "dx", tn.Tanh, (), (3,), back(lambda self, dy, y: dy * 1.0)),
    ("missing-slope", "dx", DenseTanh, (3,), (4,), {"slope": lambda self, y: np.ones_like(y)}),
    ("missing-slope", "dx", tn.Softmax, (), (4,), back(lambda self, dy, y: dy * 1.0)),
    ("slope-of-wrong-array", "dx", tn.Tanh, (), (4,), {
        "forward": cache_x, "backward": lambda self, dy, x: dy * (1 - x * x)}),
    ("slope-of-wrong-array", "dx", Cube, (), (3,), {
        "forward": lambda self, x, training=False: (x ** 3, x ** 3)}),
    ("slope-of-wrong-array", "dx", DenseTanh, (3,), (4,), {
        "slope": lambda self, y: 1 - np.tanh(y) ** 2}),
    ("diagonal-jacobian", "dx", tn.Softmax, (), (4,), back(lambda self, dy, y: dy * y * (1 - y))),
    ("diagonal-jacobian", "dx", Brier, (), (3,), back(
        lambda self, y, t, w=None: 2 * (y - t) * y * (1 - y) * self.share(y, w))),
    ("other-loss", "dx", tn.MeanAbsoluteError, (), (3,), back(
        lambda self, y, t, w=None: (y - t) * self.share(y, w))),
    ("other-loss", "dx", tn.Huber, (1.0,), (3,), back(
        lambda self, y, t, w=None: np.tanh(y - t) * self.share(y, w))),
    ("row-leak", "dx", tn.Softmax, (), (4,), back(lambda self, dy, y: y * (dy - (dy * y).sum()))),
    ("row-leak", "dx", tn.LayerNorm, (), (4,), layer_norm(
        lambda dx_hat, x_hat, s: (dx_hat - dx_hat.mean(axis=0)
                                  - x_hat * (dx_hat * x_hat).mean(axis=-1, keepdims=True)) / s)),
    ("accumulates", "dW", tn.Dense, (3,), (4,), {"backward_params": add_to_dW}),
    ("accumulates", "dgamma", tn.BatchNorm, (), (3,), back(add_to_dgamma)),
    ("writes-argument", "x", tn.ReLU, (), (3,), {"forward": write_x}),
    ("writes-argument", "dy", tn.Tanh, (), (3,), back(write_dy)),
    ("writes-argument", "y", MSE, (), (3,), back(write_y)),
    ("uses-changed-weights", "W", tn.Dense, (3,), (4,), back(step_first)),
    ("uses-changed-weights", "gamma", tn.LayerNorm, (), (4,), back(step_last)),
    ("bias-axis", "db", tn.Dense, (3,), (4,), set_db(lambda dy, x: dy[0])),
    ("bias-axis", "db", tn.Dense, (3,), (4,), set_db(lambda dy, x: np.full(3, dy.sum()))),
    ("bias-axis", "db", tn.Conv2D, (2, 2), (3, 4, 1), {"backward_params": conv_last_position}),
    ("ignores-dy", "dx", tn.Tanh, (), (3,), back(lambda self, dy, y: 1 - y * y)),
    ("ignores-dy", "db", tn.Dense, (3,), (4,), set_db(lambda dy, x: np.full(3, float(len(x))))),
    ("zero", "dx", tn.Huber, (0.5,), (3,), back(
        lambda self, y, t, w=None: (y - t) * (np.abs(y - t) < 0.5) * self.share(y, w))),
    ("zero", "db", tn.Dense, (3,), (4,), set_db(lambda dy, x: 0 * dy[0])),
    ("zero", "dx", tn.SiLU, (), (5,), back(
        lambda self, dy, cache: tn.SiLU.backward(self, dy, cache) * (cache[0] > 0))),
    ("missing-term", "dx", tn.LayerNorm, (), (5,), layer_norm(
        lambda dx_hat, x_hat, s: (dx_hat - dx_hat.mean(axis=-1, keepdims=True)) / s)),
    ("missing-term", "dx", tn.BatchNorm, (), (3,), back(batch_norm_as_at_inference)),
    ("missing-term", "dx", tn.AveragePool2D, (2, 1), (4, 4, 1), {"share_out": overwrite_windows}),
    ("missing-term", "dx", Skip, (4,), (4,), back(lambda self, dy, cache: DenseTanh.backward(
        self, dy, cache))),
    ("missing-term", "dx", tn.SiLU, (), (4,), back(half_of_the_product)),
    ("missing-term", "dE", Lookup, (), (3,), back(look_up_once)),
    ("wrong-index", "dx", tn.Conv2D, (2, 3, 1, "same"), (4, 5, 1), back(conv_one_column_off)),
    ("wrong-index", "dx", tn.Flatten, (), (2, 3, 2), back(
        lambda self, dy, shape: dy[:, ::-1].reshape(shape))),
    ("forgets-cache", "dx", tn.Tanh, (), (3,), {
        "forward": keep_on_self,
        "backward": lambda self, dy, cache: dy * (1 - np.tanh(self.kept) ** 2)}),
    ("forgets-cache", "dx", tn.Dropout, (0.5,), (6,), {
        "forward": keep_mask_on_self, "backward": lambda self, dy, keep: dy * self.keep}),
    ("float32", "dx", tn.Softplus, (), (3,), {
        "forward": softplus_overflows,
        "backward": lambda self, dy, x: dy * np.exp(x) / (1 + np.exp(x))}),
    ("float32", "dx", tn.Tanh, (), (3,), {"forward": cache_x, "backward": tanh_by_difference}),
]]
