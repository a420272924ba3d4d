"""Sequential.load and files that somebody made to do harm: each is refused with one kind of error,
or loads and does none.

TINYNET_MUTATIONS=200000 makes so many damaged files in place of 20,000.
"""

import ast
import contextlib
import copy
import functools
import hashlib
import json
import os
import pickle
import random
import subprocess
import sys
import tempfile
import time
import tracemalloc
import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

import tinynet as tn
from tinynet.files.format import DTYPES
from tinynet.files.registry import KNOWN

MUTATIONS = int(os.environ.get("TINYNET_MUTATIONS", 20_000))
PARTS = 10              # tests among which they are shared out
# of so many mutated files, one is loaded under tracemalloc, which takes three times as long
MEASURED = 20
BATCH = 8
REFUSED = tn.ModelFileError, OSError
UNUSABLE = ValueError, tn.DivergenceError


@pytest.fixture(autouse=True)
def nothing_global_changes():
    known, modules, folder = list(KNOWN.items()), set(sys.modules), os.getcwd()
    yield
    assert list(KNOWN.items()) == known
    assert not {name for name in set(sys.modules) - modules
                if not name.startswith(("scipy", "numpy", "encodings"))}
    assert os.getcwd() == folder


# ---- files, taken apart and put together ----

def taken_apart(raw):
    """(header, configuration, data without the digest) of a file."""
    stop = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:stop])
    return header, json.loads(header["__metadata__"]["config"]), raw[stop:-32]


def sealed(header, data, length=None):
    """A file with a right digest: the length of the header, the header's bytes, the data."""
    body = (len(header) if length is None else length).to_bytes(8, "little") + header + data
    return body + hashlib.sha256(body).digest()


def put_together(header, config, data):
    """A file of these parts, with a right length and a right digest; config None leaves the one in
    the header.
    """
    if config is not None:
        header = header | {"__metadata__": header["__metadata__"] | {"config": json.dumps(config)}}
    return sealed(json.dumps(header).encode(), data)


def arrays_in(header, data):
    """name -> (dtype, shape, bytes) of each array but the digest."""
    return {name: (entry["dtype"], entry["shape"], data[slice(*entry["data_offsets"])])
            for name, entry in header.items() if name not in ("__metadata__", "_sha256")}


def laid_out(header, arrays):
    """(header, data) with these arrays, one behind the other."""
    header, data = {"__metadata__": header["__metadata__"]}, b""
    for name, (dtype, shape, raw) in arrays.items():
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    return (header
            | {"_sha256": {"dtype": "U8", "shape": [32],
                           "data_offsets": [len(data), len(data) + 32]}}, data)


# ---- networks that together have everything in them ----

def labels(k, n=BATCH):
    return np.arange(n) % k


def images(seed=0):
    return np.random.default_rng(seed).random((BATCH, 6, 6, 2))


def rows(k, seed=0):
    return np.random.default_rng(seed).normal(size=(BATCH, k))


def case_small():
    return (tn.Sequential([tn.Dense(1)], 1, loss=tn.MeanSquaredError(), rng=0), rows(1), rows(1, 1),
            tn.SGD(), list)


def case_convolution():
    net = tn.Sequential([tn.Conv2D(2, 3, padding="same", init=tn.he_normal), tn.BatchNorm(),
                         tn.ReLU(), tn.MaxPool2D(2),
                         tn.Conv2D(3, (2, 1), stride=(1, 2), padding=1), tn.LeakyReLU(0.1),
                         tn.AveragePool2D((2, 1), 1),
                         tn.GlobalAveragePool2D(), tn.Dense(3)], (6, 6, 2),
                        loss=tn.SoftmaxCrossEntropy(0.1), rng=0)
    return (net, images(), labels(3), tn.AdamW(tn.Warmup(tn.CosineDecay(0.01, 50), 5)),
            lambda: [tn.EarlyStopping("val_loss")])


def case_nested():
    inner = tn.Sequential([tn.Dense(4), tn.LayerNorm(), tn.GELU(), tn.Dropout(0.1)], 6)
    net = tn.Sequential([tn.Reshape((2, -1)), tn.Flatten(), inner,
                         tn.Sequential([tn.Sequential([tn.SiLU()], 4)], 4),
                         tn.Dense(2), tn.Sigmoid()], 6, loss=tn.BinaryCrossEntropy(), rng=1,
                        dtype=np.float64)
    return (net, rows(6), np.eye(2)[labels(2)], tn.RMSprop(0.01),
            lambda: [tn.ReduceOnPlateau("loss", 2)])


def case_activations():
    net = tn.Sequential([tn.Dense(3, init=tn.lecun_uniform), tn.ELU(0.5), tn.Softplus(), tn.Tanh(),
                         tn.BatchNorm(0.5),
                         tn.Dropout(0.3), tn.Dense(3), tn.Softmax()], 3, loss=tn.CrossEntropy(),
                        rng=2)
    return net, rows(3), labels(3), tn.Adam(tn.OneCycle(0.02, 30)), list


def case_regression():
    net = tn.Sequential([tn.Dense(2), tn.Tanh(), tn.Dense(2)], 2, loss=tn.Huber(0.5, "elements"),
                        rng=3, dtype=np.float64)
    return net, rows(2), rows(2, 1), tn.SGD(tn.StepDecay(0.1, 3), 0.9, nesterov=True), lambda: [
        tn.EarlyStopping("loss", 3, 0.01), tn.EarlyStopping("r2", 9)]


def case_absolute():
    net = tn.Sequential([tn.Dense(2), tn.ReLU(), tn.Dense(1)], 2,
                        loss=tn.MeanAbsoluteError(), rng=np.random.Generator(np.random.MT19937(0)))
    return net, rows(2), rows(1), tn.Adam(tn.ExponentialDecay(0.1, 10)), list


def case_philox():
    net = tn.Sequential([tn.Dense(2), tn.Dropout(0.5)], 2, loss=tn.SigmoidCrossEntropy(),
                        rng=np.random.Generator(np.random.Philox(0)))
    return (net, rows(2), np.eye(2)[labels(2)], tn.Adam(),
            lambda: [tn.EarlyStopping("loss", patience=1)])


def case_half():
    return (tn.Sequential([tn.Dense(1)], 2, loss=tn.HalfSquaredError(), rng=0), rows(2), rows(1),
            tn.SGD(), list)


CASES = {make.__name__.removeprefix("case_"): make for make in (
    case_small, case_convolution, case_nested, case_activations, case_regression, case_absolute,
    case_half, case_philox)}


class Seed:
    """A trained network's file, and data and callbacks to use what comes of it."""

    def __init__(self, name, folder):
        net, self.x, self.t, optimizer, self.callbacks = CASES[name]()
        callbacks = self.callbacks()
        for callback in callbacks:
            if isinstance(callback, tn.Checkpoint):
                callback.path = os.fspath(folder / "checkpoint")
        net.fit(self.x, self.t, optimizer=optimizer, epochs=2, batch_size=4,
                validation=(self.x, self.t), callbacks=callbacks)
        net.save(folder / name)
        self.raw = (folder / name).read_bytes()
        self.header, self.config, self.data = taken_apart(self.raw)
        self.text = json.dumps(self.header)
        self.config_text = self.header["__metadata__"]["config"]
        self.header_paths, self.config_paths = (list(paths_in(self.header)),
                                                list(paths_in(self.config)))


@pytest.fixture(scope="session")
def seeds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seeds")
    return {name: Seed(name, folder) for name in CASES}


@pytest.fixture
def small(seeds):
    return seeds["small"]


def loaded(path, raw, measured=True):
    """The network, or the error that refuses the file; either soon, and in little memory."""
    path.write_bytes(raw)
    if measured:
        tracemalloc.start()
    start = time.process_time()
    try:
        return tn.Sequential.load(path)
    except REFUSED as error:
        return error
    finally:
        seconds = time.process_time() - start
        if measured:
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert peak <= 3 * len(raw) + 2**24
        assert seconds < 10_000 * time_of_an_ordinary_load()


