"""Load: a network from a file, of which nothing is believed before it is checked."""

import math

import numpy as np

from ..checks.settings import as_whole
from ..errors import ModelFileError
from ..layers.arrays import ShapesOnly, check_arrays, collect_arrays
from ..optimizers import Optimizer
from ..sequential import Sequential
from ..training.callbacks import EarlyStopping, Watch
from ..training.history import ALWAYS_RECORDED, Column, History
from ..training.memory import Memory, TrainingMemory
from .format import ModelFile, make_printable
from .registry import KNOWN, make
from .streams import KINDS, collect_streams, count_bytes, unpack_stream


def load_network(path, cls):
    """The network of class cls that a file holds, ready to go on with its training."""
    with ModelFile(path) as file:
        try:
            restoring = Restoring(file.config, file.places)
            restoring.plan(cls)
            return restoring.fill(file)
        except OSError:
            raise
        except Exception as error:  # whatever a class says of settings that nobody has saved
            reason = make_printable(str(error)[:500])
            raise ModelFileError(
                f"{file.path!r} is no model file that can be loaded: {reason}") from error


class Restoring:
    """A network in the making. `plan` builds it without arrays, for the shapes that they will have,
    and holds these, and all
    else that the configuration says, against the places of the arrays in a file; `fill` makes the
    arrays and reads them.
    """

    def __init__(self, config, places):
        self.config, self.places = config, places
        self.wanted = {}  # name -> (dtype, shape) of each array that the configuration asks for

    def plan(self, cls):
        match self.config:
            case {"network": network, "streams": dict(streams), "split_seed": seed,
                  "optimizer": optimizer, "epochs": epochs,
                  "columns": dict(columns), "callbacks": list(callbacks),
                  **others} if others.keys() <= {"frozen"}:
                self.net = net = make(network, self.shapes_only())
            case _:
                raise ModelFileError("its configuration is not that of a network")
        if not isinstance(net, cls):
            raise ModelFileError(f"it holds a {type(net).__name__}, not a {cls.__name__}")
        for place, part in net._named_parts():
            has_rng = isinstance(part, Sequential) and isinstance(vars(part).get("rng"), ShapesOnly)
            if has_rng and f"{place}rng" not in streams:
                part.rng = None  # its constructor was given a seed, and need not have it again
        if as_whole("split_seed", seed, at_least=0) >= 2**32:
            raise ModelFileError(f"its split_seed is {seed}, not below 2^32")
        self.plan_frozen(others.get("frozen", []))  # it is not there if no layer is
        if net.loss is not None:
            if len(net.output_shape) != 1:
                raise ModelFileError(f"its network ends in the shape {net.output_shape}, and has a "
                                     "loss")
            net.loss.check_outputs(*net.output_shape)
        self.shapes = {"params": (net._size("param_names"),), "state": (net._size("state_names"),)}
        for name, array in collect_arrays(net).items():
            self.want(name, net.dtype, array.shape)
        self.plan_streams(streams)
        self.plan_optimizer(optimizer)
        self.plan_history(columns, as_whole("epochs", epochs, at_least=0))
        self.plan_callbacks(callbacks)
        self.compare()

    def plan_frozen(self, frozen):
        layers = {place[:-1]: part for place, part in self.net._named_parts()
                  if not isinstance(part, Sequential)}
        for place in frozen if isinstance(frozen, list) else [frozen]:
            if not isinstance(place, str) or place not in layers:
                raise ModelFileError(f"it has a frozen layer {place!r:.100}, and there is none in "
                                     "that place")
            layers[place].trainable = False

    def shapes_only(self):
        """The random stream for a network that will be filled with the numbers of the file."""
        rng = ShapesOnly(np.random.PCG64(0))
        rng.most = sum(math.prod(place.shape) for place in self.places.values())
        return rng

    def fill(self, file):
        self.file, net, config = file, self.net, self.config
        net._split_seed = config["split_seed"]
        net._allocate(net.dtype)
        arrays = collect_arrays(net)
        for name, array in arrays.items():
            file.read_into(name, array)
        check_arrays(net, arrays)
        self.read_streams(config["streams"])
        self.read_optimizer()
        net.history = History(config["epochs"], {name: Column(self.read(f"history.{name}"), runs)
                                                 for name, runs in config["columns"].items()
                                                 if runs})
        net._memory = TrainingMemory([
            Memory(callback, numbers | {name: self.read(f"callbacks.{i}.{name}") for name in kept})
            for i, (callback, numbers, kept) in enumerate(self.memories)], is_copy=True)
        return net

    def want(self, name, dtype, shape):
        self.wanted[name] = np.dtype(dtype).newbyteorder("<"), shape

    def compare(self):
        """The arrays that the configuration asks for must be those of the file."""
        there = {name: (place.dtype, place.shape) for name, place in self.places.items()}
        for name in self.wanted | there:
            if self.wanted.get(name) != there.get(name):
                said, found = (f"{dtype} of shape {shape}" if dtype else "nothing"
                               for dtype, shape in
                               (arrays.get(name, (None, ())) for arrays in (self.wanted, there)))
                raise ModelFileError(f"its configuration asks for {said} with the name "
                                     f"{name!r:.100}, and there is {found}")

    def find_float(self, name):
        """float32 or float64: the dtype that the array has in the file, if it is one of them, or
        else that of the network.
        """
        dtype = self.places[name].dtype if name in self.places else None
        return dtype if dtype in (np.float32, np.float64) else self.net.dtype

    def read(self, name):
        """An array of the file."""
        array = np.empty(self.places[name].shape, self.places[name].dtype.newbyteorder("="))
        self.file.read_into(name, array)
        return array

    # ---- random streams ----

    def plan_streams(self, streams):
        if streams.keys() != collect_streams(self.net).keys():
            raise ModelFileError(f"it holds the random streams {list(streams)!r:.100}, and the "
                                 "network that it describes has "
                                 f"{list(collect_streams(self.net))}; perhaps a layer's build has "
                                 "changed")
        for name, kind in streams.items():
            if not isinstance(kind, str) or kind not in KINDS:
                raise ModelFileError(f"the random stream {name!r} is of the unknown kind "
                                     f"{kind!r:.100}")
            self.want(name, np.uint8, (count_bytes(kind),))

    def read_streams(self, streams):
        for place, part in self.net._named_parts():
            for name, value in list(vars(part).items()):
                if isinstance(value, np.random.Generator):
                    vars(part)[name] = unpack_stream(streams[place + name], self.read(place + name))

    # ---- optimizer ----

    def plan_optimizer(self, description):
        match description:
            case None:
                self.optimizer = None
                return
            case {"optimizer": optimizer, "steps": steps, "last_lr": last_lr,
                  **others} if not others:
                self.optimizer = make(optimizer)
            case _:
                raise ModelFileError("its configuration does not describe an optimizer")
        if not isinstance(self.optimizer, Optimizer):
            raise ModelFileError(f"{self.optimizer!r:.100} is not an optimizer")
        # of step 0: of a later one, an initializer in the place of a schedule would fill the memory
        self.optimizer.current_lr()
        self.optimizer.steps, self.optimizer.last_lr = (as_whole("steps", steps, at_least=0),
                                                        float(make(last_lr)))
        for name in self.optimizer.state_names:
            self.want(f"optimizer.{name}", self.find_float(f"optimizer.{name}"),
                      self.shapes["params"])

    def read_optimizer(self):
        if self.optimizer is not None:
            vars(self.optimizer).update({name: self.read(f"optimizer.{name}")
                                         for name in self.optimizer.state_names})
            self.optimizer._attach(self.net.params)
        self.net.optimizer = self.optimizer

    # ---- history ----

    def plan_history(self, columns, epochs):
        for name, runs in columns.items():
            if not name.isprintable():
                raise ModelFileError(f"the name of the column {name!r:.100} of its history cannot "
                                     "be printed")
            edges = [edge for run in runs for edge in run]
            if not (type(runs) is list and all(type(edge) is int for edge in edges)
                    and all(len(run) == 2 for run in runs)
                    and all(a < b for a, b in zip([-1, *edges], [*edges, epochs + 1]))):
                raise ModelFileError(f"the column {name!r:.100} of its history has the epochs "
                                     f"{runs!r:.100}")
            place = self.places.get(f"history.{name}")
            dtype = (place.dtype if place and place.dtype.kind in "bi"
                     and name not in ALWAYS_RECORDED else float)
            self.want(f"history.{name}", dtype, (sum(stop - start for start, stop in runs),))
        if epochs and not all(columns.get(name) == [[0, epochs]] for name in ALWAYS_RECORDED):
            raise ModelFileError(f"its history lacks {', '.join(ALWAYS_RECORDED)} of some of its "
                                 f"{epochs} epochs")

    # ---- callbacks ----

    def plan_callbacks(self, callbacks):
        self.memories = []
        for i, callback in enumerate(callbacks):
            match callback:
                case {"callback": str(call), "numbers": dict(numbers), "arrays": list(kept),
                      **others} if not others:
                    name, numbers = (call.partition("(")[0],
                                     {key: make(value) for key, value in numbers.items()})
                    cls = KNOWN.get(name)
                case _:
                    raise ModelFileError("its configuration does not describe a callback")
            if not isinstance(cls, type) or not getattr(cls, "state_names", ()):
                raise ModelFileError(f"it remembers a callback {name!r:.100}, which this program "
                                     "does not know; call tinynet.register with its class before "
                                     "loading")
            if sorted([*numbers, *kept]) != sorted(cls.state_names):
                raise ModelFileError(f"it remembers {[*numbers, *kept]!r:.100} of {name}, and not "
                                     "its state_names")
            if not all(isinstance(value, int | float | None) for value in numbers.values()):
                raise ModelFileError("it remembers something else than numbers, None and arrays "
                                     f"of {name}")
            if issubclass(cls,
                          Watch) and not (type(numbers.get("waited")) is int
                                          and {"seen", "best", "best_epoch"} <= {*numbers}
                                          and len(kept) in (0, 2)
                                          and numbers.get("params") is numbers.get("state")
                                          is None):
                raise ModelFileError(f"what it remembers of {name} is not what it can have seen")
            for key in kept:
                place = self.places.get(f"callbacks.{i}.{key}")
                shape, dtype = (place.shape, place.dtype) if place else ((), float)
                if issubclass(cls, EarlyStopping):  # weights and statistics of this network
                    shape, dtype = self.shapes.get(key), self.net.dtype
                self.want(f"callbacks.{i}.{key}", dtype, shape)
            self.memories.append((call, numbers, kept))
