"""Networks of a class of one's own, with or without a constructor, are saved and loaded, or refused
with the true reason.
"""

import numpy as np
import pytest

import tinynet as tn

rng = np.random.default_rng(0)
x, labels = rng.normal(size=(30, 4)), rng.integers(0, 3, 30)


class MLP(tn.Sequential):
    """A network that is made with the sizes of its layers."""

    def __init__(self, sizes, activation=None, rng=None, dtype=np.float32):
        self.sizes, self.activation = sizes, activation
        layers = [layer for units in sizes[1:-1]
                  for layer in (tn.Dense(units), *([activation] if activation else []))]
        super().__init__([*layers, tn.Dense(sizes[-1])], sizes[0], tn.SoftmaxCrossEntropy(),
                         rng=rng, dtype=dtype)


class Plain(tn.Sequential):
    """A subclass with one more method."""

    def classes(self, x):
        return self.predict(x).argmax(axis=1)


class InsideOthers(tn.Sequential):
    """A network for the inside of others, without a loss."""

    def __init__(self, units, input_shape, rng=None):
        self.units = units
        super().__init__([tn.Dense(units), tn.BatchNorm(), tn.Dropout(0.1)], input_shape, rng=rng)


class KeepsItsSeed(tn.Sequential):
    """A network that keeps everything it is given, and halves its first weights."""

    def __init__(self, units, rng=None):
        self.units, self.rng = units, rng
        super().__init__([tn.Dense(units), tn.Dense(3)], 4, tn.SoftmaxCrossEntropy(), rng=rng)
        self.params *= 0.5


@pytest.fixture(autouse=True)
def registered():
    for cls in MLP, Plain, InsideOthers, KeepsItsSeed:
        tn.register(cls)


