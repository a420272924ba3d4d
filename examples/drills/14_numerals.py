"""Drill 14: to read handwritten digits that lie in the order of a dictionary: zeros, ones, twos.

"The loss falls nicely, and the accuracy that is printed beside it rises to 0.93. Then I call
evaluate on the very same rows, and a third of them are wrong."
"""

import numpy as np
from sklearn.datasets import load_digits

import tinynet as tn

DRILL = 14


def set_up():
    x, t = load_digits(return_X_y=True)
    rows = np.argsort(t, kind="stable")
    net = tn.Sequential([tn.Dense(32), tn.ReLU(), tn.Dense(10)], input_shape=64,
                        loss=tn.SoftmaxCrossEntropy(), rng=0)
    return net, x[rows] / 16, t[rows], {"optimizer": tn.SGD(lr=0.1), "epochs": 15,
                                        "shuffle": False}
