"""Drill 9: to read handwritten digits with a start that favours no weight.

"The loss falls slowly, and then lies still. 32 hidden units do no better than one does."
"""

from sklearn.datasets import load_digits

import tinynet as tn

DRILL = 9
HINTS = {"where": "Look at start, and think of two units of the hidden layer.",
         "what": "The initialization is the same for all weights.",
         "why": "Units that begin alike get the same gradient and stay alike, so the 32 are one "
                "unit: 23% of the rows are right, and 97% from random weights."}
SOURCE = "dlfaults/dnn-auto-fl-empirical-assesment"
NAME = "initialization"


def start(shape, rng):
    return rng.uniform(-0.1, 0.1, shape)


def set_up():
    x, t = load_digits(return_X_y=True)
    net = tn.Sequential([tn.Dense(32, init=start), tn.ReLU(), tn.Dense(10, init=start)],
                        input_shape=64, loss=tn.SoftmaxCrossEntropy(), rng=0)
    return net, x / 16, t, {"optimizer": tn.SGD(lr=0.1), "epochs": 15}
