"""Budget: how many steps each trial may take, so that all together take a few seconds."""

import math
from contextlib import suppress

import numpy as np

from .scores import predict_quietly
from .trials import estimate_seconds, try_training

SLOW = "the time was not enough for all trials, so that something may have been missed"


class OutOfTime(Exception):
    """There is no time for another trial."""


class Budget:
    """Seconds for each kind of trial, as they are estimated by counting, so that a report does not
    depend on what else the machine is doing; and a moment at which all must end.
    """

    ASKED = 2.4         # what is asked for
    ORDINARY = 1.2      # an ordinary set-up
    RATE = 0.5          # another learning rate
    JOINT = 0.5         # several changes at once
    CHANGES = 6.0       # all trials before these and those of single changes
    SHARES = 5          # of so many shares of what is left the next change gets one
    IN_TURN = 9.0       # all these and those in which rows are held out in turn
    FOLDS = 5           # how often that is: each time a fifth of the rows
    STEP = 0.25         # a single step; batches that take longer are cut
    FEW = 20            # steps without which a trial is of no use

    def __init__(self, deadline):
        self.deadline, self.spent, self.is_short = deadline, 0.0, False

    def run(self, setup, seconds, moments=1):
        """The Outcome of all steps of a set-up, or of as many as these seconds are enough for."""
        steps = int(seconds / self.estimate(setup))
        return self.take_steps(setup, max(min(setup.steps, steps), 1), moments)

    def try_some(self, setup, left):
        """The Outcome of a change, of which there are so many left; None if time is up."""
        rest = max(self.CHANGES - self.spent, 0.1 * self.CHANGES)
        with suppress(OutOfTime):
            return self.run(setup, rest / min(left + 1, self.SHARES))

    def take_steps(self, setup, steps, moments=1, seed=0):
        """The Outcome of so many steps of a set-up."""
        self.spent += steps * self.estimate(setup)
        outcome = try_training(setup, steps, moments, self.deadline, seed)
        if outcome.is_late:
            self.is_short = True
            raise OutOfTime
        return outcome

    def validate(self, outcome):
        """What the set-up of an outcome has learned by then of rows on which it was not trained, of
        all of them, a fifth held out each time; nan if there is no time.
        """
        setup, folds = outcome.setup, min(self.FOLDS, len(outcome.setup.x))
        if self.spent + folds * outcome.steps * self.estimate(setup) > self.IN_TURN:
            self.is_short = True
            return math.nan
        fold_of = np.random.default_rng(0).permutation(len(setup.x)) % folds
        y = np.zeros(setup.t.shape)
        for fold in range(folds):
            is_out = fold_of == fold
            w, worth = (None if a is None else a[~is_out] for a in (setup.w, setup.worth))
            rest = setup.change(x=setup.x[~is_out], t=setup.t[~is_out], w=w, worth=worth)
            try:
                learned = self.take_steps(rest, outcome.steps)
            except OutOfTime:
                return math.nan
            if learned.error is not None:
                return 0.0
            y[is_out] = predict_quietly(learned.net, setup.x[is_out])
        return max(setup.truth.judge(y)[0], 0.0)

    def estimate(self, setup):
        """Seconds for a step."""
        return estimate_seconds(setup.net, min(setup.batch_size, len(setup.x)))

    def cut_batches(self, setup):
        """The set-up with batches so small that a step does not take long, and as many steps; an
        OutOfTime if that does not help.
        """
        size, seconds = min(setup.batch_size, len(setup.x)), self.estimate(setup)
        if seconds <= self.STEP:
            return setup
        smaller = max(int(size * self.STEP / seconds), 8)
        setup = setup.change(batch_size=smaller, uncut=setup,
                             n=-(-setup.n // setup.batch_size) * smaller)
        if self.FEW * self.estimate(setup) > self.CHANGES:
            self.is_short = True
            raise OutOfTime
        return setup
