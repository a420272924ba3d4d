"""The registry: what a model file may name, what can be written down there, and classes of one's
own.
"""

import functools
import math
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import cases
import tinynet as tn
from tinynet.files.registry import DEEPEST, KNOWN, describe, make, register

rng = np.random.default_rng(0)
x, labels = rng.normal(size=(40, 4)), rng.integers(0, 3, 40)


# ---- what is known ----

BASES = {tn.Layer, tn.Loss, tn.Optimizer}


def test_nothing_is_known_but_classes_and_functions_of_tinynet():
    assert all(name == thing.__name__ and thing.__module__.startswith("tinynet.")
               for name, thing in KNOWN.items())


@pytest.mark.parametrize("base", sorted(BASES, key=repr))
def test_base_classes_cannot_be_named(base):
    assert base not in KNOWN.values()


def test_lists_can_be_nested_32_deep_and_no_deeper():
    nested = 0
    assert DEEPEST == 32
    for _ in range(DEEPEST):
        nested = [nested]
    assert make(describe(nested)) == nested
    with pytest.raises(ValueError, match=f"nested more than {DEEPEST} deep cannot be saved"):
        describe([nested])


# ---- register ----

def scale_class(name="Scale"):
    """A layer's class as a notebook's cell makes it, each time another one of the same name."""
    class Scale(tn.Layer):
        def __init__(self, factor):
            self.factor = factor

        def forward(self, x, training=False):
            return self.factor * x, None

        def backward(self, dy, cache):
            return self.factor * dy

    Scale.__name__ = name
    return Scale


def test_register_returns_the_class_so_that_it_can_stand_above_it():
    @register
    class Mine:
        pass

    @register
    def mine(shape, rng):
        pass

    assert (isinstance(Mine, type) and KNOWN["Mine"] is Mine and mine.__name__ == "mine"
            and KNOWN["mine"] is mine)


def test_a_class_can_be_registered_twice():
    cls = scale_class()
    assert register(register(cls)) is cls


def test_a_class_that_is_defined_anew_takes_the_place_of_the_old_one(tmp_path):
    old, new = register(scale_class()), register(scale_class())
    assert KNOWN["Scale"] is new is not old
    net = tn.Sequential([new(2.0)], 4)
    net.save(tmp_path / "net")
    assert type(tn.Sequential.load(tmp_path / "net").layers[0]) is new


def test_a_layer_of_a_class_that_was_defined_anew_since_is_not_saved_as_one_of_the_new(tmp_path):
    net = tn.Sequential([register(scale_class())(2.0)], 4)
    register(scale_class())
    with pytest.raises(ValueError, match=r"Scale\(2.0\) cannot be saved"):
        net.save(tmp_path / "net")


@pytest.mark.parametrize("name",
                         ["Dense", "Adam", "Sequential", "zeros", "StepDecay", "EarlyStopping"])
def test_a_class_or_function_with_a_name_of_tinynet_is_refused(name):
    before = KNOWN[name]
    for thing in scale_class(name), type(name, (), {}):
        with pytest.raises(ValueError, match=f"the name {name} already; choose another one"):
            register(thing)
    assert KNOWN[name] is before


def test_a_class_with_the_name_of_one_of_ones_own_from_another_place_is_refused():
    register(scale_class())
    with pytest.raises(ValueError, match="the name Scale already; choose another one"):
        register(type("Scale", (tn.Layer,), {}))


@pytest.mark.parametrize("thing",
                         [lambda shape, rng: 0, tn.Dense(3), "Dense", 3, None,
                          functools.partial(tn.zeros), len,
                          tn.Dense(3).forward, tn, type("not a name", (), {})], ids=repr)
def test_what_is_neither_a_class_nor_a_function_with_a_name_is_refused(thing):
    with pytest.raises(ValueError,
                       match="cannot be registered; it must be a class, or a function that was "
                             "made by def"):
        register(thing)


