"""Changes of what `fit` is given: the rows, and the settings."""

import copy
import math

import numpy as np

from ...checks.targets import find_classes, weigh_classes
from ...layers import Dropout
from ...optimizers import SGD, Adam, AdamW, RMSprop
from .change import Change, say_net, say_optimizer
from .rows import say_some
from .scales import find_marks, find_scale_oddness, say_range, standardize

FEW = 200        # steps in which not much is learned


# ---- rows ----

def standardize_rows(setup):
    """Inputs, and targets that are numbers, with mean 0 and standard deviation 1."""
    changes = {"x": standardize(setup.x, setup.x), "other_x": standardize(setup.other_x, setup.x)}
    seen, oddness = [f"x lies {say_range(setup.x)}"], find_scale_oddness(setup.x)
    remedy = "x = (x - x.mean()) / x.std()"
    if setup.x.ndim == 2:
        remedy = ("from sklearn.preprocessing import StandardScaler; scaler = StandardScaler()"
                  ".fit(x); x = scaler.transform(x)")
    remedy += say_validation(setup)
    if setup.task == "numbers":
        changes |= {"t": standardize(setup.t, setup.t),
                    "other_t": standardize(setup.other_t, setup.t)}
        seen.append(f"t {say_range(setup.t)}")
        oddness = max(oddness, find_scale_oddness(setup.t))
        spread = "t.std(axis=0)"
        if not setup.t.std(axis=0).all():
            spread = "np.where(t.std(axis=0) > 0, t.std(axis=0), 1)"
        remedy += f"; t = (t - t.mean(axis=0)) / {spread}"
    return Change("preprocessing", oddness, ", and ".join(seen), "with standardized numbers",
                  remedy, setup.change(**changes))


def fill_gaps(setup):
    """The mean of a column for numbers in it that stand for what is missing."""
    marks = find_marks(setup.x)
    if not marks:
        return None
    x, other_x = setup.x.astype(float), setup.other_x.astype(float)
    for column, numbers in marks.items():
        mean = x[~np.isin(x[:, column], numbers), column].mean()
        for rows in (x, other_x):
            rows[np.isin(rows[:, column], numbers), column] = mean
    columns, numbers = sorted(marks), sorted(set().union(*marks.values()))
    name, place = f"column{'s' * (len(columns) > 1)} {say_some(columns)} of x", f"x[:, {columns}]"
    if len(columns) == x.shape[1]:
        name = place = "x"
    remedy = "; ".join(["from sklearn.impute import SimpleImputer"] + [
        f"{place} = SimpleImputer(missing_values={say_exactly(number)}).fit_transform({place})"
        for number in numbers])
    if len(numbers) > 2:    # one number, scaled column by column
        remedy = ("put np.nan in its place before anything is scaled; from sklearn.impute import "
                  "SimpleImputer; x = SimpleImputer().fit_transform(x)")
    share = (x != setup.x)[:, columns].mean()
    shown = [say_exactly(each) if each.is_integer() else f"{each:.4g}" for each in numbers]
    return Change("preprocessing", 2.0, f"{share:.1%} of {name} is "
                  f"{say_some(shown)}, far from all other numbers there, as "
                  "if it stood for what is missing", "with the means of the columns there",
                  remedy + say_validation(setup), setup.change(x=x, other_x=other_x))


def say_exactly(number):
    return str(int(number)) if number.is_integer() else repr(number)


def say_validation(setup):
    """What is to be done to the validation data as well."""
    return "; the validation data with the same numbers" * (len(setup.val_x) > 0)


def shuffle_rows(setup):
    """A new order of the rows in each epoch."""
    if setup.shuffles:
        return None
    first = setup.t.argmax(axis=1) if setup.k > 1 else setup.t[:, 0]
    n_times = np.count_nonzero(np.diff(first))
    return Change("data", 2.0 if n_times < len(first) / 4 else 0.5,
                  "the rows come in the same order in each epoch, and the target changes from one "
                  f"row to the next in {n_times} of {len(first) - 1} cases",
                  "with a new order in each epoch", "shuffle=True", setup.change(shuffles=True))


# ---- settings of fit ----

