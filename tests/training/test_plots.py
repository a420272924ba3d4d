"""Plotting: the curves of a training, of one run or of several."""

import json
import math
import sys

import numpy as np
import pytest

from tinynet import History
from tinynet.training.plots import COLORS, HistoryDisplay

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")


def history_of(**columns):
    history = History()
    for values in zip(*columns.values()):
        history.append(dict(zip(columns, values)))
    return history


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def history():
    return history_of(loss=[0.5, 0.25, 0.125], val_loss=[0.75, 0.5, 0.625],
                      accuracy=[0.5, 0.75, 1.0])


@pytest.fixture
def runs():
    return [history_of(loss=[1.0, 0.5, 0.25]), history_of(loss=[3.0, 1.5]),
            history_of(loss=[2.0, 1.0, 0.75])]


def labels(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


def test_one_run_is_a_line_for_each_column(history):
    display = history.plot()
    assert [list(line.get_ydata()) for line in display.ax_.lines] == [history["loss"],
                                                                      history["val_loss"]]
    assert list(display.lines_) == list(display.ax_.lines)


def test_epochs_are_counted_from_1(history):
    assert list(history.plot().lines_[0].get_xdata()) == [1, 2, 3]


def test_without_val_loss_the_loss_is_drawn_alone():
    assert labels(history_of(loss=[2.0, 1.0], accuracy=[0.5, 0.6]).plot()) == ["loss"]


@pytest.mark.parametrize("columns, drawn, ylabel", [
    (["accuracy"], ["accuracy"], "accuracy"), ("accuracy", ["accuracy"], "accuracy"),
    (("accuracy", "loss"), ["accuracy", "loss"], "accuracy, loss"),
    (None, ["loss", "val_loss"], "loss"),
])
def test_the_legend_names_the_columns_and_the_axes_say_what_they_are(history, columns, drawn,
                                                                     ylabel):
    display = history.plot(columns)
    assert labels(display) == drawn
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel(),
            display.ax_.get_title()) == ("epoch", ylabel, "")


def test_several_runs_are_thin_lines_and_a_mean_over_those_that_still_go(runs):
    # epoch 1: (1 + 3 + 2) / 3 = 2
    # epoch 2: (0.5 + 1.5 + 1) / 3 = 1
    # epoch 3: (0.25 + 0.75) / 2 = 0.5
    display = HistoryDisplay.from_histories(runs)
    *thin, mean = display.ax_.lines
    assert [list(line.get_ydata()) for line in thin] == [run["loss"] for run in runs]
    assert display.lines_ == [mean] and list(mean.get_ydata()) == [2.0, 1.0, 0.5]
    assert max(line.get_linewidth() for line in thin) < mean.get_linewidth()


def test_the_band_of_several_runs_goes_from_the_lowest_to_the_highest(runs):
    band, = HistoryDisplay.from_histories(runs).ax_.collections
    corners = {tuple(map(float, corner)) for corner in band.get_paths()[0].vertices}
    assert corners == {(1, 1.0), (2, 0.5), (3, 0.25), (1, 3.0), (2, 1.5), (3, 0.75)}


def test_the_legend_of_several_runs_says_what_is_drawn(runs):
    display = HistoryDisplay.from_histories(runs)
    assert labels(display) == ["loss"]
    assert (display.ax_.get_legend().get_title().get_text()
            == "mean of 3 runs\n(band: lowest to highest)")


def test_a_list_of_one_run_is_drawn_as_one_run(history):
    display = HistoryDisplay.from_histories([history], columns="loss")
    assert len(display.ax_.lines) == 1 and not display.ax_.collections


def test_the_mean_leaves_out_runs_without_the_column_and_epochs_with_nan():
    runs = [history_of(loss=[1.0, math.nan]), history_of(accuracy=[0.5, 0.5]),
            history_of(loss=[3.0, 4.0]), History()]
    assert list(HistoryDisplay.from_histories(runs).lines_[0].get_ydata()) == [2.0, 4.0]


def test_where_no_run_has_a_number_there_is_a_gap():
    display = history_of(loss=[1.0, math.nan, 3.0]).plot()
    assert np.array_equal(display.lines_[0].get_ydata(), [1.0, math.nan, 3.0], equal_nan=True)


