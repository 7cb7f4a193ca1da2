"""A newsroom written into one file, and put back: on the same kind of database and on the other."""

import json
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    inspect,
    select,
)

from flows.domain.delivery import DeliveryState, Outcome
from flows.domain.errors import InputError, NotDoneError
from flows.domain.issue import IssueState
from flows.operations.backups import Restored, open_backup, restore_database, write_backup
from flows.operations.issues import schedule_issue, send_now
from flows.operations.reporting import report_issue
from flows.store.changes import Author
from flows.store.cities import keep_cities
from flows.store.contacts import find_contact, suppress
from flows.store.database import Store, Transaction, open_store
from flows.store.dumping import kept_tables
from flows.store.events import find_events
from flows.store.issues import get_issue
from flows.store.optouts import LEFT, REPLACED, leave_list
from flows.store.records import add_record
from flows.store.schema import HEAD, TABLES, downgrade_schema, known_revisions, upgrade_schema
from tests.databases import TEMPLATE
from tests.functional.builders import (
    CITIES,
    NOW,
    a_frozen_issue,
    address,
    an_approved_issue,
    hash_of,
    ledger_lines,
    readers_of,
    settle,
    some_contacts,
    take,
)
from tests.functional.store.filling import fill_every_table
from tests.services.postgresql import Cluster

ACCEPTED = Outcome(state=DeliveryState.ACCEPTED, code=250, reply="2.0.0 bien reçu")
LATER = NOW + timedelta(days=2)


@pytest.fixture
async def other_store(store: Store, postgresql: Cluster, tmp_path: Path) -> AsyncIterator[Store]:
    """A fresh store of the other kind."""
    if store.engine.dialect.name == "postgresql":
        opened = open_store(f"sqlite:///{tmp_path}/other.db", default=Path("unused"))
        await upgrade_schema(opened)
        yield opened
        await opened.close()
        return
    name = postgresql.create(template=TEMPLATE)
    opened = open_store(postgresql.url(name), default=Path("unused"))
    yield opened
    await opened.close()
    postgresql.drop(name)


async def _back_up(store: Store, folder: Path, *, files: tuple[Path, ...] = ()) -> Path:
    path = folder / "newsroom.zip"
    await write_backup(store, path, workspace=folder, files=files, newsroom="0a1b2c3d", now=NOW)
    return path


async def _restore(
    store: Store, path: Path, *, replace: bool = False, now: datetime = LATER
) -> Restored:
    with open_backup(path) as backup:
        return await restore_database(store, backup, replace=replace, by="operator", now=now)


async def _everything(store: Store) -> dict[str, list[Any]]:
    async with store.reading() as tx:
        return {
            table.name: [
                tuple(row) for row in await tx.execute(select(table).order_by(*table.primary_key))
            ]
            for table in TABLES.sorted_tables
            if table.name in kept_tables()
        }


async def test_every_value_of_every_table_is_the_same_on_the_other_kind_of_database(
    store: Store, other_store: Store, tmp_path: Path
) -> None:
    """Accents, quotation marks, microseconds, what is missing: a new table is among them by
    itself.
    """
    async with store.writing() as tx:
        await fill_every_table(tx)
    before = await _everything(store)
    await _restore(other_store, await _back_up(store, tmp_path), now=NOW)
    after = await _everything(other_store)
    restored = after["events"].pop()
    assert "newsroom.restored" in restored
    assert after == before
    assert all(before[name] for name in kept_tables())


async def test_who_is_signed_in_is_not_in_a_backup(store: Store, tmp_path: Path) -> None:
    """A stolen backup opens no session, and after a restore everybody signs in again."""
    async with store.writing() as tx:
        await fill_every_table(tx)
    with zipfile.ZipFile(await _back_up(store, tmp_path)) as archive:
        assert not [name for name in archive.namelist() if "session" in name or "login" in name]


async def test_reports_are_the_same_on_the_other_kind_of_database(
    store: Store, other_store: Store, tmp_path: Path
) -> None:
    """To the last letter: settled, under way, waiting and suppressed."""
    issue = await a_frozen_issue(store, contacts=9, suppressed=[4])
    await settle(store, (await take(store, issue, limit=5))[:3], ACCEPTED)
    await _restore(other_store, await _back_up(store, tmp_path))
    there, here = [await report_issue(one, issue.id, now=NOW) for one in (other_store, store)]
    assert there.as_json() | {"state": ""} == here.as_json() | {"state": ""}
    assert await ledger_lines(other_store, issue) == await ledger_lines(store, issue)


async def test_an_issue_under_way_is_paused_and_says_why(store: Store, tmp_path: Path) -> None:
    """What left between the backup and the restore would leave twice."""
    issue = await a_frozen_issue(store)
    done = await _restore(store, await _back_up(store, tmp_path), replace=True)
    async with store.reading() as tx:
        found = await get_issue(tx, issue.id)
    assert done.held == [issue.id]
    assert found.state is IssueState.PAUSED
    assert "restored as it was at 2026-12-01 08:00 UTC" in found.reason


