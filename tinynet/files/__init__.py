"""Files: save, load, go on.

Come in with care: what is written here must load to the bit, and what is read may be hostile.
"""

from .checkpoint import Checkpoint
from .registry import register

__all__ = ["Checkpoint", "register"]
