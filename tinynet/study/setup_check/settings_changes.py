"""Changes of what `fit` is given: the rows, and the settings."""

import copy
import math

import numpy as np

from ...layers import Dropout
from ...optimizers import Adam, RMSprop
from .change import Change, say_net
from .scales import find_odd_scale, say_range, standardize

FEW = 200        # steps in which not much is learned


# ---- rows ----

def standardize_rows(setup):
    """Inputs, and targets that are numbers, with mean 0 and standard deviation 1."""
    changes = {"x": standardize(setup.x, setup.x), "other_x": standardize(setup.other_x, setup.x)}
    seen, odd = [f"x lies {say_range(setup.x)}"], find_odd_scale(setup.x)
    remedy = ("x = StandardScaler().fit_transform(x)" if setup.x.ndim == 2
              else "x = (x - x.mean()) / x.std()")
    if setup.task == "numbers":
        changes |= {"t": standardize(setup.t, setup.t),
                    "other_t": standardize(setup.other_t, setup.t)}
        seen.append(f"t {say_range(setup.t)}")
        odd = max(odd, find_odd_scale(setup.t))
        remedy += "; t = (t - t.mean(axis=0)) / t.std(axis=0)"
    return Change("preprocessing", odd, ", and ".join(seen), "standardized numbers", remedy,
                  setup.change(**changes))


def shuffle_rows(setup):
    """A new order of the rows in each epoch."""
    if setup.shuffles:
        return None
    first = setup.t.argmax(axis=1) if setup.k > 1 else setup.t[:, 0]
    changes = np.count_nonzero(np.diff(first))
    return Change("data", 2.0 if changes < len(first) / 4 else 0.5,
                  "the rows come in the same order in each epoch, and the target changes from one "
                  f"row to the next in {changes} of {len(first) - 1} cases",
                  "a new order in each epoch", "shuffle=True", setup.change(shuffles=True))


# ---- settings of fit ----

def scale_rate(setup, factor):
    """The learning rate times a factor; for a schedule, in all steps."""
    optimizer = copy.deepcopy(setup.optimizer)
    lr, rate = optimizer.lr, find_rate(setup)
    if not rate or factor == 1:
        return None
    optimizer.lr = (lambda step: lr(step) * factor) if callable(lr) else float(
        f"{lr * factor:.3g}")
    odd = max(abs(math.log10(rate / find_usual_rate(setup.optimizer))) - 0.5, 0.0)
    seen, remedy = f"the learning rate is {rate:.3g}", f"optimizer={say_optimizer(optimizer)}"
    if callable(lr):
        seen += f" in the middle, by {lr!r}"
        remedy = f"a schedule that is {factor:g} times as large as {lr!r}"
    return Change("learning_rate", odd, seen, f"lr={rate * factor:.3g}", remedy,
                  setup.change(optimizer=optimizer))


def say_optimizer(optimizer):
    """The code that makes it, with its learning rate, also if that is the usual one."""
    code = repr(optimizer)
    if "lr=" in code:
        return code
    name, _, others = code.partition("(")
    return f"{name}(lr={optimizer.lr:g}{', ' if others != ')' else ''}{others}"


def find_rate(setup):
    """The learning rate, for a schedule that of the middle of the steps."""
    lr = setup.optimizer.lr
    steps = setup.optimizer.steps
    return float(np.median([lr(steps + i) for i in range(setup.steps)][:1000]) if callable(lr)
                 else lr)


def find_usual_rate(optimizer):
    """What one usually begins with."""
    return (0.002 if isinstance(optimizer, (Adam, RMSprop)) else
            0.1 * (1 - getattr(optimizer, "momentum", 0.0)))


def use_usual_rate(setup):
    """The learning rate that one usually begins with."""
    rate = find_rate(setup)
    return scale_rate(setup, find_usual_rate(setup.optimizer) / rate) if rate else None


def use_adam(setup):
    """Adam, as it comes."""
    if isinstance(setup.optimizer, (Adam, RMSprop)):
        return None
    return Change("optimizer", 0.0, f"the optimizer is {setup.optimizer!r}", "Adam()",
                  "optimizer=Adam()", setup.change(optimizer=Adam()))


def train_longer(setup):
    """Ten times as many epochs, or as many as are needed for 1,000 steps."""
    factor = max(10, math.ceil(1000 / max(setup.steps, 1)))
    epochs = max(setup.epochs, 1) * factor
    return Change("epochs", max(math.log10(FEW / max(setup.steps, 1)), 0.0),
                  say_steps(setup), f"epochs={epochs}", f"epochs={epochs}",
                  setup.change(epochs=epochs))


def use_usual_batch(setup):
    """Batches of 32 rows."""
    size = 32 if setup.n >= 64 else 8
    if setup.batch_size == size:
        return None
    odd = 0.0
    if setup.batch_size > size and setup.steps < FEW:
        odd = math.log10(setup.batch_size / size)
    elif setup.batch_size < 4:
        odd = 0.3
    return Change("batch_size", odd, say_steps(setup), f"batch_size={size}", f"batch_size={size}",
                  setup.change(batch_size=size))


def say_steps(setup):
    return (f"{setup.n} rows with batch_size={setup.batch_size} and epochs={setup.epochs} come to "
            f"{setup.steps} steps")


def do_not_regularize(setup):
    """No dropout, no l2 or weight decay, no clipping, no smoothing of labels."""
    optimizer, loss = copy.deepcopy(setup.optimizer), copy.deepcopy(setup.net.loss)
    dropouts = [layer for layer in setup.layers if isinstance(layer, Dropout)]
    odd = sum(max(2 * layer.rate - 0.7, 0.0) for layer in dropouts)
    seen = [repr(layer) for layer in dropouts]
    remedy = []
    if setup.l2:
        odd += max(math.log10(setup.l2 / 1e-3), 0)
        seen.append(f"l2={setup.l2:g}")
        remedy.append("l2=0.0")
    if setup.clip_norm is not None:
        odd += max(math.log10(0.5 / setup.clip_norm), 0)
        seen.append(f"clip_norm={setup.clip_norm:g}")
        remedy.append("clip_norm=None")
    if getattr(optimizer, "weight_decay", 0):
        odd += max(math.log10(optimizer.weight_decay / 0.1), 0)
        seen.append(repr(optimizer))
        optimizer.weight_decay = 0.0
        remedy.append(f"optimizer={optimizer!r}")
    if getattr(loss, "label_smoothing", 0):
        odd += max(3 * loss.label_smoothing - 0.5, 0)
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
    return Change("regularization", odd, f"there is {', '.join(seen)} to regularize", "none",
                  "; ".join(remedy), changed)
