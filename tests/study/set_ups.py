"""Set-ups for preflight: faulty ones, each with what it must be called, and healthy ones drawn by a
seed.

A set-up is (net, x, t, settings), for net.fit(x, t, **settings).
"""

from functools import cache

import numpy as np
from sklearn import datasets
from sklearn.preprocessing import scale

import tinynet as tn
from tinynet import Dense, ReLU, Sequential, Sigmoid, SoftmaxCrossEntropy, Tanh

FAULTY = {}


def faulty(*kinds):
    """Notes a function that makes a faulty set-up, and kinds that are right for it."""
    def note(function):
        FAULTY[function.__name__] = function, set(kinds)
        return function
    return note


@cache
def load(name):
    x, t = getattr(datasets, f"load_{name}")(return_X_y=True)
    x.setflags(write=False)
    t.setflags(write=False)
    return x, t


def digits():
    x, t = load("digits")
    return x / 16, t


def iris():
    x, t = load("iris")
    return scale(x), t


def make_net(x, *layers, loss=None, **settings):
    return Sequential(layers, x.shape[1:], loss=loss or SoftmaxCrossEntropy(), rng=0, **settings)


def adam(epochs=20, lr=0.01, **settings):
    return dict(optimizer=tn.Adam(lr=lr), epochs=epochs, **settings)


# ---- faulty ----

@faulty("activation")
def no_activation_between_layers():
    x, t = datasets.make_circles(300, noise=0.1, factor=0.4, random_state=0)
    return make_net(x, Dense(16), Dense(2)), x, t, adam(40)


@faulty("activation")
def four_sigmoids_in_a_row():
    x, t = digits()
    layers = [layer for _ in range(4) for layer in (Dense(32), Sigmoid())]
    return make_net(x, *layers, Dense(10)), x, t, dict(optimizer=tn.SGD(lr=0.1), epochs=20)


@faulty("activation", "loss")
def softmax_for_several_answers():
    x, t = datasets.make_multilabel_classification(500, 20, n_classes=4, random_state=1)
    x = scale(x)
    net = make_net(x, Dense(20), ReLU(), Dense(4), tn.Softmax(), loss=tn.MeanSquaredError())
    return net, x, t, adam(30)


@faulty("activation")
def predictions_that_cannot_reach_the_targets():
    x = np.random.default_rng(0).uniform(-1, 1, (300, 2))
    net = make_net(x, Dense(16), Tanh(), Dense(1), ReLU(), loss=tn.MeanSquaredError())
    return net, x, x[:, 0] - 2, adam(30)


@faulty("learning_rate")
def adam_with_a_rate_of_1():
    x, t = digits()
    return make_net(x, Dense(32), ReLU(), Dense(10)), x, t, adam(lr=1.0)


@faulty("learning_rate")
def a_rate_that_is_far_too_small():
    x, t = iris()
    net = make_net(x, Dense(16), Tanh(), Dense(3))
    return net, x, t, dict(optimizer=tn.SGD(lr=1e-4), epochs=50)


@faulty("learning_rate")
def a_schedule_that_is_far_too_low():
    x, t = iris()
    return make_net(x, Dense(16), Tanh(), Dense(3)), x, t, dict(
        optimizer=tn.SGD(lr=tn.Warmup(1e-4, 20)), epochs=60)


@faulty("learning_rate")
def a_schedule_that_is_over_too_soon():
    x, t = digits()
    return make_net(x, Dense(32), ReLU(), Dense(10)), x, t, dict(
        optimizer=tn.Adam(lr=tn.CosineDecay(0.01, 12)), epochs=20)


@faulty("learning_rate")
def a_rate_of_0():
    x, t = iris()
    net = make_net(x, Dense(16), Tanh(), Dense(3))
    return net, x, t, dict(optimizer=tn.SGD(lr=0.0), epochs=50)


@faulty("optimizer")
def a_momentum_of_0999():
    x, t = datasets.make_friedman1(400, random_state=0)
    net = make_net(x, Dense(32), Tanh(), Dense(1), loss=tn.MeanSquaredError())
    return net, scale(x), scale(t), dict(optimizer=tn.SGD(lr=0.02, momentum=0.999), epochs=40)


@faulty("data")
def a_class_of_weight_3000():
    x, t = load("wine")
    x = scale(x)
    return make_net(x, Dense(16), Tanh(), Dense(3)), x, t, adam(
        20, class_weight={0: 3000.0, 1: 1.0, 2: 1.0})


