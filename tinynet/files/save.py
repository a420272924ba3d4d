"""Save: a network and its training, taken apart into a configuration and named arrays.

    "0.W", "2.running_mean"        parameters and running statistics, by the layer's number;
                                   "1.0.W" inside a network in it
    "0.rng", "_shuffle_rng"        random streams
    "optimizer.m"                  the optimizer's vectors
    "history.loss"                 the columns of the history
    "callbacks.0.params"           what a callback keeps, such as the best weights
"""

import json

import numpy as np

from ..layers.arrays import check_arrays, collect_arrays
from ..sequential import Sequential
from ..training.history import ALWAYS_RECORDED
from .format import find_places, parse, write
from .load import Restoring
from .registry import KNOWN, describe
from .streams import collect_streams, find_kind, pack_stream


def save_network(net, path):
    """Write a network and its training into a file."""
    write(path, *prepare(net))


def prepare(net):
    """(configuration, arrays) of a network, for a file; a ValueError if it could not be loaded
    again as it is.
    """
    config, arrays = take_snapshot(net)
    try:
        restoring = Restoring(parse(json.dumps(config, allow_nan=False)), find_places(arrays))
        restoring.plan(type(net))
        check_arrays(net, collect_arrays(net))
    except Exception as error:
        raise ValueError(
            f"{net!r:.200} cannot be saved, for it could not be loaded: {error}") from error
    described_optimizer = config["optimizer"] and config["optimizer"]["optimizer"]
    for thing, description, again in ((net, config["network"], restoring.net),
                                      (net.optimizer, described_optimizer, restoring.optimizer)):
        if describe(again) != description:
            raise ValueError(f"{thing!r} cannot be saved: made again from its settings, it has "
                             f"other ones, {again!r}; a constructor must keep its arguments as "
                             "they are, in attributes of the same names")
    again = dict(restoring.net._named_parts())
    for place, part in net._named_parts():
        for name, array in collect_other_arrays(part).items():
            if not np.array_equal(array, vars(again[place]).get(name)):
                hint = ("keep it in a layer" if isinstance(part, Sequential)
                        else "name it in state_names")
                raise ValueError(f"{net!r} cannot be saved: made again, it has other numbers in "
                                 f"{place}{name}; {hint}")
    return config, arrays


def take_snapshot(net):
    """(configuration, arrays) of a network; a ValueError that names what cannot be saved."""
    if net._owned:
        raise ValueError("this network stands inside another one; save the outer one")
    config, arrays = {"network": describe(net)}, collect_arrays(net)
    streams = collect_streams(net)
    config["streams"] = {name: find_kind(rng) for name, rng in streams.items()}
    arrays |= {name: pack_stream(rng) for name, rng in streams.items()}
    config["split_seed"] = net._split_seed
    frozen = [place[:-1] for place, part in net._named_parts()
              if not isinstance(part, Sequential) and not part.trainable]
    if frozen:
        config["frozen"] = frozen
    config["optimizer"], optimizer = None, net.optimizer
    if optimizer is not None:
        optimizer._attach(net.params)  # or it has no vectors yet
        config["optimizer"] = {"optimizer": describe(optimizer), "steps": optimizer.steps,
                               "last_lr": describe(optimizer.last_lr)}
        arrays |= {f"optimizer.{name}": vars(optimizer)[name] for name in optimizer.state_names}
    # nothing is added to these if another thread trains
    config["epochs"], columns = net.history.settled_copy()
    config["columns"] = {}
    for name, (values, runs) in collect_columns(config["epochs"], columns).items():
        config["columns"][name], arrays[f"history.{name}"] = runs, values
    config["callbacks"] = []
    for i, memory in enumerate(net._memory.look()):
        if memory.problem:
            raise ValueError(memory.problem)
        name = memory.callback.partition("(")[0]
        if name not in KNOWN:
            raise ValueError(f"{memory.callback} cannot be saved: {name} is not registered; call "
                             f"tinynet.register({name}) before saving and before loading")
        kept = {name: value
                for name, value in memory.state.items() if isinstance(value, np.ndarray)}
        numbers = {name: describe(value)
                   for name, value in memory.state.items() if name not in kept}
        config["callbacks"].append({"callback": memory.callback, "numbers": numbers,
                                    "arrays": list(kept)})
        arrays |= {f"callbacks.{i}.{name}": value for name, value in kept.items()}
    return config, arrays


def collect_other_arrays(part):
    """The arrays that a layer keeps in attributes which are neither parameters nor running
    statistics, by their names.
    """
    return {name: value for name, value in vars(part).items()
            if isinstance(value, np.ndarray) and name not in part._fixed_names()}


def collect_columns(epochs, columns):
    """name -> (its numbers, the runs of epochs [start, stop) that have it), of each column of a
    history.
    """
    collected = {}
    for name in ALWAYS_RECORDED:
        if epochs and (name not in columns or columns[name].runs != [[0, epochs]]):
            raise ValueError("the history cannot be saved: some epoch is without "
                             f"{', '.join(ALWAYS_RECORDED)}")
    for name, column in columns.items():
        if not isinstance(name, str):
            raise ValueError(f"the column {name!r} of the history cannot be saved: its name must "
                             "be text")
        values = column.values()
        if not set(map(type, values)) <= {float, int, bool}:
            values = [value.item() if isinstance(value, (np.generic, np.ndarray))
                      and value.size == 1 else value for value in values]
        kinds = set(map(type, values))
        kind = float if float in kinds else int if int in kinds else bool
        if kinds != {float}:
            check_numbers(name, column.runs, values, kind)
        collected[name] = np.array(values, kind), [list(run) for run in column.runs]
    return collected


def check_numbers(name, runs, values, kind):
    """Raise ValueError unless all values of the column are numbers of this kind."""
    epochs = [epoch for run in runs for epoch in range(*run)]
    for epoch, value in zip(epochs, values):
        is_whole = isinstance(value, int) and -2**63 <= value < 2**63
        if not (isinstance(value, float) or is_whole and kind(value) == value):
            raise ValueError(f"the column {name!r} of the history cannot be saved: of epoch "
                             f"{epoch + 1} it has {value!r:.100}, which is no number of 64 bits, "
                             "or not of the kind of the others")
