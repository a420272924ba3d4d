"""Divergence: what is said when a training run comes to numbers that are not finite."""

import math

import numpy as np

from ..errors import DivergenceError


def explain_divergence(net, L, penalty, squares, epoch, batch, last_loss):
    """The error for a batch whose loss, penalty, squared gradient or state is not finite."""
    if not math.isfinite(L):
        what = f"the loss is {L}"
    elif not math.isfinite(penalty):
        what = f"the penalty of l2 is {penalty}"
    elif not math.isfinite(squares):
        what = "the gradient is not finite, or its square is not"
    else:
        what = "the running statistics are not finite"
    before = "it was the first batch of this fit"
    if last_loss is not None:
        before = f"the last loss before was {last_loss:.6g}"
    hint = "A smaller learning rate, standardized inputs and targets, or clip_norm=1.0 usually help"
    if L == math.inf and net.loss.if_infinite is not None:
        hint = net.loss.if_infinite
    weights = "The weights are those before that batch"
    if not np.isfinite(net.params).all():
        weights = "The weights were not finite before that batch, so build the network anew"
    return DivergenceError(
        f"training diverged in epoch {epoch}, batch {batch}: {what}; {before}. {hint}. {weights}.",
        epoch, batch, last_loss)


def check_weights(net, epoch, last_loss):
    """Raise DivergenceError if steps have made the weights infinite."""
    if not np.isfinite(net.params).all():
        raise DivergenceError(
            f"the weights are not finite after epoch {epoch}: its steps were too long, with the "
            f"learning rate {net.optimizer.last_lr:.3g}; build the network anew",
            epoch, batch=None, last_loss=last_loss)
