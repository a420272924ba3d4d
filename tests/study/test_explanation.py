"""explain: the text is arithmetic that comes out, the terms are there to go on from, and `ok` tells
a right number from a wrong one.
"""

import copy
import math
import re
import unicodedata
import warnings

import numpy as np
import pytest

import tinynet as tn
from cases import OWN_LAYERS, Residual
from mistaken import TABLE, DenseTanh
from traced import SOME_CASES, K, small_data, small_net
from tinynet.study import check, trace
from tinynet.study.tracing.formulas import OF_LAYERS, OF_LOSSES, OF_OPTIMIZERS

FUNCTIONS = {
    "abs": abs, "exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p,
    "sqrt": np.sqrt, "tanh": np.tanh, "sign": np.sign,
    "max": max, "min": min, "inf": math.inf, "Φ": lambda x: math.erfc(-x / math.sqrt(2)) / 2,
    "φ": lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
}
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?")


# ---- the arithmetic ----

def equations(text):
    """The sides of each equation of a text: letters, letters and numbers, ..., the value."""
    lines = []
    for line in text.splitlines():
        if line.startswith(" "):
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
    return [line.split(" = ") for line in lines if re.match(r"[\w\u0302,]+ = ", line)]


def evaluate(side):
    """(what the numbers of a side come to, how far that may be off by their rounding)"""
    numbers = [float(number) for number in NUMBER.findall(side)]
    places = iter(range(len(numbers)))
    code = NUMBER.sub(lambda match: f"n[{next(places)}]", side.replace("·", "*"))
    code = compile(code.replace("²", "**2"), side, "eval")

    def value(n):
        with np.errstate(all="ignore"):
            return float(eval(code, FUNCTIONS | {"n": n}))

    digits = max(4, max((len(re.sub(r"e.*|^0\.0*|\D", "", number))
                         for number in NUMBER.findall(side)), default=4))
    off = 0
    for i, number in enumerate(numbers):
        moved = numbers.copy()
        moved[i] = number * (1 + 0.5 * 10.0 ** (1 - digits))
        off += abs(value(moved) - value(numbers))
    return value(numbers), off


def check_arithmetic(explanation):
    """Each equation comes out at the value that it shows, and the first one at the value asked for.
    """
    for i, (_, *middle, shown) in enumerate(equations(explanation.text)):
        shown = float(shown)
        if i == 0 and explanation.ok:
            assert shown == pytest.approx(explanation.value, rel=5e-4)
        if not middle or re.fullmatch(r"\S*[₀-₉]", middle[-1]) or not math.isfinite(shown):
            continue  # one letter, as in y₀₃ = x₀₀₁₁
        value, off = evaluate(middle[-1])
        assert abs(value - shown) <= off + 5e-4 * abs(shown) + 1e-300, explanation.text


def draw_indices(array, rng, n=2):
    """Indices of n entries."""
    places = list(np.ndindex(array.shape))
    return [places[i] for i in rng.permutation(len(places))[:n]]


@pytest.mark.long
@pytest.mark.parametrize("case", SOME_CASES)
def test_every_explanation_is_arithmetic_that_comes_out_made_of_numbers_of_the_step(case):
    seen, _, _ = case.run()
    rng = np.random.default_rng(case.seed)
    for i, step in enumerate(seen):
        for name, array in step.items():
            for index in draw_indices(array, rng):
                explanation = seen.explain(name, index, step=i)
                assert explanation.value == array[index] and explanation.ok, explanation
                lines = unicodedata.normalize("NFC", explanation.text).splitlines()
                assert max(len(line.replace("\u0302", "")) for line in lines) <= 80
                check_arithmetic(explanation)
                for term in explanation.terms:
                    assert step[term.array][term.index] == term.value


# ---- by hand ----

def first_line(seen, name, index):
    return seen.explain(name, index).text.splitlines()[0]


@pytest.fixture
def two_rows():
    """Two rows through a Dense layer: y - t is [[1, 0], [0, -1]]."""
    net = tn.Sequential([tn.Dense(2)], 2, loss=tn.MeanSquaredError(), dtype=np.float64)
    net.layers[0].W, net.layers[0].b = [[0.5, -1.0], [1.0, 2.0]], [0.0, 1.0]
    x, t = [[3.0, 1.5], [2.0, 0.0]], [[2.0, 1.0], [1.0, 0.0]]
    return trace(net, x, t, optimizer=tn.SGD(0.1), shuffle=False)


@pytest.mark.parametrize("name, index, line", [
    ("0.y", (0, 0), "y₀₀ = x₀₀ W₀₀ + x₀₁ W₁₀ + b₀ = 3 · 0.5 + 1.5 · 1 + 0 = 3"),
    ("loss.l", 1, "l₁ = (y₁₀ - t₁₀)² + (y₁₁ - t₁₁)² = (1 - 1)² + (-1 - 0)² = 1"),
    ("L", (), "L = (l₀ + l₁) / n = (1 + 1) / 2 = 1"),
    ("loss.dl", 0, "dl₀ = dL / n = 1 / 2 = 0.5"),
    ("loss.dx", (1, 1), "dx₁₁ = 2 (y₁₁ - t₁₁) dl₁ = 2 · (-1 - 0) · 0.5 = -1"),
    ("0.dW", (1, 0), "dW₁₀ = x₀₁ dy₀₀ + x₁₁ dy₁₀ = 1.5 · 1 + 0 · 0 = 1.5"),
    ("0.db", 1, "db₁ = dy₀₁ + dy₁₁ = 0 - 1 = -1"),
    ("0.dx", (1, 0), "dx₁₀ = dy₁₀ W₀₀ + dy₁₁ W₀₁ = 0 · 0.5 - 1 · -1 = 1"),
    ("0.W.change", (1, 0), "change₁₀ = -lr dW₁₀ = -0.1 · 1.5 = -0.15"),
    ("0.W.after", (1, 0), "after₁₀ = W₁₀ + change₁₀ = 1 - 0.15 = 0.85"),
    ("0.W", (-1, -1), "W₁₁ = 2"), ("x", (0, 1), "x₀₁ = 1.5"), ("dL", (), "dL = 1"),
])
def test_a_number_has_its_formula_with_the_numbers_in_it(two_rows, name, index, line):
    explanation = two_rows.explain(name, index)
    assert explanation.text.splitlines()[0] == line
    assert explanation.ok and str(explanation) == repr(explanation) == explanation.text


