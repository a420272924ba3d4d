"""Docstrings: the formulas with which the docstring of a class opens."""

import inspect
import re

FORMULA = re.compile(r"((in|at) \w+ +)?\S{1,12}( \S{1,3}\])? = ")   # "dW[i, j] = "
GRADIENT = re.compile(r"(?: {2,}|^)(?=d\w+(?:\[[^]]*\])? = )")


def find_formulas(thing):
    """(formulas of the forward pass, of the gradients) of a layer or a loss.

    They are its docstring's first two paragraphs, as far as these begin with a formula, such as
    "y = x W + b". Those of gradients begin with "dx = " and the like: on a line of their own, or
    behind two spaces or more. "in training" or "at inference" may stand before it.
    """
    forward, backward = [], []
    for line in join_lines(find_paragraphs(thing)):
        first, *gradients = GRADIENT.split(line)
        if gradients and first and "=" not in first:
            gradients[0] = f"{first}: {gradients[0]}"  # "in training: dx = ..."
        elif first:
            forward.append(first)
        backward += gradients
    return forward, backward


def find_paragraphs(thing):
    """The first two paragraphs of a docstring, as far as they begin with a formula."""
    paragraphs = (inspect.getdoc(type(thing)) or "").split("\n\n")[:2]
    if not FORMULA.match(paragraphs[0]):
        return []
    return [paragraph for paragraph in paragraphs if FORMULA.match(paragraph)]


def join_lines(paragraphs):
    """The formulas, each on one line, and without the sentences that follow."""
    lines = []
    for line in (line for paragraph in paragraphs for line in paragraph.splitlines()):
        if FORMULA.match(line):
            lines.append(line)
        else:
            lines[-1] += f" {line}"
    return [line.partition(". ")[0] for line in lines]
