"""Pages in a browser, which may open nothing but files; and what is shown on them."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

import tinynet as tn
from tinynet.study import trace


class Page:
    """A page that is open, with what it asked for and what it complained of."""

    def __init__(self, browser, path, width=1280, height=800, dark=False):
        self.tab = browser.new_page(viewport={"width": width, "height": height},
                                    color_scheme="dark" if dark else "light")
        self.requests, self.errors = [], []
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.on("pageerror", lambda error: self.errors.append(str(error)))
        self.tab.on("console", lambda message: self.errors.append(message.text))
        self.url = Path(path).absolute().as_uri()
        self.tab.goto(self.url)
        self.tab.wait_for_selector("#when b")   # it is drawn

    def run(self, script, argument=None):
        return self.tab.evaluate(script, argument)

    def press(self, *keys):
        for key in keys:
            self.tab.keyboard.press(key)

    def text(self, selector):
        return self.tab.inner_text(selector)

    def wait_for_check(self):
        self.tab.wait_for_function("/agree/.test(document.getElementById('check').textContent)")
        return self.tab.text_content("#check")

    @property
    def chosen(self):
        """[name, index] of the number that is chosen."""
        return self.run("[state.chosen.name, state.chosen.index]")


def find_violations(page):
    """What axe-core finds: [(rule, elements)], or a skip where there is no axe-core."""
    if "AXE_CORE" not in os.environ:
        pytest.skip("needs axe-core: AXE_CORE=node_modules/axe-core/axe.min.js")
    page.tab.add_script_tag(path=os.environ["AXE_CORE"])
    found = page.run("axe.run().then(({ violations }) => "
                     "violations.map(v => [v.id, v.nodes.map(n => n.html)]))")
    return json.loads(json.dumps(found))


# ---- what is shown ----

X = np.array([[0.5, 1.0], [1.5, -0.5], [-1.0, 0.5], [-0.5, -1.5]])


def small_trace(steps=(0, 1, 5), **settings):
    """3-4-3 with 4 rows."""
    net = tn.Sequential([tn.Dense(4), tn.Tanh(), tn.Dense(3)], 3, loss=tn.SoftmaxCrossEntropy(),
                        rng=0)
    return trace(net, np.c_[X, X[:, 0] * X[:, 1]], [0, 1, 2, 0], optimizer=tn.SGD(0.3),
                 steps=steps, **settings)


def images_trace():
    net = tn.Sequential([tn.Conv2D(2, 3), tn.ReLU(), tn.MaxPool2D(2), tn.Flatten(), tn.Dense(2)],
                        (6, 6, 1), loss=tn.SoftmaxCrossEntropy(), rng=0)
    x = np.random.default_rng(0).normal(size=(3, 6, 6, 1))
    return trace(net, x, [0, 1, 0], optimizer=tn.SGD(0.1))


def rich_trace():
    """What stands beside the wires: means, what was kept, vectors of the optimizer."""
    net = tn.Sequential([tn.Dense(4), tn.LayerNorm(), tn.SiLU(), tn.BatchNorm(), tn.Dropout(0.3),
                         tn.Dense(3), tn.Softmax()], 2, loss=tn.MeanSquaredError(), rng=0)
    return trace(net, X, [0, 1, 2, 0], optimizer=tn.AdamW(), l2=0.01, clip_norm=0.1,
                 sample_weight=[1, 2, 1, 1], steps=(0, 5))


def large_trace():
    rng = np.random.default_rng(0)
    net = tn.Sequential([tn.Dense(64), tn.Tanh(), tn.Dense(10)], 64, loss=tn.SoftmaxCrossEntropy(),
                        rng=0)
    return trace(net, rng.normal(size=(32, 64)), rng.integers(10, size=32), steps=range(3))


class WrongDense(tn.Dense):
    """y = x W + b"""

    def backward(self, dy, cache):
        dx = super().backward(dy, cache)
        self.dW = self.dW.copy()
        self.dW[1, 0] *= -1
        return dx
