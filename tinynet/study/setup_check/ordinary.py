"""An ordinary set-up for the same rows: what can be learned from them can be learned this way."""

import math
from dataclasses import replace

import numpy as np

from ...checks.targets import find_classes, weigh_classes
from ...layers import Dense, Flatten, ReLU
from ...optimizers import Adam
from ...sequential import Sequential
from .network_changes import UNITS, choose_loss
from .settings_changes import fill_gaps, standardize_rows

STEPS = 1500


def make_ordinary(setup):
    """Two layers of 64 units with ReLU, standardized rows, the loss that goes with the targets, and
    Adam. An autoencoder gets a layer between them that is as narrow as its own.
    """
    filled = fill_gaps(setup)
    standardized = standardize_rows(filled.setup if filled else setup).setup
    loss, _, _ = choose_loss(setup.task)
    middle = [Dense(UNITS), ReLU()]
    if setup.is_autoencoder:
        middle = [Dense(min([layer.units for layer in setup.layers[:-1]
                             if isinstance(layer, Dense)] + [UNITS])), *middle]
    net = Sequential([Flatten(), Dense(UNITS), ReLU(), *middle, Dense(setup.k)],
                     setup.x.shape[1:], loss=loss(), rng=0, dtype=np.float32)
    x, t, w, other_x, other_t = (
        None if a is None else a.astype(np.float32) for a in (
            standardized.x, standardized.t, standardized.w, standardized.other_x,
            standardized.other_t))
    size = min(32, max(setup.n // 4, 1))
    if setup.is_balanced and find_classes(t) is not None:
        w = weigh_classes("balanced", t)
    return replace(standardized, net=net, x=x, t=t, w=w, other_x=other_x, other_t=other_t,
                   optimizer=Adam(lr=0.003), batch_size=size,
                   epochs=math.ceil(STEPS * size / setup.n),
                   shuffles=True, l2=0.0, clip_norm=None)
