"""Arrays: how W and dW stay the same arrays for life, and become views of a network's vectors."""

import contextlib
import copy
import functools
import math
import os
from collections.abc import Mapping

import numpy as np

from ..checks.arrays import as_finite, as_real_numbers
from ..checks.settings import Configured


def copy_as_float64(value):
    """A new array of float64 with the numbers of the value."""
    return np.array(value, dtype=float)


class ArrayHolder(Configured):
    """Base class of what owns the arrays in param_names and state_names, and gradients.

    The first value that is assigned to such a name becomes an array of float64, and with a
    parameter W comes its gradient dW; later values are copied into these arrays.
    """

    param_names = ()
    state_names = ()

    _owned = False      # True once a network holds the arrays in its vectors
    _new_array = None   # while a network builds the layer: the function that makes its arrays

    def bind(self, params, grads, state):
        """Move the arrays into these vectors, in the order of their names; keep views of them."""
        grad_names = ["d" + name for name in self.param_names]
        for vector, names in [
                (params, self.param_names), (grads, grad_names), (state, self.state_names)]:
            start = 0
            for name in names:
                array = getattr(self, name)
                view = vector[start:start + array.size].reshape(array.shape)
                view[...] = array
                vars(self)[name] = view
                start += array.size

    @contextlib.contextmanager
    def _making_arrays(self, new_array):
        """In here, each value that is assigned becomes a new array, made of it by this function."""
        self._new_array = new_array
        try:
            yield
        finally:
            del self._new_array

    def __setattr__(self, name, value):
        if name not in self._fixed_names():
            super().__setattr__(name, value)
        elif name in vars(self) and self._new_array is None:
            self._fill(name, np.asarray(value))
        else:
            self._make(name, value, self._new_array or copy_as_float64)

    def _fill(self, name, value):
        """Copy the value into the array that is there."""
        array = vars(self)[name]
        if value.shape != array.shape:
            is_gradient = name in ["d" + parameter for parameter in self.param_names]
            hint = ""
            if is_gradient and array.ndim == 2 and value.shape == array.shape[::-1]:
                hint = "; it is the transpose"
            elif is_gradient and value.ndim in (1, array.ndim + 1):
                hint = "; sum over the rows alone, .sum(axis=0)"
            raise ValueError(f"{name} of {self!r} has shape {array.shape}; an array of shape "
                             f"{value.shape} cannot be assigned to it{hint}")
        np.copyto(array, value, casting="same_kind")

    def _make(self, name, value, new_array):
        """Keep a new array of the value, and with a parameter make its gradient."""
        vars(self)[name] = new_array(value)
        if name in self.param_names:
            vars(self)["d" + name] = new_array(np.broadcast_to(0.0, np.shape(value)))

    def _fixed_names(self):
        """The arrays that stay the same for life."""
        grad_names = ("d" + name for name in self.param_names)
        return (*self.param_names, *grad_names, *self.state_names)

    def _named_parts(self):
        """("", the layer itself); in a network also ("0.", its first layer), ("1.0.", ...)."""
        return [("", self)]

    def _parts(self):
        """The layer itself and, in a network, all layers inside it."""
        return [part for _, part in self._named_parts()]

    def _arrays(self, kind):
        """The arrays that "param_names" or "state_names" list, those of all parts in order."""
        return [getattr(part, name) for part in self._parts() for name in getattr(part, kind)]

    def _size(self, kind):
        """How many numbers these arrays hold."""
        return sum(array.size for array in self._arrays(kind))

    def __copy__(self):
        return copy.deepcopy(self)  # two layers cannot share arrays

    def __getstate__(self):
        """For copy and pickle: a copy belongs to no network."""
        return {name: value for name, value in vars(self).items() if name != "_owned"}

    def __setstate__(self, state):
        """From copy and pickle: with arrays of its own, where those may be a file on the disk."""
        vars(self).update(state)
        for name in self._fixed_names():
            if name in state:
                vars(self)[name] = np.array(state[name])


