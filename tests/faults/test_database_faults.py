"""Injections 17 and 18: the database fails while letters leave.

No letter goes without its claim on disk, and when the database is back the sending goes on; what
the relay took is the judge.
"""

import asyncio
import shutil
import sqlite3
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest

from flows.domain.delivery import DeliveryState
from flows.domain.issue import Issue
from flows.operations.sending import send_letters
from flows.store.database import DatabaseUnusableError, Store, open_store
from flows.store.schema import ensure_schema
from tests.functional.builders import MovableClock, a_frozen_issue, a_post, address, tally
from tests.relays import Reach
from tests.servers.acts import Act, Moment
from tests.servers.faulty_smtp import FaultySmtp
from tests.services.postgresql import Cluster, run_cluster

S = DeliveryState
AUDIENCE = 120
ROOM_KIB = 1536


def slowly(at: Moment) -> Act | None:
    """A relay that takes a hundredth of a second for each letter."""
    return Act(delay_seconds=0.01) if at.phase == "dot" else None


async def survive(
    store: Store,
    issue: Issue,
    reach: Reach,
    clock: MovableClock,
    fault: Callable[[FaultySmtp], Awaitable[None]],
) -> None:
    """Send everything with a fault in the middle; each reader has one letter in the end."""
    async with FaultySmtp(slowly) as server, reach(server) as way:
        sending = asyncio.create_task(
            send_letters(store, issue.id, post=a_post(), transport=way, owner="host-1", clock=clock)
        )
        while len(server.journal) < 20:  # noqa: ASYNC110 - a relay sends no events
            await asyncio.sleep(0.005)
        await fault(server)
        await asyncio.wait_for(sending, timeout=100)
    assert server.copies() == Counter(address(number) for number in range(1, AUDIENCE + 1))
    assert await tally(store, issue) == {S.ACCEPTED: AUDIENCE}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with little room, which only root can make."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM_KIB}k", "none", str(folder)]
    made = subprocess.run(mount, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no file system of the test's own: {made.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
async def small_store(small_disk: Path) -> AsyncIterator[Store]:
    """A SQLite database on that file system."""
    store = open_store(f"sqlite:///{small_disk / 'newsletter.db'}", default=Path("unused"))
    await ensure_schema(store)
    yield store
    await store.close()


async def test_a_locked_database_holds_letters_back(
    sqlite_template: Path, tmp_path: Path, reach: Reach, clock: MovableClock
) -> None:
    """17: while somebody else writes, at most what was begun before still leaves."""
    path = Path(shutil.copyfile(sqlite_template, tmp_path / "newsletter.db"))
    store = open_store(f"sqlite:///{path}", default=Path("unused"))
    issue = await a_frozen_issue(store, contacts=AUDIENCE)

    async def lock(server: FaultySmtp) -> None:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        begun = other.execute("SELECT count(*) FROM deliveries WHERE sending_at IS NOT NULL")
        (count,) = begun.fetchone()
        await asyncio.sleep(3)
        assert len(server.journal) <= count < AUDIENCE
        other.execute("ROLLBACK")
        other.close()

    await survive(store, issue, reach, clock, lock)
    await store.close()


async def test_a_full_disk_holds_letters_back_until_there_is_room(
    small_store: Store, small_disk: Path, reach: Reach, clock: MovableClock
) -> None:
    """17: nothing is begun that could not be written down."""
    issue = await a_frozen_issue(small_store, contacts=AUDIENCE)
    filler = small_disk / "filler"

    async def fill(server: FaultySmtp) -> None:
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        await asyncio.sleep(0.5)
        before = len(server.journal)
        await asyncio.sleep(1)
        assert len(server.journal) == before < AUDIENCE
        filler.unlink()

    await survive(small_store, issue, reach, clock, fill)


@pytest.mark.long
async def test_a_read_only_database_lets_no_letter_leave(
    small_disk: Path, reach: Reach, clock: MovableClock
) -> None:
    """17: the sender waits a minute for it and gives up; when it can be written, all leave."""
    url = f"sqlite:///{small_disk / 'newsletter.db'}"
    store = open_store(url, default=Path("unused"))
    await ensure_schema(store)
    issue = await a_frozen_issue(store, contacts=AUDIENCE)
    await store.close()
    async with FaultySmtp() as server, reach(server) as way:
        for mode in ("ro", "rw"):
            remount = ["mount", "-o", f"remount,{mode}", str(small_disk)]
            await asyncio.to_thread(subprocess.run, remount, check=True)
            store = open_store(url, default=Path("unused"))
            with pytest.raises(DatabaseUnusableError) if mode == "ro" else nullcontext():
                await send_letters(
                    store, issue.id, post=a_post(), transport=way, owner="host-1", clock=clock
                )
            if mode == "ro":
                assert server.journal == []
            else:
                assert await tally(store, issue) == {S.ACCEPTED: AUDIENCE}
            await store.close()
    assert server.copies() == Counter(address(number) for number in range(1, AUDIENCE + 1))


@pytest.fixture(params=["on", "off"])
def own_cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A PostgreSQL server that a test may treat badly, whatever it promises of commits."""
    with run_cluster(
        fsync="on", synchronous_commit=request.param, full_page_writes="on"
    ) as cluster:
        yield cluster


@pytest.mark.usefixtures("postgresql")
async def test_a_database_server_that_crashes_loses_and_doubles_nothing(
    own_cluster: Cluster, reach: Reach, clock: MovableClock
) -> None:
    """18: it is killed and started again under a sender at work."""
    store = open_store(own_cluster.url(own_cluster.create()), default=Path("unused"))
    await ensure_schema(store)
    issue = await a_frozen_issue(store, contacts=AUDIENCE)

    async def crash(_server: FaultySmtp) -> None:
        await asyncio.to_thread(own_cluster.restart)

    await survive(store, issue, reach, clock, crash)
    await store.close()


async def test_connections_that_the_database_server_ends_lose_and_double_nothing(
    postgresql_store: Store, postgresql: Cluster, reach: Reach, clock: MovableClock
) -> None:
    """18: an administrator ends what is idle in a transaction, again and again."""
    issue = await a_frozen_issue(postgresql_store, contacts=AUDIENCE)
    name = postgresql_store.engine.url.database

    async def end_them(server: FaultySmtp) -> None:
        for _ in range(10):
            await asyncio.to_thread(
                postgresql.execute,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                f" WHERE datname = '{name}' AND pid <> pg_backend_pid()",
            )
            if len(server.journal) == AUDIENCE:
                return
            await asyncio.sleep(0.05)

    await survive(postgresql_store, issue, reach, clock, end_them)
