"""Bad input: an error with the right words, and not a bit of the network changed; and odd input
that is as good as any.

    python tests/checks/test_bad_input.py      prints every case with what tinynet says
"""

import io
import pickle
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable, NamedTuple

import numpy as np
import pytest
import scipy.sparse

import tinynet as tn

x, labels = (np.random.default_rng(0).normal(size=(50, 4)),
             np.random.default_rng(1).integers(0, 3, 50))
GOOD = x, labels % 2  # whatever the loss, and for one output too


def network(layers, loss=None):
    return tn.Sequential(layers, 4, loss=loss or tn.SoftmaxCrossEntropy(), rng=0)


def trained(layers, loss=None):
    """A network with a history, an optimizer with moments, running statistics and a stream of
    random numbers.
    """
    net = network([tn.Dense(5), tn.BatchNorm(), tn.Dropout(0.1), *layers], loss)
    net.fit(*GOOD, epochs=1, batch_size=20, optimizer=tn.Adam())
    return net


def classifier():
    return trained([tn.Dense(3)])


def regressor():
    return trained([tn.Dense(1)], tn.MeanSquaredError())


def regressor_of_3():
    return trained([tn.Dense(3)], tn.MeanSquaredError())


def yes_or_no():
    return trained([tn.Dense(1)], tn.SigmoidCrossEntropy())


def with_nan():
    net = classifier()
    net.params[:] = np.nan
    return net


def learned(net):
    """What a training has come to: everything but `grads` and the order of the rows to come."""
    return pickle.dumps((net.params, net.state, net.history, net.optimizer))


def but(array, value, *at):
    """A copy of the array with another value at one place."""
    array = np.array(array, dtype=float)
    array[at] = value
    return array


def data(x, t, *sample_weight):
    """All ways to hand data to a network."""
    return [lambda net: net.fit(x, t, sample_weight=sample_weight[0] if sample_weight else None),
            lambda net: net.evaluate(x, t,
                                     sample_weight=sample_weight[0] if sample_weight else None),
            lambda net: net.gradient(x, t, *sample_weight),
            lambda net: net.fit(*GOOD, validation=(x, t, *sample_weight))]


def rows(x):
    return [*data(x, labels), lambda net: net.predict(x)]


def targets(t):
    return data(x, t)


def row_weights(w):
    return data(x, labels, w)


def class_weights(class_weight, t=labels):
    return [lambda net: net.fit(x, t, class_weight=class_weight),
            lambda net: net.evaluate(x, t, class_weight=class_weight)]


def settings(**settings):
    return [lambda net: net.fit(x, labels, **settings)]


def made(make):
    """Something made beside a network."""
    return [lambda net: make()]


class Own(tn.Layer):
    """A layer whose forward pass and cache are functions of x."""

    def __init__(self, f, cache=lambda x: (x,)):
        self.f, self.cache = f, cache

    def __repr__(self):
        return "Own()"

    def forward(self, x, training=False):
        return self.f(x), self.cache(x)

    def backward(self, dy, cache):
        return dy * (cache[0] == cache[0])


def double_in_place(x):
    x *= 2
    return x


class OwnLoss(tn.Loss):
    """A loss of the squared differences, whose mean is a function of the rows' losses alone."""

    def __init__(self, mean, change=lambda l: l):
        self.mean_of, self.change = mean, change

    def __repr__(self):
        return "OwnLoss()"

    def forward(self, x, t, sample_weight=None):
        return float(self.mean_of(self.change(((x - t) ** 2).sum(axis=1)))), x

    def backward(self, y, t, sample_weight=None):
        return 2 * (y - t) * self.share(y, sample_weight)


class ShortLoss(OwnLoss):
    def __init__(self):
        pass

    def __repr__(self):
        return "ShortLoss()"

    def forward(self, x, t):
        return super().forward(x, t)


class OwnGain(tn.Layer):
    param_names = ("g",)

    def __init__(self, start):
        self.start = start

    def build(self, input_shape, rng):
        self.g = self.start
        return input_shape


class Returning(tn.Optimizer):
    def __init__(self):
        self.lr = 0.1

    def step(self, params, grads):
        return params - self.begin_step(params) * grads


def fit_with(net, **settings):
    net.fit(x, labels, **settings)


def dense_with(net, **settings):
    tn.Dense(3, **settings)


def sequential_with(net, **settings):
    tn.Sequential([tn.Dense(3)], 4, **settings)


def softmax_with(net, **settings):
    tn.SoftmaxCrossEntropy(**settings)


class Case(NamedTuple):
    given: str                                  # what comes, in words
    # ways to give it to a network; every one is an error
    tries: list[Callable[[tn.Sequential], Any]]
    message: str                                # what the error says, as a regular expression
    net: Callable[[], tn.Sequential] = classifier
    # what is the same after it, to the bit: all that a network is
    kept: Callable[[tn.Sequential], bytes] = pickle.dumps


ERRORS = ValueError, TypeError, tn.DivergenceError


def words_of(error):
    """What an error says, with its notes."""
    return " ".join([str(error), *getattr(error, "__notes__", ())])


