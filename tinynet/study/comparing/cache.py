"""The cache: what came of each run, in a file, so that an interrupted comparison goes on."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Cache:
    """A folder with a file for each run: a line of JSON, and its checksum.

    A file's name is made of all that the run depends on: the rows, the settings, and the weights
    after its first epoch. So no run is taken for another one, and no file is out of date; the
    folder may serve many comparisons, and be deleted at any time.
    """

    folder: Path

    def find_key(self, parts, net, settings):
        """The name of a run's file, of its rows, its network after one epoch and its settings."""
        key = hashlib.sha256(json.dumps([np.__version__, *settings]).encode())
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
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(found)
        (self.folder / key).write_text(f"{text}\n{find_checksum(text)}")


def find_checksum(text):
    return hashlib.sha256(text.encode()).hexdigest()
