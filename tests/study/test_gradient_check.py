"""check: it names mistakes, and is silent on what is right."""

import copy
import pickle
import re
import threading
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import tinynet as tn
from cases import LAYERS, LOSSES, OWN_LAYERS, Residual
from mistaken import TABLE, Brier, DenseTanh, Lookup, Skip
from tinynet.study import check
from tinynet.study.mistakes import MISTAKES

LAWS = {"accumulates", "writes-argument", "uses-changed-weights", "forgets-cache", "float32"}


class Tanh(tn.Layer):
    """A right layer to make wrong ones of."""

    def forward(self, x, training=False):
        y = np.tanh(x)
        return y, y

    def backward(self, dy, y):
        return dy * (1 - y * y)


def broken(name, method):
    return type("Broken", (Tanh,), {name: method})()


def function(f, slope):
    """A layer of a function of each number, with what is taken for its slope."""
    def forward(self, x, training=False):
        return f(x), x

    def backward(self, dy, x):
        return dy * slope(x)

    layer = type("Function", (tn.Layer,), {"forward": forward, "backward": backward})()
    layer.f = f
    return layer


def only(report):
    """The only finding."""
    finding, = report.findings
    return finding


# ---- mistakes ----

def test_there_are_two_mistakes_or_more_for_each_name():
    counts = Counter(case.mistake for case in TABLE)
    assert counts.keys() == {known.slug for known in MISTAKES} - {"unknown"} | LAWS
    assert min(counts.values()) >= 2


@pytest.mark.parametrize("case", [
    case if i % 2 == 0 else pytest.param(case, marks=pytest.mark.long)
    for i, case in enumerate(TABLE)], ids=str)
def test_a_mistake_is_named(case):
    finding = only(check(case.make_wrong(), input_shape=case.shape))
    assert (finding.mistake, finding.array) == (case.mistake, case.array)


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_what_is_right_goes_unsaid(case):
    assert check(case.make_right(), input_shape=case.shape).ok


@pytest.mark.long
@pytest.mark.parametrize("case", [case for case in TABLE if issubclass(case.right, tn.Layer)
                                  and len(case.shape) == 1 and case.right not in (Lookup, Skip)
                                  and case.mistake != "float32"], ids=str)
def test_a_mistake_is_named_in_a_network_with_the_number_of_its_layer(case):
    try:
        net = tn.Sequential([tn.Dense(case.shape[0]), case.make_wrong(), tn.Dense(2)], 4,
                            loss=tn.SoftmaxCrossEntropy(), rng=0)
    except ValueError as refused:
        assert "tn.study.check says more" in str(refused) or "read-only" in str(refused)
        return
    for layer in net.layers[1:2]:  # those that are drawn as zeros and ones hide nothing
        for name in layer.param_names:
            array = getattr(layer, name)
            array += np.linspace(0.1, 0.4, array.size).reshape(array.shape)
    finding = only(check(net))
    assert (finding.mistake, finding.array) == (case.mistake, f"1.{case.array}")


def test_a_finding_has_the_numbers_their_place_and_the_line_of_the_method():
    class Square(tn.Layer):
        def forward(self, x, training=False):
            return x * x, x

        def backward(self, dy, x):
            return dy * x

    finding = only(check(Square()))
    assert finding.found == pytest.approx(finding.expected / 2, rel=1e-9)
    assert len(finding.place) == 2
    assert finding.where == f"{__file__}:{Square.backward.__code__.co_firstlineno}"


@pytest.mark.long
@pytest.mark.parametrize("constant", [-1e9, -1e30])
def test_a_large_constant_in_y_hides_no_mistake(constant):
    class Masked(tn.Layer):
        factor = 1.0

        def forward(self, x, training=False):
            y = x.copy()
            y[:, 0] = constant
            return y, None

        def backward(self, dy, cache):
            dx = self.factor * dy
            dx[:, 0] = 0
            return dx

    class Wrong(Masked):
        factor = 1.01

    for layer, is_right in (Masked(), True), (Wrong(), False):
        net = tn.Sequential([tn.Dense(4), layer, tn.Dense(3)], 4, loss=tn.SoftmaxCrossEntropy(),
                            rng=0)
        assert check(net).ok == is_right and check(layer, input_shape=4).ok == is_right


def test_a_layer_that_computes_in_float32_is_right_as_far_as_that_goes():
    class Sine(tn.Layer):
        def forward(self, x, training=False):
            return np.sin(x.astype(np.float32)).astype(x.dtype), x

        def backward(self, dy, x):
            return dy * np.cos(x)

    report = check(Sine())
    assert report.ok and report.notes == ()


def test_the_numbers_are_those_at_that_place_of_x():
    class Doubled(tn.MeanSquaredError):
        def backward(self, y, t, sample_weight=None):
            dx = 2 * (y - t) * self.share(y, sample_weight)
            dx[1:2, 2] += 1
            return dx

    x, t = np.arange(6.0).reshape(2, 3), np.zeros((2, 3))
    finding = only(check(Doubled(), np.concatenate([x, x]), np.concatenate([t, t])))
    # the mean is over four rows: 2 (5 - 0) / 4 = 2.5, and 1 more was found
    assert finding.place == (1, 2)
    assert (finding.expected, finding.found) == pytest.approx((2.5, 3.5), rel=1e-9)


