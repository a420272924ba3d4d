"""Losses: numbers of the literature, of scikit-learn and of hand calculations, for each of them."""

import math

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss, mean_absolute_error, mean_squared_error

from tinynet import (BinaryCrossEntropy, CrossEntropy, HalfSquaredError, Huber, Loss,
                     MeanAbsoluteError, MeanSquaredError, Sigmoid, SigmoidCrossEntropy, Softmax,
                     SoftmaxCrossEntropy)

LOSSES = [MeanSquaredError(), MeanSquaredError("elements"), HalfSquaredError(),
          HalfSquaredError("elements"),
          MeanAbsoluteError(), MeanAbsoluteError("elements"), Huber(),
          Huber(0.5, "elements"), CrossEntropy(), CrossEntropy(0.1), SoftmaxCrossEntropy(),
          SoftmaxCrossEntropy(0.1),
          BinaryCrossEntropy(), SigmoidCrossEntropy()]
every_loss = pytest.mark.parametrize("loss", LOSSES, ids=repr)
class_losses = pytest.mark.parametrize("loss", [CrossEntropy(), SoftmaxCrossEntropy()], ids=repr)
logit_losses = pytest.mark.parametrize("loss", [SoftmaxCrossEntropy(), SigmoidCrossEntropy()],
                                       ids=repr)
regression_losses = pytest.mark.parametrize("make",
                                            [MeanSquaredError, HalfSquaredError, MeanAbsoluteError,
                                             Huber])
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
EXACT = 1e-14   # a few roundings of float64


def near(value, rel=EXACT):
    """Equal to the value up to this relative error."""
    return pytest.approx(value, rel=rel, abs=0)


def example(n=4, k=3, dtype=float):
    """An x and a t that every loss can judge: rows of probabilities."""
    rng = np.random.default_rng(0)
    return rng.dirichlet(np.ones(k), n).astype(dtype), rng.dirichlet(np.ones(k), n).astype(dtype)


def loss_of(loss, x, t, w=None):
    return loss.forward(np.asarray(x, float), np.asarray(t, float), w)[0]


def gradient_of(loss, x, t, w=None):
    t = np.asarray(t, float)
    return loss.backward(loss.forward(np.asarray(x, float), t, w)[1], t, w)


def through(layer, loss, x, t):
    """L and dx of a layer followed by a loss."""
    x, t = np.asarray(x, float), np.asarray(t, float)
    y, cache = layer.forward(x)
    L, y = loss.forward(y, t)
    return L, layer.backward(loss.backward(y, t), cache)


# ---- the slides: two networks, three pictures, dog or cat ----

NN1 = [[0.9, 0.1], [0.1, 0.9], [0.4, 0.6]]
NN2 = [[0.6, 0.4], [0.3, 0.7], [0.1, 0.9]]
TARGET = [[1, 0], [0, 1], [1, 0]]


@pytest.mark.parametrize("loss, nn1, nn2", [
    # squared errors of the rows: NN1 0.02, 0.02, 0.72; NN2 0.32, 0.18, 1.62
    (MeanSquaredError(), 0.253333, 0.706667),
    (HalfSquaredError(), 0.126667, 0.353333),
    (MeanSquaredError(mean_over="elements"), 0.126667, 0.353333),
    # -log of the true outputs: NN1 0.9, 0.9, 0.4; NN2 0.6, 0.7, 0.1
    (CrossEntropy(), 0.375671, 1.056695),
], ids=repr)
def test_the_losses_of_the_slides_come_out_to_six_digits(loss, nn1, nn2):
    assert [round(loss_of(loss, y, TARGET), 6) for y in (NN1, NN2)] == [nn1, nn2]


# ---- an independent library, three classes ----

P = [[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.25, 0.5, 0.25], [0.05, 0.05, 0.9]]
LABELS = [0, 1, 1, 2]
ONE_HOT = np.eye(3)[LABELS]
weighted_or_not = pytest.mark.parametrize("w", [None, np.array([1.0, 0.0, 2.5, 4.0])],
                                          ids=["unweighted", "weighted"])