@pytest.mark.parametrize("values, marker",
                         [([1.0], "."), ([1.0, math.nan, 3.0], "."), ([1.0, 2.0], "")])
def test_a_number_without_neighbours_can_be_seen(values, marker):
    assert history_of(loss=values).plot().lines_[0].get_marker() == marker


@pytest.mark.parametrize("epochs", [1, 2, 3, 100])
def test_the_epochs_on_the_axis_are_whole_numbers(epochs):
    ticks = history_of(loss=[1.0] * epochs).plot().ax_.get_xticks()
    assert len(ticks) and all(tick == int(tick) for tick in ticks)


def test_a_logarithmic_axis_stays_one(history):
    ax = plt.subplots()[1]
    ax.set_xscale("log")
    history.plot(ax=ax).figure_.canvas.draw()
    assert ax.get_xscale() == "log"


def test_the_name_is_the_title(history):
    assert HistoryDisplay.from_histories(history, name="iris").ax_.get_title() == "iris"


def test_drawing_into_axes_makes_no_figure_and_keeps_their_title(history):
    figure, ax = plt.subplots()
    ax.set_title("mine")
    display = history.plot(ax=ax)
    assert display.ax_ is ax and display.figure_ is figure and plt.get_fignums() == [figure.number]
    assert ax.get_title() == "mine"


def test_a_display_is_made_without_drawing_and_can_be_drawn_twice(history):
    display = HistoryDisplay(history, ["loss"])
    assert not plt.get_fignums()
    assert display.plot().ax_ is not display.plot().ax_


def test_drawing_changes_no_settings_of_matplotlib(history):
    before = dict(matplotlib.rcParams)
    history.plot()
    assert dict(matplotlib.rcParams) == before


def test_colours_differ_in_grey():
    grey = sorted(np.dot(matplotlib.colors.to_rgb(color), [0.2126, 0.7152, 0.0722])
                  for color in COLORS)
    assert min(np.diff(grey)) > 0.1


def test_sixteen_columns_differ_in_colour_or_line():
    lines = history_of(**{f"column{i}": [1.0,
                                         2.0] for i in range(16)}).plot(
                                             [f"column{i}" for i in range(16)]).lines_
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 16
    assert len({line.get_linestyle() for line in lines[:4]}) == 4


def test_a_second_display_in_the_same_axes_has_other_colours_and_lines(history, runs):
    ax = HistoryDisplay.from_histories(runs, columns="loss").ax_
    first, second = ax.lines[-1], history.plot("val_loss", ax=ax).lines_[0]
    assert (first.get_color() != second.get_color()
            and first.get_linestyle() != second.get_linestyle())


def test_a_column_that_no_run_has_is_an_error_that_lists_those_that_are(history):
    with pytest.raises(KeyError, match="'val_acuracy'.* loss, val_loss, accuracy"):
        history.plot(["loss", "val_acuracy"])


@pytest.mark.parametrize("histories, columns, message", [
    ([], None, "no history"), ([History()], [], "no column"),
    (History(), None, "train first"), ([History(), History()], None, "train first"),
    (history_of(accuracy=[0.5]), None,
     "loss or val_loss"),
])
def test_nothing_to_draw_is_an_error(histories, columns, message):
    with pytest.raises(ValueError, match=message):
        HistoryDisplay.from_histories(histories, columns=columns)
    assert not plt.get_fignums()


