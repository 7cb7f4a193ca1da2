"""Findings: what a check has to say of a segment."""

from dataclasses import dataclass
from enum import StrEnum

from flows.domain.language import Language


class Severity(StrEnum):
    """An error blocks approval; a warning informs."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One remark about one segment; `segment` is its source text or the field's name."""

    language: Language
    segment: str
    check: str
    severity: Severity
    message: str
