"""Diagnosis: copies are trained as asked and with one thing changed; what helps was the fault."""

from functools import cached_property

import numpy as np

from .budget import SLOW, Budget, OutOfTime
from .causes import CHANGES, Causes, Trial, make_changes
from .findings import SetupFinding
from .ordinary import make_ordinary
from .refusals import find_refusal
from .rows import has_all_rows
from .scores import predict_quietly, take_some
from .settings_changes import list_rates, scale_rate, use_usual_rate
from .signals import note_signals
from .trained import find_bad_validation, find_equal_units
from .trials import count_judged
from .wording import note_asked, say_asked, say_cause, say_foreign, say_layers

# Skills are 0 for what takes no notice of x, and 1 for what is always right.
GOOD = 0.9          # leaves nothing to be wished for
HALF = 0.5          # from here on only what is unusual is taken for a fault,
UNUSUAL = 0.5       # that is, of this oddness
GAIN = 0.1          # the least by which one is far better than another; also on held-out rows,
LESS_WRONG = 0.5    # and it leaves at most this part of what is wrong,
LESS_WRONG_ELSEWHERE = 0.7      # of held-out rows this part
LUCK = 1.5          # standard errors that a gain there may have by luck: both see the same rows
ALL = 0.8           # learned of few rows, where there are no others
UNRELATED = 1.5     # standard errors of a correlation: if it is 0, 93 of 100 are below


def diagnose(setup, deadline):
    """(findings, notes): what goes wrong when the set-up is trained, and how that was found out."""
    if not setup.steps:
        return [SetupFinding("epochs", "epochs=0: nothing is trained", "epochs=10")], []
    if not any(part.trainable and part.param_names for part in setup.net._parts()):
        return [SetupFinding("layers", "no layer has parameters that are trained, since all are "
                             "frozen or have none", "layer.trainable = True")], []
    if not any(list_rates(setup)):
        return [SetupFinding("learning_rate", f"the learning rate of {setup.optimizer!r} is 0, so "
                             "that nothing is trained", "optimizer=tn.Adam(lr=0.001)")], []
    diagnosis = Diagnosis(setup, deadline)
    try:
        diagnosis.find()
    except OutOfTime:
        diagnosis.findings += diagnosis.find_suspect()
    if diagnosis.budget.is_short:
        diagnosis.notes.append(SLOW)
    return diagnosis.findings, diagnosis.notes


