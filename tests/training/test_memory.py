"""What callbacks remember: of which training run, and what of it goes along into copies, pickles
and files.
"""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

import tinynet as tn

rng = np.random.default_rng(0)
x, labels = rng.normal(size=(30, 4)), rng.integers(0, 3, 30)


def network(seed=0):
    return tn.Sequential([tn.Dense(3)], 4, loss=tn.SoftmaxCrossEntropy(), rng=seed)


def fit(net, epochs, *callbacks, lr=0.0):
    """At the rate 0 the loss never gets better, so each epoch is one more to wait."""
    net.fit(x, labels, optimizer=net.optimizer or tn.SGD(lr), epochs=epochs, shuffle=False,
            callbacks=list(callbacks))
    return net


def saved_and_loaded(net, tmp_path):
    net.save(tmp_path / "net")
    return tn.Sequential.load(tmp_path / "net")


COPIES = {
    "copy": lambda net, path: copy.copy(net),
    "deepcopy": lambda net, path: copy.deepcopy(net),
    "pickle": lambda net, path: pickle.loads(pickle.dumps(net)),
    "file": saved_and_loaded,
}


# ---- in one process ----

def test_a_callback_that_rounds_the_seconds_does_not_make_early_stopping_forget():
    def round_seconds(net, epoch, record):
        record["seconds"] = round(record["seconds"], 1)

    net, stopping = network(), tn.EarlyStopping("loss", patience=5)
    lengths = [len(fit(net, 4, stopping, round_seconds).history) for _ in range(3)]
    assert lengths == [4, 6, 10]  # it stops after 1 + 5 epochs, and begins anew


def test_another_network_with_as_many_epochs_is_another_training_run():
    stopping, first, second = tn.EarlyStopping("loss", patience=4), network(0), network(1)
    fit(first, 3, stopping)
    fit(second, 3, stopping)
    assert stopping.waited == 2 and stopping.best == second.history["loss"][0]
    fit(first, 3, stopping)  # it was elsewhere in between, so it begins anew
    assert len(first.history) == 6 and stopping.best == first.history["loss"][3]


def test_epochs_that_it_has_not_seen_make_it_begin_anew():
    net, stopping = network(), tn.EarlyStopping("loss", patience=4)
    fit(net, 3, stopping)
    fit(net, 1)
    fit(net, 3, stopping)
    assert len(net.history) == 7 and stopping.best_epoch == 5


def test_a_new_callback_beside_the_same_network_begins_anew():
    net = network()
    for _ in range(3):
        fit(net, 4, tn.EarlyStopping("loss", patience=5))
    assert len(net.history) == 12


# ---- in copies, pickles and files ----

@pytest.mark.parametrize("how", COPIES)
def test_a_copy_goes_on_with_the_wait_of_an_equal_callback(how, tmp_path):
    net = COPIES[how](fit(network(), 4, tn.EarlyStopping("loss", patience=5)), tmp_path)
    stopping = tn.EarlyStopping("loss", patience=5)
    fit(net, 10, stopping)
    assert len(net.history) == 6 and stopping.best_epoch == 1


@pytest.mark.parametrize("how", COPIES)
def test_a_callback_with_other_settings_begins_anew_in_a_copy(how, tmp_path):
    net = COPIES[how](fit(network(), 4, tn.EarlyStopping("loss", patience=5)), tmp_path)
    assert len(fit(net, 10, tn.EarlyStopping("loss", patience=6)).history) == 4 + 7


@pytest.mark.parametrize("how", COPIES)
def test_a_training_that_was_stopped_is_at_its_end_in_a_copy(how, tmp_path):
    net = fit(network(), 20, tn.EarlyStopping("loss", patience=5))
    assert len(net.history) == 6
    copied = COPIES[how](net, tmp_path)
    for _ in range(2):
        with pytest.warns(UserWarning, match="EarlyStopping.*after epoch 6.*patience"):
            assert len(fit(copied, 10, tn.EarlyStopping("loss", patience=5)).history) == 6
    assert copied.params.tobytes() == net.params.tobytes()
    assert len(fit(copied, 2, tn.EarlyStopping("loss", patience=6)).history) == 8
    assert len(fit(copied, 2).history) == 10


def test_a_file_after_the_stop_and_a_checkpoint_of_its_last_epoch_go_on_alike(tmp_path):
    def stopping():
        return tn.EarlyStopping("accuracy", patience=3)

    net = fit(network(), 30, stopping(), tn.Checkpoint(tmp_path / "checkpoint"), lr=0.5)
    net.save(tmp_path / "after")
    assert len(net.history) < 30
    for name in "checkpoint", "after":
        loaded = tn.Sequential.load(tmp_path / name)
        with pytest.warns(UserWarning, match="runs no epochs"):
            fit(loaded, 10, stopping())
        assert len(loaded.history) == len(net.history)
        assert loaded.params.tobytes() == net.params.tobytes()