@functools.cache
def time_of_an_ordinary_load():
    """How many seconds this machine takes to load a small network."""
    with tempfile.TemporaryDirectory() as folder:
        tn.Sequential([tn.Dense(2)], 2, rng=0).save(f"{folder}/net")
        start = time.process_time()
        for _ in range(10):
            tn.Sequential.load(f"{folder}/net")
        return (time.process_time() - start) / 10


def use(net, seed):
    """Predict and train: this works, or is refused."""
    if max(int(np.prod(shape)) for part in net._parts() if isinstance(part, tn.Sequential)
           for shape in part._shapes) > 2**14:
        return  # works, but takes its time
    with (contextlib.suppress(*UNUSABLE), np.errstate(all="ignore"),
          warnings.catch_warnings(action="ignore", category=UserWarning)):
        net.predict(seed.x)
        if net.loss is not None:
            net.fit(seed.x, seed.t, epochs=1, batch_size=4, validation=(seed.x, seed.t),
                    callbacks=[callback for callback in seed.callbacks()
                               if not isinstance(callback, tn.Checkpoint)])


# ---- single bits ----

def test_the_seeds_have_every_layer_loss_optimizer_and_schedule_in_them(seeds):
    text = "".join(seed.config_text for seed in seeds.values())
    kinds = tn.Layer, tn.losses.Loss, tn.Optimizer
    for name, thing in KNOWN.items():
        if thing.__module__.startswith("tinynet") and isinstance(thing, type) and (
                issubclass(thing, kinds) or thing.__module__ == "tinynet.schedules"):
            assert f'"{name}"' in text


def test_every_single_bit_flip_of_a_small_file_is_found(small, tmp_path):
    path = tmp_path / "net"
    path.write_bytes(small.raw)
    tn.Sequential.load(path)
    missed = []
    with open(path, "r+b", buffering=0) as file:
        for i, byte in enumerate(small.raw):
            for bit in range(8):
                os.pwrite(file.fileno(), bytes([byte ^ 1 << bit]), i)
                try:
                    tn.Sequential.load(path)
                except tn.ModelFileError:
                    continue
                missed.append((i, bit))
            os.pwrite(file.fileno(), bytes([byte]), i)
    assert missed == [] and path.read_bytes() == small.raw


# ---- damage of every kind, under a right digest ----

NASTY = [None, True, False, -1, 0, 1, 2, 1.5, -0.0, 1e308, 5e-324, 10**9, 10**12, 10**18, 2**63 - 1,
         -2**63, "", "os.system",
         "../x", "__class__", "nan", "\0", "\ud800", [], {}, [[]], [None], [[0, 1]], {"": 0},
         {"tuple": []}, {"float": "nan"},
         {"float": "inf"}, {"function": "he_normal"}, {"function": "ones"},
         {"function": "os.system"},
         {"class": "Dense", "settings": {"units": 10**9}},
         {"class": "EarlyStopping", "settings": {}},
         {"class": "Adam", "settings": {}},
         {"class": "Warmup", "settings": {"lr": {"function": "zeros"}, "steps": 1}}]
KEYS = ["", "rng", "self", "path", "os.system", "../x", "__class__", "__metadata__", "_sha256",
        "network", "W", "0.W", "dtype"]


def paths_in(tree, path=()):
    """The path of each node of a tree of JSON but its root."""
    for key, node in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield (*path, key)
        if isinstance(node, (dict, list)):
            yield from paths_in(node, (*path, key))


def change_text(text, rng):
    """Flip, put in, leave out, or repeat some bytes."""
    text = bytearray(text)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        i = rng.randrange(len(text) + 1)
        some = slice(i, i + rng.choice((1, 1, 2, 8, 50)))
        match rng.randrange(5):
            case 0 if i < len(text):
                text[i] ^= 1 << rng.randrange(8)
            case 1:
                text[i:i] = rng.choice((b"0", b"9", b"-", b".", b"e9", b"{", b"[", b"]", b'"', b",",
                                        b"\\", b"\xff", b"null,"))
            case 2:
                del text[some]
            case 3:
                text[i:i] = text[some]
            case 4 if i < len(text):
                text[i] = rng.choice(b'0123456789[]{},:"-.eE\\ ')
    return bytes(text)


def change_tree(tree, paths, rng):
    """Change nodes of a tree of JSON, in place."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        try:
            *way, key = rng.choice(paths)
            place = tree
            for step in way:
                place = place[step]
            node = place[key]
            match rng.randrange(9):
                case 0 | 1:
                    place[key] = copy.deepcopy(rng.choice(NASTY))
                case 2:
                    del place[key]
                case 3:
                    if isinstance(place, dict):
                        place[rng.choice(KEYS)] = node
                    else:
                        place.insert(key, copy.deepcopy(node))
                case 4:
                    *other_way, other_key = rng.choice(paths)
                    other = tree
                    for step in other_way:
                        other = other[step]
                    place[key], other[other_key] = (copy.deepcopy(other[other_key]),
                                                    copy.deepcopy(node))
                case 5:
                    *other_way, other_key = rng.choice(paths)
                    other = tree
                    for step in other_way:
                        other = other[step]
                    place[key] = copy.deepcopy(other[other_key])
                case 6:
                    place[key] = [node] if rng.random() < 0.5 else {"tuple": [node]}
                case _ if isinstance(node, (int, float)):
                    place[key] = rng.choice((node + 1, node - 1, node * 1000, -node, float(node),
                                             node * 2, str(node), 2**32))
                case _ if isinstance(node, str):
                    place[key] = rng.choice((node + "x", node.upper(), node[:-1],
                                             rng.choice(list(KNOWN))))
                case _:
                    place[key] = copy.deepcopy(rng.choice(NASTY))
        except (KeyError, IndexError, TypeError, AttributeError):  # no longer there
            pass
    return tree


def change_data(seed, rng):
    """A file with other arrays: bytes, ends, or whole arrays."""
    header, data = json.loads(seed.text), bytearray(seed.data)
    arrays = arrays_in(header, seed.data)
    name, other = rng.choice(list(arrays)), rng.choice(list(arrays))
    dtype, shape, raw = arrays[name]
    match rng.randrange(9):
        case 0:
            data = data[:rng.randrange(len(data))]
        case 1:
            data += rng.randbytes(rng.choice((1, 8, 32, 1000)))
        case 2:
            for _ in range(rng.choice((1, 3, 30))):
                data[rng.randrange(len(data))] = rng.choice((0, 1, 0x7f, 0x80, 0xff,
                                                             rng.randrange(256)))
        case 3:
            arrays[name], arrays[other] = arrays[other], arrays[name]
            header, data = laid_out(header, arrays)
        case 4:
            header[name]["data_offsets"], header[other]["data_offsets"] = (
                header[other]["data_offsets"], header[name]["data_offsets"])
        case 5:
            number = DTYPES[dtype].type(rng.choice((0, 1)) if dtype in ("U8", "BOOL", "I64") else
                                        rng.choice((np.nan, np.inf, -np.inf, 0, -1, 1e38)))
            arrays[name] = dtype, shape, (number.tobytes() * len(raw))[:len(raw)]
            header, data = laid_out(header, arrays)
        case 6:
            arrays[name] = dtype, shape, rng.choice((b"\xff", b"\x00", b"\x02")) * len(raw)
            header, data = laid_out(header, arrays)
        case 7:
            arrays[name] = (rng.choice(list(DTYPES)),
                            rng.choice((shape, [len(raw)], [*shape, 1], [1, *shape])), raw)
            header, data = laid_out(header, arrays)
        case 8:
            if rng.random() < 0.5:
                del arrays[name]
            else:
                arrays[rng.choice(KEYS)] = arrays[name]
            header, data = laid_out(header, arrays)
    return put_together(header, None, bytes(data))


def mutated(seed, rng):
    """A file with a right digest, damaged somewhere."""
    share = rng.random()
    if share < 0.12:
        return sealed(change_text(seed.text.encode(), rng), seed.data)
    if share < 0.27:
        text = change_text(seed.config_text.encode(), rng).decode("latin-1")
        header = seed.header | {"__metadata__": seed.header["__metadata__"] | {"config": text}}
        return sealed(json.dumps(header).encode(), seed.data)
    if share < 0.42:
        return put_together(change_tree(json.loads(seed.text), seed.header_paths, rng), None,
                            seed.data)
    if share < 0.82:
        return put_together(seed.header,
                            change_tree(json.loads(seed.config_text), seed.config_paths, rng),
                            seed.data)
    return change_data(seed, rng)


@pytest.mark.parametrize("part", [0, *(
    pytest.param(part, marks=pytest.mark.long) for part in range(1, PARTS))])
def test_a_damaged_file_under_a_right_digest_is_refused_or_loads_and_does_no_harm(
        part, seeds, tmp_path):
    rng, path, ends = random.Random(part), tmp_path / "net", {"refused": 0, "loaded": 0}
    for i in range(MUTATIONS // PARTS):
        seed = rng.choice(list(seeds.values()))
        raw = mutated(seed, rng)
        try:
            result = loaded(path, raw, measured=i % MEASURED == 0)
            if isinstance(result, tn.Sequential):
                use(result, seed)
        except BaseException:
            kept = Path(os.environ.get("TINYNET_KEEP", tmp_path)) / f"hostile-{part}-{i}"
            kept.write_bytes(raw)
            print(f"file {i} of part {part} is kept as {kept}")
            raise
        ends["loaded" if isinstance(result, tn.Sequential) else "refused"] += 1
    assert min(ends.values()) > MUTATIONS // PARTS / 50  # some go through all of load


# ---- one by one ----

def with_text(change):
    """The header's text changed, under a right length and a right digest."""
    return lambda seed: sealed(change(seed.text).encode(), seed.data)