def test_the_terms_are_the_numbers_of_the_formula(two_rows):
    assert two_rows.explain("0.dW", (1, 0)).terms == (
        ("0.x", (0, 1), 1.5), ("0.dy", (0, 0), 1.0), ("0.x", (1, 1), 0.0), ("0.dy", (1, 0), 0.0))
    assert two_rows.explain("loss.dl", 0).terms == (("dL", (), 1.0),)
    assert two_rows.explain("x", (0, 0)).terms == two_rows.explain("dL").terms == ()


def test_the_last_line_says_which_layer_it_is_and_what_its_arrays_are_called_elsewhere():
    seen = trace(small_net(), *small_data(3), optimizer=tn.Adam())
    lines = {name: seen.explain(name, index).text.splitlines() for name, index in [
        ("3.dW", (0, 0)), ("3.x", (0, 0)), ("1.dy", (0, 0)), ("0.W.m", (0, 0)), ("L", ())]}
    assert lines["3.dW"][-1] == "in layer 3, Dense(3), where x is 2.y and dy is loss.dx"
    assert lines["3.x"][0] == "3.x is 2.y:"
    assert lines["3.x"][-1] == "in layer 2, Dropout(0.3), where x is 1.y"
    assert lines["1.dy"][0] == "1.dy is 2.dx:"
    assert lines["0.W.m"][-1] == "in the step of Adam() for 0.W"
    assert "in " not in lines["L"][-1]


def test_of_a_sum_of_more_than_8_terms_the_6_largest_are_shown_and_the_rest_as_one():
    def line_of(n_inputs):
        net = tn.Sequential([tn.Dense(1)], n_inputs, loss=tn.MeanSquaredError(), dtype=np.float64)
        net.layers[0].W = np.ones((n_inputs, 1))
        seen = trace(net, [np.arange(n_inputs)], [0.0])
        return seen.explain("0.y", (0, 0))

    assert line_of(7).text.startswith(
        "y₀₀ = x₀₀ W₀₀ + x₀₁ W₁₀ + x₀₂ W₂₀ + x₀₃ W₃₀ + x₀₄ W₄₀ + x₀₅ W₅₀ + x₀₆ W₆₀ + b₀\n"
        "    = 0 · 1 + 1 · 1 + 2 · 1 + 3 · 1 + 4 · 1 + 5 · 1 + 6 · 1 + 0\n"
        "    = 21\n")
    # of 0 + 1 + ... + 11 the six largest are 6 to 11, and the others 0 + 1 + 2 + 3 + 4 + 5 and b
    assert line_of(12).text.startswith(
        "y₀₀ = x₀,₆ W₆,₀ + x₀,₇ W₇,₀ + x₀,₈ W₈,₀ + x₀,₉ W₉,₀ + x₀,₁₀ W₁₀,₀ + x₀,₁₁ W₁₁,₀\n"
        "      + the other 7\n"
        "    = 6 · 1 + 7 · 1 + 8 · 1 + 9 · 1 + 10 · 1 + 11 · 1 + 15\n"
        "    = 66\n")
    assert len(line_of(12).terms) == 2 * 12 + 1


def test_numbers_have_as_many_digits_as_it_takes_for_the_formula_to_come_out():
    net = tn.Sequential([tn.Dense(1)], 1, loss=tn.HalfSquaredError(), dtype=np.float64)
    net.layers[0].W = [[1.0]]
    seen = trace(net, [[1.000000123]], [[1.0]])
    assert first_line(seen, "loss.dx", (0, 0)) == (
        "dx₀₀ = (y₀₀ - t₀₀) dl₀ = (1.000000123 - 1) · 1 = 1.23e-07")


def last_layer(last, loss, x, t):
    """A trace of one row x whose logits are x itself."""
    net = tn.Sequential([tn.Dense(len(x)), *last], len(x), loss=loss, dtype=np.float64)
    net.layers[0].W = np.eye(len(x))
    return trace(net, [x], [t])


def test_softmax_with_cross_entropy_goes_both_ways():
    # y = (0.4, 0.6) and t = (1, 0), so -t / y = (-2.5, 0), and J = 0.24 (1, -1; -1, 1)
    seen = last_layer([], tn.SoftmaxCrossEntropy(), np.log([0.4, 0.6]), [1.0, 0.0])
    assert np.allclose(seen[0]["loss.dx"], [[-0.6, 0.6]], rtol=0, atol=1e-15)
    assert np.allclose(seen[0]["loss.dy"], [[-2.5, 0]], rtol=1e-15, atol=0)
    assert np.allclose(seen[0]["loss.J"], [[[0.24, -0.24], [-0.24, 0.24]]], rtol=1e-15, atol=0)
    explanation = seen.explain("loss.dx", (0, 1))
    assert explanation.text.startswith("""\
dx₀₁ = (y₀₁ - t₀₁) dl₀ = (0.6 - 0) · 1 = 0.6
the long way, through the Jacobian of softmax:
dx₀₁ = dy₀₀ J₀₀₁ + dy₀₁ J₀₁₁ = -2.5 · -0.24 + 0 · 0.24 = 0.6
Difference of the two ways: """)
    assert {term.array for term in explanation.terms} == {
        "loss.y", "loss.t", "loss.dl", "loss.dy", "loss.J"}
    # squared error: 2 (0.4 - 1) (-0.24) + 2 (0.6 - 0) 0.24 = 0.576
    assert "squared error in its place would give:" in explanation.text
    assert float(equations(explanation.text)[-1][-1]) == pytest.approx(0.576)


def test_softmax_and_then_cross_entropy_go_the_long_way_and_have_the_short_one_beside_it():
    seen = last_layer([tn.Softmax()], tn.CrossEntropy(), np.log([0.4, 0.6]), [1.0, 0.0])
    text = seen.explain("1.dx", (0, 0)).text
    assert text.startswith("""\
dx₀₀ = dy₀₀ J₀₀₀ + dy₀₁ J₀₁₀ = -2.5 · 0.24 + 0 · -0.24 = -0.6
the short way:
dx₀₀ = (y₀₀ - t₀₀) dl₀ = (0.4 - 1) · 1 = -0.6
Difference of the two ways: """)


