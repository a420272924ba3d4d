"""Trials: a copy of a set-up is trained for some steps, and what it has learned by then."""

import copy
import math
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

import numpy as np

from ...errors import DivergenceError
from ...layers import Conv2D, Dense, Flatten, ReLU
from ...training.arguments import prepare_training
from .scores import predict_quietly, says_the_same, take_some
from .setup import Setup

ROWS = 500      # to judge by, at most


@dataclass
class Outcome:
    """What became of a trial.

    setup    what was tried
    net      the trained copy
    skills   after so many steps, what is learned: {steps: (on the rows trained on, on others)}
    scores   the accuracies, or R², that these come from
    losses   the loss of each step's batch
    error    what ended it before its time, or None: a DivergenceError, or another exception
    is_late  whether time was up before the last step
    says_the_same    whether the answers to the rows trained on are all the same
    """

    setup: Setup
    net: Any
    skills: dict = field(default_factory=dict)
    scores: dict = field(default_factory=dict)
    losses: list = field(default_factory=list)
    error: Exception | None = None
    is_late: bool = False
    says_the_same: bool = False

    @property
    def steps(self):
        return max(self.skills)

    @property
    def has_diverged(self):
        return isinstance(self.error, DivergenceError)

    @property
    def skill(self):
        """On the rows trained on, in the end; chance, 0, is the least."""
        return max(self.skills[self.steps][0], 0.0)

    @property
    def skill_elsewhere(self):
        """On the rows held out, in the end; nan if there are none."""
        return float(np.maximum(self.skills[self.steps][1], 0.0))

    @property
    def is_worse_than_guessing(self):
        """Whether it is far below chance in the end, on all rows."""
        return max(self.skills[self.steps]) < -0.2

    @property
    def score(self):
        """Accuracy or R² on the rows trained on, in the end; nan if training ended before."""
        return self.scores.get(self.steps, (math.nan, math.nan))[0]

    @property
    def score_elsewhere(self):
        """The same on the rows held out."""
        return self.scores.get(self.steps, (math.nan, math.nan))[1]

    def note(self, moment, judged):
        """Keep the skills and scores of a moment."""
        self.skills[moment], self.scores[moment] = zip(*judged)

    def judge_again(self, setup):
        """The same, judged as another set-up judges; what was seen on the way is left out."""
        again = replace(self, skills={0: (0.0, 0.0)}, scores={})
        again.note(self.steps, judge(setup, self.net))
        return again

    def stop_early(self):
        """The same, as if it had been stopped at the moment that was best on the rows held out."""
        if math.isnan(self.skill_elsewhere):
            return self
        best = max([moment for moment in self.skills if moment],
                   key=lambda moment: self.skills[moment][1])
        return replace(self, skills={moment: skills for moment, skills in self.skills.items()
                                     if moment <= best})

    def at(self, steps):
        """(skill, skill elsewhere) at the last moment that is not after so many steps."""
        moment = max(moment for moment in self.skills if moment <= steps)
        return tuple(np.maximum(self.skills[moment], 0.0))

    def project(self, steps):
        """What the skill comes to after so many steps, if it goes on as in the last half."""
        half = max(moment for moment in self.skills if moment <= self.steps / 2)
        slope = (self.skill - self.at(half)[0]) / max(self.steps - half, 1)
        return min(self.skill + max(slope, 0.0) * max(steps - self.steps, 0), 1.0)

    def last_loss(self):
        """The mean loss of the last tenth of the steps; infinite if they did not come to an end."""
        if self.error is not None:
            return math.inf
        return float(np.mean(self.losses[-max(len(self.losses) // 10, 1):]))


def try_training(setup, steps, moments=1, deadline=math.inf, seed=0):
    """Train a copy of the set-up for so many steps, epoch after epoch, as `fit` does, and judge it
    at so many moments. The seed orders the rows.
    """
    net, optimizer = copy.deepcopy((setup.net, setup.optimizer))
    outcome = Outcome(setup, net)
    moments = {max(round(steps * (i + 1) / moments), 1) for i in range(moments)}
    try:
        outcome.note(0, judge(setup, net))
        run = prepare_training(
            net, setup.x, setup.t, optimizer=optimizer, epochs=1, batch_size=setup.batch_size,
            validation=None, shuffle=setup.shuffles, rng=seed, sample_weight=setup.w,
            class_weight=None, l2=setup.l2, clip_norm=setup.clip_norm, callbacks=(), verbose=0)
        net.optimizer = optimizer
        run.freeze()
        with np.errstate(all="ignore"):
            start = perf_counter()
            for made, batch in enumerate(repeat_epochs(run, steps), 1):
                outcome.losses.append(run.take_step(*batch, epoch=1, batch=made)[0])
                if made in moments:
                    outcome.note(made, judge(setup, net))
                now = perf_counter()
                # also if the first step is so slow that there will not be many
                outcome.is_late = now + (made == 1) * 20 * (now - start) > deadline
                if outcome.is_late:
                    break
        x, = take_some(count_judged(net), setup.x)
        outcome.says_the_same = says_the_same(predict_quietly(net, x), setup.task)
    except Exception as error:  # a DivergenceError, or what code of the user's own raises
        outcome.error = error
        outcome.skills |= {0: (0.0, 0.0), len(outcome.losses) + 1: (-1.0, -1.0)}
    return outcome


def repeat_epochs(run, steps):
    """(x, t, w) of so many batches, of as many epochs as that takes."""
    n = len(run.data)
    while steps > 0:
        order = np.arange(n) if run.shuffle_rng is None else run.shuffle_rng.permutation(n)
        for _, *batch in run.data.batches(order[:steps * run.batch_size], run.batch_size):
            yield batch
            steps -= 1


def judge(setup, net):
    """(skill, score) on the rows trained on, and on the rows held out; nan where there are none."""
    n = count_judged(net)
    for x, truth in (setup.x, setup.truth), (setup.other_x, setup.other_truth):
        yield (truth.take(n).judge(predict_quietly(net, *take_some(n, x))) if len(x)
               else (math.nan, math.nan))


def count_judged(net):
    """By how many rows a network is judged, at most; a large one by fewer."""
    return max(30, min(ROWS, int(0.2 / estimate_seconds(net, 1))))


def estimate_seconds(net, batch_size):
    """About how long a training step takes, on a slow machine. It counts, and does not measure, so
    that a report does not depend on what else the machine is doing.
    """
    n_layers = products = quick = slow = 0
    for layer, shape in zip(net.layers, net._shapes[1:]):
        n_layers += len(layer._parts())
        places = math.prod(shape[:-1])
        products += layer._size("param_names") * (1 if places == 1 else 2 * places)
        if isinstance(layer, (Dense, Conv2D, ReLU, Flatten)):
            quick += math.prod(shape)
        else:
            slow += math.prod(shape)
    return 15e-6 + 10e-6 * n_layers + batch_size * (13e-11 * products + 1e-9 * quick + 5e-9 * slow)
