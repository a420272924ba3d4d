"""The strip: the point of a comparison in one row of curves, for those who do not know it yet."""

from dataclasses import replace

from .columns import make_columns
from .judging import unit_of, write_difference
from .panels import draw_curves, find_curves, write_names
from .sheet import INK, QUIET, Sheet, give_styles, outline, plain_style
from .titles import Names, title_column, title_common_rate

LEFT, GAP, WIDTH, HEIGHT = 0.5, 0.21, 8.65, 2.71   # inches


def draw_strip(comparison, common_rate):
    """The matplotlib Figure of the first two arms: at one rate, each at its own, and from a bad
    start if there was one.
    """
    with plain_style():
        return draw_panels(comparison, common_rate)


def draw_panels(comparison, common_rate):
    reference, other = comparison.arms[:2]
    names = Names.from_arms(comparison.arms)
    ordinary = comparison.conditions[0]
    columns = [column for column in make_columns(comparison, names, common_rate)
               if column.condition.wrong_labels == ordinary.wrong_labels][:3]
    k = {row["data"]: row["k"] for row in comparison.table}
    shown = max(comparison.data, key=k.get)
    name = names.family or other
    styles = give_styles([reference, other])
    styles = {arm: replace(style, width=1.35 * style.width) for arm, style in styles.items()}
    curves = [find_curves(column.rows, shown, styles) for column in columns]
    lowest = min((seeds.min() for each in curves for seeds in each.values()
                  if seeds is not None), default=0)
    sheet = Sheet(WIDTH, HEIGHT)
    width = (WIDTH - LEFT - 0.12 - GAP * (len(columns) - 1)) / len(columns)
    for i, (column, each) in enumerate(zip(columns, curves)):
        x = LEFT + i * (width + GAP)
        verdict, = (verdict for verdict in column.verdicts if verdict.question.arm == other)
        title = title_column if column.rate is None else title_common_rate
        finding, winner = title([verdict], replace(names, family=name))
        arm = reference if winner == reference else other
        sheet.text(x, 0.08, name_panel(column, ordinary), 9, QUIET)
        sheet.text(x, 0.27, finding, 12, styles[arm].ink if winner else INK, fontweight="bold")
        ax = sheet.axes(x, 0.66, width, 1.62)
        ax.set_ylim(lowest // 10 * 10, 101)
        draw_curves(ax, each, styles)
        ax.tick_params(labelleft=i == 0)
        is_between = column.rate is None and column.condition == ordinary
        early = (find_early(comparison, ordinary, other)
                 if is_between and comparison.measure.endswith("accuracy") else None)
        write_finding(ax, verdict, name, early)
        if i == 0:
            write_names(ax, each, styles, {reference: reference, other: name}, 9,
                        taken=[(0.2, 1.0, 0.0, 0.25)])
    form = f"; {names.family} {names.forms[other]}" if names.family not in (None, other) else ""
    sheet.text(0.1, 2.53, f"{shown[0].upper()}{shown[1:]} (k = {k[shown]}): validation accuracy in "
               f"%, by epoch{form}. Thick: mean, thin: {len(comparison.seeds)} seeds.", 8.2,
               QUIET)
    return sheet.figure


def find_early(comparison, condition, arm):
    """The verdict on an arm's first epochs at its own rate."""
    return next(verdict for verdict in comparison.judge("early_accuracy", condition=condition)
                if verdict.question.arm == arm)


def name_panel(column, ordinary):
    if column.rate is not None:
        return f"One learning rate, {column.rate:g}"
    if column.condition.start > ordinary.start:
        return f"Own rates, bad start ({column.condition})"
    return "Each at its own best rate"


def write_finding(ax, verdict, name, early=None):
    """In the lower right corner: the difference, and what it is of; and that of the first epochs
    before it.
    """
    question = verdict.question
    is_early = question.measure == "early_accuracy"
    rows = "test rows" if question.measure.startswith("test") else "validation rows"
    when = "first 5 epochs" if is_early else f"{rows}, at the end"
    where = question.data or f"mean of {question.n_data} data sets"
    unit = "" if verdict.difference is None else unit_of(question.measure)
    lines = [f"{name} ({where})"]
    if early is not None:
        lines.append(f"first 5 epochs: {write_difference(early)}{unit}")
    lines.append(f"{when}: {write_difference(verdict)}{unit}")
    ax.text(0.985, 0.04, "\n".join(lines), ha="right", va="bottom", transform=ax.transAxes,
            fontsize=8.3, color=INK, linespacing=1.3, path_effects=outline(), zorder=6)
