"""trace: what is recorded of a training step is what the training does, and what the defining sums
say.
"""

import copy
import pickle
import re
import threading
import time
import timeit
import tracemalloc

import numpy as np
import pytest

import tinynet as tn
from cases import TextbookDense
from sums import expect_step, name_layers
from traced import CASES, SOME_CASES, K, small_data, small_net
from tinynet.study import trace
from tinynet.study.tracing.docstrings import find_formulas


# ---- every number ----

@pytest.mark.parametrize("case", SOME_CASES)
def test_every_number_of_a_step_is_what_the_defining_sum_says(case):
    seen, optimizer, settings = case.run()
    for step in seen:
        expected = expect_step(step, step.net, optimizer, step.number + 1, **settings)
        not_recorded = {*expected} - {*step}
        assert all(name.endswith(".grads") for name in not_recorded)  # where they are those of dW
        for name in {*expected} & {*step}:
            size = np.abs(expected[name]).max()
            if name.endswith((".v", ".v_hat", ".m", ".m_hat")):  # which are small
                size += 1e-18
            else:  # gradients may cancel to nothing; a change is rounded as W is
                size += 1e-3
            assert np.abs(step[name] - expected[name]).max() <= 1e-12 * size, name
        given = {"rows", "x", "t", "w", "L.after", "loss.y.after"}
        given |= {name for name in step if name.endswith("_before")}
        given |= {prefix + name for prefix, layer in name_layers(step.net)
                  for name in (*layer.param_names, *layer.state_names)}
        known = {*expected, *given}
        unexplained = {name for name in step if step.aliases.get(name, name) not in known}
        assert unexplained - known == set()


@pytest.mark.parametrize("case", CASES[::7], ids=str)
def test_what_one_layer_gives_is_what_the_next_one_takes(case):
    seen, _, _ = case.run()
    for step in seen:
        layers = [prefix for prefix, _ in name_layers(step.net)]
        for before, after in zip(layers, layers[1:]):
            assert np.array_equal(step[f"{before}y"], step[f"{after}x"])
            assert np.array_equal(step[f"{before}dy"], step[f"{after}dx"])
        assert np.array_equal(step["x"], step[f"{layers[0]}x"])
        assert np.array_equal(step["loss.x"], step[f"{layers[-1]}y"])
        assert np.array_equal(step["loss.dx"], step[f"{layers[-1]}dy"])


def test_gradients_go_back_to_the_data_also_where_training_asks_for_none():
    net = tn.Sequential([tn.Tanh(), tn.Sequential([tn.Sigmoid(), tn.Dense(2)], 2), tn.Dense(K)], 2,
                        loss=tn.SoftmaxCrossEntropy(), rng=0, dtype=np.float64)
    x, labels = small_data()
    step = trace(net, x, labels, shuffle=False)[0]
    outputs, caches = net.forward(x)
    dx = net.backward(net.loss.backward(net.predict(x), np.eye(K)[labels]), caches)
    assert np.allclose(step["0.dx"], dx, rtol=0, atol=1e-15)
    assert np.array_equal(step["1.dx"], step["1.0.dx"])
    assert np.array_equal(step["1.y"], step["1.1.y"])
    assert str(step).count("\nlayer 1.1, Dense(2)\n") == 2  # forward and backward


def test_l_and_y_after_the_step_are_those_of_the_same_rows_with_the_new_weights():
    net = tn.Sequential([tn.Dense(K)], 2, loss=tn.SoftmaxCrossEntropy(), rng=0, dtype=np.float64)
    x, labels = small_data()
    step = trace(net, x, labels, optimizer=tn.SGD(0.5), shuffle=False)[0]
    net.fit(x, labels, optimizer=tn.SGD(0.5), epochs=1, batch_size=10, shuffle=False)
    assert step["L.after"] == pytest.approx(net.evaluate(x, labels)["loss"], rel=1e-12)
    assert np.allclose(step["loss.y.after"], net.predict(x), rtol=0, atol=1e-15)
    assert step["L.after"] < step["L"]


# ---- the training is that of fit ----

