"""Panels: curves by epoch, accuracy by learning rate, and differences, each drawn into axes."""

import numpy as np

from .judging import is_share, write_difference
from .labels import Box, place_names
from .rates import find_curve_of, find_good_rates, has_diverged, mean_of, say_median_epoch
from .sheet import GRID, QUIET, SHADE, outline


def find_curves(rows, data, arms):
    """{arm: validation accuracies in % (seeds, epochs)} of one data set; None for an arm that
    diverged with some seed.
    """
    found = {}
    for arm in arms:
        of_arm = [row for (each, name, _), row in rows.items() if (each, name) == (data, arm)]
        found[arm] = None
        if of_arm and not has_diverged(of_arm):
            found[arm] = 100 * np.array([find_curve_of(row) for row in of_arm])
    return found


def draw_curves(ax, curves, styles):
    """Validation accuracy by epoch: a thin line for each seed, a thick one for their mean."""
    for arm, seeds in reversed(curves.items()):  # the first arm lies on top
        if seeds is not None:
            epochs = np.arange(1, seeds.shape[1] + 1)
            ax.plot(epochs, seeds.T, color=styles[arm].color, linewidth=0.6,
                    alpha=0.38 if len(seeds) < 6 else 0.26, zorder=2)
            mark = styles[arm].mark if len(epochs) == 1 else ""   # a point has no line to show it
            ax.plot(epochs, seeds.mean(axis=0), **styles[arm].line(marker=mark), zorder=3)
    n_epochs = max((seeds.shape[1] for seeds in curves.values() if seeds is not None), default=1)
    ax.set(xscale="log", xlim=(1, max(n_epochs, 2)))
    set_ticks(ax, [epoch for epoch in (1, 3, 10, 30, 100, 300, 1000) if epoch <= n_epochs])
    ax.grid(axis="y", color=GRID, linewidth=0.8)
    ax.set_axisbelow(True)


def set_ticks(ax, ticks):
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()


def write_names(ax, curves, styles, short, size=8.5, taken=()):
    """Each arm's name beside its mean curve, where it fits; not in these parts of the panel, which
    are (left, right, low, high) as shares.
    """
    width, height = ax.get_window_extent().size / ax.figure.dpi
    (first, last), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    means = {arm: seeds.mean(axis=0) for arm, seeds in curves.items() if seeds is not None}
    x = np.linspace(0, width, 200)   # also between the epochs, where lines go as well
    epochs = 1 + np.arange(max(map(len, means.values()), default=1))
    x_of_epochs = width * np.log(epochs / first) / np.log(last / first)
    places = place_names(
        x, {arm: np.interp(x, x_of_epochs, height * (mean - bottom) / (top - bottom))
            for arm, mean in means.items()},
        {arm: (0.0087 * size * len(short[arm]), 0.0132 * size) for arm in means}, width,
        height + 0.12, [Box(left * width, right * width, low * height, high * height)
                        for left, right, low, high in taken])
    for arm, (x, y) in places.items():
        ax.text(x / width, y / height, short[arm], transform=ax.transAxes, ha="center",
                va="center_baseline", fontsize=size, color=styles[arm].ink,
                fontweight="bold" if arm == next(iter(curves)) else None,
                path_effects=outline(), zorder=5)


def write_epochs(ax, rows, data, styles, short):
    """How many epochs each arm needs to 90 %: the median of the seeds."""
    lines = [("epochs to 90 %", "", QUIET, None)]
    for i, arm in enumerate(styles):
        of_arm = [row for (each, name, _), row in rows.items() if (each, name) == (data, arm)]
        bold = "bold" if i == 0 else None
        lines.append((short[arm], say_median_epoch(of_arm), styles[arm].ink, bold))
    for i, (name, number, color, bold) in enumerate(reversed(lines)):
        y = 0.03 + 0.105 * i
        settings = {"transform": ax.transAxes, "fontsize": 8.2, "color": color, "va": "bottom",
                    "ha": "right", "path_effects": outline(), "zorder": 5}
        ax.text(0.985, y, number, fontweight="bold", **settings)
        ax.text(0.985 if not number else 0.81, y, name, fontweight=bold, **settings)


def draw_rates(ax, groups, styles):
    """Validation accuracy at the end by learning rate, with whiskers from the worst to the best
    seed. Returns {arm: (first rate with a diverging seed, how many of its seeds diverge, of how
    many)}.

    groups   {arm: {rate: rows}}
    """
    diverging = {}
    for i, (arm, by_rate) in reversed([*enumerate(groups.items())]):
        good = [rate for rate in sorted(by_rate) if not has_diverged(by_rate[rate])]
        bad = [rate for rate in sorted(by_rate) if has_diverged(by_rate[rate])]
        above = [rate for rate in bad if not good or rate > good[-1]]
        means = [100 * mean_of(by_rate[rate], "val_accuracy") for rate in good]
        ax.plot(good, means, **styles[arm].line(), zorder=3)
        shift = 1.045 ** (i - (len(groups) - 1) / 2)  # so that whiskers do not hide each other
        for rate in good:
            seeds = [100 * row["val_accuracy"] for row in by_rate[rate]]
            ax.vlines(rate * shift, min(seeds), max(seeds), color=styles[arm].color, linewidth=0.7,
                      zorder=2)
            ax.plot([rate * shift] * 2, [min(seeds), max(seeds)], "_", color=styles[arm].color,
                    markersize=3.5, markeredgewidth=0.7, zorder=2)
        if above:
            count = sum(row["diverged_in_epoch"] is not None for row in by_rate[above[0]])
            diverging[arm] = above[0], count, len(by_rate[above[0]])
            if good:
                floor = ax.get_ylim()[0]
                ax.plot([good[-1], above[0]], [means[-1], floor], linestyle=":", linewidth=1,
                        color=styles[arm].color, zorder=2)
            ax.plot(above[0], ax.get_ylim()[0], "x", color=styles[arm].color, markersize=6,
                    markeredgewidth=1.8, clip_on=False, zorder=6)
    ax.grid(axis="y", color=GRID, linewidth=0.8)
    ax.set_axisbelow(True)
    return diverging


