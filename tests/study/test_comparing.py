"""compare: what is kept the same, how rates are chosen, and when a difference is one."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import load_breast_cancer, load_iris, load_wine, make_moons
from sklearn.metrics import brier_score_loss, log_loss

import tinynet as tn
from tinynet.study import Comparison, compare
from tinynet.study.comparing import running
from tinynet.study.comparing.judging import Mean, format_value, judge_together
from tinynet.study.comparing.measures import (as_probabilities, find_calibration_error,
                                              find_measures)
from tinynet.study.comparing.parts import Seeds, split_parts
from tinynet.study.comparing.questions import Condition, Question
from tinynet.study.comparing.rates import choose_measure, choose_rate, find_good_rates

IRIS, WINE = load_iris(return_X_y=True), load_wine(return_X_y=True)
CANCER = load_breast_cancer(return_X_y=True)
ORDINARY = Condition(1.0, 0.0)


def cross_entropy(n_in, k, rng):
    return tn.Sequential([tn.Dense(8), tn.Tanh(), tn.Dense(k)], n_in,
                         loss=tn.SoftmaxCrossEntropy(), rng=rng)


def squared_error(n_in, k, rng):
    return tn.Sequential([tn.Dense(8), tn.Tanh(), tn.Dense(k), tn.Softmax()], n_in,
                         loss=tn.MeanSquaredError(), rng=rng)


def on_the_logits(n_in, k, rng):
    return tn.Sequential([tn.Dense(8), tn.Tanh(), tn.Dense(k)], n_in, loss=tn.MeanSquaredError(),
                         rng=rng)


ARMS = {"cross-entropy": cross_entropy, "squared error": squared_error}


def try_arms(arms=ARMS, data=None, **settings):
    """A comparison that takes a moment."""
    return compare(arms, data or {"iris": IRIS},
                   **{"rates": [0.1, 1.0], "seeds": 2, "epochs": 2} | settings)


# ---- measures ----

def test_outputs_of_softmax_are_probabilities_as_they_are():
    p = np.array([[0.7, 0.3], [0.25, 0.75]])
    np.testing.assert_array_equal(as_probabilities(p), p)


@pytest.mark.parametrize("y, p", [
    ([[0.5, 0.5, 0.5]], [[1 / 3, 1 / 3, 1 / 3]]),       # sigmoids need not sum to 1
    ([[1.5, -0.25, 0.25]], [[0.8, 0.0, 0.2]]),          # 1, 0, 0.25 divided by 1.25
    ([[-1.0, -2.0]], [[0.5, 0.5]]),                     # all 0: equally likely
    ([[0.2]], [[0.8, 0.2]]), ([[1.25]], [[0.0, 1.0]]),  # one output is that of class 1
])
def test_other_outputs_are_brought_into_the_unit_interval_and_divided_by_their_sum(y, p):
    np.testing.assert_allclose(as_probabilities(np.array(y)), p)


def test_accuracy_is_that_of_the_largest_output_also_outside_the_unit_interval():
    y = np.array([[1.5, 1.2], [-3.0, -1.0]])
    assert find_measures(y, np.array([0, 1]), 2)["accuracy"] == 1.0
    y = np.array([[0.4], [0.6]])
    assert find_measures(y, np.array([0, 0]), 2)["accuracy"] == 0.5


def test_the_measures_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    p, labels = rng.dirichlet(np.ones(3), 40), rng.integers(0, 3, 40)
    found = find_measures(p, labels, 3)
    assert found["accuracy"] == np.mean(p.argmax(axis=1) == labels)
    assert found["cross_entropy"] == log_loss(labels, p)
    t = np.eye(3)[labels]
    np.testing.assert_allclose(found["brier_score"], ((p - t) ** 2).sum(axis=1).mean())
    np.testing.assert_allclose(
        find_measures(p[:, :2] / p[:, :2].sum(axis=1, keepdims=True), labels % 2, 2)["brier_score"],
        2 * brier_score_loss(labels % 2, p[:, 1] / p[:, :2].sum(axis=1)))


def test_the_calibration_error_is_the_weighted_distance_of_confidence_and_share():
    # bins of 1/15: (0.9, 0.92) in the bin from 0.8667 to 0.9333, 0.6 in that from 0.6
    p = np.array([[0.9, 0.1], [0.92, 0.08], [0.4, 0.6]])
    labels = np.array([0, 1, 1])
    # first bin: half are right at a confidence of 0.91; second: all are right at 0.6
    np.testing.assert_allclose(find_calibration_error(p.max(axis=1), p.argmax(axis=1) == labels),
                               2 / 3 * (0.91 - 0.5) + 1 / 3 * (1 - 0.6))


def test_sure_and_right_is_calibrated():
    assert find_calibration_error(np.ones(3), np.ones(3, bool)) == 0


# ---- what is kept the same ----

def test_the_parts_are_60_20_and_20_percent_with_the_shares_of_the_classes_and_have_all_rows():
    x, labels = WINE
    parts = split_parts(np.arange(178.0)[:, None], labels, Seeds.from_seed(0), 0.0)
    rows = [np.round(part[:, 0], 6) for part in (parts.x, parts.x_val, parts.x_test)]
    assert [len(part) for part in rows] == [106, 36, 36]
    assert len(np.unique(np.concatenate(rows))) == 178
    for part in parts.labels, parts.labels_val, parts.labels_test:
        np.testing.assert_allclose(np.bincount(part) / len(part), np.bincount(labels) / 178,
                                   atol=1 / 36)  # a row of the least part


def test_inputs_are_standardized_by_the_training_rows_alone():
    parts = split_parts(*WINE, Seeds.from_seed(0), 0.0)
    np.testing.assert_allclose(parts.x.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(parts.x.std(axis=0), 1)
    assert np.abs(parts.x_test.mean(axis=0)).max() > 0.01


def test_exactly_that_share_of_the_training_labels_is_wrong_and_no_other():
    right = split_parts(*IRIS, Seeds.from_seed(3), 0.0)
    wrong = split_parts(*IRIS, Seeds.from_seed(3), 0.2)
    assert (right.labels != wrong.labels).sum() == 18   # of 90
    assert set(wrong.labels) == {0, 1, 2}
    for name in ("x", "x_val", "labels_val", "x_test", "labels_test"):
        np.testing.assert_array_equal(getattr(right, name), getattr(wrong, name))


def test_wrong_labels_are_all_other_classes_alike():
    wrong = [split_parts(*IRIS, Seeds.from_seed(seed), 0.9) for seed in range(30)]
    right = [split_parts(*IRIS, Seeds.from_seed(seed), 0.0) for seed in range(30)]
    steps = np.concatenate([(a.labels - b.labels) % 3 for a, b in zip(wrong, right)])
    assert np.bincount(steps)[1] / np.count_nonzero(steps) == pytest.approx(0.5, abs=0.03)


def test_arms_get_the_same_rows_first_weights_and_batches():
    """Also one that draws random numbers in training, and one with another loss."""
    seen = {}

    class Looking(tn.Tanh):
        def __init__(self, name):
            self.name = name

        def forward(self, x, training=False):
            if training:
                seen.setdefault(self.name, []).append(x.tobytes())
            return super().forward(x, training)

    def make(name, last, loss):
        def build(n_in, k, rng):
            dense = tn.Dense(k)
            net = tn.Sequential([Looking(name), dense, *last()], n_in, loss=loss(), rng=rng)
            if not net.history:
                seen.setdefault(f"{name} W", []).append(dense.W.tobytes())
            return net
        return build

    try_arms({"a": make("a", list, tn.SoftmaxCrossEntropy),
              "b": make("b", lambda: [tn.Softmax()], tn.MeanSquaredError),
              "c": make("c", lambda: [tn.Dropout(0.3)], tn.SoftmaxCrossEntropy)}, rates=[0.1])
    assert seen["a"] == seen["b"] == seen["c"] and len(set(seen["a"])) >= 12
    assert seen["a W"] == seen["b W"] == seen["c W"]


def test_seeds_differ_in_rows_first_weights_and_batches():
    one, other = Seeds.from_seed(0), Seeds.from_seed(1)
    assert not {*one} & {*other}
    x, labels = np.arange(150.0)[:, None], IRIS[1]
    assert not np.array_equal(split_parts(x, labels, one, 0.0).x,
                              split_parts(x, labels, other, 0.0).x)


def test_the_order_of_batches_is_that_of_the_seed(monkeypatch):
    """With other seeds for the order, and the same for all else, other numbers come out."""
    before = try_arms(rates=[0.1], seeds=[0, 1]).table
    from_seed = Seeds.from_seed
    monkeypatch.setattr(Seeds, "from_seed", lambda seed: from_seed(seed)._replace(order=7 + seed))
    after = try_arms(rates=[0.1], seeds=[0, 1]).table
    for one, other in zip(before, after):
        assert one["gradient_norm"] == other["gradient_norm"]
        assert one["val_cross_entropy"] != other["val_cross_entropy"]


def test_the_order_of_the_arms_and_the_other_arms_change_nothing_for_an_arm():
    alone = try_arms(ARMS).table
    turned = try_arms(dict(reversed(ARMS.items()))).table
    assert sorted(map(repr, alone)) == sorted(map(repr, turned))


def test_a_start_multiplies_the_weights_of_the_last_layer_that_has_some():
    arm = running.Arm(squared_error, tn.SGD, 1, 32)
    one, ten = arm.build(4, 3, 7, 1), arm.build(4, 3, 7, 10)
    np.testing.assert_array_equal(ten.layers[2].W, 10 * one.layers[2].W)
    np.testing.assert_array_equal(ten.layers[0].W, one.layers[0].W)


def test_a_start_multiplies_the_weights_whatever_they_are_called_and_no_norm_behind_them():
    class Kernel(tn.Layer):
        param_names = ("K", "c")

        def build(self, input_shape, rng):
            self.K, self.c = rng.normal(size=(*input_shape, 3)), np.ones(3)
            return (3,)

        def forward(self, x, training=False):
            return x @ self.K + self.c, x

        def backward(self, dy, x):
            self.dK, self.dc = x.T @ dy, dy.sum(axis=0)
            return dy @ self.K.T

    def build(n_in, k, rng):
        inner = tn.Sequential([Kernel(), tn.BatchNorm()], 8)
        return tn.Sequential([tn.Dense(8), inner], n_in, loss=tn.SoftmaxCrossEntropy(), rng=rng)

    arm = running.Arm(build, tn.SGD, 1, 32)
    one, ten = arm.build(4, 3, 7, 1).state_dict(), arm.build(4, 3, 7, 10).state_dict()
    assert {name for name in one if not np.array_equal(one[name], ten[name])} == {"1.0.K"}
    np.testing.assert_array_equal(ten["1.0.K"], 10 * one["1.0.K"])


def test_conditions_depart_from_the_ordinary_one_in_one_thing_at_a_time():
    comparison = try_arms(starts=(1, 30), wrong_labels=(0, 0.2), epochs=1, rates=[0.1])
    assert comparison.conditions == [(1, 0), (30, 0), (1, 0.2)]
    assert [str(condition) for condition in comparison.conditions] == [
        "ordinary start", "last layer × 30", "20 % of the labels wrong"]


def test_test_rows_have_no_say_in_what_is_trained_and_chosen(monkeypatch):
    before = try_arms(seeds=3)

    def turn_test_labels(*args):
        parts = split_parts(*args)
        return parts._replace(x_test=parts.x_test[::-1], labels_test=2 - parts.labels_test)

    monkeypatch.setattr(running, "split_parts", turn_test_labels)
    after = try_arms(seeds=3)
    for one, other in zip(before.table, after.table):
        same = {name for name in one if not name.startswith("test")}
        assert {name: one[name] for name in same} == {name: other[name] for name in same}
    assert any(one != other for one, other in zip(before.table, after.table))


def test_test_rows_are_judged_at_the_chosen_rate_alone():
    table = try_arms(starts=(1, 30)).table
    for row in table:
        assert (row["test_accuracy"] is not None) == row["chosen"]
    assert sum(row["chosen"] for row in table) == 2 * 2 * 2   # arms, starts, seeds


def test_a_network_that_is_tested_is_the_one_that_was_chosen():
    """Trained anew, it comes to the same bits."""
    rows = compare(ARMS, {"iris": IRIS}, rates=[0.1], seeds=2, epochs=3)
    by_validation = compare(ARMS, {"iris": IRIS}, rates=[0.1, 1e-6], seeds=2, epochs=3)
    chosen = [row for row in by_validation.table if row["chosen"]]
    assert {row["rate"] for row in chosen} == {0.1}
    assert chosen == [row | {"good_rates": [0.1, 0.1]} for row in rows.table]


# ---- choosing rates ----

def make_rows(counts, diverged=()):
    """Rows of runs whose validation accuracies are counts of 100 rows, by epoch."""
    return [{"val_accuracy": count[-1] / 100, "val_right_by_epoch": count, "val_rows": 100,
             "val_cross_entropy": 1 - count[-1] / 100,
             "diverged_in_epoch": 1 if i in diverged else None} for i, count in enumerate(counts)]


def test_the_best_rate_has_the_largest_mean_at_the_end():
    by_rate = {0.1: make_rows([[50, 90], [50, 80]]), 1.0: make_rows([[80, 86], [80, 86]])}
    assert choose_rate(by_rate, "val_accuracy") == 1.0
    assert choose_rate(by_rate, "val_cross_entropy") == 1.0


def test_among_equal_rates_the_one_with_the_larger_mean_over_the_epochs_is_best_then_the_smaller():
    by_rate = {0.1: make_rows([[50, 90], [50, 90]]), 1.0: make_rows([[80, 90], [80, 90]])}
    assert choose_rate(by_rate, "val_accuracy") == 1.0
    by_rate[0.5] = by_rate[1.0]
    assert choose_rate(by_rate, "val_accuracy") == 0.5


def test_a_rate_with_a_diverging_seed_is_not_chosen():
    by_rate = {0.1: make_rows([[50], [50]]), 1.0: make_rows([[90], [90]], diverged=[1])}
    assert choose_rate(by_rate, "val_accuracy") == 0.1
    del by_rate[0.1]
    assert choose_rate(by_rate, "val_accuracy") is None


def test_good_rates_are_those_around_the_best_within_a_point_and_without_a_gap():
    counts = {0.01: 90, 0.03: 80, 0.1: 89, 0.3: 90, 1.0: 89, 3.0: 88}
    by_rate = {rate: make_rows([[count]]) for rate, count in counts.items()}
    assert find_good_rates(by_rate, 0.3) == (0.1, 1.0)
    assert find_good_rates(by_rate, 0.01) == (0.01, 0.01)
    by_rate[1.0] = make_rows([[89]], diverged=[0])
    assert find_good_rates(by_rate, 0.3) == (0.1, 0.3)


def test_epochs_are_counted_whole_so_that_two_seeds_that_agree_are_not_clear():
    question = make_question([2.0, 2.0], measure="epochs_to_90", resolution=(2 / 12) ** 0.5)
    assert judge_together([question])[0].tie
    comparison = try_arms(rates=[0.1], epochs=1)
    verdict, = comparison.judge("epochs_to_90")
    assert verdict.question.resolution == pytest.approx((2 / 12) ** 0.5)   # 1/12 for each of two


@pytest.mark.parametrize("measure, by", [
    ("test_accuracy", "val_accuracy"), ("test_cross_entropy", "val_cross_entropy"),
    ("val_brier_score", "val_brier_score"), ("test_calibration_error", "val_accuracy"),
    ("epochs_to_90", "val_accuracy")])
def test_rates_are_chosen_by_what_verdicts_are_about_if_it_says_how_good_predictions_are(
        measure, by):
    assert choose_measure(measure) == by


# ---- verdicts ----

def make_question(differences, **settings):
    return Question("b", "a", ORDINARY, **{
        "measure": "test_accuracy", "data": None, "n_data": 2, "rate": None, "resolution": 0.01,
        "differences": None if differences is None else np.array(differences), "diverged": {}}
        | settings)


def test_the_interval_of_one_question_is_that_of_the_paired_t_test_at_99_percent():
    a, b = np.random.default_rng(0).normal([[0.0], [0.1]], 0.1, (2, 12))
    verdict, = judge_together([make_question(b - a)])
    found = stats.ttest_rel(b, a)
    low, high = found.confidence_interval(0.99)
    np.testing.assert_allclose([verdict.low, verdict.high], [low, high])
    np.testing.assert_allclose(verdict.difference, (b - a).mean())
    np.testing.assert_allclose(Mean(b - a, 0.0).p_value(), found.pvalue)


def test_several_questions_are_judged_by_holms_method():
    rng = np.random.default_rng(1)
    questions = [make_question(rng.normal(mean, 0.02, 10))
                 for mean in (0.0, 0.03, 0.1, 0.02, 0.022, 0.3)]
    p = np.array([stats.ttest_1samp(each.differences, 0).pvalue for each in questions])
    order = np.argsort(p)
    steps = 0.01 / (6 - np.arange(6))
    first_unclear = next(i for i in range(6) if p[order[i]] >= steps[i])
    assert 1 < first_unclear < 5   # so that the method matters
    verdicts = judge_together(questions)
    for place, i in enumerate(order):
        assert verdicts[i].tie == (place >= first_unclear)
        level = 1 - steps[min(place, first_unclear)]
        low, high = stats.ttest_1samp(questions[i].differences, 0).confidence_interval(level)
        np.testing.assert_allclose([verdicts[i].low, verdicts[i].high], [low, high])
        assert verdicts[i].tie == (low <= 0 <= high)


def test_no_difference_with_any_seed_is_a_tie():
    verdict, = judge_together([make_question([0.0] * 10, resolution=0.0)])
    assert verdict.tie and verdict.better is None
    assert (verdict.difference, verdict.low, verdict.high) == (0, 0, 0)
    of_rows, = judge_together([make_question([0.0] * 2, resolution=0.01)])
    half = stats.t.isf(0.005, 1) * 0.01 / 2**0.5   # as far as two seeds with whole rows can show
    assert of_rows.tie
    np.testing.assert_allclose([of_rows.low, of_rows.high], [-half, half])
    assert "no clear difference in test accuracy between b and a: 0.0 points" in verdict.sentence


def test_the_same_difference_with_all_seeds_is_clear_if_it_is_more_than_a_row():
    # two counts of 100 rows each: a standard deviation of 0.01 / √6
    far, = judge_together([make_question([0.3] * 10, resolution=0.01 / 6**0.5)])
    assert not far.tie and far.better == "b" and far.low < 0.3 < far.high
    near, = judge_together([make_question([0.01] * 2, resolution=0.01 / 6**0.5)])
    assert near.tie


def test_the_resolution_of_a_difference_is_that_of_whole_rows():
    comparison = try_arms(epochs=1, rates=[0.1])
    assert comparison.verdicts[0].question.resolution == pytest.approx(1 / 30 / 6**0.5)


def test_a_share_cannot_differ_by_more_than_100_points():
    verdict, = judge_together([make_question([0.3, -0.2])])
    assert (verdict.low, verdict.high) == (-1, 1)


@pytest.mark.parametrize("measure, difference, better", [
    ("test_accuracy", 0.3, "b"), ("test_accuracy", -0.3, "a"), ("test_cross_entropy", 0.3, "a"),
    ("test_brier_score", -0.3, "b"), ("test_calibration_error", 0.3, "a"), ("epochs_to_90", 3, "a"),
    ("early_accuracy", 0.3, "b"), ("val_cross_entropy", -0.3, "b"), ("gradient_norm", 0.3, None)])
def test_which_arm_is_better_follows_from_the_measure(measure, difference, better):
    differences = difference + np.linspace(-0.01, 0.01, 10)
    verdict, = judge_together([make_question(differences, measure=measure)])
    assert not verdict.tie and verdict.better == better


def test_a_sentence_says_where_what_and_by_how_much():
    verdict, _ = judge_together([make_question(np.linspace(-0.1, -0.09, 10)),
                                 make_question(np.linspace(-1, 1, 10))])
    assert str(verdict) == (
        "Ordinary start, mean of 2 data sets: b is worse than a in test accuracy: −9.5 points "
        "(99.5 % interval, Holm's method for 2 questions: −9.9 to −9.1; 10 seeds).")


@pytest.mark.parametrize("measure, value, text", [
    ("test_accuracy", -0.0123, "−1.2"), ("test_accuracy", 0.0, "0.0"),
    ("test_accuracy", -0.0001, "0.0"), ("test_cross_entropy", 0.25, "+0.250"),
    ("epochs_to_90", -1.25, "−1.2"), ("gradient_norm", 0.0, "0.000"),
    ("gradient_norm", 12.345, "+12.3")])
def test_differences_have_a_sign_and_shares_are_in_points(measure, value, text):
    assert format_value(measure, value) == text


def test_a_clear_difference_is_not_shown_as_0():
    assert format_value("test_accuracy", -0.0001, is_clear=True) == "−0.01"


@pytest.mark.long
def test_a_verdict_is_on_the_mean_over_the_data_sets_of_each_seed():
    comparison = try_arms(data={"iris": IRIS, "wine": WINE}, seeds=4)
    rows = {(row["data"], row["arm"], row["seed"]): row["test_accuracy"]
            for row in comparison.table if row["chosen"]}
    differences = [np.mean([rows[data, "squared error", seed] - rows[data, "cross-entropy", seed]
                            for data in ("iris", "wine")]) for seed in range(4)]
    verdict, = comparison.verdicts
    low, high = stats.ttest_1samp(differences, 0).confidence_interval(0.99)
    np.testing.assert_allclose(verdict.difference, np.mean(differences))
    np.testing.assert_allclose([verdict.low, verdict.high], [max(low, -1), min(high, 1)])
    of_iris, of_wine = comparison.judge(by_data=True)
    assert (of_iris.question.data, of_wine.question.data) == ("iris", "wine")
    np.testing.assert_allclose((of_iris.difference + of_wine.difference) / 2, verdict.difference)


def test_other_questions_can_be_asked_of_the_same_runs():
    comparison = try_arms(seeds=3, starts=(1, 30))
    assert len(comparison.judge("test_brier_score")) == 2
    early = comparison.judge("early_accuracy", rate=0.1, condition=comparison.conditions[0])
    assert [verdict.question.rate for verdict in early] == [0.1]
    with pytest.raises(ValueError, match=r"rate is 0.2; it must be one of \[0.1, 1.0\]"):
        comparison.judge("early_accuracy", rate=0.2)
    with pytest.raises(ValueError, match="test rows were used at the best rates alone"):
        comparison.judge("test_accuracy", rate=0.1)
    with pytest.raises(ValueError, match="measure is 'accuracy'; it must be one of 'test_acc"):
        comparison.judge("accuracy")
    for condition in (99, 0), (1,), "ordinary", 1:
        with pytest.raises(ValueError, match="it must be one of .*Condition.start=30"):
            comparison.judge(condition=condition)
    assert len(comparison.judge(condition=(30, 0))) == 1


def test_what_is_recorded_of_epochs_follows_from_the_rows_that_are_right_after_each():
    for row in try_arms(data={"wine": WINE}, epochs=8, rates=[0.03, 0.3]).table:
        right, n = row["val_right_by_epoch"], row["val_rows"]
        assert len(right) == 8 and n == 36
        assert row["val_accuracy"] == right[-1] / n
        assert row["early_accuracy"] == pytest.approx(sum(right[:5]) / 5 / n)
        reached = [epoch for epoch, count in enumerate(right, start=1) if count >= 32.4]
        assert row["epochs_to_90"] == (reached[0] if reached else None)
    assert len({row["epochs_to_90"] for row in try_arms(epochs=8, rates=[0.03, 0.3]).table}) > 1


def test_the_first_gradient_is_that_of_the_start():
    comparison = try_arms(rates=[0.1], starts=(1, 30), epochs=1)
    one, thirty = (next(row["gradient_norm"] for row in comparison.table if row["start"] == start)
                   for start in (1, 30))
    assert thirty > 5 * one


def test_a_difference_just_below_holms_level_is_clear_and_one_just_above_it_is_not():
    for p, is_clear in (0.00499, True), (0.00501, False):
        t = stats.t.isf(p / 2, 9)   # of ten differences with the mean t / √10 and the deviation 1
        spread = np.array([-1.0, 1.0] * 5) * np.sqrt(0.9)
        questions = [make_question(0.01 * (spread + t / np.sqrt(10))),
                     make_question(0.01 * spread)]
        assert judge_together(questions)[0].tie != is_clear


def test_a_question_on_which_an_arm_diverged_counts_among_the_questions():
    t = stats.t.isf(0.007 / 2, 9)
    question = make_question(0.01 * (np.array([-1.0, 1.0] * 5) * np.sqrt(0.9) + t / np.sqrt(10)))
    diverged = make_question(None, diverged={"b": ["iris"]})
    assert not judge_together([question])[0].tie
    assert judge_together([question, diverged])[0].tie


def test_a_run_that_never_gets_to_90_percent_counts_as_an_epoch_longer():
    comparison = try_arms(rates=[1e-6], measure="epochs_to_90")
    assert all(row["epochs_to_90"] is None for row in comparison.table)
    verdict, = comparison.verdicts
    assert verdict.tie and verdict.difference == 0


def test_identical_arms_are_a_tie():
    verdict, = try_arms({"one": cross_entropy, "other": cross_entropy}, seeds=3).verdicts
    assert verdict.tie and verdict.difference == 0 and verdict.low == -verdict.high


@pytest.mark.long
def test_an_arm_that_cannot_learn_is_clearly_worse_though_all_seeds_agree():
    def constant(n_in, k, rng):
        net = cross_entropy(n_in, k, rng)
        net.params = np.zeros_like(net.params)
        for layer in net.layers:
            layer.trainable = False
        return net

    x = np.repeat(np.eye(2), 50, axis=0)
    verdict, = try_arms({"good": cross_entropy, "constant": constant},
                        {"two points": (x, x[:, 0])}, seeds=10, epochs=10).verdicts
    assert verdict.difference == -0.5 and not verdict.tie and verdict.better == "good"


# ---- divergence ----

LOGITS = {"cross-entropy": cross_entropy, "on the logits": on_the_logits}


def test_a_run_that_diverges_has_that_said_and_no_nan(tmp_path):
    comparison = try_arms(LOGITS, rates=[0.01, 100.0], epochs=5)
    diverged = [row for row in comparison.table if row["diverged_in_epoch"] is not None]
    assert {(row["arm"], row["rate"]) for row in diverged} == {("on the logits", 100.0)}
    for row in diverged:
        assert row["val_accuracy"] is row["val_right_by_epoch"] is None and not row["chosen"]
    comparison.to_csv(tmp_path / "table.csv")
    assert "nan" not in (tmp_path / "table.csv").read_text()
    assert "nan" not in str(comparison)
    assert comparison.verdicts[0].difference is not None


def test_an_arm_that_diverges_at_each_rate_is_behind_and_it_is_said():
    comparison = try_arms(LOGITS, rates={"cross-entropy": [0.1], "on the logits": [100, 1000]},
                          epochs=5)
    verdict, = comparison.verdicts
    assert (verdict.difference, verdict.low, verdict.high) == (None, None, None)
    assert not verdict.tie and verdict.better == "cross-entropy"
    assert verdict.sentence == ("Ordinary start, iris: on the logits diverged at each learning "
                                "rate with some seed; cross-entropy did not.")
    assert "diverged at each rate" in str(comparison)


def test_if_both_diverge_none_is_ahead():
    verdict, = try_arms({"a": on_the_logits, "b": on_the_logits}, rates=[1000], epochs=5).verdicts
    assert verdict.better is None and not verdict.tie
    assert "b diverged at each learning rate with some seed; a diverged at" in verdict.sentence


# ---- the same bits ----

@pytest.mark.long
def test_two_workers_make_the_same_bits_as_one():
    assert try_arms(n_jobs=2).table == try_arms(n_jobs=1).table


def test_what_is_in_the_cache_is_not_trained_again_and_the_same(tmp_path, monkeypatch):
    first = try_arms(cache=tmp_path / "new" / "cache")
    monkeypatch.setattr(running.Run, "train", None)
    assert try_arms(cache=tmp_path / "new" / "cache").table == first.table


def test_the_cache_gives_back_every_number_as_it_was(tmp_path):
    assert try_arms(cache=tmp_path).table == try_arms().table == try_arms(cache=tmp_path).table


class Steep(tn.Tanh):
    """A layer of one's own, whose backward pass is changed below."""

    factor = 1.0

    def backward(self, dy, y):
        return self.factor * super().backward(dy, y)


