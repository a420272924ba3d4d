"""Going on with a training: three epochs, a file, a new process and three more are six epochs in a
row, to the bit.
"""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinynet as tn

DATA = np.random.default_rng(0)
ROWS, IMAGES, VALIDATION_ROWS = (DATA.normal(size=(60, 4)), DATA.normal(size=(60, 6, 6, 2)),
                                 DATA.normal(size=(30, 4)))
LABELS, VALIDATION = (ROWS[:, :3].argmax(axis=1),
                      (VALIDATION_ROWS, VALIDATION_ROWS[:, :3].argmax(axis=1)))
WEIGHTS = DATA.integers(0, 4, 60) / 4
BIT_GENERATORS = [np.random.PCG64, np.random.PCG64DXSM, np.random.Philox, np.random.SFC64,
                  np.random.MT19937]


def dense():
    return [tn.Dense(16), tn.Tanh(), tn.Dense(3)]


def mixed():
    """What remembers something: running statistics, a stream of random numbers, and a network in
    the network.
    """
    inner = tn.Sequential([tn.Dense(8), tn.Dropout(0.2),
                           tn.Sequential([tn.BatchNorm(), tn.ReLU()], 8, rng=1)], 16, rng=2)
    return [tn.Dense(16), tn.BatchNorm(), tn.ReLU(), tn.Dropout(0.3), inner, tn.Dense(3)]


def convolutional():
    return [tn.Conv2D(4, 3, padding="same"), tn.BatchNorm(), tn.ReLU(), tn.MaxPool2D(2),
            tn.Dropout(0.2), tn.Conv2D(3, 2),
            tn.GELU(), tn.GlobalAveragePool2D(), tn.Dense(3)]


class Case:
    """A network and how it is trained, made anew each time that it is asked for."""

    def __init__(self, layers=mixed, optimizer=lambda: tn.Adam(0.01), x=ROWS, t=LABELS,
                 loss=tn.SoftmaxCrossEntropy,
                 rng=lambda: 0, dtype=np.float32, callbacks=lambda: (), then=3, **settings):
        self.layers, self.optimizer, self.x, self.t, self.loss, self.rng = (
            layers, optimizer, x, t, loss, rng)
        self.dtype, self.callbacks, self.then, self.settings = (dtype, callbacks, then,
                                                                {"batch_size": 16} | settings)

    def network(self):
        return tn.Sequential(self.layers(), self.x.shape[1:], loss=self.loss(), rng=self.rng(),
                             dtype=self.dtype)

    def fit(self, net, epochs, callbacks=(), **settings):
        net.fit(self.x, self.t, epochs=epochs, callbacks=[*self.callbacks(), *callbacks],
                **(self.settings | settings))
        return net

    def begun(self, epochs, callbacks=()):
        return self.fit(self.network(), epochs, callbacks, optimizer=self.optimizer())


