"""Trial: a new network runs once, so that a mistake in a layer or loss of one's own shows there."""

import contextlib
import copy
import inspect
import numbers

import numpy as np

from .layers.activations import sigmoid, softmax
from .layers.arrays import ArrayHolder, find_newest_way

MORE = "; tn.study.check says more"


def try_out(net):
    """Two rows of zeros go through every layer and back. Layers and losses that do not come with
    tinynet, and so were never tested, are tried more closely: copies of them, if there can be any.
    """
    shapes = [(2, *shape) for shape in net._shapes]
    layers = [layer if comes_with_tinynet(layer) else _copy(layer) for layer in net.layers]
    x, caches = np.zeros(shapes[0], net.dtype), []
    with np.errstate(all="ignore"):
        for i, layer in enumerate(layers):
            _check_inside(i, net.layers[i])
            x, cache = _try_forward(i, layer, x, shapes[i + 1], training=False)
            caches.append(cache)
        dy = np.ones_like(x) if net.loss is None else _try_loss(net.loss, x)
        for i, layer in reversed(list(enumerate(layers))):
            dx = _try_backward(i, layer, dy, caches[i], shapes[i])
            if not comes_with_tinynet(layer):
                _try_closely(i, layer, dx, dy, caches[i])
            dy = dx
    net.grads.fill(0)


def try_step(net, x, t, w, training):
    """What net.backpropagate does, but each layer that does not come with tinynet must return what
    it ought to, and may write into nothing that is not its own. After an error, `state` is what it
    was.
    """
    if all(map(comes_with_tinynet, net.layers)) or any(
            getattr(type(net), name).__module__ != "tinynet.sequential"
            for name in ("forward", "backward_params", "backpropagate")):
        return net.backpropagate(x, t, w, training)
    state = net.state.copy()
    try:
        return _try_step(net, x, t, w, training)
    except Exception:
        net.state = state
        raise


def _try_step(net, x, t, w, training):
    shapes = [(len(x), *shape) for shape in net._shapes]
    caches, first = [], net._first_with_params
    for i, layer in enumerate(net.layers):
        x, cache = _try_forward(i, layer, x, shapes[i + 1], training)
        caches.append(cache)
    L, y = net.loss.forward(x, t, w)
    dy = net.loss.backward(y, t, w)
    if first is not None:
        for i in range(len(net.layers) - 1, first, -1):
            dy = _try_backward(i, net.layers[i], dy, caches[i], shapes[i])
        with say_where(first, net.layers[first], "backward", dy=dy, cache=caches[first]):
            net.backward_params(dy, caches[:first + 1])
    return L, y


def comes_with_tinynet(thing):
    """Whether the class of a layer or a loss is one of tinynet."""
    return type(thing).__module__.partition(".")[0] == "tinynet"


def _copy(thing):
    """A deep copy, or the thing itself if it holds something that cannot be copied."""
    try:
        return copy.deepcopy(thing)
    except Exception:
        return thing


# ---- layers ----

def _try_forward(i, layer, x, shape, training):
    """(y, cache), where y must have this shape and the dtype of x."""
    if not comes_with_tinynet(layer):
        with say_where(i, layer):
            _check_takes(layer, "forward", "self, x, training=False", (x, training))
    with say_where(i, layer, "forward", x=x):
        result = layer.forward(_as_read_only(x), training)
    with say_where(i, layer):
        y, cache = _unpack(layer, result, "y and what backward needs: return y, cache")
        mode = "(x, training=True)" if training else ""
        _check_result(f"forward{mode} returns y", y, shape, x.dtype, layer)
    return y, cache


def _try_backward(i, layer, dy, cache, shape):
    """dx, which must have this shape and the dtype of dy."""
    if not comes_with_tinynet(layer):
        with say_where(i, layer):
            _check_takes(layer, "backward", "self, dy, cache", (dy, cache))
    with say_where(i, layer, "backward", dy=dy, cache=cache):
        dx = layer.backward(_as_read_only(dy), _as_read_only(cache))
    with say_where(i, layer):
        _check_result("backward returns dx", dx, shape, dy.dtype, layer)
    return dx


