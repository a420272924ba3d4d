"""The trial of a new network: what is said of mistakes in layers and losses of one's own."""

import math
import re
import threading
from typing import NamedTuple

import numpy as np
import pytest

import tinynet as tn

X = np.random.default_rng(0).normal(size=(8, 4))
LABELS = [0, 1, 1, 0, 1, 0, 0, 1]


class Plain(tn.Layer):
    """y = x        dx = dy"""

    def forward(self, x, training=False):
        return x * 1.0, x

    def backward(self, dy, x):
        return dy * 1.0


class Gain(tn.Layer):
    """y = g x"""

    param_names = ("g",)

    def build(self, input_shape, rng):
        self.g = np.ones(input_shape)
        return input_shape

    def forward(self, x, training=False):
        return x * self.g, x

    def backward(self, dy, x):
        self.dg = (dy * x).sum(axis=0)
        return dy * self.g


def write(array, _):
    array *= 2
    return array


def network(layer, dtype=np.float32):
    return tn.Sequential([tn.Dense(3), layer, tn.Dense(2)], 4, loss=tn.SoftmaxCrossEntropy(), rng=0,
                         dtype=dtype)


def said_of(layer):
    """The message of the ValueError when a network with this layer is built."""
    with pytest.raises(ValueError) as caught:
        network(layer)
    assert str(caught.value).startswith(f"layer 1, {layer!r}")
    return str(caught.value)


# ---- layers: the dtype ----

class Scaled(Plain):
    def __init__(self, factor, factor_back=1.0):
        self.factor, self.factor_back = factor, factor_back

    def forward(self, x, training=False):
        return x * self.factor, x

    def backward(self, dy, x):
        return dy * self.factor_back


def test_a_float64_output_of_a_float32_network_is_named_with_the_remedy():
    class Rooted(Plain):
        def forward(self, x, training=False):
            return x * np.sqrt(2), x

    said = said_of(Rooted())
    assert "forward returns y of float64, and the network computes in float32" in said
    assert said.endswith("write math.sqrt(2), and make arrays of x.dtype")
    network(Scaled(math.sqrt(2)))


def test_the_number_that_makes_it_so_is_named():
    assert said_of(Scaled(np.sqrt(2))).endswith(
        "its factor is a number of NumPy: make it Python's by float(factor)")


def test_an_array_that_belongs_into_param_names_is_named():
    class Unnamed(Plain):
        def build(self, input_shape, rng):
            self.W = np.ones(input_shape)
            return input_shape

        def forward(self, x, training=False):
            return x * self.W, x

    assert said_of(Unnamed()).endswith("its array W is of float64: it belongs into param_names, or "
                                       "into state_names if it is not trained")


def test_parameters_without_a_name_are_reported_whatever_the_dtype():
    class Unnamed(tn.Layer):
        def build(self, input_shape, rng):
            self.g = np.ones(input_shape)
            return input_shape

        def forward(self, x, training=False):
            return (x * self.g).astype(x.dtype), x

        def backward(self, dy, x):
            self.dg = (dy * x).sum(axis=0)
            return (dy * self.g).astype(x.dtype)

    class HalfNamed(Unnamed):
        param_names = ("b",)

        def build(self, input_shape, rng):
            self.b = np.zeros(input_shape)
            return super().build(input_shape, rng)

        def backward(self, dy, x):
            self.db = dy.sum(axis=0)
            return super().backward(dy, x)

    for layer, names in (Unnamed(), "('g',)"), (HalfNamed(), "('b', 'g')"):
        assert said_of(layer).endswith(
            "makes g and dg, and g is not in its param_names, so it would not be trained; write "
            f"param_names = {names}")


def test_a_float64_dx_of_a_float32_network_is_named():
    assert "backward returns dx of float64" in said_of(Scaled(1.0, np.sqrt(2)))


def test_numpys_numbers_are_fine_in_a_float64_network():
    net = network(Scaled(np.sqrt(2), np.sqrt(2)), dtype=np.float64)
    assert net.predict(X).dtype == np.float64


