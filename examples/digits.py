"""Handwritten digits: 8x8 pictures, ten classes, a network with one hidden layer.

    python examples/digits.py [--epochs 30]
"""

import argparse

import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import tinynet as tn

UNITS, LR, BATCH_SIZE, SEED = 64, 0.001, 32, 0


def main(epochs=30):
    x, labels = load_digits(return_X_y=True)
    x, x_test, t, t_test = train_test_split(x, labels, test_size=0.2, stratify=labels,
                                            random_state=SEED)
    scaler = StandardScaler().fit(x)
    x, x_test = scaler.transform(x), scaler.transform(x_test)

    net = tn.Sequential([tn.Dense(UNITS), tn.ReLU(), tn.Dense(10)], input_shape=64,
                        loss=tn.SoftmaxCrossEntropy(), rng=SEED)
    print(net.summary(), "\n")
    history = net.fit(x, t, optimizer=tn.Adam(LR), epochs=epochs, batch_size=BATCH_SIZE,
                      validation=0.1)
    print(history, "\n")

    y = net.predict(x_test)
    said = y.argmax(axis=1)
    print(f"{np.mean(said == t_test):.1%} of {len(t_test)} test pictures are right. True digit by "
          "row, predicted by column:\n")
    print(confusion_matrix(t_test, said), "\n")
    print("The mistakes it was surest of:")
    wrong = np.flatnonzero(said != t_test)
    for row in wrong[np.argsort(-y[wrong, said[wrong]])][:3]:
        print(f"    said {said[row]} with {y[row, said[row]]:.0%}, and it is {t_test[row]}, which "
              f"got {y[row, t_test[row]]:.0%}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=30)
    main(**vars(parser.parse_args()))
