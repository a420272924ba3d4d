"""Model files: that saving loses nothing whatever happens meanwhile, what stands in a file, and
weights by their names.
"""

import contextlib
import errno
import hashlib
import json
import os
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

import tinynet as tn
from tinynet.files import format, replacement

rng = np.random.default_rng(0)
x, labels = rng.normal(size=(60, 4)), rng.integers(0, 3, 60)


def network(seed=0, dtype=np.float32):
    inner = tn.Sequential([tn.Dense(6), tn.Sequential([tn.BatchNorm(), tn.ReLU()], 6, rng=1)], 8,
                          rng=2)
    return tn.Sequential([tn.Dense(8), inner, tn.BatchNorm(), tn.Dropout(0.2), tn.Dense(3)], 4,
                         loss=tn.SoftmaxCrossEntropy(),
                         rng=seed, dtype=dtype)


def trained(dtype=np.float32, **settings):
    net = network(dtype=dtype)
    net.fit(x, labels, epochs=3, validation=0.25, callbacks=[tn.EarlyStopping()], **settings)
    return net


@pytest.fixture
def old(tmp_path):
    """A good file, alone in a folder, that another network is to be saved over."""
    path = tmp_path / "net"
    network(seed=1).save(path)
    return path


def is_whole(path):
    """Whether the folder has the old file in it, with all its bits, and nothing else."""
    return (list(path.parent.iterdir()) == [path]
            and tn.Sequential.load(path).params.tobytes() == network(seed=1).params.tobytes())


# ---- killed while saving ----

KILLED = """
import os, random, signal, sys, time
from pathlib import Path
import numpy as np
import tinynet as tn

def network(seed):
    layers = [tn.Dense(300), tn.ReLU(), tn.Dense(300)]
    return tn.Sequential(layers, 300, loss=tn.MeanSquaredError(), rng=seed)

path = Path(sys.argv[1]) / "net"
nets = network(1), network(2)
whole = [net.params.tobytes() for net in nets]
start = time.perf_counter()
for _ in range(5):
    nets[0].save(path)
one_save = (time.perf_counter() - start) / 5
delays, found, in_the_middle = random.Random(0), [0, 0], 0
for i in range(200):
    begun, says_begun = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(says_begun, b"x")
        for net in nets[::-1] * 1000:
            net.save(path)
        os._exit(1)
    os.read(begun, 1)
    time.sleep(delays.uniform(0, 5 * one_save))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    os.close(begun), os.close(says_begun)
    found[whole.index(tn.Sequential.load(path).params.tobytes())] += 1  # neither: a ValueError
    in_the_middle += len(list(path.parent.glob(".tinynet-*.tmp")))  # which the next save removes
nets[0].save(path)
assert os.listdir(path.parent) == ["net"]
print(*found, in_the_middle)
"""


@pytest.mark.long
def test_of_200_saves_that_are_killed_over_a_good_file_each_leaves_the_old_or_the_new_one(tmp_path):
    process = subprocess.run([sys.executable, "-c", KILLED, tmp_path], capture_output=True,
                             text=True,
                             env=os.environ | {"OPENBLAS_NUM_THREADS": "1"})
    assert process.returncode == 0, process.stderr
    first, second, in_the_middle = map(int, process.stdout.split())
    assert first + second == 200 and first > 0 and second > 0  # both have been come upon
    # and some were killed while they wrote
    assert in_the_middle > 0


def left_by_killed_saves(path, n=1):
    """The temporary files of saves that were killed, beside the path."""
    with contextlib.ExitStack() as writing:
        files = [writing.enter_context(replacement.temporary_file(os.fspath(path)))
                 for _ in range(n)]
        for file in files:
            os.unlink(file.name)
    for file in files:
        Path(file.name).write_bytes(b"a part of the")
    return [Path(file.name) for file in files]


def test_the_next_save_of_the_same_path_removes_what_killed_ones_left(old):
    left = left_by_killed_saves(old, 3)
    assert len(left) == 3 and all(file.exists() for file in left)
    network(seed=1).save(old)
    assert is_whole(old)


def test_what_a_killed_save_of_another_path_left_is_not_touched(old):
    other, = left_by_killed_saves(old.parent / "other")
    network(seed=1).save(old)
    assert sorted(old.parent.iterdir()) == sorted([old, other])


