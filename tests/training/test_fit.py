"""fit: what is trained on, in which order, how it is reported, and how it stops."""

import copy
import pickle
import threading
import time
import tracemalloc
import warnings

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import tinynet as tn
from tinynet.training.batches import Data
from tinynet.training.divergence import check_weights, explain_divergence


def network(layers=None, input_shape=4, **settings):
    settings = {"loss": tn.SoftmaxCrossEntropy(), "rng": 0} | settings
    return tn.Sequential(layers or [tn.Dense(5), tn.Tanh(), tn.Dense(3)], input_shape, **settings)


rng = np.random.default_rng(0)
x, labels = rng.normal(size=(50, 4)), rng.integers(0, 3, 50)


class Seen(tn.Layer):
    """A layer that passes rows on and writes down which came in training."""

    def __init__(self):
        self.batches = []

    def forward(self, x, training=False):
        if training:
            self.batches.append(x[:, 0].copy())
        return x, None

    def backward(self, dy, cache):
        return dy


def batches_of(**settings):
    seen = Seen()
    network([seen, tn.Dense(3)]).fit(np.arange(200).reshape(50, 4), labels, **settings)
    return seen.batches


# ---- batches ----

def test_every_epoch_takes_every_row_once_and_the_last_batch_is_shorter():
    batches = batches_of(epochs=3, batch_size=20)
    assert [len(batch) for batch in batches] == [20, 20, 10] * 3
    for epoch in range(3):
        np.testing.assert_array_equal(np.sort(np.concatenate(batches[3 * epoch:3 * epoch + 3])),
                                      np.arange(0, 200, 4))


def test_rows_are_shuffled_anew_for_each_epoch_and_not_just_the_batches():
    first, second = batches_of(epochs=2, batch_size=50)
    assert (first != second).any() and (np.diff(first) != 4).mean() > 0.9


@pytest.mark.parametrize("weighted", [False, True])
def test_batches_that_are_gathered_together_are_those_gathered_one_by_one(weighted):
    # 800 kB, gathered in several parts
    x, t = rng.normal(size=(1000, 100)), np.eye(3)[rng.integers(0, 3, 1000)]
    data, order = Data(x, t, rng.random(1000) if weighted else None), rng.permutation(1000)
    batches = list(data.batches(order, 32))
    assert [rows for rows, *_ in batches] == [
        slice(start, start + 32) for start in range(0, 1000, 32)]
    for rows, *batch in batches:
        for found, expected in zip(batch, data.take(order[rows])):
            np.testing.assert_array_equal(found, expected)


def test_without_shuffling_rows_come_in_their_order():
    np.testing.assert_array_equal(np.concatenate(batches_of(epochs=1, batch_size=20,
                                                            shuffle=False)), np.arange(0, 200, 4))


# ---- same seed, same bits ----

def trained(parts=(4,), optimizer=None, **settings):
    net = network()
    for epochs in parts:
        net.fit(x, labels, optimizer=optimizer, epochs=epochs, batch_size=16, **settings)
    return net


def test_the_same_seed_gives_the_same_bits_and_another_one_does_not():
    assert trained().params.tobytes() == trained().params.tobytes()
    assert trained(rng=5).params.tobytes() == trained(
        rng=5).params.tobytes() != trained().params.tobytes()


@pytest.mark.parametrize("make",
                         [lambda: None, tn.SGD, lambda: tn.SGD(0.1, 0.9),
                          lambda: tn.SGD(0.1, 0.9, nesterov=True),
                          tn.RMSprop, tn.Adam, tn.AdamW,
                          lambda: tn.Adam(lambda step: 0.01 / (1 + step))])
def test_three_epochs_and_three_more_are_six_to_the_bit(make):
    parts, whole = trained((3, 3), make(), validation=0.2), trained((6,), make(), validation=0.2)
    assert parts.params.tobytes() == whole.params.tobytes()
    assert parts.history["val_loss"] == whole.history["val_loss"]
    assert len(parts.history) == 6


def test_no_optimizer_goes_on_with_the_last_one():
    net = trained((1,), tn.SGD(0.5))
    assert net.fit(x, labels, epochs=1)["lr"] == [0.5, 0.5]
    assert type(trained().optimizer) is tn.Adam


