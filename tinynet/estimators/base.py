"""Net: what NetClassifier and NetRegressor have in common, their parameters and their training."""

import math
from contextlib import contextmanager, suppress
from datetime import date

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from ..checks.arrays import as_real_numbers, as_rows, as_weights, check_mask, multiply_weights
from ..checks.settings import Configured
from ..errors import warn
from ..layers import Dense
from ..sequential import Sequential
from .factories import (CONSTRAINTS, MADE_OF, OF_NETWORK, copy_callbacks, draw_biases,
                        make_hidden_layers, make_loss, make_optimizer, make_stopping)
from .sklearn_callbacks import CallbackSupportMixin, EpochTasks, with_callbacks
from .stopping import hold_out_rows


def check_kind(name, a):
    """A ValueError for that of which scikit-learn would make numbers: text, dates, and what a mask
    hides.
    """
    check_mask(name, a)
    try:
        array = np.asarray(a)
    except Exception:
        return  # scikit-learn says what is wrong
    not_numbers = str, bytes, date, np.datetime64, np.timedelta64
    if array.dtype.kind not in "biufcO" or array.dtype == object and any(
            isinstance(entry, not_numbers) for entry in array.flat):
        as_real_numbers(name, array)


def has_partial_fit(estimator):
    """Whether the estimator has partial_fit; an AttributeError that says why not."""
    if estimator.early_stopping:
        raise AttributeError("partial_fit does not go with early_stopping=True, which needs rows "
                             "to hold out; use fit")
    if getattr(estimator, "class_weight", None) == "balanced":
        raise AttributeError('partial_fit does not go with class_weight="balanced", which needs '
                             'all rows; pass a dictionary')
    return True


