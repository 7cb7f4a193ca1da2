"""One HTTP exchange with a translation service: bounded in time and size, its faults in words."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx

from flows.translation.engines.addresses import is_loopback, parse_base_url, reach_of, show_address
from flows.translation.engines.errors import BadAnswerError, EngineUnreachableError
from flows.translation.engines.protocol import Reach

CONNECT_SHARE = 0.5
"""How much of the time a service may take to accept a connection: one that is there is quick."""


class Exchange:
    """The connections to one service. `headers` go with every request and are never shown.

    `timeout_seconds` is for a whole exchange, from the connection to the answer's last byte.
    `requests` counts the exchanges, for which a connection came about.
    """

    def __init__(
        self,
        engine: str,
        *,
        url: str,
        timeout_seconds: float,
        largest_bytes: int,
        headers: Mapping[str, str] | None = None,
        follows: bool = False,
    ) -> None:
        self.engine = engine
        self.url = parse_base_url(url)
        self.requests = 0
        self._timeout_seconds = timeout_seconds
        self._largest_bytes = largest_bytes
        # httpx would log each URL, and with it a text or a password in it, at INFO.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(timeout_seconds, connect=timeout_seconds * CONNECT_SHARE),
            headers=headers,
            trust_env=not is_loopback(self.url),
            follow_redirects=follows,
        )

    @property
    def address(self) -> str:
        """The service's address as messages may show it."""
        return show_address(self.url)

    @property
    def reach(self) -> Reach:
        """Where texts go that are sent to it."""
        return reach_of(self.url)

    async def ask(self, method: str, path: str = "", **content: Any) -> httpx.Response:
        """The service's answer, read whole, whatever its status; raises an `EngineError`."""
        self.requests += 1
        # The cause would carry the request, and with it headers and texts: hence `from None`.
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._fetch(method, path, content)
        except (TimeoutError, httpx.TimeoutException) as error:
            reason = f"{self.address} did not answer in time"
            nobody_there = isinstance(error, httpx.ConnectTimeout)
            raise self._unreachable(reason, nobody_there=nobody_there) from None
        except httpx.HTTPError as error:
            reason = f"{self.address} cannot be reached ({type(error).__name__})"
            nobody_there = isinstance(error, httpx.ConnectError | httpx.ProxyError)
            raise self._unreachable(reason, nobody_there=nobody_there) from None

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    def _unreachable(self, reason: str, *, nobody_there: bool) -> EngineUnreachableError:
        self.requests -= nobody_there
        return EngineUnreachableError(self.engine, reason, nobody_there=nobody_there)

    async def _fetch(self, method: str, path: str, content: Mapping[str, Any]) -> httpx.Response:
        async with self._client.stream(method, f"{self.url}{path}", **content) as response:
            body = await self._read_body(response.aiter_bytes())
        # What was read is unpacked already.
        kept = ("Content-Type", "Retry-After")
        headers = {name: response.headers[name] for name in kept if name in response.headers}
        return httpx.Response(response.status_code, headers=headers, content=body)

    async def _read_body(self, chunks: AsyncIterator[bytes]) -> bytes:
        """The answer's bytes, unpacked; one that is out of all proportion is not read on."""
        body = bytearray()
        async for chunk in chunks:
            body += chunk
            if len(body) > self._largest_bytes:
                reason = f"{self.address} answered with more than {self._largest_bytes:,} bytes"
                raise BadAnswerError(self.engine, reason)
        return bytes(body)
