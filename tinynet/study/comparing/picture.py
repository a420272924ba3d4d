"""The picture of a comparison: columns are questions, rows are the evidence."""

import textwrap

import numpy as np

from .columns import make_columns
from .judging import is_share
from .measures import NAMES, larger_measure_is_better
from .panels import (draw_curves, draw_differences, draw_good_rates, draw_rates, find_curves,
                     find_last_mark, find_limits, set_ticks, write_epochs, write_names)
from .rates import count_ends, count_epochs, group_rows, has_diverged, mean_of
from .sheet import QUIET, Sheet, give_styles, plain_style
from .titles import NUMBERS, Names, name_condition, title_all

LEFT, RIGHT, GAP = 0.98, 0.1, 0.15   # inches
CURVES, RATES, LANES = 1.6, 1.17, 0.58


def draw_comparison(comparison, common_rate):
    """The matplotlib Figure of a Comparison."""
    with plain_style():
        return Picture(comparison, common_rate).draw()


class Picture:
    """Draws from the top down; `y` is how many inches of the sheet are full."""

    def __init__(self, comparison, common_rate):
        self.comparison, self.common_rate = comparison, common_rate
        self.names = Names.from_arms(comparison.arms)
        self.styles = give_styles(comparison.arms)
        self.columns = make_columns(comparison, self.names, common_rate)
        k = {row["data"]: row["k"] for row in comparison.table}
        self.data = sorted(comparison.data, key=lambda name: -k[name])   # in the order of the table
        self.k, self.shown = k, self.data[0]
        self.groups = group_rows(comparison.table)
        at_end, of = count_ends(comparison.table)
        is_tuned = at_end <= of / 4 and any(len(by_rate) > 1 for by_rate in self.groups.values())
        self.title = textwrap.wrap(title_all(comparison.verdicts, self.names, is_tuned), 62)
        n_blocks = len(self.data) + (len(self.data) > 1)
        self.differences = n_blocks * max(0.47, 0.125 * len(comparison.arms[1:]) + 0.1)
        gaps = GAP * (len(self.columns) - 1)
        self.width = max(8.65, LEFT + RIGHT + 1.78 * len(self.columns) + gaps)
        self.column = (self.width - LEFT - RIGHT - gaps) / len(self.columns)
        self.key = self.lay_out_key()
        height = 0.3 * len(self.title) + 0.25 * len(self.key) + 6.77 + self.differences
        self.sheet, self.y = Sheet(self.width, height), 0.1

    def draw(self):
        self.write_head()
        self.write_findings()
        self.draw_row_of_curves()
        self.draw_row_of_rates()
        self.draw_row_of_differences()
        self.write_foot()
        return self.sheet.figure

    def left_of(self, i):
        """Where a column begins."""
        return LEFT + i * (self.column + GAP)

    def write_head(self):
        sheet, comparison = self.sheet, self.comparison
        for line in self.title:
            sheet.text(0.1, self.y, line, 16.5, fontweight="bold")
            self.y += 0.3
        forms = len(comparison.arms) - 1
        count = NUMBERS[forms] if forms < len(NUMBERS) else str(forms)
        against = (f"{count} others" if not self.names.family else self.names.family if forms == 1
                   else f"{count} forms of {self.names.family}")
        name = self.names.reference
        sheet.text(0.1, self.y, f"{name[0].upper()}{name[1:]} against {against}: "
                   f"{len(comparison.seeds)} seeds, rates chosen on validation rows, test rows "
                   "used once.", 8.5, QUIET)
        self.y += 0.28
        self.write_key()

    def lay_out_key(self):
        """The lines of the key: lists of (inches from the left, arm, name)."""
        lines, x = [[]], 0.1
        for i, arm in enumerate(self.styles):
            name = arm if i == 0 else self.names.forms[arm]
            if i == 1 and self.names.family not in (None, arm):
                x += 0.085 * len(self.names.family) + 0.2
            length = 0.62 + 0.073 * len(name)
            if lines[-1] and x + length > self.width:
                lines.append([])
                x = 0.1
            lines[-1].append((x, arm, name))
            x += length
        return lines

    def write_key(self):
        """What the lines and marks of all panels stand for."""
        from matplotlib.lines import Line2D
        sheet, reference = self.sheet, self.names.reference
        for line in self.key:
            for x, arm, name in line:
                style = self.styles[arm]
                if arm == self.comparison.arms[1] and self.names.family not in (None, arm):
                    sheet.text(x - 0.06, self.y, f"{self.names.family}:", 9.5, fontweight="bold",
                               ha="right")
                y = 1 - (self.y + 0.075) / sheet.height
                places = [(x + along) / sheet.width for along in (0, 0.19, 0.38)]
                sheet.figure.add_artist(Line2D(places, [y] * 3, marker=style.mark, markevery=[1],
                                               markersize=6.5, **style.line()))
                sheet.text(x + 0.44, self.y, name, 9.5,
                           fontweight="bold" if arm == reference else None)
            self.y += 0.25

    def write_findings(self):
        """Two rules over the columns, and of each column the condition and the finding."""
        sheet, n_common = self.sheet, int(self.common_rate is not None)
        groups = [(0, n_common, f"one learning rate: {self.common_rate:g}")
                  if n_common else None,
                  (n_common, len(self.columns), "each at its own best learning rate")]
        for start, stop, text in filter(None, groups):
            sheet.text(self.left_of(start), self.y, text, 8.5, QUIET, fontweight="bold")
            sheet.rule(self.left_of(start), self.y + 0.19,
                       self.left_of(stop - 1) + self.column - self.left_of(start))
        self.y += 0.23
        for i, column in enumerate(self.columns):
            sheet.text(self.left_of(i), self.y,
                       name_condition(column.condition, self.columns[0].condition), 8.5)
            finding = textwrap.fill(column.title, max(20, int(self.column * 12.2)))
            sheet.text(self.left_of(i), self.y + 0.18, finding, 9.5, self.ink_of(column.winner),
                       fontweight="bold", linespacing=1.15)
        self.y += 0.56

    def ink_of(self, winner):
        """The colour of who is ahead; of a family that of its first form."""
        if winner is None:
            return "#222222"
        arm = winner if winner in self.styles else self.comparison.arms[1]
        return self.styles[arm].ink

    def draw_row_of_curves(self):
        self.write_caption("validation accuracy in %, by epoch")
        curves = [find_curves(column.rows, self.shown, self.styles) for column in self.columns]
        lowest = min((seeds.min() for each in curves for seeds in each.values()
                      if seeds is not None), default=0)
        for i, (column, each) in enumerate(zip(self.columns, curves)):
            ax = self.sheet.axes(self.left_of(i), self.y, self.column, CURVES)
            ax.set_ylim(min(40, lowest // 10 * 10), 101)
            draw_curves(ax, each, self.styles)
            if i:
                ax.tick_params(labelleft=False)
            late = [seeds[:, 4:].min() for seeds in each.values()
                    if seeds is not None and seeds.shape[1] > 4]
            if min(late, default=100) < 60:
                write_names(ax, each, self.styles, self.names.short)
            else:
                write_epochs(ax, column.rows, self.shown, self.styles, self.names.short)
        self.y += CURVES + 0.36

    def draw_row_of_rates(self):
        """A panel for each condition; that of the first one also lies under the common rate."""
        epochs = count_epochs(self.comparison.table)
        self.write_caption(f"validation accuracy in % after {epochs} epochs, by learning rate; "
                           "mark: best, bar: within one point, ×: diverges")
        n_common = int(self.common_rate is not None)
        groups = [{arm: self.groups[self.shown, *condition, arm] for arm in self.styles}
                  for condition in self.comparison.conditions]
        lowest = min((100 * mean_of(rows, "val_accuracy") for each in groups
                      for by_rate in each.values() for rows in by_rate.values()
                      if not has_diverged(rows)), default=0)
        rates = sorted({row["rate"] for row in self.comparison.table})
        for i, each in enumerate(groups):
            x = self.left_of(i + n_common if i else 0)
            width = self.column + (n_common and i == 0) * (self.column + GAP)
            ax = self.sheet.axes(x, self.y, width, RATES)
            lanes = self.sheet.axes(x, self.y + RATES, width, LANES)
            lanes.patch.set_visible(False)   # so that it does not hide marks on its upper edge
            for part in (ax, lanes):
                part.set(xscale="log", xlim=(rates[0] / 1.4, rates[-1] * 1.4))
                set_ticks(part, [rate for rate in rates if f"{rate:e}".startswith("1.0")] or rates)
            ax.set_ylim(lowest - 2, 101)
            diverging = draw_rates(ax, each, self.styles)
            draw_good_rates(lanes, each, self.styles)
            ax.tick_params(labelbottom=False, labelleft=i == 0, bottom=False)
            if i == 0:
                self.write_notes(ax, lanes, diverging)
        self.y += RATES + LANES + 0.38

    def write_notes(self, ax, lanes, diverging):
        """In the first panel: the common rate, and which arms diverge."""
        if self.common_rate is not None:
            for part in (ax, lanes):
                part.axvline(self.common_rate, color=QUIET, linewidth=1, zorder=1)
            is_left = self.common_rate**2 < np.prod(ax.get_xlim())
            ax.annotate("the one rate\nof column 1", (self.common_rate, 0.35),
                        (3 if is_left else -3, 0), xycoords=ax.get_xaxis_transform(),
                        textcoords="offset points", ha="left" if is_left else "right", va="center",
                        fontsize=8, color=QUIET)
        for i, (arm, (rate, count, of)) in enumerate(diverging.items()):
            is_left = rate**2 < np.prod(ax.get_xlim())   # on a logarithmic axis
            ax.annotate(f"{self.names.short[arm]}: {count} of {of} seeds diverge",
                        (rate, 0.06 + 0.12 * i), (4 if is_left else -6, 0),
                        xycoords=ax.get_xaxis_transform(), textcoords="offset points", fontsize=8,
                        color=self.styles[arm].ink, va="bottom", ha="left" if is_left else "right")

    def draw_row_of_differences(self):
        measure = self.columns[-1].verdicts[0].question.measure
        unit = "points of accuracy" if measure.endswith("accuracy") else (
            f"points of {NAMES[measure]}" if is_share(measure) else NAMES[measure])
        sheet = self.sheet
        where = "all data sets" if len(self.data) > 1 else self.shown
        sheet.text(0.56, self.y, f"{where}: {self.names.others} minus "
                   f"{self.names.reference}, in {unit}", 8.5)
        self.y += 0.2
        limits = find_limits(self.columns)
        blocks = len(self.data) + (len(self.data) > 1)
        for i, column in enumerate(self.columns):
            ax = sheet.axes(self.left_of(i), self.y, self.column, self.differences)
            draw_differences(ax, column, self.data, self.styles, limits)
            self.set_ticks_of_differences(ax, limits, measure)
        for i, name in enumerate([*self.data, None][:blocks]):
            text = (f"{textwrap.fill(name, 14, max_lines=2)}\nk = {self.k[name]}" if name
                    else f"mean of\nall {len(self.data)}")
            sheet.text(LEFT - 0.07, self.y + (i + 0.5) * self.differences / blocks, text, 8.5,
                       ha="right", va="center", fontweight=None if name else "bold")
        if len(self.styles) > 2:
            self.name_lanes(blocks)
        self.y += self.differences + 0.2
        self.point_at_reference(limits)
        self.y += 0.22

    def name_lanes(self, blocks):
        """Which lane is whose, in the first row of the second column, or of the first."""
        others = self.comparison.arms[1:]
        pitch = 0.27 * min(1, 3 / len(others))
        for lane, arm in enumerate(others):
            offset = pitch * (lane - (len(others) - 1) / 2)
            self.sheet.text(self.left_of(min(1, len(self.columns) - 1)) + 0.02,
                            self.y + (0.5 + offset) * self.differences / blocks,
                            self.names.short[arm], 8.2, self.styles[arm].ink, va="center")

    def set_ticks_of_differences(self, ax, limits, measure):
        from matplotlib.ticker import FuncFormatter, MaxNLocator
        ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 3, 5, 10]))
        ticks = [tick for tick in ax.get_xticks()
                 if limits[0] <= tick <= find_last_mark(limits)]
        ax.set_xticks(ticks)
        ax.xaxis.set_major_formatter(FuncFormatter(
            lambda value, _: f"{value:+g}".replace("-", "−") if value else "0"))

    def point_at_reference(self, limits):
        """Under the first columns of both groups, on which side the reference is ahead."""
        measure = self.comparison.measure
        larger = larger_measure_is_better(measure)
        if larger is None:
            return
        n_common = int(self.common_rate is not None)
        zero = -limits[0] / (limits[1] - limits[0]) * self.column
        for i in {0, n_common}:
            side = (f"◂ {self.names.reference} ahead" if larger
                    else f"{self.names.reference} ahead ▸")
            self.sheet.text(self.left_of(i) + zero, self.y, side, 8.5,
                            self.styles[self.names.reference].ink, ha="right" if larger else "left")

    def write_caption(self, text):
        self.sheet.text(0.56, self.y, f"{self.shown} (k = {self.k[self.shown]}), {text}", 8.5)
        self.y += 0.2

    def write_foot(self):
        comparison, n_common = self.comparison, int(self.common_rate is not None)
        epochs = count_epochs(comparison.table)
        part = "test rows" if comparison.measure.startswith("test") else "validation rows"
        rest = (f"{n_common + 1} to {len(self.columns)}" if len(self.columns) > n_common + 1
                else f"{n_common + 1}")
        early = ("mean of epochs 1 to 5" if comparison.measure.endswith("accuracy")
                 else f"after {epochs} epochs")
        first = f"Column 1: validation rows, {early}; " * n_common
        at_end, of = count_ends(comparison.table)
        many = len(self.data) > 1
        columns = "columns" if len(self.columns) > n_common + 1 else "column"
        its = f"Titles are of the mean of all {len(self.data)}: its" if many else "Titles: the"
        single = "Of single data sets, clear differences alone have a number. " * many
        lines = [f"{first}{columns} {rest}: {part} after {epochs} epochs. Thin lines, small marks: "
                 "seeds; whiskers: worst, best.",
                 f"{its} interval over seeds, by Holm's method at 1 %, has 0 in it (hollow) or "
                 "not (filled).",
                 f"{single}Epochs to 90 %: median of seeds. Best rates at an end of the grid: "
                 f"{at_end} of {of}."]
        for line in lines:
            self.sheet.text(0.1, self.y, line[0].upper() + line[1:], 8, QUIET)
            self.y += 0.165