@weighted_or_not
@pytest.mark.parametrize("loss, x", [(CrossEntropy(), P), (SoftmaxCrossEntropy(), np.log(P))],
                         ids=["of P", "of logits"])
def test_cross_entropy_is_scikit_learns_log_loss(loss, x, w):
    assert loss_of(loss, x, ONE_HOT, w) == near(log_loss(LABELS, P, sample_weight=w))


@weighted_or_not
def test_squared_error_of_probabilities_is_scikit_learns_brier_score(w):
    brier = brier_score_loss(LABELS, P, sample_weight=w, scale_by_half=False, labels=[0, 1, 2])
    assert loss_of(MeanSquaredError(), P, ONE_HOT, w) == near(brier)


@weighted_or_not
@pytest.mark.parametrize("loss, metric", [(MeanSquaredError("elements"), mean_squared_error),
                                          (MeanAbsoluteError("elements"), mean_absolute_error)],
                         ids=["squared", "absolute"])
def test_means_over_elements_are_scikit_learns(loss, metric, w):
    assert loss_of(loss, P, ONE_HOT, w) == near(metric(ONE_HOT, P, sample_weight=w))


@weighted_or_not
@pytest.mark.parametrize("loss, x", [(BinaryCrossEntropy(), [0.7, 0.2, 0.4, 0.9]),
                                     (SigmoidCrossEntropy(), [math.log(7 / 3), -math.log(4),
                                                              -math.log(1.5), math.log(9)])],
                         ids=["of probabilities", "of logits"])
def test_binary_cross_entropy_of_one_output_is_scikit_learns_log_loss(loss, x, w):
    # the logits are log p / (1 - p)
    t = [1, 0, 1, 0]
    expected = log_loss(t, [0.7, 0.2, 0.4, 0.9], sample_weight=w)
    assert loss_of(loss, np.c_[x], np.c_[t], w) == near(expected)


# ---- softmax cross-entropy ----

# labels 2 and 1; the rows' losses are 0.407606 and log 3 = 1.098612
X, T = [[1, 2, 3], [0, 0, 0]], [[0, 0, 1], [0, 1, 0]]


@pytest.mark.parametrize("loss, w, expected", [
    (SoftmaxCrossEntropy(), None, 0.753109),
    # weights of the classes 0, 1, 2: 1, 2, 4
    (SoftmaxCrossEntropy(), np.array([4.0, 2.0]), 0.637941),
    (SoftmaxCrossEntropy(label_smoothing=0.1), None, 0.803109),             # t <- 0.9 t + 0.1 / 3
], ids=["mean", "class weights", "label smoothing"])
def test_softmax_cross_entropy_comes_out_to_six_digits(loss, w, expected):
    assert round(loss_of(loss, X, T, w), 6) == expected


def test_label_smoothing_of_probabilities_is_that_of_logits():
    assert round(loss_of(CrossEntropy(label_smoothing=0.1),
                         Softmax().forward(np.array(X, float))[0], T), 6) == 0.803109


def test_an_extreme_row_has_its_own_loss():
    # -log softmax: 1e4, and log(1 + e + e²) - 1 = 1.4076
    assert round(loss_of(SoftmaxCrossEntropy(), [[1e4, 0, 0], [0, 1, 2]], [[0, 0, 1], [0, 1, 0]]),
                 4) == 5000.7038


def test_an_extreme_row_does_not_touch_the_gradient_of_another():
    with_extreme = gradient_of(SoftmaxCrossEntropy(), [[1e4, 0, 0], [0, 1, 2]],
                               [[0, 0, 1], [0, 1, 0]])
    without = gradient_of(SoftmaxCrossEntropy(), [[0, 1, 2], [0, 1, 2]], [[0, 1, 0], [0, 1, 0]])
    assert np.array_equal(with_extreme[1], without[1])


def test_a_class_that_is_ruled_out_adds_nothing_to_the_loss():
    assert loss_of(SoftmaxCrossEntropy(), [[-math.inf, 0, 0]], [[0, 1, 0]]) == near(math.log(2))


