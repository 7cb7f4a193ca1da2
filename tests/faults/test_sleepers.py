"""Injections 19 and 20: a sender that sleeps past its lease, clocks that disagree."""

import asyncio
import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from flows.domain.delivery import DeliveryState
from flows.domain.issue import Issue, IssueState
from flows.mail.connection import Relay
from flows.mail.transport import Transport
from flows.operations.sending import send_letters
from flows.operations.settling import recover_claims
from flows.store import ledger
from flows.store.database import DatabaseUnusableError, Store
from flows.store.tables import deliveries
from tests.faults.conftest import Start
from tests.faults.killing import final_state
from tests.faults.sender_process import Job
from tests.functional.builders import a_frozen_issue, a_post, address, tally
from tests.relays import Reach
from tests.servers.acts import Act, Moment, Phase
from tests.servers.faulty_smtp import FaultySmtp

S = DeliveryState
AUDIENCE = 60
FEW = 12
HOUR = timedelta(hours=1)


def now() -> datetime:
    """The true time."""
    return datetime.now(UTC)


def later() -> datetime:
    """What a clock shows an hour later."""
    return now() + HOUR


def slowly(at: Moment) -> Act | None:
    """A relay that takes a twentieth of a second for each letter."""
    return Act(delay_seconds=0.05) if at.phase == "dot" else None


def way_to(server: FaultySmtp) -> Transport:
    """Three connections to a relay that cannot be asked afterwards."""
    relay = Relay(host=server.host, port=server.port, security="none")
    return Transport(relay=relay, connections=3)


async def deliver(
    store: Store, issue: Issue, server: FaultySmtp, *, owner: str, clock: Callable[[], datetime]
) -> int:
    """What one sender begins."""
    return await send_letters(
        store, issue.id, post=a_post(), transport=way_to(server), owner=owner, clock=clock
    )


async def inherit(
    store: Store, issue: Issue, server: FaultySmtp, *, clock: Callable[[], datetime]
) -> int:
    """Take over from senders of other machines, of whom only leases tell; the doubts."""
    return await recover_claims(
        store, issue.id, is_alive=lambda _: None, transport=way_to(server), clock=clock
    )


async def put_to_sleep(sender: BaseProcess, store: Store) -> None:
    """Stop a process between two of its turns with the ledger, not within one."""
    assert sender.pid is not None
    while True:
        await asyncio.sleep(0.02)
        os.kill(sender.pid, signal.SIGSTOP)
        if await is_free(store):
            return
        os.kill(sender.pid, signal.SIGCONT)


async def is_free(store: Store) -> bool:
    """Whether nobody is writing to the ledger."""
    try:
        if path := store.engine.url.database if store.engine.dialect.name == "sqlite" else "":
            with closing(sqlite3.connect(path, timeout=0)) as connection:
                connection.execute("BEGIN IMMEDIATE")
            return True
        async with store.reading() as tx:
            await tx.execute(select(deliveries.c.id).with_for_update(nowait=True))
    except (sqlite3.OperationalError, DBAPIError, DatabaseUnusableError):
        return False
    return True


def wake(sender: BaseProcess) -> None:
    """Let a stopped process go on."""
    assert sender.pid is not None
    os.kill(sender.pid, signal.SIGCONT)


class Barrier:
    """A server that keeps the letters of its first connection waiting at one phase."""

    def __init__(self, phase: Phase, *, letter: int) -> None:
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()
        self._phase = phase
        self._letter = letter

    def __call__(self, moment: Moment) -> Act | None:
        """The server's script."""
        here = (moment.connection, moment.phase) == (1, self._phase)
        if not here or moment.letter < self._letter or self.opened.is_set():
            return None
        self.reached.set()
        return Act(wait_for=self.opened)


async def settle_by_journal(store: Store, issue: Issue, server: FaultySmtp) -> int:
    """What a person does who can look at the relay; how many letters go again."""
    taken = {one.message_id for one in server.journal}
    again = 0
    async with store.writing() as tx:
        for doubt in await ledger.in_doubt(tx, issue.id):
            sent = doubt.message_id in taken
            again += not sent
            await ledger.resolve_doubts(tx, [doubt.delivery], sent=sent, reply="", now=now())
    return again


