"""Rows: what can be seen in the data without training."""

import math

import numpy as np

from .findings import SetupFinding
from .scales import say_range


def look_at_rows(x, t, task):
    """Findings about the rows to train on."""
    k = t.shape[1]
    if len(x) == 1:
        yield SetupFinding("data", "there is a single row to train on", "more rows")
        return
    if (x == x[0]).all():
        yield SetupFinding("data", f"all {len(x)} rows of x are the same, so that nothing can be "
                           "told from them", "check how x was made")
    if (t == t[0]).all():
        yield SetupFinding("labels", f"all {len(t)} rows have the same target, so that there is "
                           "nothing to learn", "check how t was made, and that no rows are missing")
    elif task == "classes":
        missing = np.flatnonzero(~t.any(axis=0))
        if len(missing):
            classes = "the classes" if len(missing) > 1 else "the class"
            yield SetupFinding("labels", f"the network has {k} outputs, and no row of t has "
                               f"{classes} {say_some(missing)}", "look for the rows that "
                               f"are missing, or end with Dense({k - len(missing)}) and labels "
                               f"from 0 to {k - len(missing) - 1}")


def look_at_validation(x, t, other_x, other_t, task):
    """Findings about rows x, t to train on, and others to validate with."""
    found = count_found(x, t, other_x, other_t)
    natural = count_found_among_themselves(x, t)
    share = found / len(other_x)
    if share > 0.05 + 2 * natural / len(x):
        yield SetupFinding(
            "validation", f"{found} of the {len(other_x)} rows of the validation data are among "
            "those trained on, so that the validation score will say how well these were "
            "memorized", "validation=0.2, or rows that are not in x")
    columns, others = (array.reshape(len(array), -1).astype(float) for array in (x, other_x))
    spread = columns.std(axis=0)
    varies = spread > 0
    if len(other_x) > 1 and varies.any():
        moved = np.abs(others.mean(axis=0) - columns.mean(axis=0))[varies] / spread[varies]
        scale = others.std(axis=0)[varies] / spread[varies]
        if np.median(moved) > 3 or len(other_x) > 9 and not 0.1 < np.median(scale) < 10:
            yield SetupFinding(
                "validation", f"the validation data are on another scale: x there lies "
                f"{say_range(other_x)}, and {say_range(x)} in the rows trained on",
                "put both through the same scaler: scaler.fit(x), then scaler.transform of each")
    if task == "classes":
        new = np.flatnonzero(other_t.any(axis=0) & ~t.any(axis=0))
        if len(new):
            yield SetupFinding("validation", "the validation data have classes that none of the "
                               f"rows trained on has: {say_some(new)}",
                               "validation=0.2 takes rows of each class")
        elif len(other_t) < 5 <= len(t) / 10:
            yield SetupFinding("validation", f"the validation data are {len(other_t)} rows, so "
                               f"that the score comes in steps of {1 / len(other_t):.0%}",
                               "validation=0.2")
        elif len(other_t) > 9 and (other_t == other_t[0]).all() and not (t == t[0]).all():
            yield SetupFinding("validation", f"all {len(other_t)} rows of the validation data are "
                               f"of the class {other_t[0].argmax()}, so that their score says "
                               "nothing about the others", "validation=0.2 takes rows of each "
                               "class")


def has_all_rows(x):
    """Whether the rows are all combinations of what stands in their columns, as in a truth table:
    then there are no others.
    """
    n_combined = math.prod(len(np.unique(column)) for column in x.reshape(len(x), -1).T)
    return 1 < n_combined == len(np.unique(x, axis=0)) and x[0].size > 1


def note_rows(x, t):
    """Notes: what is no fault, but worth knowing."""
    values = np.unique(t) if t.shape[1] == 1 else ()
    if 2 < len(values) <= min(20, len(t) / 10) and (values == np.round(values)).all():
        yield (f"t has {len(values)} different values, all of them whole numbers: if they are "
               f"classes, labels from 0 to {len(values) - 1}, Dense({len(values)}) and "
               "SoftmaxCrossEntropy() tell them apart")
    columns = x.reshape(len(x), -1)
    if columns.size > 5e6:   # takes long
        return
    if x.ndim == 2 and len(x) > 1:
        constant = np.flatnonzero((columns == columns[0]).all(axis=0))
        if 0 < len(constant) < columns.shape[1]:
            yield (f"{len(constant)} of {columns.shape[1]} columns of x are constant: "
                   f"{say_some(constant)}")
        _, first = np.unique(columns, axis=1, return_index=True)
        double = sorted(set(range(columns.shape[1])) - set(first.tolist()) - set(constant.tolist()))
        if double:
            yield f"columns of x that repeat another one: {say_some(double)}"
    if len(x) > 1:
        _, group = np.unique(columns, axis=0, return_inverse=True)
        _, pair = np.unique(np.column_stack([group.ravel(), t]), axis=0, return_inverse=True)
        largest = np.zeros(group.max() + 1, int)
        np.maximum.at(largest, group.ravel(), np.bincount(pair.ravel())[pair.ravel()])
        lost = len(x) - largest.sum()
        if lost:
            yield (f"{lost} of {len(x)} rows have the x of another row and a different t: no "
                   "network can be right about all of them")


def count_found(x, t, other_x, other_t):
    """How many of the other rows are among x, t."""
    known = {row.tobytes() for row in join_rows(x, t)}
    return sum(row.tobytes() in known for row in join_rows(other_x, other_t))


def count_found_among_themselves(x, t):
    """How many rows have a twin."""
    rows = [row.tobytes() for row in join_rows(x, t)]
    return len(rows) - len(set(rows))


def join_rows(x, t):
    """Each row of x and its target as one row of numbers."""
    return np.column_stack([x.reshape(len(x), -1), t]).astype(np.float32) + 0.0


def say_some(numbers):
    """The first few of them, in words."""
    numbers = [str(number) for number in numbers]
    return ", ".join(numbers[:6]) + (", ..." if len(numbers) > 6 else "")