def test_a_class_that_is_ruled_out_and_comes_all_the_same_has_an_infinite_loss():
    assert loss_of(SoftmaxCrossEntropy(), [[-math.inf, 0, 0]], [[0.5, 0.5, 0]]) == math.inf


def test_a_class_that_is_ruled_out_in_one_row_leaves_the_loss_of_another():
    assert loss_of(SoftmaxCrossEntropy(), [[-math.inf, 0, 0], [1, 1, 1]],
                   [[0, 1, 0], [1, 0, 0]]) == near(math.log(6) / 2)


def test_a_class_that_is_ruled_out_has_no_gradient():
    assert gradient_of(SoftmaxCrossEntropy(), [[-math.inf, 0, 0]],
                       [[0, 1, 0]]).tolist() == [[0, -0.5, 0.5]]


def test_a_class_that_is_ruled_out_passes_the_check():
    SoftmaxCrossEntropy().check(np.array([[-math.inf, 0, 0]]), np.array([[0, 1.0, 0]]))


@pytest.mark.parametrize("c", [1000, -1000, 1e6])
def test_a_constant_added_to_a_row_of_logits_changes_nothing(c):
    # whole numbers, so that x + c is not rounded
    assert loss_of(SoftmaxCrossEntropy(), np.add(X, c), T) == loss_of(SoftmaxCrossEntropy(), X, T)


@pytest.mark.parametrize("scale", [0.1, 1, 10, 100])
def test_softmax_and_cross_entropy_have_the_loss_of_the_fused_class_where_they_are_finite(scale):
    x, t = scale * np.random.default_rng(2).normal(size=(20, 3)), example(20)[1]
    assert through(Softmax(), CrossEntropy(), x, t)[0] == near(loss_of(SoftmaxCrossEntropy(), x, t),
                                                               rel=1e-12)


@pytest.mark.parametrize("scale", [0.1, 1, 10, 100])
def test_softmax_and_cross_entropy_have_the_gradient_of_the_fused_class_where_they_are_finite(
        scale):
    x, t = scale * np.random.default_rng(2).normal(size=(20, 3)), example(20)[1]
    np.testing.assert_allclose(through(Softmax(), CrossEntropy(), x, t)[1],
                               gradient_of(SoftmaxCrossEntropy(), x, t), atol=1e-15)


def test_softmax_and_cross_entropy_one_after_the_other_are_not_finite_where_softmax_rounds_to_0():
    with np.errstate(all="ignore"):
        assert through(Softmax(), CrossEntropy(), [[800, 0]], [[0, 1]])[0] == math.inf


# ---- cross-entropy of probabilities ----

def test_the_cross_entropy_of_dipietro_is_0_9163_nats():
    assert round(loss_of(CrossEntropy(), [[0.4, 0.1, 0.5]], [[1, 0, 0]]), 4) == 0.9163


def test_the_gradient_of_cross_entropy_is_minus_t_over_y():
    # -0.25 / 0.5, -0.75 / 0.25, 0, each over 2 rows
    dx = gradient_of(CrossEntropy(), [[0.5, 0.25, 0.25], [0, 1, 0]], [[0.25, 0.75, 0], [0, 1, 0]])
    assert dx.tolist() == [[-0.25, -1.5, 0], [0, -0.5, 0]]


@pytest.mark.parametrize("loss", [CrossEntropy(), BinaryCrossEntropy()], ids=repr)
def test_a_certain_prediction_that_is_right_has_the_loss_0_and_nothing_warns(loss):
    with np.errstate(all="raise"):
        assert (loss_of(loss, [[0, 1]], [[0, 1]]) == 0
                and np.isfinite(gradient_of(loss, [[0, 1]], [[0, 1]])).all())


@pytest.mark.parametrize("loss", [CrossEntropy(), BinaryCrossEntropy()], ids=repr)
def test_a_certain_prediction_that_is_wrong_has_an_infinite_loss(loss):
    with np.errstate(divide="ignore"):
        assert loss_of(loss, [[0, 1]], [[1, 0]]) == math.inf


