"""Drill 17: to fit a smooth function of five columns, and not to overfit the 400 rows.

"Overfitting was what I was afraid of, and there is none: the loss lies still at the variance of t."
"""

from sklearn.datasets import make_friedman1
from sklearn.preprocessing import scale

import tinynet as tn

DRILL = 17


def set_up():
    x, t = make_friedman1(400, random_state=0)
    rate = 0.9
    net = tn.Sequential([tn.Dense(16), tn.Tanh(), tn.Dropout(rate), tn.Dense(8), tn.Tanh(),
                         tn.Dropout(rate), tn.Dense(1)],
                        input_shape=10, loss=tn.MeanSquaredError(), rng=0)
    return net, scale(x), scale(t), {"optimizer": tn.Adam(lr=0.01), "epochs": 40}
