"""Checkpoint: a training that ends before its time goes on from its last file."""

import os

from .callbacks import Watch
from .hyperparameters import whole
from .registry import register
from .snapshot import taken


@register
class Checkpoint(Watch):
    """Saves the network and its training into a file: after every so many epochs, or when a column has become better.

    path        where to; each save replaces the file of the last one, and none is lost before the new one is whole
    every       after how many epochs
    monitor     in place of that, the column that must have become better than ever before: for those that end in
                "accuracy" or "r2" larger, for all others smaller
    min_delta   by how much it must become better to count

    It saves when all callbacks have seen the epoch, so that what they remember goes along. A script that can be killed
    and started again, for 100 epochs in all:

        net = Sequential.load(path) if path.exists() else Sequential(layers, ...)
        net.fit(x, t, optimizer=net.optimizer or Adam(), epochs=100 - len(net.history), callbacks=[Checkpoint(path)])

    When training begins, it raises ValueError for a network that cannot be saved, and OSError if there is no place for a file.

    >>> import tempfile
    >>> net = Sequential([Dense(1)], 1, loss=MeanSquaredError(), rng=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     history = net.fit([[0.0], [1.0]], [0.0, 1.0], epochs=5, callbacks=[Checkpoint(folder + "/net", every=2)])
    ...     len(Sequential.load(folder + "/net").history)
    4
    """

    def __init__(self, path, every=1, monitor=None, min_delta=0.0):
        self.path = os.fspath(path)
        self.every = whole("every", every, at_least=1)
        if monitor is not None and every != 1:
            raise ValueError(f"every is {every} and monitor is {monitor!r}; a checkpoint has one of them, not both")
        super().__init__(monitor, min_delta)

    def begin(self, net, x, t):
        super().begin(net, x, t)
        taken(net)  # what cannot be saved, and where, shows before anything is trained
        folder = os.path.dirname(os.path.realpath(self.path))
        if os.path.isdir(self.path) or not os.access(folder, os.W_OK):
            raise OSError(f"{self!r} cannot write its file: that is a folder, or {folder!r} is not one that can be written to")

    def __call__(self, net, epoch, record):
        self.due = epoch % self.every == 0 if self.monitor is None else self.improved(epoch, record)

    def write(self, net):
        """Save, if the last epoch was one for that."""
        if self.due:
            net.save(self.path)

    def _settings(self):
        return {name: value for name, value in super()._settings().items() if name != "path"}  # nothing in a file is a path
