"""Pooling: by hand, and against the windows that NumPy cuts out."""

import itertools

import numpy as np
import pytest

import tinynet as tn

#       1 2 | 5 0      the largest 4 5      the means 10/4  7/4  =  2.5  1.75
#       3 4 | 1 1                  8 9                15/4 16/4     3.75 4
#       ----+----
#       7 0 | 2 2      the mean of all 48/16 = 3
#       0 8 | 9 3
X = [[1, 2, 5, 0], [3, 4, 1, 1], [7, 0, 2, 2], [0, 8, 9, 3]]
DY = [[4, 8], [12, 16]]

every_pool = pytest.mark.parametrize("Pool", [tn.MaxPool2D, tn.AveragePool2D])


def one_image(numbers):
    """One image of one channel."""
    return np.array(numbers, float)[None, :, :, None]


def pooled(layer, numbers):
    return layer.forward(one_image(numbers))[0][0, :, :, 0].tolist()


def dx_of(layer, numbers, dy):
    _, cache = layer.forward(one_image(numbers))
    return layer.backward(one_image(dy), cache)[0, :, :, 0].tolist()


def random_case(Pool, seed):
    """(layer, size, steps, x): windows that touch, that overlap, and that leave gaps, in images of
    a few channels.
    """
    rng = np.random.default_rng(seed)
    size, stride = (tuple(map(int, rng.integers(1, 5, 2))) for _ in range(2))
    if rng.random() < 0.3:
        stride = None
    x = rng.normal(size=(rng.integers(1, 4), *(size + rng.integers(0, 6, 2)), rng.integers(1, 4)))
    return Pool(size, stride), size, stride or size, x


def windows(x, size, steps):
    """(n, h, w, channels, height, width): the windows, as NumPy cuts them out."""
    return np.lib.stride_tricks.sliding_window_view(x, size, axis=(1, 2))[:, ::steps[0], ::steps[1]]


# ---- by hand ----

def test_the_largest_of_each_window_by_hand():
    assert pooled(tn.MaxPool2D(), X) == [[4, 5], [8, 9]]


def test_dx_of_the_largest_by_hand():
    assert dx_of(tn.MaxPool2D(), X, DY) == [[0, 0, 8, 0], [0, 4, 0, 0], [0, 0, 0, 0],
                                            [0, 12, 16, 0]]


def test_the_mean_of_each_window_by_hand():
    assert pooled(tn.AveragePool2D(), X) == [[2.5, 1.75], [3.75, 4]]


def test_dx_of_the_mean_by_hand():
    assert dx_of(tn.AveragePool2D(), X, DY) == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4],
                                                [3, 3, 4, 4]]


def test_the_mean_of_the_image_by_hand():
    y, cache = tn.GlobalAveragePool2D().forward(one_image(X))
    assert y.tolist() == [[3]]
    assert tn.GlobalAveragePool2D().backward(np.array([[32.0]]), cache)[0, :, :, 0].tolist() == [
        [2] * 4] * 4


def test_a_size_is_height_and_width():
    assert pooled(tn.MaxPool2D((1, 2)), X) == [[2, 5], [4, 1], [7, 2], [8, 9]]
    assert pooled(tn.MaxPool2D((2, 1)), X) == [[3, 4, 5, 1], [7, 8, 9, 3]]


def test_a_stride_is_down_and_right():
    # rows 0 and 1, then 2 and 3; columns 0 and 1, 1 and 2, 2 and 3
    assert pooled(tn.MaxPool2D(2, (2, 1)), X) == [[4, 5, 5], [8, 9, 9]]
    assert pooled(tn.MaxPool2D(2, (1, 2)), X) == [[4, 5], [7, 2], [8, 9]]


def test_without_a_stride_windows_touch():
    assert pooled(tn.AveragePool2D((2, 1)), X) == pooled(tn.AveragePool2D((2, 1), (2, 1)), X)


# ---- against the windows that NumPy cuts out ----

def test_the_maximum_is_that_of_every_window():
    for seed in range(200):
        layer, size, steps, x = random_case(tn.MaxPool2D, seed)
        np.testing.assert_array_equal(layer.forward(x)[0],
                                      windows(x, size, steps).max(axis=(-2, -1)))


def test_the_mean_is_that_of_every_window():
    for seed in range(200):
        layer, size, steps, x = random_case(tn.AveragePool2D, seed)
        np.testing.assert_allclose(layer.forward(x)[0], windows(x, size, steps).mean(axis=(-2, -1)),
                                   rtol=1e-12, atol=1e-12)


@every_pool
def test_build_tells_how_many_windows_there_are(Pool):
    for seed in range(200):
        layer, size, steps, x = random_case(Pool, seed)
        assert layer.build(x.shape[1:], np.random.default_rng(0)) == windows(x, size, steps).shape[
            1:4]


