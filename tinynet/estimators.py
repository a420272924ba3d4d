"""NetClassifier and NetRegressor: networks as scikit-learn's estimators, in the place of MLPClassifier and MLPRegressor."""

import copy
import math
import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils._param_validation import Interval, StrOptions  # not public, and what check_param_validation asks for
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from .callbacks import EarlyStopping
from .inputs import rows_of, weights_of
from .layers import ELU, GELU, Dense, Dropout, Layer, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh
from .losses import Huber, Loss, MeanAbsoluteError, MeanSquaredError, SoftmaxCrossEntropy
from .optimizers import SGD, Adam, Optimizer, RMSprop
from .scores import r2
from .sequential import Sequential
from .sklearn_callbacks import CallbackSupportMixin, EpochTasks, with_callbacks

ACTIVATIONS = {"logistic": Sigmoid, "tanh": Tanh, "relu": ReLU, "leaky_relu": LeakyReLU, "elu": ELU,
               "gelu": GELU, "silu": SiLU, "softplus": Softplus}
LOSSES = {"cross_entropy": SoftmaxCrossEntropy, "squared_error": lambda: MeanSquaredError(mean_over="elements"),
          "absolute_error": lambda: MeanAbsoluteError(mean_over="elements"), "huber": lambda: Huber(mean_over="elements")}
SOLVERS = {
    "adam": lambda e: Adam(e.learning_rate_init, e.beta_1, e.beta_2, e.epsilon),
    "sgd": lambda e: SGD(e.learning_rate_init, e.momentum, nesterov=e.nesterovs_momentum and e.momentum > 0),
    "rmsprop": lambda e: RMSprop(e.learning_rate_init, eps=e.epsilon),
}


class InverseScaling:
    """lr / (rows seen so far + 1)^power, after each epoch: learning_rate="invscaling"."""

    def __init__(self, lr, power):
        self.lr, self.power, self.seen = lr, power, 0

    def begin(self, net, x, t):
        self.n = len(x)

    def __call__(self, net, epoch, record):
        self.seen += self.n
        net.optimizer.lr = self.lr / (self.seen + 1) ** self.power


def trains_by_parts(estimator):
    """Whether the estimator has partial_fit; an AttributeError that says why not."""
    if estimator.early_stopping:
        raise AttributeError("partial_fit does not go with early_stopping=True, which needs rows to hold out; use fit")
    if getattr(estimator, "class_weight", None) == "balanced":
        raise AttributeError('partial_fit does not go with class_weight="balanced", which needs all rows; pass a dictionary')
    return True


class Stopping(EarlyStopping):
    """Early stopping as estimators have it: on the loss it puts no weights back, and a decay comes before the end.

    With decay, a number, the learning rate is multiplied by it where training would stop, as long as it is above 1e-6.
    """

    def __init__(self, monitor, patience, min_delta, decay=None):
        super().__init__(monitor, patience, min_delta)
        self.decay = decay

    def __call__(self, net, epoch, record):
        super().__call__(net, epoch, record)
        if self.monitor == "loss":
            self.params = None
        if self.stopped and self.decay is not None and net.optimizer.lr > 1e-6:
            net.optimizer.lr *= self.decay
            self.waited, self.stopped = 0, False
        return self.stopped


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
        if is_new:
            self._build(X.dtype)
        stopped = self._train(X, y, sample_weight, self.max_iter, self._stopping)
        if not stopped:
            warnings.warn(f"the {self.max_iter} epochs of max_iter are over, and the training has not converged; see "
                          "loss_curve_, and give it more epochs or a larger learning_rate_init", ConvergenceWarning, stacklevel=3)
        return self

    def _build(self, dtype):
        """Make the network, and copies of all that has a memory, so that the parameters stay as they are."""
        seed, self._split_seed = check_random_state(self.random_state).randint(2**31, size=2).tolist()
        layers = [*self._hidden_layers(), Dense(self._n_outputs()), *self._last_activation()]
        self.network_ = Sequential(layers, self.n_features_in_, loss=self._loss(), rng=seed, dtype=dtype)
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

    def _train(self, X, y, sample_weight, epochs, *more_callbacks):
        """Make so many epochs, or fewer; whether a callback has ended them."""
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


