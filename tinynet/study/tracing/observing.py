"""Observing: what the passes of layers, and of a loss, are given and return in a training step."""

import contextlib
import copy
import functools
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...losses import Loss
from ...sequential import Sequential
from ..functions import copy_of

METHODS_IN_A_ROW = "forward", "backward", "backward_params", "backpropagate"
WRAPPED = "forward", "backward", "mean"


@dataclass
class Calls:
    """What the passes of a layer were given and returned; or those of a loss, which has no cache,
    but the losses l of the rows.
    """

    thing: Any = None    # the layer, or the loss, as it was before its first pass
    x: Any = None
    y: Any = None
    cache: Any = None
    dx: Any = None
    l: Any = None


@dataclass
class Observed:
    """What was observed of a step.

    calls       {prefix: the Calls of a layer, or of the loss}
    gradients   the vector of all gradients, of the loss alone
    given       the vector that the optimizer was given
    """

    calls: dict = field(default_factory=dict)
    gradients: Any = None
    given: Any = None


def is_in_a_row(net):
    """Whether a network passes through its layers one by one, as Sequential does."""
    return isinstance(net, Sequential) and all(
        getattr(type(net), name) is getattr(Sequential, name) for name in METHODS_IN_A_ROW
    ) and not has_own_passes(net)


def walk(net, prefix=""):
    """[(prefix, layer)] in the order of the forward pass; networks inside come before their layers.
    """
    for i, layer in enumerate(net.layers):
        yield f"{prefix}{i}.", layer
        if is_in_a_row(layer):
            yield from walk(layer, f"{prefix}{i}.")


@contextlib.contextmanager
def observing(net, calls):
    """Note the Calls of each layer, and of the loss, while the block runs."""
    parts = [*walk(net), ("loss.", net.loss)]
    before = [dict(vars(part)) for _, part in parts]
    for prefix, part in parts:
        calls[prefix] = Calls()
        wrap_passes(part, calls[prefix])
    try:
        yield
    finally:
        for (_, part), attributes in zip(parts, before):
            for name in WRAPPED:
                vars(part).pop(name, None)
                if name in attributes:  # a pass of this layer alone
                    vars(part)[name] = attributes[name]


def wrap_passes(part, calls):
    """Put methods that keep copies in front of those of a layer, or of a loss; of several calls in
    one step the first counts, since a pass may call another one itself.
    """
    is_loss, own = isinstance(part, Loss), dict(vars(part))

    def forward_and_note(forward, x, *arguments, **named):
        if calls.thing is None:
            calls.thing = copy_without(part, own)
        copy_of_x = x.copy()
        y, cache = result = forward(x, *arguments, **named)
        if calls.x is None:
            calls.x = copy_of_x
            # a loss returns L and y; y is what its backward is given
            calls.y, calls.cache = (cache.copy(), None) if is_loss else (y.copy(), copy_of(cache))
        return result

    def backward_and_note(backward, *arguments, **named):
        dx = backward(*arguments, **named)
        calls.dx = dx.copy() if calls.dx is None else calls.dx
        return dx

    def mean_and_note(mean, l, *arguments, **named):
        calls.l = np.array(l) if calls.l is None else calls.l
        return mean(l, *arguments, **named)

    for name, wrapper in zip(WRAPPED, (forward_and_note, backward_and_note, mean_and_note)):
        original = getattr(part, name, None)
        if name != "mean" or is_loss and callable(original):
            vars(part)[name] = functools.wraps(original)(functools.partial(wrapper, original))


def copy_without(part, own):
    """A copy of a layer, or of a loss, without the wrapped passes, and with those of its own."""
    wrapped = {name: vars(part).pop(name) for name in WRAPPED if name in vars(part)}
    vars(part).update({name: own[name] for name in WRAPPED if name in own})
    twin = copy.deepcopy(part)
    vars(part).update(wrapped)
    return twin


def has_own_passes(thing):
    """Whether a layer, or a loss, has a pass that others of its class do not have."""
    return any(name in vars(thing) for name in METHODS_IN_A_ROW)


def complete_backward(net, prefix, calls, dy):
    """Go back to the data: find dx of the layers whose backward pass training leaves out."""
    for i, layer in reversed(list(enumerate(net.layers))):
        call = calls[f"{prefix}{i}."]
        if call.dx is None and is_in_a_row(layer):
            complete_backward(layer, f"{prefix}{i}.", calls, dy)
            call.dx = calls[f"{prefix}{i}.0."].dx
        elif call.dx is None:
            call.dx = copy.deepcopy(layer).backward(dy.copy(), copy_of(call.cache))
        dy = call.dx
