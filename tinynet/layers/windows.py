"""Windows: the parts of an image that a kernel or a pool looks at, one for each position of the output."""


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
    """A ValueError if rows of this shape are not images; it says what to do about it."""
    if len(shape) == 3:
        return
    advice = "shapes leave out the axis of the rows"
    if len(shape) == 2:
        advice = f"put Reshape({(*shape, 1)}) before it"
    if len(shape) == 1:
        advice = "put it before Flatten(), or a Reshape before it, such as Reshape((8, 8, 1))"
    raise ValueError(f"{layer!r} cannot take an input of shape {shape}; it takes images, (height, width, channels); {advice}")


def check_windows(layer, window, shape, padded_size, advice):
    """A ValueError if images of this shape, (height, width, channels), have no room for a window within their padding."""
    if window[0] > padded_size[0] or window[1] > padded_size[1]:
        height, width, channels = shape
        if height in (1, 3, 4) and height < min(width, channels):
            advice = f"channels come last: {(width, channels, height)}"
        padding = f", with padding {padded_size[0]} by {padded_size[1]}" if padded_size != (height, width) else ""
        raise ValueError(f"{layer!r} has windows of {window[0]} by {window[1]}, larger than its images of {height} by {width} "
                         f"with {channels} channel{'s' * (channels > 1)}{padding}; {advice}")
