"""History: what was recorded in each epoch of a training."""

import copy
import csv
import math
import numbers

import numpy as np

from ..checks.settings import as_choice
from ..tables import Table
from .plots import HistoryDisplay

__all__ = ["History"]


ALWAYS_RECORDED = "loss", "lr", "seconds"  # of each epoch


class Column:
    """The numbers of one column, and which epochs have one.

    past   an array of those that came from a file; in a list they would take four times the memory
    runs   [start, stop) of the epochs, counted from 0, that have a number
    """

    def __init__(self, past=(), runs=()):
        self.past, self.since, self.runs = np.asarray(past), [], [list(run) for run in runs]
        self._best = {}  # is_larger -> (best so far, as `best` gives it, how many were looked at)

    def append(self, epoch, value):
        """Add the number of an epoch, later than all that have one."""
        self.since.append(value)
        if self.runs and self.runs[-1][1] == epoch:
            self.runs[-1][1] = epoch + 1
        else:
            self.runs.append([epoch, epoch + 1])

    def best(self, is_larger):
        """(epoch, value) of the first largest or least number, or None if there is none; the epoch
        is counted from 0.

        It looks only at what is new since it was asked the last time.
        """
        best, seen = self._best.get(is_larger, (None, 0))
        # when it is asked for the first time, it looks at all of the past
        values = self.since[seen - self.past.size:] if seen else self.values()
        for epoch, value in zip(self._last_epochs(len(values)), values):
            best = find_better(best, epoch, value, is_larger)
        self._best[is_larger] = best, seen + len(values)
        return best

    def _last_epochs(self, n):
        """The last n epochs that have a number."""
        epochs = []
        for start, stop in reversed(self.runs):
            if len(epochs) == n:
                break
            epochs[:0] = range(max(start, stop - n + len(epochs)), stop)
        return epochs

    def values(self):
        """All its numbers: a new list."""
        return [*self.past.tolist(), *self.since]

    def until(self, epoch):
        """A Column with the numbers of the epochs before this one."""
        runs = [[start, min(stop, epoch)] for start, stop in list(self.runs) if start < epoch]
        column = Column(self.past, runs)
        column.since = self.since[:sum(stop - start for start, stop in runs) - self.past.size]
        return column

    def spread(self, epochs, missing):
        """What each of so many epochs has, or `missing`: a new list."""
        values = self.values()
        if len(values) == epochs:
            return values
        spread, taken = [missing] * epochs, 0
        for start, stop in self.runs:
            spread[start:stop] = values[taken:taken + stop - start]
            taken += stop - start
        return spread


def find_better(best, epoch, value, is_larger):
    """The better one of best, (epoch, value) or None, and a later epoch with this value."""
    if not isinstance(value, numbers.Real) or value != value:  # nan is not equal to itself
        return best
    if best is None or (value > best[1] if is_larger else value < best[1]):
        return epoch, value
    return best


