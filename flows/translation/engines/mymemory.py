"""MyMemory, a public memory of translations, through deep_translator."""

import html
from collections.abc import Mapping
from typing import Any

import httpx

from flows.domain.phrases import Phrase
from flows.translation.engines.courier import Courier
from flows.translation.engines.errors import BadAnswerError, QuotaSpentError
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


class MyMemory(Courier):
    """An engine that wants plain text only, since tokens spoil its matches.

    `email`, an address that the service may write to, raises the free volume tenfold.
    """

    name = "mymemory"
    title = "MyMemory"
    encodings = ("plain",)
    bytes_per_request = BYTES_PER_REQUEST
    preferred_codes = USUAL_REGIONS

    def __init__(
        self,
        *,
        url: str = "",
        email: str = "",
        timeout_seconds: float = 30.0,
        retries: RetryPolicy | None = None,
    ) -> None:
        super().__init__(
            url=url or URL, timeout_seconds=timeout_seconds, retries=retries or RetryPolicy()
        )
        self._email = email

    @staticmethod
    def _load_codes() -> Mapping[str, str]:
        """MyMemory's codes by themselves in lower case, and by their bare language, first come."""
        from deep_translator.constants import MY_MEMORY_LANGUAGES_TO_CODES

        codes = list(MY_MEMORY_LANGUAGES_TO_CODES.values())
        bare = {code.partition("-")[0]: code for code in reversed(codes)}
        return bare | {code.lower(): code for code in codes}

    def _translate(self, text: str, pair: tuple[str, str]) -> Any:
        from deep_translator.mymemory import MyMemoryTranslator

        source, target = pair
        translator = MyMemoryTranslator(source=source, target=target, email=self._email or None)
        return translator.translate(text)

    def _finish(self, answer: str) -> str:
        """Other people's translations come with their entities: "l&#39;Efus"."""
        return html.unescape(answer)

    def _inspect(self, response: httpx.Response) -> None:
        """The service's own status stands in the answer, whatever HTTP's says."""
        try:
            answer: Any = response.json()
        except ValueError:
            reason = f"{self.outlet.address} answered with something else than JSON"
            raise BadAnswerError(self.name, reason) from None
        if not isinstance(answer, dict) or not isinstance(answer.get("responseData"), dict):
            raise BadAnswerError(
                self.name, Phrase("{address} sent no translation", address=self.outlet.address)
            )
        if answer.get("quotaFinished"):
            raise QuotaSpentError(self.name, "the free volume is spent for today")
