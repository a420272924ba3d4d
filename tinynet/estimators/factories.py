"""What the parameters of an estimator stand for: layers, a loss, an optimizer and callbacks.

e is the estimator. What is among its parameters as an object is copied, so that it stays as it was
given.
"""

import copy
import math
import re
from functools import partial
from numbers import Integral, Real

# not public, and what check_param_validation asks for
from sklearn.utils._param_validation import (
    Interval, Options, StrOptions)

from .. import losses, optimizers
from ..checks.settings import as_whole, takes_argument
from ..layers import Dense, Dropout, Layer, activations
from ..training.watchers import VALIDATION_COLUMNS
from .stopping import InverseScaling, Stopping


def find_offered(module, base):
    """name -> class, of the subclasses of base that a module exports: LeakyReLU is "leaky_relu"."""
    classes = [vars(module)[name] for name in module.__all__]
    return {make_name(cls): cls for cls in classes if issubclass(cls, base) and cls is not base}


def make_name(cls):
    """The name of a class in small letters, as in scikit-learn; a "mean_squared_error" is a
    "squared_error".
    """
    words = re.sub("(?<=[a-z])(?=[A-Z][a-z])", "_", cls.__name__)
    return words.lower().removeprefix("mean_")


def use_mean(loss):
    """What makes this loss with the mean over the outputs of a row, as in scikit-learn, if it can
    have one.
    """
    return partial(loss, mean_over="elements") if takes_argument(loss, "mean_over") else loss


ACTIVATIONS = find_offered(activations, Layer) | {"logistic": activations.Sigmoid}
del ACTIVATIONS["softmax"]  # of outputs, and the loss sees to those
CLASSES_OF_LOSSES = find_offered(losses, losses.Loss)
LOSSES = {name: use_mean(loss) for name, loss in CLASSES_OF_LOSSES.items()}
REGRESSION_LOSSES = {name: make for name, make in LOSSES.items()
                     if not CLASSES_OF_LOSSES[name].classifies}
LOSSES["cross_entropy"] = losses.SoftmaxCrossEntropy
REGRESSION_LOSSES["squared_error"] = losses.HalfSquaredError  # MLPRegressor's, summed over outputs
REGRESSION_LOSSES["half_squared_error"] = losses.HalfSquaredError
SOLVERS = find_offered(optimizers, optimizers.Optimizer)
SOLVER_ARGUMENTS = {  # of an optimizer: which parameter of the estimator it gets
    "lr": "learning_rate_init", "momentum": "momentum", "beta1": "beta_1", "beta2": "beta_2",
    "eps": "epsilon",
}
CONSTRAINTS = {
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "activation": [StrOptions({"identity", *ACTIVATIONS}), Layer],
    "solver": [StrOptions(set(SOLVERS)), optimizers.Optimizer],
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
    "loss": [StrOptions(set(LOSSES)), losses.Loss],
    "dropout": [Interval(Real, 0, 1, closed="left")],
    "layers": [list, tuple, None],
    "callbacks": [callable, list, tuple, None],
}


def make_hidden_layers(e):
    """All layers but the last Dense."""
    if e.layers is not None:
        return copy.deepcopy(list(e.layers))
    sizes = ([e.hidden_layer_sizes] if isinstance(e.hidden_layer_sizes, Integral)
             else e.hidden_layer_sizes)
    layers = []
    for units in sizes:
        layers += [Dense(as_whole("each of hidden_layer_sizes", units, at_least=1)),
                   *make_activation(e)]
        layers += [Dropout(e.dropout)] if e.dropout else []
    return layers


def make_activation(e):
    """A list of one activation, or of none."""
    if isinstance(e.activation, Layer):
        return [copy.deepcopy(e.activation)]
    return [] if e.activation == "identity" else [ACTIVATIONS[e.activation]()]


def make_loss(e):
    """The loss."""
    return e._losses[e.loss]() if isinstance(e.loss, str) else copy.deepcopy(e.loss)


def make_optimizer(e):
    """(the optimizer, callbacks that change its learning rate)"""
    if isinstance(e.solver, str):
        cls = SOLVERS[e.solver]
        settings = {name: getattr(e, parameter)
                    for name, parameter in SOLVER_ARGUMENTS.items() if takes_argument(cls, name)}
        if takes_argument(cls, "nesterov"):
            settings["nesterov"] = e.nesterovs_momentum and e.momentum > 0
        optimizer = cls(**settings)
    else:
        optimizer = copy.deepcopy(e.solver)
    if e.solver != "sgd" or e.learning_rate == "constant":
        return optimizer, []
    if callable(e.learning_rate_init):
        raise ValueError(f"learning_rate={e.learning_rate!r} changes a rate that is a number, and "
                         f"learning_rate_init is {e.learning_rate_init!r}; leave out one of them")
    return (optimizer,
            [InverseScaling(e.learning_rate_init, e.power_t)] if e.learning_rate == "invscaling"
            else [])


def copy_callbacks(e):
    """Those that the user gave; a ValueError for one that watches what there is not."""
    callbacks = copy.deepcopy([e.callbacks] if callable(e.callbacks) else list(e.callbacks or ()))
    for callback in callbacks:
        if getattr(callback, "monitor", None) in VALIDATION_COLUMNS and not e.early_stopping:
            raise ValueError(f"{callback!r} monitors rows that are held out; set "
                             "early_stopping=True, or monitor 'loss'")
    return callbacks


def make_stopping(e):
    """What ends the training, and with learning_rate="adaptive" lowers the rate before."""
    divisor = 5 if e.solver == "sgd" and e.learning_rate == "adaptive" else None
    return Stopping(e._validation_score if e.early_stopping else "loss", e.n_iter_no_change, e.tol,
                    divisor)


def draw_biases(net, rng):
    """For each Dense layer, biases on [-limit, limit], limit = √(6 / (n_in + n_out)), in the place
    of zeros.

    So MLPClassifier draws them, and with activation="logistic" on an interval √3 times narrower.
    """
    for layer in net._parts():
        if type(layer) is Dense:
            limit = math.sqrt(6 / sum(layer.W.shape))
            layer.b = rng.uniform(-limit, limit, layer.b.shape)


# The parameters of which each part of a training is made
OF_NETWORK = "hidden_layer_sizes", "activation", "dropout", "layers", "loss"
MADE_OF = {
    make_optimizer: ("solver", "learning_rate", "learning_rate_init", "power_t", "momentum",
                     "nesterovs_momentum", "beta_1",
                     "beta_2", "epsilon"),
    copy_callbacks: ("callbacks", "early_stopping"),
    make_stopping: ("early_stopping", "validation_fraction", "n_iter_no_change", "tol", "solver",
                    "learning_rate"),
}
