"""Drill 4: to tell three kinds of wine by thirteen measurements.

"My network does better than chance, and then stays there. The alcohol is about 13, the proline
about 750; both are good hints, says the book."
"""

from sklearn.datasets import load_wine

import tinynet as tn

DRILL = 4


def set_up():
    x, t = load_wine(return_X_y=True)
    net = tn.Sequential([tn.Dense(16), tn.Tanh(), tn.Dense(3)], input_shape=13,
                        loss=tn.SoftmaxCrossEntropy(), rng=0)
    return net, x, t, {"optimizer": tn.Adam(lr=0.01), "epochs": 30}
