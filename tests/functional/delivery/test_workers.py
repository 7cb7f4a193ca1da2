"""Workers on machines of their own, which share a newsroom's database and nothing else."""

import asyncio
import functools
import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.domain.delivery import DeliveryState
from flows.domain.issue import Issue, IssueState
from flows.operations.delivering import resume_issue
from flows.operations.issues import cancel_issue, pause_issue
from flows.operations.patience import SILENCE
from flows.operations.settling import finish_issue, take_back, wait_for_senders
from flows.operations.window import WIDEST
from flows.store.database import Store, open_store
from flows.store.issues import get_issue
from flows.store.living import who_lives
from flows.store.schema import ensure_schema
from tests.functional.builders import (
    a_frozen_issue,
    address,
    an_approved_issue,
    freeze,
    ledger_lines,
    states_of,
    take,
    tally,
)
from tests.functional.delivery.worker_process import Workers, nothing_under_way, workers_of
from tests.servers.acts import Act, Moment
from tests.servers.faulty_smtp import FaultySmtp
from tests.services.postgresql import Cluster, PostgresqlMissingError, run_cluster

S = DeliveryState


def now() -> datetime:
    """The present."""
    return datetime.now(UTC)


def slowly(at: Moment) -> Act | None:
    """A relay that takes a twentieth of a second for each letter."""
    return Act(delay_seconds=0.05) if at.phase == "dot" else None


@pytest.fixture
def url(postgresql_store: Store) -> str:
    """The address of the shared database."""
    return postgresql_store.engine.url.set(drivername="postgresql").render_as_string(
        hide_password=False
    )


@pytest.fixture
async def relay() -> AsyncIterator[FaultySmtp]:
    """The relay of all machines."""
    async with FaultySmtp(slowly) as server:
        yield server


@pytest.fixture
def workers(url: str, relay: FaultySmtp, tmp_path: Path) -> Iterator[Workers]:
    """Workers of the newsroom."""
    with workers_of(tmp_path, url, relay.port) as some:
        yield some


async def until(happened: Callable[[], bool], *, within_seconds: float = 60) -> None:
    """Wait for something that the relay sees."""
    async with asyncio.timeout(within_seconds):
        while not happened():  # noqa: ASYNC110 - a relay sends no events
            await asyncio.sleep(0.02)


async def gone(store: Store, issue: Issue, *states: S, within_seconds: float = 60) -> None:
    """Wait until no letter is in one of these states."""
    async with asyncio.timeout(within_seconds):
        while set(states) & set(await tally(store, issue)):  # noqa: ASYNC110 - nor does a ledger
            await asyncio.sleep(0.1)


async def test_a_worker_that_waited_for_work_sends_the_newsrooms_letters(
    postgresql_store: Store, workers: Workers, relay: FaultySmtp
) -> None:
    """It has no articles and no folder of the newsroom's; told to stop, it ends with 0."""
    store = postgresql_store
    workers.start()
    await workers.wait_for_word("worker.ready")
    issue = await an_approved_issue(store, contacts=30)
    await workers.declare(store)
    issue = await freeze(store, issue, now=now())
    await gone(store, issue, S.PENDING, S.CLAIMED)
    assert await tally(store, issue) == {S.ACCEPTED: 30}
    assert relay.copies() == Counter(address(number) for number in range(1, 31))
    letter = relay.journal[0].letter
    assert b"https://newsletter.example.org/u/" in letter.replace(b"=\r\n", b"")
    assert await workers.stop() == [0]
    assert "begun=30" in workers.said()
    assert not re.search("reader-|@|Traceback", workers.said())


async def test_workers_killed_and_added_at_random_double_and_lose_nothing(
    postgresql_store: Store, workers: Workers, relay: FaultySmtp
) -> None:
    """Those killed leave doubts, at most of the letters in flight, that another machine finds."""
    store, chance, audience, kills = postgresql_store, random.Random(7), 400, 3
    issue = await a_frozen_issue(store, contacts=audience, now=now())
    await workers.declare(store)
    relay.script = lambda at: Act(delay_seconds=0.02) if at.phase == "dot" else None
    workers.start(), workers.start()
    for moment in sorted(chance.sample(range(audience - 100), kills)):
        await until(functools.partial(lambda moment: len(relay.journal) > moment, moment))
        chance.choice(workers.at_work()).kill()
        workers.start()
    await nothing_under_way(store, issue)
    codes = await workers.stop()
    assert Counter(codes)[-9] == kills
    later = now() + SILENCE + timedelta(seconds=1)
    held = await take_back(store, issue.id, is_alive=lambda _: None, now=later)
    assert held == []
    found = states_of(await ledger_lines(store, issue))
    assert set(relay.copies().values()) == {1}
    assert found.keys() <= {S.ACCEPTED, S.UNKNOWN}
    assert sum(found.values()) == audience
    assert found[S.UNKNOWN] <= kills * WIDEST * 3
    assert found[S.ACCEPTED] <= len(relay.journal)


