"""preflight: it names what is wrong with a set-up, is silent on what works, and changes nothing."""

import copy
import pickle
import re
import threading
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.preprocessing import scale

import tinynet as tn
from set_ups import FAULTY, WrongSquare, adam, digits, iris, load, make_healthy, make_net
from tinynet.study import preflight
from tinynet.study.setup_check import (KINDS, SetupFinding, budget, causes, diagnosis,
                                       network_changes, rows, scales, scores, settings_changes,
                                       setup as setups, signals, trials)
from tinynet.study.setup_check.change import Change

QUICK = ("no_epoch", "columns_of_very_different_sizes", "a_hidden_layer_of_zeros",
         "nothing_is_trained", "rows_validated_by_themselves",
         "validation_data_without_the_scaler", "a_class_that_is_only_validated",
         "one_class_alone", "rows_that_are_all_the_same", "a_layer_with_a_wrong_slope",
         "a_layer_that_mixes_rows", "a_loss_with_the_sign_turned", "gradients_clipped_to_nothing",
         "predictions_that_cannot_reach_the_targets", "a_rare_class_that_is_never_named",
         "seven_temperatures", "exclusive_or_by_one_line")


def look(net, x, t, settings):
    return preflight(net, x, t, **settings)


def small():
    x, t = iris()
    return make_net(x, tn.Dense(16), tn.ReLU(), tn.Dense(3)), x, t


# ---- what is wrong ----

@pytest.mark.parametrize("name", [name if name in QUICK else pytest.param(
    name, marks=pytest.mark.long) for name in FAULTY])
def test_a_fault_is_named(name):
    make, kinds = FAULTY[name]
    report = look(*make())
    assert not report.ok and report.findings[0].kind in kinds, report


def test_each_kind_is_one_that_the_documentation_names():
    assert set(KINDS) == set(re.findall(r'"(\w+)"', preflight.__doc__.partition("Each of its")[2]
                                        .partition("sentence")[0]))
    assert set.union(*(kinds for _, kinds in FAULTY.values())) == set(KINDS)


@pytest.mark.parametrize("change, settings", [
    ("lr", dict(optimizer=tn.SGD(lr=1e-4), epochs=50)),
    ("l2", adam(30, l2=3.0)),
    ("epochs", adam(1, 0.003))])
def test_what_the_remedy_says_helps(change, settings):
    net, x, t = small()
    report = preflight(net, x, t, **settings)
    names = {}
    exec(report.findings[0].remedy, {"tn": tn, "net": net}, names)
    assert not report.ok and preflight(net, x, t, **settings | names).ok


def test_the_rows_of_a_remedy_can_be_made_and_help():
    net, x, t, settings = FAULTY["a_number_for_what_is_missing"][0]()
    names = {"x": x}
    exec(look(net, x, t, settings).findings[0].remedy, {"tn": tn}, names)
    assert np.array_equal(names["x"] != x, x == -99999)
    assert preflight(net, names["x"], t, **settings).ok


@pytest.mark.parametrize("name", ["no_activation_between_layers", pytest.param(
    "four_sigmoids_in_a_row", marks=pytest.mark.long)])
def test_the_network_of_a_remedy_can_be_built_and_helps(name):
    net, x, t, settings = FAULTY[name][0]()
    names = {}
    exec(look(net, x, t, settings).findings[0].remedy, {"tn": tn}, names)
    assert preflight(names["net"], x, t, **settings).ok


def test_a_sentence_has_the_numbers_by_which_one_sees_it():
    net, x, t, settings = FAULTY["columns_of_very_different_sizes"][0]()
    finding, = look(net, x, t, settings).findings
    # the least and the largest number of the wines, and 71 of 178 are of the most frequent kind
    assert re.fullmatch(r"x lies between 0\.13 and 1\.68e\+03; after 180 steps accuracy is 0\.\d\d;"
                        r" guessing gives 0\.40; with standardized numbers accuracy is 1\.00",
                        finding.sentence)
    names = {"x": x}
    exec(finding.remedy, names)
    assert look(net, names["x"], t, settings).ok


def test_faults_that_only_help_together_are_named_together():
    x, t = load("wine")
    net = make_net(x, tn.Dense(16, init=tn.initializers.zeros), tn.Sigmoid(), tn.Dense(3))
    net.layers[0].W = 1e-3 * np.random.default_rng(0).normal(size=(13, 16))
    report = preflight(net, x, t, optimizer=tn.SGD(lr=1e-4), epochs=20)
    assert {"preprocessing", "learning_rate"} <= {finding.kind for finding in report.findings}
    assert "and the other changes named here" in report.findings[0].sentence


def test_a_diverging_training_is_a_finding():
    x, t = iris()
    net = make_net(x, tn.Dense(3), loss=tn.MeanSquaredError())
    report = preflight(net, 1000 * x, t, optimizer=tn.SGD(lr=0.1))
    assert report.findings[0].kind in ("preprocessing", "learning_rate")
    assert "training diverges at step" in report.findings[0].sentence


# ---- what is right ----

@pytest.mark.parametrize("settings", [
    adam(30), adam(30, validation=0.2), adam(30, sample_weight=np.arange(150) % 3),
    adam(30, class_weight="balanced"),
    dict(optimizer=tn.SGD(lr=0.1, momentum=0.9), epochs=30, l2=1e-4, clip_norm=5.0),
    dict(optimizer=tn.SGD(lr=tn.OneCycle(0.3, 300)), epochs=60),
    dict(optimizer=tn.Adam(lr=tn.CosineDecay(0.02, 120)), epochs=60)])   # 0 in most of 300 steps
def test_an_ordinary_set_up_has_no_finding(settings):
    net, x, t = small()
    report = preflight(net, x, t, **settings)
    assert report.ok, report


def test_a_network_that_has_learned_already_has_no_finding():
    net, x, t = small()
    assert not preflight(net, x, t, epochs=1, optimizer=tn.Adam(lr=0.01)).ok
    net.fit(x, t, **adam(40))
    assert preflight(net, x, t, epochs=1).ok


def test_targets_that_do_not_follow_from_x_alone_are_no_fault_of_the_set_up():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 3))
    t = x[:, 0] + rng.normal(size=300)      # R² is at best 1/2
    net = make_net(x, tn.Dense(16), tn.Tanh(), tn.Dense(1), loss=tn.MeanSquaredError())
    report = preflight(net, x, t, optimizer=tn.SGD(lr=0.02), epochs=40)
    assert report.ok, report


