"""Format: the bytes of a model file, named arrays and a configuration.

It is written so that nothing is lost, and read as if an enemy had written it.

    8 bytes   length of the header, little-endian
    header    JSON: name -> {"dtype", "shape", "data_offsets"}, and
              "__metadata__": {"format": "tinynet", "version": "2", "config": JSON text}
    data      the arrays, little-endian, in C order, from 0 to the end of the file without gaps;
              the last one, "_sha256" (U8, 32 bytes), is the SHA-256 of every byte before it

A strict subset of the safetensors format, whose readers find the arrays. docs/model-files.md has
every detail.
"""

import errno
import hashlib
import json
import math
import os
import shutil
import stat
from typing import NamedTuple

import numpy as np

from ..errors import ModelFileError
from .replacement import replace, temporary_file

DTYPES = {"F64": np.dtype("<f8"), "I64": np.dtype("<i8"), "F32": np.dtype("<f4"),
          "U8": np.dtype("u1"), "BOOL": np.dtype("?")}
DIGEST = "_sha256"
VERSION = "2"
MOST_BYTES = 2**32         # of a file
MOST_HEADER_BYTES = 2**19
# objects, lists, and what stands in them: parsed, each takes many times its bytes
MOST_HEADER_ITEMS = 2**15
MOST_OBJECTS = 2**13       # of them objects, of which some become layers
# characters of texts that cannot be printed as they are: in messages they take many times their
# bytes
MOST_UNPRINTABLE = 1000


# ---- writing ----

def write(path, config, arrays):
    """Write a file with this configuration and these arrays, by name. The file that was there stays
    whole until then.
    """
    given = os.fsdecode(path)
    path = os.path.realpath(given)  # what a link leads to, not the link
    folder = os.path.dirname(path)
    arrays = {name: np.asarray(arrays[name], order="C")
              for name in sorted(arrays, key=lambda name: -arrays[name].itemsize)}
    header = make_header(config, arrays)
    try:
        if os.path.exists(path) and not os.path.isdir(path) and not (os.path.isfile(path)
                                                                     and os.access(path, os.W_OK)):
            raise PermissionError(errno.EACCES,
                                  "what is there may not be written over, or is not a regular file")
        if not os.path.isdir(folder):
            raise FileNotFoundError(errno.ENOENT, f"there is no folder {folder!r}; make it first")
        with temporary_file(path) as file:
            if os.path.exists(path):
                shutil.copymode(path, file.name)
            digest = hashlib.sha256()
            for part in len(header).to_bytes(8, "little"), header, *arrays.values():
                # a copy: a training in another thread could change an array before its digest
                part = as_bytes(part)
                file.write(part)
                digest.update(part)
            file.write(digest.digest())
            replace(path, file)
    except OSError as error:
        raise OSError(error.errno, error.strerror, given) from error


def make_header(config, arrays):
    """The header's bytes; a ValueError if there is more in it than a file can take."""
    header = {"__metadata__": {"format": "tinynet", "version": VERSION,
                               "config": json.dumps(config, allow_nan=False)}}
    names = {dtype: name for name, dtype in DTYPES.items()}
    start = 0
    for name, place in find_places({**arrays, DIGEST: np.empty(32, np.uint8)}).items():
        stop = start + math.prod(place.shape) * place.dtype.itemsize
        header[name] = {"dtype": names[place.dtype], "shape": place.shape,
                        "data_offsets": [start, stop]}
        start = stop
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    items = count_items(text.decode())
    if len(text) > MOST_HEADER_BYTES or items > MOST_HEADER_ITEMS or 8 + len(
            text) + start > MOST_BYTES:
        raise ValueError("this network is too large for a model file: that would have "
                         f"{8 + len(text) + start} bytes, of at most {MOST_BYTES}, and a header of "
                         f"{len(text)}, of at most {MOST_HEADER_BYTES}, with {items} items, of at "
                         f"most {MOST_HEADER_ITEMS}")
    return text


def as_bytes(part):
    """The bytes of an array as they stand in a file, little-endian; bytes as they are."""
    return (part if isinstance(part, bytes)
            else part.astype(part.dtype.newbyteorder("<"), copy=False).tobytes())


