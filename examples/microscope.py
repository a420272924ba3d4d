"""The microscope: pages to open in a browser. One shows every number of some training steps, the
other what squared error does with the same rows and weights; each from an ordinary start and from
a saturated one, at which the network is sure of wrong answers.

    python examples/microscope.py [moons | iris] [--folder .]
    python examples/microscope.py --csv flowers.csv --target species
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from sklearn.datasets import load_iris, make_moons
from sklearn.preprocessing import LabelEncoder, StandardScaler

import tinynet as tn

ROWS, UNITS, LR, SEED = 15, 8, 0.3, 1
STEPS = (0, 1, 2, 5, 10, 20, 30, 50, 100, 200, 400)
STARTS = {"ordinary": 1, "saturated": 30}   # what the last layer's weights are multiplied by
LOSSES = {"cross-entropy": lambda: ([], tn.SoftmaxCrossEntropy()),
          "squared error": lambda: ([tn.Softmax()], tn.MeanSquaredError())}


def read_csv(path, target):
    """The columns of numbers, and the one of classes."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        table = csv.DictReader(file)
        rows, names = list(table), table.fieldnames or []
    if target not in names or len(names) < 2:
        raise ValueError(f"{path} has the columns {names}; it must have {target!r}, and others to "
                         "tell it from")
    if not 2 <= (k := len({row[target] for row in rows})) <= ROWS:
        raise ValueError(f"{path} has {k} classes in {target!r}; there must be 2 to {ROWS}")
    gaps = [name for name in names if any(not row[name] for row in rows)]
    if gaps:
        raise ValueError(f"{path} has missing values in {gaps}; leave these rows out, "
                         "or fill in numbers as sklearn.impute.SimpleImputer does")
    if any(None in row for row in rows):
        raise ValueError(f"{path} has rows with more values than there are columns")
    try:
        x = np.array([[row[name] for name in names if name != target] for row in rows], float)
    except ValueError as error:
        raise ValueError(f"{path}: {error}; make numbers of words, as "
                         "sklearn.preprocessing.OneHotEncoder does") from None
    return x, LabelEncoder().fit_transform([row[target] for row in rows])


def load(name):
    if name == "moons":
        return make_moons(60, noise=0.15, random_state=SEED)
    x, labels = load_iris(return_X_y=True)
    return x[:, 2:], labels   # length and width of the petals: of two inputs, regions are drawn


def train(x, labels, start, loss):
    last, loss = LOSSES[loss]()
    net = tn.Sequential([tn.Dense(UNITS), tn.Tanh(), tn.Dense(labels.max() + 1), *last],
                        input_shape=x.shape[1], loss=loss, rng=SEED)
    net.layers[2].W *= STARTS[start]
    return tn.study.trace(net, x, labels, optimizer=tn.SGD(LR), steps=STEPS)


def main(data="moons", folder=".", file=None, target=None):
    name = Path(file).stem if file else data
    x, labels = read_csv(file, target) if file else load(data)
    rows = np.random.default_rng(SEED).permutation(len(x))
    _, first = np.unique(labels[rows], return_index=True)   # one of each class
    rows = np.r_[rows[first], np.delete(rows, first)][:ROWS]   # so few that one sees each
    x, labels = StandardScaler().fit_transform(x[rows]), labels[rows]
    print(f"{name}: {len(rows)} rows, {labels.max() + 1} classes. Open in a browser:")
    Path(folder).mkdir(parents=True, exist_ok=True)
    for start in STARTS:
        runs = {loss: train(x, labels, start, loss) for loss in LOSSES}
        step, losses = (Path(folder) / f"{name}-{start}-{page}.html" for page in ("step", "losses"))
        runs["cross-entropy"].to_html(step)
        tn.study.side_by_side(runs).to_html(losses)
        wrong = [f"{np.sum(seen[-1]['loss.y'].argmax(1) != seen[-1]['t'].argmax(1))} by {loss}"
                 for loss, seen in runs.items()]
        print(f"\n{start} start\n    {step}\n        every number of the steps, by cross-entropy\n"
              f"    {losses}\n        both losses; after {STEPS[-1]} steps, rows wrong: "
              f"{', '.join(wrong)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", nargs="?", choices=["moons", "iris"], default="moons")
    parser.add_argument("--folder", default=".")
    parser.add_argument("--csv", metavar="FILE", dest="file")
    parser.add_argument("--target", metavar="COLUMN")
    settings = vars(parser.parse_args())
    if (settings["file"] is None) != (settings["target"] is None):
        parser.error("--csv FILE and --target COLUMN belong together")
    try:
        main(**settings)
    except (OSError, ValueError, csv.Error) as error:
        parser.error(str(error))
