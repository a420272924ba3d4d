"""Code: what functions and classes of one's own do, in words that change whenever they do."""

import functools
import hashlib
import sys
import types
from pathlib import Path

import numpy as np

LIBRARIES = {"tinynet", "numpy", "scipy", "sklearn", "joblib", *sys.stdlib_module_names}


@functools.cache
def find_own_version():
    """A checksum of tinynet's own code."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parents[2].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def describe_code(thing, seen=None):
    """A text of what a layer, a loss, an optimizer or a function is made of: settings and arrays,
    and for code that is in no library the instructions of its functions, with everything that they
    refer to by name.

    seen   {id: thing} of what is described already; it keeps them, so that no id comes twice
    """
    seen = {} if seen is None else seen
    if thing is None or isinstance(thing, (bool, int, float, complex, str, bytes)):
        return repr(thing)
    if id(thing) in seen:
        return f"<{[*seen].index(id(thing))}>"
    seen[id(thing)] = thing
    describe = functools.partial(describe_code, seen=seen)
    if isinstance(thing, (np.ndarray, np.generic)):
        return f"{thing.dtype}{np.shape(thing)}{hashlib.sha256(thing.tobytes()).hexdigest()}"
    if isinstance(thing, (list, tuple)):
        return f"[{', '.join(map(describe, thing))}]"
    if isinstance(thing, dict):
        return describe([*thing.items()])
    if isinstance(thing, (set, frozenset)):
        return describe(sorted(thing, key=repr))
    if isinstance(thing, (np.ufunc, types.ModuleType, types.BuiltinFunctionType, np.dtype)):
        return f"{type(thing).__name__} {getattr(thing, '__name__', thing)}"
    if isinstance(thing, (type, types.FunctionType)):
        if (thing.__module__ or "").partition(".")[0] in LIBRARIES:
            return f"{thing.__module__}.{thing.__qualname__}"
        if isinstance(thing, types.FunctionType):
            return describe_function(thing, describe)
        hidden = "__dict__", "__weakref__", "__doc__", "__firstlineno__"
        return describe([thing.__bases__, {name: value for name, value in vars(thing).items()
                                           if name not in hidden}])
    return f"{describe(type(thing))} {describe(list_contents(thing))}"


def list_contents(thing):
    """What an object is made of, beside its type."""
    if isinstance(thing, np.random.Generator):
        return thing.bit_generator.state
    if isinstance(thing, functools.partial):
        return [thing.func, thing.args, thing.keywords]
    if isinstance(thing, types.MethodType):
        return [thing.__self__, thing.__func__]
    if isinstance(thing, property):
        return [thing.fget, thing.fset]
    if isinstance(thing, (staticmethod, classmethod)):
        return thing.__func__
    slots = {name: getattr(thing, name) for cls in type(thing).__mro__
             for name in getattr(cls, "__slots__", ()) if hasattr(thing, name)}
    return getattr(thing, "__dict__", {}) | slots


def describe_function(function, describe):
    """The instructions of a function, and what they refer to."""
    outside = [function.__defaults__, function.__kwdefaults__,
               [cell.cell_contents for cell in function.__closure__ or ()],
               {name: function.__globals__[name] for name in list_names(function.__code__)
                if name in function.__globals__}]
    return describe([list_instructions(function.__code__), outside])


def list_instructions(code):
    """The bytes, the names and the constants of code, and of functions inside it."""
    return [code.co_code, code.co_names, [
        list_instructions(each) if isinstance(each, types.CodeType) else each
        for each in code.co_consts]]


def list_names(code):
    """All names in code, and in functions inside it."""
    inside = (each for each in code.co_consts if isinstance(each, types.CodeType))
    return [*code.co_names, *(name for each in inside for name in list_names(each))]