def test_looking_on_does_not_change_training():
    def look(net, epoch, record):
        net.predict(x)
        net.evaluate(x, labels)
    watched = trained(callbacks=[look], validation=(x[:9], labels[:9]))
    assert watched.params.tobytes() == trained().params.tobytes()


# ---- targets ----

def test_a_binary_target_of_one_output_is_judged_on_both_sides_of_one_half():
    t = (x[:, 0] > 0).astype(int)
    net = network([tn.Dense(1)], loss=tn.SigmoidCrossEntropy())
    net.fit(x, t, optimizer=tn.Adam(0.1), epochs=50)
    y = net.predict(x)
    assert y.shape == (50, 1)
    assert net.evaluate(x, t)["accuracy"] == ((y[:, 0] > 0.5) == t).mean() > 0.9


# ---- weights ----

def test_whole_row_weights_equal_repeated_rows():
    w = np.arange(50) % 3
    weighted, repeated = network(dtype=np.float64), network(dtype=np.float64)
    weighted.fit(x, labels, sample_weight=w, epochs=5, batch_size=1000)
    repeated.fit(x.repeat(w, axis=0), labels.repeat(w), epochs=5, batch_size=1000)
    np.testing.assert_allclose(weighted.params, repeated.params, rtol=1e-9)
    assert weighted.history["loss"] == pytest.approx(repeated.history["loss"], rel=1e-12)
    assert weighted.history["accuracy"] == pytest.approx(repeated.history["accuracy"], rel=1e-12)


def with_everything():
    return network([tn.Dense(6), tn.BatchNorm(), tn.ReLU(), tn.Dropout(0.3), tn.Dense(3)])


def without_seconds(net):
    return {name: net.history[name] for name in net.history.columns if name != "seconds"}


HALF = np.arange(50) % 2 * 1.0                  # every second row has weight 0
UNEVEN = HALF * np.linspace(0.1, 2, 50)


@pytest.mark.parametrize("w", [HALF, UNEVEN], ids=["weights 0 and 1", "uneven weights"])
@pytest.mark.parametrize("settings", [
    {}, {"shuffle": False}, {"validation": 0.3}, {"validation": 0.3, "shuffle": False},
    {"class_weight": "balanced"}, {"class_weight": {0: 2.0, 1: 0.5}}, {"l2": 0.1, "clip_norm": 0.5},
], ids=str)
def test_rows_of_weight_0_are_as_if_they_were_not_there(w, settings):
    bad, bad_labels = x.copy(), labels.copy()
    bad[w == 0], bad_labels[w == 0] = 1000, 0
    weighted, without = with_everything(), with_everything()
    seen = []
    watch = type("Watch", (), {"begin": lambda self, net, x, t: seen.append((x, t)),
                               "__call__": lambda self, net, epoch, record: None})
    kept = x[w > 0], labels[w > 0], w[w > 0]
    for net, (rows, t, weights) in (weighted, (bad, bad_labels, w)), (without, kept):
        net.fit(rows, t, sample_weight=weights, epochs=3, batch_size=8,
                callbacks=[watch(), tn.GradientHealth()], **settings)
    assert weighted.params.tobytes() == without.params.tobytes()
    assert weighted.state.tobytes() == without.state.tobytes()
    assert without_seconds(weighted) == without_seconds(without)
    assert weighted.optimizer.steps == without.optimizer.steps
    for mine, others in zip(*seen):
        np.testing.assert_array_equal(mine, others)
    assert weighted.evaluate(bad, bad_labels, sample_weight=w) == without.evaluate(
        x[w > 0], labels[w > 0], sample_weight=w[w > 0])
    L = weighted.gradient(bad, bad_labels, sample_weight=w)
    assert L == without.gradient(x[w > 0], labels[w > 0], sample_weight=w[w > 0])
    assert weighted.grads.tobytes() == without.grads.tobytes()


def test_weights_of_0_and_1_give_the_bits_of_a_fit_without_weights():
    weighted, without = with_everything(), with_everything()
    weighted.fit(x, labels, sample_weight=HALF, epochs=3, batch_size=7, validation=0.2)
    without.fit(x[1::2], labels[1::2], epochs=3, batch_size=7, validation=0.2)
    assert weighted.params.tobytes() == without.params.tobytes()
    assert without_seconds(weighted) == without_seconds(without)


