"""GradientHealth: do gradients reach every layer, and do the weights move?"""

import numpy as np

from ..checks.settings import Configured, as_whole
from ..checks.targets import find_classes
from ..errors import warn
from ..layers.activations import Elementwise, Softmax


class GradientHealth(Configured):
    """A callback that records, after each epoch, how the gradient flows; it warns when something
    cannot learn.

    It looks at no more than `rows` rows of the training data, the same ones throughout, at
    inference, and changes nothing: training gives the same bits with it and without. To the record
    it adds, for the layer with the number i in `layers`,

        grad_norm_i      the length of the gradient of its parameters
        update_ratio_i   the mean distance that its parameters moved per step, divided by their
                         length; about 1e-3 is usual
        idle_i           for an activation of each number by itself, the share of units, in images
                         of channels, whose slope is below 0.01 on each of the rows, and at each
                         pixel: they are dead or saturated; one of your own counts if it is a
                         subclass of tinynet.layers.activations.Elementwise
        wrong_share      for classes, the share of the gradient at the output that comes from rows
                         that are misclassified

    and it warns, once in a fit for each layer,

        if the output is saturated: on most of the rows that are wrong, if these are more than 10 %,
        the output is surely wrong, and less than 5 % of the gradient gets through the last
        activation if more than half of a layer's units are idle
        if a layer's update is below 1e-6 of its weights in the first epoch of a fit; later that may
        be because it is done

    The gradient is that of the loss, without weights of rows and without l2. A network inside the
    network is one layer.
    """

    def __init__(self, rows=64):
        if as_whole("rows", rows, at_least=1) > 256:
            raise ValueError(f"rows is {rows}; it must be at most 256, which is enough to see what "
                             "is wrong")
        self.rows = rows

    def begin(self, net, x, t):
        rows = np.linspace(0, len(x) - 1, min(len(x), self.rows)).astype(int)
        self._x, self._t = x[rows], t[rows]
        rows_are_classes = find_classes(t) is not None
        self._classes = net.loss.classifies or rows_are_classes
        self._judge_by_largest = (t.shape[1] > 1 and rows_are_classes
                                  or net.loss.classifies and not net.loss.binary)
        self._params, self._steps = net.params.copy(), net.optimizer.steps
        self._slices = list(net._slices())
        self._warned, self._is_first = set(), True

    def __call__(self, net, epoch, record):
        grads = net.grads.copy()
        with np.errstate(all="ignore"):
            x, caches = net.forward(self._x)
            _, y = net.loss.forward(x, self._t)
            dy = net.loss.backward(y, self._t)
            net.backward_params(dy, caches)
            self._look_at_updates(net, epoch, record)
            self._look_at_units(net, epoch, record, caches)
            if self._classes:
                self._look_at_wrong_rows(net, epoch, record, y, dy, caches)
        net.grads = grads
        self._params[...], self._steps, self._is_first = net.params, net.optimizer.steps, False

    def _look_at_updates(self, net, epoch, record):
        steps = max(net.optimizer.steps - self._steps, 1)
        for i, part in self._slices:
            W = net.params[part]
            record[f"grad_norm_{i}"] = _norm(net.grads[part])
            ratio = _norm(W - self._params[part]) / steps / max(_norm(W), 1e-30)
            record[f"update_ratio_{i}"] = ratio
            is_stuck = ratio < 1e-6 and net.layers[i].trainable
            if is_stuck and self._is_first and self._is_new("update", i):
                warn(f"in epoch {epoch}, layer {i}, {net.layers[i]!r}, moved in a step by "
                     f"{ratio:.1g} of its weights: the learning rate is too small, or no gradient "
                     "reaches it")

    def _look_at_units(self, net, epoch, record, caches):
        for i, layer in enumerate(net.layers):
            if isinstance(layer, Elementwise):
                slope = np.abs(layer.backward(np.ones((len(self._x), *net._shapes[i]), net.dtype),
                                              caches[i]))
                record[f"idle_{i}"] = idle = float((slope.max(axis=tuple(range(slope.ndim - 1)))
                                                    < 0.01).mean())
                if idle > 0.5 and self._is_new("idle", i):
                    warn(f"in epoch {epoch}, {idle:.0%} of the units of layer {i}, {layer!r}, are "
                         "dead or saturated: on none of the rows looked at does a gradient pass "
                         "them; a smaller learning rate, smaller initial weights, or inputs of "
                         "about 1 may help")

    def _look_at_wrong_rows(self, net, epoch, record, y, dy, caches):
        if self._judge_by_largest:
            wrong = y.argmax(axis=1) != self._t.argmax(axis=1)
        else:
            wrong = ((y > 0.5) != (self._t > 0.5)).any(axis=1)
        lengths = np.linalg.norm(dy, axis=1)
        record["wrong_share"] = float(lengths[wrong].sum() / max(lengths.sum(), 1e-30))
        last = net.layers[-1]
        if wrong.mean() > 0.1 and isinstance(last, (Elementwise, Softmax)):
            stuck = wrong & (np.linalg.norm(last.backward(dy, caches[-1]), axis=1) < 0.05 * lengths)
            if isinstance(last, Softmax):
                # among many classes, little gets through when it is unsure, too
                stuck &= y.max(axis=1) > 0.9
            if stuck.sum() > wrong.sum() / 2 and self._is_new("output"):
                warn(f"in epoch {epoch}, the output is saturated: {wrong.sum()} of {len(y)} rows "
                     f"are wrong, and on {stuck.sum()} of them less than 5 % of the gradient gets "
                     f"through {last!r}, so {net.loss!r} cannot learn from them; "
                     "SoftmaxCrossEntropy() or SigmoidCrossEntropy() on the logits can, and "
                     "smaller initial weights help")

    def _is_new(self, *what):
        """Whether there has been no warning of this yet."""
        new = what not in self._warned
        self._warned.add(what)
        return new


def _norm(a):
    return float(np.sqrt(a @ a))
