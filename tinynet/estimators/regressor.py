"""NetRegressor: a network for regression, as a scikit-learn estimator."""

from contextlib import suppress

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import validate_data

from ..checks.arrays import check_mask
from ..losses import Loss
from ..training.metrics import r2
from .base import Net, check_kind, has_partial_fit
from .factories import REGRESSION_LOSSES
from .sklearn_callbacks import with_callbacks


class NetRegressor(RegressorMixin, Net):
    """A network for regression, as a scikit-learn estimator, where MLPRegressor stood.

    The parameters are those of NetClassifier, without class_weight, and

    loss    "squared_error" (the default): half the squared error, summed over the outputs, as in
            MLPRegressor; "absolute_error", "huber" or another by its name: means over rows and
            outputs; or a Loss

    y is (n,), or (n, k) for k numbers a row. With early_stopping, validation_scores_ are R². After
    fit there is n_outputs_ in place of classes_.

    >>> X = np.linspace(-1, 1, 50)[:, None]
    >>> y = 10 * X[:, 0] ** 2
    >>> reg = NetRegressor(learning_rate_init=0.01, max_iter=1000, tol=1e-3, random_state=0)
    >>> bool(reg.fit(X, y).score(X, y) > 0.95)
    True
    """

    _parameter_constraints = {**Net._parameter_constraints,
                              "loss": [StrOptions(set(REGRESSION_LOSSES)), Loss]}
    _losses = REGRESSION_LOSSES
    _validation_score = "val_r2"

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    @available_if(has_partial_fit)
    @with_callbacks
    def partial_fit(self, X, y, sample_weight=None):
        """One more epoch, on these rows; returns the estimator. X, y, sample_weight and errors as
        for fit.
        """
        self._validate_params()
        return self._fit_one_epoch(X, y, sample_weight, is_new="network_" not in vars(self))

    def _checked(self, X, y, is_new):
        check_kind("X", X)
        check_mask("y", y)
        X, y = validate_data(self, X, y, reset=is_new, multi_output=True,
                             dtype=(np.float64, np.float32))
        if y.dtype == object and not any(isinstance(entry, str) for entry in y.flat):
            with suppress(ValueError, TypeError):
                y = y.astype(float)
        if y.dtype.kind not in "biuf":
            raise ValueError(f"y has dtype {y.dtype}, and {type(self).__name__} needs numbers; for "
                             "classes use NetClassifier")
        k = y.shape[1] if y.ndim == 2 else 1
        if is_new:
            self.n_outputs_ = k
        if k != self.n_outputs_:
            raise ValueError(f"y has {k} number{'s' * (k > 1)} a row, and this estimator has begun "
                             f"with {self.n_outputs_}")
        return X, y

    def _scorers(self, x, t, w):
        # which a network does not report for targets that could be classes
        def add_r2(net, epoch, record):
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
