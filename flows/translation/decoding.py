"""From an engine's answer back to inline Markdown, or what is wrong with it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flows.translation.encodings import Encoding
from flows.translation.spacing import Item, mend_spaces
from flows.translation.tokens import Role, Token

DEBRIS = re.compile(r"[\x02\x03⟦⟧［］【】]|\[\[|\]\]|</?\s*[gx](?:\s+id\b|\s*/?>)", re.IGNORECASE)
"""What is left of a mark that could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """The Markdown of an answer; worth something only if there are no `problems`."""

    text: str
    problems: tuple[str, ...]


def decode(
    answer: str,
    tokens: Sequence[Token],
    *,
    encoding: Encoding,
    parts: Mapping[str, str],
) -> Decoded:
    """The answer to `tokens` with its marks turned back; `parts` are the translated titles."""
    items, strangers = _parse(answer, tokens, encoding)
    return assemble(items, tokens, parts=parts, strangers=strangers)


def assemble(
    items: Sequence[Item],
    tokens: Sequence[Token],
    *,
    parts: Mapping[str, str],
    strangers: Sequence[str] = (),
) -> Decoded:
    """The Markdown of texts and tokens in the order of a translation; `strangers` are problems."""
    problems = [*strangers, *_audit(items, tokens)]
    mended = mend_spaces(items, tokens)
    text = "".join(item if isinstance(item, str) else restore(item, parts) for item in mended)
    return Decoded(text=text, problems=tuple(problems))


def restore(token: Token, parts: Mapping[str, str]) -> str:
    """The token as Markdown, with its alternative text and titles translated."""
    raw = token.raw
    for part in token.parts:
        for before, after in (("[", "]"), ('"', '"')):
            raw = raw.replace(before + part + after, before + parts.get(part, part) + after, 1)
    return raw


def _parse(
    answer: str, tokens: Sequence[Token], encoding: Encoding
) -> tuple[list[Item], list[str]]:
    """The answer as texts and tokens, and the marks that no token has."""
    known = {_key(token): token for token in tokens if token.role is not Role.TEXT}
    items: list[Item] = []
    strangers: list[str] = []
    opened: list[int] = []
    position = 0
    for mark in encoding.find(answer):
        items.append(encoding.read_text(answer[position : mark.start]))
        position = mark.end
        number = mark.number
        if number is None:
            number = opened.pop() if opened else 0
        token = known.get((mark.closes, number))
        if token is None:
            strangers.append(f"mark {number} out of nowhere")
            continue
        if token.role is Role.OPEN:
            opened.append(number)
        items.append(token)
    items.append(encoding.read_text(answer[position:]))
    return [item for item in items if item], strangers


def _audit(items: Sequence[Item], tokens: Sequence[Token]) -> list[str]:
    """What is wrong with the marks of an answer, in a few words each."""
    found = [*_audit_pairs(items)]
    texts = [item for item in items if isinstance(item, str)]
    if _count_debris(texts) - _count_debris([t.raw for t in tokens if t.role is Role.TEXT]):
        found.append("remains of a mark")
    wanted = [_key(token) for token in tokens if token.role is not Role.TEXT]
    times = Counter(_key(item) for item in items if isinstance(item, Token))
    if missing := {number for closes, number in wanted if not times[closes, number]}:
        found.append(f"marks lost: {_enumerate(missing)}")
    if repeated := {key[1] for key, count in times.items() if count > 1}:
        found.append(f"marks repeated: {_enumerate(repeated)}")
    return found


def _count_debris(texts: Iterable[str]) -> Counter[str]:
    return Counter(found for text in texts for found in DEBRIS.findall(text))


def _audit_pairs(items: Sequence[Item]) -> Iterator[str]:
    opened: list[int] = []
    for item in items:
        if isinstance(item, str) or item.role not in {Role.OPEN, Role.CLOSE}:
            continue
        if item.role is Role.OPEN:
            opened.append(item.number)
        elif opened and opened[-1] == item.number:
            opened.pop()
        else:
            yield f"pair {item.number} crosses another"


def _key(token: Token) -> tuple[bool, int]:
    return token.role is Role.CLOSE, token.number


def _enumerate(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))