class Net(CallbackSupportMixin, BaseEstimator):
    """What both estimators have in common: parameters, and training by `Sequential.fit`."""

    _learned = ("network_", "classes_", "n_outputs_", "n_features_in_", "feature_names_in_",
                "_split_seed", "_built_with",
                "_made")
    _parameter_constraints = CONSTRAINTS

    def __init__(self, hidden_layer_sizes=(100,), activation="relu", *, solver="adam", alpha=0.0001,
                 batch_size="auto",
                 learning_rate="constant", learning_rate_init=0.001, power_t=0.5, max_iter=200,
                 shuffle=True,
                 random_state=None, tol=1e-4, verbose=False, warm_start=False, momentum=0.9,
                 nesterovs_momentum=True,
                 early_stopping=False, validation_fraction=0.1, beta_1=0.9, beta_2=0.999,
                 epsilon=1e-8,
                 n_iter_no_change=10, loss="squared_error", dropout=0.0, layers=None,
                 callbacks=None):
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
        """The loss of each epoch, with the penalty of alpha."""
        penalties = self.history_.spread("penalty", 0.0)
        return [loss + penalty for loss, penalty in zip(self.history_["loss"], penalties)]

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
        """With early_stopping, the accuracy or R² of each epoch on the rows held out; else None."""
        return (self.history_[self._validation_score]
                if self._validation_score in self.history_.columns else None)

    @property
    def best_validation_score_(self):
        """The largest of these, or None."""
        return max((score for score in self.validation_scores_ or () if not math.isnan(score)),
                   default=None)

    # ---- training ----

    @with_callbacks
    def fit(self, X, y, sample_weight=None):
        """Train on X (n, n_features) and y (n,), or numbers (n, k); returns the estimator. With
        warm_start, go on from the last
        fit.

        sample_weight (n,), none negative, weights the rows; a row with weight 0 counts as if it
        were not there, but for its label, which is among classes_.

        Raises ValueError for parameters and data that cannot be used, and DivergenceError when the
        loss or a gradient is not finite. If there is an error before a new network has made an
        epoch, the estimator stays as it was. Warns with a ConvergenceWarning if it is max_iter that
        ends the training.
        """
        self._validate_params()
        is_new = not (self.warm_start and "network_" in vars(self))
        with self._unchanged_if_nothing_comes_of_it():
            X, y = self._checked(X, y, is_new)
            converged = self._learn(X, y, sample_weight, is_new, self.max_iter, stops=True)
        if not converged:
            warn(f"the {self.max_iter} epochs of max_iter are over, and the training has not "
                 "converged; see loss_curve_, and give it more epochs or a larger learning "
                 "rate", ConvergenceWarning)
        return self

    def _fit_one_epoch(self, X, y, sample_weight, is_new, **classes):
        with self._unchanged_if_nothing_comes_of_it():
            X, y = self._checked(X, y, is_new, **classes)
            self._learn(X, y, sample_weight, is_new, epochs=1, stops=False)
        return self

    @contextmanager
    def _unchanged_if_nothing_comes_of_it(self):
        """After an error before any epoch has been made, restore the network that there was, and
        all that belongs to it.
        """
        before = {name: vars(self)[name] for name in self._learned if name in vars(self)}
        old = before.get("network_")
        epochs_of_old = 0 if old is None else len(old.history)
        try:
            yield
        except BaseException:
            network = vars(self).get("network_")
            if network is None or len(network.history) == (epochs_of_old if network is old else 0):
                if network is not None and network is old:
                    before["_made"] = self._made  # callbacks and optimizer have begun to go on, too
                for name in self._learned:
                    vars(self).pop(name, None)
                vars(self).update(before)
            raise

    def _learn(self, X, y, sample_weight, is_new, epochs, stops):
        """Make so many epochs, or fewer; whether the training has ended by itself."""
        if is_new:
            self._make_network(X.dtype)
        self._check_unchanged()
        (x, t, w), held_out = self._rows_to_train_on(X, y, sample_weight)
        optimizer, more_callbacks = self._part(make_optimizer)
        callbacks, stopping = ([*self._part(copy_callbacks), *more_callbacks],
                               self._part(make_stopping))
        if held_out is not None:
            callbacks[:0] = self._scorers(*held_out)
        if stops:
            callbacks.append(stopping)
        tasks = None
        if hasattr(self, "_skl_callbacks"):
            tasks = EpochTasks(self, X, y, sample_weight, epochs,
                               lambda: {"network_": self.network_})
            callbacks.append(tasks)
        batch_size = min(200 if self.batch_size == "auto" else self.batch_size, len(x))
        weight_of_batch = batch_size if w is None else batch_size * float(w.mean())
        verbose = (2 * int(self.verbose) if isinstance(self.verbose, (bool, np.bool_))
                   else min(self.verbose, 2))
        before = self.n_iter_
        self.network_.fit(x, t, optimizer=optimizer, epochs=epochs, batch_size=batch_size,
                          shuffle=self.shuffle,
                          validation=held_out, sample_weight=w, l2=self.alpha / weight_of_batch,
                          verbose=verbose,
                          callbacks=callbacks)
        if tasks is not None:
            tasks.close()
        return self.n_iter_ - before < epochs or stops and stopping.has_ended_it

    def _check_unchanged(self):
        """A ValueError if parameters of which the network is made are no longer those that it was
        made of.
        """
        settings = self._read_settings(OF_NETWORK if self.layers is None else ("layers", "loss"))
        changed = [name for name, setting in settings.items() if setting != self._built_with[name]]
        if changed:
            raise ValueError(f"{' and '.join(changed)} changed, and this fit goes on with the "
                             "network that there is; for a new one set warm_start=False and call "
                             "fit")

    def _rows_to_train_on(self, X, y, sample_weight):
        """(x, t, w) to train on, without the rows of weight 0, and the same to hold out for early
        stopping, or None.
        """
        x, t = X, self._targets(y)
        w = self._weights(t, sample_weight)
        if w is not None and not w.all():
            x, t, w = x[w > 0], t[w > 0], w[w > 0]
        if not self.early_stopping:
            return (x, t, w), None
        parts = hold_out_rows(len(t), self.validation_fraction, self._classes(t), self._split_seed)
        return [(x[rows], t[rows], None if w is None else w[rows]) for rows in parts]

    def _targets(self, y):
        """y as the network takes it."""
        return y

    def _weights(self, t, sample_weight):
        """The weights of the rows, or None."""
        w = as_weights(sample_weight, len(t))
        if w is not None:
            # here, errors name the row that the user knows
            multiply_weights("sample_weight", [w], self.network_.dtype)
        return w

    def _scorers(self, x, t, w):
        """Callbacks for a score of the rows held out that the network does not report."""
        return []

    def _classes(self, t):
        """The class (n,) of each row, whose shares are kept in the rows held out; None if there are
        none.
        """
        return None

    # ---- what it is made of ----

    def _make_network(self, dtype):
        """Make the network; optimizer and callbacks follow when it is trained."""
        seed, self._split_seed = check_random_state(self.random_state).randint(
            2**31, size=2).tolist()
        layers = [*make_hidden_layers(self), Dense(self._n_outputs()), *self._last_activation()]
        self.network_ = Sequential(layers, self.n_features_in_, loss=make_loss(self), rng=seed,
                                   dtype=dtype)
        # a network draws from streams that this one spawns
        draw_biases(self.network_, np.random.default_rng(seed))
        self._built_with, self._made = self._read_settings(OF_NETWORK), {}

    def _read_settings(self, names):
        """These parameters as they are now, in a form that can be compared with what they are
        later.
        """
        return {name: _as_plain(getattr(self, name)) for name in names}

    def _part(self, make):
        """What make(self) makes of its parameters. It has a memory, so it is made anew only if one
        of them has changed.
        """
        settings = self._read_settings(MADE_OF[make])
        if make.__name__ not in self._made or self._made[make.__name__][0] != settings:
            self._made = self._made | {make.__name__: (settings, make(self))}
        return self._made[make.__name__][1]

    def _rows(self, X):
        """X as rows for the network."""
        check_is_fitted(self, "network_")
        check_kind("X", X)
        X = validate_data(self, X, reset=False, dtype=(np.float64, np.float32))
        return as_rows(X, self.network_.input_shape, self.network_.dtype)


def _as_plain(value):
    """The same for settings that say the same, such as 100, [100] and np.array([100]), or
    Adam(0.01) and Adam(0.01).
    """
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return _as_plain(value[0]) if len(value) == 1 else tuple(map(_as_plain, value))
    if isinstance(value, Configured):
        with suppress(ValueError):  # it does not keep what it was made with, so it is itself alone
            return (type(value), getattr(value, "trainable", True),
                    {name: _as_plain(setting) for name, setting in value._settings().items()})
    return value