def test_classes_of_weight_0_are_as_if_they_were_not_among_the_rows_to_train_on():
    weighted, without = with_everything(), with_everything()
    bad = x.copy()
    bad[labels == 2] += 1000
    validation = x[:9], labels[:9]
    weighted.fit(bad, labels, class_weight={2: 0.0}, epochs=3, validation=validation)
    without.fit(x[labels != 2], labels[labels != 2], epochs=3, validation=validation)
    assert weighted.params.tobytes() == without.params.tobytes()
    assert without_seconds(weighted) == without_seconds(without)


def test_a_class_of_weight_0_does_not_spoil_the_statistics_of_the_others():
    pixels, digits = load_digits(return_X_y=True)
    spoiled = pixels / 16
    spoiled[digits == 9] += 100
    net = tn.Sequential([tn.Dense(16), tn.BatchNorm(), tn.ReLU(), tn.Dense(10)], 64,
                        loss=tn.SoftmaxCrossEntropy(), rng=0)
    net.fit(spoiled, digits, optimizer=tn.Adam(0.01), epochs=15, class_weight={9: 0.0})
    others = digits != 9
    assert net.evaluate(pixels[others] / 16, digits[others])["accuracy"] > 0.99


def test_classes_of_weight_0_are_held_out_like_others():
    # at the learning rate 0 both networks stay as they are, so the rows held out tell
    weighted, without = network(), network()
    for net, class_weight in (weighted, {2: 0.0}), (without, None):
        net.fit(x, labels, class_weight=class_weight, epochs=1, validation=0.3,
                optimizer=tn.SGD(0.0))
    assert weighted.history["val_loss"] == without.history["val_loss"]
    assert weighted.history["loss"] != without.history["loss"]


@pytest.mark.parametrize("t, k", [(np.r_[-1.0, labels[1:]], 3), (np.r_[np.nan, labels[1:]], 3),
                                  (np.r_[7, labels[1:]], 3), (np.r_[np.nan, x[1:, 0]], 1)],
                         ids=["no label", "nan", "label 7", "number"])
def test_the_target_of_a_row_of_weight_0_may_be_missing(t, k):
    loss = tn.SoftmaxCrossEntropy() if k > 1 else tn.MeanSquaredError()
    nets = [network([tn.Dense(k)], loss=loss) for _ in range(2)]
    nets[0].fit(x, t, sample_weight=np.r_[0.0, np.ones(49)], epochs=2)
    nets[1].fit(x[1:], t[1:], epochs=2)
    assert nets[0].params.tobytes() == nets[1].params.tobytes()


def test_validation_rows_of_weight_0_are_as_if_they_were_not_there():
    first, second = network(), network()
    first.fit(x, labels, epochs=2, validation=(x, labels, HALF))
    second.fit(x, labels, epochs=2, validation=(x[1::2], labels[1::2]))
    assert first.history["val_loss"] == second.history["val_loss"]


