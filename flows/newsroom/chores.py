"""A part of the newsroom that does one thing again and again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from flows.domain.errors import NewsletterError

log = structlog.get_logger()


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
    repeated = asyncio.create_task(_repeat(do, name, every_seconds), name=name)
    repeated.add_done_callback(watch)
    try:
        yield
    finally:
        repeated.remove_done_callback(watch)
        repeated.cancel()
        await asyncio.wait([repeated])


async def _repeat(do: Callable[[], Awaitable[object]], name: str, every_seconds: float) -> None:
    while True:
        try:
            await do()
        except NewsletterError as error:
            log.warning("chore.put_off", chore=name, why=str(error))
        await asyncio.sleep(every_seconds)