def test_behind_softmax_squared_error_goes_one_way_and_nothing_cancels():
    seen = last_layer([tn.Softmax()], tn.MeanSquaredError(), np.log([0.4, 0.6]), [1.0, 0.0])
    text = seen.explain("1.dx", (0, 0)).text
    assert text.startswith("""\
dx₀₀ = dy₀₀ J₀₀₀ + dy₀₁ J₀₁₀ = -1.2 · 0.24 + 1.2 · -0.24 = -0.576
cross-entropy in its place would give:
dx₀₀ = (y₀₀ - t₀₀) dl₀ = (0.4 - 1) · 1 = -0.6
""")
    assert "Difference" not in text


@pytest.mark.parametrize("last, t, is_judged", [
    (tn.Softmax(), [0.3, 0.7], True), (tn.Softmax(), [0.3, 0.3], False),
    (tn.Softmax(), [1.5, -0.5], False), (tn.Sigmoid(), [0.3, 0.3], True)], ids=str)
def test_cross_entropy_is_compared_where_it_takes_the_targets(last, t, is_judged):
    net = tn.Sequential([tn.Dense(2), last], 2, loss=tn.MeanSquaredError())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of targets out of reach
        seen = trace(net, [[1.0, 2.0]], [t])
    assert ("cross-entropy in its place" in seen.explain("1.dx", (0, 0)).text) == is_judged


def test_where_y_rounds_to_0_the_long_way_comes_to_no_number_and_the_short_one_does():
    seen = last_layer([], tn.SoftmaxCrossEntropy(), [800.0, 0.0], [0.0, 1.0])
    explanation = seen.explain("loss.dx", (0, 1))
    assert explanation.ok and explanation.value == -1
    assert "This way divides by y or 1 - y, which is 0 or nearly 0" in explanation.text
    assert first_line(seen, "loss.l", 0) == (
        "l₀ = t₀₁ (log(exp(x₀₀ - x₀₀) + exp(x₀₁ - x₀₀)) - (x₀₁ - x₀₀))")
    assert seen.explain("loss.l", 0).value == 800


@pytest.mark.parametrize("layer, x, name, index, line", [
    (tn.ReLU(), [2.0, -1.0], "1.dx", (0, 1), "dx₀₁ = dy₀₁ 1{y₀₁ > 0} = -2 · 0 = 0"),
    (tn.Tanh(), [2.0, 0.0], "1.dx", (0, 1), "dx₀₁ = dy₀₁ (1 - y₀₁²) = -2 · (1 - 0²) = -2"),
    (tn.ELU(), [2.0, 0.0], "1.y", (0, 1), "y₀₁ = alpha (exp(x₀₁) - 1) = 1 · (exp(0) - 1) = 0"),
    (tn.LayerNorm(), [3.0, 1.0], "1.mean", 0, "mean₀ = (x₀₀ + x₀₁) / k = (3 + 1) / 2 = 2"),
    (tn.LayerNorm(), [3.0, 1.0], "1.x_hat", (0, 0), "x̂₀₀ = (x₀₀ - mean₀) / s₀ = (3 - 2) / 1 = 1"),
    (tn.Softmax(), [0.0, 0.0], "1.J", (0, 0, 1), "J₀₀₁ = -y₀₀ y₀₁ = -0.5 · 0.5 = -0.25"),
], ids=lambda value: str(value))
def test_layers_have_their_formulas(layer, x, name, index, line):
    seen = last_layer([layer], tn.MeanSquaredError(), x, [1.0, 1.0])
    assert first_line(seen, name, index) == line


def test_windows_of_images_have_their_formulas():
    image = np.array([[[[1.0], [4.0]], [[3.0], [2.0]]]])
    conv = tn.Conv2D(1, 2)
    net = tn.Sequential([tn.MaxPool2D(2), tn.Flatten()], (2, 2, 1), loss=tn.MeanSquaredError())
    seen = trace(net, image, [[3.0]])
    assert first_line(seen, "0.y", (0, 0, 0, 0)) == (
        "y₀₀₀₀ = max(x₀₀₀₀, x₀₀₁₀, x₀₁₀₀, x₀₁₁₀) = max(1, 4, 3, 2) = 4")
    assert first_line(seen, "0.dx", (0, 0, 1, 0)) == "dx₀₀₁₀ = dy₀₀₀₀ = 2"
    assert "the first largest of none" in seen.explain("0.dx", (0, 1, 0, 0)).text
    net = tn.Sequential([conv, tn.Flatten()], (2, 2, 1), loss=tn.MeanSquaredError())
    conv.W = np.array([1.0, 0.5, -1.0, 2.0]).reshape(2, 2, 1, 1)
    seen = trace(net, image, [[0.0]])
    assert seen.explain("0.y", (0, 0, 0, 0)).text.splitlines()[1:3] == [
        "      = 1 · 1 + 4 · 0.5 + 3 · -1 + 2 · 2 + 0", "      = 4"]
    assert first_line(seen, "0.dW", (0, 1, 0, 0)) == "dW₀₁₀₀ = x₀₀₁₀ dy₀₀₀₀ = 4 · 8 = 32"


def test_a_step_of_adam_has_a_formula_for_each_of_its_lines():
    net = tn.Sequential([tn.Dense(1)], 1, loss=tn.HalfSquaredError(), dtype=np.float64)
    net.layers[0].W = [[2.0]]
    seen = trace(net, [[1.0]], [[0.0]], optimizer=tn.Adam(lr=0.5, beta1=0.5, beta2=0.75))
    # dW = 2;  m = 0.5 · 2 = 1, m̂ = 1 / 0.5 = 2;  v = 0.25 · 4 = 1, v̂ = 1 / 0.25 = 4
    texts = [seen.explain(f"0.W.{name}", (0, 0)).text for name in (
        "m", "v", "m_hat", "v_hat", "change")]
    assert [[side.split("\n")[0] for side in equations(text)[0]] for text in texts] == [
        ["m₀₀", "beta1 m_before₀₀ + (1 - beta1) dW₀₀", "0.5 · 0 + (1 - 0.5) · 2", "1"],
        ["v₀₀", "beta2 v_before₀₀ + (1 - beta2) dW₀₀²", "0.75 · 0 + (1 - 0.75) · 2²", "1"],
        ["m̂₀₀", "m₀₀ / (1 - beta1^1)", "1 / 0.5", "2"],
        ["v̂₀₀", "v₀₀ / (1 - beta2^1)", "1 / 0.25", "4"],
        ["change₀₀", "-lr m̂₀₀ / (sqrt(v̂₀₀) + eps)", "-0.5 · 2 / (sqrt(4) + 1e-08)", "-0.5"],
    ]


