"""trace: every number of a training step, and where it comes from."""

import copy
import numbers
import sys
import textwrap
from pathlib import Path

import numpy as np

from ...checks.habits import names_the_argument
from ...checks.settings import as_whole
from ...sequential import Sequential
from ...training.arguments import as_optimizer, prepare_training
from ..functions import copy_thing
from ..page import make_frame, make_page
from ..report import name_of
from .equations import WIDTH
from .formulas.expressions import write_number
from .observing import is_in_a_row
from .recording import Recorder


@names_the_argument
def trace(net, x, t, *, optimizer=None, steps=(0,), batch_size=None, shuffle=True, l2=0.0,
          clip_norm=None, sample_weight=None, rng=0):
    """Train a copy of a network in float64, and record whole steps: every array of the forward
    pass, of the backward pass, and of what the optimizer does. Returns a Trace.

    net            a Sequential with a loss; it stays as it is, and so does the optimizer
    x, t           the data, as for `fit`
    optimizer      None is the network's last one, at first Adam(), as in `fit`
    steps          which steps to record: numbers from 0, such as (0, 10) or range(3). The training
                   ends with the last of them
    batch_size     rows in a batch; None for all of them
    shuffle, l2, clip_norm, sample_weight, rng
                   as for `fit`: the batches, and all numbers to the bit, are those of `fit` with
                   the same arguments, for a network of float64

    A step of the trace maps names to arrays. For layer 2, for example,

        2.x 2.y            input and output; "2.x" is the same array as "1.y"
        2.W 2.b            the parameters before the step
        2.dy 2.dW 2.dx     the gradients; "2.dy" is the same array as "3.dx"
        2.W.change         what the step adds to W; "2.W.after" is the sum
        2.W.m 2.W.v        what the optimizer remembers; before the step it is "2.W.m_before"
        2.W.grads          the gradient that the optimizer is given, where l2, clip_norm or freezing
                           may make it differ from dW

    for the loss

        loss.x loss.y      the output of the last layer, and the prediction that is judged
        loss.t             the target, after label smoothing
        loss.l L           the loss of each row, and their mean
        dL loss.dl         1, and the share of each row in L
        loss.dx            the gradient that goes back into the last layer
        loss.dy loss.J     of the fused losses: the gradient of L with respect to y, and ∂y/∂x
        L.after            L of the same rows after the step; "loss.y.after" likewise

    and for the batch "x", "t", the weights "w" of its rows, and "rows", their numbers in the data;
    the learning rate "lr"; with l2 the "penalty", which is not in L; and with clip_norm the "norm"
    of all gradients together, that of the penalty included, before clipping.
    What layers compute on the way is there, too: "1.J" of a softmax, for each row the matrix with
    ∂yₖ/∂xⱼ in row k and column j; "1.mean", "1.s" and "1.x_hat" of normalization; "1.keep" of
    Dropout. A layer of a network that is layer 1 has "1.0.W".

    Raises ValueError for what `fit` cannot use; for a Sequential with passes of its own, since it
    is not known what happens between its layers; and for what cannot be copied. Raises
    DivergenceError as `fit` does.

    >>> net = Sequential([Dense(2)], input_shape=2, loss=SoftmaxCrossEntropy(), rng=0)
    >>> net.layers[0].W = np.eye(2)
    >>> seen = trace(net, [[0.0, np.log(3)]], [0])  # y is 1/4 and 3/4, the class is 0
    >>> seen[0]["loss.dx"]
    array([[-0.75,  0.75]])
    >>> seen.explain("0.dW", (1, 0))
    dW₁₀ = x₀₁ dy₀₀ = 1.099 · -0.75 = -0.824
    in layer 0, Dense(2), where dy is loss.dx
    """
    steps = as_steps(steps)
    if not isinstance(net, Sequential):
        is_fitted = isinstance(getattr(net, "network_", None), Sequential)   # an estimator
        hint = "; trace its network_" if is_fitted else ""
        raise ValueError(f"net is of type {type(net).__name__}; it must be a Sequential with a "
                         f"loss{hint}")
    if not is_in_a_row(net):
        raise ValueError(f"{type(net).__name__} has passes of its own, so what happens between its "
                         "layers is not known; trace a Sequential in which it is a layer")
    twin = copy_in_float64(net)
    optimizer = copy_optimizer(as_optimizer(optimizer, net), net)
    training = prepare_training(
        twin, x, t, optimizer=optimizer, epochs=steps[-1] + 1,
        batch_size=sys.maxsize if batch_size is None else batch_size, validation=None,
        shuffle=shuffle, rng=copy.deepcopy(rng), sample_weight=sample_weight, class_weight=None,
        l2=l2, clip_norm=clip_norm, callbacks=(), verbose=0)
    recorder = Recorder.from_training(training, steps)
    recorder.run()
    return Trace(describe_training(training), recorder.steps, recorder.losses)


