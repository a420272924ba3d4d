"""Trial: a new network runs once, so that a mistake in a layer or loss of one's own shows there."""

import contextlib
import copy
import inspect
import numbers

import numpy as np

from .layers.activations import softmax
from .layers.arrays import find_newest_way


def try_out(net):
    """Two rows of zeros go through every layer and back. Layers and losses that do not come with
    tinynet, and so were never tested, are tried more closely.
    """
    shapes = [(2, *shape) for shape in net._shapes]
    inputs, caches = [np.zeros(shapes[0], net.dtype)], []
    with np.errstate(all="ignore"):
        for i, layer in enumerate(net.layers):
            y, cache = _try_forward(i, layer, inputs[i], shapes[i + 1])
            inputs.append(y)
            caches.append(cache)
        dy = np.ones_like(y) if net.loss is None else _try_loss(net.loss, y)
        for i, layer in reversed(list(enumerate(net.layers))):
            dx = _try_backward(i, layer, dy, caches[i], shapes[i])
            if not comes_with_tinynet(layer):
                _check_gradients(i, layer, inputs[i], dy, caches[i])
            dy = dx
    net.grads.fill(0)


def comes_with_tinynet(thing):
    """Whether the class of a layer or a loss is one of tinynet."""
    return type(thing).__module__.partition(".")[0] == "tinynet"


# ---- layers ----

def _try_forward(i, layer, x, shape):
    """(y, cache), where y must have this shape and the dtype of x."""
    with placing(i, layer, "forward", x=x):
        result = layer.forward(_read_only(x), False)
    with placing(i, layer):
        y, cache = _two_things(layer, result, "y and what backward needs: return y, cache")
        _check_result("forward gives a y", y, shape, x.dtype)
    return y, cache


def _try_backward(i, layer, dy, cache, shape):
    """dx, which must have this shape and the dtype of dy."""
    with placing(i, layer, "backward", dy=dy, cache=cache):
        dx = layer.backward(_read_only(dy), _read_only(cache))
    with placing(i, layer):
        _check_result("backward gives a dx", dx, shape, dy.dtype)
    return dx


def _check_gradients(i, layer, x, dy, cache):
    """Raise ValueError unless both ways back write the same gradients over what was there, also
    for random rows.
    """
    with placing(i, layer, "backward", dy=dy, cache=cache):
        problem = _find_wrong_gradient(layer, dy, cache)
    rng = np.random.default_rng(0)
    x, dy = (rng.normal(size=array.shape).astype(array.dtype) for array in (x, dy))
    with contextlib.suppress(Exception):  # it may have no copies, and not take any numbers
        twin = copy.deepcopy(layer)
        _, cache = twin.forward(x, False)
        problem = problem or _find_wrong_gradient(twin, dy, cache)
    if problem:
        with placing(i, layer):
            raise ValueError(f"{layer!r} {problem}")


def _find_wrong_gradient(layer, dy, cache):
    """What is wrong with how both ways back write the gradients, as a sentence, or None."""
    ways = "backward", find_newest_way(type(layer))
    for name in layer.param_names:
        grad, written = getattr(layer, "d" + name), []
        for way in ways:
            for before in (0, 1):
                grad.fill(before)
                getattr(layer, way)(dy, cache)
                written.append(grad.copy())
        if any(not np.array_equal(zeros, ones, equal_nan=True)
               for zeros, ones in (written[:2], written[2:])):
            return (f"leaves d{name} as it was, or adds to it; backward and backward_params must "
                    "write over it")
        if not _agree(written[0], written[2]):
            return f"writes another d{name} in backward_params than in backward"
    return None


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
        _check_takes_weights(loss)
        _check_result(f"{loss!r}.predict gives a y", loss.predict(_read_only(x)), x.shape, x.dtype)
        for sample_weight in (np.ones(len(x), x.dtype), None):
            L, y = _two_things(loss, loss.forward(_read_only(x), _read_only(t), sample_weight),
                               "the loss and y: return L, y")
            if not isinstance(L, numbers.Real):
                raise ValueError(f"{loss!r} gives a loss of the type {type(L).__name__}, and it "
                                 "must be a Python number, as mean() makes it of the losses of "
                                 "the rows (n,)")
            _check_result(f"{loss!r}.forward gives a y", y, x.shape, x.dtype)
            dx = loss.backward(_read_only(y), _read_only(t), sample_weight)
            _check_result(f"{loss!r}.backward gives a dx", dx, x.shape, x.dtype)
        if not comes_with_tinynet(loss):
            _check_mean(loss, k=x.shape[1])
    except Exception as error:
        error.add_note(f"in the loss, {loss!r}")
        raise
    return dx


