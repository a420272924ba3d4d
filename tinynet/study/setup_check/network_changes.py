"""Changes of the network: its layers, its initial weights, its loss and what stands before it."""

import copy
import math

from ...initializers import glorot_uniform
from ...layers import (AveragePool2D, Conv2D, Dense, Dropout, Flatten, GlobalAveragePool2D,
                       MaxPool2D, ReLU, Sigmoid, Softmax, Tanh)
from ...layers.activations import Elementwise
from ...losses import (BinaryCrossEntropy, CrossEntropy, MeanSquaredError, SigmoidCrossEntropy,
                       SoftmaxCrossEntropy)
from .change import Change, say_net
from .scales import find_weights_oddness

UNITS = 64       # of a layer that is wide enough for most toy data


def split_ending(layers):
    """(the layers up to the last that is no activation, the activations and dropouts behind it)"""
    body, ending = list(layers), []
    while len(body) > 1 and isinstance(body[-1], (Elementwise, Softmax, Dropout)):
        ending.insert(0, body.pop())
    return body, ending


def has_weights(layer):
    """Whether a layer multiplies its input by a matrix."""
    return any(getattr(layer, name).ndim > 1 for name in layer.param_names)


def use_relu(setup):
    """ReLU for the activations between the layers, and where there is none."""
    body, ending = split_ending(setup.layers)
    layers, replaced, missing, oddness, is_linear = [], [], 0, 0.0, False
    for layer, shape in zip(body, setup.net._shapes[1:]):
        if has_weights(layer):
            if is_linear:
                layers.append(ReLU())
                missing += 1
            is_linear = True
        elif isinstance(layer, (Elementwise, Softmax)):
            is_linear = False
            if not isinstance(layer, ReLU):
                replaced.append(repr(layer))
                oddness += find_activation_oddness(layer) + (len(shape) == 3)
                layer = ReLU()
        layers.append(layer)
    if not missing and not replaced:
        return None
    seen = []
    if missing:
        oddness += 1.5
        seen.append(f"{missing + 1} layers with weights follow each other without an activation "
                    "between them, so that they can do no more than one of them")
    if replaced:
        seen.append(f"between the layers there is {', '.join(dict.fromkeys(replaced))}")
    changed = setup.change_layers([*layers, *ending])
    return Change("activation", oddness, " and ".join(seen), "with ReLU() between the layers",
                  say_net(changed), changed)


def find_activation_oddness(layer):
    """How unusual it is between layers: in some, slopes are small nearly everywhere."""
    return {Softmax: 1.0, Sigmoid: 0.4, Tanh: 0.2}.get(type(layer), 0.0)


def use_usual_layers(setup):
    """Two layers that are wide enough, in place of narrow ones or of many."""
    body, ending = split_ending(setup.layers)
    if len(setup.net.input_shape) > 1 or setup.is_autoencoder or not all(map(comes_in_rows, body)):
        return None
    inits = [layer.init for layer in body if isinstance(layer, Dense)] or [glorot_uniform]
    widths = [layer.units for layer in body[:-1] if isinstance(layer, Dense)]
    depth = len(widths) + 1
    activation = next((layer for layer in body if isinstance(layer, Elementwise)), ReLU())
    changed = setup.change_layers([
        Dense(UNITS, inits[0]), copy.deepcopy(activation), Dense(UNITS, inits[0]),
        copy.deepcopy(activation), Dense(setup.k, inits[-1]), *ending])
    narrow = 0.4 * math.log2(8 / min([*widths, 8])) if widths else 0.5
    seen = "there is a single layer with weights"
    if depth > 4:
        seen = f"{depth} layers with weights follow each other"
    elif widths:
        units = ", ".join(map(str, widths))
        seen = f"the hidden layers have {units} unit{'s' * (units != '1')}"
    return Change("layers", max(narrow, 0.3 * (depth - 4)), seen,
                  f"with two hidden layers of {UNITS} units", say_net(changed), changed)


