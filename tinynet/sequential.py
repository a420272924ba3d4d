"""Sequential: layers in a row, and a loss behind them, as one function that can be trained."""

import math

import numpy as np

from .checks.arrays import as_rows
from .checks.habits import names_the_argument
from .checks.settings import Configured, as_choice, as_flag, as_generator, takes_argument
from .construction import (as_dtype, as_layers, as_loss, as_shape, build_layers, names_the_layer,
                           of_the_class, restore_on_error)
from .layers.arrays import ShapesOnly, VectorHolder, collect_arrays, copy_into
from .layers.layer import Layer
from .tables import Table
from .training.arguments import prepare_training
from .training.batches import Data
from .training.history import History
from .training.memory import TrainingMemory
from .training.metrics import choose_score, evaluate_in_blocks
from .training.reach import check_activation
from .trial import try_out, try_step

__all__ = ["Sequential"]


class Sequential(VectorHolder, Layer):
    """y = fₘ(... f₂(f₁(x)))      dx = dy through the backward passes of fₘ, ..., f₂, f₁

    A network: each layer takes the output of the one before it.

        net = Sequential([Dense(16), ReLU(), Dense(3)], input_shape=4,
                         loss=SoftmaxCrossEntropy(), rng=0)
        net.fit(x, labels, epochs=50)
        net.predict(x)                       # (n, 3), the probability of each class

    layers        the layers, in order; each belongs to this network alone
    input_shape   the shape of one row of x: a whole number, or a tuple
    loss          what training makes small; None for a network that is not trained, or stands
                  inside another one
    rng           seeds the initial weights, the shuffling and the validation split, each with a
                  stream of its own: None, a whole number or a numpy.random.Generator
    dtype         float32 or float64

    The network is built here, and tried with two rows of zeros, so that a mistake in a layer is
    reported here, with the number of the layer in `layers`. All parameters lie in the vector
    `params`, all gradients in `grads`, running statistics in `state`; each layer's arrays are views
    of them. `output_shape` is the shape of one row of the output. `decays` is 1 for each parameter
    that weight decay is for, those with two or more dimensions, and 0 for the rest. `history` and
    `optimizer` are those of the training so far.

    Raises ValueError for layers that do not fit together. Inside another network a Sequential is a
    layer like others: it is built anew by the other one, with the other one's rng and dtype.
    """

    def __init__(self, layers, input_shape, loss=None, rng=None, dtype=np.float32):
        self.layers = as_layers(layers)
        self.input_shape = as_shape("input_shape", input_shape)
        self.loss = as_loss(loss)
        dtype = as_dtype(dtype)
        self.history = History()
        self.optimizer = None
        self._memory = TrainingMemory()
        weights_rng, self._shuffle_rng, split_rng = as_generator(rng).spawn(3)
        self._split_seed = int(split_rng.integers(2**32))
        with restore_on_error(self.layers):
            self.dtype = dtype
            self.output_shape = self._build(weights_rng)
            if isinstance(weights_rng, ShapesOnly):  # the arrays come from a file, afterwards
                self._hold_placeholders(weights_rng)
            else:
                self._allocate(dtype)
                try_out(self)
                check_activation(self)

    # ---- the mathematics ----

    def forward(self, x, training=False):
        caches = []
        for layer in self.layers:
            x, cache = layer.forward(x, training)
            caches.append(cache)
        return x, caches

    def backward(self, dy, caches):
        for layer, cache in zip(reversed(self.layers), reversed(caches)):
            dy = layer.backward(dy, cache)
        return dy

    def backward_params(self, dy, caches):
        first = self._first_with_params
        if first is None:
            return
        for layer, cache in zip(self.layers[:first:-1], caches[:first:-1]):
            dy = layer.backward(dy, cache)
        layer, cache = self.layers[first], caches[first]
        getattr(layer, self._way_to_first)(dy, cache)

    def backpropagate(self, x, t, w, training):
        """(L, y) of a batch of checked arrays; fills `grads`. The heart of training."""
        outputs, caches = self.forward(x, training)
        L, y = self.loss.forward(outputs, t, w)
        dx = self.loss.backward(y, t, w)
        self.backward_params(dx, caches)
        return L, y

    # ---- what users call ----

    @names_the_argument
    @names_the_layer
    def fit(self, x, t, *, optimizer=None, epochs=10, batch_size=32, validation=None, shuffle=True,
            rng=None,
            sample_weight=None, class_weight=None, l2=0.0, clip_norm=None, callbacks=(),
            verbose="auto"):
        """Train: make the loss small, batch by batch. Returns the History of all epochs so far.

        x              (n, *input_shape) finite numbers
        t              (n, k) targets for k outputs: one-hot, soft, or numbers to come near to; or
                       (n,): labels, whole numbers from 0 to k - 1, if k > 1, and the one column of
                       targets if k = 1
        optimizer      None goes on with the last one; at first that is Adam()
        epochs         how many more epochs to make: fit(3) and fit(3) again is fit(6), to the bit
        batch_size     rows in a batch; the last batch is shorter if need be
        validation     data (x, t) or (x, t, sample_weight) to evaluate after each epoch, or a share
                       of the rows, between 0 and 1, to hold out for it: the same rows at every fit,
                       for classes with the shares of the classes
        shuffle        whether to draw the order of the rows anew for each epoch
        rng            seeds the shuffling of this fit; None goes on with the network's own stream
        sample_weight  (n,) weights of the rows; a batch's loss is Σ w l / Σ w, and rows of weight 0
                       are as if they were not there: their targets may be missing
        class_weight   a dictionary from class to weight, or "balanced"; multiplies the weights of
                       the rows to train on
        l2             adds l2/2 Σ W² to what is made small; over weights, not biases
        clip_norm      the length to which longer gradients are cut; None for no limit
        callbacks      functions f(net, epoch, record), called after each epoch, epochs counted from
                       1; they may add numbers to the record, and True stops the training. If they
                       have them, `begin(net, x, t)` is called, from which True means no epoch at
                       all, `after_all(net, epoch)`, when all callbacks have seen the epoch, and
                       `end(net)`, also after an error
        verbose        "auto", 0, 1, 2: a bar over the epochs in a terminal and nothing elsewhere,
                       nothing, a bar, a line for each epoch

        What the history records beside the loss follows from the loss and the form of t: accuracy
        for labels (n,) and cross-entropies, else r2. Layers whose `trainable` is False keep their
        parameters.

        Raises ValueError, before any weight changes, for data or settings that cannot be used, and
        DivergenceError when a loss or a gradient is not finite: the weights are then those before
        that batch; or when weights are not finite. Warns if the activation after the last layer
        keeps the predictions from some targets.

        >>> x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        >>> layers = [Dense(8), Tanh(), Dense(2)]
        >>> net = Sequential(layers, input_shape=2, loss=SoftmaxCrossEntropy(), rng=0)
        >>> history = net.fit(x, [0, 1, 1, 0], optimizer=Adam(lr=0.1), epochs=50)  # exclusive or
        >>> net.predict(x).argmax(axis=1)
        array([0, 1, 1, 0])
        """
        run = prepare_training(
            self, x, t, optimizer=optimizer, epochs=epochs, batch_size=batch_size,
            validation=validation, shuffle=shuffle, rng=rng, sample_weight=sample_weight,
            class_weight=class_weight, l2=l2, clip_norm=clip_norm, callbacks=callbacks,
            verbose=verbose)
        run.run()
        return self.history

    @names_the_argument
    @names_the_layer
    def predict(self, x):
        """What the network says for the rows x (n, *input_shape): an array (n, k).

        With a loss it is what the loss judges: probabilities for the cross-entropies, the last
        layer's output for others. Raises ValueError for an x that is not n rows of finite numbers
        of this shape.
        """
        x = as_rows(x, self.input_shape, self.dtype)
        with np.errstate(all="ignore"):
            outputs = [self.forward(x[start:start + self._rows_at_once])[0]
                       for start in range(0, len(x), self._rows_at_once)]
            y = np.concatenate(outputs)
            return y if self.loss is None else self.loss.predict(y)

    @names_the_argument
    @names_the_layer
    def evaluate(self, x, t, *, sample_weight=None, class_weight=None):
        """How good the predictions for x are, as a dictionary: "loss", and "accuracy" or "r2", by
        the loss and the form of t, as in `fit`.

        All of them are means over the rows, by their weights if there are any. Parameters and
        errors as for `fit`.
        """
        data = Data.from_arrays(self, x, t, sample_weight).weigh(class_weight)
        return evaluate_in_blocks(self, data, choose_score(self.loss, data.are_labels))

    @names_the_argument
    @names_the_layer
    def gradient(self, x, t, sample_weight=None, training=True):
        """The loss L of the rows x against t; fills `grads` with its gradient. Parameters and
        errors as for `fit`.
        """
        training, data = as_flag("training", training), Data.from_arrays(self, x, t, sample_weight)
        with np.errstate(all="ignore"):
            L, _ = try_step(self, *data.all(), training)
        return L

    def summary(self):
        """A table of the layers, the shapes of their outputs, and how many parameters they have;
        it says which layers are frozen. It is text, and a table in a notebook.
        """
        rows = [("", "layer", "output", "parameters"), ("", "input", str(self.input_shape), "")]
        for i, (layer, shape) in enumerate(zip(self.layers, self._shapes[1:])):
            flags = {part.trainable for part in layer._parts() if part.param_names}
            frozen = ("" if layer.trainable and flags <= {True}
                      else ", partly frozen" if len(flags) == 2 else ", frozen")
            rows.append((str(i), f"{layer!r}{frozen}", str(shape),
                         f"{layer._size('param_names'):,}"))
        rows.append(("", "all", "", f"{self.params.size:,}"))
        n_frozen = sum(part.stop - part.start for layer, part in self._slices_of_parts()
                       if not layer.trainable)
        if n_frozen:
            rows.append(("", "frozen", "", f"{n_frozen:,}"))
        return Table([*zip(*rows)], left=(1, 2))

    def _repr_html_(self):
        return self.summary()._repr_html_()

    # ---- in files ----

    def state_dict(self):
        """Copies of all parameters and running statistics, by their names: {"0.W": ..., "0.b": ...,
        "2.running_mean": ...}.

        The number is the layer's in `layers`, and "1.0.W" stands in a network within the network.
        For np.savez, for other libraries (docs/other-libraries.md), and for load_state_dict.
        """
        return {name: array.copy() for name, array in collect_arrays(self).items()}

    def load_state_dict(self, d):
        """Take parameters and running statistics from d: a mapping from their names, as of
        state_dict, to arrays.

        Raises ValueError, before anything is changed, unless there is an array of finite numbers of
        the right shape for each name, and no other; and for numbers that a layer cannot have, such
        as a running variance below 0.
        """
        copy_into(self, d)

    def save(self, path):
        """Write the network and its training into one file: nothing is lost, and training can go on
        from it, to the bit.

        The layers and their settings, the loss, parameters and running statistics, optimizer,
        history, random streams, and what the callbacks of the last fit remember. The file that was
        there is replaced in the end, and stays whole until then. It is a safetensors file;
        docs/model-files.md describes it.

        Raises ValueError, naming it, for what is not registered (see `register`), and OSError if
        the file cannot be written.

        >>> import tempfile
        >>> net = Sequential([Dense(3)], 4, loss=SoftmaxCrossEntropy(), rng=0)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     net.save(folder + "/net.safetensors")
        ...     Sequential.load(folder + "/net.safetensors")
        Sequential([Dense(3)], input_shape=(4,), loss=SoftmaxCrossEntropy())
        """
        from .files.save import save_network
        save_network(self, path)

    @of_the_class
    def load(cls, path):
        """The network that `save` has written; its `fit` goes on with the training.

        Files are safe to load, whoever they come from: nothing in them is run. Layers, losses,
        optimizers and callbacks of your own must be registered before. Raises ModelFileError, a
        ValueError, for a file that is damaged, is something else, or names what is not registered,
        and OSError if it cannot be read.
        """
        from .files.load import load_network
        return load_network(path, cls)

    # ---- inside another network, and in copies ----

    @property
    def trainable(self):
        """Whether `fit` changes parameters of any layer; assigning holds for all layers inside."""
        inside = [part for part in self._parts() if not isinstance(part, Sequential)]
        with_params = [part for part in inside if part.param_names]
        return any(part.trainable for part in with_params or inside)

    @trainable.setter
    def trainable(self, value):
        for layer in self.layers:
            layer.trainable = value

    def build(self, input_shape, rng):
        if self.loss is not None:
            raise ValueError("a Sequential inside another one has no loss of its own; give the "
                             "loss to the outer one")
        if len(self.history):
            raise ValueError("a Sequential that has been trained cannot be put inside another one, "
                             "which would build it anew")
        if input_shape != self.input_shape:
            raise ValueError(f"{self!r} cannot take an input of shape {input_shape}; it was made "
                             f"for {self.input_shape}")
        if not isinstance(rng, ShapesOnly):  # the shapes are known already
            self._build(rng)
            self._allocate(np.float64)
        return self.output_shape

    def _build(self, rng):
        """Build the layers, and return the output's shape."""
        self._shapes = build_layers(self.layers, self.input_shape, rng)
        # rows at once at inference, with no output above 8 MB in float32
        self._rows_at_once = max(1, min(512, 2**21 // max(map(math.prod, self._shapes)), *(
            layer._rows_at_once for layer in self.layers if isinstance(layer, Sequential))))
        return self._shapes[-1]

    def __repr__(self):
        if type(self).__init__ is not Sequential.__init__:
            return super().__repr__()  # a subclass with a constructor of its own
        loss = "" if self.loss is None else f", loss={self.loss!r}"
        dtype = ", dtype=np.float64" if vars(self).get("dtype") == np.float64 else ""
        return (f"{type(self).__name__}({list(self.layers)}, "
                f"input_shape={self.input_shape}{loss}{dtype})")

    def _settings(self):
        settings = Configured._settings(self, leave_out=("rng",))
        if not takes_argument(type(self), "rng"):
            raise ValueError(f"{self!r} cannot be saved: the constructor of {type(self).__name__} "
                             "takes no rng, by which a file is loaded without drawing weights; "
                             "take rng=None, and pass it on: super().__init__(..., rng=rng)")
        return {name: list(value) if name == "layers" else value.name if name == "dtype" else value
                for name, value in settings.items()}

    @classmethod
    def _made_with(cls, settings, rng):
        if takes_argument(cls, "dtype"):
            as_choice("dtype", settings.get("dtype"), ("float32", "float64"))
        rng, = rng.spawn(1)
        net = cls(**settings, rng=rng)
        if rng.bit_generator.seed_seq.n_children_spawned == 0:
            raise ValueError(f"{cls.__name__} does not pass its rng on, by which a file is loaded "
                             "without drawing weights: super().__init__(..., rng=rng)")
        return net

    def __getstate__(self):
        return super().__getstate__() | {"_memory": self._memory.of_a_copy()}
