"""NetClassifier and NetRegressor: scikit-learn's own checks, and what the estimators promise beyond
them.
"""

import copy
import pickle
import signal
import subprocess
import sys
import time
import warnings
from multiprocessing.pool import ThreadPool
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from scipy.special import expit, log_softmax, softmax
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import Ridge
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight
from sklearn.utils.estimator_checks import (check_dataframe_column_names_consistency,
                                            check_param_validation, parametrize_with_checks)
from threadpoolctl import threadpool_limits

import tinynet as tn
from tinynet import NetClassifier, NetRegressor
from tinynet.estimators.stopping import hold_out_rows

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# Weights of rows are not repetitions where the number of rows counts: with rows held out, dropout,
# BatchNorm and
# learning_rate="invscaling". Those are below.
SETTINGS = [
    NetClassifier(),
    NetClassifier(solver="sgd", batch_size=32, loss="squared_error", learning_rate_init=0.1),
    NetClassifier((20, 10), "tanh", solver=tn.Adam(0.01), alpha=0),
    NetClassifier(solver="rmsprop", loss=tn.SigmoidCrossEntropy()),
    NetClassifier(activation="silu", learning_rate_init=tn.CosineDecay(0.01, 200), loss="huber"),
    NetClassifier(activation=tn.GELU(), solver="sgd", learning_rate="adaptive",
                  learning_rate_init=0.1, class_weight={1: 2.0}),
    NetClassifier(layers=[tn.Dense(20), tn.Tanh(), tn.LayerNorm(), tn.Dense(10), tn.ReLU()],
                  loss=tn.BinaryCrossEntropy(),
                  learning_rate_init=0.01),
    NetClassifier(solver="sgd", learning_rate_init=0.01, nesterovs_momentum=False, shuffle=False,
                  loss=tn.SoftmaxCrossEntropy(label_smoothing=0.1)),
    NetClassifier(solver=tn.AdamW(0.01), loss=tn.CrossEntropy(), class_weight="balanced"),
    NetRegressor(),
    NetRegressor((30, 20), "softplus", loss="huber", solver="rmsprop", learning_rate_init=0.01),
    NetRegressor(layers=[tn.Dense(20), tn.ELU(), tn.Dense(10), tn.Tanh()],
                 loss=tn.MeanAbsoluteError(), solver="sgd",
                 learning_rate="adaptive", learning_rate_init=0.01),
    NetRegressor(solver=tn.SGD(0.01, momentum=0.5), loss="absolute_error", batch_size=64, alpha=0.1,
                 activation="identity"),
]
EACH = pytest.mark.parametrize("Estimator", [NetClassifier, NetRegressor])


# ---- scikit-learn's checks ----

@parametrize_with_checks(SETTINGS[::6])
def test_a_check_of_scikit_learn_passes(estimator, check):
    check(estimator)


@pytest.mark.long
@parametrize_with_checks([each for i, each in enumerate(SETTINGS) if i % 6])
def test_a_check_of_scikit_learn_passes_with_other_settings(estimator, check):
    check(estimator)


@EACH
@pytest.mark.parametrize("check",
                         [check_param_validation, check_dataframe_column_names_consistency])
def test_a_check_that_scikit_learn_runs_on_its_own_estimators_passes(check, Estimator):
    check(Estimator.__name__, Estimator(max_iter=5))


# ---- what the tests below train on ----

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 5))
y3 = rng.integers(0, 3, 60)
numbers = X[:, 0] ** 2 - X[:, 1]
digits, digit = load_digits(return_X_y=True)
digits = digits / 16
iris, species = load_iris(return_X_y=True)


def targets(Estimator):
    return y3 if Estimator is NetClassifier else numbers


def few(Estimator=NetClassifier, **settings):
    """An estimator for six epochs of four batches."""
    settings = dict(hidden_layer_sizes=(8,), max_iter=6, batch_size=16, random_state=0, tol=0,
                    n_iter_no_change=1000) | settings
    return Estimator(**settings)


def bits(estimator):
    net = estimator.network_
    return net.params.tobytes(), net.state.tobytes()


def assert_same_training(first, second):
    assert bits(first) == bits(second)
    assert first.loss_curve_ == second.loss_curve_
    assert first.predict(X).tobytes() == second.predict(X).tobytes()


def watcher():
    """A callback, a function and so not copied, that writes down the records, and the x and t
    trained on.
    """
    def watch(net, epoch, record):
        watch.records.append(record)

    def begin(net, x, t):
        watch.x, watch.t = x, t

    watch.records, watch.begin = [], begin
    return watch


# ---- going on ----

OPTIMIZERS = {
    "sgd": dict(solver="sgd", momentum=0.0, learning_rate_init=0.1),
    "momentum": dict(solver="sgd", nesterovs_momentum=False, learning_rate_init=0.1),
    "nesterov": dict(solver="sgd", learning_rate_init=0.1),
    "adam": dict(solver="adam"),
    "rmsprop": dict(solver="rmsprop"),
    "AdamW": dict(solver=tn.AdamW(0.01)),
    "a schedule": dict(solver=tn.Adam(tn.CosineDecay(0.01, 24))),
    "invscaling": dict(solver="sgd", learning_rate="invscaling", learning_rate_init=0.1),
}
WITH_EACH_OPTIMIZER = pytest.mark.parametrize("optimizer", OPTIMIZERS)
WITH_OTHER_LAYERS = pytest.mark.parametrize("layers", [
    {}, {"dropout": 0.3}, {"layers": [tn.Dense(8), tn.BatchNorm(), tn.ReLU(), tn.Dropout(0.3)]}],
    ids=["plain", "dropout", "running statistics"])


def by_parts(estimator, t):
    for _ in range(6):
        estimator.partial_fit(X, t,
                              **({"classes": [0, 1, 2]} if isinstance(estimator, NetClassifier)
                                 else {}))
    return estimator


@EACH
@WITH_EACH_OPTIMIZER
@WITH_OTHER_LAYERS
def test_three_epochs_and_three_more_by_warm_start_are_six_to_the_bit(Estimator, optimizer, layers):
    settings, t = OPTIMIZERS[optimizer] | layers, targets(Estimator)
    whole = few(Estimator, **settings).fit(X, t)
    parts = few(Estimator, max_iter=3, warm_start=True, **settings).fit(X, t).fit(X, t)
    assert parts.n_iter_ == 6
    assert_same_training(parts, whole)


@EACH
@WITH_EACH_OPTIMIZER
@WITH_OTHER_LAYERS
def test_six_calls_of_partial_fit_are_six_epochs_to_the_bit(Estimator, optimizer, layers):
    settings, t = OPTIMIZERS[optimizer] | layers, targets(Estimator)
    assert_same_training(by_parts(few(Estimator, **settings), t),
                         few(Estimator, **settings).fit(X, t))


@EACH
def test_the_epochs_change_what_they_are_compared_by(Estimator):
    assert bits(few(Estimator, max_iter=5).fit(X, targets(Estimator))) != bits(
        few(Estimator).fit(X, targets(Estimator)))
    assert bits(few(Estimator, dropout=0.3).fit(X,
                                                targets(Estimator))) != bits(
                                                    few(Estimator).fit(X, targets(Estimator)))


@EACH
@pytest.mark.parametrize("settings",
                         [dict(early_stopping=True), dict(early_stopping=True, dropout=0.3),
                          dict(solver="sgd", learning_rate="adaptive", tol=1e9,
                               n_iter_no_change=1)])
def test_warm_start_keeps_to_the_rows_held_out_and_to_the_epochs_without_progress(
        Estimator, settings):
    t = targets(Estimator)
    whole = few(Estimator, **settings).fit(X, t)
    parts = few(Estimator, max_iter=3, warm_start=True, **settings).fit(X, t).fit(X, t)
    assert_same_training(parts, whole)
    assert whole.history_["lr"] == parts.history_["lr"]
    if "early_stopping" in settings:
        assert whole.validation_scores_ == parts.validation_scores_


@EACH
def test_warm_start_goes_on_in_a_copy_that_was_pickled_as_in_the_original(Estimator):
    t = targets(Estimator)
    first = few(Estimator, warm_start=True, dropout=0.3).fit(X, t)
    copy = pickle.loads(pickle.dumps(first))
    assert_same_training(copy, first)
    assert_same_training(copy.fit(X, t), first.fit(X, t))


@EACH
def test_without_warm_start_fitting_again_begins_anew(Estimator):
    estimator = few(Estimator, dropout=0.3).fit(X, targets(Estimator))
    first = bits(estimator)
    assert bits(estimator.fit(X, targets(Estimator))) == first and estimator.n_iter_ == 6


@EACH
def test_warm_start_refuses_another_number_of_columns(Estimator):
    estimator = few(Estimator, warm_start=True).fit(X, targets(Estimator))
    with pytest.raises(ValueError, match="X has 4 features, but .* is expecting 5 features"):
        estimator.fit(X[:, :4], targets(Estimator))


@pytest.mark.parametrize("change, optimizer", [
    (dict(solver="rmsprop"), tn.RMSprop(0.01)), (dict(solver=tn.SGD(0.1)), tn.SGD(0.1)),
    (dict(beta_1=0.5), tn.Adam(0.01, 0.5)),
    (dict(learning_rate_init=0.05), tn.Adam(0.05)),
    (dict(learning_rate_init=tn.StepDecay(0.1, 4)), tn.Adam(tn.StepDecay(0.1, 4)))], ids=str)
def test_another_optimizer_at_a_warm_start_begins_without_a_memory(change, optimizer):
    clf = few(max_iter=3, warm_start=True, learning_rate_init=0.01).fit(X, y3)
    net = copy.deepcopy(clf.network_)
    net.fit(X, y3, optimizer=optimizer, epochs=3, batch_size=16, l2=0.0001 / 16, verbose=0)
    clf.set_params(**change).fit(X, y3)
    assert clf.network_.params.tobytes() == net.params.tobytes()


