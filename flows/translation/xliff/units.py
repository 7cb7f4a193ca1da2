"""Segments as an agency gets them: their names, their marks, and what matches in a translation."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentKey, SegmentState
from flows.translation.decoding import restore
from flows.translation.tokens import Role, Token, tokenise

NAMESPACE: Final = "urn:oasis:names:tc:xliff:document:2.0"
MACHINE: Final = "efus:machine"
"""The sub-state of a draft that no person has looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A segment for an agency: what is there already, and how its `terms` are to be translated."""

    segment: Segment
    target: str = ""
    state: SegmentState = SegmentState.EMPTY
    terms: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The segments of one article for one language, in reading order."""

    slug: str
    source_language: Language
    language: Language
    offers: tuple[Offer, ...]


def unit_id(key: SegmentKey) -> str:
    """The name of a segment's unit: it holds for this very text alone."""
    canonical = json.dumps([key.context, key.source], ensure_ascii=False)
    return f"u{hashlib.sha256(canonical.encode()).hexdigest()[:20]}"


def part_id(unit: str, place: int) -> str:
    """The name of the unit of a title or alternative text, by its place within its segment."""
    return f"{unit}-{place}"


def list_parts(tokens: Sequence[Token]) -> list[str]:
    """The titles and alternative texts among the tokens, each once."""
    return list(dict.fromkeys(part for token in tokens for part in token.parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A translation in the marks of its source: `tokens`, and the translations of its `parts`."""

    tokens: tuple[Token, ...]
    parts: dict[str, str]


def match_marks(source: Sequence[Token], target: str) -> Matched | None:
    """The translation with each mark as the source's same one; `None` where they do not agree."""
    spare = [token for token in source if token.role is not Role.TEXT]
    numbers: dict[int, int] = {}
    tokens: list[Token] = []
    parts: dict[str, str] = {}
    for token in tokenise(target):
        if token.role is Role.TEXT:
            tokens.append(token)
            continue
        twin = next((one for one in spare if _is_twin(one, token, numbers)), None)
        if twin is None:
            return None
        spare.remove(twin)
        numbers[token.number] = twin.number
        parts.update(zip(twin.parts, token.parts, strict=False))
        tokens.append(twin)
    return None if spare else Matched(tokens=tuple(tokens), parts=parts)


def _is_twin(one: Token, other: Token, numbers: dict[int, int]) -> bool:
    """Whether two tokens are the same mark, titles apart; the marks of a pair stay together."""
    if one.role is not other.role or _bare(one) != _bare(other):
        return False
    return other.role is not Role.CLOSE or numbers.get(other.number) == one.number


def _bare(token: Token) -> str:
    return restore(token, dict.fromkeys(token.parts, ""))