def test_rows_that_have_twins_by_nature_may_stand_on_both_sides():
    x = np.random.default_rng(0).integers(2, size=(300, 4)).astype(float)   # 16 different rows
    net = make_net(x, tn.Dense(16), tn.ReLU(), tn.Dense(2))
    assert preflight(net, x, x[:, 0] * x[:, 1], **adam(20, validation=0.3)).ok


@pytest.mark.parametrize("settings", [
    dict(epochs=5, class_weight="balanced"), dict(epochs=50, class_weight="balanced"),
    dict(epochs=50, optimizer=tn.SGD(lr=0.3))])
def test_a_rare_class_that_is_named_is_no_fault(settings):
    net, x, t, others = FAULTY["a_rare_class_that_is_never_named"][0]()
    assert preflight(net, x, t, **others | settings).ok


def test_rows_drawn_for_validation_are_of_the_same_kind_whatever_is_drawn():
    x = np.random.default_rng(0).normal(size=(200, 1))
    net = make_net(x, tn.Dense(1), loss=tn.MeanSquaredError())
    drawn = setup_of(net, x, x, validation=0.2).val_x
    t = np.where(np.isclose(x, drawn[0]), 1000, x)    # with this row, R² is near 0
    assert preflight(net, x, t, optimizer=tn.SGD(lr=0.1), epochs=50, validation=0.2).ok


@pytest.mark.long
def test_none_of_twenty_healthy_set_ups_has_a_finding():
    reports = [look(*make_healthy(seed)) for seed in range(20)]
    assert [report for report in reports if not report.ok] == []


# ---- what fit refuses ----

@pytest.mark.parametrize("kind, changes", [
    ("labels", {"t": np.full(150, 3)}), ("labels", {"t": np.full(150, 0.5)}),
    ("labels", {"t": np.zeros(149)}), ("labels", {"t": np.zeros((150, 1))}),
    ("labels", {"t": np.zeros((150, 2))}),
    ("data", {"x": np.zeros((150, 5))}), ("data", {"x": np.full((150, 4), np.nan)}),
    ("data", {"x": [["a"] * 4] * 150}), ("data", {"sample_weight": np.zeros(150)}),
    ("data", {"class_weight": "even"}), ("data", {"shuffle": "yes"}),
    ("epochs", {"epochs": -1}), ("batch_size", {"batch_size": 0}),
    ("optimizer", {"optimizer": "adam"}), ("optimizer", {"optimizer": tn.Adam}),
    ("learning_rate", {"optimizer": tn.SGD(lr=lambda step: np.nan)}),
    ("regularization", {"l2": -1.0}), ("regularization", {"clip_norm": 0.0}),
    ("validation", {"validation": 1.5}),
    ("validation", {"validation": (np.zeros((3, 4)), [9] * 3)}),
    ("validation", {"callbacks": tn.EarlyStopping()})])
def test_what_fit_refuses_is_a_finding_in_the_words_of_fit(kind, changes):
    net, x, t = small()
    settings = {"x": x, "t": t} | changes
    with pytest.raises(ValueError) as refused:
        net.fit(**settings)
    finding, = preflight(net, **settings).findings
    assert finding.kind == kind
    said = finding.sentence.removeprefix("fit refuses this: ")
    assert finding.remedy.count("(") == finding.remedy.count(")")
    assert str(refused.value) in (said, f"{said}; {finding.remedy}", f"{said} ({finding.remedy})")


@pytest.mark.parametrize("kind, layers, loss, t, settings", [
    ("loss", [tn.Dense(3)], None, 0, {}),
    ("batch_size", [tn.Dense(4), tn.BatchNorm(), tn.Dense(3)], tn.SoftmaxCrossEntropy(), 0,
     {"batch_size": 1}),
    ("activation", [tn.Dense(3), tn.ReLU()], tn.CrossEntropy(), 0, {}),
    ("labels", [tn.Dense(1)], tn.SigmoidCrossEntropy(), 2, {}),
    ("loss", [tn.Dense(3)], tn.SoftmaxCrossEntropy(), [1, 1, 0], {}),
    ("initialization", [tn.Dense(3, init=lambda shape, rng: np.full(shape, 1e38))],
     tn.SoftmaxCrossEntropy(), 0, {})])
def test_what_fit_refuses_of_a_network_is_a_finding(kind, layers, loss, t, settings):
    x, _ = iris()
    net = tn.Sequential(layers, 4, loss=loss, rng=0)
    t = np.array([t] * 150)
    with pytest.raises(ValueError):
        net.fit(x, t, **settings)
    finding, = preflight(net, x, t, **settings).findings
    assert finding.kind == kind, finding


def test_what_is_no_network_is_an_error():
    with pytest.raises(ValueError, match="net is .*; it must be a Sequential"):
        preflight(tn.Dense(3), [[1.0]], [0])


def test_an_argument_that_fit_does_not_have_is_a_type_error_with_advice():
    net, x, t = small()
    with pytest.raises(TypeError, match="preflight.*validation_split.*; pass validation=0.2"):
        preflight(net, x, t, validation_split=0.2)


def test_a_value_error_of_ones_own_optimizer_is_its_own():
    class Broken(tn.SGD):
        def step(self, params, grads):
            raise ValueError("no")

    net, x, t = small()
    finding, = preflight(net, x, t, optimizer=Broken()).findings
    assert finding.kind == "optimizer" and finding.sentence == "fit raises ValueError: no"


def test_a_layer_of_ones_own_is_checked_inside_another_network_as_well():
    x, t = iris()
    inner = tn.Sequential([tn.Dense(8), WrongSquare()], 4)
    finding, = preflight(make_net(x, inner, tn.Dense(3)), x, t).findings
    assert finding.kind == "layers" and finding.sentence.startswith(
        "layer 0.1, WrongSquare(), has")


def test_a_single_row_is_one_finding():
    net, x, t = small()
    finding, = preflight(net, x[:1], t[:1]).findings
    assert finding.kind == "data"


def test_a_warning_of_ones_own_layer_is_no_finding():
    class Old(tn.Layer):
        def forward(self, x, training=False):
            warnings.warn("old thing", DeprecationWarning)
            return x, None

        def backward(self, dy, cache):
            return dy

    x, t = iris()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = make_net(x, tn.Dense(16), Old(), tn.ReLU(), tn.Dense(3))
    assert preflight(net, x, t, **adam(30)).ok


