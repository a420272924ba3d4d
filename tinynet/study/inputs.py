"""Inputs: good numbers to check a layer or a loss with."""

import copy
from dataclasses import dataclass

import numpy as np

from ..layers.activations import sigmoid, softmax
from ..layers.arrays import copy_as_float64
from .functions import LayerFunction, LossFunction, call
from .report import Fault, name_of

# shapes of a row to be tried, of which so many are enough
SHAPES, ENOUGH = [(4,), (1,), (3, 2), (5, 4, 2), (4, 4, 1), (6,), (2,), (7, 7, 3)], 4
LONG = 16       # rows with more numbers than this are not looked at where kinks are likely,
HUGE = 10_000   # and of those with more than this only two are

# What rows may have to be made of, for normally distributed z: numbers of any sign, positive ones,
# shares, distributions, whole numbers, 0 and 1.
FAMILIES = [lambda z: z, lambda z: np.abs(z) + 0.1, sigmoid, softmax,
            lambda z: np.floor(np.abs(2 * z)), lambda z: np.floor(np.abs(2 * z)) % 2]
WORDS = ["numbers of any sign", "positive numbers", "numbers between 0 and 1", "distributions",
         "whole numbers", "0 and 1"]


@dataclass
class Batches:
    """Rows x to check a layer with.

    general   batches without kinks, as far as one can know
    special   batches of halves and whole numbers, where kinks and jumps are likely
    large     a batch of large numbers, to see what overflows in float32, or None
    other     rows for another forward pass
    note      a sentence about the numbers, or None
    """

    general: list
    special: list
    large: np.ndarray | None
    other: np.ndarray
    note: str | None = None

    @classmethod
    def of_rows(cls, x):
        """The rows that are given, and parts of them: also a single one."""
        part = x[:3] if len(x) % 2 == 0 else x[:2]  # an odd number of rows, and an even one
        return cls([x, part, x[:1]], [], None, np.roll(x, 1, axis=0))


def draw_normal(rng, shape):
    """Normally distributed numbers, without those beyond 2.5, and without equal ones."""
    x = rng.normal(size=shape)
    return np.where(np.abs(x) > 2.5, np.sign(x) * rng.uniform(1, 2.5, shape), x)


def draw_halves(rng, shape):
    """Halves and whole numbers from -3 to 3: kinks stand there, and there are ties."""
    return rng.integers(-6, 7, shape) / 2


# ---- layers ----

def is_built(layer):
    """Whether a layer names arrays, and has them."""
    names = [name in vars(part) for part in layer._parts()
             for name in (*part.param_names, *part.state_names)]
    return bool(names) and all(names)


def build(layer, input_shape, rng):
    """A built copy. Parameters that `build` makes all equal, as zeros or ones, become others, since
    a factor of 1 and a term of 0 hide mistakes.
    """
    layer = copy.deepcopy(layer)
    with layer._making_arrays(copy_as_float64):
        # a stream of its own, which the layer may keep
        call(layer, "build", "y", input_shape, np.random.default_rng(rng.integers(2 ** 32)))
    missing = [name for part in layer._parts() for name in (*part.param_names, *part.state_names)
               if name not in vars(part)]
    if missing:
        raise Fault(layer, "build", missing[0], f"does not make {', '.join(missing)}")
    for part in layer._parts():
        for name in part.param_names:
            array = getattr(part, name)
            if array.size and np.ptp(array) == 0:
                setattr(part, name, array + rng.uniform(0.1, 0.5, array.shape))
    return layer


def guess_shapes(layer):
    """Shapes of a row that a layer may take; a built one tells by its arrays."""
    if not is_built(layer):
        return SHAPES
    shapes = [np.shape(getattr(layer, name)) for name in (*layer.param_names, *layer.state_names)]
    sizes = sorted({size for shape in shapes for size in shape})
    return [shape for shape in shapes if shape] + [(size,) for size in sizes] + [
        (7, 7, size) for size in sizes] + SHAPES