def test_without_matplotlib_the_error_says_how_to_install_it(history, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install matplotlib"):
        history.plot()


# ---- several runs by name ----

@pytest.fixture
def arms(runs):
    return {"cross-entropy": runs[:2], "squared error": runs[2]}


def test_a_dictionary_is_a_line_for_each_name_in_its_order(arms):
    # epochs 1 to 3 of the first: (1 + 3) / 2, (0.5 + 1.5) / 2, and 0.25 of the one that goes on
    display = HistoryDisplay.from_histories(arms, columns="loss")
    assert [line.get_label() for line in display.lines_] == labels(display) == list(arms)
    assert [list(line.get_ydata()) for line in display.lines_] == [[2.0, 1.0, 0.25],
                                                                   [2.0, 1.0, 0.75]]


def test_all_runs_of_a_name_have_its_colour_and_names_differ_in_colour_and_line(arms):
    display = HistoryDisplay.from_histories(arms, columns="loss")
    colors = [line.get_color() for line in display.ax_.lines]
    assert colors == [COLORS[0]] * 3 + [COLORS[1]]
    assert len({line.get_linestyle() for line in display.lines_}) == 2


def test_the_axis_of_a_dictionary_is_named_after_its_column(arms):
    display = HistoryDisplay.from_histories(arms, columns=["loss"], name="iris")
    assert (display.ax_.get_ylabel(), display.ax_.get_title()) == ("loss", "iris")


@pytest.mark.parametrize("count, title", [
    (1, None), (2, "mean of 2 runs\n(band: lowest to highest)"),
    (3, "mean of 2 to 3 runs\n(band: lowest to highest)")])
def test_the_legend_of_a_dictionary_says_how_many_runs_there_are(runs, count, title):
    two = runs[:2] if count > 1 else runs[:1]
    legend = HistoryDisplay.from_histories({"a": runs[:count], "b": two},
                                           columns="loss").ax_.get_legend()
    assert (legend.get_title().get_text() or None) == title


@pytest.mark.parametrize("columns", [None, ["loss", "accuracy"]])
def test_a_dictionary_takes_one_column(arms, columns):
    with pytest.raises(ValueError, match="of a dictionary.* one column"):
        HistoryDisplay.from_histories(arms, columns=columns)


@pytest.mark.parametrize("arms, columns, error, message", [
    ({}, "loss", ValueError, "nothing to draw: there is no history given"),
    ({"a": []}, "loss", ValueError, "nothing to draw: there is no history of 'a'"),
    ({"a": history_of(loss=[1.0])}, [], ValueError, "nothing to draw: there is no column given"),
    ({"a": history_of(loss=[1.0]), "b": history_of(f1=[1.0])}, "f1", KeyError,
     "no column 'f1' of 'a'; there are: loss"),
    ({"f1": history_of(loss=[1.0])}, "f1", KeyError, "no column 'f1' of 'f1'; there are: loss"),
    ({"a": ["loss"]}, "loss", ValueError, "must be a History, such as net.history"),
    ({"a": 3}, "loss", ValueError, "there is 3 in the place of a history"),
], ids=["no name", "no run", "no column", "a column of one", "a name like the column", "numbers",
        "a number"])
def test_a_dictionary_in_which_something_is_missing_is_an_error(arms, columns, error, message):
    with pytest.raises(error, match=message):
        HistoryDisplay.from_histories(arms, columns=columns)


def test_a_second_display_in_the_same_axes_adds_what_they_show(history):
    display = history.plot(["loss", "val_loss"])
    history.plot("accuracy", ax=display.ax_)
    assert display.ax_.get_ylabel() == "loss, accuracy"
    history.plot("loss", ax=display.ax_)
    assert display.ax_.get_ylabel() == "loss, accuracy"


def test_printed_it_says_what_it_shows_and_how_to_save_it(history):
    assert repr(history.plot()) == ("HistoryDisplay of loss, val_loss; "
                                    ".figure_.savefig(path) saves it")
    assert repr(HistoryDisplay(history, "loss")) == "HistoryDisplay of loss"


def test_a_history_that_was_kept_as_json_is_drawn_as_it_was(history):
    again = json.loads(json.dumps(history))
    for histories, drawn in (again, ["loss"]), ([again, again], ["loss"]), ({"a": again}, ["a"]):
        display = HistoryDisplay.from_histories(histories, columns="loss")
        assert labels(display) == drawn
        assert list(display.lines_[0].get_ydata()) == history["loss"]


def test_the_legend_counts_the_runs_that_have_the_column(runs):
    some = [history_of(loss=[1.0], val_loss=[2.0]), *runs[:2]]
    legend = HistoryDisplay.from_histories({"a": some, "b": some}, columns="val_loss").ax_.legend_
    assert legend.get_title().get_text() == ""


def test_names_may_be_numbers(runs):
    display = HistoryDisplay.from_histories({0.1: runs[0], "0.1": runs[1]}, columns="loss")
    assert len(display.lines_) == 2 and labels(display) == ["0.1", "0.1"]


def test_the_first_sixteen_curves_differ_in_colour_or_line():
    names = [str(i) for i in range(16)]
    lines = history_of(**dict.fromkeys(names, [1.0, 2.0])).plot(names).lines_
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 16
