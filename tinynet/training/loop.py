"""Training: the loop over epochs and batches that `fit` runs behind its checks."""

import contextlib
import math
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from ..errors import DivergenceError
from .batches import Data
from .interruption import HeldInterrupt
from .metrics import accuracy
from .progress import Progress


@dataclass
class Training:
    """A network in training: makes the loss plus l2/2 Σ W² small, batch by batch.

    score         the name and the function of what is recorded beside the loss
    shuffle_rng   draws the order of the rows for each epoch; None for the order in which they come
    clip_norm     the length to which longer gradients are cut (Pascanu, Mikolov and Bengio, 2013); None for no limit
    """

    net: Any
    data: Data
    validation: Data | None
    score: tuple
    batch_size: int
    shuffle_rng: np.random.Generator | None
    l2: float
    clip_norm: float | None
    callbacks: tuple
    progress: Progress
    last_loss: float | None = None

    def __post_init__(self):
        self.l2_of_each = self.l2 * self.net.decays if self.l2 else None  # 0 for biases
        t = self.data.t
        self.score_t = t.argmax(axis=1) if self.score[1] is accuracy else t

    def run(self, epochs):
        """Make so many epochs, or fewer if a callback returns True; the network's history gets a record for each."""
        keep_freed_memory()
        net = self.net
        epochs_before = len(net.history)
        net._memory.begin(self.callbacks, net.history)
        savers = [callback for callback in sort_callbacks(self.callbacks) if hasattr(callback, "after_all")]
        with contextlib.ExitStack() as ends:
            held_back = ends.enter_context(HeldInterrupt()).back
            ends.enter_context(self.progress)
            ends.callback(lambda: net._memory.end(has_trained=len(net.history) > epochs_before))
            stopped = self.begin_callbacks(ends, held_back)
            for epoch in range(epochs_before + 1, epochs_before + 1 + epochs):
                if stopped:
                    break
                start = perf_counter()
                record = self.run_epoch(epoch, held_back)
                if self.validation is not None:
                    found = evaluate_in_blocks(net, self.validation, self.score)
                    record |= {f"val_{name}": value for name, value in found.items()}
                lr = net.optimizer.last_lr
                lr = net.optimizer.current_lr() if math.isnan(lr) else lr  # of an optimizer that leaves out begin_step
                record |= {"lr": lr, "seconds": perf_counter() - start}
                net.history.append(record)
                for callback in self.callbacks:
                    stopped = asks_to_stop(callback(net, epoch, record)) or stopped
                for callback in savers:
                    callback.after_all(net, epoch)
                self.progress.show(epoch, record)

    def begin_callbacks(self, ends, held_back):
        """Let the callbacks begin, with their `end` among what comes at the end; whether one of them says stop."""
        stopped = False
        for callback in sort_callbacks(self.callbacks):
            if hasattr(callback, "end"):
                ends.callback(self.end_callback, callback, held_back)
            if hasattr(callback, "begin"):
                stopped = asks_to_stop(callback.begin(self.net, self.data.x, self.data.t)) or stopped
        return stopped

    def end_callback(self, callback, held_back):
        with held_back:  # it may put back weights
            callback.end(self.net)

    def run_epoch(self, epoch, held_back):
        """Take a step for each batch, in which Ctrl-C is held back; return the epoch's record."""
        net, n = self.net, len(self.data.x)
        order = np.arange(n) if self.shuffle_rng is None else self.shuffle_rng.permutation(n)
        outputs = np.zeros_like(self.data.t)
        loss_sum = penalty_sum = weight_sum = 0.0
        with np.errstate(all="ignore"):  # `find_gradient` looks at every loss and gradient itself
            for start, x, t, w in self.data.batches(order, self.batch_size):
                weight = len(x) if w is None else float(w.sum())
                if weight == 0:
                    continue
                with held_back:
                    L, y, penalty = self.find_gradient(x, t, w, epoch, batch=start // self.batch_size + 1)
                    net.optimizer.step(net.params, net.grads)
                outputs[start:start + len(x)] = y
                loss_sum += weight * L
                penalty_sum += weight * penalty
                weight_sum += weight
        if not np.isfinite(net.params).all():
            raise DivergenceError(f"the weights are not finite after epoch {epoch}: its steps were too long, with the learning "
                                  f"rate {net.optimizer.last_lr:.3g}; build the network anew", epoch, batch=None,
                                  last_loss=self.last_loss)
        name, score = self.score
        t, w = self.score_t.take(order, axis=0), None if self.data.w is None else self.data.w.take(order)
        with np.errstate(all="ignore"):
            record = {"loss": loss_sum / weight_sum, name: score(outputs, t, w)}
        if self.l2:
            record["penalty"] = penalty_sum / weight_sum
        return record

    def find_gradient(self, x, t, w, epoch, batch):
        """Fill the network's grads with the gradient of loss and penalty; return L, y and the penalty."""
        net, grads = self.net, self.net.grads
        state, penalty = net.state.copy(), 0.0
        L, y = net.backpropagate(x, t, w, training=True)
        if self.l2:
            shrinking = self.l2_of_each * net.params
            grads += shrinking
            penalty = float(shrinking @ net.params) / 2
        squares = float(grads @ grads)
        if squares == math.inf and self.clip_norm is not None:
            squares = float(np.square(grads, dtype=float).sum())  # float32 has no squares beyond 1e38
        if not math.isfinite(L + penalty + squares) or net.state.size and not np.isfinite(net.state).all():
            net.state = state
            raise explain_divergence(net, L, squares, epoch, batch, self.last_loss)
        if self.clip_norm is not None and math.sqrt(squares) > self.clip_norm:
            grads *= self.clip_norm / math.sqrt(squares)
        self.last_loss = L
        return L, y, penalty


def keep_freed_memory():
    """Make glibc keep the memory of a batch for the next one; if it is given back, page faults take a third of the time.

    What it keeps is no larger than the largest block freed so far, up to 32 MiB.
    """
    np.empty(31 << 20, np.uint8)


def sort_callbacks(callbacks):
    """Those that save, with after_all, come last, so that what the others remember goes along.

    Of them, those that monitor come first: if the program is killed between two saves, the best epoch is not lost.
    """
    def place(callback):
        if not hasattr(callback, "after_all"):
            return 0
        return 1 if getattr(callback, "monitor", None) is not None else 2
    return sorted(callbacks, key=place)


def asks_to_stop(answer):
    """Whether this answer of a callback is True, and not something else that is true."""
    return isinstance(answer, (bool, np.bool_)) and bool(answer)


def explain_divergence(net, L, squares, epoch, batch, last_loss):
    """The error that says where it happened, and what to do."""
    if not math.isfinite(L):
        what = f"the loss is {L}"
    elif not math.isfinite(squares):
        what = "the gradient is not finite, or its square is not"
    else:
        what = "the running statistics are not finite"
    before = "it was the first batch of this fit" if last_loss is None else f"the last loss before was {last_loss:.6g}"
    hint = "A smaller learning rate, standardized inputs and targets, or clip_norm=1.0 usually help"
    if L == math.inf and net.loss.if_infinite is not None:
        hint = net.loss.if_infinite
    weights = "The weights are those before that batch"
    if not np.isfinite(net.params).all():
        weights = "The weights were not finite before that batch, so build the network anew"
    return DivergenceError(f"training diverged in epoch {epoch}, batch {batch}: {what}; {before}. {hint}. {weights}.",
                           epoch, batch, last_loss)


def evaluate_in_blocks(net, data, score):
    """The loss and the score of the data, in inference mode, in blocks of rows that do not need much memory."""
    outputs = np.zeros_like(data.t)
    loss_sum = weight_sum = 0.0
    with np.errstate(all="ignore"):
        for start in range(0, len(data.x), net._rows_at_once):
            rows = slice(start, start + net._rows_at_once)
            x, t, w = data.x[rows], data.t[rows], None if data.w is None else data.w[rows]
            weight = len(x) if w is None else float(w.sum())
            if weight == 0:
                continue
            L, outputs[rows] = net.loss.forward(net.forward(x)[0], t, w)
            loss_sum += weight * L
            weight_sum += weight
        name, score = score
        return {"loss": loss_sum / weight_sum, name: score(outputs, data.t, data.w)}


def as_callbacks(callbacks, validation):
    """The callbacks as a tuple of functions."""
    callbacks = () if callbacks is None else (callbacks,) if callable(callbacks) else callbacks
    if not isinstance(callbacks, (list, tuple)):
        raise ValueError(f"callbacks is {callbacks!r}; it must be a function f(net, epoch, record), or a list of them")
    for i, callback in enumerate(callbacks):
        if any(callback is other for other in callbacks[:i]):
            raise ValueError(f"{callback!r} is among the callbacks twice; once is enough, or make another one")
        if isinstance(callback, type):
            raise ValueError(f"the class {callback.__name__} is among the callbacks; make one of it: {callback.__name__}(...)")
        if not callable(callback):
            raise ValueError(f"{callback!r} is among the callbacks; a callback is a function f(net, epoch, record)")
        if validation is None and str(getattr(callback, "monitor", "")).startswith("val_"):
            raise ValueError(f"{callback!r} monitors the validation data, and there are none; pass validation=(x, t)")
    return tuple(callbacks)