# ---- binary cross-entropy ----

def test_binary_cross_entropy_sums_over_the_outputs_and_averages_over_the_rows():
    # -log of 3/4, 1/2; 1/2, 1/4: the product is 3/64
    L = loss_of(BinaryCrossEntropy(), [[0.75, 0.5], [0.5, 0.75]], [[1, 0], [1, 0]])
    assert L == near(math.log(64 / 3) / 2)


def test_the_gradient_of_binary_cross_entropy():
    # -1 / 0.8 = -1.25; 1 / (1 - 0.5) = 2; 0.5 / 0.75 - 0.5 / 0.25 = -4/3
    np.testing.assert_allclose(gradient_of(BinaryCrossEntropy(), [[0.8, 0.5, 0.25]], [[1, 0, 0.5]]),
                               [[-1.25, 2, -4 / 3]],
                               rtol=EXACT)


@pytest.mark.parametrize("scale", [0.1, 1, 10])
def test_sigmoid_and_binary_cross_entropy_agree_with_the_fused_class_where_they_are_finite(scale):
    x, t = scale * np.clip(np.random.default_rng(3).normal(size=(20, 3)), -1, 1), example(20)[1]
    L, dx = through(Sigmoid(), BinaryCrossEntropy(), x, t)
    # at logits of 10, 1 - y = 5e-5 has lost a factor of 2e4 of float64's 1e-16
    assert L == near(loss_of(SigmoidCrossEntropy(), x, t), rel=1e-11)
    np.testing.assert_allclose(dx, gradient_of(SigmoidCrossEntropy(), x, t), atol=1e-11)


def test_the_sigmoid_of_a_difference_is_the_softmax_of_two():
    one = loss_of(SigmoidCrossEntropy(), [[3], [-2]], [[1], [1]])
    assert one == near(loss_of(SoftmaxCrossEntropy(), [[0, 3], [0, -2]], [[0, 1], [0, 1]]))


# ---- logits of any size ----

@pytest.mark.parametrize("gap, dtype",
                         [(1e4, np.float32), (1e30, np.float32), (1e4, float), (1e8, float),
                          (1e300, float)])
@pytest.mark.parametrize("loss, x, t, slope", [
    (SoftmaxCrossEntropy(), [1, 0], [0, 1], [1, -1]),
    (SoftmaxCrossEntropy(), [0, -1], [0, 1], [1, -1]),
    (SigmoidCrossEntropy(), [1], [0], [1]),
    (SigmoidCrossEntropy(), [-1], [1], [-1]),
])
def test_a_confident_mistake_costs_the_gap_of_the_logits_and_keeps_its_gradient(
        loss, x, t, slope, gap, dtype):
    x, t = np.array([x], dtype) * dtype(gap), np.array([t], dtype)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        L, y = loss.forward(x, t)
        dx = loss.backward(y, t)
    assert L == dtype(gap) and dx.tolist() == [slope]


@pytest.mark.parametrize("loss, x, t", [
    (SoftmaxCrossEntropy(), [[1e4, 0]], [[1, 0]]),
    (SigmoidCrossEntropy(), [[1e4, -1e4]], [[1, 0]]),
], ids=repr)
def test_a_confident_prediction_that_is_right_costs_nothing(loss, x, t):
    assert loss_of(loss, x, t) == 0 and not gradient_of(loss, x, t).any()


# ---- squared error and cross-entropy over softmax ----

@pytest.mark.parametrize("k", [2, 3, 10, 100])
def test_at_a_uniform_softmax_the_gradient_of_cross_entropy_is_k_over_2_times_that_of_squared_error(
        k):
    x, t = np.zeros((1, k)), np.eye(k)[:1]
    of_squares = through(Softmax(), MeanSquaredError(), x, t)[1]
    np.testing.assert_allclose(gradient_of(SoftmaxCrossEntropy(), x, t), k / 2 * of_squares,
                               rtol=1e-13)


def softmax_of(p):
    return [[math.log(p), math.log1p(-p)]]