# ---- reading ----

class Place(NamedTuple):
    """Where an array stands in a file, and what it is."""

    dtype: np.dtype
    shape: tuple
    start: int


def find_places(arrays):
    """name -> Place, but for the start, of arrays that are not in a file; a ValueError for one that
    cannot be.
    """
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise ValueError(f"{name} is {array!r:.100}, and a model file holds an array there")
    dtypes = {name: array.dtype.newbyteorder("<") for name, array in arrays.items()}
    for name, dtype in dtypes.items():
        if dtype not in DTYPES.values():
            raise ValueError(f"the array {name} has the dtype {dtype}, and a model file holds "
                             f"{', '.join(str(known) for known in DTYPES.values())}")
    return {name: Place(dtypes[name], array.shape, 0) for name, array in arrays.items()}


class ModelFile:
    """An open model file, in which everything has been checked but what the configuration says.

        with ModelFile(path) as file:
            file.config                       # parsed
            file.places                       # name -> Place, of every array
            file.read_into(name, array)

    Raises ModelFileError if a single bit is not as it was written, and OSError if the file cannot
    be read.
    """

    def __init__(self, path):
        self.path = os.fspath(path)

    def __enter__(self):
        # without O_NONBLOCK, to open a pipe would mean to wait for somebody who writes into it
        self.file = open(self.path, "rb", opener=lambda path,
                         flags: os.open(path, flags | getattr(os, "O_NONBLOCK", 0)))
        try:
            self.size = self.check_size()
            self.check_digest()
            self.config, self.places = self.read_header()
        except ModelFileError as error:
            self.file.close()
            raise ModelFileError(f"{self.path!r} is no model file that can be loaded: "
                                 f"{make_printable(str(error)[:500])}") from None
        except BaseException:
            self.file.close()
            raise
        return self

    def __exit__(self, *error):
        self.file.close()

    def check_size(self):
        status = os.fstat(self.file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ModelFileError("it is not a regular file")
        if not 8 + 2 + 32 <= status.st_size <= MOST_BYTES:
            raise ModelFileError(f"it has {status.st_size} bytes, and a model file has from "
                                 f"{8 + 2 + 32} to {MOST_BYTES}")
        return status.st_size

    def check_digest(self):
        digest, buffer, left = hashlib.sha256(), memoryview(bytearray(2**20)), self.size - 32
        while left:
            got = self.file.readinto(buffer[:min(left, len(buffer))])
            if not got:
                raise ModelFileError("it became shorter while it was read")
            digest.update(buffer[:got])
            left -= got
        if self.file.read(32) != digest.digest():
            raise ModelFileError("its last 32 bytes are not the SHA-256 of those before, so it "
                                 "was damaged (take another copy), or was never one (weights of "
                                 "other programs come in by load_state_dict)")

    def read_header(self):
        """The configuration, and the place of each array."""
        self.file.seek(0)
        length = int.from_bytes(self.file.read(8), "little")
        if not 2 <= length <= min(self.size - 8 - 32, MOST_HEADER_BYTES):
            raise ModelFileError(f"it says that its header has {length} bytes, of {self.size} in "
                                 f"all, and at most {MOST_HEADER_BYTES}")
        header = self.file.read(length)
        if not header.startswith(b"{"):
            raise ModelFileError("its header is not a JSON object")
        try:
            entries = parse(header.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise ModelFileError(f"its header is not UTF-8: {error}") from None
        match entries.pop("__metadata__", None):
            case {"format": "tinynet", "version": "2", "config": str(config),
                  **others} if not others:
                pass
            case {"format": "tinynet", "version": "1"}:
                raise ModelFileError("it has version '1' of the format, in which the vectors of "
                                     "Adam are not those of the published formulas. Load it with "
                                     "tinynet 0.1 and take over the weights: np.savez(path, "
                                     "**net.state_dict()) there, "
                                     "net.load_state_dict(np.load(path)) here")
            case {"format": "tinynet", "version": str(version)} if version != VERSION:
                raise ModelFileError(f"it has version {version!r} of the format, and this tinynet "
                                     f"reads version {VERSION!r}")
            case _:
                raise ModelFileError("its metadata are not those of tinynet")
        return parse(config), self.check_places(entries, first=8 + length)

    def check_places(self, entries, first):
        """Where each array stands: they follow each other without gaps, from the header to the end
        of the file.
        """
        places = {name: as_place(name, entry, first) for name, entry in entries.items()}
        end = first
        for name, place in sorted(places.items(),
                                  key=lambda item: (item[1].start, math.prod(item[1].shape))):
            if place.start != end:
                raise ModelFileError(f"{name!r} does not begin where the array before it ends")
            end += math.prod(place.shape) * place.dtype.itemsize
        if end != self.size:
            raise ModelFileError("its arrays do not end where the file ends")
        if places.pop(DIGEST, None) != Place(DTYPES["U8"], (32,), self.size - 32):
            raise ModelFileError(f"its last array is not {DIGEST!r}")
        return places

    def read_into(self, name, array):
        """Fill an array of the same shape and dtype, contiguous, with the one in the file."""
        self.file.seek(self.places[name].start)
        raw = array.reshape(-1).view(np.uint8)
        if self.file.readinto(raw) != raw.size:
            raise ModelFileError(f"{self.path!r} became shorter while it was read")
        if array.dtype.newbyteorder("<") != array.dtype:
            array.byteswap(inplace=True)


def as_place(name, entry, first):
    """The Place of an array, from what the header says of it."""
    match entry:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [start, stop],
              **others} if not others:
            pass
        case _:
            raise ModelFileError(f"{name!r} is described by {entry!r:.100}")
    if dtype not in DTYPES:
        raise ModelFileError(f"{name!r} has the unknown dtype {dtype!r:.100}")
    if not all(type(number) is int and number >= 0 for number in (*shape, start, stop)):
        raise ModelFileError(f"{name!r} has a shape or an offset that is not a whole number of at "
                             "least 0")
    if len(shape) > 32 or math.prod(shape) * DTYPES[dtype].itemsize != stop - start:
        raise ModelFileError(f"{name!r} has the shape {shape!r:.100}, and {stop - start} bytes")
    return Place(DTYPES[dtype], tuple(shape), first + start)


def count_items(text):
    """How many objects, lists and things in them there are in JSON text, or a few more."""
    return sum(map(text.count, "[{,:"))


def parse(text):
    """What JSON text says; a ModelFileError for text that two readers might take for two things, or
    that would take long, or much memory, to parse or to speak of.
    """
    if count_items(text) > MOST_HEADER_ITEMS or text.count("{") > MOST_OBJECTS:
        raise ModelFileError(f"its header or configuration has {count_items(text)} items, "
                             f"{text.count('{')} of them objects, and "
                             f"there can be {MOST_HEADER_ITEMS} and {MOST_OBJECTS}")
    try:
        tree = json.loads(text, parse_int=_parse_whole, parse_float=_parse_real,
                          parse_constant=_refuse_constant, object_pairs_hook=_parse_object)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"its header or configuration is not strict JSON: {error}") from None
    unprintable = sum(len(text) for text in find_texts(tree) if not text.isprintable())
    if unprintable > MOST_UNPRINTABLE:
        raise ModelFileError(f"it has texts of {unprintable} characters that cannot be printed, "
                             f"more than {MOST_UNPRINTABLE}")
    return tree


def find_texts(tree):
    """All texts in parsed JSON, names included."""
    things = [tree]
    while things:
        thing = things.pop()
        if isinstance(thing, str):
            yield thing
        elif isinstance(thing, dict):
            things += [*thing, *thing.values()]
        elif isinstance(thing, list):
            things += thing


def make_printable(text):
    """The text, with escapes for what a terminal would not print but obey."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode()
                   for char in text)


def _parse_whole(digits):
    if len(digits.lstrip("-")) > 19:
        raise ValueError(f"{digits:.20}... is too large")
    return int(digits)


def _parse_real(digits):
    if len(digits) > 40 or not math.isfinite(float(digits)):
        raise ValueError(f"{digits:.40} is not a number of double precision")
    return float(digits)


def _refuse_constant(name):
    raise ValueError(f"{name} is not a number")


def _parse_object(pairs):
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("an object has a name twice")
    return result
