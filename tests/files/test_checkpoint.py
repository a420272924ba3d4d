"""Checkpoint: when it saves, what it saves, and how a training that was killed goes on."""

import copy
import itertools
import math
import pickle
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

import tinynet as tn

rng = np.random.default_rng(0)
x, x_val = rng.normal(size=(60, 4)), rng.normal(size=(30, 4))
labels, labels_val = x[:, :3].argmax(axis=1), x_val[:, :3].argmax(axis=1)


def network(layers=None, **settings):
    layers = layers or [tn.Dense(16), tn.BatchNorm(), tn.ReLU(), tn.Dropout(0.2), tn.Dense(3)]
    return tn.Sequential(layers, 4, **({"loss": tn.SoftmaxCrossEntropy(), "rng": 0} | settings))


def fit(net, epochs, *callbacks, **settings):
    """Up and down goes val_loss with such a learning rate."""
    settings = {"optimizer": net.optimizer or tn.SGD(1.0), "validation": (x_val, labels_val),
                "batch_size": 16} | settings
    net.fit(x, labels, epochs=epochs, callbacks=list(callbacks), **settings)
    return net


def bits(net):
    history = {name: repr(net.history[name]) for name in net.history if name != "seconds"}
    return (net.params.tobytes(), net.state.tobytes(), net.optimizer.v.tobytes(), history,
            net.predict(x).tobytes())


class Copies:
    """A callback that keeps the bits after each epoch."""

    def __init__(self):
        self.after = {}

    def __call__(self, net, epoch, record):
        self.after[epoch] = bits(net)


def seen_by(path):
    """A callback that writes down how many epochs the file has, one epoch late: it stands before
    the checkpoint writes.
    """
    lengths = []

    def look(net, epoch, record):
        lengths.append(len(tn.Sequential.load(path).history) if path.exists() else 0)

    return look, lengths


# ---- when ----

def test_it_saves_after_every_epoch(tmp_path):
    look, lengths = seen_by(tmp_path / "net")
    fit(network(), 4, look, tn.Checkpoint(tmp_path / "net"))
    assert lengths == [0, 1, 2, 3] and len(tn.Sequential.load(tmp_path / "net").history) == 4


def test_it_saves_after_every_third_epoch_of_the_whole_training(tmp_path):
    net, checkpoint = network(), tn.Checkpoint(tmp_path / "net", every=3)
    look, lengths = seen_by(tmp_path / "net")
    fit(net, 2, look, checkpoint)
    fit(net, 6, look, checkpoint)
    assert (lengths == [0, 0, 0, 3, 3, 3, 6, 6]
            and len(tn.Sequential.load(tmp_path / "net").history) == 6)


@pytest.mark.parametrize("monitor, best",
                         [("val_loss", np.argmin), ("val_accuracy", np.argmax),
                          ("loss", np.argmin)])
def test_with_monitor_the_file_holds_the_best_epoch_to_the_bit(tmp_path, monitor, best):
    copies, net = Copies(), network()
    fit(net, 23, copies, tn.Checkpoint(tmp_path / "net", monitor=monitor))
    epoch = 1 + int(best(net.history[monitor]))
    loaded = tn.Sequential.load(tmp_path / "net")
    assert 1 < epoch < 23 and len(loaded.history) == epoch and bits(loaded) == copies.after[epoch]


def test_columns_of_callbacks_can_be_monitored_and_are_in_the_file_also_those_behind_it(tmp_path):
    fit(network(), 3, lambda net, epoch, record: record.update(cost=-epoch),
        tn.Checkpoint(tmp_path / "net", monitor="cost", mode="min"),
        lambda net, epoch, record: record.update(later=10 * epoch))
    assert tn.Sequential.load(tmp_path / "net").history["later"] == [10, 20, 30]


def test_an_epoch_whose_value_is_nan_is_never_the_best(tmp_path):
    def cost(net, epoch, record):
        record["cost"] = {1: math.nan, 2: 3.0, 3: math.nan, 4: 5.0}[epoch]

    fit(network(), 1, cost, tn.Checkpoint(tmp_path / "one", monitor="cost", mode="min"))
    fit(network(), 4, cost, tn.Checkpoint(tmp_path / "net", monitor="cost", mode="min"))
    assert (not (tmp_path / "one").exists()
            and len(tn.Sequential.load(tmp_path / "net").history) == 2)


