"""check: whether a backward pass is right, and if not, which mistake it makes."""

import time

import numpy as np

from ..checks.arrays import as_rows
from ..checks.settings import as_generator
from ..checks.targets import as_targets
from ..construction import as_shape, check_names
from ..layers.layer import Layer
from ..losses import Loss
from ..sequential import Sequential
from ..training.batches import Data
from .functions import call, copy_thing, without_warnings
from .inputs import (ENOUGH, SHAPES, Batches, build, draw_batches, draw_pairs, guess_shapes,
                     is_built, pairs_of_rows)
from .inspection import Inspection
from .report import Fault, Report, name_of

ROWS = 32                  # of an x that is given, so many rows are looked at
WIDTHS = [3, 1, 2, 5]      # numbers of outputs to check a loss with


def check(thing, x=None, t=None, *, input_shape=None, rng=0):
    """Check the backward pass of a layer, a loss or a network against its forward pass, and name
    the mistake. Returns a Report.

    thing         a Layer, a Loss or a Sequential; it stays as it is
    x             (n, *input_shape) rows to check it with, or None for some of its own; the first 32
                  are looked at
    t             (n, k) targets or (n,) labels for a loss or a network, as in `fit`, or None
    input_shape   the shape of a row: a whole number, or a tuple; None for several that fit. Without
                  an x, a layer that takes images or the like may need it
    rng           seeds the numbers that are drawn

    Every gradient is compared with the derivative of what forward returns, in training and at
    inference, for several rows and for one, and for a random dy. The derivative is taken by complex
    steps where the function allows it, else by differences with an estimate of their error, beyond
    which a finding lies; at a kink, such as that of ReLU at 0, any slope between those on both
    sides is right. The laws of layers are checked besides: that nothing of the caller's is written,
    that dW is overwritten, that nothing is remembered of another forward pass, that float32
    agrees, and backward_params, too.

    A mistake that is known by name, such as "missing-mean" or "transposed" (docs/mistakes.md
    shows each), is one that predicts the gradients that were found. In a network the layers are
    checked one by one. What a method raises is a finding like others. With large images, or
    thousands of columns, a wrong layer may take some seconds to explain; give a small input_shape.

    Raises ValueError for another type of thing, and for an x, t or input_shape that do not
    fit it.

    >>> class Square(Layer):
    ...     def forward(self, x, training=False):
    ...         return x * x, x
    ...     def backward(self, dy, x):
    ...         return dy * x
    >>> check(Square(), [[1.0, 3.0]])
    Square(): 1 mistake
    dx[0, 1] is 1.92127, expected 3.84254: factor
        Square.backward gives a dx that is 0.5 times as large as it must be
    """
    started, inspection = time.perf_counter(), Inspection(as_generator(rng))
    if isinstance(thing, type) and issubclass(thing, (Layer, Loss)):
        raise ValueError(f"thing is the class {thing.__name__}; make one of it: "
                         f"{thing.__name__}(...)")
    if not isinstance(thing, (Layer, Loss)):
        raise ValueError(f"thing is of type {type(thing).__name__}; it must be a layer, a loss or "
                         "a Sequential")
    if x is None and t is not None:
        raise ValueError("t is given, and x is not; give both")
    shape = None if input_shape is None else as_shape("input_shape", input_shape)
    if isinstance(thing, Sequential):
        check_kind = _check_network
    else:
        check_kind = _check_layer if isinstance(thing, Layer) else _check_loss
    with without_warnings():
        findings = check_kind(copy_thing(thing, "a check"), x, t, shape, inspection)
    return Report(name_of(thing), tuple(findings), tuple(dict.fromkeys(inspection.notes)),
                  time.perf_counter() - started)


def _as_rows(x, shape):
    """x as float64; its rows must have the shape, if that is given."""
    given = np.shape(x)
    if len(given) < 2 or 0 in given:
        raise ValueError(f"x has shape {given}; it must be (n, ...): rows of numbers, at least one")
    return as_rows(x, given[1:] if shape is None else shape, np.dtype(float))


def _as_targets(loss, x, t, k):
    """t (n, k) as float64. Distributions that came in float32 get a sum of 1."""
    t = as_targets(t, len(x), k, np.dtype(float))
    sums = t.sum(axis=1, keepdims=True)
    if loss.classifies and (t >= 0).all() and np.allclose(sums, 1, rtol=0, atol=1e-5):
        t = t / sums
    return t


def _check_network(net, x, t, shape, inspection):
    if shape not in (None, net.input_shape):
        raise ValueError(f"input_shape is {shape}; this network takes rows of shape "
                         f"{net.input_shape}")
    if t is not None:
        Data.from_arrays(net, x, t)  # raises ValueError for what cannot be used
        t = _as_targets(net.loss, x, t, net.output_shape[0])[:ROWS]
    return inspection.look_at_network(
        net, None if x is None else _as_rows(x, net.input_shape)[:ROWS], t)


