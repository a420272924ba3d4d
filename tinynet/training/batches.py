"""Batches: rows that have been checked, to learn from or to be judged by, a few at a time."""

import math
from dataclasses import dataclass, replace

import numpy as np

from ..checks.arrays import as_real_numbers, as_rows, as_weights, multiply_weights
from ..checks.targets import as_targets, find_classes, weigh_classes
from .reach import check_activation


@dataclass
class Data:
    """Inputs x, targets t (n, k), and row weights w (n,) or None, in the dtype of a network.

    Rows of weight 0, and those that are held out for validation, are as if they were not there:
    `rows` are the numbers of the others, in order, or None if that is all of them.
    `are_labels` tells whether t came as labels (n,), for more than one output.
    """

    x: np.ndarray
    t: np.ndarray
    w: np.ndarray | None = None
    rows: np.ndarray | None = None
    are_labels: bool = False

    @classmethod
    def from_arrays(cls, net, x, t, sample_weight=None):
        """The data as this network takes them; a ValueError if it cannot."""
        if net.loss is None:
            raise ValueError("this network has no loss; give it one: Sequential(layers, "
                             "input_shape, loss=...)")
        if net._owned:
            raise ValueError("this network stands inside another one; train and evaluate the outer "
                             "one")
        check_activation(net)
        k = net.output_shape[0]
        x = as_rows(x, net.input_shape, net.dtype)
        w = as_weights(sample_weight, len(x))
        if w is not None:
            w = multiply_weights("sample_weight", [w], net.dtype)
            t = fill_targets(t, w > 0)
        given, t = t, as_targets(t, len(x), k, net.dtype)
        data = cls(x, t, w, are_labels=k > 1 and np.ndim(given) == 1).leave_out_weight_0()
        first_x, _, _ = data.take(np.arange(min(32, len(data))))
        with np.errstate(all="ignore"):
            net.loss.check(net.forward(first_x)[0], data.of_rows(data.t))
        return data

    def __len__(self):
        return len(self.x) if self.rows is None else len(self.rows)

    def of_rows(self, array):
        """The part of an array (n, ...), such as x, that belongs to the rows that count."""
        return array if self.rows is None or array is None else array.take(self.rows, axis=0)

    def take(self, places):
        """(x, t, w) of the rows in these places among those that count."""
        rows = places if self.rows is None else self.rows.take(places)
        return (self.x.take(rows, axis=0), self.t.take(rows, axis=0),
                None if self.w is None else self.w.take(rows))

    def all(self):
        """(x, t, w) of the rows that count."""
        return self.of_rows(self.x), self.of_rows(self.t), self.of_rows(self.w)

    def blocks(self, size):
        """The rows in their order, a few at a time: each block as its slice, x, t and w."""
        for start in range(0, len(self), size):
            place = slice(start, start + size)
            rows = place if self.rows is None else self.rows[place]
            yield place, self.x[rows], self.t[rows], None if self.w is None else self.w[rows]

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

    def choose(self, places):
        """The rows in these places alone, without a copy of x."""
        rows = np.arange(len(self.x)) if self.rows is None else self.rows
        return replace(self, rows=rows[places])

    def leave_out_weight_0(self):
        """The same data, as if rows of weight 0 were not there."""
        if self.w is None:
            return self
        counts = self.of_rows(self.w) > 0
        return self if counts.all() else self.choose(counts)

    def weigh(self, class_weight):
        """The same rows, their weights multiplied by those of their classes."""
        if class_weight is None:
            return self
        w = np.zeros(len(self.x))
        w[slice(None) if self.rows is None else self.rows] = weigh_classes(
            class_weight, self.of_rows(self.t))
        factors = [w] if self.w is None else [w, self.w]
        if not np.all(factors, axis=0).any():
            raise ValueError(f"class_weight={class_weight!r} leaves every row with the weight 0; "
                             "at least one must be above 0")
        w = multiply_weights("the weight by class_weight", factors, self.x.dtype)
        return replace(self, w=w).leave_out_weight_0()

    def hold_out(self, share, seed):
        """(data to train on, data held out): chosen by the seed and the targets alone, for classes
        in their shares. Both keep the order of the rows.
        """
        n = len(self)
        try:
            parts = split_rows(n, math.ceil(share * n), find_classes(self.of_rows(self.t)), seed)
        except ValueError as error:
            what = "rows" if self.rows is None else "rows with a weight above 0"
            raise ValueError(f"validation={share} of {n} {what} cannot be held out: "
                             f"{str(error).rstrip('.')}. Choose another share, or pass "
                             "validation=(x, t)") from error
        return [self.choose(places) for places in parts]


def fill_targets(t, counts):
    """t, with the target of some row that counts in those that do not: these may be missing."""
    t = as_real_numbers("t", t)
    if counts.all() or t.ndim == 0 or len(t) != len(counts):
        return t
    t = t.copy()
    t[~counts] = t[counts.argmax()]
    return t


def split_rows(n, n_held_out, classes, seed):
    """The numbers of the rows to train on, and of those held out, both in order: chosen by seed and
    classes alone.

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
    return np.sort(np.concatenate([train, rows[alone]])), np.sort(held_out)