def test_the_last_epoch_of_a_training_that_a_callback_stops_is_saved(tmp_path):
    net = fit(network(), 10, tn.Checkpoint(tmp_path / "net"), lambda net, epoch, record: epoch == 4)
    assert bits(tn.Sequential.load(tmp_path / "net")) == bits(net) and len(net.history) == 4


def test_a_checkpoint_does_not_change_the_training(tmp_path):
    with_it = fit(network(), 5, tn.Checkpoint(tmp_path / "a"),
                  tn.Checkpoint(tmp_path / "b", monitor="val_loss"))
    assert bits(with_it) == bits(fit(network(), 5))


# ---- going on ----

@pytest.mark.long
@pytest.mark.parametrize("order", [*itertools.permutations(["periodic", "best", "stopping"])],
                         ids="-".join)
@pytest.mark.parametrize("cut", [2, 5, 9])
def test_with_two_checkpoints_and_early_stopping_in_any_order_a_training_goes_on_to_the_same_end(
        tmp_path, order, cut):
    def callbacks(folder):
        made = {"periodic": tn.Checkpoint(folder / "periodic"),
                "best": tn.Checkpoint(folder / "best", monitor="val_loss"),
                "stopping": tn.EarlyStopping("val_loss", patience=4)}
        return [made[name] for name in order]

    (tmp_path / "straight").mkdir()
    (tmp_path / "parts").mkdir()
    straight = fit(network(), 40, *callbacks(tmp_path / "straight"))
    fit(network(), cut, *callbacks(tmp_path / "parts"))
    parts = fit(tn.Sequential.load(tmp_path / "parts" / "periodic"), 40 - cut,
                *callbacks(tmp_path / "parts"))
    assert bits(parts) == bits(straight) and 9 < len(straight.history) < 40
    for name in "periodic", "best":
        first, second = (tn.Sequential.load(tmp_path / folder / name)
                         for folder in ("straight", "parts"))
        assert bits(first) == bits(second)


@pytest.mark.parametrize("order", [1, -1])
def test_after_going_on_from_the_periodic_file_a_better_best_is_not_overwritten(tmp_path, order):
    def callbacks():
        return [tn.Checkpoint(tmp_path / "last"),
                tn.Checkpoint(tmp_path / "best", monitor="val_loss")][::order]

    copies = Copies()
    best = fit(network(), 4, copies, *callbacks()).history.best("val_loss")
    before = (tmp_path / "best").read_bytes()
    net = fit(tn.Sequential.load(tmp_path / "last"), 1, *callbacks())
    assert best < 4 and net.history["val_loss"][4] > net.history["val_loss"][best - 1]
    assert ((tmp_path / "best").read_bytes() == before
            and bits(tn.Sequential.load(tmp_path / "best")) == copies.after[best])


@pytest.mark.parametrize("order", [1, -1])
def test_a_training_that_ends_between_the_two_files_of_its_best_epoch_does_not_lose_it(
        tmp_path, order, monkeypatch):
    def callbacks():
        return [tn.Checkpoint(tmp_path / "last"),
                tn.Checkpoint(tmp_path / "best", monitor="val_loss")][::order]

    save, saved = tn.Checkpoint.after_all, []

    def save_or_die(checkpoint, net, epoch):
        if saved[4:] == [3]:  # after both files of the epochs 1 and 2 and one of the third
            raise SystemExit
        save(checkpoint, net, epoch)
        saved.append(epoch)

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(tn.Checkpoint, "after_all", save_or_die)
        fit(network(), 5, *callbacks())
    net = tn.Sequential.load(tmp_path / "last")
    fit(net, 5 - len(net.history), *callbacks())
    assert net.history.best("val_loss") == len(tn.Sequential.load(tmp_path / "best").history) == 3


def test_what_a_checkpoint_has_seen_goes_along_to_another_path(tmp_path):
    fit(network(), 4, tn.Checkpoint(tmp_path / "a", monitor="val_loss"),
        tn.Checkpoint(tmp_path / "last"))
    net = fit(tn.Sequential.load(tmp_path / "last"), 1,
              tn.Checkpoint(tmp_path / "b", monitor="val_loss"))
    assert net.history.best("val_loss") < 4
    assert not (tmp_path / "b").exists()