@pytest.mark.parametrize("p, ratio", [(0.1, 2.78), (0.01, 25.3), (1e-9, 2.5e8), (0.5, 1.0)])
def test_for_two_classes_the_gradients_have_the_ratio_1_over_4_p_1_minus_p(p, ratio):
    of_squares = through(Softmax(), MeanSquaredError(), softmax_of(p), [[1, 0]])[1]
    quotient = gradient_of(SoftmaxCrossEntropy(), softmax_of(p), [[1, 0]])[0, 0] / of_squares[0, 0]
    assert quotient == near(1 / (4 * p * (1 - p)), rel=1e-13)
    assert float(f"{quotient:.3g}") == ratio


@pytest.mark.parametrize("p", [1e-9, 0.1, 1 / 3, 0.5, 0.9])
def test_for_two_classes_the_gradient_of_squared_error_is_4_p_1_minus_p_squared(p):
    dx = through(Softmax(), MeanSquaredError(), softmax_of(p), [[1, 0]])[1]
    assert dx[0, 0] == near(-4 * p * (1 - p) ** 2, rel=1e-13)


def test_hintons_billionth_has_almost_no_gradient_with_half_the_squared_error():
    # y (1 - y) (y - t) with y = 1e-9, t = 1
    _, dx = through(Sigmoid(), MeanSquaredError(), [[math.log(1e-9 / (1 - 1e-9))]], [[1]])
    assert dx[0, 0] / 2 == near(-1e-9, rel=1e-8)


def test_hintons_billionth_has_a_gradient_of_1_with_cross_entropy():
    assert gradient_of(SigmoidCrossEntropy(), [[math.log(1e-9
                                                         / (1 - 1e-9))]], [[1]])[0, 0] == near(
                                                             -1, rel=1e-8)


@pytest.mark.parametrize("layer, x, t",
                         [(Softmax(), [[1e4, 0]], [[0, 1]]), (Sigmoid(), [[1e4]], [[0]])],
                         ids=["softmax", "sigmoid"])
def test_confidently_wrong_squared_error_has_no_gradient(layer, x, t):
    assert not through(layer, MeanSquaredError(), x, t)[1].any()


@pytest.mark.parametrize("y_minus_t", [
    lambda x, t: 0.5 * gradient_of(MeanSquaredError(), x, t),
    lambda x, t: gradient_of(SigmoidCrossEntropy(), np.log(x / (1 - x)), t),
    lambda x, t: gradient_of(SoftmaxCrossEntropy(), np.log(x), t),
],
                         ids=["identity with half the squared error",
                              "sigmoid with binary cross-entropy", "softmax with cross-entropy"])
def test_three_pairs_share_the_gradient_y_minus_t_over_n(y_minus_t):
    y, t = example()
    np.testing.assert_allclose(y_minus_t(y, t), (y - t) / 4, atol=1e-15)


# ---- regression ----

def test_the_gradient_of_squared_error_is_twice_the_difference_over_n():
    # 2 ([1, 3] - [0, 1]) / 2, 2 ([2, 2] - [2, 5]) / 2
    assert gradient_of(MeanSquaredError(), [[1, 3], [2, 2]], [[0, 1], [2, 5]]).tolist() == [
        [1, 2], [0, -3]]


def test_absolute_error_sums_over_the_outputs_and_averages_over_the_rows():
    # (|1| + |2|), (0 + |-3|): 6 / 2
    assert loss_of(MeanAbsoluteError(), [[1, 3], [2, 2]], [[0, 1], [2, 5]]) == 3


def test_the_gradient_of_absolute_error_is_the_sign_over_n_and_0_at_the_target():
    assert gradient_of(MeanAbsoluteError(), [[1, 3], [2, 2]],
                       [[0, 1], [2, 5]]).tolist() == [[0.5, 0.5], [0, -0.5]]


