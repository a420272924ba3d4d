"""tinynet: neural networks from scratch, to be read and to be used.

What can be used stands in the __all__ of each module, and nowhere else: a layer, loss, optimizer,
schedule or initializer whose name is there is exported here, can be saved in model files, and is
offered to the estimators.
"""

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

__version__ = "0.2.0.dev0"

if TYPE_CHECKING:
    from . import study as study
    from .estimators import NetClassifier as NetClassifier
    from .estimators import NetRegressor as NetRegressor
    from .files import Checkpoint as Checkpoint
    from .files import register as register
    from .study import GradientHealth as GradientHealth
else:  # type checkers take the stars as they are, and cannot add up lists
    BEHIND_DOORS = {  # name -> the room that is loaded when it is first used
        "NetClassifier": "estimators", "NetRegressor": "estimators",
        "Checkpoint": "files", "register": "files",
        "GradientHealth": "study", "study": "study",
    }

    __all__ = (
        sequential.__all__ + layers.__all__ + losses.__all__ + optimizers.__all__
        + schedules.__all__ + initializers.__all__ + checks.targets.__all__
        + training.callbacks.__all__ + training.history.__all__ + training.plots.__all__
        + errors.__all__ + list(BEHIND_DOORS)
    )

    def __getattr__(name):
        if name not in BEHIND_DOORS:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module
        room = import_module(f".{BEHIND_DOORS[name]}", __name__)
        globals()[name] = value = room if name == BEHIND_DOORS[name] else getattr(room, name)
        return value

    def __dir__():
        return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])
