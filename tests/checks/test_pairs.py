"""Losses called directly: a target or weights of another shape are refused, with what to pass."""

import inspect

import numpy as np
import pytest

import tinynet as tn

LOSSES = [tn.MeanSquaredError(), tn.HalfSquaredError(), tn.MeanAbsoluteError(), tn.Huber(),
          tn.CrossEntropy(), tn.SoftmaxCrossEntropy(), tn.BinaryCrossEntropy(),
          tn.SigmoidCrossEntropy()]
every_loss = pytest.mark.parametrize("loss", LOSSES, ids=repr)


def refused(loss, x, t, sample_weight=None):
    """What both passes say."""
    with pytest.raises(ValueError) as forward:
        loss.forward(x, t, sample_weight)
    with pytest.raises(ValueError) as backward:
        loss.backward(x, t, sample_weight)
    said, said_back = str(forward.value), str(backward.value)
    assert said.startswith(f"{loss!r}.forward: ")
    assert said_back.startswith(f"{loss!r}.backward: ")
    return said, said_back


@every_loss
@pytest.mark.parametrize("t", [np.array([0, 1, 1]), [0, 1, 1], [[0], [1], [1]], [True, False, True],
                               [0.0, 1.0, 1.0]], ids=["array", "list", "column", "bool", "float"])
def test_labels_in_place_of_rows_are_refused_and_one_hot_is_named(loss, t):
    x = np.full((3, 2), 0.5)
    for said in refused(loss, x, t):
        assert f"t has shape {np.shape(t)}, but " in said
        assert " has shape (3, 2); for labels pass one_hot(" in said


def test_the_target_that_is_named_is_the_one_to_pass():
    z, labels = np.array([[1.0, 3.0], [0.0, 1.0]]), [0, 1]
    said, _ = refused(tn.SoftmaxCrossEntropy(), z, labels)
    advice = said.partition("for labels pass ")[2]
    t = eval(advice, {"one_hot": tn.one_hot, "t": labels})
    # log(1 + e²) = 2.1269 and log(1 + e⁻¹) = 0.3133
    assert tn.SoftmaxCrossEntropy().forward(z, t)[0] == pytest.approx(
        (np.log1p(np.exp(2)) + np.log1p(np.exp(-1))) / 2, rel=1e-15)


@every_loss
def test_a_column_and_a_row_of_numbers_are_not_broadcast(loss):
    column, row = np.full((3, 1), 0.5), np.array([0.0, 1.0, 0.5])
    for said in refused(loss, column, row):
        assert said.endswith(" has shape (3, 1); pass np.reshape(t, (-1, 1))")


@every_loss
@pytest.mark.parametrize("shape", [(1, 2), (3, 1), (2, 3), (4, 2), (3, 2, 1), (2,), ()], ids=str)
def test_every_other_shape_is_refused_with_both_shapes(loss, shape):
    for said in refused(loss, np.full((3, 2), 0.5), np.full(shape, 0.5)):
        assert f"t has shape {shape}, but " in said and " has shape (3, 2)" in said


@every_loss
def test_outputs_that_are_not_rows_are_refused(loss):
    said, said_back = refused(loss, np.full(3, 0.5), np.full(3, 0.5))
    assert said.endswith("x has shape (3,); it must be (n, k); for a single row pass x[None] and "
                         "t[None]")
    assert "y has shape (3,); it must be (n, k)" in said_back


def test_a_single_target_for_a_single_row_gets_its_axis():
    for said in refused(tn.CrossEntropy(), np.array([[0.5, 0.25, 0.25]]), np.array([0.5, 0.5, 0])):
        assert said.endswith("; pass t[None]")


@every_loss
@pytest.mark.parametrize("w", [np.ones(1), np.ones((3, 1)), np.ones(2), 2.0, [1.0]],
                         ids=["(1,)", "(3, 1)", "(2,)", "number", "list"])
