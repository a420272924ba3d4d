"""Layers: each a function and its derivative."""

from .activations import ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh
from .dense import Dense
from .dropout import Dropout
from .layer import Layer
from .normalization import BatchNorm, LayerNorm

__all__ = ["BatchNorm", "Dense", "Dropout", "ELU", "GELU", "Layer", "LayerNorm", "LeakyReLU", "ReLU", "SiLU", "Sigmoid",
           "Softmax", "Softplus", "Tanh"]