def test_one_mistake_in_several_gradients_is_one_finding():
    class NoSlope(DenseTanh):
        def slope(self, y):
            return np.ones_like(y)

    assert only(check(NoSlope(3))).sentence.endswith("for the same reason: dW, db")


def test_two_layers_of_the_same_class_have_one_finding():
    class Wrong(Tanh):
        def backward(self, dy, y):
            return -dy * (1 - y * y)

    net = tn.Sequential([tn.Dense(3), Wrong(), tn.Dense(3), Wrong()], 3)
    finding = only(check(net))
    assert finding.array == "1.dx" and finding.sentence.endswith("for the same reason: 3.dx")


def test_two_mistakes_in_one_layer_are_two_findings():
    class Twice(tn.Dense):
        def backward(self, dy, x):
            self.backward_params(dy, x)
            return -dy @ self.W.T

        def backward_params(self, dy, x):
            tn.Dense.backward_params(self, dy, x)
            self.db = dy.mean(axis=0)

    assert {finding.mistake for finding in check(Twice(3)).findings} == {"sign", "extra-mean"}


def test_what_is_no_known_mistake_has_no_name():
    def backward(self, dy, y):
        return dy * np.cos(3 * y) + 0.1 * y ** 3 * dy ** 2

    assert only(check(broken("backward", backward))).mistake == "unknown"


def test_a_mistake_deep_inside_is_found_where_it_is():
    inner = tn.Sequential([tn.Dense(3), broken("backward", lambda self, dy, y: dy)], 4)
    net = tn.Sequential([tn.ReLU(), inner, tn.Dense(2)], 4, loss=tn.MeanSquaredError())
    finding = only(check(net))
    assert (finding.array, finding.mistake) == ("1.1.dx", "missing-slope")


def test_a_wrong_loss_is_found_in_a_network():
    class Wrong(Brier):
        def backward(self, y, t, sample_weight=None):
            return 2 * (y - t) * self.share(y, sample_weight)

    net = tn.Sequential([tn.Dense(3)], 4, loss=Wrong())
    for given in [(), (np.ones((3, 4)) * [[1], [2], [3]], [0, 1, 2])]:
        finding = only(check(net, *given))
        assert (finding.array, finding.mistake) == ("loss.dx", "missing-slope")


def test_the_passes_of_a_network_of_ones_own_are_checked():
    class Wrong(Residual):
        def backward(self, dy, caches):
            return tn.Sequential.backward(self, dy, caches)

    for cls, mistakes in (Residual, []), (Wrong, ["missing-term"]):
        inner = cls([tn.Dense(4), tn.ReLU(), tn.Dense(4)], 4)
        net = tn.Sequential([tn.Dense(4), inner, tn.Dense(2)], 4, loss=tn.SoftmaxCrossEntropy())
        assert [finding.mistake for finding in check(inner).findings] == mistakes
        assert [finding.mistake for finding in check(net).findings] == mistakes


def test_backward_params_of_a_network_is_checked():
    class Short(tn.Sequential):
        def backward_params(self, dy, caches):
            self.backward(2 * dy, caches)

    for loss in None, tn.MeanSquaredError():
        net = Short([tn.Dense(3), tn.Tanh()], 2, loss=loss)
        finding = only(check(net))
        assert finding.mistake == "factor" and "Short.backward_params" in finding.sentence


@pytest.mark.long
def test_a_wrong_pass_of_sequential_is_found(monkeypatch):
    def backward(self, dy, caches):
        for layer, cache in zip(self.layers, caches):
            dy = layer.backward(dy, cache)
        return dy

    monkeypatch.setattr(tn.Sequential, "backward", backward)
    net = tn.Sequential([tn.Tanh(), tn.Dense(3), tn.Sigmoid(), tn.Dense(3)], 3,
                        loss=tn.MeanSquaredError())
    assert not check(net).ok


def test_every_name_has_an_example_in_the_docs():
    page = (Path(__file__).parents[2] / "docs" / "mistakes.md").read_text()
    names = re.findall(r"^\*\*([\w-]+)\*\*: ", page, re.MULTILINE)
    assert sorted(names) == sorted({known.slug for known in MISTAKES} | LAWS | {"unknown"})
    said = re.findall(r"^[\w.]+(?:\[.*)?: ([\w-]+)$", page, re.MULTILINE)
    assert said == names


# ---- what methods raise and return ----

@pytest.mark.parametrize("method, function, array, text", [
    ("forward", lambda self, x, training=False: np.tanh(x), "y", "forward must return two things"),
    ("forward", lambda self, x, training=False: ([1], x), "y", "forward returns y of type list"),
    ("forward", lambda self, x, training=False: (x[:0], x), "y", "forward returns y of shape (0, "),
    ("forward", lambda self, x, training=False: 1 / 0, "y",
     "forward raises ZeroDivisionError: division by zero"),
    ("forward", lambda self, x: (x, x), "y", "forward raises TypeError"),
    ("backward", lambda self, dy, y: None, "dx", "backward returns dx of type NoneType"),
    ("backward", lambda self, dy, y: dy[0], "dx", "backward returns dx of shape (4,)"),
    ("backward", lambda self, dy: dy, "dx", "backward raises TypeError"),
    ("backward", lambda self, dy, y: y["a"], "dx", "backward raises IndexError"),
])
def test_what_a_method_raises_or_returns_is_a_finding(method, function, array, text):
    finding = only(check(broken(method, function)))
    assert (finding.array, finding.mistake) == (array, "unknown")
    assert finding.sentence.startswith("Broken." + text)
    assert finding.where == f"{__file__}:{function.__code__.co_firstlineno}"


