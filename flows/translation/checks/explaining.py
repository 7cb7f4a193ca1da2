"""A remark in words, in the language of whoever reviews."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from babel import Locale

from flows.translation.checks.remark import Remark
from flows.translation.words import primary

WORDS = Path(__file__).with_name("explanations.toml")
REVIEWERS = ("fr", "en", "nl")
"""The languages that every explanation has."""

QUOTES = {"fr": ("«\u00a0", "\u00a0»"), "en": ("“", "”"), "nl": ("‘", "’")}
LONGEST = 60
"""Characters of a quoted piece of text before it is cut short."""


def explain(remark: Remark, *, reviewer: str) -> str:
    """The remark as a sentence; English for a reviewer of another language than `REVIEWERS`."""
    tongue = primary(reviewer) if primary(reviewer) in REVIEWERS else "en"
    words = explanations()[remark.check][remark.reason][tongue]
    return _Wording(tongue).vformat(words, (), remark.facts)


@cache
def explanations() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """The words of every check, by its reasons, by reviewers' languages."""
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


class _Wording(Formatter):
    """`{x:q}` is quoted, one piece or several; `{x:language}` is a language by its name."""

    def __init__(self, tongue: str) -> None:
        self._tongue = tongue

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "language":
            name = Locale.parse(self._tongue).languages.get(str(value), str(value))
            return str(name)
        if format_spec == "q":
            pieces = value if isinstance(value, tuple) else (value,)
            return ", ".join(self._quote(str(piece)) for piece in pieces)
        return str(value)

    def _quote(self, text: str) -> str:
        opener, closer = QUOTES[self._tongue]
        text = " ".join(text.split())
        shown = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
        return f"{opener}{shown}{closer}"