@pytest.mark.parametrize("settings", [
    {}, {"shuffle": False}, {"rng": 7}, {"l2": 0.1, "clip_norm": 0.1},
    {"sample_weight": np.arange(10.0)},
], ids=str)
@pytest.mark.parametrize("optimizer", [tn.SGD(0.1, momentum=0.9), tn.Adam(0.01)], ids=str)
def test_the_training_is_that_of_fit_to_the_bit(settings, optimizer):
    x, labels = small_data()
    seen = trace(small_net(), x, labels, optimizer=optimizer, steps=range(9), batch_size=4,
                 **settings)
    net = small_net()
    net.fit(x, labels, optimizer=copy.copy(optimizer), epochs=3, batch_size=4,
            **{"rng": 0} | settings)
    assert np.array_equal(seen[-1]["0.W.after"], net.layers[0].W)
    assert np.array_equal(seen[-1]["3.b.after"], net.layers[3].b)
    shares = [step["w"].sum() if "w" in step else len(step["x"]) for step in seen]
    losses = np.average(seen.losses.reshape(3, 3), axis=1, weights=np.reshape(shares, (3, 3)))
    assert np.allclose(losses, net.history["loss"], rtol=1e-14)


def test_the_losses_are_those_of_all_steps_and_the_steps_those_that_were_asked_for():
    x, labels = small_data()
    every = trace(small_net(), x, labels, steps=range(6), batch_size=3)
    some = trace(small_net(), x, labels, steps=(5, 1, 1), batch_size=3)
    assert some.steps == (1, 5) and len(some) == 2
    assert np.array_equal(some.losses, every.losses) and len(some.losses) == 6
    for step, i in zip(some, (1, 5)):
        assert step.number == i and step["L"] == some.losses[i]
        assert all(np.array_equal(step[name], every[i][name]) for name in step)
        assert [*step] == [*every[i]]
    assert some[-1] is some[1]


def test_rows_say_which_rows_of_the_data_a_batch_has():
    x, labels = small_data()
    seen = trace(small_net(), x, labels, steps=range(3), batch_size=3,
                 sample_weight=[1, 0, 1, 1, 1, 1, 0, 1, 1, 1])
    rows = [step["rows"] for step in seen]
    assert sorted(np.concatenate(rows)) == [0, 2, 3, 4, 5, 7, 8, 9]
    assert [len(numbers) for numbers in rows] == [3, 3, 2]
    for step, numbers in zip(seen, rows):
        assert np.array_equal(step["x"], x[numbers])
        assert np.array_equal(step["t"], np.eye(K)[labels[numbers]])


def test_a_trace_goes_on_with_the_optimizer_of_the_network_as_fit_does():
    x, labels = small_data()
    net, twin = small_net(), small_net()
    for each in net, twin:
        each.fit(x, labels, optimizer=tn.Adam(0.01), epochs=2, batch_size=10, rng=3)
    seen = trace(net, x, labels, rng=4)
    twin.fit(x, labels, epochs=1, batch_size=10, rng=4)
    assert np.array_equal(seen[0]["0.W.after"], twin.layers[0].W)
    assert seen.explain("0.W.m_hat", (0, 0)).text.startswith("m̂₀₀ = m₀₀ / (1 - beta1^3)")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_that_is_given_changes(dtype):
    x, labels = small_data()
    net, optimizer = small_net(dtype), tn.Adam()
    net.fit(x, labels, optimizer=optimizer, epochs=1)
    before = pickle.dumps((net.params, net.grads, net.layers[2].rng, net.history, net._shuffle_rng,
                           vars(optimizer)["m"], optimizer.steps))
    seen = trace(net, x, labels, steps=(0, 3), batch_size=4)
    str(seen), seen.explain("0.dW", (0, 0))
    assert before == pickle.dumps((net.params, net.grads, net.layers[2].rng, net.history,
                                   net._shuffle_rng, vars(optimizer)["m"], optimizer.steps))
    assert net.optimizer is optimizer and "forward" not in vars(net.layers[0])


def test_a_network_of_float32_is_traced_in_float64_and_the_trace_says_so():
    x, labels = small_data()
    seen = trace(small_net(np.float32), x, labels)
    assert {array.dtype for name, array in seen[0].items() if name != "rows"} == {np.dtype(float)}
    assert "a copy in float64" in str(seen).replace("\n", " ")
    double = small_net()
    double.load_state_dict(small_net(np.float32).state_dict())
    assert np.array_equal(seen[0]["0.W.after"], trace(double, x, labels)[0]["0.W.after"])


