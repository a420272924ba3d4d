"""Arguments: what `fit` is asked for, checked, and made into a training run."""

import math

import numpy as np

from ..checks.settings import as_flag, as_generator, as_real, as_whole
from ..layers import BatchNorm
from ..layers.arrays import VectorHolder
from ..optimizers import Adam, Optimizer
from .batches import Data
from .loop import Training
from .metrics import choose_score
from .progress import Progress
from .reach import warn_of_targets_out_of_reach
from .watchers import as_callbacks


def prepare_training(net, x, t, *, optimizer, epochs, batch_size, validation, shuffle, rng,
                     sample_weight, class_weight, l2, clip_norm, callbacks, verbose):
    """The training run that `fit` is asked for; raise ValueError for what cannot be used."""
    if net._memory.is_running:
        raise ValueError("fit is called while a fit of the same network goes on, as from a "
                         "callback; train a copy of it: copy.deepcopy(net)")
    epochs = as_whole("epochs", epochs, at_least=0)
    batch_size = as_whole("batch_size", batch_size, at_least=1)
    l2 = as_real("l2", l2, "[0, inf)")
    clip_norm = None if clip_norm is None else as_real("clip_norm", clip_norm, "(0, inf)")
    callbacks, progress = as_callbacks(callbacks, validation), Progress(verbose, epochs)
    optimizer = as_optimizer(optimizer, net)
    shuffle_rng = net._shuffle_rng if rng is None else as_generator(rng)
    if not as_flag("shuffle", shuffle):
        shuffle_rng = None

    data = Data.from_arrays(net, x, t, sample_weight)
    data, validation = hold_out_validation(net, data, validation)
    data = data.weigh(class_weight)
    check_means(net, min(batch_size, len(data)))
    warn_of_targets_out_of_reach(net, data.of_rows(data.t))

    optimizer.current_lr()  # a schedule that does not work shows before anything changes
    optimizer._attach(net.params)
    optimizer.decays = net.decays
    score = choose_score(net.loss, data.are_labels)
    return Training(net, data, validation, optimizer, epochs, batch_size, score, shuffle_rng, l2,
                    clip_norm, callbacks, progress)


def as_optimizer(optimizer, net):
    """The optimizer, or for None the network's last one, at first Adam()."""
    if optimizer is None:
        return net.optimizer or Adam()
    if not isinstance(optimizer, Optimizer):
        raise ValueError(f"optimizer is {optimizer!r}; it must be an Optimizer that has been made, "
                         "such as Adam()")
    return optimizer


def check_means(net, batch_size):
    """Raise ValueError for a BatchNorm with one value in each mean, in every batch."""
    for i, (layer, shape) in enumerate(zip(net.layers, net._shapes)):
        if isinstance(layer, VectorHolder):
            check_means(layer, batch_size)
        elif (isinstance(layer, BatchNorm) and layer.trainable
              and batch_size * math.prod(shape[:-1]) == 1):
            raise ValueError(
                f"layer {i}, {layer!r}, cannot be trained on batches of 1 row: each mean is over a "
                "single value, so its output does not depend on x, and no layer before it can "
                "learn; use a batch_size of at least 2, or LayerNorm()")


def hold_out_validation(net, data, validation):
    """(the data to train on, the data to evaluate after each epoch or None)"""
    if validation is None:
        return data, None
    if isinstance(validation, (tuple, list)):
        if len(validation) not in (2, 3):
            raise ValueError(f"validation has the length {len(validation)}; it must be (x, t) "
                             "or (x, t, sample_weight)")
        try:
            return data, Data.from_arrays(net, *validation)
        except ValueError as error:
            raise ValueError(f"in validation, {error}") from error
    if not np.isscalar(validation):
        raise ValueError(f"validation is of the type {type(validation).__name__}; it must be "
                         "(x, t), or a share of the rows in (0, 1)")
    try:
        share = as_real("validation", validation, "(0, 1)")
    except ValueError as error:
        raise ValueError(f"{error}, a share of the rows, or data (x, t)") from None
    return data.hold_out(share, net._split_seed)
