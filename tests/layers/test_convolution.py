"""Conv2D: against the sum that defines it, and that sum against SciPy, numerical derivatives and
numbers by hand.
"""

import math

import numpy as np
import pytest
from scipy.signal import correlate
from sklearn.datasets import load_digits

import tinynet as tn
from tinynet.checks.settings import unpack_pair
from tinynet.layers.convolution import plain_convolution, plain_convolution_backward
from tinynet.study.derivatives import central_difference

# One image of one channel, a kernel of 2 by 2, b = 10:
#
#     x = 1 2 0      W = 1 2      y[0, 0] = 10 + 1 1 + 2 2 + 0 3 + 1 4 = 19
#         0 1 3          3 4      y[0, 1] = 10 + 2 1 + 0 2 + 1 3 + 3 4 = 27
#         2 0 1                   y[1, 0] = 10 + 0 1 + 1 2 + 2 3 + 0 4 = 18
#                                 y[1, 1] = 10 + 1 1 + 3 2 + 0 3 + 1 4 = 21
#
#     dy = 1  2      db = 1 + 2 + 0 - 1 = 2
#          0 -1      dW[0, 0] = 1 1 + 2 2 + 0 0 - 1 1 = 4      dW[0, 1] = 1 2 + 2 0 + 0 1 - 1 3 = -1
#                    dW[1, 0] = 1 0 + 2 1 + 0 2 - 1 0 = 2      dW[1, 1] = 1 1 + 2 3 + 0 0 - 1 1 =  6
#
#     dx = 1 2 0         0 1 2         0 0 0         0 0 0         1  4  4
#          3 4 0  + 2    0 3 4  + 0    1 2 0  - 1    0 1 2    =    3  9  6
#          0 0 0         0 0 0         3 4 0         0 3 4         0 -3 -4
X, W, Y = [[1, 2, 0], [0, 1, 3], [2, 0, 1]], [[1, 2], [3, 4]], [[19, 27], [18, 21]]
DY, DX, DW = [[1, 2], [0, -1]], [[1, 4, 4], [3, 9, 6], [0, -3, -4]], [[4, -1], [2, 6]]


def one_image(numbers):
    """One image of one channel."""
    return np.array(numbers, float)[None, :, :, None]


def built(layer, input_shape, seed=0):
    """The layer with random W and b."""
    rng = np.random.default_rng(seed)
    layer.build(input_shape, rng)
    layer.W, layer.b = rng.normal(size=layer.W.shape), rng.normal(size=layer.b.shape)
    return layer


def with_kernel(W, input_shape, **settings):
    """A Conv2D of one filter for images of one channel, with this kernel and b = 0."""
    layer = tn.Conv2D(1, np.shape(W), **settings)
    layer.build(input_shape, np.random.default_rng(0))
    layer.W = np.array(W, float)[:, :, None, None]
    return layer


def along_a_row(numbers, kernel, **settings):
    """y of an image of one row, for a kernel of one row."""
    y, _ = with_kernel([kernel], (1, len(numbers), 1), **settings).forward(one_image([numbers]))
    return y[0, 0, :, 0].tolist()


def along_a_column(numbers, kernel, **settings):
    y, _ = with_kernel([[w] for w in kernel], (len(numbers), 1, 1),
                       **settings).forward(one_image([[v] for v in numbers]))
    return y[0, :, 0, 0].tolist()


def passes(layer, x, dy):
    """(y, dx, dW, db)"""
    y, cache = layer.forward(x)
    return y, layer.backward(dy, cache), layer.dW.copy(), layer.db.copy()


