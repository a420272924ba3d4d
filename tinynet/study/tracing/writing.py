"""Writing: what was heard of a training step goes into its record, in the order of the passes."""

import contextlib
import copy
import math

import numpy as np

from ..report import gradient_name, name_of
from .formulas import (OF_ALL_LAYERS, OF_LOSSES, OF_OPTIMIZERS, OfBatch, OfGradient, OfOptimizer,
                       OfOwnLayer, OfOwnLoss, find_gradient)


class Writer:
    """Writes the record of one step.

    step    the Step to fill; its net is the network before the step
    heard   what was Heard of it
    """

    def __init__(self, step, heard):
        self.step, self.heard, self.net = step, heard, step.net
        self.of_batch = OfBatch(step, "", None)
        self.formulas = {}                    # {prefix: the Formulas of a layer, or of the loss}
        self.slices = find_slices(step.net)   # {name: the place of a parameter in the vectors}

    def write_batch(self, rows, x, t, w):
        step = self.step
        step.begin("data", "", "")
        step.add("rows", rows, self.of_batch)
        step.add("x", x, self.of_batch)
        step.add("t", t, self.of_batch)
        if w is not None:
            step.add("w", w, self.of_batch)

    # ---- forward ----

    def write_forward(self, L):
        step, loss, notes = self.step, self.net.loss, self.heard.passes["loss."]
        wire = self.write_layers_forward(self.net, "", "x")
        kind = OF_LOSSES.get(type(loss), OfOwnLoss)
        self.formulas["loss."] = formulas = kind(step, "loss.", loss)
        step.begin("forward", "loss.", f"the loss, {name_of(loss)}")
        step.add_name("loss.x", wire)
        if kind is not OfOwnLoss and getattr(loss, "label_smoothing", 0):
            step.add("loss.t", loss.smooth(step["t"]), formulas)
        else:
            step.add_name("loss.t", "t")
        if hasattr(kind, "of_y"):
            step.add("loss.y", notes.y, formulas)
        else:  # y is x
            step.add_name("loss.y", wire)
        l = notes.l
        if kind is OfOwnLoss:
            l = find_losses_of_rows(loss, step["loss.x"], step["t"])
        step.add("loss.l", l, formulas)
        step.add("L", L, self.of_batch)

    def write_layers_forward(self, net, prefix, wire):
        """Write what the layers make of the array `wire`; return the name of what they make."""
        step = self.step
        for i, layer in enumerate(net.layers):
            place = f"{prefix}{i}."
            step.add_name(f"{place}x", wire)
            if f"{place}0." in self.heard.passes:  # a network whose layers were heard
                wire = self.write_layers_forward(layer, place, wire)
                step.add_name(f"{place}y", wire)
                continue
            notes, kind = self.heard.passes[place], OF_ALL_LAYERS.get(type(layer), OfOwnLayer)
            self.formulas[place] = formulas = kind(step, place, layer)
            step.begin("forward", place, f"layer {place[:-1]}, {name_of(layer)}")
            for name, array in name_arrays(layer, "param_names", "state_names").items():
                step.add(place + name, array, formulas, name)
            for name, array in kind.extras(layer, notes.x, notes.cache).items():
                step.add(place + name, array, formulas)
            step.add(f"{place}y", notes.y, formulas)
            wire, step.last_prefix = f"{place}y", place
        return wire

    # ---- backward ----

    def write_backward(self):
        step, formulas, notes = self.step, self.formulas["loss."], self.heard.passes["loss."]
        w, n = step.get("w"), len(notes.x)
        step.begin("backward", "loss.", f"the loss, {name_of(self.net.loss)}")
        step.add("dL", 1.0, self.of_batch)
        step.add("loss.dl", np.full(n, 1 / n) if w is None else w / w.sum(), formulas)
        self.write_extras(formulas)
        step.add("loss.dx", notes.dx, formulas)
        self.write_layers_backward(self.net, "", "loss.dx")

    def write_layers_backward(self, net, prefix, wire):
        """Write what the layers make of the gradient `wire`; return the name of what comes out."""
        step = self.step
        for i, layer in reversed(list(enumerate(net.layers))):
            place = f"{prefix}{i}."
            step.add_name(f"{place}dy", wire)
            if place not in self.formulas:
                wire = self.write_layers_backward(layer, place, wire)
                step.add_name(f"{place}dx", wire)
                continue
            formulas, notes = self.formulas[place], self.heard.passes[place]
            step.begin("backward", place, f"layer {place[:-1]}, {name_of(layer)}")
            self.write_extras(formulas)
            for name in name_arrays(layer, "param_names"):
                full = place + name
                dW = self.heard.gradients[self.slices[full]].reshape(step[full].shape)
                step.add(gradient_name(full), dW, formulas, gradient_name(name))
            step.add(f"{place}dx", notes.dx, formulas)
            wire = f"{place}dx"
        return wire

    def write_extras(self, formulas):
        """Write what else the backward pass makes, and name the slopes that can be asked for."""
        step, prefix, thing = self.step, formulas.prefix, formulas.thing
        arrays = {name.removeprefix(prefix): array for name, array in step.arrays.items()
                  if name.startswith(prefix)}
        for name, array in formulas.extras_of_backward(thing, arrays).items():
            step.add(prefix + name, array, formulas)
        if isinstance(formulas, OfOwnLayer):
            for name in ("J", *(f"{name}.J" for name in name_arrays(thing, "param_names"))):
                step.on_demand[prefix + name] = formulas, name

    # ---- update ----

    def write_update(self, penalty, optimizer_before, net):
        """What the optimizer has made of the network."""
        step, optimizer = self.step, net.optimizer
        kind = OF_OPTIMIZERS.get(type(optimizer), OfOptimizer)
        step.optimizer_steps, step.frozen = optimizer.steps, find_frozen(self.net)
        step.lr_text = repr(optimizer.lr)
        step.begin("update", "", "")
        step.add("lr", optimizer.recorded_lr(), self.of_batch)
        self.write_norm(penalty)
        before, after = (find_vectors(each, kind.vectors(each), net.params.shape)
                         for each in (optimizer_before, optimizer))
        for name, place in self.slices.items():
            formulas, shape = kind(step, f"{name}.", optimizer_before), step[name].shape
            step.begin("update", formulas.prefix, f"the step of {name_of(optimizer)} for {name}"
                       + (", which is frozen" if formulas.is_frozen else ""))
            if step.l2 and len(shape) > 1 or step.is_clipped or formulas.is_frozen:
                step.add(f"{name}.grads", self.heard.given[place].reshape(shape), formulas)
            vectors = {vector: after[vector][place].reshape(shape) for vector in after}
            for vector in after:
                step.add(f"{name}.{vector}_before", before[vector][place].reshape(shape), formulas)
                step.add(f"{name}.{vector}", vectors[vector], formulas)
            for extra, array in kind.extras(optimizer, vectors).items():
                step.add(f"{name}.{extra}", array, formulas)
            changed = net.params[place].reshape(shape)
            step.add(f"{name}.change", changed - step[name], formulas)
            step.add(f"{name}.after", changed, formulas)
        self.write_after(net)

    def write_norm(self, penalty):
        """The penalty of l2, and what the gradient is clipped by."""
        step, trained = self.step, [name for name in self.slices if name not in self.step.frozen]
        formulas = OfGradient(step, "", trained)
        if step.l2:
            step.add("penalty", penalty, formulas)
        if step.clip_norm is not None:
            norm = math.sqrt(sum(np.square(find_gradient(step, name)).sum() for name in trained))
            step.add("norm", norm, formulas)
            step.is_clipped = norm > step.clip_norm

    def write_after(self, net):
        """What the same rows come to with the parameters after the step."""
        step, after = self.step, copy.deepcopy(self.net)
        after.params = net.params
        outputs, _ = after.forward(step["x"], True)
        L, y = after.loss.forward(outputs, step["t"], step.get("w"))
        step.begin("update", "", "after the step, for the same rows")
        for name, array in name_arrays(net, "state_names").items():
            formulas = next(formulas for place, formulas in self.formulas.items()
                            if name.startswith(place))
            step.add(f"{name}.after", array, formulas,
                     f"{name.removeprefix(formulas.prefix)}.after")
        step.add("loss.y.after", y, self.of_batch, "y.after")
        step.add("L.after", L, self.of_batch, "L.after")


