"""Parts: the rows of a data set to train on, to choose a learning rate by, and to judge by."""

from typing import NamedTuple

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler


class Seeds(NamedTuple):
    """What one seed stands for: the same for all arms, rates and data sets."""

    split: int
    wrong_labels: int
    weights: int
    order: int

    @classmethod
    def from_seed(cls, seed):
        """Independent ones, from a whole number."""
        return cls(*map(int, np.random.SeedSequence(seed).generate_state(4)))


class Parts(NamedTuple):
    """Rows (n, n_in), standardized by the training rows, and labels (n,) of each part."""

    x: np.ndarray
    labels: np.ndarray
    x_val: np.ndarray
    labels_val: np.ndarray
    x_test: np.ndarray
    labels_test: np.ndarray

    @property
    def n_in(self):
        return self.x.shape[1]

    @property
    def k(self):
        """The number of classes, all of which each part has."""
        return int(self.labels_test.max()) + 1


def split_parts(x, labels, seeds, wrong_labels):
    """60 % of the rows to train on, 20 % to choose by, 20 % to judge by, each with the shares of
    the classes. A share of the training labels becomes wrong: another class, all equally likely.
    """
    x, x_test, labels, labels_test = train_test_split(
        x, labels, test_size=0.2, stratify=labels, random_state=seeds.split)
    x, x_val, labels, labels_val = train_test_split(
        x, labels, test_size=0.25, stratify=labels, random_state=seeds.split)
    scaler = StandardScaler().fit(x)
    labels = make_wrong(labels, labels.max() + 1, wrong_labels,
                        np.random.default_rng(seeds.wrong_labels))
    return Parts(scaler.transform(x), labels, scaler.transform(x_val), labels_val,
                 scaler.transform(x_test), labels_test)


def make_wrong(labels, k, share, rng):
    """A copy of labels in which this share of the rows has another one of k classes."""
    rows = rng.permutation(len(labels))[:round(share * len(labels))]
    labels = labels.copy()
    labels[rows] = (labels[rows] + rng.integers(1, k, size=len(rows))) % k
    return labels