def test_penalty_and_clipping_stand_between_dW_and_the_optimizer():
    net = tn.Sequential([tn.Dense(1)], 1, loss=tn.HalfSquaredError(), dtype=np.float64)
    net.layers[0].W = [[2.0]]
    seen = trace(net, [[1.0]], [[0.0]], optimizer=tn.SGD(0.1), l2=0.5, clip_norm=1.0)
    # dW = db = 2, and with 0.5 · 2 it is 3, so the norm is √(9 + 4) = 3.606
    assert first_line(seen, "norm", ()) == (
        "norm = sqrt((0.dW₀₀ + l2 0.W₀₀)² + 0.db₀²) = sqrt((2 + 0.5 · 2)² + 2²) = 3.606")
    assert equations(seen.explain("0.W.grads", (0, 0)).text)[0][1:3] == [
        "(dW₀₀ + l2 W₀₀) (clip_norm / norm)", "(2 + 0.5 · 2) · (1 / 3.606)"]
    assert first_line(seen, "0.W.change", (0, 0)) == (
        "change₀₀ = -lr grads₀₀ = -0.1 · 0.8321 = -0.08321")
    assert first_line(seen, "penalty", ()) == "penalty = (l2 / 2) 0.W₀₀² = (0.5 / 2) · 2² = 1"


def test_row_weights_stand_in_L_and_in_the_shares():
    net = tn.Sequential([tn.Dense(1)], 1, loss=tn.HalfSquaredError(), dtype=np.float64)
    net.layers[0].W = [[1.0]]
    seen = trace(net, [[2.0], [4.0]], [[0.0], [0.0]], sample_weight=[3, 1], shuffle=False)
    assert first_line(seen, "L", ()) == (
        "L = (w₀ l₀ + w₁ l₁) / (w₀ + w₁) = (3 · 2 + 1 · 8) / (3 + 1) = 3.5")
    assert first_line(seen, "loss.dl", 0) == "dl₀ = dL w₀ / (w₀ + w₁) = 1 · 3 / (3 + 1) = 0.75"


def test_what_was_not_made_in_the_step_says_so():
    seen = trace(small_net(), *small_data(4), steps=(0, 1, 5), rng=3)
    row = seen[0]["rows"][1]
    assert f"given: row {row} of the data" in seen.explain("x", (1, 0)).text
    assert f"given: the target of row {row} of the data" in seen.explain("t", (1, 0)).text
    for step, text in enumerate(["as it was before the training", "as it was after 1 step of the",
                                 "as it was after 5 steps of the training"]):
        assert text in seen.explain("0.W", (0, 0), step=step).text


@pytest.mark.parametrize("is_frozen", [False, True])
def test_batch_norm_is_explained_by_the_statistics_that_it_uses(is_frozen):
    net = tn.Sequential([tn.Dense(3), tn.BatchNorm(), tn.Dense(K)], 2, rng=0,
                        loss=tn.SoftmaxCrossEntropy(), dtype=np.float64)
    net.fit(3 + 5 * small_data(9)[0], small_data(9)[1], epochs=5, verbose=0)  # s is not 1
    net.layers[1].trainable = not is_frozen
    seen = trace(net, *small_data(4))
    assert all_wrong(seen) == set()
    same = np.array_equal(seen[0]["1.mean"], seen[0]["1.running_mean"])
    assert same == is_frozen == np.array_equal(seen[0]["1.running_var"],
                                               seen[0]["1.running_var.after"])


@pytest.mark.parametrize("lr, text", [
    (0.1, "the learning rate of this step"),
    (tn.CosineDecay(0.1, 10), "the learning rate of this step, from CosineDecay(0.1, 10)"),
], ids=str)
def test_a_learning_rate_says_which_schedule_it_is_from(lr, text):
    seen = trace(small_net(), *small_data(4), optimizer=tn.SGD(lr))
    assert seen.explain("lr").text.splitlines() == ["lr = 0.1", text]


# ---- classes that tinynet does not know ----

def all_wrong(seen):
    """The names of the arrays with an entry whose explanation is not ok."""
    return {name for i, step in enumerate(seen) for name in step
            if name not in step.aliases and not all(
                seen.explain(name, index, step=i).ok for index in np.ndindex(step[name].shape))}


def trace_thing(thing, shape):
    """(the trace of a network with this layer or loss, its prefix)"""
    rng = np.random.default_rng(0)
    x, optimizer = rng.normal(size=(4, *shape)), tn.SGD(0.1)
    if isinstance(thing, tn.Loss):
        t = np.eye(shape[0])[rng.integers(shape[0], size=4)]
        net = tn.Sequential([tn.Dense(shape[0])], shape, loss=thing, rng=0)
        return trace(net, x, t, steps=(0, 1), optimizer=optimizer), "loss."
    layers = [thing, tn.Flatten(), tn.Tanh(), tn.Dense(2)]
    net = tn.Sequential(layers, shape, loss=tn.MeanSquaredError(), rng=0)
    return trace(net, x, rng.normal(size=(4, 2)), steps=(0, 1), optimizer=optimizer), "0."


RIGHT = {(case.right, case.settings, case.shape): case for case in TABLE}  # each of them once


@pytest.mark.long
@pytest.mark.parametrize("case", RIGHT.values(), ids=lambda case: case.right.__name__)
def test_a_right_class_agrees_with_its_slopes_in_every_number(case):
    seen, _ = trace_thing(case.make_right(), case.shape)
    assert all_wrong(seen) == set()