def with_header(change):
    """A function of the header changes it in place."""
    def make(seed):
        header = json.loads(seed.text)
        change(header)
        return put_together(header, None, seed.data)
    return make


def with_config(change):
    """A function of the configuration changes it in place."""
    def make(seed):
        config = json.loads(seed.config_text)
        change(config)
        return put_together(seed.header, config, seed.data)
    return make


def with_config_text(change):
    """The configuration's text changed."""
    return with_header(
        lambda header: header["__metadata__"].update(
            config=change(header["__metadata__"]["config"])))


def with_arrays(change):
    """A function of (configuration, arrays) changes them in place; the arrays are laid out anew."""
    def make(seed):
        config, arrays = json.loads(seed.config_text), arrays_in(seed.header, seed.data)
        change(config, arrays)
        header, data = laid_out(seed.header, arrays)
        return put_together(header, config, data)
    return make


def with_network(*layers, input_shape=1, **settings):
    """Another network in the place of the one that was saved."""
    def change(config):
        config["network"]["settings"].update({"layers": list(layers), "input_shape": input_shape}
                                             | settings)
        config["streams"] = dict.fromkeys(streams_in(config["network"]), "PCG64")
    return with_config(change)


def streams_in(layer, place=""):
    """The names of the random streams in a network that is described."""
    match layer:
        case {"class": "Sequential", "settings": {"layers": layers}}:
            yield f"{place}_shuffle_rng"
            for i, inner in enumerate(layers):
                yield from streams_in(inner, f"{place}{i}.")
        case {"class": "Dropout"}:
            yield f"{place}rng"


def thing(cls, **settings):
    return {"class": cls, "settings": settings}


def network(*layers, input_shape=1):
    return thing("Sequential", layers=list(layers), input_shape=input_shape, loss=None,
                 dtype="float32")


def nested(depth, *layers):
    for _ in range(depth):
        layers = [network(*layers)]
    return layers[0]


def warmups(depth):
    lr = 0.1
    for _ in range(depth):
        lr = thing("Warmup", lr=lr, steps=1)
    return lr


def optimizer_with(**settings):
    return with_config(lambda config: config["optimizer"]["optimizer"]["settings"].update(settings))


def lr_and_steps(lr, steps):
    def change(config):
        config["optimizer"]["optimizer"]["settings"]["lr"] = lr
        config["optimizer"]["steps"] = steps
    return with_config(change)


def entry(name="0.W", **changes):
    return with_header(lambda header: header[name].update(changes))


def escaped(make):
    """The file, but with escapes in its header for the marks in the configuration by which items
    are counted.
    """
    def change(seed):
        header, config, data = taken_apart(make(seed))
        text = json.dumps(json.dumps(config))
        header["__metadata__"]["config"] = "@"
        for mark in "[{,:":
            text = text.replace(mark, f"\\u{ord(mark):04x}")
        return sealed(json.dumps(header).replace('"@"', text).encode(), data)
    return change


def config_item(**changes):
    return with_config(lambda config: config.update(changes))


def memory(cls, numbers=None, arrays=()):
    return config_item(callbacks=[{"callback": f"{cls}()", "numbers": numbers or {},
                                   "arrays": list(arrays)}])


def standing_still(config, arrays):
    """A PCG64 with an even increment and a state that it maps to itself: each number it draws is
    2^64 - 1.
    """
    state = (2**64 - 1) << 64
    increment = -state * (0x2360ed051fc65da44385df649fccf645 - 1) % 2**128
    arrays["_shuffle_rng"] = ("U8", [64],
                              state.to_bytes(16, "little") + increment.to_bytes(16, "little")
                              + bytes(32))


def set_stream(kind, at, value):
    """A stream of another kind, of zeros but for one number of 16 bytes."""
    def change(config, arrays):
        size = tn.files.streams.count_bytes(kind)
        data = bytearray(size)
        data[at:at + 16] = value.to_bytes(16, "little")
        config["streams"]["_shuffle_rng"] = kind
        arrays["_shuffle_rng"] = "U8", [size], bytes(data)
    return with_arrays(change)


def history_of_bytes(dtype, epochs, seed):
    """A history with the columns that every history has, and one of one byte an epoch."""
    config, arrays = json.loads(seed.config_text), arrays_in(seed.header, seed.data)
    arrays = {name: array for name, array in arrays.items() if not name.startswith("history.")}
    arrays |= {f"history.{name}": ("F64", [epochs], bytes(8 * epochs))
               for name in ("loss", "lr", "seconds")}
    arrays["history.x"] = dtype, [epochs], b"\2" * epochs
    header, data = laid_out(seed.header, arrays)
    columns = dict.fromkeys(["loss", "lr", "seconds", "x"], [[0, epochs]])
    return put_together(header, config | {"epochs": epochs, "columns": columns}, data)


def npz(seed):
    file = BytesIO()
    np.savez(file, W=np.zeros((3, 4)))
    return file.getvalue()


def swapped(config, arrays):
    """The columns of the history change places with weights of other dtype."""
    arrays["0.W"], arrays["history.loss"] = arrays["history.loss"], arrays["0.W"]


def holes(seed):
    """Eight bytes between the arrays that no array has."""
    header = json.loads(seed.text)
    first = min(entry["data_offsets"][0]
                for name, entry in header.items() if name != "__metadata__")
    cut = sorted(entry["data_offsets"][1]
                 for name, entry in header.items() if name != "__metadata__")[first]
    for name, one in header.items():
        if name != "__metadata__":
            one["data_offsets"] = [offset + 8 * (one["data_offsets"][0] >= cut)
                                   for offset in one["data_offsets"]]
    return put_together(header, None, seed.data[:cut] + bytes(8) + seed.data[cut:])


def reversed_offsets(header):
    header["0.W"]["data_offsets"].reverse()