@pytest.mark.long
def test_a_change_of_the_code_of_a_layer_is_not_overlooked_by_the_cache(tmp_path, monkeypatch):
    def build(n_in, k, rng):
        return tn.Sequential([tn.Dense(8), Steep(), tn.Dense(k)], n_in,
                             loss=tn.SoftmaxCrossEntropy(), rng=rng)

    arms = ARMS | {"steep": build}
    try_arms(arms, cache=tmp_path)
    monkeypatch.setattr(Steep, "factor", 3.0)
    assert try_arms(arms, cache=tmp_path).table == try_arms(arms).table


@pytest.mark.parametrize("change", [
    {"epochs": 3}, {"arms": {"cross-entropy": squared_error, "squared error": cross_entropy}},
    *(pytest.param(change, marks=pytest.mark.long) for change in (
        {"batch_size": 16}, {"optimizer": tn.Adam}, {"starts": (2,)}, {"wrong_labels": (0.5,)},
        {"seeds": [2, 3]}, {"rates": [0.11, 1.0]}, {"data": {"iris": WINE}},
        {"optimizer": lambda lr: tn.SGD(lambda step: lr if step < 4 else 0.0)}))])
def test_no_run_is_taken_for_another_one_by_the_cache(change, tmp_path):
    try_arms(cache=tmp_path)
    assert try_arms(**change, cache=tmp_path).table == try_arms(**change).table