CASES = [
    # ---- x ----
    Case("x with 3 features for 4", rows(x[:, :3]),
         r"x has shape \(50, 3\).* rows of shape \(4,\), so x must be \(n, 4\)"),
    Case("x with an axis too many", rows(x[:, :, None]),
         r"x has shape \(50, 4, 1\).* must be \(n, 4\)"),
    Case("x of one axis", rows(x[0]), r"x has shape \(4,\).*for a single row pass x\[None\]"),
    Case("x that is a number", rows(7.0), r"x has shape \(\).* must be \(n, 4\)"),
    Case("x without rows", rows(x[:0]),
         r"x has no rows \(its shape is \(0, 4\)\); at least one is needed"),
    Case("x = []", rows([]), r"x has no rows \(its shape is \(0,\)\); at least one is needed"),
    Case("nan in x", rows(but(x, np.nan, 3, 2)),
         "x is nan in row 3, column 2; every entry must be a finite .* leave out"),
    Case("inf in x", rows(but(x, -np.inf, 3, 2)),
         "x is -inf in row 3, column 2; every entry must be a finite number"),
    Case("1e300 in x for float32", rows(but(x, 1e300, 3, 2)),
         r"x is 1e\+300 in row 3, column 2, which does not fit float32; scale it, or build .* "
         r"dtype=np.float64"),
    Case("complex x", rows(x.astype(complex)),
         r"x is complex \(complex128\), and real numbers are needed; pass x.real"),
    Case("x of strings", rows(x.astype(str)),
         r"x has dtype <U.*numbers are needed; .*pass np.asarray\(x, float\)"),
    Case("x of objects", rows(x.astype(object)),
         r"x has dtype object, and numbers are needed; .*pass np.asarray\(x, float\)"),
    Case("x of dates", rows(np.zeros((50, 4), "M8[D]")),
         r"x has dtype datetime64\[D\], and numbers are needed"),
    Case("x = None", rows(None),
         "x is of the type NoneType; it must be an array, or a list of rows"),
    Case("a sparse x", rows(scipy.sparse.csr_matrix(x)),
         r"x is a sparse matrix, and dense .* needed; pass x.toarray\(\)"),
    Case("a ragged x", rows([[1, 2, 3, 4], [1, 2]]),
         "x is ragged: .*; pad them or cut them to one length"),
    Case("a masked x", rows(np.ma.array(x, mask=x > 2)),
         "x has masked entries; fill them in or leave out their rows"),

    # ---- t ----
    Case("49 targets for 50 rows", targets(labels[:49]),
         r"x has 50 rows, but t has shape \(49,\); .* one target for each row"),
    Case("51 targets for 50 rows", targets(np.zeros(51)),
         r"x has 50 rows, but t has shape \(51,\)"),
    Case("a single label for 50 rows", targets(1), r"x has 50 rows, but t has shape \(\)"),
    Case("t = []", targets([]),
         r"x has 50 rows, but t has shape \(0,\); there must be one target for each row"),
    Case("t transposed", targets(np.eye(3)[labels].T), r"x has 50 rows, but t has shape \(3, 50\)"),
    Case("label 3 for 3 outputs", targets(but(labels, 3, 7)),
         "t has label 3.0 in row 7; .* 3 outputs, .* run from 0 to 2"),
    Case("label -1", targets(but(labels, -1, 7)),
         "t has label -1.0 in row 7; .* labels run from 0 to 2"),
    Case("labels 0.7, 1.7, 2.7", targets(labels + 0.7),
         r"t is .*\.7 in row 0; .* whole numbers from 0 to 2"),
    Case("labels with nan", targets(but(labels, np.nan, 7)),
         "t is nan in row 7; .* whole numbers from 0 to 2"),
    Case("labels with inf", targets(but(labels, np.inf, 7)),
         "t is inf in row 7; .* whole numbers from 0 to 2"),
    Case("labels that are words", targets(labels.astype(str)),
         r"t has dtype <U.*np.unique\(t, return_inverse=True\)\[1\]"),
    Case("t = None", targets(None), "t is of the type NoneType; it must be an array"),
    Case("complex t", targets(labels.astype(complex)),
         r"t is complex .*, and real numbers are needed; pass t.real"),
    Case("a sparse t", targets(scipy.sparse.csr_matrix(np.eye(3)[labels])),
         r"t is a sparse matrix.*; pass t.toarray\(\)"),
    Case("a ragged t", targets([[1]] * 49 + [[1, 0]]),
         "t is ragged: its rows have different lengths"),
    Case("a masked t", targets(np.ma.array(labels, mask=labels == 0)),
         "t has masked entries; fill them in or leave out"),
    Case("t (n, 1) for 3 outputs", targets(labels[:, None]),
         r"t has shape \(50, 1\), but the network has 3 outputs: pass \(50, 3\), or labels of "
         r"shape \(n,\)"),
    Case("t (n, 1) for n outputs", data(x[:3], labels[:3, None]),
         r"t has shape \(3, 1\), but the network has 3 outputs: pass \(3, 3\)", regressor_of_3),
    Case("t (n, 2) for 1 output", targets(x[:, :2]),
         r"t has shape \(50, 2\), but the network has 1 output: pass \(50, 1\) or \(50,\)",
         regressor),
    Case("t (n,) of amounts for 3 outputs", targets(x[:, 0]),
         r"t is .* in row 0; .* the shape \(n, 3\)", regressor_of_3),
    Case("one-hot rows with a column too many", targets(np.eye(4)[labels]),
         r"t has shape \(50, 4\).* pass \(50, 3\)"),
    Case("one-hot rows with the sum 2", targets(2 * np.eye(3)[labels]),
         r"row 0 of t is \[.*2.*\]; its entries must be probabilities of classes, none negative, "
         r"with the sum 1"),
    Case("class probabilities of which one is negative",
         targets(but(np.full((50, 3), 1 / 3), [-0.5, 1, 0.5], 7)),
         r"row 7 of t is \[-0.5, +1. , +0.5\]; its entries must be probabilities of classes, none "
         r"negative"),
    Case("one-hot rows with nan", targets(but(np.eye(3)[labels], np.nan, 7, 1)),
         "t is nan in row 7, column 1; .* finite"),
    Case("nan in the target of a regression", targets(but(x[:, 0], np.nan, 7)),
         "t is nan in row 7, .* finite", regressor),
    Case("inf in the target of a regression", targets(but(x[:, 0], np.inf, 7)),
         "t is inf in row 7, .* finite", regressor),
    Case("1e300 in the target of a regression", targets(but(x[:, 0], 1e300, 7)),
         r"t is 1e\+300 in row 7, .* does not fit float32; scale it, or .* dtype=np.float64",
         regressor),
    Case("labels 0, 1, 2 for a yes or no", targets(labels),
         r"row \d+ of t is \[2.\]; .* from 0 to 1", yes_or_no),
    Case("labels -1 and 1 for a yes or no", targets(2 * (labels % 2) - 1),
         r"row \d+ of t is \[-1.\]; .* from 0 to 1", yes_or_no),
    Case("logits into CrossEntropy", targets(labels),
         r"row 0 of the network's output is \[.*\]; its entries must be .* with the sum 1 \(.* use "
         r"SoftmaxCrossEntropy\(\)\)",
         lambda: network([tn.Dense(3)], tn.CrossEntropy())),
    Case("logits into BinaryCrossEntropy", targets(labels % 2),
         r"row \d+ of the network's output is \[.*\]; its entries must be numbers from 0 to 1 \(.* "
         r"use SigmoidCrossEntropy\(\)\)",
         lambda: network([tn.Dense(1)], tn.BinaryCrossEntropy())),

    # ---- weights of rows and of classes ----
    Case("49 weights for 50 rows", row_weights(np.ones(49)),
         r"sample_weight has shape \(49,\), .* must be \(50,\)"),
    Case("weights in a column", row_weights(np.ones((50, 1))),
         r"sample_weight has shape \(50, 1\), .* must be \(50,\)"),
    Case("a negative weight", row_weights(but(np.ones(50), -1, 3)),
         "sample_weight is -1.0 in row 3; .* at least 0"),
    Case("no weight above 0", row_weights(np.zeros(50)),
         "sample_weight is zero in every row, .*; at least one must be above 0"),
    Case("a weight of nan", row_weights(but(np.ones(50), np.nan, 3)),
         "sample_weight is nan in row 3; .* finite number"),
    Case("a weight of inf", row_weights(but(np.ones(50), np.inf, 3)),
         "sample_weight is inf in row 3; .* finite number"),
    Case("a weight of 1e300", row_weights(but(np.ones(50), 1e300, 3)),
         "sample_weight is so much smaller in row 0 than in row 3 .* 0 in float32"),
    Case("weights that are a word", row_weights("balanced"),
         "sample_weight has dtype <U8, and numbers are needed"),
    Case("a class weight for class 3 of 3", class_weights({3: 1}),
         "class_weight has the class 3; the classes run from 0 to 2"),
    Case("a negative class weight", class_weights({0: -1}),
         r"class_weight of class 0 is -1; .* in \[0, inf\)"),
    Case("a class weight of nan", class_weights({0: np.nan}),
         r"class_weight of class 0 is nan; .* in \[0, inf\)"),
    Case("a class weight of True", class_weights({0: True}),
         r"class_weight of class 0 is True; .* in \[0, inf\)"),
    Case("a class weight of 10^400", class_weights({0: 10**400}),
         r"class_weight of class 0 is 10+; .* in \[0, inf\)"),
    Case("a class weight of 1e300", class_weights({0: 1e300}),
         "the weight by class_weight is so much smaller in row .* 0 in float32"),
    Case("class weights that are all 0", class_weights({0: 0, 1: 0, 2: 0}),
         "every row with the weight 0; .* be above 0"),
    Case("class weights in a list", class_weights([1, 2, 3]),
         r"class_weight is \[1, 2, 3\]; it must be a dictionary"),
    Case("an unknown word for class weights", class_weights("even"),
         'class_weight is \'even\'; .* dictionary .* or "balanced"'),
    Case("class weights in a regression", class_weights("balanced", x[:, 0]),
         "class_weight needs targets that are classes",
         regressor),

    # ---- settings of fit ----
    Case("epochs=-1", settings(epochs=-1), "epochs is -1; it must be a whole number of at least 0"),
    Case("epochs=2.5", settings(epochs=2.5),
         "epochs is 2.5; it must be a whole number of at least 0"),
    Case("batch_size=0", settings(batch_size=0),
         "batch_size is 0; it must be a whole number of at least 1"),
    Case("l2=-1", settings(l2=-1), r"l2 is -1; it must be a number in \[0, inf\)"),
    Case("clip_norm=0", settings(clip_norm=0),
         r"clip_norm is 0; it must be a number in \(0, inf\)"),
    Case("verbose=3", settings(verbose=3), 'verbose is 3; it must be "auto", 0, 1 or 2'),
    Case("optimizer='adam'", settings(optimizer="adam"),
         r"optimizer is 'adam'; it must be an Optimizer .* such as Adam\(\)"),
    Case("a class as optimizer", settings(optimizer=tn.Adam),
         "optimizer is <class .* an Optimizer that has been made"),
    Case("optimizer=0", settings(optimizer=0),
         r"optimizer is 0; it must be an Optimizer .* such as Adam\(\)"),
    Case("another network's optimizer",
         [lambda net: net.fit(*GOOD, optimizer=classifier().optimizer)],
         r"this Adam\(\) has been used for another network; make a new one"),
    Case("callbacks=[1]", settings(callbacks=[1]),
         r"1 is among the callbacks; a callback is a function f\(net, epoch, record\)"),
    Case("a callback twice", settings(callbacks=2 * [tn.EarlyStopping("loss")]),
         r"EarlyStopping\(monitor='loss'\) is among .* twice"),
    Case("a class among the callbacks", settings(callbacks=[tn.SGD]),
         "the class SGD is among the callbacks; make one"),
    Case("validation=1.5", settings(validation=1.5),
         r"validation is 1.5; it must be a number in \(0, 1\)"),
    Case("validation=0", settings(validation=0),
         r"validation is 0; it must be a number in \(0, 1\)"),
    Case("shuffle='no'", settings(shuffle="no"), "shuffle is 'no'; it must be True or False"),
    Case("training='no'", [lambda net: net.gradient(x, labels, training="no")],
         "training is 'no'; it must be True or False"),
    Case("rng=True", settings(rng=True), "rng is True; it must be None, a whole number"),
    Case("rng='seed'", settings(rng="seed"), "rng is 'seed'; it must be None, a whole number"),
    Case("callbacks=5", settings(callbacks=5), "callbacks is 5; it must be a function"),
    Case("a schedule that gives nan", settings(optimizer=tn.SGD(lambda step: float("nan"))),
         r"the learning rate of step 0 is nan; it must be a number in \[0, inf\)"),
    Case("validation labels beyond the classes", settings(validation=(x, labels + 1)),
         "in validation, t has label 3"),
    Case("validation=x", settings(validation=x),
         r"validation is of the type ndarray; it must be \(x, t\)"),
    Case("validation=(x,)", settings(validation=(x,)),
         r"validation has the length 1; it must be \(x, t\) or"),
    Case("validation=0.001 of 50 rows", settings(validation=0.001),
         r"validation=0.001 of 50 rows cannot be held out: .* Choose another share, or pass "
         r"validation=\(x, t\)"),
    Case("all weight in one row, validation=0.1",
         settings(validation=0.1, sample_weight=np.eye(50)[0]),
         "validation=0.1 of 1 rows with a weight above 0 cannot be held out"),
    Case("training that diverges", [lambda net: net.fit(x, 1e30 * x[:, 0])],
         "diverged in epoch 2, batch 1: the loss is inf; .* standardized inputs .* weights are "
         "those before that batch",
         regressor, learned),

    # ---- layers, losses and optimizers ----
    Case("Dense(0)", made(lambda: tn.Dense(0)),
         "units is 0; it must be a whole number of at least 1"),
    Case("Dense(2.5)", made(lambda: tn.Dense(2.5)),
         "units is 2.5; it must be a whole number of at least 1"),
    Case("Dense(5, 'relu')", made(lambda: tn.Dense(5, "relu")),
         "init is 'relu'; it must be a function, such as glorot_uniform"),
    Case("Dropout(1)", made(lambda: tn.Dropout(1)), r"rate is 1; it must be a number in \[0, 1\)"),
    Case("Dropout(-0.1)", made(lambda: tn.Dropout(-0.1)),
         r"rate is -0.1; it must be a number in \[0, 1\)"),
    Case("BatchNorm(momentum=1)", made(lambda: tn.BatchNorm(momentum=1)),
         r"momentum is 1; it must be a number in \[0, 1\)"),
    Case("BatchNorm(eps=0)", made(lambda: tn.BatchNorm(eps=0)),
         r"eps is 0; it must be a number in \(0, inf\)"),
    Case("LayerNorm(eps=0)", made(lambda: tn.LayerNorm(eps=0)),
         r"eps is 0; it must be a number in \(0, inf\)"),
    Case("LeakyReLU(-1)", made(lambda: tn.LeakyReLU(-1)),
         r"negative_slope is -1; it must be a number in \[0, inf\)"),
    Case("ELU(inf)", made(lambda: tn.ELU(np.inf)),
         r"alpha is inf; it must be a number in \[0, inf\)"),
    Case("Huber(0)", made(lambda: tn.Huber(0)), r"delta is 0; it must be a number in \(0, inf\)"),
    Case("MeanSquaredError('sum')", made(lambda: tn.MeanSquaredError("sum")),
         "mean_over is 'sum'; .* 'rows', 'elements'"),
    Case("SoftmaxCrossEntropy(label_smoothing=1)", made(lambda: tn.SoftmaxCrossEntropy(1)),
         "label_smoothing is 1; it must"),
    Case("SGD(-1)", made(lambda: tn.SGD(-1)), r"lr is -1; it must be a number in \[0, inf\)"),
    Case("SGD(nan)", made(lambda: tn.SGD(np.nan)), r"lr is nan; it must be a number in \[0, inf\)"),
    Case("Adam(inf)", made(lambda: tn.Adam(np.inf)),
         r"lr is inf; it must be a number in \[0, inf\)"),
    Case("Adam('0.1')", made(lambda: tn.Adam("0.1")),
         r"lr is '0.1'; it must be a number in \[0, inf\)"),
    Case("SGD(momentum=1.5)", made(lambda: tn.SGD(momentum=1.5)),
         r"momentum is 1.5; it must be a number in \[0, 1\)"),
    Case("SGD(nesterov=True)", made(lambda: tn.SGD(nesterov=True)),
         "nesterov=True needs a momentum above 0, such as"),
    Case("RMSprop(rho=1)", made(lambda: tn.RMSprop(rho=1)),
         r"rho is 1; it must be a number in \[0, 1\)"),
    Case("Adam(beta2=1)", made(lambda: tn.Adam(beta2=1)),
         r"beta2 is 1; it must be a number in \[0, 1\)"),
    Case("Adam(eps=0)", made(lambda: tn.Adam(eps=0)),
         r"eps is 0; it must be a number in \(0, inf\)"),
    Case("AdamW(weight_decay=-1)", made(lambda: tn.AdamW(weight_decay=-1)),
         "weight_decay is -1; it must be a number in"),
    Case("StepDecay(0.1, every=0)", made(lambda: tn.StepDecay(0.1, 0)),
         "every is 0; it must be a whole number of at least 1"),

    # ---- layers for images ----
    Case("Conv2D(0, 3)", made(lambda: tn.Conv2D(0, 3)),
         "filters is 0; it must be a whole number of at least 1"),
    Case("Conv2D((4, 4), 3)", made(lambda: tn.Conv2D((4, 4), 3)),
         r"filters is \(4, 4\); it must be a whole number of at least"),
    Case("Conv2D(4, 3, init='he')", made(lambda: tn.Conv2D(4, 3, init="he")),
         "init is 'he'; it must be a function, such as"),
    *[Case(f"kernel_size={size!r}", made(lambda size=size: tn.Conv2D(4, size)),
           f"kernel_size is {said}; it must be a whole number of at least 1, or two of them, along "
           "the height and the width")
      for size, said in [(0, "0"), (-1, "-1"), (2.5, "2.5"), (True, "True"), (None, "None"),
                         ("3", "'3'"), ((3,), r"\(3,\)"),
                         ((3, 0), r"\(3, 0\)"), ((3, 2.5), r"\(3, 2.5\)"),
                         ((3, 3, 3), r"\(3, 3, 3\)")]],
    *[Case(f"stride={stride!r}", made(lambda stride=stride: tn.Conv2D(4, 3, stride)),
           f"stride is {said}; it must be a whole number of at least 1, or two of them")
      for stride, said in [(0, "0"), (1.5, "1.5"), ((1, 0), r"\(1, 0\)"), ("same", "'same'")]],
    *[Case(f"padding={padding!r}", made(lambda padding=padding: tn.Conv2D(4, 3, padding=padding)),
           f"padding is {said}; it must be 'valid', 'same', a whole number of at least 0, or two "
           "of them")
      for padding, said in [(-1, "-1"), (0.5, "0.5"), (None, "None"), (True, "True"),
                            ("full", "'full'"), ((1,), r"\(1,\)"),
                            ((1, -1), r"\(1, -1\)"), (("same", "valid"), r"\('same', 'valid'\)")]],
    *[Case(f"MaxPool2D({size!r})", made(lambda size=size: tn.MaxPool2D(size)),
           f"size is {said}; it must be a whole number of at least 1, or two of them, along the "
           "height and the width")
      for size, said in [(0, "0"), (2.5, "2.5"), (None, "None"), ((2, 0), r"\(2, 0\)"),
                         ((2, 2, 2), r"\(2, 2, 2\)")]],
    *[Case(f"AveragePool2D(2, {stride!r})", made(lambda stride=stride: tn.AveragePool2D(2, stride)),
           f"stride is {said}; it must be a whole number of at least 1, or two of them")
      for stride, said in [(0, "0"), ((1, -1), r"\(1, -1\)"), ("same", "'same'")]],
    Case("Reshape(())", made(lambda: tn.Reshape(())),
         r"shape is \(\); it must be a tuple of whole numbers of at least 1"),
    Case("Reshape((-1, -1))", made(lambda: tn.Reshape((-1, -1))),
         r"shape is \(-1, -1\); it must .* one of which may be -1"),
    *[Case(f"Reshape({shape})", made(lambda shape=shape: tn.Reshape(shape)),
           "shape is .*; it must be a tuple of whole numbers of at least 1, one of which may be -1")
      for shape in ((8, 0), (8, -2), (8, 2.5), 2.5, None, np.array([8, 8]))],

    # ---- networks ----
    Case("a layer twice", made(lambda: network([layer := tn.Dense(4), layer])),
         r"layer 1, Dense\(4\), stands in the network twice; make a layer for each place"),
    Case("a layer of another network", [lambda net: network([net.layers[0]])],
         r"layer 0, Dense\(5\), belongs to another network; make a new layer, or a copy.deepcopy "
         r"of it"),
    Case("a network with a loss inside another one", [lambda net: network([net])],
         "layer 0, .*; give the loss to the outer one"),
    Case("a class as layer", made(lambda: network([tn.Dense(3), tn.ReLU])),
         r"layer 1 is the class ReLU; .*: ReLU\(...\)"),
    Case("a word as layer", made(lambda: network(["relu"])),
         r"layer 0 is 'relu'; it must be a Layer, such as Dense\(10\)"),
    Case("one layer for a list", made(lambda: network(tn.Dense(3))),
         r"layers is Dense\(3\); it must be a list of layers"),
    Case("no layers", made(lambda: network([])),
         "layers is empty; a network needs at least one layer"),
    Case("a class as loss", made(lambda: network([tn.Dense(3)], tn.Huber)),
         r"loss is the class Huber; make .*: Huber\(\)"),
    Case("a word as loss", made(lambda: network([tn.Dense(3)], "mse")),
         "loss is 'mse'; it must be a Loss, such as"),
    Case("input_shape=0", made(lambda: tn.Sequential([tn.Dense(3)], 0)),
         "input_shape is 0; it must be a whole number of at"),
    Case("images for Dense", made(lambda: tn.Sequential([tn.Dense(3)], (8, 8, 1))),
         r"layer 0, Dense\(3\), cannot take an input of shape \(8, 8, 1\); put Flatten\(\) before "
         r"it"),
    Case("images for Dense behind Conv2D",
         made(lambda: tn.Sequential([tn.Conv2D(4, 3), tn.Dense(3)], (8, 8, 1))),
         r"layer 1, Dense\(3\), cannot take an input of shape \(6, 6, 4\); put Flatten\(\) before "
         r"it"),
    Case("rows of 64 numbers for Conv2D", made(lambda: tn.Sequential([tn.Conv2D(4, 3)], 64)),
         r"layer 0, Conv2D\(4, 3\), cannot take an input of shape \(64,\); .* such as "
         r"Reshape\(\(8, 8, 1\)\)"),
    Case("images without channels for Conv2D",
         made(lambda: tn.Sequential([tn.Conv2D(4, 3)], (8, 8))),
         r"layer 0, Conv2D\(4, 3\), cannot take an input of shape \(8, 8\); .* put Reshape\(\(8, "
         r"8, 1\)\) before it"),
    Case("rows of 63 numbers for Conv2D", made(lambda: tn.Sequential([tn.Conv2D(4, 3)], 63)),
         r"layer 0, Conv2D\(4, 3\), cannot take .* \(63,\); .* .* such as Reshape\(\(8, 8, 1\)\)"),
    *[Case(f"rows of 64 numbers for {pool}",
           made(lambda pool=pool: tn.Sequential([tn.Dense(64), pool], 4)),
           r"layer 1, .*Pool2D\(\), cannot take an input of shape \(64,\); .* such as "
           r"Reshape\(\(8, 8, 1\)\)")
      for pool in (tn.MaxPool2D(), tn.AveragePool2D(), tn.GlobalAveragePool2D())],
    Case("a batch for an input_shape",
         made(lambda: tn.Sequential([tn.Conv2D(4, 3)], (20, 8, 8, 1))),
         r"layer 0, Conv2D\(4, 3\), cannot take an input of shape \(20, 8, 8, 1\); .* leave out "
         r"the axis of the rows"),
    Case("None for the rows in input_shape",
         made(lambda: tn.Sequential([tn.Conv2D(4, 3)], (None, 8, 8, 1))),
         r"input_shape is \(None, 8, 8, 1\); it must be .* a tuple of them, .*, without the axis "
         r"of the rows"),
    Case("channels first in input_shape",
         made(lambda: tn.Sequential([tn.Conv2D(4, 3)], (1, 28, 28))),
         r"windows of 3 by 3, larger than its images, .* = \(1, 28, 28\); "),
    Case("a kernel larger than the images",
         made(lambda: tn.Sequential([tn.Conv2D(4, 9)], (8, 7, 1))),
         r"layer 0, Conv2D\(4, 9\), has windows of 9 by 9, larger than its images, .* = \(8, 7, "
         r"1\); .* padding='same'"),
    Case("a kernel wider than the padded images",
         made(lambda: tn.Sequential([tn.Conv2D(4, (3, 12), padding=(0, 1))], (8, 8, 1))),
         r"layer 0, Conv2D.*, has windows of 3 by 12, larger than its images, .* = \(8, 8, 1\), "
         r"with padding 8 by 10; "),
    Case("a pool too many", made(lambda: tn.Sequential([tn.MaxPool2D(), tn.AveragePool2D()],
                                                       (3, 8, 1))),
         r"layer 1, AveragePool2D\(\), has windows of 2 by 2, larger than .* = \(1, 4, 1\); use a "
         r"smaller size, or leave"),
    Case("Reshape((8, 8, 1)) of 63 numbers",
         made(lambda: tn.Sequential([tn.Reshape((8, 8, 1))], 63)),
         r"layer 0, Reshape\(\(8, 8, 1\)\), cannot take an input of shape \(63,\): that is 63 "
         r"numbers, and it needs 64"),
    Case("Reshape((5, -1)) of 64 numbers", made(lambda: tn.Sequential([tn.Reshape((5, -1))], 64)),
         r"layer 0, Reshape\(\(5, -1\)\), cannot take an input of shape \(64,\): that is 64 "
         r"numbers, .* a multiple of 5"),
    *[Case(f"x {images.shape} for images {shape}",
           [lambda net, x=images: net.fit(x, labels), lambda net, x=images: net.predict(x),
            lambda net, x=images: net.evaluate(x, labels), lambda net,
            x=images: net.gradient(x, labels),
            lambda net, x=images: net.fit(np.zeros((50, *net.input_shape)), labels,
                                          validation=(x, labels))], message,
           lambda shape=shape: tn.Sequential([tn.Conv2D(2, 3), tn.Flatten(), tn.Dense(3)], shape,
                                             tn.SoftmaxCrossEntropy()))
      for shape, images, message in [
          ((8, 8, 1), np.zeros((50, 1, 8, 8)),
           r"x has shape \(50, 1, 8, 8\), .* channels must .*: pass np.moveaxis\(x, 1, -1\)"),
          ((6, 5, 3), np.zeros((50, 3, 6, 5)),
           r"x has shape \(50, 3, 6, 5\), .* channels must .*: pass np.moveaxis\(x, 1, -1\)"),
          ((8, 8, 1), np.zeros((50, 8, 8)),
           r"x has shape \(50, 8, 8\), .* \(n, 8, 8, 1\); pass x.reshape\(-1, 8, 8, 1\)"),
          ((8, 8, 1), np.zeros((50, 64)),
           r"x has shape \(50, 64\), .* \(n, 8, 8, 1\); pass x.reshape\(-1, 8, 8, 1\)"),
          ((8, 8, 1), np.zeros((8, 8)),
           r"x has shape \(8, 8\), .* \(n, 8, 8, 1\); pass x.reshape\(-1, 8, 8, 1\)"),
          ((8, 6, 3), np.zeros((3, 8, 6)),
           r"x has shape \(3, 8, 6\), .* pass np.moveaxis\(x, 0, -1\)\[None\]$"),
          ((8, 6, 3), np.zeros((50, 6, 8, 3)),
           r"x has shape \(50, 6, 8, 3\), .* so x must be \(n, 8, 6, 3\)$"),
          ((8, 8, 1), np.zeros((50, 9, 8, 1)),
           r"x has shape \(50, 9, 8, 1\), .* so x must be \(n, 8, 8, 1\)"),
          ((8, 8, 1), np.zeros((50, 8, 8, 3)),
           r"x has shape \(50, 8, 8, 3\), .* so x must be \(n, 8, 8, 1\)"),
          ((8, 8, 1), np.full((50, 8, 8, 1), np.nan),
           r"x is nan in row 0, position \(0, 0, 0\); every entry must be a finite")]],
    Case("images of Conv2D for a loss",
         made(lambda: tn.Sequential([tn.Conv2D(4, 3)], (8, 8, 1), tn.SoftmaxCrossEntropy())),
         r"last layer gives rows of shape \(6, 6, 4\), and a loss takes rows of numbers.*put "
         r"Flatten\(\) and Dense\(k\)"),
    Case("one number of Conv2D for a loss",
         made(lambda: tn.Sequential([tn.Conv2D(1, 8)], (8, 8, 1), tn.SigmoidCrossEntropy())),
         r"last layer gives rows of shape \(1, 1, 1\), and a loss takes rows of numbers.*put "
         r"Flatten\(\) and Dense\(k\)"),
    Case("an init of Conv2D of another shape",
         made(lambda: tn.Sequential([tn.Conv2D(4, 3, init=lambda shape, rng: np.ones(shape[:3]))],
                                    (8, 8, 2))),
         r"layer 0, Conv2D.*: init gives an array of shape \(3, 3, 2\); .* \(3, 3, 2, 4\)"),
    Case("Softmax() on one output",
         made(lambda: network([tn.Dense(1), tn.Softmax()], tn.CrossEntropy())),
         r"layer 1, Softmax\(\), cannot take an input of shape \(1,\): .*; use Sigmoid\(\) for one "
         r"output"),
    Case("SoftmaxCrossEntropy() on one output", made(lambda: network([tn.Dense(1)])),
         r"needs two outputs or more, one for each class, and there is 1; .* use "
         r"SigmoidCrossEntropy\(\)"),
    Case("images for a loss",
         made(lambda: tn.Sequential([tn.ReLU()], (2, 2), tn.MeanSquaredError())),
         r"last layer gives rows of shape \(2, 2\), and a loss takes rows of numbers, \(k,\)"),
    Case("dtype=float16", made(lambda: tn.Sequential([tn.Dense(3)], 4, dtype=np.float16)),
         "it must be np.float32 or np.float64"),
    Case("dtype=None", made(lambda: tn.Sequential([tn.Dense(3)], 4, dtype=None)),
         "dtype is None; it must be np.float32 or"),
    Case("rng=-1", made(lambda: tn.Sequential([tn.Dense(3)], 4, rng=-1)),
         "rng is -1; it must be None, a whole number"),
    Case("an init of another shape",
         made(lambda: tn.Sequential([tn.Dense(3, init=lambda shape, rng: np.ones(3))], 4)),
         r"layer 0, Dense.*: init gives an array of shape \(3,\); it must give \(4, 3\)"),
    Case("an init that gives nan",
         made(lambda: tn.Sequential([tn.Dense(3, init=lambda shape, rng: np.full(shape, np.nan))],
                                    4)),
         "layer 0, Dense.*: init gives nan; it must give finite numbers"),
    Case("init=Tanh", made(lambda: tn.Dense(3, init=tn.Tanh)),
         "init is .*Tanh.*; it must be a function"),
    Case("SGD(lr=CosineDecay)", made(lambda: tn.SGD(tn.CosineDecay)),
         "lr is the class CosineDecay; make a schedule of it"),
    Case("training without a loss", targets(labels),
         "this network has no loss; give it one: Sequential",
         lambda: tn.Sequential([tn.Dense(3)], 4)),
    Case("weights that are nan", targets(labels),
         r"row 0 of the network's output is \[nan, nan, nan\]; .* \(the weights or the inputs are "
         r"too large, or .* hold nan\)",
         with_nan),
    Case("W of another shape", [lambda net: setattr(net.layers[0], "W", np.ones((5, 4)))],
         r"W of Dense\(5\) has shape \(4, 5\); an array of shape \(5, 4\) cannot be assigned"),
    Case("params of another length", [lambda net: setattr(net, "params", np.ones(2))],
         r"params .* array of shape \(2,\) cannot"),
    Case("x.shape for input_shape", made(lambda: tn.Sequential([tn.Dense(3)], x.shape)),
         r"layer 0, Dense\(3\), cannot take an input of shape \(50, 4\).*; if 50 is the number of "
         r"rows, leave it out: input_shape=4$"),
    Case("the shape of all images for input_shape",
         made(lambda: tn.Sequential([tn.Conv2D(2, 3)], (50, 8, 8, 1))),
         r"; if 50 is the number of rows, leave it out: input_shape=\(8, 8, 1\)$"),
    Case("an image for Dense", made(lambda: tn.Sequential([tn.Dense(3)], (8, 8, 1))),
         r"cannot take an input of shape \(8, 8, 1\); put Flatten\(\) before it$"),
    Case("a kernel that is too large", made(lambda: tn.Sequential([tn.Conv2D(3, 9)], (8, 8, 1))),
         r"layer 0, Conv2D(?!.*number of rows)"),
    Case("x in a network for x.shape", rows(x),
         r"x has shape \(50, 4\), but the network takes rows, \(n, 50, 4\); for a single row pass "
         r"x\[None\]; if these are 50 rows, build .* input_shape=4",
         lambda: tn.Sequential([tn.Flatten(), tn.Dense(3)], x.shape, tn.SoftmaxCrossEntropy())),
    Case("activation='relu' by position", made(lambda: tn.Dense(3, "relu")),
         "init is 'relu'; it must be a function.*; an activation is a layer of its own"),
    Case("Dense(4, 3)", made(lambda: tn.Dense(4, 3)),
         "init is 3; it must be a function.*; how many inputs there are follows"),

    # ---- losses called directly ----
    *[Case(f"{t_words} for {loss!r}.{name}",
           made(lambda loss=loss, name=name, t=t: getattr(loss, name)(np.full((50, 3), 1 / 3), t)),
           rf"{name}: t has shape {message}")
      for loss in (tn.SoftmaxCrossEntropy(), tn.MeanSquaredError())
      for name in ("forward", "backward")
      for t_words, t, message in [
          ("labels", labels, r"\(50,\), but . has shape .*; for labels pass one_hot\(t, 3\)"),
          ("a column of labels", labels[:, None], r".*; for labels pass one_hot\(np.ravel\(t\)"),
          ("one row", np.ones((1, 3)) / 3, r"\(1, 3\), but . has shape \(50, 3\)$")]],
    Case("t (n,) for a column, directly",
         made(lambda: tn.MeanAbsoluteError().forward(x[:, :1], x[:, 0])),
         r"t has shape \(50,\), but x has shape \(50, 1\); pass np.reshape\(t, \(-1, 1\)\)"),
    Case("one weight for all rows, directly",
         made(lambda: tn.Huber().backward(x, x + 1, sample_weight=np.ones(1))),
         r"sample_weight has shape \(1,\), but there are 50 rows, so it must be \(50,\)"),

    # ---- layers and losses of one's own ----
    Case("float64 by np.sqrt(2)", made(lambda: network([Own(lambda x: x * np.sqrt(2))])),
         r"layer 0, Own\(\): forward returns y of float64, and the network computes in float32.*"
         r"math.sqrt\(2\)"),
    Case("a layer that writes into x", made(lambda: network([Own(double_in_place)])),
         "read-only; in forward, with x of shape .*; x, dy and the cache belong to the caller"),
    Case("a layer without a cache", made(lambda: network([Own(lambda x: x * 1, lambda x: None)])),
         "not subscriptable in layer 0, .* cache None, as its forward returned it"),
    Case("a loss that is a sum", made(lambda: network([tn.Dense(2)], OwnLoss(np.sum))),
         "L must be the mean over the rows"),
    Case("a loss that forgets the weights", made(lambda: network([tn.Dense(2)], OwnLoss(np.mean))),
         "a row of weight 2 must count as two"),
    Case("a loss without sample_weight", made(lambda: network([tn.Dense(2)], ShortLoss())),
         r"ShortLoss\(\) has forward\(x, t\); it must be forward\(self, x, t, sample_weight="),
    Case("LayerNorm(64)", made(lambda: tn.LayerNorm(64)),
         "eps is 64; it must be a small number.*: how many inputs there are follows"),
    Case("an optimizer that returns params",
         [lambda net: net.fit(x, labels, optimizer=Returning())],
         r"Returning\(\).step returns something; it must change params in place",
         kept=lambda net: net.params.tobytes()),
    Case("a callback of Keras", settings(callbacks=[lambda epoch, logs: None])[:1],
         r"a callback is a function f\(net, epoch, record\), and it does not take these three"),
    Case("a parameter of nan", made(lambda: network([OwnGain(np.nan)])),
         "layer 0, OwnGain.* makes g with .*nan.*; it must be finite numbers"),
    Case("a parameter that is None", made(lambda: network([OwnGain(None)])),
         "layer 0, OwnGain.* makes g with nan; it must be finite numbers"),
    Case("a loss without a sum over the outputs",
         made(lambda: network([tn.Dense(2)], OwnLoss(tn.Loss().mean, lambda l: l[:, None]))),
         r"l has shape \(2, 1\); it must be \(n,\), one loss for each row: sum over the outputs"),

    # ---- arguments by the names of other libraries ----
    *[Case(f"{argument} in {words}", [lambda net, call=call, argument=argument:
                                      call(net, **{argument: 1})], f"'{argument}'; .*{message}")
      for words, call, argument, message in [
          ("fit", fit_with, "validation_split", "pass validation=0.2"),
          ("fit", fit_with, "validation_data", "pass validation="),
          ("fit", fit_with, "metrics", "a callback"),
          ("fit", fit_with, "class_weights", "pass class_weight"),
          ("fit", fit_with, "learning_rate", "pass optimizer=Adam"),
          ("fit", fit_with, "callback", "pass callbacks"),
          ("Dense", dense_with, "activation", "a layer of its own"),
          ("Dense", dense_with, "input_dim", "from the input_shape of the network"),
          ("Dense", dense_with, "use_bias", "there always is a bias"),
          ("Sequential", sequential_with, "metrics", "which score is recorded"),
          ("Sequential", sequential_with, "optimizer", "an argument of fit"),
          ("SoftmaxCrossEntropy", softmax_with, "from_logits", "take logits")]],

    # ---- states and histories that cannot be ----
    Case("running mean and variance exchanged",
         [lambda net: net.load_state_dict(net.state_dict() | {
             "1.running_mean": net.layers[1].running_var,
             "1.running_var": net.layers[1].running_mean - 1})],
         r"1.running_var: BatchNorm\(\) has a variance of -.* must be at least 0"),
    Case("a path for load_state_dict", [lambda net: net.load_state_dict("net.npz")],
         r"d is of the type str; .*Sequential.load\(path\) loads what save has written"),
    Case("a column put into a history", [lambda net: net.history.update(f1=[1.0])],
         "a History can only be read; a callback adds numbers to the record"),
    Case("two columns of a dictionary of histories",
         [lambda net: tn.HistoryDisplay.from_histories({"a": net.history}, columns=["loss", "lr"])],
         "of a dictionary.* one column"),
]


