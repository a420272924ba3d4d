"""Drill 10: the arc tangent as an activation.

    y = arctan(x)      dx = dy / (1 + x²)

"The loss falls nicely, and the fit is good. Only, a colleague who wrote the same layer comes lower,
from the same weights."
"""

import numpy as np
from sklearn.datasets import make_friedman1
from sklearn.preprocessing import scale

import tinynet as tn

DRILL = 10


class Arctan(tn.Layer):
    """y = arctan(x)      dx = dy / (1 + x²)"""

    def forward(self, x, training=False):
        y = np.arctan(x)
        return y, y

    def backward(self, dy, y):
        return dy / (1 + y * y)


def set_up():
    x, t = make_friedman1(400, random_state=0)
    net = tn.Sequential([tn.Dense(16), Arctan(), tn.Dense(16), Arctan(), tn.Dense(1)],
                        input_shape=10, loss=tn.MeanSquaredError(), rng=0)
    return net, scale(x), scale(t), {"optimizer": tn.Adam(lr=0.03), "epochs": 40}
