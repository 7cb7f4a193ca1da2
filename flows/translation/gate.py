"""The gate that every machine's answer passes before it may be a draft."""

from flows.domain.finding import Severity
from flows.domain.language import Language
from flows.translation.checks.explaining import explain
from flows.translation.checks.registry import check_segment
from flows.translation.inventory import compare_inventories
from flows.translation.ladder import Verify

FORBIDDING = frozenset({"engine", "unchanged", "language"})
"""Errors that make a text no translation at all; others a reviewer can mend."""


def make_gate(source: Language, target: Language) -> Verify:
    """What is wrong with a text as a translation: its marks, its being none, its language."""

    def verify(original: str, answer: str) -> list[str]:
        return compare_inventories(original, answer) or [
            explain(remark, reviewer="en")
            for remark in check_segment(
                original,
                answer,
                kind="p",
                context=None,
                language=target,
                source_language=source,
                glossary=None,
            )
            if remark.check in FORBIDDING and remark.severity is Severity.ERROR
        ]

    return verify
