import asyncio
import email
import multiprocessing
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from flows.domain.delivery import DeliveryState
from flows.domain.issue import Issue, IssueState
from flows.mail.capture import Outbox
from flows.operations.window import WIDEST
from flows.store.counts import troubles
from flows.store.database import Store
from flows.store.issues import get_issue
from tests.faults.sender_process import Job, send
from tests.functional.builders import a_frozen_issue, address, ledger_lines, tally
from tests.servers.faulty_smtp import FaultySmtp

S = DeliveryState
AUDIENCE = 300
KILLS = 10

Start = Callable[[Job], BaseProcess]


@pytest.fixture(scope="module")
def start() -> Start:
    """Starts senders, each a process of its own that has nothing of ours but its job."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([send.__module__])

    def start_sender(job: Job) -> BaseProcess:
        process = context.Process(target=send, args=(job,))
        process.start()
        return process

    return start_sender


async def kill_and_go_on(
    start: Start, job: Job, arrived: Callable[[], int], chance: random.Random
) -> None:
    """Kill a sender at ten random moments, each time start another, and let the last finish."""
    moments = sorted(chance.sample(range(AUDIENCE), KILLS))
    for moment in moments:
        process = start(job)
        while arrived() < moment and process.is_alive():  # noqa: ASYNC110 - it sends no events
            await asyncio.sleep(0.001)
        await asyncio.sleep(chance.random() * 0.03)
        process.kill()
        await asyncio.to_thread(process.join)
        process.close()
    last = start(job)
    await asyncio.to_thread(last.join, 60)
    assert last.exitcode == 0


async def state_of(store: Store, issue: Issue) -> IssueState:
    """Where the issue is now."""
    async with store.reading() as tx:
        return (await get_issue(tx, issue.id)).state


@pytest.fixture
def a_job(database_url: str, tmp_path: Path) -> Callable[..., Job]:
    """Builds the job of a sender."""

    def build(issue: Issue, *, port: int = 0) -> Job:
        return Job(
            database_url=database_url,
            issue=issue.id,
            senders=tmp_path / "senders",
            outbox=tmp_path / "outbox",
            port=port,
        )

    return build


async def test_ten_kills_lose_and_double_no_captured_letter(
    store: Store, start: Start, a_job: Callable[..., Job]
) -> None:
    """The outbox can be asked, so that no doubt is left."""
    issue = await a_frozen_issue(store, contacts=AUDIENCE, now=datetime.now(UTC))
    job = a_job(issue)
    outbox = Outbox(job.outbox)
    outbox.prepare()
    await kill_and_go_on(start, job, lambda: len(outbox), random.Random(3))
    letters = [path.read_bytes() for path in (outbox.folder / "new").iterdir()]
    found = Counter(str(email.message_from_bytes(one)["Delivered-To"]) for one in letters)
    assert found == Counter(address(number) for number in range(1, AUDIENCE + 1))
    assert await tally(store, issue) == {S.ACCEPTED: AUDIENCE}
    assert await state_of(store, issue) is IssueState.SENT


async def test_ten_kills_leave_few_doubts_at_a_relay_that_cannot_be_asked(
    store: Store, start: Start, a_job: Callable[..., Job]
) -> None:
    """At most the letters in flight, each listed for a person; the relay got none twice."""
    issue = await a_frozen_issue(store, contacts=AUDIENCE, now=datetime.now(UTC))
    async with FaultySmtp() as server:
        job = a_job(issue, port=server.port)
        await kill_and_go_on(start, job, lambda: len(server.journal), random.Random(5))
    copies = server.copies()
    assert max(copies.values()) == 1
    lines = await ledger_lines(store, issue)
    accepted = {line.mailbox for line in lines if line.state is S.ACCEPTED}
    doubtful = {line.mailbox for line in lines if line.state is S.UNKNOWN}
    assert accepted <= set(copies)
    assert set(copies) <= accepted | doubtful
    assert len(accepted) + len(doubtful) == AUDIENCE
    assert len(doubtful) <= KILLS * WIDEST * job.connections
    async with store.reading() as tx:
        listed = await troubles(tx, issue.id, (S.UNKNOWN,), limit=AUDIENCE)
    assert {one.address for one in listed} == doubtful
    expected = IssueState.INCOMPLETE if doubtful else IssueState.SENT
    assert await state_of(store, issue) is expected
