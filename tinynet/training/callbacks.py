"""Callbacks: they look on after each epoch, and may stop training or change the learning rate.

Any function f(net, epoch, record) is one. These keep what they have seen from one `fit` to the
next, as long as the same training run goes on, also from a model file; for another one they begin
anew.
"""

import math

from ..checks.settings import Configured, as_choice, as_real, as_whole
from ..errors import warn
from .history import larger_is_better

__all__ = ["EarlyStopping", "ReduceOnPlateau"]


class Watch(Configured):
    """Watches a column of the record: has it become better, by more than min_delta, than ever
    before?

    monitor     the column
    min_delta   by how much it must become better to count
    mode        "max" where larger is better, "min" where smaller is; None goes by the name of the
                column, as `larger_is_better` says

    A model file keeps, of a callback, what state_names lists: numbers, None, or arrays. Here these
    are `best`, the best number so far, its `best_epoch`, how many epochs have `waited` since then,
    and how many of the training run it has `seen`. Which training run that is, it knows by
    `history`, the network's own History.
    """

    state_names = ("seen", "best", "best_epoch", "waited")
    history = None

    def __init__(self, monitor, min_delta, mode=None):
        self.monitor = as_column("monitor", monitor)
        self.min_delta = as_real("min_delta", min_delta, "[0, inf)")
        self.mode = None if mode is None else as_choice("mode", mode, ("min", "max"))
        self.reset()

    def reset(self):
        """Begin anew, as if nothing had been seen."""
        self.seen, self.best, self.best_epoch, self.waited = None, None, None, 0

    def begin(self, net, x, t):
        """Go on if it has seen all epochs of this training run so far; begin anew if not."""
        self.is_larger = larger_is_better(self.monitor, self.mode)
        if self.history is not net.history or self.seen != len(net.history):
            self.reset()
        self.history = net.history

    def improved(self, epoch, record):
        """Whether this epoch is the best so far."""
        check_monitored(self, record)
        value, self.seen = float(record[self.monitor]), epoch
        if self.best is None:
            gain = math.inf
        else:
            gain = value - self.best if self.is_larger else self.best - value
        if gain > self.min_delta and not math.isnan(value):
            self.best, self.best_epoch, self.waited = value, epoch, 0
            return True
        self.waited += 1
        return False


class EarlyStopping(Watch):
    """Stops the training when a column has not become better for so many epochs, and puts back the
    best epoch's weights.

    monitor     the column of the record
    patience    how many epochs in a row may pass without a better value
    min_delta   by how much it must become better to count
    mode        "max" where larger is better, "min" where smaller is; None goes by the name of the
                column, as in `History.best`
    restore     when to put back the weights and running statistics of the best epoch: "stopped",
                when it has stopped the training; "always", whenever a fit with an epoch ends, also
                by an error, so that fit(3) and fit(3) is not fit(6); "never"

    What it puts back is bit for bit what there was after `best_epoch`, and `best` is the column's
    value there (Prechelt, 1998). Until then `params` and `state` are copies of it. When it has
    stopped a training, it begins anew with the next fit. A network that was saved or copied after
    that is at its end for an EarlyStopping with the same settings, which warns that fit runs no
    epochs: to train on, give it another patience, or none.

    Raises ValueError when fit begins, if mode is None and the name does not tell.

    >>> net = Sequential([Dense(1)], 1, loss=MeanSquaredError(), rng=0)
    >>> stopping = EarlyStopping("loss", patience=2, min_delta=0.01)
    >>> x, t = [[0.0], [1.0]], [0.0, 1.0]
    >>> history = net.fit(x, t, optimizer=SGD(0.5), epochs=1000, callbacks=[stopping])
    >>> len(history) == stopping.best_epoch + 2
    True
    """

    state_names = (*Watch.state_names, "params", "state")

    def __init__(self, monitor="val_loss", patience=5, min_delta=0.0, mode=None,
                 restore="stopped"):
        super().__init__(monitor, min_delta, mode)
        self.patience = as_whole("patience", patience, at_least=1)
        self.restore = as_choice("restore", restore, ("stopped", "always", "never"))

    def reset(self):
        super().reset()
        self.params = self.state = None
        self.stopped = self.has_trained = False

    def begin(self, net, x, t):
        super().begin(net, x, t)
        self.has_trained = False
        self.stopped = self.waited >= self.patience  # in a copy, or from a model file
        if self.stopped:
            warn(f"{self!r} stopped this training run after epoch {self.seen}, and the network "
                 "remembers it, so fit runs no epochs; to train on, give another patience, or no "
                 "EarlyStopping")
        return self.stopped

    def __call__(self, net, epoch, record):
        if self.improved(epoch, record):
            self.params, self.state = net.params.copy(), net.state.copy()
        self.stopped, self.has_trained = self.waited >= self.patience, True
        return self.stopped

    def end(self, net):
        puts_back = {"stopped": self.stopped, "always": self.stopped or self.has_trained,
                     "never": False}
        if puts_back[self.restore] and self.params is not None:
            net.params, net.state = self.params, self.state
        if self.stopped:
            self.history = None  # this training has ended


class ReduceOnPlateau(Watch):
    """Multiplies the learning rate by a factor when a column has not become better for so many
    epochs.

    monitor, patience, min_delta and mode as for EarlyStopping; factor in (0, 1); the rate does not
    fall below min_lr. The optimizer's lr must be a number, not a schedule.
    """

    def __init__(self, monitor="val_loss", patience=5, min_delta=0.0, factor=0.1, min_lr=0.0,
                 mode=None):
        super().__init__(monitor, min_delta, mode)
        self.patience = as_whole("patience", patience, at_least=1)
        self.factor = as_real("factor", factor, "(0, 1)")
        self.min_lr = as_real("min_lr", min_lr, "[0, inf)")

    def begin(self, net, x, t):
        super().begin(net, x, t)
        if callable(net.optimizer.lr):
            raise ValueError("ReduceOnPlateau changes a learning rate that is a number, and lr is "
                             f"{net.optimizer.lr!r}")

    def __call__(self, net, epoch, record):
        if not self.improved(epoch, record) and self.waited >= self.patience:
            net.optimizer.lr = max(net.optimizer.lr * self.factor,
                                   min(self.min_lr, net.optimizer.lr))
            self.waited = 0


def as_column(name, value):
    """value, if it is text; else a ValueError."""
    if not isinstance(value, str):
        raise ValueError(
            f"{name} is {value!r}; it must be the name of a column, such as 'val_loss'")
    return value


def check_monitored(callback, record):
    """A ValueError if the record lacks the column that the callback monitors."""
    if callback.monitor not in record:
        raise ValueError(f"{type(callback).__name__} monitors {callback.monitor!r}, and the record "
                         f"of this epoch has: {', '.join(record)}; a callback that adds a column "
                         "must come earlier in the list, and add it in every epoch")
