"""History: what was recorded in each epoch of a training."""

import csv
import math
import numbers
from itertools import chain, repeat
from typing import Any, NamedTuple

from .plots import HistoryDisplay

__all__ = ["History"]


ALWAYS_RECORDED = "loss", "lr", "seconds"  # of each epoch


class Past(NamedTuple):
    """The epochs of a history that came from a file, by columns: as dictionaries they would take
    twenty times the memory.
    """

    epochs: int = 0
    # name -> (an array of its numbers, the runs of epochs [start, stop), counted from 0, that have
    # one)
    columns: Any = {}

    def values(self, name, missing):
        """What the column has for each epoch, or `missing`, one by one."""
        array, runs = self.columns.get(name, (None, ()))
        taken = epoch = 0
        for start, stop in runs:
            yield from repeat(missing, start - epoch)
            yield from memoryview(array[taken:taken + stop - start])
            taken, epoch = taken + stop - start, stop
        yield from repeat(missing, self.epochs - epoch)


class History:
    """A table with a row for each epoch.

    history["loss"] is a column, a list with a number for each epoch, or nan where an epoch has
    none; history.columns are their names; len(history) is the number of epochs; printed, it is the
    table.

        loss, accuracy or r2            the epoch's batches, in training mode, each before its step;
                                        without the penalty
        penalty                         l2/2 Σ W², if there is one
        val_loss, val_accuracy, val_r2  the validation data after the epoch, if there are any
        lr, seconds                     the last step's learning rate; the time the epoch took
    """

    def __init__(self, past=Past(), records=()):
        self._past, self._records = past, list(records)  # the records are the epochs since then

    def append(self, record):
        """Add an epoch: a dictionary of its numbers."""
        self._records.append(record)

    @property
    def columns(self):
        """The names of the columns, in the order in which they came."""
        return list(dict.fromkeys([*self._past.columns,
                                   *chain.from_iterable(map(list, self._records))]))

    def __getitem__(self, name):
        if name not in self.columns:
            raise KeyError(
                f"no column {name!r}; there are: {', '.join(self.columns) or 'none yet'}")
        return self.values(name, missing=math.nan)

    def values(self, name, missing=None):
        """What the column has for each epoch, or `missing`: a list."""
        return list(self._each(name, missing))

    def _each(self, name, missing=None):
        return chain(self._past.values(name, missing),
                     (record.get(name, missing) for record in self._records))

    def best(self, name):
        """The epoch, counted from 1, with the best number in the column; the first of equal ones,
        and never one with nan.

        The best is the largest for names that end in "accuracy" or "r2", the smallest for all
        others. Raises KeyError for a column that is not there, ValueError for one without any
        number.

        >>> history = History()
        >>> history.append({"loss": 0.5, "accuracy": 0.75})
        >>> history.append({"loss": 0.25, "accuracy": 0.75})
        >>> history.best("loss"), history.best("accuracy")
        (2, 1)
        """
        values = dict(enumerate(self[name], start=1))
        epochs = [epoch for epoch, value in values.items()
                  if isinstance(value, numbers.Real) and value == value]
        if not epochs:
            raise ValueError(f"column {name!r} has no number in any of the {len(self)} epochs, so "
                             "none is the best")
        return (max if larger_is_better(name) else min)(epochs, key=values.get)

    def to_csv(self, path):
        """Write the table as comma-separated values, with all digits; a cell is empty where an
        epoch has no number.

        path: where to write (a file there is replaced), or an open text file

        >>> import sys
        >>> history = History()
        >>> history.append({"loss": 1 / 3, "lr": 0.1})
        >>> history.to_csv(sys.stdout)
        epoch,loss,lr
        1,0.3333333333333333,0.1
        """
        if not hasattr(path, "write"):
            with open(path, "w", newline="", encoding="utf-8") as file:
                return self.to_csv(file)
        names = self.columns
        writer = csv.writer(path, lineterminator="\n")
        writer.writerow(["epoch", *names])
        writer.writerows(zip(range(1, len(self) + 1), *map(self._each, names)))

    def plot(self, columns=None, ax=None):
        """Draw columns against the epoch and return the HistoryDisplay, with its `figure_`, `ax_`
        and `lines_`.

        columns: their names, or one name; None for loss and val_loss, if they are there
        ax: the matplotlib axes to draw into; None for a new figure
        Raises ImportError without matplotlib, KeyError for a column that is not there, ValueError
        if there is nothing to draw.

            net.history.plot(["accuracy", "val_accuracy"]).figure_.savefig("accuracy.png")
        """
        return HistoryDisplay.from_histories(self, columns=columns, ax=ax)

    def __contains__(self, name):
        return name in self.columns

    def __iter__(self):
        return iter(self.columns)

    def __len__(self):
        return self._past.epochs + len(self._records)

    def __repr__(self):
        if not len(self):
            return "History of 0 epochs"
        columns = [_format_column("epoch", range(1, len(self) + 1)),
                   *(_format_column(name, self.values(name)) for name in self.columns)]
        return "\n".join(map("  ".join, zip(*columns)))


def larger_is_better(name):
    """Whether a column of this name gets better as it grows: accuracies and r2 do, all else is a
    loss or a cost.
    """
    return name.endswith(("accuracy", "r2"))


def format_number(value):
    """The value as text, short enough for a table."""
    if not isinstance(value, numbers.Real) or isinstance(value, int):
        return "" if value is None else str(value)
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:.3g}"


def _format_column(name, values):
    """A column as lines of one width: its name, and its numbers, of a long one the first and the
    last ten.
    """
    cells = [name,
             *map(format_number, values if len(values) <= 20
                  else [*values[:10], "...", *values[-10:]])]
    width = max(map(len, cells))
    return [cell.rjust(width) for cell in cells]