@pytest.mark.parametrize("dtype", [np.float16, np.int64, np.float32])
def test_less_than_the_networks_precision_is_named_too(dtype):
    class Rounded(Plain):
        def forward(self, x, training=False):
            return x.astype(dtype), x

    with pytest.raises(ValueError, match=f"y of {np.dtype(dtype)}, .* computes in float64"):
        network(Rounded(), dtype=np.float64)


def test_a_float64_dx_of_a_loss_is_named():
    class Scaled(tn.MeanSquaredError):
        def backward(self, y, t, sample_weight=None):
            return np.sqrt(2) / math.sqrt(2) * super().backward(y, t, sample_weight)

    with pytest.raises(ValueError, match=r"Scaled\(\).backward returns dx of float64"):
        tn.Sequential([tn.Dense(2)], 4, loss=Scaled())


class Noise(Plain):
    """y = x + noise in training"""

    def build(self, input_shape, rng):
        self.rng = rng.spawn(1)[0]
        return input_shape

    def forward(self, x, training=False):
        return x + self.rng.normal(size=x.shape) if training else x, x


def test_float64_in_training_mode_alone_is_named_by_fit_before_a_weight_changes():
    net = network(Noise())
    before = net.params.tobytes()
    for train in net.fit, net.gradient:
        with pytest.raises(ValueError, match=r"layer 1, Noise\(\): forward\(x, training=True\) "
                           "returns y of float64, and the network computes in float32"):
            train(X, LABELS)
    assert net.params.tobytes() == before and net.optimizer is None


def in_training(f):
    """A layer whose forward pass is f in training, and right at inference."""
    class InTraining(Plain):
        def forward(self, x, training=False):
            return f(x) if training else (x * 1.0, x)

    return InTraining()


@pytest.mark.parametrize("f, message", [
    (lambda x: x, "must return two things from forward"),
    (lambda x: (x[:, :2], x), r"forward\(x, training=True\) returns y of shape \(8, 2\)"),
    (lambda x: (write(x, x), x), "read-only; in forward, with x of shape .*, so write into a copy"),
    (lambda x: (x @ x, x), r"in forward, with x of shape \(8, 3\)"),
], ids=["one thing", "narrow", "into x", "shapes"])
def test_a_mistake_in_training_mode_is_named_before_a_weight_changes(f, message):
    net = network(in_training(f))
    before = net.params.tobytes()
    for train in net.fit, net.gradient:
        with pytest.raises(ValueError, match=f"layer 1, InTraining.*{message}"):
            train(X, LABELS)
    assert net.params.tobytes() == before


def test_a_first_layer_of_ones_own_does_not_change_the_callers_array():
    net = tn.Sequential([in_training(lambda x: (write(x, x), x)), tn.Dense(2)], 4,
                        loss=tn.SoftmaxCrossEntropy(), rng=0)
    x = X.astype(np.float32)
    with pytest.raises(ValueError, match="read-only"):
        net.gradient(x, LABELS)
    np.testing.assert_array_equal(x, X.astype(np.float32))


def test_an_error_in_the_first_step_leaves_running_statistics_as_they_were():
    net = tn.Sequential([tn.Dense(3), tn.BatchNorm(), in_training(lambda x: x), tn.Dense(2)], 4,
                        loss=tn.SoftmaxCrossEntropy(), rng=0)
    before = net.state.tobytes()
    with pytest.raises(ValueError):
        net.fit(X, LABELS)
    assert net.state.tobytes() == before


@pytest.mark.parametrize("first", [tn.Dense, Gain])
def test_steps_with_a_layer_of_ones_own_have_the_same_bits_as_without(first):
    class Mine(tn.Tanh):
        pass

    def train(tanh):
        layers = [tn.BatchNorm(), first(3) if first is tn.Dense else first(), tanh, tn.Dense(2)]
        net = tn.Sequential(layers, 4, loss=tn.SoftmaxCrossEntropy(), rng=0)
        net.gradient(X, LABELS)
        gradient = net.grads.tobytes()
        net.fit(X, LABELS, batch_size=3, epochs=2)
        return gradient, net.params.tobytes(), net.state.tobytes()

    assert train(Mine()) == train(tn.Tanh())


