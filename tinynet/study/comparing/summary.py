"""The summary: the means of each arm at its best rate, as text in columns."""

import numpy as np

from ...tables import Table
from .rates import group_rows, say_median_epoch

HEAD = ("start, labels", "data", "arm", "best rate", "within a point", "test accuracy",
        "nats", "bits", "Brier", "calibration", "to 90 %", "first gradient")


def summarize(comparison):
    """A Table with a line for each condition, data set and arm: means over the seeds."""
    groups = group_rows(comparison.table)
    lines = [(str(condition), data, arm, *summarize_arm(groups[data, *condition, arm]))
             for condition in comparison.conditions for data in comparison.data
             for arm in comparison.arms]
    return Table([*zip(HEAD, *lines)], left=(0, 1, 2))


def summarize_arm(by_rate):
    """The cells of an arm in the summary, from its rows at all rates."""
    best = next((rate for rate, rows in by_rate.items() if rows[0]["chosen"]), None)
    if best is None:
        return ["none", "diverged at each rate", *[""] * (len(HEAD) - 5)]
    rows = by_rate[best]
    mean = {name: float(np.mean([row[name] for row in rows]))
            for name in ("test_accuracy", "test_cross_entropy", "test_brier_score",
                         "test_calibration_error")}
    spread = np.std([row["test_accuracy"] for row in rows], ddof=1)
    low, high = rows[0]["good_rates"]
    norms = [row["gradient_norm"] for row in rows if row["gradient_norm"] is not None]
    return [f"{best:g}", f"{low:g} to {high:g}" if low < high else f"{low:g}",
            f"{100 * mean['test_accuracy']:.1f} ± {100 * spread:.1f} %",
            f"{mean['test_cross_entropy']:.3f}", f"{mean['test_cross_entropy'] / np.log(2):.3f}",
            f"{mean['test_brier_score']:.3f}", f"{mean['test_calibration_error']:.3f}",
            say_median_epoch(rows),
            f"{np.mean(norms):.3g}" if norms else "not finite"]
