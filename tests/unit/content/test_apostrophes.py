from collections.abc import Callable

import pytest

from flows.content.rendering import render_article
from flows.content.typography import curl, marks_of
from flows.domain.article import Article
from flows.domain.language import Language

APOSTROPHES = [
    ("nl", "tot 2 uur 's nachts", "tot 2 uur ’s nachts"),
    ("nl", "'s Avonds, ('s morgens) en 'S MIDDAGS", "’s Avonds, (’s morgens) en ’S MIDDAGS"),
    ("nl", "van 's-Hertogenbosch naar 't Gooi", "van ’s-Hertogenbosch naar ’t Gooi"),
    ("nl", "'k heb 'm gezien, zo'n foto's", "’k heb ’m gezien, zo’n foto’s"),
    ("nl", '"\'s Nachts" is laat', "“’s Nachts” is laat"),
    ("nl", "hij zei: 'om 's nachts te gaan'", "hij zei: ‘om ’s nachts te gaan’"),
    ("nl", "''t Gooi' en de letter 's'", "‘’t Gooi’ en de letter ‘s’"),
    ("nl", "de jaren '90", "de jaren ’90"),
    ("en", "'Twas the '90s: give 'em time", "’Twas the ’90s: give ’em time"),
    ("en", "rock 'n' roll", "rock ’n’ roll"),
    ("en", "'a good plan', 'the 2030 plan'", "‘a good plan’, ‘the 2030 plan’"),
    ("en", "'10 steps to safer nights', in '69", "‘10 steps to safer nights’, in ’69"),
    (
        "nl",
        "Lees '10 tips voor steden' en '25 jaar Efus'.",
        "Lees ‘10 tips voor steden’ en ‘25 jaar Efus’.",
    ),
    ("fr", "plus d'11 villes, en mai '68", "plus d’11 villes, en mai ’68"),
    ("fr", "l'\"été\" d'ici", "l’«\u00a0été\u00a0» d’ici"),
]


@pytest.mark.parametrize(("language", "typed", "set_"), APOSTROPHES)
def test_an_apostrophe_is_no_opening_mark(
    an_article: Callable[..., Article], language: str, typed: str, set_: str
) -> None:
    """Neither where it begins a word, in a text or a title, nor before figures."""
    letter = render_article(
        an_article(typed),
        language=Language(language),
        source_language=Language(language),
        translations={},
    )
    assert letter.text == set_
    assert curl(typed, marks=marks_of(Language(language))) == set_.replace("\u00a0", "")
