"""Diagnosis: copies are trained as asked and with one thing changed; what helps was the fault."""

import math
from dataclasses import replace

import numpy as np

from .change import say_net
from .findings import SetupFinding
from .network_changes import (draw_weights, use_relu, use_usual_ending, use_usual_layers,
                              use_usual_loss)
from .ordinary import make_ordinary
from .settings_changes import (do_not_regularize, scale_rate, shuffle_rows, standardize_rows,
                               train_longer, use_adam, use_usual_batch, use_usual_rate)
from .trials import estimate_seconds, find_chance, try_training

CHANGES = (standardize_rows, shuffle_rows, draw_weights, use_relu, use_usual_loss, use_usual_ending,
           do_not_regularize, use_usual_batch, use_usual_layers, use_adam, train_longer)
SECONDS = 6.0       # for all trials together, as they are estimated
GOOD = 0.9          # a skill that leaves nothing to be wished for
GAIN = 0.15         # of skill, by which far better is told from better
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
    diagnosis = Diagnosis(setup, deadline)
    try:
        diagnosis.find()
    except OutOfTime:
        diagnosis.notes.append(SLOW)
    return diagnosis.findings, diagnosis.notes


class Diagnosis:
    """What a set-up comes to as it is asked for, beside others, and which change helps.

    asked      the Outcome of what is asked for
    best       the best Outcome of another set-up for the same rows
    """

    def __init__(self, setup, deadline):
        self.setup, self.deadline = setup, deadline
        self.spent = 0.0        # seconds, as estimated
        self.findings, self.notes = [], []

    def run(self, setup, share, moments=1):
        """The Outcome of all steps of a set-up, or of as many as a share of the time allows."""
        seconds = estimate_seconds(setup.net, min(setup.batch_size, len(setup.x)))
        steps = max(min(setup.steps, int(share * SECONDS / seconds)), 1)
        self.spent += steps * seconds
        outcome = try_training(setup, steps, moments, self.deadline)
        if outcome.is_late:
            raise OutOfTime
        return outcome

    def find(self):
        """Fill `findings` and `notes`."""
        self.asked = self.run(self.setup, share=0.4, moments=8)
        self.note_score()
        self.look_for_equal_units()
        if self.findings or self.is_good():
            self.look_for_chance()
            return
        self.ordinary = self.run(make_ordinary(self.setup), share=0.2)
        self.rates = self.try_rates()
        outcomes = [self.ordinary, *(outcome for _, outcome in self.rates)]
        better = [outcome for outcome in outcomes if self.is_far_better(outcome)]
        self.best = max(better or outcomes, key=lambda outcome: outcome.skill)
        if self.asked.skill >= HALF and better:
            self.findings += self.find_causes()
        elif better or self.asked.error is not None:
            self.findings += self.find_causes() or self.find_joint_causes() or [self.say_layers()]
        else:
            self.look_for_chance()

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
            return asked.skill < 0.3 and other.skill > 0.8
        gain = other.skill_elsewhere - asked.skill_elsewhere
        return (gain > max(0.1, 1 / math.sqrt(n_others))
                and 1 - other.skill_elsewhere < 0.7 * (1 - asked.skill_elsewhere))

    def look_for_equal_units(self):
        """Units of a layer that began alike and never differ are as good as one."""
        net, trained = self.setup.net, self.asked.net
        with_weights = [i for i, layer in enumerate(net.layers)
                        if any(getattr(layer, name).ndim > 1 for name in layer.param_names)]
        for i in with_weights[:-1]:
            for name in net.layers[i].param_names:
                before, after = (getattr(each.layers[i], name) for each in (net, trained))
                if before.ndim > 1 and before.shape[-1] > 1 and all(
                        np.allclose(W, W[..., :1], rtol=1e-5, atol=0) for W in (before, after)):
                    self.findings.append(SetupFinding(
                        "initialization", f"all {before.shape[-1]} units of layer {i}, "
                        f"{net.layers[i]!r}, begin with the same weights, {before.flat[0]:.3g} in "
                        f"the first, and after {self.asked.steps} steps they are still the same: "
                        "they get the same gradient, and are as good as one",
                        f"{type(net.layers[i]).__name__}(..., init=glorot_uniform)"))
                    return

    def look_for_chance(self):
        """Whether nothing that is learned holds for other rows, in an ordinary set-up either."""
        setup = self.setup
        n_others, t = len(setup.other_x), setup.other_t
        if self.findings or n_others < 40 or self.asked.error is not None or self.is_short:
            return
        chance = find_chance(t, setup.task)
        limit = 0.05 if setup.task == "numbers" else 2 * math.sqrt(
            chance / max(1 - chance, 1e-9) / n_others)
        if self.asked.skill_elsewhere < limit:
            ordinary = self.run(make_ordinary(setup), share=0.2)
            if ordinary.skill_elsewhere < limit and chance < 1:
                self.findings.append(SetupFinding(
                    "labels", "nothing that is learned from these rows holds for rows held out, "
                    f"neither here nor with an ordinary network: {self.score} is "
                    f"{self.asked.score_elsewhere:.2f} and {ordinary.score_elsewhere:.2f} there, "
                    f"and {chance:.2f} is chance", "look whether row "
                    "i of t belongs to row i of x: both must be shuffled, sorted and selected "
                    "alike"))

    # ---- what is it? ----

    def try_rates(self):
        """Ten times the learning rate and a tenth, and further in the direction that is better."""
        changes = [scale_rate(self.setup, factor) for factor in (10, 0.1)]
        tried = [(change, self.run(change.setup, share=0.08)) for change in changes if change]
        if not tried:
            return []
        up, down = (outcome.last_loss() for _, outcome in tried)
        self.further = (100, 1000) if up < down else (0.01, 0.001)
        return tried

    def find_causes(self):
        """Findings about the changes that each by itself bring most of the difference: one or two;
        if time runs out, of those that were tried.
        """
        changes = [change for make in CHANGES if (change := make(self.setup)) is not None]
        changes += [change for factor in (self.further if self.rates else ())
                    if (change := scale_rate(self.setup, factor)) is not None]
        changes.sort(key=lambda change: -change.odd)
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
        if self.asked.skill >= HALF:
            tried = [(change, outcome) for change, outcome in tried
                     if change.odd > 0 and self.is_far_better(outcome)]
        tried = sorted((each for each in tried if self.close(each[1]) > 0.6),
                       key=lambda each: -self.weigh(*each))
        named = tried[:1] + [
            (change, outcome) for change, outcome in tried[1:] if change.odd >= 1
            and change.kind != tried[0][0].kind and self.close(outcome) > 0.8][:1]
        return [self.say_cause(*each) for each in named]

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
                  if make is not use_adam and make(self.setup) is not None]
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
        return [self.say_cause(change, outcome, and_others) for change in changes]

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

    # ---- in words ----

    @property
    def score(self):
        """What the score is called."""
        return "R²" if self.setup.task == "numbers" else "accuracy"

    @property
    def chance(self):
        return find_chance(self.setup.t, self.setup.task)

    def say_asked(self):
        asked = self.asked
        if asked.error is not None:
            return f"training diverges at step {asked.steps}"
        return (f"after {asked.steps} steps {self.score} is {asked.score:.2f}, and "
                f"{self.chance:.2f} is chance")

    def say_outcome(self, outcome):
        fewer = "" if outcome.steps >= self.asked.steps else f" after {outcome.steps} steps"
        return f"it is {outcome.score:.2f}{fewer}"

    def say_cause(self, change, outcome, and_others=""):
        return SetupFinding(change.kind, f"{change.seen}; {self.say_asked()}; with "
                            f"{change.instead}{and_others} {self.say_outcome(outcome)}",
                            change.remedy)

    def say_layers(self):
        ordinary = make_ordinary(self.setup)
        return SetupFinding(
            "layers", f"{self.say_asked()}; with an ordinary network and standardized numbers "
            f"{self.say_outcome(self.ordinary)}, and no change of a setting brings this one there",
            say_net(ordinary))

    def note_score(self):
        asked, n_others = self.asked, len(self.setup.other_x)
        if asked.error is not None:
            self.notes.append(f"a copy was trained as asked: {str(asked.error).partition('. ')[0]}")
            return
        elsewhere = f", and {asked.score_elsewhere:.2f} on {n_others} others" if n_others else ""
        self.notes.append(f"a copy was trained as asked for {asked.steps} of {self.setup.steps} "
                          f"steps: {self.score} is {asked.score:.2f} on rows trained on{elsewhere};"
                          f" {self.chance:.2f} is chance")