def describe_training(training):
    """What was trained, and how, as a sentence."""
    n, size = len(training.data), training.batch_size
    settings = [f"{name}={value:g}" for name, value in [
        ("l2", training.l2), ("clip_norm", training.clip_norm)] if value]
    settings += [] if training.data.w is None else ["row weights"]
    rows = f"{n} row{'' if n == 1 else 's'}" + (f" in batches of {size}" if size < n else "")
    return (f"{name_of(training.net)}: a copy in float64, trained on {rows} by "
            f"{name_of(training.optimizer)}{' with ' if settings else ''}{', '.join(settings)}")


class Trace:
    """What `trace` has recorded: trace[0] is the first of the recorded steps, a Step, which maps
    names to arrays. It prints as formulas and arrays.

    steps    the numbers of the recorded steps, counted from 0
    losses   L of every step of the training up to the last recorded one, before its update
    """

    def __init__(self, about, records, losses):
        self._about, self._records = about, records
        self.steps = tuple(record.number for record in records)
        self.losses = np.array(losses)

    def __len__(self):
        return len(self._records)

    def __iter__(self):
        return iter(self._records)

    def __getitem__(self, i):
        return self._records[self._as_place("the step", i)]

    @names_the_argument
    def explain(self, name, index=(), step=0):
        """Where one number comes from: the formula with the numbers in it, as an Explanation.

        name    of the array, as in trace[step]
        index   of the number: a whole number, a tuple of them, or () for "L" and the like
        step    which of the recorded steps, as in trace[step]

        For a layer, a loss or an optimizer of tinynet it is the defining sum; of a sum with more
        than 8 terms the 6 largest are shown. For layers and losses of other classes, also
        subclasses, it is the chain rule, dxⱼ = Σₖ dyₖ ∂yₖ/∂xⱼ, with numerical slopes; these are the
        entries of "2.J", and of "2.W.J" for dW, at an index of y followed by one of x or W. Of
        other optimizers no formula is known.

        An explanation's `ok` says whether the sum comes to the number that was recorded, to 1e-12
        of what it is made of, or to the error of the slopes. Where nothing can be compared, as for
        a forward pass that is random whatever it is given, it is True.

        Raises KeyError for a name, and ValueError for an index or a step, that does not exist.
        """
        return self._records[self._as_place("step", step)].explain(name, index)

    def to_html(self, path):
        """Write the trace as a page to look at in a browser: one file, which needs no other. It
        shows every number with the numbers that it was made of and those that it goes into.

        path   of the file, which is written over if it is there. Raises OSError if it cannot be
               written

        >>> seen.to_html("step.html")  # doctest: +SKIP
        """
        Path(path).write_text(make_page(self), encoding="utf-8")

    def _repr_html_(self):
        """The page in a frame, for a notebook."""
        return make_frame(make_page(self))

    def _as_place(self, name, i):
        n = len(self)
        if not isinstance(i, numbers.Integral) or isinstance(i, bool) or not -n <= i < n:
            recorded = ", ".join(map(str, self.steps))
            hint = f". An array of a step is trace[0][{i!r}]" if isinstance(i, str) else ""
            raise ValueError(f"{name} is {i!r}; it must be a whole number from 0 to {n - 1}, the "
                             f"place among those that were recorded: {recorded}{hint}")
        return int(i)

    def __str__(self):
        losses = [write_number(L, 4) for L in self.losses]
        if len(losses) > 8:
            losses[4:-3] = ["..."]
        head = textwrap.wrap(self._about, WIDTH)
        head += textwrap.wrap(f"L of each step: {', '.join(losses)}", WIDTH)
        return "\n\n".join(["\n".join(head), *map(str, self._records)])

    def __repr__(self):
        return f"<trace of the steps {', '.join(map(str, self.steps))}>"


def as_steps(steps):
    """The numbers of steps, in order and each once."""
    if isinstance(steps, numbers.Integral) and not isinstance(steps, bool):
        raise ValueError(f"steps is {steps}; it must be a sequence of the steps to record: "
                         f"({steps},) for this one, range({steps + 1}) for all up to it")
    try:
        if isinstance(steps, (str, bytes)):
            raise TypeError
        steps = list(steps)
    except TypeError:
        raise ValueError(f"steps is {steps!r}; it must be a sequence of whole numbers, such as "
                         "(0,) or range(3)") from None
    if not steps:
        raise ValueError("steps is empty; it must have at least one number, such as (0,)")
    return tuple(sorted({as_whole("a step", step, at_least=0) for step in steps}))


def copy_in_float64(net):
    """A copy of a network that computes in float64."""
    twin = copy_thing(net, "a trace")
    twin._allocate(np.dtype(float))
    return twin


def copy_optimizer(optimizer, net):
    """A copy of an optimizer, with what it remembers in float64, for a copy of its network."""
    if optimizer._params is not None and optimizer._params is not net.params:
        raise ValueError(f"this {optimizer!r} has been used for another network; make a new one")
    twin = copy.deepcopy(optimizer)
    for name in twin.state_names:
        if name in vars(twin):
            setattr(twin, name, np.array(getattr(twin, name), float))
    return twin
