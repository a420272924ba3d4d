"""A recorded step: every array of one training step, by its name."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from .explanation import explain
from .formulas import Cells
from .printing import format_step


@dataclass
class Section:
    """What stands together when a step is printed.

    title     "forward", "backward" and so on
    prefix    that of a layer's arrays, as "2.", or of the loss
    heading   what is printed above the arrays, as "layer 2, Dense(3)"
    thing     the layer, the loss or the optimizer; None for the batch
    names     of the arrays
    """

    title: str
    prefix: str = ""
    heading: str = ""
    thing: object = None
    names: list = field(default_factory=list)


class Step(Mapping):
    """A training step that was recorded: a mapping from names to arrays of float64, which cannot be
    written into.

        step["2.W"]     W of layer 2, before the step
        step["2.dy"]    the gradient that came back to it: the same array as step["3.dx"]

    It prints as formulas and arrays: forward, backward, and what the optimizer did. Slopes of
    layers that tinynet does not know, such as step["2.J"], are found when they are asked for; they
    are not among the recorded arrays, over which the mapping goes.

    number           of the step in the training run, from 0
    net, optimizer   as they were before the step
    l2, clip_norm    as in `fit`
    """

    def __init__(self, number, net, optimizer, l2, clip_norm):
        self.number, self.net, self.optimizer = number, net, optimizer
        self.l2, self.clip_norm = l2, clip_norm
        self.arrays = {}      # by name; or a function that makes the array
        self.aliases = {}     # other names: {"2.x": "1.y"}
        self.makers = {}      # {name: (the Formulas that made the array, its name there)}
        self.on_demand = {}   # the same, of slopes that are not recorded
        self.sections = []
        self.frozen = {prefix + name for prefix, part in net._named_parts()
                       for name in part.param_names if not part.trainable}

    def __getitem__(self, name):
        self.check(name)
        if name in self.on_demand:
            formulas, local = self.on_demand[name]
            return formulas.find_all_slopes(local)
        if callable(self.arrays[name]):
            self.arrays[name] = as_read_only(self.arrays[name]())
        return self.arrays[name]

    def __contains__(self, name):
        return name in self.arrays

    def __iter__(self):
        return iter(self.arrays)

    def __len__(self):
        return len(self.arrays)

    def __str__(self):
        return format_step(self)

    def __repr__(self):
        return f"<step {self.number} of a training run, {len(self)} arrays>"

    def explain(self, name, index=()):
        """Where one number comes from; as Trace.explain."""
        return explain(self, name, index)

    def check(self, name):
        """Raise KeyError for an array that is not there."""
        if isinstance(name, str) and (name in self.arrays or name in self.on_demand):
            return
        near = [other for other in self.arrays if other.lower() == str(name).lower()]
        near += [other for other in self.arrays if other.endswith(f".{name}")]
        hint = f"did you mean {' or '.join(map(repr, near[:3]))}? There" if near else "there"
        raise KeyError(f"no array {name!r}; {hint} are: {', '.join(self.arrays)}")

    # ---- for formulas and explanations ----

    @property
    def is_clipped(self):
        """Whether the gradient was longer than clip_norm."""
        return self.clip_norm is not None and self["norm"] > self.clip_norm

    def cells_of(self, name, letter=None):
        """An array, to take entries of; its letter is the last part of its name, or this one."""
        return Cells(self, name, letter or name.rpartition(".")[2])

    def find_maker(self, name):
        """(the Formulas that made an array, its name there)"""
        return self.on_demand[name] if name in self.on_demand else self.makers[name]

    def find_shape(self, name):
        """The shape of an array, also of slopes that are not recorded."""
        if name in self.on_demand:
            formulas, local = self.on_demand[name]
            return formulas.find_shape(local)
        return self[name].shape

    def find_heading(self, prefix):
        """What is printed above the arrays with this prefix."""
        return next((each.heading for each in self.sections if each.prefix == prefix), "")

    # ---- how it is recorded ----

    def begin(self, *section):
        """Begin a Section, for the arrays that come now."""
        self.sections.append(Section(*section))

    def add(self, name, array, formulas, local=None):
        """Record an array, or a function that makes it; the formulas know it by its local name."""
        if name in self.arrays:
            raise ValueError(f"a trace has two arrays {name!r}: of a parameter or a state of this "
                             "name, and its own; give that another name")
        self.arrays[name] = array if callable(array) else as_read_only(array)
        self.makers[name] = formulas, name.rpartition(".")[2] if local is None else local
        self.sections[-1].names.append(name)

    def add_name(self, name, other):
        """Give an array that is there another name."""
        self.aliases[name] = first = self.aliases.get(other, other)
        self.arrays[name] = self.arrays[first]


def as_read_only(array):
    """A copy that cannot be written into, of float64 but for whole numbers."""
    array = np.array(array)
    array = array if array.dtype.kind == "i" else array.astype(float)
    array.flags.writeable = False
    return array