def test_a_file_that_is_being_written_is_left_to_its_writer(old):
    with replacement.temporary_file(os.fspath(old)) as file:
        network(seed=1).save(old)
        assert Path(file.name).exists()
        with replacement.temporary_file(os.fspath(old)) as second:
            assert Path(file.name).exists() and file.name != second.name
            os.unlink(second.name)
        os.unlink(file.name)
    assert is_whole(old)


@pytest.mark.parametrize("has_lock", [False, True])
def test_a_file_that_is_taken_for_a_left_one_before_it_is_locked_is_made_anew(old, monkeypatch,
                                                                              has_lock):
    taken = []

    def lock(file):
        if not taken and file.mode == "xb":  # another process comes before this one
            taken.append(file.name)
            if has_lock:
                raise BlockingIOError
            os.unlink(file.name)

    monkeypatch.setattr("tinynet.files.replacement.lock", lock)
    network(seed=1).save(old)
    assert len(taken) == 1
    if has_lock:
        os.unlink(taken[0])
    assert is_whole(old)


def test_processes_that_save_to_one_path_at_once_do_not_disturb_each_other(old):
    code = ("import sys, tinynet as tn\n"
            "net = tn.Sequential.load(sys.argv[1])\n"
            "for _ in range(100): net.save(sys.argv[1])")
    savers = [subprocess.Popen([sys.executable, "-c", code, old]) for _ in range(3)]
    assert [saver.wait() for saver in savers] == [0, 0, 0]
    assert is_whole(old)


def test_without_locks_a_save_works_and_removes_nothing_that_another_may_write(old, monkeypatch):
    def refuse(*arguments):
        raise OSError("no locks in this file system")

    left, = left_by_killed_saves(old)
    monkeypatch.setattr("tinynet.files.replacement.lock", refuse)
    network(seed=1).save(old)
    assert sorted(old.parent.iterdir()) == sorted([old, left])


def test_where_there_are_no_locks_what_was_left_an_hour_ago_is_removed(old, monkeypatch):
    young, = left_by_killed_saves(old)
    aged = young.with_name(young.name + "2")
    aged.write_bytes(b"")
    os.utime(aged, (time.time() - 3700,) * 2)
    monkeypatch.setattr(replacement, "fcntl", None)
    network(seed=1).save(old)
    assert sorted(old.parent.iterdir()) == sorted([old, young])


# ---- what goes wrong while saving ----

@pytest.mark.long
def test_a_file_that_another_thread_saves_in_the_middle_of_a_step_can_be_loaded(tmp_path):
    net, training = network(), threading.Event()

    def save():
        while training.is_set():
            net.save(tmp_path / "net")
            tn.Sequential.load(tmp_path / "net")
            saved.append(1)

    saved, saver = [], threading.Thread(target=save)
    training.set()
    saver.start()
    while len(saved) < 20 and saver.is_alive():
        net.fit(x, labels, epochs=10)
    training.clear()
    saver.join()
    assert len(saved) >= 20


def raising(error):
    """A function that raises the error."""
    def function(*arguments):
        raise error

    return function


