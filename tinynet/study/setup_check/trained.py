"""What a copy that was trained as asked shows."""

from dataclasses import replace

import numpy as np

from .findings import SetupFinding
from .network_changes import draw_weights
from .scores import predict_quietly, take_some
from .trials import count_judged
from .wording import name_score


def find_equal_units(setup, asked):
    """A finding about units of a layer that begin alike and never differ."""
    net = setup.net
    layers = [(i, layer, name) for i, layer in enumerate(net.layers)
              for name in layer.param_names if getattr(layer, name).ndim > 1]
    for i, layer, name in layers[:-1]:
        arrays = [getattr(each.layers[i], name) for each in (net, asked.net)]
        if arrays[0].shape[-1] > 1 and all(
                np.allclose(W, W[..., :1], rtol=1e-5, atol=0) for W in arrays):
            return [SetupFinding(
                "initialization", f"all {arrays[0].shape[-1]} units of layer {i}, {layer!r}, "
                f"begin with the same weights, and after {asked.steps} steps they still have the "
                "same: their gradients are the same, or 0",
                draw_weights(setup).remedy)]
    return []


def find_bad_validation(setup, asked):
    """A finding if what holds for rows held out does not hold for the validation data."""
    if not len(setup.val_x) or not len(setup.other_x) or asked.error is not None:
        return []
    n = count_judged(asked.net)
    truth = replace(setup.other_truth, t=setup.val_t, w=None).take(n)
    skill, score = truth.judge(predict_quietly(asked.net, *take_some(n, setup.val_x)))
    skill = max(skill, 0.0)
    if (truth.chance == 1 or truth.effective_rows < 10 or asked.skill_elsewhere < 0.5
            or asked.skill_elsewhere - skill < max(
                0.4, 3 * truth.find_error(skill, asked.skill_elsewhere))):
        return []
    return [SetupFinding(
        "validation", f"after {asked.steps} steps {name_score(setup)} is "
        f"{asked.score_elsewhere:.2f} on held-out rows and {score:.2f} on the validation data, "
        "so that these are of another kind",
        "validation=0.2, or check that the validation data went through the same scaler, that "
        "their columns are in the same order, and each target in its row")]
