"""How long a training step takes, against scikit-learn's MLPClassifier and, where it is installed,
PyTorch.

Each peer runs in a process of its own, in turn, round by round; the figure to quote is the ratio of
the best rounds.

    python tests/benchmark.py [--rounds 5]
"""

import argparse
import math
import subprocess
import sys
import warnings
from functools import partial
from importlib.util import find_spec
from time import perf_counter
from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler


class Task(NamedTuple):
    """Rows of n_in numbers, or images, and a network for them: hidden units, or filters of 3x3
    convolutions, each pooled.
    """

    n: int
    input_shape: tuple
    hidden: tuple
    k: int = 10
    batch_size: int = 32
    epochs: int = 20
    dtype: str = "float32"

    @property
    def has_images(self):
        return len(self.input_shape) == 3

    def data(self):
        """The digits of scikit-learn, standardized, if they fit, or random numbers; labels."""
        x, labels = load_digits(return_X_y=True)
        if math.prod(self.input_shape) == x.shape[1]:
            x = StandardScaler().fit_transform(x).reshape(-1, *self.input_shape)
        else:
            rng = np.random.default_rng(0)
            x, labels = (rng.normal(size=(self.n, *self.input_shape)),
                         rng.integers(0, self.k, self.n))
        return x[:self.n].astype(self.dtype), labels[:self.n]


TASKS = {
    "digits 64-64-10": Task(1437, (64,), (64,)),
    "digits, float64": Task(1437, (64,), (64,), dtype="float64"),
    "iris-sized 4-16-3": Task(150, (4,), (16,), k=3),
    "mnist-sized 784-256-128-10": Task(1000, (784,), (256, 128)),
    "digits CNN 8x8x1, 16 and 32": Task(1437, (8, 8, 1), (16, 32), epochs=10),
    "CNN 28x28x1, 16 and 32": Task(1280, (28, 28, 1), (16, 32), batch_size=64, epochs=3),
}


def with_tinynet(task):
    import tinynet as tn
    x, labels = task.data()
    layers = [layer for units in task.hidden for layer in (
        (tn.Conv2D(units, 3, padding="same"), tn.ReLU(), tn.MaxPool2D()) if task.has_images
        else (tn.Dense(units), tn.ReLU()))]
    net = tn.Sequential([*layers, tn.Flatten(), tn.Dense(task.k)], task.input_shape,
                        loss=tn.SoftmaxCrossEntropy(), rng=0,
                        dtype=np.dtype(task.dtype))
    net.fit(x, labels, epochs=2, batch_size=task.batch_size)
    start = perf_counter()
    net.fit(x, labels, epochs=task.epochs, batch_size=task.batch_size)
    return perf_counter() - start


def with_estimator(task, Estimator):
    from sklearn.exceptions import ConvergenceWarning
    warnings.simplefilter("ignore", ConvergenceWarning)
    x, labels = task.data()
    settings = {"hidden_layer_sizes": task.hidden, "batch_size": task.batch_size, "random_state": 0}
    Estimator(**settings, max_iter=2).fit(x, labels)
    estimator = Estimator(**settings, max_iter=task.epochs, n_iter_no_change=task.epochs + 1)
    start = perf_counter()
    estimator.fit(x, labels)
    return perf_counter() - start


def with_scikit_learn(task):
    from sklearn.neural_network import MLPClassifier
    return with_estimator(task, MLPClassifier)


def with_net_classifier(task):
    from tinynet import NetClassifier
    return with_estimator(task, NetClassifier)


