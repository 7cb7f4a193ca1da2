"""The newsroom's part in telling other programs: a look at the outbox every few seconds."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from flows.domain.errors import NewsletterError
from flows.domain.hook import Hook
from flows.newsroom.chores import under_way
from flows.operations.webhooks import GONE, Echo, Post, deliver_due
from flows.runtime.hooks import open_postman
from flows.runtime.runtime import Runtime

log = structlog.get_logger()

LOOK_EVERY_SECONDS = 3.0


@asynccontextmanager
async def telling_others(
    runtime: Runtime, watch: Callable[[asyncio.Task[None]], None]
) -> AsyncIterator[None]:
    """Deliver what happens to the addresses of the settings.

    Without any it is told to nobody: an address that comes later begins with what happens then.
    `watch` is told if that ends by itself.
    """
    async with (
        _postman(runtime) as post,
        under_way(_tell(runtime, post), name="teller of other programs", watch=watch),
    ):
        yield


@asynccontextmanager
async def _postman(runtime: Runtime) -> AsyncIterator[Post]:
    if not runtime.settings.webhooks.urls:
        yield _tell_nobody
        return
    async with open_postman(runtime) as post:
        yield post


async def _tell_nobody(_: Hook) -> Echo:
    return Echo(status=GONE, words="the settings name no address")


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
