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
    resolution    the standard deviation of a difference that comes of counting whole rows or
                  epochs; 0 for measures that do not count
    diverged      {arm: names of the data sets} of those of the two arms for which there is no
                  number, because some seed diverged
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
    diverged: dict


def ask(rows, arm, reference, condition, measure, data, seeds, rate):
    """The question about these data sets, answered by the rows {(data, arm, seed): row} of the
    condition at the rates that count.
    """
    values, diverged = {}, {}
    for name in (arm, reference):
        values[name] = [[take_value(rows.get((each, name, seed)), measure) for each in data]
                        for seed in seeds]
        where = [each for each, column in zip(data, zip(*values[name])) if None in column]
        if where:
            diverged[name] = where
    differences = None
    if not diverged:
        differences = np.subtract(values[arm], values[reference]).mean(axis=1)
    some = [rows.get((each, arm, seeds[0])) for each in data]
    return Question(arm, reference, condition, measure, data[0] if len(data) == 1 else None,
                    len(data), rate, differences, 0.0 if diverged else find_resolution(
                        [count_steps(row, measure) for row in some]), diverged)


def count_steps(row, measure):
    """How many steps of a measure that counts something whole there are in 1; infinitely many for
    others.
    """
    if measure.endswith("accuracy"):
        return row["test_rows" if measure.startswith("test") else "val_rows"]
    return 1 if measure == "epochs_to_90" else np.inf


def find_resolution(steps):
    """The standard deviation of the mean of differences of two numbers that are each rounded, with
    a variance of 1/12 of the squared step, over data sets with so many steps in 1.
    """
    return float(np.sqrt((1 / np.square(steps, dtype=float)).sum() / 6) / len(steps))


def take_value(row, measure):
    """The number that counts, or None after a run that diverged. A run that never gets to 90 %
    counts as if it did one epoch after its end.
    """
    if row is None or row["diverged_in_epoch"] is not None:
        return None
    if measure == "epochs_to_90" and row[measure] is None:
        return len(row["val_right_by_epoch"]) + 1
    return row[measure]