@EACH
@pytest.mark.parametrize("first, then, rates", [
    ({}, dict(learning_rate="invscaling"), [0.1, 0.1, 0.1, 0.1 / 61 ** 0.5, 0.1 / 121 ** 0.5]),
    (dict(learning_rate="invscaling"), dict(learning_rate="constant"),
     [0.1, 0.1 / 61 ** 0.5, 0.1, 0.1, 0.1]),
    ({}, dict(learning_rate="adaptive"), [0.1, 0.1, 0.1, 0.1, 0.1, 0.02]),
    (dict(learning_rate="adaptive", solver="rmsprop"), dict(solver="sgd"),
     [0.1, 0.1, 0.1, 0.1, 0.1, 0.02])], ids=str)
def test_another_way_to_change_the_rate_begins_at_a_warm_start(Estimator, first, then, rates):
    # two epochs of 60 rows, and at most four more, of which the first is the best: the third ends
    # it, or divides the rate
    settings = dict(warm_start=True, solver="sgd", learning_rate_init=0.1, max_iter=2, tol=1e9,
                    n_iter_no_change=1) | first
    estimator = few(Estimator, **settings).fit(X, targets(Estimator))
    estimator.set_params(max_iter=4, **then).fit(X, targets(Estimator))
    np.testing.assert_allclose(estimator.history_["lr"], rates, rtol=1e-12)


@EACH
@pytest.mark.parametrize("first, then", [(dict(tol=0, n_iter_no_change=1), dict(tol=1e9)),
                                         (dict(tol=1e9, n_iter_no_change=1000),
                                          dict(n_iter_no_change=1))], ids=str)
def test_another_end_at_a_warm_start_counts_from_there(Estimator, first, then):
    estimator = few(Estimator, warm_start=True, max_iter=3, batch_size=60, **first).fit(
        X, targets(Estimator))
    assert estimator.n_iter_ == 3
    # of the epochs that follow, the first is the best, and two more end it
    assert estimator.set_params(max_iter=50, **then).fit(X, targets(Estimator)).n_iter_ == 3 + 3


@EACH
@pytest.mark.parametrize("change", [dict(tol=1e-9), dict(n_iter_no_change=999), dict(callbacks=[])],
                         ids=str)
def test_an_optimizer_keeps_its_memory_if_something_else_changes_at_a_warm_start(Estimator, change):
    parts = few(Estimator, max_iter=3, warm_start=True).fit(X, targets(Estimator))
    assert_same_training(parts.set_params(**change).fit(X, targets(Estimator)),
                         few(Estimator).fit(X, targets(Estimator)))


@EACH
@pytest.mark.parametrize("change", [dict(learning_rate_init=0.01), dict(callbacks=[])], ids=str)
def test_epochs_without_progress_are_still_counted_if_something_else_changes_at_a_warm_start(
        Estimator, change):
    estimator = few(Estimator, warm_start=True, max_iter=3, tol=1e9, n_iter_no_change=3).fit(
        X, targets(Estimator))
    estimator.set_params(max_iter=50, **change).fit(X, targets(Estimator))
    assert estimator.n_iter_ == 1 + 4  # the first is the best


@EACH
def test_callbacks_that_come_at_a_warm_start_hear_of_the_epochs_from_there_on(Estimator):
    watch = watcher()
    estimator = few(Estimator, warm_start=True, max_iter=3).fit(X, targets(Estimator))
    estimator.set_params(callbacks=watch).fit(X, targets(Estimator))
    assert [record["loss"] + record["penalty"]
            for record in watch.records] == estimator.loss_curve_[3:]
    estimator.set_params(callbacks=None).fit(X, targets(Estimator))
    assert estimator.n_iter_ == 9 and len(watch.records) == 3


@EACH
def test_early_stopping_can_begin_at_a_warm_start(Estimator):
    watch, t, params = watcher(), targets(Estimator), []
    estimator = few(Estimator, warm_start=True, max_iter=2, tol=1e9, n_iter_no_change=1,
                    callbacks=[watch, lambda net, epoch,
                               record: params.append(net.params.tobytes())]).fit(X, t)
    assert len(watch.x) == 60
    estimator.set_params(early_stopping=True, max_iter=50).fit(X, t)
    assert (len(watch.x) == 54
            and np.isnan(estimator.validation_scores_).tolist() == [True] * 2 + [False] * 3)
    best = 2 + np.argmax(estimator.validation_scores_[2:])
    assert estimator.network_.params.tobytes() == params[best]


@EACH
def test_early_stopping_can_end_at_a_warm_start(Estimator):
    watch, t = watcher(), targets(Estimator)
    estimator = few(Estimator, warm_start=True, early_stopping=True, max_iter=2, tol=1e9,
                    n_iter_no_change=1, callbacks=watch)
    estimator.fit(X, t).set_params(early_stopping=False, max_iter=50).fit(X, t)
    assert len(watch.x) == 60 and estimator.n_iter_ == 2 + 3
    assert [any(name.startswith("val_") for name in record)
            for record in watch.records] == [True] * 2 + [False] * 3


@EACH
@pytest.mark.parametrize("change, names", [
    (dict(hidden_layer_sizes=(9,)), "hidden_layer_sizes"), (dict(activation="tanh"), "activation"),
    (dict(dropout=0.1), "dropout"), (dict(layers=[tn.Dense(8), tn.ReLU()]), "layers"),
    (dict(loss="huber"), "loss"),
    (dict(loss="huber", activation=tn.GELU()), "activation and loss")])
def test_a_network_that_is_there_cannot_become_another_one(Estimator, change, names):
    estimator = few(Estimator, warm_start=True).fit(X, targets(Estimator))
    before = bits(estimator)
    for go_on in estimator.set_params(**change).fit, estimator.partial_fit:
        with pytest.raises(ValueError, match=f"^{names} changed"):
            go_on(X, targets(Estimator))
    assert bits(estimator) == before and estimator.n_iter_ == 6
    assert estimator.set_params(warm_start=False).fit(X, targets(Estimator)).n_iter_ == 6


@EACH
@pytest.mark.parametrize("given, same", [
    (dict(hidden_layer_sizes=(8,)), dict(hidden_layer_sizes=[8])),
    (dict(hidden_layer_sizes=(8,)), dict(hidden_layer_sizes=8)),
    (dict(hidden_layer_sizes=(8, 4)), dict(hidden_layer_sizes=np.array([8, 4]))),
    (dict(dropout=0.0), dict(dropout=0)),
    (dict(layers=[tn.Dense(8)]), dict(layers=(tn.Dense(8),))),
    (dict(layers=[]), dict(layers=[], activation="tanh"))], ids=str)
def test_another_way_to_write_the_same_network_is_no_change(Estimator, given, same):
    estimator = few(Estimator, warm_start=True, max_iter=3, **given).fit(X, targets(Estimator))
    six = few(Estimator, **given).fit(X, targets(Estimator))
    assert_same_training(estimator.set_params(**same).fit(X, targets(Estimator)), six)


def named_rate(rate):
    def schedule(step):
        return rate
    return schedule


@pytest.mark.parametrize("first, then", [
    (dict(learning_rate_init=named_rate(0.1)), dict(learning_rate_init=named_rate(0.5))),
    (dict(solver=tn.SGD(named_rate(0.1))), dict(solver=tn.SGD(named_rate(0.5))))], ids=str)
def test_functions_of_the_same_name_are_not_the_same(first, then):
    clf = few(warm_start=True, max_iter=1, **first).fit(X, y3).set_params(**then).fit(X, y3)
    assert clf.history_["lr"] == [0.1, 0.5]


def test_a_setting_that_is_changed_within_an_object_counts():
    clf = few(warm_start=True, max_iter=1, solver=tn.SGD(0.1)).fit(X, y3)
    clf.solver.lr = 0.5
    assert clf.fit(X, y3).history_["lr"] == [0.1, 0.5]


class Constant:
    """A schedule of one's own, without a repr."""

    def __call__(self, steps):
        return 0.01


def test_warm_start_goes_on_in_a_copy_that_was_pickled_with_a_schedule_of_ones_own():
    first = few(warm_start=True, max_iter=3, learning_rate_init=Constant()).fit(X, y3)
    copied = pickle.loads(pickle.dumps(first))
    assert_same_training(copied.fit(X, y3), first.fit(X, y3))


# ---- when it fails ----

WITH_EACH_ERROR = pytest.mark.parametrize("y, settings, weights, message", [
    (y3 + 5, {}, np.ones(59), r"sample_weight has shape \(59,\)"),
    (np.eye(3)[y3], {}, None, "one-hot"),
    (y3 + 5, {"layers": [tn.Dense(1), tn.LayerNorm()]}, None, "LayerNorm"),
    (y3 + 5, {"callbacks": tn.EarlyStopping()}, None, "early_stopping=True"),
    (y3 + 5, {"solver": "sgd", "learning_rate_init": 1e300}, None, "diverged in epoch 1")],
    ids=["weights", "one-hot", "layers", "callbacks", "divergence"])


@WITH_EACH_ERROR
def test_a_fit_that_fails_leaves_a_fitted_classifier_as_it_was(y, settings, weights, message):
    clf, plain = few().fit(X, y3), few().get_params()
    with pytest.raises((ValueError, tn.DivergenceError), match=message):
        clf.set_params(**settings).fit(X[:, :4], y, weights)
    assert clf.classes_.tolist() == [0, 1, 2]
    assert_same_training(clf, few().fit(X, y3))
    assert_same_training(clf.set_params(**plain | {"warm_start": True}).fit(X, y3),
                         few(max_iter=12).fit(X, y3))


def test_a_fit_of_more_outputs_that_fails_leaves_a_fitted_regressor_as_it_was():
    reg = few(NetRegressor).fit(X, numbers)
    with pytest.raises(ValueError, match="sample_weight"):
        reg.fit(X, np.stack([numbers, numbers], axis=1), np.ones(59))
    assert_same_training(reg.set_params(warm_start=True).fit(X, numbers),
                         few(NetRegressor, max_iter=12).fit(X, numbers))


