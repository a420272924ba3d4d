"""A layer is a function with parameters, together with its derivative."""

import copy

import numpy as np

from ..checks.settings import Configured
from ..initializers import placeholder


class Layer(Configured):
    """What every layer keeps to.  The page to read first.

    forward(x) returns y and a cache: whatever backward will need. The caller keeps the cache and hands it to backward
    with dy, the derivative of the loss L with respect to y; backward returns dx, the derivative with respect to x, and
    writes dW for each parameter W. So a layer remembers nothing about a batch, and the name that backward gives its
    second parameter says what the derivative depends on.

    A layer of your own names its parameters, makes them in `build`, and writes the two passes:

        class Scale(Layer):
            '''y = g x        dx = dy g        dg = sum of the rows of dy x'''
            param_names = ("g",)

            def build(self, input_shape, rng):
                self.g = np.ones(input_shape)
                return input_shape

            def forward(self, x, training=False):
                return x * self.g, x

            def backward(self, dy, x):
                self.dg = (dy * x).sum(axis=0)
                return dy * self.g

    In a network, an array with a name in param_names or state_names stays the same array for life, and so does its
    gradient, which is made with it: assigning copies into it, as in `self.dg = ...` above. This lets a network keep all
    parameters in one vector and all gradients in another, of which W and dW are views. Nothing else is written into: not
    x, dy or the cache, which belong to the caller.
    """

    param_names = ()     # ("W", "b") stands for the arrays W and b and their gradients dW and db
    state_names = ()     # arrays that are saved with the weights but not trained

    _building = False    # in build: "arrays"; or "shapes", for a network from a file, whose arrays are read afterwards
    _owned = False       # True once a network holds the arrays in its vectors

    def build(self, input_shape, rng):
        """Make the arrays, drawn from rng, and return the output's shape. Shapes leave out the axis of the rows."""
        return input_shape

    def forward(self, x, training=False):
        """(y, cache) for the rows x."""
        raise NotImplementedError(f"{type(self).__name__} needs a method forward(self, x, training=False)")

    def backward(self, dy, cache, /):
        """dx; writes the parameters' gradients over what was there."""
        raise NotImplementedError(f"{type(self).__name__} needs a method backward(self, dy, cache)")

    def backward_params(self, dy, cache, /):
        """Write the parameters' gradients only: nobody asks a network's first layer for dx."""
        self.backward(dy, cache)

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
        vars(self)[name] = placeholder(shape) if shapes_only else np.array(value, dtype=float)
        if name in self.param_names:
            vars(self)["d" + name] = placeholder(shape) if shapes_only else np.zeros(shape)

    def __copy__(self):
        return copy.deepcopy(self)  # two layers cannot share arrays

    def __getstate__(self):
        """For copy and pickle: a copy belongs to no network."""
        return {name: value for name, value in vars(self).items() if name != "_owned"}
