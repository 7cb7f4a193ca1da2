"""The newsroom's clock: opens what comes again, warns ahead of time, keeps plans in order."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from flows.domain.errors import NewsletterError
from flows.newsroom.chores import under_way
from flows.orchestration.server import PrefectServer
from flows.runtime.clock import LOOK_EVERY, Watchman
from flows.runtime.runtime import Runtime

log = structlog.get_logger()


@asynccontextmanager
async def keeping_time(
    runtime: Runtime, server: PrefectServer, watch: Callable[[asyncio.Task[None]], None]
) -> AsyncIterator[None]:
    """Look at the clock at the start, and every half minute, or when something comes again.

    `watch` is told if that ends by itself.
    """
    library = runtime.library.remembering()
    watchman = Watchman(runtime=runtime, library=library, server=server)
    async with under_way(_look(watchman), name="clock", watch=watch):
        yield


async def _look(watchman: Watchman) -> None:
    while True:
        try:
            pause = await watchman.look()
        except NewsletterError as error:
            # The database and the orchestrator have their bad moments; nothing is lost by waiting.
            log.warning("clock.waiting", why=str(error))
            pause = LOOK_EVERY
        # Woken a little early by an inexact timer, it would find nothing due and sleep again.
        await asyncio.sleep(pause.total_seconds() + 0.05)
