"""Reports: what a check has found, as text and as data."""

import inspect
import os
import textwrap
from dataclasses import dataclass, replace

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


@dataclass(frozen=True)
class Finding:
    """A mistake that a check has found.

    array             the gradient or array that shows it: "dx", "dW", and in a network "2.db",
                      "1.0.dx", "loss.dx"
    mistake           its name, or "unknown"
    sentence          what is wrong, and what to write instead
    expected, found   the number that should stand at `place`, and the one that does, or None
    place             an index of the array, or None
    where             "file:line" of the method, or None if its code stands in no file
    """

    array: str
    mistake: str
    sentence: str
    expected: float | None = None
    found: float | None = None
    place: tuple | None = None
    where: str | None = None

    noun = "mistake"

    def __str__(self):
        number = ""
        if self.place is not None:
            index = ", ".join(map(str, self.place))
            found, expected = say_apart(self.found, self.expected)
            number = f"[{index}] is {found}, expected {expected}"
        lines = [f"{self.array}{number}: {self.mistake}"]
        lines += textwrap.wrap(self.sentence, 90, initial_indent="    ", subsequent_indent="    ")
        lines += [f"    {os.path.basename(self.where)}"] if self.where else []
        return "\n".join(lines)


@dataclass(frozen=True, repr=False)
class Report:
    """What a check has found. It prints as a few lines of text.

    subject    what was checked
    findings   a tuple, empty if nothing is wrong
    notes      a tuple of sentences: what else is worth knowing
    seconds    how long it took
    is_whole   whether there was time for all that was to be tried
    """

    subject: str
    findings: tuple = ()
    notes: tuple = ()
    seconds: float = 0.0
    is_whole: bool = True

    @property
    def ok(self):
        """Whether there are no findings."""
        return not self.findings

    def __str__(self):
        count = len(self.findings)
        noun = self.findings[0].noun if count else ""
        verdict = {0: "nothing wrong", 1: f"1 {noun}"}.get(count, f"{count} {noun}s")
        if not count and not self.is_whole:
            verdict = "nothing found in the time there was"
        subject = textwrap.shorten(self.subject, 80, placeholder=" ...")
        return "\n".join([f"{subject}: {verdict}", *map(str, self.findings),
                          *(f"Note: {note}." for note in self.notes)])

    __repr__ = __str__


def say_apart(one, other):
    """Two numbers, each in as many digits as tell them apart."""
    for digits in (6, 9, 12, 17):
        texts = [f"{number + 0.0:.{digits}g}" for number in (one, other)]
        if texts[0] != texts[1]:
            break
    return texts


class Fault(Exception):
    """A method that is checked has raised an exception, or returned what it must not."""

    def __init__(self, thing, method, array, text, error=None):
        super().__init__(text)
        self.method = method
        self.finding = make_finding(thing, method, array, "unknown", text)
        if error is not None:
            where = locate_error(error, thing, method) or self.finding.where
            self.finding = replace(self.finding, where=where)


def name_of(thing):
    """Its repr, or its class if that fails."""
    try:
        return repr(thing)
    except Exception:
        return f"{type(thing).__name__}(...)"


def make_finding(thing, method, array, mistake, text, **numbers):
    """The Finding about a method of this thing; the text goes on from its name."""
    return Finding(array, mistake, f"{type(thing).__name__}.{method} {text}", **numbers,
                   where=locate(thing, method))


def gradient_name(name):
    """ "dx" for "x", "2.dW" for "2.W" """
    prefix, dot, last = name.rpartition(".")
    return f"{prefix}{dot}d{last}"


def add_prefix(prefix, findings):
    """The findings, where the array's name begins with that of the part of the network."""
    return [replace(finding, array=prefix + finding.array) for finding in findings]


def merge(findings, follows):
    """The findings with one for each cause: what a method does wrong in several arrays by the same
    mistake is one. So is what may follow from another one: what has no name, and what stands in
    `follows`, {mistake: mistakes}.
    """
    merged = {}
    for finding in sorted(findings, key=lambda finding: finding.mistake == "unknown"):
        method = finding.where, finding.sentence.partition(" ")[0]
        cause = next((key for key in merged if key[0] == method and finding.mistake in (
            key[1], "unknown", *follows.get(key[1], ()))), (method, finding.mistake))
        merged.setdefault(cause, []).append(finding)
    findings = []
    for first, *others in merged.values():
        arrays = [*dict.fromkeys(f.array for f in others if f.array != first.array)]
        text = (f"; also wrong, perhaps for the same reason: {', '.join(arrays)}"
                if arrays else "")
        findings.append(replace(first, sentence=first.sentence + text))
    return findings


# ---- where code stands ----

def locate(thing, method):
    """"file:line" of a method, or None if its code stands in no file."""
    code = _code_of(thing, method)
    return None if code is None else f"{code.co_filename}:{code.co_firstlineno}"


def locate_error(error, thing, method):
    """"file:line" where an exception came up, in code that is not of tinynet or another library:
    in the file of the class, or in that of the method.
    """
    code, place, traceback = _code_of(thing, method), None, error.__traceback__
    files = {getattr(inspect.getmodule(type(thing)), "__file__", None)}
    files |= {code.co_filename} if code else set()
    own = {file for file in files if file and not file.startswith(PACKAGE)} or files
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if file in own and not file.startswith("<"):
            place = f"{file}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place


def _code_of(thing, method):
    function = getattr(type(thing), method, None)
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    return None if code is None or code.co_filename.startswith("<") else code