def test_no_path_stands_in_a_file(tmp_path):
    fit(network(), 2, tn.Checkpoint(tmp_path / "secret-name"))
    assert b"secret-name" not in (tmp_path / "secret-name").read_bytes()


def test_a_checkpoint_before_early_stopping_saves_what_it_remembers_of_that_epoch(tmp_path):
    stopping = tn.EarlyStopping("val_loss", patience=50)
    net = fit(network(), 2, tn.Checkpoint(tmp_path / "net"), stopping)
    memory, = [memory for memory in tn.Sequential.load(tmp_path / "net")._memory.kept
               if "params" in memory.state]
    assert (memory.state["best_epoch"] == stopping.best_epoch == 2
            and memory.state["best"] == net.history["val_loss"][1])
    assert memory.state["params"].tobytes() == net.params.tobytes()


def test_a_training_that_early_stopping_has_ended_ends_again_with_the_same_weights(tmp_path):
    def callbacks():
        return tn.EarlyStopping("val_loss", patience=3), tn.Checkpoint(tmp_path / "last")

    net = fit(network(), 100, *callbacks())
    with pytest.warns(UserWarning, match="runs no epochs"):
        again = fit(tn.Sequential.load(tmp_path / "last"), 100, *callbacks())
    assert len(again.history) == len(net.history) < 100
    assert (again.params.tobytes(), again.state.tobytes()) == (net.params.tobytes(),
                                                               net.state.tobytes())


SCRIPT = """
import os, signal, sys
from pathlib import Path
import numpy as np
import tinynet as tn

path, last_step, move = Path(sys.argv[1]), int(sys.argv[2]), tn.Adam.move

def move_or_die(self, params, grads, lr):
    move(self, params, grads, lr)
    if self.steps == last_step:
        os.kill(os.getpid(), signal.SIGKILL)

tn.Adam.move = move_or_die
rng = np.random.default_rng(0)
x, x_val = rng.normal(size=(200, 4)), rng.normal(size=(50, 4))
labels, labels_val = x[:, :3].argmax(axis=1), x_val[:, :3].argmax(axis=1)
net = tn.Sequential.load(path) if path.exists() else tn.Sequential(
    [tn.Dense(64), tn.BatchNorm(), tn.ReLU(), tn.Dropout(0.3), tn.Dense(3)], 4,
    loss=tn.SoftmaxCrossEntropy(), rng=0)
net.fit(x, labels, optimizer=net.optimizer or tn.Adam(0.02), epochs=8 - len(net.history),
        batch_size=10, validation=(x_val, labels_val),
        callbacks=[tn.EarlyStopping(patience=30), tn.Checkpoint(path, every=2)])
print(net.params.tobytes().hex(), net.state.tobytes().hex(), net.optimizer.m.tobytes().hex(),
      len(net.history),
      {name: net.history[name] for name in net.history if name != "seconds"})
"""


def run(path, last_step=0):
    return subprocess.run([sys.executable, "-c", SCRIPT, path, str(last_step)], capture_output=True,
                          text=True)


def test_a_training_that_is_killed_in_an_epoch_goes_on_from_its_last_checkpoint_to_the_same_bits(
        tmp_path):
    # 20 steps an epoch, so in the middle of the sixth
    killed = run(tmp_path / "net", last_step=110)
    assert (killed.returncode == -signal.SIGKILL
            and len(tn.Sequential.load(tmp_path / "net").history) == 4)
    resumed, straight = run(tmp_path / "net"), run(tmp_path / "other")
    assert (resumed.returncode == straight.returncode == 0
            and resumed.stdout == straight.stdout != "")


# ---- refused ----

