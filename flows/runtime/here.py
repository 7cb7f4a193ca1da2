"""The newsroom of this very process: the workspace that its environment names."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from flows.runtime.logs import ensure_logging
from flows.runtime.runtime import Runtime, open_runtime
from flows.settings.reading import find_workspace, read_settings
from flows.store.database import database_faults


@asynccontextmanager
async def newsroom() -> AsyncIterator[Runtime]:
    """The runtime of the workspace in `NEWSLETTER_WORKSPACE` or the current directory.

    A fault of the database is a `TransientError`, which a step may try again.
    """
    ensure_logging()
    settings = read_settings(find_workspace(None))
    with database_faults(settings.database_url):
        async with open_runtime(settings) as runtime:
            yield runtime
