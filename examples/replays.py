"""Published experiments on squared error and cross-entropy, made again: the published numbers, and
those that come out here. The exit status is 1 if any differs beyond the digits that were printed.

    python examples/replays.py [--picture plateaus.png]
"""

import argparse
import sys
from decimal import Decimal

import numpy as np

import tinynet as tn


class ForgetfulSigmoid(tn.Sigmoid):
    """A sigmoid that leaves out its derivative, as the code of the book's animation does."""

    def backward(self, dy, y):
        return dy


SHORT = 0.03   # a gradient of this length hardly moves
LOSSES = {"squared error": (lambda: [tn.Dense(1), tn.Sigmoid()], tn.HalfSquaredError),
          "cross-entropy": (lambda: [tn.Dense(1)], tn.SigmoidCrossEntropy),
          "cross-entropy, without y (1 - y)":
              (lambda: [tn.Dense(1), ForgetfulSigmoid()], tn.BinaryCrossEntropy)}


def build(loss, W, b=0.0):
    layers, loss = LOSSES[loss]
    net = tn.Sequential(layers(), input_shape=len(W), loss=loss(), dtype=np.float64)
    net.layers[0].W, net.layers[0].b = np.transpose([W]), [b]
    return net


def train_neuron(loss, lr, w, b):
    """Its output y at the start, and after each of 300 epochs in which x = 1 should become 0."""
    net, y = build(loss, [w], b), []
    for epoch in range(301):
        y.append(net.predict([[1.0]]).item())
        net.gradient([[1.0]], [[0.0]])
        net.params -= lr * net.grads
    return np.array(y)


def replay_nielsen():
    for loss, lr, w, b, published in (
            ("squared error", 0.15, 0.6, 0.9, "0.8176 0.3870 0.2110 0.1527 0.1237 0.1061 0.0940"),
            ("squared error", 0.15, 2, 2, "0.9820 0.9759 0.9641 0.9334 0.7887 0.3572 0.2028"),
            ("cross-entropy", 0.005, 0.6, 0.9, "0.8176 0.7516 0.6789 0.6053 0.5355 0.4726 0.4177"),
            ("cross-entropy", 0.005, 2, 2, "0.9820 0.9710 0.9539 0.9282 0.8912 0.8415 0.7796")):
        yield (f"{loss}, rate {lr}, start ({w}, {b}): output after 0, 50, ..., 300 epochs",
               published, train_neuron(loss, lr, w, b)[::50])
    for w, b, published in (0.6, 0.9, "0.82 0.09"), (2, 2, "0.98 0.20"):
        yield (f"squared error, rate 0.15, start ({w}, {b}), as printed in the book: first, last",
               published, train_neuron("squared error", 0.15, w, b)[[0, -1]])
    for w, b, published in (0.6, 0.9, "0.0116"), (2, 2, "0.0120"):
        yield (f"cross-entropy, rate 0.15, start ({w}, {b}): last", published,
               train_neuron("cross-entropy", 0.15, w, b)[[-1]])
        yield (f"cross-entropy, rate 0.15, start ({w}, {b}): first epoch with an output below 1/2",
               "8" if w < 1 else "17",
               [np.argmax(train_neuron("cross-entropy", 0.15, w, b) < 0.5)])
    for w, b, published in (0.6, 0.9, "0.0404"), (2, 2, "0.0479"):
        yield (f"cross-entropy, rate 0.005, start ({w}, {b}), the book's animation, which leaves "
               "out y (1 - y): last", published,
               train_neuron("cross-entropy, without y (1 - y)", 0.005, w, b)[[-1]])
    for w, b, published in (0.6, 0.9, "0.12194 0.81757"), (2, 2, "0.01735 0.98201"):
        nets = [build(loss, [w], b) for loss in ("squared error", "cross-entropy")]
        for net in nets:
            net.gradient([[1.0]], [[0.0]])
        yield (f"first gradient at ({w}, {b}): squared error, cross-entropy", published,
               [net.layers[0].db.item() for net in nets])


def replay_roelants():
    rng = np.random.RandomState(1)
    x = np.concatenate([rng.randn(20, 2) + [-1, 0], rng.randn(20, 2) + [1, 0]])
    t = np.repeat([[0.0], [1.0]], 20, axis=0)

    def descend(loss, lr):
        """(cross-entropies at the start and after each of 10 steps, w): the sum's gradient, no b"""
        net, L = build(loss, [-4.0, -2.0]), []
        for step in range(11):
            dense = net.layers[0]
            L.append(tn.SigmoidCrossEntropy().forward(dense.forward(x)[0], t)[0])
            w = dense.W[:, 0].copy()
            net.gradient(x, t)
            dense.W -= lr * len(x) * dense.dW
        return np.array(L), w

    L, w = descend("cross-entropy", 0.05)
    yield ("cross-entropy, rate 0.05: cross-entropy after 0, 1, 2, 3, 10 steps",
           "4.7565 2.6531 0.9452 0.4108 0.2970", L[[0, 1, 2, 3, 10]])
    yield "the weights after 10 steps", "1.8313 0.8100", w
    for lr, published in (0.05, "4.546"), (1, "0.295"):
        yield (f"squared error, rate {lr}: cross-entropy after 10 steps", published,
               descend("squared error", lr)[0][[10]])


