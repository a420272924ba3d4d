"""Study: tools for seeing backpropagation at work.

Come in freely: nothing here changes what a network learns.
"""

from .derivatives import central_difference, complex_step
from .gradient_health import GradientHealth

__all__ = ["GradientHealth", "central_difference", "complex_step"]
