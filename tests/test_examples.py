"""The examples run, and print what they are for."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(example, capsys, **settings):
    runpy.run_path(str(EXAMPLES / example))["main"](**settings)
    return capsys.readouterr().out


def test_slides_prints_the_table_of_the_slides_to_six_digits(capsys):
    out = run("slides.py", capsys)
    assert "dog  2.0   ->  dog 0.9" in out
    assert "classification error  0.333333  0.333333" in out
    assert "mean squared error    0.253333  0.706667" in out
    assert "cross-entropy, nats   0.375671  1.056695" in out


def test_slides_prints_the_gradient_of_each_row(capsys):
    # NN1, row 3: p = 0.4 on the true class: 4 p (1 - p)² = 0.576 by squared error, 1 - p = 0.6 by
    # cross-entropy
    assert "NN1        3            0.4       -0.576000      -0.600000    1.04" in run(
        "slides.py", capsys)


def test_compare_losses_prints_a_row_for_each_loss_and_data_set_and_draws_a_picture(
        capsys, tmp_path):
    picture = tmp_path / "curves.png"
    out = run("compare_losses.py", capsys, epochs=2, splits=1, picture=str(picture))
    rows = [line.split()[0] for line in out.splitlines() if "entropy " in line or "error " in line]
    assert rows == [data for data in ("iris", "wine", "breast_cancer", "digits") for _ in range(3)]
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("example, settings",
                         [("compare_losses.py", "epochs=1, splits=1"), *(
                             pytest.param(*row, marks=pytest.mark.long) for row in (
                                 ("digits_cnn.py", "epochs=1"),
                                 ("pipeline.py", "cv=2, max_iter=20")))])
def test_an_example_with_a_picture_runs_without_matplotlib(example, settings, tmp_path):
    code = (f"import sys, runpy; sys.modules['matplotlib'] = None; "
            f"runpy.run_path({str(EXAMPLES / example)!r})['main']({settings})")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True,
                          text=True, check=True)
    assert "install matplotlib" in done.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.long
def test_compare_losses_shows_progress(tmp_path):
    command = [sys.executable, str(EXAMPLES / "compare_losses.py"), "--epochs", "1", "--splits",
               "1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "12/12" in done.stderr


@pytest.mark.parametrize("example, word",
                         [("digits.py", "test pictures are right"),
                          ("diabetes.py", "linear regression"),
                          ("own_layer.py", "with PReLU")])
def test_an_example_runs(example, word, capsys):
    assert word in run(example, capsys, epochs=2)


def test_own_layer_compares_over_seeds_and_says_whether_the_difference_is_one(capsys):
    out = run("own_layer.py", capsys, epochs=1, seeds=3)
    assert "3 seeds" in out and re.search(r"[+-]\d.* to [+-]\d.* points", out)
    judge = runpy.run_path(str(EXAMPLES / "own_layer.py"))["judge"]
    assert judge(0.01, 0.02).startswith("PReLU") and judge(-0.02, -0.01).startswith("ReLU")
    for low, high in (-0.01, 0.01), (0, 0), (float("nan"), float("nan")):
        assert "do not tell" in judge(low, high)


@pytest.mark.long
def test_digits_cnn_reaches_98_percent_and_draws_its_filters(capsys, tmp_path):
    picture = tmp_path / "filters.png"
    out = run("digits_cnn.py", capsys, picture=str(picture))
    assert float(re.search(r"([\d.]+)% of 360 test pictures", out)[1]) >= 98
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_dog_or_cat_says_how_likely_each_is_for_four_pictures(capsys):
    out = run("dog_or_cat.py", capsys)
    assert len(re.findall(r"Dog \d\.\d, Cat \d\.\d", out)) == 4
    assert float(re.search(r"([\d.]+)% of 300 new pictures", out)[1]) >= 90


def test_pipeline_prints_the_table_of_its_search_and_draws_a_picture(capsys, tmp_path):
    picture = tmp_path / "pipeline.png"
    out = run("pipeline.py", capsys, cv=2, picture=str(picture))
    assert "accuracy by loss and width" in out and "malignant" in out
    assert re.search(r"best score is 0.9\d\d, with a standard error of .*; the narrowest of "
                     r"them is chosen:\nhidden_layer_sizes=\d+, loss='\w+'\n", out, re.DOTALL)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_own_layer_prints_that_its_derivative_is_right(capsys):
    assert run("own_layer.py", capsys, epochs=1, seeds=2).startswith("PReLU(): nothing wrong\n")