def near(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


# ---- by hand ----

def test_the_plain_convolution_of_three_by_three_pixels_by_hand():
    y = plain_convolution(one_image(X), np.reshape(W, (2, 2, 1, 1)), np.array([10]))
    assert y[0, :, :, 0].tolist() == Y


def test_the_derivatives_of_the_plain_convolution_by_hand():
    dx, dW, db = plain_convolution_backward(one_image(DY), one_image(X),
                                            np.reshape(W, (2, 2, 1, 1)))
    assert dx[0, :, :, 0].tolist() == DX and dW[:, :, 0, 0].tolist() == DW and db.tolist() == [2]


def test_conv2d_of_three_by_three_pixels_by_hand():
    layer = with_kernel(W, (3, 3, 1))
    layer.b = [10]
    y, dx, dW, db = passes(layer, one_image(X), one_image(DY))
    assert y[0, :, :, 0].tolist() == Y
    assert dx[0, :, :, 0].tolist() == DX and dW[:, :, 0, 0].tolist() == DW and db.tolist() == [2]


def test_channels_and_filters_by_hand():
    # two channels, 1 and 2 in the left pixel, 3 and 4 in the right one; a kernel of both pixels,
    # and three filters: the sum of all, the left pixel's first channel, and the right pixel's
    # second channel
    layer = built(tn.Conv2D(3, (1, 2)), (1, 2, 2))
    layer.W, layer.b = [[[[1, 1, 0], [1, 0, 0]], [[1, 0, 0], [1, 0, 1]]]], [0, 0, 0.5]
    y, _ = layer.forward(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]))
    assert y.tolist() == [[[[10, 1, 4.5]]]]


def test_a_stride_is_down_and_right():
    # rows 0 and 2, every column
    y, _ = with_kernel([[1]], (3, 3, 1),
                       stride=(2, 1)).forward(one_image([[0, 1, 2], [3, 4, 5], [6, 7, 8]]))
    assert y[0, :, :, 0].tolist() == [[0, 1, 2], [6, 7, 8]]


def test_a_kernel_size_is_height_and_width():
    assert tn.Conv2D(1, (1, 2)).build((3, 3, 1), np.random.default_rng(0)) == (3, 2, 1)


def test_a_padding_of_1_and_2_is_one_row_above_and_below_and_two_columns_on_the_left_and_right():
    y, _ = with_kernel([[1]], (1, 1, 1), padding=(1, 2)).forward(one_image([[5]]))
    assert y[0, :, :, 0].tolist() == [[0, 0, 0, 0, 0], [0, 0, 5, 0, 0], [0, 0, 0, 0, 0]]


def test_one_number_as_padding_is_for_all_four_sides():
    y, _ = with_kernel([[1]], (1, 1, 1), padding=1).forward(one_image([[5]]))
    assert y[0, :, :, 0].tolist() == [[0, 0, 0], [0, 5, 0], [0, 0, 0]]


# ---- the sum that defines it ----

def test_the_plain_convolution_is_scipys_correlation():
    for seed in range(100):
        rng = np.random.default_rng(seed)
        kernel, stride = tuple(rng.integers(1, 6, 2)), tuple(rng.integers(1, 4, 2))
        channels, filters = rng.integers(1, 4, 2)
        x, W = (rng.normal(size=(2, *(kernel + rng.integers(0, 5, 2)), channels)),
                rng.normal(size=(*kernel, channels, filters)))
        b = rng.normal(size=filters)
        expected = [[correlate(image, W[..., f], mode="valid", method="direct")[..., 0]
                     for f in range(filters)] for image in x]
        expected = np.moveaxis(expected, 1, -1) + b
        near(plain_convolution(x, W, b, stride), expected[:, ::stride[0], ::stride[1]])


def test_the_plain_derivatives_are_numerical_derivatives():
    for seed in range(15):
        rng = np.random.default_rng(seed)
        kernel, stride = tuple(rng.integers(1, 4, 2)), tuple(rng.integers(1, 4, 2))
        x, W, b = (rng.normal(size=(2, 5, 4, 2)), rng.normal(size=(*kernel, 2, 3)),
                   rng.normal(size=3))
        dy = rng.normal(size=plain_convolution(x, W, b, stride).shape)
        found = plain_convolution_backward(dy, x, W, stride)
        expected = [central_difference(lambda x: (dy * plain_convolution(x, W, b, stride)).sum(),
                                       x),
                    central_difference(lambda W: (dy * plain_convolution(x, W, b, stride)).sum(),
                                       W),
                    central_difference(lambda b: (dy * plain_convolution(x, W, b, stride)).sum(),
                                       b)]
        for derivative, numerical in zip(found, expected):
            np.testing.assert_allclose(derivative, numerical, rtol=1e-8, atol=1e-8)


