"""A worker: a process that sends along with a newsroom, from any machine that sees its database.

It needs neither articles nor a shared folder. What it sends is frozen in the database, and so are
the limits that hold for all senders together; how many connections it opens is its own setting.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

from flows.domain.errors import NotDoneError, TransientError
from flows.domain.issue import IssueId
from flows.operations.breaker import TooManyRefusalsError
from flows.operations.joining import agree, next_issue
from flows.operations.sending import Manners
from flows.operations.sums import keep_up
from flows.runtime.accord import accord_of
from flows.runtime.dispatch import Dispatch
from flows.runtime.senders import send_here
from flows.settings.model import Settings
from flows.settings.reading import reveal
from flows.store.database import database_faults, open_store
from flows.store.schema import require_schema

log = structlog.get_logger()

BATCH_SECONDS: Final = 60
"""So long one issue is sent before another may have its turn."""
IDLE_SECONDS: Final = 2.0
"""How often a worker without work looks for some: one look costs a millisecond."""
PAUSES_SECONDS: Final = (1, 2, 5, 10, 20, 30)
"""How long a worker waits for a database or a relay, fault after fault; the last for ever."""

Stopping = Callable[[], bool]


async def run_worker(settings: Settings, *, stopping: Stopping) -> int:
    """Send what is due of any issue until `stopping` says so; how many letters were begun.

    It outlives a database or a relay that is away. Raises `NotDoneError` when a person must act:
    another schema, settings that are not the newsroom's, a relay that refuses this machine.
    """
    work = _Work(settings, stopping)
    log.info("worker.ready", connections=settings.smtp.connections)
    while not stopping():
        try:
            with database_faults(settings.database_url):
                async with join_dispatch(settings) as dispatch:
                    await work.go_on(dispatch)
        except TransientError as error:
            await work.wait_for_better(error)
    log.info("worker.stopped", begun=work.begun)
    return work.begun


@asynccontextmanager
async def join_dispatch(settings: Settings) -> AsyncIterator[Dispatch]:
    """The sending part on one more machine: nothing is made there that only a newsroom may make."""
    if not settings.database_url.startswith("postgresql"):
        raise NotDoneError(
            "a worker shares a newsroom's PostgreSQL database, and there is none here",
            waiting_for=("set database_url; on one machine smtp.processes adds senders",),
        )
    key = _key(settings)
    store = open_store(settings.database_url, default=settings.var / "newsletter.db")
    try:
        await require_schema(store)
        yield Dispatch(settings=settings, store=store, key=key)
    finally:
        await store.close()


def _key(settings: Settings) -> bytes:
    """The newsroom's key. One made here would sign links that nobody can open."""
    path = settings.var / "secret.key"
    kept = path.read_bytes().strip() if path.is_file() else b""
    if key := (reveal(settings.secret_key) or "").encode() or kept:
        return key
    raise NotDoneError(
        "the newsroom's secret key is missing on this machine",
        waiting_for=("set NEWSLETTER_SECRET_KEY to what the newsroom has in var/secret.key",),
    )


class _Work:
    """What one worker does, and what it has learnt of the way."""

    def __init__(self, settings: Settings, stopping: Stopping) -> None:
        self.begun = 0
        self._settings = settings
        self._stopping = stopping
        self._last = ""
        self._faults = 0

    async def go_on(self, dispatch: Dispatch) -> None:
        """Issue after issue, each for a while."""
        settings = self._settings
        while not self._stopping():
            accord = await agree(dispatch.store, accord_of(dispatch))
            found = accord and await next_issue(
                dispatch.store, after=self._last, now=dispatch.clock()
            )
            self._faults = self._faults if found else 0
            if accord is None or not found:
                await self._rest(IDLE_SECONDS)
                continue
            self._last = found
            log.info("worker.sending", issue=found, connections=settings.smtp.connections)
            manners = Manners(rates=accord.rates, breaker_percent=accord.breaker_percent)
            await self._send(dispatch, found, manners)

    async def _send(self, dispatch: Dispatch, issue: IssueId, manners: Manners) -> None:
        try:
            begun = await send_here(
                dispatch, issue, seconds=BATCH_SECONDS, stopping=self._stopping, manners=manners
            )
        except TooManyRefusalsError as error:
            # With it come articles and templates, of which a worker has none.
            from flows.operations.issues import pause_issue

            with suppress(NotDoneError):  # somebody else has paused or cancelled it meanwhile
                await pause_issue(dispatch.store, issue, because=error.reason, now=dispatch.clock())
            log.warning("worker.paused_issue", issue=issue, why=error.reason)
        else:
            await keep_up(dispatch.store, issue, clock=dispatch.clock)
            self.begun += begun
            self._faults = 0
            log.info("worker.sent", issue=issue, begun=begun)

    async def wait_for_better(self, error: TransientError) -> None:
        """Leave a database or a relay in peace for a while, longer from fault to fault."""
        seconds = PAUSES_SECONDS[min(self._faults, len(PAUSES_SECONDS) - 1)]
        self._faults += 1
        log.warning("worker.waiting", why=str(error), seconds=seconds)
        await self._rest(seconds)

    async def _rest(self, seconds: float) -> None:
        left = seconds * random.uniform(0.8, 1.2)  # noqa: S311 - jitter
        while left > 0 and not self._stopping():
            await asyncio.sleep(min(left, 0.5))
            left -= 0.5
