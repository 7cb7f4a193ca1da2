"""Serving the web pages: beside the rest of a newsroom, or alone."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import uvicorn

from flows.desk.site import create_site
from flows.newsroom.server import listen
from flows.runtime.runtime import Runtime, open_runtime
from flows.settings.model import Settings
from flows.store.database import database_faults

STOP_TIMEOUT_SECONDS = 20
GRACE_SECONDS = 3
"""Whoever watches a sending has a stream open that would never end by itself."""

Watch = Callable[[asyncio.Task[None]], None]
"""Told when a part of the newsroom has ended."""


@asynccontextmanager
async def serving_pages(runtime: Runtime, watch: Watch) -> AsyncIterator[None]:
    """Serve the public pages that letters link to, and the desk."""
    web = runtime.settings.web
    entrance = listen(web.host, web.port, setting="web.port")
    pages = uvicorn.Server(
        uvicorn.Config(
            create_site(runtime),
            log_level="warning",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    running = asyncio.create_task(pages.serve([entrance]), name="pages")
    running.add_done_callback(watch)
    try:
        yield
    finally:
        pages.should_exit = True
        await asyncio.wait([running], timeout=STOP_TIMEOUT_SECONDS)


def run_pages(settings: Settings, *, say: Callable[[str], None]) -> None:
    """Serve the pages alone until SIGTERM or SIGINT; what is to be sent waits for a newsroom."""
    with database_faults(settings.database_url):
        asyncio.run(_serve(settings, say=say))


async def _serve(settings: Settings, *, say: Callable[[str], None]) -> None:
    stop = asyncio.Event()
    async with (
        open_runtime(settings) as runtime,
        serving_pages(runtime, lambda _: stop.set()),
    ):
        await asyncio.sleep(0.1)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        say_where(settings, say=say)
        say("Ready. Stop with Ctrl-C.")
        await stop.wait()
        say("Stopping.")


def say_where(settings: Settings, *, say: Callable[[str], None]) -> None:
    """Tell a person where the pages are."""
    web = settings.web
    say(f"Pages    http://{web.host}:{web.port} (links in letters: {web.base_url})")
    if settings.desk.enabled:
        say(f"Desk     http://{web.host}:{web.port}/desk/ (for others: {settings.desk_url})")