CASES = {
    "SGD": Case(optimizer=lambda: tn.SGD(0.1)),
    "SGD with momentum": Case(optimizer=lambda: tn.SGD(0.05, momentum=0.9)),
    "SGD with nesterov": Case(optimizer=lambda: tn.SGD(0.05, momentum=0.9, nesterov=True)),
    "RMSprop": Case(optimizer=lambda: tn.RMSprop(0.003)),
    "Adam": Case(),
    "AdamW": Case(optimizer=lambda: tn.AdamW(0.01, weight_decay=0.1)),
    "float64": Case(dtype=np.float64),
    "SGD with momentum in float64": Case(optimizer=lambda: tn.SGD(0.05, momentum=0.9),
                                         dtype=np.float64),
    "Dense alone": Case(dense),
    "without shuffling": Case(shuffle=False),
    "convolution": Case(convolutional, x=IMAGES),
    "convolution in float64": Case(convolutional, x=IMAGES, dtype=np.float64,
                                   optimizer=lambda: tn.RMSprop(0.003)),
    "regression": Case(t=DATA.normal(size=(60, 3)),
                       loss=lambda: tn.Huber(0.5, mean_over="elements"), validation=0.2),
    "one row in the last batch": Case(batch_size=59),
    "validation share": Case(validation=0.25),
    "validation data": Case(validation=VALIDATION),
    "class weights": Case(class_weight={0: 1, 1: 2, 2: 0.5}),
    "balanced classes and a validation share": Case(class_weight="balanced", validation=0.25),
    "weighted rows": Case(sample_weight=WEIGHTS),
    "l2": Case(l2=0.01),
    "clip_norm": Case(clip_norm=0.1),
    "all of them": Case(sample_weight=WEIGHTS, class_weight="balanced", validation=0.25, l2=0.01,
                        clip_norm=0.5,
                        optimizer=lambda: tn.AdamW(tn.Warmup(tn.StepDecay(0.01, 7), 5))),
    # 24 steps, the second half of them after the file
    "StepDecay": Case(optimizer=lambda: tn.SGD(tn.StepDecay(0.1, every=5, factor=0.5))),
    "ExponentialDecay": Case(optimizer=lambda: tn.Adam(tn.ExponentialDecay(0.01, every=5))),
    "CosineDecay": Case(optimizer=lambda: tn.AdamW(tn.CosineDecay(0.01, steps=20))),
    "Warmup": Case(optimizer=lambda: tn.RMSprop(tn.Warmup(0.003, steps=18))),
    "Warmup of CosineDecay": Case(optimizer=lambda: tn.SGD(tn.Warmup(tn.CosineDecay(0.1, 10),
                                                                     steps=8), momentum=0.5)),
    "OneCycle": Case(optimizer=lambda: tn.Adam(tn.OneCycle(0.01, steps=24))),
    "EarlyStopping that stops": Case(optimizer=lambda: tn.Adam(0.03), validation=VALIDATION,
                                     then=100,
                                     callbacks=lambda: [tn.EarlyStopping(patience=10)]),
    "EarlyStopping whose best epoch is before the file": Case(optimizer=lambda: tn.SGD(2.0),
                                                              validation=VALIDATION, then=100,
                                                              callbacks=lambda: [
                                                                  tn.EarlyStopping(patience=3)]),
    "EarlyStopping that does not stop": Case(
        callbacks=lambda: [tn.EarlyStopping("loss", patience=50)]),
    "two EarlyStoppings": Case(validation=VALIDATION, then=20, optimizer=lambda: tn.Adam(0.03),
                               callbacks=lambda: [
        tn.EarlyStopping("loss", patience=30),
        tn.EarlyStopping("val_accuracy", patience=6, min_delta=0.01)]),
    "ReduceOnPlateau": Case(optimizer=lambda: tn.SGD(2.0), validation=VALIDATION, then=9,
                            callbacks=lambda: [tn.ReduceOnPlateau(patience=2, factor=0.5)]),
    "ReduceOnPlateau and EarlyStopping": Case(optimizer=lambda: tn.SGD(0.5), validation=0.25,
                                              then=50, callbacks=lambda: [
        tn.ReduceOnPlateau(patience=2, factor=0.5, min_lr=0.01), tn.EarlyStopping(patience=7)]),
} | {f"rng of {cls.__name__}": Case(rng=lambda cls=cls: np.random.Generator(cls(5)),
                                    validation=0.25) for cls in BIT_GENERATORS}


def bits(net, x):
    """All that a training has come to, but how long it took."""
    streams = {place + name: repr(value.bit_generator.state) for place, part in net._named_parts()
               for name, value in vars(part).items() if isinstance(value, np.random.Generator)}
    optimizer = {name: vars(net.optimizer)[name].tobytes() for name in net.optimizer.state_names}
    history = {name: repr(net.history[name]) for name in net.history if name != "seconds"}
    predictions = net.predict(x)
    return {"params": net.params.tobytes(), "state": net.state.tobytes(), "optimizer": optimizer,
            "steps": net.optimizer.steps,
            "lr": (repr(net.optimizer.lr), net.optimizer.last_lr), "history": history,
            "epochs": len(net.history),
            "streams": streams, "predictions": (predictions.dtype.name, predictions.tobytes()),
            "network": repr(net)}


