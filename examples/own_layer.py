"""A layer of your own: a bend that each unit learns for itself, checked against numerical
derivatives, and trained.

    python examples/own_layer.py [--epochs 50]
"""

import argparse

import numpy as np
from sklearn.datasets import make_moons

import tinynet as tn
from tinynet.study.derivatives import central_difference


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


def check():
    """The largest difference between what backward says and numerical derivatives."""
    rng = np.random.default_rng(0)
    layer = PReLU()
    layer.build((5,), rng)
    # away from the bend, where there is no derivative
    x = rng.uniform(0.1, 2, (4, 5)) * rng.choice([-1, 1], (4, 5))
    dy = rng.normal(size=(4, 5))
    dx = layer.backward(dy, layer.forward(x)[1])
    numerical_dx = central_difference(lambda x: (dy * layer.forward(x)[0]).sum(), x)

    def along_a(a):
        layer.a = a
        return (dy * layer.forward(x)[0]).sum()

    numerical_da = central_difference(along_a, layer.a)
    return max(np.abs(dx - numerical_dx).max(), np.abs(layer.da - numerical_da).max())


def main(epochs=50):
    print(f"Largest difference from numerical derivatives: {check():.1e}")
    x, t = make_moons(500, noise=0.15, random_state=0)
    for bend in (tn.ReLU(), PReLU()):
        net = tn.Sequential([tn.Dense(8), bend, tn.Dense(2)], input_shape=2,
                            loss=tn.SoftmaxCrossEntropy(), rng=0)
        net.fit(x, t, optimizer=tn.Adam(0.01), epochs=epochs)
        print(f"Two moons with {bend}: {net.evaluate(x, t)['accuracy']:.1%} of the rows are right, "
              f"after {epochs} epochs")
    print("Slopes that the units have learned:", bend.a.round(2))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=50)
    main(**vars(parser.parse_args()))
