"""Diagnosis: copies are trained as asked and with one thing changed; what helps was the fault."""

import math
from dataclasses import replace

import numpy as np

from ...optimizers import Adam
from .change import say_net
from .findings import SetupFinding
from .network_changes import (draw_weights, keep_places, use_relu, use_usual_ending,
                              use_usual_layers, use_usual_loss)
from .ordinary import make_ordinary
from .refusals import find_refusal
from .settings_changes import (do_not_regularize, find_rate, keep_rate, scale_rate, shuffle_rows,
                               standardize_rows, train_longer, use_usual_batch,
                               use_usual_optimizer, use_usual_rate, weigh_alike)
from .signals import note_signals
from .trained import find_bad_validation, find_equal_units
from .trials import estimate_seconds, find_chance, try_training
from .wording import name_score, note_asked, say_asked, say_cause, say_outcome

CHANGES = (standardize_rows, shuffle_rows, weigh_alike, draw_weights, use_relu, use_usual_loss,
           use_usual_ending, do_not_regularize, use_usual_batch, use_usual_layers, keep_places,
           keep_rate, use_usual_optimizer, train_longer)
SECONDS = 6.0       # for all trials together, as they are estimated
GOOD = 0.9          # a skill that leaves nothing to be wished for
GAIN = 0.1          # of skill, by which far better is told from better
HALF = 0.5          # a skill from which on only what is unusual is taken for a fault
SLOW = ("this machine was too slow for all trials in the time there is, so that another report "
        "may say more")


class OutOfTime(Exception):
    """The trials take longer than was estimated."""


def diagnose(setup, deadline):
    """(findings, notes): what goes wrong when the set-up is trained, and how that was found out."""
    if not setup.steps:
        return [SetupFinding("epochs", "epochs=0: nothing is trained", "epochs=10")], []
    if not any(part.trainable and part.param_names for part in setup.net._parts()):
        return [SetupFinding("layers", "no layer has parameters that are trained, since all are "
                             "frozen or have none", "layer.trainable = True")], []
    if not find_rate(setup):
        return [SetupFinding("learning_rate", f"the learning rate of {setup.optimizer!r} is 0, so "
                             "that nothing is trained", "optimizer=Adam(lr=0.001)")], []
    diagnosis = Diagnosis(setup, deadline)
    try:
        diagnosis.find()
    except OutOfTime:
        diagnosis.notes.append(SLOW)
        diagnosis.findings += diagnosis.find_suspect()
    return diagnosis.findings, [*dict.fromkeys(diagnosis.notes)]


