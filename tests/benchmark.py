"""How long a training step takes, against scikit-learn's MLPClassifier and, where it is installed, PyTorch.

Each peer runs in a process of its own, in turn, round by round; the figure to quote is the ratio of the best rounds.

    python tests/benchmark.py [--rounds 5]
"""

import argparse
import subprocess
import sys
import warnings
from importlib.util import find_spec
from time import perf_counter

import numpy as np

EPOCHS, BATCH_SIZE = 20, 32
NETWORKS = {"digits 64-64-10": (1437, 64, (64,), 10), "iris-sized 4-16-3": (150, 4, (16,), 3),
            "mnist-sized 784-256-128-10": (1000, 784, (256, 128), 10)}


def data(n, n_in, k):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, n_in)).astype(np.float32), rng.integers(0, k, n)


def with_tinynet(n, n_in, hidden, k):
    import tinynet as tn
    x, labels = data(n, n_in, k)
    layers = [layer for units in hidden for layer in (tn.Dense(units), tn.ReLU())]
    net = tn.Sequential([*layers, tn.Dense(k)], n_in, loss=tn.SoftmaxCrossEntropy(), rng=0)
    net.fit(x, labels, epochs=2, batch_size=BATCH_SIZE)
    start = perf_counter()
    net.fit(x, labels, epochs=EPOCHS, batch_size=BATCH_SIZE)
    return perf_counter() - start


def with_scikit_learn(n, n_in, hidden, k):
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
    warnings.simplefilter("ignore", ConvergenceWarning)
    x, labels = data(n, n_in, k)
    mlp = MLPClassifier(hidden, batch_size=BATCH_SIZE, alpha=0, max_iter=EPOCHS, n_iter_no_change=EPOCHS + 1, random_state=0)
    MLPClassifier(hidden, batch_size=BATCH_SIZE, max_iter=2).fit(x, labels)
    start = perf_counter()
    mlp.fit(x, labels)
    return perf_counter() - start


def with_pytorch(n, n_in, hidden, k):
    import torch
    torch.manual_seed(0)
    x, labels = map(torch.from_numpy, data(n, n_in, k))
    sizes = [n_in, *hidden]
    layers = [layer for pair in zip(sizes, sizes[1:]) for layer in (torch.nn.Linear(*pair), torch.nn.ReLU())]
    net = torch.nn.Sequential(*layers, torch.nn.Linear(sizes[-1], k))
    loss, optimizer = torch.nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters())

    def train(epochs):
        for _ in range(epochs):
            order = torch.randperm(n)
            for start in range(0, n, BATCH_SIZE):
                rows = order[start:start + BATCH_SIZE]
                optimizer.zero_grad()
                loss(net(x[rows]), labels[rows]).backward()
                optimizer.step()

    train(2)
    start = perf_counter()
    train(EPOCHS)
    return perf_counter() - start


def overheads(rounds):
    """What looking on costs: the time spent inside it, divided by the rest, in a training of digits."""
    from contextlib import redirect_stderr
    from io import StringIO

    import tinynet as tn
    from tinynet.progress import Progress

    n, n_in, hidden, k = NETWORKS["digits 64-64-10"]
    x, labels = data(n, n_in, k)

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
        net = tn.Sequential([tn.Dense(64), tn.ReLU(), tn.Dense(k)], n_in, loss=tn.SoftmaxCrossEntropy(), rng=0)
        start = perf_counter()
        with redirect_stderr(StringIO()):
            net.fit(x, labels, epochs=10 * EPOCHS, batch_size=BATCH_SIZE, **settings)
        whole = perf_counter() - start
        for name, method in plain.items():
            setattr(cls, name, method)
        return inside / (whole - inside)

    bar = Progress, ("__enter__", "show", "__exit__")
    health = tn.GradientHealth, ("begin", "__call__")
    share(*bar, verbose=1)  # loads tqdm
    for name, watched, settings in [("the bar over the epochs", bar, {"verbose": 1}),
                                    ("GradientHealth", health, {"callbacks": [tn.GradientHealth()]})]:
        shares = [share(*watched, **settings) for _ in range(2 * rounds)]
        print(f"    {name:28}{100 * np.median(shares):6.2f} % more time (median of {len(shares)} trainings)")


PEERS = {"tinynet": with_tinynet, "scikit-learn": with_scikit_learn}
if find_spec("torch"):
    PEERS["PyTorch"] = with_pytorch


def main(rounds):
    print(f"float32, Adam, batches of {BATCH_SIZE}: microseconds a step, best of {rounds} rounds; ratio: tinynet / peer")
    for name, (n, *_) in NETWORKS.items():
        steps = EPOCHS * -(-n // BATCH_SIZE)
        seconds = {peer: [] for peer in PEERS}
        for _ in range(rounds):
            for peer in PEERS:
                run = subprocess.run([sys.executable, __file__, "--peer", peer, "--network", name],
                                     capture_output=True, text=True, check=True)
                seconds[peer].append(float(run.stdout))
        best = {peer: min(times) / steps * 1e6 for peer, times in seconds.items()}
        for peer, time in best.items():
            ratio = "" if peer == "tinynet" else f"   ratio {best['tinynet'] / time:.2f}"
            print(f"    {name:28}{peer:14}{time:8.0f}{ratio}")
    print("digits, as above, with")
    overheads(rounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer", choices=PEERS, help="run this one alone, and print its seconds")
    parser.add_argument("--network", choices=NETWORKS)
    arguments = parser.parse_args()
    if arguments.peer:
        print(PEERS[arguments.peer](*NETWORKS[arguments.network]))
    else:
        main(arguments.rounds)
