"""The gate that every machine's answer passes before it may be a draft, and an agency's work."""

from collections.abc import Iterator

from flows.domain.finding import Severity
from flows.domain.language import Language
from flows.translation.checks.explaining import explain
from flows.translation.checks.registry import check_segment
from flows.translation.checks.remark import Remark
from flows.translation.glossary import Glossary
from flows.translation.inventory import compare_inventories
from flows.translation.ladder import Verify

FORBIDDING = frozenset({"engine", "unchanged", "language"})
"""Errors that make a text no translation at all; others a reviewer can mend."""


def make_gate(source: Language, target: Language) -> Verify:
    """What is wrong with a text as a translation: its marks, its being none, its language."""

    def verify(original: str, answer: str) -> list[str]:
        return compare_inventories(original, answer) or [
            explain(remark, reviewer="en")
            for remark in doubts(original, answer, source=source, target=target)
            if remark.severity is Severity.ERROR
        ]

    return verify


def doubts(
    original: str,
    answer: str,
    *,
    source: Language,
    target: Language,
    kind: str = "p",
    context: str | None = None,
    glossary: Glossary | None = None,
) -> Iterator[Remark]:
    """Why a text may be no translation at all; warnings are of texts too short to be sure."""
    remarks = check_segment(
        original,
        answer,
        kind=kind,
        context=context,
        language=target,
        source_language=source,
        glossary=glossary,
    )
    return (remark for remark in remarks if remark.check in FORBIDDING)
