"""BatchNorm and LayerNorm: against formulas written out by hand."""

import numpy as np
import pytest

import tinynet as tn

# Three rows of one channel, x = [1, 2, 6]: mean 3, x - mean = [-2, -1, 3],
# var = (4 + 1 + 9) / 3 = 14/3. With eps = 1/3, s = √5.
# With gamma = 2 and beta = 1, y = 1 + 2 [-2, -1, 3] / √5.
# With dy = [1, 0, 0], dx̂ = [2, 0, 0], its mean is 2/3,
# and the mean of dx̂ x̂ is 2 (-2/√5) / 3 = -4 / (3 √5), so
# dx = ([2, 0, 0] - 2/3 + x̂ 4 / (3 √5)) / √5 = ([2, 0, 0] - 2/3 + [-2, -1, 3] 4 / 15) / √5
X, Y = np.array([1.0, 2.0, 6.0]), 1 + 2 * np.array([-2, -1, 3]) / np.sqrt(5)
DY = np.array([1.0, 0.0, 0.0])
DX = (np.array([2, 0, 0]) - 2 / 3 + np.array([-2, -1, 3]) * 4 / 15) / np.sqrt(5)


def near(expected):
    return pytest.approx(expected, rel=1e-14, abs=1e-15)


def built(layer, *shape):
    layer.build(shape, np.random.default_rng(0))
    layer.gamma, layer.beta = 2 * np.ones(shape[-1]), np.ones(shape[-1])
    return layer


def test_batch_norm_of_three_rows_by_hand():
    layer = built(tn.BatchNorm(eps=1 / 3), 1)
    y, cache = layer.forward(X[:, None], training=True)
    assert y[:, 0] == near(Y)
    assert layer.backward(DY[:, None], cache)[:, 0] == near(DX)
    assert layer.dgamma == near([-2 / np.sqrt(5)]) and layer.dbeta == near([1])


def test_layer_norm_of_three_numbers_by_hand():
    layer = built(tn.LayerNorm(eps=1 / 3), 3)
    y, cache = layer.forward(X[None])
    assert y[0] == near(Y)
    assert layer.backward(DY[None], cache)[0] == near(DX)
    assert layer.dgamma == near([-2 / np.sqrt(5), 0, 0]) and layer.dbeta == near([1, 0, 0])


def test_running_statistics_move_towards_the_batchs_mean_and_unbiased_variance():
    # mean 3, unbiased variance (4 + 1 + 9) / 2 = 7; from 0 and 1 on, with momentum 0.9: 0.3, and
    # 0.9 + 0.7 = 1.6
    layer = built(tn.BatchNorm(momentum=0.9), 1)
    layer.forward(X[:, None], training=True)
    assert layer.running_mean == near([0.3]) and layer.running_var == near([1.6])


def test_inference_takes_the_running_statistics_and_leaves_them():
    # (x - 1) / √(3.75 + 0.25) 2 + 1 = x
    layer = built(tn.BatchNorm(eps=0.25), 1)
    layer.running_mean, layer.running_var = [1.0], [3.75]
    y, cache = layer.forward(X[:, None])
    assert y[:, 0] == near(X)
    assert layer.backward(DY[:, None], cache)[:, 0] == near(DY)
    assert layer.running_mean == [1.0] and layer.running_var == [3.75]


def test_a_batch_of_one_row_gives_beta_has_no_gradient_and_leaves_the_running_statistics():
    layer = built(tn.BatchNorm(), 3)
    y, cache = layer.forward(X[None], training=True)
    assert y[0] == near([1, 1, 1])
    assert layer.backward(DY[None], cache)[0] == near([0, 0, 0])
    assert layer.running_mean == near([0, 0, 0]) and layer.running_var == near([1, 1, 1])


