"""Files: a page as one file of HTML, which needs no other and asks for nothing from the network."""

import html
import json
import re
from pathlib import Path

FOLDER = Path(__file__).parent


def fill_in(template, contents):
    """The text of a page: a template, in which {{numbers.js}} is the text of this file, and
    {{contents}} the contents as JSON.
    """
    text = json.dumps(contents, separators=(",", ":"), allow_nan=False)  # in letters of ASCII
    text = text.replace("<", "\\u003c")  # so that no "</script>" in it ends the script
    return re.sub(r"{{(.+?)}}", lambda found: text if found[1] == "contents" else read(found[1]),
                  read(template))


def read(name):
    """The text of a file of the page."""
    return (FOLDER / name).read_text(encoding="utf-8")


def make_frame(page):
    """A page in a frame, for a notebook."""
    return (f'<iframe srcdoc="{html.escape(page)}" title="tinynet: the microscope" '
            'style="width: 100%; height: 800px; border: 0"></iframe>')
