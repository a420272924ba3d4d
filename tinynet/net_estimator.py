"""Net: what NetClassifier and NetRegressor have in common, their parameters and their training by Sequential.fit."""

import copy
import math
import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions  # not public, and what check_param_validation asks for
from sklearn.utils.validation import check_is_fitted, validate_data

from .inputs import rows_of, weights_of
from .layers import ELU, GELU, Dense, Dropout, Layer, LeakyReLU, ReLU, Sigmoid, SiLU, Softplus, Tanh
from .losses import Huber, Loss, MeanAbsoluteError, MeanSquaredError, SoftmaxCrossEntropy
from .optimizers import SGD, Adam, Optimizer, RMSprop
from .sequential import Sequential
from .sklearn_callbacks import CallbackSupportMixin, EpochTasks, with_callbacks
from .stopping import InverseScaling, Stopping

ACTIVATIONS = {"logistic": Sigmoid, "tanh": Tanh, "relu": ReLU, "leaky_relu": LeakyReLU, "elu": ELU,
               "gelu": GELU, "silu": SiLU, "softplus": Softplus}
LOSSES = {"cross_entropy": SoftmaxCrossEntropy, "squared_error": lambda: MeanSquaredError(mean_over="elements"),
          "absolute_error": lambda: MeanAbsoluteError(mean_over="elements"), "huber": lambda: Huber(mean_over="elements")}
SOLVERS = {
    "adam": lambda e: Adam(e.learning_rate_init, e.beta_1, e.beta_2, e.epsilon),
    "sgd": lambda e: SGD(e.learning_rate_init, e.momentum, nesterov=e.nesterovs_momentum and e.momentum > 0),
    "rmsprop": lambda e: RMSprop(e.learning_rate_init, eps=e.epsilon),
}


def trains_by_parts(estimator):
    """Whether the estimator has partial_fit; an AttributeError that says why not."""
    if estimator.early_stopping:
        raise AttributeError("partial_fit does not go with early_stopping=True, which needs rows to hold out; use fit")
    if getattr(estimator, "class_weight", None) == "balanced":
        raise AttributeError('partial_fit does not go with class_weight="balanced", which needs all rows; pass a dictionary')
    return True


