"""The sheet: a figure on which everything has its place in inches.

And what arms look like on it.
"""

import contextlib
from dataclasses import dataclass

INK, QUIET, GRID, SHADE = "#222222", "#595959", "#E3E3E3", "#EEEEEE"


@dataclass(frozen=True)
class Style:
    """What an arm looks like: colours of lines and of text, dashes, width and mark. The colours
    differ in grey.
    """

    color: str
    ink: str
    dashes: tuple
    width: float
    mark: str

    def line(self, **changes):
        """The keywords of a matplotlib line."""
        dashes = (0, self.dashes) if self.dashes else "-"
        return {"color": self.color, "linestyle": dashes, "linewidth": self.width} | changes


STYLES = (
    Style("#12305C", "#12305C", (), 2.3, "o"),
    Style("#C1440E", "#A63A0A", (5, 1.6), 1.8, "s"),
    Style("#E69A17", "#8A5A00", (1.2, 1.2), 2.2, "^"),
    Style("#4FA79B", "#1F6F66", (6, 1.4, 1.2, 1.4), 1.8, "D"),
    Style("#8C6BB1", "#5E3C8B", (3, 1), 1.8, "v"),
    Style("#7A7A7A", "#4D4D4D", (8, 2), 1.8, "P"),
)


def give_styles(arms):
    """{arm: its Style}; beyond six they come again."""
    return {arm: STYLES[i % len(STYLES)] for i, arm in enumerate(arms)}


@contextlib.contextmanager
def plain_style():
    """In here, matplotlib draws by its defaults, whatever style the user has set, and dollars in
    names are dollars. Raises ImportError if matplotlib is not installed.
    """
    try:
        from matplotlib import style
    except ImportError as error:
        raise ImportError(
            "drawing needs matplotlib; install it with  pip install matplotlib") from error
    with style.context(["default", {"text.parse_math": False}]):
        yield


class Sheet:
    """A new matplotlib figure of this size, in inches."""

    def __init__(self, width, height):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width, height), dpi=192, facecolor="white")
        FigureCanvasAgg(self.figure)   # which draws into files, and needs no screen

    def text(self, x, y, text, size=8.5, color=INK, **settings):
        """Text whose upper left corner is there, cut at the edge; a new matplotlib Text."""
        settings = {"va": "top", "ha": "left"} | settings
        drawn = self.figure.text(x / self.width, 1 - y / self.height, text, fontsize=size,
                                 color=color, **settings)
        room = self.width - x if settings["ha"] == "left" else x
        while self.width_of(drawn) > room and len(text) > 1:
            text = text[:int(0.98 * len(text))]
            drawn.set_text(f"{text.rstrip()}…")
        return drawn

    def rule(self, x, y, length):
        """A horizontal line."""
        from matplotlib.lines import Line2D
        self.figure.add_artist(Line2D([x / self.width, (x + length) / self.width],
                                      [1 - y / self.height] * 2, color=QUIET, linewidth=0.8))

    def axes(self, x, y, width, height):
        """New axes, whose upper left corner is there, with lines at the left and below."""
        ax = self.figure.add_axes((x / self.width, 1 - (y + height) / self.height,
                                   width / self.width, height / self.height))
        ax.spines[["top", "right"]].set_visible(False)
        ax.spines[["left", "bottom"]].set_color(QUIET)
        ax.tick_params(colors=QUIET, labelcolor=INK, labelsize=8, length=3)
        return ax

    def width_of(self, text):
        """How many inches a Text is wide."""
        return text.get_window_extent(self.figure.canvas.get_renderer()).width / self.figure.dpi


def outline(width=2.2):
    """White around letters, so that lines behind them do not disturb."""
    from matplotlib.patheffects import withStroke
    return [withStroke(linewidth=width, foreground="white")]
