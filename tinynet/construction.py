"""Construction: how a network's layers are built and tried, and what it says when they do not fit together."""

import numpy as np

from .hyperparameters import whole
from .layers.layer import Layer
from .losses import Loss


def layers_of(layers):
    """The layers as a tuple, each a Layer that belongs to no network yet."""
    if isinstance(layers, Layer):
        raise ValueError(f"layers is {layers!r}; it must be a list of layers: [{layers!r}]")
    layers = tuple(layers)
    if not layers:
        raise ValueError("layers is empty; a network needs at least one layer")
    for i, layer in enumerate(layers):
        if isinstance(layer, type) and issubclass(layer, Layer):
            raise ValueError(f"layer {i} is the class {layer.__name__}; make a layer of it: {layer.__name__}(...)")
        if not isinstance(layer, Layer):
            raise ValueError(f"layer {i} is {layer!r}; it must be a Layer, such as Dense(10)")
        if any(layer is other for other in layers[:i]):
            raise ValueError(f"layer {i}, {layer!r}, stands in the network twice; make a layer for each place")
        if layer._owned:
            raise ValueError(f"layer {i}, {layer!r}, belongs to another network; make a new layer, or a copy.deepcopy of it")
    return layers


def shape_of(name, shape):
    """The shape as a tuple of whole numbers, none below 1; a single number stands for a row of so many."""
    shape = shape if isinstance(shape, (tuple, list)) else (shape,)
    if not shape:
        raise ValueError(f"{name} is (); it must have at least one axis")
    return tuple(whole(name, size, at_least=1) for size in shape)


def loss_of(loss):
    """The loss, if it is one, or None."""
    if loss is None or isinstance(loss, Loss):
        return loss
    if isinstance(loss, type) and issubclass(loss, Loss):
        raise ValueError(f"loss is the class {loss.__name__}; make a loss of it: {loss.__name__}()")
    raise ValueError(f"loss is {loss!r}; it must be a Loss, such as SoftmaxCrossEntropy()")


def build_layers(layers, input_shape, rng):
    """Build each layer for the shape that the one before it gives. Returns all shapes, from the input's to the output's."""
    shapes = [input_shape]
    for i, layer in enumerate(layers):
        vars(layer)["_building"] = True
        try:
            shapes.append(shape_of("the shape that build returns", layer.build(shapes[-1], rng)))
            missing = [name for name in (*layer.param_names, *layer.state_names) if name not in vars(layer)]
            if missing:
                raise ValueError(f"{layer!r} has no array {missing[0]}, which its build must make")
        except Exception as error:
            raise placed(error, i, layer)
        finally:
            del vars(layer)["_building"]
    return shapes


def try_out(net):
    """One row of zeros through every layer and back: a mistake in a layer shows here, with the number of the layer."""
    rows = [(1, *shape) for shape in net.shapes]
    x, caches = np.zeros(rows[0], net.dtype), []
    net.grads.fill(np.nan)  # what backward does not write over will show
    with np.errstate(all="ignore"):
        for i, layer in enumerate(net.layers):
            try:
                result = layer.forward(x, False)
                if not (isinstance(result, tuple) and len(result) == 2):
                    raise ValueError(f"{layer!r} must return two things from forward, y and what backward needs: "
                                     "return y, cache")
                _check_result("forward gives a y", result[0], rows[i + 1])
            except Exception as error:
                raise placed(error, i, layer)
            x, cache = result
            caches.append(cache)
        dy = np.ones_like(x) if net.loss is None else _try_loss(net.loss, x)
        for i, layer in reversed(list(enumerate(net.layers))):
            try:
                dx = layer.backward(dy, caches[i])
                _check_result("backward gives a dx", dx, rows[i])
                left = [name for name in layer.param_names if np.isnan(getattr(layer, "d" + name)).any()]
                if left and np.isfinite(dy).all() and np.isfinite(dx).all():
                    raise ValueError(f"{layer!r} leaves d{left[0]} as it was, or adds to it; backward must write over it")
            except Exception as error:
                raise placed(error, i, layer)
            dy = dx
    net.grads.fill(0)


def _try_loss(loss, x):
    """dx of one row x, against a target of the first class."""
    if x.ndim != 2:
        raise ValueError(f"the last layer gives rows of shape {x.shape[1:]}, and a loss takes rows of numbers, (k,)")
    t = np.zeros_like(x)
    t[:, 0] = 1
    loss.check(t, t)
    _, y = loss.forward(x, t)
    dx = loss.backward(y, t)
    _check_result(f"{loss!r} gives a dx", dx, x.shape)
    return dx


def _check_result(what, array, shape):
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{what} of the type {type(array).__name__} for one row, and it must be an array of shape {shape}")
    if array.shape != shape:
        raise ValueError(f"{what} of the shape {array.shape} for one row, and it must be an array of shape {shape}")


def placed(error, i, layer):
    """The error, saying in which layer it came up."""
    if type(error) is ValueError:
        name, message = repr(layer), str(error)
        text = message.removeprefix(name)
        error.args = (f"layer {i}, {name}{',' if text != message else ':'} {text.lstrip()}",)
    else:
        error.add_note(f"in layer {i}, {layer!r}")
    return error
