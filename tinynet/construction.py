"""Construction: how layers become a network, and what is said when they do not fit together."""

import contextlib
import copy
import functools
import traceback

import numpy as np

from .checks.settings import as_whole
from .layers.arrays import ShapesOnly, VectorHolder, copy_as_float64
from .layers.layer import Layer
from .losses import Loss
from .trial import describe_given, say_where


def as_layers(layers):
    """The layers as a tuple, each a Layer that belongs to no network yet."""
    if isinstance(layers, Layer):
        raise ValueError(f"layers is {layers!r}; it must be a list of layers: [{layers!r}]")
    try:
        if isinstance(layers, (set, frozenset, dict)):
            raise TypeError("it has no order, or names")
        layers = tuple(layers)
    except TypeError:
        raise ValueError(f"layers is {layers!r}; it must be a list of layers, such as [Dense(10), "
                         "ReLU(), Dense(3)]") from None
    if not layers:
        raise ValueError("layers is empty; a network needs at least one layer")
    seen = set()
    for i, layer in enumerate(layers):
        if isinstance(layer, type) and issubclass(layer, Layer):
            raise ValueError(f"layer {i} is the class {layer.__name__}; make a layer of it: "
                             f"{layer.__name__}(...)")
        if not isinstance(layer, Layer):
            raise ValueError(f"layer {i} is {layer!r}; it must be a Layer, such as Dense(10)")
        if id(layer) in seen:
            raise ValueError(f"layer {i}, {layer!r}, stands in the network twice; make a layer for "
                             "each place")
        if layer._owned:
            raise ValueError(f"layer {i}, {layer!r}, belongs to another network; make a new layer, "
                             "or a copy.deepcopy of it")
        seen.add(id(layer))
    return layers


def as_shape(name, shape):
    """The shape as a tuple of whole numbers, none below 1; a single number stands for a row of so
    many.
    """
    axes = shape if isinstance(shape, (tuple, list)) else (shape,)
    if not 1 <= len(axes) < 64:
        raise ValueError(f"{name} has {len(axes)} axes; it must have at least one axis, and fewer "
                         "than 64")
    try:
        return tuple(as_whole(name, size, at_least=1) for size in axes)
    except ValueError:
        raise ValueError(f"{name} is {shape!r}; it must be a whole number of at least 1, or a "
                         "tuple of them, such as (8, 8, 1), without the axis of the "
                         "rows") from None


def as_dtype(dtype):
    """The dtype, if it is float32 or float64."""
    with contextlib.suppress(TypeError):
        if dtype is not None and np.dtype(dtype) in (np.float32, np.float64):
            return np.dtype(dtype)
    raise ValueError(f"dtype is {dtype!r}; it must be np.float32 or np.float64")


def as_loss(loss):
    """The loss, if it is one, or None."""
    if loss is None or isinstance(loss, Loss):
        return loss
    if isinstance(loss, type) and issubclass(loss, Loss):
        raise ValueError(f"loss is the class {loss.__name__}; make a loss of it: {loss.__name__}()")
    raise ValueError(f"loss is {loss!r}; it must be a Loss, such as SoftmaxCrossEntropy()")


@contextlib.contextmanager
def restore_on_error(layers):
    """Undo what happens to the layers inside, if it ends in an error."""
    before = [(part, dict(vars(part))) for layer in layers for part in layer._parts()]
    try:
        yield
    except BaseException:
        for part, attributes in before:
            vars(part).clear()
            vars(part).update(attributes)
        raise


def build_layers(layers, input_shape, rng):
    """Build each layer for the shape that the one before it gives.

    Returns all shapes, from the input's to the output's.
    """
    shapes, shapes_only = [input_shape], isinstance(rng, ShapesOnly)
    new_array = rng.make_placeholder_like if shapes_only else copy_as_float64
    for i, layer in enumerate(layers):
        with say_where(i, layer):
            check_names(layer)
            if shapes_only:
                rng.check_room(layer, shapes[-1])
            with layer._making_arrays(new_array):
                if i == 0 and len(input_shape) > 1 and not shapes_only:
                    with _suggest_one_row(layer, input_shape):
                        output_shape = layer.build(input_shape, rng)
                else:
                    output_shape = layer.build(shapes[-1], rng)
            shapes.append(as_shape("the shape that build returns", output_shape))
            for name in (*layer.param_names, *layer.state_names):
                if name not in vars(layer):
                    raise ValueError(f"{layer!r} has no array {name}, which its build must make")
                if not shapes_only and not np.isfinite(vars(layer)[name]).all():
                    raise ValueError(f"{layer!r} makes {name} with {vars(layer)[name]}; it must be "
                                     "finite numbers")
    return shapes


@contextlib.contextmanager
def _suggest_one_row(layer, input_shape):
    """If a first layer cannot take the input_shape, but could without its first axis, then that
    may be the number of rows: say so.
    """
    try:
        yield
    except ValueError as error:
        n, *row = input_shape
        try:
            copy.deepcopy(layer).build(tuple(row), np.random.default_rng(0))
        except Exception:
            raise error from None
        raise ValueError(f"{str(error).rstrip('.')}; if {n} is the number of rows, leave it out: "
                         f"input_shape={row[0] if len(row) == 1 else tuple(row)}") from error


def check_names(layer):
    """Raise ValueError unless param_names and state_names are tuples of different names."""
    for names in ("param_names", "state_names"):
        if not isinstance(getattr(layer, names), (tuple, list)):
            raise ValueError(f"{layer!r} has {getattr(layer, names)!r} for {names}; "
                             "it must be a tuple of names, such as ('W', 'b')")
    names = [*layer.param_names, *layer.state_names]
    gradients = ["d" + name for name in layer.param_names]
    for name in names:
        if names.count(name) > 1 or name in gradients:
            raise ValueError(f"{layer!r} has {name!r} twice among param_names, their gradients and "
                             "state_names; each array needs a name of its own")


def names_the_layer(call):
    """Add to an error that comes up in a pass through the layers in which of them that was.

    A decorator for what users call, so that the passes show nothing but the mathematics, and cost
    nothing more: the layer is the one that the pass had at hand, in its variable `layer`.
    """
    @functools.wraps(call)
    def call_and_name(net, *arguments, **settings):
        try:
            return call(net, *arguments, **settings)
        except Exception as error:
            frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
            for frame in reversed(frames):  # of a network inside the network first
                note = _name_layer_of(frame, error)
                if note and note not in getattr(error, "__notes__", ()):
                    error.add_note(note)
            raise

    return call_and_name


def _name_layer_of(frame, error):
    """Which layer a forward or backward pass of a network has at hand, and what that was given;
    None for other frames.
    """
    direction, variables = frame.f_code.co_name.partition("_")[0], frame.f_locals
    names = {"forward": ["x"], "backward": ["dy", "cache"]}.get(direction)
    if names and isinstance(variables.get("self"), VectorHolder):
        for i, layer in enumerate(variables["self"].layers):
            if layer is variables.get("layer"):
                given = {name: variables[name] for name in names if name in variables}
                return (f"in the {direction} pass of layer {i}, {layer!r}, "
                        f"{describe_given(given, error)}")


class of_the_class(classmethod):
    """A classmethod that makes a new network, and says so where it is called on one."""

    def __get__(self, net, cls=None):
        method = super().__get__(net, cls)
        if net is None:
            return method

        @functools.wraps(method)
        def refuse(*arguments, **settings):
            name = f"{type(net).__name__}.{method.__name__}"
            raise ValueError(f"{method.__name__} makes a new network, and leaves this one as it "
                             f"is; write net = {name}(...)")

        return refuse