@pytest.mark.long
def test_a_schedule_that_changes_after_the_first_epoch_is_not_overlooked(tmp_path):
    """Both rates are those of a function of the same name."""
    def make(late):
        def rate(step):
            return 0.1 if step < 3 else late
        return lambda lr: tn.SGD(rate)

    try_arms(optimizer=make(0.1), epochs=5, cache=tmp_path)
    settings = {"optimizer": make(1.0), "epochs": 5}
    assert try_arms(**settings, cache=tmp_path).table == try_arms(**settings).table


def make_noisy(is_right):
    class Noisy(tn.Layer):
        """The same in training, another one at inference."""

        def forward(self, x, training=False):
            return (x if training or is_right else 0 * x), None

        def backward(self, dy, cache):
            return dy

    def build(n_in, k, rng):
        return tn.Sequential([tn.Dense(8), Noisy(), tn.Dense(k)], n_in,
                             loss=tn.SoftmaxCrossEntropy(), rng=rng)
    return build


class Stopping(tn.SGD):
    """Stops after some steps, as a constant outside says."""

    def step(self, params, grads):
        if self.steps < LAST_STEP:
            super().step(params, grads)
        else:
            self.steps += 1


LAST_STEP = 3


@pytest.mark.long
def test_code_that_shows_after_the_first_epoch_or_at_inference_is_not_overlooked(
        tmp_path, monkeypatch):
    arms = {"wrong": make_noisy(False), "right": make_noisy(True)}
    assert try_arms(arms, cache=tmp_path).table == try_arms(arms).table
    settings = {"optimizer": Stopping, "epochs": 4}
    before = try_arms(**settings, cache=tmp_path).table
    monkeypatch.setitem(globals(), "LAST_STEP", 9)
    assert try_arms(**settings, cache=tmp_path).table == try_arms(**settings).table != before


