"""LibreTranslate and the servers that speak its language: text mode, JSON, key in the body."""

import re
from collections.abc import Sequence
from typing import Any

from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.translation.engines.answers import accept_answers
from flows.translation.engines.errors import (
    BadAnswerError,
    EngineError,
    KeyRefusedError,
    RequestRefusedError,
    UnsupportedPairError,
)
from flows.translation.engines.retries import RetryPolicy
from flows.translation.engines.web import WebService

TEXTS_PER_REQUEST = 8
"""Few, because a server without a graphics card needs seconds for each paragraph."""


class LibreTranslate:
    """An engine at `url`, which may have a path and a final slash.

    HTML mode is never used: the server translates each run of text between two tags on its own.
    """

    name = "libretranslate"
    encodings = ("brackets",)
    batch_size = TEXTS_PER_REQUEST
    uses_context = False
    pivot = Language("en")
    """Its models are pairs with English."""

    def __init__(
        self,
        *,
        url: str,
        api_key: str = "",
        timeout_seconds: float = 30.0,
        retries: RetryPolicy | None = None,
    ) -> None:
        self.outlet = WebService(
            self.name,
            url=url,
            timeout_seconds=timeout_seconds,
            retries=retries or RetryPolicy(),
        )
        self._key = {"api_key": api_key} if api_key else {}
        self._targets: dict[str, frozenset[str]] | None = None
        self._takes_lists = True

    async def supports(self, source: Language, target: Language) -> bool:
        """Whether the server's list of languages has the pair; yes if it has no such list."""
        try:
            targets = await self._discover()
        except (BadAnswerError, KeyRefusedError):
            targets = self._targets = {}
        return not targets or self._code(target, targets) in targets.get(
            self._code(source, targets), ()
        )

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
        if not await self.supports(source, target):
            raise UnsupportedPairError(self.name, source=source, target=target)
        targets = self._targets or {}
        pair = {"source": self._code(source, targets), "target": self._code(target, targets)}
        try:
            return await self._translate_all(texts, pair)
        except RequestRefusedError as error:
            if re.search("API key", error.words, re.IGNORECASE):
                raise KeyRefusedError(self.name, "the server asks for an API key") from None
            if re.search("not supported|not available", error.words, re.IGNORECASE):
                raise UnsupportedPairError(self.name, source=source, target=target) from None
            raise

    async def _translate_all(self, texts: Sequence[str], pair: dict[str, str]) -> list[str]:
        answers: list[str] = []
        while len(answers) < len(texts):
            size = TEXTS_PER_REQUEST if self._takes_lists else 1
            some = texts[len(answers) : len(answers) + size]
            answers += await self._translate_some(list(some), pair)
        return answers

    async def _translate_some(self, texts: list[str], pair: dict[str, str]) -> list[str]:
        if len(texts) == 1:
            answer = await self._post(texts[0], pair)
            return accept_answers(texts, _as_list(answer), engine=self.name)
        try:
            answer = await self._post(texts, pair)
            if not isinstance(answer, list) or len(answer) != len(texts):
                raise BadAnswerError(self.name, "did not answer a list with a list")
        except BadAnswerError:
            # Some servers take one text a request, or cap the length of a list (status 400).
            self._takes_lists = False
            return [(await self._translate_some([text], pair))[0] for text in texts]
        return accept_answers(texts, answer, engine=self.name)

    async def _post(self, query: str | list[str], pair: dict[str, str]) -> Any:
        body = {"q": query, "format": "text", **pair, **self._key}
        answer = await self.outlet.post("/translate", body)
        if not isinstance(answer, dict) or "translatedText" not in answer:
            raise BadAnswerError(
                self.name, Phrase("{address} sent no translation", address=self.outlet.address)
            )
        return answer["translatedText"]

    async def _discover(self) -> dict[str, frozenset[str]]:
        if self._targets is None:
            self._targets = _read_languages(await self.outlet.get("/languages"))
        return self._targets

    @staticmethod
    def _code(language: Language, known: dict[str, frozenset[str]]) -> str:
        """The server's code: the whole tag if it lists it, else the bare language."""
        return language if language in known else language.partition("-")[0]

    async def check(self) -> str:
        """How many languages the server offers; raises an `EngineError`."""
        languages = await self._discover()
        if not languages:
            raise EngineError(
                self.name, Phrase("{address} lists no languages", address=self.outlet.address)
            )
        return Phrase(
            "LibreTranslate at {address} offers {count} languages",
            address=self.outlet.address,
            count=len(languages),
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self.outlet.close()


def _as_list(answer: Any) -> Any:
    return answer if isinstance(answer, list) else [answer]


def _read_languages(answer: Any) -> dict[str, frozenset[str]]:
    """What GET /languages says: each source's code with the codes of its targets."""
    listed = answer if isinstance(answer, list) else []
    entries = [one for one in listed if isinstance(one, dict) and isinstance(one.get("code"), str)]
    codes = frozenset(entry["code"] for entry in entries)
    return {entry["code"]: _read_codes(entry.get("targets")) or codes for entry in entries}


def _read_codes(listed: Any) -> frozenset[str]:
    codes = listed if isinstance(listed, list) else []
    return frozenset(code for code in codes if isinstance(code, str))
