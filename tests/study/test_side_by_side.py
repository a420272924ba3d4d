"""Traces side by side, and their page."""

import base64

import numpy as np
import pytest
from sklearn.datasets import make_moons

import tinynet as tn
from pages import find_violations
from tinynet.study import side_by_side, trace
from tinynet.study.page.comparison import collect_comparison, order_of

X, LABELS = make_moons(12, noise=0.1, random_state=0)
STEPS = (0, 3, 10)


class OwnSoftmax(tn.Softmax):
    """y = softmax(x)"""


def train(link, loss, x=X, t=LABELS, k=2, start=1.0, activation=None, **settings):
    layers = [tn.Dense(4), activation or tn.Tanh(), tn.Dense(k), *link]
    net = tn.Sequential(layers, x.shape[1:], loss=loss, rng=1)
    net.layers[2].W *= start
    return trace(net, x, t, **{"optimizer": tn.SGD(0.3), "steps": STEPS} | settings)


def two_traces(**settings):
    return {"cross-entropy": train([], tn.SoftmaxCrossEntropy(), **settings),
            "squared error": train([tn.Softmax()], tn.MeanSquaredError(), **settings)}


# ---- what is refused ----

@pytest.mark.parametrize("settings, said", [
    ({"steps": (0, 3)}, "were recorded at different steps: 0, 3 and 10, and 0 and 3"),
    ({"x": X + 1}, "have different rows"),
    ({"t": 1 - LABELS}, "have different rows"),
    ({"rng": 1, "batch_size": 4}, "have different rows"),
    ({"start": 2.0}, "begin with different weights"),
    ({"sample_weight": np.arange(12)}, "have different rows"),
    ({"activation": tn.ReLU()}, r"have different layers: Dense\(4\), Tanh\(\) and Dense\(2\), "),
    ({"k": 3}, "have different rows"),
])
def test_runs_that_differ_in_more_than_the_loss_are_refused(settings, said):
    other = train([tn.Softmax()], tn.MeanSquaredError(), **settings)
    with pytest.raises(ValueError, match=f"'a' and 'b' {said}"):
        side_by_side({"a": two_traces()["cross-entropy"], "b": other})


def test_each_later_run_is_compared_too():
    third = train([], tn.SoftmaxCrossEntropy(), start=2.0)
    with pytest.raises(ValueError, match="'squared error' and 'c' begin with different weights"):
        side_by_side(two_traces() | {"c": third})


@pytest.mark.parametrize("traces, said", [
    ([], "must be a dictionary of at least two traces"),
    ({"a": train([], tn.SoftmaxCrossEntropy())}, "must be a dictionary of at least two traces"),
    ({"a": train([], tn.SoftmaxCrossEntropy()), "b": None}, r"traces\['b'\] is of type NoneType"),
    ({1: train([], tn.SoftmaxCrossEntropy()), "b": None}, "name in traces is 1; it must be a str"),
])
def test_what_is_not_two_traces_is_refused(traces, said):
    with pytest.raises(ValueError, match=said):
        side_by_side(traces)


def test_targets_that_are_no_classes_are_refused():
    numbers = {"t": X[:, :1], "k": 1}
    with pytest.raises(ValueError, match="targets of 'a' are not classes"):
        side_by_side({"a": train([], tn.MeanSquaredError(), **numbers),
                      "b": train([], tn.HalfSquaredError(), **numbers)})


# ---- the numbers ----

def numbers_of(data, run, step, name, dtype="<f8"):
    return np.frombuffer(base64.b64decode(data["runs"][run]["steps"][step][name]), dtype)


def test_the_pull_of_a_row_is_the_length_of_its_gradient_at_the_logits():
    """p and t, in the order of the data: cross-entropy |y - t|, squared error by the chain rule."""
    traces = two_traces()
    data = collect_comparison(traces)
    for s in range(len(STEPS)):
        one, other = (each[s] for each in traces.values())
        order = order_of(one)
        assert np.array_equal(one["rows"][order], np.arange(12))
        y, t = one["loss.y"][order], one["t"][order]
        np.testing.assert_allclose(numbers_of(data, 0, s, "pull"), np.linalg.norm(y - t, axis=1),
                                   rtol=1e-12)
        np.testing.assert_allclose(numbers_of(data, 0, s, "p"), y[np.arange(12), LABELS])
        p = other["loss.y"][order][np.arange(12), LABELS]
        # two classes: dx of the true one is -4 p (1 - p)², and that of the other its opposite
        np.testing.assert_allclose(numbers_of(data, 1, s, "dx"), -4 * p * (1 - p) ** 2, rtol=1e-9)
        np.testing.assert_allclose(numbers_of(data, 1, s, "pull"),
                                   4 * np.sqrt(2) * p * (1 - p) ** 2, rtol=1e-9)