def test_rows_of_weight_0_are_left_out_without_a_copy_of_the_others():
    many = np.random.default_rng(0).normal(size=(20_000, 600)).astype(np.float32)  # 48 MB
    net = tn.Sequential([tn.Dense(2)], 600, loss=tn.SoftmaxCrossEntropy(), rng=0)
    t, w = np.arange(20_000) % 2, np.r_[0.0, np.ones(19_999)]
    tracemalloc.start()
    net.fit(many, t, sample_weight=w, epochs=1, validation=0.1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < many.nbytes


def test_a_validation_share_with_shuffle_false_keeps_the_order_of_the_rows():
    rows = np.arange(40.0)[:, None]
    seen = []

    class Watched(tn.Dense):
        def forward(self, x, training=False):
            if training:
                seen.extend(x[:, 0].tolist())
            return super().forward(x, training)

    net = tn.Sequential([Watched(2)], 1, loss=tn.SoftmaxCrossEntropy(), rng=0)
    net.fit(rows, np.arange(40) % 2, epochs=1, batch_size=7, shuffle=False, validation=0.25)
    assert seen == sorted(seen) and len(seen) == 30


def test_balanced_class_weights_are_the_corresponding_row_weights_to_the_bit():
    skewed = np.r_[np.zeros(30), np.ones(15), np.full(5, 2)].astype(int)
    w = 50 / (3 * np.array([30, 15, 5]))[skewed]
    nets = [network() for _ in range(3)]
    nets[0].fit(x, skewed, class_weight="balanced", epochs=2)
    nets[1].fit(x, skewed, sample_weight=w, epochs=2)
    nets[2].fit(x, skewed, class_weight={0: 50 / 90, 1: 50 / 45, 2: 50 / 15}, epochs=2)
    assert nets[0].params.tobytes() == nets[1].params.tobytes()
    np.testing.assert_allclose(nets[2].params, nets[0].params, rtol=1e-5)


def test_the_penalty_is_recorded_beside_the_loss_and_its_gradient_is_that_of_the_weights_alone():
    net = network([tn.Dense(3)], dtype=np.float64)
    W0, loss0 = net.layers[0].W.copy(), net.evaluate(x, labels)["loss"]
    net.gradient(x, labels)
    dW, db = net.layers[0].dW.copy(), net.layers[0].db.copy()
    net.fit(x, labels, optimizer=tn.SGD(0.1), epochs=1, batch_size=50, l2=0.3)
    np.testing.assert_allclose(net.layers[0].W, W0 - 0.1 * (dW + 0.3 * W0), rtol=1e-12)
    np.testing.assert_allclose(net.layers[0].b, -0.1 * db, rtol=1e-12)
    assert net.history["penalty"] == pytest.approx([0.15 * (W0 ** 2).sum()], rel=1e-12)
    assert net.history["loss"] == pytest.approx([loss0], rel=1e-12)


def test_settings_of_float64_leave_float32_as_it_is():
    settings = {"l2": 1 / 3, "clip_norm": 0.1}
    of_float64 = {name: np.float64(value) for name, value in settings.items()}
    assert trained(**settings).params.tobytes() == trained(**of_float64).params.tobytes()


def test_a_copied_optimizer_lets_the_weights_of_its_new_network_decay():
    first, second = (network([tn.Dense(2)], 2),
                     network([tn.Dense(1), tn.Dense(1), tn.Dense(1)], 1,
                             loss=tn.MeanSquaredError()))
    optimizer = tn.AdamW()
    first.fit(x[:, :2], labels % 2, optimizer=optimizer, epochs=1)
    second.fit(x[:, :1], x[:, 0], optimizer=copy.deepcopy(optimizer), epochs=1)
    assert second.optimizer.decays.tolist() == [1, 0, 1, 0, 1, 0]


def test_a_gradient_longer_than_clip_norm_is_cut_to_it():
    net = network(dtype=np.float64)
    start = net.params.copy()
    net.gradient(x, labels)
    direction = net.grads / np.linalg.norm(net.grads)
    net.fit(x, labels, optimizer=tn.SGD(1.0), epochs=1, batch_size=50, clip_norm=0.01)
    np.testing.assert_allclose(net.params, start - 0.01 * direction, rtol=1e-9)


# ---- validation ----

class Caught:
    """A callback that keeps what it is given."""

    def __init__(self):
        self.calls = []

    def begin(self, net, x, t):
        self.calls.append(("begin", x.copy(), t.copy()))

    def __call__(self, net, epoch, record):
        self.calls.append((epoch, dict(record)))

    def end(self, net):
        self.calls.append(("end",))


def test_a_share_for_validation_has_the_classes_shares_and_is_the_same_at_every_fit():
    x, labels = load_iris(return_X_y=True)  # sorted by class
    splits = []
    for _ in range(2):
        net = network()
        for _ in range(2):
            caught = Caught()
            net.fit(x, labels, epochs=1, validation=0.2, callbacks=[caught])
            splits.append(caught.calls[0])
    for _, x_train, t_train in splits:
        np.testing.assert_array_equal(t_train.sum(axis=0), [40, 40, 40])
        np.testing.assert_array_equal(x_train, splits[0][1])


def test_the_only_row_of_a_class_is_trained_on_and_not_held_out():
    caught = Caught()
    network().fit(x, np.where(np.arange(50) == 7, 2, labels % 2), epochs=1, validation=0.2,
                  callbacks=[caught])
    _, x_train, t_train = caught.calls[0]
    assert (len(t_train) == 40 and t_train[:, 2].sum() == 1
            and (x_train == x[7].astype(np.float32)).all(axis=1).any())


def test_a_share_for_validation_of_a_regression_is_drawn_at_random():
    net = network([tn.Dense(1)], loss=tn.MeanSquaredError())
    caught = Caught()
    assert "val_r2" in net.fit(x, np.arange(50), epochs=1, validation=0.2, callbacks=[caught])
    t = caught.calls[0][2]
    assert len(t) == 40 and t.max() > 40


def test_validation_data_are_evaluated_after_each_epoch():
    net = network()
    history = net.fit(x, labels, epochs=3, validation=(x[:20], labels[:20], np.arange(20)))
    result = net.evaluate(x[:20], labels[:20], sample_weight=np.arange(20))
    assert (history["val_loss"][-1], history["val_accuracy"][-1]) == (result["loss"],
                                                                      result["accuracy"])


# ---- what is recorded, and callbacks ----

def test_the_recorded_loss_is_the_mean_of_the_batches_losses_by_their_rows():
    net = network(dtype=np.float64)
    before = net.evaluate(x, labels)
    history = net.fit(x, labels, optimizer=tn.SGD(0.0), epochs=1, batch_size=16)
    assert history["loss"][0] == pytest.approx(before["loss"], rel=1e-12)
    assert history["accuracy"][0] == pytest.approx(before["accuracy"], rel=1e-12)


def test_history_has_the_columns_that_the_training_has():
    assert trained().history.columns == ["loss", "accuracy", "lr", "seconds"]
    assert trained(validation=0.2, l2=0.1).history.columns == [
        "loss", "accuracy", "penalty", "val_loss", "val_accuracy", "lr", "seconds"]


def test_callbacks_are_begun_called_after_each_epoch_and_ended():
    caught = Caught()
    net = trained((2, 1), callbacks=[caught])
    assert [call[0] for call in caught.calls] == ["begin", 1, 2, "end", "begin", 3, "end"]
    assert caught.calls[1][1]["loss"] == net.history["loss"][0]


@pytest.mark.parametrize("answer, epochs",
                         [(True, 1), (np.True_, 1), (False, 4), (None, 4), (np.False_, 4)])
def test_true_stops_and_nothing_else_does(answer, epochs):
    assert len(trained(callbacks=[lambda net, epoch, record: answer]).history) == epochs


def test_all_callbacks_are_ended_even_if_one_of_them_fails():
    class Failing(Caught):
        def end(self, net):
            raise ZeroDivisionError

    caught = Caught()
    with pytest.raises(ZeroDivisionError):
        trained(callbacks=[caught, Failing(), Failing()])
    assert caught.calls[-1] == ("end",)


def test_a_fit_inside_a_fit_of_the_same_network_is_refused():
    def again(net, epoch, record):
        net.fit(x, labels, epochs=1)

    net = network()
    with pytest.raises(ValueError, match="copy.deepcopy"):
        net.fit(x, labels, epochs=3, callbacks=again)
    assert len(net.history) == 1
    net.fit(x, labels, epochs=1)  # afterwards it can train


def test_a_fit_that_a_schedule_or_begin_calls_is_refused_too():
    net = network()

    class Beginning:
        def begin(self, net, x, t):
            net.fit(x, t)

        def __call__(self, net, epoch, record):
            pass

    for settings in ({"callbacks": Beginning()},
                     {"optimizer": tn.SGD(lambda steps: steps and net.fit(x, labels) or 0.1)}):
        with pytest.raises(ValueError, match="copy.deepcopy"):
            net.fit(x, labels, epochs=1, **settings)
    assert len(net.fit(x, labels, epochs=1, optimizer=tn.SGD())) == 1


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))],
                         ids=["deepcopy", "pickle"])
