"""Equations: an expression as text, in letters, in numbers, and its value."""

import numpy as np

from .formulas.expressions import EXACT, write_number

WIDTH = 80                           # columns of a terminal
DIGITS = 4, 6, 8, 10, 12, 15, 17


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
