"""The examples run, and print what they are for."""

import base64
import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
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


def test_slides_writes_a_page_that_begins_with_the_loss_of_the_second_network(capsys, tmp_path):
    run("slides.py", capsys, page=tmp_path / "page.html")
    contents = re.search(r'id="contents">(.*?)</script>', (tmp_path / "page.html").read_text())[1]
    first = json.loads(contents)["steps"][0]["arrays"]
    L, = np.frombuffer(base64.b64decode(first["L"]))
    np.testing.assert_allclose(L, 1.056695, atol=5e-7)
    y = np.frombuffer(base64.b64decode(first["loss.y"]))
    np.testing.assert_allclose(y, [0.6, 0.4, 0.3, 0.7, 0.1, 0.9])


@pytest.mark.parametrize("settings, rows", [({}, "moons: 15 rows, 2 classes"),
                                            ({"data": "iris"}, "iris: 15 rows, 3 classes")])
def test_microscope_writes_both_pages_for_both_starts(capsys, tmp_path, settings, rows):
    out = run("microscope.py", capsys, folder=tmp_path / "new", **settings)
    assert rows in out
    pages = sorted((tmp_path / "new").iterdir())
    assert len(pages) == 4 and all(str(page) in out for page in pages)
    ordinary, saturated = re.findall(r"wrong: (\d+) by cross-entropy, (\d+) by squared error", out)
    assert ordinary == ("0", "0") and saturated[0] == "0" and int(saturated[1]) > 5


def test_microscope_takes_a_table_of_ones_own(capsys, tmp_path):
    table = tmp_path / "pets.csv"
    table.write_text("weight,ears,kind\n4,3.5,cat\n20,9,dog\n3.5,4,cat\n")
    out = run("microscope.py", capsys, folder=tmp_path, file=table, target="kind")
    assert "pets: 3 rows, 2 classes" in out


@pytest.mark.parametrize("text, target, said", [
    ("a,kind\n1,cat\n,dog\n", "kind", "missing values in .*a.*SimpleImputer"),
    ("a,kind\n1,cat\n2\n", "kind", "missing values in .*kind"),
    ("a,kind\n1,cat\n2,dog,3\n", "kind", "more values than there are columns"),
    ("a,kind\n", "kind", "0 classes"), ("a,kind\n1,cat\n", "kind", "1 classes"),
    ("a,kind\n" + "".join(f"{i},{i}\n" for i in range(20)), "kind", "20 classes.* 2 to 15"),
    ("a,kind\nred,cat\n2,dog\n", "kind", "could not convert string to float.*OneHotEncoder"),
    ("a,kind\n1,cat\n", "sort", r"has the columns \['a', 'kind'\]; it must have 'sort'"),
    ("kind\ncat\n", "kind", "and others to tell it from"), ("", "kind", "must have 'kind'")])
def test_microscope_says_what_is_wrong_with_a_table(tmp_path, text, target, said):
    table = tmp_path / "table.csv"
    table.write_text(text)
    read_csv = runpy.run_path(str(EXAMPLES / "microscope.py"))["read_csv"]
    with pytest.raises(ValueError, match=f"table.csv.*{said}"):
        read_csv(table, target)


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