def test_a_copy_that_is_made_inside_a_callback_can_train(copied):
    twins = []

    def train_a_copy(net, epoch, record):
        twins.append(copied(net))
        twins[-1].fit(x, labels, epochs=2)

    net, alone = network(), network()
    net.fit(x, labels, epochs=2, callbacks=train_a_copy)
    alone.fit(x, labels, epochs=2)
    assert [len(twin.history) for twin in twins] == [3, 4]
    assert net.params.tobytes() == alone.params.tobytes()


def test_end_is_called_after_an_error_too():
    caught = Caught()
    with pytest.raises(ZeroDivisionError):
        trained(callbacks=[caught, lambda net, epoch, record: 1 / 0])
    assert [call[0] for call in caught.calls] == ["begin", 1, "end"]


# ---- divergence ----

def test_divergence_stops_in_the_batch_with_the_weights_before_it():
    net = network([tn.Dense(1)], loss=tn.MeanSquaredError())
    weights = []

    class Watched(tn.SGD):
        def step(self, params, grads):
            super().step(params, grads)
            weights.append(params.copy())

    message = "epoch .*, batch .*: the loss is .*learning rate"
    with pytest.raises(tn.DivergenceError, match=message) as caught:
        net.fit(x, x @ [1, 2, 3, 4], optimizer=Watched(10.0), epochs=100, batch_size=10)
    np.testing.assert_array_equal(net.params, weights[-1])
    assert np.isfinite(net.params).all()
    assert len(net.history) == caught.value.epoch - 1
    assert net.optimizer.steps == 5 * (caught.value.epoch - 1) + caught.value.batch - 1
    assert np.isfinite(caught.value.last_loss)
    assert pickle.loads(pickle.dumps(caught.value)).batch == caught.value.batch