async def test_all_workers_obey_a_pause_and_a_cancellation_within_seconds(
    postgresql_store: Store, workers: Workers, relay: FaultySmtp
) -> None:
    """What is on its way is settled, nothing more is begun; resumed, they go on by themselves."""
    store = postgresql_store
    issue = await a_frozen_issue(store, contacts=3000, now=now())
    await workers.declare(store)
    workers.start(), workers.start()
    await until(lambda: relay.connections >= 6 and len(relay.journal) > 40)
    await pause_issue(store, issue.id, because="wrong image", now=now())
    await gone(store, issue, S.CLAIMED)
    arrived = len(relay.journal)
    await asyncio.sleep(1)
    assert len(relay.journal) == arrived
    await resume_issue(store, issue.id, now=now())
    await until(lambda: len(relay.journal) > arrived + 20)
    await cancel_issue(store, issue.id, now=now())
    await gone(store, issue, S.CLAIMED)
    found = await tally(store, issue)
    assert found == {S.ACCEPTED: len(relay.journal), S.CANCELLED: 3000 - len(relay.journal)}
    assert await workers.stop() == [0, 0]


async def test_a_domains_rate_holds_over_all_workers(
    postgresql_store: Store, workers: Workers, relay: FaultySmtp
) -> None:
    """It is the newsroom's setting; the workers' own environment knows nothing of it."""
    store = postgresql_store
    issue = await a_frozen_issue(store, contacts=200, now=now())
    await workers.declare(store, NEWSLETTER_SMTP__DOMAIN_RATES='{"city.example.org": 120}')
    workers.start(), workers.start()
    await until(lambda: bool(relay.journal))
    began = now()
    await asyncio.sleep(5)
    passed = (now() - began).total_seconds()
    assert 0 < len(relay.journal) <= passed * 2 + 4
    await cancel_issue(store, issue.id, now=now())


async def test_too_many_refusals_pause_the_issue_for_everybody(
    postgresql_store: Store, workers: Workers, relay: FaultySmtp
) -> None:
    """A worker that meets them tells the newsroom, and waits for other work."""
    store = postgresql_store
    issue = await a_frozen_issue(store, contacts=60, now=now())
    await workers.declare(store)
    relay.script = lambda at: Act(reply="550 5.1.1 nobody") if at.phase == "rcpt" else None
    workers.start()
    await workers.wait_for_word("worker.paused_issue")
    async with asyncio.timeout(60), store.reading() as tx:
        assert (await get_issue(tx, issue.id)).state is IssueState.PAUSED
    assert (await tally(store, issue))[S.PENDING] > 30
    assert workers.started[0].poll() is None


async def test_the_newsroom_waits_for_what_a_worker_holds(
    postgresql_store: Store, workers: Workers, relay: FaultySmtp
) -> None:
    """Its connection tells that it lives; the newsroom does not add up before it is done."""
    store = postgresql_store
    issue = await a_frozen_issue(store, contacts=3, now=now())
    await workers.declare(store)
    release = asyncio.Event()
    relay.script = lambda at: Act(wait_for=release) if at.phase == "dot" else None
    workers.start()
    await until(lambda: relay.letters == 3)
    much_later = now() + SILENCE * 3
    held = await take_back(store, issue.id, is_alive=lambda _: None, now=much_later)
    assert len(held) == 1
    waiting = asyncio.create_task(
        wait_for_senders(
            store, issue.id, is_alive=lambda _: None, clock=now, stopping=lambda: False
        )
    )
    await asyncio.sleep(1)
    assert not waiting.done()
    release.set()
    assert await asyncio.wait_for(waiting, 60) is False
    assert (await finish_issue(store, issue.id, now=now()))[0].state is IssueState.SENT


async def test_what_a_dead_worker_held_comes_back_to_the_newsroom(
    postgresql_store: Store, workers: Workers, relay: FaultySmtp
) -> None:
    """Not while it may be looking for its database; then as doubts, without waiting for a lease."""
    store = postgresql_store
    issue = await a_frozen_issue(store, contacts=3, now=now())
    await workers.declare(store)
    never = asyncio.Event()
    relay.script = lambda at: Act(wait_for=never) if at.phase == "dot" else None
    worker = workers.start()
    await until(lambda: relay.letters == 3)
    worker.kill()
    await asyncio.to_thread(worker.wait)
    await asyncio.sleep(0.5)
    held = await take_back(store, issue.id, is_alive=lambda _: None, now=now())
    assert len(held) == 1
    later = now() + SILENCE + timedelta(seconds=1)
    assert await take_back(store, issue.id, is_alive=lambda _: None, now=later) == []
    assert await tally(store, issue) == {S.UNKNOWN: 3}


async def test_a_lease_ends_even_for_whoever_is_connected(postgresql_store: Store) -> None:
    """A sender that hangs does not keep its letters for ever; its own word still counts."""
    store = postgresql_store
    issue = await a_frozen_issue(store, contacts=3, now=now())
    async with store.seen_as("elsewhere-1"):
        await take(store, issue, "elsewhere-1", now=now(), lease=timedelta(minutes=45))
        soon, late = now() + timedelta(minutes=44), now() + timedelta(minutes=46)
        assert await take_back(store, issue.id, is_alive=lambda _: None, now=soon)
        assert await take_back(store, issue.id, is_alive=lambda _: None, now=late) == []
    assert await tally(store, issue) == {S.UNKNOWN: 3}


