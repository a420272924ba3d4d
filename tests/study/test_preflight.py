"""preflight: it names what is wrong with a set-up, is silent on what works, and changes nothing."""

import copy
import pickle
import re
import threading

import numpy as np
import pytest
from sklearn.preprocessing import scale

import tinynet as tn
from set_ups import FAULTY, adam, digits, iris, load, make_healthy, make_net
from tinynet.study import preflight
from tinynet.study.setup_check import KINDS, SetupFinding, diagnosis, rows, trials

QUICK = ("no_epoch", "columns_of_very_different_sizes", "a_hidden_layer_of_zeros",
         "nothing_is_trained", "rows_validated_by_themselves",
         "validation_data_without_the_scaler", "a_class_that_is_only_validated",
         "one_class_alone", "rows_that_are_all_the_same", "a_layer_with_a_wrong_slope",
         "a_layer_that_mixes_rows", "a_loss_with_the_sign_turned", "gradients_clipped_to_nothing",
         "predictions_that_cannot_reach_the_targets")


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
    assert report.seconds < 10


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
    # the least and the largest number of the wines, and one of three kinds by guessing: 71 of 178
    assert re.fullmatch(r"x lies between 0\.13 and 1\.68e\+03; after 180 steps accuracy is 0\.\d\d,"
                        r" and 0\.\d\d is chance; with standardized numbers it is 1\.00",
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
    dict(optimizer=tn.SGD(lr=tn.OneCycle(0.3, 300)), epochs=60)])
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


def test_a_rare_class_is_no_fault_and_a_note_says_that_it_is_never_named():
    x = np.random.default_rng(0).normal(size=(1000, 4))
    net = make_net(x, tn.Dense(16), tn.Tanh(), tn.Dense(2))
    report = preflight(net, x, x[:, 0] + x[:, 1] > 2.9, optimizer=tn.SGD(lr=0.01), epochs=5)
    assert report.ok and "it says the same of all rows" in report.notes


@pytest.mark.long
def test_at_most_one_of_twenty_healthy_set_ups_has_a_finding():
    reports = [look(*make_healthy(seed)) for seed in range(20)]
    assert sum(not report.ok for report in reports) <= 1, [
        report for report in reports if not report.ok]


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


def test_skill_is_1_for_what_is_right_and_0_for_what_takes_no_notice_of_x():
    t = np.eye(3)[[0, 0, 1, 2]]
    assert trials.find_skill(t, t, "classes") == 1
    assert trials.find_skill(np.eye(3)[[0, 0, 0, 0]], t, "classes") == 0
    assert trials.find_skill(np.eye(3)[[0, 0, 1, 0]], t, "classes") == 0.5    # (3/4 - 1/2) / (1/2)
    numbers = np.array([[0.0], [2.0]])
    assert trials.find_skill(numbers, numbers, "numbers") == 1
    assert trials.find_skill(np.ones((2, 1)), numbers, "numbers") == 0
    answers = np.array([[0.0, 1.0], [1.0, 1.0]])
    assert trials.find_skill(answers, answers, "yes or no") == 1
    assert trials.find_skill(np.ones((2, 2)), answers, "yes or no") == 0
    assert trials.find_skill(np.full((2, 2), np.nan), answers, "yes or no") == -1


def test_when_time_is_up_the_report_says_so(monkeypatch):
    monkeypatch.setattr("tinynet.study.setup_check.before_training.LIMIT", 0.0)
    net, x, t = small()
    report = preflight(net, x, t, epochs=1)
    assert report.notes[-1] == diagnosis.SLOW


def test_a_network_that_is_too_large_for_trials_is_not_kept_waiting_for():
    x, t = np.random.default_rng(0).normal(size=(64, 96, 96, 3)), np.arange(64) % 2
    net = make_net(x, tn.Conv2D(64, 3), tn.ReLU(), tn.Conv2D(64, 3), tn.ReLU(),
                   tn.GlobalAveragePool2D(), tn.Dense(2))
    report = preflight(net, x, t, batch_size=64)
    assert report.notes[-1] == diagnosis.SLOW and report.seconds < 10


def test_a_training_that_diverges_is_a_finding_when_there_is_no_time_to_see_why(monkeypatch):
    net, x, t = small()
    net.loss, settings = tn.MeanSquaredError(), dict(optimizer=tn.SGD(lr=1e30))

    def take_no_time(self):
        raise diagnosis.OutOfTime

    monkeypatch.setattr(diagnosis.Diagnosis, "find_what_helps", take_no_time)
    finding, = preflight(net, x, np.eye(3)[t], **settings).findings
    assert finding.kind == "learning_rate" and "training diverges at step" in finding.sentence


def test_a_network_that_cannot_be_copied_is_a_finding():
    net, x, t = small()
    net.lock = threading.Lock()
    finding, = preflight(net, x, t).findings
    assert finding.kind == "layers" and "cannot be copied" in finding.sentence


# ---- rows ----

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