def _check_takes_weights(loss):
    """Both passes must take three arrays."""
    for name, first in (("forward", "x"), ("backward", "y")):
        signature = inspect.signature(getattr(loss, name))
        try:
            signature.bind(None, None, None)
        except TypeError:
            raise ValueError(f"{loss!r} has {name}{signature}, and it must take the weights of "
                             f"the rows as well: {name}(self, {first}, t, sample_weight=None), "
                             "which mean() and share() see to") from None


def _check_mean(loss, k):
    """L must be the mean over the rows, by their weights, and dx the derivative of a mean.

    On random rows: outputs of any sign, with targets likewise or one-hot, and probabilities. Where
    the loss raises an error, or is not finite, or random, nothing is known.
    """
    rng = np.random.default_rng(0)
    outputs, amounts = rng.normal(size=(2, 3, k))
    one_hot = np.eye(k)[rng.integers(k, size=3)]
    for x, t in ((outputs, amounts), (outputs, one_hot), (softmax(outputs), one_hot)):
        try:
            problem = _find_wrong_mean(loss, x, t)
        except Exception:
            continue
        if problem:
            raise ValueError(f"{loss!r}: {problem}")


def _find_wrong_mean(loss, x, t):
    """What is wrong with the mean of three rows, as a sentence, or None."""
    def run(rows, sample_weight=None):
        L, y = loss.forward(x[rows], t[rows], sample_weight)
        return L, y, loss.backward(y, t[rows], sample_weight)

    once, twice, repeated = np.arange(3), np.repeat(np.arange(3), 2), np.array([0, 1, 1, 2])
    L, y, dx = run(once)
    L_again, _, dx_again = run(once)
    L_twice, _, dx_twice = run(twice)
    L_repeated, _, dx_repeated = run(repeated)
    L_weighted, _, dx_weighted = run(once, np.array([1.0, 2.0, 1.0]))
    predicted = loss.predict(x)
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
        return "predict(x) must give the y of forward(x, t), and it gives other numbers"
    return None


def _agree(a, b):
    """Whether two results are the same but for rounding, also that of float32."""
    largest = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return not (np.abs(a - b) > 1e-4 * largest).any()  # nan tells nothing


# ---- what is said ----

@contextlib.contextmanager
def placing(i, layer, direction=None, **given):
    """Errors in here say in which layer they came up, and in which pass, given what."""
    try:
        yield
    except Exception as error:
        where = "" if direction is None else f"in {direction}, {describe_given(given, error)}"
        if type(error) is not ValueError:
            error.add_note(f"in layer {i}, {layer!r}{where and ', '}{where}")
            raise
        name, message = repr(layer), str(error).rstrip()
        text = message.removeprefix(name)
        raise ValueError(f"layer {i}, {name}{',' if text != message else ':'} {text.lstrip()}"
                         f"{where and '; '}{where}") from error


def describe_given(given, error):
    """The shapes that a pass was given, and what follows from the error."""
    text = "with " + " and ".join(f"{name} {_describe(value)}" for name, value in given.items())
    if given.get("cache", ...) is None:
        text += ", as its forward returned it"
    if "read-only" in str(error):
        text += "; x, dy and the cache belong to the caller, so write into a copy"
    return text


def _describe(value):
    """The shape of an array, those in a tuple, or the kind of something else."""
    if isinstance(value, np.ndarray):
        return f"of shape {value.shape}"
    if isinstance(value, (tuple, list)):
        return f"({', '.join(map(_describe, value))})"
    return "None" if value is None else f"of the type {type(value).__name__}"


def _two_things(maker, result, things):
    if not (isinstance(result, tuple) and len(result) == 2):
        raise ValueError(f"{maker!r} must return two things from forward, {things}")
    return result


def _read_only(value):
    """The same arrays, also those in a tuple or a list, but not to be written into."""
    if isinstance(value, np.ndarray):
        value = value.view()
        value.flags.writeable = False
    elif type(value) in (tuple, list):
        value = type(value)(map(_read_only, value))
    return value


def _check_result(what, array, shape, dtype):
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{what} of the type {type(array).__name__} for two rows, and it must be "
                         f"an array of shape {shape}")
    if array.shape != shape:
        raise ValueError(f"{what} of the shape {array.shape} for two rows, and it must be an array "
                         f"of shape {shape}")
    if array.dtype != dtype:
        raise ValueError(f"{what} of {array.dtype}, and the network computes in {dtype}: make it "
                         "of x.dtype. Numbers of NumPy, such as np.sqrt(2), and new arrays are of "
                         "float64; Python's, such as math.sqrt(2), take the dtype of x")
