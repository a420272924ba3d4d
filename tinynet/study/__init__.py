"""Study: tools for seeing backpropagation at work.

Come in freely: nothing here changes what a network learns.
"""

from typing import TYPE_CHECKING

from .derivatives import central_difference, complex_step
from .gradient_check import check
from .gradient_health import GradientHealth
from .report import Finding, Report
from .setup_check import SetupFinding, preflight
from .tracing import Explanation, SideBySide, Step, Trace, side_by_side, trace

if TYPE_CHECKING:
    from .comparing import Comparison as Comparison
    from .comparing import Verdict as Verdict
    from .comparing import compare as compare

__all__ = ["Comparison", "Explanation", "Finding", "GradientHealth", "Report", "SetupFinding",
           "SideBySide", "Step", "Trace", "Verdict", "central_difference", "check", "compare",
           "complex_step", "preflight", "side_by_side", "trace"]


def __getattr__(name):
    """compare and what belongs to it come when first used, with scikit-learn."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import comparing
    return getattr(comparing, name)


def __dir__():
    return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])