@pytest.mark.parametrize("link, loss, k", [
    ([], tn.SoftmaxCrossEntropy(), 2), ([tn.Softmax()], tn.MeanSquaredError(), 2),
    ([tn.Softmax()], tn.CrossEntropy(), 2), ([], tn.SigmoidCrossEntropy(), 2),
    ([tn.Sigmoid()], tn.HalfSquaredError(), 2), ([], tn.MeanSquaredError(), 2),
    ([OwnSoftmax()], tn.MeanSquaredError(), 2),
    ([], tn.SigmoidCrossEntropy(), 1), ([tn.Sigmoid()], tn.MeanSquaredError(), 1),
    ([tn.Sequential([tn.Sigmoid()], 1)], tn.MeanSquaredError(), 1)])
def test_each_gradient_is_the_sum_of_its_products(link, loss, k):
    t = LABELS[:, None] if k == 1 else np.eye(2)[LABELS]
    seen = train(link, loss, t=t, k=k)
    data = collect_comparison({"a": seen, "b": seen})
    for s in range(len(STEPS)):
        dy, slopes = (numbers_of(data, 0, s, name).reshape(12, k) for name in ("dy", "slopes"))
        np.testing.assert_allclose((dy * slopes).sum(1), numbers_of(data, 0, s, "dx"), rtol=1e-9,
                                   atol=1e-15)


ONE_OUTPUT = {"t": LABELS[:, None], "k": 1}


@pytest.mark.parametrize("traces", [
    two_traces(), {"cross-entropy": train([], tn.SigmoidCrossEntropy(), **ONE_OUTPUT),
                   "squared error": train([tn.Sigmoid()], tn.MeanSquaredError(), **ONE_OUTPUT)}])
def test_rows_of_two_classes_are_on_the_curve(traces):
    data = collect_comparison(traces)
    for r, run in enumerate(data["runs"]):
        p, pull = np.array(run["curve"]).T
        for s in range(len(STEPS)):
            on_curve = np.interp(numbers_of(data, r, s, "p"), p, pull)
            np.testing.assert_allclose(numbers_of(data, r, s, "pull"), on_curve, atol=1e-3)


def test_where_the_probability_does_not_tell_the_pull_there_is_no_curve():
    """Of sigmoids there are two logits, and each pulls for itself."""
    traces = {"a": train([], tn.SigmoidCrossEntropy(), t=np.eye(2)[LABELS]),
              "b": train([tn.Sigmoid()], tn.MeanSquaredError(), t=np.eye(2)[LABELS]),
              "c": train([], tn.MeanSquaredError(), t=np.eye(2)[LABELS])}
    assert [run["curve"] for run in collect_comparison(traces)["runs"]] == [None, None, None]


def test_one_output_without_a_sigmoid_is_of_class_1_above_a_half():
    seen = train([], tn.MeanSquaredError(), **ONE_OUTPUT)
    data = collect_comparison({"a": seen, "b": seen})
    left, _, _, top = data["box"]
    corner = seen[0].net.predict(np.array([[left, top]]))[0, 0]
    np.testing.assert_allclose(numbers_of(data, 0, 0, "regions", "<f4")[0], corner - 0.5, rtol=1e-6)
    y = seen[0]["loss.y"][order_of(seen[0])][:, 0]
    assert data["runs"][0]["steps"][0]["isWrong"] == ((y > 0.5) != LABELS).tolist()


def test_regions_are_those_of_the_network_before_each_step():
    """At the corners of the box, and by the class that `predict` has there."""
    seen = train([tn.Softmax()], tn.MeanSquaredError())
    data = collect_comparison({"a": seen, "b": seen})
    left, right, bottom, top = data["box"]
    corners = np.array([[left, top], [right, top], [left, bottom], [right, bottom]])
    w, h = data["grid"]
    assert left < X[:, 0].min() and top > X[:, 1].max()
    for s, step in enumerate(seen):
        scores = numbers_of(data, 0, s, "regions", "<f4").reshape(h, w, 2)
        at_corners = np.array([scores[0, 0], scores[0, -1], scores[-1, 0], scores[-1, -1]])
        assert np.array_equal(at_corners.argmax(1), step.net.predict(corners).argmax(1))


