"""Real databases: each test that asks for `store` runs on SQLite and on PostgreSQL."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flows.store.database import Store, open_store
from flows.store.schema import ensure_schema
from tests.services.postgresql import Cluster, PostgresqlMissingError, run_cluster

KINDS = ("sqlite", "postgresql")
TEMPLATE = "ready"

NewDatabase = Callable[..., str]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A PostgreSQL server of the session's own; without one the test is skipped."""
    try:
        with run_cluster() as cluster:
            cluster.execute(f"CREATE DATABASE {TEMPLATE}")
            _make_schema(cluster.url(TEMPLATE))
            yield cluster
    except PostgresqlMissingError as error:
        pytest.skip(f"no PostgreSQL: {error}")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and no rows."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _make_schema(f"sqlite:///{path}")
    return path


def _make_schema(url: str) -> None:
    async def make() -> None:
        store = open_store(url, default=Path("unused"))
        try:
            await ensure_schema(store)
        finally:
            await store.close()

    # In a thread of its own: the test's event loop is none of this fixture's business.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, make()).result()


@pytest.fixture(params=KINDS)
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewDatabase]:
    """Makes databases of one kind; gives their addresses. `empty=True` leaves out the tables."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        count = iter(range(1_000))

        def make_file(*, empty: bool = False) -> str:
            path = tmp_path / f"newsletter-{next(count)}.db"
            if not empty:
                shutil.copy(template, path)
            return f"sqlite:///{path}"

        yield make_file
    else:
        cluster: Cluster = request.getfixturevalue("postgresql")
        names: list[str] = []

        def make_database(*, empty: bool = False) -> str:
            names.append(cluster.create(template="template1" if empty else TEMPLATE))
            return cluster.url(names[-1])

        yield make_database
        for name in names:
            cluster.drop(name)


@pytest.fixture
def database_url(new_database: NewDatabase) -> str:
    """The address of a database with all tables and no rows."""
    return new_database()


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """A store on a fresh database."""
    opened = open_store(database_url, default=Path("unused"))
    yield opened
    await opened.close()


@pytest.fixture
async def postgresql_store(postgresql: Cluster) -> AsyncIterator[Store]:
    """A store on a fresh PostgreSQL database, for what only that can do."""
    name = postgresql.create(template=TEMPLATE)
    opened = open_store(postgresql.url(name), default=Path("unused"))
    yield opened
    await opened.close()
    postgresql.drop(name)
