"""Plots: the curves of a training, of one run or of several."""

import numpy as np

__all__ = ["HistoryDisplay"]

COLORS = "#1b3a6b", "#d1495b", "#e3a72f", "#4f9d94"  # they also differ in grey
LINES = "-", "--", ":", "-."


class HistoryDisplay:
    """Columns of one or several histories against the epoch, as a picture (made like the displays
    of scikit-learn).

    One run is a line for each column. Several are thin lines, with their mean and a band from the
    lowest to the highest; at each epoch these are of the runs that have a number there, so a run
    that stopped early counts for as long as it goes.

        HistoryDisplay.from_histories([net.history for net in nets], columns="val_loss",
                                      name="iris, 5 seeds")

    histories   a History, or a list of them, one for each run
    names       the names of the columns to draw, or one name

    After drawing: `figure_`; `ax_`; `lines_`, a matplotlib line for each column: the curve, or the
    mean of the runs. Raises KeyError for a column that no run has, ValueError if there is nothing
    to draw.
    """

    def __init__(self, histories, names):
        self.histories = _as_runs(histories)
        self.names = [names] if isinstance(names, str) else list(names)
        if not self.histories or not self.names:
            raise ValueError("nothing to draw: there is no "
                             f"{'column' if self.histories else 'history'} given")
        for name in self.names:
            if not any(name in history for history in self.histories):
                self.histories[0][name]  # its KeyError lists the columns that there are

    @classmethod
    def from_histories(cls, histories, *, columns=None, name=None, ax=None):
        """Draw histories and return the HistoryDisplay.

        histories   a History, or a list of them, one for each run
        columns     the names of the columns to draw, or one name; None for loss and val_loss, if
                    they are there
        name        the title; None for no title
        ax          the matplotlib axes to draw into; None for a new figure

        Raises what HistoryDisplay and its plot raise.
        """
        histories = _as_runs(histories)
        if columns is None:
            columns = [c for c in ("loss", "val_loss")
                       if any(c in history for history in histories)]
            if histories and not columns:
                raise ValueError("nothing to draw: no epoch has a loss or val_loss; train first, "
                                 "or say which columns")
        return cls(histories, columns).plot(ax, name=name)

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
        self.lines_ = [self._draw(ax, column, i)
                       for i, column in enumerate(self.names, start=first)]
        if ax.get_xscale() == "linear":
            ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1,
                                                   steps=[1, 2, 5, 10]))
        ax.set(xlabel="epoch", ylabel=self.names[0] if len(self.names) == 1 else "value")
        if name is not None:
            ax.set_title(name)
        ax.grid(alpha=0.3)
        runs = len(self.histories)
        ax.legend(title=f"mean of {runs} runs\n(band: lowest to highest)" if runs > 1 else None,
                  loc="best", alignment="left")
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _draw(self, ax, name, i):
        color, line = COLORS[i % len(COLORS)], LINES[(i + i // len(COLORS)) % len(LINES)]
        curves = [np.array(history[name], dtype=float) for history in self.histories
                  if name in history]
        values = np.full((len(curves), max(map(len, curves))), np.nan)
        for row, curve in zip(values, curves):
            row[:len(curve)] = curve
        values = np.ma.array(values, mask=np.isnan(values))
        epochs = np.arange(1, values.shape[1] + 1)
        if len(self.histories) > 1:
            for curve in curves:
                ax.plot(epochs[:len(curve)], curve, color=color, linewidth=0.7, alpha=0.45,
                        marker=_choose_marker(curve))
            ax.fill_between(epochs, values.min(axis=0), values.max(axis=0), color=color, alpha=0.12,
                            linewidth=0)
        mean = values.mean(axis=0).filled(np.nan)
        return ax.plot(epochs, mean, label=name, color=color, linestyle=line, linewidth=2,
                       marker=_choose_marker(mean))[0]


def _as_runs(histories):
    return [histories] if hasattr(histories, "columns") else list(histories)


def _choose_marker(curve):
    # a number between two gaps has no line to show it
    return "." if len(curve) == 1 or not np.isfinite(curve).all() else ""
