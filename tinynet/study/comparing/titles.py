"""Titles: what is written over pictures.

They follow from the verdicts by rule, so that no tie is ever titled a win.
"""

from dataclasses import dataclass

from ..tracing.side_by_side import list_words
from .judging import write_difference

NUMBERS = "no", "one", "two", "three", "four", "five", "six"


ENOUGH_SEEDS = 5   # with fewer, intervals are so wide that a tie says nothing


@dataclass(frozen=True)
class Names:
    """What the arms are called where there is little room.

    reference   the name of the first arm
    family      what all others are forms of, "squared error", or the name of the only other one;
                None if their names have no beginning in common
    forms       {arm: what tells it from the others of the family, "behind softmax"}
    short       {arm: one word for it, "softmax"}
    """

    reference: str
    family: str | None
    forms: dict
    short: dict

    @classmethod
    def from_arms(cls, arms):
        reference, *others = arms
        common = []
        for words in zip(*(arm.split() for arm in others)):
            if len(set(words)) > 1:
                break
            common.append(words[0])
        family = others[0] if len(others) == 1 else " ".join(common) or None
        forms = {arm: arm.removeprefix(family or "").strip() or arm for arm in others}
        last = [form.split()[-1] for form in forms.values()]
        short = dict(zip(others, last)) if len(set(last)) == len(last) else forms
        return cls(reference, family, forms, {reference: reference} | short)

    @property
    def others(self):
        """What all arms but the first are called together, and the verb's ending for it."""
        return self.family or "the others"

    @property
    def ending(self):
        return "s" if self.family else ""


@dataclass(frozen=True)
class Count:
    """How many of n verdicts are for the reference, for another arm, or neither way: ties, and
    questions without a better side, among which are those on which both arms diverged.
    """

    n: int
    reference: int
    others: int
    diverged: int
    ties: int

    @classmethod
    def from_verdicts(cls, verdicts):
        return cls(len(verdicts),
                   sum(verdict.better == verdict.question.reference for verdict in verdicts),
                   sum(verdict.better == verdict.question.arm for verdict in verdicts),
                   sum(len(verdict.question.diverged) == 2 for verdict in verdicts),
                   sum(verdict.tie for verdict in verdicts))


def title_column(verdicts, names, on_single_data=()):
    """The finding of a column (title, winner): the name of the arm or family that is ahead, or
    None. on_single_data are its verdicts on single data sets.
    """
    count = Count.from_verdicts(verdicts)
    ahead, behind = (say_which(verdicts, names, is_ahead) for is_ahead in (True, False))
    if count.diverged == count.n:
        return "all diverge", None
    if all(verdict.difference is None for verdict in verdicts):
        return f"{names.others} diverge{names.ending}", names.reference
    if count.reference and count.others:
        return f"mixed: {ahead} ahead, {behind} behind", None
    if count.reference == count.n:
        return f"{names.reference} wins", names.reference
    if count.reference:
        which = f": {behind}" * (count.reference == 1)
        forms = " forms" if names.family else ""
        return (f"{names.reference} beats {count.reference} of {count.n}{forms}{which}",
                names.reference)
    if count.others == count.n:
        return f"{names.others} win{names.ending}", names.others
    if count.others:
        which = f": {ahead}" * (count.others == 1)
        return f"{names.others} ahead in {count.others} of {count.n}{which}", names.others
    if count.ties < count.n:
        return "clear differences", None   # of a measure of which neither more nor less is better
    n_seeds = len(verdicts[0].question.differences)
    if n_seeds < ENOUGH_SEEDS:
        return f"{n_seeds} seeds cannot tell", None
    over_all = any(not verdict.tie for verdict in on_single_data)
    return "no clear difference" + " over all data sets" * over_all, None


def say_which(verdicts, names, is_ahead):
    """The arm that is ahead of the reference, or behind it, or how many these are."""
    arms = [names.short[verdict.question.arm] for verdict in verdicts
            if verdict.better and (verdict.better == verdict.question.arm) == is_ahead]
    return arms[0] if len(arms) == 1 else str(len(arms))


