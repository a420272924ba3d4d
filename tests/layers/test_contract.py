"""The contract of a layer: which of its methods a network uses."""

import numpy as np
import pytest

import tinynet as tn

RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(12, 8)), RNG.integers(0, 3, 12)


class Stuck:
    """Its gradients are zeros, whatever comes."""

    def backward(self, dy, cache):
        dx = super().backward(dy, cache)
        for name in self.param_names:
            setattr(self, "d" + name, 0 * getattr(self, name))
        return dx


class StuckDense(Stuck, tn.Dense):
    pass


class StuckConv(Stuck, tn.Conv2D):
    pass


class StuckNetwork(Stuck, tn.Sequential):
    def backward(self, dy, caches):
        dx = tn.Sequential.backward(self, dy, caches)
        self.grads = 0 * self.grads
        return dx


class Directly(tn.Dense):
    def backward(self, dy, x):
        self.dW, self.db = 0 * self.W, 0 * self.b
        return dy @ self.W.T


class Inherited(Directly):
    pass


def train(*first):
    net = tn.Sequential([*first, tn.Flatten(), tn.Dense(3)], 8, loss=tn.SoftmaxCrossEntropy(),
                        rng=0)
    before = net.params.copy()
    net.fit(X, LABELS, epochs=1, optimizer=tn.SGD(0.1))
    moved = net.params != before
    return [bool(moved[part].any()) for _, part in net._slices()]


@pytest.mark.parametrize("layers, moved", [
    ([StuckDense(4)], [False, True]), ([Directly(4)], [False, True]),
    ([Inherited(4)], [False, True]), ([tn.Dense(4)], [True, True]),
    ([tn.Reshape((2, 4, 1)), StuckConv(2, 2)], [False, True]),
    ([StuckNetwork([tn.Dense(4)], 8)], [False, True]),
    ([tn.Sequential([Directly(4)], 8)], [False, True]),
    ([tn.Dense(4), Directly(4)], [True, False, True]),
], ids=repr)
def test_a_backward_of_ones_own_is_used_wherever_the_layer_stands(layers, moved):
    assert train(*layers) == moved


def test_a_backward_params_that_says_otherwise_than_backward_is_refused():
    class Quick(Directly):
        def backward_params(self, dy, x):
            self.dW, self.db = np.ones_like(self.W), np.ones_like(self.b)

    class Quicker(Quick):
        pass

    for cls in Quick, Quicker:
        with pytest.raises(ValueError, match="layer 0, .* dW"):  # the two ways back disagree
            tn.Sequential([cls(4)], 8)


def test_a_network_of_ones_own_whose_backward_is_its_own_is_trained_with_it():
    class Halved(tn.Sequential):
        def backward(self, dy, caches):
            return super().backward(dy / 2, caches)

    nets = [cls([tn.Dense(4), tn.Tanh(), tn.Dense(3)], 8, loss=tn.SoftmaxCrossEntropy(), rng=0,
                dtype=np.float64) for cls in (tn.Sequential, Halved)]
    for net in nets:
        net.gradient(X, LABELS)
    np.testing.assert_array_equal(nets[0].grads / 2, nets[1].grads)


@pytest.mark.parametrize("layer, shape", [(tn.Dense(3), (4,)), (tn.Conv2D(2, 3), (5, 5, 1)),
                                          (tn.BatchNorm(), (4,)), (tn.LayerNorm(), (4,))],
                         ids=repr)
def test_gradients_begin_as_zeros(layer, shape):
    layer.build(shape, np.random.default_rng(0))
    for name in layer.param_names:
        gradient = getattr(layer, "d" + name)
        assert gradient.shape == getattr(layer, name).shape and not gradient.any()


def test_numbers_of_another_kind_are_not_assigned():
    layer = tn.Dense(2)
    layer.build((2,), np.random.default_rng(0))
    with pytest.raises(TypeError, match="complex"):
        layer.W = 1j * np.ones((2, 2))


@pytest.mark.parametrize("rows, moves", [(1, False), (2, True), (3, True)])
def test_running_statistics_move_where_a_mean_has_two_values_or_more(rows, moves):
    layer = tn.BatchNorm()
    layer.build((2,), np.random.default_rng(0))
    layer.forward(np.arange(2.0 * rows).reshape(rows, 2) + 5, training=True)
    assert layer.running_mean.any() == moves


def test_a_gradient_of_another_shape_is_answered_with_the_sum_over_the_rows():
    layer = tn.Dense(2)
    layer.build((3,), np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"db of Dense\(2\) has shape \(2,\); .* \(5, 2\) cannot "
                       r"be assigned to it; sum over the rows alone, .sum\(axis=0\)"):
        layer.db = np.ones((5, 2))
    with pytest.raises(ValueError, match=r"cannot be assigned to it$"):
        layer.b = np.ones(3)


def test_the_transpose_of_a_gradient_is_said_to_be_one():
    layer = tn.Dense(3)
    layer.build((2,), np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"cannot be assigned to it; it is the transpose"):
        layer.dW = np.ones((3, 2))
