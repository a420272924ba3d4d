"""Comparing: which of several ways to train is better, and is that more than luck?

Come in to see what is kept the same for all, how rates are chosen, and how verdicts are made.
"""

from .compare import compare
from .comparison import Comparison
from .judging import Verdict

__all__ = ["Comparison", "Verdict", "compare"]
