"""A change: one thing in a set-up as one usually has it, to be tried beside what is asked for."""

import re
from dataclasses import dataclass

import numpy as np

from ... import initializers, layers, losses, optimizers, schedules
from .setup import Setup

NAMES = {"Sequential", *layers.__all__, *losses.__all__, *optimizers.__all__,
         *initializers.__all__, *schedules.__all__}


@dataclass(frozen=True)
class Change:
    """A set-up in which one thing is changed.

    Whether something is wrong, trials tell; the oddness tells what to try first, and of several
    changes that help, which one to name. Where there is a number, it is in powers of ten from what
    one usually sees.

    kind      what is changed, one of the kinds of findings
    oddness   how unusual it is as it stands: 0 not at all, 1 clearly, 2 and more by far
    seen      what stands there now, with its numbers
    instead   the change in words, such as "with standardized numbers"
    remedy    the change as code, where it can be written so
    setup     the set-up that has it
    """

    kind: str
    oddness: float
    seen: str
    instead: str
    remedy: str
    setup: Setup


def say_net(setup):
    """The code that makes the network."""
    net, shape = setup.net, setup.net.input_shape
    dtype = "" if net.dtype == np.float32 else f", dtype=np.{net.dtype}"
    return name_the_package(f"net = Sequential({list(net.layers)}, "
                            f"{shape[0] if len(shape) == 1 else shape}, loss={net.loss!r}, "
                            f"rng=0{dtype})")


def say_optimizer(optimizer):
    """The code that makes it, with its learning rate, also if that is the usual one."""
    code = repr(optimizer)
    if "lr=" not in code:
        name, _, others = code.partition("(")
        rate = repr(optimizer.lr) if callable(optimizer.lr) else f"{optimizer.lr:g}"
        code = f"{name}(lr={rate}{', ' if others != ')' else ''}{others}"
    return f"optimizer={name_the_package(code)}"


def name_the_package(code):
    """The code as one writes it after `import tinynet as tn`."""
    return re.sub(rf"(?<![\w.])({'|'.join(NAMES)})\b", r"tn.\1", code)
