"""Tracing: every number of a training step, and where it comes from."""

from .explanation import Explanation
from .step import Step
from .trace import Trace, trace

__all__ = ["Explanation", "Step", "Trace", "trace"]
