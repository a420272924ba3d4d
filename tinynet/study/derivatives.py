"""Numerical derivatives: what a backward pass must agree with."""

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
