"""Findings: what a check has to say of a segment."""

from dataclasses import dataclass
from enum import StrEnum

from flows.domain.language import Language
from flows.domain.segment import SegmentKey


class Severity(StrEnum):
    """An error blocks approval; a warning informs."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One remark about one segment; `segment` is its source text or the field's name.

    `key` finds the segment in its catalogue; `seen` is the hash of what was judged where no
    catalogue has it, in the source or a whole letter. `start` and `end` are characters of the text
    that is judged, `line` (1-based) is where the segment begins in the source's file. `fix` is the
    whole text mended; one that `is_safe` needs no person to judge it. `dismissed` tells who let it
    stand.
    """

    language: Language
    segment: str
    check: str
    severity: Severity
    message: str
    key: SegmentKey | None = None
    seen: str = ""
    start: int = 0
    end: int = 0
    line: int | None = None
    fix: str | None = None
    is_safe: bool = False
    is_arguable: bool = False
    dismissed: str = ""

    @property
    def may_be_dismissed(self) -> bool:
        """Whether a person may let it stand: a warning, or an error that is arguable."""
        return bool(self.key or self.seen) and (
            self.severity is Severity.WARNING or self.is_arguable
        )

    @property
    def blocks(self) -> bool:
        """Whether it forbids approval."""
        return self.severity is Severity.ERROR and not self.dismissed
