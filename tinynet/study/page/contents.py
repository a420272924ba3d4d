"""Contents: what a page has of a trace, to be written as JSON."""

import base64

import numpy as np

from ...layers import Sigmoid, Softmax
from ..functions import without_warnings
from ..report import gradient_name, name_of
from ..tracing.docstrings import find_formulas
from ..tracing.formulas import OfOptimizer, OfOwnLayer, OfOwnLoss
from ..tracing.formulas.expressions import Product, Sum
from ..tracing.writing import name_arrays

SETTINGS = (bool, int, float, str, tuple)
MOST_EXPLAINED = 1000   # numbers of an array that only Python can explain; each takes milliseconds


def collect(trace):
    """What all steps share, then the steps with their arrays."""
    step = trace[0]
    shapes = {name: step[name].shape for name in step.makers}
    return {
        "about": describe_network(step), "layers": [prefix for prefix, _ in list_layers(step)],
        "things": describe_things(step), "logits": name_gradient(step),
        "gradients": list_gradients(step), "hasClasses": all(map(has_classes, trace)),
        "updates": {W: list_updates(step, W) for W in name_arrays(step.net, "param_names")},
        "aliases": step.aliases,
        "makers": {name: [formulas.prefix, local]
                   for name, (formulas, local) in step.makers.items()},
        "shapes": shapes,
        "optimizer": name_of(step.optimizer), "l2": step.l2, "clipNorm": step.clip_norm,
        "frozen": sorted(step.frozen),
        "steps": [collect_step(each, position, shapes) for position, each in enumerate(trace)],
    }


def collect_step(step, position, shapes):
    """The arrays of a step, their shapes where its batch is smaller or larger than the first, and
    what is said where the page has no formulas for them.
    """
    own_shapes = {name: step[name].shape for name in step.makers}
    own = [name for name, maker in step.makers.items() if has_slopes(*maker)]
    explained = [name for name in own if step[name].size <= MOST_EXPLAINED]
    return {
        "number": step.number, "isClipped": bool(step.is_clipped),
        "stepsBefore": int(step.optimizer.steps),
        **({} if own_shapes == shapes else {"shapes": own_shapes}),
        "arrays": {name: encode(step[name]) for name in step.makers},
        "given": say_given(step),
        "own": {name: [explain_own(step, name, index) for index in np.ndindex(step[name].shape)]
                for name in explained},
        "unchecked": {
            name: f"not checked here, but by trace.explain({name!r}, INDEX, step={position})"
            for name in own if name not in explained},
    }


def encode(array, dtype="<f8"):
    """The numbers of an array, little end first, in base64."""
    return base64.b64encode(np.asarray(array, dtype).tobytes()).decode()


# ---- the network ----

def list_layers(step):
    """[(prefix, layer)], from the first to the last; of layers within layers the inner ones."""
    return [(section.prefix, section.thing) for section in step.sections
            if section.title == "forward" and section.prefix != "loss."]


def find_link(step):
    """(prefix, layer) of a softmax or a sigmoid at the end of a network; of the loss and None
    where there is none.
    """
    prefix, last = list_layers(step)[-1]
    return (prefix, last) if isinstance(last, (Softmax, Sigmoid)) else ("loss.", None)


def name_gradient(step):
    """The name of the gradient at the logits, or where there are none at the output."""
    return f"{find_link(step)[0]}dx"


def describe_network(step):
    """What is trained, in a line."""
    layers = " → ".join(map(name_of, step.net.layers))
    n = len(step["x"])
    return (f"{layers}, {name_of(step.net.loss)}, {name_of(step.optimizer)}, "
            f"{n} row{'' if n == 1 else 's'}")


def describe_things(step):
    """{prefix: the kind and the settings of a layer, of the loss, or of what the optimizer does to
    a parameter; and the names of its arrays}
    """
    things = {}
    for formulas, local in step.makers.values():
        if formulas.prefix not in things:
            things[formulas.prefix] = describe_thing(formulas)
        things[formulas.prefix]["arrays"].append(local)
    return things


