"""The drills: each has its mistake, its twin has none, and the hints say what is so."""

import ast
import builtins
import re
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import tinynet as tn

SCRIPT = Path(__file__).parents[1] / "examples" / "find_the_bug.py"
sys.path.insert(0, str(SCRIPT.parent))      # as if it were run
GAME = runpy.run_path(str(SCRIPT)) | runpy.run_path(str(SCRIPT.parent / "drills" / "grading.py"))
DRILLS, ANSWERS = GAME["DRILLS"], GAME["ANSWERS"]
PROGRAMS, TWINS = ({number: runpy.run_path(str(path)) for number, path in paths.items()}
                   for paths in (DRILLS, ANSWERS))
CLASSES = [number for number, twin in TWINS.items() if GAME["find_class"](twin)]
SET_UPS = [number for number in TWINS if number not in CLASSES]
KINDS = {"activation", "data", "initialization", "learning_rate", "loss", "preprocessing",
         "regularization", "validation"}
QUICK = 2, 12        # set-ups with few rows; the others take longer


def keep(numbers, quick):
    """The numbers as parameters, of which those that are not quick are long ones."""
    return [number if number in quick else pytest.param(number, marks=pytest.mark.long)
            for number in numbers]


@pytest.fixture
def silent_preflight(monkeypatch):
    """A preflight that finds nothing, so that the rest of a grade is seen."""
    monkeypatch.setattr(tn.study, "preflight", lambda *arguments, **settings: SimpleNamespace(
        ok=True))


def grade_text(tmp_path, text):
    (tmp_path / "answer.py").write_text(text, encoding="utf-8")
    return GAME["grade"](str(tmp_path / "answer.py"))


def mend(number, *changes):
    """The text of a drill, where each old text stands once and becomes the new one."""
    text = DRILLS[number].read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


def find_names(one, other, name=None):
    """What a reader would call the places where two pieces of code differ: methods of a class,
    elsewhere functions, arguments, variables, and what is called.
    """
    if ast.dump(one) == ast.dump(other):
        return set()
    if type(one) is not type(other):
        return {name}
    if isinstance(one, ast.ClassDef):
        pairs = zip(one.body, other.body, strict=True)
        return {a.name for a, b in pairs if ast.dump(a) != ast.dump(b)}
    if isinstance(one, ast.FunctionDef):
        name = one.name
        if len(one.body) != len(other.body):
            known = {ast.dump(statement) for statement in one.body}
            return {ast.unparse(statement.targets[0]) for statement in other.body
                    if ast.dump(statement) not in known}
    elif isinstance(one, ast.Assign):
        name = ast.unparse(one.targets[0])
    elif isinstance(one, ast.keyword):
        name = one.arg
    elif isinstance(one, ast.Dict):
        return {name for key, a, b in zip(one.keys, one.values, other.values, strict=True)
                for name in find_names(a, b, key.value)}
    elif isinstance(one, ast.Call) and ast.dump(one.func) == ast.dump(other.func):
        name = ast.unparse(one.func).rpartition(".")[2]
    parts, others = ([*ast.iter_child_nodes(node)] for node in (one, other))
    if len(parts) != len(others):
        return {name}
    return {found for pair in zip(parts, others) for found in find_names(*pair, name)} or {name}


def read_code(path):
    """{name: node} of the classes and functions in a file."""
    nodes = ast.parse(path.read_text(encoding="utf-8")).body
    return {node.name: node for node in nodes if isinstance(node, (ast.ClassDef, ast.FunctionDef))}


def test_there_are_twenty_drills_each_with_a_twin_of_the_same_name():
    assert [*DRILLS] == [*ANSWERS] == [*range(1, 21)]
    assert [path.name for path in DRILLS.values()] == [path.name for path in ANSWERS.values()]
    assert len(CLASSES) == 12 and {TWINS[number]["NAME"] for number in SET_UPS} == KINDS