# ---- layers: errors of NumPy ----

def test_an_error_of_numpy_keeps_its_text_and_gains_the_method_and_the_shapes():
    class Narrow(Plain):
        def forward(self, x, training=False):
            return x * 1.0, x[:, :2]

        def backward(self, dy, cache):
            return dy * cache

    assert said_of(Narrow()).endswith(
        "operands could not be broadcast together with shapes (2,3) (2,2); in backward, with dy of "
        "shape (2, 3) and cache of shape (2, 2)")


def test_an_error_in_forward_names_its_x():
    class Wrong(Plain):
        def forward(self, x, training=False):
            return x @ np.ones((4, 3), x.dtype), x

    assert said_of(Wrong()).endswith("; in forward, with x of shape (2, 3)")


class Cache(NamedTuple):
    x: np.ndarray


@pytest.mark.parametrize("forward, backward, given", [
    (lambda x: (write(x, x), x), lambda dy, x: dy, "forward, with x of shape (2, 3)"),
    (lambda x: (x * 2, x), write, "backward, with dy of shape (2, 3) and cache of shape (2, 3)"),
    (lambda x: (x * 2, x * 1), lambda dy, x: write(x, dy),
     "backward, with dy of shape (2, 3) and cache of shape (2, 3)"),
    (lambda x: (x * 2, (x * 1, 3)), lambda dy, cache: write(cache[0], dy),
     "backward, with dy of shape (2, 3) and cache (of shape (2, 3), of type int)"),
    (lambda x: (x * 2, Cache(x * 1)), lambda dy, cache: write(cache.x, dy),
     "backward, with dy of shape (2, 3) and cache (of shape (2, 3))"),
    (lambda x: (x * 2, {"x": x * 1}), lambda dy, cache: write(cache["x"], dy),
     "backward, with dy of shape (2, 3) and cache of type dict"),
], ids=["x", "dy", "cache", "a part of the cache", "of a named tuple", "of a dictionary"])
def test_what_belongs_to_the_caller_is_not_written_into(forward, backward, given):
    class Writing(Plain):
        def forward(self, x, training=False):
            return forward(x)

        def backward(self, dy, cache):
            return backward(dy, cache)

    said = said_of(Writing())
    assert "read-only" in said and said.endswith(
        f"in {given}; x, dy and the cache belong to the caller, so write into a copy")


def test_a_cache_of_none_is_said_to_come_from_forward():
    class Forgetful(Plain):
        def forward(self, x, training=False):
            return x * 1.0, None

        def backward(self, dy, x):
            return dy * x[0]

    with pytest.raises(TypeError, match="not subscriptable") as caught:
        network(Forgetful())
    note, = caught.value.__notes__
    assert note == ("in layer 1, Forgetful(), in backward, with dy of shape (2, 3) and cache None, "
                    "as its forward returned it")


def test_later_errors_say_the_same():
    class Late(Plain):
        def backward(self, dy, x):
            return dy[:, :2] * x if len(x) == 8 else dy

    with pytest.raises(ValueError, match=r"^layer 1, Late\(\): operands could not be broadcast .*; "
                       r"in backward, with dy of shape \(8, 3\) and cache of shape \(8, 3\)"):
        network(Late()).gradient(X, LABELS)


def test_errors_after_the_first_step_are_given_a_note():
    class Late(Plain):
        def backward(self, dy, x):
            return dy[:, :2] * x if len(x) == 3 else dy

    with pytest.raises(ValueError, match="operands could not be broadcast") as caught:
        network(Late()).fit(X, LABELS, batch_size=5)
    assert caught.value.__notes__ == ["in the backward pass of layer 1, Late(), with dy of shape "
                                      "(3, 3) and cache of shape (3, 3)"]


# ---- layers: gradients ----