class Halving:
    """A schedule without a repr."""

    def __init__(self, lr):
        self.lr = lr

    def __call__(self, step):
        return self.lr / 2**step


def test_what_has_no_repr_is_found_in_the_cache_again(tmp_path):
    settings = {"optimizer": lambda lr: tn.SGD(Halving(lr)), "cache": tmp_path}
    try_arms(**settings)
    files = len(list(tmp_path.iterdir()))
    try_arms(**settings)
    assert len(list(tmp_path.iterdir())) == files == 12


@pytest.mark.long
def test_the_cache_is_where_it_is_for_the_caller_and_not_for_old_workers(tmp_path, monkeypatch):
    for name in "ab":
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        try_arms(cache="cache", n_jobs=2, epochs=1)
        assert len(list((tmp_path / name / "cache").iterdir())) == 12


def test_a_damaged_file_of_the_cache_is_made_anew(tmp_path):
    first = try_arms(cache=tmp_path)
    for i, file in enumerate(sorted(tmp_path.iterdir())):
        text = file.read_text()
        file.write_bytes([b"", text[:9].encode(), b"[]", text.replace("1", "2", 1).encode(),
                          b"\xff" + text.encode()][i % 5])
    assert try_arms(cache=tmp_path).table == first.table


@pytest.mark.long
def test_a_comparison_that_was_killed_goes_on_with_the_same_bits(tmp_path):
    code = ("import sys; from test_comparing import *; "
            "compare(ARMS, {'iris': IRIS, 'wine': WINE}, rates=[0.03, 0.1, 1.0], seeds=4, "
            "epochs=40, n_jobs=2, cache=sys.argv[1]).to_csv(sys.argv[2])")

    def start(cache, path):
        return subprocess.Popen([sys.executable, "-c", code, cache, path],
                                cwd=os.path.dirname(__file__), start_new_session=True)

    killed = start(tmp_path / "cache", tmp_path / "killed.csv")
    while not (tmp_path / "cache").exists() or len(list((tmp_path / "cache").iterdir())) < 10:
        assert killed.poll() is None
        time.sleep(0.01)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    done = len(list((tmp_path / "cache").iterdir()))
    assert not (tmp_path / "killed.csv").exists() and done < 2 * 2 * 4 * (3 + 1)
    assert start(tmp_path / "cache", tmp_path / "went-on.csv").wait() == 0
    assert start(tmp_path / "fresh", tmp_path / "fresh.csv").wait() == 0
    assert (tmp_path / "went-on.csv").read_bytes() == (tmp_path / "fresh.csv").read_bytes()


