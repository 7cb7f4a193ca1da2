"""What a reader may do with a letter: read it in the browser, or leave."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from flows.domain.consent import Act, Basis, Consent
from flows.domain.issue import IssueId
from flows.domain.language import Language
from flows.domain.optout import UNSUBSCRIBED
from flows.domain.recipient import Recipient
from flows.mail.holes import fill_html
from flows.store.consents import record_acts
from flows.store.contacts import lift_suppression, suppress
from flows.store.counts import find_delivery
from flows.store.database import Store, Transaction
from flows.store.events import record_event
from flows.store.issues import frozen_editions
from flows.store.optouts import opt_out_of
from flows.store.pruning import former_reader
from flows.store.reviews import find_edition

UNDO_TIME: Final = timedelta(days=1)
"""For so long a reader can take an opt-out back by the link that made it."""


class Reading(NamedTuple):
    """One contact's letter of one issue."""

    issue: IssueId
    contact: int
    address_hash: str
    language: Language
    name: str


async def reading_of(store: Store, issue: IssueId, contact: int) -> Reading | None:
    """The letter that a signed link speaks of; of an archived issue, the contact alone tells."""
    async with store.reading() as tx:
        found = await find_delivery(tx, issue, contact) or await former_reader(tx, issue, contact)
    return Reading(issue, contact, *found) if found else None


async def leave(
    store: Store, reading: Reading, *, source: str, now: datetime, why: str = ""
) -> bool:
    """Never write to this contact again, from this moment on. False if that was so already.

    `why` is the reader's own reason.
    """
    async with store.writing() as tx:
        return await opt_out(
            tx, reading.address_hash, reading.issue, source=source, now=now, why=why
        )


async def come_back(store: Store, reading: Reading, *, now: datetime) -> bool:
    """Undo what this reader has just done by a link; whether there was something to undo.

    Only a fresh opt-out of the reader's own is lifted: the link goes on lying in an old letter,
    which somebody may have forwarded.
    """
    async with store.writing() as tx:
        out = await opt_out_of(tx, reading.address_hash)
        if out is None or out.reason != UNSUBSCRIBED or out.at < now - UNDO_TIME:
            return False
        await lift_suppression(tx, reading.address_hash, reason=UNSUBSCRIBED)
        source = f"undo by the link of {reading.issue}"
        again = Consent(list="", act=Act.RENEWED, at=now, source=source, basis=Basis.CONSENT)
        await record_acts(tx, reading.address_hash, [again])
        await record_event(tx, "contact.came_back", reading.issue, actor="reader", now=now)
        return True


async def opt_out(
    tx: Transaction,
    address_hash: str,
    issue: IssueId,
    *,
    source: str,
    now: datetime,
    reason: str = UNSUBSCRIBED,
    why: str = "",
) -> bool:
    """A reader's word, on a letter of an issue, that nothing shall come any more."""
    new = await suppress(tx, address_hash, reason=reason, source=source, now=now)
    if new:
        said = Consent(
            list="", act=Act.WITHDRAWN, at=now, source=f"{reason}: {source} ({issue})", why=why
        )
        await record_acts(tx, address_hash, [said])
        await record_event(tx, f"contact.{reason}", issue, actor="reader", now=now, source=source)
    return new


class WebEdition(NamedTuple):
    """An edition as one reader sees it, and the languages that the issue went out in."""

    subject: str
    html: str
    languages: list[Language]


async def read_in_browser(
    store: Store, reading: Reading, recipient: Recipient
) -> WebEdition | None:
    """The frozen edition as this reader got it; `None` before it was sent."""
    async with store.reading() as tx:
        frozen = await frozen_editions(tx, reading.issue)
        chosen = frozen.get(reading.language)
        edition = await find_edition(tx, chosen.digest) if chosen else None
    if edition is None:
        return None
    return WebEdition(edition.subject, fill_html(edition, recipient), sorted(frozen))
