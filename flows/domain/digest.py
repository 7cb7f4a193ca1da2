"""A digest: an article that carries other articles, under headings, and an agenda."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from flows.domain.segment import SegmentKey

if TYPE_CHECKING:
    from flows.domain.article import Slug


class Shown(StrEnum):
    """How much of an article a digest shows."""

    TEASER = "teaser"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One article in a digest; `link` is where to read on, if not on our own page of it."""

    article: "Slug"
    shown: Shown = Shown.TEASER
    link: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Articles under a heading; those that stand before any heading have an empty one."""

    heading: str = ""
    items: tuple[Item, ...] = ()
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaEntry:
    """Something that takes place: on days, the last included, or from moment to moment.

    Moments carry the zone of the place. `name` is the entry's part of its calendar file's
    address: keep it when the title changes.
    """

    name: str
    title: str
    begins: date | datetime
    ends: date | datetime
    place: str = ""
    link: str = ""
    line: int = field(default=0, compare=False)

    @property
    def is_timed(self) -> bool:
        """Whether its hours are known."""
        return isinstance(self.begins, datetime)

    @property
    def calendar_end(self) -> date | datetime:
        """Its end as calendars have it: a last day is not included (RFC 5545, section 3.6.1)."""
        return self.ends if self.is_timed else self.ends + timedelta(days=1)


def digest_strings(
    sections: Sequence[Section], agenda: Sequence[AgendaEntry]
) -> Iterator[tuple[SegmentKey, str, int]]:
    """Every text of a digest's lists as a segment's key, its kind and its line in the file."""
    for section in sections:
        if section.heading:
            yield SegmentKey("meta:section", section.heading), "section", section.line
        for item in section.items:
            if item.link:
                yield SegmentKey("@url", item.link), "url", item.line
    for entry in agenda:
        yield SegmentKey("meta:agenda", entry.title), "agenda", entry.line
        if entry.place:
            yield SegmentKey("meta:venue", entry.place), "venue", entry.line
        if entry.link:
            yield SegmentKey("@url", entry.link), "url", entry.line
