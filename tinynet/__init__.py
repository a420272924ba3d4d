"""tinynet: neural networks from scratch, to be read and to be used.

What can be used stands in the __all__ of each module, and nowhere else: a layer, loss, optimizer, schedule or
initializer whose name is there is exported here, can be saved in model files, and the estimators take it by name.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from .errors import *
from .initializers import *
from .layers import *
from .losses import *
from .optimizers import *
from .schedules import *
from .sequential import *
from .checks.targets import *
from .training.callbacks import *
from .training.history import *
from .training.plots import *

if TYPE_CHECKING:
    from . import study
    from .estimators import NetClassifier, NetRegressor
    from .files import Checkpoint, register
    from .study import GradientHealth

__version__ = "0.1.0"

BEHIND_DOORS = {  # what is loaded when it is first used: scikit-learn takes a second, and files a few milliseconds
    "NetClassifier": ".estimators", "NetRegressor": ".estimators",
    "Checkpoint": ".files", "register": ".files",
    "GradientHealth": ".study", "study": ".study",
}

__all__ = [
    *sequential.__all__, *layers.__all__, *losses.__all__, *optimizers.__all__, *schedules.__all__,
    *initializers.__all__, *checks.targets.__all__, *training.callbacks.__all__, *training.history.__all__,
    *training.plots.__all__, *errors.__all__, *BEHIND_DOORS,
]


def __getattr__(name):
    if name not in BEHIND_DOORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = import_module(BEHIND_DOORS[name], __name__)
    globals()[name] = value = room if name == "study" else getattr(room, name)
    return value


def __dir__():
    return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])