# ---- nothing changes ----

def test_it_changes_nothing_and_says_the_same_again():
    net, x, t = small()
    net.layers[0].trainable = False
    rng, calls = np.random.default_rng(5), []
    optimizer = tn.SGD(lr=1e-4, momentum=0.9)
    net.fit(x, t, optimizer=optimizer, epochs=2)
    x, t = x.copy(), t.copy()
    x.setflags(write=False)
    t.setflags(write=False)

    def callback(net, epoch, record):
        calls.append(epoch)

    stopping = tn.EarlyStopping("loss")
    settings = dict(optimizer=optimizer, epochs=20, rng=rng, validation=0.2,
                    callbacks=[callback, stopping])
    global_before = np.random.get_state()[1].tobytes()
    before = pickle.dumps((net, optimizer, rng, vars(stopping)))
    reports = [preflight(net, x, t, **settings) for _ in range(2)]
    assert pickle.dumps((net, optimizer, rng, vars(stopping))) == before and calls == []
    assert np.random.get_state()[1].tobytes() == global_before
    assert not reports[0].ok and str(reports[0]) == str(reports[1])
    assert reports[0].findings == reports[1].findings


def test_a_training_goes_on_with_the_same_bits():
    twins = [small() for _ in range(2)]
    for (net, x, t), looks in zip(twins, (True, False)):
        net.fit(x, t, epochs=2)
        if looks:
            preflight(net, x, t, epochs=5)
        net.fit(x, t, epochs=2)
    assert np.array_equal(twins[0][0].params, twins[1][0].params)


# ---- trials ----

def test_a_trial_trains_as_fit_does():
    net, x, t = small()
    run = tn.training.arguments.prepare_training(
        copy.deepcopy(net), x, t, optimizer=tn.Adam(), epochs=3, batch_size=32, validation=None,
        shuffle=False, rng=None, sample_weight=None, class_weight=None, l2=0.01, clip_norm=1.0,
        callbacks=(), verbose=0)
    setup = tn.study.setup_check.setup.Setup.from_training(run, x)
    outcome = trials.try_training(setup, 12)      # of 120 rows, 4 batches in an epoch
    net.fit(setup.x, setup.t, epochs=3, shuffle=False, l2=0.01, clip_norm=1.0)
    assert len(setup.x) == 120 and len(setup.other_x) == 30 and outcome.steps == 12
    assert np.array_equal(outcome.net.params, net.params)


def judge(y, t, task="classes", w=None, spread=None, is_balanced=False):
    """(skill, score) of predictions."""
    return truth_of(t, task, w, spread, is_balanced).judge(np.asarray(y, float))


def truth_of(t, task="classes", w=None, spread=None, is_balanced=False):
    t = np.asarray(t, float)
    spread = np.ones(t.shape[1]) if spread is None else spread
    return scores.Truth(t, task, w, spread, is_balanced)


def test_skill_is_1_for_what_is_right_and_0_for_what_takes_no_notice_of_x():
    t = np.eye(3)[[0, 0, 1, 2]]
    assert judge(t, t) == (1, 1)
    assert judge(np.eye(3)[[0, 0, 0, 0]], t) == (0, 0.5)
    assert judge(np.eye(3)[[0, 0, 1, 0]], t) == (0.5, 0.75)     # (3/4 - 1/2) / (1/2)
    numbers = [[0.0], [2.0]]
    assert judge(numbers, numbers, "numbers") == (1, 1)
    assert judge(np.ones((2, 1)), numbers, "numbers") == (0, 0)
    answers = [[0.0, 1.0], [1.0, 1.0]]
    assert judge(answers, answers, "yes or no") == (1, 1)
    assert judge(np.ones((2, 2)), answers, "yes or no") == (0, 0.75)
    assert judge(np.full((2, 2), np.nan), answers, "yes or no") == (-1, -np.inf)


def test_rows_count_by_their_weights():
    w = np.array([1.0, 1, 2])
    t, y = np.eye(2)[[0, 1, 1]], np.eye(2)[[0, 0, 1]]
    assert truth_of(t, w=w).chance == 0.75 and judge(y, t, w=w) == (0, 0.75)
    # by 3/4 of (0, 4, 4): the mean is 3, Σ w (t - 3)² = 9 + 1 + 2, Σ w (y - t)² = 0 + 1 + 2
    assert judge([[0], [3], [5]], [[0], [4], [4]], "numbers", w)[1] == pytest.approx(1 - 3 / 12)
    assert truth_of(t, w=w).effective_rows == pytest.approx(16 / 6)
    assert truth_of(t, w=np.float32([1e30, 1e30, 0])).effective_rows == 2
    # 1/8 / √(3/16 · 1/4)
    assert truth_of(t, w=w).find_relation(y) == pytest.approx(1 / np.sqrt(3))


def test_columns_count_by_the_variance_that_they_had():
    t, y = np.array([[0.0, 0], [2, 2]]), np.array([[0.0, 1], [2, 1]])
    assert judge(y, t, "numbers", spread=np.array([3.0, 1]))[1] == 0.75     # 1, and 0 for the mean
    assert judge(y, t, "numbers", spread=np.array([3.0, 0]))[1] == 1
    assert judge(y[:, :1], np.ones((2, 1)), "numbers", spread=np.array([1.0]))[1] == 0


def test_a_relation_shows_where_the_most_frequent_answer_is_always_best():
    t = np.eye(2)[[0] * 9 + [1]]
    y = np.where(t > 0, 0.8, 0.2) + [[0.7, 0]]              # the second class is never named
    assert judge(y, t)[0] == 0 and truth_of(t).find_relation(y) == pytest.approx(1)
    assert truth_of(t).find_relation(np.ones((10, 2))) == 0
    assert truth_of(t).find_relation(np.full((10, 2), np.inf)) == 0


def test_a_balanced_accuracy_is_the_mean_over_the_classes():
    t, y = np.eye(2)[[0, 0, 0, 1]], np.eye(2)[[0, 0, 1, 1]]
    assert judge(y, t, is_balanced=True) == pytest.approx((2 / 3, (2 / 3 + 1) / 2))
    assert truth_of(t, is_balanced=True).chance == 0.5
    assert truth_of(np.eye(3)[[0, 1, 1]], is_balanced=True).chance == 0.5   # of two that occur
    answers = np.array([[0.0, 1], [0, 1], [0, 1], [1, 1]])      # of the second none is no
    no = np.zeros((4, 2))
    assert judge(no, answers, "yes or no", is_balanced=True)[1] == 0.25     # (1/2 + 0) / 2
    assert truth_of(answers, "yes or no", is_balanced=True).chance == 0.75


