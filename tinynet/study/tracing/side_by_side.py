"""side_by_side: training runs that differ in the loss alone, step by step."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np

from ..page import has_classes, list_hidden, make_comparison, make_frame
from ..report import name_of
from .trace import Trace


def side_by_side(traces):
    """Compare training runs that differ in the loss. Returns a SideBySide, whose page shows, at
    each recorded step and for each row, the probability of its true class and its pull: the length
    of its gradient at the logits, times the number of rows. For data of two inputs it also shows
    the regions in which each class is predicted.

    traces   {name: Trace}, two or more. Their rows, row weights, recorded steps, layers but for a
             Softmax or a Sigmoid at the end, and weights at the first recorded step must be the
             same, so that it is the loss that makes the difference; the targets must be classes.
             The optimizers may differ: losses have learning rates of their own

    Raises ValueError for anything else, naming the first difference.

    >>> def train(*layers, loss):
    ...     net = Sequential([Dense(3), Tanh(), Dense(2), *layers], 2, loss=loss, rng=0)
    ...     return study.trace(net, [[0.0, 1.0], [1.0, 0.0]], [0, 1], steps=(0, 9))
    >>> side_by_side({"cross-entropy": train(loss=SoftmaxCrossEntropy()),
    ...               "squared error": train(Softmax(), loss=MeanSquaredError())})
    <cross-entropy and squared error side by side, at steps 0 and 9>
    """
    if not isinstance(traces, Mapping) or len(traces) < 2:
        raise ValueError(f"traces is {traces!r}; it must be a dictionary of at least two traces "
                         'by their names, as {"cross-entropy": a, "squared error": b}')
    for name, each in traces.items():
        if not isinstance(name, str):
            raise ValueError(f"a name in traces is {name!r}; it must be a string, to be shown")
        if not isinstance(each, Trace):
            raise ValueError(f"traces[{name!r}] is of type {type(each).__name__}; it must be a "
                             "Trace, as tn.study.trace returns")
        if not all(map(has_classes, each)):
            raise ValueError(f"the targets of {name!r} are not classes, and a row without a true "
                             "class has no probability of it")
    for one, other in pairwise(traces):
        check_same(one, traces[one], other, traces[other])
    return SideBySide(dict(traces))


def check_same(name, one, other_name, other):
    """Raise ValueError if two runs differ in more than the loss."""
    both = f"{name!r} and {other_name!r}"
    if one.steps != other.steps:
        raise ValueError(f"{both} were recorded at different steps: {list_words(one.steps)}, and "
                         f"{list_words(other.steps)}")
    for step, twin in zip(one, other):
        for array in ("x", "t", "w"):
            if not np.array_equal(step.get(array), twin.get(array)):
                raise ValueError(
                    f"{both} have different rows ({array}) at step {step.number}; give both the "
                    "same x, t, sample_weight, batch_size, shuffle and rng")
    if [*map(name_of, list_hidden(one[0]))] != [*map(name_of, list_hidden(other[0]))]:
        raise ValueError(f"{both} have different layers: {list_words(list_hidden(one[0]))}, and "
                         f"{list_words(list_hidden(other[0]))}")
    if one[0].frozen != other[0].frozen:
        raise ValueError(f"{both} have different frozen layers; set `trainable` alike")
    if not np.array_equal(one[0].net.params, other[0].net.params):
        raise ValueError(f"{both} begin with different weights at step {one.steps[0]}; build both "
                         "networks from the same rng, and record from step 0 on")


def list_words(words):
    """["a", "b", "c"] as "a, b and c"."""
    *words, last = map(str, words)
    return f"{', '.join(words)} and {last}" if words else last


class SideBySide:
    """What `side_by_side` compares; in a notebook, it is shown as its page.

    traces   {name: Trace}
    """

    def __init__(self, traces):
        self.traces = traces

    def __repr__(self):
        steps = next(iter(self.traces.values())).steps
        return (f"<{list_words(self.traces)} side by side, at step{'s' if len(steps) > 1 else ''} "
                f"{list_words(steps)}>")

    def to_html(self, path):
        """Write the page to look at in a browser: one file, which needs no other.

        path   of the file, which is written over if it is there. Raises OSError if it cannot be
               written
        """
        Path(path).write_text(make_comparison(self.traces), encoding="utf-8")

    def _repr_html_(self):
        """The page in a frame, for a notebook."""
        return make_frame(make_comparison(self.traces))