# ---- odd input that is as good as any ----

def on_disk():
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        np.save(Path(folder) / "x.npy", x)
        return np.load(Path(folder) / "x.npy", mmap_mode="r")


def read_only():
    view = x.view()
    view.flags.writeable = False
    return view


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


def with_stderr(stream, net, verbose):
    """The result of a training with something else in place of sys.stderr."""
    before, sys.stderr = sys.stderr, stream
    try:
        return result(net, x, labels, verbose=verbose)
    finally:
        sys.stderr = before


def plain(x):
    """The contiguous copy."""
    return np.array(x, np.float64, order="C")


def result(net, x, t, **settings):
    """What a network is after a training, and what it then says."""
    net.fit(x, t, epochs=2, **settings)
    found = net.evaluate(x, t, sample_weight=settings.get("sample_weight"))
    return net.params.tobytes(), net.predict(x).tobytes(), found


def in_steps(net, x, t, batches):
    """The parameters after a step for each of the slices."""
    optimizer = tn.SGD()
    for batch in batches:
        net.gradient(x[batch], t[batch])
        optimizer.step(net.params, net.grads)
    return net.params.tobytes()


def in_one_epoch(net, x, t, batch_size=32):
    net.fit(x, t, optimizer=tn.SGD(), epochs=1, batch_size=batch_size, shuffle=False)
    return net.params.tobytes()


