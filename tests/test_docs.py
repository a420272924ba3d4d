"""Every python fence in README and docs runs, and prints what the text fence behind it shows."""

import contextlib
import io
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LONG = ["mistakes.md", "scikit-learn.md", "training.md", "when-it-goes-wrong.md"]
OPTIONAL = "torch", "safetensors"  # fences that import one of them run where it is installed


def fences(page):
    """(language, text, line, what stands between it and the fence before)"""
    text, end = page.read_text(), 0
    for match in FENCE.finditer(text):
        yield match[1], match[2], text[:match.start()].count("\n") + 2, text[end:match.start()]
        end = match.end()


def can_run(code):
    """Whether the modules among OPTIONAL that the code imports are installed."""
    imported = set(re.findall(r"^ *(?:import|from) (\w+)", code, re.MULTILINE))
    return all(find_spec(name) for name in imported.intersection(OPTIONAL))


@pytest.mark.parametrize("page", [pytest.param(
    page, id=page.name, marks=[pytest.mark.long] * (page.name in LONG)) for page in PAGES])
def test_the_code_of_a_page_runs_and_prints_what_the_page_shows(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    for table in (ROOT / "docs").glob("*.csv"):   # which pages read, from where a checkout has it
        (tmp_path / "docs" / table.name).symlink_to(table)
    namespace, printed = {"__name__": "__main__"}, None
    for language, text, line, between in fences(page):
        if language == "python" and not can_run(text):
            printed = None
        elif language == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile("\n" * (line - 1) + text, page, "exec"), namespace)
            printed = out.getvalue()
        elif language == "text" and not between.strip() and printed is not None:
            assert printed == text, f"{page.name}, line {line}"


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_every_link_of_a_page_leads_to_a_file(page):
    for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
        assert target.startswith("http") or (page.parent / target).exists(), target


def test_the_readme_has_at_most_600_words():
    assert len(re.findall(r"\w+(?:['’.\-]\w+)*", (ROOT / "README.md").read_text())) <= 600


def test_the_reading_order_names_every_module_of_the_front_room_and_every_page_and_fits_a_screen():
    text = (ROOT / "docs" / "index.md").read_text()
    modules = [path for folder in ("", "layers")
               for path in (ROOT / "tinynet" / folder).glob("*.py")]
    for path in [*modules, *(page for page in PAGES if page.name not in ("README.md", "index.md"))]:
        assert path.name in text or path.name == "__init__.py", path
    assert len(text.splitlines()) <= 60
