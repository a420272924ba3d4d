"""One place for a new thing: a name in the __all__ of its module is exported, saved in files, and
offered to the estimators.
"""

import importlib
import inspect
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tinynet as tn
from tinynet.checks.settings import Configured
from tinynet.estimators.factories import ACTIVATIONS, LOSSES, REGRESSION_LOSSES, SOLVERS
from tinynet.files.registry import KNOWN
from tinynet.layers import activations

PACKAGE = Path(tn.__file__).parent
LAYERS = [path.stem for path in (PACKAGE / "layers").glob("[!_]*.py")
          if path.stem not in ("arrays", "windows")]
FRONT = sorted([*(f"layers.{name}" for name in LAYERS), "losses", "optimizers", "schedules",
                "initializers", "training.callbacks"])
NOT_FOR_USERS = {  # bases, and what others are made with
    "Elementwise", "Pool2D", "RegressionLoss", "ClassLoss", "BinaryLoss", "Watch",
    "maximum_with_zero", "softmax", "sigmoid", "normal_cdf", "plain_convolution",
    "plain_convolution_backward", "make_strips", "cut_bands", "convolve", "convolve_turned",
    "as_column", "check_monitored",
}


def forgotten(namespace):
    """The public classes and functions that a module defines, and does not list."""
    listed = {*namespace.get("__all__", ()), *NOT_FOR_USERS}
    return [name for name, thing in namespace.items()
            if inspect.isclass(thing) or inspect.isfunction(thing)
            if thing.__module__ == namespace["__name__"] and not name.startswith("_")
            and name not in listed]


@pytest.mark.parametrize("name", FRONT)
def test_nothing_that_can_be_used_is_forgotten_in_the_list_of_its_module(name):
    assert forgotten(vars(importlib.import_module(f"tinynet.{name}"))) == []


def test_no_module_of_layers_is_forgotten():
    modules = [importlib.import_module(f"tinynet.layers.{name}") for name in LAYERS]
    assert sorted(tn.layers.__all__) == sorted(name for module in modules
                                               for name in module.__all__)


def test_every_name_in_the_list_of_a_module_is_exported():
    modules = [importlib.import_module(f"tinynet.{name}") for name in FRONT]
    assert {name for module in modules for name in module.__all__} <= {*tn.__all__}


