"""Numerical derivatives: what a backward pass must agree with."""

from typing import NamedTuple

import numpy as np


def central_difference(f, x, h=3e-4):
    """The gradient of f at x, from values of f around x.

        ∂f/∂xⱼ ≈ (8 (f(x + h eⱼ) - f(x - h eⱼ)) - (f(x + 2h eⱼ) - f(x - 2h eⱼ))) / 12 h

    f takes an array like x and returns a number; x is an array of float64, of any shape, and stays
    as it is. The error is about h⁴/30 times the fifth derivative, plus 1e-16 |f| / h from rounding
    (Fornberg, 1988). f must be smooth within 2h of x: at a kink, such as that of ReLU at 0, no
    difference tells the derivative.

    >>> central_difference(lambda x: (x ** 3).sum(), np.array([1.0, 2.0])).round(9)
    array([ 3., 12.])
    """
    x = np.array(x, dtype=float)

    def at(j, change):
        moved = x.copy()
        moved[j] += change
        return f(moved)

    dx = np.empty_like(x)
    for j in np.ndindex(x.shape):
        dx[j] = (8 * (at(j, h) - at(j, -h)) - (at(j, 2 * h) - at(j, -2 * h))) / (12 * h)
    return dx


def complex_step(f, x, h=1e-20):
    """The gradient of f at x, from a step into the complex plane.

        ∂f/∂xⱼ ≈ Im f(x + i h eⱼ) / h

    Nothing is subtracted, so h can be tiny, and the result is as exact as f itself (Squire and
    Trapp, 1998). But f must be made of operations that are analytic in complex numbers: not abs,
    max or logaddexp.

    >>> complex_step(lambda x: (x ** 3).sum(), np.array([1.0, 2.0]))
    array([ 3., 12.])
    """
    x = np.array(x, dtype=complex)
    dx = np.empty(x.shape)
    for j in np.ndindex(x.shape):
        moved = x.copy()
        moved[j] += 1j * h
        dx[j] = np.imag(f(moved)) / h
    return dx


class Slopes(NamedTuple):
    """The derivative at 0 of each number of f(s), and what is known of it; arrays like f(0)."""

    value: np.ndarray    # the derivative; at a kink the mean of the slopes on both sides
    error: np.ndarray    # how far off that may be; infinite where nothing is known
    low: np.ndarray      # the smaller one of the slopes on both sides, at a kink; else the value
    high: np.ndarray     # the larger one
    jumps: np.ndarray    # True where f jumps

    @classmethod
    def exactly(cls, derivative):
        """Those of a function whose derivative is known."""
        nowhere = np.zeros(np.shape(derivative), bool)
        return cls(derivative, 0 * derivative, derivative, derivative, nowhere)


def find_slopes(f, h=0.05, levels=24, noise=None):
    """The Slopes at 0 of f, a function of one number that gives an array.

    Differences (f(s) - f(-s)) / 2s with s = h, h/2, h/4, ... are extrapolated to s = 0; of all
    extrapolations the one is taken that changed least, and its change is the error (Ridders, 1982).
    So the step suits f: it shrinks until no kink lies within it, and not so far that rounding
    counts. `noise` is how far off values of f may be by rounding; the default is 1e-14 of the
    largest.

    Kinks and jumps show in the slopes on both sides, (f(s) - f(0)) / s and (f(0) - f(-s)) / s. At a
    kink they differ by the same for all small s, where for a smooth f their difference halves with
    s. Where f jumps, one of them doubles; and where it does not come near to any number, as for
    √|x| and x log|x| at 0, nothing is known.
    """
    middle = np.asarray(f(0.0), dtype=float)
    if noise is None:
        noise = 1e-14 * np.abs(middle[np.isfinite(middle)]).max(initial=0)
    noise = noise + 1e-300
    value, error = np.zeros_like(middle), np.full_like(middle, np.inf)
    rights, lefts, estimates, n_idle = [], [], [], 0
    changes_at_all = np.zeros(np.shape(middle), bool)
    for level in range(levels):
        s = h / 2 ** level
        ahead, behind = f(s), f(-s)
        changes_at_all |= (ahead != middle) | (behind != middle)
        rights.append((ahead - middle) / s)
        lefts.append((middle - behind) / s)
        estimates, changes = _extrapolate((rights[-1] + lefts[-1]) / 2, estimates)
        n_idle += 1
        for estimate, change in zip(estimates, changes):
            change = np.maximum(change, 0.2 * noise / s)  # two values may agree by chance
            is_better = change < error
            n_idle = 0 if is_better.any() else n_idle
            value, error = np.where(is_better, estimate, value), np.where(is_better, change, error)
        kinks = _go_on_by(1, [right - left for right, left in zip(rights[-3:], lefts[-3:])],
                          100 * noise / s)
        error = np.where(kinks, np.inf, error)  # unless the kink lies between 0 and a smaller s
        relative = error.max(initial=0) / (np.abs(value).max(initial=0) + np.max(noise, initial=0))
        # exact enough, or as exact as it gets: for four levels nothing was better
        if level >= 3 and (relative < 1e-11 or relative < 1e-6 and n_idle > 3):
            break
    jumps, wild = np.zeros_like(kinks), np.zeros_like(kinks)
    for slopes in rights, lefts:
        jumps |= _go_on_by(2, slopes[-3:], 100 * noise / s)
        wild |= _grow(slopes[-4:], 100 * noise / s)
    right, left = (2 * slopes[-1] - slopes[-2] for slopes in (rights, lefts))
    right_change, left_change = (np.abs(slopes[-1] - slopes[-2]) for slopes in (rights, lefts))
    error = np.where(kinks, np.maximum(right_change, left_change) + noise / s, error)
    # of what never changes, the last digit of f hides the slope
    last_digit = np.finfo(float).eps * np.abs(middle)
    error = np.where(changes_at_all, 2 * error + noise / h, last_digit / h)
    return Slopes(value, np.where(wild, np.inf, error),
                  np.where(kinks, np.minimum(right, left), value),
                  np.where(kinks, np.maximum(right, left), value), jumps)


def _extrapolate(difference, coarser):
    """(estimates, changes): the difference, and what follows from it and the estimates of twice the
    step, order by order; and by how much each of these estimates changed. The first has none.
    """
    estimates, changes = [difference], [np.inf]
    for order, older in enumerate(coarser, 1):
        latest = estimates[-1]
        estimates.append(latest + (latest - older) / (4 ** order - 1))
        changes.append(np.maximum(np.abs(latest - older), np.abs(estimates[-1] - latest)))
    return estimates, changes


def _go_on_by(factor, numbers, noise):
    """Where each of three numbers is about so many times the one before, and not noise."""
    if len(numbers) < 3:
        return np.zeros(np.shape(numbers[0]), bool)
    with np.errstate(all="ignore"):
        ratios = [numbers[2] / numbers[1], numbers[1] / numbers[0]]
        is_so = np.logical_and(*(np.abs(ratio / factor - 1) < 0.15 for ratio in ratios))
    return is_so & (np.abs(numbers[2]) > noise)


def _grow(slopes, noise):
    """Where slopes change with each smaller step by no less than with the one before."""
    if len(slopes) < 4:
        return np.zeros(np.shape(slopes[0]), bool)
    steps = [np.abs(after - before) for before, after in zip(slopes, slopes[1:])]
    return (steps[2] > 0.85 * steps[1]) & (steps[1] > 0.85 * steps[0]) & (steps[2] > noise)
