"""Progress: a bar over the epochs for people who watch, and not a byte for pipes and files."""

import contextlib
import sys
from time import perf_counter

from .history import format_number


class Progress:
    """Shows the epochs of a training run as they end, and the batches of long ones.

        with Progress(verbose, epochs) as progress:
            for epoch in ...:
                progress.start_epoch(n_batches)
                for batch in ...:
                    if progress.bar is not None:
                        progress.show_batch(batch, meter)
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
        self.done, self.text = 0, ""  # epochs that have ended, and what is said of the last one
        self.next_epoch = 0.0  # when to draw again

    def __enter__(self):
        is_wanted = self.verbose == 1 or self.verbose == "auto" and is_watched()
        if is_wanted and sys.stderr is not None:
            from tqdm.auto import tqdm  # takes 0.1 s to load, so only for those who watch
            with ignore_lost_screen():
                self.bar = tqdm(total=self.epochs, unit="epoch", dynamic_ncols=True, mininterval=0,
                                miniters=0, desc=self.count(), bar_format="{l_bar}{bar}| "
                                "[{elapsed}<{remaining}, {rate_fmt}{postfix}]")
        return self

    def __exit__(self, *error):
        if self.bar is not None:
            self.draw(self.done, self.text)
            with ignore_lost_screen():
                self.bar.close()

    def start_epoch(self, n_batches):
        self.n_batches, self.next_batch = n_batches, perf_counter() + 2

    def show_batch(self, batch, meter):
        """Show a batch that has ended, and the mean loss so far, in an epoch that takes long."""
        if perf_counter() > self.next_batch:
            text = (f"batch {batch}/{self.n_batches}, "
                    f"loss so far {format_number(meter.mean_loss())}")
            self.draw(self.done + batch / self.n_batches, f"{text}; {self.text}".rstrip("; "))
            self.next_batch = perf_counter() + 0.5

    def show(self, epoch, record):
        """Show an epoch that has ended."""
        self.done += 1
        if self.bar is not None:
            watched = ("loss", "val_loss", "accuracy", "val_accuracy", "r2", "val_r2")
            self.text = _format_record(record, watched)
            if perf_counter() > self.next_epoch:
                self.draw(self.done, self.text)
                self.next_epoch = perf_counter() + 0.2
        elif self.verbose == 2:
            line = f"epoch {epoch}: {_format_record(record, record)}"
            with ignore_lost_screen():
                print(line, flush=True)

    def draw(self, done, text):
        """Draw the bar at so many epochs, of which the last one may be a part."""
        self.bar.set_description_str(self.count(), refresh=False)
        self.bar.set_postfix_str(text, refresh=False)
        with ignore_lost_screen():
            self.bar.update(done - self.bar.n)
        self.bar.n = done  # without the rounding

    def count(self):
        return f"{self.done}/{self.epochs} epochs: "


def ignore_lost_screen():
    """In here, it is no error that a stream is closed, or broken, or cannot flush: a training run
    does not end with its terminal.
    """
    return contextlib.suppress(OSError, ValueError, AttributeError)


def is_watched():
    """Whether people see what is written to sys.stderr."""
    if "ipykernel" in sys.modules:
        return True
    try:
        return bool(sys.stderr.isatty())
    except Exception:  # it is None, closed, or something else that cannot tell
        return False


def _format_record(record, names):
    return ", ".join(f"{name} {format_number(record[name])}" for name in names if name in record)
