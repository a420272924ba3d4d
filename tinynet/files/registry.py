"""Registry: the classes and functions that a model file may name, how one is written down there, and made again.

A name from a file is looked up in a dictionary, and nowhere else: nothing is imported, evaluated or unpickled.
"""

import inspect
from functools import partial
from typing import Any

from .. import initializers, layers, losses, optimizers, schedules, sequential
from ..checks.settings import DEEPEST, Configured, describe, full_name, rename
from ..errors import ModelFileError
from ..training import callbacks

ROOMS = layers, losses, optimizers, schedules, initializers, callbacks, sequential
BASES = layers.Layer, losses.Loss, optimizers.Optimizer  # nothing can be made of these
KNOWN = {name: vars(room)[name] for room in ROOMS for name in room.__all__ if vars(room)[name] not in BASES}


def register(cls):
    """Let model files name a class or a function of your own: a layer, loss, optimizer, schedule, callback or initializer.

    Returns it, so it can stand above a class as a decorator. It must have been called, with the same class, before a
    network with it is saved and before one is loaded. A class is made again from its constructor's parameters, which it
    keeps as attributes of the same names; None, truth values, numbers, text, lists and tuples of these, and what is
    registered, can be saved; a small array can be given as a list.

    Raises ValueError for what is neither a class nor a function with a name, and for a name that another one has.

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
        raise ValueError(f"{cls!r} cannot be registered; it must be a class, or a function that was made by def")
    other = KNOWN.get(cls.__name__, cls)
    if (other.__module__, other.__qualname__) != (cls.__module__, cls.__qualname__):
        raise ValueError(f"{cls!r} cannot be registered: {other!r} has the name {cls.__name__} already; choose another one")
    KNOWN[cls.__name__] = cls
    return cls


def can_be_registered(thing):
    """Whether it is a class, or a function with a name."""
    return (isinstance(thing, type) or inspect.isfunction(thing)) and thing.__name__.isidentifier()


def describe_for_file(value):
    """The description of the value by `describe`, if all that it names is registered; else raise ValueError."""
    return describe(value, find_name)


def find_name(thing):
    """The name under which a class or a function is registered; else raise ValueError, which says what to do."""
    name, before_saving = thing.__name__, "before saving and before loading"
    other = KNOWN.get(name)
    if other is thing:
        return name
    if inspect.isfunction(thing):
        raise ValueError(f"it is not registered; write it with def, and call tinynet.register with it {before_saving}")
    if other is None:
        raise ValueError(f"{name} is not registered; call tinynet.register({name}) {before_saving}")
    if full_name(other) == full_name(thing):
        raise ValueError(f"the class {name} was defined anew after it was made; make it anew")
    raise ValueError(f"its class has the name of {other!r}; give it another name, and call tinynet.register with it")


def use_names_in_file(description):
    """The description of a callback with the names of the registry for full names; ValueError for one not registered."""
    names = {full_name(thing): name for name, thing in KNOWN.items()}

    def find_in_file(full):
        if full not in names:
            name, callback = (text.rpartition(".")[2] for text in (full, description["class"]))
            raise ValueError(f"what the callback {callback} remembers cannot be saved: {name} is not registered; call "
                             f"tinynet.register({name}) before saving and before loading")
        return names[full]

    return rename(description, find_in_file)


def use_full_names(description):
    """The description of a callback with full names for those of the registry; ModelFileError for one not registered."""
    def find_full(name):
        if name not in KNOWN:
            raise ModelFileError(f"it remembers a callback with {name!r:.100}, which this program does not know; call "
                                 "tinynet.register with it before loading")
        return full_name(KNOWN[name])

    return rename(description, find_full)


def make(description, depth=0) -> Any:
    """What was described. Raises ValueError, TypeError and others for what nobody has described."""
    if depth > DEEPEST:
        raise ModelFileError(f"what it describes is nested more than {DEEPEST} deep")
    deeper = partial(make, depth=depth + 1)
    match description:
        case None | bool() | int() | float() | str():
            return description
        case list():
            return [deeper(item) for item in description]
        case {"tuple": list(items), **others} if not others:
            return tuple(deeper(item) for item in items)
        case {"float": "nan" | "inf" | "-inf" as text, **others} if not others:
            return float(text)
        case {"function": str(name), **others} if not others and inspect.isfunction(KNOWN.get(name)):
            return KNOWN[name]
        case {"class": str(name), "settings": dict(settings), **others} if not others and isinstance(KNOWN.get(name), type):
            cls, settings = KNOWN[name], {key: deeper(value) for key, value in settings.items()}
            try:
                return cls._made_with(settings) if issubclass(cls, Configured) else cls(**settings)
            except TypeError as error:
                raise ModelFileError(f"{name} takes other settings than {list(settings)}: {error}; perhaps its constructor has "
                                     "changed") from error
        case {"function": str(name)} | {"class": str(name)}:
            raise ModelFileError(f"it names {name!r:.100}, which this program does not know; if that is a class or a function "
                                 "of yours, call tinynet.register with it before loading")
    raise ModelFileError(f"{description!r:.100} describes nothing")
