"""Freezing: what `layer.trainable = False` keeps, and what it does not."""

import copy
import pickle
import warnings

import numpy as np
import pytest

import tinynet as tn

RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(50, 4)), RNG.integers(0, 3, 50)

OPTIMIZERS = {
    "SGD": lambda: tn.SGD(0.1), "momentum": lambda: tn.SGD(0.1, momentum=0.9),
    "nesterov": lambda: tn.SGD(0.1, momentum=0.9, nesterov=True), "RMSprop": tn.RMSprop,
    "Adam": lambda: tn.Adam(0.01), "AdamW": lambda: tn.AdamW(0.01, weight_decay=0.1),
}
every_optimizer = pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)


def network():
    inner = tn.Sequential([tn.Dense(5), tn.BatchNorm(), tn.Tanh()], 6)
    return tn.Sequential([tn.Dense(6), tn.ReLU(), inner, tn.Dense(3)], 4,
                         loss=tn.SoftmaxCrossEntropy(), rng=0, dtype=np.float64)


def bits(layer):
    return [a.tobytes() for part in layer._parts()
            for a in (vars(part)[name] for name in (*part.param_names, *part.state_names))]


def fit(net, epochs=2, **settings):
    return net.fit(X, LABELS, epochs=epochs, batch_size=16, **settings)


# ---- what is kept ----

@every_optimizer
@pytest.mark.parametrize("frozen", [[0], [2], [3], [0, 2], [0, 2, 3]], ids=str)
def test_a_frozen_layer_keeps_its_bits_and_the_others_move(make, frozen):
    net = network()
    fit(net, optimizer=make(), l2=0.01)  # so that there is momentum
    for i in frozen:
        net.layers[i].trainable = False
    before = [bits(layer) for layer in net.layers]
    fit(net, l2=0.01, clip_norm=1.0)
    for i in (0, 2, 3):
        assert (bits(net.layers[i]) == before[i]) is (i in frozen)


def test_an_optimizer_of_ones_own_does_not_move_a_frozen_layer():
    class Drift(tn.Optimizer):
        def step(self, params, grads):
            params += 1

        lr = 0.1

    net = network()
    net.layers[0].trainable = False
    before = bits(net.layers[0])
    fit(net, optimizer=Drift(), epochs=1)
    assert bits(net.layers[0]) == before


def test_the_others_train_as_if_the_frozen_layer_were_part_of_the_data():
    net = network()
    net.layers[0].trainable = False
    short = tn.Sequential([tn.ReLU(), tn.Sequential([tn.Dense(5), tn.BatchNorm(), tn.Tanh()], 6),
                           tn.Dense(3)], 6, loss=tn.SoftmaxCrossEntropy(), rng=0, dtype=np.float64)
    short.load_state_dict({f"{int(name[0]) - 1}{name[1:]}": array
                           for name, array in net.state_dict().items() if name[0] != "0"})
    features = X @ net.layers[0].W + net.layers[0].b
    for make in OPTIMIZERS.values():
        fit(net, optimizer=make(), shuffle=False, l2=0.1, clip_norm=0.5)
        short.fit(features, LABELS, optimizer=make(), epochs=2, batch_size=16, shuffle=False,
                  l2=0.1, clip_norm=0.5)
        np.testing.assert_allclose(net.layers[3].W, short.layers[2].W, rtol=1e-9)
        assert net.history["penalty"] == pytest.approx(short.history["penalty"], rel=1e-9)


def test_a_frozen_batch_norm_runs_as_at_inference():
    layer = tn.BatchNorm()
    layer.build((3,), None)
    layer.running_mean, layer.running_var = [1, 2, 3], [4, 5, 6]
    layer.trainable = False
    x = RNG.normal(size=(10, 3))
    y, cache = layer.forward(x, training=True)
    np.testing.assert_array_equal(y, layer.forward(x)[0])
    dy = RNG.normal(size=(10, 3))
    np.testing.assert_allclose(layer.backward(dy, cache), dy / np.sqrt([4, 5, 6] + np.array(1e-5)))
    assert layer.running_mean.tolist() == [1, 2, 3] and layer.running_var.tolist() == [4, 5, 6]


def test_dropout_in_a_frozen_network_goes_on_to_leave_out_units():
    inner = tn.Sequential([tn.Dropout(0.5)], 4)
    tn.Sequential([inner, tn.Dense(3)], 4, rng=0)
    inner.trainable = False
    x = np.ones((100, 4), np.float32)
    assert (inner.forward(x, training=True)[0] == 0).any()


def test_the_gradient_of_a_frozen_layer_is_still_what_gradient_gives():
    net, other = network(), network()
    net.layers[0].trainable = False
    net.gradient(X, LABELS)
    other.gradient(X, LABELS)
    assert net.grads.tobytes() == other.grads.tobytes()


