"""Wordings: how a glossary's terms are recognised in running text, whatever their number."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from flows.translation.words import primary

PART = re.compile(r"[^\W_]+|[’']|[-\u2010\u2011]|\s+|.", re.DOTALL)
HYPHENS = {"fr": r"[-\u2010\u2011]"}
"""What a hyphen may be; in French `vivre ensemble` is not `vivre-ensemble`."""

COMPOUNDING = frozenset({"nl", "de"})
"""Languages that write compounds in one word: there a term need only begin a word."""


@lru_cache(maxsize=4096)
def wording_pattern(wording: str, *, language: str, exact: bool = False) -> re.Pattern[str]:
    """Finds the wording in text of that language, in singular or plural, behind an elision.

    A wording with a capital is found only as written; `exact` also forbids plurals.
    """
    tongue = primary(language)
    plural = _INFLECTIONS.get(tongue, _as_written)
    parts = [
        _part(
            part, _as_written if exact else plural, hyphen=HYPHENS.get(tongue, r"[-\u2010\u2011 ]")
        )
        for part in PART.findall(wording)
    ]
    end = "" if tongue in COMPOUNDING and not exact else r"(?!\w)"
    flags = re.NOFLAG if exact or has_capital(wording) else re.IGNORECASE
    return re.compile(rf"(?<!\w){''.join(parts)}{end}", flags)


def has_capital(wording: str) -> bool:
    """Whether the wording is a name: it has a capital letter somewhere."""
    return any(character.isupper() for character in wording)


def _part(part: str, inflect: Callable[[str], str], *, hyphen: str) -> str:
    if part in {"’", "'"}:
        return "[’']"
    if part.isspace():
        return r"[\s-]+"
    if part in {"-", "\u2010", "\u2011"}:
        return hyphen
    return inflect(part) if part.isalnum() else re.escape(part)


def _as_written(word: str) -> str:
    return re.escape(word)


def _french_number(word: str) -> str:
    if len(word) <= 2 or word.isupper() or word[-1] in "sxz":
        return re.escape(word)
    if word.endswith("al"):
        return re.escape(word[:-2]) + "a(?:ls?|ux)"
    return re.escape(word) + "[sx]?"


def _plural_s(word: str) -> str:
    if len(word) <= 2:
        return re.escape(word)
    if word.endswith("y"):
        return re.escape(word[:-1]) + "(?:y|ies)"
    return re.escape(word) + "(?:s|es)?"


def _spanish_number(word: str) -> str:
    if len(word) > 2 and word.endswith("ón"):
        return re.escape(word[:-2]) + "(?:ón|ones)"
    if len(word) > 2 and word.endswith("z"):
        return re.escape(word[:-1]) + "(?:z|ces)"
    return _plural_s(word)


def _portuguese_number(word: str) -> str:
    if len(word) > 2 and word.endswith("ão"):
        return re.escape(word[:-2]) + "(?:ão|ões|ães|ãos)"
    if len(word) > 2 and word[-1] in "lm":
        return re.escape(word[:-1]) + f"(?:{word[-1]}|is|ns)"
    return _plural_s(word)


def _free_ending(word: str) -> str:
    return re.escape(word) if len(word) <= 3 else re.escape(word[:-1]) + r"\w{0,4}"


_INFLECTIONS: Mapping[str, Callable[[str], str]] = {
    "fr": _french_number,
    "en": _plural_s,
    "es": _spanish_number,
    "pt": _portuguese_number,
    "it": _free_ending,
    "pl": _free_ending,
}
