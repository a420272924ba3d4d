"""What the pages look like: each state is drawn, wide and narrow, light and dark.

    PICTURES=folder python -m pytest -m long tests/study/test_pictures.py

keeps the pictures; those of the docs are made by PICTURES=docs and -k docs.
"""

import os
import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest

import tinynet as tn
from pages import X, WrongDense, images_trace, large_trace, rich_trace
from pictures import find_tiles
from tinynet.study import trace

ROOT = Path(__file__).parents[2]
DOCS = {"microscope.png": ("weight", 1280, 800), "two_ways.png": ("two_ways", 1280, 800),
        "wrong_layer.png": ("wrong_layer", 1280, 800),
        "side_by_side.png": ("side_by_side", 1280, 900)}


class SlidesPage:
    """The page of the docs, as it is committed."""

    def to_html(self, path):
        shutil.copy(ROOT / "docs" / "microscope.html", path)


class ExamplePage:
    """The page of both losses that the example writes, from a saturated start."""

    def to_html(self, path):
        example = runpy.run_path(str(ROOT / "examples" / "microscope.py"))
        example["main"](folder=path.parent)
        (path.parent / "moons-saturated-losses.html").rename(path)


def trace_wrong_layer():
    net = tn.Sequential([tn.Dense(3), tn.Tanh(), WrongDense(2)], 2,
                        loss=tn.SoftmaxCrossEntropy(), rng=0)
    return trace(net, X, [0, 1, 1, 0], optimizer=tn.SGD(0.3), steps=(0, 1, 2))


def choose(name, *index):
    return f"choose('{name}', {list(index)}, {{ focus: 'cell' }})"


# {state: (what is shown, what is done with it)}
STATES = {
    "weight": (SlidesPage, choose("2.dW", 1, 0)),
    "two_ways": (SlidesPage, choose("loss.dx", 2, 0)),
    "covered": (SlidesPage, "goInPass(4); document.getElementById('cover').click()"),
    "squared_error": (rich_trace, choose("6.dx", 2, 1)),
    "large": (large_trace, choose("0.W", 40, 20)),
    "images": (images_trace, choose("0.dW", 1, 1, 0, 1)),
    "wrong_layer": (trace_wrong_layer, "goToWrong(WRONG[0])"),
    "side_by_side": (ExamplePage, ""),
}


def draw(open_page, state, path, width, height=800, dark=False):
    make, script = STATES[state]
    page = open_page(make(), width=width, height=height, dark=dark)
    if state != "side_by_side":
        page.wait_for_check()
        page.run(script)
    page.tab.screenshot(path=path)
    return page


@pytest.mark.long
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("state", STATES)
def test_nothing_sticks_out_of_the_page(open_page, state, width, dark, tmp_path):
    folder = Path(os.environ.get("PICTURES", tmp_path))
    page = draw(open_page, state, folder / f"{state}-{width}-{'dark' if dark else 'light'}.png",
                width, dark=dark)
    assert page.run("document.documentElement.scrollWidth") <= width


@pytest.mark.long
@pytest.mark.parametrize("name", DOCS)
def test_the_docs_have_a_picture_of_the_page_as_it_is(open_page, name, tmp_path):
    """In tiles of 40 by 20 pixels: letters differ between machines."""
    folder = Path(os.environ.get("PICTURES", tmp_path))
    state, width, height = DOCS[name]
    draw(open_page, state, folder / name, width, height)
    now, there = (find_tiles(picture) for picture in (folder / name, ROOT / "docs" / name))
    assert now.shape == there.shape
    assert np.abs(now - there).max() < 0.15   # of white
