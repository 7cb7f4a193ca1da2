"""What a reader may do with a letter: read it in the browser, or leave."""

from datetime import datetime
from typing import NamedTuple

from flows.domain.issue import IssueId
from flows.domain.language import Language
from flows.domain.recipient import Recipient
from flows.mail.holes import fill_html
from flows.store.contacts import suppress
from flows.store.counts import find_delivery
from flows.store.database import Store, Transaction
from flows.store.events import record_event
from flows.store.issues import frozen_editions
from flows.store.reviews import find_edition


class Reading(NamedTuple):
    """One contact's letter of one issue."""

    issue: IssueId
    contact: int
    address_hash: str
    language: Language
    name: str


async def reading_of(store: Store, issue: IssueId, contact: int) -> Reading | None:
    """The letter that a signed link speaks of."""
    async with store.reading() as tx:
        found = await find_delivery(tx, issue, contact)
    return Reading(issue, contact, *found) if found else None


async def leave(store: Store, reading: Reading, *, source: str, now: datetime) -> bool:
    """Never write to this contact again, from this moment on. False if that was so already."""
    async with store.writing() as tx:
        return await opt_out(tx, reading.address_hash, reading.issue, source=source, now=now)


async def opt_out(
    tx: Transaction,
    address_hash: str,
    issue: IssueId,
    *,
    source: str,
    now: datetime,
    reason: str = "unsubscribed",
) -> bool:
    """A reader's word, on a letter of an issue, that nothing shall come any more."""
    new = await suppress(tx, address_hash, reason=reason, source=source, now=now)
    if new:
        await record_event(tx, f"contact.{reason}", issue, actor="reader", now=now, source=source)
    return new


async def read_in_browser(store: Store, reading: Reading, recipient: Recipient) -> str | None:
    """The frozen edition as this reader got it; `None` before it was sent."""
    async with store.reading() as tx:
        frozen = (await frozen_editions(tx, reading.issue)).get(reading.language)
        edition = await find_edition(tx, frozen.digest) if frozen else None
    return fill_html(edition, recipient) if edition else None
