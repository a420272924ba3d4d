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
from sklearn.datasets import load_iris

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


@pytest.fixture
def flowers(tmp_path):
    """A table of 60 rows with words for classes, as a file."""
    x, labels = load_iris(return_X_y=True)
    rows = [f"{a},{b},{'setosa' if t == 0 else 'versicolor'}"
            for (a, b), t in zip(x[:100, 2:], labels)]
    table = tmp_path / "flowers.csv"
    table.write_text("\n".join(["length,width,species", *rows]))
    return table


@pytest.mark.long
def test_compare_losses_compares_on_a_table_of_ones_own(capsys, tmp_path, flowers):
    out = run("compare_losses.py", capsys, quick=True, file=flowers, target="species", n_jobs=1,
              folder=tmp_path / "new", verbose=0)
    assert "ordinary start            flowers  squared error behind softmax" in out
    assert len(re.findall(r"^(?:Ordinary|Last|20 %).* flowers: .*\.$", out, re.MULTILINE)) == 9
    assert "A foretaste: 2 seeds cannot tell much" in out
    for name in "compare_losses.png", "compare_losses_strip.png":
        assert (tmp_path / "new" / name).read_bytes().startswith(b"\x89PNG")
    assert len((tmp_path / "new" / "compare_losses.csv").read_text().splitlines()) == 1 + 72


@pytest.mark.parametrize("text, target, said", [
    ("a,kind\n1,cat\n,dog\n", "kind", "missing values in .*'a'.*SimpleImputer or KNNImputer"),
    ("a,kind\n1,cat\nNaN,dog\n", "kind", "missing values in .*'a'"),
    ("a,kind\n1,cat\n2,\n", "kind", "missing values in 'kind'; leave these rows out"),
    ("a,kind\n1,cat\n2\n", "kind", r"has 2 columns, but a row with 1: \['2'\]"),
    ("a,a,kind\n1,2,cat\n", "kind", "must have different names"),
    ("a;kind\n1;cat\n", "kind", "by commas; there must be 'kind'"),
    ("a,kind\nred,cat\n2,dog\n", "kind", "column 'a': could not convert .*OneHotEncoder"),
    ("a,kind\n1,cat\n", "sort", r"has the columns \['a', 'kind'\], .* must be 'sort', and others"),
    ("kind\ncat\n", "kind", "and others to tell it from"), ("", "kind", "be 'kind', and others")])
def test_compare_losses_says_what_is_wrong_with_a_table(tmp_path, text, target, said):
    table = tmp_path / "table.csv"
    table.write_text(text)
    read_csv = runpy.run_path(str(EXAMPLES / "compare_losses.py"))["read_csv"]
    with pytest.raises(ValueError, match=f"table.csv.*{said}"):
        read_csv(table, target)


def test_compare_losses_reads_cells_with_spaces_and_skips_empty_lines(tmp_path):
    text = '\ufeffweight,"mice, eaten",kind\n4,2, cat \n\n20,0,None\n\n'
    (tmp_path / "pets.csv").write_text(text, encoding="utf-8")
    read_csv = runpy.run_path(str(EXAMPLES / "compare_losses.py"))["read_csv"]
    x, labels = read_csv(tmp_path / "pets.csv", "kind")["pets"]
    assert x.tolist() == [[4.0, 2.0], [20.0, 0.0]] and labels == ("cat", "None")