def test_a_balanced_accuracy_hangs_on_the_rarest_class():
    t = np.eye(3)[[0] * 90 + [1] * 8 + [2] * 2]
    assert truth_of(t).effective_rows == 100
    assert truth_of(t, is_balanced=True).effective_rows == 3 * 2
    assert truth_of(t[:, 1:2], "yes or no", is_balanced=True).effective_rows == 2 * 8


def test_the_error_of_a_skill_is_that_of_its_accuracy_on_a_scale_from_chance_to_1():
    t = np.eye(2)[np.arange(100) % 2]
    error = 0.1     # √(1/4 / 100) / (1/2); of 1 there is none
    assert truth_of(t).find_error(0.0) == pytest.approx(error)
    assert truth_of(t).find_error(0.0, 1.0) == pytest.approx(error)
    assert truth_of(t).find_error(0.0, 0.0) == pytest.approx(error * np.sqrt(2))
    assert truth_of(t, "yes or no").find_error(0.0) == pytest.approx(error / np.sqrt(2))
    assert truth_of(t[:, :1], "numbers").find_error(0.0) == 0.05            # 1 / (2 √100)


@pytest.mark.parametrize("share, is_rare", [(0.24, True), (0.26, False)])
def test_a_class_is_rare_if_another_one_is_more_than_halfway_from_chance_to_1(share, is_rare):
    labels = np.arange(100) < 100 * share
    for t, task in (np.eye(2)[labels.astype(int)], "classes"), (labels[:, None] * 1., "yes or no"):
        assert truth_of(t, task).has_rare_classes == is_rare
    assert not truth_of(t, "numbers").has_rare_classes
    assert not truth_of(t * 0.9 + 0.05, "yes or no").has_rare_classes


@pytest.mark.parametrize("labels, w, is_of_classes", [
    ([0, 1, 1, 0], [1, 3, 3, 1], True), ([0, 1, 1, 0], [1, 3, 2, 1], False),
    ([0, 1, 1, 0], None, False)])
def test_weights_are_those_of_classes_if_the_rows_of_each_have_the_same(labels, w, is_of_classes):
    w = w and np.array(w)
    assert setups.weighs_classes(np.eye(2)[labels], w) is is_of_classes
    assert setups.weighs_classes(np.array(labels, float)[:, None], w) is is_of_classes
    assert not setups.weighs_classes(np.array([[0.5], [1], [1], [0.5]]), w)


@pytest.mark.parametrize("x, has_all", [
    ([[0, 0], [0, 1], [1, 0], [1, 1]], True), ([[0, 0], [0, 1], [1, 0]], False),
    ([[0, 5], [0, 7], [0, 5]], True), ([[0], [1]], False)])
def test_rows_are_all_that_there_can_be_if_each_combination_occurs(x, has_all):
    assert rows.has_all_rows(np.array(x)) == has_all


def test_a_set_up_is_validated_on_rows_held_out_in_turn():
    x = np.arange(10.0)[:, None]
    net = make_net(x, tn.Dense(1), loss=tn.MeanSquaredError())
    setup = setup_of(net, x / 10, 3 * x, optimizer=tn.SGD(lr=0.5))
    given = budget.Budget(np.inf)

    def validate(setup):
        return given.validate(given.take_steps(setup, 500))

    assert validate(setup) == pytest.approx(1, abs=1e-3)
    assert validate(setup.change(t=np.random.default_rng(1).normal(size=(10, 1)))) == 0
    wrong = np.arange(10) % 5 == 4
    setup = setup.change(t=np.where(wrong[:, None], 40, setup.t))
    without = validate(setup.change(w=np.where(wrong, 1e-9, 1)))
    assert without == pytest.approx(judge(3 * x, setup.t, "numbers")[0], abs=1e-3)
    assert validate(setup) != pytest.approx(without, abs=0.01)
    assert validate(setup.change(optimizer=tn.SGD(lr=1e9))) == 0      # it diverges


def test_what_there_is_no_time_for_is_left_out_and_the_budget_knows():
    net, x, t = small()
    setup = setup_of(net, x[::2], t[::2])
    asked = budget.Budget(np.inf).take_steps(setup, 10)
    for leave_out in (lambda given: np.isnan(given.validate(asked)),
                      lambda given: given.try_some(setup, 1) is None):
        given = budget.Budget(0.0)       # a deadline long ago
        assert leave_out(given) and given.is_short
    given = budget.Budget(np.inf)
    given.spent = given.IN_TURN
    assert np.isnan(given.validate(asked)) and given.is_short


def test_batches_that_were_cut_are_spoken_of_as_they_were_asked_for():
    net, x, t = small()
    setup = setup_of(net, x, t, batch_size=150)
    given = budget.Budget(np.inf)
    given.STEP = given.estimate(setup) / 3
    cut = given.cut_batches(setup)
    assert cut.batch_size == 40 and cut.steps == setup.steps     # a third of 120 that are left
    assert settings_changes.say_steps(cut) == settings_changes.say_steps(setup)


@pytest.mark.long
def test_rows_that_could_only_be_memorized_are_no_fault():
    rng = np.random.default_rng(0)
    for seed in range(3):
        x, t = rng.normal(size=(60, 4)), rng.integers(2, size=60)
        assert look(make_net(x, tn.Dense(2)), x, t, adam(100)).ok


def test_of_rare_rows_the_balanced_accuracy_is_said():
    net, x, t, settings = FAULTY["a_rare_class_that_is_never_named"][0]()
    report = preflight(net, x, t, **settings)
    finding, = report.findings
    assert finding.sentence.startswith(f"{t[:].mean():.1%} of the rows are of class 1, and ")
    assert "balanced accuracy is 0.50; guessing gives 0.50; with class_weight" in finding.sentence
    assert any("mean over the classes" in note for note in report.notes)
    same = preflight(net, x, t, sample_weight=np.full(1000, 2.0), **settings)
    assert same.findings == report.findings


