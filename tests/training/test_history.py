"""History: a table with a row for each epoch."""

import copy
import csv
import io
import json
import math
import pickle
import sys
import threading

import numpy as np
import pytest

from tinynet import History
from tinynet.training.history import Column, larger_is_better


def history_of(*records):
    history = History()
    for record in records:
        history.append(record)
    return history


@pytest.fixture
def history():
    return history_of({"loss": 0.5, "accuracy": 0.75}, {"loss": 0.25, "accuracy": 1.0, "note": 3})


def test_a_column_has_a_number_for_each_epoch(history):
    assert history["loss"] == [0.5, 0.25]


def test_the_columns_stand_in_the_order_in_which_they_came(history):
    assert history.columns == ["loss", "accuracy", "note"]


def test_a_number_that_an_epoch_does_not_have_is_nan(history):
    assert math.isnan(history["note"][0]) and history["note"][1] == 3


def test_its_length_is_the_number_of_epochs(history):
    assert len(history) == 2


def test_it_contains_its_columns(history):
    assert "note" in history and "val_loss" not in history


def test_going_through_it_gives_the_columns(history):
    assert list(history) == history.columns


def test_a_column_that_is_not_there_is_an_error_that_lists_those_that_are(history):
    with pytest.raises(KeyError, match="'val_loss'.* loss, accuracy, note"):
        history["val_loss"]


def test_before_the_first_epoch_the_error_says_that_there_are_none_yet():
    with pytest.raises(KeyError, match="'loss'.* none"):
        History()["loss"]


def test_changing_a_column_does_not_change_the_history(history):
    history["loss"].append(7)
    assert history["loss"] == [0.5, 0.25]


# ---- as a dictionary, and as a table of pandas ----

COLUMNS = {"loss": [0.5, 0.25], "accuracy": [0.75, 1.0], "note": [math.nan, 3]}


def test_as_a_dictionary_it_has_the_columns_by_their_names(history):
    for d in (dict(history), {**history}, history.copy(), dict(history.items()), history | {},
              {} | history, dict(zip(history.keys(), history.values()))):
        assert type(d) is dict and str(d) == str(COLUMNS)
    assert history.get("loss") == [0.5, 0.25] and history.get("val_loss", "none") == "none"
    assert len(history.keys()) == 3 and history.keys() == set(COLUMNS)
    assert repr(history.keys()) == repr(COLUMNS.keys())


def test_it_is_the_same_as_itself_alone():
    history, other = history_of({"loss": 0.5}), history_of({"loss": 0.5})
    assert history == history and history != other and len({history, other}) == 2


def test_a_copy_goes_its_own_way(history):
    twin = copy.copy(history)
    history.append({"loss": 0.125})
    assert twin["loss"] == [0.5, 0.25] and len(twin) == 2 and len(history) == 3


@pytest.mark.parametrize("again", [lambda h: h, copy.copy, copy.deepcopy,
                                   lambda h: pickle.loads(pickle.dumps(h)),
                                   lambda h: pickle.loads(pickle.dumps(h, 0))],
                         ids=["itself", "copy", "deepcopy", "pickle", "old pickle"])
@pytest.mark.parametrize("indent", [None, 1])
def test_json_gets_the_columns(again, indent):
    history = again(history_of({"loss": 0.5}, {"loss": 0.25}))
    assert json.loads(json.dumps(history, indent=indent)) == {"loss": [0.5, 0.25]}
    history.append({"loss": 0.125})
    assert history["loss"] == [0.5, 0.25, 0.125]


@pytest.mark.parametrize("change", [
    lambda h: h.update(loss=[1]), lambda h: h.pop("loss"), lambda h: h.popitem(),
    lambda h: h.clear(), lambda h: h.setdefault("loss", [1]), lambda h: h.__setitem__("loss", [1]),
    lambda h: h.__delitem__("loss"), lambda h: h.__ior__({"loss": [1]})])
def test_it_can_only_be_read(history, change):
    with pytest.raises(TypeError, match="a History can only be read; a callback adds numbers to"):
        change(history)
    assert str(dict(history)) == str(COLUMNS)


def test_pandas_makes_a_row_of_each_epoch(history):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(history)
    assert frame.shape == (2, 3) and list(frame.columns) == history.columns
    assert str(frame.to_dict("list")) == str({**COLUMNS, "note": [math.nan, 3.0]})
    assert list(pandas.DataFrame(history, columns=["accuracy"])["accuracy"]) == [0.75, 1.0]


def test_to_frame_counts_the_epochs_from_1(history):
    pytest.importorskip("pandas")
    frame = history.to_frame()
    assert list(frame.index) == [1, 2] and frame.index.name == "epoch"
    assert list(frame.columns) == history.columns and frame.loc[2, "loss"] == 0.25
    assert History().to_frame().shape == (0, 0)


