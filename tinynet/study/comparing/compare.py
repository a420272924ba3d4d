"""compare: a fair experiment, in which each arm has its own best learning rate."""

import contextlib
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from sklearn.preprocessing import LabelEncoder
from tqdm.auto import tqdm

from ...checks.arrays import as_finite, as_real_numbers
from ...checks.settings import as_choice, as_real, as_whole
from ...optimizers import SGD, Optimizer
from ...sequential import Sequential
from ...training.progress import is_watched
from .cache import Cache
from .comparison import Comparison
from .measures import NAMES
from .questions import Condition
from .rates import choose_measure, choose_rate, group_rows
from .running import Arm, Lane, find_layers_with_weights, run_lane


def compare(arms, data, *, rates, seeds=10, epochs=40, batch_size=32, optimizer=SGD, starts=(1,),
            wrong_labels=(0.0,), measure="test_accuracy", n_jobs=None, cache=None, verbose="auto"):
    """Compare ways to train a classifier, each at its own best learning rate. Returns a Comparison.

    For each seed and data set, 60 % of the rows are for training, 20 % for validation and 20 % for
    the test, with equal shares of the classes, and standardized by the training rows. All arms get
    the same rows, the same random numbers for their first weights, and the same batches. Each is
    trained at all its rates; the best one is that with the best mean over the seeds on validation
    rows, without a seed that diverges. The networks of that rate alone are then tested, once.

    arms          {name: function (n_in, k, rng) -> Sequential}: builds a new network, with a loss,
                  for n_in inputs and k classes. The first one is what the others are compared with
    data          {name: (x, labels)}: rows (n, n_in) of numbers, and their classes (n,), numbers or
                  words, at least 5 rows of each
    rates         learning rates to try: a sequence for all arms, or {arm: sequence}
    seeds         how many, at least 2, or a sequence of whole numbers. With five, small differences
                  do not show
    epochs        how many epochs each run has
    batch_size    rows in a batch
    optimizer     function lr -> Optimizer
    starts        what to multiply the first weights of the last layer with weights by; the first is
                  the ordinary start
    wrong_labels  shares of the training labels that are made wrong; the first is the ordinary one.
                  Starts and shares depart from the first ones one at a time
    measure       the column of the table that verdicts are about. Rates are chosen by the accuracy
                  of validation rows, or by their cross-entropy or Brier score if it is one of these
    n_jobs        how many processes work at once, as in joblib; -1 for one on each core. The
                  results are the same, to the bit
    cache         a folder in which to keep what came of each run, so that an interrupted comparison
                  goes on from there, with the same bits; None for no folder
    verbose       "auto", 0, 1: a bar over the runs in a terminal and nothing elsewhere, nothing,
                  a bar

    Raises ValueError, before anything is trained, for what cannot be compared.

    >>> from sklearn.datasets import load_iris
    >>> def softmax_regression(n_in, k, rng):
    ...     return Sequential([Dense(k)], n_in, loss=SoftmaxCrossEntropy(), rng=rng)
    >>> def squared_error(n_in, k, rng):
    ...     return Sequential([Dense(k), Softmax()], n_in, loss=MeanSquaredError(), rng=rng)
    >>> comparison = compare({"cross-entropy": softmax_regression, "squared error": squared_error},
    ...                      {"iris": load_iris(return_X_y=True)}, rates=[0.1, 1.0], seeds=3,
    ...                      epochs=5)
    >>> [verdict.tie for verdict in comparison.verdicts]
    [True]
    """
    measure, verbose = as_choice("measure", measure, NAMES), as_verbose(verbose)
    epochs = as_whole("epochs", epochs, at_least=1)
    batch_size = as_whole("batch_size", batch_size, at_least=1)
    arms = {name: Arm(make_net, optimizer, epochs, batch_size)
            for name, make_net in as_named_functions(arms).items()}
    data = as_data_sets(data)
    rates, seeds = as_rates(rates, arms), as_seeds(seeds)
    conditions = make_conditions(starts, wrong_labels)
    for (name, arm), (data_name, (x, labels)) in product(arms.items(), data.items()):
        with notes(f"in the arm {name!r} on {data_name!r}"):
            try_arm(arm, x, labels, rates[name][0], conditions)
    cache = None if cache is None else Cache(Path(cache))
    lanes = [Lane(data_name, *condition, name, seed)
             for seed in seeds for data_name in data for condition in conditions for name in arms]

    with make_bar(verbose, sum(len(rates[lane.arm]) + 1 for lane in lanes)) as bar:
        def run_all(rates_of_lanes, on_test):
            jobs = [delayed(run_lane)(lane, *data[lane.data], arms[lane.arm], rates_of_lane, cache,
                                      on_test) for lane, rates_of_lane in rates_of_lanes]
            for rows in Parallel(n_jobs=n_jobs, return_as="generator")(jobs):
                bar.update(len(rows))
                yield from rows

        rows = list(run_all([(lane, rates[lane.arm]) for lane in lanes], on_test=False))
        best = {key: choose_rate(by_rate, choose_measure(measure))
                for key, by_rate in group_rows(rows).items()}
        tested = list(run_all([(lane, [rate]) for lane in lanes
                               if (rate := best[lane[:-1]]) is not None], on_test=True))
    return Comparison.from_runs(rows, tested, measure)


