"""Printing: a recorded step for a terminal of 80 columns."""

import inspect
import re
import textwrap

import numpy as np

from .formulas.expressions import write_number

WIDTH = 80
MANY, FEW = 100, 8      # numbers of an array that is shown in full, and if all are the same
GAP = "   "
FORMULA = re.compile(r"((in|at) \w+ +)?\S{1,12}( \S{1,3}\])? = ")
GRADIENT = r"(?=d\w+(?:\[[^]]*\])? = )"     # where the formula of a gradient begins


def format_step(step):
    """The arrays of a step: forward, backward, and what the optimizer did."""
    before, after = (write_number(step[name], 6) for name in ("L", "L.after"))
    lines = [f"Step {step.number}: L = {before}, and {after} on the same rows after it"]
    section = None
    for new_section, prefix, heading, names in step.layout:
        if new_section != section:
            section = new_section
            lines += ["", f"---- {section} ----"]
        if heading:
            lines += ["", textwrap.shorten(heading, WIDTH, placeholder=" ...")]
            lines += format_formulas(step.find_thing(prefix), section)
        lines += lay_out([format_array(name, step[name]) for name in names
                          if is_shown(name, step[name])])
    return "\n".join(line.rstrip() for line in lines)


def is_shown(name, array):
    if name == "rows":
        return not np.array_equal(array, range(len(array)))
    return not name.endswith("_before")  # the step before has shown that


def format_formulas(thing, section):
    """The lines of a class docstring in which it says what it makes forward, or backward."""
    forward, backward = find_formulas(thing)
    return [line for formula in {"forward": forward, "backward": backward}.get(section, ())
            for line in textwrap.wrap(formula, WIDTH, initial_indent="    ",
                                      subsequent_indent="        ")]


def find_formulas(thing):
    """(formulas of the forward pass, of the gradients) with which a class docstring opens: those
    of its first two paragraphs if they begin with a formula, "name = ...", or with "in training",
    "at inference" and a formula. Two spaces or more stand before that of a gradient, "dx = ...",
    on the same line. What comes after the first ". " of a formula is prose.
    """
    lines = []
    for paragraph in (inspect.getdoc(type(thing)) or "").split("\n\n")[:2]:
        if not FORMULA.match(paragraph):
            break
        for line in paragraph.splitlines():
            if FORMULA.match(line):
                lines.append(line)
            else:
                lines[-1] += f" {line}"
    forward, backward = [], []
    for line in lines:
        first, *others = re.split(rf"(?: {{2,}}|^){GRADIENT}", line.partition(". ")[0])
        if others and first and "=" not in first:  # "in training"
            first, others[0] = "", f"{first}: {others[0]}"
        forward += [first] if first else []
        backward += others
    return forward, backward


def format_array(name, array):
    """The lines of an array; of a large one the smallest and the largest number."""
    if array.ndim == 0:
        return [f"{name} = {write_number(array, 6)}"]
    title = f"{name} {array.shape}"
    if array.ndim > 2 and array.shape[-1] == 1:
        array = array[..., 0]  # images of one channel
    width = max(len(write_number(number, 4)) for number in array.ravel()[:MANY])
    row_width = array.shape[-1] * (width + 2) + 2 * array.ndim
    low, high = write_number(array.min(), 4), write_number(array.max(), 4)
    is_large = array.size > MANY or array.ndim > 1 and row_width > WIDTH - 4
    if is_large or low == high and array.size > FEW:
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
