"""EarlyStopping and ReduceOnPlateau: when they act, and what they leave behind."""

import copy
import pickle

import numpy as np
import pytest

import tinynet as tn

rng = np.random.default_rng(0)
x, labels = rng.normal(size=(60, 4)), rng.integers(0, 3, 60)
x_val, labels_val = rng.normal(size=(60, 4)), rng.integers(0, 3, 60)


def network():
    return tn.Sequential([tn.Dense(32), tn.BatchNorm(), tn.ReLU(), tn.Dense(3)], 4,
                         loss=tn.SoftmaxCrossEntropy(), rng=0)


def fit(net, epochs=100, **settings):
    settings = {"optimizer": tn.Adam(0.01), "validation": (x_val, labels_val)} | settings
    return net.fit(x, labels, epochs=epochs, batch_size=20, **settings)


class Replay:
    """A network in name only: callbacks are shown these values of a column."""

    def __init__(self, values, column="val_loss", lr=1.0):
        self.values, self.column, self.history, self.optimizer = values, column, [], tn.SGD(lr)
        self.params, self.state = np.zeros(1), np.zeros(0)

    def show(self, callback):
        """The number of epochs until the callback stops, and the learning rates after each."""
        callback.begin(self, None, None)
        lrs = []
        for value in self.values:
            self.history.append(value)
            self.params = np.full(1, len(self.history), float)
            stop = callback(self, len(self.history), {self.column: value})
            lrs.append(self.optimizer.lr)
            if stop:
                break
        if hasattr(callback, "end"):
            callback.end(self)
        return len(self.history), lrs


def test_early_stopping_puts_back_the_weights_of_its_best_epoch_bit_for_bit():
    stopping, kept = tn.EarlyStopping(patience=4), {}
    net = network()
    history = fit(net, callbacks=[stopping, lambda net, epoch, record: kept.update(
        {epoch: (net.params.tobytes(), net.state.tobytes())})])
    best = 1 + int(np.argmin(history["val_loss"]))
    assert stopping.best_epoch == best == len(history) - 4 < 96
    assert (net.params.tobytes(), net.state.tobytes()) == kept[best]
    assert net.evaluate(x_val, labels_val)["loss"] == stopping.best == history["val_loss"][best - 1]


def test_early_stopping_begins_anew_in_the_next_training_also_if_the_epochs_have_no_seconds():
    stopping, net = tn.EarlyStopping("loss", patience=1, min_delta=1e9), network()
    # of each training the first epoch is the best so far, and the second is no better by so much
    for n in 2, 4, 6:
        assert len(fit(net, callbacks=[stopping, lambda net, epoch,
                                       record: record.pop("seconds") and None])) == n


@pytest.mark.parametrize("column, values, patience, min_delta, stops_at, best", [
    # two epochs without a smaller value after the third
    ("val_loss", [5, 4, 3, 3, 3, 1], 2, 0, 5, 3),
    ("val_loss", [5, 4, 3, 3, 2, 2, 2, 1], 2, 0, 7, 5),
    ("val_accuracy", [0.1, 0.5, 0.4, 0.4], 2, 0, 4, 2),        # larger is better
    ("val_r2", [-3, -1, -2, -2], 2, 0, 4, 2),
    # 0.5, 0.6 and 0.7 better are not enough
    ("val_loss", [5, 4.5, 4.4, 4.3, 3], 3, 1, 4, 1),
    ("val_loss", [float("nan"), 3, float("nan"), float("nan")], 2, 0, 4, 2),
    ("val_loss", [5, 4, 3, 2], 1, 0, 4, 4),                    # never
])
def test_early_stopping_stops_after_so_many_epochs_without_a_better_value(
        column, values, patience, min_delta, stops_at, best):
    stopping, net = tn.EarlyStopping(column, patience, min_delta), Replay(values, column)
    assert net.show(stopping)[0] == stops_at
    assert stopping.best_epoch == best and net.params[0] == best


def test_early_stopping_goes_on_with_the_same_training_and_begins_anew_with_another():
    parts, whole = network(), network()
    stopping = tn.EarlyStopping(patience=4)
    for epochs in (2, 2, 100):
        fit(parts, epochs, optimizer=parts.optimizer or tn.Adam(0.01), callbacks=[stopping])
    fit(whole, 104, callbacks=[tn.EarlyStopping(patience=4)])
    assert parts.params.tobytes() == whole.params.tobytes()
    assert parts.history["val_loss"] == whole.history["val_loss"]
    another = network()
    fit(another, callbacks=[stopping])
    assert another.params.tobytes() == whole.params.tobytes()


