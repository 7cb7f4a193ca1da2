"""The newsroom's part in telling other programs: a look at the outbox every few seconds."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from flows.domain.errors import NewsletterError
from flows.operations.webhooks import Post, deliver_due
from flows.runtime.hooks import open_postman
from flows.runtime.runtime import Runtime

log = structlog.get_logger()

LOOK_EVERY_SECONDS = 3.0


@asynccontextmanager
async def telling_others(
    runtime: Runtime, watch: Callable[[asyncio.Task[None]], None]
) -> AsyncIterator[None]:
    """Deliver what happens to the addresses of the settings, if there are any.

    `watch` is told if that ends by itself.
    """
    if not runtime.settings.webhooks.urls:
        yield
        return
    async with open_postman(runtime) as post:
        telling = asyncio.create_task(_tell(runtime, post), name="teller of other programs")
        telling.add_done_callback(watch)
        try:
            yield
        finally:
            telling.remove_done_callback(watch)
            telling.cancel()
            await asyncio.wait([telling])


async def _tell(runtime: Runtime, post: Post) -> None:
    while True:
        try:
            tried = await deliver_due(
                runtime.store,
                post,
                urls=runtime.settings.webhooks.urls,
                clock=runtime.clock,
                chance=random.random,
            )
        except NewsletterError as error:
            # The database has its bad moments; the outbox keeps everything meanwhile.
            log.warning("webhooks.waiting", why=str(error))
            tried = 0
        if not tried:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