def _check_takes(thing, name, parameters, arguments):
    """Raise ValueError unless a method takes these arguments by position."""
    try:
        signature = inspect.signature(getattr(thing, name))
    except (TypeError, ValueError):  # there is none, as of functions in C
        return
    try:
        signature.bind(*arguments)
    except TypeError:
        raise ValueError(f"{thing!r} has {name}{signature}; it must be {name}({parameters}), and "
                         "take these by position") from None


def _try_closely(i, layer, dx, dy, cache):
    """Raise ValueError for a layer that does not name its parameters, remembers a batch, or does
    not write its gradients as it must. For the latter two it needs numbers that differ, so a copy
    of it gets random rows.
    """
    with say_where(i, layer, "backward", dy=dy, cache=cache):
        unnamed, problem = _find_unnamed(layer), _find_wrong_gradient(layer, dy, cache)
    rng = np.random.default_rng(0)
    x, other_x, dy = (rng.normal(size=array.shape).astype(array.dtype) for array in (dx, dx, dy))
    with contextlib.suppress(Exception):  # it may not take any numbers
        twin = copy.deepcopy(layer)
        _, cache = twin.forward(x, False)
        problem = (problem or _find_memory(twin, dy, cache, other_x)
                   or _find_wrong_gradient(twin, dy, cache))
    if unnamed or problem:
        with say_where(i, layer):
            raise ValueError(f"{layer!r} {unnamed or problem + MORE}")


def _find_unnamed(layer):
    """What is wrong with the names of parameters, as a sentence, or None."""
    for name, value in vars(layer).items():
        gradient = vars(layer).get(f"d{name}")
        if (name not in layer.param_names and isinstance(value, np.ndarray)
                and isinstance(gradient, np.ndarray) and gradient.shape == value.shape):
            names = (*layer.param_names, name)
            return (f"makes {name} and d{name}, and {name} is not in its param_names, so it would "
                    f"not be trained; write param_names = {names!r}")
    return None


def _check_inside(i, layer):
    """Raise ValueError for a layer that keeps other layers where no network knows of them."""
    for name, value in vars(layer).items():
        inside = value if isinstance(value, (list, tuple)) else (
            [*value.values()] if isinstance(value, dict) else [value])
        for part in inside:
            if isinstance(part, ArrayHolder) and not part._owned and any(
                    name in vars(inner) for inner in part._parts() for name in inner.param_names):
                with say_where(i, layer):
                    raise ValueError(f"{layer!r} keeps {part!r} in {name}, whose parameters would "
                                     "be neither trained nor saved; make it a subclass of "
                                     "Sequential, with the layers in it in `layers`")


def _find_memory(layer, dy, cache, other_x):
    """What is wrong if another forward pass changes what backward makes of a cache, or None."""
    dx, dx_again = layer.backward(dy, cache), layer.backward(dy, cache)
    layer.forward(other_x, False)
    if not _agree(dx, dx_again) or _agree(dx, layer.backward(dy, cache)):
        return None
    return ("gives another dx for the same dy and cache after another forward pass; return what "
            "backward needs as the cache, and keep nothing of a batch on self")


def _find_wrong_gradient(layer, dy, cache):
    """What is wrong with how both ways back write the gradients, as a sentence, or None."""
    newest = find_newest_way(type(layer))
    for name in layer.param_names:
        for way in ("backward", newest):
            over_zeros, over_ones, again = (_write(layer, way, name, before, dy, cache)
                                            for before in (0, 1, 1))
            is_random = not np.array_equal(over_ones, again, equal_nan=True)
            if not is_random and not np.array_equal(over_zeros, over_ones, equal_nan=True):
                return (f"leaves d{name} as it was, or adds to it; backward and backward_params "
                        "must write over it")
        if not is_random and not _agree(_write(layer, "backward", name, 0, dy, cache), over_zeros):
            return f"writes another d{name} in backward_params than in backward"
    return None


def _write(layer, way, name, before, dy, cache):
    """A copy of the gradient that a way back writes, where the number `before` stood."""
    gradient = getattr(layer, "d" + name)
    gradient.fill(before)
    getattr(layer, way)(dy, cache)
    return gradient.copy()


# ---- the loss ----

