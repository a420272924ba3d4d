"""The laws that every layer and every loss keeps."""

import copy
import inspect
import math
import pickle

import numpy as np
import pytest

import tinynet as tn
from cases import LAYERS, LOSSES, NOT_ANALYTIC, OWN_LAYERS, TextbookDense, layer_case, loss_case
from tinynet.study.derivatives import central_difference, complex_step

SEEDS = range(60)
MODES = [False, True]
every_layer = pytest.mark.parametrize("name", [*LAYERS, *OWN_LAYERS])
every_loss = pytest.mark.parametrize("name", LOSSES)
in_both_modes = pytest.mark.parametrize("training", MODES)


def exported(base):
    classes = {name for name in tn.__all__ if inspect.isclass(getattr(tn, name))
               and issubclass(getattr(tn, name), base)}
    return classes - {base.__name__}


def test_every_exported_layer_and_loss_is_tested_here():
    assert exported(tn.Layer) == set(LAYERS)
    assert exported(tn.Loss) == set(LOSSES)


# ---- law 1: backward is the derivative of the forward that returned the cache ----

def relative_error(found, expected):
    """The largest difference divided by the largest expected entry; None if that is below 1e-3."""
    scale = np.abs(expected).max()
    return np.abs(found - expected).max() / scale if scale >= 1e-3 else None


def worst(errors):
    """(the largest error, its seed), of the at least fifty errors that there must be."""
    errors = [(error, seed) for error, seed in errors if error is not None]
    assert len(errors) >= 50
    return max(errors)


def as_it_was(layer):
    """The layer, or a copy of it if a forward pass draws numbers or changes state."""
    changes = any(part.state_names or hasattr(part, "rng") for part in layer._parts())
    return copy.deepcopy(layer) if changes else layer


def along(dy, layer, training):
    """x -> Σ dy y, whose gradient is dx; the layer's random stream and state are put back before
    every call.
    """
    return lambda x: (dy * as_it_was(layer).forward(x, training)[0]).sum()


def along_param(dy, layer, training, x, part, name):
    """W -> Σ dy y, whose gradient is dW, for a parameter of a part of the layer."""
    def f(W):
        moved = copy.deepcopy(layer)
        for holder in moved._parts():
            vars(holder).update({other: vars(holder)[other].astype(W.dtype)
                                 for other in holder.param_names})
        vars(moved._parts()[part])[name] = W
        return (dy * moved.forward(x, training)[0]).sum()
    return f


def by_both_ways(names):
    """Complex steps for those that are analytic, and central differences for the others; for all
    of them among the long tests.
    """
    analytic = [name for name in names if name not in NOT_ANALYTIC]
    return pytest.mark.parametrize("name, derivative, tolerance", [
        *((name, complex_step, 1e-12) for name in analytic),
        *(pytest.param(name, central_difference, 1e-7,
                       marks=[pytest.mark.long] if name in analytic else []) for name in names)])


@by_both_ways([*LAYERS, *OWN_LAYERS])
@in_both_modes
def test_backward_is_the_derivative_of_forward(name, training, derivative, tolerance):
    errors, param_errors = [], []
    for seed in SEEDS:
        layer, x, dy = layer_case(name, seed)
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            dx = layer.backward(dy, copy.deepcopy(layer).forward(x, training)[1])
        errors.append((relative_error(dx, derivative(along(dy, layer, training), x)), seed))
        for part, holder in enumerate(layer._parts()):
            for W in holder.param_names:
                numerical = derivative(along_param(dy, layer, training, x, part, W),
                                       getattr(holder, W))
                param_errors.append((relative_error(getattr(holder, "d" + W), numerical), seed))
    assert worst(errors) <= (tolerance, math.inf)
    if param_errors:
        assert worst(param_errors) <= (tolerance, math.inf)


@by_both_ways(LOSSES)
def test_the_loss_backward_is_the_derivative_of_forward(name, derivative, tolerance):
    errors = []
    for seed in SEEDS:
        loss, x, t, w = loss_case(name, seed)
        dx = loss.backward(loss.forward(x, t, w)[1], t, w)
        numerical = derivative(lambda x: loss.forward(x, t, w)[0], x)
        errors.append((relative_error(dx, numerical), seed))
    assert worst(errors) <= (tolerance, math.inf)


