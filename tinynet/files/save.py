"""Snapshot: all that a network and its training consist of, as a configuration and named arrays.

    "0.W", "2.running_mean"        parameters and running statistics, by the layer's number; "1.0.W" inside a network in it
    "0.rng", "_shuffle_rng"        random streams
    "optimizer.m"                  the optimizer's vectors
    "history.loss"                 the columns of the history
    "callbacks.0.params"           what a callback keeps, such as the best weights
"""

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ..training.history import History
from ..checks.arrays import fitting, real_numbers
from .streams import bytes_of, kind_of
from .registry import described

ALWAYS_RECORDED = "loss", "lr", "seconds"  # of each epoch


def snapshot(net):
    """(configuration, arrays) of a network; a ValueError that names what cannot be saved."""
    if net._owned:
        raise ValueError("this network stands inside another one; save the outer one")
    config, arrays = {"network": described(net)}, named_arrays(net)
    streams = named_streams(net)
    config["streams"] = {name: kind_of(rng) for name, rng in streams.items()}
    arrays |= {name: bytes_of(rng) for name, rng in streams.items()}
    config["split_seed"] = net._split_seed
    config["optimizer"], optimizer = None, net.optimizer
    if optimizer is not None:
        optimizer.attach(net.params)  # or it has no vectors yet
        config["optimizer"] = {"optimizer": described(optimizer), "steps": optimizer.steps,
                               "last_lr": described(optimizer.last_lr)}
        arrays |= {f"optimizer.{name}": vars(optimizer)[name] for name in optimizer.state_names}
    history = History(net.history.past, map(dict, net.history.records))  # nothing is added to it if another thread trains
    config["epochs"], config["columns"] = len(history), {}
    for name, (values, runs) in columns_of(history).items():
        config["columns"][name], arrays[f"history.{name}"] = runs, values
    config["callbacks"] = []
    for i, memory in enumerate(memories_of(net)):
        if isinstance(memory.callback, str):
            raise ValueError(memory.callback)
        kept = {name: value for name, value in memory.state.items() if isinstance(value, np.ndarray)}
        numbers = {name: described(value) for name, value in memory.state.items() if name not in kept}
        config["callbacks"].append({"callback": memory.callback, "numbers": numbers, "arrays": list(kept)})
        arrays |= {f"callbacks.{i}.{name}": value for name, value in kept.items()}
    return config, arrays


def named_arrays(net):
    """All parameters and running statistics, by their names."""
    return {prefix + name: vars(part)[name] for prefix, part in net._named_parts()
            for name in (*part.param_names, *part.state_names)}


def put_in(arrays, d):
    """Fill the arrays with those of the same names in d; a ValueError, before any is changed, if d does not fit them."""
    if not isinstance(d, Mapping):
        raise ValueError(f"d is of the type {type(d).__name__}; it must map names to arrays, as state_dict() does")
    missing, unknown = [name for name in arrays if name not in d], [name for name in d if name not in arrays]
    if missing or unknown:
        raise ValueError("d must have the names that state_dict gives" + (f"; it lacks {missing}" if missing else "")
                         + (f"; it has {unknown} in addition" if unknown else ""))
    given = {name: real_numbers(name, d[name]) for name in arrays}
    for name, array in arrays.items():
        if given[name].shape != array.shape:
            raise ValueError(f"{name} has shape {given[name].shape} in d, and {array.shape} in this network")
        given[name] = fitting(name, given[name], array.dtype)
    for name, array in arrays.items():
        array[...] = given[name]