class FailingFile:
    """A file in which only so many writes succeed."""

    def __init__(self, file, error, writes):
        self.file, self.error, self.writes = file, error, writes

    def write(self, part):
        if self.writes == 0:
            self.file.write(memoryview(part)[:len(part) // 2])
            raise self.error
        self.writes -= 1
        return self.file.write(part)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()

    def __getattr__(self, name):
        return getattr(self.file, name)


ERRORS = [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
          OSError(errno.EIO, os.strerror(errno.EIO)), KeyboardInterrupt(),
          MemoryError()]


def check_failure(raised, error, path):
    """An OSError has come with the path in it, and the old file is whole, without anything beside
    it.
    """
    if isinstance(error, OSError):
        assert ((raised.errno, raised.filename) == (error.errno, str(path))
                and str(path) in str(raised))
    assert is_whole(path)


@pytest.mark.parametrize("error", ERRORS, ids=repr)
@pytest.mark.parametrize("name", ["fsync", "replace"])
def test_an_error_before_the_new_file_takes_its_place_leaves_the_old_one_and_no_litter(
        name, error, old, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(os, name, raising(error))
        with pytest.raises(type(error)) as raised:
            network().save(old)
    check_failure(raised.value, error, old)


@pytest.mark.parametrize("error", ERRORS, ids=repr)
@pytest.mark.parametrize("writes", [0, 1, 2, 10])
def test_an_error_in_any_write_leaves_the_old_file_and_no_litter(writes, error, old, monkeypatch):
    opened = open

    def failing(path, mode):
        file = opened(path, mode)
        return FailingFile(file, error, writes) if "x" in mode or "w" in mode else file

    with monkeypatch.context() as patch:
        patch.setattr(replacement, "open", failing, raising=False)
        with pytest.raises(type(error)) as raised:
            network().save(old)
    check_failure(raised.value, error, old)


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_a_file_that_may_not_become_so_large_leaves_the_old_one_and_no_litter(share, old):
    import resource  # it is not everywhere

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = old.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(share * size), hard))
    try:
        with pytest.raises(OSError) as raised:
            network().save(old)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (raised.value.errno, raised.value.filename) == (errno.EFBIG, str(old)) and is_whole(old)


def test_what_cannot_be_saved_leaves_the_old_file(old):
    net = tn.Sequential([tn.Dense(3, init=lambda shape, rng: np.ones(shape))], 4)
    with pytest.raises(ValueError, match="<lambda>"):
        net.save(old)
    assert is_whole(old)


@pytest.fixture
def unprivileged_folder():
    """A folder for everybody, and no rights beyond those of everybody in it, even if the tests run
    as root.
    """
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        old = Path(folder) / "net"
        network(seed=1).save(old)
        os.chmod(old, 0o644)
        os.chmod(folder, 0o555)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            yield old
        finally:
            if root:
                os.seteuid(0)
            os.chmod(folder, 0o755)


def test_a_folder_that_cannot_be_written_to_is_an_oserror_and_its_file_stays(unprivileged_folder):
    for path in unprivileged_folder, unprivileged_folder.with_name("new"):
        with pytest.raises(PermissionError, match=str(path)):
            network().save(path)
        assert is_whole(unprivileged_folder)


def test_a_missing_folder_is_an_oserror_that_names_the_path(tmp_path):
    with pytest.raises(FileNotFoundError) as raised:
        network().save(tmp_path / "missing" / "net")
    assert (raised.value.filename == str(tmp_path / "missing" / "net")
            and list(tmp_path.iterdir()) == [])


def test_a_folder_in_the_place_of_the_file_is_an_oserror_and_stays(tmp_path):
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "inside").touch()
    with pytest.raises(IsADirectoryError) as raised:
        network().save(tmp_path / "net")
    assert raised.value.filename == str(tmp_path / "net")
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "net", tmp_path / "net" / "inside"]


def test_an_error_names_the_path_as_the_caller_gave_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "missing" / "target")
    for path in "missing/net", "link":
        with pytest.raises(FileNotFoundError) as raised:
            network().save(path)
        assert raised.value.filename == path


# ---- whose file it is ----

@pytest.mark.parametrize("umask, mode",
                         [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600), (0o000, 0o666)])
def test_a_new_file_has_the_permissions_that_the_umask_leaves(umask, mode, tmp_path):
    before = os.umask(umask)
    try:
        network().save(tmp_path / "net")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "net").stat().st_mode) == mode


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664, 0o604, 0o444])
def test_a_file_that_is_saved_over_keeps_its_permissions(mode, old):
    old.chmod(mode)
    network().save(old)
    assert stat.S_IMODE(old.stat().st_mode) == mode
    assert tn.Sequential.load(old).params.tobytes() == network().params.tobytes()


def test_a_link_stays_a_link_and_what_it_leads_to_is_replaced(tmp_path):
    for folder in "a", "b":
        (tmp_path / folder).mkdir()
    network(seed=1).save(tmp_path / "a" / "target")
    (tmp_path / "b" / "link").symlink_to("../a/target")
    (tmp_path / "link of a link").symlink_to("b/link")
    network().save(tmp_path / "link of a link")
    assert (tmp_path / "b" / "link").is_symlink() and (tmp_path / "link of a link").is_symlink()
    assert os.listdir(tmp_path / "a") == ["target"] and os.listdir(tmp_path / "b") == ["link"]
    assert tn.Sequential.load(tmp_path / "a"
                              / "target").params.tobytes() == network().params.tobytes()