# they would lie inside the network, where no difference tells the derivative
KINKS = ("ReLU", "LeakyReLU", "ELU")
IN_IMAGES = {"Conv2D": lambda: tn.Conv2D(2, 2), "MaxPool2D": lambda: tn.MaxPool2D(2, 1),
             "AveragePool2D": lambda: tn.AveragePool2D(2, 1),
             "GlobalAveragePool2D": tn.GlobalAveragePool2D}
PAIRS = [(last, loss) for loss in LOSSES for last in [*LAYERS, None]
         if last not in ("Dense", "Sequential", "Flatten", "Reshape", *KINKS)
         and (loss != "CrossEntropy" or last == "Softmax")
         and (loss != "BinaryCrossEntropy" or last in ("Softmax", "Sigmoid"))
         and (last, loss) not in (("Softmax", "SoftmaxCrossEntropy"),
                                  ("Sigmoid", "SigmoidCrossEntropy"))]  # these are refused


@pytest.mark.parametrize("last, loss", [
    pair if i % 3 == 0 else pytest.param(*pair, marks=pytest.mark.long)
    for i, pair in enumerate(PAIRS)])
def test_a_network_reports_the_loss_whose_gradient_it_follows(last, loss):
    for seed in range(2):
        rng = np.random.default_rng(seed)
        layers = [tn.Dense(4), tn.Tanh(),
                  tn.Dense(3)] + ([LAYERS[last](rng)[0]] if last and last not in IN_IMAGES else [])
        if last in IN_IMAGES:
            layers = [tn.Dense(9), tn.Reshape((3, 3, 1)), tn.Tanh(), IN_IMAGES[last](),
                      tn.Flatten(), tn.Dense(3)]
        net = tn.Sequential(layers, 2, loss=LOSSES[loss](rng), rng=seed, dtype=np.float64)
        x, t, w = rng.normal(size=(5, 2)), rng.dirichlet(np.ones(3), 5), rng.integers(1, 4, 5)
        if loss in ("MeanAbsoluteError", "Huber"):
            y, _ = copy.deepcopy(net).forward(x, True)
            t = y + rng.choice([-1, 1], (5, 3)) * rng.uniform(0.1, 0.4, (5, 3))  # not near a kink
        start = copy.deepcopy(net)  # whose random streams and state stand for each call

        def L(params):
            moved = as_it_was(start)
            moved.params = params
            return moved.gradient(x, t, w)

        numerical = central_difference(L, net.params)
        net.gradient(x, t, w)
        np.testing.assert_allclose(net.grads, numerical, rtol=0,
                                   atol=1e-7 * np.abs(numerical).max())


# ---- law 2: nothing that the caller owns is written ----

def arrays_in(cache):
    if isinstance(cache, np.ndarray):
        yield cache
    elif isinstance(cache, (tuple, list)):
        for item in cache:
            yield from arrays_in(item)


@in_both_modes
@every_layer
def test_a_layer_writes_into_nothing_that_the_caller_owns(name, training):
    for seed in SEEDS:
        layer, x, dy = layer_case(name, seed)
        y, cache = layer.forward(x.copy(), training)
        for array in [x, dy, y, *arrays_in(cache)]:
            array.flags.writeable = False
        layer.backward(dy, cache)
        layer.backward_params(dy, cache)
        layer.forward(x, training)


@every_layer
def test_forward_at_inference_writes_nothing_at_all(name):
    for seed in SEEDS:
        layer, x, _ = layer_case(name, seed)
        before = pickle.dumps(layer)
        layer.forward(x)
        assert pickle.dumps(layer) == before


@every_layer
def test_forward_in_training_changes_nothing_but_random_stream_and_state(name):
    def rest(layer):
        return pickle.dumps([{key: value for key, value in vars(part).items()
                              if key not in ("rng", "state", "layers", *part.state_names)}
                             for part in layer._parts()])

    for seed in SEEDS:
        layer, x, _ = layer_case(name, seed)
        before = rest(layer)
        layer.forward(x, training=True)
        assert rest(layer) == before


@every_loss
def test_a_loss_writes_into_nothing_that_the_caller_owns(name):
    for seed in SEEDS:
        loss, x, t, w = loss_case(name, seed)
        for array in (x, t) if w is None else (x, t, w):
            array.flags.writeable = False
        _, y = loss.forward(x, t, w)
        y.flags.writeable = False
        loss.backward(y, t, w)