@pytest.mark.parametrize("delta, d, l, slope", [
    (1, 0, 0, 0),
    (1, 0.5, 0.125, 0.5),       # d²/2
    (1, -0.5, 0.125, -0.5),
    (1, 1, 0.5, 1),             # where both branches meet: 1/2 = 1 (1 - 1/2)
    (1, 3, 2.5, 1),             # delta (|d| - delta/2) = 1 (3 - 1/2)
    (1, -3, 2.5, -1),
    (2, 3, 4, 2),               # 2 (3 - 1)
    (0.5, 3, 1.375, 0.5),       # 1/2 (3 - 1/4)
    (4, 3, 4.5, 3),             # d²/2
])
def test_huber_is_half_a_square_near_the_target_and_a_line_further_out(delta, d, l, slope):
    assert loss_of(Huber(delta), [[5 + d]], [[5]]) == l
    assert gradient_of(Huber(delta), [[5 + d]], [[5]]).tolist() == [[slope]]


def test_huber_sums_over_the_outputs_and_averages_over_the_rows():
    # (1/8 + 5/2), (0 + 1/2): 25/8 / 2
    assert loss_of(Huber(), [[0.5, 3], [0, 1]], [[0, 0], [0, 0]]) == 1.5625


@regression_losses
def test_the_mean_over_elements_is_that_over_rows_divided_by_the_number_of_outputs(make):
    x, t = example(k=4)
    assert loss_of(make(mean_over="elements"), x, t) == near(loss_of(make(), x, t) / 4)


# ---- what holds for all ----

@every_loss
def test_a_row_weight_of_3_is_the_same_as_the_row_three_times(loss):
    x, t = example()
    counts = [2, 0, 1, 3]
    repeated = loss_of(loss, np.repeat(x, counts, axis=0), np.repeat(t, counts, axis=0))
    assert loss_of(loss, x, t, np.array(counts, float)) == near(repeated)


@every_loss
def test_the_scale_of_the_row_weights_does_not_matter(loss):
    x, t = example()
    w = np.array([1.0, 2.0, 0.5, 4.0])
    # 8 is a power of 2, so nothing is rounded
    assert loss_of(loss, x, t, 8 * w) == loss_of(loss, x, t, w)


@pytest.mark.parametrize("loss",
                         [Huber(np.float64(0.5)), CrossEntropy(np.float64(0.1)),
                          SoftmaxCrossEntropy(np.float64(0.1))],
                         ids=lambda loss: type(loss).__name__)
def test_a_setting_of_float64_leaves_float32_as_it_is(loss):
    x, t = example(dtype=np.float32)
    assert loss.backward(loss.forward(x, t)[1], t).dtype == np.float32


@every_loss
def test_predict_gives_the_y_of_forward(loss):
    x, t = example()
    assert np.array_equal(loss.predict(x), loss.forward(x, t)[1])


@every_loss
def test_what_a_loss_can_judge_passes_its_check(loss):
    loss.check(*example())


def test_only_losses_of_probabilities_classify():
    assert {type(loss) for loss in LOSSES if loss.classifies} == {CrossEntropy, SoftmaxCrossEntropy,
                                                                  BinaryCrossEntropy,
                                                                  SigmoidCrossEntropy}


def test_the_losses_of_one_yes_or_no_are_binary():
    assert {type(loss) for loss in LOSSES if loss.binary} == {BinaryCrossEntropy,
                                                              SigmoidCrossEntropy}


@pytest.mark.parametrize("method", ["forward", "backward"])
def test_a_loss_without_one_of_its_passes_says_which_is_needed(method):
    class Half(Loss):
        pass
    with pytest.raises(NotImplementedError, match=f"Half .*{method}"):
        getattr(Half(), method)(*example())


# ---- check names the row ----

NAN, INF = math.nan, math.inf


@logit_losses
@pytest.mark.parametrize("bad", [NAN, INF])
def test_a_logit_that_is_nan_or_plus_infinite_is_refused_with_its_row(loss, bad):
    with pytest.raises(ValueError, match=r"row 2 of the network's output is \[ *0\., +(nan|inf)\]"):
        loss.check(np.array([[1, 2], [3, 4], [0, bad], [NAN, 0]]), np.array([[0, 1.0]] * 4))