@pytest.mark.parametrize("days", [1, 5])
async def test_a_planned_issue_waits_for_a_person(store: Store, tmp_path: Path, days: int) -> None:
    """Also one whose time is still to come: it may have been sent early, or cancelled, since."""
    issue = await an_approved_issue(store)
    at = NOW + timedelta(days=days)
    await schedule_issue(store, issue.id, at=at, zone="Europe/Brussels", now=NOW)
    done = await _restore(store, await _back_up(store, tmp_path), replace=True)
    async with store.reading() as tx:
        found = await get_issue(tx, issue.id)
    assert done.held == [issue.id]
    assert found.scheduled_at is None
    assert not found.is_to_leave(at)


async def test_an_issue_that_was_released_waits_for_a_person(store: Store, tmp_path: Path) -> None:
    """Its last approval may have come, and sent it, after the backup."""
    issue = await an_approved_issue(store)
    await send_now(store, issue.id, now=NOW)
    assert (await _restore(store, await _back_up(store, tmp_path), replace=True)).held == [issue.id]
    async with store.reading() as tx:
        assert not (await get_issue(tx, issue.id)).is_to_leave(LATER)


async def test_opt_outs_newer_than_the_backup_are_kept(store: Store, tmp_path: Path) -> None:
    """Whoever left after it was made stays out, and whoever was erased is erased again."""
    await some_contacts(store, 3)
    path = await _back_up(store, tmp_path)
    async with store.writing() as tx:
        for number, reason in ((1, "unsubscribed"), (2, "erased")):
            await suppress(tx, hash_of(address(number)), reason=reason, source="test", now=LATER)
    done = await _restore(store, path, replace=True)
    assert done.opt_outs == 2
    async with store.reading() as tx:
        known = [await find_contact(tx, hash_of(address(number))) for number in (1, 2, 3)]
    assert [one and one.suppressed for one in known] == [True, None, False]


async def test_a_place_that_somebody_took_since_is_its_holder_s_again(
    store: Store, tmp_path: Path
) -> None:
    """Whoever took it is not in the backup: else nobody in that place would be written to."""
    await some_contacts(store, 2)
    path = await _back_up(store, tmp_path)
    key = hash_of(address(1))
    async with store.writing() as tx:
        await leave_list(tx, key, "all", reason=REPLACED, source="test", now=LATER)
        await leave_list(tx, hash_of(address(2)), "all", reason=LEFT, source="test", now=LATER)
    done = await _restore(store, path, replace=True)
    assert done.opt_outs == 1
    assert [reader.mailbox for reader in await readers_of(store, "all")] == [address(1)]


async def test_mail_that_is_read_meanwhile_spoils_no_backup(store: Store, tmp_path: Path) -> None:
    """It was on the list of files, and has gone when its turn comes."""
    here, gone = tmp_path / "fr.md", tmp_path / "gone.eml"
    here.write_text("été", "utf-8")
    path = await _back_up(store, tmp_path, files=(gone, here))
    with open_backup(path) as backup:
        assert [str(name) for name in backup.files()] == ["fr.md"]
        assert backup.manifest.files == 1


async def test_issues_that_the_backup_does_not_know_are_named(store: Store, tmp_path: Path) -> None:
    """Opened and sent after it was made: nobody would know any more."""
    path = await _back_up(store, tmp_path)
    issue = await a_frozen_issue(store)
    assert (await _restore(store, path, replace=True)).gone == [issue.id]


async def test_a_number_that_a_letter_may_carry_is_given_to_nobody_else(
    store: Store, other_store: Store, tmp_path: Path
) -> None:
    """A contact added after the backup has a number that the restored database never saw."""
    await some_contacts(store, 3)
    path = await _back_up(store, tmp_path)
    async with store.writing() as tx:
        lost = await _one_more(tx)
    await _restore(other_store, path)
    async with other_store.writing() as tx:
        assert await _one_more(tx) > lost


async def _one_more(tx: Transaction) -> int:
    await keep_cities(tx, CITIES, now=NOW)
    return await add_record(
        tx,
        Author("tests", NOW),
        address_hash=hash_of("new@city.example.org"),
        address="new@city.example.org",
        mailbox="new@city.example.org",
        name="",
        city=CITIES[0].name,
    )


async def test_a_database_that_holds_something_is_replaced_only_on_demand(
    store: Store, tmp_path: Path
) -> None:
    """A restore into the wrong newsroom loses nothing."""
    await some_contacts(store, 2)
    path = await _back_up(store, tmp_path)
    before = await _everything(store)
    with pytest.raises(NotDoneError, match="not empty"):
        await _restore(store, path)
    assert await _everything(store) == before


