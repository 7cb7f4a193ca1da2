"""Remarks: what one check says of one pair of source and translation."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flows.domain.finding import Severity

Span = tuple[int, int]
"""Start and end, in characters of the translation as written."""

Fact = str | int | tuple[str, ...]
"""What a remark's words are filled with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One remark: `reason` and `facts` say what (`explanations.toml` has the words), `span` where.

    `fix` is the whole text mended; one that `is_safe` needs no person to judge it. An error that
    `is_arguable` may be dismissed as a warning may.
    """

    check: str
    severity: Severity
    reason: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    span: Span | None = None
    fix: str | None = None
    is_safe: bool = False
    is_arguable: bool = False

    @property
    def says(self) -> tuple[object, ...]:
        """What is said, wherever it stands: the same again is the same remark."""
        return self.check, self.reason, tuple(sorted(self.facts.items()))


def replace_spans(text: str, edits: list[tuple[int, int, str]]) -> str:
    """The text with every (start, end, new) applied; edits must not overlap."""
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def place_of(text: str, part: str) -> Span | None:
    """Where the part stands first in the text."""
    at = text.find(part)
    return (at, at + len(part)) if part and at >= 0 else None