def test_divergence_in_a_later_epoch_knows_the_last_loss():
    net = network([tn.Dense(1)], loss=tn.MeanSquaredError())
    with pytest.raises(tn.DivergenceError) as caught:
        net.fit(x, x[:, 0], optimizer=tn.SGD(10.0), epochs=100, batch_size=50)
    assert caught.value.epoch > 1 and caught.value.batch == 1
    assert caught.value.last_loss == net.history["loss"][-1]


def test_a_loss_checks_all_targets_and_the_outputs_of_the_first_32_rows_once():
    class Checking(tn.MeanSquaredError):
        seen = []

        def check(self, x, t):
            self.seen.append((len(x), len(t)))

    network([tn.Dense(1)], loss=Checking()).fit(x, x[:, 0], epochs=3)
    assert Checking.seen == [(32, 50)]


def test_a_penalty_that_is_infinite_is_named_as_such():
    net = network([tn.Dense(3)])
    net.params[:] = 1e21  # their squares, 1e42, are beyond float32
    with pytest.raises(tn.DivergenceError, match="batch 1: .*l2 is inf"):
        net.fit(np.zeros((2, 4)), [0, 1], l2=1e-3, epochs=1)


@pytest.mark.parametrize("optimizer", [tn.Adam, tn.AdamW, tn.RMSprop])
def test_what_an_optimizer_remembers_is_finite_wherever_the_squared_length_of_the_gradient_is(
        optimizer):
    net = network([tn.Dense(1)], loss=tn.MeanSquaredError())
    # its square is 1e37; float32 ends at 3e38
    net.fit(1e9 * x, 1e9 * x[:, 0], optimizer=optimizer(), batch_size=1, epochs=2)
    assert all(np.isfinite(getattr(net.optimizer, name)).all()
               for name in net.optimizer.state_names)
    assert net.optimizer.v.max() > 1e34


def test_an_optimizer_of_ones_own_that_does_not_count_its_steps_trains_and_its_rate_is_recorded():
    class Plain(tn.Optimizer):
        lr = 0.5

        def step(self, params, grads):
            params -= self.lr * grads

    net, reference = network(), network()
    assert net.fit(x, labels, optimizer=Plain(), epochs=3)["lr"] == [0.5] * 3
    reference.fit(x, labels, optimizer=tn.SGD(0.5), epochs=3)
    assert net.params.tobytes() == reference.params.tobytes()
    with pytest.raises(ZeroDivisionError):
        network().fit(x, labels, optimizer=Plain(), callbacks=lambda net, epoch, record: 1 / 0)


