"""Signals: the first loss, and the gradients that reach the layers, before anything is learned."""

import copy

import numpy as np

from ...losses import SigmoidCrossEntropy, SoftmaxCrossEntropy
from .scores import take_some

ROWS = 256


def note_signals(setup):
    """What a network is like before training, as a sentence."""
    net = copy.deepcopy(setup.net)
    x, t = take_some(ROWS, setup.x.astype(net.dtype), setup.t)
    with np.errstate(all="ignore"):
        outputs, caches = net.forward(x)
        L, y = net.loss.forward(outputs, t)
        net.backward_params(net.loss.backward(y, t), caches)
        chance, _ = net.loss.forward(say_the_mean(net.loss, t), t)
    note = (f"before training the loss is {L:.3g}; always predicting the mean of t gives "
            f"{chance:.3g}")
    sizes = [float(np.abs(getattr(layer, "d" + name)).mean()) for layer in net.layers
             for name in layer.param_names if getattr(layer, name).ndim > 1]
    if len(sizes) > 1:
        note += (f"; the gradients of the weights are {sizes[0]:.1g} on average in the first layer "
                 f"and {sizes[-1]:.1g} in the last")
    return note


def say_the_mean(loss, t):
    """Outputs whose predictions are the mean of t in every row."""
    mean = np.broadcast_to(t.mean(axis=0), t.shape).astype(t.dtype)
    if isinstance(loss, SoftmaxCrossEntropy):
        return np.log(np.maximum(mean, 1e-30))
    if isinstance(loss, SigmoidCrossEntropy):
        mean = mean.clip(1e-6, 1 - 1e-6)
        return np.log(mean / (1 - mean))
    return mean
