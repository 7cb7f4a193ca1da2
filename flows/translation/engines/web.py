"""JSON over HTTP with a translation service: timeouts, retries, and errors without secrets."""

import json
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import httpx

from flows.translation.engines.addresses import is_loopback, parse_base_url, reach_of, show_address
from flows.translation.engines.errors import BadAnswerError, EngineUnreachableError
from flows.translation.engines.protocol import Reach
from flows.translation.engines.retries import RetryPolicy
from flows.translation.engines.statuses import error_for_status

LARGEST_ANSWER_BYTES: Final = 4 * 1024 * 1024
"""Several times what any request of ours can be answered with."""


class WebService:
    """The connections to one service. `headers` go with every request and are never shown.

    `requests` counts the exchanges, tries after a fault among them.
    """

    def __init__(
        self,
        engine: str,
        *,
        url: str,
        timeout_seconds: float,
        retries: RetryPolicy,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.engine = engine
        self.url = parse_base_url(url)
        self.requests = 0
        self._retries = retries
        # httpx would log each URL, and with it a password that stands in it, at INFO.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._client = httpx.AsyncClient(
            timeout=timeout_seconds, headers=headers, trust_env=not is_loopback(self.url)
        )

    @property
    def address(self) -> str:
        """The service's address as messages may show it."""
        return show_address(self.url)

    @property
    def reach(self) -> Reach:
        """Where texts go that are sent to it."""
        return reach_of(self.url)

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON that answers a POST of `body`; raises an `EngineError`."""
        return await self._retries.ask(lambda: self._exchange("POST", path, json=body))

    async def get(self, path: str, **query: str) -> Any:
        """The JSON that answers a GET; raises an `EngineError`."""
        return await self._retries.ask(lambda: self._exchange("GET", path, params=query))

    async def delete(self, path: str) -> None:
        """Has something deleted; raises an `EngineError`."""
        await self._retries.ask(lambda: self._exchange("DELETE", path))

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def _exchange(self, method: str, path: str, **content: Any) -> Any:
        self.requests += 1
        # The cause would carry the request, and with it headers and texts: hence `from None`.
        try:
            async with self._client.stream(method, f"{self.url}{path}", **content) as response:
                body = await self._read_body(response.aiter_bytes())
        except httpx.TimeoutException as error:
            reason = f"{self.address} did not answer in time"
            raise EngineUnreachableError(
                self.engine, reason, nobody_there=isinstance(error, httpx.ConnectTimeout)
            ) from None
        except httpx.HTTPError as error:
            reason = f"{self.address} cannot be reached ({type(error).__name__})"
            raise EngineUnreachableError(
                self.engine, reason, nobody_there=isinstance(error, httpx.ConnectError)
            ) from None
        if failure := error_for_status(
            self.engine, response.status_code, headers=response.headers, words=_read_words(body)
        ):
            raise failure
        return None if response.status_code == 204 else self._read(body)

    async def _read_body(self, chunks: AsyncIterator[bytes]) -> bytes:
        """The answer's bytes, unpacked; one that is out of all proportion is not read on."""
        body = bytearray()
        async for chunk in chunks:
            body += chunk
            if len(body) > LARGEST_ANSWER_BYTES:
                reason = f"{self.address} answered with more than {LARGEST_ANSWER_BYTES:,} bytes"
                raise BadAnswerError(self.engine, reason)
        return bytes(body)

    def _read(self, body: bytes) -> Any:
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            reason = f"{self.address} answered with something else than JSON"
            raise BadAnswerError(self.engine, reason) from None


def _read_words(body: bytes) -> str:
    """What the service says of its own failure: `error` or `message` of a JSON object."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(answer, dict):
        return ""
    return str(answer.get("error") or answer.get("message") or "")