# ---- the verdicts of many comparisons ----

def moons(i):
    return {"moons": make_moons(150, noise=0.3, random_state=i)}


@pytest.mark.long
def test_an_arm_and_itself_with_seeds_of_its_own_are_a_tie_in_38_of_40_comparisons():
    def with_other_seeds(n_in, k, rng):
        return cross_entropy(n_in, k, rng.spawn(2)[1])

    verdicts = [compare({"a": cross_entropy, "b": with_other_seeds},
                        moons(i) | {"iris": IRIS, "wine": WINE}, rates=[0.1, 1.0],
                        seeds=range(10 * i, 10 * i + 10), epochs=5, n_jobs=-1).verdicts[0]
                for i in range(40)]
    assert sum(verdict.tie for verdict in verdicts) >= 38
    assert sum(verdict.difference != 0 for verdict in verdicts) > 30


@pytest.mark.long
def test_an_arm_at_a_tenth_of_its_best_rate_is_found_worse_in_38_of_40_comparisons():
    settings = {"epochs": 10, "measure": "val_cross_entropy", "n_jobs": -1}
    verdicts = []
    for i in range(40):
        data, seeds = {"data": CANCER if i % 2 else IRIS}, range(10 * i, 10 * i + 10)
        tuned = compare(ARMS, data, rates=[0.1, 0.3, 1.0, 3.0], seeds=seeds, **settings)
        best = next(row["rate"] for row in tuned.table if row["chosen"])
        verdicts += compare({"best": cross_entropy, "tenth": cross_entropy}, data, seeds=seeds,
                            rates={"best": [best], "tenth": [best / 10]}, **settings).verdicts
    assert sum(verdict.better == "best" for verdict in verdicts) >= 38