def test_a_backward_params_that_writes_something_else_is_reported():
    class Halved(Gain):
        def backward_params(self, dy, x):
            self.dg = (dy * x).mean(axis=0)

    assert said_of(Halved()) == ("layer 1, Halved(), writes another dg in backward_params than in "
                                 "backward; tn.study.check says more")


def test_a_backward_params_that_rounds_in_another_way_is_accepted():
    class Backwards(Gain):
        def backward_params(self, dy, x):
            self.dg = (3 * dy[::-1] * x[::-1] / 3).sum(axis=0)

    network(Backwards())


def test_a_backward_params_that_adds_is_reported():
    class Adding(Gain):
        def backward_params(self, dy, x):
            self.dg += (dy * x).sum(axis=0)

    assert "leaves dg as it was, or adds to it" in said_of(Adding())


def test_a_layer_with_random_gradients_is_accepted():
    class Private(Gain):
        rng = np.random.default_rng(0)

        def backward(self, dy, x):
            self.dg = (dy * x).sum(axis=0) + self.rng.normal(size=self.g.shape)
            return dy * self.g + self.rng.normal(size=dy.shape).astype(dy.dtype)

    network(Private())


@pytest.mark.parametrize("keep", [lambda layer: layer, lambda layer: [tn.Tanh(), layer],
                                  lambda layer: {"inner": layer}], ids=["itself", "list", "dict"])
def test_a_layer_within_a_layer_whose_parameters_would_not_be_trained_is_reported(keep):
    class Residual(tn.Layer):
        def build(self, input_shape, rng):
            layer = tn.Sequential([tn.Dense(3), tn.Tanh()], input_shape, rng=0)
            self.kept = keep(layer)
            return input_shape

        def forward(self, x, training=False):
            return x * 1.0, x

        def backward(self, dy, x):
            return dy

    assert "keeps Sequential([Dense(3), Tanh()], input_shape=(3,)) in kept, whose parameters" in \
        said_of(Residual())


def test_a_layer_may_keep_others_that_have_no_parameters():
    class Bent(Plain):
        def __init__(self, bend, unused=None):
            self.bend, self.unused = bend, unused

    network(Bent(tn.Tanh(), tn.Dense(3)))


def test_a_layer_may_share_the_weights_of_another_one_of_the_network():
    class Tied(tn.Layer):
        """y = x Wᵀ, with the W of another layer"""

        def __init__(self, other):
            self.other = other

        def build(self, input_shape, rng):
            return (self.other.W.shape[0],)

        def forward(self, x, training=False):
            return x @ self.other.W.T, x

        def backward(self, dy, x):
            return dy @ self.other.W

    encoder = tn.Dense(3)
    tn.Sequential([encoder, Tied(encoder)], 4, loss=tn.MeanSquaredError())


@pytest.mark.parametrize("layer, found, wanted", [
    (type("OnlyX", (Plain,), {"forward": lambda self, x: (x, x)})(), "forward(x)",
     "forward(self, x, training=False)"),
    (type("ByName", (Plain,), {"forward": lambda self, x, *, training=False: (x, x)})(),
     "forward(x, *, training=False)", "forward(self, x, training=False)"),
    (type("NoCache", (Plain,), {"backward": lambda self, dy: dy})(), "backward(dy)",
     "backward(self, dy, cache)"),
], ids=["only x", "by name", "no cache"])
def test_a_pass_that_takes_other_arguments_is_reported(layer, found, wanted):
    assert f"has {found}; it must be {wanted}" in said_of(layer)


def test_the_parts_of_a_long_cache_are_not_listed():
    class Long(Plain):
        def forward(self, x, training=False):
            return x * 1.0, [*range(1000)]

        def backward(self, dy, cache):
            return dy @ cache

    assert said_of(Long()).endswith("and cache of type list")


def test_a_layer_that_takes_only_some_numbers_is_accepted():
    class Root(Gain):
        def forward(self, x, training=False):
            if (x < 0).any():
                raise ValueError("no roots of negative numbers")
            return np.sqrt(x) * self.g, x

    network(Root())