def test_what_is_recorded_cannot_be_written_into():
    seen = trace(small_net(), *small_data())
    for array in seen[0].values():
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_frozen_layers_keep_their_weights_and_the_rest_moves():
    net = small_net()
    net.layers[0].trainable = False
    seen = trace(net, *small_data(), l2=0.1, clip_norm=0.01)
    step = seen[0]
    assert not step["0.W.change"].any() and not step["0.W.grads"].any() and step["0.dW"].any()
    assert step["3.W.change"].all()
    assert "the layer is frozen" in seen.explain("0.W.change", (0, 0)).text


def test_all_steps_have_the_same_arrays_whether_they_are_clipped_or_not():
    x, labels = small_data()
    norms = [step["norm"] for step in trace(small_net(), x, labels, steps=(0, 1), clip_norm=1.0)]
    seen = trace(small_net(), x, labels, steps=(0, 1), clip_norm=sum(norms) / 2)
    assert {step.is_clipped for step in seen} == {False, True}
    assert list(seen[0]) == list(seen[1])


def test_a_trace_can_be_copied_and_pickled():
    seen = trace(small_net(), *small_data())
    for other in copy.deepcopy(seen), pickle.loads(pickle.dumps(seen)):
        assert other.explain("loss.dx", (0, 0)).text == seen.explain("loss.dx", (0, 0)).text


# ---- how large and how fast ----

