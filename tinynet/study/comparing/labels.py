"""Labels: where the names of curves fit beside them. All lengths are inches."""

from itertools import product
from typing import NamedTuple

import numpy as np

GAP = 0.022   # between a name and its own curve


class Box(NamedTuple):
    """A rectangle."""

    left: float
    right: float
    low: float
    high: float

    def is_inside(self, width, height):
        return 0 <= self.left and self.right <= width and 0 <= self.low and self.high <= height

    def overlaps(self, other):
        return (self.left < other.right and other.left < self.right
                and self.low < other.high and other.low < self.high)

    def distance_to(self, x, y):
        """How far the curve is above or below it; 0 if it crosses it, infinite if it is beside."""
        y = y[(self.left <= x) & (x <= self.right)]
        return np.maximum(np.maximum(self.low - y, y - self.high), 0).min(initial=np.inf)


def place_names(x, curves, sizes, width, height, taken=()):
    """{name: (x, y) of its middle} in a panel of this width and height: above or below its curve,
    where the other curves are furthest away. A name that does not fit anywhere is left out.

    x        (n,) where the points of all curves are
    curves   {name: y (n,)}
    sizes    {name: (width, height)}
    taken    Boxes in which something else stands
    """
    found, taken = {}, [*taken]
    for name, y in curves.items():
        others = [other for each, other in curves.items() if each != name]
        boxes = [box for at, side in product(range(len(x)), ("above", "below"))
                 if (box := make_box(x, y, at, side, *sizes[name])).is_inside(width, height)
                 and not any(map(box.overlaps, taken))]
        rooms = [min((box.distance_to(x, other) for other in others), default=1) for box in boxes]
        if max(rooms, default=0) > 2 * GAP:
            box = boxes[int(np.argmax(rooms))]
            taken.append(box)
            found[name] = (box.left + box.right) / 2, (box.low + box.high) / 2
    return found


def make_box(x, y, at, side, width, height):
    """The place above or below a point of a curve that is clear of the curve."""
    left, right = x[at] - width / 2, x[at] + width / 2
    near = y[(left <= x) & (x <= right)]
    low = near.max() + GAP if side == "above" else near.min() - GAP - height
    return Box(left, right, low, low + height)
