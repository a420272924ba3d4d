"""Columns: what each column of a picture is about, and what it finds."""

from dataclasses import dataclass

from .questions import Condition
from .titles import title_column, title_common_rate


@dataclass(frozen=True)
class Column:
    """A condition, with all arms at one rate or each at its best.

    rate       the one rate; None for each arm's best
    rows       {(data, arm, seed): row of the table}
    verdicts   on the mean over the data sets, one for each arm but the first
    singles    the same on single data sets
    title      what it finds
    winner     the name of who is ahead, or None
    """

    condition: Condition
    rate: float | None
    rows: dict
    verdicts: list
    singles: list
    title: str
    winner: str | None

    @classmethod
    def from_comparison(cls, comparison, names, condition, rate=None):
        if rate is None:
            verdicts = [verdict for verdict in comparison.verdicts
                        if verdict.question.condition == condition]
            singles = comparison.judge(by_data=True, condition=condition)
            title = title_column
        else:
            settings = {"measure": choose_early_measure(comparison.measure), "rate": rate,
                        "condition": condition}
            verdicts = comparison.judge(**settings)
            singles = comparison.judge(**settings, by_data=True)
            title = title_common_rate
        return cls(condition, rate, comparison.find_rows(condition, rate), verdicts, singles,
                   *title(verdicts, names, singles))


def choose_early_measure(measure):
    """What arms at one rate are compared by: of accuracies that of the first epochs, in which a
    rate shows, else the same of validation rows.
    """
    return ("early_accuracy" if measure.endswith("accuracy")
            else measure.replace("test_", "val_"))


def make_columns(comparison, names, common_rate):
    """A column for the common rate, if there is one, and one for each condition."""
    if common_rate is not None and common_rate not in comparison.common_rates:
        raise ValueError(f"common_rate is {common_rate!r}; it must be one of "
                         f"{comparison.common_rates}, which all arms were trained at")
    ordinary, *others = comparison.conditions
    first = [] if common_rate is None else [
        Column.from_comparison(comparison, names, ordinary, common_rate)]
    return first + [Column.from_comparison(comparison, names, condition)
                    for condition in (ordinary, *others)]