def _try_loss(loss, x):
    """dx of the rows x, against targets of the first class."""
    if x.ndim != 2:
        raise ValueError(f"the last layer gives rows of shape {x.shape[1:]}, and a loss takes rows "
                         "of numbers, (k,); put Flatten() and Dense(k) after it")
    loss.check_outputs(x.shape[1])
    t = np.zeros_like(x)
    t[:, 0] = 1
    try:
        _check_takes(loss, "forward", "self, x, t, sample_weight=None", (x, t, None))
        _check_takes(loss, "backward", "self, y, t, sample_weight=None", (x, t, None))
        _check_result(f"{loss!r}.predict returns y", loss.predict(_as_read_only(x)), x.shape,
                      x.dtype, loss)
        for sample_weight in (_as_read_only(np.ones(len(x), x.dtype)), None):
            result = loss.forward(_as_read_only(x), _as_read_only(t), sample_weight)
            L, y = _unpack(loss, result, "the loss and y: return L, y")
            if not isinstance(L, numbers.Real):
                raise ValueError(f"{loss!r} returns a loss of type {type(L).__name__}; it must be "
                                 "a Python number, as mean() makes it of the losses of the rows "
                                 "(n,)")
            _check_result(f"{loss!r}.forward returns y", y, x.shape, x.dtype, loss)
            dx = loss.backward(_as_read_only(y), _as_read_only(t), sample_weight)
            _check_result(f"{loss!r}.backward returns dx", dx, x.shape, x.dtype, loss)
        if not comes_with_tinynet(loss):
            _check_mean(loss, x.shape[1], x.dtype)
    except Exception as error:
        error.add_note(f"in the loss, {loss!r}")
        raise
    return dx


def _check_mean(loss, k, dtype):
    """Raise ValueError unless L is the mean over the rows, by their weights, and dx that of a mean.

    It is tried on random rows: outputs of any sign, with targets likewise or one-hot, and
    probabilities. Where the loss raises an error, or is not finite, or random, nothing is known.
    """
    rng = np.random.default_rng(0)
    outputs, amounts = rng.normal(size=(2, 3, k)).astype(dtype)
    one_hot = np.eye(k, dtype=dtype)[rng.integers(k, size=3)]
    for x, t in ((outputs, amounts), (outputs, one_hot), (softmax(outputs), one_hot),
                 (sigmoid(outputs), one_hot)):
        try:
            problem = _find_wrong_mean(loss, x, t)
        except Exception:
            continue
        if problem:
            raise ValueError(f"{loss!r}: {problem}{MORE}")


def _find_wrong_mean(loss, x, t):
    """What is wrong with the mean of three rows, as a sentence, or None."""
    def run(rows, sample_weight=None):
        twin = _copy(loss)  # each run from the same state
        L, y = twin.forward(x[rows], t[rows], sample_weight)
        return L, y, twin.backward(y, t[rows], sample_weight)

    once, twice, repeated = np.arange(3), np.repeat(np.arange(3), 2), np.array([0, 1, 1, 2])
    L, y, dx = run(once)
    L_again, _, dx_again = run(once)
    L_twice, _, dx_twice = run(twice)
    L_repeated, _, dx_repeated = run(repeated)
    L_weighted, _, dx_weighted = run(once, np.array([1, 2, 1], x.dtype))
    predicted = _copy(loss).predict(x)
    is_finite = np.isfinite([L, L_twice, L_repeated, L_weighted]).all() and all(
        np.isfinite(array).all() for array in (y, dx, dx_twice, dx_repeated, dx_weighted))
    if not is_finite or L != L_again or not np.array_equal(dx, dx_again):
        return None
    mean, share = "self.mean(l, sample_weight)", "self.share(y, sample_weight)"
    if not _agree(L_twice, L):
        return (f"L must be the mean over the rows, and it is {L:.4g} for three rows, and "
                f"{L_twice:.4g} when each comes twice; return {mean} of the rows' losses l (n,)")
    if not _agree(2 * dx_twice, dx[np.repeat(once, 2)]):
        return ("dx must be that of a mean over the rows: half as large when each row comes "
                f"twice, and it is not; multiply by {share}")
    if not _agree(L_weighted, L_repeated):
        return (f"a row of weight 2 must count as two, and L is {L_weighted:.4g} with it, and "
                f"{L_repeated:.4g} with two such rows; return {mean} of the rows' losses l (n,)")
    if not _agree(dx_weighted, np.add.reduceat(dx_repeated, [0, 1, 3])):
        return ("a row of weight 2 must count as two, and its dx is not that of two such rows "
                f"together; multiply by {share}")
    if not _agree(predicted, y):
        return "predict(x) must return the y of forward(x, t), and it returns other numbers"
    return None


