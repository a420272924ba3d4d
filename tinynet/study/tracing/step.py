"""A recorded step: every array of one training step, by its name."""

from collections.abc import Mapping

import numpy as np

from .explanation import explain
from .formulas import Cells
from .printing import format_step


class Step(Mapping):
    """A training step that was recorded: a mapping from names to arrays of float64, which cannot be
    written into.

        step["2.W"]     W of layer 2, before the step
        step["2.dy"]    the gradient that came back to it: the same array as step["3.dx"]

    It prints as formulas and arrays: forward, backward, and what the optimizer did.

    number           of the step in the training run, from 0
    net, loss        the network and its loss as they were before the step
    l2, clip_norm    as in `fit`; is_clipped tells whether the gradient was longer
    frozen           the names of the parameters that are not trained
    last_prefix      that of the last layer, as "3."
    optimizer_steps  how many steps the optimizer has made, with this one
    lr_text          the learning rate, or the schedule, as the optimizer has it

    Slopes of layers that tinynet does not know, such as step["2.J"], are found when they are asked
    for; they are not among the recorded arrays, over which the mapping goes.
    """

    def __init__(self, number, net, l2, clip_norm):
        self.number, self.net, self.loss = number, net, net.loss
        self.l2, self.clip_norm, self.is_clipped, self.frozen = l2, clip_norm, False, set()
        self.last_prefix, self.optimizer_steps, self.lr_text = "", 0, ""
        self.arrays = {}      # by name; or a function that makes the array
        self.aliases = {}     # other names: {"2.x": "1.y"}
        self.makers = {}      # {name: (the Formulas that made the array, its name there)}
        self.on_demand = {}   # the same, of slopes that are not recorded
        self.layout = []      # how it prints: [(section, prefix, heading, names)]

    def __getitem__(self, name):
        self.check(name)
        if name in self.on_demand:
            formulas, local = self.on_demand[name]
            return formulas.find_all_slopes(local)
        if callable(self.arrays[name]):
            self.arrays[name] = as_read_only(self.arrays[name]())
        return self.arrays[name]

    def __contains__(self, name):
        return name in self.arrays or name in self.on_demand

    def __iter__(self):
        return iter(self.arrays)

    def __len__(self):
        return len(self.arrays)

    def __str__(self):
        return format_step(self)

    def __repr__(self):
        return f"<step {self.number} of a training run, {len(self)} arrays>"

    def explain(self, name, index):
        """Where one number comes from; as Trace.explain."""
        return explain(self, name, index)

    def check(self, name):
        """Raise KeyError for an array that is not there."""
        if isinstance(name, str) and name in self:
            return
        near = [other for other in self.arrays if other.lower() == str(name).lower()]
        near += [other for other in self.arrays if other.endswith(f".{name}")]
        hint = f"did you mean {' or '.join(map(repr, near[:3]))}? There" if near else "there"
        raise KeyError(f"no array {name!r}; {hint} are: {', '.join(self.arrays)}")

    # ---- for formulas and explanations ----

    def cells_of(self, name):
        """An array, to take entries of; its letter is the last part of its name."""
        return Cells(self, name, name.rpartition(".")[2])

    def find_maker(self, name):
        """(the Formulas that made an array, its name there)"""
        return self.on_demand[name] if name in self.on_demand else self.makers[name]

    def find_shape(self, name):
        """The shape of an array, also of slopes that are not recorded."""
        if name in self.on_demand:
            formulas, local = self.on_demand[name]
            return formulas.find_shape(local)
        return self[name].shape

    def find_thing(self, prefix):
        """The layer with this prefix, or the loss."""
        formulas = next((formulas for formulas, _ in self.makers.values()
                         if formulas.prefix == prefix), None)
        return None if formulas is None else formulas.thing

    def find_heading(self, prefix):
        """ "layer 2, Dense(3)", or what the loss is"""
        return next((heading for _, other, heading, _ in self.layout if other == prefix), "")

    # ---- how it is recorded ----

    def begin(self, section, prefix, heading):
        """Say where the arrays that come now stand in print."""
        self.layout.append((section, prefix, heading, []))

    def add(self, name, array, formulas, local=None):
        """Record an array, or a function that makes it; the formulas know it by its local name."""
        if name in self.arrays:
            raise ValueError(f"a trace has two arrays {name!r}: of a parameter or a state of this "
                             "name, and its own; give that another name")
        self.arrays[name] = array if callable(array) else as_read_only(array)
        self.makers[name] = formulas, name.rpartition(".")[2] if local is None else local
        self.layout[-1][-1].append(name)

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
