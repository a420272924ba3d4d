"""Checkpoint: a training that ends before its time goes on from its last file."""

import os

from ..checks.settings import Configured, as_choice, as_whole
from ..training.callbacks import as_column, check_monitored
from ..training.history import larger_is_better
from .save import prepare


class Checkpoint(Configured):
    """Saves the network and its training into a file: after every so many epochs, or when a column
    has become better.

    path      where to; each save replaces the file of the last one, which is whole until then
    every     after how many epochs
    monitor   in place of that, the column of the history that must be better than in every epoch
              before
    mode      with monitor: "max" where larger is better, "min" where smaller is; None goes by the
              name of the column, as in `History.best`

    It saves when all callbacks have seen the epoch, so that what they remember goes along. A script
    that can be killed and started again, for 100 epochs in all:

        net = Sequential.load(path) if path.exists() else Sequential(layers, ...)
        net.fit(x, t, optimizer=net.optimizer or Adam(), epochs=100 - len(net.history),
        callbacks=[Checkpoint(path)])

    The file grows with the history, by about 32 bytes for each epoch.

    When training begins, it raises ValueError for a network that cannot be saved or a mode that is
    needed, and OSError if there is no place for a file. To keep a file for each epoch, write a
    callback: lambda net, epoch, record: net.save(f"net-{epoch}.safetensors").

    >>> import tempfile
    >>> net = Sequential([Dense(1)], 1, loss=MeanSquaredError(), rng=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     checkpoint = Checkpoint(folder + "/net", every=2)
    ...     history = net.fit([[0.0], [1.0]], [0.0, 1.0], epochs=5, callbacks=[checkpoint])
    ...     len(Sequential.load(folder + "/net").history)
    4
    """

    def __init__(self, path, every=1, monitor=None, mode=None):
        self.path = os.fsdecode(path)
        self._file = os.path.abspath(self.path)  # also if the working folder is another one later
        self.every = as_whole("every", every, at_least=1)
        self.monitor = None if monitor is None else as_column("monitor", monitor)
        self.mode = None if mode is None else as_choice("mode", mode, ("min", "max"))
        if "{" in os.path.basename(self.path):
            raise ValueError(f"path is {path!r}, and each save writes to this one path; for a file "
                             "for each epoch write a "
                             'callback: lambda net, epoch, record: '
                             'net.save(f"net-{epoch}.safetensors")')
        if monitor is not None and every != 1:
            raise ValueError(f"every is {every} and monitor is {monitor!r}; a checkpoint has one "
                             "of them, not both")
        if mode is not None and monitor is None:
            raise ValueError(f"mode is {mode!r}, and there is no monitor that it is for")

    def begin(self, net, x, t):
        prepare(net)
        if self.monitor is not None:
            larger_is_better(self.monitor, self.mode)  # raises ValueError if it cannot be known
        folder = os.path.dirname(os.path.realpath(self._file))
        if os.path.isdir(self._file):
            raise IsADirectoryError(f"{self!r} cannot write its file: that is a folder")
        if not os.access(folder, os.W_OK):
            raise OSError(f"{self!r} cannot write its file: {folder!r} is no folder that can be "
                          "written to")

    def __call__(self, net, epoch, record):
        if self.monitor is not None:
            check_monitored(self, record)

    def after_all(self, net, epoch):
        """Save, if this epoch is one for that. `fit` calls it when all callbacks have seen the
        epoch.
        """
        if epoch % self.every == 0 if self.monitor is None else self._is_best(net.history, epoch):
            net.save(self._file)

    def _is_best(self, history, epoch):
        try:
            return history.best(self.monitor, self.mode) == epoch
        except ValueError:
            return False  # no number yet
