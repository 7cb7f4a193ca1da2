"""Before anybody comes: what is under way is read and judged once, so that nobody waits for it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Final

from starlette.applications import Starlette

from flows.desk.visit import Desk
from flows.domain.errors import NewsletterError
from flows.domain.issue import FROZEN, OPEN
from flows.operations.passages import read_sheet
from flows.operations.reviewing import review_article
from flows.store.issues import find_issues

ARTICLES_AT_MOST: Final = 8
"""Those of the newest issues; of others the first who looks waits a moment."""


async def warm(desk: Desk) -> None:
    """Read and judge every language of the articles that people work on."""
    async with desk.runtime.store.reading() as tx:
        issues = await find_issues(tx, states=OPEN - FROZEN)
    slugs = list(dict.fromkeys(issue.slug for issue in reversed(issues)))
    for slug in slugs[:ARTICLES_AT_MOST]:
        with suppress(NewsletterError):  # its own page says what is wrong with it
            await review_article(desk.library, desk.runtime.store, slug)
            for language in desk.library.target_languages:
                await asyncio.to_thread(read_sheet, desk.workbench, slug, language, reviewer="en")


def warmed(desk: Desk) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """The life of an application that warms a desk beside its first requests."""

    @asynccontextmanager
    async def living(_: Starlette) -> AsyncIterator[None]:
        warming = asyncio.create_task(warm(desk))
        try:
            yield
        finally:
            warming.cancel()
            # What it could not read, whoever looks at it is told.
            await asyncio.gather(warming, return_exceptions=True)

    return living
