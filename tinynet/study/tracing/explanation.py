"""Explanations: where one number of a training step comes from, as text and as data."""

import numbers
import re
import textwrap
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .formulas.expressions import write_number, subscript
from .formulas.base import LETTERS

WIDTH = 80          # columns of a terminal
EXACT = 1e-12       # two numbers agree that differ by so much of the numbers they are made of
DIGITS = 4, 6, 8, 10, 12, 15, 17


class Term(NamedTuple):
    """A number that another one was made of: the entry of an array at an index."""

    array: str
    index: tuple
    value: float


@dataclass(frozen=True, repr=False)
class Explanation:
    """Where one number of a training step comes from. It prints as a line or a few.

    value   the number that was recorded
    terms   the numbers that it was made of, each as (array, index, value), to go on from
    text    the formula, and the formula with the numbers in it
    ok      whether the formula gives the number that was recorded
    """

    value: float
    terms: tuple
    text: str
    ok: bool

    def __str__(self):
        return self.text

    __repr__ = __str__


def explain(step, name, index):
    """The Explanation of an entry of an array of a step."""
    step.check(name)
    first, place = step.same.get(name, name), as_index(step, name, index)
    formulas, local = step.find_maker(first)
    with np.errstate(all="ignore"):
        made = formulas.make(local, place)
    value = made.expression.value if first in step.on_demand else float(step[first][place])
    symbol, lines = write_symbol(local, place), []
    if first != name:
        lines.append(f"{name} is {first}:")
    lines += write_equation(symbol, made.expression, value)
    lines += textwrap.wrap(made.sentence, WIDTH)
    ok = agrees(made, value)
    if not ok:
        lines.append(f"≠ the number that was recorded is {write_number(value, 6)}")
    for title, expression, must_agree in made.ways:
        lines += [f"{title}:", *write_equation(symbol, expression, None)]
        if must_agree:
            text, is_same = compare_ways(made.expression, expression)
            lines += textwrap.wrap(text, WIDTH)
            ok = ok and is_same
    terms = tuple(dict.fromkeys(Term(*cell) for cell in collect_cells(made)))
    lines += say_where_it_stands(step, formulas, terms)
    return Explanation(value, terms, "\n".join(lines), ok)


def as_index(step, name, index):
    """The index as a tuple of whole numbers, counted from 0."""
    shape = step.find_shape(name)
    places = index if isinstance(index, (tuple, list, np.ndarray)) else (index,)
    are_whole = all(isinstance(i, numbers.Integral) and not isinstance(i, bool) for i in places)
    if not (are_whole and len(places) == len(shape)
            and all(-size <= i < size for i, size in zip(places, shape))):
        ranges = ", ".join(f"0 to {size - 1}" for size in shape)
        raise ValueError(f"index is {index!r}; {name} has shape {shape}, so it must be "
                         + (f"{len(shape)} whole numbers: {ranges}" if len(shape) > 1 else
                            f"a whole number: {ranges}" if shape else "()"))
    return tuple(int(i) % size for i, size in zip(places, shape))


def agrees(made, value):
    """Whether the formula gives this number."""
    if made.low is not None:
        return bool(made.low <= value <= made.high)
    if made.expression is None:
        return True
    return is_near(made.expression.value, value, made.expression.spread())


def is_near(one, other, size):
    """Whether two numbers, made of numbers of this size, are the same but for rounding."""
    return bool(one == other or abs(one - other) <= EXACT * size)


def compare_ways(one, other):
    """(a sentence, whether they agree) about two ways to one number."""
    difference = one.value - other.value
    if not np.isfinite(difference):
        return ("This way comes to no number: it divides by a y that was rounded to 0 or 1. The "
                "other way needs no division."), True
    is_same = is_near(one.value, other.value, one.spread() + other.spread())
    reason = ", which is rounding" if is_same and difference else ""
    return f"Difference of the two ways: {write_number(difference, 2)}{reason}.", is_same


def collect_cells(made):
    """The entries of arrays that a number was made of, by any way that must give the same."""
    expressions = [made.expression, *(way for _, way, must_agree in made.ways if must_agree)]
    return [*made.cells, *(cell for expression in expressions if expression is not None
                           for cell in expression.cells())]


# ---- text ----

def write_symbol(local, place):
    """ "dW₁₀" for the entry (1, 0) of "dW" """
    name = re.sub(r"^(\d+\.)+", "", local)  # of a layer in a network that is taken as one layer
    return LETTERS.get(name, name).replace(".", "_") + subscript(place)


def write_equation(symbol, expression, value):
    """The lines of "dW₁₀ = x₀₁ dy₀₀ + x₁₁ dy₁₀ = 1.5 · 1 + 0 · 0 = 1.5"; of a number without an
    expression the value.
    """
    if expression is None:
        return [f"{symbol} = {write_number(value, 6)}"]
    digits = choose_digits(expression)
    sides = [symbol, expression.symbols(), expression.numbers(digits),
             write_number(expression.value, digits)]
    sides = [side for i, side in enumerate(sides) if i == 0 or side != sides[i - 1]]
    line = " = ".join(sides)
    if len(line) <= WIDTH:
        return [line]
    lines, indent = [], " " * len(symbol)
    for side in sides[1:]:
        first, *others = wrap_sum(side, WIDTH - len(symbol) - 3)
        lines += [f"{indent} = {first}", *(f"{indent}   {other}" for other in others)]
    return [symbol + lines[0].removeprefix(indent), *lines[1:]]


def wrap_sum(text, width):
    """The text in lines of at most this width, broken before + and -."""
    lines = [""]
    for part in cut_sum(text, width):
        if lines[-1] and len(lines[-1]) + len(part) > width:
            lines.append("")
        lines[-1] = (lines[-1] + part).lstrip()
    return lines


def cut_sum(text, width):
    """The text in parts: the terms of the outermost sum, and of the sums in those that are longer
    than the width.
    """
    depth, places = 0, {}
    for i, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if i and text[i:i + 3] in (" + ", " - "):
            places.setdefault(depth, []).append(i)
    if len(text) <= width or not places:
        return [text]
    cuts = [0, *places[min(places)], len(text)]
    return [part for start, stop in zip(cuts, cuts[1:])
            for part in cut_sum(text[start:stop], width)]


def choose_digits(expression):
    """How many digits each number needs, so that the formula comes out at the value."""
    value, size = expression.value, expression.spread()
    if not np.isfinite(value):
        return DIGITS[0]
    for digits in DIGITS:
        off = abs(expression.evaluate(digits) - value)
        if off <= max(5e-4 * abs(value), EXACT * size):
            break
    return digits


def say_where_it_stands(step, formulas, terms):
    """Of which layer a formula is, and what other names its arrays have."""
    used = {term.array for term in terms}
    other = [f"{name.removeprefix(formulas.prefix)} is {first}"
             for name, first in step.same.items() if name in used
             and name.startswith(formulas.prefix) and name != formulas.prefix + first]
    where = step.find_heading(formulas.prefix)
    if not where:
        return []
    text = f"in {where}" + (f", where {' and '.join(other)}" if other else "")
    return textwrap.wrap(text, WIDTH, subsequent_indent="    ")