def class_counts(net, t, validation):
    """How many rows of each class are trained on."""
    counts = []

    class Count:
        def begin(self, net, x, t):
            counts.extend(t.sum(axis=0).tolist())

        def __call__(self, net, epoch, record):
            return True

    net.fit(x[:len(t)], t, validation=validation, callbacks=[Count()])
    return counts


def plain_classifier():
    return network([tn.Dense(5), tn.Tanh(), tn.Dense(3)])


def plain_regressor():
    return network([tn.Dense(5), tn.Tanh(), tn.Dense(1)], tn.MeanSquaredError())


class Fine(NamedTuple):
    given: str                              # what comes, in words
    do: Callable[[tn.Sequential], Any]      # what is done with it
    same: Callable[[tn.Sequential], Any]    # what gives the same to the bit
    net: Callable[[], tn.Sequential] = plain_classifier


def same_x(given, x):
    return Fine(given, lambda net: result(net, x, labels),
                lambda net: result(net, plain(x), labels))


def same_t(given, t, plain=labels, net=plain_classifier):
    return Fine(given, lambda net: result(net, x, t), lambda net: result(net, x, plain), net)


big = (10 * x).clip(0, 100)
FINE = [
    same_x("x of True and False", x > 0),
    same_x("x of int8", big.astype(np.int8)),
    same_x("x of uint64", big.astype(np.uint64)),
    same_x("x of float16", x.astype(np.float16)),
    same_x("x of longdouble", x.astype(np.longdouble)),
    same_x("x of the other byte order", x.astype(">f8")),
    same_x("Fortran-ordered x", np.asfortranarray(x)),
    same_x("strided x", np.repeat(np.repeat(x, 2, axis=0), 3, axis=1)[::2, ::3]),
    same_x("reversed x", x[::-1, ::-1]),
    same_x("read-only x", read_only()),
    same_x("memory-mapped x", on_disk()),
    same_x("x as a list", x.tolist()),
    same_x("x as a tuple of arrays", tuple(x)),
    same_x("x as a masked array without a mask", np.ma.array(x)),
    same_t("labels as a list", labels.tolist()),
    same_t("labels 0.0, 1.0, 2.0", labels.astype(float)),
    same_t("labels of uint8", labels.astype(np.uint8)),
    same_t("one-hot rows", np.eye(3)[labels]),
    same_t("one-hot rows of True and False", np.eye(3, dtype=bool)[labels]),
    same_t("t (n,) for one output", x[:, 0], x[:, :1], plain_regressor),
    same_t("whole numbers for one output", labels, labels[:, None].astype(float), plain_regressor),
    Fine("row weights as a list",
         lambda net: result(net, x, labels, sample_weight=(labels + 1).tolist()),
         lambda net: result(net, x, labels, sample_weight=labels + 1.0)),
    Fine("row weights of 2^124",
         lambda net: result(net, x, labels, sample_weight=2.0**124 * (labels + 1)),
         lambda net: result(net, x, labels, sample_weight=labels + 1)),
    Fine("row weights of 2^-1074",
         lambda net: result(net, x, labels, sample_weight=np.full(50, 2.0**-1074)),
         lambda net: result(net, x, labels, sample_weight=np.full(50, 0.5))),
    Fine("class weights of 2^200",
         lambda net: result(net, x, labels, class_weight={0: 2.0**200, 1: 2.0**201, 2: 2.0**200}),
         lambda net: result(net, x, labels, class_weight={0: 1, 1: 2, 2: 1})),
    *[Fine(f"sys.stderr {words}, verbose={verbose!r}",
           lambda net, stream=stream, verbose=verbose: with_stderr(stream(), net, verbose),
           lambda net: result(net, x, labels))
      for words, stream in [("None", lambda: None), ("closed", closed),
                            ("without isatty", lambda: object())]
      for verbose in ("auto", 0)],
    Fine("lists for a loss", lambda net: tn.Huber().forward(x.tolist(), (x + 1).tolist())[0],
         lambda net: tn.Huber().forward(x, x + 1)[0]),
    Fine("shuffle=np.False_", lambda net: net.fit(x, labels, epochs=1, shuffle=np.False_)["loss"],
         lambda net: net.fit(x, labels, epochs=1, shuffle=False)["loss"]),
    Fine("one row", lambda net: in_one_epoch(net, x[:1], labels[:1]),
         lambda net: in_steps(net, x, labels, [slice(1)])),
    Fine("batch_size above the number of rows", lambda net: in_one_epoch(net, x, labels, 1000),
         lambda net: in_steps(net, x, labels, [slice(50)])),
    Fine("a shorter last batch", lambda net: in_one_epoch(net, x, labels, 20),
         lambda net: in_steps(net, x, labels, [slice(20), slice(20, 40), slice(40, 50)])),
    Fine("sorted labels and validation=0.2",
         lambda net: class_counts(net, np.repeat([0, 1, 2], 15), 0.2),
         lambda net: [12, 12, 12]),
]


