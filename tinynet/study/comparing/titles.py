"""Titles: what is written over pictures.

They follow from the verdicts by rule, so that no tie is ever titled a win.
"""

from dataclasses import dataclass

from ..tracing.side_by_side import list_words
from .judging import write_difference

NUMBERS = "no", "one", "two", "three", "four", "five", "six"


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
        family = " ".join(common) or None
        forms = {arm: arm.removeprefix(family or "").strip() or arm for arm in others}
        last = [form.split()[-1] for form in forms.values()]
        short = dict(zip(others, last)) if len(set(last)) == len(last) else forms
        return cls(reference, family, forms, {reference: reference} | short)

    def say_kind(self):
        """What the others are, to be counted."""
        return "forms" if self.family else "others"

    def say_others(self):
        return self.family or "others"


@dataclass(frozen=True)
class Count:
    """How many of n verdicts are for the reference, and how many for another arm."""

    n: int
    reference: int
    others: int

    @classmethod
    def from_verdicts(cls, verdicts):
        won = sum(verdict.better == verdict.question.reference for verdict in verdicts)
        lost = sum(verdict.better == verdict.question.arm for verdict in verdicts)
        return cls(len(verdicts), won, lost)


def title_column(verdicts, names, on_single_data=()):
    """The finding of a column (title, winner): the name of the arm or family that is ahead, or
    None. on_single_data are its verdicts on single data sets.
    """
    count = Count.from_verdicts(verdicts)
    if count.reference and count.others:
        return (f"mixed: {say_which(verdicts, names, True)} ahead, "
                f"{say_which(verdicts, names, False)} behind"), None
    if count.reference == count.n:
        return f"{names.reference} wins", names.reference
    if count.reference:
        which = f": {say_which(verdicts, names, False)}" * (count.reference == 1)
        return (f"{names.reference} beats {count.reference} of {count.n} "
                f"{names.say_kind()}{which}"), names.reference
    if count.others == count.n:
        return f"{names.say_others()} wins", names.say_others()
    if count.others:
        which = f": {say_which(verdicts, names, True)}" * (count.others == 1)
        return (f"{names.say_others()} ahead in {count.others} of {count.n} "
                f"{names.say_kind()}{which}"), names.say_others()
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
        among = "" if count.reference == count.n else (
            f" in {count.reference} of {count.n} {names.say_kind()}")
        look = "looks" if names.family else "look"
        return f"{names.say_others()} {look} slow{among}", names.reference
    if count.others and not count.reference:
        among = "" if count.others == count.n else (
            f" beside {count.others} of {count.n} {names.say_kind()}")
        return f"{names.reference} looks slow{among}", names.say_others()
    return title_column(verdicts, names, on_single_data)


def say_winner(verdicts, names):
    """The finding of a condition, as a part of the title of all."""
    count = Count.from_verdicts(verdicts)
    if count.reference and count.others:
        return f"it depends on the {names.say_kind().removesuffix('s')}"
    if not count.reference and not count.others:
        return "no clear winner"
    winner, wins = ((names.reference, count.reference) if count.reference
                    else (names.say_others(), count.others))
    if wins == count.n:
        return f"{winner} wins"
    if wins > count.n / 2:
        return f"{winner} mostly wins"
    won = [verdict.question.arm for verdict in verdicts if verdict.better]
    if count.reference:
        return f"{winner} beats only {list_words(won)}"
    return f"{list_words(won)} wins" if len(won) == 1 else f"{list_words(won)} win"


def title_all(verdicts, names):
    """The title of a comparison: what is so at an ordinary start, and from a bad one."""
    conditions = list(dict.fromkeys(verdict.question.condition for verdict in verdicts))
    found = {condition: say_winner([verdict for verdict in verdicts
                                    if verdict.question.condition == condition], names)
             for condition in conditions}
    ordinary, *others = conditions
    title = f"Tuned fairly, {found[ordinary]}"
    bad = next((each for each in others if each.start != ordinary.start), None)
    if bad is None:
        return title
    if found[bad] != found[ordinary]:
        return f"{title}; from a bad start, {found[bad]}"
    if found[bad] == "no clear winner":
        return f"{title}, not from a bad start either"
    return f"{title}, also from a bad start"


def name_condition(condition):
    """The condition, as the head of a column."""
    bad = "bad start: " if condition.start != 1 and not condition.wrong_labels else ""
    return f"{bad}{condition}"


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
    return (f"{text[0].upper()}{text[1:]}. Mean differences, {names.say_others()}"
            f"{f' ({others})' if len(names.forms) > 1 else ''} minus {names.reference}: "
            f"{'; '.join(means)}. {n_seeds} seeds.")
