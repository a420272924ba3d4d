"""How much memory training and predicting need beyond the data."""

import tracemalloc

import numpy as np
import pytest

import tinynet as tn


def megabytes(f):
    """The most that was allocated at any time while f ran."""
    tracemalloc.start()
    try:
        f()
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("action",
                         [lambda net, x, t: net.fit(x, t, epochs=1, batch_size=64,
                                                    validation=(x, t)),
                          lambda net, x, t: net.predict(x)], ids=["training", "predicting"])
def test_a_network_for_images_of_28_by_28_needs_no_more_than_60_megabytes_beyond_the_data(action):
    layers = [tn.Conv2D(16, 3, padding="same"), tn.ReLU(), tn.MaxPool2D(),
              tn.Conv2D(32, 3, padding="same"), tn.ReLU(), tn.MaxPool2D(), tn.Flatten(),
              tn.Dense(10)]
    net = tn.Sequential(layers, (28, 28, 1), loss=tn.SoftmaxCrossEntropy(), rng=0)
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((1000, 28, 28, 1), np.float32), rng.integers(0, 10, 1000)
    first_output = 64 * 28 * 28 * 16 * 4 / 2**20  # of a batch, in megabytes
    assert first_output < megabytes(lambda: action(net, x, t)) < 60
