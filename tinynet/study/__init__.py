"""Study: tools for seeing backpropagation at work.

Come in freely: nothing here changes what a network learns.
"""

from .derivatives import central_difference, complex_step
from .gradient_check import check
from .gradient_health import GradientHealth
from .report import Finding, Report

__all__ = ["Finding", "GradientHealth", "Report", "central_difference", "check", "complex_step"]