@pytest.mark.parametrize("number", DRILLS)
def test_a_drill_and_its_twin_have_the_same_number_text_and_names(number):
    drill, twin = PROGRAMS[number], TWINS[number]
    assert drill["DRILL"] == twin["DRILL"] == number
    assert drill["__doc__"] == twin["__doc__"] and drill["__doc__"].startswith(f"Drill {number}: ")
    one, other = (read_code(paths[number]) for paths in (DRILLS, ANSWERS))
    assert [*one] == [*other] and "set_up" in one
    assert len(DRILLS[number].read_text(encoding="utf-8").splitlines()) <= 47
    assert re.fullmatch(r"[\w.-]+/[\w.-]+(#\d+)?|StackOverflow \d+( \(.*\))?", twin["SOURCE"])


@pytest.mark.parametrize("number", keep(DRILLS, (*CLASSES, *QUICK)))
def test_the_drill_fails_its_grade_and_the_twin_passes(number):
    assert GAME["grade"](str(DRILLS[number])) == "the mistake is still in it"
    assert GAME["grade"](str(ANSWERS[number])) is None


@pytest.mark.parametrize("number", keep(CLASSES, (11, 16)))
def test_check_names_the_mistake_and_nothing_else(number):
    report = GAME["look"](PROGRAMS[number], GAME["find_class"](PROGRAMS[number]))
    assert {finding.mistake for finding in report.findings} == {TWINS[number]["NAME"]}


@pytest.mark.parametrize("number", keep(SET_UPS, QUICK))
def test_preflight_names_the_kind(number):
    assert TWINS[number]["NAME"] in {
        finding.kind for finding in GAME["look"](PROGRAMS[number], None).findings}


@pytest.mark.parametrize("number", keep(SET_UPS, (2, 4)))
def test_the_score_alone_tells_a_bad_set_up_but_for_rows_validated_by_themselves(
        number, silent_preflight):
    fault = GAME["grade"](str(DRILLS[number]))
    if TWINS[number]["NAME"] == "validation":
        assert fault is None
    else:
        assert re.match(r"after the training it scores \d\.\d+, and the reference", fault)


@pytest.mark.parametrize("number", DRILLS)
def test_the_first_hint_names_each_place_that_differs_and_the_second_the_mistake(number):
    one, other = (read_code(paths[number]) for paths in (DRILLS, ANSWERS))
    names = {found for name in one for found in find_names(one[name], other[name], name)}
    hints = TWINS[number]["HINTS"]
    assert [*hints] == ["where", "what", "why"] and names
    assert names <= set(re.findall(r"\w+", hints["where"]))
    assert TWINS[number]["NAME"] in hints["what"]


@pytest.mark.parametrize("one, other, names", [
    ("def f():\n    a = g(1, b=2)", "def f():\n    a = g(1, b=3)", {"b"}),
    ("def f():\n    a = g([1])", "def f():\n    a = g([1, 2])", {"g"}),
    ("def f():\n    return {'a': 1, 'b': 2}", "def f():\n    return {'a': 1, 'b': 3}", {"b"}),
    ("def f():\n    a = 1", "def f():\n    a = 1\n    c = 2", {"c"}),
    ("class C:\n  def f(): 1\n  def g(): 2", "class C:\n  def f(): 1\n  def g(): 3", {"g"})])
def test_names_of_what_differs(one, other, names):
    assert find_names(ast.parse(one).body[0], ast.parse(other).body[0]) == names


# ---- what the second curve shows ----

@pytest.mark.parametrize("number", keep([13, 19, 20], [19]))
def test_curves_that_are_said_to_be_the_same_are(number):
    losses = [GAME["train"](program, tn.SoftmaxCrossEntropy())[0]["loss"]
              for program in (PROGRAMS[number], TWINS[number])]
    np.testing.assert_allclose(*losses, rtol=1e-3)


