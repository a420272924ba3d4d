"""Refusals: what `fit` raises an error for, or warns of, as findings."""

import re

from .findings import SetupFinding

KINDS_BY_WORDS = (  # the first that an error begins with, or has in it, says the kind
    ("learning_rate", r"^the learning rate"),
    ("optimizer", r"^optimizer|this [A-Za-z]+\(.*\) has been used|remembers \d+ parameters"),
    ("epochs", r"^epochs"),
    ("batch_size", r"^batch_size|batches of 1 row"),
    ("validation", r"^validation|^in validation|monitors the validation data"),
    ("regularization", r"^l2|^clip_norm|among the callbacks|^callbacks"),
    ("loss", r"has no loss|apply \w+ a second time"),
    ("activation", r"the network's output|out of their reach|probabilit"),
    ("labels", r"^t |one target for each row"),
    ("data", r"^x |sample_weight|class_weight|^shuffle|^rng"),
    ("labels", r"label"),
)


def find_refusal(error):
    """The finding about what fit refuses: its words, up to what they say to do about it."""
    text = str(error)
    kind = next((kind for kind, words in KINDS_BY_WORDS if re.search(words, text)), "layers")
    said, _, advice = text.rpartition("; ")
    return SetupFinding(kind, f"fit refuses this: {said or text}", advice if said else "")


def find_warning(text):
    """The finding about what fit warns of."""
    said, _, advice = text.rpartition("; ")
    return SetupFinding("activation", said or text, advice if said else "")
