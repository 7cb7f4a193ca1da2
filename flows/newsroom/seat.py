"""One newsroom for each database: a second one, on another machine, waits until it may begin."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from flows.domain.errors import NewsletterError, NotDoneError
from flows.newsroom.chores import under_way
from flows.newsroom.pages import Watch
from flows.store.database import Store
from flows.store.seat import Seat

log = structlog.get_logger()

PATIENCE_SECONDS: Final = 60
"""So long the database may take to notice that the machine of the last one is gone."""
LOOK_EVERY_SECONDS: Final = 10


@asynccontextmanager
async def only_newsroom(
    store: Store, watch: Watch, *, patience_seconds: float = PATIENCE_SECONDS
) -> AsyncIterator[None]:
    """Be the one newsroom of a database; `watch` is told when another has become it.

    Raises `NotDoneError` if another one is, and stays.
    """
    await _take(store.seat, patience_seconds=patience_seconds)
    try:
        async with under_way(_keep(store.seat), name="seat", watch=watch):
            yield
    finally:
        await store.seat.leave()


async def _take(seat: Seat, *, patience_seconds: float) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + patience_seconds
    while not await seat.is_ours():
        if loop.time() > until:
            raise NotDoneError(
                "another newsroom is up on this database",
                waiting_for=(
                    "its end",
                    "or have this machine do a part beside it: newsletter worker, newsletter desk",
                ),
            )
        await asyncio.sleep(0.5)


async def _keep(seat: Seat) -> None:
    """Look after the seat; end when another has taken it while the database was away."""
    ours = True
    while ours:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        try:
            ours = await seat.is_ours()
        except NewsletterError as error:
            log.warning("seat.waiting", why=str(error))