def test_a_trace_of_the_digits_takes_little_time_and_memory_and_each_explanation_an_instant():
    rng = np.random.default_rng(0)
    net = tn.Sequential([tn.Dense(64), tn.Tanh(), tn.Dense(10)], 64, loss=tn.SoftmaxCrossEntropy(),
                        rng=0)
    x, labels = rng.normal(size=(32, 64)), rng.integers(10, size=32)
    tracemalloc.start()
    began = time.perf_counter()
    seen = trace(net, x, labels, steps=range(3), l2=0.1, clip_norm=0.1)
    seconds = time.perf_counter() - began
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 2 and most < 100e6
    for name, array in seen[1].items():
        index = tuple(size // 2 for size in array.shape)
        assert min(timeit.repeat(lambda: seen.explain(name, index, 1), number=1, repeat=3)) < 0.05


# ---- bad calls ----

@pytest.mark.parametrize("steps, text", [
    ((-1,), "a step is -1; it must be a whole number of at least 0"),
    ((0.5,), "a step is 0.5"), ((True,), "a step is True"), ("first", "steps is 'first'; it must"),
    ((), "steps is empty"), (3, r"\(3,\) for this one, range\(4\) for"), (None, "a sequence"),
], ids=str)
def test_steps_are_whole_numbers_from_0(steps, text):
    with pytest.raises(ValueError, match=text):
        trace(small_net(), *small_data(), steps=steps)


class Halved(tn.Sequential):
    """A network with a pass of its own."""

    def forward(self, x, training=False):
        y, caches = super().forward(x, training)
        return y / 2, caches


@pytest.mark.parametrize("net, text", [
    (tn.Dense(3), "net is of type Dense; it must be a Sequential"),
    (tn.Sequential([tn.Dense(K)], 2), "this network has no loss"),
    (Halved([tn.Dense(K)], 2, loss=tn.SoftmaxCrossEntropy()), "Halved has passes of its own"),
], ids=lambda value: type(value).__name__)
def test_a_network_that_cannot_be_traced_is_refused(net, text):
    with pytest.raises(ValueError, match=text):
        trace(net, *small_data())


@pytest.mark.parametrize("settings, text", [
    ({"batch_size": 0}, "batch_size is 0"), ({"l2": -1.0}, "l2 is -1"), ({"rng": "a"}, "rng is"),
    ({"optimizer": "adam"}, "optimizer is 'adam'"), ({"clip_norm": 0.0}, "clip_norm is 0"),
    ({"sample_weight": [1.0]}, "sample_weight"), ({"shuffle": 2}, "shuffle is 2"),
], ids=str)
def test_settings_are_checked_as_those_of_fit(settings, text):
    with pytest.raises(ValueError, match=text):
        trace(small_net(), *small_data(), **settings)


def test_an_optimizer_of_another_network_is_refused():
    optimizer = tn.Adam()
    small_net().fit(*small_data(), optimizer=optimizer, epochs=1)
    with pytest.raises(ValueError, match="has been used for another network"):
        trace(small_net(), *small_data(), optimizer=optimizer)


def test_weights_that_a_recorded_step_makes_infinite_are_an_error_as_in_fit():
    net = tn.Sequential([tn.Dense(1)], 2, loss=tn.MeanSquaredError(), rng=0)
    with pytest.raises(tn.DivergenceError, match="the weights are not finite"):
        trace(net, 100 * small_data()[0], np.zeros(10), optimizer=tn.SGD(1e308))


def test_a_training_that_diverges_raises_what_fit_raises():
    net = tn.Sequential([tn.Dense(1)], 2, loss=tn.MeanSquaredError(), rng=0)
    with pytest.raises(tn.DivergenceError, match="diverged in epoch 2, batch 1: the loss is inf"):
        trace(net, small_data()[0], np.zeros(10), optimizer=tn.SGD(1e200), steps=(3,))


def test_names_indices_and_steps_that_do_not_exist_are_errors_that_say_what_there_is():
    seen = trace(small_net(), *small_data())
    for name in "4.W", "2.w", 3, ["x"]:
        with pytest.raises(KeyError, match=r"there are: rows, x, t, 0.x, 0.W, 0.b, 0.y"):
            seen[0][name]
        with pytest.raises(KeyError, match="there are: rows, x, t, 0.x"):
            seen.explain(name, 0)
    with pytest.raises(KeyError, match="no array '0.w'; did you mean '0.W'. There are: rows, x"):
        seen.explain("0.w", (0, 0))
    with pytest.raises(KeyError, match="no array 'db'; did you mean '3.db' or '0.db'. There are"):
        seen[0]["db"]
    for index in (2, 0), (0, -5), (0,), 0, (0.0, 1), (0, True), None, "a", (0, 0, 0):
        with pytest.raises(ValueError, match=r"0.W has shape \(2, 4\), so it must be 2 whole"):
            seen.explain("0.W", index)
    with pytest.raises(ValueError, match=r"L has shape \(\), so it must be \(\)"):
        seen.explain("L", 0)
    with pytest.raises(ValueError, match=r"0.W has shape \(2, 4\)"):
        seen.explain("0.W")
    with pytest.raises(ValueError, match=r"0.b has shape \(4,\), so it must be a whole number"):
        seen.explain("0.b", 4)
    for step in 1, -2, 0.0, "0", None, True:
        with pytest.raises(ValueError, match="from 0 to 0, the place among those that were rec"):
            seen.explain("0.b", 0, step=step)
        with pytest.raises(ValueError, match="from 0 to 0, the place among those that were rec"):
            seen[step]
    with pytest.raises(ValueError, match=r"An array of a step is trace\[0\]\['0.W'\]"):
        seen["0.W"]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_an_estimator_is_told_which_of_its_attributes_can_be_traced():
    fitted = tn.NetClassifier(max_iter=1).fit(np.eye(4), [0, 1, 0, 1])
    with pytest.raises(ValueError, match="must be a Sequential with a loss; trace its network_"):
        trace(fitted, np.eye(4), [0, 1, 0, 1])
    assert len(trace(fitted.network_, np.eye(4), [0, 1, 0, 1])) == 1


# ---- print ----

def test_a_trace_prints_formulas_and_arrays_forward_then_backward_then_the_step():
    net = tn.Sequential([tn.Dense(2)], 2, loss=tn.MeanSquaredError(), dtype=np.float64)
    net.layers[0].W = [[1.0, -1.0], [0.5, 2.0]]
    x, t = np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([[1.0, 3.0], [0.5, 1.0]])
    # y = [[2, 3], [0.5, 2]], so y - t = [[1, 0], [0, 1]], L = (1 + 1) / 2, and dx = y - t.
    # The step makes y - t = [[-0.5, -0.75], [-0.75, 0.5]], and L = (0.8125 + 0.8125) / 2
    text = str(trace(net, x, t, optimizer=tn.SGD(0.25), shuffle=False))
    assert text == """\
Sequential([Dense(2)], input_shape=(2,), loss=MeanSquaredError(),
dtype=np.float64): a copy in float64, trained on 2 rows by SGD(lr=0.25)
L of each step: 1

Step 0: L = 1, and 0.8125 on the same rows after it

---- data ----
    x (2, 2)   t (2, 2)
    [[1  2]    [[  1    3]
     [0  1]]    [0.5    1]]

---- forward ----

layer 0, Dense(2)
    y = x W + b
    0.W (2, 2)     0.b (2,)   0.y (2, 2)
    [[  1   -1]    [0  0]     [[  2    3]
     [0.5    2]]               [0.5    2]]

the loss, MeanSquaredError()
    L = 1/n Σᵢ Σₖ (y - t)²,  y = x
    loss.l (2,)   L = 1
    [1  1]

---- backward ----

the loss, MeanSquaredError()
    dx = 2 (y - t) / n
    dL = 1   loss.dl (2,)   loss.dx (2, 2)
             [0.5  0.5]     [[1  0]
                             [0  1]]

layer 0, Dense(2)
    dx = dy Wᵀ
    dW = xᵀ dy
    db = sum of the rows of dy
    0.dW (2, 2)   0.db (2,)   0.dx (2, 2)
    [[1  0]       [1  1]      [[  1  0.5]
     [2  1]]                   [ -1    2]]

---- update ----
    lr = 0.25

the step of SGD(lr=0.25) for 0.W
    0.W.change (2, 2)   0.W.after (2, 2)
    [[-0.25      0]     [[0.75    -1]
     [ -0.5  -0.25]]     [   0  1.75]]

the step of SGD(lr=0.25) for 0.b
    0.b.change (2,)   0.b.after (2,)
    [-0.25  -0.25]    [-0.25  -0.25]

after the step, for the same rows
    loss.y.after (2, 2)   L.after = 0.8125
    [[  0.5   2.25]
     [-0.25    1.5]]"""


@pytest.mark.parametrize("case", CASES[::5], ids=str)
def test_a_trace_prints_in_80_columns(case):
    seen, _, _ = case.run()
    lines = str(seen).splitlines()
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if line.startswith("----")] == 2 * [
        "---- data ----", "---- forward ----", "---- backward ----", "---- update ----"]


