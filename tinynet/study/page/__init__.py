"""The microscope: a trace, or traces side by side, as a page to look at in a browser."""

from .comparison import collect_comparison, list_hidden
from .contents import collect, has_classes
from .file import fill_in, make_frame

__all__ = ["has_classes", "list_hidden", "make_comparison", "make_frame", "make_page"]


def make_page(trace):
    """The page that shows a Trace, as the text of an HTML file."""
    return fill_in("page.html", collect(trace))


def make_comparison(traces):
    """The page that shows traces side by side, from {name: Trace}."""
    return fill_in("side_by_side.html", collect_comparison(traces))