# ---- the table ----

def test_a_csv_file_makes_the_same_comparison(tmp_path):
    comparison = try_arms(LOGITS, rates=[0.01, 0.1, 100.0], epochs=5, wrong_labels=(0.0, 0.3))
    comparison.to_csv(tmp_path / "table.csv")
    again = Comparison.read_csv(tmp_path / "table.csv")
    assert again.table == comparison.table
    assert [v.sentence for v in again.verdicts] == [v.sentence for v in comparison.verdicts]


def test_a_file_that_is_no_table_of_a_comparison_is_refused(tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="other.csv does not hold the table of a comparison"):
        Comparison.read_csv(tmp_path / "other.csv")


@pytest.mark.long
@pytest.mark.parametrize("change, said", [
    (lambda lines: lines[:1], "a whole table"), (lambda lines: lines[:-1], "a whole table"),
    (lambda lines: lines + lines[-1:], "a whole table"),
    (lambda lines: [line for line in lines if "squared" not in line], "a whole table"),
    (lambda lines: [*lines[:-1], lines[-1][:40]], "line 9: a cell is missing"),
    (lambda lines: [*lines[:-1], lines[-1].replace("iris,1.0", "iris,x")], "line 9: a cell"),
    (lambda lines: [line.replace(",test_accuracy,", ",val_accuracy,") if "squared" in line else line
                    for line in lines], "a whole table")])
def test_a_part_of_a_table_is_refused(change, said, tmp_path):
    try_arms(epochs=1).to_csv(tmp_path / "table.csv")
    lines = (tmp_path / "table.csv").read_text().splitlines()
    assert len(lines) == 9
    (tmp_path / "table.csv").write_text("\n".join(change(lines)) + "\n")
    with pytest.raises(ValueError, match=said):
        Comparison.read_csv(tmp_path / "table.csv")


def test_a_file_says_for_which_measure_its_rates_were_chosen(tmp_path):
    comparison = try_arms(epochs=1, measure="test_cross_entropy")
    comparison.to_csv(tmp_path / "table.csv")
    text = (tmp_path / "table.csv").read_text()
    (tmp_path / "table.csv").write_text(text, encoding="utf-8-sig")   # as spreadsheets save
    again = Comparison.read_csv(tmp_path / "table.csv")
    assert again.measure == "test_cross_entropy" and again.table == comparison.table


