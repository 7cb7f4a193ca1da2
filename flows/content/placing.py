"""Putting a mended segment back into the Markdown that it was cut from."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

PIECE: Final = re.compile(r"[ \n]+|[^ \n]+")
BREAKS: Final = r"([\s>\\]+?)"
"""What a space of a segment may be in the file: a line break, with the marks of a quotation."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A word or a gap of a segment: where it begins there, and what it is in the file."""

    start: int
    text: str
    place: int
    raw: str


def put_into_body(body: str, source: str, mended: str, *, near: int = 0) -> str | None:
    """The body with one segment changed from `source` to `mended`, line breaks left as they are.

    The segment is looked for from the sign `near` on, then from the beginning. `None` where it is
    not found as it is, or where the change lies in a line break.
    """
    pieces = _find(body, source, near=near)
    if pieces is None:
        return None
    matcher = SequenceMatcher(a=source, b=mended, autojunk=False)
    for what, first, last, start, end in reversed(matcher.get_opcodes()):
        if what == "equal":
            continue
        begins, ends = _place(pieces, first), _place(pieces, last)
        if begins is None or ends is None:
            return None
        body = body[:begins] + mended[start:end] + body[ends:]
    return body


def _find(body: str, source: str, *, near: int) -> list[_Piece] | None:
    texts = PIECE.findall(source)
    pattern = "".join(BREAKS if not text.strip(" \n") else f"({re.escape(text)})" for text in texts)
    compiled = re.compile(pattern)
    found = compiled.search(body, near) or compiled.search(body)
    if not found:
        return None
    pieces, start = [], 0
    for number, text in enumerate(texts, start=1):
        pieces.append(_Piece(start, text, found.start(number), found[number]))
        start += len(text)
    return pieces


def _place(pieces: list[_Piece], at: int) -> int | None:
    """Where in the file a sign of the segment is; `None` inside of a gap that is another there."""
    for one in pieces:
        inside = at - one.start
        if 0 <= inside <= len(one.text):
            if one.text == one.raw or inside == 0:
                return one.place + inside
            if inside == len(one.text):
                return one.place + len(one.raw)
            return None
    return None
