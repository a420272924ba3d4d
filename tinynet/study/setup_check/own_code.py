"""Own code: layers and losses that do not come with tinynet are checked by themselves."""

import copy

import numpy as np

from ...sequential import Sequential
from ...trial import comes_with_tinynet
from ..gradient_check import check
from .findings import SetupFinding
from .refusals import find_refusal


def look_at_own_code(net, x):
    """Findings about layers and losses of one's own: wrong gradients, and rows that mix."""
    own = [*find_own_layers(net)]
    first = {type(layer): (i, layer, shape) for i, layer, shape in reversed(own)}
    for i, layer, shape in reversed(first.values()):
        report = check(copy.deepcopy(layer), input_shape=shape)
        for finding in report.findings[:1]:
            yield SetupFinding("layers", f"layer {i}, {layer!r}, has a wrong gradient, "
                               f"{finding.mistake}: {finding.sentence}",
                               f"tn.study.check({layer!r}, input_shape={shape})")
    if not comes_with_tinynet(net.loss):
        report = check(copy.deepcopy(net.loss), input_shape=net.output_shape)
        for finding in report.findings[:1]:
            yield SetupFinding("loss", f"{net.loss!r} has a wrong gradient, {finding.mistake}: "
                               f"{finding.sentence}", f"tn.study.check({net.loss!r})")
    if not own:
        return
    try:
        mixed = find_row_that_moves(net, x)
    except Exception as error:
        yield find_refusal(error)
        return
    if mixed is not None:
        yield SetupFinding("layers", f"rows mix: when row 0 of {min(len(x), 8)} becomes another "
                           f"one, the output of row {mixed} changes, too, although it "
                           "should not", "let each row of y depend on the same row of x alone")


def find_own_layers(net, prefix=""):
    """(place, layer, shape of a row of x) of the layers of one's own, also of those in networks
    inside the network: "1.0" is the first layer of the one in place 1.
    """
    for i, (layer, shape) in enumerate(zip(net.layers, net._shapes)):
        if isinstance(layer, Sequential):
            yield from find_own_layers(layer, f"{prefix}{i}.")
        elif not comes_with_tinynet(layer):
            yield f"{prefix}{i}", layer, shape


def find_row_that_moves(net, x):
    """The first row whose output depends on row 0 at inference, or None."""
    x = x[:8].astype(net.dtype)
    if len(x) < 2:
        return None
    other = x.copy()
    other[0] = x[1:].mean(axis=0) * 2 + 1
    with np.errstate(all="ignore"):
        y, other_y = (copy.deepcopy(net).forward(rows)[0][1:] for rows in (x, other))
    moves = (np.abs(y - other_y) > 1e-4 * np.abs(y).max()).any(axis=1)
    return int(moves.argmax()) + 1 if moves.any() else None