def test_a_data_frame_has_a_row_for_each_run():
    pytest.importorskip("pandas")
    comparison = try_arms(epochs=1)
    frame = comparison.to_frame()
    assert frame.shape == (8, len(comparison.table[0]))
    assert frame[frame.chosen].groupby("arm").test_accuracy.count().to_dict() == {
        "cross-entropy": 2, "squared error": 2}


def test_in_a_notebook_a_comparison_is_a_table_with_its_verdicts():
    text = try_arms(epochs=1)._repr_html_()
    assert text.startswith("<table>") and text.count("<tr>") == 3
    assert "<li>Ordinary start, iris: no clear difference" in text


def test_the_first_gradient_is_that_of_all_training_rows():
    comparison = try_arms(rates=[0.1])
    parts = split_parts(IRIS[0], IRIS[1], Seeds.from_seed(0), 0.0)
    net = cross_entropy(4, 3, np.random.default_rng(Seeds.from_seed(0).weights))
    net.gradient(parts.x, parts.labels)
    assert comparison.table[0]["gradient_norm"] == pytest.approx(np.linalg.norm(net.grads))


def test_a_comparison_prints_the_means_and_the_verdicts():
    comparison = try_arms(seeds=3)
    text = str(comparison)
    row = next(line for line in text.splitlines() if "squared error" in line)
    chosen = [each for each in comparison.table
              if each["chosen"] and each["arm"] == "squared error"]
    nats = np.mean([each["test_cross_entropy"] for each in chosen])
    accuracies = 100 * np.array([each["test_accuracy"] for each in chosen])
    assert f"{nats:.3f}  {nats / np.log(2):.3f}" in row
    assert f"{accuracies.mean():.1f} ± {accuracies.std(ddof=1):.1f} %" in row
    assert comparison.verdicts[-1].sentence in text
    # of two rates, each is
    assert text.endswith("in 2 of 2 cases; a wider range of rates may be fairer.")
    assert "2 arms on 1 data sets, 3 seeds: 12 runs" in repr(comparison)


# ---- what goes in ----

@pytest.mark.long
def test_classes_may_be_words_and_labels_need_not_begin_at_0():
    x, labels = IRIS
    words = np.array(["setosa", "versicolor", "virginica"])[labels]
    assert try_arms(data={"iris": (x, words)}).table == try_arms().table
    assert try_arms(data={"iris": (x.tolist(), list(labels + 7))}).table == try_arms().table


def test_one_output_is_enough_for_two_classes():
    def build(n_in, k, rng):
        return tn.Sequential([tn.Dense(1)], n_in, loss=tn.SigmoidCrossEntropy(), rng=rng)

    comparison = try_arms({"one": build, "two": cross_entropy}, moons(0), rates=[1.0], epochs=5)
    assert min(row["val_accuracy"] for row in comparison.table) > 0.7
    for row in comparison.table:   # as those of two outputs, half of which are one less the other
        assert 0 < row["val_brier_score"] < 0.5


def test_arms_may_have_rates_of_their_own_in_any_order():
    comparison = try_arms(rates={"squared error": [3, 0.3], "cross-entropy": (0.1,)})
    assert {(row["arm"], row["rate"]) for row in comparison.table} == {
        ("cross-entropy", 0.1), ("squared error", 0.3), ("squared error", 3.0)}


def test_arms_may_have_optimizers_of_their_own():
    adam = try_arms({"SGD": cross_entropy, "Adam": cross_entropy},
                    optimizer={"Adam": tn.Adam, "SGD": tn.SGD}).table
    alone = try_arms({"SGD": cross_entropy, "Adam": cross_entropy}, optimizer=tn.Adam).table
    for one, other in zip(adam, alone, strict=True):
        assert (one == other) == (one["arm"] == "Adam")


def test_a_bar_counts_the_runs_and_nothing_is_shown_where_nobody_watches(capsys):
    try_arms(verbose=1)
    assert "12/12" in capsys.readouterr().err   # 2 arms, 2 seeds, 2 rates and the test
    try_arms()
    assert capsys.readouterr().err == ""


TRAINED = cross_entropy(4, 3, 0)