# ---- what goes in ----

def as_named_functions(arms):
    """arms, if they are functions by names, the first of them the reference."""
    if not isinstance(arms, Mapping) or len(arms) < 2:
        raise ValueError(f"arms is {arms!r}; it must be a dictionary of at least two functions by "
                         "their names")
    for name, make_net in arms.items():
        if not isinstance(name, str) or not callable(make_net) or isinstance(make_net, Sequential):
            raise ValueError(f"arms has {name!r}: {make_net!r}; it must be a name and a function "
                             "(n_in, k, rng) that builds a new Sequential")
    return arms


def as_data_sets(data):
    """{name: (x, labels)}, x in float64 and the classes numbered from 0."""
    if not isinstance(data, Mapping) or not data:
        raise ValueError(f"data is of type {type(data).__name__}; it must be a dictionary of data "
                         'sets by their names, as {"iris": (x, labels)}')
    found = {}
    for name, pair in data.items():
        if not isinstance(name, str):
            raise ValueError(f"a name in data is {name!r}; it must be a string, to be shown")
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise ValueError(f"data[{name!r}] is of type {type(pair).__name__}; it must be a pair "
                             "(x, labels)")
        with notes(f"in data[{name!r}]"):
            found[name] = as_rows_and_classes(*pair)
    return found


def as_rows_and_classes(x, labels):
    x = as_real_numbers("x", x)
    if x.ndim != 2:
        raise ValueError(f"x has shape {x.shape}; it must be rows (n, n_in): pass "
                         "x.reshape(len(x), -1), and let networks for images begin with Reshape")
    x = as_finite("x", x, np.float64)
    labels = np.asarray(labels)
    if labels.shape != (len(x),):
        raise ValueError(f"x has {len(x)} rows, but labels has shape {labels.shape}; there must be "
                         "one class for each row")
    if labels.dtype.kind == "f" and not (labels == np.floor(labels)).all():
        raise ValueError("labels holds numbers that are not whole; they must be classes")
    classes, labels = LabelEncoder().fit(labels).classes_, LabelEncoder().fit_transform(labels)
    counts = np.bincount(labels)
    if len(classes) < 2:
        raise ValueError(f"labels has the class {classes[0]!s} only; there must be at least two")
    if counts.min() < 5:
        raise ValueError(f"labels has {counts.min()} rows of the class "
                         f"{classes[counts.argmin()]!s}; there must be at least 5 of each, for "
                         "training, validation and test")
    return x, labels


