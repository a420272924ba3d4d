"""The page of a trace, in a browser."""

import base64
import io
import json
import re
import runpy
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import tinynet as tn
from cases import LOSSES, Residual
from tinynet.study import trace
from tinynet.study.functions import without_warnings
from tinynet.study.tracing.equations import choose_digits
from pages import (X, WrongDense, find_violations, images_trace, large_trace, rich_trace,
                   small_trace)
from traced import CASES

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "tinynet" / "study" / "page"
TRACES = {"small": small_trace, "images": images_trace, "rich": rich_trace}
each_trace = pytest.mark.parametrize("make", TRACES.values(), ids=TRACES)
light_and_dark = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


# ---- the file ----

def test_each_script_and_style_is_on_a_page_and_has_lines_of_at_most_110_characters():
    on_pages = [name for page in PAGES.glob("*.html")
                for name in re.findall(r"{{(.+?)}}", page.read_text(encoding="utf-8"))]
    files = [*PAGES.glob("*.js"), *PAGES.glob("*.css")]
    assert {path.name for path in files} | {"contents"} == set(on_pages)
    for path in files:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if len(line) > 110 or line != line.rstrip()] == []


def test_a_small_page_is_under_300_kB(tmp_path):
    small_trace().to_html(tmp_path / "page.html")
    assert (tmp_path / "page.html").stat().st_size < 300_000


def test_a_large_page_is_under_3_MB(tmp_path):
    large_trace().to_html(tmp_path / "page.html")
    assert (tmp_path / "page.html").stat().st_size < 3_000_000


def test_the_page_of_the_docs_is_the_one_that_the_example_writes(tmp_path):
    """But for the last digits, in which processors differ."""
    runpy.run_path(str(ROOT / "examples" / "slides.py"))["write_page"](tmp_path / "page.html")
    pages = [path.read_text(encoding="utf-8").split('id="contents">')
             for path in (ROOT / "docs" / "microscope.html", tmp_path / "page.html")]
    (before, there), (same_before, written) = pages
    assert before == same_before
    contents, scripts = there.split("</script>", 1)
    own_contents, own_scripts = written.split("</script>", 1)
    assert scripts == own_scripts
    contents, own_contents = json.loads(contents), json.loads(own_contents)
    for step, own_step in zip(contents.pop("steps"), own_contents.pop("steps"), strict=True):
        arrays, own_arrays = step.pop("arrays"), own_step.pop("arrays")
        assert step == own_step and arrays.keys() == own_arrays.keys()
        for name, array in arrays.items():
            np.testing.assert_allclose(decode(array), decode(own_arrays[name]), atol=1e-12)
    assert contents == own_contents
    assert (ROOT / "docs" / "microscope.html").stat().st_size < 300_000


def decode(array):
    return np.frombuffer(base64.b64decode(array), "<f8")


def test_the_same_trace_makes_the_same_file(tmp_path):
    for name in ("a.html", "b.html"):
        small_trace().to_html(str(tmp_path / name))
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


@pytest.mark.long
def test_numbers_that_are_not_finite_are_shown_as_words(open_page):
    class Gap(tn.Layer):
        """y = x, but for the first, which is lost"""

        def forward(self, x, training=False):
            return np.where(np.arange(x.shape[1]), x, np.nan), None

        def backward(self, dy, cache):
            return np.full_like(dy, -np.inf)

    class Zero(tn.Loss):
        """L = 0"""

        def forward(self, x, t, sample_weight=None):
            return 0.0, x

        def backward(self, y, t, sample_weight=None):
            return np.zeros_like(y)

    page = open_page(trace(tn.Sequential([tn.Tanh(), Gap()], 2, loss=Zero(), rng=0), X, X))
    assert page.run("CELLS.get('1.y|0,0').textContent") == "nan"
    assert page.run("CELLS.get('1.dx|0,0').textContent") == "−∞"


def test_a_layer_of_ones_own_may_keep_anything():
    class Keeps(tn.Tanh):
        """y = tanh(x)"""

        def __init__(self):
            self.odd = (np.int64(3), np.tanh, np.zeros(2), (-np.inf,))

        def __repr__(self):
            return "Keeps(\udc80, ünïcode)"

    net = tn.Sequential([tn.Dense(2), Keeps(), Residual([tn.Dense(2)], 2), tn.Dense(2)], 2,
                        loss=tn.SoftmaxCrossEntropy(), rng=0)
    assert "Keeps" in trace(net, X, [0, 1, 1, 0])._repr_html_()


