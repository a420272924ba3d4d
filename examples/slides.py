"""The story of the slides "Softmax & Cross-Entropy": dog or cat, two networks, three measures.

    python examples/slides.py [--page FILE.html]
"""

import argparse

import numpy as np
from sklearn.metrics import zero_one_loss

import tinynet as tn

PICTURES = np.array([[2.0, 0.5], [-1.0, 1.0], [-0.5, -1.5]])   # each as two numbers
STEPS = (0, 1, 2, 3, 5, 8, 13, 21, 34, 55)
# two arbitrary numbers, for dog and cat
LOGITS = np.array([[2.0, -0.2]])
TARGET = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])             # three pictures: dog, cat, dog
NETWORKS = {"NN1": np.array([[0.9, 0.1], [0.1, 0.9], [0.4, 0.6]]),
            "NN2": np.array([[0.6, 0.4], [0.3, 0.7], [0.1, 0.9]])}


def show_softmax():
    y, _ = tn.Softmax().forward(LOGITS)
    print("Softmax turns any two numbers into two that sum to 1:")
    print(f"    dog {LOGITS[0, 0]:4.1f}   ->  dog {y[0, 0]:.1f}")
    print(f"    cat {LOGITS[0, 1]:4.1f}   ->  cat {y[0, 1]:.1f}\n")


def measures(y):
    return {"classification error": zero_one_loss(TARGET.argmax(axis=1), y.argmax(axis=1)),
            "mean squared error": tn.MeanSquaredError().forward(y, TARGET)[0],
            "cross-entropy, nats": tn.CrossEntropy().forward(y, TARGET)[0],
            "cross-entropy, bits": tn.CrossEntropy().forward(y, TARGET)[0] / np.log(2)}


def show_measures():
    print("Two networks look at three pictures, and say how likely each is a dog and a cat:")
    print("    row    NN1        NN2        truth")
    for row, (y1, y2, t) in enumerate(zip(*NETWORKS.values(), TARGET), start=1):
        print(f"    {row}      {y1[0]}, {y1[1]}   {y2[0]}, {y2[1]}   {t[0]:.0f}, {t[1]:.0f}")
    first, second = map(measures, NETWORKS.values())
    print(f"\n    {'':20} {'NN1':>9} {'NN2':>9}")
    for name in first:
        print(f"    {name:20} {first[name]:9.6f} {second[name]:9.6f}")
    print("\nBoth err on one picture of three; squared error and cross-entropy see that NN1 is "
          "nearer to the truth.\n")


def show_gradients():
    """dx of each row's own loss, for logits x whose softmax is what the networks say."""
    softmax, squared_error, fused = tn.Softmax(), tn.MeanSquaredError(), tn.SoftmaxCrossEntropy()
    print("How each row pulls at its dog logit, by squared error behind softmax, and by "
          "cross-entropy (y - t):")
    print("    network  row  true class at   squared error  cross-entropy   ratio")
    for name, network in NETWORKS.items():
        for row in range(3):
            x, t = np.log(network[row:row + 1]), TARGET[row:row + 1]
            y, cache = softmax.forward(x)
            squared = softmax.backward(squared_error.backward(y, t), cache)[0, 0]
            cross = fused.backward(fused.forward(x, t)[1], t)[0, 0]
            print(f"    {name:7} {row + 1:4}  {(y * t).sum():13.1f}   {squared:13.6f}  "
                  f"{cross:13.6f}  {cross / squared:6.2f}")
    print("\nWhere a network is certain and wrong, squared error hardly moves it, and "
          "cross-entropy moves it most.")
    print("For two classes the ratio is 1 / (4 p (1 - p)), p being the probability of the true "
          "one: 1 at p = 1/2,")
    for p in (0.1, 0.01, 1e-9):
        x, t = np.log([[p, 1 - p]]), np.array([[1.0, 0.0]])
        y, cache = softmax.forward(x)
        ratio = fused.backward(y, t) / softmax.backward(squared_error.backward(y, t), cache)
        print(f"    {ratio[0, 0]:.3g} at p = {p:g}")


def write_page(path):
    """A page with every number of how the second network would learn the three pictures. Its last
    layer gets the weights with which it begins by saying what it says on the slides.
    """
    net = tn.Sequential([tn.Dense(3), tn.Tanh(), tn.Dense(2)], input_shape=2,
                        loss=tn.SoftmaxCrossEntropy(), rng=10, dtype=np.float64)
    hidden = PICTURES
    for layer in net.layers[:2]:
        hidden, _ = layer.forward(hidden)
    W, (dog, cat) = net.layers[2].W, np.log(NETWORKS["NN2"]).T
    W[:, 0] = W[:, 1] + np.linalg.solve(hidden, dog - cat)   # softmax sees differences alone
    tn.study.trace(net, PICTURES, TARGET, optimizer=tn.SGD(lr=0.1), steps=STEPS,
                   shuffle=False).to_html(path)
    print(f"\nEvery number of the second network's next steps: open {path} in a browser.")


def main(page=None):
    show_softmax()
    show_measures()
    show_gradients()
    if page is not None:
        write_page(page)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", metavar="FILE.html")
    try:
        main(**vars(parser.parse_args()))
    except OSError as error:
        parser.error(str(error))
