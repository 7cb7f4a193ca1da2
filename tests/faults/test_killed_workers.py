"""Workers on machines of their own, killed and added at random, at full length."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from flows.domain.issue import IssueState
from flows.operations.patience import SILENCE
from flows.operations.settling import take_back
from flows.operations.window import WIDEST
from flows.store.database import Store
from tests.faults.killing import a_large_issue, check_by_the_receivers_record, final_state, now
from tests.functional.delivery.worker_process import nothing_under_way, workers_of
from tests.servers.faulty_smtp import FaultySmtp

AUDIENCE = 20_000
KILLS = 20
CONNECTIONS = 3


@pytest.fixture
async def relay() -> AsyncIterator[FaultySmtp]:
    """The relay of all machines."""
    async with FaultySmtp() as server:
        server.pipelining = True
        yield server


@pytest.mark.long
async def test_workers_killed_and_added_all_along_double_and_lose_nothing(
    postgresql_store: Store, relay: FaultySmtp, tmp_path: Path
) -> None:
    """One to four at a time; by the relay's record, and each doubt is listed for a person."""
    store, chance = postgresql_store, random.Random(11)
    issue = await a_large_issue(store, contacts=AUDIENCE)
    url = store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with workers_of(tmp_path, url, relay.port) as workers:
        await workers.declare(store)
        workers.start()
        for moment in sorted(chance.sample(range(AUDIENCE - 500), KILLS)):
            while len(relay.journal) < moment:  # noqa: ASYNC110 - a relay sends no events
                await asyncio.sleep(0.01)
            if working := workers.at_work():
                chance.choice(working).kill()
            for _ in range(chance.randint(0, 2) if len(workers.at_work()) > 1 else 2):
                workers.start()
        await nothing_under_way(store, issue, within_seconds=300)
        codes = await workers.stop()
    killed = codes.count(-9)
    later = now() + SILENCE + timedelta(seconds=1)
    assert await take_back(store, issue.id, is_alive=lambda _: None, now=later) == []
    copies = relay.copies()
    doubtful = await check_by_the_receivers_record(store, issue, copies, audience=AUDIENCE)
    print(  # noqa: T201 - `make faults` shows the figures
        f"{AUDIENCE} readers, {len(codes)} workers, {killed} killed: {len(copies)} arrived,"
        f" {sum(copies.values()) - len(copies)} twice, {len(doubtful)} unknown"
    )
    assert len(doubtful) <= killed * WIDEST * CONNECTIONS
    state = await final_state(store, issue)
    assert state is (IssueState.INCOMPLETE if doubtful else IssueState.SENT)