class VectorHolder(ArrayHolder):
    """Base class of what owns layers, with all their arrays in three vectors."""

    params: np.ndarray   # all parameters, in the order of the layers and their param_names
    grads: np.ndarray    # their gradients, in the same order
    state: np.ndarray    # all running statistics and the like

    def __init_subclass__(cls, **settings):
        super().__init_subclass__(**settings)
        if find_newest_way(cls) == "backward":
            cls.backward_params = lambda self, dy, caches: self.backward(dy, caches)

    def _allocate(self, dtype):
        """Make the vectors, and move the arrays of all layers into them."""
        n_params, n_state = self._size("param_names"), self._size("state_names")
        self.bind(aligned_zeros(n_params, dtype), aligned_zeros(n_params, dtype),
                  aligned_zeros(n_state, dtype))
        for part in self._parts()[1:]:
            part._owned = True

    def _hold_placeholders(self, rng):
        """Have vectors that take no memory, until the real ones are made."""
        n_params, n_state = self._size("param_names"), self._size("state_names")
        vars(self).update(params=rng.make_placeholder((n_params,)),
                          grads=rng.make_placeholder((n_params,)),
                          state=rng.make_placeholder((n_state,)))

    def bind(self, params, grads, state):
        start, state_start = 0, 0
        for layer in self.layers:
            stop = start + layer._size("param_names")
            state_stop = state_start + layer._size("state_names")
            layer.bind(params[start:stop], grads[start:stop], state[state_start:state_stop])
            start, state_start = stop, state_stop
        vars(self).update(params=params, grads=grads, state=state)
        self.dtype = params.dtype
        with_params = (i for i, layer in enumerate(self.layers) if layer._size("param_names"))
        self._first_with_params = first = next(with_params, None)
        self._way_to_first = None if first is None else find_newest_way(type(self.layers[first]))

    @property
    def decays(self):
        """1 for each parameter of an array with two or more dimensions, else 0."""
        arrays = self._arrays("param_names")
        sizes = np.array([array.size for array in arrays], int)
        return np.repeat([array.ndim > 1 for array in arrays], sizes).astype(self.dtype)

    def _slices_of_parts(self):
        """Each layer with parameters, also inside other networks, and its slice of `params`."""
        start = 0
        for part in self._parts():
            stop = start + sum(getattr(part, name).size for name in part.param_names)
            if stop > start:
                yield part, slice(start, stop)
            start = stop

    def _slices(self):
        """The number of each layer that has parameters, and their slice of `params` and `grads`."""
        start = 0
        for i, layer in enumerate(self.layers):
            stop = start + layer._size("param_names")
            if stop > start:
                yield i, slice(start, stop)
            start = stop

    def _named_parts(self):
        inside = [(f"{i}.{name}", part) for i, layer in enumerate(self.layers)
                  for name, part in layer._named_parts()]
        return [("", self), *inside]

    def _fixed_names(self):
        return "params", "grads", "state"

    def __getstate__(self):
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name not in self._fixed_names()}

    def __setstate__(self, state):
        vars(self).update(state)
        self._allocate(self.dtype)


@functools.cache
def find_newest_way(cls):
    """Which method writes a layer's gradients: "backward_params", or "backward" if a subclass has
    changed that alone, of which an older backward_params would not know.
    """
    return next(name for base in cls.__mro__ for name in ("backward_params", "backward")
                if name in vars(base))


def aligned_zeros(size, dtype):
    """np.zeros(size, dtype), but starting where a line of the processor's cache starts.

    NumPy's own arrays start anywhere, and then half of the processor's reads of a long vector
    touch two lines: a step with 235,000 parameters takes an eighth more time.
    """
    line = 64
    n_bytes = size * np.dtype(dtype).itemsize
    memory = np.zeros(n_bytes + line, np.uint8)
    address, _ = memory.__array_interface__["data"]
    start = -address % line
    return memory[start:start + n_bytes].view(dtype)


