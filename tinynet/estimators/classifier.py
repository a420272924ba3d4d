"""NetClassifier: a network that classifies, as a scikit-learn estimator."""

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from ..checks.arrays import as_finite, check_mask, multiply_weights
from ..checks.settings import as_real
from ..errors import warn
from ..layers import Dense, Sigmoid, Softmax
from ..losses import ClassLoss, Loss, SigmoidCrossEntropy
from .base import Net, check_kind, has_partial_fit
from .factories import LOSSES, make_loss
from .sklearn_callbacks import with_callbacks


class NetClassifier(ClassifierMixin, Net):
    """A network that classifies, as a scikit-learn estimator. It stands where MLPClassifier stood,
    with its parameters,

        hidden_layer_sizes=(100,), activation="relu", solver="adam", alpha=0.0001,
        batch_size="auto", learning_rate="constant", learning_rate_init=0.001, power_t=0.5,
        max_iter=200, shuffle=True, random_state=None, tol=1e-4, verbose=False, warm_start=False,
        momentum=0.9, nesterovs_momentum=True, early_stopping=False, validation_fraction=0.1,
        beta_1=0.9, beta_2=0.999, epsilon=1e-8, n_iter_no_change=10

    of which some take more: activation also "leaky_relu", "gelu" and so on, the name of any
    activation, or a Layer; solver also "rmsprop", "adamw" or an Optimizer; learning_rate_init also
    a schedule. And these are new:

    loss           "cross_entropy" (the default), "squared_error" (of probabilities),
                   "absolute_error", "huber", the name of another loss, or a Loss
    dropout        the share of hidden units left out in training, in [0, 1); 0
    class_weight   a dictionary from class to weight (1 for a class that is missing), or "balanced";
                   multiplies sample_weight; None
    layers         hidden layers, a list of layers, in place of hidden_layer_sizes, activation and
                   dropout; the last Dense is added to them; None
    callbacks      a function f(net, epoch, record) or a list of them, as for Sequential.fit; None

    Layers, optimizer, loss and callbacks are copied for each training, so that the parameters stay
    as they were given. It computes in float32 if X is float32, else in float64. With early_stopping
    it holds out validation_fraction of the rows, in the shares of the classes, and puts back the
    best weights when it stops; else it stops when the loss becomes no better. alpha is the factor
    of alpha/2 Σ W² per row of a batch, as in MLPClassifier. There is an output for each class; for
    two classes and loss="cross_entropy" there is one, the log-odds of the second. Dense layers,
    also those in `layers`, begin with biases on [-limit, limit], limit = √(6 / (n_in + n_out)).

    After fit: classes_ (k,), n_features_in_, feature_names_in_, network_ (a Sequential), history_,
    n_iter_, loss_curve_, loss_, best_loss_, and with early_stopping validation_scores_ and
    best_validation_score_.

    Errors: ValueError for parameters, X and y that cannot be used, NotFittedError before fit,
    DivergenceError in training.

    >>> X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> y = ["no", "yes", "yes", "no"]
    >>> clf = NetClassifier(8, "tanh", learning_rate_init=0.1, random_state=0).fit(X, y)
    >>> clf.predict(X)
    array(['no', 'yes', 'yes', 'no'], dtype='<U3')
    """

    _parameter_constraints = {**Net._parameter_constraints,
                              "class_weight": [dict, StrOptions({"balanced"}), None]}
    _validation_score = "val_accuracy"

    def __init__(self, hidden_layer_sizes=(100,), activation="relu", *, solver="adam", alpha=0.0001,
                 batch_size="auto",
                 learning_rate="constant", learning_rate_init=0.001, power_t=0.5, max_iter=200,
                 shuffle=True,
                 random_state=None, tol=1e-4, verbose=False, warm_start=False, momentum=0.9,
                 nesterovs_momentum=True,
                 early_stopping=False, validation_fraction=0.1, beta_1=0.9, beta_2=0.999,
                 epsilon=1e-8,
                 n_iter_no_change=10, loss="cross_entropy", dropout=0.0, class_weight=None,
                 layers=None, callbacks=None):
        super().__init__(
            hidden_layer_sizes, activation, solver=solver, alpha=alpha, batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init, power_t=power_t, max_iter=max_iter,
            shuffle=shuffle,
            random_state=random_state, tol=tol, verbose=verbose, warm_start=warm_start,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum, early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            beta_1=beta_1, beta_2=beta_2, epsilon=epsilon, n_iter_no_change=n_iter_no_change,
            loss=loss, dropout=dropout,
            layers=layers, callbacks=callbacks)
        self.class_weight = class_weight

    @property
    def _losses(self):
        return LOSSES | {"cross_entropy": SigmoidCrossEntropy} if self._has_one_output() else LOSSES

    @available_if(has_partial_fit)
    @with_callbacks
    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """One more epoch, on these rows; returns the estimator. The first call needs all the
        classes there will be.

        X, y, sample_weight and errors as for fit. Not with early_stopping, nor with
        class_weight="balanced".
        """
        self._validate_params()
        is_new = "network_" not in vars(self)
        if is_new and classes is None:
            raise ValueError("the first call of partial_fit needs all the classes there will be: "
                             "classes=np.unique(all_y)")
        if classes is not None:
            if np.ndim(classes) != 1:
                raise ValueError(f"classes is {classes!r:.100}; it must be a list or an array of "
                                 "labels")
            if not is_new and not np.array_equal(self.classes_, np.unique(classes)):
                raise ValueError(f"classes is {classes!r:.100}, and this estimator has begun with "
                                 f"{self.classes_}; for other classes make a new one")
        return self._fit_one_epoch(X, y, sample_weight, is_new, classes=classes)

    def _checked(self, X, y, is_new, classes=None):
        """X, and y with one label of classes_ for each row."""
        check_kind("X", X)
        check_mask("y", y)
        X, y = validate_data(self, X, y, reset=is_new, multi_output=True,
                             dtype=(np.float64, np.float32))
        if y.ndim == 2 and y.shape[1] > 1:
            raise ValueError(f"y has shape {y.shape}, and {type(self).__name__} takes one label "
                             "for each row; for one-hot rows pass y.argmax(axis=1), for rows with "
                             "several labels use sklearn.multioutput.MultiOutputClassifier")
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        if is_new:
            self.classes_ = np.unique(y if classes is None else classes)
        unknown = np.setdiff1d(y, self.classes_).tolist()
        if unknown:
            raise ValueError(f"y has the class {unknown[0]!r}, and there are {self.classes_}: "
                             "those of the first fit, or of `classes`; for other classes make a "
                             "new estimator")
        return X, y

    def _targets(self, y):
        return np.searchsorted(self.classes_, y)

    def _weights(self, t, sample_weight):
        w = super()._weights(t, sample_weight)
        if self.class_weight is None:
            return w
        w = np.ones(len(t)) if w is None else w
        if self.class_weight == "balanced":
            weight_of_class = np.bincount(t, weights=w)
            share = 1 / np.count_nonzero(weight_of_class)  # for each class that has any weight
            factors = share * w.sum() / np.where(weight_of_class, weight_of_class, 1)
        else:
            weights = {label: as_real(f"class_weight of {label}", weight, "[0, inf)")
                       for label, weight in self.class_weight.items()}
            factors = np.array([weights.get(label, 1.0) for label in self.classes_])
            strange = weights.keys() - set(self.classes_)
            if strange and not set(self.classes_) <= weights.keys():
                warn(f"class_weight has {', '.join(sorted(map(repr, strange)))}, not among the "
                     f"classes {self.classes_}")
        if not np.any((w > 0) & (factors[t] > 0)):
            raise ValueError(f"class_weight={self.class_weight!r} leaves every row with the weight "
                             "0")
        multiply_weights("sample_weight times class_weight", [w, factors[t]], self.network_.dtype)
        with np.errstate(over="ignore"):
            return as_finite("sample_weight times class_weight", w * factors[t], np.float64)

    def _classes(self, t):
        return t

    def _has_one_output(self):
        """Whether there is one output, the log-odds of the second class, as in MLPClassifier."""
        return (len(self.classes_) == 2 and isinstance(self.loss, str)
                and self.loss == "cross_entropy")

    def _n_outputs(self):
        return 1 if self._has_one_output() else max(2, len(self.classes_))

    def _make_network(self, dtype):
        super()._make_network(dtype)
        if len(self.classes_) == 1:  # the second output is never right
            if isinstance(self.network_.loss, ClassLoss):
                self.network_.loss.label_smoothing = 0.0
            last = [layer for layer in self.network_.layers if isinstance(layer, Dense)][-1]
            last.b = [0, -1000]

    def _last_activation(self):
        """What makes probabilities of the last Dense's outputs, if the loss does not."""
        loss = make_loss(self)
        if type(loss).predict is not Loss.predict:
            return []
        return [Sigmoid() if loss.binary else Softmax()]

    # ---- what it says ----

    def _logits(self, X):
        """What softmax makes probabilities of, (n, classes)."""
        x, net = self._rows(X), self.network_
        layers = net.layers[:-1] if isinstance(net.layers[-1], (Softmax, Sigmoid)) else net.layers
        logits = np.concatenate([run_layers(layers, x[i:i + net._rows_at_once])
                                 for i in range(0, len(x), net._rows_at_once)])
        if logits.shape[1] == 1:
            # the log-odds of the second class, as two logits
            return np.concatenate([np.zeros_like(logits), logits], axis=1)
        if net.loss.binary:
            # log sigmoid: of one yes or no for each class, softmax makes the sum 1
            logits = -np.logaddexp(0, -logits)
        return logits[:, :len(self.classes_)]

    def decision_function(self, X):
        """For two classes the log-odds of the second (n,), else the logarithms of the probabilities
        (n, classes).
        """
        logits = self._logits(X)
        return logits[:, 1] - logits[:, 0] if len(self.classes_) == 2 else _log_softmax(logits)

    def predict_log_proba(self, X):
        """The logarithms of the probabilities (n, classes), finite also where a probability rounds
        to 0.
        """
        return _log_softmax(self._logits(X))

    def predict_proba(self, X):
        """The probability of each class (n, classes), in the order of classes_."""
        return np.exp(self.predict_log_proba(X))

    def predict(self, X):
        """The class of each row (n,)."""
        best = self._logits(X).argmax(axis=1)
        return self.classes_[best]


def _log_softmax(logits):
    logits = logits - logits.max(axis=1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def run_layers(layers, x):
    """What the last of the layers gives for the rows x, at inference."""
    with np.errstate(all="ignore"):
        for layer in layers:
            x, _ = layer.forward(x)
    return x
