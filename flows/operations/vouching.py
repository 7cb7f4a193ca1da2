"""A person's word that an address works again: the one opt-out that nobody asked for ends."""

from collections.abc import Callable
from datetime import datetime

from flows.domain.access import Scope
from flows.domain.errors import InputError, NotDoneError, NotFoundError
from flows.domain.optout import BOUNCED
from flows.store.changes import Author
from flows.store.contacts import lift_suppression
from flows.store.database import Store
from flows.store.events import record_event
from flows.store.optouts import opt_out_of
from flows.store.records import find_record, note_change


async def vouch_for_address(
    store: Store,
    address: str,
    *,
    because: str,
    address_hash: Callable[[str], str],
    scope: Scope,
    now: datetime,
) -> None:
    """Write to an address again that letters came back from, and keep who said so, and why.

    Raises `NotFoundError` if no contact within reach has it, and `NotDoneError` if it is not
    bounces that end its letters: what a reader or we ourselves said stands.
    """
    if not because.strip():
        raise InputError("is empty", field="--because", remedy="Say how it is known.")
    hashed = address_hash(address)
    async with store.writing() as tx:
        record = await find_record(tx, hashed)
        if record is None or not scope.covers(record.city):
            raise NotFoundError("no contact has this address")
        out = await opt_out_of(tx, hashed)
        if out is None:
            raise NotDoneError("nothing ends the letters to this address")
        if out.reason != BOUNCED:
            raise NotDoneError("what ends these letters is no bounce: it stands")
        await lift_suppression(tx, hashed, reason=BOUNCED)
        why = f"{because.strip()}; bounced on {out.at:%Y-%m-%d} ({out.source})"
        await note_change(tx, Author(scope.by, now, why), record.id)
        subject = f"contact {record.id}"
        await record_event(
            tx, "contact.vouched", subject, actor=scope.by, now=now, because=because.strip()
        )
