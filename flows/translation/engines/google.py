"""Google Translate's public page, through deep_translator."""

import asyncio
from collections.abc import Mapping, Sequence

from flows.domain.language import Language
from flows.translation.engines.answers import accept_answer
from flows.translation.engines.borrowed import BorrowedSession
from flows.translation.engines.codes import find_code
from flows.translation.engines.errors import UnsupportedPairError
from flows.translation.engines.passages import translate_passages
from flows.translation.engines.retries import RetryPolicy

URL = "https://translate.google.com/m"
BYTES_PER_REQUEST = 1800
"""The text rides in the URL, where each byte that is not ASCII takes three."""

PAUSE_SECONDS = 0.25
"""The page allows about five requests a second."""

OTHER_CODES = {"zh": "zh-CN", "zh-Hans": "zh-CN", "zh-Hant": "zh-TW", "he": "iw", "nb": "no"}


class Google:
    """An engine that needs no key; every text is one request, and travels in its URL."""

    name = "google"
    encodings = ("brackets",)
    batch_size = 1

    def __init__(
        self,
        *,
        url: str = "",
        timeout_seconds: float = 30.0,
        retries: RetryPolicy | None = None,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._session = BorrowedSession(self.name, url=url or URL, timeout_seconds=timeout_seconds)
        self._retries = retries or RetryPolicy()
        self._pause_seconds = pause_seconds
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
        encoding: str,  # noqa: ARG002  every encoding is text to it
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
            await self._retries.sleep(self._pause_seconds)
            answer = await self._session.run("google", lambda: _translate(text, pair))
        return accept_answer(text, answer, engine=self.name)

    async def check(self) -> str:
        """Translates one word; raises an `EngineError`."""
        answers = await self.translate(
            ["ville"], source=Language("fr"), target=Language("en"), encoding="plain"
        )
        return f"Google at {self._session.address} translates « ville » as “{answers[0]}”"

    async def close(self) -> None:
        """Closes the connections."""
        self._session.close()


def _translate(text: str, pair: tuple[str, str]) -> str | None:
    from deep_translator.google import GoogleTranslator

    source, target = pair
    answer: str | None = GoogleTranslator(source=source, target=target).translate(text)
    return answer


def _load_codes() -> Mapping[str, str]:
    from deep_translator.constants import GOOGLE_LANGUAGES_TO_CODES

    return {code.lower(): code for code in GOOGLE_LANGUAGES_TO_CODES.values()}


def _code(language: Language, codes: Mapping[str, str]) -> str:
    return find_code(language, codes=codes, preferred=OTHER_CODES)
