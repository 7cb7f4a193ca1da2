import asyncio
import email
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from flows.domain.article import Slug
from flows.domain.delivery import DeliveryState
from flows.domain.issue import Issue, IssueState
from flows.mail.capture import Outbox
from flows.mail.connection import Relay as Address
from flows.mail.postfix import PostfixLog
from flows.mail.transport import Transport
from flows.operations.window import WIDEST
from flows.store.database import Store
from tests.faults.conftest import Relay, Start
from tests.faults.killing import (
    check_by_the_receivers_record,
    end,
    final_state,
    in_state,
    kill_at_random,
    now,
    recover,
    send_rest,
)
from tests.faults.sender_process import PATIENCE, Job
from tests.functional.builders import a_frozen_issue, address, ledger_lines, tally
from tests.servers.faulty_smtp import FaultySmtp
from tests.servers.wire import Snag, Wire

S = DeliveryState
AUDIENCE = 300
KILLS = 10

FEW = 8
THIRD = (*(b"RCPT TO:",) * 3, b">\r\n")
WHOLE = (*THIRD, b"DATA\r\n", b"\r\n.\r\n")
POINTS: dict[str, tuple[Snag | None, bool]] = {
    "begun, not written": (None, False),
    "addressed, before DATA": (Snag(after=THIRD, then="hold"), False),
    "in the body": (Snag(after=(*THIRD, b"DATA\r\n", b"Subject:"), then="hold"), False),
    "after the dot": (Snag(after=WHOLE, then="hold"), True),
    "answered, before the commit": (Snag(after=WHOLE, then="hold"), True),
}
"""Where the third letter is when its sender is killed, and whether Postfix takes it."""


@asynccontextmanager
async def an_occupied_ledger(store: Store) -> AsyncIterator[None]:
    """Nobody else can write for as long as the block lasts."""
    async with store.writing() as tx:
        if tx.dialect.name == "postgresql":
            await tx.exec_driver_sql("LOCK TABLE deliveries IN EXCLUSIVE MODE")
        yield


def way_to(relay: Relay, *, oracle: bool) -> Transport:
    """Directly to Postfix, with or without asking its log."""
    log = PostfixLog(relay.postfix.log, patience=PATIENCE)
    address = Address(host="127.0.0.1", port=relay.postfix.port, security="none")
    return Transport(relay=address, connections=2, oracle=log if oracle else None)


async def test_a_sender_killed_at_any_point_leaves_doubts_that_postfix_settles(
    store: Store, start: Start, a_job: Callable[..., Job], relay: Relay, slug: Slug
) -> None:
    """Not sent again while in doubt; then what was taken stays, all else goes, each reader once."""

    async def kill_one(point: str, issue: Issue) -> None:
        wire = await kill_at(point, store, start, a_job(issue, connections=1), relay)
        await check_doubts_settle(point, store, issue, relay, wire)

    issues = {
        point: await a_frozen_issue(store, contacts=FEW, slug=Slug(f"{slug}-{n}"), now=now())
        for n, point in enumerate(POINTS)
    }
    await asyncio.gather(*(kill_one(point, issue) for point, issue in issues.items()))


async def kill_at(point: str, store: Store, start: Start, job: Job, relay: Relay) -> Wire:
    """Start a sender and kill it when its third letter is at a point; the wire that it used."""
    snag, _ = POINTS[point]
    async with Wire(relay.postfix.port, lambda _: snag) as wire:
        process = start(replace(job, port=wire.port, dies_at=0 if snag else 4))
        if snag is not None:
            await asyncio.wait_for(wire.held.wait(), 60)
        if point == "answered, before the commit":
            async with an_occupied_ledger(store):
                wire.release()
                await asyncio.sleep(0.5)
                await end(process)
        elif snag is not None:
            await end(process)
        await asyncio.to_thread(process.join, 60)
        assert process.exitcode == -9, point
        await wire.cut()
    return wire


async def check_doubts_settle(
    point: str, store: Store, issue: Issue, relay: Relay, wire: Wire
) -> None:
    """A second sender goes on without asking Postfix, and with it."""
    snag, taken = POINTS[point]
    assert await recover(store, issue, way_to(relay, oracle=False)) > 0
    await send_rest(store, issue, way_to(relay, oracle=False))
    copies = await relay.copies(issue, FEW)
    doubtful = await check_by_the_receivers_record(store, issue, copies, audience=FEW)
    assert 1 <= len(doubtful) <= WIDEST
    third = wire.recipients[-1:] if snag else doubtful - set(copies)
    assert {one in copies for one in third} == {taken}, point
    assert doubtful.issuperset(third)
    assert await final_state(store, issue) is IssueState.INCOMPLETE
    await asyncio.sleep(PATIENCE.total_seconds() + 1)
    assert await recover(store, issue, way_to(relay, oracle=True)) == 0
    assert in_state(await ledger_lines(store, issue), S.PENDING) == doubtful - set(copies)
    await send_rest(store, issue, way_to(relay, oracle=True))
    assert await relay.copies(issue, FEW) == Counter(address(n) for n in range(1, FEW + 1)), point
    assert await final_state(store, issue) is IssueState.SENT


async def test_ten_kills_lose_and_double_no_captured_letter(
    store: Store, start: Start, a_job: Callable[..., Job]
) -> None:
    """The outbox can be asked, so that no doubt is left."""
    issue = await a_frozen_issue(store, contacts=AUDIENCE, now=now())
    job = a_job(issue)
    outbox = Outbox(job.outbox)
    outbox.prepare()
    await kill_at_random(
        start,
        job,
        lambda: len(outbox),
        kills=KILLS,
        audience=AUDIENCE,
        senders=1,
        chance=random.Random(3),
    )
    letters = [path.read_bytes() for path in (outbox.folder / "new").iterdir()]
    found = Counter(str(email.message_from_bytes(one)["Delivered-To"]) for one in letters)
    assert found == Counter(address(number) for number in range(1, AUDIENCE + 1))
    assert await tally(store, issue) == {S.ACCEPTED: AUDIENCE}
    assert await final_state(store, issue) is IssueState.SENT


@pytest.mark.long
async def test_ten_kills_leave_few_doubts_at_a_relay_that_cannot_be_asked(
    store: Store, start: Start, a_job: Callable[..., Job]
) -> None:
    """At most the letters in flight, each listed for a person; the relay got none twice."""
    issue = await a_frozen_issue(store, contacts=AUDIENCE, now=now())
    async with FaultySmtp() as server:
        job = a_job(issue, port=server.port)
        await kill_at_random(
            start,
            job,
            lambda: len(server.journal),
            kills=KILLS,
            audience=AUDIENCE,
            senders=1,
            chance=random.Random(5),
        )
    doubtful = await check_by_the_receivers_record(store, issue, server.copies(), audience=AUDIENCE)
    assert len(doubtful) <= KILLS * WIDEST * job.connections
    expected = IssueState.INCOMPLETE if doubtful else IssueState.SENT
    assert await final_state(store, issue) is expected