def test_a_score_in_which_rows_have_weights_is_said_to_be_weighted():
    net, x, t = small()
    note = preflight(net, x, t, optimizer=tn.Adam(lr=0.01), epochs=30,
                     sample_weight=np.arange(1, 151)).notes[-1]
    assert "weighted accuracy is" in note


def test_validation_targets_that_are_shares_are_judged_like_others():
    net, x, t = small()
    report = preflight(net, x, t, optimizer=tn.Adam(lr=0.01), epochs=30, class_weight={0: 2.0},
                       validation=(x, np.tile([0.7, 0.2, 0.1], (150, 1))))
    assert not any("refuses" in finding.sentence for finding in report.findings)


@pytest.mark.long
def test_a_few_rare_rows_do_not_tell_that_the_validation_data_are_of_another_kind():
    rng = np.random.default_rng(0)
    for seed in range(3):
        x = rng.normal(size=(400, 3))
        t = (x[:, 0] > 1.6) | (rng.random(400) < 0.01)
        net = make_net(x, tn.Dense(16), tn.Tanh(), tn.Dense(2))
        report = look(net, x[:340], t[:340], adam(
            20, class_weight="balanced", validation=(x[340:], t[340:])))
        assert "validation" not in [finding.kind for finding in report.findings]


def test_a_second_fault_of_the_same_kind_is_named_behind_outputs_out_of_reach():
    x, t = load("diabetes")
    x, t = scale(x), scale(t)
    layers = [layer for _ in range(5) for layer in (tn.Dense(16), tn.Sigmoid())]
    net = make_net(x, *layers, tn.Dense(1), tn.ReLU(), loss=tn.MeanSquaredError())
    findings = preflight(net, x, t, optimizer=tn.SGD(lr=0.02), epochs=20).findings
    assert [finding.kind for finding in findings] == ["activation", "activation"]
    assert "with the activation mended, after" in findings[1].sentence
    assert "between the layers there is Sigmoid()" in findings[1].sentence


def test_what_remains_is_said_of_the_network_that_can_reach_the_targets():
    x = np.random.default_rng(0).normal(size=(200, 3))
    net = make_net(x, tn.Dense(1), tn.ReLU(), loss=tn.MeanSquaredError())
    report = preflight(net, x, x @ [1, 2, 3], optimizer=tn.SGD(lr=0.1), epochs=20)
    assert [finding.kind for finding in report.findings] == ["activation"]
    assert report.notes[0].startswith("with the activation mended, a copy was trained for 140 of")


def test_when_time_is_up_the_report_says_so(monkeypatch):
    monkeypatch.setattr("tinynet.study.setup_check.before_training.LIMIT", 0.0)
    net, x, t = small()
    report = preflight(net, x, t, epochs=1)
    assert report.notes[-1] == budget.SLOW


@pytest.mark.long
def test_a_network_that_is_too_large_for_trials_is_not_kept_waiting_for():
    x, t = np.random.default_rng(0).normal(size=(64, 96, 96, 3)), np.arange(64) % 2
    net = make_net(x, tn.Conv2D(64, 3), tn.ReLU(), tn.Conv2D(64, 3), tn.ReLU(),
                   tn.GlobalAveragePool2D(), tn.Dense(2))
    report = preflight(net, x, t, batch_size=64)
    assert report.notes[-1] == budget.SLOW and report.seconds < 10


def test_a_training_that_diverges_is_a_finding_when_there_is_no_time_to_see_why(monkeypatch):
    net, x, t = small()
    net.loss, settings = tn.MeanSquaredError(), dict(optimizer=tn.SGD(lr=1e30))

    def take_no_time(self):
        raise budget.OutOfTime

    monkeypatch.setattr(diagnosis.Diagnosis, "find_what_helps", take_no_time)
    finding, = preflight(net, x, np.eye(3)[t], **settings).findings
    assert finding.kind == "learning_rate" and "training diverges at step" in finding.sentence


def test_a_network_that_cannot_be_copied_is_a_finding():
    net, x, t = small()
    net.lock = threading.Lock()
    finding, = preflight(net, x, t).findings
    assert finding.kind == "layers" and "cannot be copied" in finding.sentence


# ---- which change is the fault, by outcomes made by hand ----

def outcome_of(*moments, error=None):
    """An Outcome with these (steps, skill on the rows trained on, skill on others)."""
    return trials.Outcome(None, None, {0: (0.0, 0.0)} | {
        steps: (skill, elsewhere) for steps, skill, elsewhere in moments}, error=error)


def trial_of(kind, oddness, *moment):
    return causes.Trial(Change(kind, oddness, "", "", "", None), outcome_of(moment))


def search(asked, best, again=None):
    """The search for causes between two Outcomes, where each confirmation gives the same one."""
    class Given(budget.Budget):
        def take_steps(self, setup, steps, moments=1, seed=0):
            return again

    return causes.Causes(Given(0.0), None, asked, best, [])


ASKED, BEST = outcome_of((50, 0.1, 0.1), (100, 0.2, 0.2)), outcome_of((100, 1.0, 0.8))


@pytest.mark.parametrize("moment, gain", [
    ((100, 0.6, 0.5), 0.5),             # (0.4 / 0.8 + 0.3 / 0.6) / 2
    ((100, 1.0, 0.8), 1.0), ((100, 0.2, 0.2), 0.0), ((100, 1.0, 1.0), 1.0),
    ((50, 0.55, 0.45), 0.5),            # from 0.1, where the other one was: 0.45 / 0.9, 0.35 / 0.7
    ((100, 0.6, np.nan), 0.5)])
def test_a_gain_is_the_part_of_the_way_to_the_best(moment, gain):
    assert search(ASKED, BEST).measure_gain(outcome_of(moment)) == pytest.approx(gain)


def test_a_rank_is_the_gain_and_four_tenths_of_the_oddness_up_to_2():
    ranks = [search(ASKED, BEST).rank(trial_of("data", oddness, 100, 0.6, 0.5))
             for oddness in (0, 1, 2, 9, -1)]
    assert ranks == pytest.approx([0.5, 0.9, 1.3, 1.3, 0.1])


def find_single(*trials_of_changes, again=BEST, is_good_enough=lambda trial: True):
    found = search(ASKED, BEST, again)
    found.try_changes = lambda: list(trials_of_changes)
    return [(trial.change.kind, trial.change.oddness)
            for trial in found.find_single(is_good_enough)]


