"""Cross-entropy and squared error side by side, on four real data sets.

The same networks, from the same initial weights and with the same batches, learn by three losses at
one learning rate. Prints a table and, where matplotlib is installed, draws the learning curves.

    python examples/compare_losses.py [--epochs 50] [--splits 5] [--picture compare_losses.png]
"""

import argparse

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

import tinynet as tn

UNITS, LR, BATCH_SIZE = 32, 0.1, 32
DATA = {"iris": load_iris, "wine": load_wine, "breast_cancer": load_breast_cancer,
        "digits": load_digits}
ARMS = {  # name: (what stands behind the last Dense, loss)
    "softmax, cross-entropy": ([], tn.SoftmaxCrossEntropy()),
    "softmax, squared error": ([tn.Softmax], tn.MeanSquaredError()),
    "logits, squared error": ([], tn.MeanSquaredError()),
}
# colour and line of each arm's curve
STYLES = [("#1b3a6b", "-"), ("#d1495b", "--"), ("#e3a72f", ":")]


def run(load, last, loss, seed, epochs):
    """(accuracies on training rows by epoch, the same on test rows, the first gradient's norm)"""
    x, labels = load(return_X_y=True)
    x, x_test, t, t_test = train_test_split(x, labels, test_size=0.3, stratify=labels,
                                            random_state=seed)
    scaler = StandardScaler().fit(x)
    x, x_test = scaler.transform(x), scaler.transform(x_test)
    net = tn.Sequential([tn.Dense(UNITS), tn.Tanh(), tn.Dense(labels.max() + 1),
                         *(layer() for layer in last)],
                        input_shape=x.shape[1], loss=loss, rng=seed)
    net.gradient(x, t)
    first_norm = np.linalg.norm(net.grads)

    def add_train_accuracy(net, epoch, record):
        record["train_accuracy"] = net.evaluate(x, t)["accuracy"]

    history = net.fit(x, t, optimizer=tn.SGD(LR), epochs=epochs, batch_size=BATCH_SIZE,
                      validation=(x_test, t_test), verbose=0, callbacks=[add_train_accuracy])
    return history["train_accuracy"], history["val_accuracy"], first_norm


def table(results, epochs):
    """The results as text: accuracies in percent, as means over the splits."""
    at = sorted({min(epoch, epochs) for epoch in (1, 5, epochs)})
    after = "".join(f"{epoch:7}" for epoch in at)
    lines = [f"{'':39}{'train % after epoch':>{len(after)}}  "
             f"{'test % after epoch':>{len(after)}}{'test 90 %':>11}{'first':>10}",
             f"{'data, loss':39}{after}  {after}{'by epoch':>11}{'gradient':>10}"]
    for (data, arm), (train, test, norms) in results.items():
        curves = train.mean(axis=0), test.mean(axis=0)
        cells = ["".join(f"{100 * curve[epoch - 1]:7.1f}" for epoch in at) for curve in curves]
        at_90 = (epoch for epoch, accuracy in enumerate(curves[1], start=1) if accuracy >= 0.9)
        to_90 = next(at_90, "never")
        lines.append(f"{data:15}{arm:24}{'  '.join(cells)}{to_90:>11}{norms.mean():>10.3f}")
    return "\n".join(lines)


def draw(results, path):
    """The test accuracies by epoch, a panel for each data set: means and worst to best."""
    import matplotlib.pyplot as plt
    plt.switch_backend("Agg")  # a file needs no screen
    figure, axes = plt.subplots(2, 2, figsize=(9, 6.2), sharex=True, sharey=True,
                                layout="constrained")
    for ax, data in zip(axes.flat, DATA):
        for arm, (color, line) in zip(ARMS, STYLES):
            test = 100 * results[data, arm][1]
            epochs = np.arange(1, test.shape[1] + 1)
            ax.fill_between(epochs, test.min(axis=0), test.max(axis=0), color=color, alpha=0.15,
                            linewidth=0)
            ax.plot(epochs, test.mean(axis=0), label=arm, color=color, linestyle=line, linewidth=2)
        ax.set(title=data.replace("_", " "), xscale="log",
               xticks=[e for e in (1, 2, 5, 10, 20, 50) if e <= len(epochs)])
        ax.xaxis.set_major_formatter("{x:.0f}")
        ax.minorticks_off()
        ax.grid(alpha=0.3)
    figure.supxlabel("epoch (logarithmic)")
    figure.supylabel("test accuracy, %")
    figure.legend(*axes.flat[0].get_legend_handles_labels(), loc="outside upper center", ncols=3,
                  frameon=False,
                  title=f"Three losses, one learning rate of {LR} for all: means of {len(test)} "
                        "splits, bands from worst to best")
    figure.savefig(path, dpi=120)


def main(epochs=50, splits=5, picture="compare_losses.png"):
    results = {}
    for data, arm in tqdm([(data, arm) for data in DATA for arm in ARMS], desc="training",
                          unit="arm"):
        runs = [run(DATA[data], *ARMS[arm], seed, epochs) for seed in range(splits)]
        results[data, arm] = [np.array(column) for column in zip(*runs)]
    print(table(results, epochs))
    print(f"\nMeans over {splits} splits. {UNITS} tanh units, SGD, learning rate {LR} for all, "
          f"batches of {BATCH_SIZE}. "
          "First gradient: its norm, over all training rows, before the first step.")
    try:
        draw(results, picture)
        print(f"The learning curves are in {picture}.")
    except ImportError:
        print("For a picture of the learning curves, install matplotlib.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--picture", default="compare_losses.png")
    main(**vars(parser.parse_args()))
