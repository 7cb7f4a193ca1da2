"""Contacts one by one: found, changed, added and removed, with their history."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, delete, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.history import Alteration, Origin
from flows.domain.language import Language
from flows.store.changes import BEFORE, Author, write_down
from flows.store.columns import Moment
from flows.store.database import insert_once
from flows.store.erasure import cancel_unreached, cancel_waiting
from flows.store.people import leavings
from flows.store.tables import contacts, deliveries, memberships


class Record(NamedTuple):
    """A contact as it is kept; `roles` have a line each."""

    id: int
    address_hash: str
    address: str
    mailbox: str
    name: str
    city: str
    language: Language | None
    roles: str
    chosen: bool
    created_at: datetime


class OnList(NamedTuple):
    """A list that a contact is on, and who put them there."""

    list: str
    origin: Origin
    since: datetime | None


async def find_record(tx: AsyncConnection, address_hash: str) -> Record | None:
    """The contact with this address."""
    row = (
        await tx.execute(select(contacts).where(contacts.c.address_hash == address_hash))
    ).first()
    return _record(row) if row else None


async def get_record(tx: AsyncConnection, contact: int) -> Record | None:
    """The contact with this number."""
    row = (await tx.execute(select(contacts).where(contacts.c.id == contact))).first()
    return _record(row) if row else None


def _record(row: Row[Any]) -> Record:
    return Record(*(getattr(row, name) for name in Record._fields))


async def lists_of(tx: AsyncConnection, contact: int) -> list[OnList]:
    """The lists that a contact is on."""
    rows = await tx.execute(
        select(memberships).where(memberships.c.contact == contact).order_by(memberships.c.list)
    )
    return [OnList(row.list, Origin(row.origin), row.joined_at) for row in rows]


async def add_record(
    tx: AsyncConnection,
    author: Author,
    *,
    address_hash: str,
    address: str,
    mailbox: str,
    city: str,
    name: str = "",
    language: Language | None = None,
    roles: str = "",
    chosen: bool = False,
) -> int:
    """Add a contact, unless its address is there already; its number."""
    await tx.execute(
        insert_once(tx, contacts).values(
            address_hash=address_hash,
            address=address,
            mailbox=mailbox,
            name=name,
            city=city,
            language=language,
            roles=roles,
            chosen=chosen,
            created_at=author.now,
            updated_at=author.now,
        )
    )
    whose = contacts.c.address_hash == address_hash
    await write_down(
        tx, author, Alteration.ADDED, select(contacts.c.id, contacts.c.address_hash).where(whose)
    )
    return int(await tx.scalar(select(contacts.c.id).where(whose)) or 0)


async def change_record(tx: AsyncConnection, author: Author, contact: int, **values: Any) -> bool:
    """Change some columns of a contact, if they differ; whether they did."""
    record = await get_record(tx, contact)
    if record is None or all(getattr(record, name) == new for name, new in values.items()):
        return False
    before = [contacts.c[name] for name in BEFORE]
    await write_down(
        tx,
        author,
        Alteration.UPDATED,
        select(contacts.c.id, contacts.c.address_hash, *before).where(contacts.c.id == contact),
        names=BEFORE,
    )
    await tx.execute(
        update(contacts).where(contacts.c.id == contact).values(**values, updated_at=author.now)
    )
    return True


async def put_on_list(
    tx: AsyncConnection, author: Author, contact: int, name: str, *, origin: Origin
) -> bool:
    """Put a contact on a list that they have not left; whether they were not on it."""
    left = select(leavings.c.list).where(
        leavings.c.address_hash == contacts.c.address_hash, leavings.c.list == name
    )
    joins = select(
        literal(name), contacts.c.id, literal(origin.value), literal(author.now, type_=Moment)
    ).where(contacts.c.id == contact, ~left.exists())
    added = await tx.execute(
        insert_once(tx, memberships).from_select(["list", "contact", "origin", "joined_at"], joins)
    )
    if added.rowcount <= 0:
        return False
    await _note(tx, author, Alteration.JOINED, contact, name)
    return True


async def hold_on_list(
    tx: AsyncConnection, author: Author, contact: int, name: str, *, origin: Origin
) -> None:
    """Have a contact on a list for this reason, whoever put them there before."""
    if not await put_on_list(tx, author, contact, name, origin=origin):
        await tx.execute(
            update(memberships)
            .where(memberships.c.contact == contact, memberships.c.list == name)
            .values(origin=origin)
        )


async def take_off_list(tx: AsyncConnection, author: Author, contact: int, name: str) -> bool:
    """Take a contact off a list, and cancel the letters that only it would have got them.

    Whether they were on it.
    """
    taken = await tx.execute(
        delete(memberships).where(memberships.c.contact == contact, memberships.c.list == name)
    )
    if taken.rowcount <= 0:
        return False
    await _note(tx, author, Alteration.LEFT, contact, name)
    await cancel_unreached(tx, deliveries.c.contact == contact, now=author.now)
    return True


async def remove_record(tx: AsyncConnection, author: Author, contact: int) -> None:
    """Remove a contact, and cancel its letters that wait; its number is never given again."""
    await cancel_waiting(tx, deliveries.c.contact == contact, now=author.now)
    await _note(tx, author, Alteration.REMOVED, contact, "")
    await tx.execute(delete(memberships).where(memberships.c.contact == contact))
    await tx.execute(delete(contacts).where(contacts.c.id == contact))


async def cancel_letters(tx: AsyncConnection, author: Author, contact: int) -> None:
    """Cancel the letters that wait for a contact who stays, but gets none any more."""
    whose = deliveries.c.contact == contact
    await cancel_waiting(tx, whose, now=author.now, because=author.why)


async def note_replacement(tx: AsyncConnection, author: Author, contact: int) -> None:
    """Write down that another address took the place of a contact."""
    await _note(tx, author, Alteration.REPLACED, contact, "")


async def note_change(tx: AsyncConnection, author: Author, contact: int) -> None:
    """Write down that something about a contact changed that its columns do not tell."""
    before = [contacts.c[name] for name in BEFORE]
    rows = select(contacts.c.id, contacts.c.address_hash, *before).where(contacts.c.id == contact)
    await write_down(tx, author, Alteration.UPDATED, rows, names=BEFORE)


async def _note(
    tx: AsyncConnection, author: Author, act: Alteration, contact: int, name: str
) -> None:
    rows = select(contacts.c.id, contacts.c.address_hash, literal(name).label("list")).where(
        contacts.c.id == contact
    )
    await write_down(tx, author, act, rows, names=("list",))
