"""Arguments of compare: what can be compared, and what is said of anything else."""

import contextlib
import inspect
import math
import numbers
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from sklearn.preprocessing import LabelEncoder, StandardScaler

from ...checks.arrays import as_finite, as_real_numbers, check_mask
from ...checks.settings import as_real, as_whole
from ...sequential import Sequential
from .cache import Cache
from .questions import Condition


def as_arms(arms):
    """arms, if they are functions by names."""
    if not isinstance(arms, Mapping) or len(arms) < 2:
        raise ValueError(f"arms is {arms!r}; it must be a dictionary of at least two functions by "
                         "their names")
    for name, make_net in arms.items():
        check_name("arms", name)
        if not callable(make_net) or isinstance(make_net, Sequential):
            raise ValueError(f"arms[{name!r}] is {make_net!r}; it must be a function "
                             "(n_in, k, rng) that builds a new Sequential")
        check_takes_three(f"arms[{name!r}]", make_net)
    return arms


def check_name(where, name):
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise ValueError(f"a name in {where} is {name!r}; it must be a string of one line, to be "
                         "shown")


def check_takes_three(name, function):
    """Raise ValueError for a function that says that it does not take (n_in, k, rng)."""
    try:
        signature = inspect.signature(function)
    except ValueError:  # it is one of those that do not say
        return
    try:
        signature.bind(1, 2, None)
    except TypeError:
        raise ValueError(f"{name} takes {signature}; it must take (n_in, k, rng)") from None


def as_data_sets(data):
    """{name: (x, labels)}, x in float64 and the classes numbered from 0."""
    if not isinstance(data, Mapping) or not data:
        raise ValueError(f"data is of type {type(data).__name__}; it must be a dictionary of data "
                         'sets by their names, as {"iris": (x, labels)}')
    found = {}
    for name, pair in data.items():
        check_name("data", name)
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise ValueError(f"data[{name!r}] is of type {type(pair).__name__}; it must be a pair "
                             "(x, labels)")
        with add_where(f"in data[{name!r}]"):
            x = as_inputs(pair[0])
            found[name] = x, as_classes(pair[1], len(x))
    return found


def as_inputs(x):
    """x as rows (n, n_in) of float64 that can be standardized."""
    x = as_real_numbers("x", x)
    if x.ndim != 2 or not x.size:
        raise ValueError(f"x has shape {x.shape}; it must be rows (n, n_in), none of them 0. Pass "
                         "images as x.reshape(len(x), -1), and let their networks begin with "
                         "Reshape")
    x = as_finite("x", x, np.float64)
    with np.errstate(all="ignore"):
        column = np.isfinite(StandardScaler().fit_transform(x)).all(axis=0).argmin()
        if not np.isfinite(x.var(axis=0)).all():
            raise ValueError(f"column {column} of x, up to {np.abs(x[:, column]).max():.3g}, is "
                             "too large to be standardized; scale it")
    return x


def as_classes(labels, n):
    """labels (n,) of any kind as classes numbered from 0, at least 5 rows of each."""
    check_mask("labels", labels)
    labels = np.asarray(labels)
    if labels.shape != (n,):
        hint = ""
        if labels.ndim == 2 and len(labels) == n:
            hint = (": pass np.asarray(labels).ravel()" if labels.shape[1] == 1
                    else ": of one-hot rows pass np.argmax(labels, axis=1)")
        raise ValueError(f"x has {n} rows, but labels has shape {labels.shape}; it must be ({n},), "
                         f"one class for each row{hint}")
    missing = [row for row, label in enumerate(labels.tolist()) if is_missing(label)]
    if missing:
        raise ValueError(f"labels is {labels[missing[0]]} in row {missing[0]}; leave out the rows "
                         "without a class")
    if all(isinstance(label, numbers.Real) for label in labels.tolist()):
        values = labels.astype(float)
        if not (np.isfinite(values) & (values == np.floor(values))).all():
            raise ValueError("labels holds numbers that are not whole; they must be classes")
    try:
        encoder = LabelEncoder().fit(labels)
    except TypeError as error:
        raise ValueError("labels holds words and numbers; they must be of one kind") from error
    classes, labels = encoder.classes_, encoder.transform(labels)
    counts = np.bincount(labels)
    if len(classes) < 2:
        raise ValueError(f"labels has the class {classes[0]!s} only; there must be at least two")
    if counts.min() < 5:
        raise ValueError(f"labels has {counts.min()} rows of the class "
                         f"{classes[counts.argmin()]!s}; there must be at least 5 of each, for "
                         "training, validation and test")
    return labels