def test_two_early_stoppings_each_keep_the_weights_of_their_own_best_epoch():
    kept, net = {}, network()
    short, long = tn.EarlyStopping("val_loss", patience=2), tn.EarlyStopping("loss", patience=50)
    fit(net,
        callbacks=[short, long, lambda net, epoch, record: kept.update({epoch: net.params.copy()})])
    assert short.best_epoch != long.best_epoch
    np.testing.assert_array_equal(net.params, kept[short.best_epoch])
    np.testing.assert_array_equal(long.params, kept[long.best_epoch])


def test_a_column_of_validation_data_needs_validation_data_before_anything_is_trained():
    net = network()
    with pytest.raises(ValueError, match="EarlyStopping.* validation"):
        fit(net, validation=None, callbacks=[tn.EarlyStopping()])
    assert len(net.history) == 0


def test_a_column_that_is_not_there_is_an_error_that_says_what_there_is():
    with pytest.raises(ValueError, match="EarlyStopping .*'my_loss'.* loss, accuracy, "):
        fit(network(), callbacks=[tn.EarlyStopping("my_loss")])


def test_reduce_on_plateau_multiplies_the_rate_after_so_many_epochs_without_a_better_value():
    reducing, net = (tn.ReduceOnPlateau(patience=2, factor=0.5, min_lr=0.2),
                     Replay([5, 4, 4, 4, 4, 3, 3, 3, 3, 3]))
    # two epochs after the second, then not again before two more; never below 0.2
    assert net.show(reducing)[1] == [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.2]


def test_reduce_on_plateau_does_not_raise_a_rate_that_is_already_below_its_least():
    assert Replay([1, 1, 1],
                  lr=0.01).show(tn.ReduceOnPlateau(patience=1, min_lr=0.1))[1] == [0.01] * 3


def test_reduce_on_plateau_changes_the_rate_of_the_steps_that_follow():
    history = fit(network(), 30, callbacks=[tn.ReduceOnPlateau(patience=2, factor=0.5)])
    assert history["lr"][0] == 0.01 and history["lr"][-1] < 0.01
    assert (np.diff(history["lr"]) <= 0).all()


def test_reduce_on_plateau_needs_a_rate_that_is_a_number_and_leaves_the_optimizer_that_was_there():
    net, optimizer = network(), tn.Adam()
    fit(net, 1, optimizer=optimizer)
    with pytest.raises(ValueError, match="lr is StepDecay"):
        fit(net, 1, optimizer=tn.SGD(tn.StepDecay(0.1, 5)), callbacks=[tn.ReduceOnPlateau()])
    assert net.optimizer is optimizer


def test_callbacks_are_copied_pickled_and_shown():
    stopping = tn.EarlyStopping("val_accuracy", patience=3)
    assert repr(stopping) == "EarlyStopping(monitor='val_accuracy', patience=3)"
    fit(network(), 3, callbacks=[stopping])
    for other in copy.deepcopy(stopping), pickle.loads(pickle.dumps(stopping)):
        assert (other.best, other.best_epoch, other.seen) == (stopping.best, stopping.best_epoch,
                                                              stopping.seen)


@pytest.mark.parametrize("make, message", [
    (lambda: tn.EarlyStopping(patience=0), "patience is 0"),
    (lambda: tn.EarlyStopping(min_delta=-1), "min_delta is -1"),
    (lambda: tn.EarlyStopping(3), "monitor is 3"),
    (lambda: tn.ReduceOnPlateau(factor=1), "factor is 1"),
    (lambda: tn.ReduceOnPlateau(min_lr=float("nan")), "min_lr is nan")])
