"""For programs that watch the newsroom: whether it is alive and ready, and its numbers."""

import asyncio
import hmac
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from flows.desk.readers.site import HEADERS
from flows.domain.errors import NewsletterError
from flows.operations.gauges import Gauge, measure
from flows.runtime.returning import kept_mail
from flows.runtime.runtime import Runtime
from flows.settings.reading import reveal
from flows.store.schema import ensure_schema

PREFIX: Final = "newsletter_"
READY_SECONDS: Final = 5.0
FRESH_SECONDS: Final = 5.0
"""Counting a million letters takes a moment: watchers who ask together get one count."""


@dataclass(slots=True)
class Watchers:
    """What is answered to programs that watch."""

    runtime: Runtime
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _text: bytes = b""
    _until: float = 0.0

    async def health(self, _request: Request) -> Response:
        """Say that the pages are there, whatever else is not: for a restart when nothing comes."""
        return PlainTextResponse("ok\n", headers=HEADERS)

    async def ready(self, _request: Request) -> Response:
        """Say whether visitors can be sent here: the database answers and has our schema."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                await ensure_schema(self.runtime.store)
        except (NewsletterError, TimeoutError):
            return PlainTextResponse("the database is away\n", status_code=503, headers=HEADERS)
        return PlainTextResponse("ready\n", headers=HEADERS)

    async def metrics(self, request: Request) -> Response:
        """Numbers in the text format of Prometheus, for whoever has the token of the settings."""
        token = reveal(self.runtime.settings.metrics.token)
        said = request.headers.get("authorization", "").encode()
        if not token or not hmac.compare_digest(said, f"Bearer {token}".encode()):
            return PlainTextResponse(
                "a token is needed\n",
                status_code=401 if token else 404,
                headers=HEADERS | ({"WWW-Authenticate": "Bearer"} if token else {}),
            )
        try:
            text = await self._latest()
        except NewsletterError:
            text = _as_text([_up(0)])
        return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4, headers=HEADERS)

    async def _latest(self) -> bytes:
        async with self._lock:
            if time.monotonic() > self._until:
                unread = await asyncio.to_thread(kept_mail(self.runtime.settings).count)
                found = await measure(self.runtime.store, unread=unread, now=self.runtime.clock())
                self._text = _as_text([_up(1), *found])
                self._until = time.monotonic() + FRESH_SECONDS
            return self._text


def _up(value: int) -> Gauge:
    return Gauge(name="up", says="Whether the database answers", samples=[((), value)])


@dataclass(frozen=True, slots=True, eq=False)
class _Collector:
    gauges: list[Gauge]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for one in self.gauges:
            family = GaugeMetricFamily(PREFIX + one.name, one.says, labels=one.labels)
            for labels, value in one.samples:
                family.add_metric(labels, value)
            yield family


def _as_text(gauges: list[Gauge]) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Collector(gauges))
    ProcessCollector(registry=registry)
    return generate_latest(registry)
