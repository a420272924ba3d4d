"""Study: tools for seeing backpropagation at work.

Come in freely: nothing here changes what a network learns.
"""

from .derivatives import central_difference, complex_step
from .gradient_check import check
from .gradient_health import GradientHealth
from .report import Finding, Report
from .tracing import Explanation, SideBySide, Step, Trace, side_by_side, trace

__all__ = ["Explanation", "Finding", "GradientHealth", "Report", "SideBySide", "Step", "Trace",
           "central_difference", "check", "complex_step", "side_by_side", "trace"]
