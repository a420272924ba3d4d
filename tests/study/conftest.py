"""Fixtures: a browser, and pages that are opened in it."""

import shutil

import pytest

from pages import Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def chromium():
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="needs Playwright: pip install 'tinynet-backprop[browser]'")
    if CHROMIUM is None:
        pytest.skip("needs Chromium, as Debian's package chromium")
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, tmp_path):
    """A function that writes a page and opens it. None may ask for anything but itself, nor
    complain in the console.
    """
    opened = []

    def open_it(shown, **settings):
        shown.to_html(tmp_path / "page.html")
        opened.append(Page(chromium, tmp_path / "page.html", **settings))
        return opened[-1]
    yield open_it
    for page in opened:
        assert page.errors == []
        assert page.requests == [page.url]
        page.tab.close()
