"""The newsroom of this very process: the workspace that its environment names."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from flows.runtime.logs import ensure_logging, hide_secrets
from flows.runtime.runtime import Runtime, open_runtime
from flows.runtime.stopping import end_with_newsroom, stop_is_asked
from flows.settings.reading import find_workspace, read_settings
from flows.store.database import database_faults


def told_to_stop() -> bool:
    """Whether the newsroom that started this process is stopping; the next one goes on."""
    return stop_is_asked(read_settings(find_workspace(None)).var)


@asynccontextmanager
async def newsroom() -> AsyncIterator[Runtime]:
    """The runtime of the workspace in `NEWSLETTER_WORKSPACE` or the current directory.

    A fault of the database is a `TransientError`, which a step may try again.
    """
    end_with_newsroom()
    settings = read_settings(find_workspace(None))
    ensure_logging(form=settings.log.form)
    hide_secrets(settings)
    with database_faults(settings.database_url):
        async with open_runtime(settings) as runtime:
            yield runtime
