"""Cross-entropy or squared error? Each loss at its own best learning rate: from an ordinary start,
from a bad one, and with wrong labels. Prints the means and the verdicts, some of which are "no
clear difference", and writes the table of all runs, the picture, and a strip of it.

    python examples/compare_losses.py            # in full: less than four minutes on two cores
    python examples/compare_losses.py --quick    # a foretaste, in a quarter of a minute
    python examples/compare_losses.py --csv flowers.csv --target species
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine, make_moons

import tinynet as tn

UNITS, COMMON_RATE = 32, 0.1
FULL = (0.01, 0.03, 0.1, 0.3, 1, 3, 10), 20, 40   # rates, seeds, epochs
QUICK = (0.01, 0.1, 1), 2, 25
STARTS, WRONG_LABELS = (1, 30), (0, 0.2)
ARMS = {  # name: (what stands behind the last Dense, loss)
    "cross-entropy": ([], tn.SoftmaxCrossEntropy),
    "squared error behind softmax": ([tn.Softmax], tn.MeanSquaredError),
    "squared error behind sigmoids": ([tn.Sigmoid], tn.MeanSquaredError),
    "squared error on the logits": ([], tn.MeanSquaredError),
}
MISSING = "", "?", "na", "n/a", "nan", "null", "none"


def make_arm(last, loss):
    def build(n_in, k, rng):
        layers = [tn.Dense(UNITS), tn.Tanh(), tn.Dense(k), *(layer() for layer in last)]
        return tn.Sequential(layers, input_shape=n_in, loss=loss(), rng=rng)
    return build


def load():
    data = {"iris": load_iris, "wine": load_wine, "breast cancer": load_breast_cancer,
            "digits": load_digits}
    return {name: load_data(return_X_y=True) for name, load_data in data.items()} | {
        "two moons": make_moons(1000, noise=0.2, random_state=0)}


def read_csv(path, target):
    """The columns of numbers, and the classes, which may be words."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        try:
            table = [[cell.strip() for cell in row] for row in csv.reader(file) if any(row)]
        except UnicodeDecodeError as error:
            raise ValueError(f"{path} is not in UTF-8: {error}") from None
    names, *rows = table or [[]]
    if target not in names or len(names) < 2:
        raise ValueError(f"{path} has the columns {names}, by commas; there must be {target!r}, "
                         "and others to tell it from")
    if len(set(names)) < len(names):
        raise ValueError(f"{path} has the columns {names}; they must have different names")
    if odd := [row for row in rows if len(row) != len(names)]:
        raise ValueError(f"{path} has {len(names)} columns, but a row with {len(odd[0])}: {odd[0]}")
    columns = dict(zip(names, zip(*rows)))
    labels = columns.pop(target, ())
    if "" in labels:
        raise ValueError(f"{path} has missing values in {target!r}; leave these rows out")
    gaps = [name for name, column in columns.items()
            if any(cell.lower() in MISSING for cell in column)]
    if gaps:
        raise ValueError(f"{path} has missing values in {gaps}; leave these rows out, or fill in "
                         "numbers as sklearn.impute.SimpleImputer or KNNImputer do")
    for name, column in columns.items():
        try:
            columns[name] = np.array(column, float)
        except ValueError as error:
            raise ValueError(f"{path}, column {name!r}: {error}; leave it out, or make numbers of "
                             "words, as sklearn.preprocessing.OneHotEncoder does") from None
    return {Path(path).stem: (np.column_stack([*columns.values()]), labels)}


def save(figure, path):
    """Write the picture, in a third of the bytes."""
    from PIL import Image   # comes with matplotlib
    figure.savefig(path)
    Image.open(path).convert("RGB").quantize(192).save(path, optimize=True)


def main(quick=False, folder=".", file=None, target=None, measure="test_accuracy", cache=None,
         n_jobs=-1, verbose=1):
    path = Path(folder) / "compare_losses"
    path.parent.mkdir(parents=True, exist_ok=True)
    rates, seeds, epochs = QUICK if quick else FULL
    comparison = tn.study.compare(
        {name: make_arm(*parts) for name, parts in ARMS.items()},
        load() if file is None else read_csv(file, target), rates=rates, seeds=seeds,
        epochs=epochs, starts=STARTS, wrong_labels=WRONG_LABELS, measure=measure, n_jobs=n_jobs,
        cache=cache, verbose=verbose)
    print(comparison)
    if quick:
        print(f"\nA foretaste: {seeds} seeds cannot tell much, and {len(rates)} rates and {epochs} "
              "epochs are few. Run it without --quick for verdicts to rely on.")
    comparison.to_csv(f"{path}.csv")
    print(f"\nAll runs are in {path}.csv.")
    try:
        save(comparison.plot(COMMON_RATE), f"{path}.png")
        save(comparison.plot_strip(COMMON_RATE), f"{path}_strip.png")
        print(f"The picture is {path}.png, a strip of it {path}_strip.png.")
    except ImportError:
        print("For a picture, install matplotlib.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="two seeds and three rates")
    parser.add_argument("--folder", default=".", help="where to write")
    parser.add_argument("--csv", metavar="FILE", dest="file", help="data of your own")
    parser.add_argument("--target", metavar="COLUMN", help="its column of classes")
    parser.add_argument("--measure", default="test_accuracy", help="such as test_brier_score")
    parser.add_argument("--cache", metavar="FOLDER", help="go on from here when interrupted")
    settings = vars(parser.parse_args())
    if (settings["file"] is None) != (settings["target"] is None):
        parser.error("--csv FILE and --target COLUMN belong together")
    try:
        main(**settings)
    except KeyboardInterrupt:
        kept = ("no run is kept; with --cache FOLDER they are" if settings["cache"] is None
                else f"{settings['cache']} has all runs that had ended: the same command goes on")
        parser.exit(130, f"\ninterrupted: {kept}\n")
    except (OSError, ValueError, csv.Error) as error:
        parser.error(" ".join([str(error), *getattr(error, "__notes__", ())]))
