"""Net: what NetClassifier and NetRegressor have in common, their parameters and their training by Sequential.fit."""

import copy
import math
import sys
import warnings
from contextlib import contextmanager
from inspect import isfunction
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions  # not public, and what check_param_validation asks for
from sklearn.utils.validation import check_is_fitted, validate_data

from .hyperparameters import whole
from .inputs import rows_of, weights_of
from .layers import ELU, GELU, Dense, Dropout, Layer, LeakyReLU, ReLU, Sigmoid, SiLU, Softplus, Tanh
from .losses import Huber, Loss, MeanAbsoluteError, MeanSquaredError, SoftmaxCrossEntropy
from .optimizers import SGD, Adam, Optimizer, RMSprop
from .sequential import Sequential
from .sklearn_callbacks import CallbackSupportMixin, EpochTasks, with_callbacks
from .stopping import InverseScaling, Stopping, split

ACTIVATIONS = {"logistic": Sigmoid, "tanh": Tanh, "relu": ReLU, "leaky_relu": LeakyReLU, "elu": ELU,
               "gelu": GELU, "silu": SiLU, "softplus": Softplus}
LOSSES = {"cross_entropy": SoftmaxCrossEntropy, "squared_error": lambda: MeanSquaredError(mean_over="elements"),
          "absolute_error": lambda: MeanAbsoluteError(mean_over="elements"), "huber": lambda: Huber(mean_over="elements")}
SOLVERS = {
    "adam": lambda e: Adam(e.learning_rate_init, e.beta_1, e.beta_2, e.epsilon),
    "sgd": lambda e: SGD(e.learning_rate_init, e.momentum, nesterov=e.nesterovs_momentum and e.momentum > 0),
    "rmsprop": lambda e: RMSprop(e.learning_rate_init, eps=e.epsilon),
}
# The parameters of which the parts of a training are made
NETWORK = "hidden_layer_sizes", "activation", "dropout", "layers", "loss"
OPTIMIZER = ("solver", "learning_rate", "learning_rate_init", "power_t", "momentum", "nesterovs_momentum", "beta_1", "beta_2",
             "epsilon")
CALLBACKS = "callbacks", "early_stopping"
STOPPING = "early_stopping", "n_iter_no_change", "tol", "solver", "learning_rate"