@pytest.mark.parametrize("make, message", [
    (lambda: tn.Checkpoint("net", every=0), "every is 0; it must be a whole number of at least 1"),
    (lambda: tn.Checkpoint("net", every=1.5), "every is 1.5"),
    (lambda: tn.Checkpoint("net", every=True), "every is True"),
    (lambda: tn.Checkpoint("net", every=2, monitor="loss"),
     "every is 2 and monitor is 'loss'; a checkpoint has one of them"),
    (lambda: tn.Checkpoint("net", monitor=3), "monitor is 3; it must be the name of a column"),
    (lambda: tn.Checkpoint("net-{epoch}"),
     "path is 'net-{epoch}', and each save writes to this one path"),
])
def test_settings_that_mean_nothing_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_path_must_be_one():
    with pytest.raises(TypeError):
        tn.Checkpoint(3)


def test_a_column_of_validation_data_needs_validation_data(tmp_path):
    net = network()
    with pytest.raises(ValueError, match="Checkpoint.* validation"):
        fit(net, 3, tn.Checkpoint(tmp_path / "net", monitor="val_loss"), validation=None)
    assert len(net.history) == 0 and list(tmp_path.iterdir()) == []


def test_a_column_that_is_not_there_is_an_error_that_says_what_there_is(tmp_path):
    with pytest.raises(ValueError, match="Checkpoint .*'my_loss'.* loss, accuracy, "):
        fit(network(), 3, tn.Checkpoint(tmp_path / "net", monitor="my_loss"))


class Unregistered(tn.Layer):
    def forward(self, x, training=False):
        return x, None

    def backward(self, dy, cache):
        return dy


def no_zeros(shape, rng):
    return rng.normal(size=shape)


@pytest.mark.parametrize("make, settings, message", [
    (lambda: network([Unregistered(), tn.Dense(3)]), {},
     r"Unregistered\(\) cannot be saved: .* call tinynet.register"),
    (lambda: network([tn.Sequential([Unregistered(), tn.Dense(3)], 4)]), {},
     r"Unregistered\(\) cannot be saved"),
    (lambda: network([tn.Dense(3, init=no_zeros)]), {}, "the function no_zeros cannot be saved"),
    (lambda: network([tn.Dense(3, init=lambda shape, rng: rng.normal(size=shape))]), {},
     "the function <lambda> cannot be saved"),
    (network, {"optimizer": tn.SGD(lambda step: 0.1)}, "the function <lambda> cannot be saved"),
    (network, {"optimizer": type("MySGD", (tn.SGD,), {})(0.1)},
     r"MySGD\(\) cannot be saved: MySGD is not registered"),
    (lambda: network(loss=type("MyLoss", (tn.SoftmaxCrossEntropy,), {})()), {},
     r"MyLoss\(\) cannot be saved"),
], ids=["layer", "layer inside", "init", "lambda as init", "lambda as lr", "optimizer", "loss"])
def test_what_cannot_be_saved_is_refused_by_name_before_anything_is_trained(
        tmp_path, make, settings, message):
    net = make()
    params, state = net.params.tobytes(), net.state.tobytes()
    with pytest.raises(ValueError, match=message):
        fit(net, 3, tn.Checkpoint(tmp_path / "net"), **settings)
    assert (net.params.tobytes(), net.state.tobytes(), len(net.history), net.optimizer) == (
        params, state, 0, None)
    assert list(tmp_path.iterdir()) == []


class Counting:
    """A callback with something to remember, of a class that is not registered."""

    state_names = ("memory",)

    def __call__(self, net, epoch, record):
        pass


@pytest.mark.parametrize("known, memory, message", [
    (False, 0, "Counting.* cannot be saved: Counting is not registered; call tinynet.register"),
    (True, [1, 2], r"Counting.* cannot be saved: memory, which its state_names lists, is \[1, 2\], "
                   r"and must be a number"),
    (True, np.zeros(3, np.float16),
     "the array callbacks.0.memory has the dtype float16, and a model file holds float64, int64"),
], ids=["class", "list", "dtype"])
@pytest.mark.parametrize("order", [1, -1])
def test_what_a_callback_cannot_save_is_refused_before_anything_is_trained(
        tmp_path, known, memory, message, order):
    net = network()
    counting = Counting()
    counting.memory = memory
    if known:
        tn.register(Counting)
    with pytest.raises(ValueError, match=message):
        fit(net, 20, *[counting, tn.Checkpoint(tmp_path / "net", every=10)][::order])
    assert len(net.history) == 0 and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["missing/net", "folder"])
