"""Buffers that cannot be written, or are a file on the disk: training has arrays of its own."""

import copy
import pickle
import warnings

import joblib
import numpy as np
import pytest

import tinynet as tn

RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(40, 6)), RNG.integers(0, 3, 40)


def through_a_file(thing, path, mode):
    joblib.dump(thing, path)
    return joblib.load(path, mmap_mode=mode)


def through_read_only_buffers(thing, path, mode=None):
    buffers = []
    data = pickle.dumps(thing, protocol=5, buffer_callback=buffers.append)
    return pickle.loads(data, buffers=[bytes(buffer) for buffer in buffers])


WAYS = {
    "mmap r": lambda thing, path: through_a_file(thing, path, "r"),
    "mmap r+": lambda thing, path: through_a_file(thing, path, "r+"),
    "pickle protocol 5": through_read_only_buffers,
}
every_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


def network(optimizer):
    net = tn.Sequential([tn.Dense(5), tn.BatchNorm(), tn.ReLU(), tn.Dropout(0.2), tn.Dense(3)], 6,
                        loss=tn.SoftmaxCrossEntropy(), rng=0)
    net.fit(X, LABELS, epochs=2, optimizer=optimizer, validation=0.2,
            callbacks=[tn.EarlyStopping(patience=5)])
    return net


@every_way
@pytest.mark.parametrize("optimizer", [tn.SGD(0.1, momentum=0.9), tn.RMSprop(), tn.Adam(),
                                       tn.AdamW()], ids=repr)
def test_a_network_goes_on_as_ever_and_the_file_stays_as_it_is(way, optimizer, tmp_path):
    net, path = network(copy.deepcopy(optimizer)), tmp_path / "net"
    other = way(net, path)
    before = path.read_bytes() if path.exists() else None
    for each in (net, other):
        each.fit(X, LABELS, epochs=3, validation=0.2, callbacks=[tn.EarlyStopping(patience=5)])
        each.layers[0].W = each.layers[0].W + 1
    assert other.params.tobytes() == net.params.tobytes()
    assert other.state.tobytes() == net.state.tobytes()
    assert (path.read_bytes() if path.exists() else None) == before


@every_way
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_an_estimator_goes_on_as_ever_and_the_file_stays_as_it_is(way, solver, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clf = tn.NetClassifier(5, max_iter=2, solver=solver, random_state=0).fit(X, LABELS)
    path = tmp_path / "clf"
    other = way(clf, path)
    before = path.read_bytes() if path.exists() else None
    for each in (clf, other):
        each.partial_fit(X, LABELS)
    assert other.network_.params.tobytes() == clf.network_.params.tobytes()
    assert (path.read_bytes() if path.exists() else None) == before


@every_way
def test_a_layer_by_itself_has_arrays_that_can_be_written(way, tmp_path):
    layer = tn.BatchNorm()
    layer.build((6,), None)
    other, path = way(layer, tmp_path / "layer"), tmp_path / "layer"
    before = path.read_bytes() if path.exists() else None
    y, cache = other.forward(X, training=True)
    other.backward(y, cache)
    assert other.running_mean.any() and other.dgamma.any()
    assert (path.read_bytes() if path.exists() else None) == before


def train_more(net):
    net.fit(X, LABELS, epochs=1)
    return net.params.copy()


def test_a_large_network_can_be_trained_in_a_worker():
    # joblib hands arrays above 1 MB to its workers as read-only files
    net = tn.Sequential([tn.Dense(50_000), tn.Dense(3)], 6, loss=tn.SoftmaxCrossEntropy(), rng=0)
    net.fit(X, LABELS, epochs=1, optimizer=tn.Adam())
    found, = joblib.Parallel(n_jobs=2)([joblib.delayed(train_more)(net)])
    # its one thread adds up in another order
    np.testing.assert_allclose(found, train_more(net), rtol=0, atol=1e-6)
