"""The newsroom's part in the public forms: whoever filled one is answered by mail, soon after."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from flows.newsroom.chores import repeating
from flows.newsroom.pages import Watch
from flows.operations.answering import answer_wishes
from flows.runtime.notifying import answering_of
from flows.runtime.runtime import Runtime

LOOK_EVERY_SECONDS = 10


@asynccontextmanager
async def answering_forms(runtime: Runtime, watch: Watch) -> AsyncIterator[None]:
    """Answer what is due now and then. `watch` is told if that ends by itself."""
    async with repeating(
        lambda: answer_wishes(answering_of(runtime)),
        name="answers to forms",
        every_seconds=LOOK_EVERY_SECONDS,
        watch=watch,
    ):
        yield
