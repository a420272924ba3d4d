"""Dropout: what it leaves out, how it scales, and where it draws from."""

import numpy as np
import pytest

import tinynet as tn


def built(rate, seed=0):
    layer = tn.Dropout(rate)
    layer.build((1000,), np.random.default_rng(seed))
    return layer


def test_inference_is_the_identity():
    x = np.random.default_rng(0).normal(size=(3, 1000))
    layer = built(0.5)
    y, keep = layer.forward(x)
    assert y is x
    np.testing.assert_array_equal(layer.backward(x, keep), x)


def test_units_are_left_out_with_the_rate_and_the_rest_is_scaled_so_that_the_mean_stays():
    y, _ = built(0.2).forward(np.ones((100, 1000)), training=True)
    assert set(np.unique(y)) == {0, 1 / 0.8}
    assert abs((y == 0).mean() - 0.2) < 5 * np.sqrt(0.2 * 0.8 / 1e5)  # five standard deviations


def test_every_batch_and_every_row_is_drawn_anew_and_the_same_seed_draws_the_same():
    first, second = built(0.5), built(0.5)
    x = np.ones((2, 1000))
    y, _ = first.forward(x, True)
    assert (y[0] != y[1]).any() and (first.forward(x, True)[0] != y).any()
    np.testing.assert_array_equal(second.forward(x, True)[0], y)


def test_a_dropout_does_not_change_the_initial_weights_of_other_layers():
    plain = tn.Sequential([tn.Dense(5), tn.Dense(3)], 4, rng=0)
    dropped = tn.Sequential([tn.Dropout(0.5), tn.Dense(5), tn.Dropout(0.5), tn.Dense(3)], 4, rng=0)
    np.testing.assert_array_equal(plain.params, dropped.params)


def test_two_dropouts_of_a_network_draw_different_units():
    net = tn.Sequential([tn.Dropout(0.5), tn.Dropout(0.5)], 1000, rng=0)
    kept = [layer.forward(np.ones((1, 1000)), True)[0] != 0 for layer in net.layers]
    assert (kept[0] != kept[1]).any()


@pytest.mark.parametrize("rate", [1, 1.0, -0.1, float("nan"), "half", True])
def test_a_rate_outside_0_to_1_is_refused(rate):
    with pytest.raises(ValueError, match=r"rate is .*\[0, 1\)"):
        tn.Dropout(rate)