# ---- settings ----

class Keeping(tn.Layer):
    """A layer with a setting of any kind."""

    def __init__(self, setting, *, other=None):
        self.setting, self.other = setting, other

    def forward(self, x, training=False):
        return x, None

    def backward(self, dy, cache):
        return dy


def same(a, b):
    """Whether these are equal, and of the same types, all the way down."""
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and (repr(a) == repr(b) if isinstance(a, float) else a == b)


@pytest.mark.parametrize("setting", [
    None, True, False, 0, 1, -1, 2**53 + 1, 2**63 - 1, -(10**18), -(2**63) + 1,
    0.0, -0.0, 0.1, 1e300, 5e-324, -1.7976931348623157e308, math.inf, -math.inf, math.nan,
    "", "text", "ü \U0001f600 \n\t\0 \"'\\", "\ud800", "nan", (), [], (1,), [1.5],
    (None, "a", [True]), ["function", "class"],
    [[[1], (2, (3, [4]))], -math.inf], tn.glorot_normal, [tn.he_normal, (tn.zeros,)],
], ids=ascii)
def test_a_setting_comes_back_equal_and_of_the_same_type(setting, tmp_path):
    register(Keeping)
    tn.Sequential([Keeping(setting, other=[setting])], 4).save(tmp_path / "net")
    layer, = tn.Sequential.load(tmp_path / "net").layers
    assert same(layer.setting, setting) and same(layer.other, [setting])


@pytest.mark.parametrize("given, kept", [
    (np.float32(0.1), 0.10000000149011612), (np.float64(0.1), 0.1), (np.float64("nan"), math.nan),
    (np.int16(-3), -3),
    (np.bool_(True), True), (np.str_("a"), "a"),
], ids=repr)
def test_a_number_of_numpy_comes_back_as_one_of_python(given, kept, tmp_path):
    register(Keeping)
    tn.Sequential([Keeping(given)], 4).save(tmp_path / "net")
    assert same(tn.Sequential.load(tmp_path / "net").layers[0].setting, kept)


def test_settings_can_be_what_is_registered_all_the_way_down(tmp_path):
    register(Keeping)
    setting = [tn.StepDecay(0.1, 3), (tn.Warmup(tn.CosineDecay(0.1, 10), 5), tn.Huber(0.5))]
    tn.Sequential([Keeping(setting)], 4).save(tmp_path / "net")
    layer, = tn.Sequential.load(tmp_path / "net").layers
    assert repr(
        layer) == ("Keeping([StepDecay(0.1, 3), (Warmup(CosineDecay(0.1, 10), 5), "
                   "Huber(delta=0.5))])")
    assert (type(layer.setting) is list
            and layer.setting[1][0](7) == tn.Warmup(tn.CosineDecay(0.1, 10), 5)(7))


class Unregistered:
    def method(self):
        pass

    def __repr__(self):
        return "Unregistered()"


def unregistered():
    pass


@pytest.mark.parametrize("setting, message", [
    (np.zeros(3), r"array\(\[0., 0., 0.\]\) cannot be saved: settings can be numbers, text, lists"),
    ({"a": 1}, "{'a': 1} cannot be saved: settings can be"),
    ({3}, r"\{3\} cannot be saved: settings can be"),
    (b"abc", "b'abc' cannot be saved"), (1j, "1j cannot be saved"),
    (range(3), r"range\(0, 3\) cannot be saved"),
    (2**63, "9223372036854775808 cannot be saved"),
    (np.dtype("f4"), r"dtype\('float32'\) cannot be saved"),
    (functools.partial(unregistered), "functools.partial.*unregistered.* cannot be saved"),
    (Unregistered().method, "bound method Unregistered.method of .* cannot be saved"),
    (len, "built-in function len.* cannot be saved"),
    (Unregistered, "Unregistered.* cannot be saved"),
    (tn.Dense, "class 'tinynet.layers.dense.Dense'.* cannot be saved"),
    (Unregistered(), r"Unregistered\(\) cannot be saved: .* is not registered; call "
                     r"tinynet.register\(Unregistered\)"),
    (unregistered, "the function unregistered cannot be saved: it is not registered; .* "
                   "tinynet.register"),
    (lambda x: x, "the function <lambda> cannot be saved: it is not registered; write it with def"),
    (np.random.default_rng(0), "Generator.* cannot be saved"),
], ids=lambda value: None if isinstance(value, str) else type(value).__name__)
def test_a_setting_that_cannot_be_saved_is_refused_by_name(setting, message, tmp_path):
    register(Keeping)
    for nested in setting, [1, (setting,)]:
        with pytest.raises(ValueError, match=message):
            tn.Sequential([Keeping(nested)], 4).save(tmp_path / "net")
    assert list(tmp_path.iterdir()) == []


