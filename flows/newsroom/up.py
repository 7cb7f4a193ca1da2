"""The parts of a newsroom that is up: orchestrator, runner, pages, and those that look after it."""

import asyncio
import os
import signal
from collections.abc import Callable

from flows.domain.errors import NewsletterError, TransientError
from flows.domain.phrases import numbered
from flows.newsroom.answers import answering_forms
from flows.newsroom.clock import keeping_time
from flows.newsroom.hooks import telling_others
from flows.newsroom.orchestrator import orchestrator
from flows.newsroom.pages import say_where, serving_pages
from flows.newsroom.pulse import BEAT, BEAT_SECONDS, READY, Pulse
from flows.newsroom.returns import door_for_returns, reading_returns
from flows.newsroom.reviving import reviving_runs
from flows.newsroom.runner import running_flows
from flows.newsroom.seat import only_newsroom
from flows.newsroom.upkeep import keeping_up
from flows.operations.times import show_time
from flows.orchestration.server import PrefectServer
from flows.runtime.runtime import open_runtime
from flows.settings.model import Settings

Say = Callable[[str], None]


def run_newsroom(settings: Settings, *, say: Say, pulse: Pulse) -> None:
    """Run the newsroom until SIGTERM or SIGINT, then let go of everything.

    Raises `NotDoneError` if one is running in this workspace already.
    """
    os.environ["NEWSLETTER_WORKSPACE"] = str(settings.workspace)
    with orchestrator(settings) as server:
        asyncio.run(_serve(settings, server, say=say, pulse=pulse))


async def _serve(settings: Settings, server: PrefectServer, *, say: Say, pulse: Pulse) -> None:
    stop, ended = asyncio.Event(), list[str]()

    def watch(task: asyncio.Task[None]) -> None:
        """A part that ends by itself ends the newsroom: half of one would only seem to work."""
        if not stop.is_set():
            ended.append(f"its {task.get_name()} stopped")
            stop.set()

    async with (
        open_runtime(settings) as runtime,
        only_newsroom(runtime.store, watch),
        serving_pages(runtime, watch),
        door_for_returns(settings),
        running_flows(runtime, server, watch) as planned,
        reading_returns(runtime, server, watch),
        answering_forms(runtime, watch),
        telling_others(runtime, watch),
        keeping_time(runtime, server, watch),
        reviving_runs(runtime, server, watch),
        keeping_up(runtime, server, watch),
    ):
        # Prefect and uvicorn take the signals when they start; from here on they are ours again.
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        now = runtime.clock()
        for issue in planned:
            say(f"Planned  {issue.id}: {show_time(issue, now=now) or 'goes on now'}")
        _say_where_all_is(settings, server, say=say)
        say("Ready. Stop with Ctrl-C.")
        pulse.say(READY)
        await _beat(settings, server, pulse, stop)
        say("Stopping.")
    if ended:
        raise TransientError(ended[0])


def _say_where_all_is(settings: Settings, server: PrefectServer, *, say: Say) -> None:
    page = server.api_url.removesuffix("/api")
    keys = "" if settings.prefect.api_url else " (user: newsletter, password: var/prefect.key)"
    say(f"Prefect  {page}{keys}")
    say_where(settings, say=say)
    listener = settings.bounces.listener
    if listener.protocol != "off":
        say(f"Returns  {listener.protocol} on {listener.host}:{listener.port}")
    if urls := settings.webhooks.urls:
        say(f"Telling  {numbered(len(urls), 'other program')} (newsletter webhooks list)")


async def _beat(
    settings: Settings, server: PrefectServer, pulse: Pulse, stop: asyncio.Event
) -> None:
    """Give signs of life until it is time to stop.

    One needs this loop, in which all parts live, and an answer of our own Prefect server. That
    another one is away is no reason to start again: its newsroom waits for it.
    """
    while not stop.is_set():
        if settings.prefect.api_url or await _answers(server):
            pulse.say(BEAT)
        try:
            await asyncio.wait_for(stop.wait(), BEAT_SECONDS)
        except TimeoutError:
            continue


async def _answers(server: PrefectServer) -> bool:
    try:
        await asyncio.to_thread(server.healthy)
    except NewsletterError:
        return False
    return True
