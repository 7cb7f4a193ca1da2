"""Killing senders, and what must hold afterwards."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess

from sqlalchemy import insert

from flows.domain.article import Slug
from flows.domain.delivery import DeliveryState
from flows.domain.issue import Issue, IssueState
from flows.mail.transport import Transport
from flows.operations.delivering import resume_issue
from flows.operations.sending import send_letters
from flows.operations.settling import finish_issue, recover_claims
from flows.store import tables
from flows.store.counts import troubles
from flows.store.database import Store
from flows.store.issues import get_issue
from tests.faults.conftest import Start
from tests.faults.sender_process import Job
from tests.functional.builders import (
    CITIES,
    SLUG,
    Line,
    a_post,
    address,
    an_approved_issue,
    freeze,
    hash_of,
    ledger_lines,
)

S = DeliveryState
LAST_SECONDS = 600


def now() -> datetime:
    """The present."""
    return datetime.now(UTC)


async def a_large_issue(store: Store, *, contacts: int, slug: Slug = SLUG) -> Issue:
    """An issue that is being sent, to readers 1 to `contacts`, made within seconds."""
    issue = await an_approved_issue(store, contacts=3, slug=slug)
    numbers = range(4, contacts + 1)
    async with store.writing() as tx:
        rows = [
            {
                "id": number,
                "address": address(number),
                "mailbox": address(number),
                "address_hash": hash_of(address(number)),
                "name": "",
                "city": CITIES[number % len(CITIES)].name,
                "created_at": now(),
                "updated_at": now(),
            }
            for number in numbers
        ]
        await tx.execute(insert(tables.contacts), rows)
        members = [{"list": "all", "contact": number} for number in numbers]
        await tx.execute(insert(tables.memberships), members)
    return await freeze(store, issue, now=now())


async def end(process: BaseProcess) -> None:
    """Kill a sender."""
    process.kill()
    await asyncio.to_thread(process.join)


async def kill_at_random(
    start: Start,
    job: Job,
    arrived: Callable[[], int],
    *,
    kills: int,
    audience: int,
    senders: int,
    chance: random.Random,
) -> None:
    """Kill one of some senders at random moments, each time start another; let the last finish."""
    working = [start(job) for _ in range(senders)]
    for moment in sorted(chance.sample(range(audience), kills)):
        while arrived() < moment and any(one.is_alive() for one in working):  # noqa: ASYNC110 - other processes send no events
            await asyncio.sleep(0.001)
        await asyncio.sleep(chance.random() * 0.03)
        victim = chance.randrange(senders)
        await end(working[victim])
        working[victim] = start(job)
    for one in working:
        await asyncio.to_thread(one.join, LAST_SECONDS)
        assert one.exitcode == 0
    last = start(job)  # what the last of them left to each other
    await asyncio.to_thread(last.join, LAST_SECONDS)
    assert last.exitcode == 0


async def recover(store: Store, issue: Issue, transport: Transport) -> int:
    """Inherit from senders that died, and ask the relay; the doubts that are left."""
    return await recover_claims(
        store, issue.id, is_alive=lambda _: False, transport=transport, clock=now
    )


async def send_rest(store: Store, issue: Issue, transport: Transport) -> None:
    """Go on until nothing is due, as a second sender does."""
    await resume_issue(store, issue.id, now=now())
    while await send_letters(
        store,
        issue.id,
        post=a_post(),
        transport=transport,
        owner=f"second-{issue.id}",
        clock=now,
    ):
        pass


async def final_state(store: Store, issue: Issue) -> IssueState:
    """Where the issue is once it was added up."""
    await finish_issue(store, issue.id, now=now())
    async with store.reading() as tx:
        return (await get_issue(tx, issue.id)).state


def in_state(lines: Collection[Line], state: DeliveryState) -> set[str]:
    """Who is in a state."""
    return {line.mailbox for line in lines if line.state is state}


async def check_by_the_receivers_record(
    store: Store, issue: Issue, copies: Counter[str], *, audience: int
) -> set[str]:
    """Nobody twice and nobody lost; each doubt is listed for a person. Who is in doubt."""
    lines = await ledger_lines(store, issue)
    accepted, doubtful = in_state(lines, S.ACCEPTED), in_state(lines, S.UNKNOWN)
    everybody = {address(number) for number in range(1, audience + 1)}
    assert set(copies.values()) <= {1}
    assert accepted <= set(copies) <= accepted | doubtful
    assert accepted | doubtful == everybody
    async with store.reading() as tx:
        listed = await troubles(tx, issue.id, (S.UNKNOWN,), limit=None)
    assert {one.address for one in listed} == doubtful
    return doubtful