def _agree(a, b):
    """Whether two results are the same but for rounding, also that of float32."""
    largest = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return not (np.abs(a - b) > 1e-4 * largest).any()  # nan tells nothing


# ---- what is said ----

@contextlib.contextmanager
def say_where(i, layer, direction=None, **given):
    """Errors in here say in which layer they came up, and in which pass, given what."""
    try:
        yield
    except Exception as error:
        where = "" if direction is None else f"in {direction}, {describe_given(given, error)}"
        if type(error) is not ValueError:
            error.add_note(", ".join(filter(None, [f"in layer {i}, {layer!r}", where])))
            raise
        name, message = repr(layer), str(error).rstrip()
        text = message.removeprefix(name)
        place = f"layer {i}, {name}" + (":" if text == message else ",")
        raise ValueError(f"{place} " + "; ".join(filter(None, [text.lstrip(), where]))) from error


def describe_given(given, error):
    """The shapes that a pass was given, and what follows from the error."""
    text = "with " + " and ".join(f"{name} {_describe(value)}" for name, value in given.items())
    if "cache" in given and given["cache"] is None:
        text += ", as its forward returned it"
    if str(error).endswith(" is read-only"):  # NumPy's words
        text += "; x, dy and the cache belong to the caller, so write into a copy"
    return text


def _describe(value):
    """The shape of an array, those in a tuple, or the type of something else."""
    if isinstance(value, np.ndarray):
        return f"of shape {value.shape}"
    if isinstance(value, (tuple, list)) and len(value) < 8:
        return f"({', '.join(map(_describe, value))})"
    return "None" if value is None else f"of type {type(value).__name__}"


def _unpack(maker, result, things):
    if not (isinstance(result, tuple) and len(result) == 2):
        raise ValueError(f"{maker!r} must return two things from forward, {things}")
    return result


def _as_read_only(value):
    """The same arrays, also those in a tuple, a list or a dictionary, but not to be written into.
    """
    if isinstance(value, np.ndarray):
        value = value.view()
        value.flags.writeable = False
        return value
    if type(value) in (tuple, list):
        return type(value)(map(_as_read_only, value))
    if isinstance(value, tuple) and hasattr(value, "_make"):
        return value._make(map(_as_read_only, value))
    if type(value) is dict:
        return {key: _as_read_only(part) for key, part in value.items()}
    return value


def _check_result(what, array, shape, dtype, maker):
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{what} of type {type(array).__name__}; expected an array of shape "
                         f"{shape} for two rows")
    if array.shape != shape:
        raise ValueError(f"{what} of shape {array.shape}; expected {shape} for two rows")
    if array.dtype != dtype:
        raise ValueError(f"{what} of {array.dtype}, and the network computes in {dtype}; "
                         + _suggest_dtype(array.dtype, dtype, maker))


def _suggest_dtype(found, wanted, maker):
    """What to do about a result of a layer or a loss that is not of the network's dtype."""
    named = {*getattr(maker, "param_names", ()), *getattr(maker, "state_names", ())}
    for name, value in vars(maker).items():
        if name not in named and name.removeprefix("d") not in named:
            if isinstance(value, np.ndarray) and value.dtype == found:
                return (f"its array {name} is of {found}: it belongs into param_names, or into "
                        "state_names if it is not trained")
            if isinstance(value, np.generic) and value.dtype == found:
                return f"its {name} is a number of NumPy: make it Python's by float({name})"
    if found == np.float64:
        return ("numbers of NumPy, such as np.sqrt(2), and new arrays are of float64: write "
                "math.sqrt(2), and make arrays of x.dtype")
    return f"return {wanted}: make new arrays of x.dtype"
