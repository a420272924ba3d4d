"""Causes: which change of a set-up brings it to where a far better one comes."""

from dataclasses import dataclass, replace

import numpy as np

from ...optimizers import Adam
from .budget import OutOfTime
from .change import Change, say_net
from .network_changes import (draw_weights, drop_pools, use_relu, use_usual_ending,
                              use_usual_layers, use_usual_loss)
from .settings_changes import (balance_classes, do_not_regularize, fill_gaps, hold_rate,
                               scale_rate, shuffle_rows, standardize_rows, train_longer,
                               use_usual_batch, use_usual_optimizer, use_usual_rate, weigh_alike)
from .trials import Outcome

CHANGES = (fill_gaps, standardize_rows, shuffle_rows, weigh_alike, balance_classes, draw_weights,
           use_relu, use_usual_loss, use_usual_ending, do_not_regularize, use_usual_batch,
           use_usual_layers, drop_pools, hold_rate, use_usual_optimizer, train_longer)

# Shares of the way from what is asked for to the best, found on faulty programs and others like
# them: a fault mostly brings more than 0.9 of it, something else that helps less than 0.5.
ENOUGH = 0.6        # to be a cause
NEARLY_ALL = 0.8    # to be named second, or not to be missed by what is left out
CONFIRMED = 0.5     # with another order of the rows

ODDNESS = 0.4       # what an oddness of 1 counts for beside the whole way
AT_MOST = 2.0       # oddness beyond this counts no more
SURE = 1.2          # a rank from which on changes of an oddness below 1 need not be tried
UNLIKELY = 0.4      # a rank below which a change helps by something more unusual than the fault
NEAR = 0.1          # ranks that are as good as equal


@dataclass(frozen=True)
class Trial:
    """A change, and the Outcome of the set-up that has it."""

    change: Change
    outcome: Outcome


def make_changes(setup, makers=CHANGES):
    """The changes that can be made in a set-up, the most unusual first."""
    changes = [change for make in makers if (change := make(setup)) is not None]
    return sorted(changes, key=lambda change: -change.oddness)


class Causes:
    """The search for the changes that help.

    asked, best   the Outcomes between which the way is measured
    rates         the Trials of other learning rates, which are made beforehand
    """

    def __init__(self, budget, setup, asked, best, rates):
        self.budget, self.setup, self.asked = budget, setup, asked
        self.best, self.rates = best, rates

    def measure_gain(self, outcome):
        """Which part of the way from what is asked for to the best an outcome has made, at most 1;
        if it comes of fewer steps, from where that was after as many.
        """
        start = self.asked.skill, self.asked.skill_elsewhere
        if outcome.steps < self.asked.steps and outcome.error is None:
            start = self.asked.at(outcome.steps)
        parts = [(end - begin) / max(goal - begin, 0.1) for begin, end, goal in zip(
            start, (outcome.skill, outcome.skill_elsewhere),
            (self.best.skill, self.best.skill_elsewhere))]
        return min(float(np.nanmean(parts)), 1.0)

    def rank(self, trial):
        """How likely a change is the fault: it helps, and what stands there is unusual."""
        return (self.measure_gain(trial.outcome)
                + ODDNESS * min(trial.change.oddness, AT_MOST))

    def may_be_named(self, trial):
        """Whether a change makes enough of the way, and by what is unusual itself."""
        return self.measure_gain(trial.outcome) > ENOUGH and self.rank(trial) > UNLIKELY

    def find_single(self, is_good_enough):
        """[Trial]: the change that by itself brings most of the difference, and maybe a second."""
        trials = [trial for trial in self.try_changes()
                  if self.may_be_named(trial) and is_good_enough(trial)]
        while trials:
            first = self.choose(trials)
            if self.is_confirmed(first):
                others = [trial for trial in trials if trial.change.kind != first.change.kind
                          and trial.change.oddness >= 1
                          and self.measure_gain(trial.outcome) > NEARLY_ALL]
                return [first, *sorted(others, key=lambda trial: -self.rank(trial))[:1]]
            trials.remove(first)
        return []

    def choose(self, trials):
        """The one with the highest rank; of several learning rates that are as good, the nearest,
        which was tried first.
        """
        best = max(trials, key=self.rank)
        return next(trial for trial in trials if trial.change.kind == best.change.kind
                    and self.rank(trial) > self.rank(best) - NEAR)

    def is_confirmed(self, trial):
        """Whether it helps with another order of the rows as well, and was not luck; if there is no
        time to see, it is believed.
        """
        try:
            again = self.budget.take_steps(trial.change.setup, trial.outcome.steps, seed=1)
        except OutOfTime:
            return True
        return self.measure_gain(again) > CONFIRMED

    def try_changes(self):
        """The Trials of all changes, what is unusual first; those that there is time for."""
        changes = make_changes(self.setup) + self.go_further()
        changes.sort(key=lambda change: -change.oddness)
        trials = list(self.rates)
        for i, change in enumerate(changes):
            if change.oddness < 1 and any(self.may_be_named(trial) and self.rank(trial) > SURE
                                          for trial in trials):
                break
            outcome = self.budget.try_some(change.setup, left=len(changes) - i)
            if outcome is None:
                break
            trials.append(Trial(change, outcome))
        return trials

    def go_further(self):
        """Learning rates beyond those that were tried, in the direction that is better."""
        up, down = (trial.outcome.last_loss() for trial in self.rates)
        return [scale_rate(self.setup, factor)
                for factor in ((100, 1000) if up < down else (0.01, 0.001))]

    def find_joint(self):
        """[Trial]: the changes that help together, without those that are not needed."""
        makers = [make for make in (*CHANGES, use_usual_rate)
                  if make is not use_usual_optimizer and make(self.setup) is not None]
        whole = self.measure_gain(self.try_all(makers))
        if whole < ENOUGH:
            return []
        for make in sorted(makers, key=lambda make: make(self.setup).oddness):
            rest = [other for other in makers if other is not make]
            if self.measure_gain(self.try_all(rest)) > NEARLY_ALL * whole:
                makers = rest
        outcome, code = self.try_all(makers), say_net(self.change_all(makers))
        return [Trial(replace(change, remedy=code) if change.remedy.startswith("net = ")
                      else change, outcome) for change in make_changes(self.setup, makers)]

    def try_all(self, makers):
        """The Outcome of several changes at once."""
        return self.budget.run(self.change_all(makers), self.budget.JOINT)

    def change_all(self, makers):
        """The set-up with several changes."""
        setup = self.setup
        for make in makers:
            if (change := make(setup)) is not None:
                setup = change.setup
        return setup

    def learn_few(self):
        """The Outcome of learning 20 rows by Adam, without anything against overfitting."""
        plain = do_not_regularize(self.setup)
        few = (plain.setup if plain else self.setup).change(
            x=self.setup.x[:20], t=self.setup.t[:20], w=None, worth=None, n=20, batch_size=20,
            epochs=300, optimizer=Adam(lr=0.01))
        return self.budget.run(few, self.budget.JOINT)
