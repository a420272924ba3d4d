"""Random cases of every layer and loss, for the laws that all of them keep."""

import numpy as np

import tinynet as tn
from tinynet.checks.settings import unpack_pair


class TextbookDense(tn.Layer):
    """Dense as textbooks write it, with plain assignments."""

    param_names = ("W", "b")

    def __init__(self, units):
        self.units = units

    def build(self, input_shape, rng):
        self.W = tn.glorot_uniform((input_shape[0], self.units), rng)
        self.b = np.zeros(self.units)
        return (self.units,)

    def forward(self, x, training=False):
        return np.dot(x, self.W) + self.b, x

    def backward(self, dy, x):
        self.dW = np.dot(x.T, dy)
        self.db = np.sum(dy, axis=0)
        return np.dot(dy, self.W.T)


class Noise(tn.Layer):
    """y = x e,  e drawn anew in each training batch
    dx = dy e;  counts the batches in its state
    """

    state_names = ("batches",)

    def build(self, input_shape, rng):
        self.rng = rng.spawn(1)[0]
        self.batches = np.zeros(1)
        return input_shape

    def forward(self, x, training=False):
        e = np.ones(x.shape, x.real.dtype)
        if training:
            e += self.rng.random(x.shape, dtype=e.dtype)
            self.batches = self.batches + 1
        return x * e, e

    def backward(self, dy, e):
        return dy * e


def flat(rng):
    """A shape of a row of numbers."""
    return (int(rng.integers(1, 6)),)


def any_shape(rng):
    """A shape of a row of numbers, or of an image."""
    return flat(rng) if rng.random() < 0.5 else tuple(int(size) for size in rng.integers(1, 4, 3))


def image(rng, at_least=(1, 1)):
    """A shape of an image of one channel or more."""
    height, width = (size + int(rng.integers(0, 5)) for size in at_least)
    return height, width, int(rng.integers(1, 4))


def one_or_two(rng, low, high):
    """A setting of an image layer: a number, or one for each side."""
    sizes = tuple(int(size) for size in rng.integers(low, high, 2))
    return sizes if rng.random() < 0.5 else sizes[0]


def convolution(rng):
    """Any kernel, stride and padding, and an image that is large enough without padding."""
    kernel, padding = (one_or_two(rng, 1, 4),
                       [*"valid same".split(), one_or_two(rng, 0, 4)][rng.integers(3)])
    layer = tn.Conv2D(int(rng.integers(1, 4)), kernel, one_or_two(rng, 1, 4), padding,
                      init=tn.he_normal)
    return layer, image(rng, at_least=unpack_pair(kernel))


def pool(cls, rng):
    """Windows that touch, that overlap, and that leave gaps."""
    size = one_or_two(rng, 1, 4)
    return (cls(size, None if rng.random() < 0.4 else one_or_two(rng, 1, 4)),
            image(rng, at_least=unpack_pair(size)))


def nested(rng):
    """A small network to stand inside another one."""
    shape = flat(rng)
    return (tn.Sequential([tn.Dense(3), tn.Tanh(), tn.Sequential([tn.Dense(2), tn.GELU()], 3)],
                          shape, dtype=np.float64), shape)


# name: function (rng) -> (layer, input_shape)
LAYERS = {
    "Dense": lambda rng: (tn.Dense(int(rng.integers(1, 6)), init=tn.he_normal), flat(rng)),
    "ReLU": lambda rng: (tn.ReLU(), any_shape(rng)),
    "LeakyReLU": lambda rng: (tn.LeakyReLU(rng.uniform(0, 0.5)), any_shape(rng)),
    "ELU": lambda rng: (tn.ELU(rng.uniform(0.1, 2)), any_shape(rng)),
    "GELU": lambda rng: (tn.GELU(), any_shape(rng)),
    "SiLU": lambda rng: (tn.SiLU(), any_shape(rng)),
    "Softplus": lambda rng: (tn.Softplus(), any_shape(rng)),
    "Sigmoid": lambda rng: (tn.Sigmoid(), any_shape(rng)),
    "Tanh": lambda rng: (tn.Tanh(), any_shape(rng)),
    "Softmax": lambda rng: (tn.Softmax(), (*any_shape(rng)[:-1], int(rng.integers(2, 6)))),
    "Dropout": lambda rng: (tn.Dropout(rng.uniform(0, 0.6)), any_shape(rng)),
    "BatchNorm": lambda rng: (tn.BatchNorm(momentum=rng.uniform(0.1, 0.9)), any_shape(rng)),
    "LayerNorm": lambda rng: (tn.LayerNorm(), (*any_shape(rng)[:-1], int(rng.integers(3, 6)))),
    "Conv2D": convolution,
    "MaxPool2D": lambda rng: pool(tn.MaxPool2D, rng),
    "AveragePool2D": lambda rng: pool(tn.AveragePool2D, rng),
    "GlobalAveragePool2D": lambda rng: (tn.GlobalAveragePool2D(), image(rng)),
    "Flatten": lambda rng: (tn.Flatten(), any_shape(rng)),
    "Reshape": lambda rng: (tn.Reshape((2, -1, 3)), (6 * int(rng.integers(1, 4)),)),
    "Sequential": nested,
}
OWN_LAYERS = {
    "TextbookDense": lambda rng: (TextbookDense(3), flat(rng)),
    "Noise": lambda rng: (Noise(), any_shape(rng)),
}