async def test_a_restore_is_on_record(store: Store, tmp_path: Path) -> None:
    """Who did it, and as of when."""
    await _restore(store, await _back_up(store, tmp_path), replace=True)
    async with store.reading() as tx:
        (event,) = await find_events(tx, action="newsroom.restored", limit=2)
    assert event.actor == "operator"
    assert event.facts == {"made_at": NOW.isoformat()}


async def test_a_backup_of_an_earlier_version_becomes_one_of_this(
    store: Store, other_store: Store, tmp_path: Path
) -> None:
    """Its rows go into its own schema, which is then brought to the newest."""
    await some_contacts(store, 3)
    path = await _back_up(store, tmp_path)
    earlier = known_revisions()[-2]
    old = tmp_path / "old.zip"
    await downgrade_schema(store, earlier)
    names = await _table_names(store)
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(old, "w") as aged:
        manifest = json.loads(archive.read("manifest.json"))
        manifest["revision"] = earlier
        manifest["rows"] = {k: v for k, v in manifest["rows"].items() if k in names}
        for name in archive.namelist():
            content = archive.read(name)
            aged.writestr(name, json.dumps(manifest) if name == "manifest.json" else content)
    done = await _restore(other_store, old)
    assert done.rows["contacts"] == 3
    assert (await upgrade_schema(other_store))[0] == HEAD


async def _table_names(store: Store) -> set[str]:
    async with store.reading() as tx:
        return set(await tx.run_sync(lambda connection: inspect(connection).get_table_names()))


def _rewritten(path: Path, change: dict[str, bytes | None]) -> Path:
    """The same archive with members replaced, or left out."""
    broken = path.with_name("broken.zip")
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(broken, "w") as written:
        for name in archive.namelist():
            content = change.get(name, archive.read(name))
            if content is not None:
                written.writestr(name, content)
    return broken


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"tables/contacts.jsonl": None}, "tables/contacts.jsonl"),
        ({"tables/contacts.jsonl": b""}, "has 0 of 2 rows"),
        ({"tables/contacts.jsonl": b'{"id": 1\n'}, "contacts.jsonl, line 1, is no JSON"),
        (
            {"tables/contacts.jsonl": b'{"id": 1}\n{"id": 2}\n'},
            "rows of contacts do not fit",
        ),
        ({"manifest.json": b"{}"}, "is no backup of a newsroom"),
        ({"manifest.json": None}, "is no backup of a newsroom"),
    ],
)
async def test_a_damaged_backup_changes_nothing(
    store: Store, tmp_path: Path, change: dict[str, bytes | None], problem: str
) -> None:
    """What is wrong is said, and the database is as it was."""
    await some_contacts(store, 2)
    path = _rewritten(await _back_up(store, tmp_path), change)
    before = await _everything(store)
    with pytest.raises(InputError, match=problem):
        await _restore(store, path, replace=True)
    assert await _everything(store) == before


async def test_a_backup_that_was_cut_off_changes_nothing(store: Store, tmp_path: Path) -> None:
    """A disk was full, or a copy was broken off."""
    path = await _back_up(store, tmp_path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match="is no backup"):
        await _restore(store, path, replace=True)


async def test_a_backup_never_writes_over_a_file(store: Store, tmp_path: Path) -> None:
    """Last week's is not lost to a slip of the hand."""
    path = await _back_up(store, tmp_path)
    before = path.read_bytes()
    with pytest.raises(InputError, match="is there already"):
        await _back_up(store, tmp_path)
    assert path.read_bytes() == before
    assert path.stat().st_mode & 0o077 == 0


async def test_a_backup_is_one_look_whatever_is_sent_meanwhile(
    store: Store, tmp_path: Path
) -> None:
    """Its rows add up as at one instant."""
    issue = await a_frozen_issue(store, contacts=6)
    async with store.reading() as tx:
        await tx.execute(select(TABLES.tables["issues"]))
        claims = await take(store, issue, limit=2)
        await settle(store, claims, ACCEPTED)
    path = await _back_up(store, tmp_path)
    with open_backup(path) as backup:
        states = [row["state"] for row in backup.records("deliveries")]
    assert sorted(states) == ["accepted"] * 2 + ["pending"] * 4


def test_a_file_that_leads_out_of_the_workspace_is_refused(tmp_path: Path) -> None:
    """A backup from a stranger could put a program where the system starts it."""
    path = tmp_path / "made-up.zip"
    with zipfile.ZipFile(path, "w") as archive:
        facts = {
            "format": 1,
            "product": "",
            "made_at": datetime(2026, 1, 1, tzinfo=UTC).isoformat(),
            "newsroom": "",
            "revision": HEAD,
            "rows": {},
            "counters": {},
            "files": 1,
        }
        archive.writestr("manifest.json", json.dumps(facts))
        archive.writestr("files/../../evil", "x")
    with open_backup(path) as backup, pytest.raises(InputError, match="outside the workspace"):
        backup.files()
