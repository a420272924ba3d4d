"""The package as a whole: its rooms and the laws of import, what is loaded when, and its
docstrings.
"""

import ast
import doctest
import importlib
import importlib.metadata
import inspect
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import tinynet as tn

PACKAGE = Path(tn.__file__).parent
PATHS = sorted(PACKAGE.rglob("*.py"))


def name_of(path):
    """The module's name below tinynet, as "layers.dense"; "" is the package itself."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(
        "__init__").removesuffix(".")


MODULES = {name_of(path): path for path in PATHS}
TREES = {module: ast.parse(path.read_text()) for module, path in MODULES.items()}


# ---- the laws of import ----

FRONT = {"layers", "losses", "initializers", "optimizers", "schedules"}
FIT = {"sequential", "construction", "trial", "training"}
MAY_IMPORT = {  # which rooms the modules of a room may import at their top, beside their own
    **dict.fromkeys(FRONT, FRONT | {"checks"}),
    "errors": set(),
    "tables": set(),
    "checks": {"errors"},
    "trial": FRONT,
    "construction": FRONT | {"checks", "trial"},
    "training": FRONT | {"checks", "errors", "tables", "trial"},
    "sequential": FRONT | {"checks", "construction", "tables", "training", "trial"},
    "files": FRONT | FIT | {"checks", "errors"},
    "estimators": FRONT | FIT | {"checks", "errors", "files"},
    "study": FRONT | FIT | {"checks", "errors", "files", "tables"},
    "": FRONT | FIT | {"checks", "errors"},
}
OTHER_PACKAGES = {room: {"numpy"} for room in MAY_IMPORT} | {
    "errors": set(), "tables": set(), "estimators": {"numpy", "sklearn"},
    "study": {"numpy", "sklearn", "scipy", "joblib", "threadpoolctl", "tqdm"}}
INSIDE = {  # what is imported inside a function, where it is needed
    ("layers.activations", "normal_cdf", "scipy"),
    ("sequential", "Sequential.save", "files"), ("sequential", "Sequential.load", "files"),
    ("training.batches", "split_rows", "sklearn"),
    ("training.progress", "Progress.__enter__", "tqdm"),
    ("training.plots", "HistoryDisplay.plot", "matplotlib"),
    ("training.history", "History.to_frame", "pandas"),
    ("study", "__getattr__", "study"),
    ("study.comparing.comparison", "Comparison.to_frame", "pandas"), *(
        (f"study.comparing.{function}", name, "matplotlib") for function, name in (
            ("sheet", "plain_style"), ("sheet", "Sheet.__init__"), ("sheet", "Sheet.rule"),
            ("sheet", "outline"),
            ("picture", "Picture.write_key"), ("picture", "Picture.set_ticks_of_differences"))),
}


class Import(NamedTuple):
    """An import in a module: of a module of tinynet ("losses"), or of another package ("numpy")."""

    of: str           # the module that is imported, or the other package
    is_ours: bool
    names: tuple      # what is taken from it
    # the function in which it stands, "Sequential.save"; "" at the top of the module
    function: str


def imports_of(module):
    """All imports of a module, but for those that only type checkers see."""
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]

    def walk(node, function, place=""):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node = ast.Module(node.orelse)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            place = f"{place}.{getattr(node, 'name', 'lambda')}".lstrip(".")
            function = function if isinstance(node, ast.ClassDef) else place
        if isinstance(node, ast.Import):
            yield from (Import(alias.name.partition(".")[0], False, (), function)
                        for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            names = tuple(alias.name for alias in node.names)
            if node.level or node.module.partition(".")[0] == "tinynet":
                path = package.split(".") if package else []
                base = path[:len(path) - node.level + 1] if node.level else []
                target = ".".join([*base,
                                   *(node.module or "").removeprefix("tinynet").lstrip(".").split(
                                       ".")]).strip(".")
                for name in names:  # `from .. import losses` is an import of that module
                    inner = f"{target}.{name}".lstrip(".")
                    yield Import(inner if inner in MODULES else target, True, (name,), function)
            else:
                yield Import(node.module.partition(".")[0], False, names, function)
        for child in ast.iter_child_nodes(node):
            yield from walk(child, function, place)

    return list(walk(TREES[module], ""))


def names_in(tree):
    """All names and attributes that stand in code."""
    return {getattr(node, "id", getattr(node, "attr", None)) for node in ast.walk(tree)} | {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
        for alias in node.names}


def room_of(module):
    return module.partition(".")[0]


def broken_laws(module):
    """What a module imports at its top that its room may not."""
    for found in imports_of(module):
        if found.function:
            continue
        if found.is_ours and room_of(found.of) not in {room_of(module),
                                                       *MAY_IMPORT[room_of(module)]}:
            yield found.of
        if not found.is_ours and found.of not in OTHER_PACKAGES[
                room_of(module)] | sys.stdlib_module_names:
            yield found.of


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_at_its_top_only_what_its_room_may(module):
    assert list(broken_laws(module)) == []


def test_imports_inside_functions_are_those_that_the_design_names_and_no_others():
    found = {(module, each.function, room_of(each.of)) for module in MODULES
             for each in imports_of(module)
             if each.function and each.of not in sys.stdlib_module_names}
    assert found == INSIDE


@pytest.mark.parametrize("module", [module for module in MODULES if module])
def test_no_module_imports_by_a_name_that_is_computed(module):
    assert names_in(TREES[module]) & {"__import__", "import_module", "importlib", "exec", "eval",
                                      "TYPE_CHECKING"} <= (
        {"TYPE_CHECKING"} if module in ("layers", "study") else set())


def test_no_module_imports_one_that_imports_it():
    graph = {module: {each.of for each in imports_of(module) if each.is_ours and not each.function}
             - {module}
             for module in MODULES}
    while leaves := {module for module, imported in graph.items() if not imported & graph.keys()}:
        graph = {module: imported for module, imported in graph.items() if module not in leaves}
    assert graph == {}, "these stand in circles, or above one"


@pytest.mark.parametrize("module", MODULES)
def test_no_room_imports_a_name_with_an_underscore_from_another(module):
    assert [name for each in imports_of(module) if each.is_ours
            and room_of(each.of) != room_of(module)
            for name in each.names if name.startswith("_")] == []


def test_no_function_has_the_name_of_one_in_another_module():
    names = Counter(node.name for module, tree in TREES.items() if module for node in tree.body
                    if isinstance(node, ast.FunctionDef))
    assert [name for name, count in names.items() if count > 1] == []


# ---- doors: what is loaded when ----

DOORS = "files", "estimators", "study"


def loaded_after(code):
    """The rooms behind doors, and the heavy packages, that a new process has loaded after this
    code.
    """
    names = [*(f"tinynet.{room}" for room in DOORS), "sklearn", "scipy", "matplotlib", "tqdm",
             "pandas"]
    code = f"import sys\n{code}\nprint(*[name for name in {names} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.splitlines()[-1].split())


TRAIN = ("import tinynet as tn; net = tn.Sequential([tn.Dense(2)], 1, "
         "loss=tn.SoftmaxCrossEntropy()); "
         "net.fit([[1.0], [2.0]], [0, 1], callbacks=tn.EarlyStopping('loss')); "
         "net.predict([[1.0]]); ")


@pytest.mark.parametrize("code", [
    "import tinynet",
    TRAIN,
    TRAIN + "import copy, pickle; pickle.loads(pickle.dumps(copy.copy(net)))",
    "import tinynet; dir(tinynet); tinynet.__all__; tinynet.__version__; tinynet.one_hot([0], 2)",
], ids=["importing", "training in a pipe", "copying", "looking at names"])
def test_no_door_opens_and_nothing_heavy_is_loaded_by(code):
    assert loaded_after(code) == set()


@pytest.mark.parametrize("code, door", [
    ("import tinynet as tn; tn.register", "files"),
    ("import tinynet as tn; tn.Checkpoint", "files"),
    ("import tinynet as tn; tn.study", "study"),
    ("import tinynet as tn; tn.GradientHealth", "study"),
])
def test_a_door_opens_when_one_of_its_names_is_first_used(code, door):
    assert loaded_after(code) == {f"tinynet.{door}"}


def test_saving_and_loading_open_the_files_alone(tmp_path):
    assert loaded_after(TRAIN + f"net.save({str(tmp_path / 'net')!r})") == {"tinynet.files"}
    assert loaded_after(f"import tinynet as tn; tn.Sequential.load({str(tmp_path / 'net')!r})") == {
        "tinynet.files"}


def test_the_estimators_come_with_scikit_learn():
    assert {"tinynet.estimators",
            "sklearn"} <= loaded_after("from tinynet import NetClassifier, NetRegressor")


def test_a_name_that_does_not_exist_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'tinynet' has no attribute 'NetClasifier'"):
        tn.NetClasifier


# ---- names ----

def test_dir_has_the_public_names_and_no_others():
    assert [name for name in dir(tn) if not name.startswith("__")] == sorted(tn.__all__)


def test_the_one_module_that_users_need_by_its_name_is_study():
    assert [name for name in dir(tn) if inspect.ismodule(getattr(tn, name))
            and not name.startswith("__")] == ["study"]


def test_public_names_are_listed_once_and_exist():
    assert len(set(tn.__all__)) == len(tn.__all__)
    assert all(hasattr(tn, name) for name in tn.__all__)


def test_a_star_brings_all_public_names():
    names = {}
    exec("from tinynet import *", names)
    assert set(tn.__all__) == names.keys() - {"__builtins__"}


def test_the_version_is_that_of_the_distribution():
    assert importlib.metadata.version("tinynet-backprop") == tn.__version__


@pytest.mark.parametrize("name", tn.__all__)
def test_every_public_name_has_a_docstring(name):
    assert getattr(tn, name).__doc__


@pytest.mark.parametrize("module", MODULES)
def test_a_module_opens_with_a_plain_sentence(module):
    assert ast.get_docstring(TREES[module]).splitlines()[0].endswith((".", "?"))


@pytest.mark.parametrize("room", sorted({room_of(module) for module in MODULES if "." in module}))
def test_a_room_says_who_comes_in(room):
    assert "Come in" in ast.get_docstring(TREES[room])


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_in_docstrings_are_true(module):
    module = importlib.import_module(f"tinynet.{module}".rstrip("."))
    names = {name: getattr(tn, name) for name in tn.__all__} | {"np": np} | vars(module)
    assert doctest.testmod(module, extraglobs=names).failed == 0
