"""Expressions: a formula for one number, with the numbers in it: sums, products and quotients."""

import math

import numpy as np

AT_MOST, LARGEST = 8, 6   # of a sum of more than 8 terms the 6 largest are shown
TINY = 1e-308             # numbers below this have lost digits to underflow
EXACT = 1e-12             # how much of what they are made of two numbers may differ by
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class Expression:
    """A formula with numbers in it, such as 1.5 · 1 + 0 · 0.

    Expressions and numbers are added, multiplied and so on by the usual operators.

    level      how tightly it binds: 0 for sums, 1 for products, 2 for what needs no parentheses
    parts      the expressions that it is made of
    """

    level = 2
    parts = ()

    def evaluate(self, digits=None):
        """Its value; or what comes out with each number in it rounded to so many digits."""
        raise NotImplementedError

    def spread(self):
        """The largest first-order change of the value for a relative change of 1 in each of the
        numbers in it.
        """
        raise NotImplementedError

    def symbols(self):
        """The formula in letters:  x₀₁ dy₀₀ + x₁₁ dy₁₀"""
        raise NotImplementedError

    def numbers(self, digits):
        """The formula in numbers of so many digits:  1.5 · 1 + 0 · 0"""
        raise NotImplementedError

    def entries(self):
        """The entries of arrays that it is made of, each as (array, index, value)."""
        return [entry for part in self.parts for entry in part.entries()]

    @property
    def value(self):
        return self.evaluate()

    def __add__(self, other):
        return Sum([self, as_expression(other)])

    def __radd__(self, other):
        return Sum([as_expression(other), self])

    def __sub__(self, other):
        return Sum([self, -as_expression(other)])

    def __rsub__(self, other):
        return Sum([as_expression(other), -self])

    def __mul__(self, other):
        return Product([self, as_expression(other)])

    def __rmul__(self, other):
        return Product([as_expression(other), self])

    def __truediv__(self, other):
        return Quotient(self, as_expression(other))

    def __rtruediv__(self, other):
        return Quotient(as_expression(other), self)

    def __neg__(self):
        return Negative(self)


class Number(Expression):
    """A number, with a symbol if it has one; or, with an array and an index, an entry of an array.
    """

    def __init__(self, number, symbol=None, array=None, index=()):
        self.number, self.symbol, self.array, self.index = float(number), symbol, array, index

    def evaluate(self, digits=None):
        return self.number if digits is None else float(write_number(self.number, digits))

    def spread(self):
        return max(abs(self.number), TINY)

    def symbols(self):
        return write_number(self.number, 6) if self.symbol is None else self.symbol

    def numbers(self, digits):
        return write_number(self.number, digits)

    def entries(self):
        return [] if self.array is None else [(self.array, self.index, self.number)]


class Rest(Number):
    """What so many terms that are not shown come to together; made of these entries of arrays."""

    def __init__(self, number, n, entries=()):
        super().__init__(number, f"the other {n}")
        self._entries = entries

    def entries(self):
        return list(self._entries)


class Negative(Expression):
    """-a"""

    def __init__(self, a):
        self.parts, self.level = (a,), min(a.level, 1)

    def evaluate(self, digits=None):
        return -self.parts[0].evaluate(digits)

    def spread(self):
        return self.parts[0].spread()

    def symbols(self):
        return negate(self.parts[0], self.parts[0].symbols())

    def numbers(self, digits):
        return negate(self.parts[0], self.parts[0].numbers(digits))


class Sum(Expression):
    """a + b + ...; of more than 8 terms the 6 largest, in their order, and the rest as one."""

    level = 0

    def __init__(self, terms):
        terms = list(terms)
        if terms and type(terms[0]) is Sum:  # a + b + c is one sum
            terms[:1] = terms[0].parts
        self.parts = terms

    def evaluate(self, digits=None):
        return sum(part.evaluate(digits) for part in (self.shown() if digits else self.parts))

    def spread(self):
        return sum(part.spread() for part in self.parts)

    def shown(self):
        """The terms to show."""
        values = np.array([part.evaluate() for part in self.parts])
        chosen = choose_shown(np.abs(values))
        if len(chosen) == len(values):
            return self.parts
        rest = np.delete(values, chosen).sum()
        return [*(self.parts[i] for i in chosen), Rest(rest, len(values) - len(chosen))]

    def symbols(self):
        return join_terms([part.symbols() for part in self.shown()])

    def numbers(self, digits):
        return join_terms([part.numbers(digits) for part in self.shown()])


