"""Arrays: what comes into a network from outside is checked here, and named when it is wrong."""

import math

import numpy as np


def as_rows(x, shape, dtype):
    """x as an array (n, *shape) of finite numbers of this dtype, contiguous; else a ValueError."""
    x = as_real_numbers("x", x)
    wanted = f"(n, {', '.join(map(str, shape))})"
    if x.shape == shape:
        hint = ""
        if len(shape) in (2, 4):  # as of rows, or of images, it may be that of the whole x
            row = shape[1] if len(shape) == 2 else shape[1:]
            hint = (f"; if these are {len(x)} rows, build the network with the shape of one: "
                    f"input_shape={row}")
        raise ValueError(f"x has shape {x.shape}, but the network takes rows, {wanted}; for a "
                         f"single row pass x[None]{hint}")
    if len(x.shape) == 0 or x.shape[1:] != shape and len(x):
        raise ValueError(f"x has shape {x.shape}, but the network takes rows of shape {shape}, so "
                         f"x must be {wanted}"
                         + _suggest_shape(shape, x.shape))
    if len(x) == 0:
        raise ValueError(f"x has no rows (its shape is {x.shape}); at least one is needed")
    return as_finite("x", x, dtype)


def _suggest_shape(shape, x_shape):
    """A hint for those whose rows, or whose one row, have the right numbers in another shape or
    order.
    """
    row = x_shape[1:]
    if len(shape) == 3 and row == (shape[2], *shape[:2]):
        return "; the channels must come last: pass np.moveaxis(x, 1, -1)"
    if len(shape) == 3 and x_shape == (shape[2], *shape[:2]):
        return "; the channels must come last: pass np.moveaxis(x, 0, -1)[None]"
    if _same_order(row, shape) or len(shape) > 1 and _same_order(x_shape, shape):
        return f"; pass x.reshape(-1, {', '.join(map(str, shape))})"
    return ""


def _same_order(first, second):
    """Whether one shape becomes the other by axes of size 1, or by making one axis of all."""
    if 1 in (len(first), len(second)):
        return math.prod(first) == math.prod(second)
    return [size for size in first if size > 1] == [size for size in second if size > 1]


def as_weights(sample_weight, n):
    """Row weights as an array (n,) of float64, none negative and not all zero; None if there are
    none.
    """
    if sample_weight is None:
        return None
    w = as_real_numbers("sample_weight", sample_weight)
    if w.shape != (n,):
        raise ValueError(f"sample_weight has shape {w.shape}, but there are {n} rows, so it must "
                         f"be ({n},)")
    if (w < 0).any():
        row = (w < 0).argmax()
        raise ValueError(f"sample_weight is {w[row]} in row {row}; weights must be at least 0")
    w = as_finite("sample_weight", w, np.float64)
    if not w.any():
        raise ValueError("sample_weight is zero in every row, so there is nothing to learn from; "
                         "at least one must be above 0")
    return w


def multiply_weights(name, factors, dtype):
    """The product (n,) of row weights, or the same times a power of two, on which a weighted mean
    does not depend.

    A ValueError if the weight of a row would become 0 in this dtype beside the others.
    """
    w = 1.0
    for factor in factors:
        w = w * _of_order_1(factor)
    fit = as_finite(name, _of_order_1(w), dtype)
    lost = np.all([factor > 0 for factor in factors], axis=0) & (fit < np.finfo(dtype).tiny)
    if lost.any():
        raise ValueError(f"{name} is so much smaller in row {lost.argmax()} than in row "
                         f"{fit.argmax()} that it becomes 0 in {np.dtype(dtype)}; bring the "
                         "weights closer together")
    return fit


def _of_order_1(w):
    """w, if sums of such weights fit float32 by far; else w times the power of two that brings the
    largest below 1.
    """
    largest = w.max()
    if 1e-15 < largest < 1e15:
        return w
    return np.ldexp(w, -math.frexp(largest)[1])