def test_a_gradient_of_the_wrong_shape_is_a_finding():
    class Rows(tn.Dense):
        def backward_params(self, dy, x):
            super().backward_params(dy, x)
            vars(self)["db"] = dy

    assert "makes db of shape (5, 3); it must be an array of shape (3,)" in only(
        check(Rows(3))).sentence


def test_a_build_that_fails_is_a_finding_and_a_shape_that_does_not_fit_is_an_error():
    class Lost(tn.Layer):
        def build(self, input_shape, rng):
            return self.nowhere

    finding = only(check(Lost(), input_shape=3))
    assert finding.sentence.startswith("Lost.build raises AttributeError")
    with pytest.raises(ValueError, match="put Flatten"):
        check(tn.Dense(3), input_shape=(2, 2))


def test_a_loss_that_returns_an_array_is_a_finding():
    class Each(tn.MeanSquaredError):
        def forward(self, x, t, sample_weight=None):
            return ((x - t) ** 2).sum(axis=1), x

    assert "forward returns L of shape (5,); it must be a Python number" in only(
        check(Each())).sentence


# ---- laws ----

def test_random_numbers_that_are_not_the_layers_own_are_reported():
    stream = np.random.default_rng(0)

    class Noisy(Tanh):
        def forward(self, x, training=False):
            return x + np.random.normal(size=x.shape), x

    class Shared(Tanh):
        def forward(self, x, training=False):
            return x + stream.normal(size=x.shape), x

    for layer in Noisy(), Shared():
        assert "draw random numbers from self.rng" in only(check(layer)).sentence


def test_state_that_changes_at_inference_is_reported():
    class Counting(tn.Layer):
        state_names = ("count",)

        def build(self, input_shape, rng):
            self.count = np.zeros(1)
            return input_shape

        def forward(self, x, training=False):
            self.count = self.count + 1
            return 2 * x, None

        def backward(self, dy, cache):
            return 2 * dy

    finding = only(check(Counting()))
    assert finding.array == "count" and "at inference" in finding.sentence


def test_a_mistake_in_training_alone_is_found():
    def forward(self, x, training=False):
        return np.tanh(x), np.tanh(x) * (0.5 if training else 1)

    assert not check(broken("forward", forward)).ok


def test_a_mistake_with_weights_of_the_rows_alone_is_found():
    class Unweighted(tn.MeanSquaredError):
        def backward(self, y, t, sample_weight=None):
            return 2 * (y - t) * self.share(y)

    assert not check(Unweighted()).ok


def test_what_is_remembered_in_training_alone_is_found():
    class Remembering(Tanh):
        def forward(self, x, training=False):
            y = np.tanh(x)
            if training:
                self.y = y
            return y, None if training else y

        def backward(self, dy, y):
            y = self.y if y is None else y
            return dy * (1 - y * y)

    assert only(check(Remembering())).mistake == "forgets-cache"


def test_a_network_of_ones_own_that_remembers_is_found_with_a_loss_too():
    class Remembering(tn.Sequential):
        def forward(self, x, training=False):
            y, self.caches = super().forward(x, training)
            return y, None

        def backward(self, dy, caches):
            return super().backward(dy, self.caches)

        def backward_params(self, dy, caches):
            self.backward(dy, caches)

    for loss in None, tn.MeanSquaredError():
        report = check(Remembering([tn.Dense(3), tn.Tanh()], 2, loss=loss))
        assert "forgets-cache" in {finding.mistake for finding in report.findings}


def test_backward_params_keeps_the_laws_of_backward():
    class Adding(tn.Dense):
        def backward(self, dy, x):
            self.dW, self.db = x.T @ dy, dy.sum(axis=0)
            return dy @ self.W.T

        def backward_params(self, dy, x):
            self.dW += x.T @ dy
            self.db = dy.sum(axis=0)

    class Writing(tn.Dense):
        def backward_params(self, dy, x):
            super().backward_params(dy, x)
            dy *= 0

        def backward(self, dy, x):
            super().backward_params(dy, x)
            return dy @ self.W.T

    finding = only(check(Adding(3)))
    assert (finding.array, finding.mistake) == ("dW", "accumulates")
    assert finding.where.endswith(str(Adding.backward_params.__code__.co_firstlineno))
    finding = only(check(Writing(3)))
    assert (finding.array, finding.mistake) == ("dy", "writes-argument")


def test_a_gradient_that_is_never_written_has_no_numbers():
    class Silent(tn.Dense):
        def backward_params(self, dy, x):
            np.matmul(x.T, dy, out=self.dW)

    assert [(f.array, f.place) for f in check(Silent(3)).findings if "never writes" in f.sentence
            ] == [("db", None)]


def test_weights_of_rows_that_are_left_out_are_said_to_be():
    class Unweighted(tn.SoftmaxCrossEntropy):
        def backward(self, y, t, sample_weight=None):
            return (y - t) / len(y)

    finding = only(check(Unweighted()))
    assert finding.mistake == "unknown" and "the weights of the rows out of dx" in finding.sentence


@pytest.mark.parametrize("training, words", [(True, ", in training"), (False, ", at inference")])
def test_a_finding_says_if_it_is_about_one_mode_alone(training, words):
    class Off(tn.BatchNorm):
        def backward(self, dy, cache):
            dx = super().backward(dy, cache)
            return -dx if cache[2] == training else dx

    finding = only(check(Off(), input_shape=3))
    assert finding.mistake == "sign" and finding.sentence.endswith(words)


