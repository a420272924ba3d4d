"""Rates: which learning rate an arm does best at, and how wide the range of good ones is."""

from collections import defaultdict

import numpy as np

from .measures import larger_measure_is_better


def choose_measure(measure):
    """The measure of validation rows by which rates are chosen, if verdicts are about `measure`."""
    name = measure.partition("_")[2]
    return f"val_{name}" if name in ("cross_entropy", "brier_score") else "val_accuracy"


def group_rows(rows):
    """The rows of each arm: {(data, start, wrong_labels, arm): {rate: rows, one for each seed}}."""
    groups = defaultdict(lambda: defaultdict(list))
    for row in rows:
        groups[row["data"], row["start"], row["wrong_labels"], row["arm"]][row["rate"]].append(row)
    return groups


def has_diverged(rows):
    return any(row["diverged_in_epoch"] is not None for row in rows)


def mean_of(rows, measure):
    return float(np.mean([row[measure] for row in rows]))


def choose_rate(by_rate, measure):
    """The rate whose mean over the seeds is best; None if there are diverging seeds at each.

    Among equal ones it is that with the best mean accuracy over all epochs, and then the smallest.
    """
    sign = 1 if larger_measure_is_better(measure) else -1

    def rank(rate):
        # rounded, since sums of the same numbers in another order differ in the last bits
        return (round(sign * mean_of(by_rate[rate], measure), 12),
                round(float(np.mean([find_curve_of(row).mean() for row in by_rate[rate]])), 12),
                -rate)

    return max((rate for rate, rows in by_rate.items() if not has_diverged(rows)), key=rank,
               default=None)


def find_curve_of(row):
    """The validation accuracy after each epoch."""
    return np.array(row["val_right_by_epoch"]) / row["val_rows"]


def count_epochs(rows):
    """How many epochs the runs have; 0 if all diverged."""
    return max((len(row["val_right_by_epoch"]) for row in rows
                if row["diverged_in_epoch"] is None), default=0)


def find_good_rates(by_rate, best):
    """(lowest, highest) of the rates around the best one, without a gap, whose mean validation
    accuracy is at most one point below its.
    """
    rates = sorted(by_rate)
    least = mean_of(by_rate[best], "val_accuracy") - 0.01 - 1e-12
    good = [not has_diverged(by_rate[rate]) and mean_of(by_rate[rate], "val_accuracy") >= least
            for rate in rates]
    low = high = rates.index(best)
    while low > 0 and good[low - 1]:
        low -= 1
    while high < len(rates) - 1 and good[high + 1]:
        high += 1
    return rates[low], rates[high]


def count_ends(table):
    """(in how many cases an arm's best rate is the least or the largest of several, of how many)"""
    at_end = of = 0
    for by_rate in group_rows(table).values():
        for rate, rows in by_rate.items():
            if rows[0]["chosen"]:
                of += 1
                at_end += len(by_rate) > 1 and rate in (min(by_rate), max(by_rate))
    return at_end, of


def say_median_epoch(rows):
    """The median of the epochs to 90 %, or what there is in its place."""
    if not rows or has_diverged(rows):
        return "—"
    reached = sorted(row["epochs_to_90"] or np.inf for row in rows)
    middle = (reached[(len(rows) - 1) // 2] + reached[len(rows) // 2]) / 2
    return f"{middle:g}" if middle < np.inf else f"> {len(rows[0]['val_right_by_epoch'])}"
