"""Naming: which of the known mistakes explains the evidence."""

import numpy as np

from .evidence import NotEnough
from .report import Fault

ENOUGH = 0.15    # of the wrong numbers; others may be where a prediction says nothing


def name_mistake(mistakes, evidence):
    """(name, sentence) of the first of the mistakes that explains all evidence about an array."""
    main = max((e for e in evidence if e.wrong.any()), key=lambda e: e.size)
    dx, x = (name.rpartition(".")[2] for name in (main.array, main.name))
    for e in evidence:
        e.main = main
    for known in mistakes:
        label = _find_label(known, evidence)
        if label is not None:
            label = label.format(dx=dx, x=x)
            return known.slug, known.sentence.format(dx=dx, x=x, label=label)
    return "unknown", (f"gives a {dx} that is not the derivative; the mistake is none of those "
                       "that have a name")


def _find_label(known, evidence):
    """The first label of a mistake under which it explains all evidence, or None."""
    first, *others = sorted(evidence, key=lambda e: (not e.wrong.any(), e.size))
    n_wrong = sum(e.wrong.sum() for e in evidence)
    of_others = None
    for label, prediction in _try_hypothesis(known.predict, first):
        if first.explains(prediction) is None:
            continue
        if of_others is None:
            of_others = [dict(_try_hypothesis(known.predict, e)) for e in others]
        # where nothing is wrong, a mistake need not have been possible
        explained = [first.explains(prediction)] + [
            e.explains(predictions.get(label, e.right))
            for e, predictions in zip(others, of_others)]
        if None not in explained and sum(explained) >= ENOUGH * n_wrong:
            return label
    return None


def _try_hypothesis(predict, e):
    """(label, gradient) of each way to make a mistake; none if it could not be made here."""
    try:
        yield from predict(e)
    except (NotEnough, Fault, np.linalg.LinAlgError):
        return
