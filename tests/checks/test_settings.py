"""Settings: how they are checked, and how what is made with them prints."""

import math
from fractions import Fraction

import numpy as np
import pytest

from tinynet.checks.settings import (Configured, as_choice, as_flag, as_generator,
                                     as_initializer, as_real, as_whole)


def double(x):
    return 2 * x


class Thing(Configured):
    def __init__(self, size, init=double, rate=0.5, kind="plain"):
        self.size, self.init, self.rate, self.kind = size, init, rate, kind


class Plain(Configured):
    pass


class Keyed(Configured):
    def __init__(self, *sizes, hidden=3, **rest):
        self.sizes, self.rest = sizes, rest


# ---- repr ----

@pytest.mark.parametrize("thing, text", [
    (Thing(3), "Thing(3)"),
    (Thing(3, rate=0.25), "Thing(3, rate=0.25)"),
    (Thing(3, double, 0.5, "plain"), "Thing(3)"),
    (Thing((3, 4), init=round, kind="fancy"), "Thing((3, 4), init=round, kind='fancy')"),
    (Thing(Plain(), rate=None), "Thing(Plain(), rate=None)"),
    (Thing(3, rate=np.zeros((2, 5))), "Thing(3, rate=<array of shape (2, 5)>)"),
    (Plain(), "Plain()"),
    (Keyed(1, 2, other=5), "Keyed()"),
], ids=str)
def test_it_prints_as_the_call_that_makes_it_without_the_defaults(thing, text):
    assert repr(thing) == text


def test_what_was_changed_later_is_printed_too():
    thing = Thing(3)
    thing.rate = 0.125
    assert repr(thing) == "Thing(3, rate=0.125)"


# ---- as_real ----

@pytest.mark.parametrize("value",
                         [0, 0.5, -0.0, np.float64(0.5), np.float32(0.25), np.int64(0),
                          Fraction(1, 2)])
def test_a_real_number_in_the_interval_becomes_a_python_float_of_the_same_value(value):
    number = as_real("rate", value, "[0, 1)")
    assert number == value and type(number) is float


@pytest.mark.parametrize("value, interval",
                         [(0, "[0, 1]"), (1, "[0, 1]"), (0, "[0, 1)"), (1, "(0, 1]"),
                          (1e300, "[0, inf)"),
                          (-5, "(-inf, 0]")])
def test_a_bracket_takes_the_bound_in(value, interval):
    assert as_real("rate", value, interval) == value


@pytest.mark.parametrize("value, interval",
                         [(0, "(0, 1]"), (1, "[0, 1)"), (0, "(0, inf)"), (-1e-9, "[0, 1]"),
                          (1.1, "[0, 1]")])
def test_a_parenthesis_leaves_the_bound_out(value, interval):
    with pytest.raises(ValueError, match="rate is .*; it must be a number in"):
        as_real("rate", value, interval)


@pytest.mark.parametrize("value",
                         [math.nan, math.inf, -math.inf, True, np.True_, "0.5", None, [0.5],
                          np.array([0.5]), 0.5j],
                         ids=str)
def test_what_is_not_a_finite_number_is_refused_by_its_name(value):
    with pytest.raises(ValueError, match=r"rate is .*; it must be a number in \[0, inf\)"):
        as_real("rate", value, "[0, inf)")


def test_the_message_says_what_came_and_what_was_expected():
    with pytest.raises(ValueError) as error:
        as_real("rate", "fast", "[0, 1)")
    assert str(error.value) == "rate is 'fast'; it must be a number in [0, 1)"


# ---- as_whole ----

@pytest.mark.parametrize("value", [1, 7, np.int8(3), np.uint64(9)])
def test_a_whole_number_becomes_a_python_int_of_the_same_value(value):
    number = as_whole("units", value, at_least=1)
    assert number == value and type(number) is int


@pytest.mark.parametrize("value", [0, -1, 1.0, 2.5, True, math.nan, "3", None, np.float64(3)],
                         ids=repr)
def test_what_is_not_a_whole_number_of_at_least_so_much_is_refused_by_its_name(value):
    with pytest.raises(ValueError, match="units is .*; it must be a whole number of at least 1"):
        as_whole("units", value, at_least=1)


# ---- as_choice and as_initializer ----

def test_a_choice_is_itself():
    assert as_choice("padding", "same", ("valid", "same")) == "same"


@pytest.mark.parametrize("value", ["full", "", None, 1, ["same"], "SAME"], ids=repr)
def test_what_is_not_a_choice_is_refused_with_the_choices(value):
    with pytest.raises(ValueError, match="padding is .*; it must be one of 'valid', 'same'"):
        as_choice("padding", value, ("valid", "same"))


def test_a_function_is_itself():
    assert as_initializer(double) is double


@pytest.mark.parametrize("value, hint", [
    ("relu", ", not the name of one; an activation is a layer of its own, such as ReLU"),
    (None, "$"),
    (3, "; how many inputs there are follows from what comes before"), (double.__class__, "$"),
], ids=repr)
def test_what_is_no_function_is_refused_with_an_example_and_a_hint(value, hint):
    message = "init is .*; it must be a function, such as glorot_uniform"
    with pytest.raises(ValueError, match=message + hint):
        as_initializer(value)


@pytest.mark.parametrize("value",
                         [np.longdouble(1) - np.finfo(np.longdouble).eps,
                          Fraction(10**30 - 1, 10**30)], ids=str)
def test_a_number_that_is_1_as_a_float_is_not_below_1(value):
    with pytest.raises(ValueError, match=r"it must be a number in \[0, 1\)"):
        as_real("rate", value, "[0, 1)")


def test_a_whole_number_that_is_no_float_is_refused():
    with pytest.raises(ValueError, match=r"it must be a number in \[0, inf\)"):
        as_real("alpha", 10**400, "[0, inf)")


@pytest.mark.parametrize("value", [True, np.True_])
def test_a_flag_becomes_a_python_bool(value):
    assert as_flag("shuffle", value) is True


@pytest.mark.parametrize("value", [1, "yes", None, np.array([True])], ids=repr)
def test_what_is_not_true_or_false_is_refused(value):
    with pytest.raises(ValueError, match="shuffle is .*; it must be True or False"):
        as_flag("shuffle", value)


def test_a_random_state_seeds_a_stream_that_can_spawn_others():
    first, second = (as_generator(np.random.RandomState(3)).spawn(1)[0].random() for _ in range(2))
    assert first == second != as_generator(np.random.RandomState(4)).spawn(1)[0].random()
