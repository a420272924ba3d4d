"""One run: a network of an arm, trained at one rate from one seed, and what came of it."""

import copy
from dataclasses import dataclass
from typing import Callable, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from ...errors import DivergenceError
from ...sequential import Sequential
from .code import describe_code
from .measures import MEASURES, find_measures, predict_classes
from .parts import Parts, Seeds, split_parts


class Lane(NamedTuple):
    """Runs that differ in their rate alone: the same rows and labels, first weights and batches."""

    data: str
    start: float
    wrong_labels: float
    arm: str
    seed: int


@dataclass(frozen=True)
class Arm:
    """How networks of one arm are built and trained.

    make_net         function (n_in, k, rng) -> Sequential
    make_optimizer   function lr -> Optimizer
    """

    make_net: Callable
    make_optimizer: Callable
    epochs: int
    batch_size: int

    def build(self, n_in, k, seed, start):
        """A network, the weights of its last layer with weights multiplied by `start`."""
        net = self.make_net(n_in, k, np.random.default_rng(seed))
        if start != 1:
            with np.errstate(over="ignore"):
                for W in find_last_weights(net):
                    W *= start
            if not np.isfinite(net.params).all():
                raise ValueError(f"a start is {start:g}, by which the last layer's weights become "
                                 "infinite; make it smaller")
        return net


def find_last_weights(net):
    """The weights of the last layer that has some, as a list: parameters with two or more
    dimensions, and so not a bias, or the gamma of a norm behind it.
    """
    layers = [[W for name in layer.param_names if (W := getattr(layer, name)).ndim >= 2]
              for layer in net._parts() if not isinstance(layer, Sequential)]
    return next(filter(None, reversed(layers)), [])


def run_lane(lane, x, labels, arm, rates, cache, on_test):
    """A row of the table for each rate. The rows of the test part are looked at only if on_test."""
    try:
        with threadpool_limits(1):  # the bits of a product depend on how many threads share it
            seeds = Seeds.from_seed(lane.seed)
            parts = split_parts(x, labels, seeds, lane.wrong_labels)
            net = arm.build(parts.n_in, parts.k, seeds.weights, lane.start)
            common = {"k": parts.k, "gradient_norm": find_gradient_norm(net, parts),
                      "val_rows": len(parts.x_val), "test_rows": len(parts.x_test)}
            return [lane._asdict() | common
                    | Run(arm, parts, seeds, lane.start, rate).find(cache, on_test)
                    for rate in rates]
    except Exception as error:
        error.add_note(f"in the arm {lane.arm!r} on {lane.data!r}, with the seed {lane.seed}")
        raise


def find_gradient_norm(net, parts):
    """The length of the loss's gradient over all training rows, before the first step; None if it
    is not finite.
    """
    net.gradient(parts.x, parts.labels, training=False)
    norm = float(np.linalg.norm(net.grads.astype(float)))
    return norm if np.isfinite(norm) else None


@dataclass(frozen=True)
class Run:
    """An arm on these parts at this rate; `find` trains it, unless the cache knows what came of it.
    """

    arm: Arm
    parts: Parts
    seeds: Seeds
    start: float
    rate: float

    def find(self, cache, on_test):
        """What came of it: a dictionary that has None for what does not exist, as after a run that
        diverged.
        """
        net = self.arm.build(self.parts.n_in, self.parts.k, self.seeds.weights, self.start)
        if cache is None:
            return self.train(net, on_test)
        after_one_epoch = self.train_one_epoch(net)
        key = cache.find_key(self.parts, after_one_epoch, self.list_settings(net, on_test))
        found = cache.read(key)
        if found is None:
            found = self.train(net, on_test)
            cache.write(key, found)
        return found

    def train(self, net, on_test):
        """Train the network, and judge it."""
        parts, n_val, right = self.parts, len(self.parts.x_val), []
        found = {"rate": self.rate, "diverged_in_epoch": None, "early_accuracy": None,
                 "epochs_to_90": None, "val_right_by_epoch": None}
        found |= dict.fromkeys(f"{part}_{name}" for part in ("val", "test") for name in MEASURES)

        def count_right(net, epoch, record):
            right.append(int((predict_classes(net.predict(parts.x_val)) == parts.labels_val).sum()))

        try:
            self.fit(net, self.arm.epochs, count_right)
        except DivergenceError as error:
            return found | {"diverged_in_epoch": error.epoch}
        judged = {"val": (parts.x_val, parts.labels_val)}
        if on_test:
            judged["test"] = parts.x_test, parts.labels_test
        for part, (x, labels) in judged.items():
            y = net.predict(x)
            if not np.isfinite(y).all():   # of finite weights, by numbers beyond float32
                return found | {"diverged_in_epoch": self.arm.epochs}
            measures = find_measures(y, labels, parts.k)
            found |= {f"{part}_{name}": value for name, value in measures.items()}
        found["val_right_by_epoch"] = right
        found["early_accuracy"] = float(np.mean(right[:5]) / n_val)
        found["epochs_to_90"] = next((epoch for epoch, count in enumerate(right, start=1)
                                      if count >= 0.9 * n_val), None)
        return found

    def fit(self, net, epochs, *callbacks):
        net.fit(self.parts.x, self.parts.labels, optimizer=self.arm.make_optimizer(self.rate),
                epochs=epochs, batch_size=self.arm.batch_size, rng=self.seeds.order,
                callbacks=callbacks, verbose=0)

    # ---- what the cache knows it by ----

    def train_one_epoch(self, net):
        """A copy of the network after one epoch: its bits follow from the first weights, the rows
        and their order, and from what the code of the layers, the loss and the optimizer does.
        """
        net = copy.deepcopy(net)
        try:
            self.fit(net, 1)
        except DivergenceError:  # so there is no more to know
            pass
        return net

    def list_settings(self, net, on_test):
        """What the first epoch may not show: what is done later, and at inference."""
        code = describe_code([net.layers, net.loss, self.arm.make_optimizer(self.rate)])
        return [code, str(net.dtype), self.rate, self.arm.epochs, self.arm.batch_size, self.start,
                self.seeds, on_test]
