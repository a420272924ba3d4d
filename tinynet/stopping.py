"""How an estimator's learning rate falls while it trains, when its training ends, and the rows held out to judge that."""

import math
import sys

import numpy as np

from .callbacks import EarlyStopping
from .data import split_rows


class InverseScaling:
    """lr / (rows seen so far + 1)^power, after each epoch: learning_rate="invscaling"."""

    def __init__(self, lr, power):
        self.lr, self.power, self.seen = lr, power, 0

    def begin(self, net, x, t):
        self.n = len(x)

    def __call__(self, net, epoch, record):
        self.seen += self.n
        net.optimizer.lr = self.lr / (self.seen + 1) ** self.power


class Stopping(EarlyStopping):
    """Early stopping as MLPClassifier has it, on the loss with its penalty, or on a score of the rows held out.

    Training ends when more than n_iter_no_change epochs in a row were not better, by more than tol, than the best before
    them, which may itself have been only a little better. On the loss it puts no weights back. With decay, a number, the
    learning rate is multiplied by it where training would end, as long as it is above 1e-6.
    """

    state_names = ()  # an estimator is saved as a whole, by pickle

    def __init__(self, monitor, n_iter_no_change, tol, decay=None):
        super().__init__(monitor, patience=1 + min(n_iter_no_change, sys.maxsize - 1), min_delta=tol)
        self.decay = decay

    def improved(self, epoch, record):
        self.seen = record["seconds"]
        value = -record[self.monitor] if self.monitor != "loss" else record["loss"] + record.get("penalty", 0.0)
        is_better = self.best is None or value < self.best
        self.waited = 0 if self.best is None or value < self.best - self.min_delta else self.waited + 1
        if is_better:
            self.best, self.best_epoch = value, epoch
        return is_better

    def __call__(self, net, epoch, record):
        if self.monitor == "loss":
            self.improved(epoch, record)
            self.stopped = self.waited >= self.patience
        else:
            super().__call__(net, epoch, record)
        if self.stopped and self.decay is not None and net.optimizer.lr > 1e-6:
            net.optimizer.lr *= self.decay
            self.waited, self.stopped = 0, False
        self.has_ended_it = self.stopped
        return self.stopped


def split(n, fraction, classes, seed):
    """The numbers of the rows to train on, and of those to hold out for early stopping; classes as for `split_rows`.

    So many rows are held out at least as there are classes to hold out, and two for a regression, since one row has no R².
    """
    at_least = 2 if classes is None else (np.bincount(classes) > 1).sum()
    try:
        return split_rows(n, max(math.ceil(fraction * n), at_least), classes, seed)
    except ValueError as error:
        raise ValueError(f"early_stopping=True with validation_fraction={fraction} cannot hold out some of the {n} samples: "
                         f"{str(error).rstrip('.')}; choose another fraction, or early_stopping=False") from error