@pytest.mark.parametrize("settings, said", [
    ({"arms": {"a": cross_entropy}}, "must be a dictionary of at least two functions"),
    ({"arms": [cross_entropy, squared_error]}, "must be a dictionary of at least two functions"),
    ({"arms": ARMS | {"c": cross_entropy(4, 3, 0)}}, "a function .n_in, k, rng. that builds"),
    ({"arms": ARMS | {"c": lambda n_in, k, rng: tn.Dense(3)}}, "must return a Sequential"),
    ({"arms": ARMS | {"c": lambda n_in, k, rng: TRAINED}}, "one and the same network twice"),
    ({"arms": ARMS | {"c": lambda n_in, k, rng: cross_entropy(n_in, k + 1, rng)}},
     r"output has shape \(4,\); for 3 classes it must be \(3,\)"),
    ({"arms": ARMS | {"c": lambda n_in, k, rng: tn.Sequential([tn.Dense(k)], n_in)}},
     "has no loss"),
    ({"arms": ARMS | {"c": lambda n_in, k, rng: tn.Sequential(
        [tn.Softmax()], 3, loss=tn.CrossEntropy())}, "starts": (1, 2), "data": {
            "d": (np.eye(3).repeat(5, axis=0), np.arange(3).repeat(5))}},
     "no layer .* that a start could multiply"),
    ({"data": IRIS}, "data is of type tuple; it must be a dictionary"),
    ({"data": {"d": IRIS[0]}}, "must be a pair"),
    ({"arms": ARMS | {"": cross_entropy}}, "a name in arms is ''; it must be a string"),
    ({"arms": ARMS | {"a\nb": cross_entropy}}, "must be a string of one line"),
    ({"arms": ARMS | {"c": lambda n_in, k: cross_entropy(n_in, k, 0)}},
     r"arms\['c'\] takes \(n_in, k\); it must take \(n_in, k, rng\)"),
    ({"data": {" ": IRIS}}, "a name in data is ' '"),
    ({"data": {"d": (IRIS[0], IRIS[1][:9])}}, r"150 rows, but labels has shape \(9,\)"),
    ({"data": {"d": (IRIS[0], IRIS[1][:, None])}}, r"pass np.asarray\(labels\).ravel\(\)"),
    ({"data": {"d": (IRIS[0], np.eye(3)[IRIS[1]])}}, r"pass np.argmax\(labels, axis=1\)"),
    ({"data": {"d": (IRIS[0], np.array(["a", "b", None], object)[IRIS[1]])}},
     "labels is None in row 100"),
    ({"data": {"d": (IRIS[0], np.array(["a", "b", np.nan], object)[IRIS[1]])}}, "nan in row 100"),
    ({"data": {"d": (IRIS[0], np.array([0, 1, np.nan])[IRIS[1]])}}, "nan in row 100"),
    ({"data": {"d": (IRIS[0], np.array([0, 1, np.inf])[IRIS[1]])}}, "not whole"),
    ({"data": {"d": (IRIS[0], np.array([0.5, 1.5, 2.5], object)[IRIS[1]])}}, "not whole"),
    ({"data": {"d": (IRIS[0], np.array(["a", 1, 2], object)[IRIS[1]])}}, "words and numbers"),
    ({"data": {"d": (IRIS[0], np.ma.masked_equal(IRIS[1], 1))}}, "labels has masked entries"),
    ({"data": {"d": (np.empty((0, 4)), [])}}, r"x has shape \(0, 4\)"),
    ({"data": {"d": (1e200 * IRIS[0], IRIS[1])}}, "column 0 of x, up to 7.9e.200, is too large"),
    ({"data": {"d": (np.zeros((150, 2, 2)), IRIS[1])}}, "begin with Reshape"),
    ({"data": {"d": (np.where(IRIS[0] > 7, np.nan, IRIS[0]), IRIS[1])}}, "nan in row"),
    ({"data": {"d": (IRIS[0], np.zeros(150))}}, "the class 0.0 only"),
    ({"data": {"d": (IRIS[0], IRIS[0][:, 0])}}, "not whole; they must be classes"),
    ({"data": {"d": (IRIS[0], np.r_[np.zeros(147), 1, 1, 1])}}, "has 3 rows of the class 1.0"),
    ({"rates": []}, "rates is .*not empty"), ({"rates": 0.1}, "rates is 0.1; it must be a seq"),
    ({"rates": [0.1, -1]}, "a rate is -1"), ({"rates": {"a": [0.1]}}, "rates is for the arms"),
    ({"seeds": 1}, "seeds is 1; it must be a whole number of at least 2"),
    ({"seeds": [3, 3]}, "at least two, all different"), ({"epochs": 0}, "epochs is 0"),
    ({"batch_size": 0}, "batch_size is 0"),
    ({"optimizer": tn.SGD(0.1)}, r"optimizer is SGD\(\); it must be a function"),
    ({"optimizer": {"a": tn.SGD}}, "optimizer is for the arms"),
    ({"optimizer": lambda lr: lr}, "optimizer makes 0.1; it must be a function of the learning"),
    ({"optimizer": lambda lr, one=tn.SGD(0.1): one}, "one and the same for several runs"),
    ({"optimizer": lambda lr: tn.SGD(0.1, momentum=lr)}, "momentum is 1.0"),
    ({"arms": ARMS | {"c": lambda n_in, k, rng: tn.Sequential(
        [tn.BatchNorm(), tn.Dense(k)], n_in, loss=tn.SoftmaxCrossEntropy(), rng=rng)},
      "batch_size": 1}, "BatchNorm.* cannot be trained on batches of 1 row"),
    ({"starts": (1, 1e39)}, r"a start is 1e\+39, by which"),
    ({"cache": ""}, "cache is ''; it must be the path"), ({"cache": 5}, "cache is 5"),
    ({"starts": (0,)}, "a start is 0"), ({"wrong_labels": (1.0,)}, "a share of wrong labels is 1"),
    ({"measure": "accuracy"}, "measure is 'accuracy'"), ({"verbose": 3}, "verbose is 3"),
])
def test_what_cannot_be_compared_is_refused_before_anything_is_trained(
        settings, said, monkeypatch):
    monkeypatch.setattr(running.Run, "find", None)
    with pytest.raises((ValueError, TypeError), match=said):
        try_arms(**settings)


def test_a_cache_that_is_no_folder_is_refused_before_anything_is_trained(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(running.Run, "find", None)
    for path in tmp_path / "file", tmp_path / "file" / "cache":
        with pytest.raises(OSError, match="file"):
            try_arms(cache=path)


def test_an_arm_that_takes_no_notice_of_its_rng_is_warned_of():
    def build(n_in, k, rng):
        return cross_entropy(n_in, k, None)

    with pytest.warns(UserWarning, match="other first weights at each call with the same rng"):
        try_arms(ARMS | {"c": build}, epochs=1, rates=[0.1])

    def build_always_alike(n_in, k, rng):
        return cross_entropy(n_in, k, 0)

    with pytest.warns(UserWarning, match="the same first weights for each seed"):
        try_arms(ARMS | {"c": build_always_alike}, epochs=1, rates=[0.1])


def test_zeros_for_first_weights_are_no_reason_to_warn(recwarn):
    def build(n_in, k, rng):
        return tn.Sequential([tn.Dense(k, init=tn.zeros)], n_in, loss=tn.SoftmaxCrossEntropy(),
                             rng=rng)

    try_arms({"a": build, "b": build}, epochs=1, rates=[0.1])
    assert not recwarn.list


def test_an_error_in_an_arm_says_in_which_one():
    def build(n_in, k, rng):
        raise RuntimeError("no network")

    with pytest.raises(RuntimeError) as caught:
        try_arms(ARMS | {"mine": build})
    assert caught.value.__notes__ == ["in the arm 'mine' on 'iris'"]


def test_a_generator_of_rates_is_that_of_all_arms():
    assert try_arms(rates=(rate for rate in (0.1, 1.0))).table == try_arms().table


def test_an_arm_is_tried_on_standardized_rows():
    class Bounded(tn.Tanh):
        def forward(self, x, training=False):
            assert np.abs(x).max() < 10
            return super().forward(x, training)

    def build(n_in, k, rng):
        return tn.Sequential([Bounded(), tn.Dense(k)], n_in, loss=tn.SoftmaxCrossEntropy(), rng=rng)

    x, labels = IRIS
    try_arms({"a": build, "b": build}, {"iris": (1e6 + 1e5 * x, labels)}, epochs=1)


def test_nothing_that_belongs_to_the_caller_is_changed():
    x, labels = IRIS[0].copy(), IRIS[1].copy()
    x.setflags(write=False), labels.setflags(write=False)
    try_arms(data={"iris": (x, labels)}, wrong_labels=(0.3,))
