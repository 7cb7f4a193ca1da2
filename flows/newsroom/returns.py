"""The newsroom's part in what comes back: a door for a relay, and a look at the boxes now and then.

Prefect's own schedules cannot be used: its scheduler fails under SQLAlchemy 2.1.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from flows.domain.errors import NewsletterError
from flows.mail.listener import listening
from flows.newsroom.chores import under_way
from flows.newsroom.server import listen
from flows.orchestration.server import PrefectServer
from flows.runtime.returning import something_came_back, spool_of
from flows.runtime.runtime import Runtime
from flows.settings.model import Settings

log = structlog.get_logger()


@asynccontextmanager
async def door_for_returns(settings: Settings) -> AsyncIterator[None]:
    """Take what a relay hands over of what came back, where the settings ask for it."""
    listener = settings.bounces.listener
    if listener.protocol == "off":
        yield
        return
    entrance = listen(listener.host, listener.port, setting="bounces.listener.port")
    async with listening(
        entrance,
        spool_of(settings),
        protocol=listener.protocol,
        domain=settings.sender.bounce_domain,
    ):
        yield


@asynccontextmanager
async def reading_returns(
    runtime: Runtime, server: PrefectServer, watch: Callable[[asyncio.Task[None]], None]
) -> AsyncIterator[None]:
    """Have `bounces` run at the start, and again whenever something has come back.

    `watch` is told if that ends by itself.
    """
    if not runtime.settings.bounces.are_read:
        yield
        return
    async with under_way(_look(runtime, server), name="reader of returns", watch=watch):
        yield


async def _look(runtime: Runtime, server: PrefectServer) -> None:
    """A run costs seconds and a place in Prefect's records: nothing back, no run."""
    first = True
    while True:
        if first or await asyncio.to_thread(something_came_back, runtime.settings):
            now = runtime.clock().isoformat(timespec="seconds")
            try:
                await asyncio.to_thread(
                    server.create_run,
                    "bounces/bounces",
                    parameters={},
                    name=f"bounces-{now}",
                    key=f"bounces-{now}",
                )
                first = False
            except NewsletterError as error:
                log.warning("returns.not_started", why=str(error))
        await asyncio.sleep(60 * runtime.settings.bounces.every_minutes)
