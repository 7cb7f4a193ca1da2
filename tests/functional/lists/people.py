"""Lists as tests write them, and what a database holds of people."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select

from flows.domain.access import Scope, everywhere
from flows.mail.links import address_hash
from flows.operations.intake.places import How
from flows.operations.subscribers import DEFAULT, Import, import_subscribers
from flows.store.contacts import audience
from flows.store.database import Store
from flows.store.schema import TABLES
from flows.store.tables import events
from tests.functional.builders import NOW

CITIES = """city,country,language,timezone,membership,correspondents,en,nl
Liège,BE,fr,Europe/Brussels,member,Camille,,Luik
Gand,BE,nl,Europe/Brussels,member,Joris,Ghent,Gent
Leeds,GB,en,Europe/London,former,,,
"""
HEAD = "email,name,city,language\n"
OFFICE = everywhere("office")
CAMILLE = Scope(by="Camille", cities=frozenset({"Liège"}))


def hashed(address: str) -> str:
    """The hash of an address under a key of these tests'."""
    return address_hash(b"clef", address)


def write_workspace(folder: Path, **lists: Sequence[str]) -> Path:
    """`subscribers/` with these lists, each of `email,name,city,language` rows."""
    (folder / "lists").mkdir(parents=True, exist_ok=True)
    for old in (folder / "lists").iterdir():
        old.unlink()
    (folder / "cities.csv").write_text(CITIES, encoding="utf-8")
    for name, rows in lists.items():
        text = HEAD + "".join(f"{row}\n" for row in rows)
        (folder / "lists" / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


async def bring_in(
    store: Store,
    path: Path,
    *,
    how: How = DEFAULT,
    scope: Scope = OFFICE,
    now: datetime = NOW,
    **options: Any,
) -> Import:
    """Imports lists as the command does."""
    return await import_subscribers(
        store, path, address_hash=hashed, now=now, how=how, scope=scope, **options
    )


async def on_list(store: Store, *lists: str) -> dict[str, str]:
    """Who would be written to, by mailbox with their city; nobody who opted out."""
    async with store.reading() as tx:
        return {
            one.mailbox: one.city
            async for some in audience(tx, lists)
            for one in some
            if not one.suppressed
        }


Snapshot = Mapping[str, Sequence[Mapping[str, Any]]]


async def everything(store: Store) -> Snapshot:
    """Every row of every table."""
    async with store.reading() as tx:
        return {
            table.name: [dict(row._mapping) for row in await tx.execute(select(table))]
            for table in TABLES.sorted_tables
        }


async def put_back(store: Store, snapshot: Snapshot) -> None:
    """Make the database hold exactly this, as restoring a backup does; the audit trail stays."""
    tables = [table for table in TABLES.sorted_tables if table is not events]
    async with store.writing() as tx:
        for table in reversed(tables):
            await tx.execute(delete(table))
        for table in tables:
            if snapshot.get(table.name):
                await tx.execute(insert(table), list(snapshot[table.name]))
