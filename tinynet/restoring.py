"""Restoring: a network and its training from a model file, of whose configuration nothing is believed before it is checked."""

import numpy as np

from .errors import ModelFileError
from .hyperparameters import whole
from .model_file import ModelFile
from .optimizers import Optimizer
from .random_streams import KINDS, size_of, stream_of
from .registry import KNOWN, made
from .snapshot import ALWAYS_RECORDED, Memory, named_arrays, named_streams


def load(path, cls):
    """The network of class cls that a file holds, ready to go on with its training."""
    with ModelFile(path) as file:
        try:
            return Restoring(file).network(cls)
        except OSError:
            raise
        except Exception as error:  # whatever a class says of settings that nobody has saved
            raise ModelFileError(f"{file.path!r} is no model file that can be loaded: {str(error):.500}") from error


class Restoring:
    """A network in the making: it is built without arrays, for the shapes that they will have, and if these and all else
    agree with the file, the arrays are made and read.
    """

    def __init__(self, file):
        self.file = file
        self.wanted = {}  # name -> (dtype, shape) of each array that the configuration asks for

    def network(self, cls):
        match self.file.config:
            case {"network": network, "streams": dict(streams), "split_seed": seed, "optimizer": optimizer, "epochs": epochs,
                  "columns": dict(columns), "callbacks": list(callbacks), **others} if not others:
                self.net = net = made(network)
            case _:
                raise ModelFileError("its configuration is not that of a network")
        if not isinstance(net, cls):
            raise ModelFileError(f"it holds a {type(net).__name__}, not a {cls.__name__}")
        if whole("split_seed", seed, at_least=0) >= 2**32:
            raise ModelFileError(f"its split_seed is {seed}, not below 2^32")
        if net.loss is not None:
            if len(net.output_shape) != 1:
                raise ModelFileError(f"its network ends in the shape {net.output_shape}, and has a loss")
            net.loss.check_outputs(*net.output_shape)
        self.vectors = {"params": (net._size("param_names"),), "state": (net._size("state_names"),)}
        for name, array in named_arrays(net).items():
            self.want(name, net.dtype, array.shape)
        self.plan_streams(streams)
        self.plan_optimizer(optimizer)
        self.plan_history(columns, whole("epochs", epochs, at_least=0))
        self.plan_callbacks(callbacks)
        self.compare()

        net._split_seed = seed
        net._allocate(net.dtype)
        for name, array in named_arrays(net).items():
            self.file.read_into(name, array)
        self.read_streams(streams)
        self.read_optimizer()
        net.history.records = self.records(columns, epochs)
        net._callbacks = tuple(Memory(description, numbers | {name: self.read(f"callbacks.{i}.{name}") for name in kept})
                               for i, (description, numbers, kept) in enumerate(self.memories))
        return net

    def want(self, name, dtype, shape):
        self.wanted[name] = np.dtype(dtype).newbyteorder("<"), shape

    def compare(self):
        """The arrays that the configuration asks for must be those of the file."""
        there = {name: (place.dtype, place.shape) for name, place in self.file.places.items()}
        for name in self.wanted | there:
            if self.wanted.get(name) != there.get(name):
                said, found = (f"{dtype} of shape {shape}" if dtype else "nothing" for dtype, shape in
                               (arrays.get(name, (None, ())) for arrays in (self.wanted, there)))
                raise ModelFileError(f"its configuration asks for {said} with the name {name!r:.100}, and there is {found}")

    def read(self, name):
        """An array of the file."""
        array = np.empty(self.file.places[name].shape, self.file.places[name].dtype.newbyteorder("="))
        self.file.read_into(name, array)
        return array

    # ---- random streams ----

    def plan_streams(self, streams):
        if streams.keys() != named_streams(self.net).keys():
            raise ModelFileError(f"its random streams are {list(streams)!r:.100}, not {list(named_streams(self.net))}")
        for name, kind in streams.items():
            if not isinstance(kind, str) or kind not in KINDS:
                raise ModelFileError(f"the random stream {name!r} is of the unknown kind {kind!r:.100}")
            self.want(name, np.uint8, (size_of(kind),))

    def read_streams(self, streams):
        for place, part in self.net._places():
            for name, value in list(vars(part).items()):
                if isinstance(value, np.random.Generator):
                    vars(part)[name] = stream_of(streams[place + name], self.read(place + name))

    # ---- optimizer ----

    def plan_optimizer(self, description):
        match description:
            case None:
                self.optimizer = None
                return
            case {"optimizer": optimizer, "steps": steps, "last_lr": last_lr, **others} if not others:
                self.optimizer = made(optimizer)
            case _:
                raise ModelFileError("its configuration does not describe an optimizer")
        if not isinstance(self.optimizer, Optimizer):
            raise ModelFileError(f"{self.optimizer!r:.100} is not an optimizer")
        self.optimizer.current_lr()  # of step 0: of a later one, an initializer in the place of a schedule would fill the memory
        self.optimizer.steps, self.optimizer.last_lr = whole("steps", steps, at_least=0), float(made(last_lr))
        for name in self.optimizer.state_names:
            self.want(f"optimizer.{name}", self.net.dtype, self.vectors["params"])

    def read_optimizer(self):
        if self.optimizer is not None:
            self.optimizer.attach(self.net.params)
            for name in self.optimizer.state_names:
                self.file.read_into(f"optimizer.{name}", vars(self.optimizer)[name])
        self.net.optimizer = self.optimizer

    # ---- history ----

    def plan_history(self, columns, epochs):
        for name, runs in columns.items():
            edges = [edge for run in runs for edge in run]
            if not (all(type(edge) is int for edge in edges) and all(len(run) == 2 for run in runs)
                    and all(a < b for a, b in zip([-1, *edges], [*edges, epochs + 1]))):
                raise ModelFileError(f"the column {name!r:.100} of its history has the epochs {runs!r:.100}")
            place = self.file.places.get(f"history.{name}")
            dtype = place.dtype if place and place.dtype.kind in "bi" and name not in ALWAYS_RECORDED else float
            self.want(f"history.{name}", dtype, (sum(stop - start for start, stop in runs),))
        if epochs and not all(columns.get(name) == [[0, epochs]] for name in ALWAYS_RECORDED):
            raise ModelFileError(f"its history lacks {', '.join(ALWAYS_RECORDED)} of some of its {epochs} epochs")

    def records(self, columns, epochs):
        records = [{} for _ in range(epochs)]
        for name, runs in columns.items():
            values = iter(self.read(f"history.{name}").tolist())
            for start, stop in runs:
                for record, value in zip(records[start:stop], values):
                    record[name] = value
        return records

    # ---- callbacks ----

    def plan_callbacks(self, callbacks):
        self.memories = []
        for i, callback in enumerate(callbacks):
            match callback:
                case {"callback": {"class": str(cls), "settings": dict()} as description,
                      "numbers": dict(numbers), "arrays": list(kept), **others} if not others:
                    state_names = getattr(KNOWN.get(cls), "state_names", None)
                case _:
                    raise ModelFileError("its configuration does not describe a callback")
            if state_names is None:
                raise ModelFileError(f"it remembers a callback {cls!r:.100}, which this program does not know; "
                                     "call tinynet.register with its class before loading")
            if sorted([*numbers, *kept]) != sorted(state_names):
                raise ModelFileError(f"it remembers {[*numbers, *kept]!r:.100} of {cls}, not {list(state_names)}")
            numbers = {name: made(value) for name, value in numbers.items()}
            if not all(value is None or isinstance(value, (int, float)) for value in numbers.values()):
                raise ModelFileError(f"it remembers something else than numbers of {cls}")
            for name in kept:
                place = self.file.places.get(f"callbacks.{i}.{name}")
                shape, dtype = (place.shape, place.dtype) if place else ((), float)
                if name in self.vectors:  # best weights
                    shape, dtype = self.vectors[name], self.net.dtype
                self.want(f"callbacks.{i}.{name}", dtype, shape)
            self.memories.append((description, numbers, kept))
