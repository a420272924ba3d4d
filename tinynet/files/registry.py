"""Registry: the classes and functions that a model file may name, how one is written down there, and made again.

A name from a file is looked up in a dictionary, and nowhere else: nothing is imported, evaluated or unpickled.
"""

import inspect
import math
from functools import partial

import numpy as np

from ..training.callbacks import EarlyStopping, ReduceOnPlateau
from ..errors import ModelFileError
from ..checks.settings import Configured
from ..initializers import (glorot_normal, glorot_uniform, he_normal, he_uniform, lecun_normal, lecun_uniform, ones, zeros)
from ..layers import (ELU, GELU, AveragePool2D, BatchNorm, Conv2D, Dense, Dropout, Flatten, GlobalAveragePool2D, LayerNorm,
                      LeakyReLU, MaxPool2D, ReLU, Reshape, Sigmoid, SiLU, Softmax, Softplus, Tanh)
from ..losses import (BinaryCrossEntropy, CrossEntropy, HalfSquaredError, Huber, MeanAbsoluteError, MeanSquaredError,
                      SigmoidCrossEntropy, SoftmaxCrossEntropy)
from ..optimizers import SGD, Adam, AdamW, RMSprop
from ..schedules import CosineDecay, ExponentialDecay, OneCycle, StepDecay, Warmup

DEEPEST = 32  # lists and objects in one another; a network in a network takes two of them

KNOWN = {thing.__name__: thing for thing in (
    Dense, Conv2D, MaxPool2D, AveragePool2D, GlobalAveragePool2D, Flatten, Reshape, Dropout, BatchNorm, LayerNorm,
    ReLU, LeakyReLU, ELU, GELU, SiLU, Softplus, Sigmoid, Tanh, Softmax,
    MeanSquaredError, HalfSquaredError, MeanAbsoluteError, Huber,
    CrossEntropy, SoftmaxCrossEntropy, BinaryCrossEntropy, SigmoidCrossEntropy,
    SGD, RMSprop, Adam, AdamW, StepDecay, ExponentialDecay, CosineDecay, Warmup, OneCycle, EarlyStopping, ReduceOnPlateau,
    zeros, ones, lecun_uniform, lecun_normal, glorot_uniform, glorot_normal, he_uniform, he_normal,
)}


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
    if not (isinstance(cls, type) or inspect.isfunction(cls)) or not cls.__name__.isidentifier():
        raise ValueError(f"{cls!r} cannot be registered; it must be a class, or a function that was made by def")
    other = KNOWN.get(cls.__name__, cls)
    if (other.__module__, other.__qualname__) != (cls.__module__, cls.__qualname__):
        raise ValueError(f"{cls!r} cannot be registered: {other!r} has the name {cls.__name__} already; choose another one")
    KNOWN[cls.__name__] = cls
    return cls


def described(value, depth=0):
    """The value as JSON can hold it; a ValueError that says what cannot be saved.

    A tuple is {"tuple": [...]}, a function {"function": name}, an object {"class": name, "settings": {...}}, and a number
    that JSON does not know {"float": "nan"}, or "inf" or "-inf".
    """
    if depth > DEEPEST:
        raise ValueError(f"what is nested more than {DEEPEST} deep cannot be saved")
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    if value is None or isinstance(value, (bool, float, str)) or isinstance(value, int) and abs(value) < 2**63:
        return value
    if type(value) in (list, tuple):
        items = [described(item, depth + 1) for item in value]
        return items if isinstance(value, list) else {"tuple": items}
    if inspect.isfunction(value) and KNOWN.get(value.__name__) is value:
        return {"function": value.__name__}
    cls = type(value)
    if KNOWN.get(cls.__name__) is cls:
        settings = value._settings() if isinstance(value, Configured) else Configured._settings(value)
        return {"class": cls.__name__, "settings": {
            name: described(setting, depth + 1) for name, setting in settings.items()}}
    if inspect.isfunction(value):
        raise ValueError(f"the function {value.__name__} cannot be saved: it is not registered; write it with def, and call "
                         "tinynet.register with it before saving and before loading")
    if cls.__module__ == "builtins" or cls.__module__.startswith("numpy"):
        raise ValueError(f"{value!r:.200} cannot be saved: settings can be numbers, text, lists (of an array, array.tolist() is "
                         "one), and what is registered")
    other = KNOWN.get(cls.__name__)
    if other is not None:
        again = (other.__module__, other.__qualname__) == (cls.__module__, cls.__qualname__)
        raise ValueError(f"{value!r} cannot be saved: " + (
            f"the class {cls.__name__} was defined anew after it was made; make it anew" if again else
            f"its class has the name of {other!r}; give it another name, and call tinynet.register with it"))
    raise ValueError(f"{value!r} cannot be saved: {cls.__name__} is not registered; call tinynet.register({cls.__name__}) "
                     "before saving and before loading")


def made(description, depth=0):
    """What was described. Raises ValueError, TypeError and others for what nobody has described."""
    if depth > DEEPEST:
        raise ModelFileError(f"what it describes is nested more than {DEEPEST} deep")
    deeper = partial(made, depth=depth + 1)
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
