"""A layer of your own: a bend that each unit learns for itself, checked against its derivative, and
compared with ReLU over several seeds.

    python examples/own_layer.py [--epochs 30] [--seeds 10]
"""

import argparse

import numpy as np
from scipy.stats import ttest_rel
from sklearn.datasets import make_moons

import tinynet as tn


class PReLU(tn.Layer):
    """y = x where x > 0, else a x      dx = dy where x > 0, else a dy

    da = sum of the rows of dy x where x ≤ 0

    The parametric rectifier (He et al., 2015): LeakyReLU with a slope for each unit, which starts
    at 0.25.
    """

    param_names = ("a",)

    def build(self, input_shape, rng):
        self.a = np.full(input_shape, 0.25)
        return input_shape

    def forward(self, x, training=False):
        return np.where(x > 0, x, self.a * x), x

    def backward(self, dy, x):
        self.da = (dy * np.minimum(x, 0)).sum(axis=0)
        return np.where(x > 0, dy, self.a * dy)


def accuracy(bend, epochs, seed):
    """The share of new rows that a network with this bend gets right."""
    x, t = make_moons(1000, noise=0.2, random_state=seed)
    net = tn.Sequential([tn.Dense(8), bend, tn.Dense(2)], input_shape=2,
                        loss=tn.SoftmaxCrossEntropy(), rng=seed)
    net.fit(x[:500], t[:500], optimizer=tn.Adam(0.01), epochs=epochs)
    return net.evaluate(x[500:], t[500:])["accuracy"]


def judge(low, high):
    """What the interval of a difference says."""
    if low > 0:
        return "PReLU is better here."
    if high < 0:
        return "ReLU is better here."
    return "These seeds do not tell which is better."


def main(epochs=30, seeds=10):
    print(tn.study.check(PReLU()))  # says which mistake the backward pass makes, if it does
    found = {bend: [accuracy(bend(), epochs, seed) for seed in range(seeds)]
             for bend in (tn.ReLU, PReLU)}
    print(f"Two moons, {seeds} seeds, {epochs} epochs: right of 500 new rows are")
    for bend, accuracies in found.items():
        print(f"  with {bend.__name__:5}  {np.mean(accuracies):.1%} on average "
              f"({min(accuracies):.1%} to {max(accuracies):.1%})")
    paired = ttest_rel(found[PReLU], found[tn.ReLU])
    low, high = paired.confidence_interval(0.95)
    print(f"PReLU's accuracy less that of ReLU, with the same seed: {100 * low:+.1f} to "
          f"{100 * high:+.1f} points (95 % confidence\ninterval of the mean). {judge(low, high)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=10)
    main(**vars(parser.parse_args()))
