"""The author's own words, one segment at a time: what a reader would stumble over."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import lru_cache

from flows.content.skeleton import PLACEHOLDERS, TO_FILL_IN
from flows.domain.finding import Severity
from flows.domain.language import Language
from flows.domain.segment import Segment
from flows.domain.style import PLAIN_STYLE, FrenchSpacing, HouseStyle
from flows.translation.checks.calendars import read_names, written_names
from flows.translation.checks.idiom import find_wrong_language
from flows.translation.checks.lengths import find_excess_length, find_long_image_texts
from flows.translation.checks.machine import find_debris
from flows.translation.checks.pair import Pair, read_pair
from flows.translation.checks.punctuation import (
    find_odd_spaces,
    find_open_brackets,
    find_repeated_words,
)
from flows.translation.checks.registry import proven
from flows.translation.checks.remark import Remark, replace_spans
from flows.translation.words import VAGUE_LINKS, primary

SPACE_OF = {":": "\u00a0", "«": "\u00a0", "»": "\u00a0"}
"""The space that a mark takes; the narrow one where none is named."""
NARROW = "\u202f"
GLUED = re.compile(r"(?<=[^\W\d_])[:;?!](?=\s|$)|«(?=\w)|(?<=\w)»")
LINK = re.compile(r"(?<!!)\[([^\]\[]+)\]\(")


def find_missing_spaces(pair: Pair) -> Iterator[Remark]:
    """French double marks without the space that they take in this house.

    A space that could break is none of the author's business: rendering binds it.
    """
    if primary(pair.language) != "fr" or pair.style.french_spacing is FrenchSpacing.EU:
        return
    glued = list(GLUED.finditer(pair.target.text))
    # All at once: with one of them left, the same would be said again.
    fix = replace_spans(pair.target.raw, [_spaced(found) for found in glued])
    for found in glued:
        yield Remark(
            check="spaces",
            severity=Severity.WARNING,
            reason="missing",
            facts={"mark": found.group()},
            span=found.span(),
            fix=fix,
        )


def _spaced(found: re.Match[str]) -> tuple[int, int, str]:
    """The space that a mark lacks, and its place: behind an opening one, before any other."""
    place = found.end() if found.group() == "«" else found.start()
    return place, place, SPACE_OF.get(found.group(), NARROW)


def find_impossible_dates(pair: Pair) -> Iterator[Remark]:
    """A weekday that does not fall on the day it stands beside: `mardi 4 mars 2026`."""
    text, language = pair.target.text, pair.language
    days = read_names(text, field="days", language=language)
    for month in read_names(text, field="months", language=language):
        before = re.search(r"(\d{1,2})(?:er|\.)?[\s]+(?:de )?$", text[: month.span[0]])
        after = re.match(r"[\s]+(?:de )?(\d{4})\b", text[month.span[1] :])
        beside = [day for day in days if before and 0 <= before.start() - day.span[1] <= 2]
        if before and after and beside:
            yield from _judge_weekday(
                beside[-1].number,
                (int(after.group(1)), month.number, int(before.group(1))),
                span=(beside[-1].span[0], month.span[1] + after.end()),
                pair=pair,
            )


def _judge_weekday(
    weekday: int, day: tuple[int, int, int], *, span: tuple[int, int], pair: Pair
) -> Iterator[Remark]:
    try:
        right = date(*day).weekday()
    except ValueError:
        return
    if right != weekday:
        names = written_names("days", language=pair.language)
        written = pair.target.raw[slice(*span)].partition(" ")
        yield Remark(
            check="calendar",
            severity=Severity.WARNING,
            reason="weekday",
            facts={"date": written[2], "right": names[right], "given": written[0]},
            span=span,
        )


def find_vague_links(pair: Pair) -> Iterator[Remark]:
    """Links whose text says nothing to whoever hears it alone (WCAG 2.4.4): `cliquez ici`."""
    vague = VAGUE_LINKS.get(primary(pair.language), frozenset())
    for found in LINK.finditer(pair.target.raw):
        if " ".join(found.group(1).casefold().strip(" .»").split()) in vague:
            yield Remark(
                check="link-text",
                severity=Severity.WARNING,
                reason="vague",
                facts={"text": found.group(1)},
                span=found.span(1),
            )


def find_placeholders(pair: Pair) -> Iterator[Remark]:
    """What a new article begins with, left as it is: nobody has written it yet."""
    text = pair.target.raw.strip()
    if found := (text if text in PLACEHOLDERS else next(iter(TO_FILL_IN.findall(text)), "")):
        facts = {"text": found}
        yield Remark(check="template", severity=Severity.ERROR, reason="left", facts=facts)


ORIGINAL_CHECKS: tuple[Callable[[Pair], Iterator[Remark]], ...] = (
    find_debris,
    find_wrong_language,
    find_excess_length,
    find_long_image_texts,
    find_impossible_dates,
    find_missing_spaces,
    find_odd_spaces,
    find_open_brackets,
    find_repeated_words,
    find_vague_links,
)


def lint_segment(
    segment: Segment, *, language: Language, style: HouseStyle = PLAIN_STYLE
) -> list[Remark]:
    """What is to be said of one segment of the source: an error if nobody has written it yet.

    All else are warnings: its author decides, also about each fix. What was said is remembered, so
    that an edit of one passage has that one looked at alone.
    """
    house = _House(style)
    return list(_linted(replace(segment, line=None), language, house))


class _House:
    """A style that is found again by what it says."""

    def __init__(self, style: HouseStyle) -> None:
        self.style = style
        marks = sorted(style.quotation_marks.items())
        sites = sorted(style.localised_sites.items())
        self.said = repr((marks, sites, style.french_spacing))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _House) and self.said == other.said

    def __hash__(self) -> int:
        return hash(self.said)


@lru_cache(maxsize=4096)
def _linted(segment: Segment, language: Language, house: _House) -> tuple[Remark, ...]:
    style = house.style
    pair = read_pair(
        "",
        segment.source,
        kind=segment.kind,
        context=segment.context,
        language=language,
        source_language=language,
        glossary=None,
        style=style,
    )
    if segment.context is not None and not segment.context.startswith("meta:"):
        return ()
    remarks = (
        proven(remark, check, pair=pair) for check in ORIGINAL_CHECKS for remark in check(pair)
    )
    return (
        *find_placeholders(pair),
        *(replace(remark, severity=Severity.WARNING, is_safe=False) for remark in remarks),
    )
