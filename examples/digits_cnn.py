"""Handwritten digits by a small convolutional network: two convolutions, two pools, and a picture
of what it has learned.

    python examples/digits_cnn.py [--epochs 30] [--picture digits_cnn.png]
"""

import argparse

import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import train_test_split

import tinynet as tn

FILTERS, DROPOUT, LR, BATCH_SIZE, SEED = (32, 64), 0.5, 0.01, 32, 0


def build():
    return tn.Sequential([
        # scikit-learn's rows of 64 become images
        tn.Reshape((8, 8, 1)),
        tn.Conv2D(FILTERS[0], 3, padding="same"), tn.ReLU(), tn.MaxPool2D(),
        tn.Conv2D(FILTERS[1], 3, padding="same"), tn.ReLU(), tn.MaxPool2D(),
        tn.Flatten(), tn.Dropout(DROPOUT), tn.Dense(10),
    ], input_shape=64, loss=tn.SoftmaxCrossEntropy(), rng=SEED)


def draw(net, x, caption, path):
    """The kernels of the first convolution, and what each of them sees in the picture x."""
    import matplotlib.pyplot as plt
    plt.switch_backend("Agg")  # a file needs no screen
    reshape, convolution, relu, *_ = net.layers
    image = reshape.forward(x)[0]
    seen = relu.forward(convolution.forward(image)[0])[0][0]
    n_columns = FILTERS[0] // 2
    figure, axes = plt.subplots(4, n_columns + 1, figsize=(0.8 * n_columns + 2.2, 4.4),
                                layout="constrained",
                                width_ratios=[2, *[1] * n_columns])
    limit = np.abs(convolution.W).max()
    for ax in axes.flat:
        ax.set_axis_off()
    for f in range(FILTERS[0]):
        row, column = f // n_columns, 1 + f % n_columns
        kernels = axes[row, column].imshow(convolution.W[:, :, 0, f], cmap="gray", vmin=-limit,
                                           vmax=limit)
        answers = axes[row + 2, column].imshow(seen[:, :, f], cmap="gray", vmin=0, vmax=seen.max())
        axes[row, column].set_title(f"filter {f}", fontsize=8)
        axes[row + 2, column].set_title(f"by filter {f}", fontsize=8)
    axes[2, 0].imshow(image[0, :, :, 0], cmap="gray")
    axes[2, 0].set_title("the picture", fontsize=8)
    axes[3, 0].text(0.5, 0.7, caption, ha="center", va="center", fontsize=8)
    figure.colorbar(kernels, ax=axes[:2], label="weight", shrink=0.8)
    figure.colorbar(answers, ax=axes[2:], label="output after ReLU", shrink=0.8)
    figure.suptitle("The 3 x 3 kernels that were learned (above), and what each sees in one test "
                    "picture (below)", fontsize=11)
    figure.savefig(path, dpi=120)


def main(epochs=30, picture="digits_cnn.png"):
    x, labels = load_digits(return_X_y=True)
    x, x_test, t, t_test = train_test_split(x / 16, labels, test_size=0.2, stratify=labels,
                                            random_state=SEED)

    net = build()
    print(net.summary(), "\n")
    steps = epochs * -(-len(x) // BATCH_SIZE)
    net.fit(x, t, optimizer=tn.Adam(tn.OneCycle(LR, steps)), epochs=epochs, batch_size=BATCH_SIZE)
    print(net.history, "\n")

    said = net.predict(x_test).argmax(axis=1)
    print(f"{np.mean(said == t_test):.1%} of {len(t_test)} test pictures are right. True digit by "
          "row, predicted by column:\n")
    print(confusion_matrix(t_test, said), "\n")
    try:
        draw(net, x_test[:1], f"It is a {t_test[0]},\nread as {said[0]}.", picture)
        print(f"The filters of the first convolution are in {picture}.")
    except ImportError:
        print("For a picture of the filters, install matplotlib.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--picture", default="digits_cnn.png")
    main(**vars(parser.parse_args()))