@every_layer
def test_a_prediction_in_the_middle_of_a_step_changes_nothing(name):
    for seed in SEEDS:
        layer, x, dy = layer_case(name, seed)
        other = copy.deepcopy(layer)
        cache, other_cache = layer.forward(x, True)[1], other.forward(x, True)[1]
        layer.forward(2 * x)
        np.testing.assert_array_equal(layer.backward(dy, cache), other.backward(dy, other_cache))


# ---- law 3: backward overwrites ----

@every_layer
def test_backward_and_backward_params_write_over_the_same_gradients(name):
    for seed in SEEDS:
        layer, x, dy = layer_case(name, seed)
        _, cache = layer.forward(x)
        written = []
        for backward in (layer.backward, layer.backward_params):
            for part in layer._parts():
                for W in part.param_names:
                    getattr(part, "d" + W).fill(np.nan)
            backward(dy, cache)
            written.append([getattr(part, "d" + W).copy() for part in layer._parts()
                            for W in part.param_names])
        for first, second in zip(*written):
            assert np.isfinite(first).all()
            np.testing.assert_array_equal(first, second)


# ---- law 4: in a float32 network nothing becomes float64 ----

@in_both_modes
@every_layer
def test_a_float32_network_stays_in_float32(name, training):
    for seed in SEEDS:
        layer, x, dy = layer_case(name, seed)
        net = tn.Sequential([layer], x.shape[1:], rng=seed, dtype=np.float32)
        y, cache = net.forward(x.astype(np.float32), training)
        dx = net.backward(dy.astype(np.float32), cache)
        # and places
        numbers = [a for a in (y, dx, net.params, net.grads, *arrays_in(cache))
                   if a.dtype.kind == "f"]
        assert {array.dtype for array in numbers} == {np.dtype(np.float32)}


@every_loss
def test_a_loss_of_float32_is_float32_and_a_python_number(name):
    for seed in SEEDS:
        loss, x, t, w = loss_case(name, seed)  # with weights of another dtype
        x, t = x.astype(np.float32), t.astype(np.float32)
        L, y = loss.forward(x, t, w)
        assert type(L) is float
        assert y.dtype == loss.backward(y, t, w).dtype == loss.predict(x).dtype == np.float32


# ---- law 5: one row, and memory in another order, are nothing special ----