def is_missing(label):
    """Whether it is None, nan, or what pandas has in their place."""
    return (label is None or type(label).__name__ in ("NAType", "NaTType")
            or isinstance(label, float) and math.isnan(label))


def as_rates(rates, arms):
    """{arm: its rates, the smallest first}."""
    if not isinstance(rates, Mapping):
        rates = dict.fromkeys(arms, as_numbers_to_try("rates", rates))
    if set(rates) != set(arms):
        raise ValueError(f"rates is for the arms {[*rates]}, but the arms are {[*arms]}")
    return {name: sorted({as_real("a rate", rate, "(0, inf)")
                          for rate in as_numbers_to_try(f"rates[{name!r}]", of_arm)})
            for name, of_arm in rates.items()}


def as_optimizers(optimizer, arms):
    """{arm: what makes its optimizers}."""
    if not isinstance(optimizer, Mapping):
        return dict.fromkeys(arms, optimizer)
    if set(optimizer) != set(arms):
        raise ValueError(f"optimizer is for the arms {[*optimizer]}, but the arms are {[*arms]}")
    return optimizer


def as_seeds(seeds):
    """The seeds as a list of different whole numbers."""
    if not np.iterable(seeds):
        return list(range(as_whole("seeds", seeds, at_least=2)))
    seeds = [as_whole("a seed", seed, at_least=0) for seed in as_numbers_to_try("seeds", seeds)]
    if len(set(seeds)) < max(len(seeds), 2):
        raise ValueError(f"seeds is {seeds}; there must be at least two, all different, since the "
                         "differences between seeds are what verdicts are judged by")
    return seeds


def as_conditions(starts, wrong_labels):
    """The ordinary condition, and those that depart from it in one thing."""
    starts = [as_real("a start", start, "(0, inf)")
              for start in as_numbers_to_try("starts", starts)]
    shares = [as_real("a share of wrong labels", share, "[0, 1)")
              for share in as_numbers_to_try("wrong_labels", wrong_labels)]
    return list(dict.fromkeys([*(Condition(start, shares[0]) for start in starts),
                               *(Condition(starts[0], share) for share in shares)]))


def as_numbers_to_try(name, values):
    """values as a list, if there are any."""
    listed = [*values] if np.iterable(values) and not isinstance(values, (str, bytes)) else []
    if not listed:
        raise ValueError(f"{name} is {values!r}; it must be a sequence of numbers, not empty")
    return listed


def as_cache(folder):
    """The Cache of a folder, which is made if it is not there; None for None."""
    if folder is None:
        return None
    if not isinstance(folder, (str, os.PathLike)) or not os.fspath(folder):
        raise ValueError(f"cache is {folder!r}; it must be the path of a folder, or None")
    folder = Path(folder).resolve()   # workers may have another working directory
    folder.mkdir(parents=True, exist_ok=True)
    return Cache(folder)


def as_verbose(verbose):
    if isinstance(verbose, (str, int)) and verbose in ("auto", 0, 1):
        return verbose
    raise ValueError(f'verbose is {verbose!r}; it must be "auto", 0 or 1')


@contextlib.contextmanager
def add_where(where):
    """Add to an error where it comes from."""
    try:
        yield
    except Exception as error:
        error.add_note(where)
        raise
