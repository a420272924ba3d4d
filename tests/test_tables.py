"""Tables: the same rows as text and in a notebook."""

import copy
import pickle
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import tinynet as tn
from tinynet.tables import Table


def rows_of(html):
    """The texts of the cells, row by row."""
    return [[cell.text or "" for cell in row] for row in ET.fromstring(html).iter("tr")]


def network():
    net = tn.Sequential([tn.Dense(3), tn.ReLU(), tn.Dense(2)], 4, loss=tn.SoftmaxCrossEntropy(),
                        rng=0)
    net.layers[0].trainable = False
    return net


def test_it_prints_in_columns_with_numbers_on_the_right():
    table = Table([["n", "1", "20"], ["name", "a", "long one"], ["", "x", ""]], left=[1])
    assert table.splitlines() == [" n  name",
                                  " 1  a         x",
                                  "20  long one"]


def test_a_notebook_gets_the_same_cells_with_the_same_alignment():
    columns = [["n", "1", "20"], ["name", "a", "b"]]
    html = Table(columns, left=[1])._repr_html_()
    assert rows_of(html) == [["n", "name"], ["1", "a"], ["20", "b"]]
    styles = [cell.attrib["style"] for cell in ET.fromstring(html).iter("td")]
    assert styles == ["text-align: right", "text-align: left"] * 2


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy,
                                   lambda table: pickle.loads(pickle.dumps(table))])
def test_a_copy_is_the_same_table(again):
    table = Table([["n", "1"], ["name", "a"]], left=[1])
    assert again(table) == table and again(table)._repr_html_() == table._repr_html_()


def test_text_from_outside_is_not_taken_for_html():
    html = Table([["<b>", "a & b", "<script>"]])._repr_html_()
    assert rows_of(html) == [["<b>"], ["a & b"], ["<script>"]] and "<script>" not in html


def test_a_summary_is_text_and_a_table():
    summary = network().summary()
    assert isinstance(summary, str) and summary.splitlines() == [
        "   layer             output  parameters",
        "   input             (4,)",
        "0  Dense(3), frozen  (3,)            15",
        "1  ReLU()            (3,)             0",
        "2  Dense(2)          (2,)             8",
        "   all                               23",
        "   frozen                            15",
    ]
    assert rows_of(summary._repr_html_())[2:4] == [["0", "Dense(3), frozen", "(3,)", "15"],
                                                   ["1", "ReLU()", "(3,)", "0"]]


def test_a_network_shows_its_summary_in_a_notebook():
    net = network()
    assert net._repr_html_() == net.summary()._repr_html_()
    assert repr(net).startswith("Sequential([Dense(3), ReLU(), Dense(2)], input_shape=(4,)")


def test_a_history_shows_its_table_in_a_notebook():
    def add(net, epoch, record):
        record["<i>"] = epoch

    history = network().fit(np.eye(4), [0, 1, 1, 0], epochs=2, callbacks=[add])
    rows = rows_of(history._repr_html_())
    assert rows[0] == ["epoch", "loss", "accuracy", "lr", "seconds", "<i>"]
    assert [row[0] for row in rows[1:]] == ["1", "2"]
    assert [row.split() for row in repr(history).splitlines()] == rows


def test_a_history_without_epochs_says_so():
    assert tn.History()._repr_html_() == repr(tn.History()) == "History of 0 epochs"