def warn(message, category=UserWarning):
    """Warn at the line, outside of tinynet and scikit-learn, that has called the estimator."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").split(".")[0] in ("tinynet", "sklearn"):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def trains_by_parts(estimator):
    """Whether the estimator has partial_fit; an AttributeError that says why not."""
    if estimator.early_stopping:
        raise AttributeError("partial_fit does not go with early_stopping=True, which needs rows to hold out; use fit")
    if getattr(estimator, "class_weight", None) == "balanced":
        raise AttributeError('partial_fit does not go with class_weight="balanced", which needs all rows; pass a dictionary')
    return True


class Net(CallbackSupportMixin, BaseEstimator):
    """What both estimators have in common: parameters, and training by `Sequential.fit`."""

    _learned = ("network_", "classes_", "n_outputs_", "n_features_in_", "feature_names_in_", "_split_seed", "_built_with",
                "_parts")
    _parameter_constraints = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions({"identity", *ACTIVATIONS}), Layer],
        "solver": [StrOptions(set(SOLVERS)), Optimizer],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [StrOptions({"constant", "invscaling", "adaptive"})],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither"), callable],
        "power_t": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "momentum": [Interval(Real, 0, 1, closed="left")],
        "nesterovs_momentum": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "loss": [StrOptions(set(LOSSES)), Loss],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "layers": [list, tuple, None],
        "callbacks": [callable, list, tuple, None],
    }

    def __init__(self, hidden_layer_sizes=(100,), activation="relu", *, solver="adam", alpha=0.0001, batch_size="auto",
                 learning_rate="constant", learning_rate_init=0.001, power_t=0.5, max_iter=200, shuffle=True,
                 random_state=None, tol=1e-4, verbose=False, warm_start=False, momentum=0.9, nesterovs_momentum=True,
                 early_stopping=False, validation_fraction=0.1, beta_1=0.9, beta_2=0.999, epsilon=1e-8,
                 n_iter_no_change=10, loss="squared_error", dropout=0.0, layers=None, callbacks=None):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.loss = loss
        self.dropout = dropout
        self.layers = layers
        self.callbacks = callbacks

    # ---- what a training has come to ----

    @property
    def history_(self):
        """The History of all epochs."""
        check_is_fitted(self, "network_")
        return self.network_.history

    @property
    def n_iter_(self):
        """How many epochs there were."""
        return len(self.history_)

    @property
    def loss_curve_(self):
        """The loss of each epoch."""
        return self.history_["loss"]

    @property
    def loss_(self):
        """The loss of the last epoch."""
        return self.loss_curve_[-1]

    @property
    def best_loss_(self):
        """The smallest loss of an epoch."""
        return min(self.loss_curve_)

    @property
    def validation_scores_(self):
        """With early_stopping, the accuracy or R² of each epoch on the rows held out."""
        if self._validation_score not in self.history_.columns:
            raise AttributeError(f"this {type(self).__name__} has no validation scores; they come with early_stopping=True")
        return self.history_[self._validation_score]

    @property
    def best_validation_score_(self):
        """The largest of these."""
        return max(score for score in self.validation_scores_ if not math.isnan(score))

    # ---- training ----

    @with_callbacks
    def fit(self, X, y, sample_weight=None):
        """Train on X (n, n_features) and y (n,), or numbers (n, k); returns the estimator. With warm_start, go on from the last
        fit.

        sample_weight (n,), none negative, weights the rows; rows with weight 0 count as if they were not there.

        Raises ValueError for parameters and data that cannot be used, and DivergenceError when the loss or a gradient is not
        finite. If there is an error before a new network has made an epoch, the estimator stays as it was. Warns with a
        ConvergenceWarning if all epochs of max_iter were made.
        """
        self._validate_params()
        is_new = not (self.warm_start and "network_" in vars(self))
        with self._unchanged_if_nothing_comes_of_it():
            X, y = self._checked(X, y, is_new)
            converged = self._learn(X, y, sample_weight, is_new, self.max_iter, stops=True)
        if not converged:
            warn(f"the {self.max_iter} epochs of max_iter are over, and the training has not converged; see loss_curve_, and "
                 "give it more epochs or a larger learning rate", ConvergenceWarning)
        return self

    def _fit_one_epoch(self, X, y, sample_weight, is_new, **classes):
        with self._unchanged_if_nothing_comes_of_it():
            X, y = self._checked(X, y, is_new, **classes)
            self._learn(X, y, sample_weight, is_new, epochs=1, stops=False)
        return self

    @contextmanager
    def _unchanged_if_nothing_comes_of_it(self):
        """If there is an error before an epoch has been made, keep the network that there was, and what belongs to it."""
        before = {name: vars(self)[name] for name in self._learned if name in vars(self)}
        network = before.get("network_")
        epochs = len(network.history) if network else 0
        try:
            yield
        except BaseException:
            now = vars(self).get("network_")
            if now is None or len(now.history) == (epochs if now is network else 0):
                for name in self._learned:
                    vars(self).pop(name, None)
                vars(self).update(before)
            raise

    def _learn(self, X, y, sample_weight, is_new, epochs, stops):
        """Make so many epochs, or fewer; whether the training has ended by itself."""
        if is_new:
            self._build(X.dtype)
        changed = [name for name, setting in self._settings(NETWORK).items() if setting != self._built_with[name]]
        if changed:
            raise ValueError(f"{' and '.join(changed)} changed, and this fit goes on with the network that there is; "
                             "for a new one set warm_start=False and call fit")
        t = self._targets(y)
        w = self._weights(t, sample_weight)
        x = X
        if w is not None and not w.all():
            x, t, w = x[w > 0], t[w > 0], w[w > 0]
        optimizer, more_callbacks = self._part(self._make_optimizer, OPTIMIZER)
        callbacks = [*self._part(self._make_callbacks, CALLBACKS), *more_callbacks]
        stopping = self._part(self._make_stopping, STOPPING)
        validation, tasks = None, None
        if self.early_stopping:
            train, held_out = split(len(t), self.validation_fraction, self._classes(t), self._split_seed)
            validation = x[held_out], t[held_out], None if w is None else w[held_out]
            x, t, w = x[train], t[train], None if w is None else w[train]
            callbacks[:0] = self._scorers(*validation)
        if stops:
            callbacks.append(stopping)
        if hasattr(self, "_skl_callbacks"):
            tasks = EpochTasks(self, X, y, sample_weight, epochs, lambda: {"network_": self.network_})
            callbacks.append(tasks)
        batch_size = min(200 if self.batch_size == "auto" else self.batch_size, len(x))
        weight_of_batch = batch_size if w is None else batch_size * float(w.mean())
        verbose = 2 * self.verbose if isinstance(self.verbose, bool) else min(self.verbose, 2)
        before = self.n_iter_
        self.network_.fit(x, t, optimizer=optimizer, epochs=epochs, batch_size=batch_size, shuffle=self.shuffle,
                          validation=validation, sample_weight=w, l2=self._alpha() / weight_of_batch, verbose=verbose,
                          callbacks=callbacks)
        if tasks is not None:
            tasks.close()
        return self.n_iter_ - before < epochs or stops and stopping.has_ended_it

    def _alpha(self):
        """The factor of 1/2 Σ W² for each row."""
        return self.alpha

    def _targets(self, y):
        """y as the network takes it."""
        return y

    def _weights(self, t, sample_weight):
        """The weights of the rows, or None."""
        return weights_of(sample_weight, len(t), np.float64)

    def _scorers(self, x, t, w):
        """Callbacks for a score of the rows held out that the network does not report."""
        return []

    def _classes(self, t):
        """The class (n,) of each row, whose shares are kept in the rows held out; None if there are none."""
        return None

    # ---- what it is made of ----

    def _build(self, dtype):
        """Make the network; optimizer and callbacks follow when it is trained."""
        seed, self._split_seed = check_random_state(self.random_state).randint(2**31, size=2).tolist()
        layers = [*self._hidden_layers(), Dense(self._n_outputs()), *self._last_activation()]
        self.network_ = Sequential(layers, self.n_features_in_, loss=self._loss(), rng=seed, dtype=dtype)
        self._built_with, self._parts = self._settings(NETWORK), {}

    def _settings(self, names):
        """These parameters as they are now, as text if that tells what they are, to be compared with what they are later."""
        values = {name: getattr(self, name) for name in names}
        return {name: value if isfunction(value) or type(value).__repr__ is object.__repr__ else repr(value)
                for name, value in values.items()}

    def _part(self, make, names):
        """What make() makes of the parameters with these names. It has a memory, so it is made anew only if they change."""
        settings = self._settings(names)
        if make.__name__ not in self._parts or self._parts[make.__name__][0] != settings:
            self._parts = self._parts | {make.__name__: (settings, make())}
        return self._parts[make.__name__][1]

    def _make_optimizer(self):
        """(the optimizer, callbacks that change its learning rate)"""
        optimizer = SOLVERS[self.solver](self) if isinstance(self.solver, str) else copy.deepcopy(self.solver)
        if self.solver != "sgd" or self.learning_rate == "constant":
            return optimizer, []
        if callable(self.learning_rate_init):
            raise ValueError(f"learning_rate={self.learning_rate!r} changes a rate that is a number, and learning_rate_init is "
                             f"{self.learning_rate_init!r}; leave out one of them")
        return optimizer, [InverseScaling(self.learning_rate_init, self.power_t)] if self.learning_rate == "invscaling" else []

    def _make_callbacks(self):
        callbacks = copy.deepcopy([self.callbacks] if callable(self.callbacks) else list(self.callbacks or ()))
        for callback in callbacks:
            if str(getattr(callback, "monitor", "")).startswith("val_") and not self.early_stopping:
                raise ValueError(f"{callback!r} monitors rows that are held out; set early_stopping=True, or monitor 'loss'")
        return callbacks

    def _make_stopping(self):
        decay = 0.2 if self.solver == "sgd" and self.learning_rate == "adaptive" else None
        return Stopping(self._validation_score if self.early_stopping else "loss", self.n_iter_no_change, self.tol, decay)

    def _hidden_layers(self):
        if self.layers is not None:
            return copy.deepcopy(list(self.layers))
        sizes = [self.hidden_layer_sizes] if isinstance(self.hidden_layer_sizes, Integral) else self.hidden_layer_sizes
        layers = []
        for units in sizes:
            layers += [Dense(whole("each of hidden_layer_sizes", units, at_least=1)), *self._activation()]
            layers += [Dropout(self.dropout)] if self.dropout else []
        return layers

    def _activation(self):
        if isinstance(self.activation, Layer):
            return [copy.deepcopy(self.activation)]
        return [] if self.activation == "identity" else [ACTIVATIONS[self.activation]()]

    def _loss(self):
        return LOSSES[self.loss]() if isinstance(self.loss, str) else copy.deepcopy(self.loss)

    def _rows(self, X):
        """X as rows for the network."""
        check_is_fitted(self, "network_")
        X = validate_data(self, X, reset=False, dtype=(np.float64, np.float32))
        return rows_of(X, self.network_.input_shape, self.network_.dtype)