class NetClassifier(ClassifierMixin, Net):
    """A network that classifies, as a scikit-learn estimator. It stands where MLPClassifier stood, with its parameters,

        hidden_layer_sizes=(100,), activation="relu", solver="adam", alpha=0.0001, batch_size="auto", learning_rate="constant",
        learning_rate_init=0.001, power_t=0.5, max_iter=200, shuffle=True, random_state=None, tol=1e-4, verbose=False,
        warm_start=False, momentum=0.9, nesterovs_momentum=True, early_stopping=False, validation_fraction=0.1, beta_1=0.9,
        beta_2=0.999, epsilon=1e-8, n_iter_no_change=10

    of which some take more: activation also "leaky_relu", "elu", "gelu", "silu", "softplus" or a Layer; solver also
    "rmsprop" or an Optimizer; learning_rate_init also a schedule. And these are new:

    loss           "cross_entropy", "squared_error" (of probabilities), "absolute_error", "huber", or a Loss
    dropout        the share of hidden units left out in training, in [0, 1)
    class_weight   a dictionary from class to weight, or "balanced"; multiplies sample_weight
    layers         hidden layers, a list of layers, in place of hidden_layer_sizes, activation and dropout; the last
                   Dense, with an output for each class, is added to them
    callbacks      a function f(net, epoch, record) or a list of them, as for Sequential.fit

    Layers, optimizer, loss and callbacks are copied for each training, so that the parameters stay as they were given.
    It computes in float32 if X is float32, else in float64. With early_stopping it holds out validation_fraction of the rows,
    in the shares of the classes, and puts back the best weights when it stops; else it stops when the loss becomes no
    better. alpha is the factor of alpha/2 Σ W² per row of a batch, as in MLPClassifier.

    After fit: classes_, n_features_in_, feature_names_in_, network_ (a Sequential), history_, n_iter_, loss_curve_, loss_,
    best_loss_, and with early_stopping validation_scores_ and best_validation_score_.

    >>> X, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), ["no", "yes", "yes", "no"]
    >>> clf = NetClassifier(8, "tanh", learning_rate_init=0.1, random_state=0).fit(X, y)
    >>> clf.predict(X)
    array(['no', 'yes', 'yes', 'no'], dtype='<U3')
    """

    _parameter_constraints = {**Net._parameter_constraints, "class_weight": [dict, StrOptions({"balanced"}), None]}
    _validation_score = "val_accuracy"

    def __init__(self, hidden_layer_sizes=(100,), activation="relu", *, solver="adam", alpha=0.0001, batch_size="auto",
                 learning_rate="constant", learning_rate_init=0.001, power_t=0.5, max_iter=200, shuffle=True,
                 random_state=None, tol=1e-4, verbose=False, warm_start=False, momentum=0.9, nesterovs_momentum=True,
                 early_stopping=False, validation_fraction=0.1, beta_1=0.9, beta_2=0.999, epsilon=1e-8,
                 n_iter_no_change=10, loss="cross_entropy", dropout=0.0, class_weight=None, layers=None, callbacks=None):
        super().__init__(
            hidden_layer_sizes, activation, solver=solver, alpha=alpha, batch_size=batch_size, learning_rate=learning_rate,
            learning_rate_init=learning_rate_init, power_t=power_t, max_iter=max_iter, shuffle=shuffle,
            random_state=random_state, tol=tol, verbose=verbose, warm_start=warm_start, momentum=momentum,
            nesterovs_momentum=nesterovs_momentum, early_stopping=early_stopping, validation_fraction=validation_fraction,
            beta_1=beta_1, beta_2=beta_2, epsilon=epsilon, n_iter_no_change=n_iter_no_change, loss=loss, dropout=dropout,
            layers=layers, callbacks=callbacks)
        self.class_weight = class_weight

    @available_if(trains_by_parts)
    @with_callbacks
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """One more epoch, on these rows. The first call needs all the classes there will be."""
        self._validate_params()
        is_new = "network_" not in vars(self)
        if is_new and classes is None:
            raise ValueError("the first call of partial_fit needs all the classes there will be: classes=np.unique(all_y)")
        if not is_new and classes is not None and not np.array_equal(self.classes_, np.unique(classes)):
            raise ValueError(f"classes is {classes!r}, and this estimator has begun with {self.classes_}")
        X, y = self._checked(X, y, is_new, classes)
        if is_new:
            self._build(X.dtype)
        self._train(X, y, sample_weight, epochs=1)
        return self

    def _checked(self, X, y, is_new, classes=None):
        """X, and y with one label of classes_ for each row."""
        X, y = validate_data(self, X, y, reset=is_new, multi_output=True, dtype=(np.float64, np.float32))
        if y.ndim == 2 and y.shape[1] > 1:
            raise ValueError(f"y has shape {y.shape}, and {type(self).__name__} takes one label for each row; for one-hot rows "
                             "pass y.argmax(axis=1), for rows with several labels use sklearn.multioutput.MultiOutputClassifier")
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        if is_new:
            self.classes_ = np.unique(y if classes is None else classes)
        unknown = np.setdiff1d(y, self.classes_).tolist()
        if unknown:
            raise ValueError(f"y has the class {unknown[0]!r}, and this estimator has begun with {self.classes_}")
        return X, y

    def _targets(self, y):
        return np.searchsorted(self.classes_, y)

    def _weights(self, t, sample_weight):
        w = super()._weights(t, sample_weight)
        if self.class_weight is None:
            return w
        w = np.ones(len(t)) if w is None else w
        if self.class_weight == "balanced":
            weight_of_class = np.bincount(t, weights=w, minlength=len(self.classes_))
            share = 1 / np.count_nonzero(weight_of_class)  # for each class that has any weight
            factors = share * w.sum() / np.where(weight_of_class, weight_of_class, 1)
        else:
            factors = np.array([self.class_weight.get(label, 1.0) for label in self.classes_.tolist()])
        return weights_of(w * factors[t], len(t), np.float64)

    def _split(self, t):
        return super()._split(t, classes=t)

    def _n_outputs(self):
        return max(2, len(self.classes_))

    def _build(self, dtype):
        super()._build(dtype)
        if len(self.classes_) == 1:  # the second output is never right
            last = [layer for layer in self.network_.layers if isinstance(layer, Dense)][-1]
            last.b = [0, -1000]

    def _last_activation(self):
        """What makes probabilities of the last Dense's outputs, if the loss does not."""
        loss = self._loss()
        if type(loss).predict is not Loss.predict:
            return []
        return [Sigmoid() if loss.binary else Softmax()]

    # ---- what it says ----

    def _logits(self, X):
        """What softmax makes probabilities of, (n, classes)."""
        x, net = self._rows(X), self.network_
        layers = net.layers[:-1] if isinstance(net.layers[-1], (Softmax, Sigmoid)) else net.layers
        logits = np.concatenate([outputs(layers, x[i:i + net.block]) for i in range(0, len(x), net.block)])
        if net.loss.binary:
            logits = -np.logaddexp(0, -logits)  # log sigmoid: of one yes or no for each class, softmax makes the sum 1
        return logits[:, :len(self.classes_)]

    def decision_function(self, X):
        """Logits, whose softmax is predict_proba: (n, classes), and for two classes (n,), the second minus the first."""
        logits = self._logits(X)
        return logits[:, 1] - logits[:, 0] if len(self.classes_) == 2 else logits

    def predict_log_proba(self, X):
        """The logarithms of the probabilities (n, classes), finite also where a probability rounds to 0."""
        logits = self._logits(X)
        logits = logits - logits.max(axis=1, keepdims=True)
        return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))

    def predict_proba(self, X):
        """The probability of each class (n, classes), in the order of classes_."""
        return np.exp(self.predict_log_proba(X))

    def predict(self, X):
        """The class of each row (n,)."""
        rows = self._logits(X).argmax(axis=1)
        return self.classes_[rows]


