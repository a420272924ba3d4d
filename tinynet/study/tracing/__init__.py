"""Tracing: every number of a training step, and where it comes from.

Come in to see how a step is recorded and explained; the sums behind the numbers are in `formulas`.
"""

from .explanation import Explanation
from .step import Step
from .trace import Trace, trace

__all__ = ["Explanation", "Step", "Trace", "trace"]
