import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text, update
from sqlalchemy.exc import IntegrityError

import flows.store.migrations
from flows.domain.errors import NotDoneError
from flows.store.database import DatabaseUnusableError, Store, open_store
from flows.store.schema import HEAD, TABLES, ensure_schema, upgrade_schema
from flows.store.tables import cities, deliveries
from tests.functional.builders import a_frozen_issue

MIGRATIONS = Path(flows.store.migrations.__file__ or "").parent


@pytest.fixture
async def empty_store(new_database: Callable[..., str]) -> AsyncIterator[Store]:
    """A store on a database without tables."""
    store = open_store(new_database(empty=True), default=Path("unused"))
    yield store
    await store.close()


def test_the_expected_revision_is_the_newest_migration() -> None:
    """`HEAD` is written by hand; the folder knows better."""
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [HEAD]


async def test_migrations_build_exactly_the_tables(empty_store: Store) -> None:
    """What a new database gets is what the queries are written for."""
    await ensure_schema(empty_store)

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), TABLES))

    async with empty_store.reading() as tx:
        assert await tx.run_sync(differences) == []


async def test_migrations_build_the_check_constraints(empty_store: Store) -> None:
    """Alembic does not compare these, so they are compared here."""
    await ensure_schema(empty_store)

    def names(connection: Connection) -> set[str]:
        found = inspect(connection)
        return {
            str(check["name"])
            for table in TABLES.tables
            for check in found.get_check_constraints(table)
        }

    async with empty_store.reading() as tx:
        assert await tx.run_sync(names) == {
            "ck_arrivals_outcome",
            "ck_cities_membership",
            "ck_consents_act",
            "ck_contact_changes_act",
            "ck_decisions_verdict",
            "ck_deliveries_state",
            "ck_tallies_state",
            "ck_imports_state",
            "ck_hook_deliveries_state",
            "ck_issues_policy",
            "ck_issues_state",
            "ck_occurrences_state",
            "ck_recurrences_policy",
            "ck_recurrences_state",
            "ck_returns_effect",
            "ck_returns_kind",
            "ck_memberships_origin",
            "ck_requests_state",
        }


async def test_the_database_refuses_a_state_that_does_not_exist(store: Store) -> None:
    """The states are the database's rule, too."""
    await a_frozen_issue(store, contacts=1)
    with pytest.raises(IntegrityError):
        async with store.writing() as tx:
            await tx.execute(update(deliveries).values(state="lost"))


async def test_ensuring_the_schema_again_changes_nothing(empty_store: Store) -> None:
    """Every start of every command ensures it."""
    await ensure_schema(empty_store)
    await ensure_schema(empty_store)
    assert await upgrade_schema(empty_store) == (HEAD, HEAD)


async def test_two_first_starts_at_once_make_one_schema(empty_store: Store) -> None:
    """`newsletter up` and a command may both be the first."""
    await asyncio.gather(*(ensure_schema(empty_store) for _ in range(4)))
    async with empty_store.reading() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM alembic_version")) == 1


async def test_a_database_of_another_version_is_refused(store: Store) -> None:
    """An old program on a new database would write what the new one cannot read."""
    async with store.writing() as tx:
        await tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NotDoneError, match="9999"):
        await ensure_schema(store)


async def test_an_error_undoes_the_whole_transaction(store: Store) -> None:
    """Half of a transaction is never seen."""

    async def write_half() -> None:
        async with store.writing() as tx:
            await tx.execute(
                cities.insert().values(name="Liège", country="BE", language="fr", timezone="UTC")
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write_half()
    async with store.reading() as tx:
        assert (await tx.execute(cities.select())).all() == []


async def test_a_reading_is_one_look_whatever_others_commit(store: Store) -> None:
    """A report's lines must add up, also while letters are being settled."""
    async with store.reading() as look:
        before = (await look.execute(cities.select())).all()
        async with store.writing() as tx:
            await tx.execute(
                cities.insert().values(name="Liège", country="BE", language="fr", timezone="UTC")
            )
        assert (await look.execute(cities.select())).all() == before


async def test_an_error_of_the_database_tells_no_address(store: Store) -> None:
    """Errors go to logs; what was to be written does not."""
    issue = await a_frozen_issue(store, contacts=1)
    with pytest.raises(IntegrityError) as caught:
        async with store.writing() as tx:
            await tx.execute(
                deliveries.insert().values(
                    issue=issue.id, contact=1, mailbox="someone@example.org", address_hash="x"
                )
            )
    assert "someone@example.org" not in str(caught.value)


async def test_a_database_that_is_away_is_a_passing_fault() -> None:
    """The orchestrator tries such a step again."""
    store = open_store("postgresql://nobody@127.0.0.1:1/none", default=Path("unused"))
    with pytest.raises(DatabaseUnusableError) as caught:
        async with store.reading():
            pass
    assert caught.value.retryable
    await store.close()


async def test_a_read_only_database_says_so(
    tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cause is the driver's own words, not a traceback; nothing is made of its address."""
    monkeypatch.chdir(tmp_path)
    path = shutil.copy(sqlite_template, tmp_path / "newsletter.db")
    store = open_store(f"sqlite:///file:{path}?mode=ro&uri=true", default=Path("unused"))
    with pytest.raises(DatabaseUnusableError, match="readonly"):
        async with store.writing() as tx:
            await tx.execute(text("DELETE FROM cities"))
    await store.close()
    assert not (tmp_path / "file:").exists()