@every_pool
def test_each_dy_arrives_in_dx_as_a_whole(Pool):
    for seed in range(200):
        layer, _, _, x = random_case(Pool, seed)
        y, cache = layer.forward(x)
        dx = layer.backward(y, cache)
        np.testing.assert_allclose(dx.sum(axis=(1, 2)), y.sum(axis=(1, 2)), rtol=1e-12, atol=1e-12)


def test_the_random_cases_have_windows_that_touch_overlap_and_leave_gaps_and_pixels_left_over():
    counts = np.zeros(5, int)
    for seed in range(200):
        _, size, steps, x = random_case(tn.MaxPool2D, seed)
        rest = [(axis - window) % step for axis, window, step in zip(x.shape[1:3], size, steps)]
        counts += [size == steps, all(np.less(steps, size)), all(np.greater(steps, size)),
                   (steps[0] < size[0]) != (steps[1] < size[1]), any(rest)]
    assert counts.min() >= 10, counts


# ---- ties ----

@pytest.mark.parametrize("window, dx", [
    ([[0, 1], [1, 0]], [[0, 5], [0, 0]]),
    ([[1, 1], [1, 1]], [[5, 0], [0, 0]]),
    ([[0, 0], [1, 1]], [[0, 0], [5, 0]]),
    ([[1, 0], [1, 0]], [[5, 0], [0, 0]]),
    ([[0, 2, 2], [2, 2, 2]], [[0, 5, 0], [0, 0, 0]]),
    ([[0, 0, 2], [2, 0, 0]], [[0, 0, 5], [0, 0, 0]]),
])
def test_among_equal_numbers_the_first_row_by_row_gets_dy(window, dx):
    assert dx_of(tn.MaxPool2D(np.shape(window)), window, [[5]]) == dx


def test_all_windows_of_three_numbers_send_dy_where_argmax_points():
    x = np.array(list(itertools.product([-1.0, 0.0, 1.0], repeat=6)))
    layer = tn.MaxPool2D((2, 3))
    y, cache = layer.forward(x.reshape(-1, 2, 3, 1))
    dx = layer.backward(np.ones_like(y), cache).reshape(x.shape)
    assert dx.tolist() == np.eye(6)[x.argmax(axis=1)].tolist()


def test_equal_images_send_dy_to_the_first_place_of_each_window():
    assert dx_of(tn.MaxPool2D(2, 1), np.zeros((3, 3)), [[1, 2], [3,
                                                                 4]]) == [
                                                                     [1, 2, 0], [3, 4, 0],
                                                                     [0, 0, 0]]


# ---- windows that overlap, that leave gaps, and what is left over ----

def test_where_windows_overlap_dx_of_the_largest_adds_up():
    assert dx_of(tn.MaxPool2D(2, 1), [[1, 2, 3], [4, 9, 5], [6, 7, 8]],
                 [[1, 2], [3, 4]]) == [[0, 0, 0], [0, 10, 0], [0, 0, 0]]


@pytest.mark.parametrize("stride, dy, dx", [
    (1, [[4, 8], [12, 16]], [[1, 1 + 2, 2], [1 + 3, 1 + 2 + 3 + 4, 2 + 4], [3, 3 + 4, 4]]),
    ((1, 2), [[4], [8]], [[1, 1, 0], [1 + 2, 1 + 2, 0], [2, 2, 0]]),
    ((2, 1), [[4, 8]], [[1, 1 + 2, 2], [1, 1 + 2, 2], [0, 0, 0]]),
])
def test_where_windows_overlap_dx_of_the_mean_adds_up(stride, dy, dx):
    assert dx_of(tn.AveragePool2D(2, stride), np.zeros((3, 3)), dy) == dx


@every_pool
def test_pixels_in_a_gap_between_windows_are_not_seen_and_get_0(Pool):
    # windows at 0 and 1, 3 and 4; 2 is in none
    x = np.ones((5, 5))
    x[2] = x[:, 2] = 1000
    layer = Pool(2, 3)
    dx = np.array(dx_of(layer, x, np.ones((2, 2))))
    assert pooled(layer, x) == [[1, 1], [1, 1]]
    assert not dx[2].any() and not dx[:, 2].any() and dx.sum() == 4


@every_pool
def test_rows_and_columns_that_fill_no_window_are_not_seen_and_get_0(Pool):
    x = np.ones((5, 6))
    x[4] = x[:, 4:] = 1000
    layer = Pool((2, 4))
    dx = np.array(dx_of(layer, x, np.ones((2, 1))))
    assert pooled(layer, x) == [[1], [1]]
    assert not dx[4].any() and not dx[:, 4:].any() and dx.sum() == 2


