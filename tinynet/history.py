"""History: what was recorded in each epoch of a training."""


class History:
    """A table with a row for each epoch.

    history["loss"] is a column, a list with a number for each epoch, or nan where an epoch has none; history.columns are
    their names; len(history) is the number of epochs; printed, it is the table.

        loss, accuracy or r2            the epoch's batches, in training mode, each before its step; without the penalty
        penalty                         l2/2 Σ W², if there is one
        val_loss, val_accuracy, val_r2  the validation data after the epoch, if there are any
        lr, seconds                     the last step's learning rate; the time the epoch took
    """

    def __init__(self):
        self.records = []

    def append(self, record):
        """Add an epoch: a dictionary of its numbers."""
        self.records.append(record)

    @property
    def columns(self):
        return list(dict.fromkeys(name for record in self.records for name in record))

    def __getitem__(self, name):
        if name not in self.columns:
            raise KeyError(f"no column {name!r}; there are: {', '.join(self.columns) or 'none yet'}")
        return [record.get(name, float("nan")) for record in self.records]

    def __contains__(self, name):
        return name in self.columns

    def __iter__(self):
        return iter(self.columns)

    def __len__(self):
        return len(self.records)

    def __repr__(self):
        if not self.records:
            return "History of 0 epochs"
        names = ["epoch", *self.columns]
        rows = [[str(epoch), *(number(record.get(name)) for name in self.columns)]
                for epoch, record in enumerate(self.records, start=1)]
        if len(rows) > 20:
            rows[10:-10] = [["..."] * len(names)]
        widths = [max(map(len, column)) for column in zip(names, *rows)]
        return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in [names, *rows])


def number(value):
    """The value as text, short enough for a table."""
    if not isinstance(value, float):
        return "" if value is None else str(value)
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:.3g}"
