"""Foreign typography: the spaces and quotation marks of another language, left in."""

import re
from collections.abc import Iterator

from flows.domain.finding import Severity
from flows.domain.style import QuotationMarks
from flows.translation.checks.inline import MARK
from flows.translation.checks.pair import Pair
from flows.translation.checks.quotations import SINGLES, SPACED, marks_of
from flows.translation.checks.remark import Remark, replace_spans
from flows.translation.words import primary

Edit = tuple[int, int, str]

SPACE = "[ \u00a0\u202f\u2009]"
SPACED_SIGN = re.compile(rf"(?<=\S){SPACE}+(?=[;:?!]+(?:[\s{MARK})\]”’»“]|$))")
GUILLEMET = re.compile(rf"«{SPACE}*|(?:(?<=\S){SPACE}+)?»")
QUOTED = re.compile(r"(?P<open>[„“])[^„“”]*(?P<close>[“”])")
"""A quotation in the low or high marks of one language or another."""


def find_foreign_typography(pair: Pair) -> Iterator[Remark]:
    """French spacing, or another language's quotation marks."""
    if primary(pair.language) in SPACED:
        return
    text, marks = pair.target.text, marks_of(pair.language, style=pair.style)
    foreign = list(_foreign_marks(text, marks))
    spaced = [SPACED_SIGN] if foreign else [SPACED_SIGN, _spaced_quotes(marks)]
    spaces = [(*found.span(), "") for pattern in spaced for found in pattern.finditer(text)]
    if edits := _apart([*foreign, *spaces]):
        yield Remark(
            check="typography",
            severity=Severity.WARNING,
            reason="marks" if foreign else "spaces",
            facts={"opener": marks[0][0], "closer": marks[0][1]} if foreign else {},
            span=min(edits)[:2],
            fix=replace_spans(pair.target.raw, edits),
            is_safe=True,
        )


def _spaced_quotes(marks: QuotationMarks) -> re.Pattern[str]:
    """Spaces just inside the language's own double marks."""
    doubles = [pair for pair in marks if not set(pair) & SINGLES] or [("“", "”")]
    opener, closer = ("".join(re.escape(pair[side]) for pair in doubles) for side in (0, 1))
    return re.compile(rf"(?<=[{opener}]){SPACE}+|(?<=[^\s{opener}]){SPACE}+(?=[{closer}])")


def _foreign_marks(text: str, marks: QuotationMarks) -> Iterator[Edit]:
    """What turns each quotation in marks that the language has not into one in its own."""
    opener, closer = marks[0]
    for found in QUOTED.finditer(text):
        if (found["open"], found["close"]) not in marks:
            yield *found.span("open"), opener
            yield *found.span("close"), closer
    # In German »…« is right and «…» is not: the first mark tells which way they are meant.
    first = GUILLEMET.search(text)
    if first and not any(pair[0] == first.group().strip() for pair in marks):
        for found in GUILLEMET.finditer(text):
            yield *found.span(), opener if "«" in found.group() else closer


def _apart(edits: list[Edit]) -> list[Edit]:
    """Without the edits that touch what an earlier one already changes."""
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: (edit[0], -edit[1])):
        if not kept or edit[0] >= kept[-1][1]:
            kept.append(edit)
    return kept