def test_what_looks_like_a_description_is_not_made_of_text():
    for text in '{"class": "Dense"}', '{"float": "nan"}':
        assert make(describe(text)) == text


def test_a_class_that_does_not_keep_its_settings_is_refused_and_told_which(tmp_path):
    @register
    class Forgetful(tn.Layer):
        def __init__(self, size, *more):
            pass

        def forward(self, x, training=False):
            return x, None

        def backward(self, dy, cache):
            return dy

    with pytest.raises(ValueError,
                       match="cannot be made again from its attributes: they have no 'size', which "
                             "Forgetful takes"):
        tn.Sequential([Forgetful(3)], 4).save(tmp_path / "net")


def test_a_setting_that_was_changed_so_that_the_arrays_would_have_other_shapes_is_refused(tmp_path):
    net = tn.Sequential([tn.Dense(3)], 4)
    net.layers[0].units = 5
    with pytest.raises(ValueError, match="could not be loaded: its configuration asks for"):
        net.save(tmp_path / "net")
    net.layers[0].units = "many"
    with pytest.raises(ValueError, match="cannot be saved.*units is 'many'"):
        net.save(tmp_path / "net")


# ---- what save writes, load takes ----

def refused_or_loaded(net, path):
    """None if save raises a ValueError and writes nothing, else the network that load gives."""
    try:
        net.save(path)
    except ValueError:
        assert list(path.parent.iterdir()) == []
        return None
    return tn.Sequential.load(path)


def trained(layers=None, optimizer=None, callbacks=()):
    net = tn.Sequential(layers or [tn.Dense(3)], 4, loss=tn.SoftmaxCrossEntropy(), rng=0)
    net.fit(x, labels, optimizer=optimizer, epochs=1, callbacks=callbacks)
    return net


def test_an_optimizer_that_was_changed_is_refused_or_comes_back(tmp_path):
    net = trained(optimizer=tn.SGD(0.1, momentum=0.9, nesterov=True))
    net.optimizer.momentum = 0.0
    refused_or_loaded(net, tmp_path / "net")


@pytest.mark.parametrize("value", ["text", (1, 2), [1.5], tn.Huber()], ids=repr)
def test_what_a_callback_remembers_that_is_not_a_number_is_refused_or_comes_back(tmp_path, value):
    refused_or_loaded(trained(callbacks=[register(Remembering)(value)]), tmp_path / "net")


@pytest.mark.parametrize("dtype", ["i2", "f2", "c8", "u8", "U3", object, "M8[s]"])
def test_an_array_of_a_dtype_that_files_do_not_have_is_refused_or_comes_back(tmp_path, dtype):
    refused_or_loaded(trained(callbacks=[register(Remembering)(np.zeros(3, dtype))]),
                      tmp_path / "net")