class Product(Expression):
    """a · b · ..."""

    level = 1

    def __init__(self, factors):
        self.parts = [factor for part in factors
                      for factor in (part.parts if type(part) is Product else [part])]

    def evaluate(self, digits=None):
        return math.prod(part.evaluate(digits) for part in self.parts)

    def spread(self):
        values = [abs(part.evaluate()) for part in self.parts]
        return sum(part.spread() * math.prod(values[:i] + values[i + 1:])
                   for i, part in enumerate(self.parts))

    def symbols(self):
        return " ".join(in_product(part, part.symbols()) for part in self.parts)

    def numbers(self, digits):
        return " · ".join(in_product(part, part.numbers(digits)) for part in self.parts)


class Square(Expression):
    """a²"""

    def __init__(self, a):
        self.parts = (a,)

    def evaluate(self, digits=None):
        a = self.parts[0].evaluate(digits)
        return a * a  # a ** 2 would raise OverflowError

    def spread(self):
        a = self.parts[0]
        return 2 * abs(a.evaluate()) * a.spread()

    def symbols(self):
        return self._raise(self.parts[0].symbols())

    def numbers(self, digits):
        return self._raise(self.parts[0].numbers(digits))

    def _raise(self, text):
        return f"({text})²" if self.parts[0].level < 2 or text.startswith("-") else f"{text}²"


class Quotient(Expression):
    """a / b"""

    level = 1

    def __init__(self, a, b):
        self.parts = a, b

    def evaluate(self, digits=None):
        a, b = (part.evaluate(digits) for part in self.parts)
        return a / b if b else math.copysign(math.inf, a) if a else math.nan

    def spread(self):
        a, b = self.parts
        value = abs(b.evaluate())
        return (a.spread() + abs(self.evaluate()) * b.spread()) / value if value else math.inf

    def symbols(self):
        a, b = (part.symbols() for part in self.parts)
        return self._join(a, b)

    def numbers(self, digits):
        a, b = (part.numbers(digits) for part in self.parts)
        return self._join(a, b)

    def _join(self, a, b):
        numerator, denominator = self.parts
        a = f"({a})" if numerator.level == 0 else a
        return f"{a} / ({b})" if denominator.level < 2 else f"{a} / {b}"


def total(terms):
    """Σ of the terms; 0 if there are none."""
    terms = list(terms)
    if len(terms) == 1:
        return terms[0]
    return Sum(terms) if terms else Number(0)


def as_expression(value):
    return value if isinstance(value, Expression) else Number(value)


# ---- text ----

def write_number(number, digits):
    """A number in so many significant digits."""
    return f"{number + 0.0:.{digits}g}"  # + 0.0 turns -0.0 into 0.0


def subscript(index, shape):
    """(1, 0) as ₁₀; with commas, as ₁₂,₃, for all entries of an array that has one above 9."""
    comma = "," if any(size > 10 for size in shape) else ""
    return comma.join(map(str, index)).translate(SUBSCRIPTS)


def choose_shown(sizes):
    """The places of the terms to show, by their sizes: all, or the 6 largest of more than 8."""
    if len(sizes) <= AT_MOST:
        return np.arange(len(sizes))
    return np.sort(np.argsort(-sizes, kind="stable")[:LARGEST])


def join_terms(texts):
    """ "a", "-b" and "c" as "a - b + c" """
    first, *others = texts
    return first + "".join(f" - {text[1:]}" if text.startswith("-") else f" + {text}"
                           for text in others)


def negate(part, text):
    """The text of -a, for that of a."""
    if part.level == 0:
        return f"-({text})"
    return text[1:] if text.startswith("-") else f"-{text}"


def in_product(part, text):
    """The text of a factor; in parentheses if it needs them."""
    return f"({text})" if part.level < 2 else text