def test_validation_by_rows_trained_on_says_that_all_are_right_and_held_out_rows_that_not():
    claimed, true = (GAME["train"](program[12], tn.SoftmaxCrossEntropy())[0]["val_accuracy"][-1]
                     for program in (PROGRAMS, TWINS))
    assert claimed == 1 and true <= 0.9


def test_sorted_rows_look_learned_in_training_and_are_not_afterwards():
    history, score = GAME["train"](PROGRAMS[14], tn.SoftmaxCrossEntropy())
    assert history["accuracy"][-1] > 0.9 and score < 0.7


# ---- the script ----

def test_without_a_number_the_script_lists_all_drills(capsys):
    GAME["main"]()
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[0] for line in lines[:20]] == [f"Drill {i}" for i in range(1, 21)]
    assert lines[20] == "" and str(DRILLS[1].parent) in lines[21]


@pytest.mark.parametrize("number", keep(DRILLS, (1, 12)))
def test_revealed_a_drill_shows_code_hints_report_curves_and_mended_code(number, capsys):
    GAME["main"](number=number, reveal=True)
    out = capsys.readouterr().out
    marks = ["Drill ", "\nwhere: ", "\nwhat: ", "\nwhy: ", "\nreported  ", "\nmended    ",
             f"\n{TWINS[number]['NAME']}, after {TWINS[number]['SOURCE']}. Mended:\n"]
    assert [out.index(mark) for mark in marks] == sorted(out.index(mark) for mark in marks)
    changed = out.partition("Mended:\n")[2]
    assert re.search(r"^\+ ", changed, re.MULTILINE) and "HINTS" not in changed


@pytest.mark.long
@pytest.mark.parametrize("option", [[], ["--reveal"]])
def test_the_script_runs_without_a_terminal(option):
    done = subprocess.run([sys.executable, str(SCRIPT), "19", *option], capture_output=True,
                          encoding="utf-8", stdin=subprocess.DEVNULL, timeout=60)
    assert done.returncode == 0 and "+        return dy - dy.mean(axis=1" in done.stdout
    assert "What do you think" not in done.stdout


def test_without_a_terminal_the_script_does_not_wait(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: False))
    monkeypatch.delattr(builtins, "input")
    assert GAME["main"](number=19) == 0
    assert "+        return dy - dy.mean(axis=1" in capsys.readouterr().out


def test_in_a_terminal_the_script_waits_before_each_hint_until_there_is_no_more_input(
        monkeypatch, capsys):
    printed = []

    def answer(prompt):
        printed.append(capsys.readouterr().out)
        if len(printed) >= 2:
            raise EOFError
        return "the sign?"

    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(builtins, "input", answer)
    GAME["main"](number=1)
    assert "where:" not in printed[0] and printed[1].startswith("where:")
    assert "what:" not in printed[1] and "what:" in capsys.readouterr().out
    assert len(printed) == 2


def test_the_reader_is_waited_for_before_the_answer_as_well(monkeypatch, capsys):
    printed = []
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(builtins, "input", lambda prompt: printed.append(capsys.readouterr().out))
    GAME["main"](number=1)
    assert [out.partition(":")[0] for out in printed[1:]] == ["where", "what", "why"]
    assert "Mended" not in printed[3] and "Mended" in capsys.readouterr().out


# ---- grades ----

@pytest.mark.parametrize("text, said", [
    ("DRILL = ", "does not run: SyntaxError: invalid syntax"),
    ("", "has no DRILL = 1 to 20"), ("DRILL = 21", "has no DRILL"), ("DRILL = 'x'", "has no DRILL"),
    ("DRILL = [1]", "does not run: TypeError"), ("DRILL = 2", "does not run: KeyError: 'set_up'"),
    ("raise RuntimeError('no')", "does not run: RuntimeError: no"),
    ("raise SystemExit", "does not run: SystemExit"), ("import no_such_module", "ModuleNotFound"),
    ("DRILL = 2\ndef set_up(): return 1, 2", "does not run: ValueError: not enough values"),
    ("DRILL = 2\ndef set_up(): return 1, 2, 3, {}", "does not run: ")])