@WITH_EACH_ERROR
def test_a_first_fit_that_fails_leaves_nothing_behind(y, settings, weights, message):
    clf = few(**settings)
    for fit in clf.fit, lambda X, y, w: clf.partial_fit(X, y, classes=[5, 6, 7], sample_weight=w):
        with pytest.raises((ValueError, tn.DivergenceError), match=message):
            fit(X, y, weights)
        assert [name for name in vars(clf) if name not in clf.get_params()] == []


@EACH
def test_a_first_fit_that_is_refused_leaves_the_estimator_unfitted(Estimator):
    estimator = few(Estimator)
    with pytest.raises(ValueError, match="zero"):
        estimator.fit(X, targets(Estimator), sample_weight=np.zeros(60))
    with pytest.raises(NotFittedError):
        estimator.predict(X)


def test_a_new_training_that_diverges_in_its_first_epoch_leaves_a_fitted_regressor_as_it_was():
    settings = dict(solver="sgd", shuffle=False, layers=[tn.Dense(8), tn.BatchNorm(), tn.ReLU()])
    reg = few(NetRegressor, **settings).fit(X, numbers)
    with pytest.raises(tn.DivergenceError, match="batch 4"):
        reg.fit(X, np.where(np.arange(60) == 59, 1e200, numbers))  # in the last of four batches
    assert_same_training(reg, few(NetRegressor, **settings).fit(X, numbers))
    reg.set_params(warm_start=True).fit(X, numbers)
    assert_same_training(reg, few(NetRegressor, max_iter=12, **settings).fit(X, numbers))


@EACH
def test_after_ctrl_c_a_first_fit_has_made_the_epochs_before_it(Estimator):
    def interrupt(net, epoch, record):
        if epoch == 3:
            raise KeyboardInterrupt

    estimator = few(Estimator, callbacks=interrupt)
    with pytest.raises(KeyboardInterrupt):
        estimator.fit(X, targets(Estimator))
    assert_same_training(estimator, few(Estimator, max_iter=3).fit(X, targets(Estimator)))


# ---- many processes ----

@pytest.fixture(scope="module")
def searched():
    """A function () -> the bits of five cross-validated losses, in the parallel configuration it is
    called in.
    """
    estimator = make_pipeline(StandardScaler(),
                              NetClassifier((16,), max_iter=8, random_state=0, dropout=0.1))

    def search(n_jobs):
        with threadpool_limits(1):
            return cross_val_score(estimator, digits[:300], digit[:300], cv=5,
                                   scoring="neg_log_loss", n_jobs=n_jobs).tobytes()
    search.alone = search(1)
    return search


@pytest.mark.long
@pytest.mark.parametrize("backend",
                         [dict(backend="loky", inner_max_num_threads=1), dict(backend="threading")],
                         ids=["loky", "threading"])
def test_two_jobs_give_the_bits_of_one(searched, backend):
    with parallel_config(**backend):
        assert searched(n_jobs=2) == searched.alone


@pytest.mark.long
def test_a_dask_cluster_gives_the_bits_of_one_process(searched):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True,
                                  dashboard_address=None) as cluster:
        with distributed.Client(cluster) as client, parallel_config(backend="dask"):
            assert searched(n_jobs=2) == searched.alone
            loaded = client.run(lambda: "tinynet.estimators" in sys.modules)
    assert list(loaded.values()) == [True, True]


# ---- Ctrl-C ----

SEARCH = """
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from tinynet import NetClassifier

def watch(net, epoch, record):
    pass

watch.begin = lambda net, x, t: print("fit", flush=True)
X, y = load_digits(return_X_y=True)
clf = NetClassifier(max_iter=10**6, tol=0, n_iter_no_change=10**6, callbacks=watch)
try:
    GridSearchCV(clf, {"hidden_layer_sizes": [10, 20, 30]}, cv=3).fit(X / 16, y)
except KeyboardInterrupt:
    print("interrupted", flush=True)
    raise
"""


