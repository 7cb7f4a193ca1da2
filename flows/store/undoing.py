"""Taking an import back: each change of it, unless somebody changed the same thing since."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    delete,
    exists,
    literal,
    null,
    select,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.consent import Act
from flows.domain.history import Alteration, ImportState, Origin
from flows.store.changes import BEFORE, Author, record_consents, write_down
from flows.store.columns import Moment
from flows.store.database import insert_once
from flows.store.erasure import cancel_unreached, cancel_waiting
from flows.store.people import consents, contact_changes, imports, leavings
from flows.store.tables import contacts, deliveries, memberships

ON_LISTS = (Alteration.JOINED, Alteration.LEFT)
MARK = "undone"
"""Stands as the reason of each change that is taken back."""
READERS_OWN = (Act.GIVEN, Act.RENEWED, Act.WITHDRAWN)


class ImportRecord(NamedTuple):
    """An import as it is kept."""

    number: int
    at: datetime
    by: str
    name: str
    state: ImportState
    counts: dict[str, int]


async def list_imports(tx: AsyncConnection) -> list[ImportRecord]:
    """Every import that was done, newest first."""
    rows = await tx.execute(
        select(imports).where(imports.c.state != ImportState.STAGED).order_by(imports.c.id.desc())
    )
    return [
        ImportRecord(row.id, row.at, row.by, row.name, ImportState(row.state), row.counts)
        for row in rows
    ]


class Undoing(NamedTuple):
    """Which import is taken back, by whom and when."""

    number: int
    by: str
    now: datetime

    @property
    def author(self) -> Author:
        """As the history knows it."""
        return Author(self.by, self.now, f"undo of import {self.number}")


class Undone(NamedTuple):
    """How many changes of each kind were taken back."""

    removed: int
    restored: int
    taken_off: int
    put_back: int


async def undo(tx: AsyncConnection, undoing: Undoing) -> Undone:
    """Take back what an import did. Opt-outs stand: they are nothing that an import does."""
    await _mark(tx, undoing)
    taken_off = await _take_off(tx, undoing)
    put_back = await _put_back(tx, undoing)
    restored = await _restore(tx, undoing)
    removed = await _remove(tx, undoing)
    await tx.execute(
        update(imports).where(imports.c.id == undoing.number).values(state=ImportState.UNDONE)
    )
    return Undone(removed, restored, taken_off, put_back)


async def _mark(tx: AsyncConnection, undoing: Undoing) -> None:
    """Mark the changes that nobody followed up: a later word on the same thing stands."""
    later = contact_changes.alias("later")
    since = [
        later.c.contact == contact_changes.c.contact,
        later.c.id > contact_changes.c.id,
        later.c["import"].is_distinct_from(undoing.number),
    ]
    same_list = [later.c.act.in_(ON_LISTS), later.c.list == contact_changes.c.list]
    rules: dict[tuple[Alteration, ...], list[ColumnElement[bool]]] = {
        ON_LISTS: [*since, *same_list],
        (Alteration.UPDATED,): [*since, later.c.act == Alteration.UPDATED],
        (Alteration.ADDED,): since,
    }
    for acts, followed_up in rules.items():
        await tx.execute(
            update(contact_changes)
            .where(
                contact_changes.c["import"] == undoing.number,
                contact_changes.c.act.in_(acts),
                ~exists().where(*followed_up),
            )
            .values(why=MARK)
        )


def _marked(undoing: Undoing, act: Alteration) -> list[ColumnElement[bool]]:
    return [
        contact_changes.c["import"] == undoing.number,
        contact_changes.c.act == act,
        contact_changes.c.why == MARK,
    ]


async def _take_off(tx: AsyncConnection, undoing: Undoing) -> int:
    marked = _marked(undoing, Alteration.JOINED)
    same = (contact_changes.c.contact == memberships.c.contact) & (
        contact_changes.c.list == memberships.c.list
    )
    joined = (
        select(contact_changes.c.contact, contact_changes.c.address_hash, contact_changes.c.list)
        .join(memberships, same)
        .where(*marked, memberships.c.origin != Origin.READER)
    )
    await _record(tx, undoing, Act.ENDED, joined)
    count = await write_down(tx, undoing.author, Alteration.LEFT, joined, names=("list",))
    await tx.execute(
        delete(memberships).where(
            memberships.c.origin != Origin.READER, exists().where(*marked, same)
        )
    )
    whose = deliveries.c.contact.in_(select(contact_changes.c.contact).where(*marked))
    await cancel_unreached(tx, whose, now=undoing.now)
    return count


async def _put_back(tx: AsyncConnection, undoing: Undoing) -> int:
    gone = exists().where(
        leavings.c.address_hash == contact_changes.c.address_hash,
        leavings.c.list == contact_changes.c.list,
    )
    left = (
        select(contact_changes.c.contact, contact_changes.c.address_hash, contact_changes.c.list)
        .join(contacts, contacts.c.id == contact_changes.c.contact)
        .where(*_marked(undoing, Alteration.LEFT), ~gone)
    )
    await _record(tx, undoing, Act.IMPORTED, left)
    again = left.subquery()
    rows = select(
        again.c.list,
        again.c.contact,
        literal(Origin.FILE.value),
        literal(undoing.now, type_=Moment),
    ).where(true())
    await tx.execute(
        insert_once(tx, memberships).from_select(["list", "contact", "origin", "joined_at"], rows)
    )
    return await write_down(tx, undoing.author, Alteration.JOINED, left, names=("list",))


async def _restore(tx: AsyncConnection, undoing: Undoing) -> int:
    marked = [
        *_marked(undoing, Alteration.UPDATED),
        contact_changes.c.contact == contacts.c.id,
    ]
    present = select(
        contacts.c.id, contacts.c.address_hash, *(contacts.c[name] for name in BEFORE)
    ).where(exists().where(*marked))
    count = await write_down(tx, undoing.author, Alteration.UPDATED, present, names=BEFORE)
    former = {name: contact_changes.c[name] for name in BEFORE}
    await tx.execute(update(contacts).where(*marked).values(**former, updated_at=undoing.now))
    return count


async def _remove(tx: AsyncConnection, undoing: Undoing) -> int:
    """Remove whom the import brought, unless they are on a list or said something themselves."""
    spoke = exists().where(
        consents.c.address_hash == contacts.c.address_hash, consents.c.act.in_(READERS_OWN)
    )
    removed = select(contacts.c.id, contacts.c.address_hash).where(
        exists().where(
            *_marked(undoing, Alteration.ADDED), contact_changes.c.contact == contacts.c.id
        ),
        ~exists().where(memberships.c.contact == contacts.c.id),
        ~spoke,
    )
    count = await write_down(tx, undoing.author, Alteration.REMOVED, removed)
    ours = select(contact_changes.c.contact).where(
        contact_changes.c.act == Alteration.REMOVED, contact_changes.c.why == undoing.author.why
    )
    await cancel_waiting(tx, deliveries.c.contact.in_(ours), now=undoing.now)
    await tx.execute(delete(contacts).where(contacts.c.id.in_(ours)))
    return count


async def _record(tx: AsyncConnection, undoing: Undoing, act: Act, rows: Select[Any]) -> None:
    """Write into the ledger of consents; a basis that comes back is the one that was."""
    found = rows.subquery()
    columns = (found.c.address_hash, found.c.list, null().label("basis"))
    await record_consents(tx, undoing.author, act, select(*columns))
