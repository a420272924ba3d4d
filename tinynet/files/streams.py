"""Random streams: the states of NumPy's generators as bytes, from which they go on to the bit."""

import numpy as np

from ..errors import ModelFileError

KINDS = {cls.__name__: cls for cls in
         (np.random.PCG64, np.random.PCG64DXSM, np.random.Philox, np.random.SFC64,
          np.random.MT19937)}
LARGEST = {"state": 2**128 - 1, "inc": 2**128 - 1, "has_uint32": 1, "uinteger": 2**32 - 1,
           "buffer_pos": 4, "pos": 624}


def find_kind(rng):
    """The name of its bit generator; a ValueError if it is not one of NumPy's."""
    kind = type(rng.bit_generator)
    if KINDS.get(kind.__name__) is not kind:
        raise ValueError(f"a random stream of {kind.__name__} cannot be saved; use "
                         "numpy.random.default_rng")
    return kind.__name__


def pack_stream(rng):
    """The state (n,) as bytes: each whole number as 16, little-endian, each array as it is, in the
    order of NumPy's names.
    """
    parts = [value.astype(value.dtype.newbyteorder("<")).tobytes() if isinstance(value, np.ndarray)
             else int(value).to_bytes(16, "little") for _, _,
             value in _walk(rng.bit_generator.state)]
    return np.frombuffer(b"".join(parts), np.uint8)


def count_bytes(kind):
    """How many bytes the state of such a bit generator takes."""
    return pack_stream(np.random.Generator(KINDS[kind](0))).size


def unpack_stream(kind, data):
    """The generator whose state these bytes (n,) are; a ModelFileError if they are not those of
    any.
    """
    bits = KINDS[kind](0)
    state, data, at = bits.state, data.tobytes(), 0
    for part, name, value in list(_walk(state)):
        size = value.nbytes if isinstance(value, np.ndarray) else 16
        raw, at = data[at:at + size], at + size
        if isinstance(value, np.ndarray):
            part[name] = np.frombuffer(raw, value.dtype.newbyteorder("<")).astype(value.dtype)
        else:
            part[name] = int.from_bytes(raw, "little")
            # NumPy would believe a position beyond the end of its buffer
            if part[name] > LARGEST[name]:
                raise ModelFileError(f"a random stream has {part[name]} for {name}, above "
                                     f"{LARGEST[name]}")
    # NumPy's are odd; with an even one, a stream can be the same number for ever
    if state["state"].get("inc", 1) % 2 == 0:
        raise ModelFileError("a random stream has an even number for inc")
    bits.state = state
    return np.random.Generator(bits)


def collect_streams(net):
    """All random streams, by their names; a ValueError if one has two names, or none."""
    streams, names = {}, {}
    for prefix, part in net._named_parts():
        for name, value in vars(part).items():
            if isinstance(value, np.random.Generator):
                twin = names.setdefault(id(value), prefix + name)
                if twin != prefix + name:
                    raise ValueError(f"{twin} and {prefix}{name} are one random stream; give each "
                                     "layer its own in build: self.rng = rng.spawn(1)[0]")
                streams[prefix + name] = value
            inside = value if isinstance(value, (list, tuple)) else [value]
            if any(isinstance(item, np.random.RandomState) or item is not value
                   and isinstance(item, np.random.Generator)
                   for item in inside):
                raise ValueError(f"{prefix}{name} of {part!r} cannot be saved; keep each random "
                                 "stream in an attribute of its own, as a numpy.random.Generator")
    return streams


def _walk(state):
    """(dictionary, name, value) of each number and array in NumPy's dictionary of a state."""
    for name, value in state.items():
        if isinstance(value, dict):
            yield from _walk(value)
        elif name != "bit_generator":
            yield state, name, value