def drop_pools(setup):
    """Images as large as they come, without pools and strides."""
    layers, largest = [], 1
    for layer, before, after in zip(setup.layers, setup.net._shapes, setup.net._shapes[1:]):
        if len(before) == 3 and math.prod(after) < math.prod(before):
            largest = max(largest, math.prod(before) / math.prod(after))
        if isinstance(layer, (MaxPool2D, AveragePool2D)):
            continue
        if isinstance(layer, GlobalAveragePool2D):
            layer = Flatten()
        if isinstance(layer, Conv2D):
            largest = max(largest, math.prod(before[:2]) / math.prod(after[:2]) / 4)
            layer = copy.deepcopy(layer)
            layer.stride = 1
        layers.append(layer)
    if largest < 2:
        return None
    changed = setup.change_layers(layers)
    return Change("layers", 0.6 * math.log10(largest), "pooling or strides reduce "
                  f"{largest:.0f} numbers to one", "without them", say_net(changed), changed)


def comes_in_rows(layer):
    return isinstance(layer, (Dense, Dropout, Elementwise))


def draw_weights(setup):
    """Initial weights drawn anew, each layer's by its number of inputs and outputs."""
    layers = [copy.deepcopy(layer) for layer in setup.layers]
    is_another = False
    for layer in layers:
        if "init" in vars(layer):
            is_another |= layer.init is not glorot_uniform
            layer.init = glorot_uniform
    oddness, seen = find_weights_oddness(setup.net)
    instead = "with weights drawn by glorot_uniform"
    if not is_another and not oddness:
        seen, instead = "these initial weights are a bad draw", "with others, drawn by rng=0,"
    changed = setup.change_layers(layers)
    return Change("initialization", oddness, seen, instead, say_net(changed), changed)


# ---- the loss, and what stands before it ----

def use_usual_loss(setup):
    """The cross-entropy that goes with the targets, or squared error, behind the last weights."""
    body, ending = split_ending(setup.layers)
    task, loss = setup.task, setup.net.loss
    fused, plain, _ = choose_loss(task)
    if task == "numbers" or isinstance(loss, (fused, plain)):
        return None
    changed = setup.change_layers([*body, *find_dropouts(ending)], loss=fused())
    oddness = 1.0
    if task == "yes or no" and setup.k > 1 and any(isinstance(each, Softmax) for each in ending):
        oddness = 2.0
    seen = f"the targets ask for {say_task(setup)}, and the loss is {loss!r}"
    return Change("loss", oddness, seen, f"with {changed.net.loss!r}", say_net(changed), changed)


def use_usual_ending(setup):
    """The activation that goes with the loss behind the last weights, or none."""
    body, ending = split_ending(setup.layers)
    task, loss = setup.task, setup.net.loss
    _, _, link = choose_loss(task)
    activations = [layer for layer in ending if not isinstance(layer, Dropout)]
    applies_itself = isinstance(loss, (SoftmaxCrossEntropy, SigmoidCrossEntropy))
    wanted = None if task == "numbers" or applies_itself else link
    if [type(layer) for layer in activations] == ([] if wanted is None else [wanted]):
        return None
    changed = setup.change_layers([*body, *find_dropouts(ending),
                                   *([wanted()] if wanted else [])])
    oddness = 0.5 if task == "numbers" or not activations else 1.5
    now = ", ".join(map(repr, activations)) if activations else "no activation"
    return Change("activation", oddness, f"the targets ask for {say_task(setup)}, and before "
                  f"{loss!r} there is {now}", f"with {wanted.__name__}() there" if wanted else
                  "with no activation there", say_net(changed), changed)


def find_dropouts(layers):
    return [layer for layer in layers if isinstance(layer, Dropout)]


def choose_loss(task):
    """(the loss of logits that goes with a task, that of probabilities, the activation between)"""
    return {"classes": (SoftmaxCrossEntropy, CrossEntropy, Softmax),
            "yes or no": (SigmoidCrossEntropy, BinaryCrossEntropy, Sigmoid),
            "numbers": (MeanSquaredError, MeanSquaredError, None)}[task]


def say_task(setup):
    return {"classes": f"one of {setup.k} classes", "numbers": "numbers",
            "yes or no": f"yes or no{f', {setup.k} times' if setup.k > 1 else ''}"}[setup.task]
