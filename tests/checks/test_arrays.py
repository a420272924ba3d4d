"""Arrays: what is accepted, what it becomes, and what is said of the rest."""

import numpy as np
import pandas as pd
import pytest

from tinynet.checks.arrays import as_finite, as_real_numbers, as_rows, as_weights, multiply_weights

ROWS = [[1, 0, 1], [0, 1, 1]]


class Sparse:
    """Stands for the sparse matrices of SciPy, which all have this method."""

    def toarray(self):
        return np.array(ROWS)


# ---- rows ----

@pytest.mark.parametrize("x", [
    ROWS,
    tuple(map(tuple, ROWS)),
    np.array(ROWS, bool),
    np.array(ROWS, np.int8),
    np.array(ROWS, np.uint64),
    np.array(ROWS, np.float16),
    np.array(ROWS, np.longdouble),
    np.array(ROWS, order="F"),
    np.array(ROWS, ">f8"),
    np.repeat(ROWS, 2, axis=1)[:, ::2],
    np.ma.array(ROWS, mask=False),
],
                         ids=["lists", "tuples", "bool", "int8", "uint64", "float16", "longdouble",
                              "Fortran", "big-endian", "strided", "unmasked"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_of_any_real_kind_become_a_contiguous_array_of_the_dtype(x, dtype):
    rows = as_rows(x, (3,), dtype)
    assert (rows.tolist() == ROWS and rows.dtype == dtype and rows.flags.c_contiguous
            and type(rows) is np.ndarray)


def test_read_only_rows_are_accepted():
    x = np.array(ROWS, float)
    x.flags.writeable = False
    assert as_rows(x, (3,), float).tolist() == ROWS


def test_rows_of_a_memory_map_are_accepted(tmp_path):
    np.save(tmp_path / "x.npy", np.array(ROWS))
    assert as_rows(np.load(tmp_path / "x.npy", mmap_mode="r"), (3,), float).tolist() == ROWS


def test_one_row_is_accepted():
    assert as_rows([[1, 2, 3]], (3,), float).shape == (1, 3)


def test_rows_may_have_several_axes():
    assert as_rows(np.zeros((5, 8, 8, 1)), (8, 8, 1), float).shape == (5, 8, 8, 1)


@pytest.mark.parametrize("x, shape, words", [
    (np.zeros(3), (3,), r"x has shape \(3,\).*rows, \(n, 3\); for a single row pass x\[None\]"),
    (np.zeros((8, 8, 1)), (8, 8, 1), r"rows, \(n, 8, 8, 1\); for a single row pass x\[None\]"),
    (np.zeros((2, 4)), (3,), r"x has shape \(2, 4\).*rows of shape \(3,\), so x must be \(n, 3\)"),
    (np.zeros((3, 2)), (3,), r"x has shape \(3, 2\).*must be \(n, 3\)"),
    (np.zeros((2, 3, 1)), (3,), r"x has shape \(2, 3, 1\).*must be \(n, 3\)"),
    (np.zeros((2, 64)), (8, 8, 1), r"x has shape \(2, 64\).*must be \(n, 8, 8, 1\)"),
    (np.zeros(5), (3,), r"x has shape \(5,\).*must be \(n, 3\)"),
    (7.0, (3,), r"x has shape \(\).*must be \(n, 3\)"),
    (np.zeros((0, 3)), (3,), r"x has no rows \(its shape is \(0, 3\)\)"),
    ([], (3,), r"x has no rows \(its shape is \(0,\)\)"),
])
def test_rows_of_another_shape_are_refused_with_both_shapes(x, shape, words):
    with pytest.raises(ValueError, match=words):
        as_rows(x, shape, float)


def test_rows_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="x is nan in row 1, column 2"):
        as_rows([[1, 2, 3], [4, 5, np.nan]], (3,), float)


# ---- real numbers ----

@pytest.mark.parametrize("a, words", [
    (Sparse(), r"a is a sparse matrix.*pass a\.toarray\(\)"),
    (np.ma.array(ROWS, mask=[[0, 1, 0], [0, 0, 0]]),
     "a has masked entries; fill them in or leave out their rows"),
    ([[1, 2], [3]], "a is ragged"),
    ([1 + 2j], r"a is complex \(complex128\).*pass a\.real"),
    (np.array(["1", "2"]), r"a has dtype <U1, and numbers are needed.*np\.asarray\(a, float\)"),
    (np.array([b"1"]), r"a has dtype \|S1"),
    ([1, None], r"a has dtype object.*np\.asarray\(a, float\).*encode categories as numbers"),
    ([2 ** 70], "a has dtype object"),
    (np.array(["2020-01-01"], "M8[D]"), r"a has dtype datetime64\[D\]"),
    (None, "a is of the type NoneType"),
])
def test_what_is_not_an_array_of_real_numbers_is_refused_with_what_to_do(a, words):
    with pytest.raises(ValueError, match=words):
        as_real_numbers("a", a)


def test_real_numbers_keep_their_dtype():
    assert as_real_numbers("a", np.ones(2, np.int8)).dtype == np.int8


FRAME = pd.DataFrame({"a": [1.5, 2.0], "b": [True, False], "c": [3, 4]})


@pytest.mark.parametrize("table",
                         [FRAME, FRAME.convert_dtypes(), FRAME[["b"]], FRAME.astype("Float64")],
                         ids=["floats beside bools", "nullable", "bools", "Float64"])
def test_a_table_of_columns_of_numbers_is_numbers(table):
    assert as_real_numbers("a", table).astype(float).tolist() == table.values.astype(float).tolist()


@pytest.mark.parametrize("column",
                         [["u", "v"], pd.Categorical(["u", "v"]), [pd.NaT, pd.NaT], [None, {}]],
                         ids=str)
def test_a_table_with_a_column_of_something_else_is_refused(column):
    with pytest.raises(ValueError, match="a has dtype object, and numbers are needed"):
        as_real_numbers("a", FRAME.assign(d=column))


def test_a_missing_number_in_a_table_is_named():
    with pytest.raises(ValueError, match="x is nan in row 1, column 0"):
        as_rows(pd.DataFrame({"a": [1, None], "b": [True, False]}).convert_dtypes(), (2,),
                np.float32)


@pytest.mark.parametrize("method", ["neither", "to_numpy"])
def test_a_table_of_another_library_is_what_numpy_makes_of_it(method):
    class Table:
        dtypes = [object(), object()]

        def __array__(self, dtype=None, copy=None):
            return np.array(ROWS, dtype)

    if method == "to_numpy":
        Table.to_numpy = lambda self: np.array(ROWS)  # without a dtype, as in polars
    assert as_real_numbers("a", Table()).tolist() == ROWS


# ---- weights ----

@pytest.mark.parametrize("scale", [2.0**-1060, 2.0**-140, 2.0**-60, 2.0**60, 2.0**127, 2.0**1000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weights_of_any_size_have_the_shares_that_they_have_as_small_numbers(scale, dtype):
    w = multiply_weights("w", [scale * np.array([1, 0, 3.0, 4.0])], dtype)
    assert (w / w.sum()).tolist() == (np.array([1, 0, 3, 4], dtype) / dtype(8)).tolist()


def test_weights_of_usual_size_are_what_they_were():
    assert multiply_weights("w", [np.array([0.1, 7, 1e9])], np.float64).tolist() == [0.1, 7, 1e9]


@pytest.mark.parametrize("weights, dtype",
                         [([1, 1e-60], np.float32), ([1e300, 1e-300], np.float64)])
def test_a_weight_that_would_become_0_beside_a_larger_one_is_refused(weights, dtype):
    with pytest.raises(ValueError,
                       match="w is so much smaller in row 1 than in row 0 that it becomes 0 in "
                             "float"):
        multiply_weights("w", [np.array(weights)], dtype)


# ---- as_finite ----

@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("shape, at, where", [
    ((4,), (2,), "row 2;"),
    ((4, 3), (2, 1), "row 2, column 1;"),
    ((4, 3, 2), (2, 1, 0), r"row 2, position \(1, 0\);"),
])
def test_an_entry_that_is_not_finite_is_refused_with_its_place(shape, at, where, bad):
    a = np.zeros(shape)
    a[at] = a[-1] = bad
    with pytest.raises(ValueError,
                       match=f"a is {bad} in {where} every entry must be a finite number"):
        as_finite("a", a, float)


def test_a_number_too_large_for_float32_is_refused_with_its_place():
    with pytest.raises(ValueError,
                       match=r"a is 1e\+300 in row 1, column 0, which does not fit float32; "
                             r".*dtype=np\.float64"):
        as_finite("a", np.array([[1, 2], [1e300, 3]]), np.float32)


def test_a_number_too_large_for_float32_fits_float64():
    assert as_finite("a", np.array([1e300]), np.float64).tolist() == [1e300]


def test_the_largest_number_of_float32_fits_float32():
    largest = float(np.finfo(np.float32).max)
    assert as_finite("a", np.array([largest, -largest]), np.float32).tolist() == [largest, -largest]


# ---- row weights ----

def test_no_row_weights_stay_none():
    assert as_weights(None, 3) is None


@pytest.mark.parametrize("w", [[1, 0, 2], (1.0, 0.0, 2.0), np.array([1, 0, 2], np.uint8)],
                         ids=["list", "tuple", "uint8"])
def test_row_weights_become_an_array_of_float64(w):
    weights = as_weights(w, 3)
    assert weights.tolist() == [1, 0, 2] and weights.dtype == np.float64


def test_row_weights_may_be_true_and_false():
    assert as_weights([True, False], 2).tolist() == [1, 0]


@pytest.mark.parametrize("w, words", [
    ([1, 2], r"sample_weight has shape \(2,\), but there are 3 rows, so it must be \(3,\)"),
    ([[1], [2], [3]], r"sample_weight has shape \(3, 1\).*must be \(3,\)"),
    (2.0, r"sample_weight has shape \(\)"),
    ([1, -2, -3], r"sample_weight is -2 in row 1; weights must be at least 0"),
    ([1, np.nan, 3], "sample_weight is nan in row 1; every entry must be a finite number"),
    ([1, 2, np.inf], "sample_weight is inf in row 2; every entry must be a finite number"),
    ([1, 2, -np.inf], "sample_weight is -inf in row 2; weights must be at least 0"),
    ([0, 0, 0], "sample_weight is zero in every row.*at least one must be above 0"),
    (["1", "2", "3"], "sample_weight has dtype <U1"),
])
def test_row_weights_that_cannot_be_used_are_refused(w, words):
    with pytest.raises(ValueError, match=words):
        as_weights(w, 3)
