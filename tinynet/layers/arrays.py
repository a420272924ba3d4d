"""Arrays: how W and dW stay the same arrays for life, and become views of a network's vectors."""

import copy
from collections.abc import Mapping

import numpy as np

from ..checks.arrays import as_finite, as_real_numbers
from ..checks.settings import Configured
from ..initializers import make_placeholder


class ArrayHolder(Configured):
    """What holds the arrays that param_names and state_names list, and the gradients of the parameters.

    Assigning to one of them makes the array at first, and copies into it from then on. `bind` moves all of them into
    vectors, of which they are views afterwards.
    """

    param_names = ()
    state_names = ()
    _building = False    # in build: "arrays"; or "shapes", for a network from a file, whose arrays are read afterwards
    _owned = False       # True once a network holds the arrays in its vectors

    def bind(self, params, grads, state):
        """Move the arrays into these vectors, in the order of their names, and keep views of the vectors."""
        for vector, names in (params, self.param_names), (grads, self._grad_names()), (state, self.state_names):
            start = 0
            for name in names:
                array = getattr(self, name)
                view = vector[start:start + array.size].reshape(array.shape)
                view[...] = array
                vars(self)[name] = view
                start += array.size

    def _named_parts(self):
        """("", the layer itself) and, in a network, ("0.", its first layer), ("1.0.", ...) and so on, with all layers inside."""
        return [("", self)]

    def _parts(self):
        """The layer itself and, in a network, all layers inside it."""
        return [part for _, part in self._named_parts()]

    def _arrays(self, kind):
        """The arrays that "param_names" or "state_names" list, those of all parts in their order."""
        return [getattr(part, name) for part in self._parts() for name in getattr(part, kind)]

    def _size(self, kind):
        """How many numbers these arrays hold."""
        return sum(array.size for array in self._arrays(kind))

    def _grad_names(self):
        return tuple("d" + name for name in self.param_names)

    def _fixed_names(self):
        """The arrays that stay the same for life."""
        return (*self.param_names, *self._grad_names(), *self.state_names)

    def __setattr__(self, name, value):
        if name not in self._fixed_names():
            super().__setattr__(name, value)
        elif name in vars(self) and not self._building:
            self._fill(name, np.asarray(value))
        else:
            self._make(name, value)

    def _fill(self, name, value):
        """Copy the value into the array that is there."""
        array = vars(self)[name]
        if value.shape != array.shape:
            raise ValueError(f"{name} of {self!r} has shape {array.shape}; "
                             f"an array of shape {value.shape} cannot be assigned to it")
        np.copyto(array, value, casting="same_kind")

    def _make(self, name, value):
        """Keep the value as a new array, float64, and with a parameter make its gradient."""
        shape, shapes_only = np.shape(value), self._building == "shapes"
        vars(self)[name] = make_placeholder(shape) if shapes_only else np.array(value, dtype=float)
        if name in self.param_names:
            vars(self)["d" + name] = make_placeholder(shape) if shapes_only else np.zeros(shape)

    def __copy__(self):
        return copy.deepcopy(self)  # two layers cannot share arrays

    def __getstate__(self):
        """For copy and pickle: a copy belongs to no network."""
        return {name: value for name, value in vars(self).items() if name != "_owned"}


def collect_arrays(net):
    """All parameters and running statistics, by their names."""
    return {prefix + name: vars(part)[name] for prefix, part in net._named_parts()
            for name in (*part.param_names, *part.state_names)}


def copy_into(arrays, d):
    """Fill the arrays with those of the same names in d; a ValueError, before any is changed, if d does not fit them."""
    if not isinstance(d, Mapping):
        raise ValueError(f"d is of the type {type(d).__name__}; it must map names to arrays, as state_dict() does")
    missing, unknown = [name for name in arrays if name not in d], [name for name in d if name not in arrays]
    if missing or unknown:
        raise ValueError("d must have the names that state_dict gives" + (f"; it lacks {missing}" if missing else "")
                         + (f"; it has {unknown} in addition" if unknown else ""))
    given = {name: as_real_numbers(name, d[name]) for name in arrays}
    for name, array in arrays.items():
        if given[name].shape != array.shape:
            raise ValueError(f"{name} has shape {given[name].shape} in d, and {array.shape} in this network")
        given[name] = as_finite(name, given[name], array.dtype)
    for name, array in arrays.items():
        array[...] = given[name]