def _check_layer(layer, x, t, shape, inspection):
    if t is not None:
        raise ValueError("t is for a loss or a network; a layer has no targets")
    check_names(layer)
    rows = None if x is None else _as_rows(x, shape)[:ROWS]
    shape = shape if rows is None else rows.shape[1:]
    if shape is not None:
        return _check_layer_for(layer, shape, rows, inspection)

    def draw(candidate):
        built = layer if is_built(layer) else build(layer, candidate, inspection.rng)
        return built, draw_batches(built, candidate, inspection.rng)

    results, faults = _look_at_some(guess_shapes(layer), draw, inspection.look_at_layer)
    if results:
        # for a built layer the shape was a guess, and what is raised may be due to that
        is_right = is_built(layer) and [] in results and not _is_certain(results[-1])
        return [] if is_right else _choose(results)
    of_passes = [fault for fault in faults if fault.method != "build"]
    _raise_if_of_shape(faults[-1], of_passes, f"give an input_shape, since {name_of(layer)} takes "
                       f"rows of none of the shapes {SHAPES}; of the last one it says: ")
    return [(of_passes or faults)[0].finding]


def _check_layer_for(layer, shape, rows, inspection):
    """The findings for rows of a shape that is known."""
    try:
        built = build(layer, shape, inspection.rng)
        if is_built(layer):
            _check_sizes(layer, built, shape)
            built = layer
        batches = (draw_batches(built, shape, inspection.rng) if rows is None
                   else Batches.of_rows(rows))
    except Fault as fault:
        _raise_if_of_shape(fault, [], f"{name_of(layer)} does not take rows of shape {shape}: ")
        return [fault.finding]
    return inspection.look_at_layer(built, batches)


def _check_sizes(layer, built, shape):
    """Raise ValueError if a layer that is built has arrays for rows of another shape."""
    for part, other in zip(layer._parts(), built._parts()):
        for name in (*part.param_names, *part.state_names):
            sizes = [np.shape(getattr(each, name)) for each in (part, other)]
            if sizes[0] != sizes[1]:
                raise ValueError(f"{name_of(layer)} is built for rows of another shape than "
                                 f"{shape}: its {name} is {sizes[0]}, not {sizes[1]}")


def _raise_if_of_shape(fault, of_passes, message):
    """Raise ValueError if `build` has refused a shape by one, rather than failed."""
    if not of_passes and fault.method == "build" and isinstance(fault.__cause__, ValueError):
        raise ValueError(f"{message}{fault.__cause__}") from fault


def _check_loss(loss, x, t, shape, inspection):
    if shape is not None and len(shape) > 1:
        raise ValueError(f"input_shape is {shape}; a loss takes rows of numbers, (k,)")
    rng = inspection.rng
    if x is not None:
        x = _as_rows(x, shape)
        if x.ndim != 2:
            raise ValueError(f"x has shape {x.shape}; a loss takes rows of numbers, (n, k)")
        if t is not None:
            t = _as_targets(loss, x, t, x.shape[1])[:ROWS]
        x, shape = x[:ROWS], x.shape[1:]
        if t is not None:
            try:
                call(loss, "check", "x", x, t)
            except Fault as fault:
                _raise_if_refused(loss, fault)
                return [fault.finding]
            return inspection.look_at_loss(loss, pairs_of_rows(x, t, rng))
    results, faults = _look_at_some(
        WIDTHS if shape is None else [shape[0]],
        lambda k: (loss, draw_pairs(loss, k, rng, x)), inspection.look_at_loss)
    if results:
        return _choose(results)
    if shape is not None:
        _raise_if_refused(loss, faults[0])
    return [faults[0].finding]


def _raise_if_refused(loss, fault):
    """Raise ValueError if a check of the loss has refused what was given by one."""
    if fault.method in ("check", "check_outputs") and isinstance(fault.__cause__, ValueError):
        text = str(fault.__cause__).removeprefix(name_of(loss)).lstrip()
        raise ValueError(f"{name_of(loss)}: {text}") from fault


def _look_at_some(candidates, draw, look):
    """(results, faults): the findings for each of the candidates, until a mistake is certain or
    enough have been looked at; and the Faults of those for which nothing can be drawn.
    """
    results, faults = [], []
    for candidate in candidates:
        try:
            drawn = draw(candidate)
        except Fault as fault:
            faults.append(fault)
            continue
        results.append(look(*drawn))
        if _is_certain(results[-1]) or len(results) == ENOUGH:
            break
    return results, faults


def _is_certain(findings):
    """Whether there is a mistake with a name, or a wrong number, and not only what is raised."""
    return any(finding.mistake != "unknown" or finding.place for finding in findings)


def _choose(results):
    """The findings that are certain, or else the first ones."""
    return results[-1] if _is_certain(results[-1]) else next(filter(None, results), [])
