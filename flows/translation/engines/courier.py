"""What the services that deep_translator asks have in common: one text a request, cut to fit."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import httpx

from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.translation.engines.answers import accept_answer
from flows.translation.engines.borrowed import BorrowedSession
from flows.translation.engines.codes import find_code
from flows.translation.engines.errors import UnsupportedPairError
from flows.translation.engines.passages import translate_passages
from flows.translation.engines.retries import RetryPolicy


class Courier(ABC):
    """An engine that carries its texts one by one, the next when the last has come back."""

    name: ClassVar[str]
    title: ClassVar[str]
    """How a person calls the service."""
    encodings: ClassVar[tuple[str, ...]]
    bytes_per_request: ClassVar[int]
    preferred_codes: ClassVar[Mapping[str, str]]
    batch_size = 1
    uses_context = False
    pivot = None

    def __init__(
        self, *, url: str, timeout_seconds: float, retries: RetryPolicy, pause_seconds: float = 0.0
    ) -> None:
        self.outlet = BorrowedSession(
            self.name, url=url, timeout_seconds=timeout_seconds, inspect=self._inspect
        )
        self._retries = retries
        self._pause_seconds = pause_seconds
        self._turn = asyncio.Lock()

    @staticmethod
    @abstractmethod
    def _load_codes() -> Mapping[str, str]:
        """The service's codes by lower-case tag, out of deep_translator's table."""

    @abstractmethod
    def _translate(self, text: str, pair: tuple[str, str]) -> Any:
        """deep_translator's answer to one text."""

    @abstractmethod
    def _inspect(self, response: httpx.Response) -> None:
        """Raises an `EngineError` if the response is no translation."""

    def _finish(self, answer: str) -> str:
        """The answer as text."""
        return answer

    async def supports(self, source: Language, target: Language) -> bool:
        """Whether deep_translator's table has both languages."""
        return all(await self._pair(source, target))

    async def translate(
        self,
        texts: Sequence[str],
        *,
        source: Language,
        target: Language,
        encoding: str,  # noqa: ARG002  every encoding is text to it
        context: str = "",  # noqa: ARG002  it has no use for it
    ) -> list[str]:
        """One translation for each text; raises an `EngineError`."""
        pair = await self._pair(source, target)
        if not all(pair):
            raise UnsupportedPairError(self.name, source=source, target=target)
        return await translate_passages(
            texts,
            limit_bytes=self.bytes_per_request,
            ask=lambda text: self._retries.ask(lambda: self._ask(text, pair)),
        )

    async def _pair(self, source: Language, target: Language) -> tuple[str, str]:
        """The service's codes of both languages, "" for one that it does not have."""
        codes = await asyncio.to_thread(self._load_codes)
        preferred = self.preferred_codes
        return (
            find_code(source, codes=codes, preferred=preferred),
            find_code(target, codes=codes, preferred=preferred),
        )

    async def _ask(self, text: str, pair: tuple[str, str]) -> str:
        async with self._turn:
            if self._pause_seconds:
                await self._retries.sleep(self._pause_seconds)
            answer = await self.outlet.run(self.name, lambda: self._translate(text, pair))
        return self._finish(accept_answer(text, answer, engine=self.name))

    async def check(self) -> str:
        """Translates one word; raises an `EngineError`."""
        answers = await self.translate(
            ["ville"], source=Language("fr"), target=Language("en"), encoding="plain"
        )
        return Phrase(
            "{engine} at {address} translates « ville » as “{answer}”",
            engine=self.title,
            address=self.outlet.address,
            answer=answers[0],
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self.outlet.close()