def draw_good_rates(ax, groups, styles):
    """A lane for each arm: a mark at its best rate, a bar over the rates within one point."""
    for i, (arm, by_rate) in enumerate(groups.items()):
        best = next((rate for rate, rows in by_rate.items() if rows[0]["chosen"]), None)
        if best is None:
            continue
        low, high = find_good_rates(by_rate, best)
        if low < high:
            ax.plot([low, high], [-i, -i], color=styles[arm].color, linewidth=3.2,
                    solid_capstyle="butt", zorder=2)
        ax.plot(best, -i, styles[arm].mark, color=styles[arm].color, markersize=7,
                markeredgecolor="white", markeredgewidth=1, zorder=3)
    ax.set(ylim=(0.6 - len(groups), 0.7), yticks=[])


def draw_differences(ax, column, data, styles, limits):
    """For each data set, and for the mean over all: the arms but the first, less the first one."""
    scale = 100 if is_share(column.verdicts[0].question.measure) else 1
    others = [verdict.question.arm for verdict in column.verdicts]
    blocks = [[verdict for verdict in column.singles if verdict.question.data == each]
              for each in data]
    is_one = len(data) == 1
    if is_one:
        blocks = [column.verdicts]
    else:
        blocks.append(column.verdicts)
        ax.axhspan(len(data) - 0.5, len(data) + 0.5, color=SHADE, linewidth=0, zorder=0)
    ax.axvline(0, color=styles[column.verdicts[0].question.reference].color, linewidth=1.8,
               zorder=1)
    for i, block in enumerate(blocks):
        if 0 < i < len(data):
            ax.axhline(i - 0.5, color=GRID, linewidth=0.8, zorder=0)
        for lane, verdict in enumerate(block):
            y = i + 0.27 * (lane - (len(others) - 1) / 2) * min(1, 3 / len(others))
            style, is_mean = styles[verdict.question.arm], is_one or i == len(data)
            text = {"fontsize": 8.2, "color": style.ink, "va": "center", "ha": "right",
                    "path_effects": outline(), "zorder": 6,
                    "transform": ax.get_yaxis_transform()}
            if verdict.difference is None:
                ax.text(0.995, y, "diverges", **text)
                continue
            if not is_mean or is_one:
                draw_seeds(ax, scale * verdict.question.differences, y, style)
            if is_mean:
                draw_interval(ax, scale, verdict, y, style, limits)
            else:
                ax.plot([scale * verdict.difference] * 2, [y - 0.11, y + 0.11], color=style.color,
                        linewidth=2.4, solid_capstyle="butt", zorder=4)
            if is_mean or not verdict.tie:
                ax.text(0.995, y, write_difference(verdict),
                        fontweight=None if verdict.tie else "bold", **text)
    ax.set(xlim=limits, ylim=(len(blocks) - 0.5, -0.5), yticks=[])
    ax.spines["left"].set_visible(False)


def draw_seeds(ax, differences, y, style):
    ax.plot(differences, [y] * len(differences), style.mark, color=style.color, markersize=3.4,
            alpha=0.55 if len(differences) < 6 else 0.4, markeredgewidth=0, zorder=3)


def draw_interval(ax, scale, verdict, y, style, limits):
    """The mean with its interval: filled if it is clear, hollow if it is not."""
    ends = np.clip([scale * verdict.low, scale * verdict.high], limits[0], find_last_mark(limits))
    ax.plot(ends, [y, y], color=style.color, linewidth=1.6, zorder=4)
    ax.plot(scale * verdict.difference, y, style.mark, color=style.color, markersize=7,
            markeredgewidth=1.4, zorder=5,
            markerfacecolor="white" if verdict.tie else style.color)


def find_limits(columns):
    """(lowest, highest) of the axis of differences that all columns have in common, with room for
    numbers at the right.
    """
    scale = 100 if is_share(columns[0].verdicts[0].question.measure) else 1
    values = [0.0] if scale == 1 else [-40.0, 20.0]
    for verdict in (verdict for column in columns for verdict in column.verdicts + column.singles):
        if verdict.difference is not None:
            values += [*(scale * verdict.question.differences)]
    low, high = min(values), max(values)
    length = high - low or 1.0
    return low - 0.04 * length, high + 0.34 * length


def find_last_mark(limits):
    """Where in these limits the room for numbers begins."""
    return limits[1] - 0.25 * (limits[1] - limits[0])
