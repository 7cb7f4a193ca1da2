"""Quotation marks: as many quotations as the source, in the marks of the language."""

import re
from collections.abc import Iterator, Mapping
from itertools import cycle

from flows.domain.finding import Severity
from flows.domain.style import PLAIN_STYLE, HouseStyle, QuotationMarks
from flows.translation.checks.pair import Pair
from flows.translation.checks.remark import Fact, Remark, Span, replace_spans
from flows.translation.words import primary

CURLY = (("“", "”"), ("‘", "’"))
LOW = (("„", "“"), ("‚", "‘"))
ANGLED = ("«", "»")

MARKS: Mapping[str, QuotationMarks] = {
    "fr": (ANGLED, *CURLY),
    "en": CURLY,
    # The EU Publications Office writes “…”; „…” is the older Dutch style.
    "nl": (*CURLY, ("„", "”")),
    "de": (*LOW, ("»", "«")),
    "de-CH": (ANGLED, ("‹", "›")),
    "es": (ANGLED, *CURLY),
    "it": (ANGLED, *CURLY),
    "pt": (ANGLED, *CURLY),
    "pl": (("„", "”"), ANGLED),
}
SPACED = frozenset({"fr"})
"""Languages that put spaces inside guillemets and before double marks."""
SINGLES = frozenset("‘’‚")
SINGLE = re.compile(r"(?<!\w)‘(?!s\b|t\b|n\b|\s)")


def marks_of(language: str, *, style: HouseStyle = PLAIN_STYLE) -> QuotationMarks:
    """The quotation marks of a language, first choice first; curly ones when it is unknown."""
    known = {**MARKS, **style.quotation_marks}
    return known.get(language) or known.get(primary(language), CURLY)


def find_changed_quotations(pair: Pair) -> Iterator[Remark]:
    """Quotations lost or added, left open, or between straight marks."""
    source, target = pair.source.text, pair.target.text
    straight = [found.start() for found in re.finditer('"', target)]
    if straight and '"' not in source:
        yield _straight(pair, straight)
        return
    open_one = _open_quotation(target, marks_of(pair.language, style=pair.style))
    wanted = count_quotations(source, language=pair.source_language)
    given = count_quotations(target, language=pair.language, style=pair.style)
    if open_one and not _open_quotation(source, marks_of(pair.source_language)):
        yield _remark("open", {"mark": target[open_one[0]]}, span=open_one)
    elif wanted != given:
        yield _remark("lost" if given < wanted else "added", {"given": given, "wanted": wanted})


def count_quotations(text: str, *, language: str, style: HouseStyle = PLAIN_STYLE) -> int:
    """How many quotations begin in a text, in the language's marks or in guillemets."""
    openers = {opener for opener, _ in marks_of(language, style=style)} | {"«", "„"}
    if primary(language) == "de":
        openers -= {"«"}
    doubles = sum(text.count(opener) for opener in openers - {"‘", "‚"})
    return doubles + len(SINGLE.findall(text)) * ("‘" in openers) + text.count('"') // 2


def _open_quotation(text: str, marks: QuotationMarks) -> Span | None:
    """The mark too many when the double ones that open are not as many as those that close."""
    doubles = [pair for pair in marks if not set(pair) & SINGLES]
    opened, closed = (
        [at for at, sign in enumerate(text) if sign in {pair[side] for pair in doubles}]
        for side in (0, 1)
    )
    if len(opened) == len(closed):
        return None
    odd = opened[-1] if len(opened) > len(closed) else closed[-1]
    return odd, odd + 1


def _straight(pair: Pair, positions: list[int]) -> Remark:
    opener, closer = marks_of(pair.language, style=pair.style)[0]
    fix = None
    if len(positions) % 2 == 0:
        edits = [
            (at, at + 1, mark) for at, mark in zip(positions, cycle((opener, closer)), strict=False)
        ]
        fix = replace_spans(pair.target.raw, edits)
    facts = {"opener": opener, "closer": closer}
    return _remark("straight", facts, span=(positions[0], positions[0] + 1), fix=fix)


def _remark(
    reason: str, facts: Mapping[str, Fact], *, span: Span | None = None, fix: str | None = None
) -> Remark:
    return Remark(
        check="quotations",
        severity=Severity.WARNING,
        reason=reason,
        facts=facts,
        span=span,
        fix=fix,
        is_safe=True,
    )
