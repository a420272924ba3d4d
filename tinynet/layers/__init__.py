"""Layers: each a function and its derivative."""

from .activations import ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh
from .dense import Dense
from .layer import Layer

__all__ = ["Dense", "ELU", "GELU", "Layer", "LeakyReLU", "ReLU", "SiLU", "Sigmoid", "Softmax", "Softplus", "Tanh"]