# ---- Conv2D is that sum ----

PADDINGS = {
    "valid": lambda rng: "valid",
    "same": lambda rng: "same",
    "a number": lambda rng: int(rng.integers(0, 8)),
    "two numbers": lambda rng: tuple(map(int, rng.integers(0, 8, 2))),
}


def around(size, kernel, stride, padding):
    """How many zeros stand before and after an axis."""
    if padding == "valid":
        return 0, 0
    if padding != "same":
        return padding, padding
    zeros = max(0, (math.ceil(size / stride) - 1) * stride + kernel - size)
    return math.floor(zeros / 2), math.ceil(zeros / 2)


def random_case(kind, seed):
    """(layer, x, the zeros around it): images and a kernel that fits them with their padding."""
    rng = np.random.default_rng(seed)
    while True:
        kernel, stride, size = (tuple(map(int, rng.integers(1, high, 2))) for high in (6, 5, 8))
        if rng.random() < 0.1:
            size = (1, 1)
        if rng.random() < 0.3:
            kernel, stride = kernel[0], stride[0]
        padding = PADDINGS[kind](rng)
        zeros = [around(*axis)
                 for axis in zip(size, unpack_pair(kernel), unpack_pair(stride),
                                 unpack_pair(padding))]
        if all(before + axis + after >= window for (before, after), axis,
               window in zip(zeros, size, unpack_pair(kernel))):
            layer = built(tn.Conv2D(int(rng.integers(1, 5)), kernel, stride, padding),
                          (*size, int(rng.integers(1, 4))), seed)
            return layer, rng.normal(size=(rng.integers(1, 4), *size, layer.W.shape[2])), zeros


def plainly(layer, x, zeros, dy=None):
    """y, or (dx, dW, db), by the plain sums on the image in its frame of zeros, which is cut off
    dx.
    """
    (top, bottom), (left, right) = zeros
    framed, stride = (np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0))),
                      unpack_pair(layer.stride))
    if dy is None:
        return plain_convolution(framed, layer.W, layer.b, stride)
    dx, dW, db = plain_convolution_backward(dy, framed, layer.W, stride)
    return dx[:, top:top + x.shape[1], left:left + x.shape[2]], dW, db


@pytest.mark.parametrize("kind", PADDINGS)
def test_conv2d_is_the_plain_convolution(kind):
    for seed in range(100):
        layer, x, zeros = random_case(kind, seed)
        near(layer.forward(x)[0], plainly(layer, x, zeros))


@pytest.mark.parametrize("kind", PADDINGS)
def test_conv2d_backward_gives_the_derivatives_of_the_plain_convolution(kind):
    for seed in range(100):
        layer, x, zeros = random_case(kind, seed)
        y, cache = layer.forward(x)
        dy = np.random.default_rng(seed).normal(size=y.shape)
        for found, expected in zip((layer.backward(dy, cache), layer.dW, layer.db),
                                   plainly(layer, x, zeros, dy)):
            near(found, expected)


def test_the_random_cases_are_of_every_sort():
    counts = dict.fromkeys(["even kernels", "odd kernels", "kernels that are not square",
                            "strides above 1",
                            "strides that differ", "padding of the kernel's size or more",
                            "left-over rows or columns",
                            "gaps between windows", "the odd zero after", "images of 1 by 1",
                            "one row",
                            "one channel", "several channels"], 0)
    for kind in PADDINGS:
        for seed in range(100):
            layer, x, zeros = random_case(kind, seed)
            kernel, stride, (n, *size, channels) = (unpack_pair(layer.kernel_size),
                                                    unpack_pair(layer.stride), x.shape)
            axes = list(zip(kernel, stride, size, zeros))
            found = {
                "even kernels": not any(window % 2 for window in kernel),
                "odd kernels": all(window % 2 for window in kernel),
                "kernels that are not square": kernel[0] != kernel[1],
                "strides above 1": min(stride) > 1,
                "strides that differ": stride[0] != stride[1],
                "padding of the kernel's size or more": any(min(around) >= window for window, _, _,
                                                            around in axes),
                "left-over rows or columns": any((axis + sum(around) - window) % step
                                                 for window, step, axis, around in axes),
                "gaps between windows": any(step > window for window, step, _, _ in axes),
                "the odd zero after": any(after > before for before, after in zeros),
                "images of 1 by 1": size == [1, 1],
                "one row": n == 1,
                "one channel": channels == 1,
                "several channels": channels > 1,
            }
            for sort, is_so in found.items():
                counts[sort] += is_so
    assert min(counts.values()) >= 20, counts


