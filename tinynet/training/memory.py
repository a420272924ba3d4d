"""Memory: what the callbacks of a training remember goes along with its network, into copies and files."""

import copy
from typing import Any, NamedTuple

import numpy as np

from ..checks.settings import describe


class Memory(NamedTuple):
    """What a callback remembers."""

    callback: Any  # its class and settings, by `describe`; or, if it cannot be saved, the reason
    state: dict    # copies of the attributes in its state_names

    @classmethod
    def of(cls, callback):
        state = {}
        for name in callback.state_names:
            if name not in vars(callback):
                return cls(f"{callback!r} cannot be saved: it has no {name!r} of its own, which its state_names lists", {})
            state[name] = value = copy.copy(vars(callback)[name])
            if not (value is None or isinstance(value, (bool, int, float, np.generic, np.ndarray))):
                return cls(f"{callback!r} cannot be saved: {name}, which its state_names lists, is {value!r:.100}, and must be a "
                           "number, None or an array", {})
        return cls(describe_or_say_why_not(callback), state)


def describe_or_say_why_not(callback):
    """The callback's class and settings; or the reason why it has no description."""
    try:
        return describe(callback)
    except ValueError as error:
        return str(error)


def collect_memories(net):
    """What callbacks remember of this network's training: those of a fit that is running, or else of the last one."""
    return [Memory.of(callback) for callback in net._callbacks] or net._memories


def recall(net, callbacks):
    """Give callbacks the memory of ones with the same class and settings, if the network comes from a file or is a copy.

    Returns the callbacks that have something to remember.
    """
    memories, with_state = list(net._memories) if net._recalls else [], []
    for callback in callbacks:
        if getattr(callback, "state_names", ()):
            with_state.append(callback)
            description = describe_or_say_why_not(callback)
            found = next((i for i, memory in enumerate(memories) if memory.callback == description), None)
            if found is not None:
                vars(callback).update(copy.deepcopy(memories.pop(found).state))
    return with_state