def replay_hinton():
    y, t = np.array([[1e-9]]), np.array([[1.0]])
    squared = tn.Sigmoid().backward(tn.HalfSquaredError().backward(y, t), y)
    yield ("gradient at the logit for y = 1e-9, t = 1: half the squared error, cross-entropy",
           "-1.0e-9 -1.00", [squared.item(), tn.SigmoidCrossEntropy().backward(y, t).item()])


def replay_slides():
    t = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    networks = (np.array([[0.9, 0.1], [0.1, 0.9], [0.4, 0.6]]),
                np.array([[0.6, 0.4], [0.3, 0.7], [0.1, 0.9]]))
    yield ("share of wrong pictures: NN1, NN2", "0.33 0.33",
           [(y.argmax(axis=1) != t.argmax(axis=1)).mean() for y in networks])
    for loss, published in (tn.MeanSquaredError(), "0.25 0.71"), (tn.CrossEntropy(), "0.38 1.06"):
        yield f"{loss}: NN1, NN2", published, [loss.forward(y, t)[0] for y in networks]


REPLAYS = {
    "Nielsen (2015), Neural Networks and Deep Learning, chapter 3: one neuron": replay_nielsen,
    "Roelants (2016), How to implement a neural network, part 2: two classes": replay_roelants,
    "Hinton (2012), Neural Networks for Machine Learning, lecture 4c: one billionth": replay_hinton,
    "Slides \"Softmax & Cross-Entropy\", Deep Learning A-Z: two networks": replay_slides,
}


def round_as(published, own):
    """own with as many digits as the published number has."""
    return Decimal(float(own)).quantize(Decimal(published))


def show(what, published, own):
    """Print both numbers; return whether they are the same."""
    published = published.split()
    here = [round_as(*pair) for pair in zip(published, own, strict=True)]
    same = all(Decimal(a) == b for a, b in zip(published, here))
    print(f"  {what}\n    published  {'  '.join(published)}\n    here       "
          f"{'  '.join(map(str, here))}{'' if same else '   DIFFERS'}")
    return same


def draw_plateaus(path):
    """As Glorot and Bengio (2010) do: both losses over two weights, of y = sigmoid(w2 tanh(w1 x)),
    for random x and t. Where the gradient is short, training stands still.
    """
    import matplotlib.pyplot as plt
    from matplotlib.colors import LogNorm
    plt.switch_backend("Agg")  # a file needs no screen
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(100, 1)), rng.integers(0, 2, size=(100, 1)).astype(float)
    weights = np.linspace(-6, 6, 81)
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 4.2), sharey=True, layout="constrained")
    for ax, (name, last, loss) in zip(axes, (("cross-entropy", [], tn.SigmoidCrossEntropy()),
                                             ("squared error", [tn.Sigmoid()],
                                              tn.MeanSquaredError()))):
        net = tn.Sequential([tn.Dense(1), tn.Tanh(), tn.Dense(1), *last], 1, loss=loss,
                            dtype=np.float64)
        lengths = np.empty((len(weights), len(weights)))
        for i, j in np.ndindex(lengths.shape):
            net.params = [weights[j], 0, weights[i], 0]   # W and b of both layers
            net.gradient(x, t)
            lengths[i, j] = np.hypot(net.grads[0], net.grads[2])
        plateau = (lengths < SHORT).mean()
        mesh = ax.pcolormesh(weights, weights, lengths.clip(SHORT / 10, 1), cmap="cividis",
                             norm=LogNorm(SHORT / 10, 1))
        ax.contour(weights, weights, lengths, [SHORT], colors="white", linewidths=1.5)
        ax.set(title=f"{name}: {plateau:.0%} of the area", xlabel="w1, of the first layer",
               aspect="equal")
        print(f"  {name}: the gradient is shorter than {SHORT} on {plateau:.0%} of the square")
    axes[0].set_ylabel("w2, of the second layer")
    figure.colorbar(mesh, ax=axes, label="length of the gradient", extend="both")
    figure.suptitle(f"Dark, up to the white lines: the gradient is shorter than {SHORT}, and "
                    "training slow")
    figure.savefig(path, dpi=150)


def main(picture="plateaus.png"):
    agree = []
    for source, replay in REPLAYS.items():
        print(source)
        agree += [show(*row) for row in replay()]
        print()
    print(f"{sum(agree)} of {len(agree)} replays agree in all digits.\n")
    print("Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward "
          "neural networks, in a picture of our own")
    try:
        draw_plateaus(picture)
        print(f"  {picture}")
    except ImportError:
        print("  For the picture, install matplotlib.")
    return all(agree)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--picture", default="plateaus.png")
    try:
        sys.exit(0 if main(**vars(parser.parse_args())) else 1)
    except (OSError, ValueError) as error:   # of a picture that cannot be written
        parser.error(str(error))