@pytest.mark.parametrize("how", COPIES)
def test_two_copies_that_are_trained_apart_are_never_confused(how, tmp_path):
    net = fit(network(), 3, tn.EarlyStopping("loss", patience=50), lr=0.1)
    one, two = (COPIES[how](net, tmp_path) for _ in range(2))
    two.params += 1.0
    stopping = tn.EarlyStopping("loss", patience=50)
    for _ in range(3):  # in turn, so that both have as many epochs whenever it changes sides
        for copied in one, two:
            before = copied.params.copy()
            fit(copied, 1, stopping)
            best = copied.history["loss"][stopping.best_epoch - 1]
            assert stopping.history is copied.history and stopping.best == best
            assert not np.array_equal(copied.params, before)
    assert len(one.history) == len(two.history) == 6


@pytest.mark.parametrize("how", ["deepcopy", "pickle"])
def test_a_network_and_its_callback_that_are_copied_together_go_on_together(how):
    net, stopping = network(), tn.EarlyStopping("loss", patience=5)
    fit(net, 4, stopping)
    net, stopping = (copy.deepcopy((net, stopping)) if how == "deepcopy"
                     else pickle.loads(pickle.dumps((net, stopping))))
    fit(net, 1, stopping)
    fit(net, 5, stopping)
    assert len(net.history) == 6


@pytest.mark.parametrize("how", ["deepcopy", "pickle"])
def test_a_callback_that_is_copied_alone_belongs_to_no_training_run(how):
    net, stopping = network(), tn.EarlyStopping("loss", patience=5)
    fit(net, 4, stopping)
    stopping = (copy.deepcopy(stopping) if how == "deepcopy"
                else pickle.loads(pickle.dumps(stopping)))
    assert len(fit(fit(network(1), 4), 6, stopping).history) == 10


def test_saving_the_same_network_twice_gives_the_same_bytes(tmp_path):
    net = fit(network(), 3, tn.EarlyStopping("loss", patience=5), tn.ReduceOnPlateau("loss"))
    net.save(tmp_path / "one")
    net.save(tmp_path / "two")
    tn.Sequential.load(tmp_path / "one").save(tmp_path / "three")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes() == (
        tmp_path / "three").read_bytes()


def test_equal_trainings_give_equal_files_but_for_the_seconds(tmp_path):
    def no_seconds(net, epoch, record):
        record["seconds"] = 0.0

    for name in "one", "two":
        fit(network(), 3, tn.EarlyStopping("loss"), no_seconds, lr=0.1).save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


CALLBACK = '''
import pickle, sys, tinynet as tn

class Count:
    """Counts the epochs that it has seen."""
    state_names = ("seen",)
    seen = 0

    def __init__(self, name):
        self.name, self.seen = name, 0

    def __call__(self, net, epoch, record):
        self.seen += 1
        record["counted"] = self.seen

def fit(net):
    return net.fit([[1.0], [2.0]], [0, 1], epochs=2, callbacks=Count("a"))

if __name__ == "__main__":
    net = tn.Sequential([tn.Dense(2)], 1, loss=tn.SoftmaxCrossEntropy(), rng=0)
    fit(net)
    open("net", "wb").write(pickle.dumps(net))
'''


def test_a_callback_of_a_script_remembers_in_a_program_that_imports_it(tmp_path):
    (tmp_path / "counting.py").write_text(CALLBACK)
    subprocess.run([sys.executable, "counting.py"], cwd=tmp_path, check=True)
    code = "import pickle, counting; print(counting.fit(pickle.load(open('net', 'rb')))['counted'])"
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True,
                         check=True)
    assert run.stdout == "[1, 2, 3, 4]\n"


def test_a_callback_whose_settings_cannot_be_told_remembers_nothing_in_a_copy_and_is_not_saved(
        tmp_path):
    class Hiding:
        state_names = ("seen",)

        def __init__(self, secret):
            self.seen = 0

        def __call__(self, net, epoch, record):
            self.seen += 1

    net = fit(network(), 2, Hiding(1))
    other = Hiding(2)
    fit(copy.deepcopy(net), 1, other)
    assert other.seen == 1
    with pytest.raises(ValueError, match="Hiding.*'secret'"):
        net.save(tmp_path / "net")


# ---- what earlier versions have left ----

def test_an_optimizer_that_was_pickled_by_an_earlier_version_is_refused():
    old = tn.Adam()
    state = {name: value for name, value in old.__getstate__().items() if name != "_form"}
    with pytest.raises(ValueError, match="Adam .*tinynet 0.1"):
        tn.Adam.__new__(tn.Adam).__setstate__(state)


def test_reduce_on_plateau_begins_anew_with_another_network():
    plateau, first, second = tn.ReduceOnPlateau("loss", patience=3), network(0), network(1)
    fit(first, 3, plateau)
    fit(second, 2, plateau)
    assert plateau.history is second.history and plateau.waited == 1
    assert plateau.best == second.history["loss"][0]