def ids(cases):
    return [case.given for case in cases]


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_bad_input_is_an_error_with_the_right_words_and_changes_not_a_bit_of_the_network(case):
    for attempt in case.tries:
        net = case.net()
        before, arrays = case.kept(net), (net.params, net.grads, net.state)
        with pytest.raises(ERRORS) as caught:
            attempt(net)
        assert re.search(case.message, words_of(caught.value))
        assert case.kept(net) == before
        assert all(now is then for now, then in zip((net.params, net.grads, net.state), arrays))


@pytest.mark.parametrize("case", FINE, ids=ids(FINE))
def test_odd_input_gives_the_same_bits_as_the_plain_one(case):
    assert case.do(case.net()) == case.same(case.net())


def test_an_interrupt_goes_on_up_and_leaves_what_was_learned_until_then():
    def interrupt(net, epoch, record):
        raise KeyboardInterrupt

    stopped, whole = plain_classifier(), plain_classifier()
    with pytest.raises(KeyboardInterrupt):
        stopped.fit(x, labels, callbacks=[interrupt])
    whole.fit(x, labels, epochs=1)
    assert stopped.params.tobytes() == whole.params.tobytes() and len(stopped.history) == 1


def test_no_case_stands_twice():
    assert len(set(ids(CASES + FINE))) == len(CASES + FINE)


