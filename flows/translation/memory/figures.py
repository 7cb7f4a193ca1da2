"""The figures in which two texts differ: where a translation that was taken over misleads."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from babel.core import UnknownLocaleError
from babel.dates import get_day_names, get_month_names

from flows.domain.language import Language
from flows.translation.numerals import NUMBER_WORDS
from flows.translation.words import primary

_FRENCH = (
    "treize quatorze seize dix-sept dix-huit dix-neuf soixante-dix quatre-vingt quatre-vingts "
    "septante octante huitante nonante million millions milliard milliards"
)
MORE_NUMBERS = {"fr": frozenset(_FRENCH.split())}
"""Numbers that a check of translations can do without, but not a comparison within a language."""
WORD = re.compile(r"\w+(?:-\w+)*")
DIGITS = re.compile(r"\d+")


def diff_figures(old: str, new: str, *, language: Language) -> str:
    """Which numbers, months and weekdays two texts of one language do not share; "" if none.

    Typing does not count: 18h30 is 18 h 30. A number in letters is one, but for *one*, which is
    an article in many languages.
    """
    before, after = (Counter(_figures(text, language)) for text in (old, new))
    gone, come = before - after, after - before
    changed = [
        f"[-{', '.join(sorted(gone))}-]" if gone else "",
        f"{{+{', '.join(sorted(come))}+}}" if come else "",
    ]
    return " ".join(filter(None, changed))


def _figures(text: str, language: Language) -> Iterator[str]:
    yield from DIGITS.findall(text)
    tongue = primary(language)
    names = _calendar(tongue) | MORE_NUMBERS.get(tongue, frozenset())
    names |= {word for word, value in NUMBER_WORDS.get(tongue, {}).items() if value != 1}
    for word in WORD.findall(text.casefold()):
        if word in names or names.intersection(word.split("-")):
            yield word


@lru_cache(maxsize=32)
def _calendar(tongue: str) -> frozenset[str]:
    """The names of months and weekdays in a language that Babel knows."""
    try:
        tables = [
            table(width, locale=tongue)
            for table in (get_month_names, get_day_names)
            for width in ("wide", "abbreviated")
        ]
    except (UnknownLocaleError, ValueError):
        return frozenset()
    names = (str(name).casefold().rstrip(".") for table in tables for name in table.values())
    return frozenset(name for name in names if len(name) > 2)
