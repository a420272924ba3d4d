"""Reach: which numbers the end of a network can give, and whether loss and targets suit them."""

import math

import numpy as np

from ..errors import warn
from ..layers import (AveragePool2D, Dropout, Flatten, GlobalAveragePool2D, MaxPool2D, Reshape,
                      Sigmoid, Softmax)
from ..layers.activations import Elementwise
from ..layers.arrays import VectorHolder
from ..losses import BinaryCrossEntropy, CrossEntropy, SigmoidCrossEntropy, SoftmaxCrossEntropy

FUSED = {  # a loss -> the activation that it applies itself, and the loss without it
    SoftmaxCrossEntropy: (Softmax, CrossEntropy),
    SigmoidCrossEntropy: (Sigmoid, BinaryCrossEntropy),
}
HUGE = 1e30  # stands for infinity where a difference of two infinities would be nan
KEEP_THE_RANGE = Flatten, Reshape, Dropout, MaxPool2D, AveragePool2D, GlobalAveragePool2D


def check_activation(net):
    """Raise ValueError for an activation before a loss that applies the same one itself."""
    i, layer = find_last(net)
    for fused, (activation, plain) in FUSED.items():
        if isinstance(net.loss, fused) and computes(layer, activation):
            name = activation.__name__
            raise ValueError(f"behind layer {i}, {net.layers[i]!r}, {net.loss!r} would apply "
                             f"{name.lower()} once more; leave {name}() out, or use "
                             f"{plain.__name__}()")


def warn_of_targets_out_of_reach(net, t):
    """Warn if what stands behind the last weights keeps the predictions from some targets t."""
    i, layer = find_last(net)
    low, high = find_range(layer)
    if low <= -HUGE and high >= HUGE:
        return
    # the first output as large as it can be beside the others, and as small
    k = t.shape[1]
    x = np.array([[high] + [low] * (k - 1), [low] + [high] * (k - 1)])
    with np.errstate(all="ignore"):
        y = net.loss.predict(x.clip(-HUGE, HUGE))[:, 0]
    y_low, y_high = sorted(np.where(np.abs(y) < HUGE, y, np.copysign(math.inf, y)).tolist())
    t_low, t_high = float(t.min()), float(t.max())
    if t_low < y_low - 1e-6 or t_high > y_high + 1e-6:
        warn(f"behind layer {i}, {net.layers[i]!r}, predictions lie between {y_low:.4g} and "
             f"{y_high:.4g}, and some targets are out of their reach: t lies between {t_low:.4g} "
             f"and {t_high:.4g}; leave {layer!r} out, or bring t into that range")


def find_last(net):
    """(i, layer): the last layer that changes the range of numbers, and its place in `layers`.

    In a network inside the network, it is the last one there, and i the place of that network.
    """
    for i, layer in reversed(list(enumerate(net.layers))):
        if isinstance(layer, VectorHolder):
            _, layer = find_last(layer)
        if layer is not None and not any(computes(layer, cls) for cls in KEEP_THE_RANGE):
            return i, layer
    return None, None


def computes(layer, cls):
    """Whether the layer is one of this class, with its forward pass."""
    return isinstance(layer, cls) and type(layer).forward is cls.forward


def find_range(layer):
    """(low, high): the least and the largest number that a layer gives, for whatever input."""
    if computes(layer, Softmax):
        return 0.0, 1.0
    if isinstance(layer, Elementwise) and not layer.param_names:
        x = np.concatenate([[-HUGE], np.linspace(-20, 20, 4001), [HUGE]])
        with np.errstate(all="ignore"):
            y, _ = layer.forward(x[:, None])
        if not np.isnan(y).any():
            return float(y.min()), float(y.max())
    return -math.inf, math.inf