@faulty("layers")
def a_pool_over_the_whole_image():
    x, t = digits()
    x = x.reshape(-1, 8, 8, 1)
    net = make_net(x, tn.Conv2D(8, 3), ReLU(), tn.GlobalAveragePool2D(), Dense(10))
    return net, x, t, adam(10)


@faulty("batch_size", "epochs")
def one_batch_of_all_rows():
    x, t = digits()
    return make_net(x, Dense(32), ReLU(), Dense(10)), x, t, adam(10, 0.001, batch_size=2000)


@faulty("epochs")
def one_epoch():
    x, t = iris()
    return make_net(x, Dense(16), ReLU(), Dense(3)), x, t, adam(1, 0.003)


@faulty("epochs")
def no_epoch():
    x, t = iris()
    return make_net(x, Dense(16), ReLU(), Dense(3)), x, t, adam(0)


@faulty("preprocessing")
def columns_of_very_different_sizes():
    x, t = load("wine")
    return make_net(x, Dense(16), Tanh(), Dense(3)), x, t, adam(30)


@faulty("preprocessing")
def targets_in_the_hundred_thousands():
    x, t = datasets.make_friedman1(300, random_state=0)
    net = make_net(x, Dense(32), ReLU(), Dense(1), loss=tn.MeanSquaredError())
    return net, scale(x), 1e5 + 1e4 * t, adam(30)


@faulty("preprocessing")
def targets_that_are_far_from_0_and_hard_to_tell():
    x, t = load("diabetes")
    net = make_net(x, Dense(16), ReLU(), Dense(8), ReLU(), Dense(1), loss=tn.MeanSquaredError())
    return net, x, t, adam(20, 0.001)


@faulty("initialization")
def a_hidden_layer_of_zeros():
    x, t = iris()
    net = make_net(x, Dense(16, init=tn.initializers.zeros), ReLU(), Dense(3))
    return net, x, t, adam(30)


@faulty("initialization")
def weights_a_hundred_times_too_large():
    x, t = digits()
    net = make_net(x, Dense(32), Tanh(), Dense(32), Tanh(), Dense(10))
    for layer in net.layers[::2]:
        layer.W *= 100
    return net, x, t, dict(optimizer=tn.SGD(lr=0.1), epochs=20)


@faulty("layers")
def one_hidden_unit():
    x, t = digits()
    return make_net(x, Dense(1), ReLU(), Dense(10)), x, t, adam()


@faulty("layers")
def nothing_is_trained():
    x, t = iris()
    net = make_net(x, Dense(16), ReLU(), Dense(3))
    net.trainable = False
    return net, x, t, adam()


@faulty("regularization")
def too_much_l2():
    x, t = iris()
    return make_net(x, Dense(16), ReLU(), Dense(3)), x, t, adam(30, l2=3.0)


@faulty("regularization")
def nine_of_ten_units_dropped():
    x, t = datasets.make_friedman1(300, random_state=0)
    net = make_net(x, Dense(16), Tanh(), tn.Dropout(0.9), Dense(8), Tanh(), tn.Dropout(0.9),
                   Dense(1), loss=tn.MeanSquaredError())
    return net, scale(x), scale(t), adam(40)


@faulty("regularization")
def gradients_clipped_to_nothing():
    x, t = iris()
    return make_net(x, Dense(16), ReLU(), Dense(3)), x, t, dict(
        optimizer=tn.SGD(lr=0.1), epochs=40, clip_norm=1e-4)


@faulty("validation")
def rows_validated_by_themselves():
    x, t = iris()
    return make_net(x, Dense(16), ReLU(), Dense(3)), x, t, adam(validation=(x[:50], t[:50]))


@faulty("validation")
def validation_data_without_the_scaler():
    x, t = load("iris")
    rows = np.arange(150) % 3 == 0
    net = make_net(x, Dense(16), ReLU(), Dense(3))
    return net, scale(x)[~rows], t[~rows], adam(validation=(x[rows] + 20, t[rows]))


@faulty("validation")
def validation_data_with_their_columns_in_another_order():
    x, t = load("wine")
    x, rows = scale(x), np.arange(178) % 3 == 0
    net = make_net(x, Dense(16), ReLU(), Dense(3))
    return net, x[~rows], t[~rows], adam(validation=(x[rows, ::-1], t[rows]))


