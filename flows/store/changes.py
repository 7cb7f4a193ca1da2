"""Writing down what changed about contacts, and why they may be written to; both only grow."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, insert, literal, null, select
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.consent import GRANTS, Act
from flows.domain.history import Alteration
from flows.store.columns import Moment
from flows.store.people import consents, contact_changes

BEFORE = ("address", "mailbox", "name", "city", "language", "roles")
"""What an update of a contact remembers."""


class Author(NamedTuple):
    """Who changes something, when and why; `number` is an import's."""

    by: str
    now: datetime
    why: str = ""
    number: int | None = None

    @property
    def source(self) -> str:
        """What the ledger of consents says of it."""
        return self.why or (f"import {self.number}" if self.number else self.by)


async def write_down(
    tx: AsyncConnection,
    author: Author,
    act: Alteration,
    rows: Select[Any],
    *,
    names: Sequence[str] = (),
) -> int:
    """Keep a change of each of `rows`: contact, address hash, and the columns of `names`.

    How many those are.
    """
    found = rows.subquery()
    fixed: dict[str, ColumnElement[Any]] = {
        "at": literal(author.now, type_=Moment),
        "by": literal(author.by),
        "import": null() if author.number is None else literal(author.number),
        "act": literal(act.value),
        "why": literal(author.why),
        **({} if "list" in names else {"list": literal("")}),
    }
    written = await tx.execute(
        insert(contact_changes).from_select(
            ["contact", "address_hash", *names, *fixed], select(*found.c, *fixed.values())
        )
    )
    return written.rowcount


async def record_consents(
    tx: AsyncConnection,
    author: Author,
    act: Act,
    rows: Select[Any],
    *,
    otherwise: str | None = None,
) -> None:
    """Write an act into the ledger for each of `rows`: address hash, list and legal basis.

    Where these have no basis it is the last one that counted, or else `otherwise`.
    """
    found = rows.subquery()
    last = (
        select(consents.c.basis)
        .where(
            consents.c.address_hash == found.c.address_hash,
            consents.c.list == found.c.list,
            consents.c.act.in_(GRANTS),
        )
        .order_by(consents.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    fixed: dict[str, ColumnElement[Any]] = {
        "basis": func.coalesce(found.c.basis, last, otherwise),
        "act": literal(act.value),
        "language": literal(""),
        "source": literal(author.source),
        "why": literal(""),
        "at": literal(author.now, type_=Moment),
    }
    await tx.execute(
        insert(consents).from_select(
            ["address_hash", "list", *fixed],
            select(found.c.address_hash, found.c.list, *fixed.values()),
        )
    )
