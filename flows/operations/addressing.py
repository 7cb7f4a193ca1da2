"""Who gets an issue, each in which language."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flows.domain.delivery import DeliveryState
from flows.domain.errors import NotDoneError
from flows.domain.issue import IssueId
from flows.domain.language import Language, resolve_language
from flows.domain.phrases import Phrase
from flows.store.contacts import Reader, list_members, list_sizes
from flows.store.database import Transaction
from flows.store.ledger import Addressee


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """When the letters of an issue may leave: `undo` after its start.

    Those to the list `first_wave` leave `head_start` before all others.
    """

    undo: timedelta = timedelta()
    first_wave: str = ""
    head_start: timedelta = timedelta()


async def first_wave(
    tx: Transaction, name: str, readers: AsyncIterator[Sequence[Reader]]
) -> set[int]:
    """The contacts on the list of the first wave; nobody if none of the readers is on it.

    Raises `NotDoneError` if there is no such list: everybody at once is what was not wanted.
    """
    if not name:
        return set()
    first = await list_members(tx, name)
    if not first:
        lists = ", ".join(await list_sizes(tx)) or "none yet"
        raise NotDoneError(
            Phrase(
                "there is no list {name!r}, which `sending.first_wave` names; lists: {lists}",
                name=name,
                lists=lists,
            ),
            waiting_for=("correct sending.first_wave in newsletter.toml",),
        )
    async for some in readers:
        if any(one.contact in first and not one.suppressed for one in some):
            return first
    return set()


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
            language=resolve_language(
                reader.language, reader.city_language, editions=editions, network=otherwise
            ).language,
            message_id=message_id(issue, reader.address_hash),
            state=DeliveryState.SUPPRESSED if reader.suppressed else DeliveryState.PENDING,
            next_at=None if reader.suppressed else leaves_at(reader.contact),
        )
        for reader in readers
    ]
