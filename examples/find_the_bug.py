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

import numpy as np
from drills.grading import ANSWERS, DRILLS, find_class, grade, look, train

BARS = "▁▂▃▄▅▆▇█"


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
