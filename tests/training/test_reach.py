"""Which activation may stand behind the last layer, for which loss and which targets."""

import math
import re
import warnings

import numpy as np
import pytest

import tinynet as tn
from cases import Residual
from tinynet.training.reach import find_range

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 5))
LABELS = RNG.integers(0, 3, 40)


def network(*layers, loss, k=3):
    return tn.Sequential([tn.Dense(k), *layers], 5, loss=loss, rng=0)


class Renamed(tn.Softmax):
    """The same function under another name."""


# ---- the activation of a loss is not applied twice ----

@pytest.mark.parametrize("loss, last, instead", [
    (tn.SoftmaxCrossEntropy(), [tn.Softmax()], "CrossEntropy"),
    (tn.SoftmaxCrossEntropy(0.1), [Renamed()], "CrossEntropy"),
    (tn.SoftmaxCrossEntropy(), [tn.Softmax(), tn.Flatten()], "CrossEntropy"),
    (tn.SoftmaxCrossEntropy(), [tn.Softmax(), tn.Dropout(0.5)], "CrossEntropy"),
    (tn.SoftmaxCrossEntropy(), [tn.Sequential([tn.Dense(3), tn.Softmax()], 3)], "CrossEntropy"),
    (tn.SigmoidCrossEntropy(), [tn.Sigmoid()], "BinaryCrossEntropy"),
    (tn.SigmoidCrossEntropy(), [tn.Sequential([tn.Sequential([tn.Sigmoid()], 3)], 3)],
     "BinaryCrossEntropy"),
], ids=repr)
def test_an_activation_before_a_loss_that_applies_it_itself_is_refused(loss, last, instead):
    with pytest.raises(ValueError, match=rf"layer 1, .*second time.*{instead}\(\)"):
        network(*last, loss=loss)


def test_a_loss_that_is_given_later_is_looked_at_by_fit():
    net = network(tn.Softmax(), loss=None)
    net.loss = tn.SoftmaxCrossEntropy()
    with pytest.raises(ValueError, match=r"layer 1, Softmax\(\)"):
        net.fit(X, LABELS)


@pytest.mark.parametrize("last, loss", [
    ([tn.Softmax()], tn.CrossEntropy()), ([tn.Sigmoid()], tn.BinaryCrossEntropy()),
    ([tn.Softmax()], tn.MeanSquaredError()),
    ([tn.Softmax(), tn.Dense(3)], tn.SoftmaxCrossEntropy()), ([], tn.SoftmaxCrossEntropy()),
], ids=repr)
def test_an_activation_that_acts_once_is_none_of_its_business(last, loss):
    network(*last, loss=loss)


def test_a_subclass_of_softmax_with_a_forward_of_its_own_is_another_function():
    class LogSoftmax(tn.Softmax):
        def forward(self, x, training=False):
            y, cache = super().forward(x, training)
            return np.log(y), cache

        def backward(self, dy, y):
            return super().backward(dy / y, y)

    network(LogSoftmax(), loss=tn.SoftmaxCrossEntropy())


# ---- predictions can reach the targets ----

@pytest.mark.parametrize("layer, low, high", [
    (tn.ReLU(), 0, math.inf), (tn.Tanh(), -1, 1), (tn.Sigmoid(), 0, 1), (tn.Softmax(), 0, 1),
    (tn.Softplus(), 0, math.inf), (tn.ELU(0.5), -0.5, math.inf),
    (tn.LeakyReLU(), -math.inf, math.inf), (tn.LeakyReLU(0), 0, math.inf),
    (tn.SiLU(), -0.278465, math.inf),
    (tn.GELU(), -0.169971, math.inf),
    (tn.Dense(3), -math.inf, math.inf),
], ids=repr)
def test_the_range_of_an_activation_is_that_of_its_function(layer, low, high):
    found = find_range(layer)
    assert found == pytest.approx((low, high), abs=1e-5)


def warned(net, t):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net.fit(X, t, epochs=2, batch_size=8)
    assert all(warning.filename == __file__ for warning in caught)
    return [str(warning.message) for warning in caught]


@pytest.mark.parametrize("last, loss, t, ranges", [
    ([tn.ReLU()], tn.MeanSquaredError(), -np.ones(40), "between 0 and inf.* from -1 to -1"),
    ([tn.Tanh()], tn.Huber(), np.linspace(0, 100, 40), "between -1 and 1,.* from 0 to 100"),
    ([tn.Sigmoid()], tn.MeanAbsoluteError(), np.full(40, 5), "between 0 and 1,.* 5 to 5"),
    ([tn.Softplus()], tn.HalfSquaredError(), -np.ones(40), "between 0 and inf"),
    ([tn.ReLU(), tn.Dropout(0.1)], tn.MeanSquaredError(), -np.ones(40), r"layer 1, ReLU\(\)"),
    ([tn.Sequential([tn.Tanh()], 1)], tn.MeanSquaredError(), np.full(40, 9), "layer 1, Sequential"),
    # a sigmoid of numbers above 0 is above 1/2
    ([tn.ReLU()], tn.SigmoidCrossEntropy(), np.arange(40) % 2, "between 0.5 and 1, .* 0 to 1"),
], ids=str)
def test_fit_warns_once_of_targets_that_the_last_activation_cannot_reach(last, loss, t, ranges):
    message, = warned(network(*last, loss=loss, k=1), t)
    assert "layer 1, " in message and re.search(ranges, message)


