"""Formulas: the sum behind each number of a training step.

Come in to see what a layer, a loss or an optimizer does, entry by entry.
"""

from .base import Cells
from .images import OF_IMAGES
from .layers import OF_LAYERS
from .losses import OF_LOSSES, OfBatch
from .normalization import OF_NORMALIZATION
from .optimizers import OF_OPTIMIZERS, OfGradient, OfOptimizer, find_gradient
from .own import OfOwnLayer, OfOwnLoss

OF_ALL_LAYERS = OF_LAYERS | OF_NORMALIZATION | OF_IMAGES

__all__ = ["Cells", "OF_ALL_LAYERS", "OF_LOSSES", "OF_OPTIMIZERS", "OfBatch", "OfGradient",
           "OfOptimizer", "OfOwnLayer", "OfOwnLoss", "find_gradient"]
