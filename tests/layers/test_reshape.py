"""Reshape and Flatten: the order of the numbers, and which shapes fit."""

import re

import numpy as np
import pytest
from sklearn.datasets import load_digits

import tinynet as tn


def built(layer, input_shape):
    """The shape that build returns."""
    return layer.build(input_shape, np.random.default_rng(0))


def test_rows_fill_a_shape_from_its_last_axis_on():
    y, _ = tn.Reshape((2, 3)).forward(np.array([[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]))
    assert y.tolist() == [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]


def test_the_channels_of_a_pixel_stand_side_by_side_in_a_row():
    # an image of 2 by 2 pixels and 2 channels
    y, _ = tn.Flatten().forward(np.array([[[[0, 1], [2, 3]], [[4, 5], [6, 7]]]]))
    assert y.tolist() == [[0, 1, 2, 3, 4, 5, 6, 7]]


def test_images_of_another_order_in_memory_are_flattened_in_the_same_order():
    x = np.random.default_rng(0).normal(size=(3, 4, 5, 2))
    assert tn.Flatten().forward(np.asfortranarray(x))[0].tolist() == [list(image.flat)
                                                                      for image in x]


def test_flatten_undoes_reshape():
    x = np.random.default_rng(0).normal(size=(3, 24))
    y, _ = tn.Reshape((2, 4, 3)).forward(x)
    assert tn.Flatten().forward(y)[0].tolist() == x.tolist()


@pytest.mark.parametrize("layer", [tn.Reshape((4, 6)), tn.Flatten()])
def test_dx_is_dy_in_the_shape_of_x(layer):
    x = np.arange(48.0).reshape(2, 2, 3, 4)
    y, cache = layer.forward(x)
    assert layer.backward(y, cache).tolist() == x.tolist()


def test_rows_of_scikit_learns_digits_become_its_images():
    digits = load_digits()
    y, _ = tn.Reshape((8, 8, 1)).forward(digits.data)
    assert y[..., 0].tolist() == digits.images.tolist()


def test_scikit_learns_images_become_its_rows():
    digits = load_digits()
    assert tn.Flatten().forward(digits.images)[0].tolist() == digits.data.tolist()


@pytest.mark.parametrize("shape, input_shape, output_shape", [
    ((8, 8, 1), (64,), (8, 8, 1)),
    ((-1,), (4, 4, 4), (64,)),
    (-1, (4, 4, 4), (64,)),
    (64, (4, 4, 4), (64,)),
    ([8, 8, 1], (64,), (8, 8, 1)),
    ((-1, 8, 1), (64,), (8, 8, 1)),
    ((8, -1, 4), (64,), (8, 2, 4)),
    ((8, 8, -1), (64,), (8, 8, 1)),
    ((2, 2), (4, 1, 1), (2, 2)),
])
def test_a_shape_may_leave_one_axis_open(shape, input_shape, output_shape):
    layer = tn.Reshape(shape)
    assert built(layer, input_shape) == output_shape
    assert layer.forward(np.zeros((3, *input_shape)))[0].shape == (3, *output_shape)


@pytest.mark.parametrize("input_shape, output_shape",
                         [((5,), (5,)), ((2, 3), (6,)), ((2, 3, 4), (24,)), ((1, 1, 1), (1,))])
def test_flatten_gives_rows_of_all_numbers(input_shape, output_shape):
    assert built(tn.Flatten(), input_shape) == output_shape
    assert tn.Flatten().forward(np.zeros((3, *input_shape)))[0].shape == (3, *output_shape)


def test_reshape_and_flatten_in_a_network_change_nothing_that_dense_gives():
    x = np.random.default_rng(0).normal(size=(5, 12))
    net = tn.Sequential([tn.Reshape((2, 3, 2)), tn.Flatten(), tn.Dense(3)], 12, rng=0)
    assert net.predict(x).tolist() == tn.Sequential([tn.Dense(3)], 12, rng=0).predict(x).tolist()


@pytest.mark.parametrize("shape, input_shape", [
    ((8, 8), (63,)), ((8, 8, 1), (8, 8, 3)), ((5, -1), (64,)), ((-1, 128), (64,)), ((2,), (1,))])
def test_a_shape_of_another_size_is_refused(shape, input_shape):
    with pytest.raises(ValueError, match=re.escape(str(input_shape))):
        built(tn.Reshape(shape), input_shape)


@pytest.mark.parametrize("layer, text", [
    (tn.Reshape((8, 8, 1)), "Reshape((8, 8, 1))"), (tn.Reshape([8, -1]), "Reshape((8, -1))"),
    (tn.Reshape(64), "Reshape((64,))"),
    (tn.Flatten(), "Flatten()")])
def test_the_repr_shows_the_shape(layer, text):
    assert repr(layer) == text
