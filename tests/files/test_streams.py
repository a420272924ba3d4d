"""Random streams as bytes: what comes back goes on with the same draws."""

import numpy as np
import pytest

from tinynet.errors import ModelFileError
from tinynet.files.streams import KINDS, count_bytes, find_kind, pack_stream, unpack_stream

BIT_GENERATORS = [np.random.PCG64, np.random.PCG64DXSM, np.random.Philox, np.random.SFC64,
                  np.random.MT19937]
DRAWS = {
    "at the beginning": lambda rng: None,
    "after 1000 normal numbers": lambda rng: rng.normal(size=1000),
    # of a word of 64 bits, half is left
    "after one 32-bit integer": lambda rng: rng.integers(2**32, size=1, dtype=np.uint32),
    "after 1001 32-bit integers": lambda rng: rng.integers(2**32, size=1001, dtype=np.uint32),
    # Philox makes four at once
    "after three words": lambda rng: rng.bit_generator.random_raw(3),
    # MT19937 makes 624 at once
    "after 623 words": lambda rng: rng.bit_generator.random_raw(623),
}


def restored(rng):
    return unpack_stream(find_kind(rng), pack_stream(rng))


@pytest.mark.parametrize("draw", DRAWS.values(), ids=list(DRAWS))
@pytest.mark.parametrize("cls", BIT_GENERATORS)
def test_a_restored_stream_makes_the_same_draws(cls, draw):
    rng = np.random.Generator(cls(3))
    draw(rng)
    other = restored(rng)
    for name, arguments in {"integers": (2**32, None, 1000, np.uint32), "random": (1000,),
                            "normal": (0, 1, 1000),
                            "permutation": (1000,)}.items():
        assert getattr(other, name)(*arguments).tobytes() == getattr(rng,
                                                                     name)(*arguments).tobytes()


@pytest.mark.parametrize("cls",
                         [np.random.PCG64, np.random.PCG64DXSM, np.random.Philox, np.random.SFC64])
def test_half_a_word_is_kept(cls):
    rng = np.random.Generator(cls(3))
    rng.integers(2**32, dtype=np.uint32)
    assert rng.bit_generator.state["has_uint32"] == 1
    assert restored(rng).integers(2**32, dtype=np.uint32) == rng.bit_generator.state["uinteger"]


@pytest.mark.parametrize("cls", BIT_GENERATORS)
def test_a_restored_stream_is_independent_of_the_first(cls):
    rng = np.random.Generator(cls(3))
    other, expected = restored(rng), restored(rng).random(10)
    rng.random(10)
    np.testing.assert_array_equal(other.random(10), expected)


@pytest.mark.parametrize("cls", BIT_GENERATORS)
def test_taking_a_stream_down_does_not_draw_from_it(cls):
    rng, untouched = np.random.Generator(cls(3)), np.random.Generator(cls(3))
    pack_stream(rng)
    np.testing.assert_array_equal(rng.random(10), untouched.random(10))


@pytest.mark.parametrize("kind, size",
                         [("PCG64", 64), ("PCG64DXSM", 64), ("SFC64", 64), ("Philox", 128),
                          ("MT19937", 2512)])
def test_a_state_takes_so_many_bytes_as_the_documentation_says(kind, size):
    # PCG64: state, inc, has_uint32, uinteger, 16 each; SFC64: 4 words of 8, then two numbers;
    # Philox: 4 + 2 + 4 words and three
    # numbers; MT19937: 624 words of 4 and a position
    assert count_bytes(kind) == pack_stream(np.random.Generator(KINDS[kind](1))).size == size


def test_the_bytes_of_pcg64_are_its_four_numbers():
    rng = np.random.default_rng(3)
    rng.integers(2**32, dtype=np.uint32)
    state = rng.bit_generator.state
    numbers = [state["state"]["state"], state["state"]["inc"], 1, state["uinteger"]]
    assert pack_stream(rng).tobytes() == b"".join(number.to_bytes(16, "little")
                                                  for number in numbers)


def test_the_bytes_of_mt19937_are_its_words_and_its_position():
    state = np.random.MT19937(3).state["state"]
    expected = b"".join(int(word).to_bytes(4, "little")
                        for word in state["key"]) + state["pos"].to_bytes(16, "little")
    assert pack_stream(np.random.Generator(np.random.MT19937(3))).tobytes() == expected


def test_every_bit_generator_of_numpy_is_known():
    theirs = {name for name in dir(np.random) if isinstance(getattr(np.random, name), type)
              and issubclass(getattr(np.random, name), np.random.BitGenerator)} - {"BitGenerator"}
    assert set(KINDS) == theirs


def test_a_bit_generator_of_ones_own_cannot_be_saved():
    class Dice(np.random.PCG64):
        pass

    class PCG64(np.random.PCG64):
        pass

    for cls in Dice, PCG64:
        with pytest.raises(ValueError,
                           match=f"a random stream of {cls.__name__} cannot be saved; use "
                                 "numpy.random.default_rng"):
            find_kind(np.random.Generator(cls(0)))


@pytest.mark.parametrize("kind, at, name", [
    ("PCG64", 32, "has_uint32"), ("PCG64", 48, "uinteger"), ("SFC64", 32, "has_uint32"),
    ("Philox", 80, "buffer_pos"), ("Philox", 96, "has_uint32"), ("MT19937", 2496, "pos"),
])
def test_bytes_that_no_state_has_are_refused(kind, at, name):
    data = pack_stream(np.random.Generator(KINDS[kind](0))).copy()
    data[at:at + 16] = 255
    with pytest.raises(ModelFileError, match=f"a random stream has {2**128 - 1} for {name}"):
        unpack_stream(kind, data)


@pytest.mark.parametrize("cls, largest", [
    (np.random.PCG64, {"has_uint32": 1, "uinteger": 2**32 - 1}),
    (np.random.Philox, {"has_uint32": 1, "uinteger": 2**32 - 1, "buffer_pos": 4}),
    (np.random.PCG64, {"state": {"state": 2**128 - 1, "inc": 2**128 - 1}}),
    (np.random.MT19937, {"state": {"pos": 624}})])
def test_the_largest_numbers_of_a_state_are_taken(cls, largest):
    rng = np.random.Generator(cls(3))
    state = rng.bit_generator.state
    for name, value in largest.items():
        state[name] = state[name] | value if isinstance(value, dict) else value
    rng.bit_generator.state = state
    assert restored(rng).bit_generator.state["state"].keys() == state["state"].keys()
    assert restored(rng).random(5).tobytes() == rng.random(5).tobytes()


@pytest.mark.parametrize("cls, place, name, largest", [
    (np.random.PCG64, -32, "has_uint32", 1), (np.random.PCG64, -16, "uinteger", 2**32 - 1),
    (np.random.Philox, -48, "buffer_pos", 4), (np.random.MT19937, -16, "pos", 624)])
def test_one_more_than_the_largest_number_of_a_state_is_refused(cls, place, name, largest):
    raw = pack_stream(np.random.Generator(cls(3))).tobytes()

    def with_number(number):
        """The stream whose 16 bytes in this place are the number."""
        after = raw[place + 16:] if place + 16 else b""
        data = raw[:place] + number.to_bytes(16, "little") + after
        return unpack_stream(cls.__name__, np.frombuffer(data, np.uint8))

    with_number(largest)
    with pytest.raises(ModelFileError, match=f"has {largest + 1} for {name}, above {largest}"):
        with_number(largest + 1)