def test_a_layer_that_keeps_a_batch_on_itself_is_reported():
    class Square(Plain):
        def forward(self, x, training=False):
            self.x = x
            return x * x, None

        def backward(self, dy, cache):
            return 2 * dy * self.x

    assert "gives another dx for the same dy and cache after another forward pass" in \
        said_of(Square())


def test_the_trial_leaves_no_traces_in_a_layer_that_can_be_copied():
    class Counting(Gain):
        def build(self, input_shape, rng):
            self.calls = []
            return super().build(input_shape, rng)

        def forward(self, x, training=False):
            self.calls.append((len(x), training))
            return super().forward(x, training)

    net = network(Counting())
    assert net.layers[1].calls == [] and not net.grads.any()


def test_a_layer_that_cannot_be_copied_is_accepted():
    class Locked(Gain):
        def build(self, input_shape, rng):
            self.lock = threading.Lock()
            return super().build(input_shape, rng)

    network(Locked())


# ---- losses: the mean over the rows ----

class SquaredError(tn.Loss):
    """A right one: L = 1/n Σᵢ Σₖ (y - t)²"""

    def forward(self, x, t, sample_weight=None):
        return self.mean(((x - t) ** 2).sum(axis=1), sample_weight), x

    def backward(self, y, t, sample_weight=None):
        return 2 * (y - t) * self.share(y, sample_weight)


class Sum(SquaredError):
    def forward(self, x, t, sample_weight=None):
        return float(((x - t) ** 2).sum()), x


class SumInBackward(SquaredError):
    def backward(self, y, t, sample_weight=None):
        return 2 * (y - t)


class MeanOfOutputsInBackward(SquaredError):
    """Wrong, but not in what the trial is for."""

    def backward(self, y, t, sample_weight=None):
        return 2 * (y - t) * self.share(y, sample_weight) / y.shape[1]


class WithoutWeights(SquaredError):
    def forward(self, x, t, sample_weight=None):
        return self.mean(((x - t) ** 2).sum(axis=1)), x


class WithoutWeightsInBackward(SquaredError):
    def backward(self, y, t, sample_weight=None):
        return 2 * (y - t) / len(y)


class SumOfWeights(SquaredError):
    """Σ w l / n in place of Σ w l / Σ w"""

    def forward(self, x, t, sample_weight=None):
        l = ((x - t) ** 2).sum(axis=1)
        return float((l if sample_weight is None else l * sample_weight).mean()), x


class Unpredicted(SquaredError):
    def forward(self, x, t, sample_weight=None):
        y = 1 / (1 + np.exp(-x))
        return self.mean(((y - t) ** 2).sum(axis=1), sample_weight), y

    def backward(self, y, t, sample_weight=None):
        return 2 * (y - t) * y * (1 - y) * self.share(y, sample_weight)


class Predicted(Unpredicted):
    def predict(self, x):
        return 1 / (1 + np.exp(-x))


class OneHotOnly(Sum):
    def forward(self, x, t, sample_weight=None):
        if not np.isin(t, [0, 1]).all():
            raise ValueError("t must be one-hot")
        return super().forward(x, t, sample_weight)


class OfProbabilities(tn.Loss):
    """Not finite for outputs below 0."""

    def forward(self, x, t, sample_weight=None):
        return float(-(t * np.log(x)).sum()), x

    def backward(self, y, t, sample_weight=None):
        return -t / y


class Locked(Sum):
    """It cannot be copied."""

    def __init__(self):
        self.lock = threading.Lock()


class WritingWeights(SquaredError):
    def forward(self, x, t, sample_weight=None):
        if sample_weight is not None:
            sample_weight /= sample_weight.sum()
        return super().forward(x, t, sample_weight)


def with_loss(loss, k=3):
    return tn.Sequential([tn.Dense(k)], 4, loss=loss, rng=0)


