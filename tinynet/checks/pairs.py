"""Pairs: an output and its target have one shape, also where a loss is called directly.

NumPy would broadcast them, (n, k) and (n,) or (n, 1) and (n,), to a wrong loss.
"""

import functools
import inspect

import numpy as np

from .arrays import as_real_numbers


def guard_passes(cls):
    """Have the two passes of a class of losses check what they are given."""
    for name, first, guard in ("forward", "x", guard_forward), ("backward", "y", guard_backward):
        method = vars(cls).get(name)
        if inspect.isfunction(method):
            usual = f"(self, {first}, t, sample_weight=None)"
            guard = guard if str(inspect.signature(method)) == usual else guard_own
            setattr(cls, name, guard(method))


def guard_forward(method):
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


def guard_backward(method):
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


def guard_own(method):
    """A pass with parameters of its own, behind the check."""
    signature = inspect.signature(method)
    name, t_name, *_ = [*signature.parameters][1:] + ["x", "t"]

    @functools.wraps(method)
    def check_and_call(*arguments, **named):
        if named or len(arguments) < 3 or np.shape(arguments[1]) != np.shape(arguments[2]):
            loss, *given = signature.bind(*arguments, **named).arguments.values()
            if len(given) >= 2:
                as_aligned(f"{loss!r}.{method.__name__}", name, given[0], given[1], None, t_name)
        return method(*arguments, **named)

    return check_and_call


def as_aligned(call, name, x, t, sample_weight, t_name="t"):
    """The three as arrays; a ValueError that says what to pass, unless their shapes fit."""
    x, t = as_real_numbers(name, x), as_real_numbers(t_name, t)
    if x.ndim != 2:
        hint = f"; for a single row pass {name}[None] and {t_name}[None]" if x.ndim == 1 else ""
        raise ValueError(f"{call}: {name} has shape {x.shape}; it must be (n, k){hint}")
    if t.shape != x.shape:
        raise ValueError(f"{call}: {t_name} has shape {t.shape}, but {name} has shape {x.shape}"
                         + _suggest_target(x.shape, t, t_name))
    if sample_weight is not None:
        sample_weight = as_real_numbers("sample_weight", sample_weight)
        if sample_weight.shape != (len(x),):
            raise ValueError(f"{call}: sample_weight has shape {sample_weight.shape}, but there "
                             f"are {len(x)} rows, so it must be ({len(x)},)")
    return x, t, sample_weight


def _suggest_target(shape, t, name):
    """A hint for labels, for a column that came as a row, and for a single row."""
    n, k = shape
    if t.size == n and t.ndim in (1, 2) and k == 1:
        return f"; pass np.reshape({name}, (-1, 1))"
    if t.ndim > 0 and t.size == len(t) == n and np.equal(np.mod(t, 1), 0).all():
        labels = name if t.ndim == 1 else f"np.ravel({name})"
        return f"; for labels pass one_hot({labels}, {k})"
    return f"; pass {name}[None]" if t.shape == (k,) and n == 1 else ""
