"""Drill 1: a loss that minds a few large errors less than the squared error does.

    L = 1/n Σᵢ Σₖ (√(1 + d²) - 1),  d = y - t      dx = d / √(1 + d²) / n

"From the first epoch on the loss climbs, whatever the rate. A smaller one only makes it slower."
"""

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import scale

import tinynet as tn

DRILL = 1


class PseudoHuber(tn.Loss):
    """L = 1/n Σᵢ Σₖ (√(1 + d²) - 1),  d = y - t,  y = x      dx = d / √(1 + d²) / n"""

    def forward(self, x, t, sample_weight=None):
        d = x - t
        return self.mean((np.sqrt(1 + d * d) - 1).sum(axis=1), sample_weight), x

    def backward(self, y, t, sample_weight=None):
        d = t - y
        return d / np.sqrt(1 + d * d) * self.share(y, sample_weight)


def set_up():
    x, t = load_diabetes(return_X_y=True)
    net = tn.Sequential([tn.Dense(8), tn.Tanh(), tn.Dense(1)], input_shape=10, loss=PseudoHuber(),
                        rng=0)
    return net, scale(x), scale(t), {"optimizer": tn.SGD(lr=0.05), "epochs": 20}
