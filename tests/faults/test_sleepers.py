"""Injections 19 and 20: a sender that sleeps past its lease, clocks that disagree."""

import asyncio
import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.domain.delivery import DeliveryState
from flows.domain.issue import Issue
from flows.mail.connection import Relay
from flows.mail.transport import Transport
from flows.operations.patience import LEASE
from flows.operations.sending import send_letters
from flows.operations.settling import recover_claims
from flows.store.database import Store
from tests.faults.sender_process import Job, send
from tests.functional.builders import a_frozen_issue, a_post, address, tally
from tests.relays import Reach
from tests.servers.faulty_smtp import Act, FaultySmtp, Moment

S = DeliveryState
AUDIENCE = 60
HOUR = timedelta(hours=1)


def now() -> datetime:
    """The true time."""
    return datetime.now(UTC)


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


async def test_a_sender_that_slept_past_its_lease_doubles_nothing(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    """19: another inherits its letters as doubts; its own late word settles them."""
    issue = await a_frozen_issue(store, contacts=AUDIENCE, now=now())
    async with FaultySmtp(slowly) as server:
        job = Job(
            database_url=database_url,
            issue=issue.id,
            senders=tmp_path / "senders",
            outbox=tmp_path / "outbox",
            port=server.port,
        )
        process = multiprocessing.get_context("spawn").Process(target=send, args=(job,))
        process.start()
        assert process.pid
        while len(server.journal) < 10:  # noqa: ASYNC110 - a relay sends no events
            await asyncio.sleep(0.01)
        os.kill(process.pid, signal.SIGSTOP)
        later = now() + LEASE + HOUR
        doubts = await inherit(store, issue, server, clock=lambda: later)
        assert doubts > 0
        await deliver(store, issue, server, owner="elsewhere-1", clock=now)
        os.kill(process.pid, signal.SIGCONT)
        await asyncio.to_thread(process.join, 60)
        assert process.exitcode == 0
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
