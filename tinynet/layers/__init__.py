"""Layers: each a function and its derivative. Come in to read one, or to add one: a class and its name in __all__."""

from .layer import *
from .dense import *
from .activations import *
from .dropout import *
from .normalization import *
from .convolution import *
from .pooling import *
from .reshape import *

__all__ = [
    *layer.__all__, *dense.__all__, *activations.__all__, *dropout.__all__, *normalization.__all__,
    *convolution.__all__, *pooling.__all__, *reshape.__all__,
]