@pytest.mark.parametrize("pipelining", [False, True], ids=["one by one", "pipelined"])
async def test_a_sender_that_slept_past_its_lease_sends_nothing_more(
    store: Store,
    start: Start,
    a_job: Callable[..., Job],
    tmp_path: Path,
    pipelining: bool,  # noqa: FBT001 - given by name
) -> None:
    """19: another inherited its letters and sent them; on waking it gives back what it held."""
    (tmp_path / "skew").write_text("0")
    issue = await a_frozen_issue(store, contacts=FEW, now=now())
    barrier = Barrier("rcpt", letter=5)
    async with FaultySmtp(barrier) as server:
        server.pipelining = pipelining
        sleeper = start(a_job(issue, port=server.port, connections=1, skew=tmp_path / "skew"))
        await asyncio.wait_for(barrier.reached.wait(), 60)
        await put_to_sleep(sleeper, store)
        (tmp_path / "skew").write_text("3600")
        await inherit(store, issue, server, clock=now)
        assert S.UNKNOWN not in await tally(store, issue)
        await inherit(store, issue, server, clock=later)
        assert await settle_by_journal(store, issue, server) > 0
        await deliver(store, issue, server, owner="elsewhere-1", clock=later)
        assert server.copies() == Counter(address(n) for n in range(1, FEW + 1))
        barrier.opened.set()
        wake(sleeper)
        await asyncio.to_thread(sleeper.join, 60)
    assert sleeper.exitcode == 0
    assert server.copies() == Counter(address(n) for n in range(1, FEW + 1))
    assert await tally(store, issue) == {S.ACCEPTED: FEW}
    assert await final_state(store, issue) is IssueState.SENT


async def test_a_sender_that_slept_past_its_lease_doubles_nothing(
    store: Store, start: Start, a_job: Callable[..., Job]
) -> None:
    """19: another inherits its letters as doubts; its own late word settles them."""
    issue = await a_frozen_issue(store, contacts=AUDIENCE, now=now())
    async with FaultySmtp(slowly) as server:
        sleeper = start(a_job(issue, port=server.port))
        while len(server.journal) < 10:  # noqa: ASYNC110 - a relay sends no events
            await asyncio.sleep(0.01)
        await put_to_sleep(sleeper, store)
        doubts = await inherit(store, issue, server, clock=later)
        assert doubts > 0
        await deliver(store, issue, server, owner="elsewhere-1", clock=now)
        wake(sleeper)
        await asyncio.to_thread(sleeper.join, 60)
        assert sleeper.exitcode == 0
    assert server.copies() == Counter(address(number) for number in range(1, AUDIENCE + 1))
    assert await tally(store, issue) == {S.ACCEPTED: AUDIENCE}


@pytest.mark.parametrize("wrong", [HOUR, -HOUR], ids=["an hour ahead", "an hour behind"])
async def test_a_wrong_clock_doubles_and_loses_nothing(store: Store, wrong: timedelta) -> None:
    """20: one of two senders errs, and the other takes its leases for ended ones, or hers."""
    issue = await a_frozen_issue(store, contacts=AUDIENCE, now=now())
    async with FaultySmtp(slowly) as server:
        senders = [
            deliver(store, issue, server, owner=owner, clock=clock)
            for owner, clock in (("right-1", now), ("wrong-1", lambda: now() + wrong))
        ]
        together = asyncio.gather(*senders)
        while not together.done():
            await inherit(store, issue, server, clock=lambda: now() + max(wrong, timedelta()))
            await asyncio.sleep(0.05)
        assert sum(await together) == AUDIENCE
    assert server.copies() == Counter(address(number) for number in range(1, AUDIENCE + 1))
    assert await tally(store, issue) == {S.ACCEPTED: AUDIENCE}


async def test_a_wrong_clock_brings_a_deferral_forward_at_most(store: Store, reach: Reach) -> None:
    """20: a deferred letter has its time in the ledger, whoever looks; it is never lost."""
    issue = await a_frozen_issue(store, contacts=3, now=now())

    def busy_once(at: Moment) -> Act | None:
        return Act(reply="452 4.2.2 later") if at.phase == "rcpt" and at.letter <= 3 else None

    async with FaultySmtp(busy_once) as server, reach(server) as way:
        for clock in (lambda: now() + HOUR, now):
            await send_letters(
                store, issue.id, post=a_post(), transport=way, owner="a-1", clock=clock
            )
        assert await tally(store, issue) == {S.DEFERRED: 3}
        await send_letters(
            store,
            issue.id,
            post=a_post(),
            transport=way,
            owner="b-1",
            clock=lambda: now() + 2 * HOUR,
        )
    assert await tally(store, issue) == {S.ACCEPTED: 3}
