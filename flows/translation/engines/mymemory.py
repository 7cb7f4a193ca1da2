"""MyMemory, a public memory of translations, through deep_translator."""

import asyncio
import html
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from flows.domain.language import Language
from flows.translation.engines.answers import accept_answer
from flows.translation.engines.borrowed import BorrowedSession
from flows.translation.engines.codes import find_code
from flows.translation.engines.errors import (
    BadAnswerError,
    QuotaSpentError,
    UnsupportedPairError,
)
from flows.translation.engines.passages import translate_passages
from flows.translation.engines.retries import RetryPolicy

URL = "https://api.mymemory.translated.net/get"
BYTES_PER_REQUEST = 490
"""The service takes 500 bytes of UTF-8."""

USUAL_REGIONS = {"en": "en-GB", "fr": "fr-FR", "nl": "nl-NL", "de": "de-DE", "es": "es-ES"} | {
    "it": "it-IT",
    "pt": "pt-PT",
    "ar": "ar-SA",
    "zh": "zh-CN",
    "zh-Hant": "zh-TW",
}


class MyMemory:
    """An engine that wants plain text only, since tokens spoil its matches.

    `email`, an address that the service may write to, raises the free volume tenfold.
    """

    name = "mymemory"
    encodings = ("plain",)
    batch_size = 1

    def __init__(
        self,
        *,
        url: str = "",
        email: str = "",
        timeout_seconds: float = 30.0,
        retries: RetryPolicy | None = None,
    ) -> None:
        self._session = BorrowedSession(
            self.name, url=url or URL, timeout_seconds=timeout_seconds, inspect=self._inspect
        )
        self._email = email
        self._retries = retries or RetryPolicy()
        self._turn = asyncio.Lock()

    async def supports(self, source: Language, target: Language) -> bool:
        """Whether deep_translator's table has both languages."""
        codes = await asyncio.to_thread(_load_codes)
        return bool(_code(source, codes) and _code(target, codes))

    async def translate(
        self,
        texts: Sequence[str],
        *,
        source: Language,
        target: Language,
        encoding: str,  # noqa: ARG002  it is sent nothing but text
        context: str = "",  # noqa: ARG002  it has no use for it
    ) -> list[str]:
        """One translation for each text; raises an `EngineError`."""
        codes = await asyncio.to_thread(_load_codes)
        pair = _code(source, codes), _code(target, codes)
        if not all(pair):
            raise UnsupportedPairError(self.name, source=source, target=target)
        return await translate_passages(
            texts,
            limit_bytes=BYTES_PER_REQUEST,
            ask=lambda text: self._retries.ask(lambda: self._ask(text, pair)),
        )

    async def _ask(self, text: str, pair: tuple[str, str]) -> str:
        async with self._turn:
            answer = await self._session.run(
                "mymemory", lambda: _translate(text, pair, email=self._email)
            )
        accepted = accept_answer(text, answer, engine=self.name)
        # Other people's translations come with their entities: "l&#39;Efus".
        return html.unescape(accepted)

    def _inspect(self, response: requests.Response) -> None:
        """The service's own status stands in the answer, whatever HTTP's says."""
        try:
            answer: Any = response.json()
        except ValueError:
            reason = f"{self._session.address} answered with something else than JSON"
            raise BadAnswerError(self.name, reason) from None
        if not isinstance(answer, dict) or not isinstance(answer.get("responseData"), dict):
            raise BadAnswerError(self.name, f"{self._session.address} sent no translation")
        if answer.get("quotaFinished"):
            raise QuotaSpentError(self.name, "the free volume is spent for today")

    async def check(self) -> str:
        """Translates one word; raises an `EngineError`."""
        answers = await self.translate(
            ["ville"], source=Language("fr"), target=Language("en"), encoding="plain"
        )
        return f"MyMemory at {self._session.address} translates « ville » as “{answers[0]}”"

    async def close(self) -> None:
        """Closes the connections."""
        self._session.close()


def _translate(text: str, pair: tuple[str, str], *, email: str) -> Any:
    from deep_translator.mymemory import MyMemoryTranslator

    source, target = pair
    return MyMemoryTranslator(source=source, target=target, email=email or None).translate(text)


def _load_codes() -> Mapping[str, str]:
    """MyMemory's codes by themselves in lower case, and by their bare language, first come."""
    from deep_translator.constants import MY_MEMORY_LANGUAGES_TO_CODES

    codes = list(MY_MEMORY_LANGUAGES_TO_CODES.values())
    bare = {code.partition("-")[0]: code for code in reversed(codes)}
    return bare | {code.lower(): code for code in codes}


def _code(language: Language, codes: Mapping[str, str]) -> str:
    return find_code(language, codes=codes, preferred=USUAL_REGIONS)