@pytest.mark.long
def test_a_grid_search_ends_on_ctrl_c_and_does_not_go_on_with_the_next_candidate():
    process = subprocess.Popen([sys.executable, "-c", SEARCH], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "fit\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    pressed = time.perf_counter()
    try:
        out, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert time.perf_counter() - pressed < 5
    assert out == "interrupted\n"
    assert errors.rstrip().endswith("KeyboardInterrupt") and process.returncode == -signal.SIGINT


# ---- labels ----

LABELS = {
    "strings": np.array(["virginica", "setosa", "versicolor"]),
    "strings of Python": np.array(["c", "a", "b"], dtype=object),
    "negative integers": np.array([7, -3, 0]),
    "unsigned integers": np.array([200, 0, 7], dtype=np.uint8),
    "whole floats": np.array([2.0, -1.0, 0.0]),
    "booleans": np.array([True, False]),
}


def learner(**settings):
    settings = dict(hidden_layer_sizes=(20,), learning_rate_init=0.05, max_iter=40,
                    random_state=0) | settings
    return NetClassifier(**settings)


@pytest.mark.parametrize("kind", LABELS)
def test_labels_come_back_as_they_were_given(kind):
    names = LABELS[kind]
    y = names[species % len(names)]
    clf = learner().fit(iris, y)
    assert clf.classes_.tolist() == sorted(names.tolist()) and clf.classes_.dtype == names.dtype
    predicted = clf.predict(iris)
    assert predicted.dtype == y.dtype and set(predicted.tolist()) <= set(names.tolist())
    assert clf.score(iris, y) == accuracy_score(y, predicted) == (predicted == y).mean()


def test_names_of_labels_change_nothing_but_the_names():
    names = np.array(["a", "b", "c"])
    plain, named = learner().fit(iris, species), learner().fit(iris, names[species])
    assert bits(plain) == bits(named)
    np.testing.assert_array_equal(named.predict(iris), names[plain.predict(iris)])
    assert plain.score(iris, species) > 0.95


def test_columns_of_probabilities_stand_in_the_order_of_the_classes():
    names = np.array(["z", "a", "m"])
    clf = learner().fit(iris, names[species])
    assert clf.classes_.tolist() == ["a", "m", "z"]
    np.testing.assert_array_equal(clf.classes_[clf.predict_proba(iris).argmax(axis=1)],
                                  clf.predict(iris))
    # the first species, easily told, is "z"
    assert (clf.predict_proba(iris)[species == 0].argmax(axis=1) == 2).all()


@pytest.mark.parametrize("loss",
                         ["cross_entropy", "squared_error", tn.SigmoidCrossEntropy(),
                          tn.BinaryCrossEntropy(),
                          tn.CrossEntropy(label_smoothing=0.1),
                          tn.SoftmaxCrossEntropy(label_smoothing=0.1)], ids=str)
@pytest.mark.parametrize("label", ["only", 3, False])
def test_of_a_single_class_everything_is_certain(label, loss):
    clf = few(loss=loss).fit(X, [label] * 60)
    assert clf.predict(X).tolist() == [label] * 60
    np.testing.assert_array_equal(clf.predict_proba(X), np.ones((60, 1)))
    np.testing.assert_array_equal(clf.predict_log_proba(X), np.zeros((60, 1)))
    assert clf.score(X, [label] * 60) == 1


def test_one_hot_rows_are_refused_with_the_way_to_labels():
    one_hot = np.eye(3)[y3]
    with pytest.raises(ValueError,
                       match=r"y has shape \(60, 3\).*for one-hot rows pass y\.argmax\(axis=1\)"):
        few().fit(X, one_hot)
    with pytest.raises(ValueError, match=r"pass y\.argmax\(axis=1\)"):
        few().partial_fit(X, one_hot, classes=[0, 1, 2])
    few().fit(X, one_hot.argmax(axis=1))


def test_numbers_that_are_no_labels_are_refused():
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        few().fit(X, numbers)


# ---- probabilities ----

LOSSES = {
    "cross_entropy": "cross_entropy", "squared_error": "squared_error",
    "absolute_error": "absolute_error", "huber": "huber",
    "SoftmaxCrossEntropy": tn.SoftmaxCrossEntropy(label_smoothing=0.1),
    "CrossEntropy": tn.CrossEntropy(),
    "SigmoidCrossEntropy": tn.SigmoidCrossEntropy(), "BinaryCrossEntropy": tn.BinaryCrossEntropy(),
    "MeanSquaredError": tn.MeanSquaredError(),
}
WITH_EACH_LOSS = pytest.mark.parametrize("loss", LOSSES)


def by_hand(clf, x):
    """The outputs of the last Dense of an estimator with one hidden layer of ReLU."""
    first, second = (layer for layer in clf.network_.layers if isinstance(layer, tn.Dense))
    return np.maximum(x @ first.W + first.b, 0) @ second.W + second.b


@WITH_EACH_LOSS
@pytest.mark.parametrize("k", [2, 3])
def test_probabilities_have_the_sum_1_and_the_largest_is_what_is_predicted(loss, k):
    y = np.array(["a", "b", "c"])[y3 % k]
    clf = few(loss=LOSSES[loss]).fit(X, y)
    p = clf.predict_proba(X)
    assert p.shape == (60, k) and (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_array_equal(clf.classes_[p.argmax(axis=1)], clf.predict(X))
    np.testing.assert_allclose(np.exp(clf.predict_log_proba(X)), p, rtol=1e-14)


@WITH_EACH_LOSS
def test_probabilities_of_three_classes_are_the_softmax_of_the_decision_function(loss):
    clf = few(loss=LOSSES[loss]).fit(X, y3)
    assert clf.decision_function(X).shape == (60, 3)
    np.testing.assert_allclose(clf.predict_proba(X), softmax(clf.decision_function(X), axis=1),
                               rtol=1e-13)


@WITH_EACH_LOSS
def test_the_decision_function_of_three_classes_is_the_logarithm_of_the_probabilities(loss):
    # so that columns can be compared between rows, as calibration does
    clf = few(loss=LOSSES[loss]).fit(X, y3)
    np.testing.assert_array_equal(clf.decision_function(X), clf.predict_log_proba(X))


@pytest.mark.parametrize("loss, outputs",
                         [("cross_entropy", 1), ("huber", 2), (tn.SoftmaxCrossEntropy(), 2)],
                         ids=str)
def test_two_classes_and_cross_entropy_take_one_output(loss, outputs):
    assert few(loss=loss).fit(X, y3 > 0).network_.output_shape == (outputs,)


@WITH_EACH_LOSS
@pytest.mark.parametrize("k", [2, 3])
def test_the_history_has_the_accuracy_with_every_loss(loss, k):
    history = few(loss=LOSSES[loss], early_stopping=True).fit(X, y3 % k).history_
    assert ({"accuracy", "val_accuracy"} <= set(history.columns)
            and not {"r2", "val_r2"} & set(history.columns))


@WITH_EACH_LOSS
def test_the_probability_of_the_second_of_two_classes_is_the_sigmoid_of_the_decision_function(loss):
    clf = few(loss=LOSSES[loss]).fit(X, y3 > 0)
    assert clf.decision_function(X).shape == (60,)
    np.testing.assert_allclose(clf.predict_proba(X)[:, 1], expit(clf.decision_function(X)),
                               rtol=1e-13)
    np.testing.assert_array_equal(clf.decision_function(X) > 0, clf.predict(X))


@WITH_EACH_LOSS
def test_probabilities_are_those_of_the_network_and_of_a_pass_by_hand(loss):
    clf = few(loss=LOSSES[loss]).fit(X, y3)
    x = by_hand(clf, X)
    if "Sigmoid" in loss or "Binary" in loss:  # a yes or no for each class
        expected, outputs = expit(x) / expit(x).sum(axis=1, keepdims=True), expit(x)
    else:
        expected = outputs = softmax(x, axis=1)
    np.testing.assert_allclose(clf.network_.predict(X), outputs, rtol=1e-12)
    np.testing.assert_allclose(clf.predict_proba(X), expected, rtol=1e-12)


@WITH_EACH_LOSS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", [2, 3])
def test_logarithms_are_finite_and_right_where_probabilities_round_to_0(loss, dtype, k):
    clf = few(loss=LOSSES[loss]).fit(X.astype(dtype), y3 % k)
    last = [layer for layer in clf.network_.layers if isinstance(layer, tn.Dense)][-1]
    last.W = last.W * 1e5
    logits = by_hand(clf, X.astype(dtype)).astype(float)
    if "Sigmoid" in loss or "Binary" in loss:
        logits = -np.logaddexp(0, -logits)
    if logits.shape[1] == 1:
        logits = logits * [0, 1]  # the log-odds of the second class
    log_p = clf.predict_log_proba(X.astype(dtype))
    assert (clf.predict_proba(X.astype(dtype)) == 0).any()
    assert np.isfinite(log_p).all()
    # float32 logits of 1e5 are known to 1e5 · 2⁻²⁴ for each of the eight terms of a sum
    np.testing.assert_allclose(log_p, log_softmax(logits, axis=1), rtol=0,
                               atol=8 * np.abs(logits).max() * np.finfo(dtype).eps)


def test_many_rows_are_predicted_as_they_are_one_by_one():
    clf = few().fit(X, y3)
    many = np.tile(X, (200, 1))
    np.testing.assert_array_equal(clf.predict(many), np.tile(clf.predict(X), 200))
    np.testing.assert_allclose(clf.predict_proba(many), np.tile(clf.predict_proba(X), (200, 1)),
                               rtol=1e-13)


def test_numbers_that_overflow_on_the_way_are_not_warned_of():
    # LayerNorm divides by the root of the mean of d², which is ∞ in float32 for d ~ 1e30; of its
    # output, beta is left
    clf = few(layers=[tn.LayerNorm()]).fit(X.astype(np.float32), y3)
    first, last = clf.network_.layers
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        p = clf.predict_proba(X.astype(np.float32) * np.float32(1e30))
    np.testing.assert_allclose(p, np.tile(softmax(first.beta @ last.W + last.b), (60, 1)),
                               rtol=1e-6)


@EACH
def test_an_estimator_that_is_not_fitted_says_so(Estimator):
    estimator = Estimator()
    with pytest.raises(NotFittedError):
        estimator.predict(X)
    for name in ("history_", "n_iter_", "loss_curve_", "loss_", "best_loss_", "validation_scores_",
                 "network_", "classes_"):
        assert not hasattr(estimator, name)


# ---- partial_fit ----

def test_the_first_partial_fit_needs_the_classes():
    with pytest.raises(ValueError,
                       match=r"first call of partial_fit needs all the classes.*np\.unique"):
        few().partial_fit(X, y3)


@pytest.mark.parametrize("classes", [{0, 1, 2}, 3, [[0, 1, 2]]])
def test_classes_that_are_no_list_are_refused(classes):
    with pytest.raises(ValueError, match="^classes is .*; it must be a list or an array of labels"):
        few().partial_fit(X, y3, classes=classes)


def test_partial_fit_refuses_another_number_of_outputs():
    reg = few(NetRegressor).partial_fit(X, numbers)
    with pytest.raises(ValueError,
                       match="^y has 2 numbers a row, and this estimator has begun with 1"):
        reg.partial_fit(X, np.stack([numbers, numbers], axis=1))


def test_classes_that_come_later_can_be_announced():
    clf = few().partial_fit(X[:20], ["a"] * 20, classes=["c", "a", "b"])
    assert clf.classes_.tolist() == ["a", "b", "c"] and clf.predict_proba(X).shape == (60, 3)
    clf.partial_fit(X, np.array(["a", "b", "c"])[y3])
    assert clf.n_iter_ == 2


def test_partial_fit_refuses_a_class_that_was_not_announced():
    with pytest.raises(ValueError, match="y has the class 2, "):
        few().partial_fit(X, y3, classes=[0, 1])
    clf = few().partial_fit(X, y3 % 2, classes=[0, 1])
    with pytest.raises(ValueError, match=r"y has the class 2, and there are \[0 1\]"):
        clf.partial_fit(X, y3)


def test_partial_fit_refuses_other_classes_than_those_it_began_with():
    clf = few().partial_fit(X, y3, classes=[0, 1, 2])
    clf.partial_fit(X, y3, classes=[2, 1, 0])
    with pytest.raises(ValueError, match="classes is .* has begun with"):
        clf.partial_fit(X, y3, classes=[0, 1, 2, 3])


def test_warm_start_refuses_a_class_that_is_new():
    clf = few(warm_start=True).fit(X, y3 % 2)
    with pytest.raises(ValueError, match="y has the class 2, "):
        clf.fit(X, y3)


@EACH
def test_there_is_no_partial_fit_with_early_stopping(Estimator):
    assert hasattr(Estimator(), "partial_fit")
    estimator = Estimator(early_stopping=True)
    assert not hasattr(estimator, "partial_fit")
    with pytest.raises(AttributeError) as error:
        estimator.partial_fit
    assert "early_stopping=True, which needs rows to hold out; use fit" in str(
        error.value.__cause__)


def test_there_is_no_partial_fit_with_balanced_classes():
    assert not hasattr(NetClassifier(class_weight="balanced"), "partial_fit")
    assert hasattr(NetClassifier(class_weight={0: 2.0}), "partial_fit")


# ---- weights ----

NAMES = np.array(["few", "many"])
uneven = NAMES[(np.arange(60) % 5 > 0).astype(int)]
CLASS_WEIGHTS = [{"few": 4.0, "many": 0.5}, {"few": 3.0}, "balanced"]


@pytest.mark.parametrize("class_weight", CLASS_WEIGHTS, ids=str)
@pytest.mark.parametrize("alpha", [0, 0.01])
def test_class_weight_is_the_sample_weight_of_the_rows(class_weight, alpha):
    w = compute_sample_weight(class_weight, uneven)
    by_class = few(class_weight=class_weight, alpha=alpha).fit(X, uneven)
    by_row = few(alpha=alpha).fit(X, uneven, sample_weight=w)
    np.testing.assert_allclose(by_class.network_.params, by_row.network_.params, rtol=0, atol=1e-12)
    np.testing.assert_allclose(by_class.loss_curve_, by_row.loss_curve_, rtol=1e-12)
    assert np.abs(by_row.network_.params
                  - few(alpha=alpha).fit(X, uneven).network_.params).max() > 1e-4


def test_class_weight_and_sample_weight_multiply():
    w = rng.uniform(0.5, 2, 60)
    by_class = few(class_weight={"few": 4.0}, alpha=0).fit(X, uneven, sample_weight=w)
    by_row = few(alpha=0).fit(X, uneven, sample_weight=w * np.where(uneven == "few", 4.0, 1.0))
    np.testing.assert_allclose(by_class.network_.params, by_row.network_.params, rtol=0, atol=1e-12)


def test_class_weight_goes_by_labels_of_every_kind():
    for names in ([False, True], [-5, 3], ["a", "b"],
                  np.array(["2020-01-01", "2020-01-02"], "datetime64[D]")):
        y = np.array(names)[y3 % 2]
        by_class = few(class_weight={names[1]: 3.0}, alpha=0).fit(X, y)
        by_row = few(alpha=0).fit(X, y, sample_weight=np.where(y3 % 2, 3.0, 1.0))
        np.testing.assert_allclose(by_class.network_.params, by_row.network_.params, rtol=0,
                                   atol=1e-12)


def test_balanced_weights_are_those_of_the_classes_that_have_rows():
    w = (y3 < 2).astype(float)
    known = dict(enumerate(compute_class_weight("balanced", classes=np.arange(2), y=y3[y3 < 2])))
    for x, y, weights in ((X, y3, w), (X[y3 < 2], y3[y3 < 2], None)):
        balanced, explicit = (
            few(max_iter=1, warm_start=True, alpha=1.0).partial_fit(X, y3, classes=[0, 1, 2])
            .set_params(class_weight=class_weight).fit(x, y, weights)
            for class_weight in ("balanced", known))
        np.testing.assert_allclose(balanced.network_.params, explicit.network_.params, rtol=0,
                                   atol=1e-13)
        np.testing.assert_allclose(balanced.loss_curve_, explicit.loss_curve_, rtol=1e-13)


def test_a_misspelt_class_in_class_weight_is_warned_of_where_fit_is_called():
    with pytest.warns(UserWarning, match="class_weight has 'fwe', not among the classes") as caught:
        few(class_weight={"fwe": 4.0}, tol=1e9, n_iter_no_change=1).fit(X, uneven)
    assert [warning.filename for warning in caught] == [__file__]


def test_class_weight_may_have_more_classes_than_there_are():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        few(class_weight={"few": 4.0, "many": 1.0,
                          "none": 2.0}, tol=1e9, n_iter_no_change=1).fit(X, uneven)


@pytest.mark.parametrize("weights, message", [
    ([1.0] * 11 + [0.0] + [1.0] * 47 + [1e-40],
     "sample_weight is so much smaller in row 59 than in row 0"),
    ([1.0] * 11 + [1e-40] + [1.0] * 48,
     "sample_weight is so much smaller in row 11 than in row 0")])
def test_a_weight_that_would_vanish_is_named_by_the_row_that_was_given(weights, message):
    with pytest.raises(ValueError, match=message):
        few(early_stopping=True).fit(X.astype(np.float32), y3, weights)


def test_weights_of_rows_and_classes_that_vanish_together_are_refused():
    with pytest.raises(ValueError,
                       match="sample_weight times class_weight is so much smaller in row"):
        few(class_weight={0: 1e-318}).fit(X, y3, np.full(60, 1e-10))
    with pytest.raises(ValueError, match="sample_weight times class_weight is inf in row"):
        few(class_weight={0: 1e300, 1: 1e300, 2: 1e300}).fit(X, y3, np.full(60, 1e14))


@pytest.mark.parametrize("weight", [-1.0, "2", None, np.nan])
def test_a_class_weight_is_a_number_that_is_not_negative(weight):
    with pytest.raises(ValueError, match="^class_weight of few is .*it must be a number in"):
        few(class_weight={"few": weight}).fit(X, uneven)


def full_batch(Estimator):
    return few(Estimator, solver="sgd", learning_rate_init=0.1, batch_size=200, max_iter=20,
               alpha=0.1)


@EACH
@pytest.mark.parametrize("settings", [
    dict(), dict(shuffle=False), dict(early_stopping=True), dict(dropout=0.3),
    dict(solver="sgd", learning_rate="invscaling"),
    dict(layers=[tn.Dense(8), tn.BatchNorm(), tn.ReLU()], batch_size=200)], ids=str)
def test_rows_with_weight_0_might_as_well_be_missing(Estimator, settings):
    t, w = targets(Estimator), np.where(np.arange(60) % 3, 2.0, 0.0)
    wild = np.where(w[:, None] > 0, X, 1e3)
    weighted = few(Estimator, **settings).fit(wild, t, sample_weight=w)
    assert_same_training(weighted,
                         few(Estimator, **settings).fit(X[w > 0], t[w > 0], sample_weight=w[w > 0]))
    # weights that are all the same are as good as none, but for alpha
    without = few(Estimator, alpha=0, **settings).fit(X[w > 0], t[w > 0])
    np.testing.assert_allclose(weighted.set_params(alpha=0).fit(wild, t,
                                                                sample_weight=w).network_.params,
                               without.network_.params, rtol=0, atol=1e-12)


def test_rows_of_a_class_with_weight_0_might_as_well_be_missing():
    layers = [tn.Dense(8), tn.BatchNorm(), tn.ReLU()]
    weighted, without = few(class_weight={2: 0}, layers=layers), few(layers=layers)
    for _ in range(3):
        weighted.partial_fit(X, y3, classes=[0, 1, 2])
        without.partial_fit(X[y3 < 2], y3[y3 < 2], classes=[0, 1, 2])
    np.testing.assert_allclose(weighted.network_.params, without.network_.params, rtol=0,
                               atol=1e-12)
    np.testing.assert_allclose(weighted.network_.state, without.network_.state, rtol=0, atol=1e-12)


@EACH
def test_weights_are_numbers_of_repetitions(Estimator):
    t, w = targets(Estimator), rng.integers(0, 4, 60)
    weighted = full_batch(Estimator).fit(X, t, sample_weight=w)
    repeated = full_batch(Estimator).fit(np.repeat(X, w, axis=0), np.repeat(t, w))
    np.testing.assert_allclose(weighted.network_.params, repeated.network_.params, rtol=0,
                               atol=1e-11)
    np.testing.assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-11)


@EACH
@pytest.mark.parametrize("w, message", [(np.zeros(60), "sample_weight is zero in every row"),
                                        (np.where(np.arange(60) == 7, -1.0, 1.0),
                                         "sample_weight is -1.0 in row 7"),
                                        (np.full(60, np.nan), "sample_weight is nan"),
                                        (np.ones(59), "there are 60 rows")])
def test_weights_that_make_no_sense_are_refused(Estimator, w, message):
    with pytest.raises(ValueError, match=message):
        few(Estimator).fit(X, targets(Estimator), sample_weight=w)


# ---- numbers and copies ----

@EACH
@pytest.mark.parametrize("given, computed",
                         [(np.float32, np.float32), (np.float64, np.float64),
                          (np.int64, np.float64),
                          (np.float16, np.float64), (bool, np.float64)])
def test_float32_is_computed_in_float32_and_all_else_in_float64(Estimator, given, computed):
    x = (X * 3).astype(given)
    estimator = few(Estimator).fit(x, targets(Estimator))
    assert estimator.network_.params.dtype == computed
    if Estimator is NetRegressor:
        assert estimator.predict(x).dtype == computed
    else:
        assert estimator.predict_proba(x).dtype == estimator.predict_log_proba(x).dtype == computed
        assert estimator.decision_function(x).dtype == computed


class Counting(tn.EarlyStopping):
    """A callback with a memory."""


@EACH
def test_fitting_leaves_the_parameters_as_they_are(Estimator):
    estimator = few(Estimator, layers=[tn.Dense(6), tn.BatchNorm(), tn.ReLU()],
                    solver=tn.Adam(0.01, 0.8),
                    callbacks=[Counting("loss", patience=50)], loss=tn.MeanSquaredError(),
                    activation=tn.Tanh())
    before, memory = estimator.get_params(), pickle.dumps(estimator.get_params())
    estimator.fit(X, targets(Estimator)).fit(X, targets(Estimator))
    after = estimator.get_params()
    assert all(after[name] is before[name] for name in before)
    assert pickle.dumps(after) == memory


@EACH
def test_a_fitted_estimator_can_be_cloned_and_its_clone_gives_the_same_bits(Estimator):
    estimator = few(Estimator, layers=[tn.Dense(6), tn.BatchNorm(), tn.ReLU(), tn.Dropout(0.2)],
                    solver=tn.RMSprop(),
                    callbacks=[Counting("loss", patience=50)])
    first = bits(estimator.fit(X, targets(Estimator)))
    copy = clone(estimator)
    assert not hasattr(copy, "network_")
    assert bits(copy.fit(X, targets(Estimator))) == first
    assert bits(estimator.fit(X, targets(Estimator))) == first


@EACH
def test_a_layer_may_stand_in_two_estimators_and_an_optimizer_too(Estimator):
    layers, solver = [tn.Dense(6), tn.ReLU()], tn.Adam()
    first, second = (few(Estimator, layers=layers, solver=solver),
                     few(Estimator, layers=layers, solver=solver))
    assert bits(first.fit(X, targets(Estimator))) == bits(second.fit(X, targets(Estimator)))
    assert first.network_.params is not second.network_.params


@EACH
def test_the_seed_decides(Estimator):
    t = targets(Estimator)
    assert bits(few(Estimator, random_state=1).fit(X, t)) != bits(few(Estimator).fit(X, t)) == bits(
        few(Estimator).fit(X, t))


@EACH
def test_a_random_state_is_drawn_from_at_each_fit(Estimator):
    t, random_state = targets(Estimator), np.random.RandomState(0)
    estimator = few(Estimator, random_state=random_state)
    first, second = bits(estimator.fit(X, t)), bits(estimator.fit(X, t))
    assert first == bits(few(Estimator, random_state=0).fit(X, t)) != second


@EACH
def test_with_a_seed_the_global_random_state_is_left_alone(Estimator):
    before = np.random.get_state()[1:3]
    few(Estimator, early_stopping=True, dropout=0.1).fit(X, targets(Estimator)).predict(X)
    after = np.random.get_state()[1:3]
    assert before[0].tobytes() == after[0].tobytes() and before[1] == after[1]


@EACH
def test_a_fitted_estimator_can_be_pickled(Estimator):
    estimator = few(Estimator, early_stopping=True).fit(X, targets(Estimator))
    copy = pickle.loads(pickle.dumps(estimator))
    assert_same_training(copy, estimator)
    assert copy.validation_scores_ == estimator.validation_scores_


@EACH
def test_layers_take_the_place_of_hidden_layer_sizes(Estimator):
    t = targets(Estimator)
    by_sizes = few(Estimator, hidden_layer_sizes=(7, 4), activation="elu", dropout=0.2).fit(X, t)
    by_layers = few(Estimator,
                    layers=[tn.Dense(7), tn.ELU(), tn.Dropout(0.2), tn.Dense(4), tn.ELU(),
                            tn.Dropout(0.2)],
                    dropout=0.9, activation="tanh").fit(X, t)
    assert_same_training(by_sizes, by_layers)


def test_a_whole_number_of_hidden_units_is_one_hidden_layer():
    assert bits(few(hidden_layer_sizes=8).fit(X, y3)) == bits(
        few(hidden_layer_sizes=(8,)).fit(X, y3))
    assert bits(few(hidden_layer_sizes=[8]).fit(X,
                                                y3)) == bits(
                                                    few(hidden_layer_sizes=np.array([8])).fit(
                                                        X, y3))


@pytest.mark.parametrize("layers", [(), []])
def test_without_hidden_layers_the_network_is_linear(layers):
    net = few(hidden_layer_sizes=layers).fit(X, y3).network_
    assert [type(layer) for layer in net.layers] == [tn.Dense] and net.params.size == 5 * 3 + 3


@pytest.mark.parametrize("name, layer",
                         [("relu", tn.ReLU), ("logistic", tn.Sigmoid), ("tanh", tn.Tanh),
                          ("gelu", tn.GELU),
                          ("silu", tn.SiLU), ("elu", tn.ELU), ("leaky_relu", tn.LeakyReLU),
                          ("softplus", tn.Softplus)])
def test_an_activation_is_known_by_its_name(name, layer):
    named = few(activation=name, hidden_layer_sizes=(8, 4)).fit(X, y3)
    assert [type(layer) for layer in named.network_.layers] == [tn.Dense, layer] * 2 + [tn.Dense]
    assert_same_training(named, few(activation=layer(), hidden_layer_sizes=(8, 4)).fit(X, y3))


@EACH
@pytest.mark.parametrize("settings, solver", [
    (dict(solver="adam", learning_rate_init=0.02, beta_1=0.7, beta_2=0.8, epsilon=0.1),
     tn.Adam(0.02, 0.7, 0.8, 0.1)),
    (dict(solver="sgd", learning_rate_init=0.02, momentum=0.0), tn.SGD(0.02)),
    (dict(solver="sgd", learning_rate_init=0.02, momentum=0.7), tn.SGD(0.02, 0.7, nesterov=True)),
    (dict(solver="sgd", learning_rate_init=0.02, momentum=0.7, nesterovs_momentum=False),
     tn.SGD(0.02, 0.7, nesterov=False)),
    (dict(solver="rmsprop", learning_rate_init=0.02, epsilon=0.1), tn.RMSprop(0.02, eps=0.1))],
                         ids=str)
def test_a_solver_known_by_its_name_has_all_its_settings(Estimator, settings, solver):
    t = targets(Estimator)
    assert_same_training(few(Estimator, **settings).fit(X, t),
                         few(Estimator, solver=solver).fit(X, t))


@EACH
@pytest.mark.parametrize("learning_rate", ["adaptive", "invscaling"])
@pytest.mark.parametrize("solver", ["adam", "rmsprop", tn.SGD(0.01)], ids=str)
def test_learning_rate_is_for_the_solver_sgd_alone(Estimator, learning_rate, solver):
    first, second = (few(Estimator, solver=solver, tol=1e9, n_iter_no_change=1,
                         learning_rate=name).fit(X, targets(Estimator))
                     for name in ("constant", learning_rate))
    assert_same_training(first, second)
    assert first.n_iter_ == 3


@EACH
def test_biases_begin_within_the_limits_of_the_weights(Estimator):
    estimator = Estimator((400,
                           300), solver=tn.SGD(0.0), max_iter=1, random_state=0).fit(
                               X, targets(Estimator))
    for layer in estimator.network_.layers[:4:2]:
        limit = (6 / sum(layer.W.shape)) ** 0.5
        assert 0.98 * limit < np.abs(layer.b).max() <= limit and abs(layer.b.mean()) < 0.1 * limit


@EACH
def test_without_shuffling_the_batches_are_the_rows_as_they_come(Estimator):
    settings, t = dict(shuffle=False, batch_size=30, max_iter=1), targets(Estimator)
    halves = few(Estimator, **settings)
    for rows in slice(30), slice(30, None):
        halves.partial_fit(X[rows], t[rows],
                           **({"classes": [0, 1, 2]} if Estimator is NetClassifier else {}))
    assert bits(halves) == bits(few(Estimator, **settings).fit(X, t))


@pytest.mark.parametrize("sizes, message", [
    ([[8, 4]], r"^each of hidden_layer_sizes is \[8, 4\]"),
    ([[8], [4, 2]], r"^each of hidden_layer_sizes is \[8\]"),
    ((8, 0), "^each of hidden_layer_sizes is 0"), (("8",), "^each of hidden_layer_sizes is '8'")],
                         ids=str)
def test_hidden_layer_sizes_are_whole_numbers(sizes, message):
    with pytest.raises(ValueError, match=message):
        few(hidden_layer_sizes=sizes).fit(X, y3)


def test_alpha_is_the_factor_of_half_the_squared_weights_per_row_of_a_batch():
    # loss + alpha / (2 · 60) Σ W², one full batch and plain steps of 1: W <- W - dW - alpha/60 W, b
    # <- b - db
    settings = dict(hidden_layer_sizes=(), solver="sgd", momentum=0.0, learning_rate_init=1.0,
                    max_iter=1, batch_size=60)
    before, plain = (few(**settings | {"learning_rate_init": 1e-300}).fit(X, y3),
                     few(alpha=0, **settings).fit(X, y3))
    decayed = few(alpha=3.0, **settings).fit(X, y3)
    W, b = (lambda clf: clf.network_.layers[0].W), (lambda clf: clf.network_.layers[0].b)
    np.testing.assert_allclose(W(decayed), W(plain) - 3.0 / 60 * W(before), rtol=0, atol=1e-14)
    np.testing.assert_allclose(b(decayed), b(plain), rtol=0, atol=1e-14)


@pytest.mark.parametrize("early_stopping, n", [(False, 60), (True, 54)])
@pytest.mark.parametrize("Estimator, t, settings", [
    (NetClassifier, y3, {}), (NetRegressor, numbers, {}),
    (NetRegressor, np.stack([numbers] * 4, axis=1), {}),
    (NetRegressor, numbers, {"loss": "huber"})],
                         ids=["classes", "a number", "four numbers", "huber"])
def test_the_penalty_is_divided_by_the_rows_of_a_batch_that_are_trained_on(
        Estimator, t, settings, early_stopping, n):
    # one full batch, and no step worth the name
    estimator = few(Estimator, hidden_layer_sizes=(), solver="sgd", momentum=0.0,
                    learning_rate_init=1e-300, max_iter=1,
                    alpha=3.0, batch_size="auto", early_stopping=early_stopping, **settings).fit(
                        X, t)
    penalty = 3.0 / 2 * (estimator.network_.layers[0].W ** 2).sum() / n
    np.testing.assert_allclose(estimator.history_["penalty"], [penalty], rtol=1e-12)


@pytest.mark.parametrize("k", [1, 3])
def test_alpha_of_a_regressor_is_that_of_a_ridge_regression(k):
    # Both make half the sum of squares plus alpha/2 Σ W² small, as MLPRegressor does. A step of lr
    # multiplies what is missing
    # by 1 - lr/60 (xᵀx + alpha): with lr = 0.8 by less than a half, and 60 steps by 1e-18.
    x, t = StandardScaler().fit_transform(X), np.stack([numbers, X[:, 2] ** 3, y3], axis=1)[:, :k]
    t = t - t.mean(axis=0)
    step = np.linalg.eigvalsh(np.eye(5) - 0.8 * (x.T @ x + 7.0 * np.eye(5)) / 60)
    assert np.abs(step).max() < 0.5
    reg = few(NetRegressor, hidden_layer_sizes=(), solver="sgd", momentum=0.0,
              learning_rate_init=0.8, batch_size=60,
              max_iter=60, alpha=7.0).fit(x, t)
    np.testing.assert_allclose(reg.network_.layers[0].W.T,
                               np.atleast_2d(Ridge(7.0).fit(x, t).coef_), rtol=0, atol=1e-13)


@pytest.mark.parametrize("scale", [2.0**-200, 2.0**-50, 2.0**50, 2.0**200])
def test_alpha_is_divided_by_the_weight_of_a_batch_whatever_its_size(scale):
    ones = few(alpha=5.0).fit(X, y3)
    scaled = few(alpha=5.0 * scale).fit(X, y3, np.full(60, scale))
    assert bits(ones) == bits(scaled)


# ---- within scikit-learn ----

@EACH
def test_names_of_columns_are_kept(Estimator):
    frame = pd.DataFrame(X, columns=list("abcde"))
    estimator = few(Estimator).fit(frame, pd.Series(targets(Estimator)))
    assert estimator.feature_names_in_.tolist() == list("abcde") and estimator.n_features_in_ == 5
    assert bits(estimator) == bits(few(Estimator).fit(X, targets(Estimator)))
    with pytest.raises(ValueError, match="feature names"):
        estimator.predict(frame[list("edcba")])
    assert not hasattr(few(Estimator).fit(X, targets(Estimator)), "feature_names_in_")


def test_parameters_can_be_set_from_outside():
    pipeline = make_pipeline(StandardScaler(), NetClassifier())
    pipeline.set_params(netclassifier__loss="huber", netclassifier__hidden_layer_sizes=(3,),
                        netclassifier__layers=None)
    assert pipeline[-1].get_params()["loss"] == "huber"
    net = pipeline.set_params(netclassifier__max_iter=2).fit(X, y3)[-1].network_
    assert type(net.loss) is tn.Huber and net.layers[0].units == 3


def test_a_grid_search_over_loss_and_width_in_a_pipeline_finds_the_best():
    pipeline = make_pipeline(StandardScaler(),
                             NetClassifier(max_iter=15, learning_rate_init=0.05, random_state=0))
    grid = {"netclassifier__loss": ["cross_entropy", tn.MeanSquaredError()],
            "netclassifier__hidden_layer_sizes": [(1,), (16,)]}
    search = GridSearchCV(pipeline, grid, cv=3, error_score="raise").fit(
        iris, np.array(["a", "b", "c"])[species])
    scores = search.cv_results_["mean_test_score"]
    assert len(scores) == 4 and search.best_score_ == scores.max() > 0.9
    assert search.best_params_["netclassifier__hidden_layer_sizes"] == (16,)
    assert search.predict(iris[:1]).tolist() == ["a"]


def test_a_parameter_that_is_wrong_is_named():
    with pytest.raises(ValueError, match="The 'loss' parameter of NetClassifier must be"):
        NetClassifier(loss="hinge").fit(X, y3)
    with pytest.raises(ValueError, match="The 'loss' parameter of NetRegressor must be"):
        NetRegressor(loss="cross_entropy").fit(X, numbers)


@pytest.mark.parametrize("text",
                         [X.astype(str), X.astype(bytes), X.astype(str).astype(object),
                          pd.DataFrame(X).astype(str),
                          np.full((60, 5), "2020-01-01", "M8[D]"), np.zeros((60, 5), "m8[s]"),
                          X.astype(str).astype(np.dtypes.StringDType()),
                          np.full((60, 5), np.datetime64("2020-01-01"), object)])
@EACH
def test_text_and_dates_are_no_numbers(Estimator, text):
    estimator = few(Estimator).fit(X, targets(Estimator))
    for use in (lambda: few(Estimator).fit(text, targets(Estimator)),
                lambda: estimator.predict(text)):
        with pytest.raises(ValueError, match="X has dtype .*, and numbers are needed"):
            use()


@EACH
def test_what_a_mask_hides_is_not_used(Estimator):
    estimator, t = few(Estimator), targets(Estimator)
    hidden = np.arange(60) == 7
    for use in (lambda: estimator.fit(np.ma.array(X, mask=X > 2), t),
                lambda: estimator.fit(X, np.ma.array(t, mask=hidden)),
                lambda: few(Estimator).fit(X, t).predict(np.ma.array(X, mask=X > 2))):
        with pytest.raises(ValueError, match="[Xy] has masked entries; fill them in"):
            use()


@EACH
@pytest.mark.parametrize("settings", [
    dict(shuffle=np.False_), dict(solver="sgd", nesterovs_momentum=np.False_),
    dict(validation_fraction=0.0),
    dict(n_iter_no_change=np.inf), dict(early_stopping=np.True_), dict(warm_start=np.True_),
    dict(verbose=np.False_)])
def test_what_mlpclassifier_takes_is_taken(Estimator, settings, capfd):
    few(Estimator, **settings).fit(X, targets(Estimator))
    assert capfd.readouterr() == ("", "")


# ---- early stopping ----

def held_out(x, watch):
    """The rows of x that were not trained on; the first column must tell them apart."""
    return ~np.isin(x[:, 0], watch.x[:, 0])


marked = digits.copy()
marked[:, 0] = np.arange(len(marked)) / len(marked)  # this corner is 0 in all digits


def test_rows_held_out_have_the_shares_of_all_ten_classes():
    watch, order = watcher(), np.argsort(digit, kind="stable")
    few(early_stopping=True, callbacks=watch, max_iter=1, batch_size=200).fit(
        marked[order], digit[order])
    out = held_out(marked, watch)
    assert out.sum() == 180 and len(watch.x) == 1617  # a tenth of 1797
    counts = np.bincount(digit[out], minlength=10)
    assert (np.abs(counts - np.bincount(digit) / 10) < 1).all()


@pytest.fixture(scope="module")
def stopped():
    watch, accuracies = watcher(), []

    def judge(net, epoch, record):
        out = held_out(marked[:600], watch)
        accuracies.append(float((net.predict(marked[:600][out]).argmax(axis=1)
                                 == digit[:600][out]).mean()))
    clf = NetClassifier((32,), early_stopping=True, validation_fraction=0.25, n_iter_no_change=3,
                        learning_rate_init=0.02,
                        random_state=0, callbacks=[watch, judge]).fit(marked[:600], digit[:600])
    return clf, held_out(marked[:600], watch), accuracies


def test_validation_scores_are_the_accuracies_on_the_rows_held_out(stopped):
    clf, out, accuracies = stopped
    assert out.sum() == 150
    assert len(clf.validation_scores_) == len(clf.loss_curve_) == clf.n_iter_ == len(accuracies)
    np.testing.assert_allclose(clf.validation_scores_, accuracies, rtol=1e-15)


def test_when_it_stops_the_best_weights_are_back(stopped):
    clf, out, accuracies = stopped
    assert clf.n_iter_ < 200 and clf.validation_scores_[-1] < max(accuracies)
    assert clf.score(marked[:600][out],
                     digit[:600][out]) == clf.best_validation_score_ == max(accuracies)


def test_it_stops_when_so_many_epochs_have_not_become_better(stopped):
    clf, out, accuracies = stopped
    best, waited = -1, 0
    for epoch, accuracy in enumerate(accuracies, 1):
        waited = 0 if accuracy > best + 1e-4 else waited + 1
        best = max(best, accuracy)
        assert (waited > 3) == (epoch == clf.n_iter_)


some_weights = rng.uniform(0.1, 3, 60)


@pytest.mark.parametrize("w", [None, some_weights], ids=["no weights", "weights"])
@pytest.mark.parametrize("t, settings", [
    (numbers, {}), (np.eye(3)[y3], {}), (np.eye(3)[y3], {"loss": tn.SigmoidCrossEntropy()})],
    ids=["numbers", "like classes", "like classes, for a loss of classes"])
def test_validation_scores_of_a_regressor_are_r2(t, settings, w):
    watch, found = watcher(), []

    def judge(net, epoch, record):
        out = held_out(X, watch)
        found.append(r2_score(t[out], net.predict(X[out]),
                              sample_weight=None if w is None else w[out]))
    reg = few(NetRegressor, early_stopping=True, callbacks=[watch, judge], max_iter=5,
              **settings).fit(X, t, w)
    assert held_out(X, watch).sum() == 6
    np.testing.assert_allclose(reg.validation_scores_, found, rtol=1e-12)


def test_validation_scores_take_the_weights_of_the_rows_held_out_into_account():
    watch, found = watcher(), []

    def judge(net, epoch, record):
        out = held_out(X, watch)
        found.append(accuracy_score(y3[out], net.predict(X[out]).argmax(axis=1),
                                    sample_weight=some_weights[out]))
    clf = few(early_stopping=True, validation_fraction=0.5, callbacks=[watch, judge]).fit(
        X, y3, some_weights)
    np.testing.assert_allclose(clf.validation_scores_, found, rtol=1e-12)


def test_early_stopping_trains_on_a_class_with_a_single_row():
    watch, y = watcher(), np.where(np.arange(60) == 5, 7, y3)
    few(early_stopping=True, callbacks=watch).fit(X, y)
    assert not held_out(X, watch)[5] and held_out(X, watch).sum() == 6


@EACH
def test_early_stopping_needs_rows_to_hold_out(Estimator):
    with pytest.raises(ValueError,
                       match="validation_fraction=0.1 cannot hold out some of the 1 samples"):
        few(Estimator, early_stopping=True).fit(X[:1], targets(Estimator)[:1])


@pytest.mark.parametrize("n", [3, 5])
def test_early_stopping_of_a_regression_holds_out_two_rows_at_least(n):
    watch = watcher()  # one row has no R²
    few(NetRegressor, early_stopping=True, callbacks=watch).fit(X[:n], numbers[:n])
    assert held_out(X[:n], watch).sum() == 2


@EACH
@pytest.mark.parametrize("callbacks", [tn.EarlyStopping(), [tn.ReduceOnPlateau("val_loss")]],
                         ids=str)
def test_what_monitors_rows_held_out_needs_early_stopping(Estimator, callbacks):
    new = few(Estimator, callbacks=callbacks)
    fitted = few(Estimator, callbacks=callbacks, early_stopping=True, warm_start=True).fit(
        X, targets(Estimator))
    for estimator in new, fitted.set_params(early_stopping=False):
        with pytest.raises(ValueError,
                           match="monitors rows that are held out; set early_stopping=True, or "
                                 "monitor 'loss'"):
            estimator.fit(X, targets(Estimator))


def test_without_early_stopping_there_are_no_validation_scores():
    estimator = few().fit(X, y3)
    assert estimator.validation_scores_ is None and estimator.best_validation_score_ is None


@EACH
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_fitted_estimator_can_be_shown_in_a_notebook(Estimator, early_stopping):
    assert "loss_curve_" in few(Estimator, early_stopping=early_stopping).fit(
        X, targets(Estimator))._repr_html_()


def test_the_validation_score_of_a_single_class_is_1():
    assert few(early_stopping=True).fit(X, ["only"] * 60).validation_scores_ == [1.0] * 6


# ---- regression ----

def test_many_outputs_are_predicted_and_scored():
    Y = np.stack([numbers, -numbers, X[:, 2]], axis=1)
    reg = few(NetRegressor, max_iter=200, learning_rate_init=0.02).fit(X, Y)
    assert reg.predict(X).shape == (60, 3) and reg.n_outputs_ == 3
    assert reg.score(X,
                     Y) == pytest.approx(np.mean([r2_score(Y[:, k], reg.predict(X)[:, k])
                                                  for k in range(3)]), rel=1e-12)
    assert reg.score(X, Y) > 0.9


@pytest.mark.parametrize("dtype", [str, object])
def test_a_regressor_does_not_take_text(dtype):
    with pytest.raises(ValueError,
                       match="^y .*NetRegressor needs numbers; for classes use NetClassifier"):
        few(NetRegressor).fit(X, np.array(["a", "b", "c"], dtype)[y3])


def test_a_column_is_a_row_of_numbers():
    column, row = few(NetRegressor).fit(X, numbers[:, None]), few(NetRegressor).fit(X, numbers)
    assert column.predict(X).shape == row.predict(X).shape == (60,)
    assert_same_training(column, row)


@pytest.mark.parametrize("loss, by_hand",
                         [("squared_error", lambda d: np.mean((d ** 2).sum(axis=1)) / 2),
                          ("absolute_error", lambda d: np.mean(np.abs(d))),
                          ("huber", lambda d: np.mean(np.where(np.abs(d) <= 1, d ** 2 / 2,
                                                               np.abs(d) - 0.5)))])
def test_a_loss_known_by_its_name_is_half_the_squared_error_or_a_mean_over_rows_and_outputs(
        loss, by_hand):
    Y = np.stack([numbers, -3 * numbers], axis=1)
    # two runs of the same seed; the loss in epoch 2 of a full batch is that of the weights after
    # epoch 1
    settings = dict(loss=loss, batch_size=60, shuffle=False, alpha=0)
    one, two = (few(NetRegressor, max_iter=1, **settings).fit(X, Y),
                few(NetRegressor, max_iter=2, **settings).fit(X, Y))
    assert two.loss_curve_[1] == pytest.approx(by_hand(one.predict(X) - Y), rel=1e-12)


def test_a_regressor_learns_what_can_be_learned():
    x, t = load_diabetes(return_X_y=True)
    reg = NetRegressor((16,), learning_rate_init=0.01, max_iter=150, random_state=0, alpha=1)
    assert cross_val_score(make_pipeline(StandardScaler(), reg), x, (t - t.mean()) / t.std(),
                           cv=3).mean() > 0.4


# ---- on the way ----

@EACH
def test_callbacks_are_called_after_each_epoch(Estimator):
    watch = watcher()
    estimator = few(Estimator, callbacks=watch).fit(X, targets(Estimator))
    assert [record["loss"] for record in watch.records] == estimator.history_["loss"]
    assert [record["loss"] + record["penalty"] for record in watch.records] == estimator.loss_curve_
    assert estimator.n_iter_ == len(watch.records) == 6
    assert (estimator.loss_ == estimator.loss_curve_[-1]
            and estimator.best_loss_ == min(estimator.loss_curve_))


@EACH
def test_a_callback_that_returns_true_stops_and_does_not_warn(Estimator):
    estimator = few(Estimator, max_iter=50, callbacks=[lambda net, epoch, record: epoch == 4])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert estimator.fit(X, targets(Estimator)).n_iter_ == 4


@EACH
def test_epochs_that_end_before_the_training_is_done_are_warned_of(Estimator):
    with pytest.warns(ConvergenceWarning, match="the 6 epochs of max_iter are over"):
        few(Estimator).fit(X, targets(Estimator))


@EACH
def test_a_callback_warns_at_the_line_that_called_fit(Estimator):
    with pytest.warns(UserWarning, match="moved in a step by 0 of its weights") as caught:
        few(Estimator, solver=tn.SGD(0.0), callbacks=tn.GradientHealth()).fit(X, targets(Estimator))
    assert {warning.filename for warning in caught} == {__file__}


@EACH
def test_in_a_worker_the_warning_points_into_tinynet_since_nobody_has_called(Estimator):
    with pytest.warns(ConvergenceWarning) as caught, ThreadPool(1) as pool:
        pool.apply(few(Estimator).fit, (X, targets(Estimator)))
    assert Path(tn.__file__).parent in Path(caught[0].filename).parents


@EACH
def test_a_training_that_ends_by_itself_does_not_warn(Estimator):
    # no epoch can be better than the first by 1e9, so the second and the third end it
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimator = few(Estimator, max_iter=50, tol=1e9, n_iter_no_change=1).fit(
            X, targets(Estimator))
    assert estimator.n_iter_ == 3


@EACH
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_training_that_ends_by_itself_in_the_very_last_epoch_does_not_warn(
        Estimator, early_stopping):
    estimator = few(Estimator, max_iter=3, tol=1e9, n_iter_no_change=1,
                    early_stopping=early_stopping)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimator.fit(X, targets(Estimator))
    with pytest.warns(ConvergenceWarning, match="the 2 epochs") as caught:
        estimator.set_params(max_iter=2).fit(X, targets(Estimator))
    assert [warning.filename for warning in caught] == [__file__]


@EACH
def test_a_training_that_the_loss_ends_keeps_the_last_weights(Estimator):
    t = targets(Estimator)
    stopped = few(Estimator, max_iter=50, tol=1e9, n_iter_no_change=1).fit(X, t)
    assert_same_training(stopped, few(Estimator, max_iter=3).fit(X, t))


@EACH
def test_partial_fit_does_not_warn(Estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        by_parts(few(Estimator), targets(Estimator))


@pytest.mark.parametrize("verbose, lines", [(False, 0), (0, 0), (True, 6), (np.True_, 6), (2, 6)])
def test_verbose_prints_a_line_for_each_epoch(verbose, lines, capfd):
    few(verbose=verbose).fit(X, y3)
    out, errors = capfd.readouterr()
    assert len((out + errors).splitlines()) == lines
    assert (out + errors).count("loss") == lines


@EACH
def test_an_adaptive_rate_is_divided_by_five_until_it_is_tiny(Estimator):
    # the first epoch counts as progress and, with this tol, no other: a division after epoch 3, and
    # after each two more
    estimator = few(Estimator, solver="sgd", learning_rate="adaptive", learning_rate_init=0.1,
                    tol=1e9, n_iter_no_change=1,
                    max_iter=100).fit(X, targets(Estimator))
    # the last, 2.56e-7, is the first that is not above 1e-6
    rates = np.repeat(0.1 / 5.0 ** np.arange(9), [3] + [2] * 8)
    np.testing.assert_allclose(estimator.history_["lr"], rates, rtol=1e-12)


@EACH
def test_an_adaptive_rate_stays_while_there_is_progress(Estimator):
    estimator = few(Estimator, solver="sgd", learning_rate="adaptive", learning_rate_init=0.01,
                    batch_size=60, tol=0,
                    n_iter_no_change=1).fit(X, targets(Estimator))
    assert (np.diff(estimator.loss_curve_) < 0).all() and estimator.history_["lr"] == [0.01] * 6


@EACH
@pytest.mark.parametrize("power_t", [0.5, 0.25])
def test_the_rate_falls_by_a_power_of_the_rows_seen(Estimator, power_t):
    estimator = few(Estimator, solver="sgd", learning_rate="invscaling", learning_rate_init=0.1,
                    power_t=power_t)
    # epochs of 60 rows: 0.1 / 1, 0.1 / 61 ** power_t, 0.1 / 121 ** power_t, ...
    rates = 0.1 / (60 * np.arange(6) + 1.0) ** power_t
    np.testing.assert_allclose(estimator.fit(X, targets(Estimator)).history_["lr"], rates,
                               rtol=1e-12)


def test_the_rows_seen_are_counted_over_parts_of_other_sizes():
    clf = few(solver="sgd", learning_rate="invscaling", learning_rate_init=0.1)
    for n in (10, 50, 20):
        clf.partial_fit(X[:n], y3[:n], classes=[0, 1, 2])
    np.testing.assert_allclose(clf.history_["lr"], [0.1, 0.1 / 11 ** 0.5, 0.1 / 61 ** 0.5],
                               rtol=1e-12)


@EACH
def test_a_schedule_can_be_the_learning_rate(Estimator):
    estimator = few(Estimator, learning_rate_init=tn.StepDecay(0.1, 8,
                                                               0.5), solver="sgd").fit(
                                                                   X, targets(Estimator))
    assert estimator.history_["lr"] == [0.1, 0.1, 0.05, 0.05, 0.025, 0.025]  # four steps an epoch


@EACH
@pytest.mark.parametrize("learning_rate", ["adaptive", "invscaling"])
def test_a_schedule_does_not_go_with_another_way_to_change_the_rate(Estimator, learning_rate):
    estimator = few(Estimator, learning_rate_init=tn.StepDecay(0.1, 8), solver="sgd",
                    learning_rate=learning_rate, tol=1e9,
                    n_iter_no_change=1)
    with pytest.raises(ValueError, match="learning_rate"):
        estimator.fit(X, targets(Estimator))


# ---- which rows are held out ----

@pytest.mark.parametrize("n, classes, held_out", [
    (10, [0] * 5 + [1] * 4 + [2], 2),       # one of each class, but of that with a single row
    (10, [0] * 5 + [1] * 3 + [2] * 2, 3),
    (10, None, 2),                          # one row has no R²
    (30, None, 3), (30, [0] * 15 + [1] * 15, 3)])
def test_a_tenth_of_the_rows_is_held_out_but_at_least_one_of_each_class(n, classes, held_out):
    classes = None if classes is None else np.array(classes)
    train, rest = hold_out_rows(n, 0.1, classes, seed=0)
    assert len(rest) == held_out and sorted([*train, *rest]) == list(range(n))


@pytest.mark.parametrize("y", [[1.0, "2"] * 30, ["1", "2"] * 30, [1.0, "two"] * 30],
                         ids=["one in two", "all", "words"])
def test_numbers_as_text_are_no_targets_of_a_regression(y):
    with pytest.raises(ValueError, match="needs numbers; for classes use NetClassifier"):
        few(NetRegressor).fit(X, np.array(y, dtype=object))
    assert few(NetRegressor).fit(X, np.array([1.0, 2] * 30, dtype=object)).n_outputs_ == 1


def test_a_warm_start_whose_first_epoch_fails_leaves_the_weights_as_they_are():
    clf = few(NetClassifier, early_stopping=True, warm_start=True, max_iter=3)
    clf.fit(iris, species)
    clf.network_.params += 1  # no longer those of the best epoch
    before = clf.network_.params.tobytes()
    with pytest.raises(tn.DivergenceError):
        clf.fit(1e200 * iris, species)
    assert clf.network_.params.tobytes() == before


@EACH
def test_a_warm_start_after_a_training_that_ended_by_itself_begins_to_count_anew(Estimator):
    # the first epoch is the best; then three without a gain of tol are more than two
    estimator = few(Estimator, warm_start=True, n_iter_no_change=2, tol=1e9, max_iter=20)
    for epochs in 4, 8, 12:
        estimator.fit(X, targets(Estimator))
        assert len(estimator.history_) == epochs


@EACH
@pytest.mark.parametrize("name", ["history_", "n_iter_", "loss_curve_", "loss_"])
def test_what_a_training_has_come_to_is_not_there_before_it(Estimator, name):
    with pytest.raises(NotFittedError):
        getattr(few(Estimator), name)
