"""Judging: are two arms different, or is it the seeds?"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ..tracing.side_by_side import list_words
from .measures import NAMES, larger_measure_is_better
from .questions import Question

ALPHA = 0.01  # how likely a clear difference may be none, for all questions asked together


@dataclass(frozen=True)
class Verdict:
    """What the numbers say on a question.

    sentence      the answer, with its numbers
    difference    the mean over the seeds of the arm's measure less that of the first arm
    low, high     the interval of that mean, at the level at which Holm's method judges it
    tie           whether 0 is in the interval, so that the numbers do not tell
    better        the name of the arm that is ahead; None for a tie
    question      the Question: its arm, reference, condition, measure, data

    Where an arm diverged, difference, low and high are None, tie is False, and the other arm is
    ahead.
    """

    sentence: str
    difference: float | None
    low: float | None
    high: float | None
    tie: bool
    better: str | None
    question: Question

    def __str__(self):
        return self.sentence


def judge_together(questions):
    """A Verdict on each question, by paired t tests.

    Holm's method (1979): the clearest difference is judged at ALPHA divided by the number of
    questions, the next one at ALPHA divided by one less, and so on; with the first that is not
    clear, all that follow are not. So the probability that any difference is called clear that is
    none is at most ALPHA. The interval of each is that at the level at which it was judged.
    Questions on which an arm diverged count in the number.
    """
    answers = {i: Mean(each.differences, each.resolution) for i, each in enumerate(questions)
               if not each.diverged}
    verdicts = {i: decide_by_divergence(each) for i, each in enumerate(questions) if each.diverged}
    is_clear = True
    for place, i in enumerate(sorted(answers, key=lambda i: answers[i].p_value())):
        if is_clear:   # else the level stays that of the first that was not
            alpha = ALPHA / (len(questions) - place)
            is_clear = answers[i].p_value() < alpha
        verdicts[i] = decide(questions[i], answers[i], alpha, is_clear, len(questions))
    return [verdicts[i] for i in range(len(questions))]


class Mean:
    """The mean of differences, and how far it may be from what infinitely many seeds would give."""

    def __init__(self, differences, resolution):
        self.n = len(differences)
        self.value = float(differences.mean())
        spread = float(differences.std(ddof=1))
        if spread < 1e-12:  # all seeds agree, as far as whole rows or epochs can show
            spread = resolution
        self.error = spread / self.n**0.5

    def p_value(self):
        """How likely so large a mean is without a difference (Student, 1908)."""
        if self.error == 0:
            return float(abs(self.value) <= 1e-12)
        return float(2 * stats.t.sf(abs(self.value) / self.error, self.n - 1))

    def interval(self, alpha, largest):
        """(low, high) at 1 - alpha, neither beyond the largest difference that there can be."""
        half = float(stats.t.isf(alpha / 2, self.n - 1)) * self.error
        return max(self.value - half, -largest), min(self.value + half, largest)


def decide(question, mean, alpha, is_clear, n_questions):
    """The Verdict of an arm and a reference that were trained to the end."""
    measure, arm, reference = question.measure, question.arm, question.reference
    low, high = mean.interval(alpha, largest=1.0 if is_share(measure) else np.inf)
    larger_is_better = larger_measure_is_better(measure)
    ahead = None
    if is_clear and larger_is_better is not None:
        ahead = arm if (mean.value > 0) == larger_is_better else reference
    if not is_clear:
        what = f"no clear difference in {NAMES[measure]} between {arm} and {reference}"
    elif larger_is_better is None:
        size = "larger" if mean.value > 0 else "smaller"
        what = f"the {NAMES[measure]} of {arm} is {size} than that of {reference}"
    else:
        better = "better" if ahead == arm else "worse"
        what = f"{arm} is {better} than {reference} in {NAMES[measure]}"
    together = f", Holm's method for {n_questions} questions" if n_questions > 1 else ""
    difference, lowest, highest = (format_value(measure, value, is_clear)
                                   for value in (mean.value, low, high))
    sentence = (f"{say_where_asked(question)}: {what}: {difference}{unit_of(measure)} "
                f"({100 * (1 - alpha):.4g} % interval{together}: {lowest} to {highest}; "
                f"{mean.n} seeds).")
    return Verdict(sentence, mean.value, low, high, not is_clear, ahead, question)


def decide_by_divergence(question):
    """The Verdict if one of the two arms cannot be trained at its rates, or both cannot."""
    at = "at each learning rate" if question.rate is None else f"at {question.rate:g}"
    what = [f"{name} diverged {at} with some seed"
            + (f" on {list_words(data)}" if question.data is None else "")
            for name, data in question.diverged.items()]
    others = [name for name in (question.arm, question.reference) if name not in question.diverged]
    sentence = (f"{say_where_asked(question)}: {'; '.join(what)}"
                + (f"; {others[0]} did not." if others else "."))
    return Verdict(sentence, None, None, None, False, others[0] if others else None, question)


def say_where_asked(question):
    where = question.data or f"mean of {question.n_data} data sets"
    at = "" if question.rate is None else f", learning rate {question.rate:g}"
    text = f"{question.condition}{at}, {where}"
    return text[0].upper() + text[1:]


def is_share(measure):
    return measure.endswith(("accuracy", "calibration_error"))


def format_value(measure, value, is_clear=False):
    """A difference with its sign; shares in points. What is clearly not 0 is not shown as 0."""
    value = 100 * value if is_share(measure) else value
    is_coarse = is_share(measure) or measure == "epochs_to_90" or abs(value) >= 10
    text = f"{value:+.1f}" if is_coarse else f"{value:+.3f}"
    if float(text) == 0:
        text = np.format_float_positional(value, 1, fractional=False, sign=True)
        text = text if is_clear else "0.0" if is_coarse else "0.000"
    return text.replace("-", "−")


def write_difference(verdict):
    """The difference of a verdict, without its unit, or what there is in its place."""
    if verdict.difference is None:
        return "diverges"
    return format_value(verdict.question.measure, verdict.difference, not verdict.tie)


def unit_of(measure):
    """What stands behind a difference."""
    if is_share(measure):
        return " points"
    return {"test_cross_entropy": " nats", "val_cross_entropy": " nats"}.get(measure, "")