@class_losses
@pytest.mark.parametrize("row",
                         [[1, 1, 0], [0.5, 0.4, 0], [1.5, -0.5, 0], [0, 0, 0], [NAN, 1, 0],
                          [1 + 1e-5, 0, 0]], ids=str)
def test_a_target_that_is_not_a_distribution_is_refused_with_its_row(loss, row):
    t = np.array([[0, 1, 0], row, [2, 2, 2]])
    with pytest.raises(ValueError, match="row 1 of t is"):
        loss.check(np.full((3, 3), 1 / 3), t)


@class_losses
def test_the_sum_of_a_target_may_be_off_by_less_than_a_millionth(loss):
    loss.check(np.full((1, 3), 1 / 3), np.array([[0.5, 0.25, 0.25 + 5e-7]]))


@class_losses
def test_a_target_of_float32_thirds_is_a_distribution(loss):
    loss.check(np.full((1, 3), 1 / 3, np.float32), np.full((1, 3), 1 / 3, np.float32))


@pytest.mark.parametrize("row", [[1, 2, 3], [-0.5, 1.5, 0], [0.3, 0.3, 0.3], [NAN, 0.5, 0.5]],
                         ids=str)
def test_cross_entropy_of_what_is_not_a_probability_is_refused_with_its_row_and_what_to_do(row):
    x = np.array([[0.5, 0.5, 0], row])
    with pytest.raises(ValueError,
                       match=r"row 1 of the network's output .*Softmax\(\).*SoftmaxCrossEntropy"):
        CrossEntropy().check(x, np.array([[1.0, 0, 0]] * 2))


@pytest.mark.parametrize("bad", [-0.1, 1.1, NAN])
def test_binary_cross_entropy_of_what_is_not_a_probability_is_refused_with_its_row_and_what_to_do(
        bad):
    with pytest.raises(ValueError,
                       match=r"row 1 of the network's output .*Sigmoid\(\).*SigmoidCrossEntropy"):
        BinaryCrossEntropy().check(np.array([[0.5], [bad]]), np.array([[1.0], [0.0]]))


@pytest.mark.parametrize("bad", [-0.1, 1.1, 2, NAN])
@pytest.mark.parametrize("loss", [BinaryCrossEntropy(), SigmoidCrossEntropy()], ids=repr)
def test_a_target_of_yes_or_no_outside_0_to_1_is_refused_with_its_row(loss, bad):
    with pytest.raises(ValueError, match="row 1 of t is"):
        loss.check(np.full((2, 2), 0.5), np.array([[0, 1], [0, bad]]))


@pytest.mark.parametrize("loss, bad",
                         [(CrossEntropy(), [0.0, 1.0]), (BinaryCrossEntropy(), [0.0, 0.0])],
                         ids=repr)
def test_a_row_without_weight_is_harmless_however_wrong_it_is(loss, bad):
    x, t, w = np.array([bad, [0.5, 0.5]]), np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([0.0, 1.0])
    with np.errstate(divide="ignore"):
        L, y = loss.forward(x, t, w)
        dx = loss.backward(y, t, w)
    assert L == loss.forward(x[1:], t[1:])[0]
    assert dx.tolist() == [[0, 0], loss.backward(x[1:], t[1:])[0].tolist()]


@class_losses
def test_a_loss_of_classes_refuses_a_single_output(loss):
    with pytest.raises(ValueError, match=r"two outputs.* 1;.*SigmoidCrossEntropy\(\)"):
        loss.check(np.full((2, 1), 0.5), np.ones((2, 1)))


# ---- settings ----