class Diagnosis:
    """What a set-up comes to as it is asked for, beside others, and which change helps.

    asked      the Outcome of what is asked for
    best       the best Outcome of another set-up for the same rows
    """

    asked = ordinary = None

    def __init__(self, setup, deadline):
        self.setup, self.deadline = setup, deadline
        self.spent = 0.0        # seconds, as estimated
        self.findings, self.notes = [], []

    def run(self, setup, share, moments=1):
        """The Outcome of all steps of a set-up, or of as many as a share of the time allows."""
        seconds = estimate_seconds(setup.net, min(setup.batch_size, len(setup.x)))
        steps = max(min(setup.steps, int(share * SECONDS / seconds)), 1)
        return self.take_steps(setup, steps, moments)

    def take_steps(self, setup, steps, moments=1, seed=0):
        """The Outcome of so many steps of a set-up."""
        self.spent += steps * estimate_seconds(setup.net, min(setup.batch_size, len(setup.x)))
        outcome = try_training(setup, steps, moments, self.deadline, seed)
        if outcome.is_late:
            raise OutOfTime
        return outcome

    def find(self):
        """Fill `findings` and `notes`."""
        self.cut_batches()
        self.asked = self.run(self.setup, share=0.4, moments=8)
        self.notes += note_asked(self.setup, self.asked)
        if self.asked.error is not None and not self.asked.has_diverged:
            self.findings.append(find_refusal(self.asked.error))
            return
        self.findings += (find_equal_units(self.setup, self.asked) or self.find_what_helps()
                          or self.find_foreign_targets())
        self.findings += find_bad_validation(self.setup, self.asked)
        if self.findings:
            self.notes.append(note_signals(self.setup))

    def cut_batches(self):
        """Make the batches smaller if a step would take too long; give up if that does not help."""
        setup, size = self.setup, min(self.setup.batch_size, len(self.setup.x))
        seconds = estimate_seconds(setup.net, size)
        if seconds > 0.25:
            smaller = max(int(size * 0.25 / seconds), 8)
            self.setup = setup.change(batch_size=smaller, n=-(-setup.n // size) * smaller)
            self.notes.append(f"a step takes long; in the trials, batches have {smaller} rows")
            if 20 * estimate_seconds(setup.net, smaller) > SECONDS:
                raise OutOfTime

    def find_what_helps(self):
        """Findings about what would do far better, if there is something."""
        if self.is_good():
            return []
        self.ordinary = self.run(make_ordinary(self.setup), share=0.2)
        self.rates = self.try_rates()
        outcomes = [self.ordinary, *(outcome for _, outcome in self.rates)]
        better = [outcome for outcome in outcomes if self.is_far_better(outcome)]
        if not better and not self.asked.has_diverged:
            return []
        self.best = max(better or outcomes, key=lambda outcome: outcome.skill)
        causes = self.find_causes()
        if causes or self.asked.skill >= HALF:
            return causes
        return self.find_joint_causes() or [self.say_layers()]

    # ---- is there something wrong? ----

    @property
    def is_short(self):
        """Whether there was no time for all steps that are asked for."""
        return self.asked.error is None and self.asked.steps < self.setup.steps

    def is_good(self):
        """Whether what is asked for works, or will when it goes on as far as is asked for."""
        return self.asked.skill >= GOOD or (
            self.is_short and self.asked.project(self.setup.steps) > 0.5)

    def is_far_better(self, other):
        """Whether an outcome is far better than what is asked for, also on rows held out. If there
        are none, learning by heart would do; then it must be that nothing else is learned.
        """
        asked, n_others = self.asked, len(self.setup.other_x)
        if other.skill - asked.skill < GAIN or 1 - other.skill > (1 - asked.skill) / 2:
            return False
        if not n_others:
            return asked.skill < 0.15 and other.skill > 0.8
        gain = other.skill_elsewhere - asked.skill_elsewhere
        return (gain > max(0.1, 1 / math.sqrt(n_others))
                and 1 - other.skill_elsewhere < 0.7 * (1 - asked.skill_elsewhere))

    def find_foreign_targets(self):
        """A finding if nothing that is learned holds for other rows, at no moment, in an ordinary
        set-up either.
        """
        setup, n_others = self.setup, len(self.setup.other_x)
        chance = find_chance(setup.other_t, setup.task) if n_others else 1.0
        # where nearly all rows have the same answer, the others are too few to tell
        if n_others < 40 or n_others * (1 - chance) < 20 or self.asked.has_diverged:
            return []
        limit = 0.05
        if setup.task != "numbers":     # three standard errors of an accuracy, as a skill
            n_answers = n_others * (setup.k if setup.task == "yes or no" else 1)
            limit = min(3 * math.sqrt(chance / (1 - chance) / n_answers), 0.15)
        if self.asked.best_elsewhere >= limit:
            return []
        ordinary = self.run(make_ordinary(setup), share=0.2, moments=8)
        if ordinary.best_elsewhere >= limit:
            return []
        return [SetupFinding(
            "labels", "nothing that is learned from these rows holds for rows held out, neither "
            f"here nor with an ordinary network: {name_score(setup)} is "
            f"{self.asked.score_elsewhere:.2f} and {ordinary.score_elsewhere:.2f} there, and "
            f"{chance:.2f} is chance", "look whether row i of t belongs to row i of x, when both "
            "were shuffled, sorted or selected, and whether x still holds what t depends on")]

    # ---- what is it? ----

    def try_rates(self):
        """Ten times the learning rate and a tenth."""
        return [(change, self.run(change.setup, share=0.08)) for change in (
            scale_rate(self.setup, factor) for factor in (10, 0.1))]

    def go_further(self):
        """Changes of the learning rate beyond those, in the direction that is better."""
        up, down = (outcome.last_loss() for _, outcome in self.rates)
        return [scale_rate(self.setup, factor)
                for factor in ((100, 1000) if up < down else (0.01, 0.001))]

    def find_causes(self):
        """Findings about the changes that each by itself bring most of the difference: one or two.
        """
        tried = [each for each in self.try_changes()
                 if self.close(each[1]) > 0.6 and self.weigh(*each) > 0.4]
        if self.asked.skill >= HALF:
            tried = [(change, outcome) for change, outcome in tried
                     if change.odd >= 0.5 and self.is_far_better(outcome)]
        while tried:
            first = max(tried, key=lambda each: self.weigh(*each))
            # of several rates that do it, the one that is nearest to what is asked for
            first = next(each for each in tried if each[0].kind == first[0].kind
                         and self.weigh(*each) > self.weigh(*first) - 0.1)
            change, outcome = first
            if self.close(self.take_steps(change.setup, outcome.steps, seed=1)) > 0.5:
                break
            tried.remove(first)     # which was luck
        else:
            return []
        others = [each for each in tried if each[0].kind != first[0].kind and each[0].odd >= 1
                  and self.close(each[1]) > 0.8]
        second = sorted(others, key=lambda each: -self.weigh(*each))[:1]
        return [say_cause(self.setup, self.asked, *each) for each in (first, *second)]

    def try_changes(self):
        """[(change, outcome)], what is unusual first; if time runs out, those that were tried."""
        changes = [change for make in CHANGES if (change := make(self.setup)) is not None]
        changes = sorted([*changes, *self.go_further()], key=lambda change: -change.odd)
        tried = list(self.rates)
        for i, change in enumerate(changes):
            if change.odd < 1 and any(self.weigh(*each) > 1.2 for each in tried):
                break
            share = max(1 - self.spent / SECONDS, 0.1) / min(len(changes) - i + 1, 5)
            try:
                tried.append((change, self.run(change.setup, share)))
            except OutOfTime:
                self.notes.append(SLOW)
                break
        return tried

    def close(self, outcome):
        """Which part of the way from what is asked for to the best an outcome has made; if it comes
        of fewer steps, from where that was after as many.
        """
        asked = self.asked.skill, self.asked.skill_elsewhere
        if outcome.steps < self.asked.steps and outcome.error is None:
            asked = self.asked.at(outcome.steps)
        best = self.best.skill, self.best.skill_elsewhere
        found = outcome.skill, outcome.skill_elsewhere
        parts = [(it - now) / max(then - now, 0.1) for it, now, then in zip(found, asked, best)]
        return min(float(np.nanmean(parts)), 1.0)

    def weigh(self, change, outcome):
        """How likely it is that this is the fault: it helps, and it is unusual."""
        return self.close(outcome) + 0.4 * min(change.odd, 2.0)

    def find_joint_causes(self):
        """Findings about changes that help together, without those that are not needed."""
        makers = [make for make in (*CHANGES, use_usual_rate)
                  if make is not use_usual_optimizer and make(self.setup) is not None]
        whole = self.close(self.run_all(makers))
        if whole < 0.6:
            return []
        for make in sorted(makers, key=lambda make: make(self.setup).odd):
            rest = [other for other in makers if other is not make]
            if self.close(self.run_all(rest)) > 0.8 * whole:
                makers = rest
        changes = sorted((make(self.setup) for make in makers), key=lambda change: -change.odd)
        setup = self.change_all(makers)
        outcome = self.run(setup, share=0.08)
        and_others = ", and the other changes named here," if len(changes) > 1 else ""
        changes = [replace(change, remedy=say_net(setup)) if change.remedy.startswith("net = ")
                   else change for change in changes]
        return [say_cause(self.setup, self.asked, change, outcome, and_others)
                for change in changes]

    def run_all(self, makers):
        """The Outcome of several changes at once."""
        return self.run(self.change_all(makers), share=0.08)

    def change_all(self, makers):
        """The set-up with several changes."""
        setup = self.setup
        for make in makers:
            if (change := make(setup)) is not None:
                setup = change.setup
        return setup

    # ---- when no change helps ----

    def say_layers(self):
        """The finding that no change brings the network to where an ordinary one comes; it says
        whether the network can learn 20 rows by heart.
        """
        setup, plain = self.setup, do_not_regularize(self.setup)
        few = (plain.setup if plain else setup).change(
            x=setup.x[:20], t=setup.t[:20], w=None, n=20, batch_size=20, epochs=300,
            optimizer=Adam(lr=0.01))
        by_heart = self.run(few, share=0.1)
        return SetupFinding(
            "layers", f"{say_asked(setup, self.asked)}; with an ordinary network and standardized "
            f"numbers {say_outcome(self.asked, self.ordinary)}, and no change of a setting brings "
            f"this one there; of 20 rows alone, by Adam, it learns so much that "
            f"{name_score(setup)} is {by_heart.score:.2f} after {by_heart.steps} steps, where "
            "1.00 would be to know them by heart", say_net(make_ordinary(setup)))

    def find_suspect(self):
        """A finding about what is most unusual, if something is wrong and there was no time to try
        what helps.
        """
        asked, ordinary = self.asked, self.ordinary
        if self.findings or asked is None or not (
                asked.has_diverged or ordinary is not None and self.is_far_better(ordinary)
                and asked.skill < HALF):
            return []
        changes = [change for make in (*CHANGES, use_usual_rate)
                   if (change := make(self.setup)) is not None]
        change = max(changes, key=lambda change: change.odd)
        return [SetupFinding(change.kind, f"{say_asked(self.setup, asked)}; there was no time to "
                             f"try what helps, and what is most unusual is that {change.seen}",
                             change.remedy)]
