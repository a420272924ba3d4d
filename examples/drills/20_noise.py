"""Drill 20: in training, each number is multiplied by a random one near 1, as a kind of dropout.

    y = x g,  g = e^(0.3 z) with normal z, at inference g = 1      dx = dy g

"The loss falls nicely, and the score is good. Only, two threads that go through the network at once
get gradients that neither of them gets alone."
"""

import numpy as np
from sklearn.datasets import load_digits

import tinynet as tn

DRILL = 20


class Noise(tn.Layer):
    """y = x g,  g = e^(0.3 z) with normal z, at inference g = 1      dx = dy g"""

    def build(self, input_shape, rng):
        self.rng = rng.spawn(1)[0]
        return input_shape

    def forward(self, x, training=False):
        z = self.rng.normal(size=x.shape) if training else np.zeros(x.shape)
        self.g = np.exp(0.3 * z).astype(x.dtype)
        return x * self.g, None

    def backward(self, dy, cache):
        return dy * self.g


def set_up():
    x, t = load_digits(return_X_y=True)
    net = tn.Sequential([tn.Dense(16), Noise(), tn.Tanh(), tn.Dense(10)], input_shape=64,
                        loss=tn.SoftmaxCrossEntropy(), rng=0)
    return net, x / 16, t, {"optimizer": tn.SGD(lr=0.3), "epochs": 10}
