"""Registry: what a model file may name, how it is written down there, and made again.

A name from a file is looked up in a dictionary, and nowhere else: nothing is imported, evaluated or
unpickled.
"""

import inspect
import math
from functools import partial
from typing import Any

import numpy as np

from .. import initializers, layers, losses, optimizers, schedules, sequential
from ..checks.settings import Configured
from ..errors import ModelFileError
from ..training import callbacks

DEEPEST = 32  # lists and objects in one another; a network in a network takes two of them

ROOMS = layers, losses, optimizers, schedules, initializers, callbacks, sequential
BASES = layers.Layer, losses.Loss, optimizers.Optimizer  # nothing can be made of these
KNOWN = {name: vars(room)[name] for room in ROOMS for name in room.__all__
         if vars(room)[name] not in BASES}


def register(cls):
    """Let model files name a class or a function of your own: a layer, loss, optimizer, schedule,
    callback or initializer.

    Returns it, so it can stand above a class as a decorator. It must have been called, with the
    same class, before a network with it is saved and before one is loaded. A class is made again by
    its constructor, with what it keeps as attributes of the same names; None, truth values,
    numbers, text, lists and tuples of these, and what is registered, can be saved; a small array
    can be given as a list. A subclass of Sequential with a constructor of its own takes rng beside
    these, and passes it on: super().__init__(..., rng=rng).

    Raises ValueError for what is neither a class nor a function with a name, and for a name that
    another one has.

    >>> @register
    ... class Scale(Layer):
    ...     '''y = factor x        dx = factor dy'''
    ...     def __init__(self, factor):
    ...         self.factor = factor
    ...     def forward(self, x, training=False):
    ...         return self.factor * x, None
    ...     def backward(self, dy, cache):
    ...         return self.factor * dy
    """
    if not can_be_registered(cls):
        raise ValueError(f"{cls!r} cannot be registered; it must be a class, or a function that "
                         "was made by def")
    other = KNOWN.get(cls.__name__, cls)
    if not is_same_class(cls, other):
        raise ValueError(f"{cls!r} cannot be registered: {other!r} has the name {cls.__name__} "
                         "already; choose another one")
    KNOWN[cls.__name__] = cls
    return cls


def can_be_registered(thing):
    """Whether it is a class, or a function with a name."""
    return (isinstance(thing, type) or inspect.isfunction(thing)) and thing.__name__.isidentifier()


def describe(value, depth=0):
    """The value as JSON can hold it; raise ValueError, which says what to do, for what cannot be
    saved.

    A tuple becomes {"tuple": [...]}, a function {"function": name}, an object {"class": name,
    "settings": {...}}, and a number that JSON lacks {"float": "nan"}, "inf" or "-inf".
    """
    if depth > DEEPEST:
        raise ValueError(f"what is nested more than {DEEPEST} deep cannot be saved")
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    if value is None or isinstance(value, (bool, float,
                                           str)) or isinstance(value, int) and abs(value) < 2**63:
        return value
    if type(value) in (list, tuple):
        items = [describe(item, depth + 1) for item in value]
        return items if isinstance(value, list) else {"tuple": items}
    if inspect.isfunction(value) and KNOWN.get(value.__name__) is value:
        return {"function": value.__name__}
    cls = type(value)
    if KNOWN.get(cls.__name__) is cls:
        settings = (value._settings() if isinstance(value, Configured)
                    else Configured._settings(value))
        return {"class": cls.__name__, "settings": {
            name: describe(setting, depth + 1) for name, setting in settings.items()}}
    raise ValueError(explain_refusal(value))


def explain_refusal(value):
    """Why this value cannot be saved, and what to do."""
    cls = type(value)
    name, other = cls.__name__, KNOWN.get(cls.__name__)
    if inspect.isfunction(value):
        return (f"the function {value.__name__} cannot be saved: it is not registered; write it "
                "with def, and call tinynet.register with it before saving and before loading")
    if cls.__module__ == "builtins" or cls.__module__.startswith("numpy"):
        return (f"{value!r:.200} cannot be saved: settings can be numbers, text, lists (of an "
                "array, array.tolist() is one), and what is registered")
    if other is None:
        return (f"{value!r} cannot be saved: {name} is not registered; call "
                f"tinynet.register({name}) before saving and before loading")
    if is_same_class(cls, other):
        return (f"{value!r} cannot be saved: the class {name} was defined anew after it was made; "
                "make it anew")
    return (f"{value!r} cannot be saved: its class has the name of {other!r}; give it another "
            "name, and call tinynet.register with it")


def is_same_class(cls, other):
    """Whether these are one, or one that was defined twice, as a notebook's cell does."""
    return (cls.__module__, cls.__qualname__) == (other.__module__, other.__qualname__)


def make(description, rng=None, depth=0) -> Any:
    """What was described; networks in it are built with rng.

    Raises ValueError, TypeError and others for what nobody has described.
    """
    if depth > DEEPEST:
        raise ModelFileError(f"what it describes is nested more than {DEEPEST} deep")
    deeper = partial(make, rng=rng, depth=depth + 1)
    match description:
        case None | bool() | int() | float() | str():
            return description
        case list():
            return [deeper(item) for item in description]
        case {"tuple": list(items), **others} if not others:
            return tuple(deeper(item) for item in items)
        case {"float": "nan" | "inf" | "-inf" as text, **others} if not others:
            return float(text)
        case {"function": str(name),
              **others} if not others and inspect.isfunction(KNOWN.get(name)):
            return KNOWN[name]
        case {"class": str(name), "settings": dict(settings),
              **others} if not others and isinstance(KNOWN.get(name), type):
            cls, settings = KNOWN[name], {key: deeper(value) for key, value in settings.items()}
            try:
                return (cls._made_with(settings, rng) if issubclass(cls, Configured)
                        else cls(**settings))
            except TypeError as error:
                raise ModelFileError(f"{name} cannot be made with the settings {list(settings)}: "
                                     f"{error}; its constructor must keep each argument as it is, "
                                     "in an attribute of the same name") from error
        case {"function": str(name)} | {"class": str(name)}:
            raise ModelFileError(f"it names {name!r:.100}, which this program does not know; if "
                                 "that is a class or a function of yours, call tinynet.register "
                                 "with it before loading")
    raise ModelFileError(f"{description!r:.100} describes nothing")