def overlapping(header):
    header["0.b"]["data_offsets"] = header["0.W"]["data_offsets"]


def twice(text, item):
    """JSON text with an item once more, in front."""
    return "{" + item + ", " + text[1:]


BAD = "SHA-256"
HUGE = 10**12
REFUSALS = {  # name: (function (seed) -> file, a piece of the message)
    "an empty file": (lambda seed: b"", "it has 0 bytes"),
    "7 bytes": (lambda seed: seed.raw[:7], "it has 7 bytes"),
    "41 bytes": (lambda seed: bytes(41), "it has 41 bytes"),
    "zeros": (lambda seed: bytes(1000), BAD),
    "junk before": (lambda seed: b"junk" + seed.raw, BAD),
    "junk after": (lambda seed: seed.raw + b"junk", BAD),
    "another file after": (lambda seed: seed.raw + seed.raw, BAD),
    "junk after, sealed again": (lambda seed: sealed(seed.text.encode(), seed.data + b"junk"),
                                 "do not end where the file ends"),
    "junk before the data": (lambda seed: sealed(seed.text.encode(), b"junk" + seed.data),
                             "do not end where the file ends"),
    "too little data": (lambda seed: sealed(seed.text.encode(), seed.data[:-1]),
                        "do not end where the file ends"),
    "a pickle": (lambda seed: pickle.dumps(os.getcwd) * 10, BAD),
    "a pickle, sealed": (lambda seed: sealed(pickle.dumps(os.getcwd), b""), "is not a JSON object"),
    "an npz": (npz, BAD),

    "header of 0 bytes": (lambda seed: sealed(b"", seed.data), "its header has 0 bytes"),
    "header of 1 byte": (lambda seed: sealed(b"{", seed.data), "its header has 1 bytes"),
    "header of 2 bytes": (lambda seed: sealed(b"{}", seed.data), "its metadata are not"),
    "header up to the digest": (lambda seed: sealed(seed.text.encode(), b"", len(seed.text) + 1),
                                "says that its header has"),
    "header beyond the file": (lambda seed: sealed(seed.text.encode(), seed.data, 10**6),
                               "its header has 1000000 bytes"),
    "header of 2^63 bytes": (lambda seed: sealed(seed.text.encode(), seed.data, 2**63),
                             f"its header has {2**63} bytes"),
    "header of 2^64 - 1 bytes": (lambda seed: sealed(seed.text.encode(), seed.data, 2**64 - 1),
                                 "says that its header has"),
    "header of 2^20 + 1 bytes": (lambda seed: sealed(b"{".ljust(2**20 + 1), seed.data),
                                 "its header has 1048577 bytes"),
    "header cut short": (lambda seed: sealed(seed.text.encode(), seed.data, len(seed.text) - 1),
                         "not strict JSON"),
    "header is a list": (lambda seed: sealed(b"[]", seed.data), "not a JSON object"),
    "header begins with a space": (with_text(lambda text: " " + text), "not a JSON object"),
    "170,000 of []": (lambda seed: sealed(b'{"a":[' + b"[]," * 170_000 + b"[]]}", b""),
                      "there can be 32768"),
    "33,000 items": (lambda seed: sealed(b'{"a":[' + b"0," * 33_000 + b"0]}", b""),
                     "there can be 32768"),
    "30,000 items": (lambda seed: sealed(b'{"a":[' + b"0," * 30_000 + b"0]}", b""),
                     "its metadata are not"),
    "30,000 items for a shape": (entry(shape=[1] * 30_000), "has the shape"),
    "33,000 items for the network": (config_item(network=[0] * 33_000), "there can be 32768"),
    "15,000 items for the network": (config_item(network=[0] * 15_000), "holds a list"),
    "33,000 items behind escapes": (escaped(config_item(network=[0] * 33_000)),
                                    "there can be 32768"),
    "2,500 layers behind escapes": (escaped(with_network(*[thing("BatchNorm")] * 2500)),
                                    "more numbers than all"),
    "5,000 layers behind escapes": (escaped(with_network(*[thing("BatchNorm")] * 5000)),
                                    "objects, and there can be"),
    "1,500 random streams": (with_network(*[thing("Dropout", rate=0)] * 1500), "no model file"),
    "text for a terminal": (with_network(thing("Dense", **{"\x1b]0;title\x07": 1})),
                            r"\x1b]0;title\x07"),
    "much text that takes 16 times its bytes": (with_config(lambda config: config["columns"].update(
        loss=["\x7f" * 60_000 + "\U0001F600"])), "cannot be printed, more than 1000"),
    "much text that takes 4 times its bytes": (with_config(lambda config: config["columns"].update(
        loss=["a" * 400_000 + "\U0001F600"])), "has the epochs"),
    "10,000 arrays": (with_header(lambda header: header.update({str(i): []
                                                                for i in range(10_000)})),
                      "is described by []"),
    "2,000 empty arrays": (with_arrays(lambda config,
                                       arrays: arrays.update({str(i): ("F64", [0], b"")
                                                              for i in range(2000)})),
                           "there is float64 of shape (0,)"),
    "deep nesting": (lambda seed: sealed(b'{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}", b""),
                     "not strict JSON"),
    "deep nesting without an end": (lambda seed: sealed(b'{"a":' * 8_000, b""), "not strict JSON"),
    "deep nesting in the configuration": (with_config_text(lambda text: "[" * 15_000 + "]"
                                                           * 15_000), "not strict JSON"),
    "deep nesting of tuples": (config_item(network=json.loads('{"tuple": [' * 90 + "0" + "]}"
                                                              * 90)), "no model file"),
    "a name twice": (with_text(lambda text: twice(text, json.dumps("0.W") + ': {"dtype": "F32"}')),
                     "a name twice"),
    "a name twice in an array": (with_text(lambda text: text.replace('"dtype": "F32"',
                                                                     '"dtype": "F64", "dtype": '
                                                                     '"F32"', 1)),
                                 "a name twice"),
    "a name twice in the configuration": (with_config_text(lambda text: twice(text, '"epochs": 3')),
                                          "a name twice"),
    "a name twice, written in two ways": (with_text(lambda text: twice(text, r'"0.\u0057": 0')),
                                          "a name twice"),
    "NaN": (with_text(lambda text: twice(text, '"a": NaN')), "NaN is not a number"),
    "-Infinity": (with_text(lambda text: twice(text, '"a": -Infinity')),
                  "-Infinity is not a number"),
    "NaN in the configuration": (with_config_text(lambda text: text.replace("0.1", "NaN", 1)),
                                 "NaN is not a number"),
    "1e999": (with_text(lambda text: twice(text, '"a": 1e999')),
              "1e999 is not a number of double precision"),
    "1e999 in the configuration": (with_config_text(lambda text: text.replace("0.1", "1e999", 1)),
                                   "1e999 is not"),
    "5,000 digits": (with_text(lambda text: twice(text, '"a": ' + "9" * 5000)), "is too large"),
    "20 digits": (with_text(lambda text: twice(text, '"a": ' + "9" * 20)), "is too large"),
    "5,000 digits behind a point": (with_text(lambda text: twice(text, '"a": 0.' + "9" * 5000)),
                                    "not a number of double"),
    "5,000 digits in the configuration": (
        with_config_text(lambda text: text.replace("0.1", "9" * 5000, 1)), "is too large"),
    "invalid UTF-8": (
        lambda seed: sealed(seed.text.encode().replace(b"0.W", b"0.\xff"), seed.data),
        "is not UTF-8"),
    "UTF-8 of a surrogate": (
        lambda seed: sealed(seed.text.encode().replace(b"0.W", b"0.\xed\xa0\x80"), seed.data),
        "is not UTF-8"),
    "UTF-8 that is longer than need be": (
        lambda seed: sealed(seed.text.encode().replace(b"0.W", b"0.\xc0\xaf"), seed.data),
        "is not UTF-8"),
    "UTF-16": (lambda seed: sealed(seed.text.encode("utf-16"), seed.data), "not a JSON object"),
    "a byte order mark": (lambda seed: sealed(seed.text.encode("utf-8-sig"), seed.data),
                          "not a JSON object"),
    "text behind the header": (with_text(lambda text: text + "x"), "not strict JSON"),

    "no metadata": (with_header(lambda header: header.pop("__metadata__")), "its metadata are not"),
    "metadata as a list": (with_header(lambda header: header.update(__metadata__=[])),
                           "its metadata are not"),
    "another format": (with_header(lambda header: header["__metadata__"].update(format="pt")),
                       "its metadata are not"),
    "more metadata": (with_header(lambda header: header["__metadata__"].update(more="")),
                      "its metadata are not"),
    "version 3": (with_header(lambda header: header["__metadata__"].update(version="3")),
                  "version '3' of the format"),
    "version 1": (with_header(lambda header: header["__metadata__"].update(version="1")),
                  "Load it with tinynet 0.1"),
    "version 2 as a number": (with_header(lambda header: header["__metadata__"].update(version=2)),
                              "its metadata are not"),
    "no configuration": (with_header(lambda header: header["__metadata__"].pop("config")),
                         "its metadata are not"),
    "an empty configuration": (with_config_text(lambda text: ""), "not strict JSON"),
    "null for a configuration": (with_config_text(lambda text: "null"), "not that of a network"),
    "more in the configuration": (config_item(path="/etc/passwd"), "not that of a network"),
    "less in the configuration": (with_config(lambda config: config.pop("streams")),
                                  "not that of a network"),

    "a negative shape": (entry(shape=[-1, -1]), "not a whole number of at least 0"),
    "a boolean shape": (entry(shape=[True, True]), "not a whole number of at least 0"),
    "a float for a shape": (entry(shape=[1.0, 1.0]), "not a whole number of at least 0"),
    "a text for a shape": (entry(shape="11"), "is described by"),
    "a shape that overflows": (entry(shape=[2**62, 4]), "has the shape"),
    "a shape that overflows to what is there": (entry(shape=[2**32, 2**32, 1]), "has the shape"),
    "a shape of 33 axes": (entry(shape=[1] * 33), "has the shape"),
    "an unknown dtype": (entry(dtype="F16"), "unknown dtype 'F16'"),
    "objects for a dtype": (entry(dtype="O"), "unknown dtype 'O'"),
    "null for a dtype": (entry(dtype=None), "is described by"),
    "no dtype": (with_header(lambda header: header["0.W"].pop("dtype")), "is described by"),
    "more of an array": (entry(url="http://example.org"), "is described by"),
    "three offsets": (entry(data_offsets=[0, 4, 8]), "is described by"),
    "a negative offset": (entry(data_offsets=[-4, 0]), "not a whole number of at least 0"),
    "a float for an offset": (entry(data_offsets=[0.0, 4.0]), "not a whole number of at least 0"),
    "boolean offsets": (entry(data_offsets=[False, 4]), "not a whole number of at least 0"),
    "offsets beyond the file": (entry(data_offsets=[10**18, 10**18 + 4]), "does not begin where"),
    "offsets reversed": (with_header(reversed_offsets), "has the shape"),
    "offsets overlapping": (with_header(overlapping), "does not begin where"),
    "a hole": (holes, "does not begin where"),
    "no digest among the arrays": (with_header(lambda header: header.pop("_sha256")),
                                   "do not end where"),
    "a digest of another dtype": (entry("_sha256", dtype="F64", shape=[4]),
                                  "its last array is not '_sha256'"),
    "a digest of another shape": (entry("_sha256", shape=[4, 8]),
                                  "its last array is not '_sha256'"),
    "a name with ../": (
        with_arrays(lambda config, arrays: arrays.update({"../x": ("U8", [1], b"x")})),
        "nothing with the name '../x'"),
    "a name with ../ in place of a weight": (
        with_header(lambda header: header.update({"../x": header.pop("0.W")})),
        "the name '0.W', and there is nothing"),
    "a missing array": (with_arrays(lambda config, arrays: arrays.pop("0.W")),
                        "the name '0.W', and there is nothing"),
    "an array too many": (with_arrays(lambda config,
                                      arrays: arrays.update(x=("F64", [1], bytes(8)))),
                          "asks for nothing"),
    "an array for a layer that is not there": (
        with_arrays(lambda config, arrays: arrays.update({"1.W": arrays["0.W"]})),
        "asks for nothing"),
    "an array of another shape": (entry(shape=[1, 1, 1]),
                                  "asks for float32 of shape (1, 1) with the name '0.W'"),
    "an array of another dtype": (
        with_arrays(lambda config, arrays: arrays.update({"0.W": ("F64", [1, 1], bytes(8))})),
        "there is float64"),
    "weights and a column of the history swapped": (with_arrays(swapped), "asks for"),
    "weights in two halves": (with_arrays(lambda config,
                                          arrays: arrays.update({"0.W": ("U8", [4], bytes(4))})),
                              "asks for"),

    "an unknown layer": (with_network(thing("Nonsense")),
                         "names 'Nonsense', which this program does not know"),
    "os.system for a layer": (with_network(thing("os.system", command="true")),
                              "names 'os.system'"),
    "os.system for an init": (with_network(thing("Dense", units=1, init={"function": "os.system"})),
                              "names 'os.system'"),
    "a class for a function": (with_network(thing("Dense", units=1, init={"function": "Dense"})),
                               "names 'Dense'"),
    "a function for a class": (with_network(thing("he_normal", shape=[1, HUGE], rng=0)),
                               "names 'he_normal'"),
    "eval for a layer": (with_network(thing("eval", source="1")), "names 'eval'"),
    "a layer with a module": (with_network({"module": "os", "class": "Dense",
                                            "settings": {"units": 1}}), "names 'Dense'"),
    "a layer of no kind": (with_network({"Dense": 1}), "describes nothing"),
    "a layer that is a loss": (with_network(thing("Huber")), "must be a Layer"),
    "a layer that is a number": (with_network(0), "must be a Layer"),
    "no layers": (with_network(), "layers is empty"),
    "text for layers": (
        with_config(lambda config: config["network"]["settings"].update(layers="Dense")),
        "must be a Layer"),
    "an abstract layer": (with_network(thing("Layer")), "names 'Layer'"),
    "an extra argument": (with_network(thing("Dense", units=1, more=0)),
                          "unexpected keyword argument 'more'"),
    "a setting rng": (with_network(thing("Dense", units=1), rng=0),
                      "multiple values for keyword argument 'rng'"),
    "a setting self": (with_network(thing("Dense", units=1, self=0)),
                       "multiple values for argument 'self'"),
    "a setting path": (with_network(thing("Dense", units=1), path="../x"),
                       "unexpected keyword argument 'path'"),
    "a setting __class__": (with_network(thing("Dense", units=1, __class__=0)),
                            "unexpected keyword argument '__class__'"),
    "a setting cls": (with_network(thing("Dense", units=1), cls=0),
                      "unexpected keyword argument 'cls'"),
    "a network that is a layer": (config_item(network=thing("Dense", units=1)),
                                  "holds a Dense, not a Sequential"),
    "null for the network": (config_item(network=None), "holds a NoneType"),
    "another dtype": (with_network(thing("Dense", units=1), dtype="float16"), "dtype is 'float16'"),
    "objects for the network's dtype": (with_network(thing("Dense", units=1), dtype="O"),
                                        "dtype is 'O'"),
    "a dtype with 15,000 fields": (with_network(thing("Dense", units=1), dtype="f4," * 15_000),
                                   "dtype is 'f4"),
    "a loss that is a layer": (with_network(thing("Dense", units=1), loss=thing("ReLU")),
                               "must be a Loss"),
    "a loss inside": (with_network(thing("Sequential", layers=[thing("Dense", units=1)],
                                         input_shape=1, loss=thing("Huber"),
                                         dtype="float32")), "a Sequential inside another one has "
                                                            "no loss"),
    "a loss for images": (with_network(thing("ReLU"), input_shape=[2, 2, 1]),
                          "ends in the shape (2, 2, 1), and has a loss"),
    "a loss for other outputs": (with_network(thing("ReLU"), loss=thing("SoftmaxCrossEntropy")),
                                 "needs two outputs or more"),

    **{f"{size:.0e} {where}".replace("+", ""): (make(size), message) for size, message in (
        (10**7, "more numbers than all"), (10**9, "2^26 numbers|more numbers than all"),
        (10**12, "2^26 numbers|more numbers than all")) for where, make in {
        "units": lambda size: with_network(thing("Dense", units=size)),
        "inputs": lambda size: with_network(thing("Dense", units=1), input_shape=size),
        "inputs of BatchNorm": lambda size: with_network(thing("BatchNorm"), input_shape=size),
        "inputs of LayerNorm": lambda size: with_network(thing("LayerNorm"), input_shape=size),
        "filters": lambda size: with_network(thing("Conv2D", filters=size, kernel_size=1),
                                             thing("GlobalAveragePool2D"),
                                             thing("Dense", units=1), input_shape=[2, 2, 1]),
        "channels": lambda size: with_network(thing("Conv2D", filters=1, kernel_size=1),
                                              thing("Flatten"),
                                              thing("Dense", units=1), input_shape=[2, 2, size]),
        "for a height": lambda size: with_network(thing("Conv2D", filters=1, kernel_size=1),
                                                  thing("Flatten"),
                                                  thing("Dense", units=1),
                                                  input_shape=[size, 2, 1]),
        "for a padding": lambda size: with_network(thing("Conv2D", filters=1, kernel_size=1,
                                                         padding=[size, 0]),
                                                   thing("Flatten"), thing("Dense", units=1),
                                                   input_shape=[2, 2, 1]),
        "flattened": lambda size: with_network(thing("Flatten"), thing("BatchNorm"),
                                               thing("Dense", units=1),
                                               input_shape=[1, size, 1]),
        "units in a nested network": lambda size: with_network(
            network(thing("Dense", units=size), thing("Dense", units=1))),
        "inputs of a nested BatchNorm": lambda size: with_network(
            network(thing("BatchNorm"), input_shape=size), thing("Dense", units=1),
            input_shape=size),
        "inputs of a twice nested LayerNorm": lambda size: with_network(
            network(network(thing("LayerNorm"), input_shape=size), input_shape=size),
            input_shape=size),
    }.items()},
    "units of 10^18 by 10^18": (with_network(thing("Dense", units=10**18), input_shape=10**18),
                                "no model file"),
    "a kernel of 10^9 by 10^9": (with_network(thing("Conv2D", filters=1, kernel_size=10**9,
                                                    padding="same"), thing("Flatten"),
                                              thing("Dense", units=1), input_shape=[2, 2, 1]),
                                 "more numbers than all"),
    "units as text": (with_network(thing("Dense", units="1")), "units is '1'"),
    "units as a boolean": (with_network(thing("Dense", units=True)), "units is True"),
    "negative units": (with_network(thing("Dense", units=-1)), "units is -1"),
    "negative inputs": (with_network(thing("Dense", units=1), input_shape=-1), "input_shape is -1"),
    "a shape of 15,000 axes of 10^17": (with_network(thing("ReLU"), input_shape=[10**17] * 15_000),
                                        "has 15000 axes"),
    "a Reshape to 15,000 axes of 10^17": (
        with_network(thing("Reshape", shape=[10**17] * 15_000)), "shape is [100000000000000000, "),
    "a Reshape to 63 axes of 10^18": (
        with_network(thing("Reshape", shape=[10**18] * 63)),
        "layer 0, Reshape((1000000000000000000, "),
    "a Reshape to -1 twice": (with_network(thing("Reshape", shape=[-1, -1])),
                              "one of which may be -1"),
    "2,500 layers": (with_network(*[thing("ReLU")] * 2500, thing("Dense", units=2)),
                     "asks for float32 of shape (1, 2)"),
    "2,000 layers with weights": (with_network(*[thing("Dense", units=1)] * 2000),
                                  "more numbers than all"),
    "300 nested networks": (with_network(nested(300, thing("ReLU"))), "no model file"),
    "100 nested networks": (with_network(nested(100, thing("ReLU"))), "no model file"),
    "100 nested networks that fail inside, with long settings": (
        with_network(nested(100, thing("LayerNorm"),
                            thing("Dense", units=1, init=thing("EarlyStopping",
                                                               monitor="x" * 900000)))),
        "no model file"),

    "text for the epochs of a column": (with_config(lambda config: config["columns"].update(x="")),
                                        "has the epochs ''"),
    "an object for the epochs of a column": (
        with_config(lambda config: config["columns"].update(x={})), "has the epochs {}"),
    "a column of a name that cannot be printed": (with_arrays(lambda config, arrays: (
        config["columns"].update({"\ud800": [[0, 2]]}),
        arrays.update({"history.\ud800": arrays["history.loss"]}))),
        r"'\ud800' of its history cannot be printed"),

    "an unknown random stream": (config_item(streams={"_shuffle_rng": "os.system"}),
                                 "of the unknown kind 'os.system'"),
    "a class for a random stream": (config_item(streams={"_shuffle_rng": "SeedSequence"}),
                                    "of the unknown kind"),
    "no random stream": (config_item(streams={}), "holds the random streams []"),
    "a random stream of a layer that has none": (config_item(streams={"_shuffle_rng": "PCG64",
                                                                      "0.rng": "PCG64"}),
                                                 "holds the random streams"),
    "a random stream of another size": (config_item(streams={"_shuffle_rng": "MT19937"}),
                                        "with the name '_shuffle_rng'"),
    "an MT19937 beyond its buffer": (set_stream("MT19937", 624 * 4, 625), "has 625 for pos"),
    "an MT19937 far beyond its buffer": (set_stream("MT19937", 624 * 4, 2**128 - 1),
                                         "for pos, above 624"),
    "a Philox beyond its buffer": (set_stream("Philox", 80, 5), "has 5 for buffer_pos"),
    "a PCG64 with too much in store": (set_stream("PCG64", 32, 2), "has 2 for has_uint32"),
    "a PCG64 that stands still": (with_arrays(standing_still), "random stream"),
    "split_seed of 2^32": (config_item(split_seed=2**32), "not below 2^32"),
    "split_seed below 0": (config_item(split_seed=-1), "split_seed is -1"),
    "split_seed of text": (config_item(split_seed="1"), "split_seed is '1'"),

    "an unknown optimizer": (
        with_config(lambda config: config["optimizer"].update(optimizer=thing("subprocess.run"))),
        "names 'subprocess.run'"),
    "a layer for an optimizer": (
        with_config(lambda config: config["optimizer"].update(optimizer=thing("ReLU"))),
        "is not an optimizer"),
    "a list for an optimizer": (config_item(optimizer=[]), "does not describe an optimizer"),
    "another optimizer": (
        with_config(lambda config: config["optimizer"].update(optimizer=thing("Adam"))),
        "optimizer.m"),
    "steps of -1": (with_config(lambda config: config["optimizer"].update(steps=-1)),
                    "steps is -1"),
    "steps of 1.5": (with_config(lambda config: config["optimizer"].update(steps=1.5)),
                     "steps is 1.5"),
    "text for last_lr": (with_config(lambda config: config["optimizer"].update(last_lr="x")),
                         "no model file"),
    "a negative lr": (optimizer_with(lr=-1), "lr is -1"),
    "he_normal for lr": (optimizer_with(lr={"function": "he_normal"}), "no model file"),
    "zeros for lr": (optimizer_with(lr={"function": "zeros"}), "no model file"),
    "zeros for lr after 10^9 steps": (lr_and_steps({"function": "zeros"}, 10**9), "no model file"),
    "ones for lr after 10^8 steps": (lr_and_steps({"function": "ones"}, 10**8), "no model file"),
    "ones for the lr of Warmup": (lr_and_steps(thing("Warmup", lr={"function": "ones"}, steps=1),
                                               10**8), "no model file"),
    "EarlyStopping for lr": (optimizer_with(lr=thing("EarlyStopping")), "no model file"),
    "a schedule of 0 steps": (optimizer_with(lr=thing("CosineDecay", lr=0.1, steps=0)),
                              "steps is 0"),

    "10^12 epochs": (config_item(epochs=HUGE), f"some of its {HUGE} epochs"),
    "10^12 epochs with runs": (with_config(lambda config: config.update(
        epochs=HUGE, columns=dict.fromkeys(["loss", "lr", "seconds"], [[0, HUGE]]))),
                               "history.loss"),
    "a history without losses": (with_config(lambda config: config["columns"].pop("loss")),
                                 "lacks loss, lr, seconds"),
    "bytes for a history": (lambda seed: history_of_bytes("U8", 100, seed),
                            "asks for float64 of shape (100,)"),
    "-1 epochs": (config_item(epochs=-1), "epochs is -1"),
    "epochs as a boolean": (config_item(epochs=True), "epochs is True"),
    "a column without epochs at the end": (config_item(epochs=3), "some of its 3 epochs"),
    "runs reversed": (with_config(lambda config: config["columns"].update(loss=[[2, 0]])),
                      "has the epochs [[2, 0]]"),
    "runs overlapping": (
        with_config(lambda config: config["columns"].update(loss=[[0, 1], [0, 1]])),
        "has the epochs"),
    "a dtype f4": (with_config(lambda config: config["network"]["settings"].update(dtype="f4")),
                   "dtype is 'f4'; it must be one of 'float32', 'float64'"),
    "a network without a dtype": (
        with_config(lambda config: config["network"]["settings"].pop("dtype")),
        "dtype is None; it must be one of 'float32', 'float64'"),
    "a run from -1": (with_config(lambda config: config["columns"].update(loss=[[-1, 1]])),
                      "has the epochs [[-1, 1]]"),
    "runs below 0": (with_config(lambda config: config["columns"].update(loss=[[-2, 0]])),
                     "has the epochs"),
    "runs beyond the end": (with_config(lambda config: config["columns"].update(loss=[[1, 3]])),
                            "has the epochs"),
    "runs of booleans": (with_config(lambda config: config["columns"].update(loss=[[False, 2]])),
                         "has the epochs"),
    "runs of three": (with_config(lambda config: config["columns"].update(loss=[[0, 1, 2]])),
                      "has the epochs"),
    "runs of text": (with_config(lambda config: config["columns"].update(loss=["02"])),
                     "has the epochs"),
    "an unknown column": (with_config(lambda config: config["columns"].update({"../x": [[0, 2]]})),
                          "'history.../x'"),

    "a function's memory": (memory("he_normal"),
                            "a callback 'he_normal', which this program does not know"),
    "an unknown callback's memory": (memory("os.system"),
                                     "a callback 'os.system', which this program does not know"),
    "a schedule's memory": (memory("StepDecay"), "a callback 'StepDecay'"),
    "a callback's memory with more": (memory("ReduceOnPlateau", dict.fromkeys(
        ["seen", "best", "best_epoch", "waited", "begin"], 0)), "it remembers"),
    "a callback's memory with less": (memory("ReduceOnPlateau", {"seen": 0}),
                                      "it remembers ['seen']"),
    "a callback's memory of text": (memory("ReduceOnPlateau",
                                           dict.fromkeys(["seen", "best", "best_epoch", "waited"],
                                                         "0")),
                                    "something else than numbers"),
    "a callback's memory with a number for weights": (memory("EarlyStopping", {
        "seen": 0, "best": 0, "best_epoch": 0, "waited": 0, "params": 5, "state": None}),
                                                      "is not what it can have seen"),
    "a callback's memory without its arrays": (memory("EarlyStopping", dict.fromkeys(
        ["seen", "best", "best_epoch", "waited"], 0), ["params", "state"]), "callbacks.0.params"),
    "an array twice in a memory": (memory("ReduceOnPlateau", dict.fromkeys(
        ["seen", "best", "best_epoch"], 0), ["waited", "waited"]), "it remembers"),
    "a callback of another form": (config_item(callbacks=[thing("EarlyStopping")]),
                                   "does not describe a callback"),
    "text for callbacks": (config_item(callbacks="EarlyStopping"), "not that of a network"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_file_is_refused_with_the_reason(name, small, tmp_path):
    make, piece = REFUSALS[name]
    error = loaded(tmp_path / "net", make(small))
    assert isinstance(error,
                      tn.ModelFileError) and any(part in str(error)
                                                 for part in piece.split("|")), error
    assert len(str(error)) < 1000 and str(error).isprintable()


def test_a_layer_that_makes_its_arrays_by_itself_is_not_built_for_rows_too_large_for_a_file(
        small, tmp_path):
    @tn.register
    class Scale(tn.Layer):
        param_names = ("g",)

        def build(self, input_shape, rng):
            self.g = np.ones(input_shape)
            return input_shape

    assert "more than the 2^26 numbers" in str(loaded(tmp_path / "net",
                                                      with_network(thing("Scale"),
                                                                   input_shape=10**9)(small)))
    tn.files.registry.KNOWN.pop("Scale")


@pytest.mark.parametrize("part", range(8))
def test_a_file_that_is_cut_off_is_refused(part, small, tmp_path):
    for size in range(part, len(small.raw), 8):
        assert isinstance(loaded(tmp_path / "net", small.raw[:size], measured=False),
                          tn.ModelFileError)


@pytest.mark.parametrize("part", range(8))
def test_data_that_are_cut_off_under_a_right_digest_are_refused(part, small, tmp_path):
    for size in range(part, len(small.data), 8):
        raw = sealed(small.text.encode(), small.data[:size])
        assert "do not end where the file ends" in str(loaded(tmp_path / "net", raw,
                                                              measured=False))


HARMLESS = {  # name: function (seed) -> file
    "as it was": lambda seed: put_together(seed.header, seed.config, seed.data),
    "steps of 2^63 - 1": with_config(lambda config: config["optimizer"].update(steps=2**63 - 1)),
    "an infinite last_lr": with_config(
        lambda config: config["optimizer"].update(last_lr={"float": "inf"})),
    "10 nested Warmups": optimizer_with(lr=warmups(10)),
    "a schedule of 10^18 steps": optimizer_with(lr=thing("OneCycle", lr=0.1, steps=10**18)),
    "a column of the name __class__": with_arrays(lambda config, arrays: (
        config["columns"].update(__class__=[[0, 2]]),
        arrays.update({"history.__class__": arrays["history.loss"]}))),
    "truth values of other bytes": lambda seed: history_of_bytes("BOOL", 100, seed),
    "weights of nan": with_arrays(lambda config,
                                  arrays: arrays.update({"0.W": ("F32", [1, 1], b"\xff" * 4)})),
    "a random stream of zeros of MT19937": set_stream("MT19937", 0, 0),
    "a random stream of zeros of Philox": set_stream("Philox", 0, 0),
    "a random stream of zeros of SFC64": set_stream("SFC64", 0, 0),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_a_strange_file_does_no_harm(name, small, tmp_path):
    net = loaded(tmp_path / "net", HARMLESS[name](small))
    assert isinstance(net, tn.Sequential), net
    use(net, small)


def test_300_nested_warmups_are_refused_or_work(small, tmp_path):
    net = loaded(tmp_path / "net", optimizer_with(lr=warmups(300))(small))
    if isinstance(net, tn.Sequential):
        use(net, small)


def test_a_file_that_is_nearly_all_history_takes_less_than_three_times_its_bytes_and_16_mb(
        small, tmp_path):
    path, epochs = tmp_path / "net", 10**6
    path.write_bytes(history_of_bytes("BOOL", epochs, small))  # 3 x 8 + 1 bytes an epoch
    tracemalloc.start()
    net = tn.Sequential.load(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(net.history) == epochs and peak < 3 * 25 * epochs + 16e6
    assert [net.history[name] for name in ("loss", "lr", "seconds")] == [[0.0] * epochs] * 3
    assert net.history["x"] == [True] * epochs


def test_a_refusal_of_much_text_is_short(small, tmp_path):
    write = with_header(lambda header: header["__metadata__"].update(version="3" * 100_000))
    path = tmp_path / "net"
    path.write_bytes(write(small))
    with pytest.raises(tn.ModelFileError) as caught:
        tn.Sequential.load(path)
    before = f"{str(path)!r} is no model file that can be loaded: "
    assert len(str(caught.value)) == len(before) + 500


def test_columns_without_any_epoch_are_left_out_and_the_network_can_be_saved_again(small, tmp_path):
    net = loaded(tmp_path / "net", history_of_bytes("BOOL", 0, small))
    assert isinstance(net, tn.ModelFileError)  # a run of no epochs
    config = json.loads(small.config_text) | {"epochs": 0,
                                              "columns": {"loss": [], "lr": [], "seconds": [],
                                                          "x": []}}
    arrays = {name: array
              for name, array in arrays_in(small.header, small.data).items()
              if not name.startswith("history.")}
    arrays |= {f"history.{name}": ("F64", [0], b"") for name in config["columns"]}
    header, data = laid_out(small.header, arrays)
    net = loaded(tmp_path / "net", put_together(header, config, data))
    assert net.history.columns == [] and len(net.history) == 0
    net.save(tmp_path / "again")
    assert tn.Sequential.load(tmp_path / "again").history.columns == []


def test_a_callback_that_is_said_to_remember_null_does_no_harm(small, tmp_path):
    numbers = {"seen": 2, "best": -1e9, "best_epoch": 1, "waited": None}
    callback = {"callback": "ReduceOnPlateau('loss')", "arrays": [], "numbers": numbers}
    net = loaded(tmp_path / "net", config_item(callbacks=[callback])(small))
    if isinstance(net, tn.Sequential):
        with contextlib.suppress(*UNUSABLE):
            net.fit(small.x, small.t, epochs=1, callbacks=[tn.ReduceOnPlateau("loss")])


def test_4000_dropouts_take_little_time_and_memory(small, tmp_path):
    loaded(tmp_path / "net", with_network(*[thing("Dropout", rate=0.5)] * 4000)(small))


def test_a_network_that_is_both_deep_and_long_takes_little_time(small, tmp_path):
    inner = thing("ReLU")
    for _ in range(16):
        inner = network(inner, *[thing("Dropout", rate=0.5)] * 500)
    loaded(tmp_path / "net", with_network(inner)(small))


# ---- what is no file, or another one ----

def test_a_foreign_safetensors_file_is_refused(tmp_path):
    save_file({"W": np.zeros((2, 3), np.float32)}, tmp_path / "net")
    with pytest.raises(tn.ModelFileError, match="SHA-256"):
        tn.Sequential.load(tmp_path / "net")


def test_a_foreign_safetensors_file_with_a_digest_is_refused(small, tmp_path):
    save_file({"W": np.zeros((2, 3), np.float32), "_sha256": np.zeros(32, np.uint8)},
              tmp_path / "net")
    assert "metadata are not" in str(loaded(tmp_path / "net",
                                            sealed(*header_and_data((tmp_path
                                                                     / "net").read_bytes()))))


def header_and_data(raw):
    stop = 8 + int.from_bytes(raw[:8], "little")
    return raw[8:stop], raw[stop:-32]


def test_a_directory_is_refused(tmp_path):
    with pytest.raises(OSError):
        tn.Sequential.load(tmp_path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        tn.Sequential.load(tmp_path / "net")


def test_a_device_is_refused():
    with pytest.raises(tn.ModelFileError, match="not a regular file"):
        tn.Sequential.load("/dev/zero")


def in_another_process(code, path):
    """What Python code prints that finds the path in sys.argv[1]; an error after ten seconds."""
    return subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True,
                          timeout=10, check=True).stdout


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path):
    os.mkfifo(tmp_path / "net")
    printed = in_another_process("import sys, tinynet\n"
                                 "try: tinynet.Sequential.load(sys.argv[1])\n"
                                 "except tinynet.ModelFileError as error: print(error)",
                                 tmp_path / "net")
    assert "not a regular file" in printed


def test_a_sparse_file_of_a_terabyte_is_refused_at_once(small, tmp_path):
    path = tmp_path / "net"
    path.write_bytes(small.raw)
    os.truncate(path, 2**40)
    with pytest.raises(tn.ModelFileError, match=f"it has {2**40} bytes"):
        tn.Sequential.load(path)  # to read it would take hours


# ---- what the code of loading does not have in it ----

SOURCES = sorted(path.stem for path in (Path(tn.__file__).parent / "files").glob("*.py"))
NO_MODULES = {"importlib", "imp", "runpy", "pkgutil", "pickle", "marshal", "shelve", "subprocess",
              "ctypes", "code", "builtins",
              "joblib", "dill", "cloudpickle", "yaml"}
NO_NAMES = {"eval", "exec", "compile", "__import__", "globals", "locals", "__builtins__", "pickle",
            "marshal", "importlib"}
NO_ATTRIBUTES = {"np.load", "np.lib", "numpy.load", "np.fromfile", "np.memmap", "os.system",
                 "os.popen", "sys.modules"}


def dangers(source):
    """The places in source code at which a name or bytes from a file could become code."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found += [alias.name for alias in names if alias.name.split(".")[0] in NO_MODULES]
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] in NO_MODULES:
                found.append(module)
            case ast.ImportFrom(module="os" | "numpy" | "builtins", names=names):
                found += [alias.name for alias in names]
            case ast.Name(id=name) if name in NO_NAMES:
                found.append(name)
            case ast.Attribute(attr=name) if ast.unparse(node) in NO_ATTRIBUTES or name in (
                    "__import__", "__globals__", "__subclasses__", "__builtins__", "import_module",
                    "__reduce__"):
                found.append(ast.unparse(node))
            case ast.Attribute(value=ast.Name(id="os"),
                               attr=name) if name.startswith(("exec", "spawn", "posix_spawn",
                                                              "fork")):
                found.append(ast.unparse(node))
            case ast.Call(func=ast.Name(id="getattr" | "setattr" | "delattr" | "hasattr"),
                          args=[_, ast.Constant(value=str())]
                          | [_, ast.Constant(value=str()), _]):
                pass
            case ast.Call(func=ast.Name(id="getattr" | "setattr" | "delattr")):
                found.append(ast.unparse(node))
    return found


@pytest.mark.parametrize("source", SOURCES)
def test_loading_imports_evaluates_and_unpickles_nothing_by_name(source):
    assert dangers((Path(tn.__file__).parent / "files"
                    / f"{source}.py").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("line", [
    "import pickle", "import importlib.util", "from importlib import import_module",
    "x = __import__(name)", "eval(text)",
    "f = exec", "np.load(path)", "os.system(text)", "os.execv(path, [])", "from os import system",
    "import subprocess as s",
    "getattr(layers, name)", "setattr(net, name, 0)", "getattr(layers, *names)",
    "delattr(net, name)", "f.__globals__",
    "globals()[name]", "compile(text, '', 'exec')", "sys.modules[name]"])
def test_such_lines_would_be_found(line):
    assert dangers(line) != []
