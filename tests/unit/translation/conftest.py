"""Engines made of a function, for what happens around an engine."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from flows.domain.language import Language

MARKS = re.compile(r"(\[\[/?\d+\]\]|<[^<>]*>|&\w+;)")
SHIFT = str.maketrans("abcdefghijklmnopqrstuvwxyzéèêàçôûîœ", "bcdefghijklmnopqrstuvwxyzaêéèâçûôïæ")

FR, EN, NL = Language("fr"), Language("en"), Language("nl")


def shift(text: str) -> str:
    """A stand-in for translating: other letters, the same words, marks untouched."""
    pieces = MARKS.split(text)
    return "".join(p if MARKS.fullmatch(p) else p.lower().translate(SHIFT) for p in pieces)


@dataclass(kw_only=True)
class FunctionEngine:
    """An engine whose answers `answer` makes, text by text, and which keeps what it was asked."""

    answer: Callable[[str], str]
    name: str = "function"
    encodings: tuple[str, ...] = ("brackets",)
    batch_size: int = 4
    requests: list[tuple[str, ...]] = field(default_factory=list)
    contexts: list[str] = field(default_factory=list)

    async def supports(self, source: Language, target: Language) -> bool:
        """Every pair."""
        return source != target

    async def translate(
        self,
        texts: Sequence[str],
        *,
        source: Language,
        target: Language,
        encoding: str,
        context: str = "",
    ) -> list[str]:
        """The function's answers."""
        assert source != target
        assert encoding in {*self.encodings, "plain"}
        self.requests.append(tuple(texts))
        self.contexts.append(context)
        return [self.answer(text) for text in texts]

    async def check(self) -> str:
        """Always well."""
        return "well"

    async def close(self) -> None:
        """Nothing to close."""
