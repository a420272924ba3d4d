"""The picture of a comparison: its titles follow from the verdicts, and it can be drawn of any."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_iris, load_wine

import tinynet as tn
from test_comparing import ARMS, LOGITS, cross_entropy, on_the_logits, squared_error
from tinynet.study import Comparison, compare
from tinynet.study.comparing.judging import Verdict
from tinynet.study.comparing.labels import place_names
from tinynet.study.comparing.questions import Condition, Question
from tinynet.study.comparing.titles import (Names, title_all, title_column, title_common_rate)

FORMS = [f"squared error {form}" for form in ("behind softmax", "behind sigmoids", "on the logits")]
NAMES = Names.from_arms(["cross-entropy", *FORMS])
ORDINARY, BAD, WRONG = Condition(1, 0), Condition(30, 0), Condition(1, 0.2)


def make_verdicts(signs, condition=ORDINARY):
    """One for each form: "-" if it is behind, "+" if it is ahead, "0" for a tie."""
    return [Verdict("", 0.1, 0.0, 0.2, sign == "0",
                    {"-": "cross-entropy", "+": form, "0": None}[sign],
                    Question(form, "cross-entropy", condition, "test_accuracy", None, 5, None,
                             np.zeros(10), 0.0, {}))
            for form, sign in zip(FORMS, signs)]


# ---- titles ----

def test_arms_are_named_by_what_they_have_in_common_and_what_tells_them_apart():
    assert NAMES.family == "squared error"
    assert [*NAMES.forms.values()] == ["behind softmax", "behind sigmoids", "on the logits"]
    assert [*NAMES.short.values()] == ["cross-entropy", "softmax", "sigmoids", "logits"]
    two = Names.from_arms(["a", "squared error"])
    assert (two.family, two.forms, two.short["squared error"]) == (
        "squared error", {"squared error": "squared error"}, "error")
    none = Names.from_arms(["SGD", "Adam", "RMSprop"])
    assert none.family is None and none.forms == {"Adam": "Adam", "RMSprop": "RMSprop"}


@pytest.mark.parametrize("signs, title, winner", [
    ("---", "cross-entropy wins", "cross-entropy"),
    ("-0-", "cross-entropy beats 2 of 3 forms", "cross-entropy"),
    ("00-", "cross-entropy beats 1 of 3 forms: logits", "cross-entropy"),
    ("000", "no clear difference", None),
    ("0+0", "squared error ahead in 1 of 3: sigmoids", "squared error"),
    ("+++", "squared error wins", "squared error"),
    ("++0", "squared error ahead in 2 of 3", "squared error"),
    ("+-0", "mixed: softmax ahead, sigmoids behind", None),
    ("+--", "mixed: softmax ahead, 2 behind", None)])
def test_the_title_of_a_column_follows_from_its_verdicts(signs, title, winner):
    assert title_column(make_verdicts(signs), NAMES) == (title, winner)


def test_a_tie_over_all_data_sets_is_said_to_be_that_if_a_single_one_is_clear():
    assert title_column(make_verdicts("000"), NAMES, make_verdicts("0-0")) == (
        "no clear difference over all data sets", None)
    assert title_column(make_verdicts("000"), NAMES, make_verdicts("000")) == (
        "no clear difference", None)


@pytest.mark.parametrize("signs, title", [
    ("---", "squared error looks slow"), ("-0-", "squared error looks slow in 2 of 3 forms"),
    ("000", "no clear difference"), ("++0", "cross-entropy looks slow beside 2 of 3"),
    ("+++", "cross-entropy looks slow"), ("+0-", "mixed: softmax ahead, logits behind")])
def test_the_title_of_the_column_of_one_rate_says_who_looks_slow(signs, title):
    assert title_common_rate(make_verdicts(signs), NAMES)[0] == title


@pytest.mark.parametrize("ordinary, bad, title", [
    ("000", "---", "Tuned fairly, no clear winner; from a bad start, cross-entropy wins"),
    ("000", "--0", "Tuned fairly, no clear winner; from a bad start, cross-entropy mostly wins"),
    ("000", "000", "Tuned fairly, no clear winner, not from a bad start either"),
    ("---", "---", "Tuned fairly, cross-entropy wins, also from a bad start"),
    ("00-", "---", "Tuned fairly, cross-entropy beats only squared error on the logits; "
                   "from a bad start, cross-entropy wins"),
    ("+00", "+-0", "Tuned fairly, squared error behind softmax wins; from a bad start, "
                   "it depends on the form"),
    ("+++", "++0", "Tuned fairly, squared error wins; from a bad start, squared error mostly "
                   "wins")])
def test_the_main_title_is_of_the_ordinary_and_the_bad_start(ordinary, bad, title):
    verdicts = (make_verdicts(ordinary) + make_verdicts(bad, BAD) + make_verdicts("+++", WRONG))
    assert title_all(verdicts, NAMES) == title


def test_of_several_bad_starts_the_worst_is_named():
    verdicts = (make_verdicts("000") + make_verdicts("000", Condition(3, 0))
                + make_verdicts("---", BAD) + make_verdicts("0-0", Condition(9, 0)))
    assert title_all(verdicts, NAMES).endswith("from a bad start, cross-entropy wins")


def test_arms_that_had_one_rate_are_not_said_to_be_tuned():
    assert title_all(make_verdicts("000"), NAMES, is_tuned=False) == (
        "At the rates tried, no clear winner")


def diverge(verdict, both=False):
    names = dict.fromkeys([verdict.question.arm, "cross-entropy"][:1 + both], ["iris"])
    return replace(verdict, difference=None, tie=False, better=None if both else "cross-entropy",
                   question=replace(verdict.question, diverged=names))


def test_arms_that_diverge_are_said_to_and_not_to_be_beaten():
    verdicts = [diverge(verdict) for verdict in make_verdicts("---")]
    assert title_column(verdicts, NAMES)[0] == "squared error diverges"
    assert title_common_rate(verdicts, NAMES)[0] == "squared error diverges"
    some = [*make_verdicts("-0"), diverge(make_verdicts("---")[2])]
    assert title_common_rate(some, NAMES)[0] == (
        "squared error looks slow or diverges in 2 of 3 forms")
    both = [diverge(verdict, both=True) for verdict in make_verdicts("000")]
    assert title_column(both, NAMES)[0] == title_common_rate(both, NAMES)[0] == "all diverge"
    assert title_all(both, NAMES) == "Tuned fairly, all diverge"
    bad = [replace(verdict, question=replace(verdict.question, condition=BAD)) for verdict in both]
    assert title_all(both + bad, NAMES) == "Tuned fairly, all diverge, also from a bad start"


def test_few_seeds_are_said_to_be_too_few_and_not_to_show_a_tie():
    few = [replace(verdict, question=replace(verdict.question, differences=np.zeros(4)))
           for verdict in make_verdicts("000")]
    bad = [replace(verdict, question=replace(verdict.question, condition=BAD)) for verdict in few]
    assert title_column(few, NAMES)[0] == title_common_rate(few, NAMES)[0] == "4 seeds cannot tell"
    assert title_all(few + bad, NAMES) == (
        "Tuned fairly, 4 seeds cannot tell, not from a bad start either")


def test_arms_without_a_common_name_are_the_others():
    names = Names.from_arms(["SGD", "Adam", "RMSprop"])
    verdicts = [replace(verdict, better=arm, question=replace(verdict.question, arm=arm))
                for verdict, arm in zip(make_verdicts("++"), ("Adam", "RMSprop"))]
    assert title_column(verdicts, names)[0] == "the others win"
    assert title_all(verdicts, names) == "Tuned fairly, the others win"


def test_without_a_bad_start_the_title_is_of_the_ordinary_one():
    assert title_all(make_verdicts("000"), NAMES) == "Tuned fairly, no clear winner"


@pytest.mark.parametrize("signs", [f"{a}{b}{c}" for a in "0+-" for b in "0+-" for c in "0+-"])
def test_no_tie_is_titled_a_win_and_no_win_a_tie(signs):
    for title in (title_column(make_verdicts(signs), NAMES)[0],
                  title_common_rate(make_verdicts(signs), NAMES)[0],
                  title_all(make_verdicts(signs), NAMES)):
        assert ("no clear" in title) == (signs == "000")
        assert "equal" not in title and "match" not in title


# ---- labels ----

def test_a_name_stands_beside_its_curve_where_the_others_are_far_and_within_the_panel():
    x = np.linspace(0, 2, 41)
    curves = {"high": np.full(41, 1.0), "low": 0.9 - 0.4 * x}   # close at the left, apart later
    places = place_names(x, curves, dict.fromkeys(curves, (0.3, 0.1)), width=2, height=1.2)
    for name, (at, y) in places.items():
        near = abs(x - at) <= 0.15
        for other in curves.values():
            assert (abs(other[near] - y) >= 0.05).all()
        assert 0.15 <= at <= 1.85 and 0.05 <= y <= 1.15
    assert places.keys() == curves.keys()


def test_a_name_that_fits_nowhere_is_left_out():
    x = np.linspace(0, 1, 21)
    same = {"one": np.full(21, 0.5), "other": np.full(21, 0.5)}
    assert place_names(x, same, dict.fromkeys(same, (0.3, 0.1)), 1, 1) == {}
    assert place_names(x, {"one": x}, {"one": (2.0, 0.1)}, 1, 1) == {}


# ---- pictures ----

IRIS = {"iris": load_iris(return_X_y=True)}
BOTH = IRIS | {"wine": load_wine(return_X_y=True)}
MANY = {f"loss {i}": [cross_entropy, squared_error, on_the_logits][i % 3] for i in range(8)}
CASES = {
    "two arms, one data set": (ARMS, IRIS, {}),
    "three arms, two data sets": (LOGITS | {"third": squared_error}, BOTH,
                                  {"starts": (1, 30), "wrong_labels": (0, 0.3)}),
    "a single rate": (ARMS, IRIS, {"rates": [0.1]}),
    "a single epoch": (ARMS, IRIS, {"epochs": 1}),
    "all the same": ({"a": cross_entropy, "b": cross_entropy}, BOTH, {}),
    "one diverges": (LOGITS, IRIS, {"rates": {"cross-entropy": [0.1],
                                              "on the logits": [0.1, 1000]}}),
    "one diverges at each rate": (LOGITS, BOTH, {"rates": [0.1, 1000], "epochs": 5,
                                                 "optimizer": lambda lr: tn.SGD(1e6)}),
    "all diverge": ({"a": on_the_logits, "b": on_the_logits}, IRIS, {"rates": [1000]}),
    "eight arms": (MANY, IRIS, {"rates": [0.1]}),
    "other names and rates": ({"a" * 40: cross_entropy, "b $x_1$ " * 5: squared_error}, IRIS,
                              {"rates": [0.02, 0.05]}),
    "cross-entropy": (LOGITS, BOTH, {"measure": "test_cross_entropy", "rates": [0.01, 0.1]}),
    "norms": (ARMS, BOTH, {"measure": "gradient_norm"}),
}


@pytest.mark.long
@pytest.mark.parametrize("case, rate", [
    ("two arms, one data set", "common"), ("one diverges", "common"),
    *(pytest.param(case, rate, marks=pytest.mark.long)
      for case in CASES for rate in (None, "common"))])
def test_any_comparison_can_be_drawn_and_all_text_is_on_the_sheet(case, rate, tmp_path):
    pytest.importorskip("matplotlib")
    arms, data, settings = CASES[case]
    comparison = compare(arms, data, **{"rates": [0.1, 1.0], "seeds": 2, "epochs": 6} | settings)
    if rate is not None:
        rate = comparison.common_rates[0]
    figure = comparison.plot(rate)
    figure.savefig(tmp_path / "picture.png")
    width, height = figure.bbox.size
    for text in find_texts(figure):
        assert text.get_fontsize() >= 8
        box = text.get_window_extent()
        assert box.x0 > -1 and box.x1 < width + 1 and box.y0 > 0 and box.y1 < height, text
    strip = comparison.plot_strip(comparison.common_rates[0])
    strip.savefig(tmp_path / "strip.png")
    assert "nan" not in comparison.describe(rate)


def find_texts(figure):
    """All texts that are drawn, ticks and annotations included."""
    from matplotlib.text import Text
    return [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]


@pytest.mark.long
def test_clear_differences_are_filled_and_bold_and_the_winners_colour_is_that_of_the_title():
    pytest.importorskip("matplotlib")
    from matplotlib.colors import to_hex
    from tinynet.study.comparing.sheet import STYLES

    def constant(n_in, k, rng):
        net = squared_error(n_in, k, rng)
        net.trainable = False
        return net

    arms = {"cross-entropy": cross_entropy, "same": cross_entropy, "constant": constant}
    comparison = compare(arms, BOTH, rates=[1.0], seeds=5, epochs=8)
    assert [verdict.tie for verdict in comparison.verdicts] == [True, False]
    figure = comparison.plot()
    marks = {line.get_marker(): to_hex(line.get_markerfacecolor()) for ax in figure.axes
             for line in ax.lines
             if line.get_markersize() == 7 and line.get_markeredgewidth() == 1.4}
    assert marks == {"s": "#ffffff", "^": STYLES[2].color.lower()}
    weights = {text.get_text(): text.get_fontweight() for text in find_texts(figure)}
    assert weights["0.0"] == "normal"
    difference = comparison.verdicts[1].difference
    assert weights[f"−{-100 * difference:.1f}"] == "bold"
    title, = (text for text in find_texts(figure)
              if text.get_text().replace("\n", " ") == "cross-entropy beats 1 of 2: constant")
    assert to_hex(title.get_color()) == STYLES[0].color.lower()
    side, = (text for text in find_texts(figure) if "ahead" in text.get_text()
             and "◂" in text.get_text())
    assert side.get_text() == "◂ cross-entropy ahead"
    costs = compare(arms, IRIS, rates=[1.0], seeds=2, epochs=2, measure="test_cross_entropy")
    assert "cross-entropy ahead ▸" in [text.get_text() for text in find_texts(costs.plot())]


@pytest.mark.long
def test_the_picture_has_its_titles(tmp_path):
    pytest.importorskip("matplotlib")
    same = {"one": cross_entropy, "other": cross_entropy}
    comparison = compare(same, IRIS, rates=[0.1, 1.0], seeds=5, epochs=2, starts=(1, 30))
    texts = [text.get_text() for text in find_texts(comparison.plot(0.1))]
    for said in ("one learning rate: 0.1", "each at its own best learning rate", "ordinary start",
                 "bad start: last layer × 30", "no clear difference"):
        assert said in texts
    # two rates each, so that the best is at an end of them
    assert "At the rates tried, no clear winner, not from a bad start" in texts
    assert "either" in texts


def test_a_common_rate_must_be_one_that_all_arms_were_trained_at():
    comparison = compare(ARMS, IRIS, rates=[0.1], seeds=2, epochs=1)
    for draw in comparison.plot, comparison.plot_strip, comparison.describe:
        with pytest.raises(ValueError, match=r"common_rate is 0.2; it must be one of \[0.1\]"):
            draw(0.2)


def test_arms_differ_in_grey():
    to_rgb = pytest.importorskip("matplotlib.colors").to_rgb
    from tinynet.study.comparing.sheet import STYLES
    greys = sorted(np.dot(to_rgb(style.color), [0.299, 0.587, 0.114]) for style in STYLES[:4])
    assert np.diff(greys).min() > 0.08
    for style in STYLES:   # letters on white, by WCAG
        channels = np.array(to_rgb(style.ink))
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055)**2.4)
        assert 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05) >= 4.5


@pytest.mark.long
def test_without_matplotlib_it_says_what_to_install(tmp_path):
    compare(ARMS, IRIS, rates=[0.1], seeds=2, epochs=1).to_csv(tmp_path / "table.csv")
    code = ("import sys; sys.modules['matplotlib'] = None\n"
            "from tinynet.study import Comparison\n"
            "try: Comparison.read_csv('table.csv').plot()\n"
            "except ImportError as error: print(error)")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True,
                          text=True, check=True)
    assert "pip install matplotlib" in done.stdout


@pytest.mark.long
def test_a_picture_is_drawn_of_a_table_that_was_read(tmp_path):
    pytest.importorskip("matplotlib")
    comparison = compare(ARMS, IRIS, rates=[0.1, 1.0], seeds=2, epochs=2)
    comparison.to_csv(tmp_path / "table.csv")
    again = Comparison.read_csv(tmp_path / "table.csv")
    for i, each in enumerate((comparison, again)):
        each.plot(0.1).savefig(tmp_path / f"{i}.png")
    assert (tmp_path / "0.png").read_bytes() == (tmp_path / "1.png").read_bytes()
