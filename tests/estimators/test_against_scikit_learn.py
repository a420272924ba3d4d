"""A network with MLPClassifier's or MLPRegressor's weights, batches and optimizer follows it step
for step; and has its settings.
"""

import inspect
import math

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_wine
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import InvalidParameterError

import tinynet as tn

ACTIVATIONS = {"relu": tn.ReLU, "tanh": tn.Tanh, "logistic": tn.Sigmoid}
# scikit-learn's Adam adds eps to √v without the correction of v for the start, so eps must be too
# small to matter
OPTIMIZERS = {
    "sgd": ({"solver": "sgd", "learning_rate_init": 0.1, "momentum": 0.0}, lambda: tn.SGD(0.1)),
    "momentum": ({"solver": "sgd", "learning_rate_init": 0.1, "momentum": 0.9,
                  "nesterovs_momentum": False},
                 lambda: tn.SGD(0.1, 0.9)),
    "nesterov": ({"solver": "sgd", "learning_rate_init": 0.1, "momentum": 0.9},
                 lambda: tn.SGD(0.1, 0.9, nesterov=True)),
    "adam": ({"solver": "adam", "learning_rate_init": 0.01, "epsilon": 1e-100},
             lambda: tn.Adam(0.01, eps=1e-100)),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("load", [load_wine, load_digits])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_network_follows_mlpclassifier_for_three_epochs(optimizer, activation, load):
    x, labels = load(return_X_y=True)
    x = StandardScaler().fit_transform(x)[::3]
    labels = labels[::3]
    theirs, ours = OPTIMIZERS[optimizer]
    settings = dict(hidden_layer_sizes=(16, 8), activation=activation, alpha=0, batch_size=25,
                    shuffle=False, random_state=0,
                    n_iter_no_change=100, warm_start=True, **theirs)
    # steps too small to move
    start = MLPClassifier(max_iter=1, **settings | {"learning_rate_init": 1e-300}).fit(x, labels)

    Activation = ACTIVATIONS[activation]
    net = tn.Sequential([tn.Dense(16), Activation(), tn.Dense(8), Activation(),
                         tn.Dense(len(set(labels)))],
                        x.shape[1], loss=tn.SoftmaxCrossEntropy(), dtype=np.float64)
    dense = net.layers[::2]
    for layer, W, b in zip(dense, start.coefs_, start.intercepts_):
        layer.W, layer.b = W, b

    for epochs in (1, 2, 3):
        net.fit(x, labels, optimizer=ours() if epochs == 1 else None, epochs=1, batch_size=25,
                shuffle=False)
        reference = MLPClassifier(max_iter=epochs, **settings).fit(x, labels)
        for layer, W, b in zip(dense, reference.coefs_, reference.intercepts_):
            np.testing.assert_allclose(layer.W, W, rtol=0, atol=1e-10 * np.abs(W).max())
            np.testing.assert_allclose(layer.b, b, rtol=0, atol=1e-10 * np.abs(b).max())
        assert net.history["loss"] == pytest.approx(reference.loss_curve_, rel=1e-10)
    np.testing.assert_allclose(net.predict(x), reference.predict_proba(x), rtol=1e-8)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("settings",
                         [dict(solver="sgd", learning_rate_init=0.1),
                          dict(learning_rate_init=0.01, epsilon=1e-100)],
                         ids=["sgd", "adam"])
def test_a_regressor_follows_mlpregressor_for_five_epochs_with_the_same_parameters(settings, k):
    x = StandardScaler().fit_transform(load_wine().data)
    x, t = x[:, k:], x[:, :k]
    settings = dict(hidden_layer_sizes=(8,), activation="tanh", alpha=5.0, batch_size=len(x),
                    shuffle=False, random_state=0,
                    n_iter_no_change=100, warm_start=True) | settings
    start, still = (MLPRegressor(max_iter=1, **settings | {"learning_rate_init": 1e-300}),
                    {"learning_rate_init": 1e-300})
    start.fit(x, t if k > 1 else t[:, 0])
    reg = tn.NetRegressor(max_iter=1, **settings | still).fit(x, t)
    for layer, W, b in zip(reg.network_.layers[::2], start.coefs_, start.intercepts_):
        layer.W, layer.b = W, b
    reg.set_params(max_iter=5, **settings).fit(x, t)
    reference = MLPRegressor(max_iter=5, **settings).fit(x, t if k > 1 else t[:, 0])
    for layer, W, b in zip(reg.network_.layers[::2], reference.coefs_, reference.intercepts_):
        np.testing.assert_allclose(layer.W, W, rtol=0, atol=1e-10 * np.abs(W).max())
        np.testing.assert_allclose(layer.b, b, rtol=0, atol=1e-10 * np.abs(b).max())
    np.testing.assert_allclose(np.array(reg.history_["loss"][1:]) / k + reg.history_["penalty"][1:],
                               reference.loss_curve_, rtol=1e-10)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("settings", [
    dict(solver="sgd", learning_rate_init=0.1, tol=1e-3),
    dict(solver="sgd", learning_rate="adaptive", learning_rate_init=0.1, tol=0.01, momentum=0.0),
    dict(solver="sgd", learning_rate="invscaling", learning_rate_init=0.5, tol=1e-3, momentum=0.0),
    dict(learning_rate_init=0.01, epsilon=1e-100, alpha=200.0),
    dict(learning_rate_init=1e-300, tol=0.0, max_iter=30)],
    ids=["sgd", "adaptive", "invscaling", "adam, with a large alpha", "a loss that stays the same"])
def test_a_classifier_follows_mlpclassifier_to_its_end_with_the_same_parameters(settings, k):
    x, labels = load_wine(return_X_y=True)
    x, labels = StandardScaler().fit_transform(x)[:160:2], labels[:160:2] % k
    settings = dict(hidden_layer_sizes=(8,), activation="tanh", alpha=0.5, batch_size=20,
                    shuffle=False, random_state=0,
                    n_iter_no_change=5, max_iter=400, warm_start=True) | settings
    # one epoch that moves nothing
    still = settings | dict(learning_rate_init=1e-300, max_iter=1, n_iter_no_change=400)
    start, clf = MLPClassifier(**still).fit(x, labels), tn.NetClassifier(**still).fit(x, labels)
    for layer, W, b in zip(clf.network_.layers[::2], start.coefs_, start.intercepts_):
        layer.W, layer.b = W, b
    clf.set_params(**settings).fit(x, labels)
    reference = MLPClassifier(**settings).fit(x, labels)
    assert clf.n_iter_ - 1 == reference.n_iter_ > 10
    np.testing.assert_allclose(clf.loss_curve_[1:], reference.loss_curve_, rtol=1e-8)
    np.testing.assert_allclose(clf.predict_proba(x), reference.predict_proba(x), rtol=0, atol=1e-8)


# ---- settings ----

PAIRS = [(tn.NetClassifier, MLPClassifier), (tn.NetRegressor, MLPRegressor)]


@pytest.mark.parametrize("ours, theirs", PAIRS)
def test_every_default_is_the_one_of_the_same_name_there(ours, theirs):
    defaults = {p.name: p.default for p in inspect.signature(ours).parameters.values()}
    shared = [p for p in inspect.signature(theirs).parameters.values() if p.name in defaults]
    assert len(shared) >= 20
    assert {p.name: defaults[p.name] for p in shared} == {p.name: p.default for p in shared}


def takes(cls, name, value):
    """Whether a setting may have this value."""
    try:
        cls(**{name: value})._validate_params()
        return True
    except InvalidParameterError:
        return False


VALUES = [-1, -0.5, 0, 0.0, 0.5, 1, 1.0, 1.5, 2, math.inf, math.nan, True, False, "x", None]


@pytest.mark.parametrize("ours, theirs", PAIRS)
def test_every_setting_takes_what_the_one_of_the_same_name_takes_there(ours, theirs):
    shared = inspect.signature(ours).parameters.keys() & inspect.signature(theirs).parameters
    different = {(name, value) for name in shared for value in VALUES
                 if takes(ours, name, value) != takes(theirs, name, value)}
    # with momentum 1 no step would ever fade
    assert {name for name, _ in different} <= {"momentum"}
    assert {value for _, value in different} == {1}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_each_random_state_draws_other_weights():
    weights = {tn.NetClassifier(2, max_iter=1, learning_rate_init=1e-300, tol=0,
                                random_state=seed).fit([[0.0], [1.0]], [0, 1])
               .network_.params.tobytes() for seed in range(100)}
    assert len(weights) == 100


def test_partial_fit_makes_an_epoch_at_the_same_rate_however_little_is_gained():
    clf = tn.NetClassifier(2, solver="sgd", learning_rate="adaptive", tol=1e9, n_iter_no_change=1,
                           random_state=0)
    for epochs in range(1, 6):
        clf.partial_fit([[0.0], [1.0]], [0, 1], classes=[0, 1])
        assert clf.n_iter_ == len(clf.history_) == epochs
    assert clf.history_["lr"] == [0.001] * 5
