"""Databases of earlier revisions, with rows, brought to the newest."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from flows.domain.delivery import DeliveryState, Outcome
from flows.domain.errors import InputError, NotDoneError
from flows.domain.issue import IssueId
from flows.store import ledger, turns
from flows.store.counts import last_doubt
from flows.store.database import Store, open_store
from flows.store.schema import (
    TABLES,
    build_schema,
    downgrade_schema,
    known_revisions,
    upgrade_schema,
)
from flows.store.tables import deliveries
from tests.functional.builders import a_frozen_issue, ledger_lines, settle, take
from tests.functional.store.filling import fill_every_table

STARTED = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ISSUE = IssueId("city-pair-1")


@pytest.fixture
async def first_store(new_database: Callable[..., str]) -> AsyncIterator[Store]:
    """A store on a database at revision 0001."""
    store = open_store(new_database(empty=True), default=Path("unused"))

    async with store.writing() as tx:
        await tx.run_sync(build_schema, "0001")
    yield store
    await store.close()


def _moment(store: Store, at: datetime | None) -> Any:
    """A moment as the driver keeps it."""
    if at is None or store.engine.dialect.name == "postgresql":
        return at
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")


async def _fill(store: Store, *rows: dict[str, Any], started_at: datetime | None = STARTED) -> None:
    """An issue that was being sent, with letters to readers 1, 2, …."""
    usual = {"attempt": 1, "claim": "host-1", "lease_until": None, "sending_at": None}
    async with store.writing() as tx:
        await tx.execute(
            text(
                "INSERT INTO issues (id, slug, state, lists, created_at, started_at, reason)"
                " VALUES (:id, 'city-pair', 'sending', '[]', :at, :started_at, '')"
            ),
            {
                "id": ISSUE,
                "at": _moment(store, STARTED),
                "started_at": _moment(store, started_at),
            },
        )
        for number, row in enumerate(rows, start=1):
            values = {"next_at": None, **usual, **row, "id": number, "issue": ISSUE}
            values |= {
                name: _moment(store, values[name])
                for name in ("next_at", "lease_until", "sending_at")
            }
            await tx.execute(
                text(
                    "INSERT INTO deliveries (id, issue, contact, mailbox, address_hash, name, city,"
                    " language, message_id, state, attempt, next_at, claim, lease_until,"
                    " sending_at, code, reply) VALUES (:id, :issue, :id,"
                    " 'r@example.org', 'h' || :key, '', 'Liège', 'fr', 'm' || :key, :state,"
                    " :attempt, :next_at, :claim, :lease_until, :sending_at, 0, '')"
                ),
                {**values, "key": str(number)},
            )


async def _rows(store: Store) -> list[Any]:
    async with store.reading() as tx:
        return list((await tx.execute(deliveries.select().order_by(deliveries.c.id))).all())


async def test_what_was_claimed_and_not_begun_waits_again(first_store: Store) -> None:
    """Nothing of it was handed over; what was begun stays with whoever began it."""
    lease = STARTED + timedelta(minutes=1)
    again = STARTED + timedelta(minutes=30)
    await _fill(
        first_store,
        {"state": "claimed", "lease_until": lease},
        {"state": "claimed", "lease_until": lease, "attempt": 3, "next_at": STARTED},
        {"state": "claimed", "lease_until": lease, "sending_at": STARTED},
        {"state": "pending", "attempt": 0, "claim": None},
        {"state": "deferred", "next_at": again, "sending_at": STARTED},
    )
    await upgrade_schema(first_store)
    rows = await _rows(first_store)
    assert [(row.state, row.attempt, row.next_at) for row in rows] == [
        ("pending", 0, STARTED),
        ("pending", 2, STARTED),
        ("claimed", 1, None),
        ("pending", 0, STARTED),
        ("deferred", 1, again),
    ]
    assert [(row.claim, row.lease_until) for row in rows[:2]] == [(None, None)] * 2
    taken = await first_store.turn(
        lambda tx: turns.take(
            tx, ISSUE, owner="host-2", limit=9, now=again, lease=timedelta(minutes=1)
        )
    )
    assert [claim.id for claim in taken] == [1, 2, 4, 5]


async def test_what_waits_of_an_issue_without_a_start_has_a_time_too(first_store: Store) -> None:
    """Without one it would never be due."""
    await _fill(first_store, {"state": "pending", "attempt": 0, "claim": None}, started_at=None)
    await upgrade_schema(first_store)
    (row,) = await _rows(first_store)
    assert row.next_at is not None


async def test_a_doubt_of_before_has_a_time_from_which_a_log_is_waited_for(
    first_store: Store,
) -> None:
    """Never too early: its sender may have talked to the relay for longer than its lease."""
    lease = STARTED + timedelta(minutes=1)
    await _fill(first_store, {"state": "unknown", "sending_at": STARTED, "lease_until": lease})
    await upgrade_schema(first_store)
    async with first_store.reading() as tx:
        (doubt,) = await ledger.in_doubt(tx, ISSUE)
        assert doubt.begun_at == STARTED
        assert abs(datetime.now(UTC) - doubt.since) < timedelta(minutes=5)
        assert await last_doubt(tx, ISSUE) == doubt.since


async def test_every_migration_can_be_undone_and_done_again(store: Store) -> None:
    """With rows in every table; afterwards the schema is the newest to the last index."""
    async with store.writing() as tx:
        await fill_every_table(tx)
    for revision in known_revisions()[-2::-1]:
        await downgrade_schema(store, revision)
    assert (await upgrade_schema(store))[0] == "0001"

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), TABLES))

    async with store.reading() as tx:
        assert await tx.run_sync(differences) == []


async def test_letters_are_as_they_were_after_going_back_and_forth_by_one_version(
    store: Store,
) -> None:
    """A new version that disappoints can be taken back without losing what was sent."""
    issue = await a_frozen_issue(store)
    await settle(
        store, await take(store, issue, limit=2), Outcome(state=DeliveryState.ACCEPTED, code=250)
    )
    before = await ledger_lines(store, issue)
    await downgrade_schema(store, known_revisions()[-2])
    await upgrade_schema(store)
    assert await ledger_lines(store, issue) == before


@pytest.mark.parametrize("revision", ["0000", "head", "0008; DROP TABLE issues"])
async def test_a_revision_that_does_not_exist_is_refused(store: Store, revision: str) -> None:
    """With the list of those that do."""
    with pytest.raises(InputError, match="is not a revision"):
        await downgrade_schema(store, revision)


async def test_going_back_to_something_newer_is_refused(first_store: Store) -> None:
    """That is an upgrade."""
    with pytest.raises(NotDoneError, match="0001"):
        await downgrade_schema(first_store, known_revisions()[-1])
