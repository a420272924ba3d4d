"""Watchers: the callbacks of a training run, and in which order they are told what."""

import contextlib
import inspect

import numpy as np


VALIDATION_COLUMNS = "val_loss", "val_accuracy", "val_r2"  # those that `fit` records itself


class Watchers:
    """The callbacks of one training run.

        with Watchers(callbacks, net, data, interrupt) as watchers:
            while not watchers.say_stop:
                ...
                watchers.look(epoch, record)

    When it begins, they get back what they are to remember, and their `begin` is called; when it
    ends, also by an error, their `end` is called, and the network keeps what they remember.
    """

    def __init__(self, callbacks, net, data, interrupt):
        self.callbacks, self.net, self.data, self.interrupt = callbacks, net, data, interrupt
        self.savers = [callback for callback in sort_callbacks(callbacks)
                       if hasattr(callback, "after_all")]
        self.epochs_before = len(net.history)
        self.say_stop = False

    def __enter__(self):
        self.net._memory.begin(self.callbacks, self.net.history)
        with contextlib.ExitStack() as ends:
            ends.callback(self.keep_memories)
            if any(hasattr(callback, "begin") for callback in self.callbacks):
                x, t, _ = self.data.all()
            for callback in sort_callbacks(self.callbacks):
                if hasattr(callback, "end"):
                    ends.callback(self.end, callback)
                if hasattr(callback, "begin"):
                    self.note(callback.begin(self.net, x, t))
            self.ends = ends.pop_all()
        return self

    def __exit__(self, *error):
        return self.ends.__exit__(*error)

    def look(self, epoch, record):
        """Let all callbacks see the epoch; those that save see it when the others have."""
        for callback in self.callbacks:
            self.note(callback(self.net, epoch, record))
        for callback in self.savers:
            callback.after_all(self.net, epoch)

    def note(self, answer):
        """Stop if the answer of a callback is True, and not something else that counts as true."""
        if isinstance(answer, (bool, np.bool_)) and answer:
            self.say_stop = True

    def end(self, callback):
        with self.interrupt.back:  # it may put back weights
            callback.end(self.net)

    def keep_memories(self):
        self.net._memory.end(has_trained=len(self.net.history) > self.epochs_before)


def sort_callbacks(callbacks):
    """Those that save, with after_all, come last, so that what the others remember goes along.

    Of them, those that monitor come first: if the program is killed between two saves, the best
    epoch is not lost.
    """
    def place(callback):
        if not hasattr(callback, "after_all"):
            return 0
        return 1 if getattr(callback, "monitor", None) is not None else 2

    return sorted(callbacks, key=place)


def takes(function, n):
    """Whether it can be called with n arguments, as far as can be known."""
    try:
        inspect.signature(function).bind(*range(n))
    except TypeError:
        return False
    except ValueError:  # a function in C without a signature
        return True
    return True


def as_callbacks(callbacks, validation):
    """The callbacks as a tuple of functions; raise ValueError for what is not one."""
    if callbacks is None:
        callbacks = ()
    elif callable(callbacks):
        callbacks = (callbacks,)
    if not isinstance(callbacks, (list, tuple)):
        raise ValueError(f"callbacks is {callbacks!r}; it must be a function f(net, epoch, "
                         "record), or a list of them")
    for i, callback in enumerate(callbacks):
        if any(callback is other for other in callbacks[:i]):
            raise ValueError(f"{callback!r} is among the callbacks twice; once is enough, "
                             "or make another one")
        if isinstance(callback, type):
            raise ValueError(f"the class {callback.__name__} is among the callbacks; "
                             f"make one of it: {callback.__name__}(...)")
        if not callable(callback):
            raise ValueError(f"{callback!r} is among the callbacks; a callback is a function "
                             "f(net, epoch, record)")
        if not takes(callback, 3):
            raise ValueError(f"{callback!r} is among the callbacks; a callback is a function "
                             "f(net, epoch, record), and it does not take these three")
        if validation is None and getattr(callback, "monitor", None) in VALIDATION_COLUMNS:
            raise ValueError(f"{callback!r} monitors the validation data, and there are none; "
                             "pass validation=(x, t)")
    return tuple(callbacks)
