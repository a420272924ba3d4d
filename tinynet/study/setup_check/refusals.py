"""Refusals: what `fit` raises an error for, or warns of, as findings."""

import re
from dataclasses import replace

import numpy as np

from ...layers.layer import Layer
from ...losses import Loss
from ...optimizers import Optimizer
from ..report import PACKAGE
from .findings import SetupFinding

KINDS_BY_WORDS = (  # the first pattern that is found in what fit says tells the kind
    ("learning_rate", r"^the learning rate"),
    ("optimizer", r"^optimizer|this [A-Za-z]+\(.*\) has been used|remembers \d+ parameters"),
    ("epochs", r"^epochs"),
    ("batch_size", r"^batch_size|batches of 1 row"),
    ("validation", r"^validation|^in validation|monitors the validation data"),
    ("regularization", r"^l2|^clip_norm|among the callbacks|^callbacks"),
    ("loss", r"has no loss|apply \w+ a second time|^row \d+ of t is .* probabilities of classes"),
    ("initialization", r"the network's output is .*(below ∞|-∞ only)"),
    ("activation", r"the network's output|out of their reach"),
    ("labels", r"^t |^row \d+ of t |one target for each row"),
    ("data", r"^x |sample_weight|class_weight|^shuffle|^rng"),
    ("labels", r"label"),
)


def find_refusal(error):
    """The finding about what fit refuses, in its words: what it says, and what to do about it."""
    if not isinstance(error, ValueError) or comes_from_own_code(error):
        return SetupFinding(find_owner(error), f"fit raises {type(error).__name__}: {error}",
                            "fix it where it is raised")
    return split_words("fit refuses this: ", str(error))


def find_warning(text, change):
    """The finding about what fit warns of, and the change that mends it, if there is one."""
    finding = split_words("", text)
    return replace(finding, remedy=change.remedy) if change else finding


def split_words(start, text):
    """A finding of an error's text, which ends in "; advice" or in " (advice)"."""
    kind = next((kind for kind, words in KINDS_BY_WORDS if re.search(words, text)), "layers")
    match = re.fullmatch(r"(.*its entries .*?) \((.*)\)", text) or re.fullmatch(
        r"(.*); ([^()]*(?:\(.*\)[^()]*)?)", text)
    said, advice = match.groups() if match else (text, "")
    return SetupFinding(kind, start + said, advice)


def comes_from_own_code(error):
    """Whether code that does not belong to tinynet raises it."""
    traceback = error.__traceback__
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    file = traceback.tb_frame.f_code.co_filename
    return not file.startswith((PACKAGE, np.__path__[0]))


def find_owner(error):
    """The kind of thing in whose method an exception came up."""
    kind, traceback = "layers", error.__traceback__
    while traceback is not None:
        code, owner = traceback.tb_frame.f_code, traceback.tb_frame.f_locals.get("self")
        if isinstance(owner, Optimizer):
            kind = "learning_rate" if code.co_name == "current_lr" else "optimizer"
        elif isinstance(owner, Loss):
            kind = "loss"
        elif isinstance(owner, Layer):
            kind = "layers"
        traceback = traceback.tb_next
    return kind