def with_pytorch(task, channels_last=False):
    import torch
    from torch import nn
    torch.manual_seed(0)
    x, labels = map(torch.from_numpy, task.data())
    layers, size = [], task.input_shape[-1]
    for units in task.hidden:
        layers += ([nn.Conv2d(size, units, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
                   if task.has_images
                   else [nn.Linear(size, units), nn.ReLU()])
        size = units
    if task.has_images:
        x = torch.empty(x.movedim(-1, 1).shape).copy_(x.movedim(-1, 1))
        size *= math.prod(side // 2 ** len(task.hidden) for side in task.input_shape[:2])
    net = nn.Sequential(*layers, nn.Flatten(), nn.Linear(size, task.k)).to(x.dtype)
    if channels_last:
        x, net = x.to(memory_format=torch.channels_last), net.to(memory_format=torch.channels_last)
    loss, optimizer = nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters())

    def train(epochs):
        for _ in range(epochs):
            order = torch.randperm(task.n)
            for start in range(0, task.n, task.batch_size):
                rows = order[start:start + task.batch_size]
                optimizer.zero_grad()
                loss(net(x[rows]), labels[rows]).backward()
                optimizer.step()

    train(2)
    start = perf_counter()
    train(task.epochs)
    return perf_counter() - start


def overheads(rounds):
    """What looking on costs: the time spent inside it, divided by the rest, in a training of
    digits.
    """
    from contextlib import redirect_stderr
    from io import StringIO

    import tinynet as tn
    from tinynet.training.progress import Progress

    task = TASKS["digits 64-64-10"]
    x, labels = task.data()

    def share(cls, methods, **settings):
        """The time inside these methods, divided by that of the rest of a training."""
        inside, plain = 0.0, {method: getattr(cls, method) for method in methods}

        def timed(method):
            def call(*arguments):
                nonlocal inside
                start = perf_counter()
                result = method(*arguments)
                inside += perf_counter() - start
                return result
            return call

        for name, method in plain.items():
            setattr(cls, name, timed(method))
        net = tn.Sequential([tn.Dense(64), tn.ReLU(), tn.Dense(10)], 64,
                            loss=tn.SoftmaxCrossEntropy(), rng=0)
        start = perf_counter()
        with redirect_stderr(StringIO()):
            net.fit(x, labels, epochs=10 * task.epochs, batch_size=task.batch_size, **settings)
        whole = perf_counter() - start
        for name, method in plain.items():
            setattr(cls, name, method)
        return inside / (whole - inside)

    bar = Progress, ("__enter__", "show", "__exit__")
    health = tn.GradientHealth, ("begin", "__call__")
    share(*bar, verbose=1)  # loads tqdm
    for name, watched, settings in [("the bar over the epochs", bar, {"verbose": 1}),
                                    ("GradientHealth", health,
                                     {"callbacks": [tn.GradientHealth()]})]:
        shares = [share(*watched, **settings) for _ in range(2 * rounds)]
        print(f"    {name:28}{100 * np.median(shares):6.2f} % more time (median of {len(shares)} "
              "trainings)")


PEERS = {"tinynet": with_tinynet, "NetClassifier": with_net_classifier,
         "scikit-learn": with_scikit_learn}
if find_spec("torch"):
    PEERS["PyTorch"] = with_pytorch
    PEERS["PyTorch, channels last"] = partial(with_pytorch, channels_last=True)


def time_to_import(rounds):
    """Milliseconds that a new process takes for `import tinynet` when NumPy is loaded already: the
    best of the rounds.
    """
    code = ("import numpy; from time import perf_counter; start = perf_counter(); import tinynet; "
            "print(1000 * (perf_counter() - start))")
    return min(float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                                    check=True).stdout)
               for _ in range(rounds))


def main(rounds, names):
    print(f"Adam: microseconds a step, best of {rounds} rounds; ratio: tinynet / peer")
    for name in names:
        task, steps = TASKS[name], TASKS[name].epochs * -(-TASKS[name].n // TASKS[name].batch_size)
        seconds = {peer: [] for peer in PEERS
                   if peer not in (("scikit-learn", "NetClassifier") if task.has_images
                                   else ("PyTorch, channels last",))}
        for _ in range(rounds):
            for peer in seconds:
                run = subprocess.run([sys.executable, __file__, "--peer", peer, "--task", name],
                                     capture_output=True, text=True, check=True)
                seconds[peer].append(float(run.stdout))
        best = {peer: min(times) / steps * 1e6 for peer, times in seconds.items()}
        for peer, time in best.items():
            ratio = "" if peer == "tinynet" else f"   ratio {best['tinynet'] / time:.2f}"
            print(f"    {name:28}{peer:24}{time:8.0f}{ratio}")
        if "NetClassifier" in best:
            ratio = best["NetClassifier"] / best["scikit-learn"]
            print(f"    {name:28}{'NetClassifier / scikit-learn':38}{ratio:.3f}")
    print("digits, as above, with")
    overheads(rounds)
    print(f"import tinynet takes {time_to_import(rounds):.0f} ms beyond NumPy")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--task", choices=TASKS, help="this one only")
    parser.add_argument("--peer", choices=PEERS,
                        help="run this one alone at the task, and print its seconds")
    arguments = parser.parse_args()
    if arguments.peer:
        print(PEERS[arguments.peer](TASKS[arguments.task]))
    else:
        main(arguments.rounds, [arguments.task] if arguments.task else TASKS)