def test_weights_that_are_not_one_a_row_are_refused(loss, w):
    t = np.array([[1.0, 0], [0, 1], [1, 0]])
    for said in refused(loss, np.full((3, 2), 0.5), t, w):
        assert said.endswith(f"sample_weight has shape {np.shape(w)}, but there are 3 rows, so it "
                             "must be (3,)")


@every_loss
def test_lists_of_the_right_shape_are_as_good_as_arrays(loss):
    x, t, w = [[0.25, 0.75], [0.5, 0.5]], [[1, 0], [0, 1]], [1, 3]
    arrays = np.array(x), np.array(t), np.array(w)
    L, y = loss.forward(x, t, w)
    assert L == loss.forward(*arrays)[0]
    np.testing.assert_array_equal(loss.backward(y, t, w),
                                  loss.backward(y, arrays[1], sample_weight=arrays[2]))


@every_loss
def test_the_signatures_are_those_of_the_contract(loss):
    assert str(inspect.signature(loss.forward)) == "(x, t, sample_weight=None)"
    assert str(inspect.signature(loss.backward)) == "(y, t, sample_weight=None)"


def test_arguments_by_name_are_checked_as_well():
    with pytest.raises(ValueError, match=r"t has shape \(3,\), but x has"):
        tn.MeanSquaredError().forward(x=np.zeros((3, 1)), t=np.zeros(3))
    with pytest.raises(ValueError, match=r"t has shape \(3,\), but y has"):
        tn.MeanSquaredError().backward(y=np.zeros((3, 1)), t=np.zeros(3))


class SquaredError(tn.Loss):
    def forward(self, x, t, sample_weight=None):
        return self.mean(((x - t) ** 2).sum(axis=1), sample_weight), x

    def backward(self, y, t, sample_weight=None):
        return 2 * (y - t) * self.share(y, sample_weight)


def test_a_loss_of_ones_own_is_checked_likewise():
    assert "pass np.reshape(t, (-1, 1))" in refused(SquaredError(), np.zeros((3, 1)), np.ones(3))[0]
    assert SquaredError().forward(np.zeros((3, 1)), np.ones((3, 1)))[0] == 1


class Weighted(SquaredError):
    def forward(self, output, target, w=None, power=2):
        return self.mean((abs(output - target) ** power).sum(axis=1), w), output


class ByName(SquaredError):
    def forward(self, x, t, *, sample_weight=None):
        return super().forward(x, t, sample_weight)


def test_a_loss_of_ones_own_with_other_parameters_is_checked_and_called_as_it_is():
    assert Weighted().forward(np.zeros((2, 1)), np.full((2, 1), 2.0), power=3)[0] == 8
    assert Weighted().forward(target=[[1.0]], output=np.zeros((1, 1)))[0] == 1
    with pytest.raises(ValueError, match=r"target has shape \(3,\), but output has shape \(3, 1\); "
                       r"pass np.reshape\(target, \(-1, 1\)\)"):
        Weighted().forward(np.zeros((3, 1)), np.zeros(3), np.ones(3))
    w = np.array([1.0, 3.0])
    assert ByName().forward(np.zeros((2, 1)), np.array([[1.0], [2.0]]), sample_weight=w)[0] == 13/4
    with pytest.raises(ValueError, match="t has shape"):
        ByName().forward(np.zeros((3, 1)), np.zeros(3))


@pytest.mark.parametrize("loss", LOSSES[:4], ids=repr)
@pytest.mark.parametrize("dtype", [int, np.int8, bool])
def test_whole_numbers_have_the_gradient_of_the_same_floats(loss, dtype):
    y, t, w = np.array([[1, 0], [1, 1]], dtype), np.array([[1, 1], [0, 1]]), np.array([1, 3])
    np.testing.assert_array_equal(loss.backward(y, t, w), loss.backward(y.astype(float), t, w))


def test_help_says_what_t_is():
    assert "t (n, k) is one-hot, as one_hot(labels, k) makes it of labels" in \
        " ".join(inspect.getdoc(tn.SoftmaxCrossEntropy).split())
