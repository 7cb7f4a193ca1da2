"""Engines made of a function, for what happens around an engine."""

import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentKey
from flows.translation.engines.protocol import Engine, Outlet, Reach
from flows.translation.interpreter import Interpreter
from flows.translation.inventory import compare_inventories
from flows.translation.ladder import Draft, Verify
from flows.translation.protection import draft_batch
from flows.translation.surroundings import list_batches

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
    uses_context: bool = True
    pivot: Language | None = None
    reach: Reach = field(default_factory=Reach)
    address: str = ""
    pairs: list[tuple[Language, Language]] = field(default_factory=list)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    contexts: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """How many times it was asked."""
        return len(self.asked)

    @property
    def outlet(self) -> Outlet:
        """It carries its texts itself."""
        return self

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
        self.asked.append(tuple(texts))
        self.pairs.append((source, target))
        self.contexts.append(context)
        return [self.answer(text) for text in texts]

    async def check(self) -> str:
        """Always well."""
        return "well"

    async def close(self) -> None:
        """Nothing to close."""


async def draft_segments(
    segments: Sequence[Segment],
    *,
    engine: Engine,
    source: Language,
    target: Language,
    verify: Verify = compare_inventories,
) -> AsyncIterator[tuple[SegmentKey, Draft]]:
    """The drafts of one engine alone, batch after batch, for an article of these segments."""
    interpreter = Interpreter(engine, source=source, target=target)
    for batch in list_batches(segments, engine, article=segments):
        async for key, draft in draft_batch(batch, interpreter, verify=verify):
            yield key, draft
