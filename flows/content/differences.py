"""What differs between a text and one like it, for a person to see at once."""

import re
from difflib import SequenceMatcher
from typing import Final

SPACED_WORD = re.compile(r"\s*(?:\w+|[^\w\s])")
GONE = re.compile(r"\[-(.*?)-\]")
COME = re.compile(r"\{\+(.*?)\+\}")
AROUND: Final = 2
"""Words shown before and after a difference."""
LONGEST: Final = 400


def diff_words(old: str, new: str) -> str:
    """The changed words in one line, `[-old-] {+new+}`, between the words around them."""
    before, after = SPACED_WORD.findall(old), SPACED_WORD.findall(new)
    matcher = SequenceMatcher(None, _strip(before), _strip(after), autojunk=False)
    pieces: list[str] = []
    steps = matcher.get_opcodes()
    for place, (tag, start, end, first, last) in enumerate(steps):
        if tag == "equal":
            ends = place == len(steps) - 1
            pieces.append(_shorten(before[start:end], opens=not place, ends=ends))
            continue
        gone, come = "".join(before[start:end]).strip(), "".join(after[first:last]).strip()
        changed = [f"[-{gone}-]" if gone else "", f"{{+{come}+}}" if come else ""]
        pieces.append(f" {' '.join(filter(None, changed))} ")
    told = " ".join("".join(pieces).split())
    return told if len(told) <= LONGEST else f"{told[: LONGEST - 1]}…"


def _strip(words: list[str]) -> list[str]:
    return [word.strip() for word in words]


def _shorten(words: list[str], *, opens: bool, ends: bool) -> str:
    """Words that are the same, without those far from any change."""
    head = [] if opens else words[:AROUND]
    tail = [] if ends else words[-AROUND:]
    if len(words) <= len(head) + len(tail):
        return "".join(words)
    return f"{''.join(head)} … {''.join(tail)}"


def read_difference(told: str) -> tuple[str, str]:
    """What a difference says was there before, and what is there now."""
    return " ".join(GONE.findall(told)), " ".join(COME.findall(told))
