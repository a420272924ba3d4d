"""Drill 5: a loss for positive amounts, in which twice too much is as bad as half of it.

    L = 1/n Σᵢ Σₖ (x - log t)²,  y = eˣ      dx = 2 (x - log t) / n

"The loss falls nicely with batches of 30. With batches of 60 and the same rate the training
diverges in the second epoch. Shouldn't larger batches be the calmer ones?"
"""

import numpy as np

import tinynet as tn

DRILL = 5


class LogError(tn.Loss):
    """L = 1/n Σᵢ Σₖ (x - log t)²,  y = eˣ      dx = 2 (x - log t) / n = 2 log(y / t) / n"""

    def predict(self, x):
        return np.exp(x)

    def forward(self, x, t, sample_weight=None):
        d = x - np.log(t)
        return self.mean((d * d).sum(axis=1), sample_weight), np.exp(x)

    def backward(self, y, t, sample_weight=None):
        return 2 * np.log(y / t)


def set_up():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 4))
    t = np.exp(np.tanh(x @ rng.normal(size=(4, 2))))
    net = tn.Sequential([tn.Dense(8), tn.Tanh(), tn.Dense(2)], input_shape=4, loss=LogError(),
                        rng=0)
    return net, x, t, {"optimizer": tn.SGD(lr=0.02), "epochs": 20, "batch_size": 30}