def test_of_changes_that_help_the_most_unusual_is_named():
    assert find_single(trial_of("layers", 0.0, 100, 1.0, 0.8),
                       trial_of("loss", 0.9, 100, 0.9, 0.7),
                       trial_of("data", 3.0, 100, 0.5, 0.4)) == [("loss", 0.9)]


def test_a_second_is_named_if_it_helps_nearly_as_much_and_is_unusual_itself():
    first = trial_of("layers", 2.0, 100, 1.0, 0.8)
    assert find_single(first, trial_of("loss", 1.0, 100, 0.95, 0.75),
                       trial_of("data", 0.9, 100, 1.0, 0.8)) == [("layers", 2.0), ("loss", 1.0)]
    assert find_single(first, trial_of("loss", 1.0, 100, 0.8, 0.6)) == [("layers", 2.0)]


def test_of_several_rates_that_help_the_one_that_was_tried_first_is_named():
    near, far = trial_of("learning_rate", 1.0, 100, 0.95, 0.8), trial_of(
        "learning_rate", 1.01, 100, 1.0, 0.8)
    assert find_single(near, far) == [("learning_rate", 1.0)]


def test_what_does_not_help_with_another_order_of_the_rows_was_luck():
    assert find_single(trial_of("layers", 2.0, 100, 1.0, 0.8), again=ASKED) == []


def test_a_change_to_something_more_unusual_is_not_named():
    assert find_single(trial_of("learning_rate", -2.0, 100, 1.0, 0.8)) == []


def judged(asked, n_others=400):
    """A diagnosis of a set-up that comes to this, with so many rows held out, and 36 to train on;
    these held out in turn come to what the Outcome has elsewhere.
    """
    x, t, others = np.zeros((36, 1)), np.eye(2)[np.arange(36) % 2], np.eye(2)[
        np.arange(n_others) % 2]
    found = diagnosis.Diagnosis(SimpleNamespace(
        net=make_net(x, tn.Dense(2)), x=x, other_x=others, truth=truth_of(t),
        other_truth=truth_of(others), steps=100), 0.0)
    found.asked = asked
    found.budget.validate = lambda outcome: outcome.skill_elsewhere
    return found


@pytest.mark.parametrize("asked, other, n_others, is_better", [
    ((0.5, 0.5), (0.8, 0.8), 400, True), ((0.5, 0.5), (0.7, 0.8), 400, False),
    ((0.5, 0.5), (0.8, 0.64), 400, False),      # 0.36 is more than 0.7 of 0.5
    # 1.5 standard errors are 1.5 √((0.75 · 0.25 + 0.83 · 0.17) / n) / 0.5, 0.17 for 100
    ((0.5, 0.5), (0.8, 0.66), 400, True), ((0.5, 0.5), (0.8, 0.66), 100, False),
    ((0.1, np.nan), (0.9, np.nan), 0, False),
    # 1.5 √((0.6 · 0.4 + 0.9 · 0.1) / 36) / 0.5 = 0.29, and 0.32
    ((0.4, 0.2), (0.9, 0.8), 0, True), ((0.4, 0.2), (0.9, 0.5), 0, False),
    ((0.5, 0.2), (0.9, 0.8), 0, False)])        # half is learned of few rows
def test_far_better_is_far_better_on_held_out_rows_as_well(asked, other, n_others, is_better):
    found = judged(outcome_of((100, *asked)), n_others)
    assert found.is_far_better(outcome_of((100, *other))) == is_better


def test_where_rare_rows_decide_they_are_the_ones_that_count():
    found = judged(outcome_of((100, 0.3, 0.3)))
    rare, even, none = (truth_of(np.eye(2)[(np.arange(100) < n).astype(int)], is_balanced=True)
                        for n in (5, 50, 0))
    # 1.5 √((0.5 · 0.5 + 0.8 · 0.2) / n) / 0.5 is 0.61 for 10, and 0.19 for 100
    assert found.holds_for(even, 0.0, 0.6) and not found.holds_for(rare, 0.0, 0.6)
    assert not found.holds_for(none, 0.0, 0.6)


def test_if_the_rows_are_all_that_there_can_be_none_is_held_out():
    asked, other = outcome_of((100, 0.5, np.nan)), outcome_of((100, 1.0, np.nan))
    found = judged(asked, 0)
    assert not found.is_far_better(other)
    found.setup.x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    assert found.is_far_better(other)


def test_what_is_worse_than_the_mean_is_a_fault_if_another_set_up_is_better_than_it():
    asked = outcome_of((100, -3.0, -3.5))
    assert judged(asked).is_far_better(outcome_of((100, 0.4, 0.2)))
    assert not judged(asked).is_far_better(outcome_of((100, 0.4, 0.05)))
    assert not judged(outcome_of((100, 0.0, -3.5))).is_far_better(outcome_of((100, 0.4, 0.2)))


def test_an_ordinary_set_up_counts_as_if_it_had_been_stopped_in_time():
    outcome = outcome_of((50, 0.5, 0.4), (100, 0.9, 0.1)).stop_early()
    assert (outcome.steps, outcome.skill, outcome.skill_elsewhere) == (50, 0.5, 0.4)
    assert outcome_of((50, 0.5, np.nan), (100, 0.9, np.nan)).stop_early().steps == 100
    outcome = outcome_of((50, -0.2, -0.3), (100, 0.9, -0.4))
    outcome.scores.update({0: (0.5, 0.5), 50: (0.4, 0.3), 100: (0.9, 0.2)})
    stopped = outcome.stop_early()          # what was not trained is no training
    assert (stopped.steps, stopped.score, stopped.score_elsewhere) == (50, 0.4, 0.3)


def test_where_something_is_learned_only_what_is_unusual_is_a_fault():
    little, half = judged(outcome_of((100, 0.4, 0.4))), judged(outcome_of((100, 0.6, 0.6)))
    usual, odd = (trial_of("data", oddness, 100, 1.0, 1.0) for oddness in (0.4, 0.6))
    assert little.is_good_enough(usual) and not half.is_good_enough(usual)
    assert half.is_good_enough(odd)


def test_a_trial_that_is_cut_is_good_if_it_goes_on_to_be():
    steep, flat = outcome_of((25, 0.4, 0), (50, 0.7, 0)), outcome_of((25, 0.7, 0), (50, 0.75, 0))
    assert steep.project(100) == 1 and flat.project(100) == pytest.approx(0.85)
    assert judged(steep).is_good() and not judged(flat).is_good()


