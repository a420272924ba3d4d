"""A layer is a function with parameters, together with its derivative."""

from ..checks.habits import ForeignName
from ..checks.settings import as_flag
from .arrays import ArrayHolder

__all__ = ["Layer"]


class Layer(ArrayHolder):
    """Base class of all layers, and their contract. The page to read first.

    forward(x) returns y and a cache: whatever backward will need. The caller keeps the cache and
    hands it to backward with dy, the derivative of the loss L with respect to y; backward returns
    dx, the derivative with respect to x, and writes dW for each parameter W. So a layer remembers
    nothing about a batch, and the name that backward gives its second parameter says what the
    derivative depends on.

    training is True in `fit` and False at inference, for layers that differ there, like Dropout.

    With `layer.trainable = False` the layer is frozen: `fit` leaves its parameters as they are.

    A layer of your own has the two passes; one with parameters also names them, and makes them in
    `build`:

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

    In a network, an array with a name in param_names or state_names stays the same array for life,
    and so does its gradient, which is made with it: assigning copies into it, as in `self.dg = ...`
    above. This lets a network keep all parameters in one vector and all gradients in another, of
    which W and dW are views. Nothing else is written into: not x, dy or the cache, which belong to
    the caller.

    tn.study.check(Scale()) says whether all this is right, and if not, which mistake it is;
    docs/writing-a-layer.md goes from a formula to a checked layer. Model files know a layer of your
    own by tn.register.
    """

    param_names = ()     # ("W", "b") stands for the arrays W and b and their gradients dW and db
    state_names = ()     # arrays that are saved with the weights but not trained
    requires_grad = ForeignName("set layer.trainable to False to freeze it")

    @property
    def trainable(self):
        """Whether `fit` changes the parameters: True or False."""
        return vars(self).get("_trainable", True)

    @trainable.setter
    def trainable(self, value):
        self._trainable = as_flag("trainable", value)

    def build(self, input_shape, rng):
        """Make the arrays, drawn from rng; return the output's shape, without the axis of rows."""
        return input_shape

    def check_array(self, name, array):
        """Raise ValueError for numbers that the array of this name cannot have. Called with what
        comes from outside, in load_state_dict and from files.
        """

    def forward(self, x, training=False):
        """(y, cache) for the rows x."""
        raise NotImplementedError(f"{type(self).__name__} needs a method "
                                  "forward(self, x, training=False)")

    def backward(self, dy, cache, /):
        """dx; writes the parameters' gradients over what was there."""
        raise NotImplementedError(f"{type(self).__name__} needs a method backward(self, dy, cache)")

    def backward_params(self, dy, cache, /):
        """Write the parameters' gradients only: nobody asks a network's first layer for dx."""
        self.backward(dy, cache)