@faulty("validation")
def two_rows_to_validate_with():
    x, t = iris()
    net = make_net(x, Dense(16), ReLU(), Dense(3))
    return net, x[2:], t[2:], adam(30, validation=(x[:2], t[:2]))


@faulty("labels")
def a_class_that_is_only_validated():
    x, t = iris()
    net = make_net(x, Dense(16), ReLU(), Dense(3))
    return net, x[t < 2], t[t < 2], adam(validation=(x[t == 2], t[t == 2]))


@faulty("labels")
def one_class_alone():
    x, t = iris()
    return make_net(x, Dense(16), ReLU(), Dense(3)), x[t == 1], t[t == 1], adam()


@faulty("labels")
def targets_in_another_order():
    x, t = digits()
    t = np.random.default_rng(0).permutation(t)
    return make_net(x, Dense(32), ReLU(), Dense(10)), x, t, adam()


@faulty("data")
def sorted_rows_in_their_order():
    x, t = digits()
    order = np.argsort(t, kind="stable")
    net = make_net(x, Dense(32), ReLU(), Dense(10))
    return net, x[order], t[order], dict(optimizer=tn.SGD(lr=0.1), epochs=15, shuffle=False)


@faulty("data")
def rows_that_are_all_the_same():
    x, t = iris()
    return make_net(x, Dense(16), ReLU(), Dense(3)), np.ones_like(x), t, adam()


@faulty("loss")
def a_loss_with_the_sign_turned():
    class Uphill(tn.HalfSquaredError):
        def backward(self, y, t, sample_weight=None):
            return -super().backward(y, t, sample_weight)

    x = np.random.default_rng(0).normal(size=(100, 2))
    return make_net(x, Dense(4), Tanh(), Dense(1), loss=Uphill()), x, x[:, 0], adam()


class WrongSquare(tn.Layer):
    """y = x²      dx = dy x, where 2 dy x would be right"""

    def forward(self, x, training=False):
        return x * x, x

    def backward(self, dy, x):
        return dy * x


@faulty("layers")
def a_layer_with_a_wrong_slope():
    x, t = iris()
    return make_net(x, Dense(8), WrongSquare(), Dense(3)), x, t, adam()


@faulty("layers")
def a_layer_that_raises_for_many_rows():
    class Few(tn.Layer):
        def forward(self, x, training=False):
            if len(x) == 8:
                raise IndexError("8 is too many")
            return x, None

        def backward(self, dy, cache):
            return dy

    x, t = iris()
    return make_net(x, Dense(8), Few(), Dense(3)), x, t, adam(batch_size=8)


@faulty("loss")
def a_loss_that_raises_for_many_rows():
    class Few(tn.HalfSquaredError):
        def predict(self, x):
            return x / (len(x) <= 32)

        def forward(self, x, t, sample_weight=None):
            if len(x) == 16:
                raise ZeroDivisionError("16 is too many")
            return super().forward(x, t, sample_weight)

    x, t = iris()
    return make_net(x, Dense(8), Tanh(), Dense(3), loss=Few()), x, t, adam(batch_size=16)


@faulty("optimizer")
def an_optimizer_that_raises():
    class Broken(tn.SGD):
        def step(self, params, grads):
            raise KeyError("v")

    x, t = iris()
    return make_net(x, Dense(3)), x, t, dict(optimizer=Broken())


@faulty("layers")
def a_layer_that_mixes_rows():
    class Centred(tn.Layer):
        def forward(self, x, training=False):
            return x - x.mean(axis=0), None

        def backward(self, dy, cache):
            return dy - dy.mean(axis=0)

    x, t = iris()
    return make_net(x, Dense(8), Centred(), ReLU(), Dense(3)), x, t, adam()


@faulty("data")
def a_rare_class_that_is_never_named():
    x = np.random.default_rng(0).normal(size=(1000, 4))
    return make_net(x, Dense(16), Tanh(), Dense(2)), x, x[:, 0] + x[:, 1] > 2.9, dict(
        optimizer=tn.SGD(lr=0.01), epochs=5)


@faulty("preprocessing")
def a_number_for_what_is_missing():
    x, t = load("wine")
    x = scale(x)
    x[np.random.default_rng(0).random(x.shape) < 0.05] = -99999
    return make_net(x, Dense(16), ReLU(), Dense(3)), x, t, adam(40)


