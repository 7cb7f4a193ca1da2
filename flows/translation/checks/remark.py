"""Remarks: what one check says of one pair of source and translation."""

from dataclasses import dataclass

from flows.domain.finding import Severity

Span = tuple[int, int]
"""Start and end, in characters of the translation as written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One remark; `span` says where, `fix` is the whole translation mended."""

    check: str
    severity: Severity
    message: str
    span: Span | None = None
    fix: str | None = None


def replace_spans(text: str, edits: list[tuple[int, int, str]]) -> str:
    """The text with every (start, end, new) applied; edits must not overlap."""
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def quote_briefly(text: str, *, longest: int = 40) -> str:
    """The text in quotation marks, cut short when it is long."""
    return f"“{text}”" if len(text) <= longest else f"“{text[: longest - 1]}…”"
