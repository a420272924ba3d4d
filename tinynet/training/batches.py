"""Batches: rows that have been checked, to learn from or to be judged by, a few at a time."""

import math
from typing import Any, NamedTuple

import numpy as np

from ..checks.arrays import as_rows, as_weights, multiply_weights
from ..checks.targets import as_targets, find_classes, weigh_classes


class Data(NamedTuple):
    """Inputs x, targets t (n, k), and row weights w (n,) or None, in the dtype of a network."""

    x: Any
    t: Any
    w: Any = None

    @classmethod
    def from_arrays(cls, net, x, t, sample_weight=None):
        """The data as this network takes them; a ValueError if it cannot."""
        if net.loss is None:
            raise ValueError("this network has no loss; give it one: Sequential(layers, "
                             "input_shape, loss=...)")
        if net._owned:
            raise ValueError("this network stands inside another one; train and evaluate the outer "
                             "one")
        x = as_rows(x, net.input_shape, net.dtype)
        t = as_targets(t, len(x), net.output_shape[0], net.dtype)
        w = as_weights(sample_weight, len(x))
        if w is not None:
            w = multiply_weights("sample_weight", [w], net.dtype)
        with np.errstate(all="ignore"):
            net.loss.check(net.forward(x[:32])[0], t)
        return cls(x, t, w)

    def take(self, rows):
        """The rows with these numbers."""
        return Data(self.x.take(rows, axis=0), self.t.take(rows, axis=0),
                    None if self.w is None else self.w.take(rows))

    def batches(self, order, batch_size):
        """The rows in this order, in batches: each as its slice of the order, x, t and w.

        Several batches are gathered at once, and are slices of what was gathered; one by one it
        would take twice as long.
        """
        bytes_of_batch = self.x[:1].nbytes * batch_size
        several = batch_size * max(1, 2**18 // bytes_of_batch)  # at most 256 KB, to stay in cache
        for first in range(0, len(order), several):
            x, t, w = self.take(order[first:first + several])
            for start in range(0, len(x), batch_size):
                stop = start + batch_size
                place = slice(first + start, first + stop)
                yield place, x[start:stop], t[start:stop], None if w is None else w[start:stop]

    def weigh(self, class_weight):
        """The same rows, their weights multiplied by those of their classes."""
        if class_weight is None:
            return self
        w = weigh_classes(class_weight, self.t)
        factors = [w] if self.w is None else [w, self.w]
        if not np.all(factors, axis=0).any():
            raise ValueError(f"class_weight={class_weight!r} leaves every row with the weight 0; "
                             "at least one must be above 0")
        return self._replace(w=multiply_weights("the weight by class_weight", factors,
                                                self.x.dtype))

    def hold_out(self, share, seed):
        """(rows to train on, rows held out): chosen by the seed and the targets alone, for classes
        in their shares.
        """
        n = len(self.x)
        try:
            train, held_out = split_rows(n, math.ceil(share * n), find_classes(self.t), seed)
        except ValueError as error:
            raise ValueError(f"validation={share} of {n} rows cannot be held out: "
                             f"{str(error).rstrip('.')}. Choose another share, or pass "
                             "validation=(x, t)") from error
        parts = self.take(train), self.take(held_out)
        if any(part.w is not None and not part.w.any() for part in parts):
            raise ValueError(f"validation={share} leaves the rows to train on, or those held out, "
                             "without any weight; choose another share, or pass validation=(x, t)")
        return parts


def split_rows(n, n_held_out, classes, seed):
    """The numbers of the rows to train on, and of those held out: chosen by seed and classes alone.

    classes (n,) are held out in their shares, and a class with a single row is trained on; None if
    there are none.
    """
    # takes 1 s to load, so only for those who split
    from sklearn.model_selection import train_test_split

    rows = np.arange(n)
    if classes is not None and len(np.unique(classes)) == n:
        raise ValueError("every class has a single row, and such rows are trained on")
    alone = np.zeros(n, bool) if classes is None else np.bincount(classes)[classes] == 1
    train, held_out = train_test_split(rows[~alone], test_size=n_held_out, random_state=seed,
                                       stratify=None if classes is None else classes[~alone])
    return np.concatenate([train, rows[alone]]), held_out
