"""Cutting a long text at its sentences, for services that take only so many bytes."""

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence

from flows.translation.engines.answers import has_letters

SENTENCE_END = re.compile(r"(?<=[.!?…»”)])[ \t\n]+")
"""Ordinary spaces only: a no-break space stands inside a sentence, as in « Pourquoi ? »."""

WORD_END = re.compile(r"(?<=\S)[ \t\n]+")


def slice_passages(text: str, *, limit_bytes: int) -> list[str]:
    """Consecutive parts of `text`, each at most `limit_bytes` (≥ 4) of UTF-8; joined, they are it.

    Parts end after a sentence where they can, else after a word, else between characters.
    """
    parts: list[str] = []
    for piece in _pieces(text, limit_bytes):
        if parts and _size(parts[-1] + piece) <= limit_bytes:
            parts[-1] += piece
        else:
            parts.append(piece)
    return parts


def cut_sentences(text: str) -> list[str]:
    """The sentences of `text`, each with the white space after it; joined, they are it."""
    return list(_cut(text, SENTENCE_END))


def _pieces(text: str, limit_bytes: int) -> Iterator[str]:
    for sentence in _cut(text, SENTENCE_END):
        if _size(sentence) <= limit_bytes:
            yield sentence
            continue
        for word in _cut(sentence, WORD_END):
            yield from [word] if _size(word) <= limit_bytes else _chop(word, limit_bytes)


def _cut(text: str, ends: re.Pattern[str]) -> Iterator[str]:
    start = 0
    for match in ends.finditer(text):
        yield text[start : match.end()]
        start = match.end()
    if start < len(text):
        yield text[start:]


def _chop(text: str, limit_bytes: int) -> Iterator[str]:
    length = limit_bytes // 4
    return (text[start : start + length] for start in range(0, len(text), length))


def _size(text: str) -> int:
    return len(text.encode())


async def translate_passages(
    texts: Sequence[str], *, limit_bytes: int, ask: Callable[[str], Awaitable[str]]
) -> list[str]:
    """The texts with each passage translated by `ask`, the white space around it kept.

    What has no letters is not asked about.
    """
    return [await _translate_one(text, limit_bytes, ask) for text in texts]


async def _translate_one(text: str, limit_bytes: int, ask: Callable[[str], Awaitable[str]]) -> str:
    translated = ""
    for passage in slice_passages(text, limit_bytes=limit_bytes):
        core = passage.strip()
        answer = (await ask(core)).strip() if has_letters(core) else core
        translated += passage.replace(core, answer, 1)
    return translated
