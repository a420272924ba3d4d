"""A network that will be filled from a file is built with placeholders, no more than it holds."""

import numpy as np
import pytest

import tinynet as tn
from tinynet.layers.arrays import ShapesOnly


def shapes_only(most):
    rng = ShapesOnly(np.random.PCG64(0))
    rng.most = most
    return rng


def test_a_placeholder_has_the_shape_and_one_number():
    W = shapes_only(12).make_placeholder((3, 4))
    assert W.shape == (3, 4) and W.strides == (0, 0) and (W == 0).all()


@pytest.mark.parametrize("shape, fits", [
    ((3, 4), True), ((12,), True), ((13,), False), ((2, 7), False)])
def test_an_array_may_have_as_many_numbers_as_the_file_and_no_more(shape, fits):
    if fits:
        assert shapes_only(12).make_placeholder(shape).shape == shape
    else:
        with pytest.raises(ValueError, match="more numbers than all that the file holds"):
            shapes_only(12).make_placeholder(shape)


def test_streams_that_it_spawns_have_the_same_bound():
    assert [child.most for child in shapes_only(12).spawn(2)] == [12, 12]


def test_rows_have_at_most_two_to_the_26_numbers():
    shapes_only(0).check_room(tn.ReLU(), (2**13, 2**13))
    with pytest.raises(ValueError, match="rows of shape .*2.26 numbers"):
        shapes_only(0).check_room(tn.ReLU(), (2**26 + 1,))


def test_the_arrays_of_a_layer_may_have_a_quarter_of_a_million_numbers_more_than_the_file():
    shapes_only(100).check_room(tn.LayerNorm(), (2**17 + 50,))  # gamma and beta
    with pytest.raises(ValueError, match="LayerNorm.* more numbers than all that the file holds"):
        shapes_only(100).check_room(tn.LayerNorm(), (2**17 + 51,))
    with pytest.raises(ValueError, match="BatchNorm.* more numbers"):
        shapes_only(100).check_room(tn.BatchNorm(), (2**17 + 50,))  # and two running statistics


def test_with_it_no_initializer_draws():
    def refuse(shape, rng):
        raise AssertionError

    layer = tn.Dense(3, init=refuse)
    tn.Sequential([layer], 4, rng=shapes_only(15))
    assert layer.W.shape == (4, 3) and layer.W.strides == (0, 0)
