"""Drill 19: each row is moved so that its mean is 0.

    y = x - mean of x      dx = dy - mean of dy, the means over the row

"The loss falls nicely. Only, the dx of a row depends on which others are in its batch, though
in the forward pass rows have nothing to do with each other."
"""

from sklearn.datasets import load_wine
from sklearn.preprocessing import scale

import tinynet as tn

DRILL = 19
HINTS = {"where": "Look at backward: over which axes does it reduce?",
         "what": "row-leak: mean() without an axis is that of the whole batch, so each row's dx "
                 "depends on the dy of the others.",
         "why": "In the first batch dx is wrong by 68% of its length. That is the same number for "
                "all units of a row, so it moves their weights alike, and Centre takes that out "
                "again: both curves are the same, and would not be with another layer in between."}
SOURCE = "rickwierenga/MLFundamentals#1"
NAME = "row-leak"


class Centre(tn.Layer):
    """y = x - mean of x      dx = dy - mean of dy, the means over the row"""

    def forward(self, x, training=False):
        return x - x.mean(axis=1, keepdims=True), None

    def backward(self, dy, cache):
        return dy - dy.mean(axis=1, keepdims=True)


def set_up():
    x, t = load_wine(return_X_y=True)
    net = tn.Sequential([tn.Dense(8), Centre(), tn.Tanh(), tn.Dense(3)], input_shape=13,
                        loss=tn.SoftmaxCrossEntropy(), rng=0)
    return net, scale(x), t, {"optimizer": tn.SGD(lr=0.1), "epochs": 20}
