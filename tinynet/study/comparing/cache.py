"""The cache: what came of each run, in a file, so that an interrupted comparison goes on."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sklearn

from .code import find_own_version


@dataclass(frozen=True)
class Cache:
    """A folder with a file for each run: a line of JSON, and its checksum.

    A file's name is made of what the run depends on: the rows, the settings, the code of layers,
    losses and optimizers, also that of one's own, the versions of tinynet, NumPy and scikit-learn,
    and the weights after one epoch. So no run is taken for another one; the folder may serve many
    comparisons, and be deleted at any time. What code of one's own reads from files or from the
    clock does not show.
    """

    folder: Path

    def find_key(self, parts, net, settings):
        """The name of a run's file, of its rows, its network after one epoch and its settings."""
        versions = find_own_version(), np.__version__, sklearn.__version__
        key = hashlib.sha256(json.dumps([versions, settings]).encode())
        for a in (*parts, net.params, net.state):
            key.update(f"{a.dtype} {a.shape}".encode() + np.ascontiguousarray(a).tobytes())
        return key.hexdigest()

    def read(self, key):
        """What came of the run, or None if that is not known, or its file is damaged."""
        try:
            text, _, checksum = (self.folder / key).read_text().partition("\n")
        except (OSError, UnicodeDecodeError):
            return None
        return json.loads(text) if checksum == find_checksum(text) else None

    def write(self, key, found):
        text = json.dumps(found)
        (self.folder / key).write_text(f"{text}\n{find_checksum(text)}")


def find_checksum(text):
    return hashlib.sha256(text.encode()).hexdigest()
