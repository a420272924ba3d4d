"""Wording: what trials have shown, in sentences."""

from .findings import SetupFinding
from .trials import find_chance


def name_score(setup):
    """What the score is called."""
    return "R²" if setup.task == "numbers" else "accuracy"


def say_asked(setup, asked):
    """What comes of what is asked for."""
    if asked.error is not None:
        return f"training diverges at step {asked.steps}"
    return (f"after {asked.steps} steps {name_score(setup)} is {asked.score:.2f}, and "
            f"{find_chance(setup.t, setup.task):.2f} is chance")


def say_outcome(asked, outcome):
    """What comes of something else."""
    fewer = "" if outcome.steps >= asked.steps else f" after {outcome.steps} steps"
    return f"it is {outcome.score:.2f}{fewer}"


def say_cause(setup, asked, change, outcome, and_others=""):
    """The finding that a change helps, maybe beside others."""
    return SetupFinding(change.kind, f"{change.seen}; {say_asked(setup, asked)}; with "
                        f"{change.instead}{and_others} {say_outcome(asked, outcome)}",
                        change.remedy)


def note_asked(setup, asked):
    """What came of the copy that was trained as asked, as notes."""
    if asked.error is not None:
        said = str(asked.error).partition(". ")[0]
        return [f"a copy was trained as asked: {said}"]
    n_others = len(setup.other_x)
    elsewhere = f", and {asked.score_elsewhere:.2f} on {n_others} others" if n_others else ""
    notes = [f"a copy was trained as asked for {asked.steps} of {setup.steps} steps: "
             f"{name_score(setup)} is {asked.score:.2f} on rows trained on{elsewhere}; "
             f"{find_chance(setup.t, setup.task):.2f} is chance"]
    if setup.task != "numbers" and asked.says_the_same:
        notes.append("it says the same of all rows")
    return notes
