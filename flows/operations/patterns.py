"""Titles by pattern: what each digest of a rule is called, in each language."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from babel.dates import format_date

from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.mail.dates import babel_locale, spell_day

PLACE: Final = re.compile(r"\{([^{}]*)\}")
PLACES: Final = ("day", "month", "year", "date", "sender")
USUAL: Final = "{sender} – {month} {year}"
"""What a digest is called in each language if nobody said."""
LONGEST: Final = 120
ELISIONS: Final = {
    "fr": (
        (re.compile(r"\b([Dd])e (?=(?:avril|août|octobre)\b)"), "\\1’"),
        (
            re.compile(
                r"\b([Dd])['’](?=(?:janvier|février|mars|mai|juin|juillet|septembre|novembre|décembre)\b)"
            ),
            "\\1e ",
        ),
    )
}
"""Months that begin with a vowel, and those that do not: la lettre d’avril, de mai."""
TAG: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
"""What stands before a sign of equality where a language was meant."""
NUMBERS: Final = {"day": ("day",), "year": ("year",), "date": ("day", "year")}
"""The numbers in what stands for a place; a translation must have those of its source."""


def split_titles(written: Sequence[str], languages: Sequence[Language]) -> dict[str, str]:
    """`La lettre de {month}` and `en=The letter of {month}` → the pattern of each language.

    One without a language is in the first. Raises `InputError` for two in one language, and for
    what begins as if it were in a language that the newsletter has not.
    """
    titles: dict[str, str] = {}
    for one in written:
        tag, equals, text = one.partition("=")
        named = bool(equals) and TAG.fullmatch(tag) is not None
        language, pattern = (tag, text) if named else (languages[0], one)
        _require_language(language, languages)
        if language in titles:
            raise _refused(Phrase("there are two titles in {language!r}", language=language))
        titles[language] = pattern
    return titles


def check_titles(titles: Mapping[str, str], languages: Sequence[Language]) -> dict[Language, str]:
    """The patterns, if all can be filled in and there is one in the first language, or none at all.

    Raises `InputError` otherwise.
    """
    source = languages[0]
    if titles and source not in titles:
        named = babel_locale(source).get_display_name() or source
        raise _refused(Phrase("the title in {language} is required", language=named))
    for language, pattern in titles.items():
        _require_language(language, languages)
        if not pattern.strip() or len(pattern) > LONGEST or not pattern.isprintable():
            raise _refused(Phrase("{text!r} is no title", text=pattern[:LONGEST]))
        for place in PLACE.findall(pattern):
            if place not in PLACES:
                raise _refused(Phrase("nothing can stand for {place}", place=f"{{{place}}}"))
    _check_numbers(titles, source)
    return {Language(one): " ".join(pattern.split()) for one, pattern in titles.items()}


def _require_language(language: str, languages: Sequence[Language]) -> None:
    if language in languages:
        return
    meant = language.casefold().partition("-")[0]
    raise _refused(
        Phrase(
            "{language!r} is not one of the languages: {languages}",
            language=language,
            languages=", ".join(languages),
        ),
        advice=f"Did you mean {meant}? " if meant in languages else "",
    )


def _check_numbers(titles: Mapping[str, str], source: Language) -> None:
    for language, pattern in titles.items():
        if _numbers(pattern) != _numbers(titles[source]):
            raise _refused(
                Phrase(
                    "the title in {language!r} has other numbers than that in {source!r}",
                    language=language,
                    source=source,
                )
            )


def _numbers(pattern: str) -> list[str]:
    """The numbers that a title will have: a translation is checked for those of its source."""
    places = [one for place in PLACE.findall(pattern) for one in NUMBERS.get(place, ())]
    return sorted(places + re.findall(r"\d+", pattern))


def _refused(problem: str, *, advice: str = "") -> InputError:
    places = ", ".join(f"{{{one}}}" for one in PLACES)
    remedy = (
        f'{advice}For example: "La lettre de {{month}} {{year}}", "en=…", "nl=…". Places: {places}.'
    )
    return InputError(problem, field="title", remedy=remedy)


def fill_in(pattern: str, *, day: date, language: Language, sender: str) -> str:
    """A pattern with a day as the language writes it: `La lettre d’avril 2027`."""
    known = {
        "day": str(day.day),
        "month": format_date(day, "LLLL", locale=babel_locale(language)),
        "year": str(day.year),
        "date": spell_day(day, language=language),
        "sender": sender,
    }
    filled = PLACE.sub(lambda found: known[found[1]], pattern)
    elisions = ELISIONS.get(babel_locale(language).language, ())
    for before, written in elisions:
        filled = before.sub(written, filled)
    return filled
