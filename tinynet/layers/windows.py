"""Windows and other parts of images, and what belongs to each of their channels.

An image is (height, width, channels), and a batch of them (n, height, width, channels).
"""

import numpy as np


def count_windows(size, window, stride):
    """How many windows an axis has: they start at 0, stride, 2 stride, ...; the rest is dropped."""
    return max(0, (size - window) // stride + 1)


def find_margins(size, window, stride, padding):
    """(before, after): how many zeros to put around an axis.

    A number stands for so many on both sides; "same" for as many as make size / stride windows,
    rounded up, the odd one after; "valid" for none.
    """
    if padding == "valid":
        return 0, 0
    if padding != "same":
        return padding, padding
    missing = max((-(-size // stride) - 1) * stride + window - size, 0)
    return missing // 2, missing - missing // 2


def cut_out(images, top, left, height, width):
    """The part of the images that starts at (top, left), with zeros beyond their edges."""
    n, h, w, channels = images.shape
    rows = slice(max(0, top), max(0, top + height))
    columns = slice(max(0, left), max(0, left + width))
    inside = images[:, rows, columns]
    part = np.zeros((n, height, width, channels), images.dtype)
    r, s = max(0, -top), max(0, -left)
    part[:, r:r + inside.shape[1], s:s + inside.shape[2]] = inside
    return part


def broadcast_to_pixels(a, x):
    """a, a number for each channel, written out for each pixel of x.

    The plain form is a itself, which NumPy broadcasts; it is faster with two arrays of long rows.
    """
    return np.tile(a, (*x.shape[1:-1], 1)) if x.ndim > 2 else a


def sum_by_channel(a):
    """The sum for each channel, over all other axes.

    The plain form is a.sum(axis=all but the last); one axis after the other adds up long rows.
    """
    while a.ndim > 1:
        a = a.sum(axis=0)
    return a


def check_images(layer, shape):
    """A ValueError if rows of this shape are not images; it says what to do about it."""
    if len(shape) == 3:
        return
    advice = "shapes leave out the axis of the rows"
    if len(shape) == 2:
        advice = f"put Reshape({(*shape, 1)}) before it"
    if len(shape) == 1:
        advice = "put it before Flatten(), or a Reshape before it, such as Reshape((8, 8, 1))"
    raise ValueError(f"{layer!r} cannot take an input of shape {shape}; it takes images, "
                     f"(height, width, channels); {advice}")


def check_windows(layer, window, shape, padded, advice):
    """A ValueError if images of this shape, padded to that size, have no room for a window."""
    if window[0] > padded[0] or window[1] > padded[1]:
        padding = f", with padding {padded[0]} by {padded[1]}" if padded != shape[:2] else ""
        raise ValueError(f"{layer!r} has windows of {window[0]} by {window[1]}, larger than its "
                         f"images, (height, width, channels) = {shape}{padding}; {advice}")
