"""A change: one thing in a set-up as one usually has it, to be tried beside what is asked for."""

from dataclasses import dataclass

from .setup import Setup


@dataclass(frozen=True)
class Change:
    """A set-up in which one thing is changed.

    kind      what is changed, one of the kinds of findings
    odd       how unusual it is as it stands: 0 not at all, 1 clearly, 2 and more by far
    seen      what stands there now, with its numbers
    instead   the change in words, to go on from "with"
    remedy    the change as code
    setup     the set-up that has it
    """

    kind: str
    odd: float
    seen: str
    instead: str
    remedy: str
    setup: Setup


def say_net(setup):
    """The code that makes the network."""
    shape = setup.net.input_shape
    return (f"net = Sequential({list(setup.layers)}, {shape[0] if len(shape) == 1 else shape}, "
            f"loss={setup.net.loss!r})")
