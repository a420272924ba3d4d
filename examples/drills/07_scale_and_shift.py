"""Drill 7: a layer in front of a network that learns how to scale and shift each column.

    y = g x + b      dx = g dy      dg = sum of the rows of dy x      db = sum of the rows of dy

"It trains, and the loss falls nicely. Only g moves and b hardly does, and the larger the batch, the
less it moves."
"""

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import scale

import tinynet as tn

DRILL = 7


class ScaleAndShift(tn.Layer):
    """y = g x + b

    dx = g dy      dg = sum of the rows of dy x      db = sum of the rows of dy
    """

    param_names = ("g", "b")

    def build(self, input_shape, rng):
        self.g, self.b = np.ones(input_shape), np.zeros(input_shape)
        return input_shape

    def forward(self, x, training=False):
        return self.g * x + self.b, x

    def backward(self, dy, x):
        self.dg, self.db = (dy * x).sum(axis=0), dy.mean(axis=0)
        return self.g * dy


def set_up():
    x, t = load_breast_cancer(return_X_y=True)
    net = tn.Sequential([ScaleAndShift(), tn.Dense(8), tn.ReLU(), tn.Dense(2)], input_shape=30,
                        loss=tn.SoftmaxCrossEntropy(), rng=0)
    return net, scale(x), t, {"optimizer": tn.SGD(lr=0.1), "epochs": 20}
