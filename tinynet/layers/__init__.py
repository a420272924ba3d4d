"""Layers: each a function and its derivative."""

from .activations import ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh
from .convolution import Conv2D
from .dense import Dense
from .dropout import Dropout
from .layer import Layer
from .normalization import BatchNorm, LayerNorm
from .pooling import AveragePool2D, GlobalAveragePool2D, MaxPool2D
from .reshape import Flatten, Reshape

__all__ = ["AveragePool2D", "BatchNorm", "Conv2D", "Dense", "Dropout", "ELU", "Flatten", "GELU", "GlobalAveragePool2D", "Layer",
           "LayerNorm", "LeakyReLU", "MaxPool2D", "ReLU", "Reshape", "SiLU", "Sigmoid", "Softmax", "Softplus", "Tanh"]
