"""The page that says which loss to take: its numbers and pictures are those of the table that
examples/compare_losses.py wrote.
"""

import os
import runpy
from pathlib import Path

import numpy as np
import pytest

from pictures import find_tiles
from tinynet.study import Comparison
from tinynet.study.comparing.judging import format_value, write_difference

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGE = (DOCS / "squared-error-or-cross-entropy.md").read_text()
COMMON_RATE = 0.1


@pytest.fixture(scope="module")
def comparison():
    return Comparison.read_csv(DOCS / "compare_losses.csv")


def write_cell(verdict):
    low, high = (format_value(verdict.question.measure, value, not verdict.tie)
                 for value in (verdict.low, verdict.high))
    number = write_difference(verdict)
    return f"{number if verdict.tie else f'**{number}**'} ({low} to {high})"


def write_table(head, rows):
    lines = [f"| {' | '.join(line)} |\n" for line in [head, *rows]]
    return lines[0] + "|---" * len(head) + "|\n" + "".join(lines[1:])


def ask_early(comparison, rate):
    return comparison.judge("early_accuracy", rate=rate, condition=comparison.conditions[0])


def write_table_of_early_accuracies(comparison):
    """A row for each form of squared error, at one rate for all and at its own."""
    pairs = zip(ask_early(comparison, COMMON_RATE), ask_early(comparison, None))
    return write_table(["squared error", f"rate {COMMON_RATE:g} for all", "its own rate"],
                       [[name_form(common), write_cell(common), write_cell(own)]
                        for common, own in pairs])


def name_form(verdict):
    return verdict.question.arm.removeprefix("squared error ")


def write_table_of_accuracies(comparison):
    """A row for each form of squared error, a column for each condition."""
    rows = [[arm.removeprefix("squared error "), *(write_cell(verdict)
                                                   for verdict in comparison.verdicts
                                                   if verdict.question.arm == arm)]
            for arm in comparison.arms[1:]]
    return write_table(["squared error", *map(str, comparison.conditions)], rows)


def write_table_of_measures(comparison):
    """A row for each measure and form, a column for each condition."""
    rows = []
    for measure, name in (("test_brier_score", "Brier score"),
                          ("test_cross_entropy", "cross-entropy, nats"),
                          ("test_calibration_error", "calibration error, points"),
                          ("epochs_to_90", "epochs to 90 %")):
        verdicts = comparison.judge(measure)
        rows += [[f"{name}, {arm.removeprefix('squared error ')}",
                  *(write_cell(verdict) for verdict in verdicts if verdict.question.arm == arm)]
                 for arm in comparison.arms[1:]]
    return write_table(["", *map(str, comparison.conditions)], rows)


def write_early_gaps(comparison):
    return [f"{write_difference(common)} becomes {write_difference(own)} {name_form(common)}"
            for common, own in zip(ask_early(comparison, COMMON_RATE), ask_early(comparison, None))]


def count_ends(comparison):
    """In how many cases the best rate is the first or the last one that was tried."""
    rates = comparison.common_rates
    return len({(row["data"], row["start"], row["wrong_labels"], row["arm"])
                for row in comparison.table if row["chosen"] and row["rate"] in (rates[0],
                                                                                 rates[-1])})


@pytest.mark.parametrize("write", [write_table_of_early_accuracies, write_table_of_accuracies,
                                   write_table_of_measures])
def test_the_tables_of_the_page_are_those_of_the_csv_file(write, comparison):
    assert write(comparison) in PAGE


def test_those_who_cannot_see_the_picture_are_told_what_it_shows(comparison):
    assert f"![{comparison.describe(COMMON_RATE)}](compare_losses.png)" in PAGE