# ---- padding="same" ----

def test_same_padding_makes_y_the_size_of_x_by_the_stride_rounded_up():
    rng = np.random.default_rng(0)
    for size in range(1, 21):
        for kernel in range(1, 7):
            for stride in range(1, 6):
                height, width, _ = tn.Conv2D(1, kernel, (stride, 1),
                                             "same").build((size, 21 - size, 1), rng)
                assert (height, width) == (math.ceil(size / stride), 21 - size)


@pytest.mark.parametrize("along", [along_a_row, along_a_column])
@pytest.mark.parametrize("x, kernel, stride, y", [
    # windows [1 2] [2 3] [3 4] [4 0]: the only zero stands at the end
    ([1, 2, 3, 4], [1, 10], 1, [21, 32, 43, 4]),
    # windows [1 2 3] [3 4 0]: the first starts at 1, not in a zero before it
    ([1, 2, 3, 4], [1, 10, 100], 2, [321, 43]),
    # windows [0 1 2 3] [1 2 3 4] [2 3 4 5] [3 4 5 0] [4 5 0 0]: one zero before, two after
    ([1, 2, 3, 4, 5], [1, 10, 100, 1000], 1, [3210, 4321, 5432, 543, 54]),
    # windows [0 1 2] [1 2 3] [2 3 0]: one zero on each side
    ([1, 2, 3], [1, 10, 100], 1, [210, 321, 32]),
    # windows [0 1 2] [2 3 0]: one zero on each side
    ([1, 2, 3], [1, 10, 100], 2, [210, 32]),
    # windows [1] [3]: no zeros, and 4 is left over
    ([1, 2, 3, 4], [1], 2, [1, 3]),
    # window [0 1 0]
    ([1], [1, 10, 100], 1, [10]),
])
def test_same_padding_puts_the_odd_zero_after(along, x, kernel, stride, y):
    assert along(x, kernel, stride=stride, padding="same") == y


def test_dx_of_same_padding_by_hand():
    # windows [x0 x1] [x1 x2] [x2 x3] [x3 0] with the kernel [1 10] and dy = [1, 2, 3, 4]:
    # dx = [1 1, 10 1 + 1 2, 10 2 + 1 3, 10 3 + 1 4] = [1, 12, 23, 34], and 10 4 goes to the zero
    layer = with_kernel([[1, 10]], (1, 4, 1), padding="same")
    _, cache = layer.forward(np.zeros((1, 1, 4, 1)))
    assert layer.backward(one_image([[1, 2, 3, 4]]), cache)[0, 0, :, 0].tolist() == [1, 12, 23, 34]


# ---- what is left over ----

def five_by_six():
    """Windows of 2 by 2 start at the rows 0 and 2 and at the columns 0 and 3; row 4 and the columns
    2 and 5 are in none.
    """
    return (with_kernel(np.ones((2, 2)), (5, 6, 1), stride=(2, 3)),
            one_image(np.arange(30).reshape(5, 6)))


def test_rows_and_columns_in_no_window_have_no_part_in_y():
    layer, x = five_by_six()
    changed = x.copy()
    changed[:, 4] = changed[:, :, [2, 5]] = 1000
    # 0 + 1 + 6 + 7, 3 + 4 + 9 + 10; 12 + 13 + 18 + 19, 15 + 16 + 21 + 22
    for images in (x, changed):
        assert layer.forward(images)[0][0, :, :, 0].tolist() == [[14, 26], [62, 74]]


def test_rows_and_columns_in_no_window_get_a_dx_of_0():
    layer, x = five_by_six()
    dx = layer.backward(np.ones((1, 2, 2, 1)), layer.forward(x)[1])
    assert dx[0, :, :, 0].tolist() == [[1, 1, 0, 1, 1, 0]] * 4 + [[0] * 6]


