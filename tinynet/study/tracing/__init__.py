"""Tracing: every number of a training step, and where it comes from."""

from .explanation import Explanation
from .side_by_side import SideBySide, side_by_side
from .step import Step
from .trace import Trace, trace

__all__ = ["Explanation", "SideBySide", "Step", "Trace", "side_by_side", "trace"]