def as_rates(rates, arms):
    """{arm: rates, the smallest first}."""
    if not isinstance(rates, Mapping):
        rates = dict.fromkeys(arms, rates)
    if set(rates) != set(arms):
        raise ValueError(f"rates is for the arms {[*rates]}, but the arms are {[*arms]}")
    found = {}
    for name, of_arm in rates.items():
        values = as_sequence("rates", of_arm)
        found[name] = sorted({as_real("a rate", rate, "(0, inf)") for rate in values})
    return found


def as_seeds(seeds):
    """The seeds as a list of different whole numbers."""
    if not np.iterable(seeds):
        return list(range(as_whole("seeds", seeds, at_least=2)))
    seeds = [as_whole("a seed", seed, at_least=0) for seed in as_sequence("seeds", seeds)]
    if len(set(seeds)) < max(len(seeds), 2):
        raise ValueError(f"seeds is {seeds}; there must be at least two, all different, since the "
                         "differences between seeds are what verdicts are judged by")
    return seeds


def make_conditions(starts, wrong_labels):
    """The ordinary condition, and those that depart from it in one thing."""
    starts = [as_real("a start", start, "(0, inf)") for start in as_sequence("starts", starts)]
    shares = [as_real("a share of wrong labels", share, "[0, 1)")
              for share in as_sequence("wrong_labels", wrong_labels)]
    return list(dict.fromkeys([*(Condition(start, shares[0]) for start in starts),
                               *(Condition(starts[0], share) for share in shares)]))


def as_sequence(name, values):
    """values as a list, if there are any."""
    if isinstance(values, (str, bytes)) or not np.iterable(values) or not len(values := [*values]):
        raise ValueError(f"{name} is {values!r}; it must be a sequence of numbers, not empty")
    return values


def try_arm(arm, x, labels, rate, conditions):
    """Raise ValueError unless the arm builds networks that can be trained on these classes."""
    k = int(labels.max()) + 1
    nets = [arm.make_net(x.shape[1], k, np.random.default_rng(0)) for _ in range(2)]
    for net in nets:
        if not isinstance(net, Sequential):
            raise ValueError(f"the function returns {net!r}; it must return a Sequential")
    net = nets[0]
    if net is nets[1]:
        raise ValueError("the function returns one and the same network twice; it must build a new "
                         "one at each call")
    if net.loss is None or len(net.history):
        raise ValueError(f"the function returns a network that "
                         f"{'has no loss' if net.loss is None else 'has been trained'}; it must "
                         "build a new one, with a loss")
    if net.output_shape != (k,) and not (k == 2 and net.output_shape == (1,)):
        raise ValueError(f"the network's output has shape {net.output_shape}; for {k} classes it "
                         f"must be ({k},){', or (1,)' if k == 2 else ''}")
    if any(condition.start != 1 for condition in conditions) and not find_layers_with_weights(net):
        raise ValueError("no layer of the network has weights W that a start could multiply; pass "
                         "starts=(1,)")
    net.gradient(x, labels, training=False)
    made = arm.make_optimizer(rate)
    if not isinstance(made, Optimizer):
        raise ValueError(f"optimizer makes {made!r}; it must be a function of the learning rate "
                         "that returns an Optimizer, such as tn.SGD or tn.Adam")


@contextlib.contextmanager
def notes(where):
    """Add to an error where it comes from."""
    try:
        yield
    except Exception as error:
        error.add_note(where)
        raise


# ---- progress ----

def as_verbose(verbose):
    if verbose not in ("auto", 0, 1):
        raise ValueError(f'verbose is {verbose!r}; it must be "auto", 0 or 1')
    return verbose


def make_bar(verbose, n_runs):
    """A bar over all runs, if somebody watches."""
    is_hidden = verbose == 0 or verbose == "auto" and not is_watched()
    return tqdm(total=n_runs, desc="comparing", unit="run", dynamic_ncols=True, disable=is_hidden)