# ---- what it is in special cases ----

def test_a_kernel_of_one_pixel_is_dense_on_every_pixel():
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(3, 4, 5, 2)), rng.normal(size=(3, 4, 5, 6))
    layer, dense = built(tn.Conv2D(6, 1), (4, 5, 2)), tn.Dense(6)
    dense.build((2,), rng)
    dense.W, dense.b = layer.W[0, 0], layer.b
    for found, expected in zip(passes(layer, x, dy),
                               passes(dense, x.reshape(-1, 2), dy.reshape(-1, 6))):
        near(found.reshape(expected.shape), expected)


def test_a_kernel_of_the_images_size_is_dense_on_the_flattened_image():
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(3, 4, 5, 2)), rng.normal(size=(3, 1, 1, 6))
    layer, dense = built(tn.Conv2D(6, (4, 5)), (4, 5, 2)), tn.Dense(6)
    dense.build((40,), rng)
    dense.W, dense.b = layer.W.reshape(40, 6), layer.b
    for found, expected in zip(passes(layer, x, dy),
                               passes(dense, x.reshape(3, 40), dy.reshape(3, 6))):
        near(found.reshape(expected.shape), expected)


def test_a_stride_of_the_kernels_size_is_dense_on_every_tile():
    rng = np.random.default_rng(0)
    layer = built(tn.Conv2D(5, (2, 3), (2, 3)), (4, 6, 2))
    x = rng.normal(size=(3, 4, 6, 2))
    tiles = x.reshape(3, 2, 2, 2, 3, 2).transpose(0, 1, 3, 2, 4, 5).reshape(3, 2, 2, 12)
    near(layer.forward(x)[0], tiles @ layer.W.reshape(12, 5) + layer.b)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("stride", [1, 2])
def test_moving_the_image_moves_y(stride, padding):
    x = np.random.default_rng(0).normal(size=(2, 13, 13, 3))
    layer = built(tn.Conv2D(4, 3, stride, padding), x.shape[1:])
    moved = np.roll(x, (stride, 2 * stride), axis=(1, 2))  # so y moves by one row and two columns
    y, y_moved = layer.forward(x)[0], layer.forward(moved)[0]
    # but at the border, where zeros are, and what came round
    near(y_moved[:, 2:-1, 3:-1], y[:, 1:-2, 1:-3])


def test_mirrored_images_and_a_mirrored_kernel_give_a_mirrored_y():
    x = np.random.default_rng(0).normal(size=(2, 6, 7, 3))
    layer, mirrored = (built(tn.Conv2D(4, (2, 3)), x.shape[1:]),
                       built(tn.Conv2D(4, (2, 3)), x.shape[1:]))
    mirrored.W = layer.W[:, ::-1]
    near(mirrored.forward(x[:, :, ::-1])[0], layer.forward(x)[0][:, :, ::-1])


# ---- the layer ----

def test_w_has_the_shape_kernel_height_kernel_width_channels_filters_and_b_is_zeros():
    layer = tn.Conv2D(4, (2, 5))
    assert layer.build((6, 7, 3), np.random.default_rng(0)) == (5, 3, 4)
    assert layer.W.shape == layer.dW.shape == (2, 5, 3, 4) and layer.b.tolist() == [0, 0, 0, 0]


def test_w_starts_within_glorots_limit_and_with_its_variance():
    # 3 5 20 = 300 inputs reach an output, and an input reaches 3 5 40 = 600:
    # the limit is √(6 / 900), the variance 2 / 900
    layer = tn.Conv2D(40, (3, 5))
    layer.build((8, 8, 20), np.random.default_rng(0))
    limit = math.sqrt(6 / (3 * 5 * (20 + 40)))
    # of 12,000 draws none in the outer hundredth: 0.99^12000 = 1e-53
    assert 0.99 * limit < np.abs(layer.W).max() <= limit
    # the mean of N squares of uniform numbers has the relative standard deviation √(4 / 5 N);
    # 4 of these are allowed
    assert abs(np.mean(layer.W ** 2) / (2 / 900) - 1) < 4 * math.sqrt(4 / 5 / layer.W.size)


