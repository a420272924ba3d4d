"""Formulas: the sum behind each number of a training step."""

from .base import Cells
from .batch import OfBatch
from .gradient import OfGradient, with_penalty
from .images import OF_IMAGES
from .layers import OF_BASIC_LAYERS
from .losses import OF_LOSSES
from .normalization import OF_NORMALIZATION
from .optimizers import OF_OPTIMIZERS, OfOptimizer
from .own import OfOwnLayer, OfOwnLoss
from .softmax import OF_SOFTMAX

OF_LAYERS = OF_BASIC_LAYERS | OF_SOFTMAX | OF_NORMALIZATION | OF_IMAGES

__all__ = ["Cells", "OF_LAYERS", "OF_LOSSES", "OF_OPTIMIZERS", "OfBatch", "OfGradient",
           "OfOptimizer", "OfOwnLayer", "OfOwnLoss", "with_penalty"]