def test_the_largest_clip_norm_cuts_nothing():
    losses = [network().fit(x, labels, epochs=2, clip_norm=clip_norm)["loss"]
              for clip_norm in (None, 1.7e308)]
    assert losses[0] == losses[1]


def test_steps_that_make_the_weights_infinite_are_a_divergence_even_in_the_last_batch():
    net = network([tn.Dense(1)], loss=tn.MeanSquaredError())
    with pytest.raises(tn.DivergenceError, match="weights .*epoch 1: .*3e[+]38"):
        net.fit(x, 10 * x[:, 0], optimizer=tn.SGD(3e38), epochs=1, batch_size=50)
    with pytest.raises(ValueError, match="network's output .*weights.* nan"):
        net.fit(x, 10 * x[:, 0], optimizer=tn.SGD(0.1), epochs=1, batch_size=50)


def test_running_statistics_that_become_infinite_are_a_divergence():
    net = network([tn.BatchNorm(), tn.Dense(3)])
    with pytest.raises(tn.DivergenceError, match="batch 1: .*running statistics"):
        net.fit(x * [1e20, 1, 1, 1], labels)
    assert np.isfinite(net.state).all()


def test_divergence_puts_the_state_back():
    class Counting(tn.Layer):
        state_names = ("rows",)

        def build(self, input_shape, rng):
            self.rows = np.zeros(1)
            return input_shape

        def forward(self, x, training=False):
            if training:
                self.rows = self.rows + len(x)
            return (x * np.nan if training and self.rows[0] > 30 else x), None

        def backward(self, dy, cache):
            return dy

    net = network([Counting(), tn.Dense(3)])
    with pytest.raises(tn.DivergenceError) as caught:
        net.fit(x, labels, batch_size=10)
    assert (caught.value.epoch, caught.value.batch) == (1, 4)
    assert net.state.tolist() == [30]


def test_an_infinite_cross_entropy_points_to_the_fused_loss():
    net = network([tn.Dense(3), tn.Softmax()], loss=tn.CrossEntropy())
    net.layers[0].W = 0 * net.layers[0].W
    net.layers[0].b = [1000, 0, 0]
    with pytest.raises(tn.DivergenceError, match=r"SoftmaxCrossEntropy\(\)"):
        net.fit(x, labels)


def test_a_long_float32_gradient_is_not_taken_for_an_infinite_one():
    net = network([tn.Dense(1)], loss=tn.MeanAbsoluteError())
    # float32 has no 1e20 squared
    history = net.fit(1e20 * x, x[:, 0], optimizer=tn.SGD(1e-3), epochs=2, clip_norm=1.0)
    assert np.isfinite(history["loss"]).all()


def test_fit_works_in_a_thread():
    nets = [network(), network()]
    thread = threading.Thread(target=nets[0].fit, args=(x, labels))
    thread.start()
    thread.join()
    nets[1].fit(x, labels)
    assert nets[0].params.tobytes() == nets[1].params.tobytes()


# ---- how good it gets ----

def test_digits_reach_97_percent_as_the_mean_of_five_splits():
    x, labels = load_digits(return_X_y=True)
    accuracies = []
    for seed in range(5):
        x_train, x_test, t_train, t_test = train_test_split(x, labels, test_size=0.2,
                                                            stratify=labels, random_state=seed)
        scaler = StandardScaler().fit(x_train)
        net = network([tn.Dense(64), tn.ReLU(), tn.Dense(10)], 64, rng=seed)
        net.fit(scaler.transform(x_train), t_train, optimizer=tn.Adam(), epochs=30)
        accuracies.append(net.evaluate(scaler.transform(x_test), t_test)["accuracy"])
    assert np.mean(accuracies) >= 0.97


# ---- what stands in a record, and when a step is refused ----

def still(**settings):
    """A network of weights 0 that stays as it is: L is t², whatever x."""
    net = network([tn.Dense(1, init=tn.zeros)], 1, loss=tn.MeanSquaredError())
    settings = {"optimizer": tn.SGD(0.0), "shuffle": False, "epochs": 1} | settings
    return net, settings


