"""Comparison: what a page has of traces side by side, to be written as JSON."""

import numpy as np

from ...layers import Sigmoid, Softmax
from ...losses import SigmoidCrossEntropy, SoftmaxCrossEntropy
from ..report import name_of
from .contents import as_json, encode, find_link, list_layers, name_gradient

GRID = (41, 31)   # points across and down at which a network is asked for the regions
MARGIN = 0.08     # of the range of the data, round it


def collect_comparison(traces):
    """What all runs share, then the runs by their names."""
    seen = next(iter(traces.values()))
    n, n_inputs = len(seen[0]["x"]), seen[0]["x"][0].size
    box = find_box(seen) if n_inputs == 2 else None
    return {
        "about": f"{n_inputs} inputs → {' → '.join(map(name_of, list_hidden(seen[0])))}, the same "
                 f"{n} row{'' if n == 1 else 's'}",
        "steps": list(seen.steps),
        "rows": [np.sort(step["rows"]).astype(int).tolist() for step in seen],
        "classes": [true_classes(step)[order_of(step)].tolist() for step in seen],
        "points": box and [step["x"].reshape(-1, 2)[order_of(step)].tolist() for step in seen],
        "box": box, "grid": GRID,
        "runs": [collect_run(name, each, box) for name, each in traces.items()],
    }


def collect_run(name, seen, box):
    net, (_, link) = seen[0].net, find_link(seen[0])
    loss, behind = type(net.loss).__name__, f" behind {name_of(link)}" if link else ""
    return {
        "name": name, "text": f"{name_of(net.loss)}{behind}, {describe_update(seen[0])}",
        "link": name_link(seen[0]),
        "loss": "" if "w" in seen[0] or getattr(net.loss, "label_smoothing", 0) else loss,
        "curve": find_curve(seen[0]),
        "isProbability": all(is_probability(step["loss.y"]) for step in seen),
        "steps": [collect_rows(step) | {"regions": box and find_regions(step, box)}
                  for step in seen],
    }


def describe_update(step):
    """The optimizer, and what its gradients are made of beside those of L."""
    name = name_of(step.optimizer)
    settings = {"lr": None if "lr=" in name else step["lr"], "l2": step.l2,
                "clip_norm": step.clip_norm}
    return ", ".join([name, *(f"{each}={value:g}" for each, value in settings.items() if value)])


def list_hidden(step):
    """The layers but for the softmax or the sigmoid at the end."""
    return [layer for _, layer in list_layers(step) if layer is not find_link(step)[1]]


def name_link(step):
    """What makes probabilities of logits, a layer or the loss: "Softmax", "Sigmoid", or ""."""
    link = find_link(step)[1] or step.net.loss
    if isinstance(link, (Softmax, SoftmaxCrossEntropy)):
        return "Softmax"
    return "Sigmoid" if isinstance(link, (Sigmoid, SigmoidCrossEntropy)) else ""


def is_probability(y):
    return bool(((y >= 0) & (y <= 1)).all())


# ---- the rows at a step ----

def order_of(step):
    """The places of the rows in the order of the data: `fit` shuffles them anew in each epoch."""
    return np.argsort(step["rows"])


def true_classes(step):
    t = step["t"]
    return t.argmax(1) if t.shape[1] > 1 else t[:, 0].astype(int)


def collect_rows(step):
    """Of each row: the probability of its true class, whether another one has more, its pull, and
    the gradient at the logit of its true class with the products that it is the sum of. Gradients
    are times n, so that they are without the share 1/n in L.
    """
    y, classes, n = step["loss.y"], true_classes(step), len(step["x"])
    rows = np.arange(n)
    if y.shape[1] > 1:
        p, is_wrong = y[rows, classes], y.argmax(1) != classes
        places = classes
    else:
        p, is_wrong = np.where(classes == 1, y[:, 0], 1 - y[:, 0]), (y[:, 0] > 0.5) != classes
        places = np.zeros(n, int)
    dx, order = n * step[name_gradient(step)], order_of(step)
    dy, slopes = find_products(step)
    arrays = {"p": p, "pull": np.sqrt((dx * dx).sum(1)), "dx": dx[rows, places],
              "dy": n * dy, "slopes": slopes[rows, :, places]}
    return {"L": as_json(float(step["L"])), "isWrong": is_wrong[order].tolist(),
            "places": places[order].tolist(),
            **{name: encode(array[order]) for name, array in arrays.items()}}


def find_products(step):
    """dy, and for each row the slopes ∂yₖ/∂xⱼ: those of a sigmoid are 0 but for j = k, and so are
    those of outputs that nothing stands behind, which are 1 there.
    """
    (prefix, link), y = find_link(step), step["loss.y"]
    identity = np.eye(y.shape[1])
    if not link and "loss.J" not in step:
        return step["loss.dx"], np.broadcast_to(identity, (*y.shape, y.shape[1]))
    dy, name, rows = step[f"{prefix}dy"], f"{prefix}J", np.arange(len(y))
    if name in step.on_demand:   # of a subclass: from each number of the batch to each
        return dy, step[name][rows, :, rows]
    J = step[name] if name in step else y * (1 - y)   # a sigmoid as a layer has none
    return dy, J if J.ndim == 3 else J[:, :, None] * identity


def find_curve(step):
    """[[p, pull]] of a row of two classes, whatever its input: one logit, or the difference of the
    two of a softmax, is the whole of it. None where p does not tell the pull.
    """
    (_, link), loss, k = find_link(step), step.net.loss, step["loss.y"].shape[1]
    if "w" in step or (name_link(step), k) not in (("Softmax", 2), ("Sigmoid", 1)):
        return None
    p = np.r_[1e-9, np.linspace(0, 1, 101)[1:-1], 1 - 1e-9]
    x = np.log(p / (1 - p))[:, None] if k == 1 else np.c_[np.log(p), np.log(1 - p)]
    t = np.zeros_like(x)
    t[:, 0] = 1
    outputs, cache = link.forward(x) if link else (x, None)
    dx = loss.backward(loss.forward(outputs, t)[1], t)
    if link:
        dx = link.backward(dx, cache)
    return np.c_[p, len(p) * np.sqrt((dx * dx).sum(1))].tolist()


# ---- regions ----

def find_box(seen):
    """[least x0, greatest x0, least x1, greatest x1] of the pictures: the data and a margin."""
    points = np.concatenate([step["x"].reshape(-1, 2) for step in seen])
    low, high = points.min(0), points.max(0)
    margin = np.maximum(MARGIN * (high - low), 1e-6 * np.maximum(1, np.abs(high)))
    return np.c_[low - margin, high + margin].ravel().tolist()


def find_regions(step, box):
    """The logits of the network before a step on a grid, from the top left: where two are even,
    regions end, also where probabilities are all 0 and 1. One logit is even with 0; one output of
    its own, which is to be 0 or 1, with a half.
    """
    left, right, bottom, top = box
    points = np.stack(np.meshgrid(np.linspace(left, right, GRID[0]),
                                  np.linspace(top, bottom, GRID[1])), axis=2)
    outputs = points.reshape(-1, *step["x"].shape[1:])
    for layer in list_hidden(step):
        outputs, _ = layer.forward(outputs)
    has_logits = find_link(step)[1] or "loss.J" in step
    return encode(outputs if has_logits or outputs.shape[1] > 1 else outputs - 0.5, "<f4")
