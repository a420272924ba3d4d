"""Functions in expressions: exp, log, max and so on."""

import math

import numpy as np

from .expressions import (TINY, Expression, Negative, Rest, as_expression, choose_shown,
                          write_number)

SMALL = 1e-3   # below this, a number beside 1 loses digits


class Call(Expression):
    """A function of one number, f(a), by its name, with its derivative."""

    def __init__(self, name, f, slope, a):
        self.name, self.f, self.slope, self.parts = name, f, slope, (a,)

    def evaluate(self, digits=None):
        try:
            return self.f(self.parts[0].evaluate(digits))
        except OverflowError:
            return math.inf
        except ValueError:  # log 0
            return -math.inf if self.name == "log" else math.nan

    def spread(self):
        a, value = self.parts[0], self.evaluate()
        try:
            slope = abs(self.slope(a.evaluate(), value))
        except (OverflowError, ZeroDivisionError):
            slope = math.inf
        return (slope * a.spread() if slope else 0.0) + abs(value)  # 0 is exact, as of exp(-inf)

    def symbols(self):
        return f"{self.name}({self.parts[0].symbols()})"

    def numbers(self, digits):
        return f"{self.name}({self.parts[0].numbers(digits)})"


class Extreme(Expression):
    """max(a, b, ...) or min(a, b, ...); of more than 8 the 6 that come nearest to it, and what the
    others come to.
    """

    def __init__(self, pick, parts):
        self.pick, self.parts = pick, list(parts)

    def evaluate(self, digits=None):
        return self.pick(part.evaluate(digits) for part in self.parts)

    def spread(self):
        return max(part.spread() for part in self.parts)

    def shown(self):
        """The numbers to show."""
        values = np.array([part.evaluate() for part in self.parts])
        chosen = choose_shown(values if self.pick is max else -values)
        if len(chosen) == len(values):
            return self.parts
        rest = self.pick(np.delete(values, chosen))
        return [*(self.parts[i] for i in chosen), Rest(rest, len(values) - len(chosen))]

    def symbols(self):
        return f"{self.pick.__name__}({', '.join(part.symbols() for part in self.shown())})"

    def numbers(self, digits):
        return f"{self.pick.__name__}({', '.join(part.numbers(digits) for part in self.shown())})"


class Indicator(Expression):
    """1{a > b}: 1 where this holds, else 0."""

    def __init__(self, a, b):
        self.parts = a, b

    def evaluate(self, digits=None):
        a, b = self.parts
        return float(a.evaluate() > b.evaluate())

    def spread(self):
        return 0.0

    def symbols(self):
        a, b = self.parts
        return f"1{{{a.symbols()} > {b.symbols()}}}"

    def numbers(self, digits):
        return write_number(self.evaluate(), digits)


# ---- by their names ----

def exp(a):
    return Call("exp", math.exp, lambda x, y: y, a)


def exp_minus_1(a):
    """exp(a) - 1, by expm1 where the difference would lose digits."""
    if 0 < abs(a.value) < SMALL:
        return Call("expm1", math.expm1, lambda x, y: 1 + y, a)
    return exp(a) - 1


def log(a):
    return Call("log", math.log, lambda x, y: 1 / x, a)


def log_of_1_plus(a):
    """log(1 + a), by log1p where the sum would lose digits."""
    if 0 < abs(a.value) < SMALL:
        return Call("log1p", math.log1p, lambda x, y: 1 / (1 + x), a)
    return log(1 - a.parts[0] if isinstance(a, Negative) else 1 + a)


def sqrt(a):
    return Call("sqrt", math.sqrt, lambda x, y: 0.5 / max(y, TINY ** 0.5), a)


def tanh(a):
    return Call("tanh", math.tanh, lambda x, y: 1 - y * y, a)


def normal_distribution(a):
    """Φ(a), the share of a standard normal distribution that lies below a."""
    return Call("Φ", lambda x: math.erfc(-x / math.sqrt(2)) / 2, lambda x, y: _density(x), a)


def normal_density(a):
    """φ(a) = e^(-a²/2) / √(2π)"""
    return Call("φ", _density, lambda x, y: x * y, a)


def absolute(a):
    return Call("abs", abs, lambda x, y: 1.0, a)


def sign_of(a):
    return Call("sign", lambda x: float((x > 0) - (x < 0)), lambda x, y: 0.0, a)


def maximum(*parts):
    return Extreme(max, map(as_expression, parts)) if len(parts) > 1 else parts[0]


def minimum(*parts):
    return Extreme(min, map(as_expression, parts))


def is_above(a, b):
    """1 where a > b, else 0"""
    return Indicator(as_expression(a), as_expression(b))


def _density(x):
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)