def name_arrays(layer, *kinds):
    """{name: array} of a layer; with a prefix where it is a network that is taken as one layer."""
    return {prefix + name: getattr(part, name) for prefix, part in layer._named_parts()
            for kind in kinds for name in getattr(part, kind)}


def find_slices(net):
    """{name: slice} of the parameters in the vectors of a network."""
    slices, start = {}, 0
    for name, W in name_arrays(net, "param_names").items():
        slices[name] = slice(start, start + W.size)
        start += W.size
    return slices


def find_frozen(net):
    """The names of the parameters that `fit` leaves as they are."""
    return {prefix + name for prefix, part in net._named_parts() for name in part.param_names
            if not part.trainable}


def find_vectors(optimizer, names, shape):
    """{name: vector} of what an optimizer remembers for each parameter."""
    vectors = {name: getattr(optimizer, name, None) for name in names}
    return {name: vector for name, vector in vectors.items() if np.shape(vector) == shape}


def find_losses_of_rows(loss, x, t):
    """The loss of each row by itself, for a loss of one's own; nan if it takes no single row."""
    loss, losses = copy.deepcopy(loss), np.full(len(x), np.nan)
    with contextlib.suppress(Exception):
        for i in range(len(x)):
            losses[i], _ = loss.forward(x[i:i + 1], t[i:i + 1])
    return losses
