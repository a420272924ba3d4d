"""Initializers: variances and limits by their published formulas."""

import math

import numpy as np
import pytest

from tinynet import (glorot_normal, glorot_uniform, he_normal, he_uniform, lecun_normal,
                     lecun_uniform, zeros)

VARIANCES = {
    lecun_uniform: lambda n_in, n_out: 1 / n_in,
    lecun_normal: lambda n_in, n_out: 1 / n_in,
    glorot_uniform: lambda n_in, n_out: 2 / (n_in + n_out),
    glorot_normal: lambda n_in, n_out: 2 / (n_in + n_out),
    he_uniform: lambda n_in, n_out: 2 / n_in,
    he_normal: lambda n_in, n_out: 2 / n_in,
}
LIMITS = {
    lecun_uniform: lambda n_in, n_out: math.sqrt(3 / n_in),
    glorot_uniform: lambda n_in, n_out: math.sqrt(6 / (n_in + n_out)),
    he_uniform: lambda n_in, n_out: math.sqrt(6 / n_in),
}
# (shape, n_in, n_out): a kernel of 3 by 5 with 20 channels sees 3 5 20 = 300 inputs, and each input
# reaches 3 5 40 = 600 outputs
FANS = [((200, 300), 200, 300), ((3, 5, 20, 40), 300, 600)]

every_shape = pytest.mark.parametrize("shape, n_in, n_out", FANS)
every_draw = pytest.mark.parametrize("init", VARIANCES, ids=lambda init: init.__name__)
every_uniform = pytest.mark.parametrize("init", LIMITS, ids=lambda init: init.__name__)


@every_shape
@every_draw
def test_the_variance_is_that_of_the_formula(init, shape, n_in, n_out):
    W = init(shape, np.random.default_rng(0))
    variance = VARIANCES[init](n_in, n_out)
    # the mean square of N normal numbers has the relative standard deviation √(2/N), of uniform
    # ones less; 4 of them are allowed
    assert abs(np.mean(W ** 2) / variance - 1) < 4 * math.sqrt(2 / W.size)


@every_shape
@every_draw
def test_the_mean_is_zero(init, shape, n_in, n_out):
    W = init(shape, np.random.default_rng(1))
    assert abs(W.mean()) < 4 * math.sqrt(VARIANCES[init](n_in, n_out) / W.size)


@every_shape
@every_uniform
def test_uniform_draws_stay_within_the_limit(init, shape, n_in, n_out):
    assert np.abs(init(shape, np.random.default_rng(2))).max() <= LIMITS[init](n_in, n_out)


@every_shape
@every_uniform
def test_uniform_draws_come_near_the_limit(init, shape, n_in, n_out):
    # of 12,000 draws none in the outer hundredth: 0.99^12000 = 1e-53
    assert np.abs(init(shape, np.random.default_rng(3))).max() > 0.99 * LIMITS[init](n_in, n_out)


@pytest.mark.parametrize("init", [lecun_normal, glorot_normal, he_normal],
                         ids=lambda init: init.__name__)
def test_normal_draws_go_beyond_two_standard_deviations_in_a_share_of_0_0455(init):
    W = init((200, 300), np.random.default_rng(4))
    share = np.mean(np.abs(W) > 2 * math.sqrt(VARIANCES[init](200, 300)))
    assert abs(share - 0.0455) < 4 * math.sqrt(0.0455 * 0.9545 / W.size)


@every_draw
def test_the_same_rng_draws_the_same_numbers(init):
    assert np.array_equal(init((4, 5), np.random.default_rng(5)),
                          init((4, 5), np.random.default_rng(5)))


@every_draw
def test_one_rng_draws_other_numbers_each_time(init):
    rng = np.random.default_rng(6)
    assert not np.array_equal(init((4, 5), rng), init((4, 5), rng))


@every_draw
def test_numpys_global_random_state_is_left_alone(init):
    before = np.random.get_state()[1].copy()
    init((4, 5), np.random.default_rng(7))
    assert np.array_equal(np.random.get_state()[1], before)


@every_draw
@pytest.mark.parametrize("shape", [(4, 5), (2, 3, 4, 5)])
def test_the_array_has_the_shape_asked_for(init, shape):
    assert init(shape, np.random.default_rng(8)).shape == shape


@every_draw
def test_a_shape_of_one_axis_is_refused(init):
    with pytest.raises(ValueError, match=r"\(5,\)"):
        init((5,), np.random.default_rng(9))


@pytest.mark.parametrize("shape", [(5,), (4, 5), (2, 3, 4, 5)])
def test_zeros_are_zeros_of_any_shape(shape):
    b = zeros(shape)
    assert b.shape == shape and not b.any()


def test_zeros_draw_nothing():
    rng = np.random.default_rng(10)
    before = rng.bit_generator.state
    zeros((4, 5), rng)
    assert rng.bit_generator.state == before
