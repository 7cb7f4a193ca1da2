"""Dates and directions as the languages have them."""

import re
from datetime import date

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton

from flows.domain.language import Language

REGIONS = {"en": "en_150"}
"""English is written for Europe: 6 October 2026."""

FIRST_DAYS = {"fr": "1er"}
"""How a language writes the first of a month, where its numeral alone is wrong."""


def spell_date(written: str, *, language: Language) -> str:
    """An ISO 8601 day or month as the language writes it: novembre 2019, 6 October 2026."""
    parts = [int(part) for part in written.split("-")]
    if len(parts) == 2:
        locale = babel_locale(language)
        return format_skeleton("yMMMM", date(parts[0], parts[1], 1), locale=locale)
    return spell_day(date(parts[0], parts[1], parts[2]), language=language)


def spell_day(day: date, *, language: Language) -> str:
    """A day as the language writes it in full."""
    locale = babel_locale(language)
    spelt = format_date(day, format="long", locale=locale)
    first = FIRST_DAYS.get(locale.language)
    return re.sub(r"^1(?=\s)", first, spelt) if first else spelt


def babel_locale(language: Language) -> Locale:
    """Whose habits dates and numbers follow."""
    try:
        return Locale.parse(REGIONS.get(language, language.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(REGIONS["en"])


def direction_of(language: Language) -> dict[str, str]:
    """Which way the language is written, and where its lines begin and end."""
    rightwards = babel_locale(language).text_direction == "ltr"
    return {
        "direction": "ltr" if rightwards else "rtl",
        "start": "left" if rightwards else "right",
        "end": "right" if rightwards else "left",
    }
