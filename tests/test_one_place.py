"""One place for a new thing: a name in the __all__ of its module is exported, saved in files, and offered to the estimators."""

import importlib
import inspect
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import tinynet as tn
from tinynet.checks.settings import Configured
from tinynet.estimators.factories import ACTIVATIONS, LOSSES, REGRESSION_LOSSES, SOLVERS
from tinynet.files.registry import KNOWN
from tinynet.layers.activations import Elementwise

PACKAGE = Path(tn.__file__).parent
FRONT = sorted([*(f"layers.{path.stem}" for path in (PACKAGE / "layers").glob("[!_]*.py")),
                "losses", "optimizers", "schedules", "initializers"])
NOT_FOR_USERS = {"ones"}  # an initializer for scales, not for weights


def can_be_used(thing):
    """Whether it is a layer, loss or optimizer with its methods, a schedule, or an initializer."""
    if inspect.isclass(thing):
        return any(issubclass(thing, base) and getattr(thing, method) is not getattr(base, method, None)
                   for base, method in [(tn.Layer, "forward"), (tn.Loss, "forward"), (tn.Optimizer, "step")]) or (
                       issubclass(thing, Configured) and "__call__" in vars(thing))
    return inspect.isfunction(thing) and list(inspect.signature(thing).parameters) == ["shape", "rng"]


def forgotten(module):
    """What a module defines, and does not list."""
    return [name for name, thing in vars(module).items() if can_be_used(thing) and thing.__module__ == module.__name__
            and not name.startswith("_") and name not in {*getattr(module, "__all__", ()), *NOT_FOR_USERS}]


@pytest.mark.parametrize("name", FRONT)
def test_nothing_that_can_be_used_is_forgotten_in_the_list_of_its_module(name):
    assert forgotten(importlib.import_module(f"tinynet.{name}")) == []


NEW = {  # the module, and what somebody adds to it
    "layers.activations": ("Square", '''
class Square(Elementwise):
    """y = x²      dx = 2 x dy"""

    def forward(self, x, training=False):
        return x * x, x

    def backward(self, dy, x):
        return 2 * x * dy
'''),
    "losses": ("MeanFourthPower", '''
class MeanFourthPower(RegressionLoss):
    """L = 1/n Σᵢ Σₖ (y - t)⁴,  y = x      dx = 4 (y - t)³ / n"""

    def forward(self, x, t, sample_weight=None):
        return self.mean(self.over_outputs((x - t) ** 4), sample_weight), x

    def backward(self, y, t, sample_weight=None):
        return 4 * (y - t) ** 3 * self.share(y, sample_weight)
'''),
    "optimizers": ("SignSGD", '''
class SignSGD(Optimizer):
    """params <- params - lr sign(grads)"""

    def __init__(self, lr=0.01):
        self.lr = as_learning_rate(lr)

    def step(self, params, grads):
        params -= self.begin_step(params) * np.sign(grads)
'''),
    "schedules": ("Halving", '''
class Halving(Configured):
    """lr / 2^step"""

    def __init__(self, lr):
        self.lr = lr

    def __call__(self, step):
        return self.lr / 2 ** step
'''),
    "initializers": ("tiny_normal", '''
def tiny_normal(shape, rng):
    """Normal with mean 0 and variance 1e-6."""
    return _draw_normal(shape, rng, 1e-6)
'''),
}


@pytest.mark.parametrize("name", NEW)
def test_a_new_thing_that_its_module_does_not_list_is_found(name):
    module = importlib.import_module(f"tinynet.{name}")
    namespace = dict(vars(module))
    thing, source = NEW[name]
    exec(source, namespace)
    assert forgotten(SimpleNamespace(**namespace)) == [thing]


def test_what_is_listed_in_one_place_is_exported_can_be_saved_and_is_taken_by_name(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "tinynet", ignore=shutil.ignore_patterns("__pycache__"))
    for name, (thing, source) in NEW.items():
        path = tmp_path / "tinynet" / (name.replace(".", "/") + ".py")
        path.write_text(path.read_text().replace("__all__ = [", f'__all__ = ["{thing}", ', 1) + "\n" + source)
    code = """
import numpy as np, tinynet as tn
x, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2
net = tn.Sequential([tn.Dense(4, init=tn.tiny_normal), tn.Square(), tn.Dense(1)], 3, loss=tn.MeanFourthPower(), rng=0)
net.fit(x, y, optimizer=tn.SignSGD(tn.Halving(0.1)), epochs=1)
net.save("net")
print(tn.Sequential.load("net"), tn.Sequential.load("net").optimizer)
settings = {"activation": "square", "loss": "fourth_power", "solver": "signsgd", "early_stopping": True, "max_iter": 2}
print(tn.NetClassifier(**settings).fit(x, y).network_.layers[1], tn.NetRegressor(**settings).fit(x, y).network_.loss)
"""
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert run.stdout.splitlines() == [
        "Sequential([Dense(4, init=tiny_normal), Square(), Dense(1)], input_shape=(3,), loss=MeanFourthPower()) "
        "SignSGD(lr=Halving(0.1))",
        "Square() MeanFourthPower(mean_over='elements')"], run.stderr


PARTS = [name for name in tn.__all__ if can_be_used(getattr(tn, name)) or name in ("Sequential", "EarlyStopping")]


@pytest.mark.parametrize("name", PARTS)
def test_what_a_network_or_its_training_is_made_of_can_be_named_in_files(name):
    is_callback = getattr(tn, name).__module__.startswith(("tinynet.files", "tinynet.study"))
    assert is_callback or KNOWN[name] is getattr(tn, name)


def test_the_estimators_take_every_activation_loss_and_optimizer_by_a_name():
    parts = [getattr(tn, name) for name in PARTS]
    assert {*ACTIVATIONS.values()} == {part for part in parts if inspect.isclass(part) and issubclass(part, Elementwise)}
    assert {*SOLVERS.values()} == {part for part in parts if inspect.isclass(part) and issubclass(part, tn.Optimizer)}
    losses = {part for part in parts if inspect.isclass(part) and issubclass(part, tn.Loss)}
    assert {type(make()) for make in LOSSES.values()} == losses - {tn.CrossEntropy}  # "cross_entropy" is the fused one
    assert {type(make()) for make in REGRESSION_LOSSES.values()} == {loss for loss in losses if not loss.classifies} - {
        tn.MeanSquaredError}  # "squared_error" is the half, as for MLPRegressor


@pytest.mark.parametrize("name, cls", [
    ("relu", tn.ReLU), ("leaky_relu", tn.LeakyReLU), ("elu", tn.ELU), ("gelu", tn.GELU), ("silu", tn.SiLU),
    ("softplus", tn.Softplus), ("tanh", tn.Tanh), ("logistic", tn.Sigmoid), ("sigmoid", tn.Sigmoid)])
def test_the_names_of_activations_are_those_of_scikit_learn_and_pytorch(name, cls):
    assert ACTIVATIONS[name] is cls


@pytest.mark.parametrize("name", [*ACTIVATIONS, *SOLVERS])
def test_the_page_on_scikit_learn_names_it(name):
    rows = (PACKAGE.parent / "docs" / "scikit-learn.md").read_text().splitlines()
    words = {word for row in rows if row.startswith(("| `activation`", "| `solver`")) for word in re.findall(r"\w+", row)}
    assert name in words


def test_the_names_of_losses_are_those_of_scikit_learn():
    assert {"cross_entropy", "squared_error", "absolute_error", "huber"} <= LOSSES.keys()
    assert {"squared_error", "absolute_error", "huber"} <= REGRESSION_LOSSES.keys()
