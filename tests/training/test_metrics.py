"""Metrics: against scikit-learn's, and which one is chosen."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, r2_score

import tinynet as tn
from tinynet import (BinaryCrossEntropy, CrossEntropy, Huber, MeanAbsoluteError, MeanSquaredError,
                     SigmoidCrossEntropy, SoftmaxCrossEntropy)
from tinynet.training.metrics import accuracy, accuracy_of_entries, choose_score, r2

RNG = np.random.default_rng(0)
N = 40
Y = RNG.normal(size=(N, 3))
CLASSES = RNG.integers(3, size=N)
ONE_HOT = np.eye(3)[CLASSES]
NUMBERS = Y + RNG.normal(size=(N, 3)) * [0.1, 1, 10]
weighted_or_not = pytest.mark.parametrize("w", [None, RNG.random(N)],
                                          ids=["unweighted", "weighted"])


def near(value, rel=1e-12):
    """Equal to the value up to this relative error."""
    return pytest.approx(value, rel=rel, abs=0)


@weighted_or_not
def test_accuracy_is_scikit_learns_accuracy_of_the_largest_output(w):
    assert accuracy(Y, ONE_HOT,
                    w) == near(accuracy_score(CLASSES, Y.argmax(axis=1), sample_weight=w),
                               rel=1e-14)


@weighted_or_not
def test_the_accuracy_of_one_entry_a_row_is_scikit_learns_accuracy_of_yes_and_no(w):
    y, t = RNG.random(N), RNG.integers(2, size=N)
    assert accuracy_of_entries(np.c_[y], np.c_[t],
                               w) == near(accuracy_score(t, y > 0.5, sample_weight=w), rel=1e-14)


@weighted_or_not
@pytest.mark.parametrize("k", [1, 3])
def test_r2_is_scikit_learns_r2_score(k, w):
    assert r2(Y[:, :k], NUMBERS[:, :k],
              w) == near(r2_score(NUMBERS[:, :k], Y[:, :k], sample_weight=w), rel=1e-12)


def test_r2_of_a_target_that_never_changes_is_scikit_learns_r2_score():
    # one output is perfect, 1, and the other one is not, 0
    y, t = np.c_[Y[:, 0], np.full(N, 2.0)], np.full((N, 2), 2.0)
    assert r2(y, t) == r2_score(t, y) == 0.5


@pytest.mark.parametrize("w", [None, np.arange(1, 4), np.array([0.1, 0.2, 0.4])], ids=str)
@pytest.mark.parametrize("value", [2.0, 0.1, 1e5 / 3])
def test_r2_of_a_target_that_never_changes_is_1_for_a_perfect_prediction_and_0_for_others(value, w):
    # the mean of three numbers 0.1 is 0.1 + 1.4e-17 in float64
    t = np.full((3, 1), value)
    assert (r2(t, t, w), r2(t + 1, t, w)) == (1, 0)


def test_accuracy_counts_rows():
    # right, wrong, right; with the weights 1, 2, 1 half
    y, t = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]]), np.array([[1, 0], [0, 1], [0, 1]])
    assert (accuracy(y, t), accuracy(y, t, np.array([1, 2, 1]))) == (2 / 3, 0.5)


def test_the_accuracy_of_soft_targets_looks_for_the_largest_target():
    assert accuracy(np.array([[0.4, 0.3, 0.3]]), np.array([[0.5, 0.5 - 1e-9, 1e-9]])) == 1


def test_the_accuracy_of_entries_counts_each_output():
    # right, wrong; right, right: 3 of 4; with the weights 3 and 1: (3 1/2 + 1) / 4
    y, t = np.array([[0.9, 0.8], [0.2, 0.6]]), np.array([[1, 0], [0, 1]])
    assert (accuracy_of_entries(y, t), accuracy_of_entries(y, t, np.array([3, 1]))) == (0.75, 0.625)


def test_the_accuracy_of_entries_takes_soft_targets_by_their_side_of_one_half():
    assert accuracy_of_entries(np.array([[0.9, 0.1, 0.9]]), np.array([[0.7, 0.4, 0.2]])) == 2 / 3


def test_r2_is_1_for_a_perfect_and_0_for_the_mean_prediction():
    t = np.array([[1.0], [2.0], [6.0]])
    assert (r2(t, t), r2(np.full((3, 1), 3.0), t)) == (1, 0)


def test_r2_by_hand():
    # residuals 0.25 + 0 + 0.25, differences from the mean 1 + 0 + 1: 1 - 0.5 / 2
    t = np.array([[1.0], [2.0], [3.0]])
    assert r2(np.array([[1.5], [2.0], [2.5]]), t) == 0.75


def test_r2_of_float32_is_calculated_in_float64():
    t = 1e4 + np.arange(6, dtype=np.float32)[:, None]
    y = t + np.float32(0.5)
    # Σ (t - mean t)² = 2 (0.25 + 2.25 + 6.25) = 17.5, residual 6 0.25 = 1.5
    assert r2(y, t) == near(1 - 1.5 / 17.5, rel=1e-14)


@weighted_or_not
@pytest.mark.parametrize("score, t",
                         [(accuracy, ONE_HOT), (accuracy_of_entries, ONE_HOT), (r2, NUMBERS)])
def test_a_score_is_a_python_float(score, t, w):
    assert type(score(Y.astype(np.float32), t.astype(np.float32), w)) is float


@pytest.mark.parametrize("loss, are_labels, chosen", [
    (SoftmaxCrossEntropy(), False, accuracy),
    (CrossEntropy(), False, accuracy),
    (SoftmaxCrossEntropy(), True, accuracy),
    (SigmoidCrossEntropy(), False, accuracy_of_entries),
    (BinaryCrossEntropy(), False, accuracy_of_entries),
    (SigmoidCrossEntropy(), True, accuracy),
    (BinaryCrossEntropy(), True, accuracy),
    (MeanSquaredError(), False, r2),
    (MeanAbsoluteError(), False, r2),
    (Huber(), False, r2),
    (MeanSquaredError(), True, accuracy),
], ids=str)
def test_the_score_suits_the_loss_and_the_form_of_the_targets(loss, are_labels, chosen):
    name = "r2" if chosen is r2 else "accuracy"
    assert choose_score(loss, are_labels) == (name, chosen)


# ---- in a network ----

X = RNG.normal(size=(40, 5))
MANY_YES = (X[:, :3] > 0).astype(float)
LABELS = X[:, :3].argmax(axis=1)


def network(loss, k=3):
    return tn.Sequential([tn.Dense(k)] + [tn.Sigmoid()] * isinstance(loss, BinaryCrossEntropy),
                         5, loss=loss, rng=0)


@pytest.mark.parametrize("loss, form", [
    *((loss, form) for loss in (SigmoidCrossEntropy(), BinaryCrossEntropy())
      for form in ("labels", "one-hot", "many yes")),
    (SoftmaxCrossEntropy(), "labels"), (SoftmaxCrossEntropy(), "one-hot"),
], ids=str)
def test_the_accuracy_of_all_rows_is_the_mean_of_the_accuracies_of_the_rows(loss, form):
    t = {"labels": LABELS, "one-hot": np.eye(3)[LABELS], "many yes": MANY_YES}[form]
    net = network(loss)
    rows = [net.evaluate(X[i:i + 1], t[i:i + 1])["accuracy"] for i in range(40)]
    assert net.evaluate(X, t)["accuracy"] == near(np.mean(rows), rel=1e-12)
    w = np.arange(40.0)
    assert net.evaluate(X, t, sample_weight=w)["accuracy"] == near(np.average(rows, weights=w))


def test_the_accuracy_of_yes_or_no_is_the_share_of_right_entries_also_of_rows_with_a_single_yes():
    x = np.random.default_rng(0).normal(size=(40, 5))
    t = (x[:, :3] > 0) * 1
    net = tn.Sequential([tn.Dense(3)], 5, loss=SigmoidCrossEntropy(), rng=0)
    rows = [net.evaluate(x[i:i + 1], t[i:i + 1])["accuracy"] for i in range(40)]
    assert net.evaluate(x, t)["accuracy"] == near(58 / 120) and np.mean(rows) == near(58 / 120)


def test_sigmoid_outputs_are_judged_one_by_one_unless_the_targets_are_labels():
    net, one_hot = network(SigmoidCrossEntropy()), np.eye(3)[LABELS]
    y = net.predict(X)
    assert net.evaluate(X, one_hot)["accuracy"] == near(((y > 0.5) == one_hot).mean())
    assert net.evaluate(X, LABELS)["accuracy"] == near((y.argmax(axis=1) == LABELS).mean())


def test_one_hot_rows_with_a_squared_error_are_a_regression_and_labels_are_classes():
    net = network(MeanSquaredError())
    assert list(net.evaluate(X, np.eye(3)[LABELS])) == ["loss", "r2"]
    assert list(net.evaluate(X, LABELS)) == ["loss", "accuracy"]


@pytest.mark.parametrize("t, score", [(LABELS, "accuracy"), (np.eye(3)[LABELS], "r2")],
                         ids=["labels", "rows"])
@pytest.mark.parametrize("val_t", [LABELS, np.eye(3)[LABELS]], ids=["labels", "rows"])
def test_validation_has_the_score_of_the_training_data(t, score, val_t):
    history = network(MeanSquaredError()).fit(X, t, epochs=1, validation=(X[:7], val_t[:7]))
    assert score in history and f"val_{score}" in history


def test_the_score_of_a_fit_does_not_depend_on_which_rows_are_held_out():
    # the rows of one class alone are no other task
    t = MANY_YES.copy()
    t[:20] = [1, 0, 0]
    net = network(SigmoidCrossEntropy())
    history = net.fit(X, t, optimizer=tn.SGD(0.0), epochs=1, validation=(X[:20], t[:20]))
    y = net.predict(X[:20])
    assert history["val_accuracy"] == [near(((y > 0.5) == t[:20]).mean())]


def test_one_half_is_on_the_side_of_a_no_in_outputs_and_in_targets():
    y, t = np.array([[0.5, 0.5, 0.6, 0.4]]), np.array([[0.5, 0.6, 0.5, 0.5]])
    assert accuracy_of_entries(y, t) == 0.5  # no and no; no for a yes; yes for a no; no and no


def test_r2_leaves_out_rows_of_weight_0():
    y, t = np.array([[1.5], [2.0], [2.5], [7.0]]), np.array([[1.0], [2.0], [3.0], [50.0]])
    assert r2(y, t, np.array([1, 1, 1, 0])) == 0.75


def test_r2_of_several_outputs_is_their_mean_also_where_one_never_changes():
    t = np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]])
    y = np.array([[1.5, 5.0], [2.0, 5.0], [2.5, 5.0]])
    assert r2(y, t) == (0.75 + 1) / 2