NETWORKS = {
    "sizes": lambda: MLP([4, 6, 5, 3], rng=0),
    "a layer among the settings": lambda: MLP((4, 6, 3), tn.ReLU(), rng=0),
    "float64": lambda: MLP([4, 3], rng=0, dtype=np.float64),
    "no constructor of its own": lambda: Plain([tn.Dense(3)], 4, tn.SoftmaxCrossEntropy(), rng=0),
    "inside another": lambda: tn.Sequential([InsideOthers(5, 4), tn.Dense(3)], 4,
                                            tn.SoftmaxCrossEntropy(), rng=0),
    "a seed that it keeps": lambda: KeepsItsSeed(5, rng=3),
    "a stream that it keeps": lambda: KeepsItsSeed(5, rng=np.random.default_rng(3)),
    "inside one of its own": lambda: Plain([InsideOthers(5, 4), InsideOthers(2, 5), tn.Dense(3)], 4,
                                           tn.SoftmaxCrossEntropy(), rng=0),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_training_goes_on_from_a_file_to_the_bit(name, tmp_path):
    net, straight = NETWORKS[name](), NETWORKS[name]()
    straight.fit(x, labels, epochs=4)
    net.fit(x, labels, epochs=2)
    net.save(tmp_path / "net")
    loaded = type(net).load(tmp_path / "net")
    assert type(loaded) is type(net) and repr(loaded.layers) == repr(net.layers)
    loaded.fit(x, labels, epochs=2)
    assert (loaded.params.tobytes() == straight.params.tobytes()
            and loaded.state.tobytes() == straight.state.tobytes())


def test_a_loaded_network_has_the_attributes_that_its_constructor_sets(tmp_path):
    MLP((4, 6, 3), rng=0).save(tmp_path / "net")
    assert tn.Sequential.load(tmp_path / "net").sizes == (4, 6, 3)


def test_the_repr_is_the_call_that_makes_it():
    assert repr(MLP((4, 6, 3), tn.Tanh(), rng=0)) == "MLP((4, 6, 3), activation=Tanh())"
    assert repr(MLP([4, 3], dtype=np.float64)) == "MLP([4, 3], dtype=np.float64)"
    assert repr(Plain([tn.Dense(3)], 4)) == "Plain([Dense(3)], input_shape=(4,))"


def test_loading_draws_no_weights(tmp_path):
    class Counted(tn.Sequential):
        def __init__(self, units, rng=None):
            self.units = units
            super().__init__([tn.Dense(units, init=counting_zeros)], 4, rng=rng)

    def counting_zeros(shape, rng):
        drawn.append(shape)
        return np.zeros(shape)

    drawn = []
    tn.register(Counted)
    tn.register(counting_zeros)
    Counted(3).save(tmp_path / "net")
    drawn.clear()
    tn.Sequential.load(tmp_path / "net")
    assert drawn == []


class NoRng(tn.Sequential):
    def __init__(self, units):
        self.units = units
        super().__init__([tn.Dense(units)], 4, rng=0)


class RngOfItsOwn(tn.Sequential):
    def __init__(self, units, rng=None):
        self.units = units
        super().__init__([tn.Dense(units)], 4, rng=0)


class ForgetsItsSettings(tn.Sequential):
    def __init__(self, units, rng=None):
        super().__init__([tn.Dense(units)], 4, rng=rng)


class TakesAnything(tn.Sequential):
    def __init__(self, *sizes, rng=None):
        self.sizes = sizes
        super().__init__([tn.Dense(units) for units in sizes], 4, rng=rng)


class TakesMore(tn.Sequential):
    def __init__(self, units, **settings):
        self.units = units
        super().__init__([tn.Dense(units)], 4, **settings)


class NumberOfLayers(tn.Sequential):
    def __init__(self, layers, rng=None):
        super().__init__([tn.Dense(3) for _ in range(layers)], 4, rng=rng)


class WithAnArray(tn.Sequential):
    def __init__(self, rng=None):
        super().__init__([tn.Dense(3)], 4, rng=rng)
        self.mean = np.zeros(4)


def with_an_array():
    net = WithAnArray()
    net.mean[0] = 1.0
    return net


class MadeOtherwiseEachTime(tn.Sequential):
    made = 0

    def __init__(self, rng=None):
        type(self).made += 1
        super().__init__([tn.Dense(self.made)], 4, rng=rng)


@pytest.mark.parametrize("make, reason", [
    (lambda: NoRng(3), r"NoRng\(3\) cannot be saved: the constructor of NoRng takes no rng, .* "
                       r"take rng=None, and pass it on"),
    (lambda: RngOfItsOwn(3),
     r"RngOfItsOwn\(3\) cannot be saved.*: RngOfItsOwn does not pass its rng on"),
    (lambda: ForgetsItsSettings(3),
     r"ForgetsItsSettings\(\) cannot be made again from its attributes: they have no 'units'"),
    (lambda: TakesAnything(3, 2),
     r"TakesAnything\(\) cannot be made again from its attributes: TakesAnything takes \*sizes;"),
    (lambda: TakesMore(3, rng=0),
     r"TakesMore\(3\) cannot be made again from its attributes: TakesMore takes \*\*settings;"),
    (lambda: NumberOfLayers(2),
     r"cannot be made with the settings \['layers'\].* keep each argument as it is"),
    (with_an_array, "made again, it has other numbers in mean; keep it in a layer"),
    (lambda: MadeOtherwiseEachTime(),
     r"MadeOtherwiseEachTime\(\) cannot be saved.* asks for .*, and there is"),
    (lambda: tn.Sequential([NoRng(3)], 4), "the constructor of NoRng takes no rng"),
    (lambda: tn.Sequential([RngOfItsOwn(3)], 4), "RngOfItsOwn does not pass its rng on"),
], ids=["no rng", "an rng that is not used", "a setting that is not kept", "*sizes", "**settings",
        "another meaning of layers", "an array of its own", "another network", "no rng, inside",
        "an rng that is not used, inside"])
def test_what_cannot_be_saved_is_refused_with_the_reason(make, reason, tmp_path):
    for cls in (NoRng, RngOfItsOwn, ForgetsItsSettings, TakesAnything, TakesMore, NumberOfLayers,
                WithAnArray,
                MadeOtherwiseEachTime):
        tn.register(cls)
    net = make()
    with pytest.raises(ValueError, match=reason):
        net.save(tmp_path / "net")
    assert list(tmp_path.iterdir()) == []


def test_one_that_is_not_registered_is_refused_by_its_name(tmp_path):
    class Unregistered(tn.Sequential):
        pass

    with pytest.raises(ValueError,
                       match=r"Unregistered is not registered; call "
                             r"tinynet.register\(Unregistered\)"):
        Unregistered([tn.Dense(3)], 4).save(tmp_path / "net")
