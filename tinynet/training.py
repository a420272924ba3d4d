"""Training: the loop over epochs and batches that `fit` runs behind its checks."""

import math
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from .errors import DivergenceError
from .losses import BinaryCrossEntropy, CrossEntropy


class Data(NamedTuple):
    """Rows that have been checked: inputs x, targets t (n, k), row weights w (n,) or None, and whether t came as labels."""

    x: Any
    t: Any
    w: Any = None
    labelled: bool = False

    def take(self, rows):
        """The rows with these numbers."""
        return Data(self.x.take(rows, axis=0), self.t.take(rows, axis=0),
                    None if self.w is None else self.w.take(rows), self.labelled)


class Objective(NamedTuple):
    """What is made small, batch by batch: the loss, plus l2/2 Σ W² over what decays; its gradient is cut to clip_norm."""

    l2: float = 0.0
    clip_norm: float | None = None

    def add_penalty(self, net):
        """Add the penalty's gradient, l2 W, to the network's; return the penalty."""
        if self.l2 == 0:
            return 0.0
        W = net.decays * net.params
        net.grads += self.l2 * W
        return self.l2 / 2 * float(W @ W)

    def clip(self, grads, norm):
        """Scale the gradient down to clip_norm, where it is longer (Pascanu, Mikolov and Bengio, 2013)."""
        if self.clip_norm is not None and norm > self.clip_norm:
            grads *= self.clip_norm / norm


def callbacks_of(callbacks):
    """The callbacks as a tuple of functions."""
    callbacks = (callbacks,) if callable(callbacks) else tuple(callbacks)
    for callback in callbacks:
        if not callable(callback):
            raise ValueError(f"{callback!r} is among the callbacks; a callback is a function f(net, epoch, record)")
    return callbacks


def train(net, data, validation, score, objective, epochs, batch_size, shuffle_rng, callbacks, progress):
    """Make so many epochs, or fewer if a callback returns True; a row of the network's history for each."""
    n = len(data.x)
    for epoch in range(len(net.history) + 1, len(net.history) + 1 + epochs):
        start = perf_counter()
        order = np.arange(n) if shuffle_rng is None else shuffle_rng.permutation(n)
        record = train_epoch(net, data, order, score, objective, epoch, batch_size)
        if validation is not None:
            record |= {f"val_{name}": value for name, value in evaluate(net, validation, score).items()}
        record |= {"lr": net.optimizer.last_lr, "seconds": perf_counter() - start}
        net.history.append(record)
        stops = [callback(net, epoch, record) for callback in callbacks]
        progress.show(epoch, record)
        if any(stop is True for stop in stops):
            break


def train_epoch(net, data, order, score, objective, epoch, batch_size):
    """Take a step for each batch of the rows, in this order; return the epoch's record."""
    outputs = np.zeros_like(data.t)
    loss_sum = penalty_sum = weight_sum = 0.0
    L = None
    with np.errstate(all="ignore"):  # every loss and gradient is looked at below
        for batch, start in enumerate(range(0, len(order), batch_size), start=1):
            rows = order[start:start + batch_size]
            x, t, w, _ = data.take(rows)
            weight = len(x) if w is None else float(w.sum())
            if weight == 0:
                continue
            last_loss, state = L, net.state.copy()
            L, y = net.backpropagate(x, t, w, training=True)
            penalty = objective.add_penalty(net)
            squares = float(net.grads @ net.grads)
            if squares == math.inf and objective.clip_norm is not None:
                squares = float(np.square(net.grads, dtype=float).sum())  # float32 has no squares beyond 1e38
            if not math.isfinite(L + penalty + squares):
                net.state = state
                raise _divergence(net, L, epoch, batch, last_loss)
            objective.clip(net.grads, math.sqrt(squares))
            net.optimizer.step(net.params, net.grads)
            outputs[start:start + len(x)] = y
            loss_sum += weight * L
            penalty_sum += weight * penalty
            weight_sum += weight
    name, of = score
    _, t, w, _ = data.take(order)
    record = {"loss": loss_sum / weight_sum, name: of(outputs, t, w)}
    if objective.l2:
        record["penalty"] = penalty_sum / weight_sum
    return record


def evaluate(net, data, score, block=512):
    """The loss and the score of the data, in inference mode, in blocks of rows that do not need much memory."""
    outputs = np.zeros_like(data.t)
    loss_sum = weight_sum = 0.0
    for start in range(0, len(data.x), block):
        rows = slice(start, start + block)
        w = None if data.w is None else data.w[rows]
        weight = len(data.x[rows]) if w is None else float(w.sum())
        x, _ = net.forward(data.x[rows])
        L, outputs[rows] = net.loss.forward(x, data.t[rows], w if weight else None)
        loss_sum += weight * L
        weight_sum += weight
    name, of = score
    return {"loss": loss_sum / weight_sum, name: of(outputs, data.t, data.w)}


def _divergence(net, L, epoch, batch, last_loss):
    what = "the gradient is not finite, or its square is not" if math.isfinite(L) else f"the loss is {L}"
    before = "it was the first batch" if last_loss is None else f"the last loss before was {last_loss:.6g}"
    if L == math.inf and isinstance(net.loss, (CrossEntropy, BinaryCrossEntropy)):
        hint = "An output was exactly 0 or 1 and its target was not; SoftmaxCrossEntropy and SigmoidCrossEntropy can take that"
    else:
        hint = "A smaller learning rate, standardized inputs or clip_norm=1.0 usually help"
    return DivergenceError(f"training diverged in epoch {epoch}, batch {batch}: {what}; {before}. {hint}. "
                           "The weights are those before that batch.", epoch, batch, last_loss)
