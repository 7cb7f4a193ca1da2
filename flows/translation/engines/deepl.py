"""DeepL's API, version 2: key in the header, XML tags in their second version."""

import json
from collections.abc import Sequence
from typing import Any

from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.translation.engines.answers import accept_answers
from flows.translation.engines.errors import (
    BadAnswerError,
    RequestRefusedError,
    UnsupportedPairError,
)
from flows.translation.engines.retries import RetryPolicy
from flows.translation.engines.terminology import Terminology, Terms
from flows.translation.engines.web import WebService

FREE_URL = "https://api-free.deepl.com"
PAID_URL = "https://api.deepl.com"
TEXTS_PER_REQUEST = 50
BYTES_PER_REQUEST = 128 * 1024
CONTEXT_CHARACTERS = 4000

REGIONAL_TARGETS = {"en": "EN-GB", "pt": "PT-PT", "zh-Hant": "ZH-HANT"}
"""Targets for which DeepL wants more than the bare language."""

XML_OPTIONS = {
    "tag_handling": "xml",
    # Accounts from before December 2025 still get the first version unless they ask.
    "tag_handling_version": "v2",
    "ignore_tags": ["x"],
    "split_sentences": "nonewlines",
}


class DeepL:
    """An engine for an account's `api_key`; keys that end in `:fx` are of the free service."""

    name = "deepl"
    encodings = ("xml", "brackets")
    batch_size = TEXTS_PER_REQUEST
    uses_context = True
    pivot = None

    def __init__(
        self,
        *,
        api_key: str,
        url: str = "",
        timeout_seconds: float = 30.0,
        retries: RetryPolicy | None = None,
        terms: Terms | None = None,
    ) -> None:
        self.outlet = WebService(
            self.name,
            url=url or (FREE_URL if api_key.endswith(":fx") else PAID_URL),
            timeout_seconds=timeout_seconds,
            retries=retries or RetryPolicy(),
            headers={"Authorization": f"DeepL-Auth-Key {api_key}"},
        )
        self._terminology = Terminology(self.outlet, terms)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What went wrong beside the translations."""
        return tuple(self._terminology.warnings)

    @property
    def lacks_terms(self) -> bool:
        """Whether it translates without the house's glossary, as that could not be had."""
        return self._terminology.has_failed

    async def supports(self, source: Language, target: Language) -> bool:
        """Whether the service lists both languages; asks it each time."""
        sources = await self.outlet.get("/v2/languages", type="source")
        targets = await self.outlet.get("/v2/languages", type="target")
        return _source_code(source) in _codes(sources) and _target_code(target) in _codes(targets)

    async def translate(
        self,
        texts: Sequence[str],
        *,
        source: Language,
        target: Language,
        encoding: str,
        context: str = "",
    ) -> list[str]:
        """One translation for each text; `context` is not billed. Raises an `EngineError`."""
        options: dict[str, Any] = {
            "source_lang": _source_code(source),
            "target_lang": _target_code(target),
            **(XML_OPTIONS if encoding == "xml" else {}),
            **({"context": context[:CONTEXT_CHARACTERS]} if context else {}),
        }
        if glossary := await self._terminology.glossary_for(source, target):
            options["glossary_id"] = glossary
        answers: list[str] = []
        for some in _requests(texts, room_bytes=BYTES_PER_REQUEST - _size_bytes(options) - 1024):
            try:
                answer = await self._ask(some, options)
            except RequestRefusedError as error:
                if "_lang" in error.words:
                    raise UnsupportedPairError(self.name, source=source, target=target) from None
                raise
            answers += accept_answers(some, self._read(answer), engine=self.name)
        return answers

    async def _ask(self, texts: Sequence[str], options: dict[str, Any]) -> Any:
        """The service's answer; without the glossary if it is the glossary that it minds."""
        try:
            return await self.outlet.post("/v2/translate", {"text": texts, **options})
        except RequestRefusedError as error:
            if "glossary_id" not in options or "glossary" not in error.words.lower():
                raise
            self._terminology.give_up(error.reason)
            del options["glossary_id"]
            return await self.outlet.post("/v2/translate", {"text": texts, **options})

    def _read(self, answer: Any) -> list[Any]:
        try:
            return [entry["text"] for entry in answer["translations"]]
        except (KeyError, TypeError):
            reason = f"{self.outlet.address} sent no translations"
            raise BadAnswerError(self.name, reason) from None

    async def check(self) -> str:
        """How much of the quota is used; raises an `EngineError`."""
        usage = await self.outlet.get("/v2/usage")
        try:
            used, limit = int(usage["character_count"]), int(usage["character_limit"])
        except (KeyError, TypeError, ValueError):
            reason = f"{self.outlet.address} does not say how much is used"
            raise BadAnswerError(self.name, reason) from None
        return Phrase(
            "DeepL at {address}: {used:,} of {limit:,} characters used",
            address=self.outlet.address,
            used=used,
            limit=limit,
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self.outlet.close()


def _source_code(language: Language) -> str:
    return language.partition("-")[0].upper()


def _target_code(language: Language) -> str:
    if language in REGIONAL_TARGETS:
        return REGIONAL_TARGETS[language]
    base, _, region = language.partition("-")
    return language.upper() if region and base in REGIONAL_TARGETS else base.upper()


def _codes(answer: Any) -> set[str]:
    entries = answer if isinstance(answer, list) else []
    return {str(entry.get("language", "")) for entry in entries if isinstance(entry, dict)}


def _size_bytes(value: Any) -> int:
    return len(json.dumps(value))


def _requests(texts: Sequence[str], *, room_bytes: int) -> list[list[str]]:
    """The texts in order, in as few requests as DeepL's limits allow."""
    requests: list[list[str]] = []
    left = 0
    for text in texts:
        size = _size_bytes(text) + 2
        if not requests or size > left or len(requests[-1]) == TEXTS_PER_REQUEST:
            requests.append([])
            left = room_bytes
        requests[-1].append(text)
        left -= size
    return requests
