"""GradientHealth: what it measures, when it warns, and that training is the same with it."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.preprocessing import scale

import tinynet as tn


def loaded(load):
    x, labels = load(return_X_y=True)
    return scale(x), labels


x, labels = loaded(load_iris)


def network(layers=None, loss=None, **settings):
    layers = layers or [tn.Dense(8), tn.ReLU(), tn.Dropout(0.2), tn.Dense(3)]
    return tn.Sequential(layers, x.shape[1], loss=loss or tn.SoftmaxCrossEntropy(), rng=0,
                         **settings)


def fit(net, x=x, labels=labels, **settings):
    return net.fit(x, labels, callbacks=[tn.GradientHealth()], **settings)


def warnings_of(net, **settings):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(net, **settings)
    # they point to the line that called fit
    assert all(warning.filename == __file__ for warning in caught)
    return [str(warning.message) for warning in caught]


def test_training_gives_the_same_bits_with_it_and_without():
    nets = [network(), network()]
    fit(nets[0], epochs=5, optimizer=tn.Adam(0.01))
    nets[1].fit(x, labels, epochs=5, optimizer=tn.Adam(0.01))
    for name in ("params", "grads", "state"):
        assert getattr(nets[0], name).tobytes() == getattr(nets[1], name).tobytes()
    assert nets[0].history["loss"] == nets[1].history["loss"]


def test_it_looks_at_no_more_rows_than_it_says_and_always_at_the_same():
    looking, rows = tn.GradientHealth(rows=10), []
    network().fit(x, labels, epochs=2,
                  callbacks=[looking, lambda net, epoch, record: rows.append(looking._x.tobytes())])
    assert len(looking._x) == 10 and rows[0] == rows[1]
    assert all((x.astype(np.float32) == row).all(axis=1).any() for row in looking._x)
    network().fit(x[:3], labels[:3], epochs=1, callbacks=[looking])
    assert len(looking._x) == 3


def test_the_norm_of_the_gradient_is_that_of_the_rows_it_looks_at():
    net = network([tn.Dense(8), tn.Tanh(), tn.Dense(3)], dtype=np.float64)
    history = fit(net, x[:64], labels[:64], epochs=1)
    net.gradient(x[:64], labels[:64], training=False)
    for i in (0, 2):
        layer = net.layers[i]
        assert history[f"grad_norm_{i}"][0] == pytest.approx(np.sqrt((layer.dW ** 2).sum()
                                                                     + (layer.db ** 2).sum()),
                                                             rel=1e-12)


def test_the_update_ratio_is_the_mean_step_by_the_weights():
    # one layer, one step of lr 0.1: the step is 0.1 times the gradient
    net = network([tn.Dense(3)], dtype=np.float64)
    net.gradient(x, labels)
    step = 0.1 * np.linalg.norm(net.grads)
    history = fit(net, epochs=1, batch_size=1000, optimizer=tn.SGD(0.1))
    assert history["update_ratio_0"] == [pytest.approx(step / np.linalg.norm(net.params), rel=1e-9)]


def test_in_images_a_channel_is_idle_if_it_passes_no_gradient_at_any_pixel():
    net = tn.Sequential([tn.Conv2D(2, 1), tn.ReLU(), tn.Flatten(), tn.Dense(2)], (1, 2, 1),
                        loss=tn.SoftmaxCrossEntropy(), rng=0)
    net.layers[0].W, net.layers[0].b = [[[[0.0, 1.0]]]], [-100.0, 0.0]
    # the second channel is on at the first pixel and off at the other
    images = np.tile([[[[1.0], [-1.0]]]], (8, 1, 1, 1))
    assert fit(net, images, np.arange(8) % 2, epochs=1, optimizer=tn.SGD(1e-2))["idle_1"] == [0.5]


def test_idle_units_are_those_that_pass_no_gradient_on_any_row():
    net = network([tn.Dense(4), tn.ReLU(), tn.Dense(3)])
    net.layers[0].b = [-50, 0, -50, 0]  # two of four are dead
    assert fit(net, epochs=1, optimizer=tn.SGD(1e-2))["idle_1"] == [0.5]
    net = network([tn.Dense(4), tn.Tanh(), tn.Dense(3)])
    net.layers[0].b = [50, 0, 0, 0]       # one of four is saturated
    assert fit(net, epochs=1, optimizer=tn.SGD(1e-2))["idle_1"] == [0.25]


def test_the_share_of_wrong_rows_is_by_the_length_of_their_gradients():
    # two rows, y = [0.8, 0.2] for both, labels 0 and 1: y - t = [-0.2, 0.2] and [0.8, -0.8], so the
    # wrong one has 4/5
    net = tn.Sequential([tn.Dense(2, init=tn.zeros)], 1, loss=tn.SoftmaxCrossEntropy(),
                        dtype=np.float64)
    net.layers[0].b = np.log([0.8, 0.2])
    with pytest.warns(UserWarning, match="moved in a step by 0"):
        history = net.fit([[0.0], [0.0]], [0, 1], epochs=1, optimizer=tn.SGD(0.0),
                          callbacks=[tn.GradientHealth()])
    assert history["wrong_share"] == [pytest.approx(0.8, rel=1e-12)]


def test_regression_has_no_wrong_rows():
    net = network([tn.Dense(1)], tn.MeanSquaredError())
    assert "wrong_share" not in net.fit(x, x[:, 0], epochs=1, callbacks=[tn.GradientHealth()])


@pytest.mark.parametrize("last, loss",
                         [(tn.Softmax, tn.MeanSquaredError), (tn.Sigmoid, tn.MeanSquaredError)])
def test_it_warns_when_the_output_is_saturated_so_that_squared_error_cannot_learn(last, loss):
    def large(shape, rng):
        return 100 * tn.glorot_uniform(shape, rng)

    messages = warnings_of(network([tn.Dense(16), tn.Tanh(), tn.Dense(3, init=large), last()],
                                   loss()), epochs=3,
                           optimizer=tn.SGD(0.01))
    saturated = [message for message in messages if "the output is saturated" in message]
    assert len(saturated) == 1
    assert (f"less than 5 % of the gradient gets through {last.__name__}(), so MeanSquaredError() "
            "cannot learn" in saturated[0])


def test_it_warns_once_when_most_units_of_a_layer_are_dead():
    net = network([tn.Dense(4), tn.ReLU(), tn.Dense(3)])
    net.layers[0].b = [-1000, -1000, -1000, 0]
    messages = warnings_of(net, epochs=3)
    assert [message.split(":")[0] for message in messages] == [
        "in epoch 1, 75% of the units of layer 1, ReLU(), are dead or saturated"]


def test_it_warns_when_a_layer_hardly_moves():
    messages = warnings_of(network([tn.Dense(3)]), epochs=2, optimizer=tn.SGD(1e-9))
    assert len(messages) == 1 and "layer 0, Dense(3), moved in a step by" in messages[0]


@pytest.mark.parametrize("load", [load_iris, load_wine, *(
    pytest.param(load, marks=pytest.mark.long) for load in (load_breast_cancer, load_digits))])
@pytest.mark.parametrize("activation", [tn.ReLU, tn.Tanh, tn.Sigmoid, tn.GELU])
@pytest.mark.parametrize("optimizer", [tn.Adam, lambda: tn.SGD(0.1)], ids=["Adam", "SGD"])
@pytest.mark.parametrize("last, loss", [
    ([], tn.SoftmaxCrossEntropy), ([tn.Softmax], tn.MeanSquaredError),
    ([tn.Sigmoid], tn.MeanSquaredError),
    ([tn.Softmax], lambda: tn.MeanSquaredError("elements"))],
                         ids=["cross-entropy", "softmax", "sigmoid", "elements"])
def test_it_is_silent_on_an_ordinary_training(load, activation, optimizer, last, loss):
    x, labels = loaded(load)
    net = tn.Sequential([tn.Dense(64), activation(), tn.Dense(labels.max() + 1),
                         *(layer() for layer in last)], x.shape[1],
                        loss=loss(), rng=0)
    assert warnings_of(net, x=x, labels=labels, epochs=15, optimizer=optimizer()) == []


def test_it_warns_of_a_single_output_that_is_saturated():
    def large(shape, rng):
        return 100 * tn.glorot_uniform(shape, rng)

    net = network([tn.Dense(16), tn.Tanh(), tn.Dense(1, init=large), tn.Sigmoid()],
                  tn.MeanSquaredError())
    messages = warnings_of(net, labels=(labels == 1).astype(int), epochs=2, optimizer=tn.SGD(0.01))
    assert (any("the output is saturated" in message for message in messages)
            and "wrong_share" in net.history)


def test_a_hundred_classes_at_their_start_are_not_taken_for_saturated():
    rng = np.random.default_rng(0)
    net = network([tn.Dense(100), tn.Softmax()], tn.MeanSquaredError())
    assert warnings_of(net, x=rng.normal(size=(300, 4)), labels=rng.integers(0, 100, 300),
                       epochs=2) == []


def test_several_yes_or_no_outputs_are_wrong_where_one_of_them_is():
    # all outputs below one half, and all targets no: nothing is wrong
    net = network([tn.Dense(3, init=tn.zeros)], tn.SigmoidCrossEntropy())
    net.layers[0].b = [-3, -3, -2.9]
    history = fit(net, labels=np.zeros((len(x), 3)), epochs=1, optimizer=tn.SGD(1e-3))
    assert (history["accuracy"], history["wrong_share"]) == ([1], [0])


def test_a_training_that_is_done_is_no_cause_for_a_warning():
    net = tn.Sequential([tn.Dense(1)], 4, loss=tn.MeanSquaredError(), rng=0, dtype=np.float64)
    x = np.random.default_rng(0).normal(size=(100, 4))
    assert warnings_of(net, x=x, labels=x @ [1, 2, 3, 4], epochs=200, optimizer=tn.SGD(0.05)) == []
    assert net.history["update_ratio_0"][-1] < 1e-6


def test_more_than_256_rows_are_refused():
    with pytest.raises(ValueError, match="rows is 257; it must be at most 256"):
        tn.GradientHealth(rows=257)


def test_a_network_inside_the_network_is_one_layer():
    net = network([tn.Sequential([tn.Dense(4), tn.ReLU()], 4), tn.BatchNorm(), tn.Dense(3)])
    assert {"grad_norm_0", "grad_norm_1", "grad_norm_2"} < set(fit(net, epochs=2).columns)
