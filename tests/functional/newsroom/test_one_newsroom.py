"""One newsroom for each database, whatever machines they are on."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from flows.domain.errors import NotDoneError
from flows.newsroom.seat import only_newsroom
from flows.store.database import DatabaseUnusableError, Store, open_store


def ended(task: asyncio.Task[None]) -> None:
    """Nobody takes the seat away in these tests."""
    raise AssertionError(task)


def elsewhere(store: Store) -> Store:
    """The same database, as another machine opens it."""
    url = store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return open_store(url, default=Path("unused"))


async def test_a_second_newsroom_on_a_database_is_refused_while_the_first_is_up(
    postgresql_store: Store,
) -> None:
    """Then it may begin at once."""
    other = elsewhere(postgresql_store)
    async with only_newsroom(postgresql_store, ended):
        with pytest.raises(NotDoneError, match="another newsroom is up on this database"):
            async with only_newsroom(other, ended, patience_seconds=0):
                pass
    async with only_newsroom(other, ended, patience_seconds=0):
        assert not await postgresql_store.seat.is_ours()
    await other.close()


async def test_a_newsroom_whose_connection_was_cut_takes_its_seat_again_or_sees_who_has_it(
    postgresql_store: Store,
) -> None:
    """A database that restarts ends all connections; whoever comes first is the newsroom then."""
    other = elsewhere(postgresql_store)
    for first in (postgresql_store, other):
        assert await postgresql_store.seat.is_ours()
        async with other.writing() as tx:
            await tx.execute(
                text(
                    "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks"
                    " WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
                )
            )
        with pytest.raises(DatabaseUnusableError):
            await postgresql_store.seat.is_ours()
        assert await first.seat.is_ours()
        assert await postgresql_store.seat.is_ours() is (first is postgresql_store)
    await other.close()


async def test_of_two_newsrooms_on_sqlite_the_workspace_s_file_tells(tmp_path: Path) -> None:
    """The database of one machine knows nothing of others."""
    store = open_store("", default=tmp_path / "newsletter.db")
    async with only_newsroom(store, ended), only_newsroom(store, ended):
        pass
    await store.close()
