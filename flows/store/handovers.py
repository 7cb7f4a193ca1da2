"""Which contacts took the place of which, within one import."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.history import Alteration
from flows.store.people import contact_changes, imports
from flows.store.records import Record, get_record
from flows.store.tables import events

REPLACING: Final = "contact.replaced"
"""What the audit trail calls it."""


class Handover(NamedTuple):
    """Two contacts as they are now, and the lists that went from the old one to the new one."""

    old: Record
    new: Record
    same_person: bool
    lists: Sequence[str]


async def handovers_of(tx: AsyncConnection, number: int) -> list[Handover]:
    """Those of an import, without pairs of which one was removed or erased since."""
    at = await tx.scalar(select(imports.c.at).where(imports.c.id == number))
    rows = await tx.execute(
        select(events).where(events.c.action == REPLACING, events.c.at == at).order_by(events.c.id)
    )
    found = []
    for row in rows:
        if row.facts.get("import") != number:
            continue
        old = await get_record(tx, int(row.subject.removeprefix("contact ")))
        new = await get_record(tx, row.facts["by"])
        if old is not None and new is not None:
            lists = await _lists_taken(tx, number, old.id)
            found.append(Handover(old, new, row.facts["same_person"], lists))
    return found


async def _lists_taken(tx: AsyncConnection, number: int, contact: int) -> Sequence[str]:
    left = select(contact_changes.c.list).where(
        contact_changes.c["import"] == number,
        contact_changes.c.contact == contact,
        contact_changes.c.act == Alteration.LEFT,
    )
    return (await tx.scalars(left)).all()