def named_streams(net):
    """All random streams, by their names; a ValueError if one has two names, or none."""
    streams, names = {}, {}
    for prefix, part in net._named_parts():
        for name, value in vars(part).items():
            if isinstance(value, np.random.Generator):
                twin = names.setdefault(id(value), prefix + name)
                if twin != prefix + name:
                    raise ValueError(f"{twin} and {prefix}{name} are one random stream; give each layer its own in build: "
                                     "self.rng = rng.spawn(1)[0]")
                streams[prefix + name] = value
            inside = value if isinstance(value, (list, tuple)) else [value]
            if any(isinstance(item, np.random.RandomState) or item is not value and isinstance(item, np.random.Generator)
                   for item in inside):
                raise ValueError(f"{prefix}{name} of {part!r} cannot be saved; keep each random stream in an attribute of its "
                                 "own, as a numpy.random.Generator")
    return streams


def other_arrays(net):
    """The arrays that layers keep in attributes which are neither parameters nor running statistics, by their names."""
    return {prefix + name: value for prefix, part in net._named_parts() for name, value in vars(part).items()
            if isinstance(value, np.ndarray) and name not in part._fixed_names()}


def columns_of(history):
    """name -> (its numbers, the runs of epochs [start, stop) that have it), of each column of a history."""
    columns = {}
    if any(value is None for name in ALWAYS_RECORDED for value in history.values(name)):
        raise ValueError(f"the history cannot be saved: some epoch is without {', '.join(ALWAYS_RECORDED)}")
    for name in history.columns:
        found = {epoch: value for epoch, value in enumerate(history.values(name)) if value is not None}
        values = [value.item() if isinstance(value, (np.generic, np.ndarray)) and value.size == 1 else value
                  for value in found.values()]
        kinds = set(map(type, values))
        kind = float if float in kinds else int if int in kinds else bool
        if not isinstance(name, str):
            raise ValueError(f"the column {name!r} of the history cannot be saved: its name must be text")
        for epoch, value in zip(found, values):
            is_whole = isinstance(value, int) and -2**63 <= value < 2**63
            if not (isinstance(value, float) or is_whole and kind(value) == value):
                raise ValueError(f"the column {name!r} of the history cannot be saved: of epoch {epoch + 1} it has "
                                 f"{value!r:.100}, which is no number of 64 bits, or not of the kind of the others")
        starts = [epoch for epoch in found if epoch - 1 not in found]
        stops = [epoch + 1 for epoch in found if epoch + 1 not in found]
        columns[name] = np.array(values, kind), [list(run) for run in zip(starts, stops)]
    return columns


# ---- what callbacks remember ----

class Memory(NamedTuple):
    """What a callback remembers."""

    callback: Any  # its class and settings, as a file describes them; or, if it cannot be saved, the reason
    state: dict    # copies of the attributes in its state_names

    @classmethod
    def of(cls, callback):
        state = {}
        for name in callback.state_names:
            if name not in vars(callback):
                return cls(f"{callback!r} cannot be saved: it has no {name!r} of its own, which its state_names lists", {})
            state[name] = value = copy.copy(vars(callback)[name])
            if not (value is None or isinstance(value, (bool, int, float, np.generic, np.ndarray))):
                return cls(f"{callback!r} cannot be saved: {name}, which its state_names lists, is {value!r:.100}, and must be a "
                           "number, None or an array", {})
        return cls(description_of(callback), state)


def description_of(callback):
    """How a model file describes a callback; or, if it cannot, the reason."""
    try:
        return described(callback)
    except ValueError as error:
        return str(error)


def memories_of(net):
    """What callbacks remember of this network's training: those of a fit that is running, or else of the last one."""
    return [Memory.of(callback) for callback in net._callbacks] or net._memories


def recall(net, callbacks):
    """Give callbacks the memory of ones with the same class and settings, if the network comes from a file or is a copy.

    Returns the callbacks that have something to remember.
    """
    memories, with_state = list(net._memories) if net._recalls else [], []
    for callback in callbacks:
        if getattr(callback, "state_names", ()):
            with_state.append(callback)
            description = description_of(callback)
            found = next((i for i, memory in enumerate(memories) if memory.callback == description), None)
            if found is not None:
                vars(callback).update(copy.deepcopy(memories.pop(found).state))
    return with_state
