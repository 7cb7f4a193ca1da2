"""The newsroom's part in the public forms: whoever filled one is answered by mail, soon after."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from flows.domain.errors import NewsletterError
from flows.operations.answering import answer_wishes
from flows.runtime.notifying import answering_of
from flows.runtime.runtime import Runtime

log = structlog.get_logger()

LOOK_EVERY_SECONDS = 10


@asynccontextmanager
async def answering_forms(
    runtime: Runtime, watch: Callable[[asyncio.Task[None]], None]
) -> AsyncIterator[None]:
    """Answer what is due now and then. `watch` is told if that ends by itself."""
    looking = asyncio.create_task(_look(runtime), name="answers to forms")
    looking.add_done_callback(watch)
    try:
        yield
    finally:
        looking.remove_done_callback(watch)
        looking.cancel()
        await asyncio.wait([looking])


async def _look(runtime: Runtime) -> None:
    while True:
        try:
            await answer_wishes(answering_of(runtime))
        except NewsletterError as error:
            log.warning("wishes.not_answered", why=str(error))
        await asyncio.sleep(LOOK_EVERY_SECONDS)
