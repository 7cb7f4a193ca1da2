"""What the ledger adds up to."""

from collections import Counter, defaultdict
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.delivery import Claim, DeliveryState, Tally
from flows.domain.issue import IssueId
from flows.domain.language import Language
from flows.store.tables import deliveries

MAY_BE_THERE: Final = (DeliveryState.ACCEPTED, DeliveryState.UNKNOWN, DeliveryState.CLAIMED)
"""Letters in these states reached the relay, or may have."""


class Counts(NamedTuple):
    """Deliveries by state: of the whole issue, of each language and of each city."""

    total: Tally
    by_language: dict[str, Tally]
    by_city: dict[str, Tally]


class Trouble(NamedTuple):
    """One delivery that did not simply work, for a person to read."""

    address: str
    city: str
    language: str
    state: str
    code: int
    reply: str
    next_at: datetime | None


async def count_letters(tx: AsyncConnection, issue: IssueId) -> int:
    """How many contacts an issue goes to, whatever became of its letters."""
    query = select(func.count()).where(deliveries.c.issue == issue)
    return await tx.scalar(query) or 0


async def count_deliveries(tx: AsyncConnection, issue: IssueId) -> Counts:
    """Count an issue's deliveries in one pass."""
    rows = await tx.execute(
        select(
            deliveries.c.language, deliveries.c.city, deliveries.c.state, func.count().label("n")
        )
        .where(deliveries.c.issue == issue)
        .group_by(deliveries.c.language, deliveries.c.city, deliveries.c.state)
        .order_by(deliveries.c.language, deliveries.c.city)
    )
    total: Counter[str] = Counter()
    by_language: defaultdict[str, Counter[str]] = defaultdict(Counter)
    by_city: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        for counter in (total, by_language[row.language], by_city[row.city]):
            counter[row.state] += row.n
    return Counts(
        _tally(total),
        {language: _tally(one) for language, one in by_language.items()},
        {city: _tally(one) for city, one in sorted(by_city.items())},
    )


def _tally(counter: Counter[str]) -> Tally:
    return {state: counter[state] for state in DeliveryState}


async def troubles(
    tx: AsyncConnection, issue: IssueId, states: tuple[DeliveryState, ...], *, limit: int | None
) -> list[Trouble]:
    """The first `limit` deliveries in some states (all: `None`), with the server's words."""
    rows = await tx.execute(
        select(
            deliveries.c.mailbox,
            deliveries.c.city,
            deliveries.c.language,
            deliveries.c.state,
            deliveries.c.code,
            deliveries.c.reply,
            deliveries.c.next_at,
        )
        .where(deliveries.c.issue == issue, deliveries.c.state.in_(states))
        .order_by(deliveries.c.id)
        .limit(limit)
    )
    return [Trouble(*row) for row in rows]


class Reason(NamedTuple):
    """Why deliveries are in a state: the relay's code, one of its answers, and how many."""

    state: DeliveryState
    code: int
    example: str
    letters: int


async def count_reasons(
    tx: AsyncConnection, issue: IssueId, states: tuple[DeliveryState, ...]
) -> list[Reason]:
    """The codes behind some states, the most frequent first."""
    count = func.count().label("count")
    rows = await tx.execute(
        select(deliveries.c.state, deliveries.c.code, func.min(deliveries.c.reply), count)
        .where(deliveries.c.issue == issue, deliveries.c.state.in_(states))
        .group_by(deliveries.c.state, deliveries.c.code)
        .order_by(count.desc(), deliveries.c.state, deliveries.c.code)
    )
    return [Reason(DeliveryState(row[0]), *row[1:]) for row in rows]


async def count_answered_since(tx: AsyncConnection, issue: IssueId, since: datetime) -> int:
    """How many letters the relay answered after a time; a doubt that was settled is no answer."""
    taken = and_(deliveries.c.state == DeliveryState.ACCEPTED, deliveries.c.code.between(200, 299))
    turned_away = and_(
        deliveries.c.state.in_((DeliveryState.DEFERRED, DeliveryState.REFUSED)),
        deliveries.c.code > 0,
    )
    return (
        await tx.scalar(
            select(func.count()).where(
                deliveries.c.issue == issue,
                deliveries.c.settled_at >= since,
                or_(taken, turned_away),
            )
        )
        or 0
    )


