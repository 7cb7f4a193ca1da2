"""117 lines with everything that can be wrong with a list, and much that only looks so."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from flows.mail.links import address_hash
from flows.operations.subscribers import Import, import_subscribers
from flows.store import people
from flows.store.contacts import Change
from flows.store.database import Store
from flows.store.tables import contacts
from tests.functional.builders import NOW, readers_of
from tests.functional.lists.traps import TRAPS, Fate, trap_fates, write_traps


def hashed(address: str) -> str:
    """The hash of an address under a key of this test's."""
    return address_hash(b"clef", address)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The trap file as a list of a workspace."""
    return write_traps(tmp_path / "subscribers")


async def bring_in(store: Store, folder: Path, *, dry_run: bool = False) -> Import:
    """Imports it, with a report beside it."""
    return await import_subscribers(
        store,
        folder,
        address_hash=hashed,
        now=NOW,
        dry_run=dry_run,
        report=folder / "report.csv",
    )


def reported(folder: Path) -> list[Fate]:
    """What the report says of each row."""
    with (folder / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        return [
            Fate(int(row["line"]), row["outcome"], row["problem"]) for row in csv.DictReader(file)
        ]


def test_the_file_has_117_lines() -> None:
    """As the issue wants."""
    assert sum(trap.lines.count(b"\n") + 1 for trap in TRAPS) == 117


async def test_every_row_has_the_fate_that_it_deserves(store: Store, folder: Path) -> None:
    """By line, with its reason, in the report; the figures add up to the rows."""
    done = await bring_in(store, folder)

    expected = trap_fates()
    found = reported(folder)
    assert [one[:2] for one in found] == [one[:2] for one in expected]
    for one, wanted in zip(found, expected, strict=True):
        assert wanted.why in one.why, one
        assert bool(one.why) == (one.outcome == "refused"), one
    outcomes = Counter(one.outcome for one in expected)
    assert done.rows == len(expected)
    assert done.changes == {Change.ADDED: outcomes["added"]}
    assert (done.repeated, done.refused_rows) == (outcomes["repeated"], outcomes["refused"])
    assert len(done.refused) == outcomes["refused"]
    in_a_suspended_city = 1
    assert len(await readers_of(store)) == outcomes["added"] - in_a_suspended_city


async def test_twice_in_a_row_changes_nothing(store: Store, folder: Path) -> None:
    """Not one row of the contacts, and nothing is left of the reading."""
    await bring_in(store, folder)
    async with store.reading() as tx:
        before = (await tx.execute(select(contacts).order_by(contacts.c.id))).all()

    again = await bring_in(store, folder)

    async with store.reading() as tx:
        assert (await tx.execute(select(contacts).order_by(contacts.c.id))).all() == before
        assert await tx.scalar(select(func.count()).select_from(people.arrivals)) == 0
        assert await tx.scalar(select(func.count()).select_from(people.arrival_lists)) == 0
    assert again.changes == {Change.UNCHANGED: len(before)}
    assert sum(again.changes.values()) + again.repeated + again.refused_rows == again.rows


async def test_a_dry_run_reports_the_same_and_keeps_nothing(store: Store, folder: Path) -> None:
    """Its figures and its report are those of the real import."""
    would = await bring_in(store, folder, dry_run=True)
    fates = reported(folder)
    async with store.reading() as tx:
        for table in (contacts, people.imports, people.arrivals, people.contact_changes):
            assert await tx.scalar(select(func.count()).select_from(table)) == 0

    done = await bring_in(store, folder)
    assert {**done.as_json(), "import": 0} == {**would.as_json(), "import": 0}
    assert reported(folder) == fates


async def test_what_was_written_is_what_is_sent(store: Store, folder: Path) -> None:
    """The envelope has ASCII, the name its own letters, and no control character is left."""
    await bring_in(store, folder)

    found = {one.mailbox: one for one in await readers_of(store)}
    assert found["a02@liege.test"].name == "Zoë Lefèvre"
    assert found["a03@liege.test"].name == "L’Œuvre à 5 €"
    assert found["a06@koeln.test"].city == "Köln"
    assert found["ada@xn--bcher-kva.test"].city == "Gand"
    assert found["a70@liege.test"].name == "Service Prévention"
    assert found["a71@liege.test"].name == 'Service Prévention "et" ;médiation'
    assert found["a21@liege.test"].name == "=1+1"
    assert "=cmd|x@liege.test" in found
    assert found["a96@liege.test"].name == "Nom"
    assert found["a41@liege.test"].language == "fr-BE"