def test_a_place_where_no_file_can_be_is_refused_before_anything_is_trained(tmp_path, place):
    net, params = network(), network().params.tobytes()
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=f"Checkpoint.*{place}.* cannot write its file"):
        fit(net, 3, tn.Checkpoint(tmp_path / place))
    assert (len(net.history), net.params.tobytes(), net.optimizer) == (0, params, None)


def test_a_file_that_cannot_be_written_later_ends_the_training_with_an_oserror_that_names_it(
        tmp_path):
    def lose_the_folder(net, epoch, record):
        if epoch == 2:
            shutil.rmtree(tmp_path / "folder")

    net = network()
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="there is no folder .*folder.; make it first: .*folder/net"):
        fit(net, 3, lose_the_folder, tn.Checkpoint(tmp_path / "folder" / "net"))
    assert len(net.history) == 2


# ---- beside others ----

def test_plain_functions_and_gradient_health_stand_beside_it(tmp_path):
    epochs = []

    def look(net, epoch, record):
        epochs.append(epoch)

    net = fit(network(), 3, tn.GradientHealth(), look, tn.Checkpoint(tmp_path / "net"),
              optimizer=tn.SGD(0.1))
    loaded = tn.Sequential.load(tmp_path / "net")
    assert [loaded.history[name] for name in net.history] == [net.history[name]
                                                              for name in net.history]
    assert loaded.history.columns == net.history.columns and "grad_norm_0" in loaded.history
    fit(loaded, 2, tn.GradientHealth(), look, tn.Checkpoint(tmp_path / "net"))
    assert epochs == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("settings",
                         [{}, {"early_stopping": True},
                          {"solver": "sgd", "learning_rate": "invscaling"}])
def test_the_file_of_a_classifiers_checkpoint_predicts_as_the_classifier(tmp_path, settings):
    classifier = tn.NetClassifier((16,), max_iter=4, random_state=0,
                                  callbacks=[tn.Checkpoint(tmp_path / "net")], **settings)
    with pytest.warns(ConvergenceWarning):
        classifier.fit(x, labels)
    net = tn.Sequential.load(tmp_path / "net")
    assert (len(net.history) == classifier.n_iter_ == 4
            and net.predict(x).tobytes() == classifier.network_.predict(x).tobytes())
    np.testing.assert_array_equal(net.predict(x).argmax(axis=1), classifier.predict(x))


def test_the_file_of_a_regressors_checkpoint_predicts_as_the_regressor(tmp_path):
    regressor = tn.NetRegressor((16,), max_iter=4, random_state=0,
                                callbacks=tn.Checkpoint(tmp_path / "net"))
    with pytest.warns(ConvergenceWarning):
        regressor.fit(x, x[:, 0] * 2 + 1)
    assert tn.Sequential.load(tmp_path
                              / "net").predict(x).ravel().tobytes() == regressor.predict(
                                  x).tobytes()


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))],
                         ids=["deepcopy", "pickle"])
@pytest.mark.parametrize("loaded", [False, True])
def test_a_copy_of_a_trained_network_with_callbacks_goes_on_and_is_saved(
        tmp_path, duplicate, loaded):
    net = fit(network(), 3, tn.EarlyStopping(patience=20),
              tn.Checkpoint(tmp_path / "net", monitor="val_loss"))
    if loaded:
        net.save(tmp_path / "all")
        net = tn.Sequential.load(tmp_path / "all")
    other = duplicate(net)
    other.save(tmp_path / "copy")
    net.save(tmp_path / "all")
    assert (tmp_path / "copy").read_bytes() == (tmp_path / "all").read_bytes()
    assert bits(fit(other, 3)) == bits(fit(net, 3))


@pytest.mark.parametrize("duplicate",
                         [copy.deepcopy, copy.copy,
                          lambda thing: pickle.loads(pickle.dumps(thing))],
                         ids=["deepcopy", "copy", "pickle"])
def test_a_checkpoint_is_copied_and_pickled_and_prints_as_the_call_that_makes_it(duplicate):
    checkpoint = duplicate(tn.Checkpoint("net", monitor="val_loss"))
    assert repr(checkpoint) == "Checkpoint('net', monitor='val_loss')"