def is_refused(case):
    """Whether a network does not take what is wrong in this way."""
    try:
        trace_thing(case.make_wrong(), case.shape)
    except ValueError as refused:
        return bool(re.search("tn.study.check says more|is read-only", str(refused)))
    return False


REFUSED = {"missing-mean", "extra-mean", "accumulates", "writes-argument", "forgets-cache"}
IN_A_STEP = [case for case in TABLE if not (case.mistake in REFUSED and is_refused(case))]


WRONG = [case for case in IN_A_STEP
         if case.mistake not in ("float32", "uses-changed-weights")]


@pytest.mark.parametrize("case", [
    case if i % 4 == 0 else pytest.param(case, marks=pytest.mark.long)
    for i, case in enumerate(WRONG)], ids=str)
def test_a_wrong_number_is_found_at_its_array_and_nowhere_else(case):
    seen, prefix = trace_thing(case.make_wrong(), case.shape)
    wrong = all_wrong(seen)
    assert f"{prefix}{case.array}" in wrong
    assert {name.rpartition(".")[0] + "." for name in wrong} == {prefix}


@pytest.mark.parametrize("case", [case for case in IN_A_STEP
                                  if case.mistake == "uses-changed-weights"], ids=str)
def test_weights_that_a_backward_pass_changes_show_in_the_change(case):
    seen, prefix = trace_thing(case.make_wrong(), case.shape)
    assert f"{prefix}{case.array}.change" in all_wrong(seen)


def test_a_wrong_layer_loss_or_optimizer_of_tinynet_would_be_found(monkeypatch):
    """Formulas are independent of the passes: a sign in one does not change the other."""
    def negate(method):
        return lambda *arguments: -method(*arguments)

    def trace_wrong(cls, name):
        with monkeypatch.context() as patch:
            patch.setattr(cls, name, negate(getattr(cls, name)))
            net = tn.Sequential([tn.Dense(3), tn.Tanh(), tn.Dense(K), tn.Softmax()], 2,
                                loss=tn.CrossEntropy(), rng=0)
            return trace(net, *small_data(4), optimizer=tn.SGD(0.1))

    assert all_wrong(trace_wrong(tn.Tanh, "backward")) == {"1.dx"}
    assert all_wrong(trace_wrong(tn.CrossEntropy, "backward")) == {"loss.dx", "3.dx"}
    seen = trace_wrong(tn.CrossEntropy, "backward")
    explanation = seen.explain("3.dx", (0, 0))  # the long way agrees, and the short one does not
    assert not explanation.ok and "which is rounding" not in explanation.text


def test_a_number_that_does_not_agree_says_so():
    class Doubled(tn.Tanh):
        def backward(self, dy, y):
            return 2 * dy * (1 - y * y)

    net = tn.Sequential([Doubled()], 1, loss=tn.HalfSquaredError(), dtype=np.float64)
    explanation = trace(net, [[0.0]], [[-1.0]]).explain("0.dx", (0, 0))
    assert explanation.text.splitlines() == [
        "dx₀₀ = dy₀₀ ∂y₀₀/∂x₀₀ = 1 · 1 = 1", "≠ 2, which was recorded",
        "in layer 0, Doubled(), where dy is loss.dx"]
    assert explanation.value == 2 and not explanation.ok


@pytest.mark.parametrize("name", OWN_LAYERS)
def test_layers_of_ones_own_have_the_chain_rule(name):
    rng = np.random.default_rng(0)
    layer, _ = OWN_LAYERS[name](rng)
    net = tn.Sequential([layer, tn.Dense(K)], 3, loss=tn.SoftmaxCrossEntropy(), rng=0)
    seen = trace(net, rng.normal(size=(4, 3)), [0, 1, 2, 0], steps=(0, 1))
    assert all_wrong(seen) == set()
    explanation = seen.explain("0.dx", (1, 2))
    dy, J = seen[0]["0.dy"], seen[0]["0.J"]
    assert J.shape == (4, 3, 4, 3) and "0.J" not in list(seen[0])
    assert explanation.value == pytest.approx((dy * J[:, :, 1, 2]).sum(), rel=1e-9)
    check_arithmetic(explanation)
    for array, index, value in explanation.terms:
        assert seen[0][array][index] == pytest.approx(value, rel=1e-9)
        assert seen.explain(array, index).value == pytest.approx(value, rel=1e-9)


def test_the_slopes_of_a_dense_layer_of_ones_own_are_its_weights_and_its_inputs():
    class Own(tn.Dense):
        pass

    net = tn.Sequential([Own(2)], 3, loss=tn.MeanSquaredError(), rng=0, dtype=np.float64)
    step = trace(net, np.random.default_rng(0).normal(size=(2, 3)), np.zeros((2, 2)))[0]
    for i, k, j in np.ndindex(2, 2, 3):
        assert step["0.J"][i, k, i, j] == pytest.approx(net.layers[0].W[j, k], rel=1e-12)
        assert step["0.J"][i, k, 1 - i, j] == 0
        assert step["0.W.J"][i, k, j, k] == pytest.approx(step["0.x"][i, j], rel=1e-12)
        assert step["0.W.J"][i, k, j, 1 - k] == 0


def test_at_a_kink_any_slope_between_those_on_both_sides_is_right():
    class Rectifier(tn.Layer):
        def __init__(self, at_0):
            self.at_0 = at_0

        def forward(self, x, training=False):
            return np.maximum(x, 0), x

        def backward(self, dy, x):
            return dy * np.where(x == 0, self.at_0, x > 0)

    for at_0, is_right in (0.0, True), (0.5, True), (1.0, True), (1.5, False), (-0.5, False):
        net = tn.Sequential([Rectifier(at_0)], 2, loss=tn.HalfSquaredError(), dtype=np.float64)
        seen = trace(net, np.zeros((2, 2)), [[-2.0, 4.0], [-6.0, 1.0]], shuffle=False)
        for index, dy in ((0, 0), 1), ((0, 1), -2), ((1, 0), 3), ((1, 1), -0.5):
            explanation = seen.explain("0.dx", index)
            assert explanation.ok == is_right and "at a kink" in explanation.text
            if is_right:
                assert equations(explanation.text)[0][-2:] == [
                    f"{dy:g} · {at_0:g}", f"{dy * at_0 + 0.0:g}"]