@pytest.mark.long
def test_text_of_a_layer_cannot_end_the_script_or_become_markup(open_page):
    class Strange(tn.Tanh):
        """y = tanh(x) <img src=x onerror=alert(1)> </script>      dx = dy (1 - y²)"""

        def __repr__(self):
            return "</script><b id=bold>Strange</b>"

    net = tn.Sequential([tn.Dense(2), Strange(), tn.Dense(2)], 2, loss=tn.SoftmaxCrossEntropy(),
                        rng=0)
    page = open_page(trace(net, X, [0, 1, 1, 0]))
    page.wait_for_check()
    assert page.run("document.querySelectorAll('#bold, img').length") == 0


@pytest.mark.long
def test_in_a_notebook_a_trace_is_a_frame_with_the_page(chromium, tmp_path):
    (tmp_path / "notebook.html").write_text(small_trace()._repr_html_(), encoding="utf-8")
    page = chromium.new_page()
    page.goto((tmp_path / "notebook.html").as_uri())
    frame = page.frame_locator("iframe")
    assert frame.locator("h1").inner_text() == "One training step, number by number"
    assert frame.locator(".cell.chosen").count() == 1
    page.close()


# ---- explanations ----

EXPLAIN = """questions => questions.map(([s, name, index, digits]) => {
    const step = STEPS[s], value = step.value(name, index), made = step.make(name, index);
    const write = made => made ? [made.symbols(), made.numbers(digits)] : null;
    const ways = (made.ways ?? []).map(way => [way.title, ...write(way.expression)]);
    return [write(made.expression), made.sentence ?? "", ways, isRight(made, value), value];
})"""


def ask_and_answer(seen, most=40):
    """Questions for the page about some entries of each array, and what Python says."""
    rng, questions, answers = np.random.default_rng(0), [], []
    for s, step in enumerate(seen):
        for name, (formulas, local) in step.makers.items():
            indices = list(np.ndindex(step[name].shape))
            for place in rng.permutation(len(indices))[:most]:
                index = tuple(map(int, indices[place]))
                with without_warnings():
                    made = formulas.make(local, index)
                digits = choose_digits(made.expression) if made.expression is not None else 4
                write = lambda e: e and [e.symbols(), e.numbers(digits)]
                ways = [[way.title, *write(way.expression)] for way in made.ways]
                explanation = step.explain(name, index)
                questions.append([s, name, index, digits])
                answers.append([write(made.expression), made.sentence, ways, explanation.ok,
                                explanation.value])
    return questions, answers


def check_explanations(page, questions, answers):
    for question, said, answer in zip(questions, page.run(EXPLAIN, questions), answers):
        assert said == answer, question


@pytest.mark.long
@each_trace
def test_each_explanation_is_that_of_python(open_page, make):
    seen = make()
    check_explanations(open_page(seen), *ask_and_answer(seen))


@pytest.mark.long
def test_the_explanation_of_the_chosen_number_is_read_aloud(open_page):
    """In the region that readers of screens follow: name, value, and the formula of Python."""
    seen = small_trace(steps=(0,))
    page = open_page(seen)
    page.tab.focus(".cell.chosen")
    for key in ["ArrowDown", "ArrowRight", "ArrowRight"] * 13:
        page.press(key)
        name, index = page.chosen
        formulas, local = seen[0].makers[name]
        made = formulas.make(local, tuple(index))
        said = page.run("document.getElementById('live').textContent").replace("−", "-")
        assert f"is {seen[0][name][tuple(index)]:.4f}".rstrip("0").rstrip(".") in said
        assert (made.sentence if made.expression is None else made.expression.symbols()) in said


