"""Drill 12: to read the digits of another hand, having seen few of them.

"A hundred rows are enough, says my validation accuracy: 1.00. On all other pages nearly a quarter
of the digits are read wrongly."
"""

from sklearn.datasets import load_digits

import tinynet as tn

DRILL = 12


def set_up():
    x, t = load_digits(return_X_y=True)
    x, t = x[:100] / 16, t[:100]
    net = tn.Sequential([tn.Dense(32), tn.ReLU(), tn.Dense(10)], input_shape=64,
                        loss=tn.SoftmaxCrossEntropy(), rng=0)
    return net, x, t, {"optimizer": tn.Adam(lr=0.01), "epochs": 30,
                       "validation": (x[70:], t[70:])}