@pytest.mark.parametrize("loss, message", [
    (Sum(), r"L must be the mean over the rows.* return self.mean\(l, sample_weight\)"),
    (SumInBackward(), r"dx must be that of a mean.*; multiply by self.share\(y, sample_weight\)"),
    (WithoutWeights(), r"a row of weight 2 must count as two, and L is .*; return self.mean"),
    (SumOfWeights(), "a row of weight 2 must count as two, and L is"),
    (WithoutWeightsInBackward(), "a row of weight 2 must count as two, and its dx .* self.share"),
    (Unpredicted(), r"predict\(x\) must return the y of forward\(x, t\)"),
    (OneHotOnly(), "L must be the mean over the rows"),
    (OfProbabilities(), "L must be the mean over the rows"),
    (Locked(), "L must be the mean over the rows"),
    (WritingWeights(), "output array is read-only"),
], ids=lambda value: repr(value)[:20])
def test_a_loss_that_is_not_the_mean_over_the_rows_is_reported(loss, message):
    with pytest.raises(ValueError, match=message) as caught:
        with_loss(loss)
    assert caught.value.__notes__ == [f"in the loss, {loss!r}"]


class ForwardOfTwo(SquaredError):
    def forward(self, x, t):
        return super().forward(x, t)


class BackwardOfTwo(SquaredError):
    def backward(self, y, t):
        return super().backward(y, t)


@pytest.mark.parametrize("loss, found, wanted", [
    (ForwardOfTwo(), "forward(x, t)", "forward(self, x, t, sample_weight=None)"),
    (BackwardOfTwo(), "backward(y, t)", "backward(self, y, t, sample_weight=None)"),
], ids=repr)
def test_a_missing_sample_weight_is_named(loss, found, wanted):
    with pytest.raises(ValueError, match=re.escape(
            f"{loss!r} has {found}; it must be {wanted}, and take these by position")):
        with_loss(loss)


@pytest.mark.parametrize("loss", [
    SquaredError(), Predicted(), MeanOfOutputsInBackward(), tn.MeanSquaredError("elements"),
], ids=repr)
def test_a_loss_that_is_a_mean_is_accepted(loss):
    assert with_loss(loss).loss is loss


@pytest.mark.parametrize("loss", [
    tn.MeanSquaredError, tn.HalfSquaredError, tn.MeanAbsoluteError, tn.Huber, tn.CrossEntropy,
    tn.SoftmaxCrossEntropy, tn.BinaryCrossEntropy, tn.SigmoidCrossEntropy])
def test_subclasses_of_every_loss_pass_the_trial(loss):
    with_loss(type("Mine", (loss,), {})())


def test_a_sum_for_a_single_probability_is_reported():
    class Binary(tn.Loss):
        def forward(self, x, t, sample_weight=None):
            return float(-(t * np.log(x) + (1 - t) * np.log(1 - x)).sum()), x

        def backward(self, y, t, sample_weight=None):
            return (1 - t) / (1 - y) - t / y

    with pytest.raises(ValueError, match="L must be the mean over the rows"):
        with_loss(Binary(), k=1)


def test_random_rows_are_judged_by_copies_of_the_loss():
    class Annealed(SquaredError):
        calls = 0

        def forward(self, x, t, sample_weight=None):
            self.calls += 1
            L, y = super().forward(x, t, sample_weight)
            return L * min(1, self.calls / 5), y

    assert with_loss(Annealed()).loss.calls == 2


def test_a_sum_in_float32_alone_is_reported():
    class Strict(Sum):
        def forward(self, x, t, sample_weight=None):
            assert x.dtype == np.float32
            return super().forward(x, t, sample_weight)

    with pytest.raises(ValueError, match="L must be the mean over the rows"):
        with_loss(Strict())


def test_a_loss_of_which_nothing_can_be_known_is_accepted():
    class Refusing(Sum):
        def forward(self, x, t, sample_weight=None):
            if x.any():
                raise ValueError("not these rows")
            return super().forward(x, t, sample_weight)

    class Random(Sum):
        rng = np.random.default_rng(0)

        def forward(self, x, t, sample_weight=None):
            return float(self.rng.normal()), x

    class Infinite(Sum):
        def forward(self, x, t, sample_weight=None):
            return math.inf, x

    for loss in Refusing(), Random(), Infinite():
        with_loss(loss)
