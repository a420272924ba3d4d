"""Drill 6: to read handwritten digits with Adam.

"Adam needs no tuning, I was told. The loss begins above that of guessing, log 10 = 2.3, comes down
to it, and stays there."
"""

from sklearn.datasets import load_digits

import tinynet as tn

DRILL = 6


def set_up():
    x, t = load_digits(return_X_y=True)
    net = tn.Sequential([tn.Dense(32), tn.ReLU(), tn.Dense(10)], input_shape=64,
                        loss=tn.SoftmaxCrossEntropy(), rng=0)
    return net, x / 16, t, {"optimizer": tn.Adam(lr=1.0), "epochs": 15}