def scale_rate(setup, factor):
    """The learning rate times a factor; for a schedule, in all steps."""
    optimizer = copy.deepcopy(setup.optimizer)
    lr, rate = optimizer.lr, find_rate(setup)
    if factor == 1:
        return None
    optimizer.lr = scale_schedule(lr, factor) if callable(lr) else float(f"{lr * factor:.3g}")
    seen = f"the learning rate is {rate:.3g}" + f" in the middle, by {lr!r}" * callable(lr)
    oddness = find_rate_oddness(rate, optimizer) - find_rate_oddness(rate * factor, optimizer)
    return Change("learning_rate", oddness, seen, f"with lr={rate * factor:.3g}",
                  say_optimizer(optimizer), setup.change(optimizer=optimizer))


def scale_schedule(schedule, factor):
    """The schedule times a factor; one with a setting `lr` is made anew, so that it can be written.
    """
    if "lr" not in getattr(schedule, "__dict__", {}):
        return lambda step: schedule(step) * factor
    twin = copy.deepcopy(schedule)
    twin.lr = float(f"{schedule.lr * factor:.3g}")
    return twin


def find_rate_oddness(rate, optimizer):
    """By how many powers of ten it is away from what one usually begins with; a half is none."""
    return max(abs(math.log10(rate / find_usual_rate(optimizer))) - 0.5, 0.0)


def find_rate(setup):
    """The learning rate, for a schedule the median of those that are not 0."""
    return float(np.median([rate for rate in list_rates(setup) if rate]))


def list_rates(setup):
    """The learning rates of the steps, of 1,000 at most."""
    lr, first = setup.optimizer.lr, setup.optimizer.steps
    if not callable(lr):
        return [float(lr)]
    steps = np.linspace(0, setup.steps - 1, min(setup.steps, 1000)).astype(int).tolist()
    return [float(lr(first + step)) for step in steps]


def find_usual_rate(optimizer):
    """What one usually begins with."""
    if isinstance(optimizer, (Adam, RMSprop)):
        return 0.002
    return 0.1 * (1 - getattr(optimizer, "momentum", 0.0))  # momentum lengthens steps by as much


def use_usual_rate(setup):
    """The learning rate that one usually begins with."""
    return scale_rate(setup, find_usual_rate(setup.optimizer) / find_rate(setup))


def hold_rate(setup):
    """The largest learning rate of a schedule, throughout."""
    optimizer = copy.deepcopy(setup.optimizer)
    lr = optimizer.lr
    if not callable(lr):
        return None
    rates = list_rates(setup)
    optimizer.lr = float(max(rates))
    if not optimizer.lr or optimizer.lr == min(rates):
        return None
    oddness = 1.5 if np.median(rates) < optimizer.lr / 10 else 0.3
    return Change("learning_rate", oddness, f"{lr!r} gives at most {optimizer.lr:.3g}, and "
                  f"{np.median(rates):.1g} in the middle of {setup.steps} steps",
                  f"with lr={optimizer.lr:.3g} throughout", say_optimizer(optimizer),
                  setup.change(optimizer=optimizer))


def use_usual_optimizer(setup):
    """The same optimizer with settings that one usually sees, or Adam in place of one that does not
    adapt its steps.
    """
    optimizer, oddness = setup.optimizer, find_optimizer_oddness(setup.optimizer)
    if oddness:
        usual = type(optimizer)(lr=optimizer.lr)
        if isinstance(optimizer, SGD):
            usual.momentum = 0.9
    elif isinstance(optimizer, (Adam, RMSprop)):
        return None
    else:
        usual = Adam()
    return Change("optimizer", oddness, f"the optimizer is {optimizer!r}", f"with {usual!r}",
                  say_optimizer(usual), setup.change(optimizer=usual))


def find_optimizer_oddness(optimizer):
    """How unusual its settings are, beside the learning rate."""
    if type(optimizer) is SGD and optimizer.momentum > 0.9:
        return math.log10(0.1 / (1 - optimizer.momentum))
    if type(optimizer) in (Adam, AdamW):
        return 1.0 * (optimizer.beta1 > 0.95 or optimizer.eps > 1e-3)
    if type(optimizer) is RMSprop:
        return 1.0 * (optimizer.rho > 0.995 or optimizer.eps > 1e-3)
    return 0.0


