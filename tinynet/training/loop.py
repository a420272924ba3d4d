"""The loop of training: epochs, batches, steps. This is what `fit` does behind its checks."""

import contextlib
import math
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from ..trial import try_step
from .batches import Data
from .divergence import check_weights, explain_divergence
from .interruption import HeldInterrupt
from .metrics import Meter, evaluate_in_blocks
from .progress import Progress
from .watchers import Watchers


@dataclass
class Training:
    """A training run: makes the loss plus l2/2 Σ W² of a network small, batch by batch.

    score         the name and the function of what is recorded beside the loss
    shuffle_rng   draws the order of the rows for each epoch; None for the order in which they come
    order         the order of the rows in this epoch
    clip_norm     the length to which longer gradients are cut (Pascanu, Mikolov and Bengio, 2013);
                  None for no limit
    """

    net: Any
    data: Data
    validation: Data | None
    optimizer: Any
    epochs: int
    batch_size: int
    score: tuple
    shuffle_rng: np.random.Generator | None
    l2: float
    clip_norm: float | None
    callbacks: tuple
    progress: Progress
    last_loss: float | None = None

    def __post_init__(self):
        self.slices = list(self.net._slices_of_parts())
        self.l2_of_weights = self.l2 * self.net.decays  # 0 for biases
        self.meter = Meter(self.data, self.score)
        self.has_state = self.net.state.size > 0

    def run(self):
        """Make the epochs, or fewer if a callback says stop; the history gets a record of each."""
        keep_freed_memory()
        net, history = self.net, self.net.history
        first = len(history) + 1
        with (using(self.optimizer, net), HeldInterrupt() as self.interrupt, self.progress,
              Watchers(self.callbacks, net, self.data, self.interrupt) as watchers):
            for epoch in range(first, first + self.epochs):
                if watchers.say_stop:
                    break
                record = self.run_epoch(epoch)
                history.append(record)
                watchers.look(epoch, record)
                self.progress.show(epoch, record)

    def run_epoch(self, epoch):
        """Take a step for each batch; return the epoch's record."""
        start = perf_counter()
        net, n = self.net, len(self.data)
        order = np.arange(n) if self.shuffle_rng is None else self.shuffle_rng.permutation(n)
        self.order = order
        self.meter.reset()
        self.progress.start_epoch(n_batches=-(-n // self.batch_size))
        self.freeze()
        held_back, bar = self.interrupt.back, self.progress.bar
        with np.errstate(all="ignore"):  # `find_gradient` sees whatever is not finite
            for batch, (rows, x, t, w) in enumerate(self.data.batches(order, self.batch_size), 1):
                with held_back:
                    L, y, penalty = self.take_step(x, t, w, epoch, batch)
                self.meter.add(rows, y, len(x) if w is None else float(w.sum()), L, penalty)
                if bar is not None:
                    self.progress.show_batch(batch, self.meter)
            check_weights(net, epoch, self.last_loss)
            record = self.meter.read(order)
            if not self.l2:
                del record["penalty"]
            if self.validation is not None:
                found = evaluate_in_blocks(net, self.validation, self.score)
                record |= {f"val_{name}": value for name, value in found.items()}
        return record | {"lr": net.optimizer.recorded_lr(), "seconds": perf_counter() - start}

    def take_step(self, x, t, w, epoch, batch):
        """Change the parameters by what one batch says; return its L, y and penalty."""
        net = self.net
        L, y, penalty = self.find_gradient(x, t, w, epoch, batch)
        if net.optimizer.step(net.params, net.grads) is not None:
            raise ValueError(f"{net.optimizer!r}.step returns something; it must change params in "
                             "place: params -= ...")
        for part, params in self.frozen:
            net.params[part] = params
        return L, y, penalty

    def freeze(self):
        """Note which layers are frozen, and their parameters: no step changes those."""
        net = self.net
        self.frozen = [(part, net.params[part].copy()) for layer, part in self.slices
                       if not layer.trainable]
        self.l2_now = self.l2_of_weights
        if self.frozen:
            self.l2_now = self.l2_of_weights.copy()
            for part, _ in self.frozen:
                self.l2_now[part] = 0

    def find_gradient(self, x, t, w, epoch, batch):
        """Fill `grads` with the gradient of loss and penalty; return L, y and the penalty."""
        net, grads, penalty = self.net, self.net.grads, 0.0
        state_before = net.state.copy() if self.has_state else None
        L, y = self.backpropagate(x, t, w)
        for part, _ in self.frozen:
            grads[part] = 0
        if self.l2:
            l2_gradient = self.l2_now * net.params
            grads += l2_gradient
            penalty = float(l2_gradient @ net.params) / 2
        squares = float(grads @ grads)
        if squares == math.inf and self.clip_norm is not None:
            squares = float(np.square(grads, dtype=float).sum())  # float32 has none beyond 1e38
        is_finite = math.isfinite(L + penalty + squares)
        if not is_finite or self.has_state and not np.isfinite(net.state).all():
            if self.has_state:
                net.state = state_before
            raise explain_divergence(net, L, penalty, squares, epoch, batch, self.last_loss)
        if self.clip_norm is not None and math.sqrt(squares) > self.clip_norm:
            grads *= self.clip_norm / math.sqrt(squares)
        self.last_loss = L
        return L, y, penalty

    def backpropagate(self, x, t, w):
        """(L, y) of a batch; fills `grads` with the gradient of the loss alone."""
        if self.last_loss is None:  # the first step, before anything has changed
            return try_step(self.net, x, t, w, training=True)
        return self.net.backpropagate(x, t, w, training=True)


@contextlib.contextmanager
def using(optimizer, net):
    """Make this the network's optimizer, unless nothing comes of what happens in here."""
    before, steps, epochs = net.optimizer, optimizer.steps, len(net.history)
    net.optimizer = optimizer
    try:
        yield
    except BaseException:
        if optimizer.steps == steps and len(net.history) == epochs:
            net.optimizer = before
        raise


def keep_freed_memory():
    """Make glibc keep the memory of a batch for the next one, instead of giving it back.

    Page faults would take a third of the time. What it keeps is no larger than the largest block
    freed so far, up to 32 MiB.
    """
    np.empty(31 << 20, np.uint8)  # freed at once, which raises the threshold of malloc
