"""Who gets an issue, each in which language."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flows.domain.delivery import DeliveryState
from flows.domain.errors import InputError, NotDoneError
from flows.domain.issue import IssueId
from flows.domain.language import Language, resolve_language
from flows.domain.phrases import Phrase
from flows.domain.timing import Wall
from flows.operations.times import first_instant
from flows.store.contacts import Reader, list_members, list_sizes
from flows.store.database import Transaction
from flows.store.ledger import Addressee


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """When the letters of an issue may leave: `undo` after its start.

    Those to the list `first_wave` leave `head_start` before all others. `zone` is the network's.
    """

    undo: timedelta = timedelta()
    first_wave: str = ""
    head_start: timedelta = timedelta()
    zone: str = "UTC"

    @property
    def longest(self) -> timedelta:
        """So long after the start the last letters leave that wait for no city's hour."""
        return self.undo + self.head_start


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """When each letter of an issue that begins now may leave.

    Nothing leaves before `opens`; those who are not in the `first` wave, if there is one, get
    theirs `head_start` later. With a `wall` each city has its own instant.
    """

    opens: datetime
    first: Collection[int] = ()
    head_start: timedelta = timedelta()
    wall: Wall | None = None
    zone: str = "UTC"
    _instants: dict[str, datetime] = field(default_factory=dict)

    def leaves_at(self, contact: int, timezone: str) -> datetime:
        """When the letter to a contact in a zone may leave."""
        at = max(self.opens, self._instant(timezone)) if self.wall else self.opens
        return at + self.head_start if self.first and contact not in self.first else at

    def _instant(self, timezone: str) -> datetime:
        if timezone not in self._instants and self.wall:
            self._instants[timezone] = city_instant(self.wall, timezone, network=self.zone)
        return self._instants[timezone]


def city_instant(wall: Wall, timezone: str, *, network: str) -> datetime:
    """When a city's clocks show a reading; one whose zone is not known keeps the network's."""
    try:
        return first_instant(wall.reading, timezone or network)
    except InputError:
        return first_instant(wall.reading, network)


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
    held: Collection[Language] = (),
    message_id: Callable[[IssueId, str], str],
    timetable: Timetable,
) -> list[Addressee]:
    """One row of the ledger for each reader: in their language, their city's, or `otherwise`.

    Letters in the languages that are `held` back have no time yet.
    """
    rows = []
    for reader in readers:
        language = resolve_language(
            reader.language, reader.city_language, editions=editions, network=otherwise
        ).language
        waits = not reader.suppressed and language not in held
        rows.append(
            Addressee(
                contact=reader.contact,
                mailbox=reader.mailbox,
                address_hash=reader.address_hash,
                name=reader.name,
                city=reader.city,
                language=language,
                message_id=message_id(issue, reader.address_hash),
                state=DeliveryState.SUPPRESSED if reader.suppressed else DeliveryState.PENDING,
                next_at=timetable.leaves_at(reader.contact, reader.timezone) if waits else None,
            )
        )
    return rows
