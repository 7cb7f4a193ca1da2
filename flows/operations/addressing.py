"""Who gets an issue, each in which language."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flows.domain.delivery import DeliveryState
from flows.domain.issue import IssueId
from flows.domain.language import Language, choose_edition
from flows.store.contacts import Reader
from flows.store.ledger import Addressee


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """When the letters of an issue may leave: `undo` after its start.

    Those to the list `first_wave` leave `head_start` before all others.
    """

    undo: timedelta = timedelta()
    first_wave: str = ""
    head_start: timedelta = timedelta()


def address_readers(
    readers: Sequence[Reader],
    issue: IssueId,
    *,
    editions: Collection[Language],
    otherwise: Language,
    message_id: Callable[[IssueId, str], str],
    leaves_at: Callable[[int], datetime],
) -> list[Addressee]:
    """One row of the ledger for each reader: in their language, their city's, or `otherwise`.

    `leaves_at` gives the time of a contact's letter.
    """
    return [
        Addressee(
            contact=reader.contact,
            mailbox=reader.mailbox,
            address_hash=reader.address_hash,
            name=reader.name,
            city=reader.city,
            language=choose_edition(
                (reader.language or "", reader.city_language), editions=editions
            )
            or otherwise,
            message_id=message_id(issue, reader.address_hash),
            state=DeliveryState.SUPPRESSED if reader.suppressed else DeliveryState.PENDING,
            next_at=None if reader.suppressed else leaves_at(reader.contact),
        )
        for reader in readers
    ]
