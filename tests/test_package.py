"""The package as a whole: what importing it loads, how its rooms are stacked, and its docstrings."""

import ast
import doctest
import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinynet as tn

PACKAGE = Path(tn.__file__).parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))
FLOORS = [  # imports run downwards only
    {"checks", "checks.settings", "initializers", "errors", "checks.arrays", "schedules", "training.plots"},
    {"checks.targets", "layers.layer", "layers.windows"},
    {"training", "training.metrics", "layers.dense", "layers.activations", "layers.dropout", "layers.normalization",
     "layers.convolution", "layers.pooling", "layers.reshape", "optimizers", "layers"},
    {"losses", "study", "study.derivatives"},
    {"training.history", "training.progress", "construction", "training.batches", "training.callbacks",
     "study.gradient_health", "training.interruption", "files", "files.format", "files.streams"},
    {"files.registry"},
    {"files.save", "files.load"},
    {"files.checkpoint"},
    {"training.loop"},
    {"sequential"},
    {"estimators.sklearn_callbacks", "estimators.stopping", "estimators.factories", "estimators.base",
     "estimators.classifier", "estimators"},
    {""},
]


def name_of(path):
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").removesuffix(".")


def imports_of(path):
    """The modules of the package that a module imports."""
    package = name_of(path).split(".") if path.name == "__init__.py" else name_of(path).split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[:len(package) - node.level + 1] if package != [""] else []
            yield ".".join([*base, *(node.module or "").split(".")]).strip(".")


@pytest.mark.parametrize("heavy", ["sklearn", "scipy", "matplotlib", "tqdm"])
def test_importing_tinynet_loads_nothing_heavy(heavy):
    code = f"import sys, tinynet, tinynet.study.derivatives; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_training_in_a_pipe_loads_neither_scikit_learn_nor_tqdm():
    code = ("import sys, tinynet as tn; net = tn.Sequential([tn.Dense(2)], 1, loss=tn.SoftmaxCrossEntropy()); "
            "net.fit([[1.0], [2.0]], [0, 1]); sys.exit('sklearn' in sys.modules or 'tqdm' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_run_downwards_only(path):
    floor = {name: i for i, names in enumerate(FLOORS) for name in names}
    for imported in imports_of(path):
        assert floor[imported] <= floor[name_of(path)], imported


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_opens_with_a_plain_sentence(path):
    assert ast.get_docstring(ast.parse(path.read_text())).splitlines()[0].endswith((".", "?"))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_examples_in_docstrings_are_true(path):
    module = importlib.import_module(("tinynet." + name_of(path)).rstrip("."))
    names = vars(tn) | {"np": np} | vars(module)
    assert doctest.testmod(module, extraglobs=names).failed == 0


@pytest.mark.parametrize("name", tn.__all__)
def test_every_public_name_has_a_docstring(name):
    assert getattr(tn, name).__doc__


def test_public_names_are_listed_once_and_exist():
    assert len(set(tn.__all__)) == len(tn.__all__)
    assert all(hasattr(tn, name) for name in tn.__all__)