class Net(CallbackSupportMixin, BaseEstimator):
    """What both estimators have in common: parameters, and training by `Sequential.fit`."""

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
        "layers": ["array-like", None],
        "callbacks": [callable, "array-like", None],
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
        return self._fitted().history

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
        return max(self.validation_scores_)

    def _fitted(self):
        """The network, or an AttributeError for those who ask whether there is one."""
        if "network_" not in vars(self):
            raise AttributeError(f"this {type(self).__name__} is not fitted yet")
        return self.network_

    # ---- training ----

    @with_callbacks
    def fit(self, X, y, sample_weight=None):
        """Train on X (n, n_features) and y. With warm_start, go on from the last fit.

        sample_weight (n,), none negative, weights the rows; rows with weight 0 count as if they were not there.
        """
        self._validate_params()
        is_new = not (self.warm_start and "network_" in vars(self))
        X, y = self._checked(X, y, is_new)
        if not self._learn(X, y, sample_weight, is_new, self.max_iter, stops=True):
            warnings.warn(f"the {self.max_iter} epochs of max_iter are over, and the training has not converged; see "
                          "loss_curve_, and give it more epochs or a larger learning_rate_init", ConvergenceWarning, stacklevel=3)
        return self

    def _learn(self, X, y, sample_weight, is_new, epochs, stops):
        """Make so many epochs, or fewer; whether a callback has ended them."""
        if is_new:
            self._build(X.dtype)
        try:
            return self._train(X, y, sample_weight, epochs, [self._stopping] if stops else [])
        except BaseException:
            if not len(self.network_.history):  # nothing has come of it, so it is not fitted
                del self.network_
            raise

    def _build(self, dtype):
        """Make the network, and copies of all that has a memory, so that the parameters stay as they are."""
        seed, self._split_seed = check_random_state(self.random_state).randint(2**31, size=2).tolist()
        self._optimizer = SOLVERS[self.solver](self) if isinstance(self.solver, str) else copy.deepcopy(self.solver)
        self._callbacks = copy.deepcopy([self.callbacks] if callable(self.callbacks) else list(self.callbacks or ()))
        change = self.learning_rate if self.solver == "sgd" else "constant"
        if change != "constant" and callable(self.learning_rate_init):
            raise ValueError(f"learning_rate={change!r} changes a rate that is a number, and learning_rate_init is "
                             f"{self.learning_rate_init!r}; leave out one of them")
        if change == "invscaling":
            self._callbacks.append(InverseScaling(self.learning_rate_init, self.power_t))
        self._stopping = Stopping(self._validation_score if self.early_stopping else "loss", self.n_iter_no_change, self.tol,
                                  decay=0.2 if change == "adaptive" else None)
        layers = [*self._hidden_layers(), Dense(self._n_outputs()), *self._last_activation()]
        self.network_ = Sequential(layers, self.n_features_in_, loss=self._loss(), rng=seed, dtype=dtype)

    def _hidden_layers(self):
        if self.layers is not None:
            return copy.deepcopy(list(self.layers))
        layers = []
        for units in np.ravel(self.hidden_layer_sizes).tolist():
            layers += [Dense(units), *self._activation(), *([Dropout(self.dropout)] if self.dropout else [])]
        return layers

    def _activation(self):
        if isinstance(self.activation, Layer):
            return [copy.deepcopy(self.activation)]
        return [] if self.activation == "identity" else [ACTIVATIONS[self.activation]()]

    def _loss(self):
        return LOSSES[self.loss]() if isinstance(self.loss, str) else copy.deepcopy(self.loss)

    def _train(self, X, y, sample_weight, epochs, more_callbacks):
        t = self._targets(y)
        w = self._weights(t, sample_weight)
        batch_size = min(200 if self.batch_size == "auto" else self.batch_size, len(X))
        weight_of_batch = batch_size if w is None else batch_size * float(w.mean())
        x, validation, callbacks, tasks = X, None, [*self._callbacks, *more_callbacks], None
        if self.early_stopping:
            train, held_out = self._split(t)
            x, t, w, validation = X[train], t[train], None if w is None else w[train], (
                X[held_out], t[held_out], None if w is None else w[held_out])
            callbacks[:0] = self._scorers(*validation)
        if hasattr(self, "_skl_callbacks"):
            tasks = EpochTasks(self, X, y, sample_weight, epochs, lambda: {"network_": self.network_})
            callbacks.append(tasks)
        before = self.n_iter_
        verbose = 2 * self.verbose if isinstance(self.verbose, bool) else min(self.verbose, 2)
        self.network_.fit(x, t, optimizer=self._optimizer, epochs=epochs, batch_size=batch_size, shuffle=self.shuffle,
                          validation=validation, sample_weight=w, l2=self.alpha / weight_of_batch, verbose=verbose,
                          callbacks=callbacks)
        if tasks is not None:
            tasks.close()
        return self.n_iter_ - before < epochs

    def _targets(self, y):
        """y as the network takes it."""
        return y

    def _weights(self, t, sample_weight):
        """The weights of the rows, or None."""
        return weights_of(sample_weight, len(t), np.float64)

    def _scorers(self, x, t, w):
        """Callbacks for a score of the rows held out that the network does not report."""
        return []

    def _split(self, t, classes=None):
        """The numbers of the rows to train on and of those to hold out, the same at every fit that goes on."""
        if len(t) < 2:
            raise ValueError("early_stopping=True holds out some of the rows, and there is 1 sample only")
        test_size = math.ceil(self.validation_fraction * len(t))
        if classes is not None:
            _, counts = np.unique(classes, return_counts=True)
            if counts.min() < 2:
                raise ValueError("early_stopping=True holds out a row of every class, and some class has 1 sample only")
            test_size = max(test_size, len(counts))
        return train_test_split(np.arange(len(t)), test_size=test_size, stratify=classes, random_state=self._split_seed)

    def _rows(self, X):
        """X as rows for the network."""
        check_is_fitted(self, "network_")
        X = validate_data(self, X, reset=False, dtype=(np.float64, np.float32))
        return rows_of(X, self.network_.input_shape, self.network_.dtype)
