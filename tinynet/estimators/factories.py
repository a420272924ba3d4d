"""What the parameters of an estimator stand for: layers, a loss, an optimizer and callbacks.

e is the estimator. What is among its parameters as an object is copied, so that it stays as it was given.
"""

import copy
import math
from numbers import Integral, Real

from sklearn.utils._param_validation import Interval, Options, StrOptions  # not public, and what check_param_validation asks for

from ..checks.settings import whole
from ..layers import ELU, GELU, Dense, Dropout, Layer, LeakyReLU, ReLU, Sigmoid, SiLU, Softplus, Tanh
from ..losses import HalfSquaredError, Huber, Loss, MeanAbsoluteError, MeanSquaredError, SoftmaxCrossEntropy
from ..optimizers import SGD, Adam, Optimizer, RMSprop
from .stopping import InverseScaling, Stopping

ACTIVATIONS = {"logistic": Sigmoid, "tanh": Tanh, "relu": ReLU, "leaky_relu": LeakyReLU, "elu": ELU,
               "gelu": GELU, "silu": SiLU, "softplus": Softplus}
LOSSES = {"cross_entropy": SoftmaxCrossEntropy, "squared_error": lambda: MeanSquaredError(mean_over="elements"),
          "absolute_error": lambda: MeanAbsoluteError(mean_over="elements"), "huber": lambda: Huber(mean_over="elements")}
REGRESSION_LOSSES = {name: LOSSES[name] for name in ("absolute_error", "huber")} | {"squared_error": HalfSquaredError}
SOLVERS = {
    "adam": lambda e: Adam(e.learning_rate_init, e.beta_1, e.beta_2, e.epsilon),
    "sgd": lambda e: SGD(e.learning_rate_init, e.momentum, nesterov=e.nesterovs_momentum and e.momentum > 0),
    "rmsprop": lambda e: RMSprop(e.learning_rate_init, eps=e.epsilon),
}
CONSTRAINTS = {
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "activation": [StrOptions({"identity", *ACTIVATIONS}), Layer],
    "solver": [StrOptions(set(SOLVERS)), Optimizer],
    "alpha": [Interval(Real, 0, None, closed="left")],
    "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "learning_rate": [StrOptions({"constant", "invscaling", "adaptive"})],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither"), callable],
    "power_t": [Interval(Real, 0, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [Interval(Real, 0, None, closed="left")],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [Interval(Real, 0, 1, closed="left")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="left")],
    "beta_1": [Interval(Real, 0, 1, closed="left")],
    "beta_2": [Interval(Real, 0, 1, closed="left")],
    "epsilon": [Interval(Real, 0, None, closed="neither")],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {math.inf})],
    "loss": [StrOptions(set(LOSSES)), Loss],
    "dropout": [Interval(Real, 0, 1, closed="left")],
    "layers": [list, tuple, None],
    "callbacks": [callable, list, tuple, None],
}


def hidden_layers_of(e):
    """All layers but the last Dense."""
    if e.layers is not None:
        return copy.deepcopy(list(e.layers))
    sizes = [e.hidden_layer_sizes] if isinstance(e.hidden_layer_sizes, Integral) else e.hidden_layer_sizes
    layers = []
    for units in sizes:
        layers += [Dense(whole("each of hidden_layer_sizes", units, at_least=1)), *activation_of(e)]
        layers += [Dropout(e.dropout)] if e.dropout else []
    return layers


def activation_of(e):
    """A list of one activation, or of none."""
    if isinstance(e.activation, Layer):
        return [copy.deepcopy(e.activation)]
    return [] if e.activation == "identity" else [ACTIVATIONS[e.activation]()]


def loss_of(e):
    """The loss."""
    return e._losses[e.loss]() if isinstance(e.loss, str) else copy.deepcopy(e.loss)


def optimizer_of(e):
    """(the optimizer, callbacks that change its learning rate)"""
    optimizer = SOLVERS[e.solver](e) if isinstance(e.solver, str) else copy.deepcopy(e.solver)
    if e.solver != "sgd" or e.learning_rate == "constant":
        return optimizer, []
    if callable(e.learning_rate_init):
        raise ValueError(f"learning_rate={e.learning_rate!r} changes a rate that is a number, and learning_rate_init is "
                         f"{e.learning_rate_init!r}; leave out one of them")
    return optimizer, [InverseScaling(e.learning_rate_init, e.power_t)] if e.learning_rate == "invscaling" else []


def callbacks_of(e):
    """Those that the user gave; a ValueError for one that watches what there is not."""
    callbacks = copy.deepcopy([e.callbacks] if callable(e.callbacks) else list(e.callbacks or ()))
    for callback in callbacks:
        if str(getattr(callback, "monitor", "")).startswith("val_") and not e.early_stopping:
            raise ValueError(f"{callback!r} monitors rows that are held out; set early_stopping=True, or monitor 'loss'")
    return callbacks


def stopping_of(e):
    """What ends the training, and with learning_rate="adaptive" lowers the rate before."""
    divisor = 5 if e.solver == "sgd" and e.learning_rate == "adaptive" else None
    return Stopping(e._validation_score if e.early_stopping else "loss", e.n_iter_no_change, e.tol, divisor)


def draw_biases(net, rng):
    """For each Dense layer, biases on [-limit, limit], limit = √(6 / (n_in + n_out)), in the place of zeros.

    So MLPClassifier draws them, and with activation="logistic" on an interval √3 times narrower.
    """
    for layer in net._parts():
        if type(layer) is Dense:
            limit = math.sqrt(6 / sum(layer.W.shape))
            layer.b = rng.uniform(-limit, limit, layer.b.shape)


# The parameters of which each part of a training is made
OF_NETWORK = "hidden_layer_sizes", "activation", "dropout", "layers", "loss"
MADE_OF = {
    optimizer_of: ("solver", "learning_rate", "learning_rate_init", "power_t", "momentum", "nesterovs_momentum", "beta_1",
                   "beta_2", "epsilon"),
    callbacks_of: ("callbacks", "early_stopping"),
    stopping_of: ("early_stopping", "validation_fraction", "n_iter_no_change", "tol", "solver", "learning_rate"),
}