def test_a_column_that_is_always_the_same_has_a_box_too():
    data = collect_comparison(two_traces(x=np.c_[X[:, 0], np.full(12, 1e9)]))
    left, right, bottom, top = data["box"]
    assert left < right and bottom < top


def test_without_two_inputs_there_are_no_regions():
    data = collect_comparison(two_traces(x=np.c_[X, X]))
    assert data["box"] is None and data["runs"][0]["steps"][0]["regions"] is None


# ---- the page ----

@pytest.mark.long
def test_both_runs_go_in_step_by_one_slider(open_page):
    traces = two_traces(start=30.0)
    page = open_page(side_by_side(traces))
    page.tab.focus("#slider")
    for s in (0, 1, 2):
        figures = page.tab.locator("figure.now figcaption").all_inner_texts()
        assert len(figures) == 2
        for said, seen in zip(figures, traces.values()):
            step = seen[s]
            wrong = (step["loss.y"].argmax(1) != step["t"].argmax(1)).sum()
            assert said == f"step {STEPS[s]}, {wrong} wrong, L = {step['L']:.3f}"
        page.press("ArrowRight")
    page.tab.focus("#rows input:checked")
    page.press(",")
    assert page.run("document.activeElement.checked")   # it stays in the table
    assert page.text("#when").startswith("Step 3.")


@pytest.mark.long
def test_a_row_is_chosen_by_keys_and_by_mouse(open_page):
    page = open_page(side_by_side(two_traces()))
    first = page.run("DATA.rows[0][state.row]")
    assert page.text("#products h2").startswith(f"Row {first} at step 0")
    page.tab.focus('input[name="row"]:checked')
    page.press("ArrowDown")
    assert page.run("DATA.rows[0][state.row]") != first
    assert page.run("document.activeElement.checked")
    page.tab.click("figure.now [data-row='7']", force=True)
    assert page.text("#products h2").startswith("Row 7 at step 0")
    assert page.run("document.querySelectorAll('.ring').length") == 6   # in each picture


@pytest.mark.long
def test_small_batches_many_classes_and_own_names_are_shown(open_page):
    x = np.random.default_rng(0).normal(size=(10, 3))
    traces = {name: train(link, loss, x=x, t=np.arange(10), k=10, batch_size=4, steps=range(3))
              for name, link, loss in [("<b>a</b>", [], tn.SoftmaxCrossEntropy()),
                                       ("b", [tn.Softmax()], tn.HalfSquaredError()),
                                       ("c", [], tn.MeanSquaredError())]}
    page = open_page(side_by_side(traces))
    page.tab.focus("#rows input:checked")
    for s in range(3):
        assert "<b>a</b>" in page.text("#when")
        rows = np.sort(traces["b"][s]["rows"])
        marks = page.tab.locator("#rows tr label").all_inner_texts()
        assert sorted(int(mark.split()[1]) for mark in marks) == rows.tolist()   # 4, 4 and 2
        row = page.run("DATA.rows[state.step][state.row]")
        i = list(traces["b"][s]["rows"]).index(row)
        y = traces["b"][s]["loss.y"][i, row]   # of its own class
        shown = page.run("RUNS[1].steps[state.step].p[state.row]")
        assert shown == y
        page.press(".")


@pytest.mark.long
def test_five_runs_and_a_diverging_one_are_shown(open_page):
    far = train([], tn.MeanSquaredError(), optimizer=tn.SGD(3.0))
    page = open_page(side_by_side(two_traces() | {"far": far, "d": far, "e": far}))
    bars = "document.querySelectorAll('#rows tr:nth-child(2) .bar')"
    colours = page.run(f"[...{bars}].map(bar => getComputedStyle(bar).backgroundColor)")
    assert len(colours) == 5 and "rgba(0, 0, 0, 0)" not in colours
    assert page.run("document.querySelector('#pulls svg').innerHTML.includes('NaN')") is False


@pytest.mark.long
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_no_violation(open_page, dark, width):
    page = open_page(side_by_side(two_traces(start=30.0)), dark=dark, width=width)
    assert find_violations(page) == []