@pytest.mark.parametrize("dx", [
    lambda self, dy, y: dy * (y < 0.5),                                  # a mask that is wrong
    lambda self, dy, y: dy * (np.abs(y) < 2)])
def test_a_wrong_mask_is_not_taken_for_wrong_places(dx):
    class Mask(tn.ReLU):
        backward = dx

    assert only(check(Mask())).mistake not in ("wrong-index", "missing-term")


def test_weight_decay_in_the_gradient_is_no_missing_term():
    class Decaying(tn.Dense):
        def backward_params(self, dy, x):
            super().backward_params(dy, x)
            self.dW += 0.01 * self.W

    assert only(check(Decaying(3))).mistake == "unknown"


def test_results_of_float64_for_float32_are_noted():
    class Wide(Tanh):
        def backward(self, dy, y):
            return (dy * (1 - y * y)).astype(np.float64)

    report = check(Wide())
    assert report.ok and "a network of float32 refuses that" in report.notes[0]


def test_classes_without_a_file_are_told_apart():
    scope = {"tn": tn}
    for name in "AB":
        exec(f"class {name}(tn.Tanh):\n    def backward(self, dy, y): return -dy * (1 - y * y)\n",
             scope)
    net = tn.Sequential([tn.Dense(3), scope["A"](), tn.Dense(3), scope["B"]()], 3)
    assert [finding.array for finding in check(net).findings] == ["1.dx", "3.dx"]


# ---- kinks and jumps ----

class Bend(tn.Layer):
    """Hard tanh; `inside` says whether the bends belong to it."""

    def __init__(self, slope_at_bends):
        self.slope_at_bends = slope_at_bends

    def forward(self, x, training=False):
        return np.clip(x, -1, 1), x

    def backward(self, dy, x):
        slope = (np.abs(x) < 1) * 1.0
        slope[np.abs(x) == 1] = self.slope_at_bends
        return dy * slope


AT_BENDS = np.array([[-1.0, 0.0, 1.0, 2.0], [1.0, 1.0, -1.0, 0.5]])


@pytest.mark.parametrize("slope", [0, 0.3, 1])
def test_any_slope_between_those_on_both_sides_of_a_kink_is_right(slope):
    assert check(Bend(slope), AT_BENDS).ok
    assert check(Bend(slope)).ok


@pytest.mark.parametrize("slope", [-0.1, 1.1, 5])
def test_another_slope_at_a_kink_is_wrong(slope):
    finding = only(check(Bend(slope), AT_BENDS))
    assert abs(AT_BENDS[finding.place]) == 1
    assert not check(Bend(slope)).ok  # among its own numbers are whole ones


@pytest.mark.parametrize("thing", [tn.ReLU(), tn.LeakyReLU(), tn.ELU(0.5), tn.MaxPool2D(2, 1)],
                         ids=repr)
def test_zeros_and_ties_are_no_mistake(thing):
    shape = (2, 4, 4, 1) if isinstance(thing, tn.MaxPool2D) else (3, 4)
    assert check(thing, np.zeros(shape)).ok
    net = tn.Sequential([thing, tn.Flatten(), tn.Dense(3), tn.ReLU(), tn.Dense(2)], shape[1:],
                        loss=tn.MeanAbsoluteError())
    assert check(net, np.zeros(shape)).ok


def test_a_loss_at_its_kink_is_right():
    x = np.array([[1.0, 2.0], [0.0, 0.0]])
    for loss in tn.MeanAbsoluteError(), tn.Huber(1.0):
        assert check(loss, x, x).ok
        assert check(loss, x + 1, x).ok


@pytest.mark.parametrize("f, slope", [
    (lambda x: np.sqrt(np.maximum(x, 0)), lambda x: np.where(x > 0, 0.5 / np.sqrt(np.abs(x)), 0)),
    (np.cbrt, lambda x: np.where(x == 0, 0, 1 / (3 * np.cbrt(x) ** 2))),
    (lambda x: np.where(x == 0, 0, x * np.log(np.abs(x))),
     lambda x: np.where(x == 0, 0, np.log(np.abs(x)) + 1))], ids=["sqrt", "cbrt", "x log x"])
def test_where_the_slope_is_infinite_anything_is_right(f, slope):
    assert check(function(f, slope)).ok
    assert check(function(f, slope), np.zeros((2, 3))).ok


