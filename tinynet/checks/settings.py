"""Settings: the numbers and functions that layers, losses, optimizers and so on are made with."""

import contextlib
import functools
import inspect
import numbers

import numpy as np

from .habits import names_the_argument


class Configured:
    """Something made with settings, each kept as an attribute of the same name.

    Its repr is the call that makes it again, without what has its default:  Dense(30,
    init=he_normal)
    """

    def __init_subclass__(cls, **settings):
        super().__init_subclass__(**settings)
        if "__init__" in vars(cls):
            cls.__init__ = names_the_argument(cls.__init__)

    def _settings(self, leave_out=()):
        """What to make an equal one with, by name; a ValueError if it does not keep that."""
        settings = {}
        for p in _arguments(type(self)):
            if p.name in leave_out:
                continue
            if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
                raise ValueError(f"{self!r} cannot be made again from its attributes: "
                                 f"{type(self).__name__} takes {p}; give each setting a name of "
                                 "its own")
            if p.kind == p.POSITIONAL_ONLY or not hasattr(self, p.name):
                raise ValueError(f"{self!r} cannot be made again from its attributes: they have no "
                                 f"{p.name!r}, which {type(self).__name__} takes; keep it there: "
                                 f"self.{p.name} = {p.name}")
            settings[p.name] = getattr(self, p.name)
        return settings

    @classmethod
    def _made_with(cls, settings, rng):
        """The one that has these settings; a network builds its layers with rng."""
        return cls(**settings)

    def __repr__(self):
        shown = []
        for p in _arguments(type(self)):
            if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) or not hasattr(self, p.name):
                continue
            value = getattr(self, p.name)
            if p.default is p.empty:
                shown.append(_text(value))
            elif value is not p.default and _text(value) != _text(p.default):
                shown.append(f"{p.name}={_text(value)}")
        return f"{type(self).__name__}({', '.join(shown)})"


@functools.cache
def _arguments(cls):
    """What the constructor takes, as inspect.signature tells; it takes long to find out."""
    return tuple(inspect.signature(cls).parameters.values())


def takes_argument(cls, name):
    """Whether the constructor has a parameter of this name."""
    return any(p.name == name for p in _arguments(cls))


def _text(value):
    if inspect.isroutine(value):
        return value.__name__
    if isinstance(value, np.dtype) or isinstance(value, type) and issubclass(value, np.generic):
        return f"np.{np.dtype(value).name}"
    if getattr(value, "shape", ()):
        return f"<array of shape {value.shape}>"
    return repr(value)


def as_real(name, value, interval):
    """value as a float, if it is a number in the interval, such as "[0, 1)"; else a ValueError that
    calls it by its name.
    """
    low, high = map(float, interval[1:-1].split(","))
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        with contextlib.suppress(OverflowError):  # a whole number beyond 1e308
            number = float(value)  # a np.float64 would turn float32 arrays into float64
            if low < number < high or number == low and interval[
                    0] == "[" or number == high and interval[-1] == "]":
                return number
    raise ValueError(f"{name} is {value!r}; it must be a number in {interval}")


def as_learning_rate(lr):
    """lr, if it is a function, such as a schedule, or a number in [0, inf)."""
    if isinstance(lr, type):
        raise ValueError(
            f"lr is the class {lr.__name__}; make a schedule of it: {lr.__name__}(...)")
    return lr if callable(lr) else as_real("lr", lr, "[0, inf)")


def as_whole(name, value, at_least):
    """value as an int, if it is a whole number of at least so much; else a ValueError that calls it
    by its name.
    """
    if isinstance(value, numbers.Integral) and not isinstance(value, bool) and value >= at_least:
        return int(value)
    raise ValueError(f"{name} is {value!r}; it must be a whole number of at least {at_least}")


def as_pair(name, value, at_least, words=()):
    """value as an int, as a tuple of two, for the height and the width, or as one of the words;
    else a ValueError.
    """
    try:
        if isinstance(value, str) and value in words:
            return value
        if isinstance(value, (tuple, list)) and len(value) == 2:
            return tuple(as_whole(name, size, at_least) for size in value)
        return as_whole(name, value, at_least)
    except ValueError:
        words = "".join(f"{word!r}, " for word in words)
        raise ValueError(f"{name} is {value!r}; it must be {words}a whole number of at least "
                         f"{at_least}, or two of them, along the height and the width") from None


def unpack_pair(value):
    """(height, width) of a setting that is one number for both, or two."""
    return value if isinstance(value, tuple) else (value, value)


def as_choice(name, value, choices):
    """value, if it is one of the choices; else a ValueError that lists them."""
    if isinstance(value, str) and value in choices:
        return value
    raise ValueError(f"{name} is {value!r}; it must be one of {', '.join(map(repr, choices))}")


def as_flag(name, value):
    """value as a bool, if it is True or False; else a ValueError that calls it by its name."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    raise ValueError(f"{name} is {value!r}; it must be True or False")


def as_generator(rng):
    """A numpy.random.Generator, from None, a whole number, a RandomState, or a Generator that is
    there.
    """
    if isinstance(rng, np.random.RandomState):
        rng = rng.randint(2**31)  # its own stream cannot spawn others
    try:
        if isinstance(rng, bool):
            raise TypeError("not a number")
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise ValueError(f"rng is {rng!r}; it must be None, a whole number of at least 0, or a "
                         "numpy.random.Generator") from error


def as_initializer(init):
    """init, if it is a function; else a ValueError that says what else may have been meant."""
    if callable(init) and not isinstance(init, type):
        return init
    hint = ""
    if isinstance(init, str):
        hint = ", not the name of one; an activation is a layer of its own, such as ReLU()"
    elif isinstance(init, numbers.Integral):
        hint = "; how many inputs there are follows from what comes before"
    raise ValueError(f"init is {init!r}; it must be a function, such as glorot_uniform{hint}")