def test_what_is_long_is_printed_short_and_settings_stand_at_the_top():
    x, labels = small_data(30)
    net = small_net()
    net.layers[0].trainable = False
    text = str(trace(net, x, labels, steps=(11,), batch_size=20, l2=0.5, clip_norm=2.0,
                     sample_weight=np.arange(1.0, 31)))
    head, *_ = text.split("\n\n")
    assert " ".join(head.split()).endswith(
        "trained on 30 rows in batches of 20 by Adam() with l2=0.5, clip_norm=2, row weights "
        + head.splitlines()[-1])
    losses = re.fullmatch(r"L of each step: (.*)", head.splitlines()[-1])[1].split(", ")
    assert len(losses) == 8 and losses[4] == "..."  # of twelve
    assert re.search(r"    rows \(10,\) ", text)
    assert re.search(r"loss.y \(10, 3\)[^\n]*\n *\[\[\d", text)
    assert "the step of Adam() for 0.W, which is frozen\n" in text
    assert "x (10, 2)" in text and "_before" not in text and "0.W.m_hat" in text


def test_many_small_losses_fit_into_80_columns():
    net = tn.Sequential([tn.Dense(1)], 2, loss=tn.MeanSquaredError(), rng=0)
    x, _ = small_data(50)
    seen = trace(net, x, 1e-3 * x[:, :1], steps=(7,), optimizer=tn.SGD(0.5))
    assert max(map(len, str(seen).splitlines())) <= 80


def test_a_parameter_without_numbers_is_printed_as_empty():
    class Nothing(tn.Layer):
        param_names = ("W",)

        def build(self, input_shape, rng):
            self.W = np.ones((0, 3))
            return input_shape

        def forward(self, x, training=False):
            return x.copy(), None

        def backward(self, dy, cache):
            return dy.copy()

    net = tn.Sequential([Nothing(), tn.Dense(K)], 2, loss=tn.SoftmaxCrossEntropy())
    assert "0.W (0, 3)" in str(trace(net, *small_data())) and "empty" in str(trace(
        net, *small_data()))


