"""Schedules: learning rates that change, as functions of the number of steps made so far.

An optimizer takes one in place of a number: Adam(lr=CosineDecay(0.01, steps=1000)). A step is one
batch, not an epoch; n rows make ⌈n / batch_size⌉ steps an epoch.
"""

import math

from .checks.settings import Configured, as_learning_rate, as_real, as_whole

__all__ = ["StepDecay", "ExponentialDecay", "CosineDecay", "Warmup", "OneCycle"]


class StepDecay(Configured):
    """lr factor^⌊step / every⌋: multiplied by the factor after every `every` steps."""

    def __init__(self, lr, every, factor=0.1):
        self.lr = as_real("lr", lr, "[0, inf)")
        self.every = as_whole("every", every, at_least=1)
        self.factor = as_real("factor", factor, "(0, 1]")

    def __call__(self, step):
        return self.lr * self.factor ** (step // self.every)


class ExponentialDecay(Configured):
    """lr factor^(step / every): multiplied by the factor in `every` steps, little by little."""

    def __init__(self, lr, every, factor=0.1):
        self.lr = as_real("lr", lr, "[0, inf)")
        self.every = as_whole("every", every, at_least=1)
        self.factor = as_real("factor", factor, "(0, 1]")

    def __call__(self, step):
        return self.lr * self.factor ** (step / self.every)


class CosineDecay(Configured):
    """final + (lr - final) (1 + cos(π step / steps)) / 2: half a wave from lr down to final
    (Loshchilov and Hutter, 2017).

    After so many steps it stays at final.
    """

    def __init__(self, lr, steps, final=0.0):
        self.lr = as_real("lr", lr, "[0, inf)")
        self.steps = as_whole("steps", steps, at_least=1)
        self.final = as_real("final", final, "[0, inf)")

    def __call__(self, step):
        return _follow_cosine(self.lr, self.final, min(step, self.steps) / self.steps)


class Warmup(Configured):
    """lr (step + 1) / steps in the first steps, and lr from then on (Goyal et al., 2017).

    lr is a number or another schedule, which then goes on from its own beginning:
    Warmup(CosineDecay(0.1, 900), 100) takes 1,000 steps.
    """

    def __init__(self, lr, steps):
        self.lr = as_learning_rate(lr)
        self.steps = as_whole("steps", steps, at_least=1)

    def __call__(self, step):
        lr = self.lr(max(step - self.steps, 0)) if callable(self.lr) else self.lr
        return lr * min((step + 1) / self.steps, 1)


class OneCycle(Configured):
    """Half a wave from lr / 25 up to lr, and one down to lr / 250,000 (Smith and Topin, 2018).

    The first share `rise` of the steps goes up; the last step, and any after it, have the lowest
    rate.
    """

    def __init__(self, lr, steps, rise=0.3):
        self.lr = as_real("lr", lr, "[0, inf)")
        self.steps = as_whole("steps", steps, at_least=3)
        self.rise = as_real("rise", rise, "(0, 1)")

    def __call__(self, step):
        last = self.steps - 1
        top = max(self.rise * self.steps - 1, 1)
        if step <= top:
            return _follow_cosine(self.lr / 25, self.lr, step / top)
        return _follow_cosine(self.lr, self.lr / 250_000, (min(step, last) - top) / (last - top))


def _follow_cosine(start, stop, share):
    """The value on half a wave from start to stop, after this share of it."""
    return stop + (start - stop) * (1 + math.cos(math.pi * share)) / 2
