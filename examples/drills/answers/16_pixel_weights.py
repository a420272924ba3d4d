"""Drill 16: a layer that learns how much each pixel counts, with one buffer for its sums.

    y = g x      dx = g dy      dg = sum of the rows of dy x

"The loss falls for some epochs, and then jumps up and down. The weights, which begin at 1, end
between -51 and 73."
"""

import numpy as np
from sklearn.datasets import load_digits

import tinynet as tn

DRILL = 16
HINTS = {"where": "Look at backward, and go through it twice, as with two batches.",
         "what": "accumulates: each gradient is added to those of all batches before it.",
         "why": "After s batches dg is the sum of s gradients, so g gathers speed and runs past "
                "the place where the slope is 0: 87% of the rows are right, and 98% once dg is "
                "that of its batch alone."}
SOURCE = "LBANN/lbann#1022"
NAME = "accumulates"


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
        np.sum(dy * x, axis=0, out=self.sums)
        self.dg = self.sums
        return self.g * dy


def set_up():
    x, t = load_digits(return_X_y=True)
    net = tn.Sequential([PixelWeights(), tn.Dense(16), tn.Tanh(), tn.Dense(10)], input_shape=64,
                        loss=tn.SoftmaxCrossEntropy(), rng=0)
    return net, x / 16, t, {"optimizer": tn.SGD(lr=0.1), "epochs": 15}
