"""Drill 17: to fit a smooth function of five columns, and not to overfit the 400 rows.

"Overfitting was what I was afraid of, and there is none: the loss lies still at the variance of t."
"""

from sklearn.datasets import make_friedman1
from sklearn.preprocessing import scale

import tinynet as tn

DRILL = 17
HINTS = {"where": "Look at rate, and count the units that it leaves.",
         "what": "The regularization is far too strong: dropout with so large a rate, behind so "
                 "few units.",
         "why": "Of 16 and 8 units, 1.6 and 0.8 are left on average, and what passes is ten times "
                "as large, once for each: r2 is 0.12, and 0.89 with a rate of 0.05."}
SOURCE = "StackOverflow 33969059"
NAME = "regularization"


def set_up():
    x, t = make_friedman1(400, random_state=0)
    rate = 0.05
    net = tn.Sequential([tn.Dense(16), tn.Tanh(), tn.Dropout(rate), tn.Dense(8), tn.Tanh(),
                         tn.Dropout(rate), tn.Dense(1)],
                        input_shape=10, loss=tn.MeanSquaredError(), rng=0)
    return net, scale(x), scale(t), {"optimizer": tn.Adam(lr=0.01), "epochs": 40}