def test_init_draws_w():
    layer = tn.Conv2D(2, (1, 3), init=lambda shape, rng: np.arange(math.prod(shape)).reshape(shape))
    layer.build((5, 5, 4), np.random.default_rng(0))
    assert layer.W.tolist() == np.arange(24).reshape(1, 3, 4, 2).tolist()


@pytest.mark.parametrize("padding", ["valid", "same", 2])
def test_images_of_other_sizes_than_it_was_built_for_are_as_good(padding):
    layer = built(tn.Conv2D(3, 3, 2, padding), (6, 6, 2))
    for size in [(4, 4), (9, 7), (6, 6), (5, 8)]:
        x = np.random.default_rng(1).normal(size=(2, *size, 2))
        zeros = [around(axis, 3, 2, padding) for axis in size]
        y, cache = layer.forward(x)
        near(y, plainly(layer, x, zeros))
        for found, expected in zip((layer.backward(y, cache), layer.dW, layer.db),
                                   plainly(layer, x, zeros, y)):
            near(found, expected)


@pytest.mark.parametrize("layer, text", [
    (tn.Conv2D(8, 3), "Conv2D(8, 3)"),
    (tn.Conv2D(8, (3, 5)), "Conv2D(8, (3, 5))"),
    (tn.Conv2D(8, [3, 5]), "Conv2D(8, (3, 5))"),
    (tn.Conv2D(8, np.int64(3)), "Conv2D(8, 3)"),
    (tn.Conv2D(8, 3, 2, "same"), "Conv2D(8, 3, stride=2, padding='same')"),
    (tn.Conv2D(8, 3, (2, 1), 1, tn.he_normal),
     "Conv2D(8, 3, stride=(2, 1), padding=1, init=he_normal)"),
    (tn.Conv2D(8, 3, 1, (0, 1)), "Conv2D(8, 3, padding=(0, 1))"),
])
def test_the_repr_shows_the_settings_as_they_were_given(layer, text):
    assert repr(layer) == text


# ---- networks of images ----

def digits(n):
    data = load_digits()
    return data.data[:n] / 16, data.target[:n]


def image_network():
    layers = [tn.Reshape((8, 8, 1)), tn.Conv2D(8, 3, padding="same"), tn.ReLU(), tn.MaxPool2D(),
              tn.Flatten(), tn.Dense(10)]
    return tn.Sequential(layers, 64, loss=tn.SoftmaxCrossEntropy(), rng=0)


def test_a_small_network_of_images_learns_digits():
    # guesses get a tenth of 300 rows right, with a standard deviation of √(0.1 0.9 / 300) = 0.017;
    # a half is 23 of those above
    x, t = digits(800)
    net = image_network()
    net.fit(x[:500], t[:500], optimizer=tn.Adam(0.01), epochs=3)
    assert net.evaluate(x[500:], t[500:])["accuracy"] > 0.5


@pytest.mark.parametrize("input_shape, layers, largest", [
    ((28, 28, 1), lambda: [tn.Conv2D(32, 3, padding="same"), tn.MaxPool2D(), tn.Flatten(),
                           tn.Dense(10)], 28 * 28 * 32),
    ((64, 64, 3), lambda: [tn.Conv2D(2, 3), tn.GlobalAveragePool2D()], 64 * 64 * 3),
    ((8, 8, 2), lambda: [tn.Sequential([tn.Conv2D(500, 1), tn.GlobalAveragePool2D()], (8, 8, 2))],
     8 * 8 * 500),
], ids=["a layer's output", "the input", "a layer in a network inside"])
def test_a_block_is_as_many_rows_as_keep_the_largest_layer_within_8_mb_in_float32(
        input_shape, layers, largest):
    block = tn.Sequential(layers(), input_shape)._rows_at_once
    assert block * largest * 4 <= 8 * 2**20 < (block + 1) * largest * 4


def test_a_block_is_512_rows_of_small_images():
    # 8 8 8 numbers in the largest layer: 8 MB would be 4096 rows
    assert image_network()._rows_at_once == 512


def test_a_block_is_one_row_where_one_row_has_more_than_8_mb():
    assert tn.Sequential([tn.MaxPool2D(2)], (1024, 1025, 2))._rows_at_once == 1
