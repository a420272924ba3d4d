"""Scores: what predictions are worth, on a scale that is the same for all tasks and losses."""

import math

import numpy as np

from ...training.metrics import accuracy, accuracy_of_entries, r2


def take_some(n, *arrays):
    """At most n rows of each array, drawn from all of them, the same ones each time."""
    rows = np.sort(np.random.default_rng(0).permutation(len(arrays[0]))[:n])
    return [array[rows] for array in arrays]


def predict_quietly(net, x):
    """What the network says for rows that have been checked, finite or not."""
    with np.errstate(all="ignore"):
        outputs = [net.forward(x[start:start + net._rows_at_once].astype(net.dtype))[0]
                   for start in range(0, len(x), net._rows_at_once)]
        return net.loss.predict(np.concatenate(outputs))


def find_score(y, t, task):
    """The accuracy, or R² for numbers."""
    if task == "numbers":
        return r2(y, t) if np.isfinite(y).all() else -math.inf
    return accuracy(y, t) if task == "classes" else accuracy_of_entries(y, t)


def find_chance(t, task):
    """The score of the best answer that takes no notice of x."""
    if task == "numbers":
        return 0.0
    if task == "classes":
        return float(t.mean(axis=0).max())
    return float(np.maximum(t.mean(axis=0), 1 - t.mean(axis=0)).mean())


def says_the_same(y, t, task):
    """Whether predictions come to the same answer for all rows."""
    answers = y > 0.5 if task == "yes or no" else y.argmax(axis=1)
    return bool((answers == answers[0]).all())


def find_skill(y, t, task):
    """What predictions are worth: 1 if all are right, 0 if they are as good as the best answer that
    takes no notice of x, at worst -1.
    """
    chance = find_chance(t, task)
    if not np.isfinite(y).all():
        return -1.0
    score = find_score(y, t, task)
    return score if chance == 1 else max((score - chance) / (1 - chance), -1.0)
