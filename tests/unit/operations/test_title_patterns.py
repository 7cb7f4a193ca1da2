"""Titles by pattern, as each language writes months."""

from datetime import date

import pytest

from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.operations.patterns import USUAL, check_titles, fill_in, split_titles

FR, EN, NL = Language("fr"), Language("en"), Language("nl")
LANGUAGES = (FR, EN, NL)


@pytest.mark.parametrize(
    ("pattern", "language", "filled"),
    [
        ("La lettre de {month} {year}", FR, "La lettre d’avril 2027"),
        ("Lettre de Liège, {date}", FR, "Lettre de Liège, 1er avril 2027"),
        ("The {month} {year} letter", EN, "The April 2027 letter"),
        ("De brief van {day} {month}", NL, "De brief van 1 april"),
        (USUAL, FR, "Efus – avril 2027"),
        ("Le mois de avril et de mars", FR, "Le mois d’avril et de mars"),
        ("Les mois d’{month} et d'mars", FR, "Les mois d’avril et de mars"),
    ],
)
def test_a_pattern_is_filled_as_the_language_writes_it(
    pattern: str, language: Language, filled: str
) -> None:
    """Months and days by the language's habits; in French `de` loses its vowel before another."""
    day = date(2027, 4, 1)
    assert fill_in(pattern, day=day, language=language, sender="Efus") == filled


def test_each_language_has_a_pattern_of_its_own() -> None:
    """One without a language is the network's own; a sign of equality elsewhere is a sign."""
    written = ["a = b {month}", "en=c=d"]
    assert split_titles(written, LANGUAGES) == {FR: "a = b {month}", EN: "c=d"}


@pytest.mark.parametrize(
    "written",
    [
        ["en=The letter"],
        ["{Month}"],
        ["{month.__class__}"],
        ["{}"],
        ["   "],
        ["a", "b"],
        ["x" * 200],
        ["a\x07b"],
        ["{month} {year}", "en=The {month} letter"],
        ["{date}", "en={day} {month}"],
        ["Lettre 2", "en=Letter 3"],
        ["La lettre", "EN=The letter"],
    ],
)
def test_what_nobody_could_fill_in_is_refused(written: list[str]) -> None:
    """With an example."""
    with pytest.raises(InputError) as refused:
        check_titles(split_titles(written, LANGUAGES), LANGUAGES)
    assert "{sender}" in (refused.value.remedy or "")


def test_a_language_that_the_newsletter_has_not_is_refused() -> None:
    """Where languages are named by themselves."""
    with pytest.raises(InputError, match="'de' is not one of the languages"):
        check_titles({"fr": "Lettre", "de": "Brief"}, LANGUAGES)


@pytest.mark.parametrize(
    ("tag", "advice"),
    [
        ("ne", ""),
        ("es", ""),
        ("en-GB", "Did you mean en? "),
        ("FR", "Did you mean fr? "),
    ],
)
def test_a_title_for_an_unknown_language_is_never_the_french_one(tag: str, advice: str) -> None:
    """A tag that was mistyped is named, with its language if that is one of them."""
    for written in ([f"{tag}=De brief"], ["fr=La lettre", f"{tag}=De brief"]):
        with pytest.raises(
            InputError, match=f"'{tag}' is not one of the languages: fr, en, nl"
        ) as refused:
            split_titles(written, LANGUAGES)
        assert (refused.value.remedy or "").startswith(f"{advice}For example")


def test_the_title_in_the_source_s_language_is_required() -> None:
    """The language is named as people call it."""
    with pytest.raises(InputError, match="the title in français is required"):
        check_titles({"nl": "De brief van {month}"}, LANGUAGES)
