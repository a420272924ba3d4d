"""Memory: what callbacks remember goes along with their network, into copies and files."""

import copy
from typing import Any, NamedTuple

import numpy as np

from ..checks.settings import Configured


class Memory(NamedTuple):
    """What a callback remembers."""

    callback: str       # the call that makes one like it: "EarlyStopping('loss', patience=3)"
    state: Any          # copies of the attributes in its state_names, by their names
    problem: str = ""   # why a file cannot keep this

    @classmethod
    def of(cls, callback):
        try:
            Configured._settings(callback)  # those that its call shows
        except ValueError as error:
            return cls("", {}, str(error))
        call, state = Configured.__repr__(callback), {}
        for name in callback.state_names:
            if name not in vars(callback):
                return cls(call, {}, f"{call} cannot be saved: it has no {name!r} of its own, "
                           "which its state_names lists")
            state[name] = value = copy.copy(vars(callback)[name])
            if not (value is None or isinstance(value, (bool, int, float, np.generic, np.ndarray))):
                return cls(call, {}, f"{call} cannot be saved: {name}, which its state_names "
                           f"lists, is {value!r:.100}, and must be a number, None or an array")
        return cls(call, state)


class TrainingMemory:
    """What the callbacks of a network's last training run remember, and those of one that is
    running.

    In one process a callback keeps its own memory. A copy of a network, and one from a file, has
    callbacks anew; there the first training run gives its callbacks what others with the same class
    and settings remembered.
    """

    def __init__(self, kept=(), is_copy=False):
        self.kept, self.is_copy, self.running = list(kept), is_copy, ()
        self.is_running = False

    def begin(self, callbacks, history):
        """Give the callbacks of a training run what they are to remember of its history."""
        self.running = [callback for callback in callbacks if getattr(callback, "state_names", ())]
        memories = list(self.kept) if self.is_copy else []
        for callback in self.running:
            call = Memory.of(callback).callback
            found = next((memory for memory in memories if memory.callback == call != ""), None)
            if found is not None:
                memories.remove(found)
                vars(callback).update(copy.deepcopy(found.state), history=history)
        self.is_running = True

    def end(self, has_trained):
        """Keep what the callbacks remember, if there was an epoch."""
        if has_trained:
            self.kept, self.is_copy = self.look(), False
        self.running, self.is_running = (), False

    def look(self):
        """A Memory of each callback: those of the run that goes on, or else of the last one."""
        return [Memory.of(callback) for callback in self.running] if self.running else self.kept

    def of_a_copy(self):
        """What a copy of the network has."""
        return TrainingMemory(self.look(), is_copy=True)
