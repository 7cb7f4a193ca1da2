"""What a digest's templates are given: cards with their texts marked, an agenda with its dates."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from babel.dates import format_interval, format_skeleton, format_time, get_timezone_location

from flows.content.cards import Appointment, Card, CardSection, RenderedDigest
from flows.domain.edition import hole
from flows.domain.language import Language
from flows.mail.dates import babel_locale, spell_day
from flows.mail.holes import front_without_marks, without_marks

NO_BREAK = "\u00a0"


def digest_values(
    digest: RenderedDigest, *, language: Language, texts: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The templates' values, and the whole texts that take the places of marks among them."""
    bodies: dict[str, str] = {}

    def marked(card: Card) -> Card:
        mark = hole(f"body{len(bodies)}") if card.html else ""
        if mark:
            bodies[mark] = without_marks(card.html)
        return replace(
            card,
            front=front_without_marks(card.front),
            teaser=without_marks(card.teaser),
            link=without_marks(card.link),
            html=mark,
            text=without_marks(card.text),
        )

    sections = [
        CardSection(
            heading=without_marks(section.heading),
            cards=tuple(marked(card) for card in section.cards),
        )
        for section in digest.sections
    ]
    agenda = [_entry(one, language=language, texts=texts) for one in digest.agenda]
    return {"sections": sections, "agenda": agenda}, bodies


def _entry(one: Appointment, *, language: Language, texts: Mapping[str, str]) -> dict[str, str]:
    return {
        "title": without_marks(one.title),
        "day": format_skeleton("d", one.begins, locale=babel_locale(language)),
        "month": format_skeleton("MMM", one.begins, locale=babel_locale(language)),
        "when": spell_when(one, language=language, zone_time=texts["zone_time"]),
        "place": without_marks(one.place),
        "link": without_marks(one.link),
        "calendar": without_marks(one.calendar),
    }


def spell_when(one: Appointment, *, language: Language, zone_time: str) -> str:
    """When it takes place, as the language writes it: 3 December 2026, 09:30–17:00 (Brussels time).

    `zone_time` says of which city the hours are, with `{city}` for its name.
    """
    if not isinstance(one.begins, datetime) or not isinstance(one.ends, datetime):
        days = [spell_day(day, language=language) for day in (one.begins, one.ends)]
        return _span(days)
    locale, zone = babel_locale(language), one.begins.tzinfo
    days = [spell_day(moment.date(), language=language) for moment in (one.begins, one.ends)]
    city = get_timezone_location(one.begins, locale=locale, return_city=True)
    told = f" ({zone_time.replace('{city}', city)})"
    if days[0] == days[1]:
        hours = (
            format_interval(one.begins, one.ends, "Hm", tzinfo=zone, locale=locale)
            if one.begins != one.ends
            else format_time(one.begins, "HH:mm", tzinfo=zone, locale=locale)
        )
        return f"{days[0]}, {hours}{told}"
    clocks = [
        format_time(moment, "HH:mm", tzinfo=zone, locale=locale)
        for moment in (one.begins, one.ends)
    ]
    return _span([f"{day}, {clock}" for day, clock in zip(days, clocks, strict=True)]) + told


def _span(ends: Sequence[str]) -> str:
    return " – ".join(dict.fromkeys(ends))
