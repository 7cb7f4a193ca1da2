"""The newsroom of this very process: the workspace that its environment names."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from flows.runtime.runtime import Runtime, open_runtime
from flows.settings.reading import find_workspace, read_settings


@asynccontextmanager
async def newsroom() -> AsyncIterator[Runtime]:
    """The runtime of the workspace in `NEWSLETTER_WORKSPACE` or the current directory."""
    async with open_runtime(read_settings(find_workspace(None))) as runtime:
        yield runtime
