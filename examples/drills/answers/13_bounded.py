"""Drill 13: an activation between -1 and 1, with a slope that is worked out in double precision.

    y = x / √(1 + x²)      dx = dy (1 - y²)^(3/2)

"It trains well. A colleague has built the same network with dtype=np.float64, and was refused."
"""

import numpy as np
from sklearn.datasets import load_wine
from sklearn.preprocessing import scale

import tinynet as tn

DRILL = 13
HINTS = {"where": "Look at backward, and ask of each line whose array it writes.",
         "what": "writes-argument: where dy is of float64 already, asarray makes no copy, and `*=` "
                 "writes into the dy of the caller.",
         "why": "In float32 the conversion makes a copy, so both curves are the same; in float64 "
                "whoever looks at dy afterwards sees dx, and a network refuses the layer when it "
                "is built."}
SOURCE = "mapillary/inplace_abn#218"
NAME = "writes-argument"


class Bounded(tn.Layer):
    """y = x / √(1 + x²)      dx = dy (1 - y²)^(3/2)"""

    def forward(self, x, training=False):
        y = x / np.sqrt(1 + x * x)
        return y, y

    def backward(self, dy, y):
        dx = np.array(dy, dtype=np.float64)
        dx *= (1 - y * y) ** 1.5
        return dx.astype(y.dtype)


def set_up():
    x, t = load_wine(return_X_y=True)
    net = tn.Sequential([tn.Dense(8), Bounded(), tn.Dense(3)], input_shape=13,
                        loss=tn.SoftmaxCrossEntropy(), rng=0)
    return net, scale(x), t, {"optimizer": tn.SGD(lr=0.1), "epochs": 20}