def test_a_link_that_leads_nowhere_gets_the_file_it_leads_to(tmp_path):
    (tmp_path / "link").symlink_to("target")
    network().save(tmp_path / "link")
    assert ((tmp_path / "link").is_symlink() and not (tmp_path / "target").is_symlink()
            and (tmp_path / "target").is_file())


@pytest.mark.parametrize("kind", [str, Path, os.fsencode])
def test_a_path_may_be_text_a_path_or_bytes(kind, tmp_path):
    path = kind(tmp_path / "ein Netz, größer")
    network().save(path)
    assert tn.Sequential.load(path).params.tobytes() == network().params.tobytes()


def test_a_relative_path_is_one_from_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    network().save("net")
    assert os.listdir(tmp_path) == ["net"] and repr(tn.Sequential.load("net")) == repr(network())


# ---- what stands in a file ----

@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("make", [network, trained])
def test_the_safetensors_package_sees_the_same_arrays(make, dtype, tmp_path):
    net = make(dtype=dtype)
    net.save(tmp_path / "net.safetensors")
    found = load_file(tmp_path / "net.safetensors")
    wanted = net.state_dict()
    if make is trained:
        (_, state, _), = net._memory.kept
        wanted |= {"optimizer.m": net.optimizer.m, "optimizer.v": net.optimizer.v,
                   "callbacks.0.params": state["params"],
                   "callbacks.0.state": state["state"]}
        wanted |= {f"history.{name}": np.array(net.history[name]) for name in net.history}
    streams = {"_shuffle_rng", "1._shuffle_rng", "1.1._shuffle_rng", "3.rng"}
    assert found.keys() == wanted.keys() | streams | {"_sha256"}
    for name, array in wanted.items():
        assert (found[name].dtype, found[name].shape, found[name].tobytes()) == (
            array.dtype, array.shape, array.tobytes())


def test_the_safetensors_package_sees_the_metadata(tmp_path):
    trained().save(tmp_path / "net.safetensors")
    with safe_open(tmp_path / "net.safetensors", framework="numpy") as file:
        metadata = file.metadata()
        assert file.get_tensor("1.0.W").shape == (8, 6)
    assert metadata.keys() == {"format", "version", "config"}
    assert (metadata["format"], metadata["version"]) == ("tinynet", "2")
    assert json.loads(metadata["config"])["network"]["class"] == "Sequential"


def test_a_file_is_to_the_byte_what_the_documentation_says(tmp_path):
    net = trained()
    net.save(tmp_path / "net")
    data = (tmp_path / "net").read_bytes()
    length, = struct.unpack("<Q", data[:8])
    text = data[8:8 + length]
    header = json.loads(text.decode("ascii"))
    metadata = header.pop("__metadata__")
    assert length % 8 == 0 and text[:1] == b"{" and text.rstrip(b" ")[-1:] == b"}"
    assert (list(metadata) == ["format", "version", "config"]
            and list(metadata.values())[:2] == ["tinynet", "2"])

    end, itemsizes = 0, []
    for name, entry in header.items():
        assert list(entry) == ["dtype", "shape", "data_offsets"]
        itemsizes.append({"F64": 8, "F32": 4, "U8": 1}[entry["dtype"]])
        size = itemsizes[-1]
        for number in entry["shape"]:
            size *= number
        assert entry["data_offsets"] == [end, end + size] and end % itemsizes[-1] == 0
        end += size
    assert itemsizes == sorted(itemsizes, reverse=True) and 8 + length + end == len(data)
    assert list(header.items())[-1] == ("_sha256",
                                        {"dtype": "U8", "shape": [32],
                                         "data_offsets": [end - 32, end]})
    assert hashlib.sha256(data[:-32]).digest() == data[-32:]

    def numbers(name):
        """The numbers of an array of floats, row by row."""
        entry = header[name]
        start, stop = (8 + length + offset for offset in entry["data_offsets"])
        form = {"F64": "<d", "F32": "<f"}[entry["dtype"]]
        return [number for number, in struct.iter_unpack(form, data[start:stop])]

    for name, array in net.state_dict().items():
        assert (header[name]["shape"] == list(array.shape)
                and numbers(name) == array.ravel().tolist())
    assert (numbers("optimizer.m") == net.optimizer.m.tolist()
            and numbers("history.loss") == net.history["loss"])

    config = json.loads(metadata["config"])
    assert list(config) == ["network", "streams", "split_seed", "optimizer", "epochs", "columns",
                            "callbacks"]
    settings = config["network"]["settings"]
    assert [layer["class"] for layer in settings.pop("layers")] == ["Dense", "Sequential",
                                                                    "BatchNorm", "Dropout", "Dense"]
    assert settings == {"input_shape": {"tuple": [4]}, "dtype": "float32",
                        "loss": {"class": "SoftmaxCrossEntropy",
                                 "settings": {"label_smoothing": 0.0}}}
    adam = {"class": "Adam", "settings": {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-08}}
    # 45 rows in batches of 32, three times
    assert config["optimizer"] == {"steps": 6, "last_lr": 0.001, "optimizer": adam}
    assert config["epochs"] == 3 and config["columns"] == {name: [[0, 3]] for name in net.history}
    callback, = config["callbacks"]
    assert callback["arrays"] == ["params", "state"]
    assert callback["callback"] == "EarlyStopping()"
    assert (list(callback["numbers"]) == ["seen", "best", "best_epoch", "waited"]
            and callback["numbers"]["seen"] == 3)


