"""Targets: what a network should say for each row, as an array (n, k) for k outputs."""

import numpy as np

from .arrays import as_finite, as_real_numbers
from .settings import as_real, as_whole

__all__ = ["one_hot"]


def one_hot(labels, k):
    """Rows of zeros with a 1 in the column of the label: an array (n, k) of float64.

    labels   (n,) whole numbers from 0 to k - 1
    k        the number of classes

    Raises ValueError for labels that are something else; it names the first row.

    >>> one_hot([0, 2, 1], 3)
    array([[1., 0., 0.],
           [0., 0., 1.],
           [0., 1., 0.]])
    """
    k, labels = as_whole("k", k, at_least=1), as_real_numbers("labels", labels)
    if labels.ndim != 1:
        raise ValueError(
            f"labels has shape {labels.shape}; it must be (n,), one label for each row")
    _check_whole("labels", labels, f"labels are whole numbers from 0 to {k - 1}")
    _check_range("labels", labels, k, f"there are {k} classes")
    return _fill_one_hot(labels, k, float)


def as_targets(t, n, k, dtype):
    """t as an array (n, k); else a ValueError.

    What t is follows from its shape and numbers alone:

        (n, k)          the targets themselves: one-hot, soft, or numbers to come near to
        (n,)  k = 1     the one column
        (n,)  k > 1     labels, whole numbers from 0 to k - 1, which become one-hot rows
    """
    t = as_real_numbers("t", t)
    if t.ndim == 0 or len(t) != n:
        raise ValueError(f"x has {n} rows, but t has shape {t.shape}; there must be one target for "
                         "each row")
    if t.shape == (n, k) or t.shape == (n,) and k == 1:
        return as_finite("t", t.reshape(n, k), dtype)
    if t.shape == (n,):
        _check_whole("t", t, f"for {k} outputs a t of shape (n,) holds labels, whole numbers from "
                     f"0 to {k - 1}, and numbers to come near to have the shape (n, {k})")
        _check_range("t", t, k, f"the network has {k} outputs")
        return _fill_one_hot(t, k, dtype)
    labels = ", or labels of shape (n,)" + (": np.asarray(t).ravel()" if t.shape == (n, 1) else "")
    raise ValueError(f"t has shape {t.shape}, but the network has {k} output{'s' * (k > 1)}: "
                     f"pass ({n}, {k})" + (labels if k > 1 else f" or ({n},)"))


def _check_whole(name, labels, hint):
    is_whole = np.isfinite(labels) & (labels == np.floor(labels))
    if not is_whole.all():
        row = is_whole.argmin()
        raise ValueError(f"{name} is {labels[row]!s} in row {row}; {hint}")


def _check_range(name, labels, k, reason):
    is_known = (labels >= 0) & (labels < k)
    if not is_known.all():
        row = is_known.argmin()
        raise ValueError(f"{name} has label {labels[row]!s} in row {row}; {reason}, so labels run "
                         f"from 0 to {k - 1}")


def _fill_one_hot(labels, k, dtype):
    t = np.zeros((len(labels), k), dtype)
    t[np.arange(len(labels)), labels.astype(int)] = 1
    return t


def find_classes(t):
    """The class of each row (n,), if all rows of t are one-hot, or 0 or 1 in a single column; else
    None.
    """
    if not ((t == 0) | (t == 1)).all():
        return None
    if t.shape[1] == 1:
        return t[:, 0].astype(int)
    return t.argmax(axis=1) if (t.sum(axis=1) == 1).all() else None


def weigh_classes(class_weight, t):
    """The weight (n,) that each row has from its class.

    class_weight is a dictionary from class to weight, in which a class that is missing has weight
    1, or "balanced": n / (classes · rows of the class), so that every class that occurs has the
    same weight in all.
    """
    classes = find_classes(t)
    k = max(t.shape[1], 2)
    if classes is None:
        raise ValueError("class_weight needs targets that are classes: labels of shape (n,), "
                         "one-hot rows, or 0 and 1 for a single output")
    if isinstance(class_weight, str) and class_weight == "balanced":
        counts = np.bincount(classes, minlength=k)
        return (len(classes) / (np.count_nonzero(counts) * np.maximum(counts, 1)))[classes]
    if not isinstance(class_weight, dict):
        raise ValueError(f'class_weight is {class_weight!r}; it must be a dictionary from class to '
                         'weight, or "balanced"')
    weights = np.ones(k)
    for label, weight in class_weight.items():
        if label not in range(k):
            raise ValueError(f"class_weight has the class {label!r}; the classes run from 0 to "
                             f"{k - 1}")
        weights[int(label)] = as_real(f"class_weight of class {label}", weight, "[0, inf)")
    return weights[classes]
