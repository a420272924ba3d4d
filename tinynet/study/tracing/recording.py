"""Recording: a training run of which some steps are kept, with every array."""

import contextlib
import copy
import functools
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from ...losses import Loss
from ...sequential import Sequential
from ...training.divergence import check_weights
from ...training.loop import Training
from ..functions import copy_of
from .step import Step
from .writing import Writer

PASSES = "forward", "backward", "backward_params"
HEARD = "forward", "backward", "mean"


class Finished(Exception):
    """The last of the steps that were asked for has been made."""


@dataclass
class Recorder(Training):
    """A training run up to the last of some steps, which are counted from 0.

    wanted   their numbers; `steps` are the records of these, and `losses` has the L of every step
    heard    what is heard of a step that is recorded, else None
    """

    wanted: tuple = ()
    steps: list = field(default_factory=list)
    losses: list = field(default_factory=list)
    heard: Any = None

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
        net = self.net
        before, optimizer = copy.deepcopy(net), copy.deepcopy(net.optimizer)
        self.heard = Heard()
        L, y, penalty = super().take_step(x, t, w, epoch, batch)
        check_weights(net, epoch, L)
        complete_backward(before, "", self.heard.passes, self.heard.passes["loss."].dx)
        step = Step(number, before, self.l2, self.clip_norm)
        writer = Writer(step, self.heard)
        writer.write_batch(self.find_rows(batch), x, t, w)
        writer.write_forward(L)
        writer.write_backward()
        writer.write_update(penalty, optimizer, net)
        self.steps.append(step)
        self.heard = None
        return L, y, penalty

    def find_rows(self, batch):
        """Which rows of the data a batch has."""
        stop = batch * self.batch_size
        places = self.order[stop - self.batch_size:stop]
        return places if self.data.rows is None else self.data.rows[places]

    def find_gradient(self, x, t, w, epoch, batch):
        result = super().find_gradient(x, t, w, epoch, batch)
        if self.heard is not None:
            self.heard.given = self.net.grads.copy()
        return result

    def backpropagate(self, x, t, w):
        if self.heard is None:
            return super().backpropagate(x, t, w)
        with listening(self.net, self.heard.passes):
            result = super().backpropagate(x, t, w)
        self.heard.gradients = self.net.grads.copy()
        return result


@dataclass
class Passes:
    """What the passes of a layer were given and returned; or those of a loss, which has no cache,
    but the losses l of the rows.
    """

    x: Any = None
    y: Any = None
    cache: Any = None
    dx: Any = None
    l: Any = None


@dataclass
class Heard:
    """What is heard of a step.

    passes      {prefix: the Passes of a layer, or of the loss}
    gradients   the vector of all gradients, of the loss alone
    given       the vector that the optimizer is given
    """

    passes: dict = field(default_factory=dict)
    gradients: Any = None
    given: Any = None


def is_in_a_row(net):
    """Whether a network passes through its layers one by one, as Sequential does."""
    return isinstance(net, Sequential) and all(
        getattr(type(net), name) is getattr(Sequential, name) and name not in vars(net)
        for name in (*PASSES, "backpropagate"))


def walk(net, prefix=""):
    """[(prefix, layer)] in the order of the forward pass; networks inside come before their layers.
    """
    for i, layer in enumerate(net.layers):
        yield f"{prefix}{i}.", layer
        if is_in_a_row(layer):
            yield from walk(layer, f"{prefix}{i}.")


@contextlib.contextmanager
def listening(net, passes):
    """In here, the Passes of each layer, and of the loss, are noted."""
    parts = [*walk(net), ("loss.", net.loss)]
    before = [dict(vars(part)) for _, part in parts]
    for prefix, part in parts:
        passes[prefix] = Passes()
        listen(part, passes[prefix])
    try:
        yield
    finally:
        for (_, part), attributes in zip(parts, before):
            for name in HEARD:
                vars(part).pop(name, None)
                if name in attributes:  # a pass of this layer alone
                    vars(part)[name] = attributes[name]


def listen(part, notes):
    """Put methods that keep copies in front of those of a layer, or of a loss; of several calls in
    one step the first counts, since a pass may call another one itself.
    """
    is_loss = isinstance(part, Loss)

    def hear_forward(forward, x, *arguments, **named):
        copy_of_x = x.copy()
        y, cache = result = forward(x, *arguments, **named)
        if notes.x is None:
            notes.x = copy_of_x
            # a loss returns L and y; y is what its backward is given
            notes.y, notes.cache = (cache.copy(), None) if is_loss else (y.copy(), copy_of(cache))
        return result

    def hear_backward(backward, *arguments, **named):
        dx = backward(*arguments, **named)
        notes.dx = dx.copy() if notes.dx is None else notes.dx
        return dx

    def hear_mean(mean, l, *arguments, **named):
        notes.l = np.array(l) if notes.l is None else notes.l
        return mean(l, *arguments, **named)

    for name, hear in zip(HEARD, (hear_forward, hear_backward, hear_mean)):
        original = getattr(part, name, None)
        if name != "mean" or is_loss and callable(original):
            vars(part)[name] = functools.wraps(original)(functools.partial(hear, original))


def complete_backward(net, prefix, passes, dy):
    """Go back to the data: note the dx of layers that training asks for none."""
    for i, layer in reversed(list(enumerate(net.layers))):
        notes = passes[f"{prefix}{i}."]
        if notes.dx is None and is_in_a_row(layer):
            complete_backward(layer, f"{prefix}{i}.", passes, dy)
            notes.dx = passes[f"{prefix}{i}.0."].dx
        elif notes.dx is None:
            notes.dx = copy.deepcopy(layer).backward(dy.copy(), copy_of(notes.cache))
        dy = notes.dx
