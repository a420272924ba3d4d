"""Training runs to trace: of each layer with each loss, and a small one."""

from typing import NamedTuple

import numpy as np
import pytest

import tinynet as tn
from cases import LAYERS, LOSSES
from tinynet.study import trace

K = 3   # outputs
OPTIMIZERS = [tn.SGD(0.1), tn.SGD(0.1, momentum=0.9), tn.SGD(0.1, momentum=0.9, nesterov=True),
              tn.RMSprop(0.01), tn.Adam(0.01), tn.AdamW(0.01, weight_decay=0.1)]


class Case(NamedTuple):
    """A training run of a layer and a loss, with settings drawn by the seed."""

    layer: str
    loss: str
    seed: int

    def __str__(self):
        return f"{self.layer}-{self.loss}"

    def run(self):
        """(the trace of two steps, the optimizer, other settings)"""
        rng = np.random.default_rng([self.seed, *map(ord, self.layer + self.loss)])
        layer, shape = LAYERS[self.layer](rng)
        loss = LOSSES[self.loss](rng)
        last = {"CrossEntropy": [tn.Softmax()], "BinaryCrossEntropy": [tn.Sigmoid()],
                "MeanSquaredError": [tn.Softmax()], "HalfSquaredError": [tn.Sigmoid()]}
        net = tn.Sequential([tn.Tanh(), layer, tn.Flatten(), tn.Dense(K), *last.get(self.loss, ())],
                            shape, loss=loss, rng=self.seed)
        layer.trainable = bool(rng.random() < 0.7)
        n = int(rng.integers(2, 5))
        x, t = rng.normal(size=(n, *shape)), np.eye(K)[rng.integers(K, size=n)]
        if loss.classifies and rng.random() < 0.5:
            t = rng.dirichlet(np.ones(K), n)
        settings = {"l2": 0.1 if rng.random() < 0.5 else 0.0,
                    "clip_norm": 0.3 if rng.random() < 0.5 else None}
        weights = rng.uniform(0.5, 2, n) if rng.random() < 0.5 else None
        optimizer = OPTIMIZERS[rng.integers(len(OPTIMIZERS))]
        return trace(net, x, t, optimizer=optimizer, steps=(0, 2), sample_weight=weights,
                     **settings), optimizer, settings


CASES = [Case(layer, loss, seed) for seed, layer in enumerate(LAYERS) for loss in LOSSES]
SOME_CASES = [pytest.param(case, id=str(case),
                           marks=() if (i // len(LOSSES) + i) % 4 == 0 else pytest.mark.long)
              for i, case in enumerate(CASES)]


def small_net(dtype=np.float64, **settings):
    layers = [tn.Dense(4), tn.Tanh(), tn.Dropout(0.3), tn.Dense(K)]
    return tn.Sequential(layers, 2, loss=tn.SoftmaxCrossEntropy(), rng=0, dtype=dtype, **settings)


def small_data(n=10):
    rng = np.random.default_rng(1)
    return rng.normal(size=(n, 2)), rng.integers(K, size=n)