def test_a_network_with_passes_of_its_own_inside_another_one_is_a_layer_of_ones_own():
    class WithoutSkip(Residual):
        def backward(self, dy, caches):
            return super().backward(dy, caches) - dy

    for block, wrong in (Residual, set()), (WithoutSkip, {"0.dx"}):
        net = tn.Sequential([block([tn.Dense(2), tn.Tanh()], 2), tn.Dense(K)], 2,
                            loss=tn.SoftmaxCrossEntropy(), rng=0)
        seen = trace(net, *small_data(4))
        assert all_wrong(seen) == wrong
        assert "0.0.dW" in seen[0] and "0.1.y" not in seen[0]


def test_a_layer_that_is_random_whatever_it_is_given_is_not_judged():
    class Noise(tn.Layer):
        def forward(self, x, training=False):
            e = 1 + np.random.rand(*x.shape) if training else 1.0
            return x * e, e

        def backward(self, dy, e):
            return dy * e

    net = tn.Sequential([Noise(), tn.Dense(K)], 2, loss=tn.SoftmaxCrossEntropy(), rng=0)
    seen = trace(net, *small_data(4))
    assert all_wrong(seen) == set()
    assert "is random, for the same x and the same" in seen.explain("0.dx", (0, 0)).text
    assert np.isnan(seen[0]["0.J"]).all() and np.isnan(seen.explain("0.J", (0, 0, 0, 0)).value)


def test_an_optimizer_of_ones_own_is_seen_to_change_the_weights():
    class SignSGD(tn.Optimizer):
        state_names = ("n_up",)

        def __init__(self, lr=0.5):
            self.lr = lr

        def step(self, params, grads):
            lr = self.begin_step(params)
            self.n_up += grads < 0
            params -= lr * np.sign(grads)

    seen = trace(small_net(), *small_data(4), optimizer=SignSGD(), steps=(0, 1))
    for step in seen:
        assert np.allclose(step["0.W.change"], -0.5 * np.sign(step["0.dW"]), rtol=1e-12)
        assert np.array_equal(step["0.W.n_up"], step["0.W.n_up_before"] + (step["0.dW"] < 0))
    explanation = seen.explain("0.W.change", (0, 0))
    assert explanation.text.startswith("change₀₀ = after₀₀ - W₀₀ = ") and explanation.ok
    for name in "n_up", "after":
        explanation = seen.explain(f"0.W.{name}", (0, 0))
        assert "computed by SignSGD(), for which there is no formula here" in explanation.text
        assert explanation.terms == ()


def test_a_loss_of_ones_own_has_its_slope():
    class LogCosh(tn.Loss):
        def forward(self, x, t, sample_weight=None):
            l = np.log(np.cosh(x - t)).sum(axis=1)
            return self.mean(l, sample_weight), x

        def backward(self, y, t, sample_weight=None):
            return np.tanh(y - t) * self.share(y, sample_weight)

    net = tn.Sequential([tn.Dense(2)], 2, loss=LogCosh(), rng=0, dtype=np.float64)
    x, t = np.random.default_rng(0).normal(size=(2, 3, 2))
    seen = trace(net, x, t, sample_weight=[1, 2, 1], shuffle=False)
    step = seen[0]
    assert all_wrong(seen) == set()
    assert np.allclose(step["loss.l"], np.log(np.cosh(net.predict(x) - t)).sum(axis=1), rtol=1e-12)
    assert np.array_equal(step["loss.dl"], [0.25, 0.5, 0.25])
    line, *_ = seen.explain("loss.dx", (1, 0)).text.splitlines()
    assert line.startswith("dx₁₀ = dL ∂L/∂x₁₀ = 1 · ")


def test_check_and_explain_see_the_same():
    case, = (case for case in TABLE if (case.right, case.mistake) == (DenseTanh, "missing-slope"))
    seen, _ = trace_thing(case.make_wrong(), case.shape)
    finding, = check(case.make_wrong(), input_shape=case.shape).findings
    assert all_wrong(seen) == {"0.dx", "0.dW", "0.db"}
    assert finding.array == "dx" and finding.sentence.endswith("dW, db")


@pytest.mark.parametrize("loss, last", [(tn.SoftmaxCrossEntropy(), []),
                                        (tn.CrossEntropy(), [tn.Softmax()])], ids=repr)
def test_targets_that_sum_to_1_as_far_as_float32_has_digits_are_right(loss, last):
    t = np.random.default_rng(0).dirichlet(np.ones(K), 4).astype(np.float32)
    net = tn.Sequential([tn.Dense(K), *last], 2, loss=loss, rng=0)
    seen = trace(net, small_data(4)[0], t)
    assert all_wrong(seen) == set()
    name = f"{len(last)}.dx" if last else "loss.dx"
    text = seen.explain(name, (0, 0)).text.replace("\n", " ")
    assert "since the targets of this row sum to 1 only to within" in text


@pytest.mark.parametrize("logits", [[0, -365, -365], [-712, 0, 0], [0, -740, -30], [900, -900, 0]],
                         ids=str)
@pytest.mark.parametrize("label", range(3))
def test_logits_far_apart_are_right_though_products_of_probabilities_vanish(logits, label):
    seen = last_layer([], tn.SoftmaxCrossEntropy(), np.array(logits, float), np.eye(3)[label])
    assert all_wrong(seen) == set()


def all_right(seen):
    return all(seen.explain(name, index).ok for name in seen[0]
               for index in np.ndindex(seen[0][name].shape))


@pytest.mark.parametrize("loss", [
    tn.MeanSquaredError, tn.HalfSquaredError, tn.MeanAbsoluteError, tn.Huber, tn.CrossEntropy])
@pytest.mark.parametrize("gap", [3, 11, 25, 36, 60, 700])
def test_a_softmax_that_is_sure_is_right_though_its_slopes_have_lost_digits(loss, gap):
    net = tn.Sequential([tn.Dense(2), tn.Softmax()], 2, loss=loss(), rng=0, dtype=np.float64)
    net.layers[0].W, net.layers[0].b = np.zeros((2, 2)), [gap, 0.0]
    for label in (0, 1) if loss is not tn.CrossEntropy or gap < 700 else (0,):
        assert all_right(trace(net, [[1.0, 2.0]], [label], optimizer=tn.SGD()))