async def count_waiting(tx: AsyncConnection, issue: IssueId, *, until: datetime) -> tuple[int, int]:
    """How many letters wait: those that are due by a time, and those that are due later."""
    by_then = func.count().filter(deliveries.c.next_at <= until)
    row = (
        await tx.execute(
            select(by_then, func.count()).where(
                deliveries.c.issue == issue, deliveries.c.next_at.is_not(None)
            )
        )
    ).one()
    return row[0], row[1] - row[0]


async def next_attempt(tx: AsyncConnection, issue: IssueId) -> datetime | None:
    """When the first deferred letter is tried again."""
    found: datetime | None = await tx.scalar(
        select(deliveries.c.next_at)
        .where(deliveries.c.issue == issue, deliveries.c.state == DeliveryState.DEFERRED)
        .order_by(deliveries.c.next_at)
        .limit(1)
    )
    return found


async def stands_still(tx: AsyncConnection, issue: IssueId, *, since: datetime) -> bool:
    """Whether letters of an issue were due at a time, and nothing of it has moved from then on."""
    overdue = or_(
        deliveries.c.next_at <= since,
        and_(deliveries.c.state == DeliveryState.CLAIMED, deliveries.c.lease_until <= since),
    )
    moved = or_(deliveries.c.sending_at > since, deliveries.c.settled_at > since)
    of_issue = select(deliveries.c.id).where(deliveries.c.issue == issue).limit(1)
    return (
        await tx.scalar(of_issue.where(overdue)) is not None
        and await tx.scalar(of_issue.where(moved)) is None
    )


async def is_at_rest(tx: AsyncConnection, issue: IssueId, *, since: datetime) -> bool:
    """Whether letters of an issue wait for their time, and no other was due at a time or begun."""
    of_issue = select(deliveries.c.id).where(deliveries.c.issue == issue).limit(1)
    due = or_(deliveries.c.next_at <= since, deliveries.c.state == DeliveryState.CLAIMED)
    return (
        await tx.scalar(of_issue.where(deliveries.c.next_at > since)) is not None
        and await tx.scalar(of_issue.where(due)) is None
    )


async def last_doubt(tx: AsyncConnection, issue: IssueId) -> datetime | None:
    """When the youngest doubt of an issue arose, if there is one."""
    found: datetime | None = await tx.scalar(
        select(func.max(deliveries.c.settled_at)).where(
            deliveries.c.issue == issue, deliveries.c.state == DeliveryState.UNKNOWN
        )
    )
    return found


async def sent_letter(tx: AsyncConnection, issue: IssueId, address_hash: str) -> Claim | None:
    """What one contact's letter was made of, if it was handed over or may have been."""
    row = (
        await tx.execute(
            select(deliveries).where(
                deliveries.c.issue == issue,
                deliveries.c.address_hash == address_hash,
                deliveries.c.state.in_(MAY_BE_THERE),
            )
        )
    ).first()
    if row is None:
        return None
    return Claim(
        id=row.id,
        issue=issue,
        contact=row.contact,
        address=row.mailbox,
        name=row.name,
        language=Language(row.language),
        message_id=row.message_id,
        attempt=row.attempt,
        begun_at=row.sending_at,
    )


async def find_delivery(
    tx: AsyncConnection, issue: IssueId, contact: int
) -> tuple[str, Language, str] | None:
    """The address hash, the language and the name of one contact's letter."""
    row = (
        await tx.execute(
            select(deliveries.c.address_hash, deliveries.c.language, deliveries.c.name).where(
                deliveries.c.issue == issue, deliveries.c.contact == contact
            )
        )
    ).first()
    return (row.address_hash, Language(row.language), row.name) if row else None