async def test_an_owner_is_seen_from_its_first_turn_to_its_end(postgresql_store: Store) -> None:
    """No lock stays in a connection that goes on living."""
    store = postgresql_store
    issue = await a_frozen_issue(store, contacts=3, now=now())

    async def seen() -> set[str] | None:
        async with store.reading() as tx:
            return await who_lives(tx, ["elsewhere-1", "elsewhere-2"])

    async with store.seen_as("elsewhere-1"):
        assert await seen() == set()
        await take(store, issue, "elsewhere-1", 1, now=now())
        assert await seen() == {"elsewhere-1"}
        async with store.seen_as("elsewhere-2"):
            await take(store, issue, "elsewhere-2", 1, now=now())
            assert await seen() == {"elsewhere-1", "elsewhere-2"}
        with pytest.raises(ZeroDivisionError):
            await store.turn(lambda _: 1 // 0)
        assert await seen() == set()
        await take(store, issue, "elsewhere-1", 1, now=now())
        assert await seen() == {"elsewhere-1"}
    assert await seen() == set()


async def test_a_worker_outlives_its_database(tmp_path: Path, relay: FaultySmtp) -> None:
    """The server crashes in the middle of a sending and while nothing is to be done."""
    try:
        with run_cluster() as cluster:
            await _through_crashes(cluster, tmp_path, relay)
    except PostgresqlMissingError as error:
        pytest.skip(f"no PostgreSQL: {error}")


async def _through_crashes(cluster: Cluster, folder: Path, relay: FaultySmtp) -> None:
    url = cluster.url(cluster.create())
    store = open_store(url, default=Path("unused"))
    await ensure_schema(store)
    with workers_of(folder, url, relay.port) as workers:
        workers.start()
        await workers.wait_for_word("worker.ready")
        await asyncio.to_thread(cluster.restart)
        await store.close()
        issue = await a_frozen_issue(store, contacts=150, now=now())
        await workers.declare(store)
        await until(lambda: len(relay.journal) > 30)
        await asyncio.to_thread(cluster.restart)
        async with asyncio.timeout(60):
            while True:
                with suppress(Exception):
                    if not {S.PENDING, S.CLAIMED} & set(await tally(store, issue)):
                        break
                await asyncio.sleep(0.2)
        assert await tally(store, issue) == {S.ACCEPTED: 150}
        assert set(relay.copies().values()) == {1}
        assert await workers.stop() == [0]
    await store.close()


async def _refusal(workers: Workers, **more: str) -> str:
    """What a worker says that ends at once with exit code 1."""
    worker = workers.start(**more)
    assert await asyncio.to_thread(worker.wait, 60) == 1
    said = workers.said(len(workers.started))
    assert "Traceback" not in said
    return said


async def test_a_worker_refuses_what_is_no_newsrooms_database(
    postgresql: Cluster, workers: Workers
) -> None:
    """It never makes tables: a mistyped address would look like a newsroom without work."""
    empty = postgresql.url(postgresql.create())
    said = await _refusal(workers, NEWSLETTER_DATABASE_URL=empty)
    assert "no newsroom has ever used it" in said
    said = await _refusal(workers, NEWSLETTER_DATABASE_URL="sqlite:///newsletter.db")
    assert "shares a newsroom's PostgreSQL database" in said


async def test_a_worker_of_another_version_is_refused(
    postgresql_store: Store, workers: Workers
) -> None:
    """It says both revisions, and what helps."""
    async with postgresql_store.writing() as tx:
        await tx.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    said = await _refusal(workers)
    assert "the database is at revision 0001, this program at" in said
    assert "newsletter db upgrade" in said


@pytest.mark.parametrize(
    ("variable", "value", "word"),
    [
        ("NEWSLETTER_SECRET_KEY", "another", "secret_key"),
        ("NEWSLETTER_SMTP__MODE", "capture", "smtp.mode"),
        ("NEWSLETTER_SENDER__ADDRESS", "other@example.org", "sender.address"),
        ("NEWSLETTER_SECRET_KEY", "", "the newsroom's secret key is missing"),
    ],
)
async def test_a_worker_that_would_write_other_letters_is_refused(
    postgresql_store: Store, workers: Workers, variable: str, value: str, word: str
) -> None:
    """Links that nobody can open, letters that stay in a folder: nothing is sent so."""
    issue = await a_frozen_issue(postgresql_store, contacts=3, now=now())
    await workers.declare(postgresql_store)
    said = await _refusal(workers, **{variable: value})
    assert word in said
    assert not (workers.folder / "machine-1" / "var" / "secret.key").exists()
    assert await tally(postgresql_store, issue) == {S.PENDING: 3}
