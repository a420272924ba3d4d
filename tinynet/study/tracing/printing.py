"""Printing: a recorded step for a terminal of 80 columns."""

import textwrap

import numpy as np

from .docstrings import find_formulas
from .equations import WIDTH
from .formulas.expressions import write_number

MANY = 100   # an array with more numbers is summed up,
EQUAL = 8    # or with more numbers that are all the same
GAP = "   "


def format_step(step):
    """The arrays of a step: forward, backward, and what the optimizer did."""
    before, after = (write_number(step[name], 6) for name in ("L", "L.after"))
    lines = [f"Step {step.number}: L = {before}, and {after} on the same rows after it"]
    title = None
    for section in step.sections:
        if section.title != title:
            title = section.title
            lines += ["", f"---- {title} ----"]
        if section.heading:
            lines += ["", textwrap.shorten(section.heading, WIDTH, placeholder=" ...")]
            lines += format_formulas(section)
        lines += lay_out([format_array(name, step[name]) for name in section.names
                          if is_shown(name, step[name])])
    return "\n".join(line.rstrip() for line in lines)


def format_formulas(section):
    """The lines of a class docstring in which it says what it makes forward, or backward."""
    forward, backward = find_formulas(section.thing)
    if section.title == "forward":
        formulas = forward
    elif section.title == "backward":
        formulas = backward
    else:
        formulas = []
    return [line for formula in formulas for line in textwrap.wrap(
        formula, WIDTH, initial_indent="    ", subsequent_indent="        ")]


def is_shown(name, array):
    if name == "rows":
        return not np.array_equal(array, range(len(array)))
    return not name.endswith("_before")  # the step before has shown that


def format_array(name, array):
    """The lines of an array; of a large one the smallest and the largest number."""
    if array.ndim == 0:
        return [f"{name} = {write_number(array, 6)}"]
    title = textwrap.shorten(f"{name} {array.shape}", WIDTH - 4, placeholder=" ...")
    if array.size == 0:
        return [title, "empty"]
    if array.ndim > 2 and array.shape[-1] == 1:
        array = array[..., 0]  # images of one channel
    width = max(len(write_number(number, 4)) for number in array.ravel()[:MANY])
    row_width = array.shape[-1] * (width + 2) + 2 * array.ndim
    low, high = write_number(array.min(), 4), write_number(array.max(), 4)
    is_large = array.size > MANY or (array.ndim > 1 and row_width > WIDTH - 4)
    if is_large or (low == high and array.size > EQUAL):
        return [title, f"all {low}" if low == high else f"from {low} to {high}"]
    text = np.array2string(array.astype(float), separator="  ", max_line_width=WIDTH - 4,
                           formatter={"float": lambda a: write_number(a, 4).rjust(width)})
    return [title, *(line for line in text.splitlines() if line)]


def lay_out(blocks):
    """The lines of blocks of lines, side by side where there is room."""
    rows, used = [], WIDTH
    for block in blocks:
        width = len(GAP) + max(map(len, block))
        if used + width > WIDTH:
            rows.append([])
            used = 1  # a line begins with a GAP and one column more
        rows[-1].append([line.ljust(width - len(GAP)) for line in block])
        used += width
    lines = []
    for row in rows:
        height = max(map(len, row))
        padded = [block + [" " * len(block[0])] * (height - len(block)) for block in row]
        lines += [f" {GAP}" + GAP.join(parts) for parts in zip(*padded)]
    return lines
