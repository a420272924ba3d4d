"""Mutants of every backward pass of the package: check finds each that changes a number."""

import copy

import numpy as np
import pytest

import tinynet as tn
from mutants import find_mutants, ways_back
from tinynet.layers.activations import softmax
from tinynet.study import check

# several settings, so that each line of a backward pass counts
THINGS = {
    "Dense": [(tn.Dense(3), 4)], "ReLU": [(tn.ReLU(), 4)], "LeakyReLU": [(tn.LeakyReLU(0.1), 4)],
    "ELU": [(tn.ELU(0.7), 4)], "GELU": [(tn.GELU(), 4)], "SiLU": [(tn.SiLU(), 4)],
    "Softplus": [(tn.Softplus(), 4)], "Sigmoid": [(tn.Sigmoid(), 4)], "Tanh": [(tn.Tanh(), 4)],
    "Softmax": [(tn.Softmax(), 4)], "Dropout": [(tn.Dropout(0.4), 4)],
    "BatchNorm": [(tn.BatchNorm(), 4), (tn.BatchNorm(), (3, 2, 2))],
    "LayerNorm": [(tn.LayerNorm(), 4), (tn.LayerNorm(), (2, 2, 4))],
    "Conv2D": [(tn.Conv2D(2, (2, 3)), (4, 4, 2)), (tn.Conv2D(2, 3, (2, 3), "same"), (4, 5, 1)),
               (tn.Conv2D(1, (3, 2), (1, 2), (1, 2)), (3, 4, 2))],
    "MaxPool2D": [(tn.MaxPool2D(2), (5, 4, 2)), (tn.MaxPool2D(3, (1, 2)), (4, 5, 1))],
    "AveragePool2D": [(tn.AveragePool2D((2, 3)), (4, 6, 1)),
                      (tn.AveragePool2D(3, (1, 2)), (4, 5, 1))],
    "GlobalAveragePool2D": [(tn.GlobalAveragePool2D(), (3, 4, 2))],
    "Flatten": [(tn.Flatten(), (3, 4, 2))], "Reshape": [(tn.Reshape((2, -1)), 6)],
    "Sequential": [(tn.Sequential([tn.Tanh(), tn.Dense(3), tn.Tanh(), tn.Dense(2)], 4), 4)],
    "MeanSquaredError": [(tn.MeanSquaredError(), 3), (tn.MeanSquaredError("elements"), 3)],
    "HalfSquaredError": [(tn.HalfSquaredError(), 3)], "Huber": [(tn.Huber(0.8), 3)],
    "MeanAbsoluteError": [(tn.MeanAbsoluteError(), 3)],
    "CrossEntropy": [(tn.CrossEntropy(0.1), 3)], "BinaryCrossEntropy": [
        (tn.BinaryCrossEntropy(), 3)],
    "SoftmaxCrossEntropy": [(tn.SoftmaxCrossEntropy(0.1), 3)],
    "SigmoidCrossEntropy": [(tn.SigmoidCrossEntropy(), 3)],
}


def test_every_layer_and_loss_has_mutants():
    assert {*THINGS} == {name for name in tn.__all__ if isinstance(getattr(tn, name), type)
                         and issubclass(getattr(tn, name), (tn.Layer, tn.Loss))
                         } - {"Layer", "Loss"}


def gradients(thing, shape):
    """All gradients for random numbers, in both modes, or with weights of the rows and without."""
    rng, found = np.random.default_rng(0), []
    shape = (shape,) if isinstance(shape, int) else shape
    if isinstance(thing, tn.Loss):
        for w in None, rng.uniform(0.5, 2, 5):
            x, t = softmax(rng.normal(size=(5, *shape))), np.eye(3)[rng.integers(3, size=5)]
            found.append(thing.backward(thing.forward(x, t, w)[1], t, w))
        return found
    layer = copy.deepcopy(thing)
    if not isinstance(layer, tn.Sequential):
        layer.build(shape, rng)
    for part in layer._parts():
        for name in part.param_names:
            setattr(part, name, rng.normal(size=getattr(part, name).shape))
    for training in False, True:
        for way in "backward", "backward_params":
            y, cache = layer.forward(rng.normal(size=(5, *shape)), training)
            dx = getattr(layer, way)(rng.normal(size=y.shape), cache)
            found += [dx] if way == "backward" else []
            found += [getattr(part, "d" + name).copy() for part in layer._parts()
                      for name in part.param_names]
    return found


def changes_a_number(before, thing, shape):
    """Whether the gradients are others than before, beyond rounding."""
    try:
        with np.errstate(all="ignore"):
            after = gradients(thing, shape)
        return any(not np.allclose(one, np.float64(other), rtol=1e-7, atol=1e-9)
                   for one, other in zip(before, after, strict=True))
    except Exception:
        return True


def find_missed(name, monkeypatch, every=1):
    """(how many mutants change a number, descriptions of those that check does not find)"""
    cls, n_changing, missed = getattr(tn, name), 0, []
    before = [gradients(*case) for case in THINGS[name]]
    for owner, method in ways_back(cls):
        for i, (description, mutant) in enumerate(find_mutants(getattr(owner, method), owner)):
            if i % every:
                continue
            with monkeypatch.context() as patch:
                patch.setattr(owner, method, mutant)
                for numbers, (thing, shape) in zip(before, THINGS[name]):
                    if changes_a_number(numbers, thing, shape):
                        n_changing += 1
                        if check(thing, input_shape=shape).ok:
                            missed.append(f"{thing!r}: {description}")
    return n_changing, missed


@pytest.mark.parametrize("name", ["Dense", "BatchNorm", "SoftmaxCrossEntropy"])
def test_some_mutants_are_found(name, monkeypatch):
    n_changing, missed = find_missed(name, monkeypatch, every=80)
    assert n_changing >= 1 or name in ("Flatten", "Reshape")  # no numbers change there
    assert missed == []


@pytest.mark.long
@pytest.mark.parametrize("name", THINGS)
def test_every_mutant_that_changes_a_number_is_found(name, monkeypatch):
    assert find_missed(name, monkeypatch)[1] == []
