"""Metrics: what people look at beside the loss.

All take predictions y and targets t (n, k), and row weights or None.
"""

import numpy as np

from ..checks.targets import find_classes


def choose_score(loss, t):
    """The name and the function of the score that suits a loss and its targets.

    Classes are judged by accuracy: the largest output is right. Outputs that are each a yes or no
    of their own are judged one by one: on which side of 1/2 they lie. Everything else is
    regression, and judged by r2.
    """
    one_class_a_row = t.shape[1] > 1 and find_classes(t) is not None
    if loss.binary and not one_class_a_row:
        return "accuracy", accuracy_of_entries
    if loss.classifies or one_class_a_row:
        return "accuracy", accuracy
    return "r2", r2


def find_wrong_rows(score, y, t):
    """Which rows are wrong (n,): their largest output, where that is what counts, or else an
    output's side of 1/2.
    """
    if score is accuracy:
        return y.argmax(axis=1) != t.argmax(axis=1)
    return ((y > 0.5) != (t > 0.5)).any(axis=1)


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
    if w is not None:
        y, t, w = y[w > 0], t[w > 0], w[w > 0]
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
        self.t, self.w = data.t.argmax(axis=1) if self.score is accuracy else data.t, data.w
        self.outputs = np.empty_like(data.t)
        self.reset()

    def reset(self):
        self.outputs.fill(0)
        self.means = []  # (weight, loss, penalty) of each batch

    def add(self, rows, y, weight, L, penalty=0.0):
        """Note the outputs y and the mean loss L of rows of this weight in all."""
        self.outputs[rows] = y
        self.means.append((weight, L, penalty))

    def read(self, order=None):
        """The mean loss, the score and the mean penalty, of outputs that came in this order."""
        t, w = self.t, self.w
        if order is not None:
            t, w = t.take(order, axis=0), None if w is None else w.take(order)
        weight = sum(weight for weight, _, _ in self.means)
        return {"loss": sum(weight * L for weight, L, _ in self.means) / weight,
                self.name: self.score(self.outputs, t, w),
                "penalty": sum(weight * penalty for weight, _, penalty in self.means) / weight}


def evaluate_in_blocks(net, data, score):
    """The loss and the score of the data at inference, in blocks that do not need much memory."""
    meter = Meter(data, score)
    with np.errstate(all="ignore"):
        for start in range(0, len(data.x), net._rows_at_once):
            rows = slice(start, start + net._rows_at_once)
            x, t, w = data.x[rows], data.t[rows], None if data.w is None else data.w[rows]
            weight = len(x) if w is None else float(w.sum())
            if weight > 0:
                L, y = net.loss.forward(net.forward(x)[0], t, w)
                meter.add(rows, y, weight, L)
        found = meter.read()
    del found["penalty"]
    return found
