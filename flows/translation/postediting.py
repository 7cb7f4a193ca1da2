"""What a person changed in a machine's draft, word by word."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from rapidfuzz.distance import Levenshtein

PIECE = re.compile(r"\s+|\w+(?:[’'-]\w+)*|[^\w\s]")
WORD = re.compile(r"\w+(?:[’'-]\w+)*|[^\w\s]")


class Step(NamedTuple):
    """A piece of text that stayed (`=`), went (`-`) or came (`+`)."""

    what: Literal["=", "-", "+"]
    text: str


def change_share(draft: str, final: str) -> float:
    """Which part of the words was changed, from 0 to 1: the normalised Levenshtein distance."""
    return float(Levenshtein.normalized_distance(WORD.findall(draft), WORD.findall(final)))


def count_words(text: str) -> int:
    """The words of a text; its marks are none."""
    return sum(any(map(str.isalnum, word)) for word in WORD.findall(text))


def word_steps(draft: str, final: str) -> list[Step]:
    """From the draft to the final text; what stayed and came is the final one."""
    old, new = PIECE.findall(draft), PIECE.findall(final)
    return list(_joined(_steps(old, new)))


def _steps(old: Sequence[str], new: Sequence[str]) -> Iterator[Step]:
    for edit in Levenshtein.opcodes(old, new):
        gone = "".join(old[edit.src_start : edit.src_end])
        come = "".join(new[edit.dest_start : edit.dest_end])
        if edit.tag == "equal":
            yield Step("=", gone)
        else:
            yield from (step for step in (Step("-", gone), Step("+", come)) if step.text)


def _joined(steps: Iterator[Step]) -> Iterator[Step]:
    """The steps with neighbours of one change told together: what went, then what came."""
    gone = come = ""
    for step in steps:
        if step.what == "-":
            gone += step.text
        elif step.what == "+":
            come += step.text
        elif step.text.isspace() and gone and come:
            # A space between two changed words belongs to the change.
            gone, come = gone + step.text, come + step.text
        else:
            yield from (one for one in (Step("-", gone), Step("+", come)) if one.text)
            gone = come = ""
            yield step
    yield from (one for one in (Step("-", gone), Step("+", come)) if one.text)
