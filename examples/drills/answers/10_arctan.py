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
HINTS = {"where": "Look at what forward returns as the cache, and at what backward does with it.",
         "what": "slope-of-wrong-array: the slope 1 / (1 + x²) is taken at y, as if the function "
                 "were tanh, whose slope is a formula of y.",
         "why": "At x = 3 the slope is 1/10, and backward takes 1 / (1 + 1.25²) = 0.39: the loss "
                "ends at 0.018, that of the mended layer at 0.010."}
SOURCE = "BoltzmannEntropy/interviews.ai#4"
NAME = "slope-of-wrong-array"


class Arctan(tn.Layer):
    """y = arctan(x)      dx = dy / (1 + x²)"""

    def forward(self, x, training=False):
        return np.arctan(x), x

    def backward(self, dy, x):
        return dy / (1 + x * x)


def set_up():
    x, t = make_friedman1(400, random_state=0)
    net = tn.Sequential([tn.Dense(16), Arctan(), tn.Dense(16), Arctan(), tn.Dense(1)],
                        input_shape=10, loss=tn.MeanSquaredError(), rng=0)
    return net, scale(x), scale(t), {"optimizer": tn.Adam(lr=0.03), "epochs": 40}
