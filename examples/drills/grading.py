"""Grading: whether a mended copy of a drill is right, whatever else it does."""

import runpy
from pathlib import Path

import numpy as np

import tinynet as tn
from tinynet.checks.targets import as_targets
from tinynet.training.metrics import choose_score

DRILLS, ANSWERS = ({int(path.name[:2]): path for path in sorted(Path(__file__).parent.glob(files))}
                   for files in ("[0-9]*.py", "answers/[0-9]*.py"))
LESS = 0.05          # a mended set-up may score less than the reference by so much


def find_class(program):
    """The layer or loss that a drill is about, or None if it is about a set-up."""
    return next((value for value in program.values() if isinstance(value, type)), None)


def look(program, cls):
    """The report of preflight, or of check: of a layer by itself, and then of the network."""
    net, x, t, settings = program["set_up"]()
    if cls is None:
        return tn.study.preflight(net, x, t, **settings)
    if issubclass(cls, tn.Layer) and not (report := tn.study.check(cls())).ok:
        return report
    return tn.study.check(net, x, t)


def take_rows(program, held_out):
    """(x, t) of a set-up, t (n, k); with the rows that are held out, if they are asked for."""
    net, x, t, settings = program["set_up"]()
    if held_out:
        x, t = (np.concatenate(pair) for pair in zip((x, t), settings["validation"]))
    return np.asarray(x), as_targets(t, len(x), *net.output_shape, float)


def train(program, loss, held_out=False):
    """(History, score of the rows after it), with the kind of score that suits this loss."""
    net, x, t, settings = program["set_up"]()
    history = net.fit(x, t, **settings)
    x, t = take_rows(program, held_out)
    _, score = choose_score(loss, are_labels=False)
    return history, score(net.predict(x), t)


def run_forward(cls):
    """What the forward pass makes of random numbers."""
    rng = np.random.default_rng(0)
    x, t = rng.uniform(-9, 9, (2, 5, 6))
    if issubclass(cls, tn.Loss):
        return *cls().forward(x, abs(t)), cls().predict(x)
    net = tn.Sequential([cls()], input_shape=6, rng=0, dtype=np.float64)
    net.params = rng.normal(size=net.params.size)
    return [net.forward(x, training)[0] for training in (False, True)]


def sort_rows(program, held_out=False):
    """The rows and targets of a set-up as a table that neither order nor units change: it is
    standardized, and sorted by a sum of the columns with weights that have no ratio in common.
    """
    x, t = take_rows(program, held_out)
    table = np.c_[x.reshape(len(x), -1), t]
    table = (table - table.mean(axis=0)) / np.maximum(table.std(axis=0), 1e-9)
    return table[np.argsort(table @ np.sqrt(np.arange(1, 1 + table.shape[1])))]


def find_fault(program, twin):
    """What is wrong with a mended copy of a drill, as a sentence, or None."""
    net, _, _, settings = program["set_up"]()
    right, loss = find_class(twin), twin["set_up"]()[0].loss
    cls = right and program.get(right.__name__)
    if right and cls not in map(type, (*net.layers, net.loss)):
        return f"it has no class {right.__name__} in the network that set_up returns"
    if not (report := look(program, cls)).ok:
        names = {getattr(each, "mistake", None) or each.kind for each in report.findings}
        return ("the mistake is still in it" if twin["NAME"] in names
                else f"something else is found in it:\n{report}")
    if right:
        is_same = all(map(np.allclose, run_forward(cls), run_forward(right)))
        return None if is_same else f"{cls.__name__}.forward is not what its docstring says"
    for held_out in (False, True) if isinstance(settings.get("validation"), tuple) else (False,):
        rows, true_rows = sort_rows(program, held_out), sort_rows(twin)
        if rows.shape == true_rows.shape and np.allclose(rows, true_rows, atol=1e-4):
            score, enough = train(program, loss, held_out)[1], train(twin, loss)[1]
            return None if score >= enough - LESS else (
                f"after the training it scores {score:.3f}, and the reference {enough:.3f}")
    return "its rows or targets are not those of the drill"


def grade(file):
    """What is wrong with a file that is to mend a drill, whatever the file does, or None."""
    try:
        program = runpy.run_path(file)
        if program.get("DRILL") not in DRILLS:
            return f"it has no DRILL = 1 to {len(DRILLS)}, which says what it mends"
        return find_fault(program, runpy.run_path(str(ANSWERS[program["DRILL"]])))
    except (Exception, SystemExit) as error:
        return f"it does not run: {type(error).__name__}: {error}"