def test_an_array_of_a_callback_that_only_has_the_name_of_best_weights_is_refused_or_comes_back(
        tmp_path):
    @register
    class Averaging:
        state_names = ("params",)
        params = None

        def __call__(self, net, epoch, record):
            self.params = np.stack([net.params, net.params])

    loaded = refused_or_loaded(trained(callbacks=[Averaging()]), tmp_path / "net")
    assert loaded is None or loaded._memory.kept[0].state["params"].shape == (2, 15)


@pytest.mark.parametrize("change",
                         [lambda v: v.astype(np.float64), lambda v: v[:3], lambda v: 0.5,
                          lambda v: None])
def test_vectors_of_an_optimizer_that_are_not_as_the_parameters_are_refused_or_come_back(
        tmp_path, change):
    @register
    class Strange(tn.SGD):
        def step(self, params, grads):
            super().step(params, grads)
            self.v = change(self.v)

    refused_or_loaded(trained(optimizer=Strange()), tmp_path / "net")


def test_a_layer_that_makes_its_random_stream_in_its_first_training_is_refused_or_comes_back(
        tmp_path):
    @register
    class Late(Keeping):
        def __init__(self):
            self.rng = None

        def forward(self, x, training=False):
            if training and self.rng is None:
                self.rng = np.random.default_rng(0)
            return x, None

    refused_or_loaded(trained([Late(), tn.Dense(3)]), tmp_path / "net")


def test_what_a_network_remembers_of_a_callback_stays_when_the_callback_goes_on_elsewhere(tmp_path):
    callback = register(Remembering)(np.zeros(3))
    net = trained(callbacks=[callback])
    net.save(tmp_path / "before")
    callback.memory += 1
    trained(callbacks=[callback])
    net.save(tmp_path / "after")
    assert (tmp_path / "after").read_bytes() == (tmp_path / "before").read_bytes()


class Remembering:
    """A callback that remembers anything."""

    state_names = ("memory",)

    def __init__(self, start=None):
        self.start, self.memory = None, start

    def __call__(self, net, epoch, record):
        pass


class Temperature(tn.Layer):
    """y = x / T        dx = dy / T        dT = -Σ dy x / T²"""

    param_names = ("T",)

    def build(self, input_shape, rng):
        self.T = np.ones(1)
        return input_shape

    def forward(self, x, training=False):
        return x / self.T, x

    def backward(self, dy, x):
        self.dT = [-(dy * x).sum() / self.T[0] ** 2]
        return dy / self.T


def test_a_layer_with_few_numbers_for_wide_rows_comes_back(tmp_path):
    register(Temperature)
    net = tn.Sequential([Temperature()], 100_000)
    net.params[0] = 2.0
    net.save(tmp_path / "net")
    assert tn.Sequential.load(tmp_path / "net").predict(np.ones((1, 100_000))).max() == 0.5


# ---- every layer, loss and optimizer ----

@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", [*cases.LAYERS, *cases.OWN_LAYERS])
def test_a_network_with_any_layer_comes_back_with_the_same_predictions(name, seed, tmp_path):
    for cls in cases.TextbookDense, cases.Noise:
        register(cls)
    layer, shape = (cases.LAYERS | cases.OWN_LAYERS)[name](np.random.default_rng(seed))
    net = tn.Sequential([layer, tn.Flatten(), tn.Dense(2)], shape, loss=tn.MeanSquaredError(),
                        rng=seed,
                        dtype=[np.float32, np.float64][seed % 2])
    rows = np.random.default_rng(seed + 10).normal(size=(20, *shape))
    net.fit(rows, np.ones((20, 2)), epochs=1)
    net.save(tmp_path / "net")
    loaded = tn.Sequential.load(tmp_path / "net")
    assert (repr(loaded) == repr(net) and loaded.summary() == net.summary()
            and loaded._shapes == net._shapes)
    assert (loaded.predict(rows).tobytes() == net.predict(rows).tobytes()
            and loaded._rows_at_once == net._rows_at_once)
    assert loaded.gradient(rows, np.ones((20, 2))) == net.gradient(rows, np.ones((20, 2)))
    assert loaded.grads.tobytes() == net.grads.tobytes()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", cases.LOSSES)
