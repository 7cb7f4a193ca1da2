"""Tokens written so that an engine leaves them alone, and read back whatever it did to them."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from flows.translation.tokens import Role, Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A token as found in an answer; `number` is `None` for a close that does not say whose."""

    start: int
    end: int
    number: int | None
    closes: bool


class Encoding(Protocol):
    """A way to write tokens into text; `name` is one of the engines' `ENCODINGS`."""

    @property
    def name(self) -> str:
        """The name that engines know."""

    def write(self, tokens: Sequence[Token]) -> str:
        """The tokens as one text for the engine."""

    def find(self, answer: str) -> list[Mark]:
        """The marks in an engine's answer, in order, however carelessly it copied them."""

    def read_text(self, text: str) -> str:
        """What stands between two marks, as text."""


class Brackets:
    """`[[1]]…[[/1]]` and `[[2]]`, for engines that know no markup.

    Engines add spaces, lose a bracket of two, or use full-width ones.
    """

    name = "brackets"
    MARK = re.compile(
        r"[\[［【](?:\s*[\[［【])?\s*(?P<slash>[/／]?)\s*(?P<number>\d{1,4})\s*[\]］】](?:\s*[\]］】])?"
    )

    def write(self, tokens: Sequence[Token]) -> str:
        """The tokens as one text for the engine."""
        return "".join(map(self._write_one, tokens))

    @staticmethod
    def _write_one(token: Token) -> str:
        if token.role is Role.TEXT:
            return token.raw
        return f"[[{'/' if token.role is Role.CLOSE else ''}{token.number}]]"

    def find(self, answer: str) -> list[Mark]:
        """The marks in the answer, in order."""
        return [
            Mark(
                start=match.start(),
                end=match.end(),
                number=int(match["number"]),
                closes=bool(match["slash"]),
            )
            for match in self.MARK.finditer(answer)
        ]

    @staticmethod
    def read_text(text: str) -> str:
        """The text itself."""
        return text


class Xml:
    """`<g id="1">…</g>` and `<x id="2"/>` in escaped text, for engines that handle tags.

    Engines add spaces within tags, curl their quotes, or close an empty element apart.
    """

    name = "xml"
    MARK = re.compile(
        r"<\s*(?P<tag>[gx])\s+id\s*=\s*[\"“”'«]?\s*(?P<number>\d{1,4})\s*[\"“”'»]?\s*/?\s*>"
        r"(?:\s*<\s*/\s*x\s*>)?|(?P<close><\s*/\s*g\s*>)",
        re.IGNORECASE,
    )

    def write(self, tokens: Sequence[Token]) -> str:
        """The tokens as one text for the engine."""
        return "".join(map(self._write_one, tokens))

    @staticmethod
    def _write_one(token: Token) -> str:
        return {
            Role.TEXT: html.escape(token.raw, quote=False),
            Role.OPEN: f'<g id="{token.number}">',
            Role.CLOSE: "</g>",
            Role.OPAQUE: f'<x id="{token.number}"/>',
        }[token.role]

    def find(self, answer: str) -> list[Mark]:
        """The marks in the answer, in order; a close has no number."""
        return [
            Mark(
                start=match.start(),
                end=match.end(),
                number=int(match["number"]) if match["number"] else None,
                closes=bool(match["close"]),
            )
            for match in self.MARK.finditer(answer)
        ]

    @staticmethod
    def read_text(text: str) -> str:
        """The text with its references resolved."""
        return html.unescape(text)


ENCODINGS: dict[str, Encoding] = {"brackets": Brackets(), "xml": Xml()}
"""The encodings that carry tokens, by name."""