def test_a_file_that_does_not_mend_gets_a_sentence(text, said, tmp_path):
    assert re.search(said, grade_text(tmp_path, text))


def test_a_file_that_is_not_there_gets_a_sentence(tmp_path):
    assert "does not run: FileNotFoundError" in GAME["grade"](str(tmp_path / "none.py"))


@pytest.mark.parametrize("text, status", [
    ("DRILL = (", 1), pytest.param(None, 0, marks=pytest.mark.long)])
def test_the_exit_status_is_the_grade_and_no_traceback_is_shown(text, status, tmp_path):
    path = tmp_path / "answer.py"
    path.write_text(text or ANSWERS[19].read_text(encoding="utf-8"), encoding="utf-8")
    done = subprocess.run([sys.executable, str(SCRIPT), "--grade", str(path)], capture_output=True,
                          encoding="utf-8")
    assert done.returncode == status and done.stderr == ""
    assert done.stdout.startswith(f"{path}: ") and ("mended" in done.stdout) == (status == 0)


@pytest.mark.parametrize("number, changes, said", [
    (3, [("return dy.copy()", "return dy * 1"), ("y = x / (1 + np.abs(x))", "y = 1 * x")],
     "Softsign.forward is not what its docstring says"),
    (3, [("class Softsign", "class Softsigns"), (" Softsign(), tn.Dense(16), Softsign()",
                                                 " tn.Tanh(), tn.Dense(16), tn.Tanh()"),
         ("Softsign(), tn.Dense(1)", "tn.Tanh(), tn.Dense(1)")], "has no class Softsign"),
    (19, [("dy.mean()", "dy.mean(axis=1, keepdims=True)"), ("Centre(), tn.", "tn.")],
     "has no class Centre in the network"),
    (5, [("np.log(y / t)", "np.log(y / t) * self.share(y)")], "something else is found"),
    (1, [("loss=PseudoHuber()", "loss=tn.Huber()")], "has no class PseudoHuber in the network")])
def test_a_class_is_not_mended_by_another_mistake(number, changes, said, tmp_path):
    assert said in grade_text(tmp_path, mend(number, *changes))


@pytest.mark.parametrize("number, old, new", [
    (4, "return net, x, t,", "return net, x[:20] / x.max(axis=0), t[:20],"),
    (4, "return net, x, t,", "return net, x / x.max(axis=0), 0 * t,"),
    (4, "return net, x, t,", "return net, x ** 0.5 / x.max(axis=0), t,")])
def test_a_set_up_is_not_mended_by_other_rows_or_targets(number, old, new, tmp_path,
                                                         silent_preflight):
    assert "are not those of the drill" in grade_text(tmp_path, mend(number, (old, new)))


@pytest.mark.parametrize("number, changes", [
    (4, [("return net, x, t,", "x -= x.min(axis=0)\n    rows = slice(None, None, -1)\n"
          "    return net, 4 * (x / x.max(axis=0))[rows] - 2, t[rows],")]),
    (12, [("return net, x, t,", "return net, x[:70], t[:70],")]),
    (12, [("(x[70:], t[70:])", "0.2")]),
    pytest.param(14, [('np.argsort(t, kind="stable")', "np.random.default_rng(1).permutation(1797)")
                      ], marks=pytest.mark.long),
    pytest.param(9, [("    return np.full(shape, 0.1)", "    return tn.he_normal(shape, rng)")],
                 marks=pytest.mark.long)])
def test_there_are_other_ways_to_mend_a_set_up(number, changes, tmp_path, silent_preflight):
    assert grade_text(tmp_path, mend(number, *changes)) is None


def test_a_class_may_be_mended_in_other_words(tmp_path):
    words = ("return dy.copy()", "a = 1 - np.abs(y)\n        return a * a * dy")
    helper = ("class Softsign", "class Helper:\n    pass\n\n\nclass Softsign")
    assert grade_text(tmp_path, mend(3, words, helper)) is None
