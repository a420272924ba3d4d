"""Targets: labels, one-hot rows and numbers, told apart by their shape alone."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from tinynet.checks.targets import as_targets, find_classes, one_hot, weigh_classes

ONE_HOT = [[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]    # labels 2, 0, 1, 2


# ---- as_targets ----

@pytest.mark.parametrize("labels", [
    [2, 0, 1, 2],
    np.array([2, 0, 1, 2], np.uint8),
    np.array([2, 0, 1, 2], np.uint64),
    np.array([2.0, 0.0, 1.0, 2.0]),
    np.array([2, 0, 1, 2], np.float16),
    np.array([2, 9, 0, 9, 1, 9, 2])[::2],
], ids=["list", "uint8", "uint64", "float64", "float16", "strided"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_labels_become_one_hot_rows_of_the_dtype(labels, dtype):
    t = as_targets(labels, 4, 3, dtype)
    assert t.tolist() == ONE_HOT and t.dtype == dtype


def test_true_and_false_are_the_labels_1_and_0():
    assert as_targets([True, False], 2, 2, float).tolist() == [[0, 1], [1, 0]]


def test_a_class_may_be_missing_from_the_labels():
    assert as_targets([1, 1], 2, 4, float).tolist() == [[0, 1, 0, 0]] * 2


@pytest.mark.parametrize("t",
                         [ONE_HOT, np.array(ONE_HOT, bool), np.full((4, 3), 1 / 3),
                          np.arange(12).reshape(4, 3) * -0.5],
                         ids=["one-hot", "bool", "soft", "numbers"])
def test_targets_n_k_are_themselves(t):
    targets = as_targets(t, 4, 3, float)
    assert np.array_equal(targets, t) and targets.dtype == float


@pytest.mark.parametrize("t", [[0.5, -2, 7], [[0.5], [-2], [7]]], ids=["(n,)", "(n, 1)"])
def test_for_one_output_targets_are_the_column(t):
    targets = as_targets(t, 3, 1, np.float32)
    assert targets.tolist() == [[0.5], [-2], [7]] and targets.dtype == np.float32


def test_whole_numbers_for_one_output_are_numbers_and_not_labels():
    assert as_targets([5, 0, 12], 3, 1, float).tolist() == [[5], [0], [12]]


def test_as_many_labels_as_outputs_are_labels():
    assert as_targets([0, 1, 2], 3, 3, float).tolist() == np.eye(3).tolist()


@pytest.mark.parametrize("t, k, words", [
    ([0, 1], 3, r"x has 4 rows, but t has shape \(2,\); there must be one target for each row"),
    (1, 3, r"x has 4 rows, but t has shape \(\)"),
    ([], 3, r"x has 4 rows, but t has shape \(0,\)"),
    (np.zeros((3, 4)), 3, r"x has 4 rows, but t has shape \(3, 4\)"),
    (np.zeros((4, 1)), 3, r"t has shape \(4, 1\), but the network has 3 outputs: pass \(4, 3\), or "
                          r"labels of shape \(n,\)"),
    (np.zeros((4, 2)), 3, r"t has shape \(4, 2\), but the network has 3 outputs: pass \(4, 3\)"),
    (np.zeros((4, 3, 1)), 3, r"t has shape \(4, 3, 1\)"),
    (np.zeros((4, 3)), 1, r"t has shape \(4, 3\), but the network has 1 output: pass \(4, 1\) or "
                          r"\(4,\)"),
    ([0, 1, 3, 4], 3, r"t has label 3 in row 2; the network has 3 outputs, so labels run from 0 to "
                      r"2"),
    ([0, -1, 2, 3], 3, r"t has label -1 in row 1; .*labels run from 0 to 2"),
    ([-100, 0, 1, 2], 3, r"t has label -100 in row 0"),
    ([0, 1, 1.7, 0.7], 3, r"t is 1\.7 in row 2; .*labels, whole numbers from 0 to 2, .*the shape "
                          r"\(n, 3\)"),
    ([0, np.nan, 1, 2], 3, r"t is nan in row 1; .*labels, whole numbers"),
    ([0, 1, 2, np.inf], 3, r"t is inf in row 3; .*labels, whole numbers"),
    ([[0, 1, 0], [0, np.nan, 1], [1, 0, 0], [1, 0, 0]], 3,
     "t is nan in row 1, column 1; every entry must be a finite number"),
    ([0, 1, 2, np.inf], 1, "t is inf in row 3, column 0; every entry must be a finite number"),
    (["a", "b", "a", "c"], 3,
     "t has dtype <U1, and numbers are needed.*makes labels of classes by name"),
    (np.ones(4) * 1j, 3, "t is complex"),
    ([[1, 0], [1], [0, 1], [1]], 2, "t is ragged"),
])
def test_other_targets_are_refused(t, k, words):
    with pytest.raises(ValueError, match=words):
        as_targets(t, 4, k, float)


def test_a_target_too_large_for_float32_is_refused():
    with pytest.raises(ValueError,
                       match=r"t is 1e\+300 in row 0, column 0, which does not fit float32"):
        as_targets([1e300], 1, 1, np.float32)


# ---- one_hot ----

def test_one_hot_rows_have_a_1_in_the_column_of_the_label():
    assert one_hot(np.array([2, 0, 1, 2]), 3).tolist() == ONE_HOT


@pytest.mark.parametrize("labels",
                         [[0, 2], (0, 2), np.array([0.0, 2.0]), np.array([0, 2], np.uint8)],
                         ids=repr)
def test_labels_of_any_kind_become_one_hot_rows_of_float64(labels):
    t = one_hot(labels, 3)
    assert t.tolist() == [[1, 0, 0], [0, 0, 1]] and t.dtype == np.float64


@pytest.mark.parametrize("labels, k, message", [
    ([0, 3], 3, "labels has label 3 in row 1; there are 3 classes, so labels run from 0 to 2"),
    ([-1], 3, "labels has label -1 in row 0"),
    ([0, 0.5], 3, "labels is 0.5 in row 1; labels are whole numbers from 0 to 2"),
    ([np.nan], 3, "labels is nan in row 0"),
    ([[0], [1]], 3, r"labels has shape \(2, 1\); it must be \(n,\), one label for each row"),
    (1, 3, r"labels has shape \(\); it must be \(n,\)"),
    (["a"], 3, "labels has dtype <U1, and numbers are needed"),
    ([0], 0, "k is 0; it must be a whole number of at least 1"),
    ([0], 2.0, "k is 2.0; it must be a whole number"),
])
def test_labels_that_cannot_be_one_hot_are_refused_by_row(labels, k, message):
    with pytest.raises(ValueError, match=message):
        one_hot(labels, k)


# ---- find_classes ----

@pytest.mark.parametrize("t, classes", [
    (ONE_HOT, [2, 0, 1, 2]),
    ([[0], [1], [1]], [0, 1, 1]),
    ([[1, 0], [1, 0]], [0, 0]),
])
def test_the_classes_of_one_hot_rows_or_of_a_column_of_0_and_1(t, classes):
    assert find_classes(np.array(t, float)).tolist() == classes


@pytest.mark.parametrize("t",
                         [[[0.5, 0.5]], [[1, 1]], [[0, 0]], [[2, -1]], [[0.5]], [[2]],
                          [[1, 0], [1, 1]]], ids=str)
def test_other_targets_have_no_classes(t):
    assert find_classes(np.array(t, float)) is None


# ---- weigh_classes ----

def test_each_row_has_the_weight_of_its_class():
    assert weigh_classes({0: 1, 1: 2, 2: 4}, np.array(ONE_HOT)).tolist() == [4, 1, 2, 4]


def test_a_class_that_is_not_mentioned_has_the_weight_1():
    assert weigh_classes({2: 0.5}, np.array(ONE_HOT)).tolist() == [0.5, 1, 1, 0.5]


def test_the_classes_of_a_single_output_are_0_and_1():
    assert weigh_classes({0: 3, 1: 5}, np.array([[0], [1], [1]])).tolist() == [3, 5, 5]


def test_a_class_may_have_the_weight_0():
    assert weigh_classes({0: 0}, np.array([[0], [1]])).tolist() == [0, 1]


def test_balanced_weights_give_every_class_the_same_sum():
    # 4 rows, 3 classes: 4 / (3 1) for the two that occur once, 4 / (3 2) for the one that occurs
    # twice
    np.testing.assert_allclose(weigh_classes("balanced", np.array(ONE_HOT)),
                               [2 / 3, 4 / 3, 4 / 3, 2 / 3], rtol=1e-15)


@pytest.mark.parametrize("labels, k", [([0, 0, 0, 1, 2, 2], 3), ([0, 0, 3, 3, 3], 4), ([1, 1], 3)])
def test_balanced_weights_are_scikit_learns(labels, k):
    np.testing.assert_allclose(weigh_classes("balanced", one_hot(np.array(labels), k)),
                               compute_sample_weight("balanced", labels),
                               rtol=1e-15)


def test_balanced_weights_of_a_single_output():
    # 3 rows, 2 classes: 3 / (2 1), 3 / (2 2)
    assert weigh_classes("balanced", np.array([[0], [1], [1]])).tolist() == [1.5, 0.75, 0.75]


@pytest.mark.parametrize("class_weight, words", [
    ({3: 1}, "class_weight has the class 3; the classes run from 0 to 2"),
    ({-1: 1}, "class_weight has the class -1; the classes run from 0 to 2"),
    ({"cat": 1}, "class_weight has the class 'cat'; the classes run from 0 to 2"),
    ({1.5: 1}, r"class_weight has the class 1\.5"),
    ({1: -1}, r"class_weight of class 1 is -1; it must be a number in \[0, inf\)"),
    ({1: np.nan}, r"class_weight of class 1 is nan; it must be a number in \[0, inf\)"),
    ({1: np.inf}, r"class_weight of class 1 is inf; it must be a number in \[0, inf\)"),
    ([1, 2, 4], r'class_weight is \[1, 2, 4\]; it must be a dictionary from class to weight, or '
                r'"balanced"'),
    ("even", "class_weight is 'even'; it must be a dictionary"),
])
def test_class_weights_that_cannot_be_used_are_refused(class_weight, words):
    with pytest.raises(ValueError, match=words):
        weigh_classes(class_weight, np.array(ONE_HOT))


@pytest.mark.parametrize("t", [[[0.5, 0.5]], [[0.5]]], ids=str)
@pytest.mark.parametrize("class_weight", [{0: 2}, "balanced"], ids=str)
def test_class_weights_need_classes(class_weight, t):
    with pytest.raises(ValueError,
                       match=r"class_weight needs targets that are classes: labels .*one-hot rows"):
        weigh_classes(class_weight, np.array(t))


@pytest.mark.parametrize("weight", ["heavy", None])
def test_a_class_weight_that_is_no_number_is_refused_with_its_class(weight):
    with pytest.raises(ValueError,
                       match=r"class_weight of class 1 is .*; it must be a number in \[0, inf\)"):
        weigh_classes({1: weight}, np.array(ONE_HOT))


def test_a_single_output_has_the_classes_0_and_1():
    t = np.array([[0], [1], [1]])
    assert weigh_classes({0: 3, 1: 2}, t).tolist() == [3, 2, 2]
    with pytest.raises(ValueError, match="has the class 2; the classes run from 0 to 1"):
        weigh_classes({2: 1}, t)


def test_a_target_of_another_shape_is_answered_with_both_forms_that_fit():
    for k, words in (1, r"1 output: pass \(2, 1\) or \(2,\)$"), (2, r"2 outputs: pass \(2, 2\), or "
                                                                 r"labels of shape \(n,\)$"):
        with pytest.raises(ValueError, match=words):
            as_targets(np.zeros((2, 3)), 2, k, float)
    with pytest.raises(ValueError, match=r"labels of shape \(n,\): np.asarray\(t\).ravel\(\)"):
        as_targets(np.zeros((2, 1)), 2, 2, float)
