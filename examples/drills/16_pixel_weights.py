"""Drill 16: a layer that learns how much each pixel counts, with one buffer for its sums.

    y = g x      dx = g dy      dg = sum of the rows of dy x

"The loss falls for some epochs, and then jumps up and down. The weights, which begin at 1, end
between -51 and 73."
"""

import numpy as np
from sklearn.datasets import load_digits

import tinynet as tn

DRILL = 16


class PixelWeights(tn.Layer):
    """y = g x      dx = g dy      dg = sum of the rows of dy x"""

    param_names = ("g",)

    def build(self, input_shape, rng):
        self.g = np.ones(input_shape)
        self.sums = np.zeros(input_shape)
        return input_shape

    def forward(self, x, training=False):
        return self.g * x, x

    def backward(self, dy, x):
        self.sums += (dy * x).sum(axis=0)
        self.dg = self.sums
        return self.g * dy


def set_up():
    x, t = load_digits(return_X_y=True)
    net = tn.Sequential([PixelWeights(), tn.Dense(16), tn.Tanh(), tn.Dense(10)], input_shape=64,
                        loss=tn.SoftmaxCrossEntropy(), rng=0)
    return net, x / 16, t, {"optimizer": tn.SGD(lr=0.1), "epochs": 15}