@pytest.mark.parametrize("b", [-5.0, -20.0, -30.0, -36.5, -50.0])
def test_a_sigmoid_that_is_sure_is_right_though_its_loss_has_lost_digits(b):
    net = tn.Sequential([tn.Dense(1), tn.Sigmoid()], 1, loss=tn.BinaryCrossEntropy(), rng=0,
                        dtype=np.float64)
    net.layers[0].b = [b]
    assert all_right(trace(net, [[0.0]], [[0.0]], optimizer=tn.SGD()))


def test_a_gradient_that_underflows_is_right():
    class Same(tn.SoftmaxCrossEntropy):
        """L = -1/n Σᵢ Σₖ t log y"""

    net = tn.Sequential([tn.Dense(2)], 1, loss=Same(), rng=0, dtype=np.float64)
    net.layers[0].b = [720.0, 0.0]
    assert all_right(trace(net, [[0.0]], [0], optimizer=tn.SGD()))


@pytest.mark.parametrize("seed", range(3))
def test_a_mean_that_is_nearly_0_is_that_of_the_layer_to_the_bit(seed):
    x = np.random.default_rng(seed).normal(size=(8, 6, 6, 1))
    net = tn.Sequential([tn.BatchNorm(), tn.BatchNorm(), tn.Flatten(), tn.Dense(2)], (6, 6, 1),
                        loss=tn.SoftmaxCrossEntropy(), rng=0)
    seen = trace(net, x - x.mean(), np.arange(8) % 2, optimizer=tn.SGD())
    for name in ("0.running_mean.after", "1.running_mean.after", "0.mean", "1.mean"):
        assert seen.explain(name, 0).ok


def test_ways_can_be_told_apart():
    seen = last_layer([], tn.SoftmaxCrossEntropy(), np.log([0.4, 0.6]), [1.0, 0.0])
    long, squared = seen.explain("loss.dx", (0, 0)).ways
    assert long.title == "the long way, through the Jacobian of softmax"
    assert long.value == pytest.approx(-0.6) and squared.value == pytest.approx(-0.576)
    assert {term.array for term in long.terms} == {"loss.dy", "loss.J"}
    assert long.text in seen.explain("loss.dx", (0, 0)).text


def test_label_smoothing_has_a_letter_for_the_target_that_was_given():
    seen = last_layer([], tn.SoftmaxCrossEntropy(label_smoothing=0.5), np.zeros(2), [1.0, 0.0])
    assert equations(seen.explain("loss.t", (0, 1)).text)[0][1:] == [
        "(1 - label_smoothing) t_given₀₁ + label_smoothing / k", "(1 - 0.5) · 0 + 0.5 / 2", "0.25"]


def test_y_of_a_fused_loss_is_made_by_its_link_also_where_it_equals_x():
    seen = last_layer([], tn.SoftmaxCrossEntropy(), np.array([0.5, 0.5]), [1.0, 0.0])
    assert first_line(seen, "loss.y", (0, 0)).startswith("y₀₀ = exp(x₀₀) / (exp(x₀₀) + exp(x₀₁))")


@pytest.mark.parametrize("layer, line", [
    (tn.LeakyReLU(), "dx₀₁ = dy₀₁ negative_slope = -2.02 · 0.01 = -0.0202"),
    (tn.ELU(alpha=0.5), "dx₀₁ = dy₀₁ alpha exp(x₀₁) = -2.632 · 0.5 · exp(-1) = -0.4842")], ids=repr)
def test_a_bent_line_has_the_slope_of_its_side(layer, line):
    seen = last_layer([layer], tn.MeanSquaredError(), np.array([2.0, -1.0]), [1.0, 1.0])
    assert seen.explain("1.dx", (0, 0)).text.splitlines()[:2] == [
        "dx₀₀ = dy₀₀ = 2", "x is above 0, where the slope is 1"]
    assert first_line(seen, "1.dx", (0, 1)) == line


def test_a_sum_whose_terms_cancel_says_that_the_rest_is_rounding():
    net = tn.Sequential([tn.Dense(2), tn.BatchNorm(), tn.Dense(K)], 2,
                        loss=tn.SoftmaxCrossEntropy(), rng=0)
    explanation = trace(net, *small_data(7)).explain("0.db", 1)  # which BatchNorm takes out again
    assert explanation.ok and abs(explanation.value) < 1e-15
    assert explanation.value == 0 or "which is rounding: the terms cancel" in explanation.text


def test_numbers_that_overflow_are_explained():
    net = tn.Sequential([tn.LayerNorm(), tn.Dense(K)], 2, loss=tn.SoftmaxCrossEntropy(), rng=0)
    seen = trace(net, [[1e200, 2.0]], [0])
    assert seen.explain("0.var", 0).value == np.inf and all_wrong(seen) == set()


def test_what_a_layer_of_ones_own_keeps_is_what_forward_has_made_of_it():
    rng = np.random.default_rng(0)
    layer, _ = OWN_LAYERS["Noise"](rng)
    net = tn.Sequential([layer, tn.Dense(K)], 2, loss=tn.SoftmaxCrossEntropy(), rng=0)
    seen = trace(net, *small_data(4), steps=(0, 2))
    assert "what forward has made of it in this step" in seen.explain("0.batches.after", 0).text
    assert "as it was after 2 steps" in seen.explain("0.batches", 0, step=1).text


def test_y_of_a_layer_of_ones_own_is_made_of_the_rows_that_it_depends_on():
    class Centred(tn.Layer):
        def forward(self, x, training=False):
            return x - x.mean(axis=0), None

        def backward(self, dy, cache):
            return dy - dy.mean(axis=0)

    for layer, n_rows in (Centred(), 4), (DenseTanh(2), 1):
        net = tn.Sequential([layer, tn.Dense(K)], 2, loss=tn.SoftmaxCrossEntropy(), rng=0)
        seen = trace(net, *small_data(4))
        assert len(seen.explain("0.y", (1, 0)).terms) == n_rows * 2
        assert all_wrong(seen) == set()


