"""A part of the newsroom that does one thing again and again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager

import structlog

from flows.domain.errors import NewsletterError

log = structlog.get_logger()


@asynccontextmanager
async def under_way(
    work: Coroutine[object, object, None],
    *,
    name: str,
    watch: Callable[[asyncio.Task[None]], None],
) -> AsyncIterator[None]:
    """Work that goes on until the block ends; `watch` is told if it ends by itself."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(watch)
    try:
        yield
    finally:
        task.remove_done_callback(watch)
        task.cancel()
        await asyncio.wait([task])


@asynccontextmanager
async def repeating(
    do: Callable[[], Awaitable[object]],
    *,
    name: str,
    every_seconds: float,
    watch: Callable[[asyncio.Task[None]], None],
) -> AsyncIterator[None]:
    """Do something now and again after every pause; what the product foresees is logged.

    `watch` is told if that ends by itself.
    """
    async with under_way(_repeat(do, name, every_seconds), name=name, watch=watch):
        yield


async def _repeat(do: Callable[[], Awaitable[object]], name: str, every_seconds: float) -> None:
    while True:
        try:
            await do()
        except NewsletterError as error:
            log.warning("chore.put_off", chore=name, why=str(error))
        await asyncio.sleep(every_seconds)
