"""Scores: what predictions are worth, on a scale that is the same for all tasks and losses."""

import math
from dataclasses import dataclass, replace

import numpy as np

from ...training.metrics import accuracy, accuracy_of_entries


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


def name_answers(y, task):
    """The answers that outputs or targets give: for each question an array over the rows."""
    return [y.argmax(axis=1)] if task == "classes" else list((y > 0.5).T)


def says_the_same(y, task):
    """Whether predictions come to the same answer for all rows."""
    return task != "numbers" and all((said == said[0]).all() for said in name_answers(y, task))


@dataclass(frozen=True)
class Truth:
    """Targets, by which predictions are judged.

    t             (n, k)
    task          what they ask for, as `Setup.task` says it
    w             how much each row counts, or None
    spread        of numbers: how much each column counts, its variance as it was given, whatever
                  its scale is now; so much of squared error comes from it
    is_balanced   whether all classes count for the same, however few rows they have; then w has no
                  say
    """

    t: np.ndarray
    task: str
    w: np.ndarray | None
    spread: np.ndarray
    is_balanced: bool

    def take(self, n):
        """That of at most n rows."""
        w = None if self.w is None else take_some(n, self.w)[0]
        return replace(self, t=take_some(n, self.t)[0], w=w)

    def join(self, other):
        """That of the rows of both."""
        w = None if self.w is None or other.w is None else np.concatenate([self.w, other.w])
        return replace(self, t=np.concatenate([self.t, other.t]), w=w)

    def judge(self, y):
        """(skill, score). The skill is 1 if all predictions are right, 0 if they are as good as the
        best answer that takes no notice of x, and at worst -1.
        """
        if not np.isfinite(y).all():
            return -1.0, -math.inf
        score, chance = self.find_score(y), self.chance
        return score if chance == 1 else max((score - chance) / (1 - chance), -1.0), score

    def find_score(self, y):
        """The accuracy, or R² for numbers, of all columns together. A balanced accuracy is the mean
        over the classes of the share of their rows that are right.
        """
        if self.task == "numbers":
            return self.find_r2(y.astype(float), self.t.astype(float))
        if not self.is_balanced:
            measure = accuracy if self.task == "classes" else accuracy_of_entries
            return measure(y, self.t, self.w)
        return float(np.mean([
            np.mean([(said == each)[right == each].mean() for each in np.unique(right)])
            for said, right in zip(name_answers(y, self.task), name_answers(self.t, self.task))]))

    def find_r2(self, y, t):
        """1 - Σ (y - t)² / Σ (t - mean t)², over rows and columns."""
        mean = np.average(t, axis=0, weights=self.w)
        residual, total = (np.average((guess - t) ** 2, axis=0, weights=self.w)
                           for guess in (y, mean))
        spread = self.spread * (total > 0)
        if not spread.any():
            return 0.0
        return float(1 - np.average(residual / np.where(total > 0, total, 1), weights=spread))

    @property
    def chance(self):
        """The score of the best answer that takes no notice of x."""
        if self.task == "numbers":
            return 0.0
        if self.is_balanced:
            return float(np.mean([1 / len(np.unique(right))
                                  for right in name_answers(self.t, self.task)]))
        shares = np.average(self.t, axis=0, weights=self.w)
        return float(shares.max() if self.task == "classes" else
                     np.maximum(shares, 1 - shares).mean())

    @property
    def effective_rows(self):
        """How many rows of the same weight would tell as much (Kish, Survey Sampling, 1965). In a
        balanced accuracy the few rows of the rarest class have the same say as those of another.
        """
        if self.is_balanced:
            return min(len(counts) * counts.min() for right in name_answers(self.t, self.task)
                       for counts in [np.unique(right, return_counts=True)[1]])
        if self.w is None:
            return len(self.t)
        w = self.w / self.w.max()       # whose squares are in range
        return w.sum() ** 2 / (w ** 2).sum()

    @property
    def has_rare_classes(self):
        """Whether always to give the same answer is right so often that it says little: more than
        half of the way from its balanced accuracy to 1.
        """
        if self.task == "numbers" or not ((self.t == 0) | (self.t == 1)).all():
            return False
        return self.chance > (1 + replace(self, is_balanced=True).chance) / 2

    def find_error(self, *skills):
        """The standard error of a skill, or of the difference of two."""
        n, chance = self.effective_rows, self.chance
        if self.task == "numbers":
            return 0.5 / math.sqrt(n)
        if self.task == "yes or no" and not self.is_balanced:
            n *= self.t.shape[1]
        accuracies = np.array([chance + skill * (1 - chance) for skill in skills]).clip(0, 1)
        return math.sqrt(np.sum(accuracies * (1 - accuracies)) / n) / (1 - chance)

    def find_relation(self, y):
        """The correlation of predictions and targets, on average of the columns: it shows also
        where the most frequent answer is always the best one.
        """
        if not np.isfinite(y).all():
            return 0.0
        y, t = (a - np.average(a, axis=0, weights=self.w) for a in (
            y.astype(float), self.t.astype(float)))
        together, of_y, of_t = (np.average(a * b, axis=0, weights=self.w)
                                for a, b in ((y, t), (y, y), (t, t)))
        varies = of_t > 0
        size = np.sqrt(of_y * of_t)[varies]
        return float(np.mean(together[varies] / np.where(size > 0, size, 1))) if size.size else 0.0