def test_batch_norm_of_an_image_takes_the_statistics_of_each_channel_over_rows_and_places():
    x = np.random.default_rng(0).normal(2, 3, (4, 5, 6, 2))
    image, rows = built(tn.BatchNorm(), 5, 6, 2), built(tn.BatchNorm(), 2)
    y, cache = image.forward(x, training=True)
    y_rows, cache_rows = rows.forward(x.reshape(-1, 2), training=True)
    np.testing.assert_allclose(y.reshape(-1, 2), y_rows, rtol=1e-12, atol=1e-12)
    dx, dx_rows = image.backward(x, cache), rows.backward(x.reshape(-1, 2), cache_rows)
    np.testing.assert_allclose(dx.reshape(-1, 2), dx_rows, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(image.running_var, rows.running_var, rtol=1e-12)


def test_layer_norm_of_an_image_takes_the_statistics_of_each_place():
    y, _ = tn.Sequential([tn.LayerNorm(eps=1e-12)], (5, 6, 4), dtype=np.float64).forward(
        np.random.default_rng(0).normal(2, 3, (3, 5, 6, 4)))
    np.testing.assert_allclose(y.mean(axis=-1), 0, atol=1e-12)
    np.testing.assert_allclose(y.std(axis=-1), 1, rtol=1e-9)


def test_the_running_statistics_are_the_networks_state():
    net = tn.Sequential([tn.Dense(3), tn.BatchNorm()], 2, loss=tn.MeanSquaredError(), rng=0)
    layer = net.layers[1]
    running_mean = layer.running_mean
    net.fit(np.arange(8).reshape(4, 2), np.ones((4, 3)), epochs=1)
    assert layer.running_mean is running_mean and np.shares_memory(running_mean, net.state)
    assert net.state.size == 6 and running_mean.any()


@pytest.mark.parametrize("layers, shape, batch_size, rows", [
    ([tn.Dense(3), tn.BatchNorm(), tn.Dense(2)], (2,), 1, 6),
    ([tn.Dense(3), tn.BatchNorm(), tn.Dense(2)], (2,), 32, 1),
    ([tn.Dense(3), tn.Sequential([tn.BatchNorm()], 3), tn.Dense(2)], (2,), 1, 6),
    ([tn.Flatten(), tn.Reshape((1, 1, 2)), tn.BatchNorm(), tn.Flatten(), tn.Dense(2)], (2,), 1, 6),
], ids=["batches of one row", "one row", "in a network inside", "one pixel"])
def test_a_training_with_one_value_in_each_mean_is_refused(layers, shape, batch_size, rows):
    net = tn.Sequential(layers, shape, loss=tn.SoftmaxCrossEntropy(), rng=0)
    before = net.params.tobytes()
    x = np.random.default_rng(0).normal(size=(rows, *shape))
    with pytest.raises(ValueError, match=r"BatchNorm\(\).*batch_size.*LayerNorm\(\)"):
        net.fit(x, np.arange(rows) % 2, batch_size=batch_size)
    assert net.params.tobytes() == before and len(net.history) == 0


def test_rows_of_weight_0_are_no_values_of_a_mean():
    net = tn.Sequential([tn.BatchNorm(), tn.Dense(2)], 2, loss=tn.SoftmaxCrossEntropy(), rng=0)
    with pytest.raises(ValueError, match="batches of 1 row"):
        net.fit(np.ones((4, 2)), [0, 1, 0, 1], sample_weight=[0, 0, 1, 0])


def test_a_single_batch_of_one_row_leaves_the_statistics_alone():
    # 5 rows in batches of 4: the last batch has one
    net = tn.Sequential([tn.BatchNorm(), tn.Dense(2)], 2, loss=tn.SoftmaxCrossEntropy(), rng=0)
    x = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    net.fit(x, [0, 1, 0, 1, 1], batch_size=4, shuffle=False, epochs=1)
    np.testing.assert_allclose(net.layers[0].running_mean, 0.1 * x[:4].mean(axis=0), rtol=1e-5)


@pytest.mark.parametrize("layers, shape, batch_size", [
    ([tn.BatchNorm(), tn.Flatten(), tn.Dense(2)], (2, 2, 1), 1),   # four pixels in each mean
    ([tn.BatchNorm(), tn.Dense(2)], (2,), 2),
], ids=["pixels", "two rows"])
def test_more_than_one_value_in_a_mean_is_accepted(layers, shape, batch_size):
    net = tn.Sequential(layers, shape, loss=tn.SoftmaxCrossEntropy(), rng=0)
    net.fit(np.random.default_rng(0).normal(size=(5, *shape)), [0, 1, 0, 1, 1], epochs=1,
            batch_size=batch_size)


def test_a_frozen_batch_norm_takes_batches_of_one_row():
    net = tn.Sequential([tn.BatchNorm(), tn.Dense(2)], 2, loss=tn.SoftmaxCrossEntropy(), rng=0)
    net.layers[0].trainable = False
    net.fit(np.eye(2), [0, 1], epochs=1, batch_size=1)


def test_gamma_and_beta_do_not_decay():
    assert tn.Sequential([tn.BatchNorm(), tn.LayerNorm()], 2).decays.tolist() == [0] * 8


def test_layer_norm_of_one_number_is_refused():
    with pytest.raises(ValueError, match=r"layer 0, LayerNorm\(\),.* \(1,\)"):
        tn.Sequential([tn.LayerNorm()], 1)
