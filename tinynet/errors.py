"""Errors that have a name of their own, and warnings that point at the user's line."""

import sys
import warnings

__all__ = ["DivergenceError", "ModelFileError"]


class ModelFileError(ValueError):
    """What a file holds is not a model that this tinynet can take; nothing was taken from it."""


class DivergenceError(ArithmeticError):
    """Training came to a loss, a gradient or weights that are not finite.

    The weights, the optimizer and the running statistics are those before that batch. If batch is
    None, it showed only at the end of the epoch that the weights, or what the optimizer remembers,
    are not finite.

    epoch, batch: where it happened, both counted from 1
    last_loss: the loss of the batch before, or None if it was the first
    """

    def __init__(self, message, epoch=None, batch=None, last_loss=None):
        super().__init__(message)
        self.epoch, self.batch, self.last_loss = epoch, batch, last_loss

    def __reduce__(self):
        return type(self), (*self.args, self.epoch, self.batch, self.last_loss)


def warn(message, category=UserWarning):
    """Warn at the line, outside of tinynet, scikit-learn and joblib, that has called for it.

    A thread or a process that works for others has no such line; there the warning points to the
    line here.
    """
    inside, workers = ({"tinynet", "sklearn", "joblib"},
                       {"multiprocessing", "concurrent", "threading", "dask", "distributed"})
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and _package(frame) in inside:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=2 if _package(frame) in inside | workers else level)


def _package(frame):
    return (frame.f_globals.get("__name__") or "").split(".")[0]