def weigh_alike(setup):
    """The same weight for all rows."""
    if setup.w is None or (low := setup.w.min()) == (high := setup.w.max()):
        return None
    return Change("data", max(math.log10(high / low) - 1, 0.0), "the rows have weights between "
                  f"{low:.3g} and {high:.3g}", "with the same weight for all rows",
                  "sample_weight=None, class_weight=None", setup.change(w=None))


def balance_classes(setup):
    """The same weight in all for each class, where some are rare."""
    classes = find_classes(setup.t)
    if not setup.is_balanced or setup.w is not None or classes is None:
        return None
    kinds, counts = np.unique(classes, return_counts=True)
    low, high = counts.min(), counts.max()
    n = len(classes)
    return Change("data", max(math.log10(high / low) - 0.5, 0.0), f"{low / n:.1%} of the rows are "
                  f"of class {kinds[counts.argmin()]}, and {high / n:.1%} of class "
                  f"{kinds[counts.argmax()]}", 'with class_weight="balanced"',
                  'class_weight="balanced"', setup.change(w=weigh_classes("balanced", setup.t)))


def train_longer(setup):
    """Ten times as many epochs, or as many as are needed for 1,000 steps."""
    factor = max(10, math.ceil(1000 / max(setup.steps, 1)))
    epochs = max(setup.epochs, 1) * factor
    return Change("epochs", max(math.log10(FEW / max(setup.steps, 1)), 0.0),
                  say_steps(setup), f"with epochs={epochs}", f"epochs={epochs}",
                  setup.change(epochs=epochs))


def use_usual_batch(setup):
    """Batches of 32 rows."""
    size = 32 if setup.n >= 64 else 8
    if setup.batch_size == size:
        return None
    oddness = 0.0
    if setup.batch_size > size and setup.steps < FEW:
        oddness = math.log10(setup.batch_size / size)
    elif setup.batch_size < 4:
        oddness = 0.3
    return Change("batch_size", oddness, say_steps(setup), f"with batch_size={size}",
                  f"batch_size={size}", setup.change(batch_size=size))


def say_steps(setup):
    setup = setup.uncut or setup
    return (f"{setup.n} rows with batch_size={setup.batch_size} and epochs={setup.epochs} come to "
            f"{setup.steps} steps")


def do_not_regularize(setup):
    """No dropout, no l2 or weight decay, no clipping, no smoothing of labels."""
    optimizer, loss = copy.deepcopy(setup.optimizer), copy.deepcopy(setup.net.loss)
    dropouts = [layer for layer in setup.layers if isinstance(layer, Dropout)]
    oddness = sum(max(2 * layer.rate - 0.7, 0.0) for layer in dropouts)
    seen = [repr(layer) for layer in dropouts]
    remedy = []
    if setup.l2:
        oddness += max(math.log10(setup.l2 / 1e-3), 0)
        seen.append(f"l2={setup.l2:g}")
        remedy.append("l2=0.0")
    if setup.clip_norm is not None:
        oddness += max(math.log10(0.5 / setup.clip_norm), 0)
        seen.append(f"clip_norm={setup.clip_norm:g}")
        remedy.append("clip_norm=None")
    if getattr(optimizer, "weight_decay", 0):
        oddness += max(math.log10(optimizer.weight_decay / 0.1), 0)
        seen.append(repr(optimizer))
        optimizer.weight_decay = 0.0
        remedy.append(say_optimizer(optimizer))
    if getattr(loss, "label_smoothing", 0):
        oddness += max(3 * loss.label_smoothing - 0.5, 0)
        seen.append(repr(loss))
        loss.label_smoothing = 0.0
    if not seen:
        return None
    layers = [layer for layer in setup.layers if not isinstance(layer, Dropout)]
    changed = setup
    if dropouts or repr(loss) != repr(setup.net.loss):
        changed = setup.change_layers(layers, loss=loss)
        remedy.append(say_net(changed))
    changed = changed.change(l2=0.0, clip_norm=None, optimizer=optimizer)
    holds, it = ("holds", "it") if len(seen) == 1 else ("hold", "them")
    return Change("regularization", oddness, f"{', '.join(seen)} {holds} the training back",
                  f"without {it}",
                  "; ".join(remedy), changed)
