"""Laws: what layers and losses keep beside the derivative.

Each is a function of a Try that yields the Findings where it is broken.
"""

import numpy as np

from .functions import copy_of
from .report import Fault, gradient_name, make_finding

EPS32 = np.finfo(np.float32).eps
ROUNDING32 = 1e3 * EPS32    # of a gradient in float32: that of some hundred operations
SENSITIVE = 30              # how much more than one rounding of the numbers may change it
LARGEST = np.finfo(np.float32).max


def find_broken_laws(a_try, other_x, rng, is_new=True):
    """The findings of all laws; of a try that gives the same as one before, those about what is
    remembered. other_x are rows for another forward pass.
    """
    findings = []
    if is_new:
        findings += check_what_is_written(a_try)
    if is_new and not any(finding.mistake == "uses-changed-weights" for finding in findings):
        findings += check_that_gradients_are_overwritten(a_try, rng)
    if not any(finding.mistake in ("uses-changed-weights", "accumulates") for finding in findings):
        findings += check_that_nothing_is_remembered(a_try, other_x)
    return findings


def check_that_it_repeats_itself(a_try):
    """forward gives the same again from the same state, that of its random stream included."""
    function = a_try.function
    y = function.value(a_try.point)
    if not is_same(y, a_try.y):
        yield make_finding(function.thing, "forward", "y", "unknown", "gives a different y when it "
                           "runs again from the same state; draw random numbers from self.rng")


def check_what_is_written(a_try):
    """Nothing that the caller owns is written, and parameters are changed by optimizers alone."""
    function, twin = a_try.function, a_try.function.copy_at(a_try.point)
    params, state = {}, {}
    for prefix, part in function.parts(twin):
        params |= {prefix + name: getattr(part, name) for name in part.param_names}
        state |= {prefix + name: getattr(part, name) for name in part.state_names}

    given = function.arguments(a_try.x)
    (_, cache), changed = watch(given | params | state, lambda: function.forward_with(twin, given))
    for name in changed:
        if name in state and not function.training:
            yield make_finding(
                function.thing, "forward", name, "unknown", f"changes {name} at inference; with "
                "training=False it may write nothing, so that threads can predict at once")
    yield from _judge_changes(function, "forward", changed, given, params)

    given = {"y": cache} | given if function.gives_L else (
        {"dy": a_try.dy.copy()} | given | {"cache": cache})
    _, changed = watch(given | params | state, lambda: function.backward_with(twin, given, cache))
    if "cache" in changed:  # which may hold x and y
        changed = [name for name in changed if name not in ("x", "y")]
    yield from _judge_changes(function, function.owner_of("W")[1], changed, given, params)


def watch(arrays, call):
    """(what the call returns, the names of the arrays that it changes)"""
    before = {name: freeze(value) for name, value in arrays.items()}
    result = call()
    return result, [name for name, value in arrays.items() if freeze(value) != before[name]]


def _judge_changes(function, method, changed, given, params):
    """The findings about what a pass has changed of what it was given, and of the parameters."""
    for name in changed:
        if name in params:
            yield make_finding(
                function.thing, method, name, "uses-changed-weights", f"changes "
                f"{name.rpartition('.')[2]}; only the optimizer changes parameters, after the pass")
        elif name in given:
            yield make_finding(function.thing, method, name, "writes-argument",
                               f"writes into {name}, which belongs to the caller; work on a copy")


def check_that_gradients_are_overwritten(a_try, rng):
    """backward writes dW over what was there."""
    before = {name: rng.normal(size=array.shape) for name, array in a_try.point.items()
              if name != "x"}
    if not before:
        return
    gradients = a_try.function.gradients(a_try.point, a_try.dy, before)
    for name, old in before.items():
        if is_same(gradients[name], a_try.found[name]):
            continue
        dW = "d" + name.rpartition(".")[2]
        part, method = a_try.function.owner_of(name)
        if np.array_equal(gradients[name], old):
            yield make_finding(part, method, gradient_name(name), "zero", f"never writes {dW}: "
                               f"self.{dW} = ...")
        else:
            yield make_finding(part, method, gradient_name(name), "accumulates", f"adds to what "
                               f"{dW} held, or leaves a part of it; overwrite it: self.{dW} = ...",
                               **largest_difference(gradients[name], a_try.found[name]))