def test_without_pandas_the_error_says_how_to_install_it(history, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        history.to_frame()


def test_printed_it_is_a_table(history):
    assert repr(history).splitlines() == [
        "epoch    loss  accuracy  note",
        "    1  0.5000    0.7500",
        "    2  0.2500    1.0000     3",
    ]


@pytest.mark.parametrize("number, text", [
    (0.123456789, "0.1235"), (0.0, "0.0000"), (-2.5, "-2.5000"), (1234.56789, "1234.5679"),
    (0.001, "0.0010"),
    (0.000123456, "0.000123"), (1.23456e-12, "1.23e-12"), (123456.0, "1.23e+05"), (math.inf, "inf"),
    (math.nan, "nan"),
    (12345678, "12345678"), (9999.5, "9999.5000"), (10000.0, "1e+04"), (0.00099, "0.00099"),
    (0.0015, "0.0015"), (-12345.0, "-1.23e+04"),
])
def test_a_number_is_printed_with_four_decimals_or_three_digits_or_whole(number, text):
    assert repr(history_of({"loss": number})).split() == ["epoch", "loss", "1", text]


def test_before_the_first_epoch_it_prints_as_a_sentence():
    assert repr(History()) == "History of 0 epochs"


def test_a_table_of_20_epochs_is_printed_whole():
    rows = repr(history_of(*({"loss": 1.0} for _ in range(20)))).splitlines()[1:]
    assert [row.split()[0] for row in rows] == [str(epoch) for epoch in range(1, 21)]


@pytest.mark.parametrize("epochs", [21, 22, 1000])
def test_of_a_longer_table_the_first_and_the_last_ten_epochs_are_printed(epochs):
    rows = repr(history_of(*({"loss": 1.0} for _ in range(epochs)))).splitlines()[1:]
    assert [row.split()[0] for row in rows] == [str(e)
                                                for e in [*range(1, 11), "...",
                                                          *range(epochs - 9, epochs + 1)]]


def test_the_lines_of_a_table_are_equally_long():
    table = repr(history_of(*({"loss": 10.0 ** e, "lr": 0.1} for e in range(30))))
    assert len({len(line) for line in table.splitlines()}) == 1


@pytest.mark.parametrize("name, better", [
    ("accuracy", True), ("val_accuracy", True), ("train_accuracy", True), ("r2", True),
    ("val_r2", True),
    ("val_f1", True), ("auc", True), ("roc_auc", True), ("precision", True), ("val_recall", True),
    ("r2_score", True), ("balanced_accuracy", True), ("mcc", True), ("cohen_kappa", True),
    ("neg_log_loss", True), ("val_neg_mean_squared_error", True),
    ("loss", False), ("val_loss", False), ("penalty", False), ("seconds", False),
    ("brier_score", False), ("val_rmse", False), ("mae", False), ("max_error", False),
    ("log_loss", False),
])
def test_names_tell_which_way_is_better(name, better):
    assert larger_is_better(name) is better


@pytest.mark.parametrize("name", ["lr", "cost", "note", "idle_0", "val_", "f1_macro", ""])
def test_where_the_name_does_not_tell_the_mode_is_asked_for(name):
    with pytest.raises(ValueError, match=f"'{name}'.*mode="):
        larger_is_better(name)
    assert larger_is_better(name, "max") and not larger_is_better(name, "min")
    with pytest.raises(ValueError, match="mode is 'larger'"):
        larger_is_better(name, "larger")


@pytest.mark.parametrize("name", ["loss", "gap"])
def test_what_an_epoch_costs_does_not_grow_with_their_number(name):
    def add(history, n):
        for epoch in range(n):
            record = {"loss": 1 / (epoch + 1), "lr": 0.1, "seconds": 0.0}
            if epoch % 2:
                record["gap"] = float(epoch)
            history.append(record)

    def count(history):
        """How many lines of Python the next epoch runs, with what callbacks ask for in it."""
        lines = 0

        def trace(frame, event, argument):
            nonlocal lines
            lines += event == "line"
            return trace

        sys.settrace(trace)
        try:
            add(history, 1)
            history.best(name, "min")
            history.best(name, "max")
            len(history), name in history, history.columns
        finally:
            sys.settrace(None)
        return lines

    short, long = History(), History()
    add(short, 10)
    add(long, 10_000)
    count(long), count(short)  # it has looked at all of them now, as if it were asked each time
    assert count(long) == count(short)


def test_the_best_of_a_history_follows_its_last_record_as_it_changes():
    history = history_of({"loss": 3.0}, {"loss": 2.0})
    record = {"loss": 1.0}
    history.append(record)
    assert history.best("loss") == 3
    record["loss"] = 5.0
    assert history.best("loss") == 2
    record["gap"] = 1.0
    assert history["gap"][2] == 1.0 and history.columns == ["loss", "gap"]


def test_a_copy_for_a_file_is_whole_while_another_thread_adds_epochs():
    history = History()

    def add():
        for epoch in range(2000):
            history.append({"loss": float(epoch), f"column {epoch % 50}": epoch})

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread = threading.Thread(target=add)
    thread.start()
    try:
        while thread.is_alive():
            epochs, columns = history.settled_copy()
            if epochs:
                assert columns["loss"].runs == [[0, epochs]]
                assert columns["loss"].values() == list(range(epochs))
    finally:
        thread.join()
        sys.setswitchinterval(before)


def test_columns_with_gaps_keep_their_epochs():
    history = history_of({"a": 1.0}, {"b": 2.0}, {"a": 3.0, "b": None}, {}, {"a": 0.5})
    assert history.spread("a") == [1.0, None, 3.0, None, 0.5]
    assert history.spread("b") == [None, 2.0, None, None, None]
    assert history.best("a", "max") == 3 and history.best("a", "min") == 5
    assert history.best("b", "max") == 2


def test_a_mode_goes_before_the_name():
    assert history_of({"loss": 1.0}, {"loss": 2.0}).best("loss", mode="max") == 2


@pytest.mark.parametrize("name, values, epoch", [
    ("loss", [0.5, 0.2, 0.3], 2), ("val_accuracy", [0.5, 0.2, 0.3], 1),
    ("val_r2", [-1.0, -0.5, -2.0], 2),
])
def test_the_best_epoch_has_the_smallest_loss_or_the_largest_accuracy_or_r2(name, values, epoch):
    assert history_of(*({name: value} for value in values)).best(name) == epoch


@pytest.mark.parametrize("name", ["loss", "accuracy"])
def test_of_equally_good_epochs_the_first_is_the_best(name):
    assert history_of({name: math.nan}, {name: 0.5}, {name: 0.5}).best(name) == 2


@pytest.mark.parametrize("name, worst", [("loss", math.inf), ("r2", -math.inf)])
def test_nan_is_worse_than_everything_else(name, worst):
    assert history_of({name: math.nan}, {name: worst}, {name: math.nan}).best(name) == 2


def test_an_epoch_without_a_number_is_not_the_best(history):
    assert history.best("note", "min") == 2


def test_the_best_may_be_a_number_of_numpy():
    assert history_of({"loss": np.float32(2)}, {"loss": np.float64(1)},
                      {"loss": np.int64(3)}).best("loss") == 2


def test_a_column_that_is_not_there_has_no_best_epoch(history):
    with pytest.raises(KeyError, match="'val_loss'.* loss, accuracy, note"):
        history.best("val_loss")


@pytest.mark.parametrize("value", [math.nan, None, "good"])
def test_a_column_without_a_number_has_no_best_epoch(value):
    with pytest.raises(ValueError, match="'loss'.* 1 epoch"):
        history_of({"loss": value}).best("loss")


def test_as_csv_it_is_a_line_of_names_and_a_line_for_each_epoch_with_empty_cells(history):
    file = io.StringIO()
    history.to_csv(file)
    assert file.getvalue() == "epoch,loss,accuracy,note\n1,0.5,0.75,\n2,0.25,1.0,3\n"
    assert not file.closed


@pytest.mark.parametrize("value",
                         [0.1 + 0.2, 1 / 3, 1e-300, math.inf, np.float64(1 / 3), np.float32(0.1)])
def test_a_number_read_from_the_csv_is_the_same_number(value):
    file = io.StringIO()
    history_of({"loss": value}).to_csv(file)
    assert type(value)(file.getvalue().split(",")[-1]) == value


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_a_csv_is_written_to_a_path_in_utf_8_and_replaces_what_is_there(tmp_path, kind):
    path = tmp_path / "history.csv"
    path.write_text("something longer than the table that comes")
    history_of({"Σ w², \"all\"": 0.5}).to_csv(kind(path))
    with open(path, encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["epoch", "Σ w², \"all\""], ["1", "0.5"]]


def test_before_the_first_epoch_the_csv_is_a_line_of_names():
    file = io.StringIO()
    History().to_csv(file)
    assert file.getvalue() == "epoch\n"


def test_a_column_until_an_epoch_has_the_numbers_before_it_also_of_a_file():
    column = Column(past=[1.0, 2.0], runs=[[0, 2]])
    column.append(2, 3.0)
    column.append(4, 5.0)
    assert [column.until(epoch).values() for epoch in (2, 3, 4, 5)] == [
        [1.0, 2.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 5.0]]
    assert column.until(4).spread(4, None) == [1.0, 2.0, 3.0, None]
