"""Layers: each a function and its derivative.

Come in to read one, or to add one: a class, and its name in the __all__ of its module.
"""

from typing import TYPE_CHECKING

from .layer import *
from .dense import *
from .activations import *
from .dropout import *
from .normalization import *
from .convolution import *
from .pooling import *
from .reshape import *

if not TYPE_CHECKING:  # type checkers take the stars as they are, and cannot add up lists
    __all__ = (
        layer.__all__ + dense.__all__ + activations.__all__ + dropout.__all__
        + normalization.__all__ + convolution.__all__ + pooling.__all__ + reshape.__all__
    )
