"""Languages as people write them in lists: tags, or names in French, English or Dutch."""

from functools import lru_cache
from typing import Final

from flows.domain.language import Language, parse_language
from flows.operations.intake.headings import plain

NAMED_IN: Final = ("fr", "en", "nl")


@lru_cache(maxsize=1000)
def read_language(written: str) -> Language:
    """The language that somebody wrote. Raises `ValueError` if it is none."""
    try:
        return parse_language(written)
    except ValueError:
        tag = _names().get(plain(written))
        if tag is None:
            raise
        return tag


@lru_cache(maxsize=1)
def _names() -> dict[str, Language]:
    from babel import Locale

    names: dict[str, Language] = {}
    for language in NAMED_IN:
        for tag, name in Locale(language).languages.items():
            if "_" not in tag and len(tag) == 2:
                names.setdefault(plain(name), Language(tag))
    return names
