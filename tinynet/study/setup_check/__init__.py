"""Setup check: what will go wrong in a training run, said before it begins.

Come in to see by what one notices a fault in a set-up, or to teach it another one.
"""

from .before_training import preflight
from .findings import KINDS, SetupFinding

__all__ = ["KINDS", "SetupFinding", "preflight"]
