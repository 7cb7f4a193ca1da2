"""Bringing the rows of an import into the contacts and lists, and writing down what changed."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Select,
    case,
    delete,
    func,
    literal,
    null,
    select,
    text,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.consent import Act, Basis
from flows.domain.history import Alteration, ImportState, Origin, Outcome
from flows.store.changes import BEFORE, Author, record_consents, write_down
from flows.store.columns import Moment
from flows.store.database import insert_once
from flows.store.erasure import cancel_unreached
from flows.store.people import arrivals, contact_changes, imports
from flows.store.staging import differs, joins_of, named_on, of_import
from flows.store.tables import contacts, deliveries, memberships

CACHE_KIB = 8_192


class Whole(NamedTuple):
    """A list, or one city's part of it, that an import gives whole: who is not in it leaves."""

    list: str
    city: str | None = None


class Merge(NamedTuple):
    """Which import is done, by whom, on which basis and when."""

    number: int
    by: str
    basis: Basis
    now: datetime

    @property
    def author(self) -> Author:
        """As the history knows it."""
        return Author(self.by, self.now, number=self.number)


async def hold_imports(tx: AsyncConnection) -> None:
    """Let imports and their undoing come one after the other."""
    if tx.dialect.name == "postgresql":  # on SQLite a writer is alone already
        await tx.execute(text("SELECT pg_advisory_xact_lock(hashtext('newsletter imports'))"))
    else:  # it would read a large index from the disk again and again
        await tx.execute(text(f"PRAGMA cache_size = -{CACHE_KIB}"))


async def merge(tx: AsyncConnection, done: Merge, outcomes: AbstractSet[str]) -> None:
    """Add and change contacts as the import's decided rows say, and put them on their lists.

    `outcomes` are those that occur: each step looks at all rows, and most imports need none.
    """
    if Outcome.ADDED in outcomes:
        await _add(tx, done)
    if Outcome.UPDATED in outcomes:
        await _update(tx, done)
    if outcomes & {Outcome.ADDED, Outcome.UPDATED}:
        await _join(tx, done)


async def _add(tx: AsyncConnection, done: Merge) -> None:
    added = (of_import(done.number), arrivals.c.outcome == Outcome.ADDED)
    now = literal(done.now, type_=Moment)
    rows = select(
        arrivals.c.address_hash,
        arrivals.c.address,
        arrivals.c.mailbox,
        func.coalesce(arrivals.c.name, ""),
        arrivals.c.city,
        func.nullif(arrivals.c.language, ""),
        func.coalesce(arrivals.c.roles, ""),
        literal(value=False),
        now,
        now,
    ).where(*added)
    names = ("address_hash", *BEFORE, "chosen", "created_at", "updated_at")
    await tx.execute(insert_once(tx, contacts).from_select(names, rows))
    await write_down(
        tx,
        done.author,
        Alteration.ADDED,
        select(contacts.c.id, contacts.c.address_hash)
        .join(arrivals, arrivals.c.address_hash == contacts.c.address_hash)
        .where(*added),
    )


async def _update(tx: AsyncConnection, done: Merge) -> None:
    changed = (
        of_import(done.number),
        arrivals.c.outcome == Outcome.UPDATED,
        arrivals.c.address_hash == contacts.c.address_hash,
        differs(),
    )
    before = [contacts.c[name] for name in BEFORE]
    await write_down(
        tx,
        done.author,
        Alteration.UPDATED,
        select(contacts.c.id, contacts.c.address_hash, *before).where(*changed),
        names=BEFORE,
    )
    free = contacts.c.chosen.is_(False)
    language = case(
        (free & arrivals.c.language.is_not(None), func.nullif(arrivals.c.language, "")),
        else_=contacts.c.language,
    )
    await tx.execute(
        update(contacts)
        .where(*changed)
        .values(
            address=arrivals.c.address,
            mailbox=arrivals.c.mailbox,
            name=func.coalesce(arrivals.c.name, contacts.c.name),
            roles=func.coalesce(arrivals.c.roles, contacts.c.roles),
            city=case((free, arrivals.c.city), else_=contacts.c.city),
            language=language,
            updated_at=done.now,
        )
    )


async def _join(tx: AsyncConnection, done: Merge) -> None:
    """Put contacts on the lists of their rows, except on those that they left themselves."""
    joins = joins_of(done.number).subquery()
    await record_consents(
        tx,
        done.author,
        Act.IMPORTED,
        select(joins.c.address_hash, joins.c.list, joins.c.basis),
        otherwise=done.basis,
    )
    await write_down(
        tx,
        done.author,
        Alteration.JOINED,
        select(joins.c.id, joins.c.address_hash, joins.c.list),
        names=("list",),
    )
    rows = select(
        contact_changes.c.list,
        contact_changes.c.contact,
        literal(Origin.FILE.value),
        literal(done.now, type_=Moment),
    ).where(contact_changes.c["import"] == done.number, contact_changes.c.act == Alteration.JOINED)
    await tx.execute(
        insert_once(tx, memberships).from_select(["list", "contact", "origin", "joined_at"], rows)
    )


def _leavers(number: int, whole: Whole) -> Select[Any]:
    """Whom a file put on a list, and who is no longer in it."""
    named = named_on(number, whole.list)
    return (
        select(contacts.c.id, contacts.c.address_hash, memberships.c.list)
        .join(memberships, memberships.c.contact == contacts.c.id)
        .outerjoin(named, named.c.address_hash == contacts.c.address_hash)
        .where(
            memberships.c.list == whole.list,
            memberships.c.origin == Origin.FILE,
            contacts.c.city == whole.city if whole.city else true(),
            named.c.address_hash.is_(None),
        )
    )


async def count_leavers(tx: AsyncConnection, number: int, whole: Whole) -> int:
    """How many would leave a list."""
    query = select(func.count()).select_from(_leavers(number, whole).subquery())
    return await tx.scalar(query) or 0


async def leavers(tx: AsyncConnection, number: int, whole: Whole, *, limit: int) -> list[str]:
    """The addresses of the first who would leave a list."""
    gone = _leavers(number, whole).subquery()
    rows = await tx.scalars(
        select(contacts.c.address)
        .join(gone, gone.c.id == contacts.c.id)
        .order_by(contacts.c.id)
        .limit(limit)
    )
    return list(rows)


async def take_off(tx: AsyncConnection, done: Merge, whole: Whole) -> int:
    """Take off a list whoever is no longer in its file. How many those were."""
    leavers = _leavers(done.number, whole)
    gone = leavers.subquery()
    await record_consents(
        tx,
        done.author,
        Act.ENDED,
        select(gone.c.address_hash, gone.c.list, null().label("basis")),
    )
    await write_down(tx, done.author, Alteration.LEFT, leavers, names=("list",))
    left = select(contact_changes.c.contact).where(
        contact_changes.c["import"] == done.number,
        contact_changes.c.act == Alteration.LEFT,
        contact_changes.c.list == whole.list,
    )
    taken = await tx.execute(
        delete(memberships).where(memberships.c.list == whole.list, memberships.c.contact.in_(left))
    )
    await cancel_unreached(tx, deliveries.c.contact.in_(left), now=done.author.now)
    return taken.rowcount


async def finish_import(tx: AsyncConnection, number: int, counts: Mapping[str, int]) -> None:
    """Call an import done."""
    await tx.execute(
        update(imports)
        .where(imports.c.id == number)
        .values(state=ImportState.DONE, counts=dict(counts))
    )
