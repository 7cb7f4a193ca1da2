"""The tokens that a theme decides: what each is for, and what it may be."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from flows.domain.phrases import Phrase

Check = Callable[[object], str | None]
"""Says what is wrong with a value, if anything is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a token is for, what it may be in the words of a person, and its check."""

    meaning: str
    allowed: str
    check: Check


def _colour(meaning: str) -> Token:
    def check(value: object) -> str | None:
        if isinstance(value, str) and re.fullmatch("#[0-9a-f]{6}", value):
            return None
        return Phrase("{value!r} is no colour such as #14487c", value=value)

    return Token(meaning=meaning, allowed="`#` and six digits 0–9, a–f", check=check)


FAMILY: Final = r"(?:[A-Za-z][\w-]*|-[a-z][\w-]*|'[A-Za-z][\w -]*')"
FONTS: Final = re.compile(rf"{FAMILY}(?:, {FAMILY})*, (?:serif|sans-serif|monospace)")


def _fonts(meaning: str) -> Token:
    def check(value: object) -> str | None:
        if isinstance(value, str) and FONTS.fullmatch(value):
            return None
        return Phrase(
            "{value!r} is no list of installed fonts such as Georgia, 'Times New Roman', serif",
            value=value,
        )

    return Token(
        meaning=meaning,
        allowed="names of installed fonts, then `serif`, `sans-serif` or `monospace`",
        check=check,
    )


def _pixels(meaning: str, least: int, most: int) -> Token:
    def check(value: object) -> str | None:
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return None
        return Phrase(
            "{value!r} is no whole number from {least} to {most}",
            value=value,
            least=least,
            most=most,
        )

    return Token(meaning=meaning, allowed=f"{least}–{most} px", check=check)


def _address(meaning: str) -> Token:
    def check(value: object) -> str | None:
        if isinstance(value, str) and re.fullmatch(r"(?:https://[^\s<>\"]+)?", value):
            return None
        return Phrase("{address!r} is no address that begins with https://", address=value)

    return Token(meaning=meaning, allowed="an `https://` address, or nothing", check=check)


COLOURS: Final[Mapping[str, Token]] = {
    "page": _colour("the ground around the letter"),
    "sheet": _colour("the ground of the letter"),
    "panel": _colour("the ground of code and of days in the agenda"),
    "ink": _colour("running text"),
    "strong": _colour("the title, lower headings, heads of tables"),
    "soft": _colour("the summary and quotations"),
    "faint": _colour("author and place, captions, sources, the foot"),
    "accent": _colour("links, headings of sections, bars"),
    "line": _colour("thin lines"),
    "masthead": _colour("the ground of the masthead"),
    "masthead_ink": _colour("the network's name"),
    "masthead_faint": _colour("the date"),
    "button": _colour("the ground of a button"),
    "button_ink": _colour("the words of a button"),
    "mark": _colour("the ground of marked words"),
    "mark_ink": _colour("marked words"),
}

PAIRS: Final = (
    ("ink", "sheet"),
    ("strong", "sheet"),
    ("soft", "sheet"),
    ("faint", "sheet"),
    ("accent", "sheet"),
    ("faint", "page"),
    ("accent", "page"),
    ("ink", "panel"),
    ("strong", "panel"),
    ("accent", "panel"),
    ("masthead_ink", "masthead"),
    ("masthead_faint", "masthead"),
    ("button_ink", "button"),
    ("mark_ink", "mark"),
)
"""Words and the ground that they stand on somewhere in a letter."""

TOKENS: Final[Mapping[str, Mapping[str, Token]]] = {
    "light": COLOURS,
    "dark": COLOURS,
    "fonts": {
        "text": _fonts("running text"),
        "headings": _fonts("the name, the title, headings of sections, quotations"),
        "code": _fonts("code"),
    },
    "sizes": {
        "text": _pixels("running text", 16, 20),
        "small": _pixels("captions, tables, the foot", 16, 18),
        "lead": _pixels("the summary and quotations", 17, 24),
        "name": _pixels("the network's name", 20, 40),
        "title": _pixels("the title; on phones 85 % of it", 26, 44),
        "heading": _pixels("headings of sections", 20, 32),
        "subheading": _pixels("titles of articles, lower headings", 17, 26),
    },
    "space": {
        "above": _pixels("above the letter, but not on phones", 0, 48),
        "edge": _pixels("left and right of the text; on phones 24", 24, 64),
        "paragraph": _pixels("between paragraphs", 12, 28),
        "section": _pixels("above a heading", 24, 56),
    },
    "radii": {
        "sheet": _pixels("corners of the letter", 0, 24),
        "panel": _pixels("corners of code and days", 0, 24),
        "picture": _pixels("corners of pictures", 0, 24),
        "button": _pixels("corners of buttons", 0, 32),
    },
    "widths": {
        "letter": _pixels("the letter", 560, 720),
        "picture": _pixels("a picture beside a teaser", 120, 240),
        "bar": _pixels("the bar above the masthead", 0, 12),
    },
    "logo": {
        "address": _address("a picture instead of the name, which is its alternative text"),
        "width": _pixels("its width", 0, 400),
        "height": _pixels("its height", 0, 160),
    },
}
"""Every token by its table in `theme.toml`."""
