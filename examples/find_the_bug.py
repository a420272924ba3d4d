"""Find the bug: twenty short layers, losses and set-ups, each with a mistake after a public report.

    python examples/find_the_bug.py                    the list
    python examples/find_the_bug.py 3 [--reveal]       drill 3: its code, three hints, the answer
    python examples/find_the_bug.py --grade FILE.py    whether your mended copy of a drill is right
"""

import argparse
import contextlib
import difflib
import re
import runpy
import sys
import textwrap
from pathlib import Path

import numpy as np

import tinynet as tn
from tinynet.checks.targets import as_targets
from tinynet.training.metrics import choose_score

DRILLS, ANSWERS = ({int(path.name[:2]): path for path in sorted(Path(__file__).parent.glob(files))}
                   for files in ("drills/[0-9]*.py", "drills/answers/[0-9]*.py"))
LESS = 0.05          # a mended set-up may score less than the reference by so much
BARS = "▁▂▃▄▅▆▇█"


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


def wait(prompt):
    """Whether the reader has gone on; False at the end of the input."""
    with contextlib.suppress(EOFError):
        input(prompt)
        return True
    return False


def show(number, reveal):
    code, answer = (files[number].read_text(encoding="utf-8") for files in (DRILLS, ANSWERS))
    drill, twin = (runpy.run_path(str(files[number])) for files in (DRILLS, ANSWERS))
    print(code)
    hints = [textwrap.fill(f"{hint}: {sentence}", 100) for hint, sentence in twin["HINTS"].items()]
    for part, text in zip(("a hint", "another", "the last one"), hints):
        reveal = reveal or not wait(f"What do you think? Enter gives {part}. ")
        print(f"{text}\n")
    reveal or wait("Enter gives what tn.study says, the curves and the answer. ")
    print(look(drill, find_class(drill)), "\n")
    runs = [train(program, twin["set_up"]()[0].loss) for program in (drill, twin)]
    logs = np.log([history["loss"] for history, _ in runs])
    heights = (7 * (logs - logs.min()) / np.ptp(logs)).round().astype(int)
    for name, (history, score), row in zip(("reported", "mended"), runs, heights):
        print(f"{name:9} {''.join(BARS[height] for height in row)}  loss {history['loss'][0]:.3g} "
              f"-> {history['loss'][-1]:.3g}, score {score:.3f}; in the last epoch",
              *(f"{column} {history[column][-1]:.3f}" for column in history
                if column.endswith(("accuracy", "r2"))))
    print(f"\n{twin['NAME']}, after {twin['SOURCE']}. Mended:")
    answer = re.sub(r"^HINTS = .*?^NAME = .*?\n", "", answer, flags=re.DOTALL | re.MULTILINE)
    changes = difflib.unified_diff(code.splitlines(), answer.splitlines(), lineterm="", n=1)
    print(*list(changes)[2:], sep="\n")


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
    """The rows and targets of a set-up as a table that neither order nor units change."""
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


def main(number=None, reveal=False, file=None):
    if file is not None:
        fault = grade(file)
        print(f"{file}: {fault or 'mended'}")
        return 0 if fault is None else 1
    if number is not None:
        show(number, reveal or not sys.stdin.isatty())
    else:
        for path in DRILLS.values():
            print(runpy.run_path(str(path))["__doc__"].splitlines()[0])
        print(f"\nFrom easy to hard. {sys.argv[0]} 1 begins; the files to copy and mend are in "
              f"{DRILLS[1].parent}.")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("number", type=int, nargs="?", choices=DRILLS)
    parser.add_argument("--reveal", action="store_true", help="all hints and the answer at once")
    parser.add_argument("--grade", dest="file", metavar="FILE.py")
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main(**vars(parser.parse_args())))
