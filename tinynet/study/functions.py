"""Functions: a layer, a loss or a network as a function of arrays, with the gradients it gives."""

import contextlib
import copy
import numbers
import threading
import warnings

import numpy as np

from ..layers.arrays import VectorHolder, find_newest_way
from .report import Fault, name_of

LOCK = threading.RLock()   # warnings are switched off for a whole process


class Function:
    """What is checked, as a function y of arrays by their names: x, and the parameters.

    A point is a dictionary of these arrays, and the gradients are another one: the one of "W" is
    dW. Each pass is made by a copy, with copies of the arrays, so that nothing that a pass leaves
    behind reaches another: running statistics, a place in a random stream, a buffer.
    """

    gives_L = False    # whether y is L, an array of one number

    def __init__(self, thing, training=False):
        self.thing, self.training = thing, training

    def parts(self, thing=None):
        """[(prefix, layer)]: the layers that have parameters and state, as in a network's names."""
        return (self.thing if thing is None else thing)._named_parts()

    def point(self, x):
        """The point with these rows, and the parameters as they are."""
        return {"x": x} | {prefix + name: np.array(getattr(part, name), float)
                           for prefix, part in self.parts() for name in part.param_names}

    def copy_at(self, point, gradients=None):
        """A copy that has the parameters of the point. Its gradients are these, or zeros."""
        twin, dtype = copy.deepcopy(self.thing), np.result_type(*point.values())
        if isinstance(twin, VectorHolder):
            twin._allocate(dtype)
        for prefix, part in self.parts(twin):
            for name in part.param_names:
                W = point[prefix + name]
                _put(part, name, W, dtype)
                _put(part, "d" + name, (gradients or {}).get(prefix + name, 0 * W), dtype)
            for name in part.state_names:
                _put(part, name, getattr(part, name), dtype)
        return twin

    def value(self, point):
        """y at the point."""
        return self.forward(point)[1]

    def gradients(self, point, dy, before=None):
        """What backward gives for dy, where the gradients `before` stood."""
        return self.run(point, dy, before)[1]

    def run(self, point, dy, before=None):
        """(y, gradients)"""
        twin, y, cache = self.forward(point, self.copy_at(point, before))
        return y, self.go_back(point, twin, dy, cache)

    def go_back(self, point, twin, dy, cache):
        """The gradients for dy, of the pass that a copy has made at the point."""
        gradients = self.backward(twin, dy, copy_of(cache))
        dx, shape = gradients["x"], point["x"].shape
        if dx.shape != shape:
            raise Fault(self.thing, "backward", "dx", f"returns dx {name_kind(dx)}; it must be an "
                        f"array of shape {shape}, that of x")
        return gradients

    def gradients_of(self, twin, dx, dtype):
        """The gradients after a pass that returned dx, which must be of this dtype."""
        gradients = {"x": as_numbers(self.thing, "backward", "dx", dx, dtype)}
        for prefix, part in self.parts(twin):
            for name in part.param_names:
                dW, W = vars(part)["d" + name], vars(part)[name]
                if not isinstance(dW, np.ndarray) or dW.shape != W.shape:
                    raise Fault(part, find_way(part), f"{prefix}d{name}",
                                f"makes d{name} {name_kind(dW)}; it must be an array of shape "
                                f"{W.shape}, that of {name}")
                gradients[prefix + name] = dW.copy()
        return gradients

    def owner_of(self, name):
        """(what makes the gradient of this array, the name of the method). A network that is looked
        at as a whole makes those of its layers: these are right by then.
        """
        return self.thing, "backward" if name == "x" else find_way(self.thing)


class LayerFunction(Function):
    """y of a layer, in one mode."""

    def forward(self, point, twin=None):
        """(the copy that made it, y, cache)"""
        twin, x = self.copy_at(point) if twin is None else twin, np.array(point["x"])
        y, cache = self.forward_with(twin, {"x": x})
        y = as_numbers(twin, "forward", "y", y, np.result_type(*point.values()))
        if y.shape[:1] != x.shape[:1] or y.ndim < 2:
            raise Fault(twin, "forward", "y", f"returns y {name_kind(y)}; it must be ({len(x)}, "
                        "...), with as many rows as x has")
        return twin, y, cache

    def backward(self, twin, dy, cache):
        """The gradients that a copy gives for dy."""
        return self.gradients_of(twin, self.backward_with(twin, {"dy": np.array(dy)}, cache),
                                 dy.dtype)

    # with the arrays themselves, to see what is written into

    def arguments(self, x):
        """What the caller gives to forward, by name."""
        return {"x": x.copy()}

    def forward_with(self, twin, given):
        """(y, cache)"""
        return unpack(twin, "y, cache", call(twin, "forward", "y", given["x"], self.training))

    def backward_with(self, twin, given, cache):
        """dx"""
        return call(twin, "backward", "dx", given["dy"], cache)


class ParamsFunction(LayerFunction):
    """y of a layer, with the gradients of backward_params, which is what a network asks its first
    layer for; dx is that of backward. They are written over ones.
    """

    def copy_at(self, point, gradients=None):
        return super().copy_at(point, gradients or {
            name: np.ones_like(array) for name, array in point.items()})

    def backward(self, twin, dy, cache):
        dx = call(copy.deepcopy(twin), "backward", "dx", np.array(dy), copy_of(cache))
        call(twin, "backward_params", "dW", np.array(dy), cache)
        return self.gradients_of(twin, dx, dy.dtype)

    def backward_with(self, twin, given, cache):
        return call(twin, "backward_params", "dW", given["dy"], cache)

    def owner_of(self, name):
        return self.thing, "backward" if name == "x" else "backward_params"


