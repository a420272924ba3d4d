"""Questions: what a comparison asks, and the differences of each seed that answer it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Condition(NamedTuple):
    """What networks start from, and learn from.

    start          what the weights of the last layer were multiplied by
    wrong_labels   the share of the training labels that are wrong
    """

    start: float
    wrong_labels: float

    def __str__(self):
        parts = [f"last layer × {self.start:g}"] if self.start != 1 else []
        if self.wrong_labels:
            parts += [f"{100 * self.wrong_labels:g} % of the labels wrong"]
        return ", ".join(parts) or "ordinary start"


@dataclass(frozen=True)
class Question:
    """Is an arm better or worse than the first one, the reference, under this condition?

    measure       the column of the table in which they are compared
    data          the data set's name; None for the mean over all of them
    n_data        how many data sets the mean is over
    rate          the learning rate of both; None for each arm's own best rate
    differences   a number for each seed: the arm's measure less the reference's, the mean over the
                  data sets; None if there are none, because an arm diverged
    resolution    the standard deviation of a difference that comes of counting whole rows, for
                  accuracies; 0 for others
    diverged      the names of those of the two arms that diverged
    """

    arm: str
    reference: str
    condition: Condition
    measure: str
    data: str | None
    n_data: int
    rate: float | None
    differences: np.ndarray | None
    resolution: float
    diverged: tuple


def ask(rows, arm, reference, condition, measure, data, seeds, rate):
    """The question about these data sets, answered by the rows {(data, arm, seed): row} of the
    condition at the rates that count.
    """
    pairs, diverged = {}, []
    for name in (arm, reference):
        values = [[take_value(rows.get((each, name, seed)), measure) for each in data]
                  for seed in seeds]
        if any(value is None for row in values for value in row):
            diverged.append(name)
        pairs[name] = values
    differences, resolution = None, 0.0
    if not diverged:
        differences = np.subtract(pairs[arm], pairs[reference]).mean(axis=1)
        if measure.endswith("accuracy"):
            part = "test_rows" if measure.startswith("test") else "val_rows"
            step = 1 / np.array([rows[each, arm, seeds[0]][part] for each in data])
            # two counts of whole rows, each with the variance 1/12 of rounding, for each data set
            resolution = float(np.sqrt((step**2).sum() / 6) / len(data))
    return Question(arm, reference, condition, measure, data[0] if len(data) == 1 else None,
                    len(data), rate, differences, resolution, tuple(diverged))


def take_value(row, measure):
    """The number that counts, or None after a run that diverged. A run that never gets to 90 %
    counts as if it did one epoch after its end.
    """
    if row is None or row["diverged_in_epoch"] is not None:
        return None
    if measure == "epochs_to_90" and row[measure] is None:
        return len(row["val_right_by_epoch"]) + 1
    return row[measure]