def draw(init, shape, rng):
    """The array that an initializer draws; raise ValueError for another shape, or for an entry that
    is not finite.
    """
    if isinstance(rng, ShapesOnly):
        return rng.make_placeholder(shape)
    W = np.asarray(init(shape, rng))
    if W.shape != shape:
        raise ValueError(f"init gives an array of shape {W.shape}; it must give {shape}")
    if not np.isfinite(W).all():
        raise ValueError(f"init gives {W[~np.isfinite(W)][0]}; it must give finite numbers")
    return W


class ShapesOnly(np.random.Generator):
    """Stands for the random stream of a network that will be filled from a file.

    With it, nothing is drawn, and the arrays that layers make are placeholders, whose entries
    share one number. What would be larger than the file is refused before it takes memory.
    """

    most = math.inf  # how many numbers the file has

    def spawn(self, n):
        children = super().spawn(n)
        for child in children:
            child.most = self.most
        return children

    def make_placeholder(self, shape):
        """An array of this shape that takes no memory."""
        if math.prod(shape) > self.most:
            raise ValueError(f"an array of shape {shape} would have more numbers than all that "
                             "the file holds")
        return np.ndarray(shape, buffer=np.zeros(1), strides=(0,) * len(shape))

    def make_placeholder_like(self, value):
        """A placeholder of the shape of the value."""
        return self.make_placeholder(np.shape(value))

    def check_room(self, layer, input_shape):
        """Raise ValueError if build would make arrays, or rows, that no such file could hold."""
        if math.prod(input_shape) > 2**26:
            raise ValueError(f"{layer!r} would take rows of shape {input_shape}, more than the "
                             "2^26 numbers that a row may have in a model file")
        n_arrays = len(layer.param_names) + len(layer.state_names)
        if input_shape[-1] * n_arrays > self.most + 2**18:  # those of BatchNorm and LayerNorm
            raise ValueError(f"{layer!r} would make arrays for rows of shape {input_shape}, with "
                             "more numbers than all that the file holds")


def collect_arrays(net):
    """All parameters and running statistics, by their names."""
    return {prefix + name: vars(part)[name] for prefix, part in net._named_parts()
            for name in (*part.param_names, *part.state_names)}


def copy_into(net, d):
    """Fill the parameters and running statistics with the arrays of the same names in d; a
    ValueError, before any is changed, if d does not fit them.
    """
    arrays = collect_arrays(net)
    if not isinstance(d, Mapping):
        hint = ("; Sequential.load(path) loads what save has written, and np.load(path) maps the "
                "names in a file of np.savez" if isinstance(d, (str, os.PathLike)) else "")
        raise ValueError(f"d is of the type {type(d).__name__}; it must map names to arrays, as "
                         f"state_dict() does{hint}")
    missing, unknown = ([name for name in arrays if name not in d],
                        [name for name in d if name not in arrays])
    if missing or unknown:
        raise ValueError("d must have the names that state_dict gives"
                         + (f"; it lacks {missing}" if missing else "")
                         + (f"; it has {unknown} in addition" if unknown else ""))
    given = {name: as_real_numbers(name, d[name]) for name in arrays}
    for name, array in arrays.items():
        if given[name].shape != array.shape:
            raise ValueError(f"{name} has shape {given[name].shape} in d, and {array.shape} in "
                             "this network")
        given[name] = as_finite(name, given[name], array.dtype)
    check_arrays(net, given)
    for name, array in arrays.items():
        array[...] = given[name]


def check_arrays(net, arrays):
    """Raise ValueError for numbers, by the names of their arrays, that a layer cannot have."""
    for prefix, part in net._named_parts():
        for name in (*part.param_names, *part.state_names):
            try:
                part.check_array(name, arrays[prefix + name])
            except ValueError as error:
                raise ValueError(f"{prefix}{name}: {error}") from error
