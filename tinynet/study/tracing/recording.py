"""Recording: a training run of which some steps are kept, with every array."""

import contextlib
import copy
from dataclasses import dataclass, field, fields

from ...training.divergence import check_weights
from ...training.loop import Training
from .observing import Observed, complete_backward, observing
from .step import Step
from .writing import Writer


class Finished(Exception):
    """The last of the steps that were asked for has been made."""


@dataclass
class Recorder(Training):
    """A training run up to the last of some steps, which are counted from 0.

    wanted     their numbers; `steps` are the records of these, and `losses` has the L of every step
    observed   what is Observed of a step that is recorded, else None
    """

    wanted: tuple = ()
    steps: list = field(default_factory=list)
    losses: list = field(default_factory=list)
    observed: Observed | None = None

    @classmethod
    def from_training(cls, training, wanted):
        """The same training run, up to the last step that is wanted."""
        settings = {each.name: getattr(training, each.name) for each in fields(training)}
        return cls(**settings, wanted=wanted)

    def run(self):
        with contextlib.suppress(Finished):
            super().run()

    def take_step(self, x, t, w, epoch, batch):
        number = len(self.losses)
        if number in self.wanted:
            L, y, penalty = self.record_step(number, x, t, w, epoch, batch)
        else:
            L, y, penalty = super().take_step(x, t, w, epoch, batch)
        self.losses.append(L)
        if number == max(self.wanted):
            raise Finished
        return L, y, penalty

    def record_step(self, number, x, t, w, epoch, batch):
        """The same as take_step, and keep the Step."""
        before, optimizer = copy.deepcopy(self.net), copy.deepcopy(self.net.optimizer)
        self.observed = Observed()
        L, y, penalty = super().take_step(x, t, w, epoch, batch)
        check_weights(self.net, epoch, L)
        complete_backward(before, "", self.observed.calls, self.observed.calls["loss."].dx)
        step = Step(number, before, optimizer, self.l2, self.clip_norm)
        writer = Writer(step, self.observed)
        writer.write_batch(self.find_rows(batch), x, t, w)
        writer.write_forward(L)
        writer.write_backward()
        writer.write_update(penalty, self.net)
        self.steps.append(step)
        self.observed = None
        return L, y, penalty

    def find_rows(self, batch):
        """Which rows of the data a batch has."""
        stop = batch * self.batch_size
        places = self.order[stop - self.batch_size:stop]
        return places if self.data.rows is None else self.data.rows[places]

    def find_gradient(self, x, t, w, epoch, batch):
        result = super().find_gradient(x, t, w, epoch, batch)
        if self.observed is not None:
            self.observed.given = self.net.grads.copy()
        return result

    def backpropagate(self, x, t, w):
        if self.observed is None:
            return super().backpropagate(x, t, w)
        with observing(self.net, self.observed.calls):
            result = super().backpropagate(x, t, w)
        self.observed.gradients = self.net.grads.copy()
        return result
