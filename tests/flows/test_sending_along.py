"""A worker beside the newsroom's own run: who conducts waits for who sends along."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.domain.delivery import DeliveryState
from flows.domain.issue import IssueId
from flows.store.database import open_store
from flows.store.sums import add_up
from tests.functional.cli.command_line import call, call_apart
from tests.functional.delivery.worker_process import workers_of
from tests.servers.acts import Act, Moment
from tests.servers.faulty_smtp import FaultySmtp
from tests.services.postgresql import Cluster

pytestmark = pytest.mark.xdist_group("prefect")

AUDIENCE = 66
ISSUE = IssueId("city-pair-1")
PATIENCE_SECONDS = 240
LANGUAGES = ("fr", "en", "nl")
KEY = "of this newsroom"


def slowly(at: Moment) -> Act | None:
    """A relay that leaves time for others."""
    return Act(delay_seconds=0.4) if at.phase == "dot" else None


def make_ready(workspace: Path, env: dict[str, str]) -> None:
    """Lists in the shared database, and everything approved."""
    approvals = [("approve", "city-pair", language, "--by", "Camille") for language in LANGUAGES]
    for words in (("subscribers", "import", "subscribers"), *approvals):
        said = call(*words, cwd=workspace, env=env)
        assert said.code in {0, 1}, said.all


async def nothing_waits(url: str) -> None:
    """Wait until every letter of the issue was begun by somebody."""
    store = open_store(url, default=Path("unused"))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            async with store.reading() as tx:
                found = (await add_up(tx, ISSUE, now=datetime.now(UTC))).counts.total
            if found[DeliveryState.CLAIMED] and not found[DeliveryState.PENDING]:
                break
            await asyncio.sleep(0.2)
    await store.close()


async def test_the_run_adds_up_when_a_worker_has_sent_what_it_held(
    workspace: Path, postgresql: Cluster, tmp_path: Path
) -> None:
    """The run has nothing left to send and waits; the issue is sent, each reader has one letter."""
    url = postgresql.url(postgresql.create())
    held = asyncio.Event()
    async with FaultySmtp(slowly) as near, FaultySmtp() as far:
        far.script = lambda at: Act(wait_for=held) if at.phase == "dot" else None
        with workers_of(tmp_path, url, far.port, NEWSLETTER_SECRET_KEY=KEY) as workers:
            env = workers.variables() | {
                "NEWSLETTER_SMTP__PORT": str(near.port),
                "NEWSLETTER_SMTP__CONNECTIONS": "1",
            }

            await asyncio.to_thread(make_ready, workspace, env)
            workers.start()
            await workers.wait_for_word("worker.ready")
            words = ("publish", "city-pair", "--json")
            run = asyncio.create_task(
                asyncio.to_thread(
                    call_apart, *words, cwd=workspace, env=env, timeout_seconds=PATIENCE_SECONDS
                )
            )
            await nothing_waits(url)
            await asyncio.sleep(5)
            assert not run.done()
            assert len(near.journal) < AUDIENCE
            held.set()
            said = await asyncio.wait_for(run, PATIENCE_SECONDS)
            assert await workers.stop() == [0]
    assert said.code == 0, said.all
    assert (said.json()["state"], said.json()["sent"]) == ("sent", AUDIENCE)
    copies = Counter(near.copies()) + Counter(far.copies())
    assert (len(copies), set(copies.values())) == (AUDIENCE, {1})
