"""Trying: each arm is built and trained on a few rows, so that mistakes show at once."""

import copy

import numpy as np

from ...errors import DivergenceError, warn
from ...optimizers import Optimizer
from ...sequential import Sequential
from .parts import Seeds, split_parts
from .running import Run, find_last_weights

ROWS = 128


def try_arm(arm, x, labels, rates, conditions):
    """Raise ValueError unless networks of the arm can be trained on these classes."""
    seeds = Seeds.from_seed(0)
    parts = split_parts(x, labels, seeds, 0.0)
    first, second, other = (arm.make_net(parts.n_in, parts.k, np.random.default_rng(seed))
                            for seed in (0, 0, 1))
    for net in first, second, other:
        check_net(net, parts.k)
    if first is second:
        raise ValueError("the function returns one and the same network twice; it must build a new "
                         "one at each call")
    if not np.array_equal(first.params, second.params):
        warn("an arm builds other first weights at each call with the same rng, so that its runs "
             "cannot be repeated, and the arms do not begin alike; pass rng on to the network: "
             "tn.Sequential(..., rng=rng)")
    if any(np.array_equal(*pair) and np.ptp(pair[0]) > 0
           for pair in zip(find_last_weights(first), find_last_weights(other))):
        warn("an arm builds the same first weights for each seed, so that seeds say less than they "
             "seem to; pass rng on to the network: tn.Sequential(..., rng=rng)")
    if any(condition.start != 1 for condition in conditions) and not find_last_weights(first):
        raise ValueError("no layer of the network has weights that a start could multiply; pass "
                         "starts=(1,)")
    check_optimizers(arm.make_optimizer, rates)
    few = parts._replace(x=parts.x[:ROWS], labels=parts.labels[:ROWS])
    for condition in conditions:
        net = arm.build(parts.n_in, parts.k, seeds.weights, condition.start)
        try:
            Run(arm, few, seeds, condition.start, rates[0]).fit(copy.deepcopy(net), 1)
        except DivergenceError:  # which the table says
            pass


def check_net(net, k):
    """Raise ValueError unless it is a new network, with a loss, for k classes."""
    if not isinstance(net, Sequential):
        raise ValueError(f"the function returns {net!r}; it must return a Sequential")
    if net.loss is None or len(net.history):
        what = "has no loss" if net.loss is None else "has been trained"
        raise ValueError(f"the function returns a network that {what}; it must build a new one, "
                         "with a loss")
    if net.output_shape != (k,) and not (k == 2 and net.output_shape == (1,)):
        raise ValueError(f"the network's output has shape {net.output_shape}; for {k} classes it "
                         f"must be ({k},){', or (1,)' if k == 2 else ''}")


def check_optimizers(make_optimizer, rates):
    """Raise ValueError unless the function makes a new optimizer for each rate."""
    must = ("it must be a function of the learning rate that returns a new Optimizer, such as "
            "tn.SGD or tn.Adam")
    if not callable(make_optimizer):
        raise ValueError(f"optimizer is {make_optimizer!r}; {must}")
    made = [make_optimizer(rate) for rate in rates for _ in range(2)]
    for each in made:
        if not isinstance(each, Optimizer):
            raise ValueError(f"optimizer makes {each!r}; {must}")
    if len({id(each) for each in made}) < len(made):
        raise ValueError(f"optimizer makes one and the same for several runs; {must}")