# ---- special cases ----

@every_pool
def test_windows_of_one_pixel_pick_every_so_many_pixels(Pool):
    x = np.random.default_rng(0).normal(size=(2, 5, 7, 3))
    layer = Pool((1, 1), (2, 3))
    y, cache = layer.forward(x)
    assert y.tolist() == x[:, ::2, ::3].tolist()
    dx = layer.backward(y, cache)
    assert dx[:, ::2, ::3].tolist() == y.tolist() and np.count_nonzero(dx) == y.size


@pytest.mark.parametrize("size", [1, 2, 3, (2, 5)])
def test_the_mean_of_ones_is_1(size):
    y, _ = tn.AveragePool2D(size).forward(np.ones((2, 6, 5, 3)))
    assert (y == 1).all()


def test_the_mean_of_a_whole_image_is_the_global_mean():
    x, dy = (np.random.default_rng(0).normal(size=(3, 4, 5, 2)),
             np.random.default_rng(1).normal(size=(3, 2)))
    whole, everywhere = tn.AveragePool2D((4, 5)), tn.GlobalAveragePool2D()
    (y, cache), (y_everywhere, shape) = whole.forward(x), everywhere.forward(x)
    np.testing.assert_allclose(y_everywhere, y.reshape(3, 2), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(everywhere.backward(dy, shape),
                               whole.backward(dy.reshape(3, 1, 1, 2), cache), rtol=1e-12)


def test_the_global_mean_is_that_of_each_channel():
    y, _ = tn.GlobalAveragePool2D().forward(np.array([[[[1.0, 10.0], [3.0, 20.0]]]]))
    assert y.tolist() == [[2, 15]]


@pytest.mark.long
# 255, 256, 257 and 289 places
@pytest.mark.parametrize("size", [(15, 17), (16, 16), (1, 257), (17, 17)])
def test_the_largest_is_found_at_each_place_of_a_large_window(size):
    places = size[0] * size[1]
    x = np.eye(places).reshape(places, *size, 1)  # in image i, the largest stands at place i
    layer = tn.MaxPool2D(size)
    y, cache = layer.forward(x)
    assert layer.backward(y, cache).tolist() == x.tolist()


@pytest.mark.parametrize("at", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_the_largest_of_negative_numbers_is_negative(at):
    x = np.full((2, 2), -3.0)
    x[at] = -2
    dx = np.zeros((2, 2))
    dx[at] = 7
    assert pooled(tn.MaxPool2D(), x) == [[-2]]
    assert dx_of(tn.MaxPool2D(), x, [[7]]) == dx.tolist()


def test_a_number_is_larger_than_minus_infinity():
    x = [[-np.inf, -np.inf], [-5, -np.inf]]
    assert pooled(tn.MaxPool2D(), x) == [[-5]]
    assert dx_of(tn.MaxPool2D(), x, [[7]]) == [[0, 0], [7, 0]]


def test_the_largest_of_minus_infinities_is_the_first_of_them():
    x = np.full((2, 2), -np.inf)
    assert pooled(tn.MaxPool2D(), x) == [[-np.inf]]
    assert dx_of(tn.MaxPool2D(), x, [[7]]) == [[7, 0], [0, 0]]


@every_pool
@pytest.mark.parametrize("at", [(0, 0), (0, 1), (1, 1)])
def test_a_nan_in_a_window_is_not_hidden(Pool, at):
    x = np.ones((2, 2))
    x[at] = np.nan
    assert np.isnan(pooled(Pool(), x)).all()


@every_pool
def test_images_of_other_sizes_than_it_was_built_for_are_as_good(Pool):
    layer = Pool(2)
    layer.build((4, 4, 3), np.random.default_rng(0))
    for shape, output_shape in [((1, 6, 9, 3), (1, 3, 4, 3)), ((2, 4, 4, 3), (2, 2, 2, 3)),
                                ((1, 2, 3, 1), (1, 1, 1, 1))]:
        y, cache = layer.forward(np.ones(shape))
        assert y.shape == output_shape and layer.backward(y, cache).shape == shape


@pytest.mark.parametrize("layer, text", [
    (tn.MaxPool2D(), "MaxPool2D()"),
    (tn.MaxPool2D(3), "MaxPool2D(size=3)"),
    (tn.MaxPool2D((2, 3), 1), "MaxPool2D(size=(2, 3), stride=1)"),
    (tn.AveragePool2D(3, [2, 1]), "AveragePool2D(size=3, stride=(2, 1))"),
    (tn.GlobalAveragePool2D(), "GlobalAveragePool2D()"),
])
def test_the_repr_shows_the_settings_as_they_were_given(layer, text):
    assert repr(layer) == text
