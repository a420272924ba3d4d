"""Wording: what trials have shown, in sentences."""

from .change import say_net, say_optimizer
from .findings import SetupFinding
from .ordinary import make_ordinary
from .trials import count_judged


def name_score(setup):
    """What the score is called."""
    if setup.is_balanced:
        return "balanced accuracy"
    score = "R²" if setup.task == "numbers" else "accuracy"
    return score if setup.worth is None else f"weighted {score}"


def say_chance(setup):
    """What one comes to without looking at x."""
    guess = "predicting the mean" if setup.task == "numbers" else "guessing"
    return f"{guess} gives {setup.truth.join(setup.other_truth).chance:.2f}"


def say_number(number):
    return f"{round(number, 2) + 0.0:.2f}"      # not -0.00


def say_asked(setup, asked):
    """What comes of what is asked for."""
    if asked.error is not None:
        return f"{setup.premise}training diverges at step {asked.steps}"
    return (f"{setup.premise}after {asked.steps} steps {name_score(setup)} is "
            f"{say_number(asked.score)}; {say_chance(setup)}")


def say_outcome(setup, asked, outcome):
    """What comes of something else."""
    steps = "" if outcome.steps == asked.steps else f" after {outcome.steps} steps"
    return f"{name_score(setup)} is {say_number(outcome.score)}{steps}"


def say_cause(setup, asked, trial, others="", after=""):
    """The finding that a change helps, maybe beside others."""
    change = trial.change
    return SetupFinding(change.kind, f"{change.seen}; {say_asked(setup, asked)}; "
                        f"{change.instead}{others} {say_outcome(setup, asked, trial.outcome)}"
                        f"{after}", change.remedy)


def say_layers(setup, asked, ordinary, few):
    """The finding that no change brings the network to where an ordinary one comes."""
    usual = make_ordinary(setup)
    return SetupFinding(
        "layers", f"{say_asked(setup, asked)}; with an ordinary network and standardized numbers "
        f"{say_outcome(setup, asked, ordinary)}, and no change of a setting brings this one there; "
        f"trained on 20 rows alone, by Adam, its {name_score(setup)} is {say_number(few.score)} "
        f"after {few.steps} steps, where 1.00 would be to have memorized them",
        f"{say_net(usual)}; with standardized numbers, {say_optimizer(usual.optimizer)}, "
        f"batch_size={usual.batch_size} and epochs={usual.epochs}")


def say_foreign(asked, ordinary):
    """The finding that x says nothing about t, by the correlations of predictions and targets on
    rows held out.
    """
    return SetupFinding(
        "labels", "nothing that is learned from these rows holds for held-out rows: predictions "
        "have nothing to do with the targets there, with a correlation of "
        f"{say_number(asked)} as asked and {say_number(ordinary)} with an ordinary "
        "network", "check that row i of t belongs to row i of x, if both were shuffled, sorted or "
        "selected, and that x still holds what t depends on")


def note_asked(setup, asked):
    """What came of the copy that was trained as asked, as notes."""
    trained = f"{setup.premise}a copy was trained" + " as asked" * (not setup.premise)
    if asked.error is not None:
        return [f"{trained}: {str(asked.error).partition('. ')[0]}"]
    n_others = min(len(setup.other_x), count_judged(setup.net))
    name = "rows of the validation data" if setup.other_x is setup.val_x else "held-out rows"
    others = f", and {say_number(asked.score_elsewhere)} on {n_others} {name}" if n_others else ""
    notes = [f"{trained} for {asked.steps} of {setup.steps} steps: "
             f"{name_score(setup)} is {say_number(asked.score)} on training rows{others}; "
             f"{say_chance(setup)}"]
    if setup.is_balanced:
        notes.append("a balanced accuracy is the mean over the classes of the share of their rows "
                     "that are right, so that rare classes count, too")
    if setup.task != "numbers" and asked.says_the_same:
        notes.append("its answer is the same for all rows")
    return notes
