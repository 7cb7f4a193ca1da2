"""Segments: the translatable blocks of an article, and how far each translation has come."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class SegmentKey(NamedTuple):
    """What identifies a segment in a catalogue: gettext's msgctxt and msgid."""

    context: str | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One translatable block, in reading order.

    `source` is its French inline Markdown with soft line breaks as one space and hard ones as
    a newline. `context` is set only for what is not running text (`meta:title`, `abbr:ONG`).
    `kind` is the element's name or the field (`h2`, `p`, `li`, `td`, `title`).
    `line` (1-based) is where its text begins in the source file, for an editor to jump to.
    """

    source: str
    kind: str
    context: str | None = None
    line: int | None = None

    @property
    def key(self) -> SegmentKey:
        """What identifies the segment in a catalogue."""
        return SegmentKey(self.context, self.source)


class SegmentState(StrEnum):
    """How far the translation of a segment has come."""

    EMPTY = "empty"
    DRAFT = "draft"
    EDITED = "edited"
    APPROVED = "approved"
