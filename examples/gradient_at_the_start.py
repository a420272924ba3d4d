"""The gradient at the start: how hard cross-entropy and squared error pull at the logit of the true
class, both behind softmax, by its probability p and by the number of classes k.

    python examples/gradient_at_the_start.py [--picture gradient_at_the_start.png]
"""

import argparse

import numpy as np

import tinynet as tn

P = (0.9, 0.5, 1 / 3, 0.1, 0.01, 1e-3, 1e-6, 1e-9)
K = (2, 3, 5, 10, 100)
COLORS = {"cross-entropy": "#12305C", "squared error": "#C1440E"}


def find_pulls(p, k):
    """How far each loss wants to raise the true class's logit: -dx of one row whose true class has
    the probability p, and the k - 1 others equal shares of the rest.
    """
    y = np.full((1, k), (1 - p) / (k - 1))
    y[0, 0] = p
    t = np.eye(k)[:1]
    return {"cross-entropy": -tn.SoftmaxCrossEntropy().backward(y, t)[0, 0],
            "squared error": -tn.Softmax().backward(tn.MeanSquaredError().backward(y, t), y)[0, 0]}


def show_p():
    print("Two classes, by the probability p of the true one:\n\n"
          "        p   cross-entropy   squared error        ratio   1 / (4p(1 - p))")
    for p in P:
        ce, mse = find_pulls(p, 2).values()
        print(f"{p:9.3g}   {ce:13.6f}   {mse:13.3e}   {ce / mse:10.4g}   "
              f"{1 / (4 * p * (1 - p)):15.4g}")
    largest = find_pulls(1 / 3, 2)["squared error"]
    print("\nUndecided, p = 1/2, both pull alike. Squared error pulls most at p = 1/3, with "
          f"16/27 = {largest:.4f};\nwhere the network is sure of the wrong class, it lets go, and "
          "cross-entropy pulls with 1.\n")


def show_k():
    print("Undecided between k classes, p = 1/k:\n\n"
          "    k   cross-entropy   squared error    ratio    k/2")
    for k in K:
        ce, mse = find_pulls(1 / k, k).values()
        assert abs(ce / mse - k / 2) <= 1e-12 * k / 2
        print(f"{k:5}   {ce:13.6f}   {mse:13.6f}   {ce / mse:6g}   {k / 2:4g}")
    print("\nThe directions are the same; k/2 is a factor that a learning rate can make up for.\n")


def draw(path):
    import matplotlib.pyplot as plt
    plt.switch_backend("Agg")  # a file needs no screen
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.9), layout="constrained")
    p = np.linspace(0.001, 0.999, 400)
    for name, dashes in ("cross-entropy", "-"), ("squared error", (0, (5, 1.6))):
        style = {"color": COLORS[name], "linestyle": dashes, "linewidth": 2.2, "label": name}
        left.plot(p, [find_pulls(each, 2)[name] for each in p], **style)
        right.plot(K, [find_pulls(1 / k, k)[name] for k in K], marker="o", **style)
    for x, y, text, place in ((1 / 3, 16 / 27, "largest: 16/27 at p = 1/3", (0.42, 0.62)),
                              (0.5, 0.5, "equal at p = 1/2", (0.56, 0.5)),
                              (0.003, find_pulls(0.003, 2)["squared error"],
                               "surely wrong:\nsquared error lets go", (0.08, 0.06))):
        left.annotate(text, (x, y), place, fontsize=9, va="center",
                      arrowprops={"arrowstyle": "-", "color": "#595959"})
    left.set(title="two classes", xlabel="probability p of the true class",
             ylabel="minus the gradient at its logit", xlim=(0, 1), ylim=(0, 1.04))
    right.set(title="undecided, p = 1/k", xlabel="number of classes k",
              ylabel="minus the gradient at its logit", xscale="log", yscale="log")
    right.set_xticks(K, [str(k) for k in K])
    right.minorticks_off()
    pulls = find_pulls(1 / 10, 10)
    right.annotate("", (10, pulls["squared error"]), (10, pulls["cross-entropy"]),
                   arrowprops={"arrowstyle": "<->", "color": "#595959"})
    right.text(10.8, np.sqrt(np.prod([*pulls.values()])), "k/2 = 5", va="center", fontsize=9)
    right.legend(loc="lower left", frameon=False)
    for ax in left, right:
        ax.spines[["top", "right"]].set_visible(False)
    figure.suptitle("How hard each loss pulls at the start, behind softmax")
    figure.savefig(path, dpi=150)


def main(picture="gradient_at_the_start.png"):
    show_p()
    show_k()
    try:
        draw(picture)
        print(f"The picture is {picture}.")
    except ImportError:
        print("For the picture, install matplotlib.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--picture", default="gradient_at_the_start.png")
    try:
        main(**vars(parser.parse_args()))
    except (OSError, ValueError) as error:   # of a picture that cannot be written
        parser.error(str(error))