def test_the_loss_of_an_epoch_is_the_mean_over_rows_also_with_a_shorter_last_batch():
    net, settings = still(batch_size=2)
    t = [1.0, 2.0, 3.0]
    assert net.fit(np.ones((3, 1)), t, **settings)["loss"] == [(1 + 4 + 9) / 3]
    # Σ w l / Σ w
    net, settings = still(batch_size=2)
    history = net.fit(np.ones((3, 1)), t, sample_weight=[1, 2, 3], **settings)
    assert history["loss"][0] == pytest.approx((1 + 2 * 4 + 3 * 9) / 6, rel=1e-6)
    assert net.evaluate(np.ones((3, 1)), t, sample_weight=[1, 2, 3])["loss"] == pytest.approx(6)


def test_the_seconds_of_an_epoch_are_those_that_it_took():
    class Slow(tn.Dense):
        def forward(self, x, training=False):
            time.sleep(0.002 if training else 0)
            return super().forward(x, training)

    net, start = network([Slow(3)]), time.perf_counter()
    seconds = net.fit(x, labels, epochs=2, batch_size=10)["seconds"]
    assert 5 * 0.002 <= min(seconds) and sum(seconds) <= time.perf_counter() - start


@pytest.mark.parametrize("features", [1, 100, 2**14, 2**17])
def test_rows_of_any_size_come_in_their_batches(features):
    # batches of at most 256 KB are gathered together, larger ones one by one
    rows = np.arange(7)[:, None] + np.zeros((1, features), np.float32)
    layer = Seen()
    net = network([layer, tn.Dense(1)], features, loss=tn.MeanSquaredError())
    net.fit(rows, np.zeros(7), epochs=1, batch_size=2, shuffle=False)
    assert [batch.tolist() for batch in layer.batches] == [[0, 1], [2, 3], [4, 5], [6]]


def test_batches_are_gathered_up_to_256_kilobytes_and_larger_ones_one_by_one():
    def gathered(n_bytes):
        """How many batches of two rows, of so many bytes in all, are slices of one array."""
        rows = np.zeros((16, n_bytes // 8), np.float32)
        batches = Data(rows, np.zeros((16, 1), np.float32)).batches(np.arange(16), 2)
        bases = [id(x.base) for x in [x for _, x, _, _ in batches]]
        return max(map(bases.count, bases))

    assert gathered(2**16) == 4 and gathered(2**17) == 2
    assert gathered(2**18) == gathered(2**19) == 1


def test_an_overflow_in_gradient_is_silent():
    net = network([tn.Dense(1)], 1, loss=tn.MeanSquaredError())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert net.gradient([[1e38]], [-1e38]) == np.inf


@pytest.mark.parametrize("bad, words", [
    (np.nan, "The weights were not finite before that batch, so build the network anew"),
    (0.0, "The weights are those before that batch")])
def test_a_divergence_says_whether_the_weights_were_finite(bad, words):
    net = network([tn.Dense(3)])
    net.params[0] = bad
    error = explain_divergence(net, np.nan, 0.0, 1.0, 2, 3, None)
    assert words in str(error) and (error.epoch, error.batch, error.last_loss) == (2, 3, None)
    assert "epoch 2, batch 3: the loss is nan; it was the first batch of this fit" in str(error)


@pytest.mark.parametrize("L, penalty, squares, words", [
    (np.inf, 0.0, 1.0, "the loss is inf"), (1.0, np.inf, 1.0, "the penalty of l2 is inf"),
    (1.0, 0.0, np.inf, "the gradient is not finite, or its square is not"),
    (1.0, 0.0, np.nan, "the gradient is not finite, or its square is not"),
    (1.0, 0.0, 1.0, "the running statistics are not finite")])
def test_a_divergence_names_what_is_not_finite(L, penalty, squares, words):
    error = explain_divergence(network(), L, penalty, squares, 1, 2, 0.0)
    assert f"batch 2: {words}; the last loss before was 0. " in str(error)
    assert error.last_loss == 0.0


def test_weights_that_steps_made_infinite_are_reported_with_the_last_loss():
    net = network()
    net.params[1] = np.inf
    net.optimizer = tn.SGD(0.5)
    with pytest.raises(tn.DivergenceError, match="not finite after epoch 4") as caught:
        check_weights(net, 4, 0.25)
    assert (caught.value.epoch, caught.value.batch, caught.value.last_loss) == (4, None, 0.25)
