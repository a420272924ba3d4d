"""Activations: values that can be checked by hand, limits far out, and derivatives."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tinynet import (ELU, GELU, LeakyReLU, MeanSquaredError, ReLU, Sigmoid, SiLU, Softmax, Softplus,
                     Tanh)
from tinynet.layers import activations

LAYERS = [ReLU(), LeakyReLU(0.25), ELU(alpha=2.0), Sigmoid(), Tanh(), Softplus(), SiLU(), GELU(),
          Softmax()]
every_layer = pytest.mark.parametrize("layer", LAYERS, ids=repr)
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
EXACT = 1e-14   # a few roundings of float64
LOG2, LOG3 = math.log(2), math.log(3)


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (2, 3, 4, 1)])
def test_relu_is_the_maximum_with_zero_in_its_plain_form(shape):
    x = np.random.default_rng(0).normal(size=shape)
    assert np.array_equal(ReLU().forward(x)[0], np.maximum(x, 0.0))


def test_no_activation_is_missing_from_these_tests():
    assert sorted(type(layer).__name__ for layer in LAYERS) == sorted(activations.__all__)


def near(value, rel=EXACT):
    """Equal to the value up to this relative error."""
    return pytest.approx(value, rel=rel, abs=0)


def forward_and_back(layer, x, dy=None):
    x = np.asarray(x)
    y, cache = layer.forward(x)
    return y, layer.backward(np.ones_like(y) if dy is None else dy, cache)


# layer, x, y, dy/dx
BY_HAND = [
    (ReLU(), -2.0, 0.0, 0.0),
    (ReLU(), 0.0, 0.0, 0.0),
    (ReLU(), 3.0, 3.0, 1.0),
    (LeakyReLU(), -2.0, -0.02, 0.01),
    (LeakyReLU(0.1), -2.0, -0.2, 0.1),
    (LeakyReLU(0.1), 3.0, 3.0, 1.0),
    (ELU(), -LOG2, -0.5, 0.5),                              # e^-log 2 = 1/2
    (ELU(alpha=2.0), -LOG2, -1.0, 1.0),
    (ELU(alpha=2.0), 3.0, 3.0, 1.0),
    (Sigmoid(), 0.0, 0.5, 0.25),
    # 1 / (1 + 1/3) = 3/4, and 3/4 1/4 = 3/16
    (Sigmoid(), LOG3, 0.75, 0.1875),
    (Sigmoid(), -LOG3, 0.25, 0.1875),
    (Tanh(), 0.0, 0.0, 1.0),
    # (2 - 1/2) / (2 + 1/2) = 3/5, and 1 - 9/25
    (Tanh(), LOG2, 0.6, 0.64),
    (Softplus(), 0.0, LOG2, 0.5),
    (Softplus(), LOG3, math.log(4), 0.75),                  # log(1 + 3)
    (SiLU(), 0.0, 0.0, 0.5),
    (SiLU(), LOG3, 0.75 * LOG3, 0.75 + 0.1875 * LOG3),      # (x s)' = s + x s (1 - s)
    (GELU(), 0.0, 0.0, 0.5),
]


@pytest.mark.parametrize("layer, x, y, slope", BY_HAND)
def test_y_is_what_one_calculates_by_hand(layer, x, y, slope):
    assert forward_and_back(layer, [[x]])[0] == pytest.approx(y, rel=EXACT, abs=EXACT)


@pytest.mark.parametrize("layer, x, y, slope", BY_HAND)
def test_dx_is_dy_times_the_slope(layer, x, y, slope):
    dx = forward_and_back(layer, [[x]], dy=np.array([[-3.0]]))[1]
    assert dx == pytest.approx(-3 * slope, rel=EXACT, abs=EXACT)


# layer: y at -1e4, y at 1e4, slope at -1e4, slope at 1e4; for Softmax both are one row, and dy of
# ones gives dx = 0
FAR_OUT = dict(zip(LAYERS, [
    (0, 1e4, 0, 1),
    (-2500, 1e4, 0.25, 1),
    (-2, 1e4, 0, 1),
    (0, 1, 0, 0),
    (-1, 1, 0, 0),
    (0, 1e4, 0, 1),
    (0, 1e4, 0, 1),
    (0, 1e4, 0, 1),
    (0, 1, 0, 0),
], strict=True))


@both_dtypes
@every_layer
def test_far_out_y_is_its_limit_and_nothing_warns(layer, dtype):
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        y, _ = layer.forward(np.array([[-1e4, 1e4]], dtype))
    assert y.tolist() == [list(FAR_OUT[layer][:2])]


@both_dtypes
@every_layer
def test_far_out_the_slope_is_its_limit_and_nothing_warns(layer, dtype):
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        _, dx = forward_and_back(layer, np.array([[-1e4, 1e4]], dtype))
    assert dx.tolist() == [list(FAR_OUT[layer][2:])]


@pytest.mark.parametrize("make", [LeakyReLU, ELU])
def test_a_setting_of_float64_leaves_float32_as_it_is(make):
    y, dx = forward_and_back(make(np.float64(0.5)), np.array([[-1.5, 0.5]], np.float32))
    assert (y.dtype, dx.dtype) == (np.float32, np.float32)


@every_layer
def test_the_axes_before_the_last_are_rows(layer):
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    y, dx = forward_and_back(layer, x, dy=x)
    flat_y, flat_dx = forward_and_back(layer, x.reshape(-1, 5), dy=x.reshape(-1, 5))
    assert np.array_equal(y.reshape(-1, 5), flat_y) and np.array_equal(dx.reshape(-1, 5), flat_dx)


# ---- small numbers, where the plain formula would lose its digits ----

def test_elu_keeps_the_digits_of_a_small_x():
    # e^x - 1 = x + x²/2 + ...
    assert forward_and_back(ELU(), [[-1e-12]])[0] == near(-1e-12 + 0.5e-24)


def test_softplus_keeps_the_digits_where_it_is_small():
    # log(1 + e^-50) = e^-50 - e^-100 / 2
    assert forward_and_back(Softplus(), [[-50.0]])[0] == near(math.exp(-50))


def test_the_slope_of_softplus_keeps_the_digits_where_it_is_small():
    assert forward_and_back(Softplus(), [[-50.0]])[1] == near(math.exp(-50))


# ---- GELU ----

@pytest.mark.parametrize("x", [-3.0, -1.0, -0.1, 0.5, 1.0, 4.0])
def test_gelu_is_x_times_the_normal_distribution(x):
    # Φ(x) = (1 + erf(x / √2)) / 2 = erfc(-x / √2) / 2
    assert forward_and_back(GELU(), [[x]])[0] == near(x * math.erfc(-x / math.sqrt(2)) / 2)


@pytest.mark.parametrize("x", [-3.0, -1.0, -0.1, 0.5, 1.0, 4.0])
def test_the_slope_of_gelu_is_the_distribution_plus_x_times_the_density(x):
    slope = math.erfc(-x / math.sqrt(2)) / 2 + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    assert forward_and_back(GELU(), [[x]])[1] == pytest.approx(slope, rel=EXACT, abs=EXACT)


def test_gelu_brings_scipy_in_and_importing_tinynet_does_not():
    code = ("import sys, tinynet; print('scipy' in sys.modules); tinynet.GELU(); print('scipy' in "
            "sys.modules)")
    run = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2],
                         capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True"]


# ---- Softmax ----

def test_softmax_gives_shares_of_powers_of_e():
    # e^log 1 : e^log 2 : e^log 5 = 1 : 2 : 5, of 8
    y, _ = Softmax().forward(np.log([[1.0, 2.0, 5.0]]))
    np.testing.assert_allclose(y, [[0.125, 0.25, 0.625]], rtol=EXACT)


def test_softmax_passes_back_one_row_of_its_jacobian_for_each_output():
    # y = [1/8, 2/8, 5/8], dy = [1, 0, 0]: dx = y (dy - 1/8) = [7, -2, -5] / 64
    _, dx = forward_and_back(Softmax(), np.log([[1.0, 2.0, 5.0]]), dy=np.array([[1.0, 0.0, 0.0]]))
    np.testing.assert_allclose(dx, [[7 / 64, -2 / 64, -5 / 64]], rtol=EXACT)


def test_softmax_and_squared_error_have_the_gradient_of_the_full_jacobian():
    # y = [0.0900, 0.2447, 0.6652], t = [1, 0, 0], dy = 2 (y - t). With the Jacobian's diagonal
    # alone dx would be [-0.1491, 0.0905, 0.2963], and y - t is [-0.910, 0.245, 0.665]
    t = np.array([[1.0, 0.0, 0.0]])
    y, cache = Softmax().forward(np.array([[1.0, 2.0, 3.0]]))
    dx = Softmax().backward(MeanSquaredError().backward(y, t), cache)
    assert dx.round(4).tolist() == [[-0.2396, -0.0860, 0.3256]]


@both_dtypes
def test_softmax_treats_rows_of_very_different_size_each_by_itself(dtype):
    # with the maximum of the whole batch, 1e4, the second and the third row would be 0 / 0
    y, _ = Softmax().forward(np.array([[1e4, 0], [0, 0], [-1e4, -1e4]], dtype))
    assert y.tolist() == [[1, 0], [0.5, 0.5], [0.5, 0.5]]


def test_softmax_gives_a_class_that_is_ruled_out_the_probability_0():
    y, dx = forward_and_back(Softmax(), [[-math.inf, 0.0, 0.0]], dy=np.array([[5.0, 1.0, 0.0]]))
    # dx = y (dy - 1/2)
    assert y.tolist() == [[0, 0.5, 0.5]] and dx.tolist() == [[0, 0.25, -0.25]]


def test_softmax_of_images_with_one_channel_is_refused():
    with pytest.raises(ValueError, match=r"\(8, 8, 1\)"):
        Softmax().build((8, 8, 1), np.random.default_rng(0))


# ---- settings ----

@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf, True, "steep", None])
@pytest.mark.parametrize("make, name", [(LeakyReLU, "negative_slope"), (ELU, "alpha")])
def test_a_setting_that_is_not_a_number_of_at_least_0_is_refused(make, name, value):
    with pytest.raises(ValueError, match=rf"{name} is .*\[0, inf\)"):
        make(**{name: value})


def test_a_setting_is_an_attribute_of_its_name():
    assert (LeakyReLU(0.2).negative_slope, ELU(alpha=0.5).alpha) == (0.2, 0.5)


def test_elu_at_0_has_the_slope_of_the_left_side():
    # y = alpha (eˣ - 1) for x ≤ 0, with the slope alpha at 0
    y, dx = forward_and_back(ELU(alpha=2.5), [[0.0, -0.0]])
    assert y.tolist() == [[0, 0]] and dx.tolist() == [[2.5, 2.5]]


def test_leaky_relu_at_0_has_the_slope_of_the_left_side():
    y, dx = forward_and_back(LeakyReLU(0.25), [[0.0, 1.0, -1.0]])
    assert y.tolist() == [[0, 1, -0.25]] and dx.tolist() == [[0.25, 1, 0.25]]
