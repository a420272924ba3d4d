"""Comparison: what came of all runs, as a table, as verdicts and as a picture."""

import html
from functools import cached_property

from ...checks.settings import as_choice, as_flag
from .columns import make_columns
from .csv_files import COLUMNS, read_table, write_table
from .judging import judge_together
from .measures import NAMES
from .picture import draw_comparison
from .questions import Condition, ask
from .rates import count_ends, find_good_rates, group_rows
from .strip import draw_strip
from .summary import summarize
from .titles import Names, write_description


class Comparison:
    """What `compare` has found. It prints as a table of means, and the verdicts.

    table     a list of dictionaries, one for each run

              data, start, wrong_labels, arm, rate, seed   which run it is
              k                       the number of classes
              chosen                  whether this is the arm's best rate there
              diverged_in_epoch       None, but for a run that came to numbers that are not finite:
                                      its measures of validation and test rows are None
              val_accuracy, val_cross_entropy, val_brier_score, val_calibration_error
                                      of the validation rows, at the end; cross-entropy in nats,
                                      the Brier score summed over the classes
              test_accuracy, ...      the same of the test rows, where `chosen`, and None elsewhere
              early_accuracy          mean validation accuracy of the first five epochs
              epochs_to_90            the first epoch with a validation accuracy of 90 %, or None
              gradient_norm           of the loss over all training rows, before the first step
              good_rates              where `chosen`: [lowest, highest] of the rates around it whose
                                      mean validation accuracy is within one point of its
              val_rows, test_rows     how many rows these are
              val_right_by_epoch      of the validation rows, how many are right after each epoch

    measure   the column that the verdicts are about

    After that: `arms`, `data` and `seeds`, lists of names and numbers; `conditions`, a list of
    (start, wrong_labels); `common_rates`, the learning rates that all arms were trained at.
    """

    def __init__(self, table, measure="test_accuracy"):
        self.table, self.measure = table, as_choice("measure", measure, NAMES)
        self.arms, self.data, self.seeds = (list(dict.fromkeys(row[name] for row in table))
                                            for name in ("arm", "data", "seed"))
        self.conditions = list(dict.fromkeys(Condition(row["start"], row["wrong_labels"])
                                             for row in table))

    @classmethod
    def from_runs(cls, rows, tested, measure):
        """The Comparison of runs at all rates, and of those at the best ones, with test rows."""
        table = {identify(row): row | {"chosen": False, "good_rates": None} for row in rows}
        groups = group_rows(rows)
        for row in tested:
            by_rate = groups[row["data"], row["start"], row["wrong_labels"], row["arm"]]
            table[identify(row)] = row | {"chosen": True,
                                          "good_rates": [*find_good_rates(by_rate, row["rate"])]}
        return cls([{name: row[name] for name in COLUMNS} for row in table.values()], measure)

    # ---- verdicts ----

    @cached_property
    def verdicts(self):
        """A Verdict for each arm but the first and each condition, on the mean over the data sets:
        a list.
        """
        return self.judge()

    def judge(self, measure=None, *, by_data=False, rate=None, condition=None):
        """Verdicts on another measure, on each data set, or at one rate for all: a list.

        measure   a column of the table; None for the one that `compare` was given. Rates stay those
                  that were chosen for that one, and a difference may come from that: to compare by
                  another measure fairly, call `compare` with it
        by_data   whether to ask for each data set; else for the mean over all of them
        rate      a learning rate that all arms were trained at, and a measure of validation rows;
                  None for each arm's own best
        condition one of `conditions`; None for all of them

        The probability that any verdict of one call calls a difference clear that is none is at
        most 1 %.
        """
        measure = as_choice("measure", self.measure if measure is None else measure, NAMES)
        if rate is not None and rate not in self.common_rates:
            raise ValueError(f"rate is {rate!r}; it must be one of {self.common_rates}, which all "
                             "arms were trained at")
        if rate is not None and measure.startswith("test"):
            raise ValueError(f"measure is {measure!r}, but test rows were used at the best rates "
                             "alone; at a rate for all, ask for a measure of validation rows")
        if condition is not None and condition not in self.conditions:
            raise ValueError(f"condition is {condition!r}; it must be one of {self.conditions}")
        groups = [[each] for each in self.data] if as_flag("by_data", by_data) else [self.data]
        conditions = self.conditions if condition is None else [Condition(*condition)]
        return judge_together([ask(self.find_rows(condition, rate), arm, self.arms[0], condition,
                                   measure, group, self.seeds, rate)
                               for condition in conditions for group in groups
                               for arm in self.arms[1:]])

    @cached_property
    def common_rates(self):
        """The learning rates that all arms were trained at."""
        return sorted(set.intersection(*({row["rate"] for row in self.table if row["arm"] == arm}
                                         for arm in self.arms)))

    def find_rows(self, condition, rate=None):
        """{(data, arm, seed): row} at each arm's best rate, or at this one."""
        return {(row["data"], row["arm"], row["seed"]): row for row in self.table
                if (row["start"], row["wrong_labels"]) == (condition.start, condition.wrong_labels)
                and (row["chosen"] if rate is None else row["rate"] == rate)}

    # ---- text and files ----

    def summarize(self):
        """The means over the seeds at each arm's best rate, as a Table."""
        return summarize(self)

    def __str__(self):
        at_end, of = count_ends(self.table)
        return "\n".join([self.summarize(), "", *map(str, self.verdicts), "",
                          f"The best rate is at an end of those tried in {at_end} of {of} cases"
                          f"{'; a wider range of rates may be fairer' * (at_end > of / 4)}."])

    def __repr__(self):
        return (f"<Comparison of {len(self.arms)} arms on {len(self.data)} data sets, "
                f"{len(self.seeds)} seeds: {len(self.table)} runs; print it for the verdicts>")

    def to_frame(self):
        """The table as a pandas DataFrame. Raises ImportError if pandas is not installed."""
        import pandas
        return pandas.DataFrame(self.table)

    def _repr_html_(self):
        verdicts = "".join(f"<li>{html.escape(str(verdict))}</li>" for verdict in self.verdicts)
        return f"{self.summarize()._repr_html_()}<ul>{verdicts}</ul>"

    def to_csv(self, path):
        """Write the table as a CSV file, a line for each run: an empty cell for None, spaces
        between the numbers of a list, and in the column `chosen` the measure for which the rate was
        chosen. Nothing is rounded: `read_csv` makes the same Comparison of it.
        """
        write_table(self.table, self.measure, path)

    @classmethod
    def read_csv(cls, path):
        """The Comparison that `to_csv` has written.

        Raises ValueError if the file holds something else, or a part of a table.
        """
        return cls(*read_table(path))

    # ---- pictures ----

    def plot(self, common_rate=None):
        """Draw the comparison: a column for each condition, with the curves of the data set with
        the most classes, its accuracy by learning rate, and the differences on all data sets.
        Returns a matplotlib Figure; figure.savefig(path) saves it.

        common_rate   a learning rate that all arms were trained at: one more column, the first, in
                      which all have this one

        Titles follow from the verdicts. Raises ImportError if matplotlib is not installed.
        """
        return draw_comparison(self, common_rate)

    def plot_strip(self, common_rate):
        """Draw the curves of the first two arms alone, from an ordinary and from a bad start: a
        small picture, for those who do not know the experiment. Returns a matplotlib Figure.
        """
        return draw_strip(self, common_rate)

    def describe(self, common_rate=None):
        """The picture in words, for those who cannot see it: a page's alternative text."""
        names = Names.from_arms(self.arms)
        return write_description(make_columns(self, names, common_rate), names, len(self.seeds))


def identify(row):
    return row["data"], row["start"], row["wrong_labels"], row["arm"], row["rate"], row["seed"]