def title_common_rate(verdicts, names, on_single_data=()):
    """The finding of the column in which all arms have one rate."""
    count = Count.from_verdicts(verdicts)
    if count.reference and not count.others:
        diverged = sum(verdict.difference is None for verdict in verdicts)
        if diverged == 0:
            look = f"look{names.ending} slow"
        elif diverged == count.reference:
            look = f"diverge{names.ending}"
        else:
            look = f"look{names.ending} slow or diverge{names.ending}"
        return f"{names.others} {look}{say_share(count.reference, count.n, names)}", names.reference
    if count.others and not count.reference:
        among = "" if count.others == count.n else f" beside {count.others} of {count.n}"
        return f"{names.reference} looks slow{among}", names.others
    return title_column(verdicts, names, on_single_data)


def say_share(count, n, names):
    """In how many of the forms, if not in all."""
    if count == n:
        return ""
    return f" in {count} of {n} forms" if names.family else f": {count} of {n}"


def say_winner(verdicts, names):
    """The finding of a condition, as a part of the title of all."""
    count = Count.from_verdicts(verdicts)
    if count.diverged == count.n:
        return "all diverge"
    if count.reference and count.others:
        return f"it depends on the {'form' if names.family else 'arm'}"
    if count.ties == count.n:
        n_seeds = len(verdicts[0].question.differences)
        return "no clear winner" if n_seeds >= ENOUGH_SEEDS else f"{n_seeds} seeds cannot tell"
    if not count.reference and not count.others:
        return "clear differences"
    if count.reference:
        winner, wins, verb = names.reference, count.reference, "wins"
    else:
        winner, wins, verb = names.others, count.others, f"win{names.ending}"
    if wins == count.n:
        return f"{winner} {verb}"
    if wins > count.n / 2:
        return f"{winner} mostly {verb}"
    won = [verdict.question.arm for verdict in verdicts if verdict.better]
    if count.reference:
        return f"{winner} beats only {list_words(won)}"
    return f"{list_words(won)} win{'s' * (len(won) == 1)}"


def title_all(verdicts, names, is_tuned=True):
    """The title of a comparison: what is so at an ordinary start, and from the worst one.

    is_tuned   whether most best rates lie between others that were tried
    """
    conditions = list(dict.fromkeys(verdict.question.condition for verdict in verdicts))
    found = {condition: say_winner([verdict for verdict in verdicts
                                    if verdict.question.condition == condition], names)
             for condition in conditions}
    ordinary, *others = conditions
    title = f"{'Tuned fairly' if is_tuned else 'At the rates tried'}, {found[ordinary]}"
    bad = max(others, key=lambda condition: condition.start, default=ordinary)
    if bad.start <= ordinary.start:
        return title
    if found[bad] != found[ordinary]:
        return f"{title}; from a bad start, {found[bad]}"
    if all(verdict.tie for verdict in verdicts if verdict.question.condition == bad):
        return f"{title}, not from a bad start either"
    return f"{title}, also from a bad start"


def name_condition(condition, ordinary):
    """The condition, as the head of a column."""
    return f"{'bad start: ' * (condition.start > ordinary.start)}{condition}"


def write_description(columns, names, n_seeds):
    """What stands in the place of the picture for those who cannot see it, from its columns."""
    findings, means = [], []
    ordinary = columns[0].condition
    for column in columns:
        where = str(column.condition)
        if column.rate is not None:
            where = f"at one learning rate, {column.rate:g}"
        elif column.condition == ordinary:
            where = "each at its own best rate"
        findings.append(f"{where}: {column.title}")
        means.append(", ".join(map(write_difference, column.verdicts)))
    others = ", ".join(names.short[arm] for arm in names.forms)
    text = "; ".join(findings)
    return (f"{text[0].upper()}{text[1:]}. Mean differences, {names.others}"
            f"{f' ({others})' if len(names.forms) > 1 else ''} minus {names.reference}: "
            f"{'; '.join(means)}. {n_seeds} seeds.")