# name: function (rng) -> loss
LOSSES = {
    "MeanSquaredError": lambda rng: tn.MeanSquaredError(str(rng.choice(["rows", "elements"]))),
    "HalfSquaredError": lambda rng: tn.HalfSquaredError(str(rng.choice(["rows", "elements"]))),
    "MeanAbsoluteError": lambda rng: tn.MeanAbsoluteError(str(rng.choice(["rows", "elements"]))),
    "Huber": lambda rng: tn.Huber(rng.uniform(0.5, 2), str(rng.choice(["rows", "elements"]))),
    "CrossEntropy": lambda rng: tn.CrossEntropy(label_smoothing=rng.choice([0.0, 0.1])),
    "SoftmaxCrossEntropy": lambda rng: tn.SoftmaxCrossEntropy(
        label_smoothing=rng.choice([0.0, 0.1])),
    "BinaryCrossEntropy": lambda rng: tn.BinaryCrossEntropy(),
    "SigmoidCrossEntropy": lambda rng: tn.SigmoidCrossEntropy(),
}
# made with abs or logaddexp
NOT_ANALYTIC = {"Softplus", "MeanAbsoluteError", "SigmoidCrossEntropy"}


def layer_case(name, seed):
    """(layer, x, dy): a built layer, rows that are not near a kink at 0, and a gradient."""
    rng = np.random.default_rng(seed)
    layer, shape = (LAYERS | OWN_LAYERS)[name](rng)
    if isinstance(layer, tn.Sequential):
        output_shape = layer.output_shape
    else:
        output_shape = layer.build(shape, rng)
    # of two values, one is always +1 and the other one -1
    n = int(rng.integers(1, 5)) + 2 * (name == "BatchNorm")
    for array in layer._arrays("param_names") + layer._arrays("state_names"):
        # other ones than 0 and 1, and positive variances
        array += 0.1 + 0.2 * rng.random(array.shape)
    x = rng.normal(size=(n, *shape)) * 10 ** rng.uniform(-1, 0.5)
    x += np.where(x > 0, 0.01, -0.01)
    if name == "MaxPool2D":
        # no two are near to each other
        x = np.sign(x) * (0.01 + rng.permutation(x.size).reshape(x.shape))
    return layer, x, rng.normal(size=(n, *output_shape))


def loss_case(name, seed):
    """(loss, x, t, w): a loss, outputs that suit it and are not near a kink, targets, and row
    weights or None.
    """
    rng = np.random.default_rng(seed)
    loss = LOSSES[name](rng)
    n, k = int(rng.integers(1, 6)), int(rng.integers(2, 6))
    if name in ("CrossEntropy", "SoftmaxCrossEntropy"):
        t = np.eye(k)[rng.integers(0, k, n)] if rng.random() < 0.5 else rng.dirichlet(np.ones(k), n)
        x = (rng.dirichlet(np.ones(k), n) * 0.9 + 0.1 / k if name == "CrossEntropy"
             else 5 * rng.normal(size=(n, k)))
    elif name in ("BinaryCrossEntropy", "SigmoidCrossEntropy"):
        t = rng.integers(0, 2, (n, k)).astype(float) if rng.random() < 0.5 else rng.random((n, k))
        x = (rng.uniform(0.05, 0.95, (n, k)) if name == "BinaryCrossEntropy"
             else 5 * rng.normal(size=(n, k)))
    else:
        t = rng.normal(size=(n, k))
        # neither at 0 nor at a delta from 0.5 to 2
        d = rng.uniform(0.01, 0.45, (n, k)) + rng.choice([0, 2.5], (n, k))
        x = t + d * rng.choice([-1, 1], (n, k))
    w = None if rng.random() < 0.5 else rng.integers(0, 3, n) + np.eye(n)[0]
    return loss, x, t, w


class Residual(tn.Sequential):
    """y = x + what its layers make of x"""

    def forward(self, x, training=False):
        y, caches = super().forward(x, training)
        return x + y, caches

    def backward(self, dy, caches):
        return dy + super().backward(dy, caches)