# two losses for each layer, all in turn
@pytest.mark.long
@pytest.mark.parametrize("case", [case for i, case in enumerate(CASES)
                                  if (i // len(LOSSES) + i) % 4 == 0], ids=str)
def test_each_explanation_is_that_of_python_for_all_layers_and_losses(open_page, case):
    seen, _, _ = case.run()
    page = open_page(seen)
    check_explanations(page, *ask_and_answer(seen, most=5))
    assert "agree with their sums" in page.wait_for_check()
    assert page.run("Object.keys(DATA.makers).filter(name => !(name in VIEWS))") == ["rows"]


@pytest.mark.long
def test_a_network_that_is_sure_of_wrong_answers_agrees_with_its_sums(open_page):
    net = tn.Sequential([tn.Dense(4), tn.Tanh(), tn.Dense(3), tn.Softmax()], 2,
                        loss=tn.MeanSquaredError(), rng=0)
    net.layers[2].W *= 30
    seen = trace(net, X, [0, 1, 2, 0], optimizer=tn.SGD(0.3), steps=(0, 5, 50))
    page = open_page(seen)
    check_explanations(page, *ask_and_answer(seen))
    assert "agree with their sums" in page.wait_for_check()


@pytest.mark.long
def test_a_batch_may_have_fewer_rows_than_the_one_before(open_page):
    seen = small_trace(steps=(0, 1, 2), batch_size=3)
    page = open_page(seen)
    check_explanations(page, *ask_and_answer(seen))
    page.run("choose('loss.dx', [2, 0])")
    for step, n in ((1, 1), (2, 3)):
        page.run("step => goToStep(step)", step)
        shown = page.run("[...CELLS.values()].filter(cell => cell.where.name === '2.y').length")
        assert shown == 3 * n
    assert page.chosen == ["loss.dx", [0, 0]]   # the row that both batches have
    page.run("choose('loss.dx', [2, 0]); choose('0.W', [0, 0]); goToStep(1); goBack()")
    assert page.chosen == ["loss.dx", [0, 0]]


# ---- keys ----

# goes from each number that is reached in each direction, without drawing what is beside the score.
# Of arrays of which one row is seen, such as J, each place is to be reached in one row; one follows
# others.
REACH = """() => {
    window.choose = (name, index) => {
        state.chosen = { name, index };
        const moved = viewOf(name).show(index);
        if (moved.length) fillAll(moved);
    };
    const key = ({ name, index }) =>
        keyOf(name, viewOf(name).isOfFollowed ? index.slice(1) : index);
    const reached = new Set([key(state.chosen)]), queue = [state.chosen];
    while (queue.length) {
        const from = queue.shift();
        for (const direction of Object.values(DIRECTIONS)) {
            choose(from.name, from.index);
            goInDirection(...direction);
            if (!reached.has(key(state.chosen))) queue.push(state.chosen);
            reached.add(key(state.chosen));
        }
    }
    const seen = [...CELLS.values()].map(cell => ({ name: cell.where.name, index: cell.index }));
    return seen.filter(place => !reached.has(key(place)));
}"""


@pytest.mark.long
@pytest.mark.parametrize("make, width", [
    *((make, 1280) for make in TRACES.values()), (small_trace, 390)], ids=[*TRACES, "narrow"])
def test_arrows_reach_every_number(open_page, make, width):
    assert open_page(make(), width=width).run(REACH) == []


@pytest.mark.long
def test_arrows_go_beyond_the_window(open_page):
    page = open_page(large_trace())
    page.run("choose('0.W', [5, 5], { focus: 'cell' })")
    page.press(*["ArrowRight"] * 12, *["ArrowDown"] * 12)
    assert page.chosen == ["0.W", [17, 17]]


@pytest.mark.long
def test_one_goes_through_the_pass_by_n_and_p(open_page):
    page = open_page(small_trace())
    page.tab.focus(".cell.chosen")
    page.run("goInPass(0)")
    order = [page.chosen[0]]
    for _ in range(page.run("PASS.length") - 1):
        page.press("n")
        order.append(page.chosen[0])
    forward, backward = order[:order.index("L") + 1], order[order.index("L") + 1:]
    assert forward == ["0.y", "1.y", "2.y", "loss.y", "loss.l", "L"]
    assert [name for name in backward if name in ("loss.dx", "2.dW", "1.dx", "0.dW")] == [
        "loss.dx", "2.dW", "1.dx", "0.dW"]
    for later, earlier in pairwise(reversed(order)):
        page.press("p")
        assert page.chosen[0] == earlier


@pytest.mark.long
def test_enter_goes_to_the_sum_and_escape_back(open_page):
    page = open_page(small_trace())
    page.run("choose('2.dW', [1, 0], { focus: 'cell' })")
    page.press("Enter")
    assert page.run("document.activeElement.className.includes('chip')")
    page.press("Enter")
    assert page.chosen == ["1.y", [0, 1]]   # the first factor of the first term
    page.press("Backspace")
    assert page.chosen == ["2.dW", [1, 0]]
    page.press("Escape")
    assert page.run("document.activeElement.classList.contains('chosen')")
    page.press("g")
    assert page.chosen == ["2.W", [1, 0]]
    page.press("g")
    assert page.chosen == ["2.dW", [1, 0]]
    page.press(".")
    assert page.run("state.step") == 1
    page.press(",", ",")
    assert page.run("state.step") == 0


@pytest.mark.long
def test_one_finds_back_to_a_number_that_a_ruler_has_moved_out_of_sight(open_page):
    page = open_page(large_trace())
    page.run("choose('0.y', [0, 0], { focus: 'cell' })")
    page.tab.click("[aria-label='later units of layer 0']")
    assert page.run("cellOf(state.chosen)") is None
    page.tab.focus('.cell[tabindex="0"]')   # where Tab comes to
    page.press("ArrowDown")
    assert page.run("document.activeElement === cellOf(state.chosen)")
    page.tab.click("[aria-label='later rows']")
    page.tab.focus("#panel button")
    page.press("Escape")
    assert page.run("document.activeElement === cellOf(state.chosen)")


@pytest.mark.long
def test_tab_stops_once_in_the_score(open_page):
    page = open_page(small_trace())
    page.tab.focus("#slider")
    page.press("Tab")
    assert page.run("document.activeElement.classList.contains('chosen')")
    page.press("Tab")
    assert page.run("document.activeElement.closest('#panel') !== null")


@pytest.mark.long
def test_the_slider_goes_through_the_recorded_steps(open_page):
    seen = small_trace()
    page = open_page(seen)
    page.tab.focus("#slider")
    for step in (1, 2):
        page.press("ArrowRight")
        start = f"Step {seen.steps[step]} of the training: L = {seen[step]['L']:.4f}"
        assert page.text("#when").startswith(start)
        shown = page.run("cellOf({ name: '0.W', index: [0, 0] }).textContent")
        assert shown.replace("−", "-") == f"{seen[step]['0.W'][0, 0]:.3f}"


# ---- what the panel says ----

@pytest.mark.long
def test_the_panel_has_the_numbers_of_both_ways(open_page):
    page = open_page(small_trace())
    page.run("choose('loss.dx', [0, 0])")
    said = page.text("#what")
    assert "The short way" in said and "The long way, through the Jacobian of softmax" in said
    assert "Difference of the two ways" in said and "Why they agree" in said
    page.run("choose('2.dW', [1, 2])")
    largest = np.abs(small_trace()[0]["1.y"][:, 1] * small_trace()[0]["2.dy"][:, 2]).argmax()
    assert f"Row {largest} gives the largest part." in page.text("#what")


@pytest.mark.long
@pytest.mark.parametrize("loss, link, said", [
    (tn.SoftmaxCrossEntropy(), [], "only the dy of the true class"),
    (tn.CrossEntropy(), [tn.Softmax()], "only the dy of the true class"),
    (tn.SigmoidCrossEntropy(), [], "dy is 1 / (1 − y), since t is 0"),
    (tn.BinaryCrossEntropy(), [tn.Sigmoid()], "dy is 1 / (1 − y), since t is 0")])
def test_the_panel_says_why_both_ways_agree(open_page, loss, link, said):
    net = tn.Sequential([tn.Dense(2), *link], 2, loss=loss, rng=0)
    page = open_page(trace(net, X, np.eye(2)[[0, 1, 1, 0]], optimizer=tn.SGD(), shuffle=False))
    page.run("choose(DATA.logits, [0, 1])")   # of the class that row 0 is not of
    text = page.text("#what")
    assert f"Why they agree: {said}" in text
    y, dx = page.run("['loss.y', DATA.logits].map(name => STEPS[0].value(name, [0, 1]))")
    np.testing.assert_allclose(dx, y / 4)   # y - t, by the share


@pytest.mark.long
def test_targets_that_are_no_classes_are_called_targets(open_page):
    net = tn.Sequential([tn.Dense(2)], 2, loss=tn.MeanSquaredError(), rng=0)
    page = open_page(trace(net, X, [[0.1, 0.9], [0.3, 0.7], [0.2, 0.2], [1, 0.5]]))
    assert "target" in page.text("#rows") and "true class" not in page.text("#rows")


@pytest.mark.long
def test_a_parameter_that_begins_with_d_is_no_gradient(open_page):
    class Deep(tn.Layer):
        """y = x depth"""

        param_names = ("depth",)

        def __init__(self):
            self.depth = np.ones(1)

        def forward(self, x, training=False):
            return x * self.depth, x

        def backward(self, dy, x):
            self.ddepth = (dy * x).sum(keepdims=True)[0]
            return dy * self.depth

    net = tn.Sequential([tn.Dense(2), Deep()], 2, loss=tn.SoftmaxCrossEntropy(), rng=0)
    page = open_page(trace(net, X, [0, 1, 1, 0], optimizer=tn.SGD()))
    gradients = page.run("Object.keys(DATA.makers).filter(isGradient)")
    assert "1.ddepth" in gradients and "1.depth" not in gradients
    column = page.run("COLUMNS.find(({ wire }) => wire === '1.y')")
    assert column["above"] == ["1.depth"] and column["aboveBack"] == ["1.ddepth"]


@pytest.mark.long
def test_what_the_pass_has_not_reached_can_be_covered(open_page):
    page = open_page(small_trace())
    page.run("goInPass(3)")   # y of the loss
    page.tab.check("#cover")
    labels = dict(page.run(
        "[...CELLS].map(([key, cell]) => [key, cell.getAttribute('aria-label')])"))
    assert labels["loss.y|0,0"].endswith(page.run("CELLS.get('loss.y|0,0').textContent"))
    for key in ("loss.l|0", "loss.dx|0,0", "0.dW|0,0", "loss.y.after|0,0"):
        assert labels[key].endswith(": covered")
    assert page.run("getComputedStyle(CELLS.get('0.dW|0,0')).color") == "rgba(0, 0, 0, 0)"
    assert "pulls hardest" not in page.text("#rows")
    page.tab.uncheck("#cover")
    assert "pulls hardest" in page.text("#rows")


@pytest.mark.long
def test_a_wrong_gradient_is_marked_and_nothing_else(open_page):
    net = tn.Sequential([tn.Dense(3), tn.Tanh(), WrongDense(2)], 2,
                        loss=tn.SoftmaxCrossEntropy(), rng=0)
    seen = trace(net, X, [0, 1, 1, 0])
    page = open_page(seen)
    page.tab.wait_for_selector("#check button")
    assert page.run("WRONG") == [{"step": 0, "name": "2.dW", "index": [1, 0]}]
    page.tab.click("#check button")
    assert page.chosen == ["2.dW", [1, 0]]
    wrong = seen[0]["2.dW"][1, 0]
    said = f"≠ Recorded is {wrong:.4f}, the sum gives {-wrong:.4f}.".replace("-", "−")
    assert page.text("#what .wrong") == said
    marked = page.run("[...document.querySelectorAll('.is-wrong')].map(cell => cell.where.name)")
    assert marked == ["2.dW"]
    label = page.run("cellOf({ name: '2.dW', index: [1, 0] }).getAttribute('aria-label')")
    assert label.endswith("does not agree with its sum")


@pytest.mark.long
def test_what_is_not_checked_is_not_said_to_agree(open_page):
    """An array of a layer of one's own with more than 1,000 numbers."""
    class Half(tn.Layer):
        """y = x"""

        def forward(self, x, training=False):
            return x, None

        def backward(self, dy, cache):
            return dy / 2

    x = np.random.default_rng(0).normal(size=(32, 4))
    for units, said in ((31, "≠ 992 numbers do not agree with their sums, first in dx of layer 1"),
                        (32, "2,048 of layers of one's own were not checked")):
        net = tn.Sequential([tn.Dense(units), Half(), tn.Dense(2)], 4,
                            loss=tn.SoftmaxCrossEntropy(), rng=0)
        seen = trace(net, x, np.arange(32) % 2, optimizer=tn.SGD(), steps=(0,))
        page = open_page(seen)
        page.tab.wait_for_function(
            "said => document.getElementById('check').textContent.includes(said)", arg=said)
    page.run("choose('1.dx', [3, 5])")
    assert "Not checked here, but by trace.explain('1.dx', (3, 5), step=0)." in page.text("#what")


@pytest.mark.long
def test_a_row_of_the_data_is_followed_through_shuffled_steps(open_page):
    seen = small_trace(steps=(0, 1, 2, 3))
    page = open_page(seen)
    row = int(seen[0]["rows"][2])
    page.run("followRow(2); choose('loss.dx', [2, 1])")
    for s in (1, 2, 3, 0):
        page.run("s => goToStep(s)", s)
        place = list(seen[s]["rows"]).index(row)
        assert page.chosen == ["loss.dx", [place, 1]]
        assert page.text("tr.followed").split()[:2] == [str(place), str(row)]


# ---- for all eyes ----

@pytest.mark.long
@pytest.mark.parametrize("width", [1280, 390])
@light_and_dark
@each_trace
def test_axe_finds_no_violation(open_page, make, dark, width):
    page = open_page(make(), dark=dark, width=width)
    page.run("document.querySelector('details').open = true")
    for name in ("loss.dx", "0.W", "0.W.change"):
        page.run("name => choose(name, STEPS[0].shape(name).map(() => 0))", name)
        assert find_violations(page) == []


def pixels_of_cells(page):
    """{key: (its pixels without the number, its value)} of the cells in sight."""
    image = pytest.importorskip("matplotlib.image")
    page.tab.add_style_tag(content=".cell { color: transparent !important } "
                                   ".frame, .letter, .not-equal { display: none }")
    picture = image.imread(io.BytesIO(page.tab.screenshot(full_page=True)))[:, :, :3]
    boxes = page.run("""[...CELLS].map(([key, cell]) => {
        const box = cell.getBoundingClientRect();
        return [key, box.x + scrollX, box.y + scrollY, box.width, box.height,
                STEPS[state.step].value(cell.where.name, cell.index), isPlain(cell.where.name)];
    })""")
    return {key: (picture[round(y) + 3:round(y + h) - 4, round(x) + 3:round(x + w) - 4], value)
            for key, x, y, w, h, value, is_plain in boxes if not is_plain}


def luminance(colour):
    """Relative luminance of sRGB, as WCAG 2 has it."""
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.long
@light_and_dark
def test_each_number_stands_out_from_its_cell_and_its_sign_is_seen_in_grey(open_page, dark):
    page = open_page(small_trace(), dark=dark)
    ink = page.run("getComputedStyle(document.body).color.match(/\\d+/g).map(Number)")
    ink = luminance(np.array(ink) / 255)
    for key, (pixels, value) in pixels_of_cells(page).items():
        grey = luminance(pixels)
        light, low = np.maximum(grey, ink), np.minimum(grey, ink)
        assert ((light + 0.05) / (low + 0.05)).min() >= 4.5, key
        assert (np.ptp(grey) > 0.004) == (value < 0), key   # hatched, where it is below 0


@pytest.mark.long
def test_print_is_light_and_has_no_controls(open_page):
    page = open_page(small_trace(), dark=True)
    page.tab.emulate_media(media="print", color_scheme="dark")
    paper = page.run("getComputedStyle(document.documentElement).backgroundColor")
    assert paper == "rgb(253, 253, 251)"
    for selector in ("#slider", ".pass", ".foot", ".follow"):
        assert not page.tab.is_visible(selector)
    for selector in ("#score", "#what", "table.rows"):
        assert page.tab.is_visible(selector)


# ---- times ----

@pytest.mark.long
def test_a_click_on_a_large_network_is_answered_within_100_ms(open_page):
    page = open_page(large_trace())
    page.wait_for_check()
    names = ["0.W", "0.dW", "0.dx", "1.y", "2.dW", "loss.dx", "0.y", "2.W.change"]
    click = """([name, round]) => {
        const index = STEPS[0].shape(name).map(size => (7 * name.length + 11 * round + 5) % size);
        const start = performance.now();
        choose(name, index);
        document.body.offsetHeight;   // laid out
        return performance.now() - start;
    }"""
    for name in names:   # other work of the machine may disturb some of the clicks, not every one
        page.run("() => choose('L', [])")
        assert any(page.run(click, [name, round]) < 100 for round in range(20)), name