def test_a_generator_that_seeds_the_shuffling_stays_as_it_is():
    rng = np.random.default_rng(5)
    one, other = (trace(small_net(), *small_data(), rng=rng)[0]["rows"] for _ in range(2))
    assert np.array_equal(one, other)


@pytest.mark.parametrize("layer, forward, backward", [
    (tn.Dense(2), ["y = x W + b"], ["dx = dy Wᵀ", "dW = xᵀ dy", "db = sum of the rows of dy"]),
    (tn.Tanh(), ["y = tanh(x)"], ["dx = dy (1 - y²)"]),
    (tn.Dropout(0.5), ["y = x keep", "keep = 0 with probability rate, else 1 / (1 - rate); at "
                       "inference keep = 1"], ["dx = dy keep"]),
    (tn.BatchNorm(), ["y = gamma x̂ + beta,  x̂ = (x - mean) / s,  s = √(var + eps)"], [
        "in training: dx = gamma (dy - mean of dy - x̂ · mean of dy x̂) / s",
        "at inference: dx = gamma dy / s", "dgamma = sum of dy x̂ over rows and positions",
        "dbeta = sum of dy over rows and positions"]),
    (tn.MaxPool2D(), ["y = the largest number of the window"],
     ["dx = dy at the first place of the window where x = y, elsewhere 0"]),
    (tn.SigmoidCrossEntropy(), [
        "L = -1/n Σᵢ Σₖ (t log y + (1 - t) log(1 - y)),  y = 1 / (1 + e⁻ˣ)"], ["dx = (y - t) / n"]),
    (TextbookDense(2), [], []),
], ids=repr)
def test_the_formulas_are_those_with_which_the_docstring_opens(layer, forward, backward):
    assert find_formulas(layer) == (forward, backward)


def test_two_arrays_cannot_have_one_name():
    class Scale(tn.Layer):
        param_names = ("x",)

        def build(self, input_shape, rng):
            self.x = np.ones(input_shape)
            return input_shape

        def forward(self, x, training=False):
            return x * self.x, x

        def backward(self, dy, x):
            self.dx = (dy * x).sum(axis=0)
            return dy * self.x

    net = tn.Sequential([Scale(), tn.Dense(K)], 2, loss=tn.SoftmaxCrossEntropy())
    with pytest.raises(ValueError, match="two arrays '0.x'"):
        trace(net, *small_data())


def test_a_network_that_cannot_be_copied_is_refused():
    layer = TextbookDense(2)
    layer.lock = threading.Lock()
    net = tn.Sequential([layer], 2, loss=tn.SoftmaxCrossEntropy())
    with pytest.raises(ValueError, match="cannot be copied, and a trace works on copies"):
        trace(net, *small_data())


def test_passes_that_one_layer_alone_has_are_recorded_and_stay():
    class Twice(tn.Layer):
        def __init__(self):
            self.forward = lambda x, training=False: (2 * x, None)
            self.backward = lambda dy, cache: 2 * dy

    net = tn.Sequential([Twice(), tn.Dense(K)], 2, loss=tn.SoftmaxCrossEntropy(), rng=0)
    seen = trace(net, *small_data(), steps=(0, 2))
    for step in seen:
        assert np.array_equal(step["0.y"], 2 * step["0.x"])
        assert np.array_equal(step["0.dx"], 2 * step["0.dy"])


def test_layers_of_ones_own_are_recorded_like_others():
    rng = np.random.default_rng(0)
    nets = [tn.Sequential([layer, tn.Tanh(), tn.Dense(K)], 2, loss=tn.SoftmaxCrossEntropy(), rng=0)
            for layer in (TextbookDense(4), tn.Dense(4))]
    x, t = rng.normal(size=(5, 2)), rng.integers(K, size=5)
    own, known = (trace(net, x, t, steps=(0, 1))[1] for net in nets)
    assert [*own] == [*known]
    for name in own:
        assert np.allclose(own[name], known[name], rtol=1e-12, atol=1e-14)
