"""scikit-learn's own callbacks, told of each epoch; and the estimators in a scikit-learn that has
none.
"""

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.datasets import load_digits, load_iris
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tinynet import NetClassifier, NetRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, species = load_iris(return_X_y=True)
LABELS = {"numbers from 0": np.arange(3), "other numbers": np.array([5, -1, 2]),
          "strings": np.array(["x", "y", "a"]),
          "booleans": np.array([True, False, True])}


def few(Estimator=NetClassifier, **settings):
    return Estimator(**dict(hidden_layer_sizes=(8,), max_iter=5, batch_size=50, random_state=0,
                            learning_rate_init=0.02)
                     | settings)


def of_epochs(monitor, name):
    """The scores in the monitor's log that belong to epochs, in their order."""
    return [row[name] for row in monitor.get_logs().data if row["task_name"] == "epoch"]


def best_of(y):
    """The number of the class of each row of a network's outputs."""
    return (y[:, 0] > 0.5).astype(int) if y.shape[1] == 1 else y.argmax(axis=1)


@pytest.mark.parametrize("kind", LABELS)
def test_a_monitor_records_one_score_an_epoch_that_is_the_score_after_it(kind):
    y, monitor, found = LABELS[kind][species], ScoringMonitor(scoring="accuracy"), []
    classes = np.unique(y)
    few(callbacks=lambda net, epoch,
        record: found.append(np.mean(classes[best_of(net.predict(X))] == y))
        ).set_callbacks(monitor).fit(X, y)
    assert len(set(found)) > 1
    np.testing.assert_allclose(of_epochs(monitor, "accuracy"), found, rtol=1e-15)
    assert len(found) == 5


def test_a_monitor_records_the_score_of_a_regressor():
    monitor, found = ScoringMonitor(scoring="r2"), []
    few(NetRegressor, callbacks=lambda net, epoch,
        record: found.append(r2_score(X[:, 0], net.predict(X[:, 1:])))
        ).set_callbacks(monitor).fit(X[:, 1:], X[:, 0])
    np.testing.assert_allclose(of_epochs(monitor, "r2"), found, rtol=1e-12)
    assert len(found) == 5


def test_a_monitor_takes_the_weights_of_rows_into_account():
    monitor, found, w = ScoringMonitor(scoring="accuracy"), [], np.arange(150.0) % 4
    clf = few(callbacks=lambda net, epoch, record: found.append(
        np.average(net.predict(X).argmax(axis=1) == species, weights=w))).set_callbacks(monitor)
    clf.fit(X, species, sample_weight=w)
    np.testing.assert_allclose(of_epochs(monitor, "accuracy"), found, rtol=1e-15)


def test_a_monitor_hears_of_epochs_that_were_made_and_of_the_best_weights_at_the_end():
    monitor = ScoringMonitor(scoring="accuracy")
    clf = few(early_stopping=True, n_iter_no_change=2, max_iter=100).set_callbacks(monitor).fit(
        X, species)
    fit, = (row["accuracy"] for row in monitor.get_logs().data if row["task_name"] == "fit")
    assert len(of_epochs(monitor, "accuracy")) == clf.n_iter_ < 100
    assert fit == clf.score(X, species)


def test_each_fit_is_a_run_of_its_own():
    monitor = ScoringMonitor(scoring="accuracy")
    clf = few(warm_start=True, max_iter=2).set_callbacks(monitor).fit(X, species).fit(X, species)
    assert (len(of_epochs(monitor, "accuracy")) == 2 and len(monitor.get_logs(select="all")) == 2
            and clf.n_iter_ == 4)


def test_being_looked_at_does_not_change_the_training():
    plain = few(dropout=0.2).fit(X, species)
    watched = few(dropout=0.2).set_callbacks(ScoringMonitor(scoring="neg_log_loss")).fit(X, species)
    assert plain.network_.params.tobytes() == watched.network_.params.tobytes()


def test_a_monitor_hears_of_the_one_epoch_of_partial_fit():
    monitor = ScoringMonitor(scoring="accuracy")
    clf = few().set_callbacks(monitor)
    for epoch in 1, 2:
        clf.partial_fit(X, species, classes=[0, 1, 2])
        assert of_epochs(monitor, "accuracy") == [clf.score(X, species)] and clf.n_iter_ == epoch


class Recorder:
    """A callback that counts the tasks that begin and end, by their names, and stops after so many
    epochs.
    """

    def __init__(self, stop_after=None):
        self.stop_after, self.begun, self.ended = stop_after, Counter(), Counter()

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        self.begun[context.task_name] += 1

    def on_fit_task_end(self, estimator, context):
        self.ended[context.task_name] += 1
        return self.ended["epoch"] == self.stop_after

    def teardown(self, estimator, context):
        pass


@pytest.mark.parametrize("Estimator, t", [(NetClassifier, species), (NetRegressor, X[:, 0])])
def test_a_callback_of_scikit_learn_stops_the_training(Estimator, t):
    estimator = few(Estimator).set_callbacks(Recorder(stop_after=2)).fit(X, t)
    assert estimator.n_iter_ == 2
    assert estimator.network_.params.tobytes() == few(Estimator, max_iter=2).fit(
        X, t).network_.params.tobytes()