def test_a_layer_that_computes_in_float32_is_right_as_far_as_that_goes():
    class Sine(tn.Layer):
        def forward(self, x, training=False):
            return np.sin(x.astype(np.float32)).astype(x.dtype), x

        def backward(self, dy, x):
            return dy * np.cos(x)

    class Wrong(Sine):
        def backward(self, dy, x):
            return 1.1 * dy * np.cos(x)

    for layer, wrong in (Sine(), set()), (Wrong(), {"0.dx"}):
        net = tn.Sequential([layer, tn.Dense(K)], 2, loss=tn.SoftmaxCrossEntropy(), rng=0)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert all_wrong(trace(net, *small_data(4))) == wrong


class Masked(tn.Layer):
    """y = x, but for the first column, which is a constant      dx = dy, there 0"""

    def __init__(self, constant, factor=1.0):
        self.constant, self.factor = constant, factor

    def forward(self, x, training=False):
        y = x.copy()
        y[:, 0] = self.constant
        return y, None

    def backward(self, dy, cache):
        dx = self.factor * dy
        dx[:, 0] = 0
        return dx


@pytest.mark.long
@pytest.mark.parametrize("last, loss", [([], tn.SoftmaxCrossEntropy()),
                                        ([tn.Softmax()], tn.CrossEntropy())], ids=str)
@pytest.mark.parametrize("constant", [-np.inf, -1e30, -1e9], ids=str)
def test_a_class_that_is_masked_hides_no_mistake_and_is_none(last, loss, constant):
    rng = np.random.default_rng(0)
    for factor, wrong in (1.0, set()), (1.01, {"1.dx"}):
        net = tn.Sequential([tn.Dense(5), Masked(constant, factor), *copy.deepcopy(last)], 5,
                            loss=loss, rng=0, dtype=np.float64)
        assert all_wrong(trace(net, rng.normal(size=(3, 5)), [1, 4, 2])) == wrong


class Sort(tn.Layer):
    """y = x in ascending order      dx = dy at the places that the numbers come from"""

    factor = 1.0

    def forward(self, x, training=False):
        order = np.argsort(x, axis=1, kind="stable")
        return np.take_along_axis(x, order, axis=1), order

    def backward(self, dy, order):
        dx = np.zeros_like(dy)
        np.put_along_axis(dx, order, self.factor * dy, axis=1)
        return dx


class SortTooSteep(Sort):
    factor = 3.0


def test_where_numbers_are_equal_any_order_of_them_is_right():
    for layer, is_right in (Sort(), True), (SortTooSteep(), False):
        net = tn.Sequential([layer], 3, loss=tn.HalfSquaredError(), dtype=np.float64)
        seen = trace(net, np.zeros((1, 3)), [[-1.0, -5.0, -2.0]])  # dy = 1, 5, 2
        assert [seen.explain("0.dx", (0, j)).ok for j in range(3)] == [True, is_right, is_right]


@pytest.mark.parametrize("layer, x, text", [
    (tn.Softplus(), -50.0, "log1p(exp(-50)) = 1.929e-22"),
    (tn.Softplus(), -2.0, "log(1 + exp(-2)) = 0.1269"),
    (tn.ELU(), -1e-20, "1 · expm1(-1e-20) = -1e-20"),
    (tn.ELU(), -1.0, "1 · (exp(-1) - 1) = -0.6321"),
], ids=str)
def test_numbers_beside_1_lose_no_digits(layer, x, text):
    seen = last_layer([layer], tn.MeanSquaredError(), np.array([x]), [1.0])
    assert first_line(seen, "1.y", (0, 0)).endswith(text)
    assert seen.explain("1.y", (0, 0)).ok


def test_a_layer_with_passes_of_its_own_is_not_explained_by_its_class():
    net = tn.Sequential([tn.Dense(2), tn.Tanh()], 2, loss=tn.MeanSquaredError(), rng=0,
                        dtype=np.float64)

    def forward(x, training=False):
        y = np.tanh(x)
        return 2 * y, y

    net.layers[1].forward, net.layers[1].backward = forward, lambda dy, y: 2 * dy * (1 - y * y)
    x, t = np.random.default_rng(0).normal(size=(2, 3, 2))
    assert all_wrong(trace(net, x, t, steps=(0, 1))) == set()
    net.layers[1].backward = lambda dy, y: dy * (1 - y * y)
    assert all_wrong(trace(net, x, t)) == {"1.dx"}


def test_layers_may_share_a_random_generator():
    class Dropout(tn.Layer):
        def __init__(self, rng):
            self.rng = rng

        def forward(self, x, training=False):
            keep = 2.0 * (self.rng.random(x.shape) > 0.5) if training else np.ones(x.shape)
            return x * keep, keep

        def backward(self, dy, keep):
            return dy * keep

    rng = np.random.default_rng(0)
    net = tn.Sequential([Dropout(rng), tn.Dense(3), Dropout(rng)], 2, rng=0, dtype=np.float64,
                        loss=tn.SoftmaxCrossEntropy())
    assert all_wrong(trace(net, *small_data(4), steps=(0, 1))) == set()


def test_explaining_leaves_the_random_stream_of_numpy_where_it_is():
    class Noise(tn.Layer):
        def forward(self, x, training=False):
            e = 1 + np.random.rand(*x.shape)
            return x * e, e

        def backward(self, dy, e):
            return dy * e

    net = tn.Sequential([Noise()], 2, loss=tn.MeanSquaredError(), dtype=np.float64)
    seen = trace(net, [[1.0, 2.0]], [[1.0, 2.0]])
    _, before, place, *_ = np.random.get_state()
    seen.explain("0.dx", (0, 0))
    check(Noise(), input_shape=2)
    _, after, same_place, *_ = np.random.get_state()
    assert place == same_place and np.array_equal(before, after)


def test_every_layer_loss_and_optimizer_of_tinynet_has_formulas():
    for known, base, others in [
            (OF_LAYERS, tn.Layer, {tn.Layer, tn.Sequential}),
            (OF_LOSSES, tn.Loss, {tn.Loss}), (OF_OPTIMIZERS, tn.Optimizer, {tn.Optimizer})]:
        exported = {getattr(tn, name) for name in tn.__all__}
        assert {*known} | others == {thing for thing in exported
                                     if isinstance(thing, type) and issubclass(thing, base)}