def test_a_softmax_of_shares_can_make_no_class_sure():
    # of 3 logits from 0 to 1 the largest probability is e / (e + 2) = 0.5761
    message, = warned(network(tn.Sigmoid(), loss=tn.SoftmaxCrossEntropy()), LABELS)
    assert "0.5761" in message and "Sigmoid()" in message


@pytest.mark.parametrize("last, loss, t", [
    ([tn.ReLU()], tn.MeanSquaredError(), np.linspace(0, 9, 40)),
    ([tn.Tanh()], tn.MeanSquaredError(), np.sign(X[:, 0])),
    ([tn.Sigmoid()], tn.MeanSquaredError(), np.arange(40) % 2),
    ([tn.Sigmoid()], tn.BinaryCrossEntropy(), np.arange(40) % 2),
    ([], tn.MeanSquaredError(), np.full(40, -1e6)),
    ([tn.ReLU(), tn.Dense(1)], tn.MeanSquaredError(), -np.ones(40)),
    ([tn.LeakyReLU()], tn.MeanSquaredError(), -np.ones(40)),
], ids=str)
def test_fit_does_not_warn_where_the_targets_are_in_reach_or_at_its_end(last, loss, t):
    assert warned(network(*last, loss=loss, k=1), t) == []


class OfThree(tn.Tanh):
    """Tanh of rows of three numbers alone, each divided by the root of their mean square."""

    def forward(self, x, training=False):
        assert x.shape[1] == 3
        return x / np.sqrt((x * x).mean(axis=1, keepdims=True)), None

    def backward(self, dy, cache):
        return dy


class OfShares(tn.SoftmaxCrossEntropy):
    """A cross-entropy of probabilities, with passes of its own."""

    def predict(self, x):
        return x

    def forward(self, x, t, sample_weight=None):
        return tn.CrossEntropy().forward(x, t, sample_weight)

    def backward(self, y, t, sample_weight=None):
        return tn.CrossEntropy().backward(y, t, sample_weight)


class OfSquares(tn.MeanSquaredError):
    """The squared error of x², of which the author alone knows the reach."""

    def predict(self, x):
        return x * x

    def forward(self, x, t, sample_weight=None):
        L, _ = super().forward(x * x, t, sample_weight)
        return L, x * x

    def backward(self, y, t, sample_weight=None):
        return super().backward(y, t, sample_weight) * 2 * np.sqrt(y)


@pytest.mark.parametrize("last, loss, t", [
    ([Residual([tn.Dense(3), tn.Softmax()], 3)], tn.SoftmaxCrossEntropy(), LABELS),
    ([Residual([tn.Dense(3), tn.ReLU()], 3)], tn.MeanSquaredError(), -np.ones((40, 3))),
    ([OfThree()], tn.MeanSquaredError(), np.full((40, 3), 1.5)),
    ([tn.Softmax()], OfShares(), LABELS),
    ([tn.Sigmoid()], OfSquares(), np.full((40, 3), 2.0)),
], ids=lambda thing: type(thing).__name__)
def test_what_others_compute_is_not_judged(last, loss, t):
    assert warned(network(*last, loss=loss), t) == []


def test_a_network_with_a_forward_of_its_own_is_not_judged_either():
    Residual([tn.Dense(3), tn.Softmax()], 3, loss=tn.SoftmaxCrossEntropy(), rng=0)


def test_a_subclass_of_a_network_with_its_forward_is_judged():
    class Named(tn.Sequential):
        pass

    with pytest.raises(ValueError, match="layer 1, .*second time"):
        Named([tn.Dense(3), tn.Softmax()], 3, loss=tn.SoftmaxCrossEntropy(), rng=0)
    with pytest.raises(ValueError, match="layer 1, .*second time"):
        network(Named([tn.Softmax()], 3), loss=tn.SoftmaxCrossEntropy())


def test_a_class_is_not_to_be_brought_into_a_range():
    message, = warned(network(tn.Tanh(), loss=tn.SoftmaxCrossEntropy()), LABELS)
    assert message.endswith("leave Tanh() out")


def test_targets_of_weight_0_need_not_be_reached():
    t = np.r_[-1.0, np.ones(39)]
    net = network(tn.ReLU(), loss=tn.MeanSquaredError(), k=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.fit(X, t, sample_weight=np.r_[0.0, np.ones(39)], epochs=1)


@pytest.mark.parametrize("beyond, warned", [(0.5e-6, False), (1.9e-6, True)])
@pytest.mark.parametrize("side", [0, 1])
def test_a_target_may_be_beyond_the_reach_by_rounding_and_no_more(beyond, warned, side):
    net = tn.Sequential([tn.Dense(1), tn.Sigmoid()], 5, loss=tn.MeanSquaredError(), rng=0,
                        dtype=np.float64)
    t = np.full(40, 0.5)
    t[3] = 1 + beyond if side else -beyond
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net.fit(X, t, epochs=0)
    assert len(caught) == warned