def go_on(folder):
    """Go on with all files in a folder, in a new process, and write down what comes of it."""
    found = {}
    for path in Path(folder).glob("*.net"):
        case = CASES[path.stem.split(",")[0]]
        found[path.stem] = bits(case.fit(tn.Sequential.load(path), case.then), case.x)
    (Path(folder) / "found").write_bytes(pickle.dumps(found))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with a file of each training after three epochs."""
    folder = tmp_path_factory.mktemp("files")
    for name, case in CASES.items():
        case.begun(3).save(folder / f"{name}.net")
        case.begun(case.then + 3,
                   [lambda net, epoch, record: epoch == 3
                    and net.save(folder / f"{name}, by a callback.net")])
        net = case.begun(1)
        for _ in range(2):
            net.save(folder / "again")
            net = case.fit(tn.Sequential.load(folder / "again"), 1)
        net.save(folder / f"{name}, three times.net")
    (folder / "again").unlink()
    return folder


@pytest.fixture(scope="module")
def found(files):
    """What comes of the trainings in these files, in a new process."""
    code = ("import sys; sys.path.append('..'); import test_resuming; "
            "test_resuming.go_on(sys.argv[1])")
    subprocess.run([sys.executable, "-c", code, str(files)], cwd=Path(__file__).parent, check=True)
    return pickle.loads((files / "found").read_bytes())


@pytest.fixture(scope="module")
def straight():
    """What comes of the same trainings in one piece."""
    return {name: bits(case.begun(3 + case.then), case.x) for name, case in CASES.items()}


def differences(a, b):
    return [key for key in a if a[key] != b[key]]


@pytest.mark.parametrize("name", CASES)
def test_training_goes_on_from_a_file_in_a_new_process_as_if_it_had_never_stopped(
        name, found, straight):
    assert differences(found[name], straight[name]) == []


@pytest.mark.parametrize("name", CASES)
def test_training_goes_on_from_a_file_that_a_callback_saved_in_the_middle(name, found, straight):
    assert differences(found[f"{name}, by a callback"], straight[name]) == []


@pytest.mark.parametrize("name", CASES)
def test_training_goes_on_from_file_to_file(name, found, straight):
    assert differences(found[f"{name}, three times"], straight[name]) == []


@pytest.mark.parametrize("name", CASES)
def test_a_file_that_is_loaded_and_saved_again_has_the_same_bytes(name, files, tmp_path):
    tn.Sequential.load(files / f"{name}.net").save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (files / f"{name}.net").read_bytes()


@pytest.mark.parametrize("name", CASES)
def test_saving_changes_nothing_in_the_network(name, tmp_path):
    case = CASES[name]
    net = case.begun(3)
    before = bits(net, case.x)
    net.save(tmp_path / "net")
    assert differences(bits(net, case.x), before) == []


@pytest.mark.parametrize("name", CASES)
def test_a_network_predicts_the_same_once_it_has_been_loaded(name, files):
    net, case = tn.Sequential.load(files / f"{name}.net"), CASES[name]
    assert net.predict(case.x).tobytes() == case.begun(3).predict(case.x).tobytes()


# ---- that these trainings are what they are here for ----

def early_stopping(name):
    """The EarlyStopping of a training in one piece, and the network."""
    case, (stopping,) = CASES[name], CASES[name].callbacks()
    net = case.network()
    net.fit(case.x, case.t, optimizer=case.optimizer(), epochs=3 + case.then, callbacks=[stopping],
            **case.settings)
    return stopping, net


def test_one_early_stopping_stops_in_the_second_half_with_a_best_epoch_there():
    stopping, net = early_stopping("EarlyStopping that stops")
    assert 3 < stopping.best_epoch < len(net.history) < 103


def test_one_early_stopping_stops_in_the_second_half_and_puts_back_weights_from_before_the_file(
        found):
    name = "EarlyStopping whose best epoch is before the file"
    stopping, net = early_stopping(name)
    assert stopping.best_epoch <= 3 < len(net.history) < 103
    assert found[name]["params"] == CASES[name].begun(stopping.best_epoch).params.tobytes()


def test_one_early_stopping_does_not_stop():
    assert len(early_stopping("EarlyStopping that does not stop")[1].history) == 6


def test_reduce_on_plateau_reduces_after_a_wait_that_began_before_the_file():
    case = CASES["ReduceOnPlateau"]
    lr = case.begun(3 + case.then).history["lr"]
    waited, = [memory.state["waited"] for memory in case.begun(3)._memory.kept]
    # a second wait in epoch 4, so the fifth has half the rate
    assert lr[2] == 2.0 and waited == 1 and lr.index(1.0) == 4


def test_shuffling_dropout_and_the_optimizers_memory_make_a_difference():
    case = CASES["Adam"]
    net, straight = case.begun(3), bits(case.begun(6), case.x)
    for forgotten in (lambda net: setattr(net, "_shuffle_rng", np.random.default_rng(1)),
                      lambda net: setattr(net.layers[3], "rng", np.random.default_rng(1)),
                      lambda net: net.optimizer.m.fill(0), lambda net: net.state.fill(1)):
        other = case.begun(3)
        forgotten(other)
        assert bits(case.fit(other, 3), case.x) != straight
    assert bits(case.fit(net, 3), case.x) == straight


# ---- what else is kept ----

def test_a_callback_with_other_settings_begins_anew(tmp_path):
    case = CASES["EarlyStopping whose best epoch is before the file"]
    case.begun(3).save(tmp_path / "net")
    other = tn.EarlyStopping(patience=5)
    net = tn.Sequential.load(tmp_path / "net")
    net.fit(case.x, case.t, epochs=1, callbacks=[other], **case.settings)
    assert (other.best_epoch, other.best) == (4, net.history["val_loss"][3])


def test_two_callbacks_with_the_same_settings_get_back_each_its_own_memory(tmp_path):
    case = CASES["EarlyStopping whose best epoch is before the file"]
    before, after = tn.EarlyStopping(patience=50), tn.EarlyStopping(patience=50)
    net = case.network()
    net.fit(case.x, case.t, optimizer=case.optimizer(), epochs=3, callbacks=[before],
            **case.settings)
    net.fit(case.x, case.t, epochs=2, callbacks=[before, after], **case.settings)
    net.save(tmp_path / "net")
    others = tn.EarlyStopping(patience=50), tn.EarlyStopping(patience=50)
    net.fit(case.x, case.t, epochs=1, callbacks=[before, after], **case.settings)
    tn.Sequential.load(tmp_path / "net").fit(case.x, case.t, epochs=1, callbacks=others,
                                             **case.settings)
    assert before.best_epoch == 2 and after.best_epoch > 3
    for stopping, other in zip((before, after), others):
        assert (other.best, other.best_epoch, other.waited) == (stopping.best, stopping.best_epoch,
                                                                stopping.waited)
        assert other.params.tobytes() == stopping.params.tobytes()


def test_a_fit_that_is_refused_forgets_nothing_of_what_the_callbacks_remember(tmp_path):
    case = CASES["EarlyStopping whose best epoch is before the file"]
    case.begun(3).save(tmp_path / "net")
    net = tn.Sequential.load(tmp_path / "net")
    with pytest.raises(ValueError,
                       match="ReduceOnPlateau changes a learning rate that is a number"):
        case.fit(net, 100, [tn.ReduceOnPlateau()], optimizer=tn.SGD(tn.StepDecay(1.0, 5)))
    assert differences(bits(case.fit(net, 100), case.x), bits(case.begun(103), case.x)) == []


def test_a_network_that_was_never_trained_comes_back_ready_for_its_first_training(tmp_path):
    case = CASES["Adam"]
    case.network().save(tmp_path / "net")
    net = tn.Sequential.load(tmp_path / "net")
    assert net.optimizer is None and len(net.history) == 0
    assert bits(case.fit(net, 6, optimizer=case.optimizer()), case.x) == bits(case.begun(6), case.x)


def test_a_network_without_a_loss_comes_back(tmp_path):
    net = tn.Sequential(mixed(), 4, rng=0)
    net.save(tmp_path / "net")
    assert tn.Sequential.load(tmp_path
                              / "net").predict(ROWS).tobytes() == net.predict(ROWS).tobytes()


def test_layers_of_a_loaded_network_belong_to_it_at_every_depth(tmp_path):
    tn.Sequential(mixed(), 4, rng=0).save(tmp_path / "net")
    net = tn.Sequential.load(tmp_path / "net")
    for layer, shape in ((net.layers[1], 16), (net.layers[4].layers[0], 16),
                         (net.layers[4].layers[2].layers[0], 8)):
        with pytest.raises(ValueError, match="belongs to another network"):
            tn.Sequential([layer], shape)


def test_the_arrays_of_a_loaded_network_are_views_of_its_vectors(tmp_path):
    CASES["Adam"].begun(1).save(tmp_path / "net")
    net = tn.Sequential.load(tmp_path / "net")
    net.params[:], net.state[:], net.grads[:] = 2, 3, 4
    for part in net._parts():
        for names, value in ((part.param_names, 2), (part.state_names, 3),
                             (["d" + name for name in part.param_names], 4)):
            assert all((getattr(part, name) == value).all() for name in names)


def test_a_loaded_network_can_stand_inside_another_one(tmp_path):
    tn.Sequential(dense(), 4, rng=0).save(tmp_path / "net")
    inner = tn.Sequential.load(tmp_path / "net")
    outer = tn.Sequential([inner, tn.ReLU()], 4, loss=tn.MeanSquaredError(), rng=0)
    weights = tn.Sequential(dense(), 4, rng=0).state_dict()
    outer.load_state_dict({f"0.{name}": array for name, array in weights.items()})
    assert (outer.predict(ROWS)
            == np.maximum(tn.Sequential(dense(), 4, rng=0).predict(ROWS), 0)).all()


def test_a_network_inside_another_one_is_not_saved_without_it(tmp_path):
    inner = tn.Sequential(dense(), 4)
    tn.Sequential([inner], 4)
    with pytest.raises(ValueError, match="stands inside another one; save the outer one"):
        inner.save(tmp_path / "net")
    assert list(tmp_path.iterdir()) == []


def test_load_on_a_class_gives_networks_of_that_class_only(tmp_path):
    class Special(tn.Sequential):
        pass

    tn.Sequential(dense(), 4).save(tmp_path / "net")
    with pytest.raises(tn.ModelFileError, match="it holds a Sequential, not a Special"):
        Special.load(tmp_path / "net")


def test_load_on_a_network_that_is_there_is_refused_with_the_right_call(tmp_path):
    net = tn.Sequential([tn.Dense(3)], 4, loss=tn.SoftmaxCrossEntropy(), rng=0)
    net.save(tmp_path / "net")
    with pytest.raises(ValueError, match=r"net = Sequential\.load\("):
        net.load(tmp_path / "net")
    assert isinstance(tn.Sequential.load(tmp_path / "net"), tn.Sequential)


def test_load_on_a_subclass_is_a_call_of_that_class(tmp_path):
    class Own(tn.Sequential):
        pass

    with pytest.raises(ValueError, match=r"net = Own\.load\("):
        Own([tn.Dense(3)], 4).load(tmp_path / "net")
