"""tinynet: neural networks from scratch, to be read and to be used."""

from .training.callbacks import EarlyStopping, ReduceOnPlateau
from .files.checkpoint import Checkpoint
from .errors import DivergenceError, ModelFileError
from .study.gradient_health import GradientHealth
from .training.history import History
from .initializers import (glorot_normal, glorot_uniform, he_normal, he_uniform, lecun_normal, lecun_uniform, zeros)
from .layers import (ELU, GELU, AveragePool2D, BatchNorm, Conv2D, Dense, Dropout, Flatten, GlobalAveragePool2D, Layer,
                     LayerNorm, LeakyReLU, MaxPool2D, ReLU, Reshape, Sigmoid, SiLU, Softmax, Softplus, Tanh)
from .losses import (BinaryCrossEntropy, CrossEntropy, HalfSquaredError, Huber, Loss, MeanAbsoluteError, MeanSquaredError,
                     SigmoidCrossEntropy, SoftmaxCrossEntropy)
from .optimizers import SGD, Adam, AdamW, Optimizer, RMSprop
from .training.plots import HistoryDisplay
from .files.registry import register
from .schedules import CosineDecay, ExponentialDecay, OneCycle, StepDecay, Warmup
from .sequential import Sequential

__all__ = [
    "Sequential", "History", "HistoryDisplay", "DivergenceError", "ModelFileError", "register",
    "Layer", "Dense", "ReLU", "LeakyReLU", "ELU", "GELU", "SiLU", "Softplus", "Sigmoid", "Tanh", "Softmax",
    "Dropout", "BatchNorm", "LayerNorm",
    "Conv2D", "MaxPool2D", "AveragePool2D", "GlobalAveragePool2D", "Flatten", "Reshape",
    "Loss", "MeanSquaredError", "HalfSquaredError", "MeanAbsoluteError", "Huber",
    "CrossEntropy", "SoftmaxCrossEntropy", "BinaryCrossEntropy", "SigmoidCrossEntropy",
    "EarlyStopping", "ReduceOnPlateau", "Checkpoint", "GradientHealth",
    "Optimizer", "SGD", "RMSprop", "Adam", "AdamW",
    "StepDecay", "ExponentialDecay", "CosineDecay", "Warmup", "OneCycle",
    "zeros", "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal",
]


def __getattr__(name):
    if name in ("NetClassifier", "NetRegressor"):  # they load scikit-learn, which takes a second
        from . import estimators
        return getattr(estimators, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return [*globals(), "NetClassifier", "NetRegressor"]