def as_real_numbers(name, a):
    """a as an array of real numbers, of whatever kind; else a ValueError that says what to do."""
    if hasattr(a, "toarray"):
        raise ValueError(f"{name} is a sparse matrix, and dense arrays are needed; pass "
                         f"{name}.toarray()")
    check_mask(name, a)
    given = a
    try:
        a = np.asarray(given)
    except ValueError as error:
        raise ValueError(f"{name} is ragged: its rows have different lengths; pad them or cut them "
                         "to one length, and images to one size") from error
    if a.dtype == object and _has_columns_of_numbers(given):
        a = given.to_numpy(float)
    if a.dtype.kind == "c":
        raise ValueError(f"{name} is complex ({a.dtype}), and real numbers are needed; "
                         f"pass {name}.real, or real and imaginary parts as columns")
    if a.dtype == object and a.ndim == 0:
        raise ValueError(f"{name} is of the type {type(a.item()).__name__}; it must be an array, "
                         "or a list of rows")
    if a.dtype.kind not in "biuf":
        categories = (f"np.unique({name}, return_inverse=True)[1] makes labels of classes by name"
                      if name == "t"
                      else "encode categories as numbers, as sklearn.preprocessing.OneHotEncoder "
                           "does")
        raise ValueError(f"{name} has dtype {a.dtype}, and numbers are needed; if it holds "
                         f"numbers, pass np.asarray({name}, float); {categories}")
    return a


def _has_columns_of_numbers(table):
    """Whether it is a data frame of pandas with numbers alone, though of kinds for which NumPy has
    no common one.
    """
    dtypes = getattr(table, "dtypes", None)
    return (np.iterable(dtypes) and all(getattr(dtype, "kind", "O") in "biuf" for dtype in dtypes)
            and hasattr(table, "to_numpy"))


def check_mask(name, a):
    """A ValueError if a is a masked array that hides some of its entries."""
    if isinstance(a, np.ma.MaskedArray) and np.ma.is_masked(a):
        raise ValueError(f"{name} has masked entries; fill them in or leave out their rows")


def as_finite(name, a, dtype):
    """a in this dtype, contiguous; a ValueError if an entry is not finite or becomes so."""
    with np.errstate(over="ignore"):
        fit = np.ascontiguousarray(a, dtype)
    if not np.isfinite(fit).all():
        at = tuple(map(int, np.argwhere(~np.isfinite(fit))[0]))
        where = f"row {at[0]}" + (f", column {at[1]}" if len(at) == 2 else f", position {at[1:]}"
                                  if len(at) > 2 else "")
        if np.isfinite(a[at]):
            larger = (", or build the network with dtype=np.float64 (for an estimator, pass X in "
                      "float64)")
            raise ValueError(f"{name} is {a[at]!s} in {where}, which does not fit "
                             f"{np.dtype(dtype)}; scale it"
                             + (larger if dtype == np.float32 else ""))
        raise ValueError(f"{name} is {a[at]!s} in {where}; every entry must be a finite number: "
                         "fill in or leave out what is missing")
    return fit


def check_distributions(name, p, tolerance, hint=""):
    """Each row must be probabilities of classes."""
    sums = p.sum(axis=1, dtype=float)
    check_rows(name, p, (p >= 0).all(axis=1) & (np.abs(sums - 1) <= tolerance),
               "must be probabilities of classes, none negative, with the sum 1",
               hint
               or "divide each row by its sum; for outputs that are each a yes or no use "
                  "SigmoidCrossEntropy()")


def check_shares(name, p, hint=""):
    """Each entry must be a number from 0 to 1."""
    check_rows(name, p, ((p >= 0) & (p <= 1)).all(axis=1), "must be numbers from 0 to 1",
               hint
               or "for k classes use k outputs and SoftmaxCrossEntropy(); for labels -1 and 1 pass "
                  "(t + 1) / 2")


def check_logits(x):
    """No entry may be nan or +∞."""
    check_rows("the network's output", x, (x < np.inf).all(axis=1), "must be numbers below ∞",
               "the weights or the inputs are too large, or the weights hold nan")


def check_rows(name, rows, good, must, hint):
    """A ValueError that names the first row that is not good, and says what its entries must be,
    and a hint.
    """
    if not good.all():
        i = good.argmin()
        row = np.array2string(rows[i], threshold=8, separator=", ")
        raise ValueError(f"row {i} of {name} is {row}; its entries {must} ({hint})")