@every_layer
def test_rows_are_treated_alike_however_many_there_are_and_however_they_lie_in_memory(name):
    for seed in SEEDS:
        layer, x, dy = layer_case(name, seed)
        y, cache = layer.forward(x)
        dx = layer.backward(dy, cache)
        grads = [array.copy() for array in layer._arrays("param_names")]
        for row in range(len(x)):
            y_row, cache_row = layer.forward(x[row:row + 1])
            np.testing.assert_allclose(y_row[0], y[row], rtol=1e-12, atol=1e-12)
            np.testing.assert_allclose(layer.backward(dy[row:row + 1], cache_row)[0], dx[row],
                                       rtol=1e-12, atol=1e-12)
        spread, spread_dy = np.repeat(x, 2, axis=0)[::2], np.asfortranarray(dy)
        y_spread, cache_spread = layer.forward(spread)
        np.testing.assert_allclose(y_spread, y, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(layer.backward(spread_dy, cache_spread), dx, rtol=1e-12,
                                   atol=1e-12)
        for array, before in zip(layer._arrays("param_names"), grads):
            np.testing.assert_allclose(array, before, rtol=1e-12, atol=1e-12)


@every_loss
def test_a_loss_treats_rows_alike_however_many_there_are_and_however_they_lie_in_memory(name):
    for seed in SEEDS:
        loss, x, t, _ = loss_case(name, seed)
        L, y = loss.forward(x, t)
        dx = loss.backward(y, t)
        rows = [slice(i, i + 1) for i in range(len(x))]
        alone = [loss.forward(x[row], t[row])[0] for row in rows]
        np.testing.assert_allclose(np.mean(alone), L, rtol=1e-12)
        for row in rows:  # the only row has the share 1 rather than 1/n
            np.testing.assert_allclose(loss.backward(y[row], t[row])[0] / len(x), dx[row][0],
                                       rtol=1e-12, atol=1e-15)
        spread, t_spread = np.asfortranarray(x), np.repeat(t, 2, axis=0)[::2]
        L_spread, y_spread = loss.forward(spread, t_spread)
        np.testing.assert_allclose(L_spread, L, rtol=1e-12)
        np.testing.assert_allclose(loss.backward(y_spread, t_spread), dx, rtol=1e-12, atol=1e-15)


# ---- law 6: arrays stay the same for life, and copies are independent networks ----

@every_layer
def test_assigning_to_an_array_copies_into_it(name):
    for seed in range(10):
        layer, _, _ = layer_case(name, seed)
        for part in layer._parts():
            for array_name in part._fixed_names():
                array = getattr(part, array_name)
                setattr(part, array_name, np.full(array.shape, 7))
                assert getattr(part, array_name) is array
                assert (array == 7).all()
                with pytest.raises(ValueError, match="cannot be assigned"):
                    setattr(part, array_name, np.zeros((*array.shape, 2)))


def network_with(name, seed):
    """A network with the layer inside it, and data for it."""
    rng = np.random.default_rng(seed)
    layer, shape = (LAYERS | OWN_LAYERS)[name](rng)
    layers = [tn.Dense(math.prod(shape)), tn.Reshape(shape), layer, tn.Flatten(), tn.Dense(3)]
    net = tn.Sequential(layers, 4, loss=tn.SoftmaxCrossEntropy(), rng=seed)
    return net, rng.normal(size=(20, 4)), rng.integers(0, 3, 20)


def bits(net):
    return net.params.tobytes() + net.grads.tobytes() + net.state.tobytes()


@pytest.mark.parametrize("duplicate",
                         [copy.deepcopy, copy.copy, lambda net: pickle.loads(pickle.dumps(net))],
                         ids=["deepcopy", "copy", "pickle"])
@every_layer
def test_a_copy_is_an_independent_network_that_trains_to_the_same_bits(name, duplicate):
    for seed in range(5):
        net, x, labels = network_with(name, seed)
        net.fit(x, labels, optimizer=tn.Adam(lr=0.01), epochs=2, batch_size=6)
        other = duplicate(net)
        assert bits(other) == bits(net)
        before = bits(net)
        other.fit(x, labels, epochs=2, batch_size=6)
        assert bits(net) == before
        net.fit(x, labels, epochs=2, batch_size=6)
        assert bits(other) == bits(net) != before
        assert other.history["loss"] == net.history["loss"]
        for array in other._arrays("param_names"):
            assert np.shares_memory(array, other.params) and not np.shares_memory(array, net.params)


def test_a_textbook_layer_trains_to_the_same_bits_as_dense():
    trained = []
    for Dense in (tn.Dense, TextbookDense):
        rng = np.random.default_rng(0)
        net = tn.Sequential([Dense(8), tn.Tanh(), Dense(3)], 4, loss=tn.SoftmaxCrossEntropy(),
                            rng=1)
        net.fit(rng.normal(size=(50, 4)), rng.integers(0, 3, 50), epochs=5)
        trained.append(net.params.tobytes())
    assert trained[0] == trained[1]


class OwnArrays(tn.Layer):
    """y = g x, with a g that is given rather than built"""

    param_names = ("g",)

    def __init__(self, g):
        self.g = g

    def forward(self, x, training=False):
        return x * self.g, x

    def backward(self, dy, x):
        self.dg = (dy * x).sum(axis=0)
        return dy * self.g


def test_arrays_made_in_the_constructor_of_a_layer_move_into_the_network_too():
    g = np.array([1.0, 2.0])
    inner = tn.Sequential([OwnArrays(g)], 2, dtype=np.float64)
    with pytest.raises(ValueError):
        tn.Sequential([inner, tn.Dense(2), tn.ReLU], 2)
    net = pickle.loads(pickle.dumps(tn.Sequential([inner, tn.Dense(1)], 2,
                                                  loss=tn.MeanSquaredError(), dtype=np.float64)))
    assert net.params[:2].tolist() == [1, 2]
    net.fit(np.ones((4, 2)), np.ones(4), epochs=1)
    assert (net.layers[0].layers[0].g != [1, 2]).all()
    assert g.tolist() == [1, 2]


def test_a_copy_of_a_layer_shares_nothing_with_its_network():
    net = tn.Sequential([tn.Dense(2)], 2)
    for duplicate in (copy.copy, copy.deepcopy):
        layer = duplicate(net.layers[0])
        layer.W = 0 * layer.W
        assert net.layers[0].W.all()
        tn.Sequential([layer], 2)