@faulty("preprocessing", "learning_rate", "epochs", "optimizer")
def seven_temperatures():
    celsius = np.array([-40.0, -10, 0, 8, 15, 22, 38])[:, None]
    net = make_net(celsius, Dense(1), loss=tn.MeanSquaredError())
    return net, celsius, 1.8 * celsius + 32, dict(optimizer=tn.Adam(lr=0.001), epochs=500)


@faulty("layers")
def exclusive_or_by_one_line():
    x = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    net = make_net(x, Dense(1), loss=tn.SigmoidCrossEntropy())
    return net, x, [0, 1, 1, 0], dict(optimizer=tn.SGD(lr=1.0), epochs=1000)


@faulty("initialization", "activation")
def positive_weights_before_sigmoids():
    x, t = digits()
    layers = [Dense(100, init=draw_positive), Sigmoid(), Dense(50, init=draw_positive), Sigmoid()]
    return make_net(x, *layers, Dense(10, init=draw_positive)), x, t, adam()


def draw_positive(shape, rng):
    return rng.uniform(0, 1, shape)


@faulty("epochs", "batch_size")
def statistics_that_have_not_arrived():
    x, t = load("digits")
    layers = [layer for _ in range(2) for layer in (
        Dense(64), tn.BatchNorm(momentum=0.99), ReLU())]
    return make_net(x, *layers, Dense(10)), x, t, adam(3, lr=0.001, batch_size=128)


# ---- healthy ----

NAMES = ("iris", "wine", "breast_cancer", "digits", "diabetes", "linnerud", "moons", "circles",
         "blobs", "classification", "friedman1", "regression", "multilabel_classification")


def draw_data(name, rng):
    """(x, t) as one would give them to a network: with columns of about 1."""
    seed, n = int(rng.integers(1000)), int(rng.integers(200, 800))
    if name in ("iris", "wine", "breast_cancer", "digits"):
        x, t = load(name)
        return scale(x), t
    if name in ("diabetes", "linnerud"):
        return tuple(map(scale, load(name)))
    x, t = getattr(datasets, f"make_{name}")(n, random_state=seed, **{
        "moons": {"noise": 0.15}, "circles": {"noise": 0.08, "factor": 0.5},
        "blobs": {"centers": 4}, "friedman1": {"noise": 0.3}, "regression": {
            "n_features": 10, "noise": 10}, "classification": {"n_informative": 8, "n_classes": 3},
        "multilabel_classification": {"n_classes": 4}}[name])
    return scale(x), scale(t) if name in ("friedman1", "regression") else t


def make_healthy(seed):
    """An ordinary set-up, as a person would write who is content with what comes of it."""
    rng = np.random.default_rng(seed)
    name = NAMES[seed % len(NAMES)]
    x, t = draw_data(name, rng)
    is_numbers, several = t.dtype == float, t.ndim == 2
    k = t.shape[1] if several else 1 if is_numbers else int(t.max()) + 1
    loss = (tn.MeanSquaredError() if is_numbers else tn.SigmoidCrossEntropy() if several
            else SoftmaxCrossEntropy())
    activation = (ReLU, ReLU, Tanh, tn.GELU, tn.ELU)[rng.integers(5)]
    layers = []
    if name == "digits" and rng.random() < 0.5:
        x = x.reshape(-1, 8, 8, 1)
        layers = [tn.Conv2D(8, 3), activation(), tn.MaxPool2D(2), tn.Flatten()]
    for units in ((32,), (64,), (64, 64), (64, 32))[rng.integers(4)]:
        layers += [Dense(units)] + [tn.BatchNorm()] * (rng.random() < 0.2) + [activation()]
        layers += [tn.Dropout(0.2)] * (rng.random() < 0.2)
    optimizer = (tn.Adam(lr=0.003), tn.Adam(lr=0.01), tn.SGD(lr=0.02 if is_numbers else 0.1),
                 tn.SGD(lr=0.01 if is_numbers else 0.03, momentum=0.9), tn.RMSprop(lr=0.003),
                 tn.AdamW(lr=0.005))[rng.integers(6)]
    batch_size = (16, 32)[rng.integers(2)]
    epochs = max(1500 * batch_size // len(x), 10)
    return make_net(x, *layers, Dense(k), loss=loss), x, t, dict(
        optimizer=optimizer, epochs=epochs, batch_size=min(batch_size, len(x)))