class History(dict):
    """A table with a row for each epoch.

    history["loss"] is a column, a list with a number for each epoch, or nan where an epoch has
    none; history.columns are their names; len(history) is the number of epochs; printed, and in a
    notebook, it is the table. It is a dictionary from names to columns that can only be read:
    dict(history) and history.items() are what they say, and pandas.DataFrame(history) has a row
    for each epoch.

        loss, accuracy or r2            the epoch's batches, in training mode, each before its step;
                                        without the penalty. Accuracy if the targets are labels or
                                        the loss is a cross-entropy, else r2
        penalty                         l2/2 Σ W², if there is one
        val_loss, val_accuracy, val_r2  the validation data after the epoch, if there are any
        lr, seconds                     the last step's learning rate; the time the epoch took
    """

    def __init__(self, epochs=0, columns=()):
        self._columns = dict(columns)  # name -> Column, of all epochs but the last
        self._settled = epochs         # how many epochs these are
        self._last = None              # the record of the last epoch, to which callbacks may add
        self._show_names(columns)

    def append(self, record):
        """Add an epoch: a dictionary of its numbers, which may change until the next one comes."""
        self._settle()
        self._last = record
        self._show_names(record)

    def _settle(self):
        """Sort the last record into the columns."""
        if self._last is not None:
            for name, value in self._last.items():
                if name not in self._columns:
                    self._columns[name] = Column()
                if value is not None:
                    self._columns[name].append(self._settled, value)
            self._settled, self._last = self._settled + 1, None

    def settled_copy(self):
        """(number of epochs, {name: Column}), with the last record among the columns of the copy.

        Another thread may add epochs meanwhile; the copy has those that there were at first.
        """
        epochs, last = self._settled, self._last
        columns = {name: column.until(epochs) for name, column in list(self._columns.items())}
        twin = History(epochs, columns)
        if self._settled == epochs and last is not None:
            twin._last = dict(last)
            twin._settle()
        return twin._settled, twin._columns

    @property
    def columns(self):
        """The names of the columns, in the order in which they came."""
        return list(self._columns | (self._last or {}))

    def __getitem__(self, name):
        self._check(name)
        return self.spread(name, missing=math.nan)

    def _check(self, name):
        """Raise KeyError for a column that is not there."""
        if name not in self:
            raise KeyError(
                f"no column {name!r}; there are: {', '.join(self.columns) or 'none yet'}")

    def spread(self, name, missing=None):
        """What the column has for each epoch, or `missing`: a list."""
        column = self._columns.get(name, Column())
        values = column.spread(self._settled, missing)
        if self._last is not None:
            value = self._last.get(name)
            values.append(missing if value is None else value)
        return values

    def best(self, name, mode=None):
        """The epoch, counted from 1, with the best number in the column; the first of equal ones,
        and never one with nan.

        mode   "max" where larger is better, "min" where smaller is; None goes by the name: larger
               for those that end in accuracy, r2, f1, auc, precision, recall, score (but
               brier_score), mcc or kappa or begin with neg_, smaller for those that end in loss,
               error, mse, mae, brier_score, penalty or seconds

        Raises KeyError for a column that is not there, ValueError for one without any number, and
        where mode is None and the name does not tell.

        >>> history = History()
        >>> history.append({"loss": 0.5, "accuracy": 0.75})
        >>> history.append({"loss": 0.25, "accuracy": 0.75})
        >>> history.best("loss"), history.best("accuracy")
        (2, 1)
        """
        self._check(name)
        is_larger = larger_is_better(name, mode)
        column = self._columns.get(name, Column())
        best = find_better(column.best(is_larger), self._settled, (self._last or {}).get(name),
                           is_larger)
        if best is None:
            raise ValueError(f"column {name!r} has no number in any of the {len(self)} epochs, so "
                             "none is the best")
        epoch, _ = best
        return epoch + 1

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
        writer.writerows(zip(range(1, len(self) + 1), *map(self.spread, names)))

    def to_frame(self):
        """The table as a pandas.DataFrame: a row for each epoch, counted from 1, and nan where an
        epoch has no number. Raises ImportError without pandas.
        """
        try:
            import pandas
        except ImportError as error:
            raise ImportError(
                "to_frame needs pandas; install it with  pip install pandas") from error
        return pandas.DataFrame(self.copy(), pandas.RangeIndex(1, len(self) + 1, name="epoch"))

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
        return name in self._columns or self._last is not None and name in self._last

    def __iter__(self):
        return iter(self.columns)

    def __len__(self):
        return self._settled + (self._last is not None)

    def __repr__(self):
        return str(self._table()) if len(self) else "History of 0 epochs"

    def _repr_html_(self):
        return self._table()._repr_html_() if len(self) else repr(self)

    def _table(self):
        """The table, of a long one the first and the last ten epochs."""
        return Table([_as_cells("epoch", range(1, len(self) + 1)),
                      *(_as_cells(name, self.spread(name)) for name in self.columns)])

    # ---- a dictionary, for pandas and json, whose items are made when they are read ----

    def copy(self):
        """A dictionary from the names to the columns."""
        return {name: self[name] for name in self.columns}

    def get(self, name, default=None):
        return self[name] if name in self else default

    def keys(self):
        return self.copy().keys()

    def values(self):
        return self.copy().values()

    def items(self):
        return self.copy().items()

    def __or__(self, other):
        return self.copy() | other

    def __ror__(self, other):
        return other | self.copy()

    __eq__, __ne__, __hash__ = object.__eq__, object.__ne__, object.__hash__

    def _refuse(self, *arguments, **named):
        raise TypeError("a History can only be read; a callback adds numbers to the record that it "
                        "is given")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def _show_names(self, names):
        """Have the dictionary itself hold names, for json asks it directly whether it is empty."""
        dict.update(self, dict.fromkeys(names))

    def __copy__(self):
        return copy.deepcopy(self)

    def __reduce__(self):
        return type(self), (), vars(self)

    def __setstate__(self, state):
        vars(self).update(state)
        self._show_names(self.columns)


LARGER_IS_BETTER = ("accuracy", "r2", "f1", "auc", "precision", "recall", "score", "mcc", "kappa")
SMALLER_IS_BETTER = ("loss", "error", "mse", "mae", "brier_score", "penalty", "seconds")


def larger_is_better(name, mode=None):
    """Whether a column gets better as it grows, by mode, "max" or "min", or by its name.

    Raises ValueError for None and a name that does not tell.
    """
    if mode is not None:
        return as_choice("mode", mode, ("min", "max")) == "max"
    if name.removeprefix("val_").startswith("neg_"):
        return True
    if name.endswith(SMALLER_IS_BETTER):
        return False
    if name.endswith(LARGER_IS_BETTER):
        return True
    raise ValueError(f"whether larger or smaller is better does not follow from the name {name!r}, "
                     "as it does from 'val_loss' or 'accuracy'; pass mode=\"max\" or mode=\"min\"")


def format_number(value):
    """The value as text, short enough for a table."""
    if not isinstance(value, numbers.Real) or isinstance(value, int):
        return "" if value is None else str(value)
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:.3g}"


def _as_cells(name, values):
    """A column as texts: its name, and its numbers, of a long one the first and the last ten."""
    shown = values if len(values) <= 20 else [*values[:10], "...", *values[-10:]]
    return [str(name), *map(format_number, shown)]
