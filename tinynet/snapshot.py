"""Snapshot: all that a network and its training consist of, as a configuration and named arrays.

    "0.W", "2.running_mean"        parameters and running statistics, by the layer's number; "1.0.W" inside a network in it
    "0.rng", "_shuffle_rng"        random streams
    "optimizer.m"                  the optimizer's vectors
    "history.loss"                 the columns of the history
    "callbacks.0.params"           what a callback keeps, such as the best weights
"""

from typing import NamedTuple

import numpy as np

from .model_file import write
from .random_streams import bytes_of, kind_of
from .registry import described, made


ALWAYS_RECORDED = "loss", "lr", "seconds"  # of each epoch


class Memory(NamedTuple):
    """What a model file remembers of a callback: its class and settings as they are described there, and its state."""

    description: dict
    state: dict

    @classmethod
    def of(cls, callback):
        if isinstance(callback, Memory):
            return callback
        missing = [name for name in callback.state_names if name not in vars(callback)]
        if missing:
            raise ValueError(f"{callback!r} has no attribute {missing[0]!r}, which its state_names lists")
        return cls(described(callback), {name: vars(callback)[name] for name in callback.state_names})


def recall(remembered, callbacks):
    """Give callbacks the state that a model file remembers of ones like them; return those that have a state to remember."""
    memories = [memory for memory in remembered if isinstance(memory, Memory)]
    with_state = tuple(callback for callback in callbacks if getattr(callback, "state_names", ()))
    for callback in with_state if memories else ():
        description = described(callback)
        found = next((memory for memory in memories if memory.description == description), None)
        if found is not None:
            vars(callback).update(found.state)
            memories = [memory for memory in memories if memory is not found]
    return with_state


def save(net, path):
    """Write the network and its training into a file."""
    write(path, *taken(net))


def taken(net):
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
        optimizer.attach(net.params)
        config["optimizer"] = {"optimizer": described(optimizer), "steps": optimizer.steps,
                               "last_lr": described(optimizer.last_lr)}
        arrays |= {f"optimizer.{name}": vars(optimizer)[name] for name in optimizer.state_names}
    config["epochs"], config["columns"] = len(net.history), {}
    for name, (values, runs) in columns_of(net.history).items():
        config["columns"][name], arrays[f"history.{name}"] = runs, values
    config["callbacks"] = []
    for i, (description, state) in enumerate(map(Memory.of, net._callbacks)):
        kept = {name: value for name, value in state.items() if isinstance(value, np.ndarray)}
        config["callbacks"].append({"callback": description, "arrays": list(kept), "numbers": {
            name: described(value) for name, value in state.items() if name not in kept}})
        arrays |= {f"callbacks.{i}.{name}": value for name, value in kept.items()}
    try:
        again = {name: array.shape for name, array in named_arrays(made(config["network"])).items()}
    except Exception as error:
        raise ValueError(f"{net!r} cannot be saved, for it cannot be made again: {error}") from error
    if again != {name: array.shape for name, array in named_arrays(net).items()}:
        raise ValueError(f"{net!r} cannot be saved: made again, it has arrays of other shapes, so that a setting must have "
                         "been changed after it was built")
    return config, arrays


def named_arrays(net):
    """All parameters and running statistics, by their names."""
    return {place + name: vars(part)[name] for place, part in net._places() for name in (*part.param_names, *part.state_names)}


def named_streams(net):
    """All random streams, by their names."""
    return {place + name: value for place, part in net._places() for name, value in vars(part).items()
            if isinstance(value, np.random.Generator)}


def columns_of(history):
    """name -> (its numbers, the runs of epochs [start, stop) that have it), of each column."""
    columns = {}
    if not all(name in record for name in ALWAYS_RECORDED for record in history.records):
        raise ValueError(f"the history cannot be saved: some epoch is without {', '.join(ALWAYS_RECORDED)}")
    for name in history.columns:
        epochs = [epoch for epoch, record in enumerate(history.records) if name in record]
        values = [history.records[epoch][name] for epoch in epochs]
        values = [value.item() if isinstance(value, np.generic) else value for value in values]
        if not isinstance(name, str) or {type(value) for value in values} not in ({float}, {bool}, {int}, {int, float}):
            raise ValueError(f"the column {name!r} of the history cannot be saved: it must have text for a name, and hold "
                             "numbers, or truth values")
        values = np.array(values)
        if values.dtype.kind not in "bif":
            raise ValueError(f"the column {name!r} of the history cannot be saved: a number in it does not fit 64 bits")
        starts = [epoch for i, epoch in enumerate(epochs) if i == 0 or epochs[i - 1] != epoch - 1]
        stops = [epoch + 1 for i, epoch in enumerate(epochs) if i == len(epochs) - 1 or epochs[i + 1] != epoch + 1]
        columns[name] = values, [list(run) for run in zip(starts, stops)]
    return columns