def check_that_nothing_is_remembered(a_try, other_x):
    """What backward makes of a cache depends on no other pass."""
    function, dy = a_try.function, a_try.dy
    twin, _, cache = function.forward(a_try.point, function.copy_at(a_try.point))
    first = function.backward(twin, dy, copy_of(cache))

    def again():
        return function.backward(twin, dy, copy_of(cache))

    def after_another():
        function.forward(a_try.point | {"x": other_x}, twin)
        return function.backward(twin, dy, cache)

    for words, run in {"a second pass with the same cache": again,
                       "another forward pass": after_another}.items():
        advice = "return what it needs as the cache, and keep nothing of a batch on self"
        try:
            later = run()
        except Fault as fault:
            yield make_finding(function.thing, "backward", "dx", "forgets-cache",
                               f"fails after {words}: {fault}; {advice}")
            return
        for name in first:
            if not is_same(first[name], later[name]):
                is_sum = run is again and is_same(2 * first[name], later[name])
                dx = gradient_name(name)
                yield make_finding(
                    function.thing, "backward", dx, "accumulates" if is_sum else "forgets-cache",
                    f"gives a different {dx} after {words}; {advice}",
                    **largest_difference(later[name], first[name]))
                return


def check_float32(a_try, rng, notes, only_finite=False):
    """In float32, y and the gradients are those in float64 within the rounding of float32; with
    only_finite, at least they are finite. What becomes float64 is noted.
    """
    function = a_try.function
    # random numbers may be others in another dtype
    only_finite = only_finite or any(isinstance(value, np.random.Generator)
                                     for _, part in function.parts()
                                     for value in vars(part).values())
    point, dy = ({name: array.astype(np.float32) for name, array in a_try.point.items()},
                 a_try.dy.astype(np.float32))
    rounded = {name: array.astype(float) for name, array in point.items()}

    def run(point, dy):
        y, gradients = function.run(point, dy)
        return {"y": y} | gradients

    results, expected = run(point, dy), run(rounded, dy.astype(float))
    wide = [name for name in ("y", "x") if results[name].dtype == np.float64]
    if wide and not function.gives_L:
        notes.append(f"{type(function.thing).__name__} gives {'dx' if wide == ['x'] else 'y'} of "
                     "float64 for an x of float32, and a network of float32 refuses that; make "
                     "arrays of x.dtype")
    if not np.isfinite(results["y"]).all():
        return  # a forward pass that overflows is no mistake of the way back
    moved = None
    for name, value in results.items():
        right = expected[name]
        off = ~np.isfinite(value)
        if not only_finite:
            size = np.abs(right).max(initial=0) + np.abs(dy).max()
            off |= np.abs(value - right) > ROUNDING32 * size
        off &= np.abs(right) < LARGEST
        if off.any() and name == "y":
            return  # forward itself has no more digits
        if off.any() and not only_finite and np.isfinite(value).all():
            if moved is None:  # what the function itself makes of such a rounding
                moved = [run({name: array * (1 + EPS32 * rng.choice([-1, 1], array.shape))
                              for name, array in rounded.items()}, dy * (1 + EPS32))
                         for _ in range(8)]
            changes = [np.abs(other[name] - right) for other in moved]
            off &= np.abs(value - right) > SENSITIVE * np.max(changes, axis=0)
        if off.any():
            part, method = function.owner_of(name)
            array = gradient_name(name)
            why = "by more than rounding" if np.isfinite(value[off]).all() else (
                "since a number overflows")
            yield make_finding(part, method, array, "float32", f"gives a different "
                               f"{array} in float32 than in float64, {why}; find another form of "
                               "the formula",
                               **largest_difference(np.where(off, value, right), right))
            return


# ---- what laws compare ----

def is_same(a, b):
    """Whether two arrays are equal but for the last digits."""
    if a.shape != b.shape:
        return False
    size = np.abs(a[np.isfinite(a)]).max(initial=0)
    return bool(((np.abs(a - b) <= 1e-11 * size) | (a == b) | np.isnan(a) & np.isnan(b)).all())


def freeze(value, depth=8):
    """What stands in arrays, also in those inside tuples, lists and dictionaries."""
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if isinstance(value, dict) and depth:
        return {key: freeze(part, depth - 1) for key, part in value.items()}
    if isinstance(value, (tuple, list)) and depth:
        return [freeze(part, depth - 1) for part in value]
    return None


def largest_difference(found, expected):
    """The place of the largest difference, and both numbers, for a Finding."""
    if found.shape != expected.shape:
        return {}
    off = np.abs(found - expected)
    place = np.unravel_index(np.where(np.isnan(off), np.inf, off).argmax(), off.shape)
    return {"expected": float(expected[place]), "found": float(found[place]),
            "place": tuple(map(int, place))}