@pytest.mark.parametrize("settings", [
    {}, {"callbacks": lambda net, epoch, record: epoch == 3}, {"tol": 1e9, "n_iter_no_change": 2}],
    ids=["all epochs", "stopped by a callback", "stopped by the loss"])
def test_each_task_that_begins_ends(settings):
    recorder = Recorder()
    few(**settings).set_callbacks(recorder).fit(X, species)
    assert recorder.begun == recorder.ended and recorder.ended["fit"] == 1


def test_callbacks_are_torn_down_after_an_error_and_the_estimator_can_be_fitted_again():
    monitor = ScoringMonitor(scoring="accuracy")

    def fail(net, epoch, record):
        raise ZeroDivisionError
    clf = few(callbacks=fail).set_callbacks(monitor)
    with pytest.raises(ZeroDivisionError):
        clf.fit(X, species)
    clf.set_params(callbacks=None).fit(X, species)
    assert len(of_epochs(monitor, "accuracy")) == 5


def test_a_monitor_sees_every_fit_of_a_grid_search():
    monitor = ScoringMonitor(scoring="accuracy")
    clf = few(max_iter=3).set_callbacks(monitor)
    GridSearchCV(clf, {"hidden_layer_sizes": [4, 8]}, cv=3, error_score="raise").fit(X, species)
    runs = monitor.get_logs(select="all")
    assert sum(row["task_name"] == "epoch" for run in runs for row in run.data) == 3 * (2 * 3 + 1)


def test_a_progress_bar_shows_the_epochs_of_an_estimator_alone_in_a_pipeline_and_in_a_search(capfd):
    pytest.importorskip("rich")
    clf = few(max_iter=3)
    few(max_iter=3).set_callbacks(ProgressBar()).fit(X, species)
    assert "NetClassifier" in capfd.readouterr().out
    pipeline = make_pipeline(StandardScaler(),
                             clf).set_callbacks(ProgressBar(max_propagation_depth=None)).fit(
                                 X, species)
    assert pipeline[-1].n_iter_ == 3
    assert "NetClassifier" in capfd.readouterr().out
    search = GridSearchCV(few(max_iter=3), {"hidden_layer_sizes": [4, 8]}, cv=2,
                          error_score="raise")
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, species)
    assert search.best_estimator_.n_iter_ == 3
    assert "NetClassifier" in capfd.readouterr().out


OLDER = """
import sys, warnings
import numpy as np
import sklearn.model_selection, sklearn.pipeline
from sklearn.datasets import load_iris
sys.modules["sklearn.callback"] = None  # an ImportError, as before scikit-learn 1.9
from tinynet import NetClassifier, NetRegressor
assert not hasattr(NetClassifier, "set_callbacks")
warnings.simplefilter("ignore")
X, y = load_iris(return_X_y=True)
settings = dict(hidden_layer_sizes=(8,), max_iter=5, batch_size=50, random_state=0,
                learning_rate_init=0.02)
clf = NetClassifier(**settings).fit(X, y)
print(clf.network_.params.tobytes().hex())
print(NetRegressor(**settings).fit(X, y).partial_fit(X, y).n_iter_)
pipeline = sklearn.pipeline.make_pipeline(clf)
search = sklearn.model_selection.GridSearchCV(pipeline, {"netclassifier__alpha": [0, 1]}, cv=2)
print(search.fit(X, y).predict(X).shape)
"""


@pytest.mark.long
def test_in_an_older_scikit_learn_the_estimators_do_without_its_callbacks():
    process = subprocess.run([sys.executable, "-c", OLDER], capture_output=True, text=True)
    assert process.stderr == ""
    assert process.stdout.split("\n") == [few().fit(X, species).network_.params.tobytes().hex(),
                                          "6", "(150,)", ""]


def test_the_digits_are_learned_as_the_monitor_says():
    x, y = load_digits(return_X_y=True)
    monitor = ScoringMonitor(scoring=["accuracy", "neg_log_loss"])
    clf = few(hidden_layer_sizes=(32,), max_iter=8).set_callbacks(monitor).fit(x / 16, y)
    assert of_epochs(monitor, "accuracy")[-1] == clf.score(x / 16, y) > 0.95
    assert len(of_epochs(monitor, "neg_log_loss")) == 8


@pytest.mark.parametrize("Estimator", [NetClassifier, NetRegressor])
def test_a_progress_bar_sees_partial_fit(Estimator, capfd):
    pytest.importorskip("rich")
    first = {"classes": np.unique(species)} if Estimator is NetClassifier else {}
    estimator = Estimator((8,), random_state=0).set_callbacks(ProgressBar())
    estimator.partial_fit(X, species, **first)
    assert f"{Estimator.__name__}" in capfd.readouterr().out and estimator.n_iter_ == 1