def test_fit_3_and_fit_3_is_fit_6_with_a_frozen_layer_and_a_save_between(tmp_path):
    for make in OPTIMIZERS.values():
        whole, parts = network(), network()
        for net in (whole, parts):
            net.layers[2].trainable = False
        w = np.arange(50) % 3
        fit(whole, 6, optimizer=make(), sample_weight=w)
        fit(parts, 3, optimizer=make(), sample_weight=w)
        parts.save(tmp_path / "net")
        loaded = tn.Sequential.load(tmp_path / "net")
        for net in (parts, loaded):
            fit(net, 3, sample_weight=w)
            assert net.params.tobytes() == whole.params.tobytes()
            assert net.state.tobytes() == whole.state.tobytes()


def test_a_callback_may_freeze_and_unfreeze_from_the_next_epoch_on():
    net, kept = network(), []

    def thaw(net, epoch, record):
        kept.append(bits(net.layers[0]))
        net.layers[0].trainable = epoch >= 2

    net.layers[0].trainable = False
    fit(net, 4, callbacks=thaw)
    assert kept[0] == kept[1] and kept[1] != kept[2] != kept[3]


# ---- the flag ----

def test_layers_are_trainable_unless_it_is_said_otherwise():
    assert tn.Dense(3).trainable is True and network().trainable is True


@pytest.mark.parametrize("value", [0, 1, None, "no", "False"])
@pytest.mark.parametrize("layer", [tn.Dense(3), tn.ReLU(), network()], ids=["Dense", "ReLU", "all"])
def test_only_true_and_false_can_be_assigned(layer, value):
    with pytest.raises(ValueError, match="trainable is .*True or False"):
        layer.trainable = value
    assert layer.trainable is True


def test_the_flag_of_a_network_holds_for_all_inside():
    net = network()
    net.layers[2].trainable = False
    assert [layer.trainable for layer in net.layers[2].layers] == [False] * 3
    assert not net.layers[2].trainable and net.trainable
    net.trainable = False
    assert not any(layer.trainable for layer in net.layers)
    net.trainable = True
    assert all(part.trainable for part in net._parts())


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))],
                         ids=["deepcopy", "pickle"])
def test_copies_keep_the_flag(copied):
    net = network()
    net.layers[2].layers[1].trainable = net.layers[3].trainable = False
    twin = copied(net)
    assert not twin.layers[2].layers[1].trainable and not twin.layers[3].trainable
    assert twin.layers[0].trainable and twin.layers[2].layers[0].trainable


def test_files_keep_the_flag(tmp_path):
    net = network()
    net.layers[2].layers[1].trainable = net.layers[3].trainable = False
    net.save(tmp_path / "net")
    loaded = tn.Sequential.load(tmp_path / "net")
    assert [part.trainable for part in loaded._parts()] == [part.trainable for part in net._parts()]


def test_layers_of_an_estimator_keep_the_flag_and_a_change_of_it_is_noticed():
    dense = tn.Dense(5)
    dense.trainable = False
    clf = tn.NetClassifier(layers=[dense, tn.ReLU()], max_iter=2, warm_start=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first = clf.fit(X, LABELS).network_.layers[0].W.copy()
        assert clf.fit(X, LABELS).network_.layers[0].W.tolist() == first.tolist()
    dense.trainable = True
    with pytest.raises(ValueError, match="layers changed"):
        clf.fit(X, LABELS)


def test_summary_shows_what_is_frozen():
    net = tn.Sequential([tn.Dense(5), tn.Tanh(), tn.Dense(3)], 4, rng=0)
    net.layers[0].trainable = False
    assert net.summary() == ("   layer             output  parameters\n"
                             "   input             (4,)\n"
                             "0  Dense(5), frozen  (5,)            25\n"
                             "1  Tanh()            (5,)             0\n"
                             "2  Dense(3)          (3,)            18\n"
                             "   all                               43\n"
                             "   frozen                            25")


def test_a_network_that_is_partly_frozen_says_so():
    net = network()
    net.layers[2].layers[0].trainable = False
    assert net.layers[2].trainable and "), partly frozen " in net.summary()
    net.layers[2].layers[1].trainable = False  # the last one with parameters
    assert not net.layers[2].trainable and "), frozen " in net.summary()


def test_gradient_health_does_not_warn_of_a_layer_that_is_frozen():
    net = network()
    net.layers[0].trainable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = fit(net, callbacks=tn.GradientHealth())
    assert history["update_ratio_0"] == [0, 0] and min(history["grad_norm_0"]) > 0
