"""Quotation marks: as many quotations as the source, in the marks of the language."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle

from flows.domain.finding import Severity
from flows.translation.checks.inline import MARK
from flows.translation.checks.pair import Pair
from flows.translation.checks.remark import Remark, replace_spans
from flows.translation.words import primary


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """A language's quotation marks, first choice first, and whether French spacing is its own."""

    pairs: tuple[tuple[str, str], ...]
    spaced: bool = False


CURLY = (("“", "”"), ("‘", "’"))
LOW = (("„", "“"), ("‚", "‘"))
ANGLED = ("«", "»")

MARKS: Mapping[str, Marks] = {
    "fr": Marks(pairs=(ANGLED, *CURLY), spaced=True),
    "en": Marks(pairs=CURLY),
    # The EU Publications Office writes “…”; „…” is the older Dutch style.
    "nl": Marks(pairs=(*CURLY, ("„", "”"))),
    "de": Marks(pairs=(*LOW, ("»", "«"))),
    "es": Marks(pairs=(ANGLED, *CURLY)),
    "it": Marks(pairs=(ANGLED, *CURLY)),
    "pt": Marks(pairs=(ANGLED, *CURLY)),
    "pl": Marks(pairs=(("„", "”"), ANGLED)),
}
USUAL = Marks(pairs=CURLY)
SINGLES = frozenset("‘’‚")
SINGLE = re.compile(r"(?<!\w)‘(?!s\b|t\b|n\b|\s)")


def marks_of(language: str) -> Marks:
    """The marks of a language; curly ones when it is unknown."""
    return MARKS.get(primary(language), USUAL)


def find_changed_quotations(pair: Pair) -> Iterator[Remark]:
    """Quotations lost or added, left open, or between straight marks."""
    source, target = pair.source.text, pair.target.text
    straight = [found.start() for found in re.finditer('"', target)]
    if straight and '"' not in source:
        yield _straight(pair, straight)
        return
    problem = _open_quotation(target, language=pair.language)
    wanted = count_quotations(source, language=pair.source_language)
    given = count_quotations(target, language=pair.language)
    if problem and not _open_quotation(source, language=pair.source_language):
        yield _remark(problem)
    elif wanted != given:
        yield _remark(f"{given} quotations, {wanted} in the source")


def count_quotations(text: str, *, language: str) -> int:
    """How many quotations begin in a text, in the language's marks or in guillemets."""
    openers = {opener for opener, _ in marks_of(language).pairs} | {"«", "„"}
    if primary(language) == "de":
        openers -= {"«"}
    doubles = sum(text.count(opener) for opener in openers - {"‘", "‚"})
    return doubles + len(SINGLE.findall(text)) * ("‘" in openers) + text.count('"') // 2


def _open_quotation(text: str, *, language: str) -> str | None:
    """What is wrong when the double marks that open are not as many as those that close."""
    doubles = [pair for pair in marks_of(language).pairs if not set(pair) & SINGLES]
    opened, closed = (
        sum(text.count(mark) for mark in {pair[side] for pair in doubles}) for side in (0, 1)
    )
    return f"{opened} quotations begin, {closed} end" if opened != closed else None


def _straight(pair: Pair, positions: list[int]) -> Remark:
    opener, closer = marks_of(pair.language).pairs[0]
    fix = None
    if len(positions) % 2 == 0:
        edits = [
            (at, at + 1, mark) for at, mark in zip(positions, cycle((opener, closer)), strict=False)
        ]
        fix = replace_spans(pair.target.raw, edits)
    return _remark(
        f"straight quotation marks; use {opener}…{closer}",
        span=(positions[0], positions[0] + 1),
        fix=fix,
    )


def _remark(message: str, *, span: tuple[int, int] | None = None, fix: str | None = None) -> Remark:
    return Remark(
        check="quotations", severity=Severity.WARNING, message=message, span=span, fix=fix
    )


SPACE = "[ \u00a0\u202f\u2009]+"
SPACED_SIGN = re.compile(rf"(?<=\S){SPACE}(?=[;:?!]+(?:[\s{MARK})\]”’»]|$))")
SPACED_QUOTE = re.compile(rf"(?<=“){SPACE}|(?<=\S){SPACE}(?=”)")
GUILLEMET = re.compile(rf"«(?:{SPACE})?|(?:(?<=\S){SPACE})?»")


def find_foreign_typography(pair: Pair) -> Iterator[Remark]:
    """French spacing and guillemets left in a language that has neither."""
    marks = marks_of(pair.language)
    if marks.spaced:
        return
    text = pair.target.text
    edits = [(*found.span(), "") for found in SPACED_SIGN.finditer(text)]
    if marks.pairs[0][0] == "“":
        edits += [(*found.span(), "") for found in SPACED_QUOTE.finditer(text)]
    if "«" not in {mark for pair_of in marks.pairs for mark in pair_of}:
        opener, closer = marks.pairs[0]
        edits += [
            (*found.span(), opener if "«" in found.group() else closer)
            for found in GUILLEMET.finditer(text)
        ]
    if edits:
        yield Remark(
            check="typography",
            severity=Severity.WARNING,
            message="French spacing or guillemets left in",
            span=min(edits)[:2],
            fix=replace_spans(pair.target.raw, _apart(edits)),
        )


def _apart(edits: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Without the edits that touch what an earlier one already changes."""
    kept: list[tuple[int, int, str]] = []
    for edit in sorted(edits):
        if not kept or edit[0] >= kept[-1][1]:
            kept.append(edit)
    return kept