def test_settings_are_checked(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_callback_finds_its_epoch_in_the_history_and_what_it_adds_stands_there_too():
    def look(net, epoch, record):
        assert len(net.history) == epoch and net.history["loss"][-1] == record["loss"]
        record["twice"] = 2 * epoch
        assert net.history["twice"][-1] == 2 * epoch

    net = network()
    fit(net, 3, callbacks=[look])
    assert net.history["twice"] == [2, 4, 6]


# ---- which way is better ----

@pytest.mark.parametrize("column, mode, values, best", [
    ("val_f1", None, [0.1, 0.2, 0.3], 3), ("auc", None, [0.5, 0.9, 0.8], 2),
    ("val_brier_score", None, [0.3, 0.1, 0.2], 2), ("neg_log_loss", None, [-3, -1, -2], 2),
    ("margin", "max", [1, 3, 2], 2), ("margin", "min", [2, 1, 3], 2), ("loss", "max", [1, 2, 0], 2),
])
def test_the_name_or_the_mode_tells_which_way_is_better(column, mode, values, best):
    stopping = tn.EarlyStopping(column, patience=9, mode=mode)
    Replay(values, column).show(stopping)
    assert stopping.best_epoch == best
    plateau = tn.ReduceOnPlateau(column, patience=9, mode=mode)
    Replay(values, column).show(plateau)
    assert plateau.best == values[best - 1]


def test_a_score_that_a_callback_records_is_no_cost():
    def f1(net, epoch, record):
        record["val_f1"] = epoch / 10

    stopping = tn.EarlyStopping("val_f1", patience=3)
    history = fit(network(), 9, callbacks=[f1, stopping])
    assert len(history) == 9 and stopping.best_epoch == 9 == history.best("val_f1")


def test_a_validation_score_that_a_callback_records_needs_no_validation_data_of_fit():
    def f1(net, epoch, record):
        record["val_f1"] = -epoch

    assert len(fit(network(), 9, validation=None,
                   callbacks=[f1, tn.EarlyStopping("val_f1", patience=2)])) == 3


def test_a_column_that_is_missing_in_an_epoch_is_named():
    def sometimes(net, epoch, record):
        if epoch != 2:
            record["val_f1"] = epoch

    with pytest.raises(ValueError, match="'val_f1'.*every epoch"):
        fit(network(), 3, callbacks=[sometimes, tn.EarlyStopping("val_f1")])


@pytest.mark.parametrize("make", [tn.EarlyStopping, tn.ReduceOnPlateau,
                                  lambda *args, **kw: tn.Checkpoint("net", 1, *args, **kw)],
                         ids=["EarlyStopping", "ReduceOnPlateau", "Checkpoint"])
def test_a_column_whose_name_does_not_tell_needs_a_mode_when_fit_begins(make, tmp_path,
                                                                        monkeypatch):
    monkeypatch.chdir(tmp_path)
    net = network()
    before = net.params.tobytes()
    with pytest.raises(ValueError, match='margin.*mode="max"'):
        fit(net, 2, callbacks=[lambda net, epoch, record: record.update(margin=1.0),
                               make("margin")])
    assert len(net.history) == 0 and net.params.tobytes() == before
    fit(net, 2, callbacks=[lambda net, epoch, record: record.update(margin=1.0),
                           make("margin", mode="max")])
    with pytest.raises(ValueError, match="mode is 'maximum'"):
        make("margin", mode="maximum")


# ---- what is put back ----

def best_and_last(restore, epochs=8, patience=50):
    """(the weights after the fit, those of its best epoch, those of its last one)"""
    kept, net = {}, network()
    stopping = tn.EarlyStopping("val_loss", patience, restore=restore)
    fit(net, epochs, optimizer=tn.SGD(1.0), callbacks=[
        stopping, lambda net, epoch, record: kept.update(
            {epoch: (net.params.tobytes(), net.state.tobytes())})])
    assert stopping.best_epoch < len(net.history)
    return (net.params.tobytes(), net.state.tobytes()), kept[stopping.best_epoch], kept[max(kept)]


@pytest.mark.parametrize("restore, patience, puts_back", [
    ("stopped", 2, True), ("stopped", 50, False), ("always", 2, True), ("always", 50, True),
    ("never", 2, False), ("never", 50, False)])
def test_restore_says_when_the_best_weights_are_put_back(restore, patience, puts_back):
    after, best, last = best_and_last(restore, patience=patience)
    assert after == (best if puts_back else last) and best != last


def test_always_puts_nothing_back_in_a_fit_without_an_epoch():
    net, stopping = network(), tn.EarlyStopping("loss", 50, restore="always")
    fit(net, 3, callbacks=[stopping])
    net.params = 0 * net.params
    fit(net, 0, callbacks=[stopping])
    assert not net.params.any()
    with pytest.raises(ValueError, match="margin"):
        fit(net, 2, callbacks=[stopping, tn.EarlyStopping("margin")])
    assert not net.params.any()


def test_restore_is_one_of_three_words():
    with pytest.raises(ValueError, match="restore is True"):
        tn.EarlyStopping(restore=True)


def test_mode_and_restore_are_shown():
    stopping = tn.EarlyStopping("margin", mode="max", restore="always")
    assert repr(stopping) == "EarlyStopping(monitor='margin', mode='max', restore='always')"
