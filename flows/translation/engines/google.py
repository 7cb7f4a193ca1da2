"""Google Translate's public page, through deep_translator."""

import re
from collections.abc import Mapping
from typing import Any

import httpx

from flows.translation.engines.courier import Courier
from flows.translation.engines.errors import QuotaSpentError
from flows.translation.engines.retries import RetryPolicy

URL = "https://translate.google.com/m"
BYTES_PER_REQUEST = 1800
"""The text rides in the URL, where each byte that is not ASCII takes three."""

PAUSE_SECONDS = 0.25
"""The page allows about five requests a second."""

OTHER_CODES = {"zh": "zh-CN", "zh-Hans": "zh-CN", "zh-Hant": "zh-TW", "he": "iw", "nb": "no"}

SENT_AWAY = re.compile(r"unusual traffic from your|/sorry/index|id=\"captcha-form\"")
"""What the page says, with status 200 or after a redirection, to who asks too much."""


class Google(Courier):
    """An engine that needs no key; every text is one request, and travels in its URL."""

    name = "google"
    title = "Google"
    encodings = ("brackets",)
    bytes_per_request = BYTES_PER_REQUEST
    preferred_codes = OTHER_CODES

    def __init__(
        self,
        *,
        url: str = "",
        timeout_seconds: float = 30.0,
        retries: RetryPolicy | None = None,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        super().__init__(
            url=url or URL,
            timeout_seconds=timeout_seconds,
            retries=retries or RetryPolicy(),
            pause_seconds=pause_seconds,
        )

    @staticmethod
    def _load_codes() -> Mapping[str, str]:
        from deep_translator.constants import GOOGLE_LANGUAGES_TO_CODES

        return {code.lower(): code for code in GOOGLE_LANGUAGES_TO_CODES.values()}

    def _translate(self, text: str, pair: tuple[str, str]) -> Any:
        from deep_translator.google import GoogleTranslator

        source, target = pair
        return GoogleTranslator(source=source, target=target).translate(text)

    def _inspect(self, response: httpx.Response) -> None:
        """A page with a translation holds it in an element; one without may be a sending-off."""
        if "result-container" not in response.text and SENT_AWAY.search(response.text):
            raise QuotaSpentError(self.name, "the page answers no more requests from here for now")
