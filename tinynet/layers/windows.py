"""Windows: the parts of an image that a kernel or a pool looks at, one for each position of the output."""

import math


def windows_in(size, window, stride):
    """How many windows an axis has: they start at 0, stride, 2 stride, ...; what is left over at the end is dropped."""
    return (size - window) // stride + 1


def margins(size, window, stride, padding):
    """(before, after): how many zeros to put around an axis.

    A number stands for so many on both sides; "same" for as many as make size / stride windows, rounded up, the odd one
    after; "valid" for none.
    """
    if padding == "valid":
        return 0, 0
    if padding != "same":
        return padding, padding
    missing = max((-(-size // stride) - 1) * stride + window - size, 0)
    return missing // 2, missing - missing // 2


def check_images(layer, shape):
    """A ValueError if rows of this shape are not images; it says what to put before the layer."""
    if len(shape) != 3:
        side = math.isqrt(math.prod(shape))
        images = (*shape, 1) if len(shape) == 2 else (side, side, 1) if shape == (side**2,) else "(height, width, channels)"
        raise ValueError(f"{layer!r} cannot take an input of shape {shape}; it takes images, (height, width, channels); "
                         f"put a Reshape before it, such as Reshape({images})")


def check_windows(layer, window, shape, padded_size, advice):
    """A ValueError if images of this shape, (height, width, channels), have no room for a window within their padding."""
    if window[0] > padded_size[0] or window[1] > padded_size[1]:
        height, width, channels = shape
        padding = f", with padding {padded_size[0]} by {padded_size[1]}" if padded_size != (height, width) else ""
        raise ValueError(f"{layer!r} has windows of {window[0]} by {window[1]}, larger than its images of {height} by {width} "
                         f"with {channels} channel{'s' * (channels > 1)}{padding}; use {advice}")
