"""Drill 18: each row is divided by its length, so that no unit can grow by shouting.

    y = x / s,  s = √(mean of x² + 0.00001)      dx = (dy - y · mean of dy y) / s

The means are those of the row. "The loss falls nicely. Only, the weights in front of the layer grow
and grow, although their size cannot matter to y."
"""

import numpy as np
from sklearn.datasets import load_digits

import tinynet as tn

DRILL = 18
HINTS = {"where": "Look at backward: in how many ways does one x reach y?",
         "what": "missing-term: s is taken for a constant, and the way through it is left out.",
         "why": "With it Σ dx x is 0 in each row, so no step pulls along x; without it each does: "
                "|W| of the first layer grows from 5 to 11.1, and to 8.6 with the term."}
SOURCE = "abhiskk/ladder#2"
NAME = "missing-term"


class RMSNorm(tn.Layer):
    """y = x / s,  s = √(mean of x² + 0.00001)      dx = (dy - y · mean of dy y) / s"""

    def forward(self, x, training=False):
        s = np.sqrt((x * x).mean(axis=1, keepdims=True) + 1e-5)
        y = x / s
        return y, (y, s)

    def backward(self, dy, cache):
        y, s = cache
        return (dy - y * (dy * y).mean(axis=1, keepdims=True)) / s


def set_up():
    x, t = load_digits(return_X_y=True)
    net = tn.Sequential([tn.Dense(16), RMSNorm(), tn.Dense(10)], input_shape=64,
                        loss=tn.SoftmaxCrossEntropy(), rng=0)
    return net, x / 16, t, {"optimizer": tn.SGD(lr=0.3), "epochs": 15}
