"""Drill 11: distances to three prototypes become probabilities: the nearest is the likeliest.

    y = e⁻ˣ / Σ e⁻ˣ      dx = -y (dy - Σ dy y), the sums over the row

"The loss falls well for a while. Then, when nearly all is learned, it climbs, and some flowers that
were right are wrong again."
"""

import numpy as np
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale

import tinynet as tn

DRILL = 11
HINTS = {"where": "Look at backward: on which x does one y depend?",
         "what": "diagonal-jacobian: each dx gets what comes through its own y alone, and every y "
                 "of the row depends on it, through the sum.",
         "why": "∂yₖ/∂xⱼ is yₖ yⱼ for k ≠ j, and not 0; behind the cross-entropy, dx of the true "
                "class is right and that of the others is 0. The loss ends at 1.12, that of the "
                "mended layer at 0.06."}
SOURCE = "deeplearning4j/libnd4j#440"
NAME = "diagonal-jacobian"


class Softmin(tn.Layer):
    """y = e⁻ˣ / Σ e⁻ˣ      dx = -y (dy - Σ dy y), the sums over the row"""

    def forward(self, x, training=False):
        y = np.exp(x.min(axis=1, keepdims=True) - x)
        y /= y.sum(axis=1, keepdims=True)
        return y, y

    def backward(self, dy, y):
        return -y * (dy - (dy * y).sum(axis=1, keepdims=True))


def set_up():
    x, t = load_iris(return_X_y=True)
    net = tn.Sequential([tn.Dense(16), tn.Tanh(), tn.Dense(3), Softmin()], input_shape=4,
                        loss=tn.CrossEntropy(), rng=0)
    return net, scale(x), t, {"optimizer": tn.SGD(lr=0.5), "epochs": 30}