def test_what_the_page_says_in_words_follows_from_the_verdicts(comparison):
    ordinary, bad, wrong = comparison.conditions
    said = {(verdict.question.condition, verdict.question.arm.split()[-1]): verdict.better
            for verdict in comparison.verdicts}
    assert said == {
        (ordinary, "softmax"): None, (ordinary, "sigmoids"): None,
        (ordinary, "logits"): "cross-entropy",
        **{(bad, form): "cross-entropy" for form in ("softmax", "sigmoids", "logits")},
        (wrong, "softmax"): None, (wrong, "sigmoids"): "squared error behind sigmoids",
        (wrong, "logits"): "cross-entropy"}
    early = {rate: [verdict.better for verdict in ask_early(comparison, rate)]
             for rate in (COMMON_RATE, None)}
    assert early[COMMON_RATE] == ["cross-entropy", "cross-entropy", None]
    assert early[None] == [None, "cross-entropy", "cross-entropy"]
    words = PAGE.replace("\n  ", " ").replace("\n", " ")
    for gap in write_early_gaps(comparison)[:2]:
        assert gap in words
    assert "as far as 20 seeds can tell" in words and len(comparison.seeds) == 20
    assert "Of seven rates from 0.01 to 10" in words
    assert comparison.common_rates == [0.01, 0.03, 0.1, 0.3, 1, 3, 10]
    assert f"In {count_ends(comparison)} of 60 cases the best rate is" in words


def test_the_page_says_of_probabilities_what_the_verdicts_say(comparison):
    """Those of cross-entropy are better at an ordinary start, and never worse from a bad one."""
    ordinary, bad, wrong = comparison.conditions
    for measure in "test_brier_score", "test_cross_entropy", "test_calibration_error":
        verdicts = comparison.judge(measure)
        assert {v.better for v in verdicts if v.question.condition == ordinary} == {
            "cross-entropy"}
        assert {v.better for v in verdicts if v.question.condition == bad} <= {
            "cross-entropy", None}
        assert "squared error behind softmax" in {v.better for v in verdicts
                                                  if v.question.condition == wrong}


def test_the_table_is_that_of_the_main_job_in_full(comparison):
    example = runpy.run_path(str(ROOT / "examples" / "compare_losses.py"))
    assert comparison.arms == [*example["ARMS"]]
    assert comparison.common_rates == [*example["RATES"]]
    assert comparison.seeds == [*range(example["SEEDS"])]
    assert {condition.start for condition in comparison.conditions} == {*example["STARTS"]}
    assert {c.wrong_labels for c in comparison.conditions} == {*example["WRONG_LABELS"]}
    assert {len(row["val_right_by_epoch"]) for row in comparison.table if row["chosen"]} == {
        example["EPOCHS"]}


@pytest.mark.long
@pytest.mark.parametrize("name", ["compare_losses", "compare_losses_strip"])
def test_the_pictures_are_drawn_from_the_csv_file(name, comparison, tmp_path):
    """In tiles of 40 by 20 pixels: letters differ a little between versions."""
    pytest.importorskip("matplotlib")
    example = runpy.run_path(str(ROOT / "examples" / "compare_losses.py"))
    draw = comparison.plot if name == "compare_losses" else comparison.plot_strip
    path = Path(os.environ.get("PICTURES", tmp_path)) / f"{name}.png"
    example["save"](draw(COMMON_RATE), path)
    now, there = find_tiles(path), find_tiles(DOCS / f"{name}.png")
    assert now.shape == there.shape
    assert np.abs(now - there).max() < 0.15   # of white


@pytest.mark.long
def test_a_fresh_run_of_the_main_job_lies_in_the_intervals_of_the_page(comparison, tmp_path):
    example = runpy.run_path(str(ROOT / "examples" / "compare_losses.py"))
    example["main"](folder=tmp_path)
    fresh = Comparison.read_csv(tmp_path / "compare_losses.csv")
    for measure in ("test_accuracy", "test_cross_entropy", "test_brier_score"):
        for before, now in zip(comparison.judge(measure), fresh.judge(measure), strict=True):
            assert before.question.arm == now.question.arm
            assert before.low <= now.difference <= before.high, now.sentence
