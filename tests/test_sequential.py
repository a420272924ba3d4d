"""Sequential: built in its constructor, nested, used and copied; and what it says when something
does not fit.
"""

import concurrent.futures

import numpy as np
import pytest

import tinynet as tn

x = np.random.default_rng(0).normal(size=(50, 4))
labels = np.random.default_rng(1).integers(0, 3, 50)


def network(**settings):
    settings = {"loss": tn.SoftmaxCrossEntropy(), "rng": 0} | settings
    return tn.Sequential([tn.Dense(5), tn.Tanh(), tn.Dense(3)], input_shape=4, **settings)


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(50, 4)), rng.integers(0, 3, 50)


# ---- vectors and views ----

def test_all_arrays_are_views_of_the_networks_vectors_in_their_order():
    net = network()
    first, _, last = net.layers
    arrays = first.W, first.b, last.W, last.b
    np.testing.assert_array_equal(net.params, np.concatenate([a.ravel() for a in arrays]))
    net.params -= 1
    assert (first.b == -1).all()
    last.dW = np.arange(15).reshape(5, 3)
    np.testing.assert_array_equal(net.grads[25:40], np.arange(15))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_parameters_gradients_and_the_memory_of_an_optimizer_start_at_a_cache_line(data, dtype):
    net = network(dtype=dtype)
    net.fit(*data, optimizer=tn.Adam(), epochs=1)
    for vector in (net.params, net.grads, net.optimizer.m, net.optimizer.v):
        assert vector.ctypes.data % 64 == 0 and vector.flags.c_contiguous


def test_weights_decay_and_biases_do_not():
    net = tn.Sequential([tn.Dense(2), tn.Dense(1)], 3)
    np.testing.assert_array_equal(net.decays, [1] * 6 + [0] * 2 + [1] * 2 + [0])


def test_the_same_seed_gives_the_same_weights_whatever_stands_between_the_layers():
    plain = tn.Sequential([tn.Dense(5), tn.Dense(3)], 4, rng=7)
    with_relu = tn.Sequential([tn.Dense(5), tn.ReLU(), tn.Dense(3)], 4,
                              rng=np.random.default_rng(7))
    np.testing.assert_array_equal(plain.params, with_relu.params)
    assert (plain.params != tn.Sequential([tn.Dense(5), tn.Dense(3)], 4, rng=8).params).any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, "float32", float, np.dtype("f4")])
def test_parameters_and_predictions_have_the_networks_dtype(dtype, data):
    net = network(dtype=dtype)
    net.fit(*data, epochs=1)
    assert net.params.dtype == net.grads.dtype == net.predict(data[0]).dtype == dtype


# ---- a network inside a network ----