def test_arrays_of_no_numbers_are_read_by_the_safetensors_package_too(tmp_path):
    # without running statistics
    net = tn.Sequential([tn.Dense(3)], 4, loss=tn.SoftmaxCrossEntropy(), rng=0)
    net.fit(x, labels, epochs=1, callbacks=[tn.EarlyStopping("loss")])
    net.save(tmp_path / "net")
    assert load_file(tmp_path / "net")["callbacks.0.state"].shape == (0,)
    assert tn.Sequential.load(tmp_path / "net").params.tobytes() == net.params.tobytes()


def test_a_network_without_any_parameters_comes_back(tmp_path):
    net = tn.Sequential([tn.Flatten(), tn.ReLU()], (2, 2))
    net.save(tmp_path / "net")
    assert repr(tn.Sequential.load(tmp_path / "net")) == repr(net)


def test_weights_that_are_not_finite_come_back_as_they_were(tmp_path):
    net = network()
    # two nan, ∞, -0
    net.params[:4] = np.array([0x7fc00001, 0xffc12345, 0x7f800000, 0x80000000],
                              np.uint32).view(np.float32)
    net.save(tmp_path / "net")
    assert tn.Sequential.load(tmp_path / "net").params.tobytes() == net.params.tobytes()


# ---- history ----

COLUMNS = {
    "integers": lambda epoch: epoch - 2, "the smallest integer": lambda epoch: -2**63,
    "large integers": lambda epoch: (-1) ** epoch * (2**63 - epoch),
    "truth values": lambda epoch: epoch % 2 == 0, "floats": lambda epoch: 1 / epoch,
    "nan": lambda epoch: float("nan"), "inf": lambda epoch: float("inf") * (-1) ** epoch,
    "zeros": lambda epoch: -0.0,
}
EPOCHS = {"all": range(1, 9), "the first": [1], "the last": [8], "some": [2, 3, 5, 8],
          "every other": [1, 3, 5, 7]}


def with_column(name, function, epochs=range(1, 9)):
    """A network trained for eight epochs, of which some have this column."""
    def add(net, epoch, record):
        if epoch in epochs:
            record[name] = function(epoch)

    net = tn.Sequential([tn.Dense(3)], 4, loss=tn.SoftmaxCrossEntropy(), rng=0)
    net.fit(x, labels, epochs=8, callbacks=add)
    return net


@pytest.mark.parametrize("epochs", EPOCHS)
@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_comes_back_exactly_with_its_types_and_its_epochs(name, epochs, tmp_path):
    net = with_column(name, COLUMNS[name], EPOCHS[epochs])
    net.save(tmp_path / "net")
    loaded = tn.Sequential.load(tmp_path / "net").history
    assert {key: repr(loaded.spread(key)) for key in loaded} == {key: repr(net.history.spread(key))
                                                                 for key in net.history}
    assert loaded.columns == net.history.columns and repr(loaded) == repr(net.history)


@pytest.mark.parametrize("kind",
                         [np.float64, np.float32, np.float16, np.int64, np.int32, np.uint8,
                          np.bool_])
def test_a_column_of_numpys_numbers_comes_back_as_equal_ones_of_python(kind, tmp_path):
    net = with_column("cost", lambda epoch: kind(epoch / 3))
    net.save(tmp_path / "net")
    assert tn.Sequential.load(tmp_path / "net").history["cost"] == net.history["cost"]


