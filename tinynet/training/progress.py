"""Progress: a bar over the epochs for people who watch, and not a byte for pipes and files."""

import sys
from time import perf_counter

from .history import format_number


class Progress:
    """Shows the epochs of a training run as they end.

        with Progress(verbose, epochs) as progress:
            progress.show(epoch, record)

    verbose   "auto"  a bar in a terminal or a notebook, else nothing
              0       nothing
              1       a bar
              2       a line for each epoch
    """

    def __init__(self, verbose, epochs):
        if verbose not in ("auto", 0, 1, 2):
            raise ValueError(f'verbose is {verbose!r}; it must be "auto", 0, 1 or 2')
        self.verbose, self.epochs, self.bar = verbose, epochs, None
        self.drawn, self.waiting = 0.0, 0  # when the bar was drawn last, and how many epochs ago

    def __enter__(self):
        if self.verbose == 1 or self.verbose == "auto" and (sys.stderr.isatty()
                                                            or "ipykernel" in sys.modules):
            from tqdm.auto import tqdm  # takes 0.1 s to load, so only for those who watch
            self.bar = tqdm(total=self.epochs, unit="epoch", dynamic_ncols=True)
        return self

    def __exit__(self, *error):
        if self.bar is not None:
            if self.waiting:
                self.redraw(self.last)
            self.bar.close()

    def show(self, epoch, record):
        if self.bar is not None:
            self.waiting += 1
            self.last = record
            if perf_counter() - self.drawn > 0.2:
                self.redraw(record)
        elif self.verbose == 2:
            print(f"epoch {epoch}: {_format_record(record, record)}", flush=True)

    def redraw(self, record):
        watched = ("loss", "val_loss", "accuracy", "val_accuracy", "r2", "val_r2")
        self.bar.set_postfix_str(_format_record(record, watched), refresh=False)
        self.bar.update(self.waiting)
        self.drawn, self.waiting = perf_counter(), 0


def _format_record(record, names):
    return ", ".join(f"{name} {format_number(record[name])}" for name in names if name in record)