@pytest.mark.long
def test_compare_losses_ends_with_a_sentence_if_a_table_has_too_few_rows(tmp_path):
    (tmp_path / "pets.csv").write_text("weight,kind\n4,cat\n20,dog\n")
    done = subprocess.run([sys.executable, str(EXAMPLES / "compare_losses.py"), "--csv", "pets.csv",
                           "--target", "kind"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "labels has 1 rows of the class cat; there must be at least 5" in done.stderr


@pytest.mark.long
def test_compare_losses_quick_shows_progress_and_a_foretaste(tmp_path):
    command = [sys.executable, str(EXAMPLES / "compare_losses.py"), "--quick"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "480/480" in done.stderr   # 4 losses, 5 data sets, 3 conditions, 2 seeds, 3 rates + 1
    assert "foretaste" in done.stdout and "two moons" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "compare_losses.csv", "compare_losses.png", "compare_losses_strip.png"]


@pytest.mark.parametrize("example, settings, written", [
    ("gradient_at_the_start.py", "", []),
    *(pytest.param(*row, marks=pytest.mark.long) for row in (
        ("compare_losses.py", "quick=True, file='flowers.csv', target='species', n_jobs=1",
         ["compare_losses.csv"]),
        ("replays.py", "", []), ("digits_cnn.py", "epochs=1", []),
        ("pipeline.py", "cv=2, max_iter=20", [])))])
def test_an_example_with_a_picture_runs_without_matplotlib(example, settings, written, tmp_path,
                                                           flowers):
    code = (f"import sys, runpy; sys.modules['matplotlib'] = None; "
            f"runpy.run_path({str(EXAMPLES / example)!r})['main']({settings})")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True,
                          text=True, check=True)
    assert "install matplotlib" in done.stdout
    flowers.unlink()
    assert [path.name for path in tmp_path.iterdir()] == written


@pytest.mark.long
def test_replays_agree_with_all_published_numbers(capsys, tmp_path):
    out = run("replays.py", capsys, picture=tmp_path / "plateaus.png")
    assert "22 of 22 replays agree in all digits" in out and "DIFFERS" not in out
    assert re.search(r"animation.*\n +published +0.0404\n +here +0.0404", out)
    cross_entropy, squared_error = map(int, re.findall(r"shorter than 0.03 on (\d+)%", out))
    assert 5 * cross_entropy < squared_error
    assert (tmp_path / "plateaus.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("published, own, same", [
    ("0.0940", 0.09404999, True), ("0.0940", 0.0940501, False), ("0.0940", 0.0939499, False),
    ("-1.0e-9", -1.04e-9, True), ("-1.0e-9", -1.06e-9, False), ("8", 8, True), ("8", 9, False)])
def test_a_replay_agrees_if_the_number_is_the_same_in_the_digits_that_were_printed(
        published, own, same, capsys):
    show = runpy.run_path(str(EXAMPLES / "replays.py"))["show"]
    assert show("a number", published, [own]) == same
    assert ("DIFFERS" in capsys.readouterr().out) != same


@pytest.mark.long
def test_replays_ends_with_status_1_if_a_number_differs(tmp_path):
    script = (EXAMPLES / "replays.py").read_text().replace("0.2028", "0.2029")
    (tmp_path / "changed.py").write_text(script)
    done = subprocess.run([sys.executable, "changed.py"], cwd=tmp_path, capture_output=True,
                          text=True)
    assert done.returncode == 1 and "21 of 22" in done.stdout


def test_gradient_at_the_start_has_the_landmarks(capsys, tmp_path):
    out = run("gradient_at_the_start.py", capsys, picture=tmp_path / "pull.png")
    assert "16/27 = 0.5926" in out and "2.5e+08" in out
    assert (tmp_path / "pull.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("k", [2, 3, 10])
def test_undecided_between_k_classes_cross_entropy_pulls_k_halves_as_hard(k):
    find_pulls = runpy.run_path(str(EXAMPLES / "gradient_at_the_start.py"))["find_pulls"]
    cross_entropy, squared_error = find_pulls(1 / k, k).values()
    assert abs(cross_entropy / squared_error - k / 2) < 1e-12


def test_squared_error_pulls_most_at_one_third():
    find_pulls = runpy.run_path(str(EXAMPLES / "gradient_at_the_start.py"))["find_pulls"]
    at, less, more = (find_pulls(p, 2)["squared error"] for p in (1 / 3, 0.333, 0.334))
    assert abs(at - 16 / 27) < 1e-12 and at > less and at > more


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


@pytest.mark.long
def test_pipeline_prints_the_table_of_its_search_and_draws_a_picture(capsys, tmp_path):
    picture = tmp_path / "pipeline.png"
    out = run("pipeline.py", capsys, cv=2, picture=str(picture))
    assert "accuracy by loss and width" in out and "malignant" in out
    assert re.search(r"best score is 0.9\d\d, with a standard error of .*; the narrowest of "
                     r"them is chosen:\nhidden_layer_sizes=\d+, loss='\w+'\n", out, re.DOTALL)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_own_layer_prints_that_its_derivative_is_right(capsys):
    assert run("own_layer.py", capsys, epochs=1, seeds=2).startswith("PReLU(): nothing wrong\n")