def nested(dtype=np.float64):
    inner = tn.Sequential([tn.Dense(5), tn.Tanh()], 4, rng=99)
    return tn.Sequential([tn.Sequential([inner], 4), tn.Dense(3)], 4, loss=tn.SoftmaxCrossEntropy(),
                         rng=0, dtype=dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_nested_network_trains_to_the_same_bits_as_a_flat_one(dtype, data):
    flat, deep = network(dtype=dtype), nested(dtype)
    assert flat.params.tobytes() == deep.params.tobytes()
    for net in (flat, deep):
        net.fit(*data, epochs=3)
    assert flat.params.tobytes() == deep.params.tobytes()


def test_a_nested_network_is_a_view_of_the_outer_one():
    net = nested()
    inner = net.layers[0].layers[0]
    assert (np.shares_memory(inner.params, net.params)
            and np.shares_memory(inner.layers[0].W, net.params))
    assert inner.dtype == np.float64


def test_a_network_with_a_loss_or_with_a_history_cannot_stand_inside_another_one(data):
    with pytest.raises(ValueError, match="layer 0, .* loss"):
        tn.Sequential([network()], 4)
    trained = network()
    trained.fit(*data, epochs=1)
    trained.loss = None
    with pytest.raises(ValueError, match="layer 0, .* trained"):
        tn.Sequential([trained], 4)


# ---- what does not fit is reported in the constructor, with the layer's number ----

class Broken(tn.Layer):
    """A layer whose passes are given."""

    param_names = ("g",)

    def __init__(self, forward, backward):
        self.forward, self.backward = forward, backward

    def build(self, input_shape, rng):
        self.g = np.ones(input_shape)
        return input_shape


def forward(x, training=False):
    return x, x


@pytest.mark.parametrize("layer, message", [
    (Broken(lambda x, training: x, None), "layer 1, Broken.* two things"),
    (Broken(lambda x, training: (x[:, :1], x), None),
     r"layer 1, .* forward .* y .*\(2, 1\)"),
    (Broken(lambda x, training: (x[:1], x), None),
     r"layer 1, .* forward .* y .*\(1, 3\)"),
    (Broken(forward, lambda dy, x: dy.mean(axis=0, keepdims=True)),
     r"layer 1, .* backward .* dx .*\(1, 3\)"),
    (Broken(forward, lambda dy, x: None), "layer 1, .* backward .* dx .*NoneType"),
    (Broken(forward, lambda dy, x: dy.T), r"layer 1, .* backward .* dx .*\(3, 2\)"),
    (Broken(forward, lambda dy, x: dy), "layer 1, .* dg"),
])
def test_a_mistake_in_a_layer_is_reported_in_the_constructor(layer, message):
    with pytest.raises(ValueError, match=message):
        tn.Sequential([tn.Dense(3), layer], 4)


def test_a_layer_that_adds_to_its_gradient_is_reported():
    class Adding(tn.Layer):
        param_names = ("g",)

        def build(self, input_shape, rng):
            self.g = np.ones(input_shape)
            return input_shape

        def forward(self, x, training=False):
            return x * self.g, x

        def backward(self, dy, x):
            self.dg += (dy * x).sum(axis=0)
            return dy * self.g

    with pytest.raises(ValueError, match="layer 0, Adding.* dg"):
        tn.Sequential([Adding()], 4)


def test_a_layer_without_an_array_that_it_names_is_reported():
    class Forgetful(tn.Layer):
        param_names = ("g",)

    with pytest.raises(ValueError, match="layer 0, .* g"):
        tn.Sequential([Forgetful()], 4)


def test_other_errors_of_a_layer_get_a_note_with_its_number():
    def fail(x, training):
        raise TypeError("an odd error")

    with pytest.raises(TypeError) as caught:
        tn.Sequential([tn.Dense(3), Broken(fail, None)], 4)
    assert "in layer 1, Broken" in caught.value.__notes__[0]


def test_a_later_error_of_a_layer_gets_a_note_with_its_number():
    net = tn.Sequential([tn.Dense(3), tn.ReLU()], 4)
    net.layers[1].forward = lambda x, training: 1 / 0
    with pytest.raises(ZeroDivisionError) as caught:
        net.predict(np.ones((2, 4)))
    assert caught.value.__notes__ == [
        "in the forward pass of layer 1, ReLU(), with x of shape (2, 3)"]


def test_an_error_in_a_backward_pass_gets_a_note_with_the_layers_number():
    net = network()
    for i, method in (0, "backward_params"), (1, "backward"):
        setattr(net.layers[i], method, lambda dy, cache: 1 / 0)
        with pytest.raises(ZeroDivisionError) as caught:
            net.gradient(x, labels)
        assert caught.value.__notes__ == [f"in the backward pass of layer {i}, {net.layers[i]!r}, "
                                          "with dy of shape (50, 5) and cache of shape "
                                          f"{(50, 4) if i == 0 else (50, 5)}"]


def test_a_layer_that_writes_into_its_input_is_reported():
    def forward(x, training):
        x *= 2
        return x, None

    with pytest.raises(ValueError, match="layer 0, .* read-only"):
        tn.Sequential([Broken(forward, None)], 4)


def test_an_interrupted_constructor_leaves_its_layers_free():
    def interrupt(x, training):
        raise KeyboardInterrupt

    layer = tn.Dense(3)
    with pytest.raises(KeyboardInterrupt):
        tn.Sequential([layer, Broken(interrupt, None)], 4)
    tn.Sequential([layer], 4)


def test_a_layer_whose_gradient_is_no_number_for_a_row_of_zeros_is_accepted():
    class Power(tn.Layer):
        """y = |x|ᵖ      dx = dy p |x|ᵖ⁻¹ sign x      dp = sum of the rows of dy |x|ᵖ log |x|"""
        param_names = ("p",)

        def build(self, input_shape, rng):
            self.p = np.full(input_shape, 2.0)
            return input_shape

        def forward(self, x, training=False):
            return np.abs(x) ** self.p, x

        def backward(self, dy, x):
            self.dp = (dy * np.abs(x) ** self.p * np.log(np.abs(x))).sum(axis=0)
            return dy * self.p * np.abs(x) ** (self.p - 1) * np.sign(x)

    tn.Sequential([Power()], 4)


@pytest.mark.parametrize("wrong, message", [
    ({"forward": lambda self, x, t, sample_weight=None: ((x - t) ** 2, x)},
     "Wrong.* loss .*ndarray"),
    ({"forward": lambda self, x, t, sample_weight=None: 0.0},
     "Wrong.* two things"),
    ({"forward": lambda self, x, t, sample_weight=None: (0.0, x[:, 0])},
     r"Wrong.*forward .* y .*\(2,\)"),
    ({"predict": lambda self, x: x.argmax(axis=1)},
     r"Wrong.*predict .* y .*\(2,\)"),
    ({"forward": lambda self, x, t, sample_weight=None: (0.0, x),
      "backward": lambda self, y, t, sample_weight=None: (y - t)[0]},
     r"Wrong.*backward .* dx .*\(3,\)"),
])
def test_a_mistake_in_a_loss_is_reported_in_the_constructor(wrong, message):
    with pytest.raises(ValueError, match=message):
        tn.Sequential([tn.Dense(3)], 4, loss=type("Wrong", (tn.Loss,), wrong)())


def test_a_network_inside_another_one_is_not_trained_by_itself():
    inner = nested().layers[0]
    inner.loss = tn.MeanSquaredError()
    with pytest.raises(ValueError, match="inside another"):
        inner.fit(x, x)


def test_building_a_network_anew_keeps_its_views():
    net = tn.Sequential([tn.Dense(2)], 4)
    assert net.build((4,), np.random.default_rng(0)) == (2,)
    assert np.shares_memory(net.layers[0].W, net.params)


@pytest.mark.parametrize("layers, shape, loss, message", [
    (None, 4, None, "layers is None"),
    ([type("Named", (tn.Layer,), {"param_names": "gain"})()], 4, None,
     "'gain' for param_names"),
    ([type("Nameless", (tn.Layer,), {"state_names": None})()], 4, None,
     "None for state_names"),
    ({tn.Dense(2)}, 4, None, "layers is {.*}"),
    ([tn.Dense(2), "relu"], 4, None, "layer 1 is 'relu'"),
    (tn.Dense(2), 4, None, r"layers is Dense\(2\).*\[Dense\(2\)\]"),
    ([tn.Dense(2), tn.Dense(3)], (2, 2), None,
     r"layer 0, Dense\(2\),.* \(2, 2\).*Flatten"),
    ([tn.Dense(1), tn.Softmax()], 4, tn.CrossEntropy(),
     r"layer 1, Softmax\(\),.* \(1,\).*Sigmoid\(\)"),
])
def test_what_cannot_be_a_network_is_refused(layers, shape, loss, message):
    with pytest.raises(ValueError, match=message):
        tn.Sequential(layers, shape, loss=loss)


def test_a_constructor_that_fails_leaves_its_layers_free_and_as_they_were():
    layer, inner = tn.Dense(3), tn.Sequential([tn.Dense(2)], 3)
    params = inner.params.copy()
    with pytest.raises(ValueError):
        tn.Sequential([layer, inner, tn.Dense(2), tn.ReLU], 4)
    with pytest.raises(ValueError, match="layer 2"):
        tn.Sequential([layer, inner, tn.Sequential([tn.Dense(2)], 5)], 4)
    np.testing.assert_array_equal(inner.params, params)
    assert np.shares_memory(inner.layers[0].W, inner.params)
    net = tn.Sequential([layer, inner], 7)
    assert net.layers[0].W.shape == (7, 3)


# ---- use ----

def test_predict_gives_probabilities_with_a_cross_entropy_and_the_output_without_a_loss(data):
    net = network()
    logits, _ = net.forward(data[0].astype(np.float32))
    np.testing.assert_allclose(net.predict(data[0]),
                               np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True),
                               rtol=1e-5)
    net.loss = None
    np.testing.assert_array_equal(net.predict(data[0]), logits)