# ---- what is unusual ----

@pytest.mark.parametrize("column, oddness", [
    ([-1, 1], 0), ([-300, 300], 2), ([-0.001, 0.001], 2), ([5, 5], 0),
    ([299, 301], 2)])       # 300 is 100 times 3, and 10 times 30 standard deviations
def test_an_odd_scale_is_in_powers_of_ten(column, oddness):
    assert scales.find_scale_oddness(np.array(column, float)[:, None]) == pytest.approx(
        oddness, abs=1e-4)


def test_a_number_far_from_the_others_of_its_column_stands_for_what_is_missing():
    x = np.random.default_rng(0).normal(size=(50, 4))
    x[:5, 1], x[45:, 2], x[0, 3] = -999, 9999, 1e6          # once is an outlier
    x[5:15, 1], x[0, 1] = 999, 500
    assert scales.find_marks(x) == {1: [-999, 999], 2: [9999]}
    x[:, 2] = np.where(x[:, 2] > 100, 1, 0)                 # of a few numbers none is far
    x[:, 1], x[:, 3] = np.arange(50) // 2, np.arange(50) ** 2 // 4 * 2
    assert scales.find_marks(x) == {}
    x[:2, 1] = 24 + 10 * 12 + 5         # 25 numbers: half of them reach over 12, from 6 to 18
    assert scales.find_marks(x) == {1: [149]}
    assert scales.find_marks(x.reshape(50, 2, 2, 1)) == {}


def test_the_remedy_for_what_is_missing_is_exact_and_leaves_other_columns():
    x = np.random.default_rng(0).normal(size=(200, 3))
    x[::10, 1], x[:, 2] = -2147483648, np.arange(200) % 2 * -2147483648     # a code in the last
    net = make_net(x, tn.Dense(1), loss=tn.MeanSquaredError())
    change = settings_changes.fill_gaps(setup_of(net, x, x[:, 0]))
    names = {"x": x.copy()}
    exec(change.remedy, names)
    assert np.array_equal(names["x"] != x, (x == x.min()) & [False, True, False])
    assert re.match(r"\d+\.\d% of column 1 of x is -2147483648, far", change.seen)
    assert 0.05 < float(change.seen.split("%")[0]) / 100 < 0.15


def test_what_is_missing_becomes_the_mean_of_the_rows_trained_on():
    x = np.random.default_rng(0).normal(size=(200, 3))
    x[::10, 1] = -999
    net = make_net(x, tn.Dense(1), loss=tn.MeanSquaredError())
    setup = setup_of(net, x, x[:, 0])
    filled = settings_changes.fill_gaps(setup).setup
    mean = setup.x[setup.x[:, 1] != -999, 1].mean()
    for rows_of, rows_before in ((filled.x, setup.x), (filled.other_x, setup.other_x)):
        expected = rows_before.copy()
        expected[expected == -999] = mean
        assert np.array_equal(rows_of, expected) and (rows_before == -999).any()


@pytest.mark.long
def test_what_is_missing_is_named_though_all_columns_are_scaled():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 4))
    t = (x[:, 0] > 0) * 2 + (x[:, 1] > 0)
    x[rng.random(x.shape) < 0.1] = 9999
    x = scale(x)
    report = look(make_net(x, tn.Dense(24), tn.ReLU(), tn.Dense(4)), x, t, adam(20))
    assert {finding.kind for finding in report.findings} == {"preprocessing"}
    assert "put np.nan in its place before anything is scaled" in report.findings[0].remedy


def test_weights_that_are_all_positive_are_odd_by_their_mean():
    net = make_net(np.zeros((2, 100)), tn.Dense(100))
    net.layers[0].W = np.random.default_rng(0).uniform(0, 1, (100, 100))
    oddness, seen = scales.find_weights_oddness(net)
    # √(1/3) beside 0.1
    assert oddness == pytest.approx(np.log10(10 * np.sqrt(1 / 3)) - 0.4, abs=0.01)
    assert seen.startswith("0.W has the standard deviation 0.289 and the mean 0.")     # 1 / √12


def test_odd_weights_are_constant_or_of_an_odd_size():
    net = make_net(np.zeros((2, 8)), tn.Dense(8), tn.Dense(2))
    assert scales.find_weights_oddness(net)[0] == 0
    net.layers[0].W *= 100
    assert scales.find_weights_oddness(net)[0] == pytest.approx(1.6, abs=0.2)
    net.layers[0].W = np.full((8, 8), 0.1)
    assert scales.find_weights_oddness(net) == (3.0, "0.W is 0.1 throughout")


def test_the_first_loss_stands_beside_that_of_predicting_the_mean():
    x, t = np.zeros((4, 2)), np.eye(2)[[0, 0, 0, 1]]
    net = make_net(x, tn.Dense(2, init=tn.initializers.zeros))
    setup = SimpleNamespace(net=net, x=x, t=t)
    # log 2, and -(3/4 log 3/4 + 1/4 log 1/4)
    assert signals.note_signals(setup) == (
        "before training the loss is 0.693; always predicting the mean of t gives 0.562")
    net.loss = tn.MeanSquaredError()     # 1/4 + 3/4, and twice the variance 3/16
    assert signals.note_signals(setup) == (
        "before training the loss is 1; always predicting the mean of t gives 0.375")


def setup_of(net, x, t, **settings):
    run = tn.training.arguments.prepare_training(net, x, t, **dict(
        optimizer=None, epochs=10, batch_size=32, validation=None, shuffle=True, rng=0,
        sample_weight=None, class_weight=None, l2=0.0, clip_norm=None, callbacks=(),
        verbose=0) | settings)
    return tn.study.setup_check.setup.Setup.from_training(run, x)


@pytest.mark.parametrize("given, usual", [
    (tn.SGD(lr=0.1, momentum=0.99), "SGD(momentum=0.9)"), (tn.SGD(lr=0.1, momentum=0.9), "Adam()"),
    (tn.Adam(lr=0.1, eps=10.0), "Adam(lr=0.1)"), (tn.Adam(lr=0.1, beta1=0.99), "Adam(lr=0.1)"),
    (tn.RMSprop(lr=0.1, rho=0.999), "RMSprop(lr=0.1)"), (tn.Adam(lr=0.1), None)])
