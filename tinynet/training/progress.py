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
        if self.verbose == 1 and is_open(sys.stderr) or self.verbose == "auto" and (
                is_terminal(sys.stderr) or "ipykernel" in sys.modules):
            from tqdm.auto import tqdm  # takes 0.1 s to load, so only for those who watch
            self.bar = tqdm(total=self.epochs, unit="epoch", dynamic_ncols=True, mininterval=0,
                            miniters=0, desc=self.count(),
                            bar_format="{l_bar}{bar}| [{elapsed}<{remaining}, {rate_fmt}{postfix}]")
        return self

    def __exit__(self, *error):
        if self.bar is not None:
            self.draw(self.done, self.text)
            with contextlib.suppress(ValueError, OSError):
                self.bar.close()

    def start_epoch(self, n_batches):
        self.n_batches, self.next_batch = n_batches, perf_counter() + 2

    def show_batch(self, batch, meter):
        """Show a batch that has ended, and the mean loss so far, in an epoch that takes long."""
        if perf_counter() > self.next_batch:
            self.draw(self.done + batch / self.n_batches, f"batch {batch}/{self.n_batches}, "
                      f"loss so far {format_number(meter.mean_loss())}")
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
            with contextlib.suppress(ValueError, AttributeError):  # it is closed, or has no flush
                print(f"epoch {epoch}: {_format_record(record, record)}", flush=True)

    def draw(self, done, text):
        """Draw the bar at so many epochs, of which the last one may be a part."""
        self.bar.set_description_str(self.count(), refresh=False)
        self.bar.set_postfix_str(text, refresh=False)
        with contextlib.suppress(ValueError, OSError):  # the terminal is gone; training goes on
            self.bar.update(done - self.bar.n)
        self.bar.n = done  # without the rounding

    def count(self):
        return f"{self.done}/{self.epochs} epochs: "


def is_open(stream):
    """Whether something can be written to a stream such as sys.stderr."""
    return stream is not None and not getattr(stream, "closed", False)


def is_terminal(stream):
    """Whether people see what is written to a stream."""
    return is_open(stream) and hasattr(stream, "isatty") and stream.isatty()


def _format_record(record, names):
    return ", ".join(f"{name} {format_number(record[name])}" for name in names if name in record)
