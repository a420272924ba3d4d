"""Findings of the check before training: what will go wrong, and what to write instead."""

import textwrap
from dataclasses import dataclass

KINDS = ("activation", "loss", "learning_rate", "optimizer", "epochs", "batch_size",
         "preprocessing", "labels", "initialization", "layers", "regularization", "validation",
         "data")


@dataclass(frozen=True)
class SetupFinding:
    """Something in a set-up that will go wrong.

    kind       which part of the set-up it is, one of `KINDS`
    sentence   what is wrong, with the numbers by which one sees it
    remedy     what to do about it, as code where that is possible; "" if the sentence says it
    """

    kind: str
    sentence: str
    remedy: str = ""

    noun = "problem"

    def __str__(self):
        return "\n".join([self.kind, *textwrap.wrap(
            self.sentence, 90, initial_indent="    ", subsequent_indent="    "), *textwrap.wrap(
            self.remedy, 90, initial_indent="    -> ", subsequent_indent="       ",
            break_long_words=False)])