def test_the_usual_optimizer_has_the_settings_that_one_usually_sees(given, usual):
    change = settings_changes.use_usual_optimizer(setup_of(*small(), optimizer=given))
    assert (change and repr(change.setup.optimizer)) == usual


def test_without_regularization_nothing_of_it_is_left():
    x, t = iris()
    net = make_net(x, tn.Dense(8), tn.Dropout(0.5), tn.Dense(3),
                   loss=tn.SoftmaxCrossEntropy(label_smoothing=0.5))
    change = settings_changes.do_not_regularize(setup_of(
        net, x, t, l2=0.1, clip_norm=0.01, optimizer=tn.AdamW(weight_decay=1.0)))
    setup = change.setup
    assert (repr(setup.net.loss), setup.l2, setup.clip_norm, setup.optimizer.weight_decay) == (
        "SoftmaxCrossEntropy()", 0.0, None, 0.0)
    assert list(map(repr, setup.layers)) == ["Dense(8)", "Dense(3)"]
    assert np.array_equal(setup.layers[0].W, net.layers[0].W)    # layers keep their weights


def test_without_pools_and_strides_an_image_keeps_its_places():
    x = np.random.default_rng(0).normal(size=(40, 8, 8, 1))
    net = make_net(x, tn.Conv2D(4, 3, stride=3), tn.ReLU(), tn.MaxPool2D(2), tn.Flatten(),
                   tn.Dense(2))
    change = network_changes.drop_pools(setup_of(net, x, np.arange(40) % 2))
    assert [layer for layer in map(repr, change.setup.layers)] == [
        "Conv2D(4, 3)", "ReLU()", "Flatten()", "Dense(2)"]
    assert change.setup.layers[-1].W.shape == (6 * 6 * 4, 2)


@pytest.mark.parametrize("t, k, loss, task", [
    ([0, 1, 2], 3, tn.SoftmaxCrossEntropy(), "classes"),
    ([[1.0, 0, 0], [0, 1, 0]], 3, tn.MeanSquaredError(), "classes"),
    ([[0.5, 0.5, 0], [0, 1, 0]], 3, tn.SoftmaxCrossEntropy(), "classes"),
    ([[0.5, 0.5, 0], [0, 1, 0]], 3, tn.MeanSquaredError(), "numbers"),
    ([[1.0, 1, 0], [0, 1, 0]], 3, tn.SigmoidCrossEntropy(), "yes or no"),
    ([0, 1], 1, tn.MeanSquaredError(), "yes or no"), ([0.5, 1], 1, tn.MeanSquaredError(),
                                                      "numbers")])
def test_the_task_follows_from_the_targets(t, k, loss, task):
    x = np.arange(len(t), dtype=float)[:, None]
    assert setup_of(make_net(x, tn.Dense(k), loss=loss), x, np.array(t)).task == task


# ---- rows ----

@pytest.mark.parametrize("change, kind", [
    (lambda x, t: (x + 4, t), "validation"), (lambda x, t: (20 * x, t), "validation"),
    (lambda x, t: (x, t * 0), "validation"), (lambda x, t: (x, t), None)])
def test_validation_data_are_of_the_same_scale_and_have_all_classes(change, kind):
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(200, 3)), np.eye(2)[rng.integers(2, size=200)]
    other_x, labels = change(rng.normal(size=(50, 3)), rng.integers(2, size=50))
    found = [*rows.look_at_validation(x, t, other_x, np.eye(2)[labels], "classes")]
    assert [finding.kind for finding in found] == ([kind] if kind else [])


def test_validation_data_with_a_class_that_is_not_trained_are_a_finding():
    x, t = np.random.default_rng(0).normal(size=(60, 3)), np.eye(3)[np.arange(60) % 2]
    found, = rows.look_at_validation(x, t, x[:20] + 0.01, np.eye(3)[np.arange(20) % 3], "classes")
    assert found.kind == "validation" and "classes that none" in found.sentence


@pytest.mark.parametrize("numbers, n_classes", [
    (np.arange(40) % 4, 4), (np.arange(40) % 4 + 0.5, 0), (np.arange(40) % 2, 0),
    (np.arange(40), 0), (np.arange(40) % 5, 0)])        # of each, 10 rows on average at least
def test_few_whole_numbers_may_be_classes(numbers, n_classes):
    x = np.random.default_rng(0).normal(size=(40, 2))
    notes = [*rows.note_rows(x, numbers.astype(float)[:, None])]
    assert len(notes) == (n_classes > 0)
    assert not notes or f"Dense({n_classes})" in notes[0]


def test_notes_tell_of_constant_and_repeated_columns_and_of_rows_that_contradict():
    x = np.array([[1, 5, 0, 5], [2, 6, 0, 6], [2, 6, 0, 6], [3, 8, 0, 8.0]])
    notes = [*rows.note_rows(x, np.array([[0.0], [1], [0], [1]]))]
    assert notes == ["1 of 4 columns of x are constant: 2",
                     "columns of x that repeat another one: 3",
                     "1 of 4 rows have the x of another row and a different t: no network can be "
                     "right about all of them"]


# ---- in print ----

def test_a_report_prints_kind_sentence_and_remedy():
    net, x, t = small()
    text = str(preflight(net, x, np.full(150, 3)))
    assert text == ("fit of Sequential([Dense(16), ReLU(), Dense(3)], input_shape=(4,), ...: "
                    "1 problem\nlabels\n    fit refuses this: t has label 3 in row 0\n"
                    "    -> the network has 3 outputs, so labels run from 0 to 2")


def test_a_finding_without_a_remedy_is_a_sentence():
    assert str(SetupFinding("data", "too few rows")) == "data\n    too few rows"


@pytest.mark.long
def test_images_are_looked_at_as_well():
    x, t = digits()
    x = x.reshape(-1, 8, 8, 1)
    net = make_net(x, tn.Conv2D(8, 3), tn.Sigmoid(), tn.Conv2D(16, 3), tn.Sigmoid(), tn.Flatten(),
                   tn.Dense(10))
    report = preflight(net, x, t, optimizer=tn.SGD(lr=0.1), epochs=5)
    assert [finding.kind for finding in report.findings] == ["activation"]
    net = make_net(x, tn.Conv2D(8, 3), tn.ReLU(), tn.Flatten(), tn.Dense(10))
    assert preflight(net, scale(x.reshape(-1, 64)).reshape(x.shape), t, **adam(5)).ok