def draw_batches(layer, shape, rng):
    """Batches for a built layer, of numbers that it can take; a Fault if it takes none."""
    faults = []
    for family in FAMILIES:
        x = family(draw_normal(rng, (5, *shape)))
        try:
            function = LayerFunction(layer)
            if np.isfinite(function.value(function.point(x))).all():
                break
        except Fault as fault:
            faults.append(fault)
    else:
        if faults:
            raise faults[0]
        raise Fault(layer, "forward", "y", "gives no finite y for the x that were tried; give an x")
    words = WORDS[FAMILIES.index(family)]
    note = None if family is FAMILIES[0] else f"{name_of(layer)} was checked with {words} alone"
    draw = lambda n, scale=1: family(scale * draw_normal(rng, (n, *shape)))
    if np.prod(shape) > HUGE:
        return Batches([x[:2], x[:1]], [], None, x[:2], note)
    special = [family(draw_halves(rng, (2, *shape)))] if np.prod(shape) <= LONG else []
    large = rng.permutation(np.linspace(-150, 150, 6 * np.prod(shape, dtype=int)))
    return Batches([x, draw(1), draw(3), draw(6, scale=4)], special,
                   family(large.reshape(6, *shape)), draw(5), note)


# ---- losses ----

def draw_pairs(loss, k, rng, x=None):
    """[(x, t, w, is_special)] for rows of k outputs that a loss can judge, also for those x.

    t is one-hot, which is good for most losses, or 0 and 1 for a single output; and any numbers
    besides, where the loss is one of the differences from x. Raises a Fault if it can judge none.
    """
    if x is not None:
        t, _, _ = find_pair(loss, len(x), k, rng, x)
        return pairs_of_rows(x, t, rng)
    pairs, faults = [], []
    for n in (5, 1, 3, 6):
        try:
            t, x, family = find_pair(loss, n, k, rng)
        except Fault as fault:
            faults.append(fault)
            continue
        pairs.append((x, t, rng.uniform(0.5, 2, n) if n == 6 else None, False))
        if family is FAMILIES[0]:
            y = call(loss, "predict", "y", x.copy())
            is_of_differences = not loss.classifies and np.array_equal(y, x)
            if n == 3:
                pairs += [(4 * x, t, None, False), (draw_halves(rng, (n, k)), t, None, True)]
            if n == 5 and is_of_differences:
                pairs += [(x, 2 * rng.normal(size=x.shape), None, False),
                          (draw_halves(rng, x.shape), draw_halves(rng, x.shape), None, True)]
    if not pairs:
        raise faults[0]
    return pairs


def pairs_of_rows(x, t, rng):
    """The rows that are given, and parts of them: also a single one, and all with weights."""
    return [(x, t, None, False), (x[:3], t[:3], None, False), (x[:1], t[:1], None, False),
            (x, t, rng.uniform(0.5, 2, len(x)), False)]


def find_pair(loss, n, k, rng, x=None):
    """(t, x, the family of x) of n rows that a loss can judge."""
    t = np.eye(k)[rng.integers(k, size=n)] if k > 1 else rng.integers(2, size=(n, 1)) * 1.0
    z, faults = draw_normal(rng, (n, k)), []
    for family in FAMILIES if x is None else FAMILIES[:1]:
        rows = family(z) if x is None else x
        try:
            call(loss, "check_outputs", "x", k)
            call(loss, "check", "x", rows, t)
            if np.isfinite(LossFunction(loss, t).value({"x": rows})).all():
                return t, rows, family
        except Fault as fault:
            faults.append(fault)
    of_passes = [fault for fault in faults if fault.method in ("forward", "backward")]
    raise of_passes[0] if of_passes else faults[-1] if faults else Fault(
        loss, "forward", "L", f"gives no finite L for the rows of {k} and the targets that were "
        "tried; give x and t")
