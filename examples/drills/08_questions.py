"""Drill 8: to answer four yes-or-no questions about each row, any number of which may be yes.

"It learns something. But of the rows where three answers or four are yes, not one comes out right."
"""

from sklearn.datasets import make_multilabel_classification
from sklearn.preprocessing import scale

import tinynet as tn

DRILL = 8


def set_up():
    x, t = make_multilabel_classification(600, n_features=20, n_classes=4, random_state=0)
    net = tn.Sequential([tn.Dense(20), tn.ReLU(), tn.Dense(4), tn.Softmax()], input_shape=20,
                        loss=tn.MeanSquaredError(), rng=0)
    return net, scale(x), t, {"optimizer": tn.Adam(lr=0.01), "epochs": 20}