class LossFunction(Function):
    """L of a loss, as an array of one number; for targets t, and weights w of the rows or None."""

    gives_L = True

    def __init__(self, loss, t, w=None):
        super().__init__(loss)
        self.t, self.w = t, w

    def parts(self, thing=None):
        return []

    def forward(self, point, twin=None):
        """(the copy that made it, L, y)"""
        twin = self.copy_at(point) if twin is None else twin
        L, y = self.forward_with(twin, self.arguments(point["x"]))
        return twin, np.array([L]), y

    def backward(self, twin, dy, y):
        dx = self.backward_with(twin, self.arguments(y) | {"y": y}, None)
        return {"x": as_numbers(twin, "backward", "dx", dx, np.asarray(y).dtype)}

    def arguments(self, x):
        real = np.asarray(x).real.dtype
        given = {"x": np.array(x), "t": np.array(self.t, real)}
        return given if self.w is None else given | {"sample_weight": np.array(self.w, real)}

    def forward_with(self, twin, given):
        L, y = unpack(twin, "L, y", call(twin, "forward", "L", given["x"], given["t"],
                                         given.get("sample_weight")))
        if not isinstance(L, (numbers.Real, complex)) or isinstance(L, complex) and not (
                np.iscomplexobj(given["x"])):
            raise Fault(twin, "forward", "L", f"returns L {name_kind(L)}; it must be a Python "
                        "number: self.mean(l, sample_weight) makes it of the rows' losses")
        return (L if isinstance(L, complex) else float(L)), y

    def backward_with(self, twin, given, cache):
        return call(twin, "backward", "dx", given["y"], given["t"], given.get("sample_weight"))


class NetworkFunction(Function):
    """L of a network with a loss, for targets t, in one mode, as an array of one number."""

    gives_L = True

    def __init__(self, net, t, training):
        super().__init__(net, training)
        self.t = t

    def forward(self, point, twin=None):
        twin, x = self.copy_at(point) if twin is None else twin, np.array(point["x"])
        outputs, caches = call(twin, "forward", "y", x, self.training)
        L, y = call(twin.loss, "forward", "L", outputs, np.array(self.t, x.real.dtype))
        return twin, np.array([L]), (y, caches)

    def backward(self, twin, dy, cache):
        y, caches = cache
        dy = call(twin.loss, "backward", "dx", y, np.array(self.t, y.dtype))
        return self.gradients_of(twin, call(twin, "backward", "dx", dy, caches), y.dtype)


@contextlib.contextmanager
def without_warnings():
    """In here, nobody is warned of what NumPy meets when functions are tried at odd places, and its
    own random stream, from which some layers draw, stays where it is.
    """
    with LOCK, warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        place = np.random.get_state()
        try:
            yield
        finally:
            np.random.set_state(place)


def copy_thing(thing, purpose):
    """A deep copy of a layer, a loss or a network, on which "a check" or the like works."""
    try:
        return copy.deepcopy(thing)
    except Exception as error:
        raise ValueError(f"{name_of(thing)} cannot be copied, and {purpose} works on copies: "
                         f"{describe_error(error)}") from error


def call(thing, method, array, *arguments):
    """What the method returns; a Fault, about this array, if it raises an exception."""
    try:
        return getattr(thing, method)(*arguments)
    except (Exception, SystemExit) as error:
        raise Fault(thing, method, array, f"raises {describe_error(error)}", error) from error


def describe_error(error):
    """The type of an exception, and what it says."""
    try:
        text = str(error)
    except Exception:
        text = ""
    return f"{type(error).__name__}: {text}".removesuffix(": ")


def copy_of(cache):
    """A deep copy, or the cache itself if it holds something that cannot be copied."""
    try:
        return copy.deepcopy(cache)
    except Exception:
        return cache


def unpack(thing, names, result):
    """The two things that forward returns."""
    if not (isinstance(result, tuple) and len(result) == 2):
        raise Fault(thing, "forward", names[0], f"must return two things: return {names}")
    return result


def as_numbers(thing, method, name, array, dtype):
    """The array, if it is one of this dtype. Whole numbers are as good as floats, and a complex
    step may come out real. Anything else is a Fault.
    """
    kind = array.dtype.kind if isinstance(array, np.ndarray) else ""
    if kind and kind in "biu":
        return np.asarray(array, dtype.type(0).real.dtype)
    if not kind or kind not in "fc" or dtype.kind == "f" and array.dtype != dtype and (
            array.dtype.itemsize < dtype.itemsize or kind == "c"):
        found = f"of {array.dtype}" if kind else f"of type {type(array).__name__}"
        raise Fault(thing, method, name, f"returns {name} {found}; it must be an array of {dtype}, "
                    "as x is")
    return np.asarray(array)


def name_kind(value):
    """A value that is not what it ought to be, by its shape or its type."""
    return f"of shape {value.shape}" if isinstance(value, np.ndarray) else (
        f"of type {type(value).__name__}")


def find_way(layer):
    """The method that makes a layer's gradients: "backward_params" or "backward"."""
    return find_newest_way(type(layer)) if hasattr(layer, "backward_params") else "backward"


def _put(part, name, value, dtype):
    """Copy the value into an array of a layer, or into a new one if that is of another dtype."""
    if vars(part)[name].dtype == dtype:
        vars(part)[name][...] = value
    else:
        vars(part)[name] = np.array(value, dtype)
