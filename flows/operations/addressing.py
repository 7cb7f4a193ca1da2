"""Who gets an issue, each in which language."""

from collections.abc import Callable, Collection, Sequence

from flows.domain.delivery import DeliveryState
from flows.domain.issue import IssueId
from flows.domain.language import Language, choose_edition
from flows.store.contacts import Reader
from flows.store.ledger import Addressee


def address_readers(
    readers: Sequence[Reader],
    issue: IssueId,
    *,
    editions: Collection[Language],
    otherwise: Language,
    message_id: Callable[[IssueId, str], str],
) -> list[Addressee]:
    """One row of the ledger for each reader: in their language, their city's, or `otherwise`."""
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
        )
        for reader in readers
    ]