def test_a_network_with_any_loss_comes_back_with_the_same_loss(name, seed, tmp_path):
    loss, outputs, t, w = cases.loss_case(name, seed)
    last = {"CrossEntropy": [tn.Softmax()], "BinaryCrossEntropy": [tn.Sigmoid()]}.get(name, [])
    net = tn.Sequential([tn.Dense(t.shape[1]), *last], t.shape[1], loss=loss, rng=0)
    net.save(tmp_path / "net")
    loaded = tn.Sequential.load(tmp_path / "net")
    assert repr(loaded.loss) == repr(loss)
    assert loaded.evaluate(outputs, t, sample_weight=w) == net.evaluate(outputs, t, sample_weight=w)


# ---- classes of one's own, in a new process ----

class Gain(tn.Layer):
    """y = g x, with noise in training from a stream of its own, and a count of the batches"""

    param_names, state_names = ("g",), ("batches",)

    def __init__(self, noise, start=None):
        self.noise, self.start = noise, start

    def build(self, input_shape, rng):
        self.noises = rng.spawn(1)[0]
        self.g, self.batches = self.start(input_shape, rng), np.zeros(1)
        return input_shape

    def forward(self, x, training=False):
        if training:
            self.batches = self.batches + 1
            x = x + self.noise * self.noises.normal(size=x.shape).astype(x.dtype)
        return x * self.g, x

    def backward(self, dy, x):
        self.dg = (dy * x).sum(axis=0)
        return dy * self.g


class LogCosh(tn.Loss):
    def __init__(self, scale):
        self.scale = scale

    def forward(self, x, t, sample_weight=None):
        return self.mean(self.scale * np.log(np.cosh(x - t)).sum(axis=1), sample_weight), x

    def backward(self, y, t, sample_weight=None):
        return self.scale * np.tanh(y - t) * self.share(y, sample_weight)


class Averaged(tn.Optimizer):
    state_names = ("sum", "last")

    def __init__(self, lr, memory=0.5):
        self.lr, self.memory = lr, memory

    def step(self, params, grads):
        lr = self.begin_step(params)
        self.sum *= self.memory
        self.sum += grads
        params -= lr * (self.sum + 0.1 * self.last)
        self.last[...] = grads


