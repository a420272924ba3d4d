"""Pairs: an output and its target have one shape, also where a loss is called directly.

NumPy would broadcast them, (n, k) and (n,) or (n, 1) and (n,), to a wrong loss.
"""

import functools
import inspect

import numpy as np

from .arrays import as_real_numbers


def check_pairs(cls):
    """Have the two passes of a class of losses check what they get."""
    for name, checked, first in (("forward", checked_forward, "x"),
                                 ("backward", checked_backward, "y")):
        method = vars(cls).get(name)
        if (inspect.isfunction(method)
                and [*inspect.signature(method).parameters][1:] == [first, "t", "sample_weight"]):
            setattr(cls, name, checked(method))


def checked_forward(method):
    """The forward pass, behind the check."""
    @functools.wraps(method)
    def forward(self, x, t, sample_weight=None):
        try:  # in every step of a training run, so without a function of its own
            fit = (x.shape == t.shape and x.ndim == 2
                   and (sample_weight is None or sample_weight.shape == x.shape[:1]))
        except AttributeError:  # lists
            fit = False
        if not fit:
            x, t, sample_weight = as_aligned(f"{self!r}.forward", "x", x, t, sample_weight)
        return method(self, x, t, sample_weight)

    return forward


def checked_backward(method):
    """The backward pass, behind the check."""
    @functools.wraps(method)
    def backward(self, y, t, sample_weight=None):
        try:
            fit = (y.shape == t.shape and y.ndim == 2
                   and (sample_weight is None or sample_weight.shape == y.shape[:1]))
        except AttributeError:
            fit = False
        if not fit:
            y, t, sample_weight = as_aligned(f"{self!r}.backward", "y", y, t, sample_weight)
        return method(self, y, t, sample_weight)

    return backward


def as_aligned(call, name, x, t, sample_weight):
    """The three as arrays; a ValueError that says what to pass, unless their shapes fit."""
    x, t = as_real_numbers(name, x), as_real_numbers("t", t)
    if x.ndim != 2:
        hint = f"; for a single row pass {name}[None] and t[None]" if x.ndim == 1 else ""
        raise ValueError(f"{call} takes {name} of shape (n, k), and it has the shape "
                         f"{x.shape}{hint}")
    if t.shape != x.shape:
        raise ValueError(f"{call} takes t of the shape of {name}, {x.shape}, and it has the shape "
                         f"{t.shape}{_suggest_target(x.shape, t)}")
    if sample_weight is not None:
        sample_weight = as_real_numbers("sample_weight", sample_weight)
        if sample_weight.shape != (len(x),):
            raise ValueError(f"{call} takes a sample_weight for each row, of shape ({len(x)},), "
                             f"and it has the shape {sample_weight.shape}")
    return x, t, sample_weight


def _suggest_target(shape, t):
    """A hint for labels, for a column that came as a row, and for a single row."""
    n, k = shape
    column = "t" if t.ndim == 1 else "np.ravel(t)"
    if t.size == n and t.ndim in (1, 2):
        if k == 1:
            return "; pass np.reshape(t, (-1, 1))"
        if len(t) == n and np.equal(np.mod(t, 1), 0).all():
            return f"; for labels pass one_hot({column}, {k})"
    return "; pass t[None]" if t.shape == (k,) and n == 1 else ""