@pytest.mark.parametrize("make, name, value, words", [
    (MeanSquaredError, "mean_over", "row", "'rows', 'elements'"),
    (MeanAbsoluteError, "mean_over", None, "'rows', 'elements'"),
    (Huber, "mean_over", 1, "'rows', 'elements'"),
    (Huber, "delta", 0, r"\(0, inf\)"),
    (Huber, "delta", -1, r"\(0, inf\)"),
    (Huber, "delta", INF, r"\(0, inf\)"),
    (CrossEntropy, "label_smoothing", 1, r"\[0, 1\)"),
    (SoftmaxCrossEntropy, "label_smoothing", -0.1, r"\[0, 1\)"),
    (SoftmaxCrossEntropy, "label_smoothing", NAN, r"\[0, 1\)"),
    (SoftmaxCrossEntropy, "label_smoothing", True, r"\[0, 1\)"),
])
def test_a_setting_that_is_not_allowed_is_refused(make, name, value, words):
    with pytest.raises(ValueError, match=rf"{name} is .*{words}"):
        make(**{name: value})


@pytest.mark.parametrize("loss", [MeanSquaredError(), SoftmaxCrossEntropy(), SigmoidCrossEntropy()])
def test_rows_of_weight_1_have_the_mean_of_rows_without_weights_to_the_bit(loss):
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(1000, 3)).astype("f4"), np.eye(3, dtype="f4")[rng.integers(0, 3, 1000)]
    assert loss.forward(x, t, np.ones(1000, "f4"))[0] == loss.forward(x, t)[0]


# ---- limits of what can be judged ----

@pytest.mark.parametrize("x, t", [
    ([[-math.inf, 0, 0]], [[0.5, 0.5, 0]]),
    ([[-math.inf, -math.inf, 0]], [[0, 0.5, 0.5]]),
    ([[0, 0, 0], [0, -math.inf, 0]], [[1, 0, 0], [0, 1, 0]]),
    ([[-math.inf, -math.inf, -math.inf]], [[0, 0, 1]]),
], ids=["half", "half of the second", "in the second row", "all"])
def test_a_class_that_is_ruled_out_and_has_a_share_in_t_is_refused(x, t):
    with pytest.raises(ValueError, match=f"row {len(x) - 1} .* may be -∞ only where .* is 0"):
        SoftmaxCrossEntropy().check(np.array(x), np.array(t, float))


def test_a_row_in_which_all_classes_are_ruled_out_is_refused_whatever_its_target():
    x = np.full((1, 2), -math.inf)
    with pytest.raises(ValueError, match="a logit of -∞ rules its class out"):
        SoftmaxCrossEntropy().check(x, np.array([[0.0, 1.0]]))


def test_label_smoothing_gives_every_class_a_share_so_none_can_be_ruled_out():
    x, t = np.array([[-math.inf, 0, 0]]), np.array([[0.0, 1, 0]])
    SoftmaxCrossEntropy().check(x, t)
    with pytest.raises(ValueError, match="may be -∞ only where the target is 0"):
        SoftmaxCrossEntropy(0.1).check(x, t)


@pytest.mark.parametrize("loss, name, tolerance", [
    (SoftmaxCrossEntropy(), "t", 1e-6), (CrossEntropy(), "t", 1e-6),
    (CrossEntropy(), "the network's output", 1e-4)], ids=str)
@pytest.mark.parametrize("sign", [-1, 1])
def test_the_sum_of_probabilities_may_be_off_by_rounding_and_no_more(loss, name, tolerance, sign):
    good = np.array([[0.25, 0.75], [0.5, 0.5]])
    for off, is_fine in (0.5 * tolerance, True), (1.9 * tolerance, False):
        odd = good + sign * np.array([[0, 0], [0, off]])
        x, t = (good, odd) if name == "t" else (odd, good)
        if is_fine:
            loss.check(x, t)
        else:
            with pytest.raises(ValueError, match=f"row 1 of {name} is .* with the sum 1"):
                loss.check(x, t)


def test_the_sum_of_a_thousand_probabilities_of_float32_is_taken_in_double_precision():
    p = np.full((1, 2**20), 2.0**-20 * (1 + 3e-7), np.float32)
    CrossEntropy().check(p, p)


@regression_losses
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_one_output_that_is_not_finite_is_enough(make, bad):
    with pytest.raises(ValueError, match="row 1 of the network's output is .* finite numbers"):
        make().check(np.array([[1.0, 2.0], [3.0, bad]]), np.zeros((2, 2)))
