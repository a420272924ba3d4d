"""Reach: which numbers the end of a network can give, and whether loss and targets suit them.

Only classes of tinynet are judged, and subclasses that leave their functions as they are: what
others compute, their authors know.
"""

import math

import numpy as np

from .. import losses
from ..errors import warn
from ..layers import (AveragePool2D, Dropout, Flatten, GlobalAveragePool2D, MaxPool2D, Reshape,
                      Sigmoid, Softmax, activations)
from ..layers.arrays import VectorHolder
from ..losses import BinaryCrossEntropy, CrossEntropy, SigmoidCrossEntropy, SoftmaxCrossEntropy

FUSED = {  # a loss -> the activation that it applies itself, and the loss without it
    SoftmaxCrossEntropy: (Softmax, CrossEntropy),
    SigmoidCrossEntropy: (Sigmoid, BinaryCrossEntropy),
}
KEEP_THE_RANGE = Flatten, Reshape, Dropout, MaxPool2D, AveragePool2D, GlobalAveragePool2D
HUGE = 1e30  # stands for infinity: a difference of two of them is 0, and not nan


def check_activation(net):
    """Raise ValueError for an activation before a loss that applies the same one itself."""
    i, layer = find_last(net)
    for fused, (activation, plain) in FUSED.items():
        if computes(net.loss, fused) and computes(layer, activation):
            name = activation.__name__
            raise ValueError(f"after layer {i}, {net.layers[i]!r}, {net.loss!r} would apply "
                             f"{name.lower()} a second time; leave {name}() out, or use "
                             f"{plain.__name__}()")


def warn_of_targets_out_of_reach(net, t):
    """Warn if what comes after the last weights keeps the predictions from some targets t."""
    i, layer = find_last(net)
    low, high = find_range(layer)
    if not math.isfinite(low) and not math.isfinite(high) or not is_of(losses, net.loss):
        return
    # the first output as large as it can be beside the others, and as small
    k = t.shape[1]
    x = np.array([[high] + [low] * (k - 1), [low] + [high] * (k - 1)])
    y = net.loss.predict(x.clip(-HUGE, HUGE))[:, 0]
    y_low, y_high = sorted(math.inf if value >= HUGE else value for value in y.tolist())
    t_low, t_high = float(t.min()), float(t.max())
    if t_low < y_low - 1e-6 or t_high > y_high + 1e-6:
        instead = "" if net.loss.classifies else ", or bring t into that range"
        warn(f"after layer {i}, {net.layers[i]!r}, predictions lie between {y_low:.4g} and "
             f"{y_high:.4g}, and some targets are out of their reach: t runs from {t_low:.4g} to "
             f"{t_high:.4g}; leave {layer!r} out{instead}")


def find_last(net):
    """(i, layer): the last layer that changes the range of numbers, and its place in `layers`.

    In a network inside the network, it is the last one there, and i the place of that network. A
    network with a forward pass of its own is taken as a whole.
    """
    if type(net).forward.__module__ != "tinynet.sequential":
        return None, net
    for i, layer in reversed(list(enumerate(net.layers))):
        if isinstance(layer, VectorHolder):
            _, layer = find_last(layer)
        if layer is not None and not any(computes(layer, cls) for cls in KEEP_THE_RANGE):
            return i, layer
    return None, None


def computes(thing, cls):
    """Whether a layer or a loss is one of this class, with its forward pass."""
    return isinstance(thing, cls) and type(thing).forward is cls.forward


def is_of(module, thing):
    """Whether the forward pass of a layer or a loss is that of a class in this module."""
    return type(thing).forward.__module__ == module.__name__


def find_range(layer):
    """(low, high): the least and the largest number that a layer gives, for whatever input."""
    if computes(layer, Softmax):
        return 0.0, 1.0
    if isinstance(layer, activations.Elementwise) and is_of(activations, layer):
        x = np.concatenate([[-HUGE], np.linspace(-20, 20, 4001), [HUGE]])
        with np.errstate(all="ignore"):
            y, _ = layer.forward(x)
        low, high = float(y.min()), float(y.max())
        return -math.inf if low < -1e20 else low, math.inf if high > 1e20 else high
    return -math.inf, math.inf
