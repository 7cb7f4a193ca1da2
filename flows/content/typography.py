"""What a language asks of rendered text: in French, the spaces that its double marks take.

Applied to text nodes only, never to code or attributes, and never to the source or a segment.
"""

import re
from typing import Protocol

from flows.domain.language import Language
from flows.domain.style import FrenchSpacing

NARROW = "\u202f"
NO_BREAK = "\u00a0"
GAP = r"[ \t\r\n\u00a0\u2009\u202f]"
FRENCH = re.compile(
    rf"""
    (?P<address> (?:https?://|www\.|mailto:) \S+ )
  | « {GAP}* (?P<open> »? )
  | (?<!{GAP}) {GAP}* (?: » (?P<close>) | (?<={GAP}) (?P<colon>:) (?!\w) )
  | (?<!{GAP}) {GAP}+ (?P<high>[;!?]+)
  | (?<=[\w)\]"”]) (?P<glued>[;!?]+) (?= \s | $ | [»)\]"”] )
    """,
    re.VERBOSE,
)

CLOSED = re.compile(
    rf"""
    (?P<address> (?:https?://|www\.|mailto:) \S+ )
  | (?P<mark> «{GAP}+ | (?<!{GAP}){GAP}+» | (?<!{GAP}){GAP}+[;:!?]+ (?= \s | $ | [»)\]”] ) )
    """,
    re.VERBOSE,
)


class Typography(Protocol):
    """Gives a text its language's typography; doing it twice changes nothing more."""

    def __call__(self, text: str) -> str:
        """The text, its marks set."""
        ...


def for_language(language: Language, *, french: FrenchSpacing = FrenchSpacing.FRANCE) -> Typography:
    """The typography of texts in `language`; `french` is the house's choice for French."""
    if language.partition("-")[0] != "fr":
        return _leave
    return _space_french if french is FrenchSpacing.FRANCE else _close_french_up


def _leave(text: str) -> str:
    return text


def _space_french(text: str) -> str:
    return FRENCH.sub(_spaced, text)


def _close_french_up(text: str) -> str:
    return CLOSED.sub(lambda match: match["address"] or match["mark"].strip(), text)


def _spaced(match: re.Match[str]) -> str:
    if match["address"]:
        return match[0]
    if match["open"] is not None:
        return f"«{NO_BREAK}{match['open']}"
    if match["close"] is not None:
        return f"{NO_BREAK}»"
    if match["colon"]:
        return f"{NO_BREAK}:"
    return f"{NARROW}{match['high'] or match['glued']}"