class Stairs:
    def __init__(self, lrs):
        self.lrs = lrs

    def __call__(self, step):
        return self.lrs[min(step // 3, len(self.lrs) - 1)]

    def __repr__(self):
        return f"Stairs({self.lrs})"


def root(step):
    return 0.1 / (1 + step) ** 0.5


def large(shape, rng):
    return 2 + rng.normal(size=shape)


class Swing:
    """A callback that changes the weights in a way that depends on all that it has seen."""

    state_names = ("count", "mean", "nothing", "flag")

    def __init__(self, every=2):
        self.every, self.count, self.mean, self.nothing, self.flag = every, 0, None, None, False

    def __call__(self, net, epoch, record):
        self.count, self.flag = self.count + 1, not self.flag
        self.mean = net.params.copy() if self.mean is None else 0.5 * (self.mean + net.params)
        if self.count % self.every == 0:
            net.params = self.mean
        record["swing"] = self.count


OWN = [Gain, LogCosh, Averaged, Stairs, root, large, Swing]
PARTS = {  # what is not of tinynet in it: (layers, loss, optimizer, callbacks)
    "Gain": lambda: ([Gain(0.1, tn.zeros), tn.Dense(3)], tn.SoftmaxCrossEntropy(), tn.Adam(0.01),
                     []),
    "LogCosh": lambda: ([tn.Dense(3)], LogCosh(2.0), tn.Adam(0.01), []),
    "Averaged": lambda: ([tn.Dense(3)], tn.SoftmaxCrossEntropy(), Averaged(0.01, memory=0.75), []),
    "Stairs": lambda: ([tn.Dense(3)], tn.SoftmaxCrossEntropy(),
                       tn.SGD(tn.Warmup(Stairs([0.1, 0.05, 0.2]), 4)), []),
    "root": lambda: ([tn.Dense(3)], tn.SoftmaxCrossEntropy(), tn.SGD(root), []),
    "large": lambda: ([tn.Dense(8, init=large), tn.Dense(3)], tn.SoftmaxCrossEntropy(),
                      tn.SGD(0.01), []),
    "Swing": lambda: ([tn.Dense(3)], tn.SoftmaxCrossEntropy(), tn.SGD(0.01), [Swing(3)]),
    "all": lambda: ([Gain(0.5, large),
                     tn.Sequential([tn.Dense(3, init=large), Gain(0.1, tn.zeros)], 4, rng=0)],
                    LogCosh(0.5),
                    Averaged(Stairs((0.01, 0.02))), [Swing(), tn.EarlyStopping("loss"), Swing(5)]),
}


def begun(name, epochs):
    layers, loss, optimizer, callbacks = PARTS[name]()
    net = tn.Sequential(layers, 4, loss=loss, rng=0)
    net.fit(x, labels, optimizer=optimizer, epochs=epochs, batch_size=15, callbacks=callbacks)
    return net


def bits(net):
    vectors = [vars(net.optimizer)[name] for name in net.optimizer.state_names]
    history = {name: net.history[name] for name in net.history if name != "seconds"}
    return (repr(net), repr(net.optimizer), history,
            [a.tobytes() for a in (net.params, net.state, net.predict(x), *vectors)])


def go_on(folder):
    """Load without registering, register, and go on with all files. Runs in the new process."""
    errors, found = {}, {}
    for name in PARTS:
        try:
            tn.Sequential.load(Path(folder) / name)
        except ValueError as error:
            errors[name] = type(error), str(error)
    for thing in OWN:
        register(thing)
    for name in PARTS:
        net, callbacks = tn.Sequential.load(Path(folder) / name), PARTS[name]()[3]
        net.fit(x, labels, epochs=3, batch_size=15, callbacks=callbacks)
        found[name] = bits(net)
    (Path(folder) / "found").write_bytes(pickle.dumps((errors, found)))


@pytest.fixture(scope="module")
def new_process(tmp_path_factory):
    """(what loading said before the classes were registered, what came of the trainings after
    that), by name.
    """
    folder, before = tmp_path_factory.mktemp("own"), dict(KNOWN)
    for thing in OWN:
        register(thing)
    for name in PARTS:
        begun(name, 3).save(folder / name)
    KNOWN.clear()
    KNOWN.update(before)
    code = ("import sys; sys.path.append('..'); import test_registry; "
            "test_registry.go_on(sys.argv[1])")
    subprocess.run([sys.executable, "-c", code, folder], cwd=Path(__file__).parent, check=True)
    return pickle.loads((folder / "found").read_bytes())


@pytest.mark.parametrize("name", PARTS)
def test_what_is_of_ones_own_goes_on_in_a_new_process_that_registers_it_to_the_bit(
        name, new_process):
    assert new_process[1][name] == bits(begun(name, 6))


@pytest.mark.parametrize("name", PARTS)
def test_a_process_that_does_not_register_it_is_told_the_name_and_what_to_call(name, new_process):
    cls, message = new_process[0][name]
    assert (cls is tn.ModelFileError and "which this program does not know" in message
            and "tinynet.register" in message)
    assert repr(name if name != "all" else "Gain") in message


def test_what_is_nested_too_deep_is_not_made():
    nested = 0
    for _ in range(DEEPEST + 1):
        nested = [nested]
    with pytest.raises(tn.ModelFileError, match=f"nested more than {DEEPEST} deep"):
        make(nested)
