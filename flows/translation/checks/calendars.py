"""Calendars: the months and weekdays that a text names, after CLDR."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from babel import Locale, UnknownLocaleError

from flows.translation.names import (
    AMBIGUOUS_DAYS,
    AMBIGUOUS_MONTHS,
    MONTH_HERALDS,
    OTHER_NAMES,
)
from flows.translation.wordings import COMPOUNDING
from flows.translation.words import primary

Field = Literal["months", "days"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A month (1 to 12) or weekday (0, Monday, to 6) named in a text; `sure` unless a homonym."""

    number: int
    raw: str
    span: tuple[int, int]
    sure: bool


def read_names(text: str, *, field: Field, language: str) -> list[Name]:
    """The month or weekday names of a text in order."""
    names = calendar_names(field, language=language)
    if not names:
        return []
    return [
        Name(
            number=names[found.group(1).lower()],
            raw=found.group(1),
            span=found.span(1),
            sure=_is_sure(found, text=text, field=field, language=language),
        )
        for found in _pattern(field, language).finditer(text)
        if _is_cased(found, field=field, language=language)
    ]


def month_numbers(text: str, *, language: str) -> set[int]:
    """The months that a text may be naming."""
    return {name.number for name in read_names(text, field="months", language=language)}


@cache
def calendar_names(field: Field, *, language: str) -> Mapping[str, int]:
    """Each name in lower case to its number; empty when CLDR does not know the language."""
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return {}
    table = getattr(locale, field)
    forms = [*table["format"]["wide"].items(), *table["stand-alone"]["wide"].items()]
    forms += OTHER_NAMES.get((primary(language), field), ())
    return {name.lower(): number for number, name in forms}


@cache
def written_names(field: Field, *, language: str) -> Mapping[int, str]:
    """Each number to its name as CLDR writes it in a date."""
    return dict(getattr(Locale.parse(language, sep="-"), field)["format"]["wide"])


@cache
def _pattern(field: Field, language: str) -> re.Pattern[str]:
    names = sorted(calendar_names(field, language=language), key=len, reverse=True)
    end = r"(?!\w)"
    if field == "days":
        end = "" if primary(language) in COMPOUNDING else r"s?(?!\w)"
    return re.compile(rf"(?<!\w)({'|'.join(map(re.escape, names))}){end}", re.IGNORECASE)


def _is_cased(found: re.Match[str], *, field: Field, language: str) -> bool:
    """Where the language gives these names a capital, one without it is another word."""
    name = found.group(1)
    usual = next(iter(written_names(field, language=language).values()))
    # German adverbs have none: `sonntags`.
    is_adverb = field == "days" and re.match(r"s(?!\w)", found.string[found.end() :])
    return usual[:1].islower() or name[:1].isupper() or not name[:1].isalpha() or bool(is_adverb)


def _is_sure(found: re.Match[str], *, text: str, field: Field, language: str) -> bool:
    if field == "days":
        return found.group(1).title() not in AMBIGUOUS_DAYS.get(primary(language), frozenset())
    ambiguous = AMBIGUOUS_MONTHS.get(primary(language), frozenset())
    if found.group(1).title() not in ambiguous:
        return True
    heralds = "|".join(MONTH_HERALDS.get(primary(language), "").split())
    before = re.search(rf"(?:\d(?:st|nd|rd|th)?|\b(?:{heralds}))[\s-]+$", text[: found.start()])
    return bool(before or re.match(r",?\s*\d", text[found.end() :]))