def test_ties_of_a_function_that_is_not_convex_are_no_mistake():
    class Median(tn.Layer):
        def build(self, input_shape, rng):
            return (1,)

        def forward(self, x, training=False):
            middle = np.argsort(x, axis=1, kind="stable")[:, [x.shape[1] // 2]]
            return np.take_along_axis(x, middle, axis=1), (middle, x)

        def backward(self, dy, cache):
            middle, x = cache
            dx = np.zeros_like(x)
            np.put_along_axis(dx, middle, dy, axis=1)
            return dx

    for seed in range(4):
        assert check(Median(), [[1.0, 1, 1], [1, 2, 2]], rng=seed).ok
        assert check(Median(), input_shape=3, rng=seed).ok


def test_a_function_that_jumps_is_said_to_jump_and_its_slope_elsewhere_is_checked():
    class Step(tn.Layer):
        def forward(self, x, training=False):
            return np.sign(x), x

        def backward(self, dy, x):
            return np.zeros_like(dy)

    report = check(Step())
    assert report.ok and report.notes == ("Step() jumps, and has no derivative there",)
    assert "Note: Step() jumps" in str(report)

    class StraightThrough(Step):
        def backward(self, dy, x):
            return dy.copy()

    assert only(check(StraightThrough())).mistake == "missing-slope"


# ---- inputs ----

def test_given_rows_are_the_ones_that_are_looked_at():
    def backward(self, dy, y):
        return dy * (1 - y * y) * np.where(np.abs(y) > 0.99, 2, 1)

    layer = broken("backward", backward)
    assert check(layer, np.linspace(-1, 1, 6).reshape(2, 3)).ok
    assert not check(layer, np.linspace(-4, 4, 6).reshape(2, 3)).ok


def test_built_weights_are_kept_and_others_are_made():
    class Shy(tn.Dense):
        """Wrong only where b[0] is exactly 7."""

        def backward_params(self, dy, x):
            super().backward_params(dy, x)
            if self.b[0] == 7:
                self.db = 2 * self.db

    layer = Shy(3)
    assert check(layer).ok and "W" not in vars(layer)
    layer.build((4,), np.random.default_rng(0))
    layer.b = np.array([7.0, 0, 0])
    assert only(check(layer)).array == "db"


@pytest.mark.parametrize("make, shape", [
    (lambda: tn.Conv2D(2, 3), None), (lambda: tn.Conv2D(2, (3, 1), 2), (5, 3, 2)),
    (lambda: tn.LayerNorm(), None), (lambda: tn.Dense(2), 1), (lambda: tn.Softmax(), None),
    (lambda: Lookup(), None)])
def test_a_layer_alone_gets_rows_that_it_can_take(make, shape):
    assert check(make(), input_shape=shape).ok


class Domain(tn.Layer):
    """A function that takes not every number."""

    def __init__(self, f, slope):
        self.f, self.slope = f, slope

    def forward(self, x, training=False):
        return self.f(x), x

    def backward(self, dy, x):
        return dy * self.slope(x)


@pytest.mark.parametrize("f, slope", [
    (np.log, lambda x: 1 / x), (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    (np.arctanh, lambda x: 1 / (1 - x * x)), (lambda x: np.log(x / (1 - x)),
                                              lambda x: 1 / (x * (1 - x)))])
def test_functions_of_positive_numbers_or_of_shares_get_these(f, slope):
    assert check(Domain(f, slope)).ok
    assert only(check(Domain(f, lambda x: -slope(x)))).mistake == "sign"


def test_the_numbers_that_a_layer_takes_are_noted_if_they_are_special():
    report = check(Domain(np.log, lambda x: 1 / x))
    assert "was checked with positive numbers alone" in report.notes[0]


def test_a_parameter_is_checked_although_y_jumps_with_x():
    class Zero(Lookup):
        def backward(self, dy, cache):
            self.dE = np.zeros_like(self.E)
            return np.zeros_like(cache[1])

    assert only(check(Zero(), [[0, 1], [1, 1], [2, 3]])).array == "dE"
    assert check(Lookup(), [[0, 1], [1, 1], [2, 3]]).ok


def test_a_layer_may_keep_the_stream_that_build_gets():
    class Shared(tn.Dropout):
        def build(self, input_shape, rng):
            self.rng = rng
            return input_shape

    for seed in range(20):
        assert check(Shared(0.5), rng=seed).ok


def test_a_built_layer_with_rows_of_another_shape_is_an_error_and_its_mistakes_are_not_dropped():
    class Images(tn.LayerNorm):
        def backward(self, dy, cache):
            dx = super().backward(dy, cache)
            return dx if dx.ndim == 2 else 2 * dx

    layer = Images()
    layer.build((3,), np.random.default_rng(0))
    assert only(check(layer)).mistake == "factor"
    dense = tn.Dense(2)
    dense.build((3,), np.random.default_rng(0))
    for call in lambda: check(dense, np.ones((2, 4))), lambda: check(dense, input_shape=4):
        with pytest.raises(ValueError, match="is built for rows of another shape than"):
            call()


def test_a_layer_that_gives_nothing_finite_is_no_right_one():
    assert "gives no finite y" in only(check(Domain(lambda x: x * np.nan, np.ones_like))).sentence


def test_labels_and_targets_are_those_of_fit():
    net = tn.Sequential([tn.Dense(3)], 2, loss=tn.SoftmaxCrossEntropy())
    x = np.random.default_rng(0).normal(size=(20, 2))
    assert check(net, x, np.arange(20) % 3).ok
    assert check(net, x).ok
    assert check(tn.SoftmaxCrossEntropy(), x, np.arange(20) % 2).ok
    assert check(tn.MeanSquaredError(), x[:, :1], x[:, 1]).ok


NET = tn.Sequential([tn.Dense(3)], 2, loss=tn.SoftmaxCrossEntropy())


@pytest.mark.parametrize("call, message", [
    (lambda: check(tn.Dense), "make one of it: Dense(...)"),
    (lambda: check(np.tanh), "thing is of type ufunc; it must be a layer, a loss or a Sequential"),
    (lambda: check(tn.Tanh(), t=[1]), "t is given, and x is not"),
    (lambda: check(tn.Tanh(), [[1.0]], [1]), "a layer has no targets"),
    (lambda: check(tn.Tanh(), [[1.0, 2.0]], input_shape=3), "x has shape (1, 2)"),
    (lambda: check(tn.Tanh(), [[np.nan]]), "x is nan"),
    (lambda: check(tn.Tanh(), np.empty((0, 3))), "x has shape (0, 3); it must be (n, ...)"),
    (lambda: check(tn.Tanh(), [1.0, 2.0]), "x has shape (2,); it must be (n, ...)"),
    (lambda: check(tn.Tanh(), input_shape=0), "input_shape is 0"),
    (lambda: check(NET, input_shape=3), "this network takes rows of shape (2,)"),
    (lambda: check(NET, np.ones((4, 3))), "x has shape (4, 3)"),
    (lambda: check(NET, np.ones((4, 2)), [0, 1, 2, 3]), "t has label 3"),
    (lambda: check(tn.Sequential([tn.Tanh()], 2), [[1.0, 2.0]], [0]), "has no loss"),
    (lambda: check(tn.Huber(), input_shape=(2, 2)), "a loss takes rows of numbers"),
    (lambda: check(tn.Huber(), np.ones((2, 2, 2))), "a loss takes rows of numbers"),
    (lambda: check(tn.Huber(), np.ones((2, 2)), [1, 2, 3]), "there must be one target for each"),
    (lambda: check(tn.Tanh(), rng="a"), "rng is 'a'"),
    (lambda: check(tn.SoftmaxCrossEntropy(), np.ones((2, 2)), np.ones((2, 2))), "the sum 1"),
    (lambda: check(tn.CrossEntropy(), np.ones((2, 2))), "put Softmax() last"),
    (lambda: check(tn.SoftmaxCrossEntropy(), input_shape=1), "needs two outputs or more"),
    (lambda: check(function(threading.Lock(), None)), "cannot be copied"),
    (lambda: check(type("Twice", (Tanh,), {"param_names": ("W", "W")})()), "has 'W' twice"),
])
def test_a_call_that_does_not_fit_is_an_error(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1e6, 1e12, 1e100])
def test_a_mistake_is_named_at_any_scale_and_what_is_right_is_right(scale):
    x = scale * np.random.default_rng(0).normal(size=(5, 3))
    assert only(check(function(np.square, lambda x: x), x)).mistake == "factor"
    for f, slope in [(np.square, lambda x: 2 * x), (np.abs, np.sign),
                     (lambda x: np.maximum(x, 0), lambda x: x > 0)]:
        assert check(function(f, slope), x).ok
    assert not check(function(lambda x: scale * np.tanh(x), lambda x: -scale / np.cosh(x) ** 2)).ok


@pytest.mark.long
@pytest.mark.parametrize("k", [30, 300, 1000, 3000])
@pytest.mark.parametrize("as_it_is", [lambda y: y, np.real])  # np.real stops complex steps
def test_a_function_that_swings_fast_is_right(k, as_it_is):
    for seed in range(3):
        assert check(function(lambda x: as_it_is(np.sin(k * x)), lambda x: k * np.cos(k * x)),
                     rng=seed).ok


def test_rows_that_a_normalization_hardly_tells_apart_are_no_mistake():
    for seed in range(10):
        x = 1e5 + np.random.default_rng(seed).normal(size=(6, 4))
        assert check(tn.BatchNorm(), x).ok and check(tn.LayerNorm(), x).ok


def test_soft_targets_in_float32_are_no_mistake():
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(9, 3)), rng.dirichlet(np.ones(3), 9).astype(np.float32)
    assert check(tn.SoftmaxCrossEntropy(), x, t).ok
    assert check(tn.Sequential([tn.Dense(3)], 3, loss=tn.SoftmaxCrossEntropy()), x, t).ok


def test_a_built_layer_tells_its_shape_by_its_arrays():
    net = tn.Sequential([tn.Conv2D(2, 3), tn.BatchNorm(), tn.Flatten(), tn.Dense(3),
                         tn.LayerNorm()], (5, 6, 2), rng=0)
    for layer in net.layers:
        assert check(layer).ok


@pytest.mark.parametrize("accepts, n", [(lambda n: n > 1, 5), (lambda n: n == 7, 7),
                                        (lambda n: n % 2 == 0, 4)])
def test_a_layer_need_not_take_any_number_of_rows(accepts, n):
    class Picky(Tanh):
        def forward(self, x, training=False):
            if not accepts(len(x)):
                raise ValueError("another number of rows, please")
            return super().forward(x, training)

    report = check(Picky(), np.random.default_rng(0).normal(size=(n, 3)))
    assert report.ok and "forward does not take 1 of these rows, and raises ValueError" in (
        report.notes[-1])


def test_a_mistake_for_an_even_number_of_rows_is_found():
    class Even(tn.Dense):
        def backward(self, dy, x):
            return super().backward(dy, x) * (2 - len(x) % 2)

    assert not check(Even(3)).ok
    assert not check(tn.Sequential([Even(3)], 4)).ok
    assert not check(Even(3), np.random.default_rng(0).normal(size=(5, 4))).ok


@pytest.mark.parametrize("units", [50, 100])
def test_one_wrong_number_of_many_is_found_where_it_is(units):
    class OneOff(tn.Dense):
        def backward_params(self, dy, x):
            super().backward_params(dy, x)
            self.dW[3, 5] *= 2

    finding = only(check(OneOff(units), input_shape=units))
    assert (finding.array, finding.place) == ("dW", (3, 5))


def test_rows_without_a_finite_y_are_not_passed_over_in_silence():
    layer = function(np.log, lambda x: 99 * x)
    assert "gives no finite y for these x" in only(check(layer, [[-1.0, 2], [3, 4]])).sentence
    assert not check(tn.MeanSquaredError(), [[1e200, 1.0]], [[-1e200, 1.0]]).ok


# ---- odd code ----

@pytest.mark.parametrize("y, text", [
    (lambda x: np.abs(x).sum(axis=1), "returns y of shape (5,); it must be (5, ...)"),
    (lambda x: np.square(x).astype(np.float32), "returns y of float32; it must be an array of"),
    (lambda x: x.astype(object), "returns y of object"), (lambda x: x + 1j, "y of complex128")])
def test_a_y_of_another_kind_is_a_finding(y, text):
    assert text in only(check(function(y, lambda x: x), input_shape=3)).sentence


def test_subclasses_of_arrays_are_arrays():
    assert check(function(lambda x: np.ma.masked_array(x * x), lambda x: 2 * x)).ok


def test_a_cache_that_cannot_be_copied_is_no_mistake():
    class Locked(Tanh):
        def forward(self, x, training=False):
            y = np.tanh(x)
            return y, (y, threading.Lock())

        def backward(self, dy, cache):
            return dy * (1 - cache[0] ** 2)

    assert check(Locked()).ok


def test_a_check_of_a_loss_that_fails_is_a_finding_and_no_row_of_t_is_passed_over():
    class Failing(tn.MeanSquaredError):
        def check(self, x, t):
            raise KeyError("k")

    assert "Failing.check raises KeyError" in only(
        check(Failing(), np.ones((2, 3)), np.ones((2, 3)))).sentence
    with pytest.raises(ValueError, match="x has 50 rows, but t has shape"):
        check(tn.MeanSquaredError(), np.ones((50, 1)), np.ones((40, 1)))


class Unsayable(Exception):
    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize("error, text", [(SystemExit(3), "SystemExit: 3"),
                                         (Unsayable(), "Unsayable"), (StopIteration(), "Stop")])
def test_any_exception_is_a_finding(error, text):
    def forward(self, x, training=False):
        raise error

    assert f"forward raises {text}" in only(check(broken("forward", forward))).sentence


def test_ctrl_c_is_not():
    def forward(self, x, training=False):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(broken("forward", forward))


def test_a_repr_that_fails_does_not_matter():
    class Silent(Tanh):
        def __repr__(self):
            raise RuntimeError

    assert str(check(Silent())) == "Silent(...): nothing wrong"


@pytest.mark.parametrize("L", [1j, "a", None, np.ones(2)])
def test_an_L_that_is_no_number_is_a_finding(L):
    class Odd(tn.Loss):
        def forward(self, x, t, sample_weight=None):
            return L, x

    assert "forward returns L of " in only(check(Odd())).sentence


def test_arrays_that_build_does_not_make_are_a_finding():
    class Absent(Tanh):
        param_names = ("W",)

    assert "Absent.build does not make W" in only(check(Absent())).sentence


def test_an_empty_parameter_is_no_mistake():
    class Empty(Tanh):
        param_names = ("W",)

        def build(self, input_shape, rng):
            self.W = np.zeros((0,))
            return input_shape

    assert check(Empty()).ok


# ---- what a check leaves alone, and costs ----

def test_a_check_changes_nothing():
    net = tn.Sequential([tn.Dense(4), tn.BatchNorm(), tn.Dropout(0.5), tn.Dense(3)], 2,
                        loss=tn.SoftmaxCrossEntropy(), rng=0)
    x = np.random.default_rng(0).normal(size=(10, 2))
    net.fit(x, np.arange(10) % 3, epochs=2, verbose=0)
    x.flags.writeable = False
    before = pickle.dumps(net)
    state = np.random.get_state()[1].copy()
    assert check(net, x, np.arange(10) % 3).ok
    assert pickle.dumps(net) == before
    assert (np.random.get_state()[1] == state).all()


def test_threads_may_check_at_once_and_warnings_stay_as_they_were():
    before, reports = list(warnings.filters), []
    threads = [threading.Thread(target=lambda: reports.append(check(tn.Dense(3))))
               for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before and len(reports) == 6 and all(r.ok for r in reports)


def test_the_same_seed_gives_the_same_report():
    layer = broken("backward", lambda self, dy, y: dy)
    one, other = check(layer, rng=3), check(layer, rng=np.random.default_rng(3))
    assert str(one) == str(other) and one.findings == other.findings
    assert only(check(layer, rng=4)).found != only(one).found


class Counted(tn.Dense):
    passes = 0

    def forward(self, x, training=False):
        type(self).passes += 1
        return super().forward(x, training)


def test_a_network_of_4810_parameters_takes_at_most_40_forward_passes():
    net = tn.Sequential([Counted(64), tn.ReLU(), tn.Dense(10)], 64, loss=tn.SoftmaxCrossEntropy(),
                        rng=0)
    assert net.params.size == 4810
    Counted.passes = 0
    assert check(net).ok
    assert Counted.passes <= 40


def test_one_wrong_number_of_4096_is_found_without_looking_at_each():
    class Off(Counted):
        def backward_params(self, dy, x):
            super().backward_params(dy, x)
            self.dW[3, 4] += 1e-3

    net = tn.Sequential([Off(64), tn.ReLU(), tn.Dense(10)], 64, loss=tn.SoftmaxCrossEntropy(),
                        rng=0)
    Off.passes = 0
    finding = only(check(net))
    assert Off.passes < 1000
    assert (finding.array, finding.place) == ("0.dW", (3, 4))
    assert finding.found - finding.expected == pytest.approx(1e-3, rel=1e-4)


@pytest.mark.long
def test_a_large_array_is_looked_at_in_places():
    class Off(tn.Dense):
        def backward(self, dy, x):
            return -super().backward(dy, x)

    finding = only(check(Off(3), np.random.default_rng(0).normal(size=(8, 2000))))
    assert finding.mistake == "sign" and len(finding.place) == 2


# ---- no false alarms ----

@pytest.mark.parametrize("name", [*LAYERS, *OWN_LAYERS])
def test_there_is_no_false_alarm_for_a_layer(name):
    for seed in range(4):
        rng = np.random.default_rng(seed)
        layer, shape = (LAYERS | OWN_LAYERS)[name](rng)
        assert check(layer, input_shape=shape, rng=seed).ok, (layer, shape)
        x = np.round(rng.normal(size=(4, *shape)) * 10 ** rng.uniform(-1, 2)) / 2
        assert check(layer, x, rng=seed).ok, (layer, x)


@pytest.mark.parametrize("name", LOSSES)
def test_there_is_no_false_alarm_for_a_loss(name):
    for seed in range(3):
        loss = LOSSES[name](np.random.default_rng(seed))
        assert check(loss, rng=seed).ok, loss


def random_network(rng):
    """A network of random layers, with data that may lie at kinks, trained a little or not."""
    shape, layers = (int(rng.integers(1, 6)),), []
    if rng.random() < 0.3:
        shape = (*(int(size) for size in rng.integers(4, 8, 2)), int(rng.integers(1, 3)))
        images = [tn.Conv2D(2, 3, padding="same"), tn.MaxPool2D(2, 1), tn.AveragePool2D(2, 1),
                  tn.BatchNorm(), tn.ReLU(), tn.Dropout(0.3)]
        layers = [images[i] for i in rng.choice(6, 2, replace=False)] + [
            [tn.Flatten(), tn.GlobalAveragePool2D()][rng.integers(2)]]
    for _ in range(rng.integers(1, 4)):
        layers.append([tn.Dense(4), tn.ReLU(), tn.Tanh(), tn.GELU(), tn.Softplus(), tn.ELU(),
                       tn.BatchNorm(), tn.Dropout(0.4)][rng.integers(8)])
    if rng.random() < 0.2:
        layers = [tn.Sequential(layers, shape)]
    loss = LOSSES[list(LOSSES)[rng.integers(len(LOSSES))]](rng)
    last = {"CrossEntropy": [tn.Softmax()], "BinaryCrossEntropy": [tn.Sigmoid()]}
    layers += [tn.Dense(3), *last.get(type(loss).__name__, [])]
    net = tn.Sequential(layers, shape, loss=loss, rng=rng,
                        dtype=[np.float32, np.float64][rng.integers(2)])
    x, labels = rng.normal(size=(int(rng.integers(2, 9)), *shape)), rng.integers(3, size=8)
    if rng.random() < 0.3:
        x = np.round(x)
    if rng.random() < 0.3:
        net.fit(x, labels[:len(x)], epochs=2, verbose=0)
    return net, x, labels[:len(x)]


@pytest.mark.parametrize("seed", [
    seed if seed < 25 else pytest.param(seed, marks=pytest.mark.long) for seed in range(100)])
def test_there_is_no_false_alarm_for_a_network(seed):
    net, *data = random_network(np.random.default_rng(seed))
    assert check(net, *data[:seed % 3], rng=seed).ok, net


# ---- reports ----

def test_a_report_prints_as_a_few_lines():
    assert str(check(tn.Tanh())) == repr(check(tn.Tanh())) == "Tanh(): nothing wrong"
    lines = str(check(broken("backward", lambda self, dy, y: -dy * (1 - y * y)))).splitlines()
    assert lines[0] == "Broken(): 1 mistake"
    assert re.fullmatch(r"dx\[\d, \d\] is -?[\d.e-]+, expected -?[\d.e-]+: sign", lines[1])
    assert lines[2] == "    Broken.backward gives dx the opposite sign"
    assert re.fullmatch(r"    test_gradient_check.py:\d+", lines[3])
    assert len(lines) == 4


@pytest.mark.parametrize("name", [*LAYERS, *LOSSES])
def test_a_layer_or_a_loss_takes_less_than_a_second(name):
    rng = np.random.default_rng(0)
    thing, shape = LAYERS[name](rng) if name in LAYERS else (LOSSES[name](rng), None)
    assert 0 < check(thing, input_shape=shape).seconds < 1


def test_code_without_a_file_has_no_place():
    scope = {"tn": tn}
    exec("class Alien(tn.Layer):\n"
         "    def forward(self, x, training=False): return x * x, x\n"
         "    def backward(self, dy, x): return dy * x\n", scope)
    finding = only(check(scope["Alien"]()))
    assert finding.where is None and finding.mistake == "factor"


def test_a_report_can_be_copied_and_pickled():
    report = check(broken("backward", lambda self, dy, y: dy))
    for other in copy.deepcopy(report), pickle.loads(pickle.dumps(report)):
        assert other == report
