"""Diagnosis: copies are trained as asked and with one thing changed; what helps was the fault."""

import math
from functools import cached_property

from .budget import SLOW, Budget, OutOfTime
from .causes import CHANGES, Causes, Trial, make_changes
from .findings import SetupFinding
from .ordinary import make_ordinary
from .refusals import find_refusal
from .rows import has_all_rows
from .scores import count_tellers, find_chance, has_rare_classes
from .settings_changes import list_rates, scale_rate, use_usual_rate
from .signals import note_signals
from .trained import find_bad_validation, find_equal_units
from .wording import note_asked, say_asked, say_cause, say_foreign, say_layers

# Skills are 0 for what takes no notice of x, and 1 for what is always right.
GOOD = 0.9          # leaves nothing to be wished for
HALF = 0.5          # from here on only what is unusual is taken for a fault,
UNUSUAL = 0.5       # that is, of this oddness
GAIN = 0.1          # the least by which one is far better than another; also on held-out rows,
LESS_WRONG = 0.5    # and it leaves at most this part of what is wrong,
LESS_WRONG_ELSEWHERE = 0.7      # of held-out rows this part
NOTHING, ALL = 0.15, 0.8        # learned of few rows, where none can be held out
HINT = 0.15         # on held-out rows: x says something about t; for numbers, a third of this


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
        diagnosis.notes.append(SLOW)
        diagnosis.findings += diagnosis.find_suspect()
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
        if self.asked.says_the_same and has_rare_classes(self.setup):
            self.setup = self.setup.change(is_balanced=True)
            self.asked = self.asked.judge_as_guessing(self.setup)
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
            return self.holds_for(self.setup.other_t, asked.skill_elsewhere, other.skill_elsewhere)
        if other.skill > ALL and (asked.skill < NOTHING or has_all_rows(self.setup.x)):
            return True     # to know the rows by heart is better than to know nothing
        return asked.skill < HALF and self.holds_for(self.setup.t, self.asked_in_turn,
                                                     self.budget.validate(other))

    def holds_for(self, t, before, now):
        """Whether a gain in skill, on rows with these targets that were held out, is no luck."""
        setup = self.setup
        n = count_tellers(t, setup.task, setup.is_balanced)
        # an accuracy on n rows has a standard error of at most 0.5 / √n, a difference of two more;
        # where a few rare rows decide, it is as large as that
        errors = 2 if setup.is_balanced and has_rare_classes(setup) else 1
        return (now - before > max(GAIN, errors / math.sqrt(n))
                and 1 - now < LESS_WRONG_ELSEWHERE * (1 - before))

    def find_foreign_targets(self):
        """A finding if nothing that is learned holds for held-out rows, at no moment, in an
        ordinary set-up either.
        """
        setup, n_others, chance = self.setup, len(self.setup.other_x), 1.0
        if n_others:
            n_others = count_tellers(setup.other_t, setup.task, setup.is_balanced)
            chance = find_chance(setup.other_t, setup.task, setup.is_balanced)
        # where nearly all rows have the same answer, the others are too few to tell
        if (n_others < 40 or n_others * (1 - chance) < 20 or self.asked.has_diverged
                or self.asked.is_worse_than_guessing):
            return []
        limit = HINT / 3
        if setup.task != "numbers":     # three standard errors of an accuracy, as a skill
            n_answers = n_others * (setup.k if setup.task == "yes or no" else 1)
            limit = min(3 * math.sqrt(chance / (1 - chance) / n_answers), HINT)
        if self.asked.best_elsewhere >= limit:
            return []
        if self.ordinary is None:
            self.ordinary = self.try_ordinary()
        if self.ordinary.best_elsewhere >= limit:
            return []
        return [say_foreign(setup, self.asked, self.ordinary)]

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
