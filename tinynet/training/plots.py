"""Plots: the curves of a training, of one run or of several."""

import numbers

import numpy as np

__all__ = ["HistoryDisplay"]

COLORS = "#1b3a6b", "#d1495b", "#e3a72f", "#4f9d94"  # they also differ in grey
LINES = "-", "--", ":", "-."


class HistoryDisplay:
    """Columns of one or several histories against the epoch, as a picture (made like the displays
    of scikit-learn).

    One run is a line for each column. Several are thin lines, with their mean and a band from the
    lowest to the highest; at each epoch these are of the runs that have a number there, so a run
    that stopped early counts for as long as it goes. A dictionary compares: a line for each name,
    of one column.

        HistoryDisplay.from_histories([net.history for net in nets], columns="val_loss",
                                      name="iris, 5 seeds")
        HistoryDisplay.from_histories({"cross-entropy": [a, b], "squared error": [c, d]},
                                      columns="val_accuracy").figure_.savefig("losses.png")

    histories   a History, or a list of them, one for each run, or a dictionary from names to
                these. In place of a History, a dictionary of its columns, as from a JSON file
    names       the names of the columns to draw, or one name

    After drawing: `figure_`; `ax_`; `lines_`, a matplotlib line for each column or name, in order:
    the curve, or the mean of the runs. In a script, `figure_.savefig(path)` saves the picture, and
    `matplotlib.pyplot.show()` shows it.

    Raises KeyError for a column that no run has, ValueError if there is nothing to draw, or
    several columns of a dictionary.
    """

    def __init__(self, histories, names):
        self.names = [names] if isinstance(names, str) else list(names)
        self.histories = _as_runs(histories)
        if not self.histories or not self.names:
            raise ValueError("nothing to draw: there is no "
                             f"{'column' if self.histories else 'history'} given")
        self.curves = []  # (what the legend says, the runs, the column) of each
        if isinstance(self.histories, dict):
            if len(self.names) > 1:
                raise ValueError(f"there are the columns {self.names}; of a dictionary, which has "
                                 "a line for each name, there can be one column only, such as "
                                 "'val_accuracy'")
            self.curves = [(name, runs, self.names[0]) for name, runs in self.histories.items()]
        else:
            self.curves = [(column, self.histories, column) for column in self.names]
        for label, runs, column in self.curves:
            if not runs:
                raise ValueError(f"nothing to draw: there is no history of {label!r}")
            if not any(column in history for history in runs):
                there = {name: None for history in runs for name in history}
                of = f" of {label!r}" if isinstance(self.histories, dict) else ""
                raise KeyError(f"no column {column!r}{of}; there are: "
                               f"{', '.join(there) or 'none yet'}")

    @classmethod
    def from_histories(cls, histories, *, columns=None, name=None, ax=None):
        """Draw histories and return the HistoryDisplay.

        histories   a History, or a list of them, one for each run, or a dictionary from names to
                    these
        columns     the names of the columns to draw, or one name; None for loss and val_loss, if
                    they are there. Of a dictionary it is one name
        name        the title; None for no title
        ax          the matplotlib axes to draw into; None for a new figure

        Raises what HistoryDisplay and its plot raise.
        """
        histories = _as_runs(histories)
        if columns is None and histories:
            if isinstance(histories, dict):
                raise ValueError("columns is None; of a dictionary it must be the name of one "
                                 "column, such as 'val_accuracy'")
            columns = [c for c in ("loss", "val_loss")
                       if any(c in history for history in histories)]
            if not columns:
                raise ValueError("nothing to draw: no epoch has a loss or val_loss; train first, "
                                 "or say which columns")
        return cls(histories, columns or ()).plot(ax, name=name)

    def plot(self, ax=None, *, name=None):
        """Draw into the matplotlib axes `ax`, or into a new figure, under the title `name`; return
        self.

        A second display in the same axes goes on with the next colours and line styles.
        Raises ImportError if matplotlib is not installed.
        """
        try:
            import matplotlib.pyplot as plt
            from matplotlib.ticker import MaxNLocator
        except ImportError as error:
            raise ImportError(
                "drawing needs matplotlib; install it with  pip install matplotlib") from error
        if ax is None:
            ax = plt.subplots(layout="constrained")[1]
        first = len(ax.get_legend_handles_labels()[0])
        self.lines_ = [self._draw(ax, *curve, i) for i, curve in enumerate(self.curves, first)]
        if ax.get_xscale() == "linear":
            ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1,
                                                   steps=[1, 2, 5, 10]))
        label, shown = ", ".join(self._quantities()), ax.get_ylabel() if first else ""
        if label not in shown:
            ax.set_ylabel(f"{shown}, {label}" if shown else label)
        ax.set_xlabel("epoch")
        if name is not None:
            ax.set_title(name)
        ax.grid(alpha=0.3)
        ax.legend(title=self._describe_runs(), loc="best", alignment="left")
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _quantities(self):
        """What the axis shows: the column, or what columns are of: loss and val_loss, a loss."""
        if len(self.names) == 1:
            return self.names
        return [*dict.fromkeys(name.removeprefix("val_") for name in self.names)]

    def _describe_runs(self):
        """What the legend says of several runs, or None."""
        counts = {sum(column in run for run in runs) for _, runs, column in self.curves}
        if max(counts) == 1:
            return None
        runs = max(counts) if len(counts) == 1 else f"{min(counts)} to {max(counts)}"
        return f"mean of {runs} runs\n(band: lowest to highest)"

    def _draw(self, ax, label, runs, column, i):
        color, line = COLORS[i % len(COLORS)], LINES[(i + i // len(COLORS)) % len(LINES)]
        curves = [np.array(history[column], dtype=float) for history in runs if column in history]
        values = np.full((len(curves), max(map(len, curves))), np.nan)
        for row, curve in zip(values, curves):
            row[:len(curve)] = curve
        values = np.ma.array(values, mask=np.isnan(values))
        epochs = np.arange(1, values.shape[1] + 1)
        if len(runs) > 1:
            for curve in curves:
                ax.plot(epochs[:len(curve)], curve, color=color, linewidth=0.7, alpha=0.45,
                        marker=_choose_marker(curve))
            ax.fill_between(epochs, values.min(axis=0), values.max(axis=0), color=color, alpha=0.12,
                            linewidth=0)
        mean = values.mean(axis=0).filled(np.nan)
        return ax.plot(epochs, mean, label=label, color=color, linestyle=line, linewidth=2,
                       marker=_choose_marker(mean))[0]

    def __repr__(self):
        saving = "; .figure_.savefig(path) saves it" if hasattr(self, "figure_") else ""
        return f"HistoryDisplay of {', '.join(str(label) for label, _, _ in self.curves)}{saving}"


def _as_runs(histories):
    """A list of histories, or a dictionary of lists."""
    if _is_run(histories):
        return [histories]
    if isinstance(histories, dict):
        return {name: _as_runs(runs) for name, runs in histories.items()}
    runs = list(histories) if np.iterable(histories) else [histories]
    for run in runs:
        if not _is_run(run):
            raise ValueError(f"there is {run!r:.100} in the place of a history; it must be a "
                             "History, such as net.history")
    return runs


def _is_run(thing):
    """Whether it is a History, or another dictionary from names to columns, as of a JSON file."""
    return hasattr(thing, "columns") or isinstance(thing, dict) and len(thing) > 0 and all(
        isinstance(column, (list, tuple)) and len(column) > 0
        and all(isinstance(value, numbers.Real) for value in column)
        for column in thing.values())


def _choose_marker(curve):
    # a number between two gaps has no line to show it
    return "." if len(curve) == 1 or not np.isfinite(curve).all() else ""