class NetRegressor(RegressorMixin, Net):
    """A network for regression, as a scikit-learn estimator, where MLPRegressor stood.

    The parameters are those of NetClassifier, without class_weight, and

    loss    "squared_error", "absolute_error", "huber", or a Loss; the first three are means over rows and outputs

    y is (n,), or (n, k) for k numbers a row. With early_stopping, validation_scores_ are R².

    >>> X = np.linspace(-1, 1, 50)[:, None]
    >>> y = 10 * X[:, 0] ** 2
    >>> reg = NetRegressor(learning_rate_init=0.01, max_iter=1000, tol=1e-3, random_state=0).fit(X, y)
    >>> bool(reg.score(X, y) > 0.95)
    True
    """

    _parameter_constraints = {**Net._parameter_constraints, "loss": [StrOptions(set(LOSSES) - {"cross_entropy"}), Loss]}
    _validation_score = "val_r2"

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    @available_if(trains_by_parts)
    @with_callbacks
    def partial_fit(self, X, y, sample_weight=None):
        """One more epoch, on these rows."""
        self._validate_params()
        is_new = "network_" not in vars(self)
        X, y = self._checked(X, y, is_new)
        if is_new:
            self._build(X.dtype)
        self._train(X, y, sample_weight, epochs=1)
        return self

    def _checked(self, X, y, is_new):
        X, y = validate_data(self, X, y, reset=is_new, multi_output=True, y_numeric=True, dtype=(np.float64, np.float32))
        if is_new:
            self.n_outputs_ = y.shape[1] if y.ndim == 2 else 1
        return X, y

    def _scorers(self, x, t, w):
        def add_r2(net, epoch, record):  # which a network does not report for targets that could be classes
            if "val_r2" not in record:
                record["val_r2"] = r2(net.predict(x), t.reshape(len(t), -1), w)
        return [add_r2]

    def _n_outputs(self):
        return self.n_outputs_

    def _last_activation(self):
        return []

    def predict(self, X):
        """The numbers for each row: (n,), or (n, k) if y had k columns and k > 1."""
        x = self._rows(X)
        y = self.network_.predict(x)
        return y[:, 0] if y.shape[1] == 1 else y


def outputs(layers, x):
    """What the last of the layers gives for the rows x, at inference."""
    with np.errstate(all="ignore"):
        for layer in layers:
            x, _ = layer.forward(x)
    return x