def describe_thing(formulas):
    thing = formulas.thing
    if not formulas.prefix:  # the batch
        return {"kind": "", "params": [], "states": [], "formulas": [], "arrays": []}
    is_own = type(formulas) in (OfOwnLayer, OfOwnLoss, OfOptimizer)
    settings = {name: as_json(value) for name, value in vars(thing).items()
                if not (is_own or name.startswith("_")) and isinstance(value, SETTINGS)}
    params, states = [], []
    if hasattr(thing, "_named_parts"):  # a layer
        params, states = (list(name_arrays(thing, kind)) for kind in ("param_names", "state_names"))
    return settings | {
        "kind": "own" if is_own else type(thing).__name__, "text": name_of(thing),
        "trainable": getattr(thing, "trainable", True), "params": params, "states": states,
        "formulas": [line for lines in find_formulas(thing) for line in lines], "arrays": [],
    }


def list_updates(step, W):
    """The names of what the optimizer made for a parameter."""
    return [name for name, (formulas, _) in step.makers.items() if formulas.prefix == f"{W}."]


def list_gradients(step):
    """The names of the arrays that are gradients of L, or means or multiples of them."""
    own = {"dx", "dy", "dl", "dL", "dx_hat", "mean_dx_hat", "mean_dx_hat_x_hat", "grads"}
    params = {gradient_name(W) for W in name_arrays(step.net, "param_names")}
    return [name for name, (_, local) in step.makers.items() if local in own or name in params]


def has_classes(step):
    """Whether each row has a true class: its target is one-hot, or the 0 or 1 of one output."""
    t = step["t"]
    is_one_hot = t.ndim == 2 and np.isin(t, (0, 1)).all()
    return bool(is_one_hot and (t.shape[1] == 1 or (t.sum(1) == 1).all()))


# ---- where the page has no formula ----

def say_given(step):
    """{name: what is said of an array for which the page has no formula}; of the data, by rows."""
    given = {}
    for name, (formulas, local) in step.makers.items():
        is_known = hasattr(formulas, f"of_{local.replace('.', '_')}")
        if not has_slopes(formulas, local) and (type(formulas) is OfOptimizer or not is_known):
            rows = range(len(step[name])) if name in ("x", "t", "w") else [0]
            index = (0,) * (step[name].ndim - 1)
            sentences = [formulas.make(local, (i, *index)).sentence for i in rows]
            given[name] = sentences if name in ("x", "t", "w") else sentences[0]
    return given


def has_slopes(formulas, local):
    """Whether an array is explained by numerical slopes, which the page cannot find."""
    if isinstance(formulas, OfOwnLoss):
        return local in ("y", "l", "dx")
    if not isinstance(formulas, OfOwnLayer):
        return False
    params = name_arrays(formulas.thing, "param_names")
    return local in ("y", "dx", *map(gradient_name, params))


def explain_own(step, name, index):
    """How an entry was made: the terms of a sum, each a list of factors, or the rows of arrays;
    between what it must lie; and a sentence.
    """
    formulas, local = step.makers[name]
    with without_warnings():
        made = formulas.make(local, index)
    rows = {(array, place[0]) for array, place, _ in made.entries}
    parts = {"sentence": made.sentence, "rows": sorted(rows)}
    if made.expression is not None:
        parts["terms"] = [[as_factor(number) for number in parts_of(term, Product)]
                          for term in parts_of(made.expression, Sum)]
    if made.low is not None:
        parts |= {"low": as_json(made.low), "high": as_json(made.high)}
    return parts


def parts_of(expression, kind):
    """The parts of a sum or a product; the expression alone if it is none."""
    return expression.parts if isinstance(expression, kind) else [expression]


def as_factor(number):
    return [as_json(number.number), number.symbol, number.array, tuple(map(int, number.index))]


def as_json(value):
    """A setting, or a number; as a word that JavaScript knows where JSON has none."""
    if not isinstance(value, float) or np.isfinite(value):
        return value
    if np.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
