"""Writing: filling a Step with the arrays of one training step, in the order of the passes."""

import copy
import math

import numpy as np

from ..report import gradient_name, name_of
from .formulas import (OF_LAYERS, OF_LOSSES, OF_OPTIMIZERS, OfBatch, OfGradient, OfOptimizer,
                       OfOwnLayer, OfOwnLoss, with_penalty)
from .observing import has_own_passes


class Writer:
    """Fills a Step, whose net and optimizer are those before the step, with what was Observed."""

    def __init__(self, step, observed):
        self.step, self.observed, self.net = step, observed, step.net
        self.of_batch = OfBatch(step, "", step.optimizer)
        self.formulas = {}                    # {prefix: the Formulas of a layer, or of the loss}
        self.slices = find_slices(step.net)   # {name: where a parameter is in the vectors}

    def write_batch(self, rows, x, t, w):
        step = self.step
        step.begin("data")
        step.add("rows", rows, self.of_batch)
        step.add("x", x, self.of_batch)
        step.add("t", t, self.of_batch)
        if w is not None:
            step.add("w", w, self.of_batch)

    # ---- forward ----

    def write_forward(self, L):
        step, loss, calls = self.step, self.net.loss, self.observed.calls["loss."]
        output = self.write_layers_forward(self.net, "", "x")
        kind = OfOwnLoss if has_own_passes(loss) else OF_LOSSES.get(type(loss), OfOwnLoss)
        formulas = kind(step, "loss.", calls.thing)
        self.formulas["loss."] = formulas
        step.begin("forward", "loss.", f"the loss, {name_of(loss)}", loss)
        step.add_name("loss.x", output)
        smoothed = formulas.smooth(step["t"])
        if smoothed is None:
            step.add_name("loss.t", "t")
        else:
            step.add("loss.t", smoothed, formulas)
        if formulas.makes_y:
            step.add("loss.y", calls.y, formulas)
        else:
            step.add_name("loss.y", output)
        step.add("loss.l", formulas.find_losses(calls), formulas)
        step.add("L", L, self.of_batch)

    def write_layers_forward(self, net, prefix, x):
        """Write what the layers make of the array of this name; return the name of the output."""
        step, calls = self.step, self.observed.calls
        for i, layer in enumerate(net.layers):
            own = f"{prefix}{i}."
            step.add_name(f"{own}x", x)
            if f"{own}0." in calls:  # a network whose layers were observed
                x = self.write_layers_forward(layer, own, x)
                step.add_name(f"{own}y", x)
            else:
                self.write_layer_forward(layer, own, calls[own])
                x = f"{own}y"
        return x

    def write_layer_forward(self, layer, prefix, calls):
        step = self.step
        kind = OfOwnLayer if has_own_passes(layer) else OF_LAYERS.get(type(layer), OfOwnLayer)
        formulas = kind(step, prefix, calls.thing)
        self.formulas[prefix] = formulas
        step.begin("forward", prefix, f"layer {prefix[:-1]}, {name_of(layer)}", layer)
        for name, array in name_arrays(layer, "param_names", "state_names").items():
            step.add(prefix + name, array, formulas, name)
        for name, array in formulas.find_extras(calls.x, calls.cache).items():
            step.add(prefix + name, array, formulas)
        step.add(f"{prefix}y", calls.y, formulas)

    # ---- backward ----

    def write_backward(self):
        step, formulas, loss = self.step, self.formulas["loss."], self.net.loss
        w, n = step.get("w"), len(step["x"])
        step.begin("backward", "loss.", f"the loss, {name_of(loss)}", loss)
        step.add("dL", 1.0, self.of_batch)
        step.add("loss.dl", np.full(n, 1 / n) if w is None else w / w.sum(), formulas)
        self.write_extras(formulas)
        step.add("loss.dx", self.observed.calls["loss."].dx, formulas)
        self.write_layers_backward(self.net, "", "loss.dx")

    def write_layers_backward(self, net, prefix, dy):
        """Write what the layers make of the gradient of this name; return the name of what comes
        out at the other end.
        """
        step = self.step
        for i, layer in reversed(list(enumerate(net.layers))):
            own = f"{prefix}{i}."
            step.add_name(f"{own}dy", dy)
            if own in self.formulas:
                self.write_layer_backward(layer, own)
                dy = f"{own}dx"
            else:
                dy = self.write_layers_backward(layer, own, dy)
                step.add_name(f"{own}dx", dy)
        return dy

    def write_layer_backward(self, layer, prefix):
        step, formulas = self.step, self.formulas[prefix]
        step.begin("backward", prefix, f"layer {prefix[:-1]}, {name_of(layer)}", layer)
        self.write_extras(formulas)
        for name in name_arrays(layer, "param_names"):
            full = prefix + name
            dW = self.observed.gradients[self.slices[full]].reshape(step[full].shape)
            step.add(gradient_name(full), dW, formulas, gradient_name(name))
        step.add(f"{prefix}dx", self.observed.calls[prefix].dx, formulas)

    def write_extras(self, formulas):
        """Write what else the backward pass makes, and name the slopes that can be asked for."""
        step, prefix = self.step, formulas.prefix
        arrays = {name.removeprefix(prefix): array for name, array in step.arrays.items()
                  if name.startswith(prefix)}
        for name, array in formulas.find_extras_of_backward(arrays).items():
            step.add(prefix + name, array, formulas)
        if isinstance(formulas, OfOwnLayer):
            for name in ("J", *(f"{W}.J" for W in name_arrays(formulas.thing, "param_names"))):
                step.on_demand[prefix + name] = formulas, name

    # ---- update ----

    def write_update(self, penalty, net):
        """What the optimizer has made of the network."""
        step, optimizer = self.step, net.optimizer
        step.begin("update")
        step.add("lr", optimizer.recorded_lr(), self.of_batch)
        self.write_norm(penalty)
        for name, part in self.slices.items():
            self.write_parameter(name, part, optimizer, net.params[part])
        self.write_after(net)

    def write_norm(self, penalty):
        """The penalty of l2, and the norm that clipping goes by."""
        step, trained = self.step, [name for name in self.slices if name not in self.step.frozen]
        formulas = OfGradient(step, "", trained)
        if step.l2:
            step.add("penalty", penalty, formulas)
        if step.clip_norm is not None:
            norm = math.sqrt(sum(np.square(with_penalty(step, name)).sum() for name in trained))
            step.add("norm", norm, formulas)

    def write_parameter(self, name, part, optimizer, params):
        """What has become of a parameter, which is this part of the vectors."""
        step, prefix, shape = self.step, f"{name}.", self.step[name].shape
        kind = OF_OPTIMIZERS.get(type(optimizer), OfOptimizer)
        formulas = kind(step, prefix, step.optimizer)
        frozen = ", which is frozen" if formulas.is_frozen else ""
        step.begin("update", prefix, f"the step of {name_of(optimizer)} for {name}{frozen}")
        if step.l2 and len(shape) > 1 or step.clip_norm is not None or formulas.is_frozen:
            step.add(f"{prefix}grads", self.observed.given[part].reshape(shape), formulas)
        vectors = {}
        for vector in formulas.list_vectors():
            before, after = (getattr(each, vector, None) for each in (step.optimizer, optimizer))
            if np.shape(before) == np.shape(after) == step.net.params.shape:
                vectors[vector] = after[part].reshape(shape)
                step.add(f"{prefix}{vector}_before", before[part].reshape(shape), formulas)
                step.add(f"{prefix}{vector}", vectors[vector], formulas)
        for extra, array in formulas.derive(vectors).items():
            step.add(f"{prefix}{extra}", array, formulas)
        W = params.reshape(shape)
        step.add(f"{prefix}change", W - step[name], formulas)
        step.add(f"{prefix}after", W, formulas)

    def write_after(self, net):
        """What the same rows come to with the parameters after the step."""
        step, after = self.step, copy.deepcopy(self.net)
        after.params = net.params
        outputs, _ = after.forward(step["x"], True)
        L, y = after.loss.forward(outputs, step["t"], step.get("w"))
        step.begin("update", "", "after the step, for the same rows")
        for name, array in name_arrays(net, "state_names").items():
            formulas, local = step.makers[name]
            step.add(f"{name}.after", array, formulas, f"{local}.after")
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
