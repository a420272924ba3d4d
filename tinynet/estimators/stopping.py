"""Stopping: when the training of an estimator ends, and how its learning rate falls."""

import math

import numpy as np

from ..training.batches import split_rows
from ..training.callbacks import Watch


class InverseScaling:
    """lr / (rows seen so far + 1)^power, after each epoch: learning_rate="invscaling"."""

    def __init__(self, lr, power):
        self.lr, self.power, self.rows_seen = lr, power, 0

    def begin(self, net, x, t):
        self.n = len(x)

    def __call__(self, net, epoch, record):
        self.rows_seen += self.n
        net.optimizer.lr = self.lr / (self.rows_seen + 1) ** self.power


class Stopping(Watch):
    """Ends the training of an estimator by the rule of MLPClassifier.

    It watches the loss with the penalty, or a score of the rows held out. `best` follows every
    gain, however small; an epoch whose gain is below tol counts as one without, and more than
    n_iter_no_change of those in a row end the training. If it was a score, the weights of the best
    epoch are put back. With `divisor`, a number, the learning rate is divided by it where training
    would end, as long as it is above 1e-6.
    """

    state_names = ()  # an estimator is saved as a whole, by pickle

    def __init__(self, monitor, n_iter_no_change, tol, divisor=None):
        self.n_iter_no_change, self.tol, self.divisor = n_iter_no_change, tol, divisor
        super().__init__(monitor, min_delta=tol)

    def reset(self):
        super().reset()
        self.params = self.state = None

    def begin(self, net, x, t):
        super().begin(net, x, t)
        self.has_ended_it = False

    def __call__(self, net, epoch, record):
        value = (record["loss"] + record.get("penalty", 0.0) if self.monitor == "loss"
                 else -record[self.monitor])
        self.seen = epoch
        is_without_gain = self.best is not None and value > self.best - self.tol
        self.waited = self.waited + 1 if is_without_gain else 0
        if not math.isnan(value) and (self.best is None or value < self.best):
            self.best = value
            if self.monitor != "loss":
                self.params, self.state = net.params.copy(), net.state.copy()
        self.has_ended_it = self.waited > self.n_iter_no_change
        if self.has_ended_it and self.divisor is not None and net.optimizer.lr > 1e-6:
            net.optimizer.lr /= self.divisor
            self.waited, self.has_ended_it = 0, False
        return self.has_ended_it

    def end(self, net):
        if self.has_ended_it:
            if self.params is not None:
                net.params, net.state = self.params, self.state
            self.seen = None  # this training has ended


def hold_out_rows(n, fraction, classes, seed):
    """The numbers of the rows to train on, and of those to hold out for early stopping; classes as
    for `split_rows`.

    So many rows are held out at least as there are classes to hold out, and two for a regression,
    since one row has no R².
    """
    at_least = 2 if classes is None else (np.bincount(classes) > 1).sum()
    try:
        return split_rows(n, max(math.ceil(fraction * n), at_least), classes, seed)
    except ValueError as error:
        raise ValueError(f"early_stopping=True with validation_fraction={fraction} cannot hold out "
                         f"some of the {n} samples: {str(error).rstrip('.')}; choose another "
                         "fraction, or early_stopping=False") from error