def test_predictions_of_more_rows_than_a_block_are_those_of_the_rows(data):
    net = network(dtype=np.float64)
    x = np.tile(data[0], (30, 1))
    np.testing.assert_allclose(net.predict(x), np.tile(net.predict(data[0]), (30, 1)), rtol=1e-12)


def test_evaluate_of_more_rows_than_a_block_is_the_loss_and_accuracy_of_all(data):
    net = network(dtype=np.float64)
    x, labels = np.tile(data[0], (30, 1)), np.tile(data[1], 30)
    y = net.predict(x)
    result = net.evaluate(x, labels)
    assert result["loss"] == pytest.approx(-np.log(y[np.arange(1500), labels]).mean(), rel=1e-12)
    assert result["accuracy"] == pytest.approx((y.argmax(axis=1) == labels).mean(), rel=1e-12)


def test_evaluate_weights_rows_as_if_they_were_repeated(data):
    x, labels = data
    w = np.arange(50) % 4
    net = network(dtype=np.float64)
    weighted = net.evaluate(x, labels, sample_weight=w)
    repeated = net.evaluate(x.repeat(w, axis=0), labels.repeat(w))
    assert weighted == pytest.approx(repeated, rel=1e-12)


def test_gradient_fills_grads_and_returns_the_loss(data):
    net = network(dtype=np.float64)
    L = net.gradient(*data)
    assert L == pytest.approx(net.evaluate(*data)["loss"], rel=1e-12)
    grads = net.grads.copy()
    net.params -= 1e-3 * net.grads
    assert net.gradient(*data) - L == pytest.approx(-1e-3 * grads @ grads, rel=0.01)  # first order


def test_threads_may_predict_at_once(data):
    net = network()
    x = np.tile(data[0], (100, 1))
    expected = net.predict(x)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for y in pool.map(net.predict, [x] * 20):
            np.testing.assert_array_equal(y, expected)


def test_summary_lists_layers_shapes_and_parameter_counts():
    assert network().summary() == ("   layer     output  parameters\n"
                                   "   input     (4,)\n"
                                   "0  Dense(5)  (5,)            25\n"
                                   "1  Tanh()    (5,)             0\n"
                                   "2  Dense(3)  (3,)            18\n"
                                   "   all                       43")


def test_the_repr_names_layers_input_and_loss():
    assert repr(network()) == ("Sequential([Dense(5), Tanh(), Dense(3)], input_shape=(4,), "
                               "loss=SoftmaxCrossEntropy())")
