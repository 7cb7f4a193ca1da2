"""The rows of an import, put down as they were read, and the decision what each of them does.

All is decided by a few statements over all rows at once: an import of any size needs little memory
and no query for each row.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.consent import Basis
from flows.domain.history import ImportState, Outcome
from flows.domain.optout import ERASURES
from flows.domain.phrases import Phrase, pack
from flows.store.people import arrival_lists, arrivals, imports, leavings
from flows.store.tables import contacts, memberships, suppressions


class Arrival(NamedTuple):
    """One row of a list. `None` is what no column gives: it leaves a known contact as it is."""

    row: int
    file: str
    line: int
    outcome: Outcome
    address: str
    address_hash: str | None = None
    mailbox: str | None = None
    name: str | None = None
    city: str | None = None
    language: str | None = None
    roles: str | None = None
    basis: Basis | None = None
    column: str = ""
    problem: str = ""
    remedy: str = ""
    lists: Collection[str] = ()


async def begin_import(
    tx: AsyncConnection, name: str, *, by: str, basis: Basis, now: datetime
) -> int:
    """Open an import; its number."""
    added = await tx.execute(
        insert(imports).values(
            at=now, by=by, name=name, state=ImportState.STAGED, basis=basis, counts={}
        )
    )
    key = added.inserted_primary_key
    return int(key[0]) if key else 0


async def stage(tx: AsyncConnection, number: int, rows: Sequence[Arrival]) -> None:
    """Put rows down."""
    if not rows:
        return
    staged = [{"import": number, **row._asdict()} for row in rows]
    for one in staged:
        del one["lists"]
    await tx.execute(insert(arrivals), staged)
    joined = [
        {"import": number, "row": row.row, "list": name} for row in rows for name in row.lists
    ]
    if joined:
        await tx.execute(insert(arrival_lists), joined)


def of_import(number: int) -> ColumnElement[bool]:
    """The rows of one import."""
    return arrivals.c["import"] == number


async def decide(
    tx: AsyncConnection, number: int, *, cities: Collection[str] | None = None
) -> None:
    """Say of every row that was read what it does.

    With `cities`, a contact of another city is refused: its own correspondent looks after it. The
    words are the same for whoever was erased: they would tell who is known elsewhere.
    """
    if tx.dialect.name == "postgresql":  # its plans are for the tables as they were a while ago
        for table in (arrivals, arrival_lists, contacts, memberships):
            await tx.execute(text(f"ANALYZE {table.name}"))
    read = (of_import(number), arrivals.c.outcome == Outcome.READ)
    erased = exists().where(
        suppressions.c.address_hash == arrivals.c.address_hash, suppressions.c.reason.in_(ERASURES)
    )
    if cities is None:
        await _refuse(
            tx,
            number,
            erased,
            problem=Phrase("asked for everything about them to be erased"),
            remedy=Phrase("Remove the row: nothing of it is taken in."),
        )
    else:
        others = known_contact().where(contacts.c.city.not_in(cities))
        await _refuse(
            tx,
            number,
            or_(erased, others.exists()),
            problem=Phrase("cannot be taken in for your cities"),
            remedy=Phrase("Ask whoever looks after the whole network."),
        )
    again = _repeated(number)
    repeats = (again.c.address_hash == arrivals.c.address_hash) & (arrivals.c.row > again.c.first)
    joins = arrivals.c.address_hash.in_(select(joins_of(number).subquery().c.address_hash))
    for outcome, which in (
        (Outcome.REPEATED, repeats),
        (Outcome.ADDED, ~known_contact().exists()),
        (Outcome.UPDATED, known_contact().where(differs()).exists()),
        (Outcome.UPDATED, joins),
        (Outcome.UNCHANGED, true()),
    ):
        await tx.execute(update(arrivals).where(*read, which).values(outcome=outcome))


def _repeated(number: int) -> Subquery:
    """The addresses that several rows name, each with the first of these rows."""
    return (
        select(arrivals.c.address_hash, func.min(arrivals.c.row).label("first"))
        .where(of_import(number), arrivals.c.outcome != Outcome.REFUSED)
        .group_by(arrivals.c.address_hash)
        .having(func.count() > 1)
        .subquery()
    )


async def _refuse(
    tx: AsyncConnection, number: int, which: ColumnElement[bool], *, problem: str, remedy: str
) -> None:
    await tx.execute(
        update(arrivals)
        .where(of_import(number), arrivals.c.outcome == Outcome.READ, which)
        .values(outcome=Outcome.REFUSED, column="email", problem=pack(problem), remedy=pack(remedy))
    )


def known_contact() -> Any:
    """The contact with a row's address."""
    return select(contacts.c.id).where(contacts.c.address_hash == arrivals.c.address_hash)


def differs() -> ColumnElement[bool]:
    """Whether a row says something else than its contact; what the reader chose stays theirs."""
    chosen = or_(
        contacts.c.city != arrivals.c.city,
        arrivals.c.language.is_not(None)
        & (func.coalesce(contacts.c.language, "") != arrivals.c.language),
    )
    return or_(
        contacts.c.address != arrivals.c.address,
        contacts.c.mailbox != arrivals.c.mailbox,
        arrivals.c.name.is_not(None) & (contacts.c.name != arrivals.c.name),
        arrivals.c.roles.is_not(None) & (contacts.c.roles != arrivals.c.roles),
        contacts.c.chosen.is_(False) & chosen,
    )


def kept_off() -> ColumnElement[bool]:
    """Whether the person of a row left the row's list: then no import puts them back."""
    left = select(leavings.c.list).where(
        leavings.c.address_hash == arrivals.c.address_hash,
        leavings.c.list == arrival_lists.c.list,
    )
    return left.correlate(arrivals, arrival_lists).exists()


def joins_of(number: int) -> Select[Any]:
    """The known contacts whose rows name a list that they are neither on nor have left.

    Contact, address hash, list and legal basis, by turns.
    """
    on_it = (memberships.c.list == arrival_lists.c.list) & (memberships.c.contact == contacts.c.id)
    return (
        select(
            contacts.c.id,
            contacts.c.address_hash,
            arrival_lists.c.list,
            func.min(arrivals.c.basis).label("basis"),
        )
        .select_from(arrivals)
        .join(arrival_lists, of_row())
        .join(contacts, contacts.c.address_hash == arrivals.c.address_hash)
        .outerjoin(memberships, on_it)
        .where(
            of_import(number),
            arrivals.c.outcome != Outcome.REFUSED,
            memberships.c.list.is_(None),
            ~kept_off(),
        )
        .group_by(contacts.c.id, contacts.c.address_hash, arrival_lists.c.list)
    )


def of_row() -> ColumnElement[bool]:
    """The lists of a row."""
    return (arrival_lists.c["import"] == arrivals.c["import"]) & (
        arrival_lists.c.row == arrivals.c.row
    )


def named_on(number: int, name: str) -> Subquery:
    """The addresses that usable rows name for a list."""
    return (
        select(arrivals.c.address_hash)
        .distinct()
        .join(arrival_lists, of_row())
        .where(
            of_import(number),
            arrivals.c.outcome != Outcome.REFUSED,
            arrival_lists.c.list == name,
        )
        .subquery()
    )


async def discard(tx: AsyncConnection, number: int, *, wholly: bool = False) -> None:
    """Forget the rows of an import; `wholly` also that there was one."""
    await tx.execute(delete(arrival_lists).where(arrival_lists.c["import"] == number))
    await tx.execute(delete(arrivals).where(of_import(number)))
    if wholly:
        await tx.execute(delete(imports).where(imports.c.id == number))