def test_a_column_of_whole_numbers_and_others_comes_back_equal(tmp_path):
    net = with_column("cost",
                      lambda epoch: 2**53 + 1 if epoch == 4 else epoch / 2 if epoch % 2 else epoch)
    try:
        net.save(tmp_path / "net")
    except ValueError:  # or it is refused, since a double cannot hold 2^53 + 1
        assert list(tmp_path.iterdir()) == []
    else:
        assert tn.Sequential.load(tmp_path / "net").history["cost"] == net.history["cost"]


def test_columns_of_fits_with_and_without_validation_come_back(tmp_path):
    net = network()
    for settings in {}, {"validation": 0.25}, {"l2": 0.1}, {"validation": (x, labels)}:
        net.fit(x, labels, epochs=2, **settings)
    net.save(tmp_path / "net")
    loaded = tn.Sequential.load(tmp_path / "net").history
    assert {name: loaded.spread(name) for name in loaded} == {name: net.history.spread(name)
                                                              for name in net.history}
    assert None in loaded.spread("penalty")


@pytest.mark.parametrize("value", ["text", [1.0], (1, 2), np.zeros(2), 1j, 2**63, 10**400, {}],
                         ids=repr)
def test_a_column_of_anything_else_is_refused_by_name(value, tmp_path):
    for epochs in range(1, 9), [3]:
        net = with_column("strange", lambda epoch: value, epochs)
        with pytest.raises(ValueError, match="the column 'strange' of the history cannot be saved"):
            net.save(tmp_path / "net")
        assert list(tmp_path.iterdir()) == []


def test_a_column_whose_name_is_no_text_is_refused(tmp_path):
    with pytest.raises(ValueError, match="the column 3 of the history cannot be saved"):
        with_column(3, lambda epoch: 1.0).save(tmp_path / "net")


# ---- weights by their names ----

SHAPES = {"0.W": (4, 8), "0.b": (8,), "1.0.W": (8, 6), "1.0.b": (6,), "1.1.0.gamma": (6,),
          "1.1.0.beta": (6,),
          "1.1.0.running_mean": (6,), "1.1.0.running_var": (6,), "2.gamma": (6,), "2.beta": (6,),
          "2.running_mean": (6,),
          "2.running_var": (6,), "4.W": (6, 3), "4.b": (3,)}


def test_a_state_dict_has_all_arrays_by_the_number_of_their_layer_and_their_name():
    assert {name: array.shape for name, array in network().state_dict().items()} == SHAPES


def test_a_state_dict_holds_copies():
    net = network()
    for array in net.state_dict().values():
        array += 1
    assert (net.params.tobytes() == network().params.tobytes()
            and net.state.tobytes() == network().state.tobytes())


def test_a_state_dict_is_taken_by_another_network_as_copies():
    net, weights = network(), trained().state_dict()
    net.load_state_dict(weights)
    assert net.predict(x).tobytes() == trained().predict(x).tobytes()
    for array in weights.values():
        array += 1
    assert net.predict(x).tobytes() == trained().predict(x).tobytes()


def test_loading_a_state_dict_keeps_the_arrays_that_are_there():
    net = network()
    params, W = net.params, net.layers[0].W
    net.load_state_dict(trained().state_dict())
    assert net.params is params and net.layers[0].W is W and np.shares_memory(W, params)
    np.testing.assert_array_equal(W, trained().layers[0].W)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_state_dict_goes_through_an_npz_file(save, tmp_path):
    save(tmp_path / "weights.npz", **trained().state_dict())
    net = network()
    with np.load(tmp_path / "weights.npz") as weights:
        net.load_state_dict(weights)
    assert net.predict(x).tobytes() == trained().predict(x).tobytes()


def test_a_state_dict_goes_through_the_safetensors_package(tmp_path):
    trained().save(tmp_path / "net")
    arrays, net = load_file(tmp_path / "net"), network()
    net.load_state_dict({name: arrays[name] for name in net.state_dict()})
    assert net.predict(x).tobytes() == trained().predict(x).tobytes()


