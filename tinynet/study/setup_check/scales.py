"""Scales: how large numbers are, beside what one usually has."""

import math

import numpy as np

from .scores import take_some

ROWS = 1000      # to look at, at most
DISTINCT = 10    # so many different numbers or fewer are codes, of which none is far
FAR = 10         # times as far as one half of the different numbers reaches


def standardize(a, like):
    """a without the mean of `like`, and divided by its standard deviation: by columns, in images as
    a whole.
    """
    axis, like = 0 if a.ndim == 2 else None, like.astype(float)
    mean, spread = like.mean(axis=axis), like.std(axis=axis)
    return ((a - mean) / np.where(spread > 1e-9 * np.abs(mean), spread, 1)).astype(a.dtype)


def find_scale_oddness(a):
    """By how many powers of ten the largest column is away from numbers of about 1, or the mean of
    a column from its standard deviation.
    """
    columns = a.astype(float) if a.ndim == 2 else a.reshape(-1, 1).astype(float)
    size, spread = np.sqrt(np.mean(columns ** 2, axis=0)), columns.std(axis=0)
    varies = spread > 1e-9 * size
    if not varies.any():
        return 0.0
    largest, offset = size.max(), (size[varies] / spread[varies]).max()
    return max(math.log10(largest / 3), math.log10(0.1 / largest), math.log10(offset / 30), 0.0)


def say_range(a):
    """Where its numbers lie."""
    return f"between {a.min():.3g} and {a.max():.3g}"


def find_marks(x):
    """{column: numbers}: those that stand again and again in a column, far from the others, as -999
    does for what is missing.
    """
    marks, x = {}, take_some(ROWS, x)[0]
    for column in range(x.shape[1] if x.ndim == 2 else 0):
        values, counts = np.unique(x[:, column], return_counts=True)
        # of different numbers, so that it does not matter how often a mark stands there
        low, high = np.quantile(values, (0.25, 0.75))
        is_mark = (counts > 1) & (np.maximum(low - values, values - high) > FAR * (high - low))
        if len(values) > DISTINCT and is_mark.any():
            marks[column] = values[is_mark].tolist()
    return marks


def find_weights_oddness(net):
    """(how unusual the initial weights are, which ones in words): those of a layer that are all the
    same, or far from the size that keeps signals what they are.
    """
    oddness, seen = 0.0, "the initial weights are of the usual size"
    parts = [(name, part) for name, part in net._named_parts() if part.param_names]
    for name, part in parts:
        for weights in part.param_names:
            W = getattr(part, weights)
            if W.ndim < 2 or W.size < 2:
                continue
            window = math.prod(W.shape[:-2])
            usual = math.sqrt(2 / (window * (W.shape[-2] + W.shape[-1])))
            spread, size = float(W.std()), math.sqrt(np.mean(W.astype(float) ** 2))
            if spread < 1e-6 * max(float(np.abs(W).max()), 1e-30) or not W.any():
                this, text = 3.0, f"{name}{weights} is {W.flat[0]:.3g} throughout"
                if not W.any() and part is parts[-1][1]:
                    continue
            else:
                this = max(abs(math.log10(size / usual)) - 0.4, 0.0)
                mean = f" and the mean {W.mean():.3g}" if abs(W.mean()) > spread else ""
                text = (f"{name}{weights} has the standard deviation {spread:.3g}{mean}, where "
                        f"glorot_uniform gives {usual:.3g}{' and 0' if mean else ''}")
            if this > oddness:
                oddness, seen = this, text
    return oddness, seen
