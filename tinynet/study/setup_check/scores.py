"""Scores: what predictions are worth, on a scale that is the same for all tasks and losses."""

import math

import numpy as np

from ...checks.targets import find_classes, weigh_classes
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


def find_score(y, t, task, is_balanced=False):
    """The accuracy, or R² for numbers. A balanced accuracy is the mean over the classes of the
    share of their rows that are right, so that a rare class counts for as much as a frequent one.
    """
    if task == "numbers":
        return r2(y, t) if np.isfinite(y).all() else -math.inf
    if not is_balanced:
        return accuracy(y, t) if task == "classes" else accuracy_of_entries(y, t)
    if task == "classes":
        return accuracy(y, t, weigh_classes("balanced", t))
    return float(np.mean([accuracy_of_entries(one, other, weigh_classes("balanced", other))
                          for one, other in zip(split_columns(y), split_columns(t))]))


def find_chance(t, task, is_balanced=False):
    """The score of the best answer that takes no notice of x."""
    if task == "numbers":
        return 0.0
    if task == "classes":
        shares = t.mean(axis=0)
        return 1 / np.count_nonzero(shares) if is_balanced else float(shares.max())
    share = np.maximum(t.mean(axis=0), 1 - t.mean(axis=0))
    return float(np.where(share == 1, 1, 0.5).mean() if is_balanced else share.mean())


def has_rare_classes(setup):
    """Whether always to give the same answer is right for most rows."""
    if setup.task == "numbers" or setup.task == "classes" and find_classes(setup.t) is None:
        return False
    chance, balanced = (find_chance(setup.t, setup.task, is_balanced) for is_balanced in (0, 1))
    return chance > (1 + balanced) / 2


def split_columns(a):
    """The columns of an array, each as an array of one column."""
    return np.hsplit(a, a.shape[1])


def count_tellers(t, task, is_balanced=False):
    """How many rows an accuracy hangs on: if it is balanced, as many as if all classes were as rare
    as the rarest that occurs, whose few rows have the same say as the many of the others.
    """
    if not is_balanced:
        return len(t)
    counts = t.sum(axis=0)
    if task == "yes or no":
        counts = np.concatenate([counts, len(t) - counts])
    counts = counts[counts > 0]
    return int(min(counts.min() * (len(counts) if task == "classes" else 2), len(t)))


def says_the_same(y, t, task, is_balanced=False):
    """Whether predictions come to the same answer for all rows."""
    answers = y > 0.5 if task == "yes or no" else y.argmax(axis=1)
    return bool((answers == answers[0]).all())


def find_skill(y, t, task, is_balanced=False):
    """What predictions are worth: 1 if all are right, 0 if they are as good as the best answer that
    takes no notice of x, at worst -1.
    """
    chance = find_chance(t, task, is_balanced)
    if not np.isfinite(y).all():
        return -1.0
    score = find_score(y, t, task, is_balanced)
    return score if chance == 1 else max((score - chance) / (1 - chance), -1.0)
