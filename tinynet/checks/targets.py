"""Targets: what a network should say for each row, as an array (n, k) for k outputs."""

import numpy as np

from .settings import real
from .arrays import fitting, real_numbers


def targets_of(t, n, k, dtype):
    """t as an array (n, k); else a ValueError.

    What t is follows from its shape and numbers alone:

        (n, k)          the targets themselves: one-hot, soft, or numbers to come near to
        (n,)  k = 1     the one column
        (n,)  k > 1     labels, whole numbers from 0 to k - 1, which become one-hot rows
    """
    t = real_numbers("t", t)
    if t.ndim == 0 or len(t) != n:
        raise ValueError(f"x has {n} rows, but t has shape {t.shape}; there must be one target for each row")
    if t.shape == (n, k) or t.shape == (n,) and k == 1:
        return fitting("t", t.reshape(n, k), dtype)
    if t.shape == (n,):
        return one_hot(t, k, dtype)
    labels = ", or labels of shape (n,)" + (": np.asarray(t).ravel()" if t.shape == (n, 1) else "")
    raise ValueError(f"t has shape {t.shape}, but the network has {k} output{'s' * (k > 1)}: "
                     f"pass ({n}, {k})" + (labels if k > 1 else f" or ({n},)"))


def one_hot(labels, k, dtype=float):
    """Rows of zeros with a 1 in the column of the label; labels (n,) are whole numbers from 0 to k - 1."""
    whole = np.isfinite(labels) & (labels == np.floor(labels))
    if not whole.all():
        row = whole.argmin()
        raise ValueError(f"t is {labels[row]!s} in row {row}; for {k} outputs a t of shape (n,) holds labels, whole numbers "
                         f"from 0 to {k - 1}, and numbers to come near to have the shape (n, {k})")
    known = (labels >= 0) & (labels < k)
    if not known.all():
        row = known.argmin()
        raise ValueError(f"t has label {labels[row]!s} in row {row}; the network has {k} outputs, "
                         f"so labels run from 0 to {k - 1}")
    t = np.zeros((len(labels), k), dtype)
    t[np.arange(len(labels)), labels.astype(int)] = 1
    return t


def classes_of(t):
    """The class of each row (n,), if all rows of t are one-hot, or 0 or 1 in a single column; else None."""
    if not ((t == 0) | (t == 1)).all():
        return None
    if t.shape[1] == 1:
        return t[:, 0].astype(int)
    return t.argmax(axis=1) if (t.sum(axis=1) == 1).all() else None


def class_weights(class_weight, t):
    """The weight (n,) that each row has from its class.

    class_weight is a dictionary from class to weight, in which a class that is missing has weight 1, or "balanced":
    n / (classes · rows of the class), so that every class that occurs has the same weight in all.
    """
    classes = classes_of(t)
    k = max(t.shape[1], 2)
    if classes is None:
        raise ValueError("class_weight needs targets that are classes: labels of shape (n,), one-hot rows, "
                         "or 0 and 1 for a single output")
    if isinstance(class_weight, str) and class_weight == "balanced":
        counts = np.bincount(classes, minlength=k)
        return (len(classes) / (np.count_nonzero(counts) * np.maximum(counts, 1)))[classes]
    if not isinstance(class_weight, dict):
        raise ValueError(f'class_weight is {class_weight!r}; it must be a dictionary from class to weight, or "balanced"')
    weights = np.ones(k)
    for label, weight in class_weight.items():
        if label not in range(k):
            raise ValueError(f"class_weight has the class {label!r}; the classes run from 0 to {k - 1}")
        weights[int(label)] = real(f"class_weight of class {label}", weight, "[0, inf)")
    return weights[classes]
