"""Numerical derivatives, against derivatives that are known."""

import numpy as np
import pytest

from tinynet.study.derivatives import central_difference, complex_step, find_slopes

both = pytest.mark.parametrize("derivative", [central_difference, complex_step])
# central_difference promises h⁴/30 times the fifth derivative, 3e-16 of it, and from rounding
# 1e-16 / h = 3e-13 times |f|, where |f| is at most 30 below; complex_step is as exact as f itself
TOLERANCE = {central_difference: 1e-11, complex_step: 1e-15}

# f, x, the derivative
KNOWN = {
    "cube": (lambda x: (x ** 3).sum(), [1.0, 2.0, -1.5], [3.0, 12.0, 6.75]),
    "constant": (lambda x: 7.0, [1.0, 2.0], [0.0, 0.0]),
    "product": (lambda x: x[0] * x[1] * x[2], [2.0, 3.0, 5.0], [15.0, 10.0, 6.0]),
    "exp": (lambda x: np.exp(x).sum(), [0.0, np.log(2), -1.0], [1.0, 2.0, np.exp(-1)]),
    "log": (lambda x: np.log(x).sum(), [0.5, 1.0, 4.0], [2.0, 1.0, 0.25]),
    "sin": (lambda x: np.sin(x).sum(), [0.0, np.pi / 3], [1.0, 0.5]),
    "tanh": (lambda x: np.tanh(x).sum(), [0.0, np.log(2)], [1.0, 0.64]),
}


def near(value, rel):
    """Equal to the value up to this relative error."""
    return pytest.approx(value, rel=rel, abs=0)


@both
@pytest.mark.parametrize("f, x, expected", KNOWN.values(), ids=KNOWN)
def test_the_derivative_is_the_known_one(derivative, f, x, expected):
    tolerance = TOLERANCE[derivative]
    np.testing.assert_allclose(derivative(f, np.array(x)), expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("power", [1, 2, 3, 4])
def test_central_difference_makes_only_rounding_errors_up_to_the_fourth_power(power):
    # with steps of 1/4 there is no rounding either: all these numbers are sums of powers of 2
    assert central_difference(lambda x: 3 * x[0] ** power, np.array([1.0]),
                              h=0.25) == near(3 * power, rel=1e-15)


def test_central_difference_is_off_by_h4_over_30_times_the_fifth_derivative():
    # x⁵ at 0 has the derivative 0; (8 (h⁵ + h⁵) - (32 h⁵ + 32 h⁵)) / 12 h = -4 h⁴ = -h⁴/30 5!
    assert central_difference(lambda x: x[0] ** 5, np.array([0.0]), h=0.5) == near(
        -4 * 0.5 ** 4, rel=1e-15)


def test_complex_step_keeps_its_digits_beside_a_large_constant():
    # 1e10 + x: a difference of values of f has no more than 6 digits left
    assert complex_step(lambda x: 1e10 + x[0] ** 2, np.array([3.0])) == near(6.0, rel=1e-15)


@both
@pytest.mark.parametrize("shape", [(), (1,), (4,), (2, 3), (2, 1, 3, 2)])
def test_x_may_have_any_shape(derivative, shape):
    x = np.random.default_rng(0).normal(size=shape)
    dx = derivative(lambda x: (x * x).sum(), x)
    assert dx.shape == shape
    np.testing.assert_allclose(dx, 2 * x, rtol=TOLERANCE[derivative], atol=TOLERANCE[derivative])


@both
def test_x_is_left_as_it_is(derivative):
    x = np.array([1.0, 2.0])
    x.flags.writeable = False
    derivative(lambda x: (x ** 2).sum(), x)
    assert x.tolist() == [1, 2]


@both
def test_a_function_that_writes_into_its_argument_does_not_spoil_the_result(derivative):
    def f(x):
        x *= 2
        return x.sum()
    assert derivative(f, np.array([1.0, 2.0])) == near([2.0, 2.0], rel=TOLERANCE[derivative])


@both
def test_whole_numbers_are_taken_as_float64(derivative):
    assert derivative(lambda x: (x ** 2).sum(), [1, 2]) == near([2.0, 4.0],
                                                                rel=TOLERANCE[derivative])


# ---- slopes whose error is known ----

# f, its derivative, numbers
SMOOTH = {
    "exp": (np.exp, np.exp, [-3.0, 0.0, 2.0]),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2, [-3.0, 0.0, 0.3]),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x), [1e-3, 1.0, 100.0]),
    "steep": (lambda x: np.tanh(300 * x), lambda x: 300 / np.cosh(300 * x) ** 2, [0.0, 0.003]),
    "constant": (lambda x: 0 * x + 7, lambda x: 0 * x, [1.0]),
    "beside a large number": (lambda x: 1e6 + x ** 2, lambda x: 2 * x, [3.0]),
    "near a kink": (np.abs, np.sign, [1e-2, -3e-4, 1e-5, 7e-6, -1e-7]),
    "near a jump": (np.floor, lambda x: 0 * x, [0.999, 1.0001]),
}


@pytest.mark.parametrize("f, slope, x", SMOOTH.values(), ids=SMOOTH)
def test_the_slope_is_right_within_its_error_and_the_error_is_small(f, slope, x):
    x = np.array(x)
    for numbers in x, *x[:, None]:  # together, and each by itself
        with np.errstate(invalid="ignore"):
            slopes = find_slopes(lambda s: f(numbers + s))
        assert (np.abs(slopes.value - slope(numbers)) <= slopes.error).all()
        assert (slopes.error <= 1e-6 * (1 + np.abs(f(numbers)))).all()
        assert (slopes.low == slopes.value).all() and (slopes.high == slopes.value).all()
        assert not slopes.jumps.any()


def test_at_a_kink_both_slopes_are_known():
    x, u = np.array([0.0, 0.0, 1.0]), np.array([1.0, -2.0, 1.0])
    for f, low, high in [(np.abs, [-1, -2, 1], [1, 2, 1]),
                         (lambda x: np.maximum(x, 0), [0, -2, 1], [1, 0, 1]),
                         (lambda x: x * (np.where(x > 0, 3, 5) + x), [3, -10, 5], [5, -6, 5])]:
        slopes = find_slopes(lambda s: f(x + s * u))
        assert (np.abs(slopes.low - low) <= slopes.error).all()
        assert (np.abs(slopes.high - high) <= slopes.error).all()
        assert (slopes.error < 1e-4).all()


def test_a_jump_is_seen():
    x = np.array([0.0, 0.5, 1.0])
    assert find_slopes(lambda s: np.floor(x + s)).jumps.tolist() == [True, False, True]
    assert find_slopes(lambda s: np.sign(x - s)).jumps.tolist() == [True, False, False]


def test_a_smooth_function_takes_few_values():
    calls = []
    find_slopes(lambda s: calls.append(s) or np.exp(np.array([s])))
    assert len(calls) <= 11


def test_where_f_is_not_finite_nothing_is_known():
    with np.errstate(all="ignore"):
        slopes = find_slopes(lambda s: np.log(np.array([s, 1 + s])))
    assert slopes.error[0] == np.inf and slopes.error[1] < 1e-9
