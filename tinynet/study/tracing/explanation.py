"""Explanations: where one number of a training step comes from, as text and as data."""

import math
import numbers
import re
import textwrap
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..functions import without_warnings
from ..report import say_apart
from .equations import WIDTH, write_equation
from .formulas.base import LETTERS
from .formulas.expressions import EXACT, subscript, write_number


class Term(NamedTuple):
    """A number that another one was made of: the entry of an array at an index."""

    array: str
    index: tuple
    value: float


class OtherWay(NamedTuple):
    """Another way to a number, or what something else in its place would come to.

    agrees   whether it comes to the same number; None if it need not
    """

    title: str
    value: float
    terms: tuple
    text: str
    agrees: bool | None


@dataclass(frozen=True, repr=False)
class Explanation:
    """Where one number of a training step comes from. It prints as a line or a few.

    value   the number that was recorded
    terms   the numbers that it was made of, each as (array, index, value), to go on from; those of
            other ways to the same number come after the first one's
    text    the formula, and the formula with the numbers in it
    ok      False if the formula, or another way that must agree, does not come to the number that
            was recorded; True also where there is nothing to compare
    ways    other formulas beside it, each as (title, value, terms, text, agrees)
    """

    value: float
    terms: tuple
    text: str
    ok: bool
    ways: tuple = ()

    def __str__(self):
        return self.text

    __repr__ = __str__


def explain(step, name, index):
    """The Explanation of an entry of an array of a step."""
    step.check(name)
    recorded_name, index = step.aliases.get(name, name), as_index(step, name, index)
    formulas, local = step.find_maker(recorded_name)
    with without_warnings():  # of layers of one's own, through which complex numbers go
        made = formulas.make(local, index)
        value = find_value(step, recorded_name, index, made)
    symbol = write_symbol(local, index, step.find_shape(recorded_name))
    is_right = is_made_so(made, value)
    ways = [find_other_way(symbol, made.expression, way) for way in made.ways]

    lines = [] if recorded_name == name else [f"{name} is {recorded_name}:"]
    lines += write_equation(symbol, made.expression, value)
    lines += [] if is_right else [say_what_was_recorded(made, value)]
    lines += textwrap.wrap(made.sentence or say_if_rounding(made.expression), WIDTH)
    for way in ways:
        lines += [f"{way.title}:", *way.text.splitlines()]
    terms = list_terms(made.expression, made.entries)
    for way in ways:
        terms += way.terms if way.agrees is not None else ()
    lines += say_where_it_stands(step, formulas, {term.array for term in terms})
    ok = is_right and not any(way.agrees is False for way in ways)
    return Explanation(value, tuple(dict.fromkeys(terms)), "\n".join(lines), ok, tuple(ways))


def find_value(step, name, index, made):
    """The number that was recorded; of slopes, which are not, the one that was found."""
    if name not in step.on_demand:
        return float(step[name][index])
    return math.nan if made.expression is None else made.expression.value


def list_terms(expression, entries=()):
    """What an expression, or what has none, is made of."""
    entries = [*entries, *(() if expression is None else expression.entries())]
    return [Term(*entry) for entry in dict.fromkeys(entries)]


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


# ---- whether it is right ----

def is_made_so(made, value):
    """Whether a formula gives this number, but for rounding."""
    if made.low is not None:
        return bool(made.low <= value <= made.high)
    if made.expression is None:
        return True
    return is_near(made.expression.value, value, made.expression.spread())


def is_near(one, other, size):
    """Whether two numbers, made of numbers of this size, are the same but for rounding."""
    return bool(one == other or abs(one - other) <= EXACT * size)


def find_other_way(symbol, expression, way):
    """The OtherWay beside the formula of a number."""
    lines, agrees = write_equation(symbol, way.expression, None), None
    if way.must_agree:
        text, agrees = compare_values(expression, way)
        lines += textwrap.wrap(text, WIDTH)
    terms = tuple(list_terms(way.expression))
    return OtherWay(way.title, way.expression.value, terms, "\n".join(lines), agrees)


def compare_values(expression, way):
    """(a sentence about the values of a formula and of another way, whether they agree)"""
    one, other = expression.value, way.expression.value
    if np.isfinite(one) and not np.isfinite(other):
        return ("This way divides by y or 1 - y, which is 0 or nearly 0; the formula above does "
                "not."), True
    difference, size = one - other, expression.spread() + way.expression.spread()
    text = f"Difference of the two ways: {write_number(difference, 2)}"
    if is_near(one, other, size):
        return f"{text}{', which is rounding' if difference else ''}.", True
    is_allowed = bool(abs(difference) <= 2 * way.off + EXACT * size)
    return f"{text}{f', since {way.why}' if is_allowed else ''}.", is_allowed


# ---- text ----

def write_symbol(local, index, shape):
    """ "dW₁₀" for the entry (1, 0) of "dW" """
    name = re.sub(r"^(\d+\.)+", "", local)  # of a layer in a network that is taken as one layer
    return LETTERS.get(name, name).replace(".", "_") + subscript(index, shape)


def say_what_was_recorded(made, value):
    """What is said of a number that does not agree, in digits that tell it apart."""
    if made.expression is None:
        return f"≠ what forward gives now, from {made.low:.6g} to {made.high:.6g}"
    recorded, _ = say_apart(value, made.expression.value)
    return f"≠ {recorded}, which was recorded"


def say_if_rounding(expression):
    """What is said of a sum whose terms cancel but for their last digits."""
    if expression is None or expression.value == 0 or not np.isfinite(expression.value):
        return ""
    is_rounding = abs(expression.value) <= EXACT * expression.spread()
    return "which is rounding: the terms cancel" if is_rounding else ""


def say_where_it_stands(step, formulas, used):
    """Of which layer a formula is, and what other names the arrays have that are used in it."""
    where = step.find_heading(formulas.prefix)
    if not where:
        return []
    others = []
    for name, first in step.aliases.items():
        letter = name.removeprefix(formulas.prefix)
        if name in used and letter not in (name, first):  # "t is t" tells nothing
            others.append(f"{letter} is {first}")
    text = f"in {where}" + (f", where {' and '.join(others)}" if others else "")
    return textwrap.wrap(text, WIDTH, subsequent_indent="    ")
