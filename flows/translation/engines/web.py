"""JSON over HTTP with a translation service: timeouts, retries, and errors without secrets."""

import json
from collections.abc import Mapping
from typing import Any, Final

from flows.translation.engines.errors import BadAnswerError
from flows.translation.engines.exchange import Exchange
from flows.translation.engines.protocol import Reach
from flows.translation.engines.retries import RetryPolicy
from flows.translation.engines.statuses import error_for_status

LARGEST_ANSWER_BYTES: Final = 4 * 1024 * 1024
"""Several times what any request of ours can be answered with."""


class WebService:
    """One service that speaks JSON. `headers` go with every request and are never shown.

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
        self._retries = retries
        self._exchange = Exchange(
            engine,
            url=url,
            timeout_seconds=timeout_seconds,
            largest_bytes=LARGEST_ANSWER_BYTES,
            headers=headers,
        )

    @property
    def address(self) -> str:
        """The service's address as messages may show it."""
        return self._exchange.address

    @property
    def reach(self) -> Reach:
        """Where texts go that are sent to it."""
        return self._exchange.reach

    @property
    def requests(self) -> int:
        """How many requests were made."""
        return self._exchange.requests

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON that answers a POST of `body`; raises an `EngineError`."""
        return await self._retries.ask(lambda: self._ask("POST", path, json=body))

    async def get(self, path: str, **query: str) -> Any:
        """The JSON that answers a GET; raises an `EngineError`."""
        return await self._retries.ask(lambda: self._ask("GET", path, params=query))

    async def delete(self, path: str) -> None:
        """Has something deleted; raises an `EngineError`."""
        await self._retries.ask(lambda: self._ask("DELETE", path))

    async def close(self) -> None:
        """Closes the connections."""
        await self._exchange.close()

    async def _ask(self, method: str, path: str, **content: Any) -> Any:
        response = await self._exchange.ask(method, path, **content)
        if failure := error_for_status(
            self.engine,
            response.status_code,
            headers=response.headers,
            words=_read_words(response.content),
        ):
            raise failure
        return None if response.status_code == 204 else self._read(response.content)

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
