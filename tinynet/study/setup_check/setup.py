"""A set-up: all that `fit` is asked for, to be trained on copies and changed in one thing."""

import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...checks.arrays import as_rows
from ...checks.targets import find_classes
from ...layers.arrays import VectorHolder
from ...sequential import Sequential
from .scores import Truth

HELD_OUT = 0.2      # of the rows, to see whether what is learned holds beyond them
ENOUGH = 100        # rows, for some of them to be held out


@dataclass(frozen=True)
class Setup:
    """A network, rows and settings of `fit`. `change` gives another one; nothing is ever trained
    but copies.

    x, t, w       the rows to train on: inputs, targets (n, k), and weights or None
    other_x, ...  rows held out from them, to be judged by; if there are too few to hold some out,
                  the validation data, or none
    worth, ...    how much each row counts when a network is judged, or None
    val_x, val_t  those of the validation data; none if there are none
    n             how many rows `fit` would train on
    uncut         what is asked for, if the batches were cut for want of time, to be spoken of
    spread        the variance of each column of t as it is asked for
    premise       what was mended beforehand, in words that begin a sentence; "" if nothing was
    is_balanced   whether all classes count for the same in the accuracy, however few rows they have
    """

    net: Sequential
    x: np.ndarray
    t: np.ndarray
    w: np.ndarray | None
    other_x: np.ndarray
    other_t: np.ndarray
    worth: np.ndarray | None
    other_worth: np.ndarray | None
    val_x: np.ndarray
    val_t: np.ndarray
    n: int
    optimizer: Any
    epochs: int
    batch_size: int
    shuffles: bool
    l2: float
    clip_norm: float | None
    spread: np.ndarray
    is_balanced: bool
    premise: str = ""
    uncut: Any = None

    @classmethod
    def from_training(cls, run, x):
        """The set-up of a training run that `fit` would make of the rows x; some are held out."""
        x = as_rows(x, run.net.input_shape, np.dtype(float))  # float32 may have lost digits
        x, t, w = (run.data.of_rows(array) for array in (x, run.data.t, run.data.w))
        if w is not None and (w == w[0]).all():
            w = None
        n = len(x)
        held_out = np.zeros(n, bool)
        if n >= ENOUGH:
            held_out[np.random.default_rng(0).permutation(n)[:round(HELD_OUT * n)]] = True
        val_x, val_t, val_w = x[:0], t[:0], None
        if run.validation is not None:
            val_x, val_t, val_w = run.validation.all()
        other = val_x, val_t, val_w
        if held_out.any():
            other = x[held_out], t[held_out], None if w is None else w[held_out]
        w_left = None if w is None else w[~held_out]
        return cls(run.net, x[~held_out], t[~held_out], w_left, *other[:2], w_left, other[2],
                   val_x, val_t, n, run.optimizer, run.epochs, run.batch_size,
                   run.shuffle_rng is not None, run.l2, run.clip_norm,
                   t.astype(float).var(axis=0), weighs_classes(t, w))

    @property
    def truth(self):
        """What the rows trained on are judged by."""
        return Truth(self.t, self.task, self.worth, self.spread, self.is_balanced)

    @property
    def other_truth(self):
        """What those held out are judged by."""
        return Truth(self.other_t, self.task, self.other_worth, self.spread, self.is_balanced)

    @property
    def steps(self):
        """How many steps `fit` would make."""
        return self.epochs * -(-self.n // self.batch_size)

    @property
    def k(self):
        return self.t.shape[1]

    @property
    def task(self):
        """What the targets ask for: "classes", "yes or no", for one column or several, or
        "numbers".
        """
        if not ((self.t == 0) | (self.t == 1)).all():
            shares = self.k > 1 and (self.t >= 0).all() and np.allclose(self.t.sum(axis=1), 1)
            return "classes" if shares and self.net.loss.classifies else "numbers"
        if self.k > 1 and find_classes(self.t) is not None:
            return "classes"
        return "yes or no"

    @property
    def is_autoencoder(self):
        """Whether the targets are the inputs; then narrow layers are what it is about."""
        x = self.x.reshape(len(self.x), -1)
        return x.shape == self.t.shape and np.allclose(x, self.t)

    @property
    def layers(self):
        return self.net.layers

    def change(self, **changes):
        """The same set-up but for this."""
        return replace(self, **changes)

    def change_layers(self, layers, loss=None):
        """With other layers, or another loss. Layers of this network keep their weights; what is
        new, or a copy, draws its own.
        """
        net = Sequential([copy.deepcopy(layer) for layer in layers], self.x.shape[1:],
                         loss=copy.deepcopy(loss or self.net.loss), rng=0, dtype=self.net.dtype)
        for new, old in zip(net.layers, layers):
            if old._owned:
                keep_weights(new, old)
        return replace(self, net=net, optimizer=copy_untouched(self.optimizer))


def weighs_classes(t, w):
    """Whether the weights of the rows are those of their classes."""
    classes = find_classes(t)
    if w is None or classes is None:
        return False
    _, first, of_class = np.unique(classes, return_index=True, return_inverse=True)
    return bool((w == w[first][of_class]).all())


def keep_weights(new, old):
    """Give a layer the weights of another one, where they have the same shapes."""
    for one, other in zip(new._parts(), old._parts()):
        if isinstance(one, VectorHolder):
            continue
        for name in (*one.param_names, *one.state_names):
            if getattr(one, name).shape == getattr(other, name).shape:
                setattr(one, name, getattr(other, name))


def copy_untouched(optimizer):
    """The optimizer as it was made, without what it remembers of a training run."""
    twin = copy.deepcopy(optimizer)
    for name in twin.state_names:
        vars(twin).pop(name, None)
    vars(twin).pop("steps", None)
    return twin