@pytest.mark.parametrize("convert", [
    lambda a: a.astype(np.float64), lambda a: a.astype(int), lambda a: a.tolist(),
    np.asfortranarray, lambda a: a > 0,
    lambda a: a.astype(np.float16), lambda a: np.repeat(a, 2, axis=0)[::2],
], ids=["float64", "int", "lists", "Fortran", "bool", "float16", "strided"])
def test_numbers_of_any_kind_are_taken(convert):
    weights = {name: convert(3 * array) for name, array in trained().state_dict().items()}
    net = network()
    net.load_state_dict(weights)
    assert net.params.dtype == net.state.dtype == np.float32
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, np.asarray(weights[name], np.float32))


def test_a_float64_network_takes_all_digits():
    net = network(dtype=np.float64)
    weights = {name: np.full(array.shape, 1 / 3) for name, array in net.state_dict().items()}
    net.load_state_dict(weights)
    assert (net.params == 1 / 3).all() and (net.state == 1 / 3).all()


@pytest.mark.parametrize("change, message", [
    (lambda d: d.pop("4.b"), r"it lacks \['4.b'\]"),
    (lambda d: d.update({"5.W": d["4.W"]}), r"it has \['5.W'\] in addition"),
    (lambda d: d.update({"4.w": d.pop("4.W")}),
     r"it lacks \['4.W'\]; it has \['4.w'\] in addition"),
    (lambda d: d.update({4: d.pop("4.W")}), r"it lacks \['4.W'\]; it has \[4\] in addition"),
    (lambda d: d.clear(), "it lacks .*'0.W'.*'4.b'"),
    (lambda d: d.update({"4.W": d["4.W"].T}),
     r"4.W has shape \(3, 6\) in d, and \(6, 3\) in this network"),
    (lambda d: d.update({"4.b": d["4.b"][None]}), r"4.b has shape \(1, 3\) in d, and \(3,\)"),
    (lambda d: d.update({"4.b": d["4.b"][0]}), r"4.b has shape \(\) in d"),
    (lambda d: d.update({"4.b": 1j * d["4.b"]}), "4.b is complex"),
    (lambda d: d.update({"4.b": np.array([0, 1e39, 0])}),
     "4.b is 1e.39 in row 1, which does not fit float32"),
    (lambda d: d.update({"2.running_var": np.full(6, np.nan)}), "2.running_var is nan in row 0"),
    (lambda d: d.update({"2.running_var": [1, 1, 1, -0.25, 1, -1]}),
     r"2.running_var: BatchNorm\(.*\) has a variance of -0.25 in channel 3; it must be at least 0"),
    (lambda d: d.update({"1.1.0.running_var": d["1.1.0.running_mean"],
                         "1.1.0.running_mean": d["1.1.0.running_var"]}),
     r"1.1.0.running_var: BatchNorm\(.* of -.* \(is it the running_mean\?\)"),
    (lambda d: d.update({"4.b": [np.inf, 0, 0]}), "4.b is inf in row 0"),
    (lambda d: d.update({"4.b": np.array(["a", "b", "c"])}),
     "4.b has dtype <U1, and numbers are needed"),
    (lambda d: d.update({"4.b": None}), "4.b is of the type NoneType"),
    (lambda d: d.update({"4.b": [1, [2, 3], 4]}), "4.b is ragged"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_weights_that_cannot_be_taken_are_refused_by_name_and_nothing_changes(change, message):
    weights, net = trained().state_dict(), network()
    change(weights)
    with pytest.raises(ValueError, match=message):
        net.load_state_dict(weights)
    assert (net.params.tobytes() == network().params.tobytes()
            and net.state.tobytes() == network().state.tobytes())


def test_a_variance_below_0_is_neither_saved_nor_loaded(tmp_path, monkeypatch):
    net = network()
    net.layers[2].running_var[1] = -1
    message = r"2.running_var: BatchNorm\(.*\) has a variance of -1 in channel 1"
    with pytest.raises(ValueError, match=f"cannot be saved.*{message}"):
        net.save(tmp_path / "net")
    monkeypatch.setattr("tinynet.files.save.check_arrays", lambda net, arrays: None)
    net.save(tmp_path / "net")
    with pytest.raises(tn.ModelFileError, match=message):
        tn.Sequential.load(tmp_path / "net")


@pytest.mark.parametrize("d", [None, 3, [1], "path", network()],
                         ids=["None", "number", "list", "text", "network"])
def test_what_is_not_a_mapping_is_refused(d):
    with pytest.raises(ValueError,
                       match="d is of the type .*; it must map names to arrays, as state_dict"):
        network().load_state_dict(d)


# ---- memory ----

@pytest.mark.parametrize("optimizer", [None, tn.SGD(), tn.Adam()], ids=repr)
def test_to_save_and_to_load_a_large_file_takes_at_most_three_times_its_bytes(optimizer, tmp_path):
    # 20 MB of weights
    net = tn.Sequential([tn.Dense(2000), tn.ReLU(), tn.Dense(2)], 2500, loss=tn.MeanSquaredError(),
                        rng=0)
    if optimizer is not None:
        net.fit(np.ones((1, 2500)), np.ones((1, 2)), optimizer=type(optimizer)(), epochs=1)
    peaks = []
    for action in lambda: net.save(tmp_path / "net"), lambda: tn.Sequential.load(tmp_path / "net"):
        tracemalloc.start()
        action()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    size = (tmp_path / "net").stat().st_size
    assert size > 20e6 and max(peaks) < 3 * size + 16 * 2**20


# ---- where a file cannot be put, and what is left open ----

def test_a_pipe_is_not_saved_over(tmp_path):
    os.mkfifo(tmp_path / "net")
    with pytest.raises(PermissionError, match="not a regular file"):
        network().save(tmp_path / "net")
    assert stat.S_ISFIFO((tmp_path / "net").stat().st_mode)


def test_a_file_that_may_not_be_written_is_not_saved_over(old, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(PermissionError, match="may not be written over"):
        network().save(old)
    assert is_whole(old)


@pytest.mark.parametrize("what", ["open", "fsync"])
def test_a_folder_that_cannot_be_brought_to_the_disk_is_no_error(old, monkeypatch, what):
    plain = getattr(os, what)

    def refuse(place, *others):
        path = place if what == "open" else os.readlink(f"/proc/self/fd/{place}")
        if os.path.isdir(path):
            raise OSError(errno.EINVAL, "not here")
        return plain(place, *others)

    monkeypatch.setattr(os, what, refuse)
    network(seed=2).save(old)
    assert tn.Sequential.load(old).params.tobytes() == network(seed=2).params.tobytes()


def test_nothing_is_left_open_by_saves_loads_and_refusals(old):
    def count():
        return len(os.listdir("/proc/self/fd"))

    damaged = old.with_name("damaged")
    damaged.write_bytes(old.read_bytes()[:-1] + b"?")
    before = count()
    for _ in range(20):
        network().save(old)
        tn.Sequential.load(old)
        with pytest.raises(tn.ModelFileError):
            tn.Sequential.load(damaged)
    assert count() == before


def test_a_file_of_the_largest_size_is_taken_and_one_byte_more_is_not(old, monkeypatch):
    size = old.stat().st_size
    monkeypatch.setattr(format, "MOST_BYTES", size)
    network(seed=1).save(old)
    tn.Sequential.load(old)
    monkeypatch.setattr(format, "MOST_BYTES", size - 1)
    with pytest.raises(ValueError, match=f"that would have {size} bytes, of at most {size - 1}"):
        network(seed=1).save(old)
    with pytest.raises(tn.ModelFileError, match=f"it has {size} bytes"):
        tn.Sequential.load(old)


@pytest.mark.parametrize("value, is_fine", [(-2**63, True), (2**63 - 1, True), (-2**63 - 1, False),
                                            (2**63, False)])
def test_whole_numbers_of_64_bits_are_kept_in_a_history_and_larger_ones_refused(
        value, is_fine, tmp_path):
    net = network()
    net.fit(x, labels, epochs=1, callbacks=[lambda net, epoch, record: record.update(n=value)])
    if is_fine:
        net.save(tmp_path / "net")
        assert tn.Sequential.load(tmp_path / "net").history["n"] == [value]
    else:
        with pytest.raises(ValueError, match="'n' of the history .* no number of 64 bits"):
            net.save(tmp_path / "net")


def test_an_optimizer_that_has_made_no_step_is_saved_with_its_vectors(tmp_path):
    net = network()
    net.fit(x, labels, epochs=0, optimizer=tn.Adam())
    net.optimizer = tn.Adam(0.5)
    net.save(tmp_path / "net")
    again = tn.Sequential.load(tmp_path / "net")
    assert repr(again.optimizer) == "Adam(lr=0.5)" and not again.optimizer.m.any()
