"""Drill 8: to answer four yes-or-no questions about each row, any number of which may be yes.

"It learns something. But of the rows where three answers or four are yes, not one comes out right."
"""

from sklearn.datasets import make_multilabel_classification
from sklearn.preprocessing import scale

import tinynet as tn

DRILL = 8
HINTS = {"where": "Look at the last of the layers in Sequential, and at its loss: what do they "
                  "take t for?",
         "what": "The loss is one for another task: softmax shares out a single yes among the "
                 "classes, and each question needs a sigmoid of its own, with cross-entropy.",
         "why": "The outputs of softmax sum to 1, so at most one can be above 1/2: 67% of the "
                "answers are right, and 89% with SigmoidCrossEntropy."}
SOURCE = "StackOverflow 38648195"
NAME = "loss"


def set_up():
    x, t = make_multilabel_classification(600, n_features=20, n_classes=4, random_state=0)
    net = tn.Sequential([tn.Dense(20), tn.ReLU(), tn.Dense(4)], input_shape=20,
                        loss=tn.SigmoidCrossEntropy(), rng=0)
    return net, scale(x), t, {"optimizer": tn.Adam(lr=0.01), "epochs": 20}
