"""compare: a fair experiment, in which each arm has its own best learning rate."""

from itertools import product

from joblib import Parallel, delayed
from tqdm.auto import tqdm

from ...checks.settings import as_choice, as_whole
from ...optimizers import SGD
from ...training.progress import is_watched
from .arguments import (add_where, as_arms, as_cache, as_conditions, as_data_sets, as_optimizers,
                        as_rates, as_seeds, as_verbose)
from .comparison import Comparison
from .measures import NAMES
from .rates import choose_measure, choose_rate, group_rows
from .running import Arm, Lane, run_lane
from .trying import try_arm


def compare(arms, data, *, rates, seeds=10, epochs=40, batch_size=32, optimizer=SGD, starts=(1,),
            wrong_labels=(0.0,), measure="test_accuracy", n_jobs=None, cache=None, verbose="auto"):
    """Compare ways to train a classifier, each at its own best learning rate. Returns a Comparison.

    For each seed and data set, 60 % of the rows are for training, 20 % for validation and 20 % for
    the test, with equal shares of the classes, and standardized by the training rows. All arms get
    the same rows, the same random numbers for their first weights, and the same batches. Each is
    trained at all its rates; the best one is that with the best mean over the seeds on validation
    rows, without a seed that diverges. The networks of that rate alone are then tested, once. (A
    row that is for the test with one seed may be for validation with another, for all arms alike.)

    arms          {name: function (n_in, k, rng) -> Sequential}: builds a new network, with a loss,
                  for n_in inputs and k classes. The first one is what the others are compared with
    data          {name: (x, labels)}: rows (n, n_in) of numbers, and their classes (n,), numbers or
                  words, at least 5 rows of each
    rates         learning rates to try: a sequence for all arms, or {arm: sequence}
    seeds         how many, at least 2, or a sequence of whole numbers. With five, small differences
                  do not show
    epochs        how many epochs each run has
    batch_size    rows in a batch
    optimizer     function lr -> Optimizer, or {arm: function}
    starts        factors for the last layer's first weights; the first is the ordinary one
    wrong_labels  shares of the training labels that are made wrong, while those of validation and
                  test stay right; the first is the ordinary one. Starts and shares are not crossed:
                  each other start comes with the first share, and each other share with the first
                  start
    measure       the column of the table that verdicts are about: "test_accuracy",
                  "test_cross_entropy", "test_brier_score" or "test_calibration_error"; the same of
                  the validation rows, by which rates are chosen, with "val_"; "early_accuracy",
                  "epochs_to_90", "gradient_norm". Rates are chosen by the validation accuracy, or
                  by the validation rows' cross-entropy or Brier score if it is one of these
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
    arms = as_arms(arms)
    optimizers = as_optimizers(optimizer, arms)
    arms = {name: Arm(make_net, optimizers[name], epochs, batch_size)
            for name, make_net in arms.items()}
    data, rates, seeds = as_data_sets(data), as_rates(rates, arms), as_seeds(seeds)
    conditions, cache = as_conditions(starts, wrong_labels), as_cache(cache)
    for arm, each in product(arms, data):
        with add_where(f"in the arm {arm!r} on {each!r}"):
            try_arm(arms[arm], *data[each], rates[arm], conditions)

    lanes = [Lane(each, *condition, arm, seed)
             for seed in seeds for each in data for condition in conditions for arm in arms]
    with make_bar(verbose, sum(len(rates[lane.arm]) + 1 for lane in lanes)) as bar:
        def run_all(rates_of_lanes, on_test):
            jobs = [delayed(run_lane)(lane, *data[lane.data], arms[lane.arm], rates_of_lane, cache,
                                      on_test) for lane, rates_of_lane in rates_of_lanes]
            # processes, since threads would share the number of threads that BLAS may use
            for rows in Parallel(n_jobs=n_jobs, backend="loky", return_as="generator")(jobs):
                bar.update(len(rows))
                yield from rows

        rows = list(run_all([(lane, rates[lane.arm]) for lane in lanes], on_test=False))
        best = {key: choose_rate(by_rate, choose_measure(measure))
                for key, by_rate in group_rows(rows).items()}
        tested = list(run_all([(lane, [rate]) for lane in lanes
                               if (rate := best[lane[:-1]]) is not None], on_test=True))
    return Comparison.from_runs(rows, tested, measure)


def make_bar(verbose, n_runs):
    """A bar over all runs, if somebody watches."""
    is_hidden = verbose == 0 or verbose == "auto" and not is_watched()
    return tqdm(total=n_runs, desc="comparing", unit="run", dynamic_ncols=True, disable=is_hidden)