NEW = {  # the module, and what somebody adds to it
    "layers.activations": ("Square", '''
class Square(Layer):
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
    namespace = dict(vars(importlib.import_module(f"tinynet.{name}")))
    thing, source = NEW[name]
    exec(source, namespace)
    assert forgotten(namespace) == [thing]


def test_what_is_listed_in_one_place_is_exported_can_be_saved_and_is_taken_by_name(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "tinynet", ignore=shutil.ignore_patterns("__pycache__"))
    for name, (thing, source) in NEW.items():
        path = tmp_path / "tinynet" / (name.replace(".", "/") + ".py")
        path.write_text(path.read_text().replace("__all__ = [", f'__all__ = ["{thing}", ', 1) + "\n"
                        + source)
    code = """
import numpy as np, tinynet as tn
x, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2
layers = [tn.Dense(4, init=tn.tiny_normal), tn.Square(), tn.Dense(1)]
net = tn.Sequential(layers, 3, loss=tn.MeanFourthPower(), rng=0)
net.fit(x, y, optimizer=tn.SignSGD(tn.Halving(0.1)), epochs=1)
net.save("net")
print(tn.Sequential.load("net"), tn.Sequential.load("net").optimizer)
settings = {"activation": "square", "loss": "fourth_power", "solver": "signsgd",
            "early_stopping": True, "max_iter": 2}
print(tn.NetClassifier(**settings).fit(x, y).network_.layers[1],
      tn.NetRegressor(**settings).fit(x, y).network_.loss)
"""
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=tmp_path,
                         capture_output=True, text=True)
    assert run.stdout.splitlines() == [
        "Sequential([Dense(4, init=tiny_normal), Square(), Dense(1)], input_shape=(3,), "
        "loss=MeanFourthPower()) "
        "SignSGD(lr=Halving(0.1))",
        "Square() MeanFourthPower(mean_over='elements')"], run.stderr


PARTS = [name for room in FRONT for name in importlib.import_module(f"tinynet.{room}").__all__
         if name not in ("Layer", "Loss", "Optimizer")]


@pytest.mark.parametrize("name", PARTS)
def test_what_a_network_or_its_training_is_made_of_can_be_named_in_files(name):
    assert KNOWN[name] is getattr(tn, name)


@pytest.mark.parametrize("callback", [tn.Checkpoint, tn.GradientHealth])
def test_callbacks_of_other_rooms_have_nothing_that_a_file_could_keep(callback):
    assert not hasattr(callback, "state_names")


def test_the_estimators_take_every_activation_loss_and_optimizer_by_a_name():
    assert {cls.__name__ for cls in ACTIVATIONS.values()} == {*activations.__all__} - {"Softmax"}
    assert {cls.__name__ for cls in SOLVERS.values()} == {*tn.optimizers.__all__} - {"Optimizer"}
    all_losses = {getattr(tn, name) for name in tn.losses.__all__} - {tn.Loss}
    # "cross_entropy" is the fused one
    assert {type(make()) for make in LOSSES.values()} == all_losses - {tn.CrossEntropy}
    assert {type(make()) for make in REGRESSION_LOSSES.values()} == {loss for loss in all_losses
                                                                     if not loss.classifies} - {
        tn.MeanSquaredError}  # "squared_error" is the half, as for MLPRegressor


@pytest.mark.parametrize("names", [ACTIVATIONS, SOLVERS, LOSSES, REGRESSION_LOSSES])
def test_what_the_estimators_offer_by_name_can_be_made_without_settings(names):
    assert all(repr(make()) for make in names.values())


@pytest.mark.parametrize("name, cls", [
    ("relu", tn.ReLU), ("leaky_relu", tn.LeakyReLU), ("elu", tn.ELU), ("gelu", tn.GELU),
    ("silu", tn.SiLU),
    ("softplus", tn.Softplus), ("tanh", tn.Tanh), ("logistic", tn.Sigmoid),
    ("sigmoid", tn.Sigmoid)])
def test_the_names_of_activations_are_those_of_scikit_learn_and_pytorch(name, cls):
    assert ACTIVATIONS[name] is cls


@pytest.mark.parametrize("name", [*ACTIVATIONS, *SOLVERS])
def test_the_page_on_scikit_learn_names_it(name):
    rows = (PACKAGE.parent / "docs" / "scikit-learn.md").read_text().splitlines()
    words = {word for row in rows if row.startswith(("| `activation`", "| `solver`"))
             for word in re.findall(r"\w+", row)}
    assert name in words


def test_the_names_of_losses_are_those_of_scikit_learn():
    assert {"cross_entropy", "squared_error", "absolute_error", "huber"} <= LOSSES.keys()
    assert {"squared_error", "absolute_error", "huber"} <= REGRESSION_LOSSES.keys()


# ---- the constructors ----

CONSTRUCTORS = """
    Dense(units, init=glorot_uniform)
    Conv2D(filters, kernel_size, stride=1, padding='valid', init=glorot_uniform)
    MaxPool2D(size=2, stride=None)  AveragePool2D(size=2, stride=None)  GlobalAveragePool2D()
    Flatten()  Reshape(shape)  Dropout(rate)  BatchNorm(momentum=0.9, eps=1e-05)
    LayerNorm(eps=1e-05)  ReLU()  LeakyReLU(negative_slope=0.01)  ELU(alpha=1.0)  GELU()  SiLU()
    Softplus()  Sigmoid()  Tanh()  Softmax()
    MeanSquaredError(mean_over='rows')  HalfSquaredError(mean_over='rows')
    MeanAbsoluteError(mean_over='rows')  Huber(delta=1.0, mean_over='rows')
    CrossEntropy(label_smoothing=0.0)  SoftmaxCrossEntropy(label_smoothing=0.0)
    BinaryCrossEntropy()  SigmoidCrossEntropy()
    SGD(lr=0.1, momentum=0.0, nesterov=False)  RMSprop(lr=0.001, rho=0.9, eps=1e-08)
    Adam(lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08)
    AdamW(lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08, weight_decay=0.01)
    StepDecay(lr, every, factor=0.1)  ExponentialDecay(lr, every, factor=0.1)
    CosineDecay(lr, steps, final=0.0)  Warmup(lr, steps)  OneCycle(lr, steps, rise=0.3)
    EarlyStopping(monitor='val_loss', patience=5, min_delta=0.0, mode=None, restore='stopped')
    ReduceOnPlateau(monitor='val_loss', patience=5, min_delta=0.0, factor=0.1, min_lr=0.0,
                    mode=None)
    Checkpoint(path, every=1, monitor=None, mode=None)  GradientHealth(rows=64)
    Sequential(layers, input_shape, loss=None, rng=None, dtype=float32)
"""


def as_call(cls):
    """The signature of a class, a function as its name."""
    text = str(inspect.signature(cls))
    return cls.__name__ + re.sub(r"<(?:function|class) '?(?:numpy\.)?(\w+).*?>", r"\1", text)


def test_the_constructors_are_these_with_these_defaults():
    stated = re.findall(r"\w+\(.*?\)", " ".join(CONSTRUCTORS.split()))
    assert [as_call(getattr(tn, call.partition("(")[0])) for call in stated] == stated


def test_no_class_that_is_made_with_settings_is_missing_there():
    made = {name for name in [*tn.__all__, "Checkpoint", "GradientHealth"]
            if inspect.isclass(getattr(tn, name)) and issubclass(getattr(tn, name), Configured)}
    stated = {call.partition("(")[0] for call in re.findall(r"\w+\(", CONSTRUCTORS)}
    assert made - stated == {"Layer", "Loss", "Optimizer"}