@pytest.mark.long
def test_the_script_prints_every_case_and_that_none_is_silent():
    done = subprocess.run([sys.executable, __file__], capture_output=True, text=True,
                          encoding="utf-8", check=True)
    *lines, last = done.stdout.splitlines()
    assert len(CASES) >= 45 and len(lines) == len(CASES + FINE)
    assert last.endswith("none silent")


# ---- the table ----

def answer(case):
    """What tinynet says to a case, or SILENT."""
    if isinstance(case, Fine):
        return ("fine: same bits" if case.do(case.net()) == case.same(case.net())
                else "SILENT: other bits")
    for attempt in case.tries:
        net = case.net()
        before = case.kept(net)
        try:
            attempt(net)
            return "SILENT"
        except ERRORS as error:
            said = words_of(error)
        if case.kept(net) != before:
            return f"SILENT CHANGE: {said}"
    return said


def main():
    answers = [answer(case) for case in CASES + FINE]
    for number, (case, said) in enumerate(zip(CASES + FINE, answers), start=1):
        print(f"{number:3}  {case.given:<45}  {said}")
    silent = sum("SILENT" in said for said in answers)
    print(f"{len(answers)} cases, {len(CASES)} errors and {len(FINE)} fine: {silent or 'none'} "
          "silent")


if __name__ == "__main__":
    main()
