"""Metrics: what people look at beside the loss.

All take predictions y and targets t (n, k), and row weights or None.
"""

import numpy as np


def choose_score(loss, are_labels):
    """The name and the function of the score that suits a loss and the form of its targets.

    Classes, which are targets that came as labels and those of the cross-entropies, are judged by
    accuracy: the largest output is right. Outputs that are each a yes or no of their own are judged
    one by one: on which side of 1/2 they lie. Everything else is regression, and judged by r2. The
    numbers in the targets do not matter, so that a few rows are judged as all of them are.
    """
    if are_labels or loss.classifies and not loss.binary:
        return "accuracy", accuracy
    if loss.binary:
        return "accuracy", accuracy_of_entries
    return "r2", r2


def accuracy(y, t, w=None):
    """The share of rows whose largest output is in the place of the largest target; t may be these
    places (n,) as well.
    """
    right = y.argmax(axis=1) == (t if t.ndim == 1 else t.argmax(axis=1))
    return float(right.mean() if w is None else np.average(right, weights=w))


def accuracy_of_entries(y, t, w=None):
    """The share of outputs that lie on the same side of 1/2 as their targets."""
    return float(np.average(((y > 0.5) == (t > 0.5)).mean(axis=1), weights=w))


def r2(y, t, w=None):
    """1 - Σ (y - t)² / Σ (t - mean t)², averaged over the outputs: 1 is perfect, 0 no better than
    the mean of t.

    For a target that never changes it is 1 if the prediction is perfect, else 0, as with
    scikit-learn's r2_score.
    """
    y, t = y.astype(float), t.astype(float)
    residual = np.average((y - t) ** 2, axis=0, weights=w)
    total = np.average((t - np.average(t, axis=0, weights=w)) ** 2, axis=0, weights=w)
    constant = (t == t[0]).all(axis=0)
    return float(np.where(constant, residual == 0,
                          1 - residual / np.where(constant, 1, total)).mean())


class Meter:
    """Adds up losses and outputs, batch by batch, for the means over all rows."""

    def __init__(self, data, score):
        self.name, self.score = score
        t, self.w = data.of_rows(data.t), data.of_rows(data.w)
        self.t = t.argmax(axis=1) if self.score is accuracy else t
        self.outputs = np.empty_like(t)
        self.reset()

    def reset(self):
        self.means = []  # (weight, loss, penalty) of each batch

    def add(self, rows, y, weight, L, penalty=0.0):
        """Note the outputs y and the mean loss L of rows of this weight in all."""
        self.outputs[rows] = y
        self.means.append((weight, L, penalty))

    def mean_loss(self):
        """The mean loss of all rows so far."""
        weight = sum(weight for weight, _, _ in self.means)
        return sum(weight * L for weight, L, _ in self.means) / weight

    def read(self, order=None):
        """The mean loss, the score and the mean penalty, of outputs that came in this order."""
        t, w = self.t, self.w
        if order is not None:
            t, w = t.take(order, axis=0), None if w is None else w.take(order)
        weight = sum(weight for weight, _, _ in self.means)
        return {"loss": float(self.mean_loss()),
                self.name: self.score(self.outputs, t, w),
                "penalty": sum(weight * penalty for weight, _, penalty in self.means) / weight}


def evaluate_in_blocks(net, data, score):
    """The loss and the score of the data at inference, in blocks that do not need much memory."""
    meter = Meter(data, score)
    with np.errstate(all="ignore"):
        for place, x, t, w in data.blocks(net._rows_at_once):
            L, y = net.loss.forward(net.forward(x)[0], t, w)
            meter.add(place, y, len(x) if w is None else float(w.sum()), L)
        found = meter.read()
    del found["penalty"]
    return found