class Diagnosis:
    """What a set-up comes to as it is asked for, beside others, and which change helps.

    asked, ordinary   the Outcomes of what is asked for, and of an ordinary set-up for the same rows
    """

    def __init__(self, setup, deadline):
        self.setup, self.budget = setup, Budget(deadline)
        self.asked = self.ordinary = None
        self.findings, self.notes = [], []

    def find(self):
        """Fill `findings` and `notes`."""
        self.setup = self.budget.cut_batches(self.setup)
        self.asked = self.budget.run(self.setup, Budget.ASKED, moments=8)
        if self.asked.says_the_same and self.setup.truth.has_rare_classes:
            self.setup = self.setup.change(is_balanced=True)
            self.asked = self.asked.judge_again(self.setup)
        self.notes += note_asked(self.setup, self.asked)
        if self.asked.error is not None and not self.asked.has_diverged:
            self.findings.append(find_refusal(self.asked.error))
            return
        self.findings += (find_equal_units(self.setup, self.asked) or self.find_what_helps()
                          or self.find_foreign_targets())
        self.findings += find_bad_validation(self.setup, self.asked)
        if self.findings:
            self.notes.append(note_signals(self.setup))

    def find_what_helps(self):
        """Findings about what would do far better, if there is something."""
        if self.is_good():
            return []
        self.ordinary = self.try_ordinary()
        rates = [Trial(change, self.budget.run(change.setup, Budget.RATE))
                 for change in (scale_rate(self.setup, factor) for factor in (10, 0.1))]
        outcomes = [self.ordinary, *(trial.outcome for trial in rates)]
        better = [outcome for outcome in outcomes if self.is_far_better(outcome)]
        if not better and not self.asked.has_diverged:
            return []
        best = max(better or outcomes, key=lambda outcome: outcome.skill)
        causes = Causes(self.budget, self.setup, self.asked, best, rates)
        single = causes.find_single(self.is_good_enough)
        if single or self.asked.skill >= HALF:
            either = "; either of the two is enough" if len(single) > 1 else ""
            return [say_cause(self.setup, self.asked, trial, after=either) for trial in single]
        joint = causes.find_joint()
        others = ", and the other changes named here," if len(joint) > 1 else ""
        return [say_cause(self.setup, self.asked, trial, others) for trial in joint] or [
            say_layers(self.setup, self.asked, self.ordinary, causes.learn_few())]

    def try_ordinary(self):
        """The Outcome of an ordinary set-up, stopped where it is best on held-out rows."""
        ordinary = make_ordinary(self.setup)
        return self.budget.run(ordinary, Budget.ORDINARY, moments=32).stop_early()

    @cached_property
    def asked_in_turn(self):
        """The skill of what is asked for on rows that are held out in turn."""
        return self.budget.validate(self.asked)

    # ---- is there something wrong? ----

    def is_good(self):
        """Whether what is asked for works, or will when it goes on as far as is asked for."""
        return self.asked.project(self.setup.steps) >= GOOD

    def is_good_enough(self, trial):
        """Whether a change that helps may be named: where something is learned already, only if
        what stands there is unusual, and the change does far better.
        """
        return self.asked.skill < HALF or (
            trial.change.oddness >= UNUSUAL and self.is_far_better(trial.outcome))

    def is_far_better(self, other):
        """Whether an outcome is far better than what is asked for, and not only on the rows that it
        was trained on.
        """
        asked, can_hold_out = self.asked, len(self.setup.other_x) > 0
        if can_hold_out and asked.is_worse_than_guessing:
            return min(other.skill, other.skill_elsewhere) > GAIN
        if other.skill - asked.skill < GAIN or 1 - other.skill > LESS_WRONG * (1 - asked.skill):
            return False
        if can_hold_out:
            return self.holds_for(self.take_others(), asked.skill_elsewhere,
                                  other.skill_elsewhere)
        if has_all_rows(self.setup.x):      # to know them by heart is all that there is to know
            return other.skill > ALL
        return asked.skill < HALF and self.holds_for(
            self.setup.truth, self.asked_in_turn, self.budget.validate(other))

    def take_others(self):
        """The Truth of the held-out rows that are judged."""
        return self.setup.other_truth.take(count_judged(self.setup.net))

    def holds_for(self, truth, before, now):
        """Whether a gain in skill on rows that were held out is no luck."""
        if np.isnan(now - before) or truth.chance == 1:
            return False
        return (now - before > max(GAIN, LUCK * truth.find_error(before, now))
                and 1 - now < LESS_WRONG_ELSEWHERE * (1 - before))

    def find_foreign_targets(self):
        """A finding if nothing that is learned has to do with the targets of held-out rows, in an
        ordinary set-up either.
        """
        if not len(self.setup.other_x) or self.asked.has_diverged:
            return []
        truth = self.take_others()
        n = truth.effective_rows
        # where nearly all rows have the same answer, the others are too few to tell
        if n < 40 or n * (1 - truth.chance) < 20:
            return []
        limit, relation = UNRELATED / n ** 0.5, self.relate(self.asked, truth)
        if relation > limit:
            return []
        if self.ordinary is None:
            self.ordinary = self.try_ordinary()
        ordinary = self.relate(self.ordinary, truth)
        return [say_foreign(relation, ordinary)] if ordinary <= limit else []

    def relate(self, outcome, truth):
        """The correlation of predictions and targets of held-out rows."""
        x, = take_some(len(truth.t), outcome.setup.other_x)
        return truth.find_relation(predict_quietly(outcome.net, x))

    def find_suspect(self):
        """A finding about what is most unusual, if something is wrong and there was no time to try
        what helps.
        """
        asked, ordinary = self.asked, self.ordinary
        if asked is None or not (asked.has_diverged or ordinary is not None
                                 and asked.skill < HALF and self.is_far_better(ordinary)):
            return []
        change = make_changes(self.setup, (*CHANGES, use_usual_rate))[0]
        return [SetupFinding(change.kind, f"{say_asked(self.setup, asked)}; there was no time to "
                             f"try what helps, and what is most unusual is that {change.seen}",
                             change.remedy)]
