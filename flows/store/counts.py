"""What the ledger says of an issue's letters."""

from collections.abc import Collection
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.delivery import Claim, DeliveryState, Tally
from flows.domain.issue import IssueId
from flows.domain.language import Language
from flows.store.scale_tables import sums, tallies
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
    archived = (
        select(func.sum(tallies.c.letters))
        .join(sums, sums.c.issue == tallies.c.issue)
        .where(tallies.c.issue == issue, sums.c.archived_at.is_not(None))
    )
    query = select(func.count()).where(deliveries.c.issue == issue)
    return await tx.scalar(archived) or await tx.scalar(query) or 0


async def has_many(tx: AsyncConnection, issue: IssueId, many: int) -> bool:
    """Whether an issue goes to at least so many contacts; that many are looked at, at most."""
    query = select(deliveries.c.contact).where(deliveries.c.issue == issue).offset(many - 1)
    return await tx.scalar(query.limit(1)) is not None


async def troubles(
    tx: AsyncConnection,
    issue: IssueId,
    states: tuple[DeliveryState, ...],
    *,
    limit: int | None,
    among: Collection[int] | None = None,
) -> list[Trouble]:
    """The first `limit` deliveries in some states (all: `None`), with the server's words.

    Only those `among` some ids are looked at, if these are given.
    """
    chosen = deliveries.c.issue == issue if among is None else deliveries.c.id.in_(among)
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
        .where(chosen, deliveries.c.state.in_(states))
        .order_by(deliveries.c.id)
        .limit(limit)
    )
    return [Trouble(*row) for row in rows]


async def first_ids(
    tx: AsyncConnection, issue: IssueId, states: tuple[DeliveryState, ...], *, limit: int
) -> list[int]:
    """The first deliveries in some states."""
    rows = await tx.scalars(
        select(deliveries.c.id)
        .where(deliveries.c.issue == issue, deliveries.c.state.in_(states))
        .order_by(deliveries.c.id)
        .limit(limit)
    )
    return list(rows)


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


def answered_by_relay() -> ColumnElement[bool]:
    """Whether a relay answered a letter; a doubt that was settled is no answer."""
    taken = and_(deliveries.c.state == DeliveryState.ACCEPTED, deliveries.c.code.between(200, 299))
    turned_away = and_(
        deliveries.c.state.in_((DeliveryState.DEFERRED, DeliveryState.REFUSED)),
        deliveries.c.code > 0,
    )
    return or_(taken, turned_away)


async def count_waiting(tx: AsyncConnection, issue: IssueId) -> int:
    """How many letters of an issue have a time at which they may leave."""
    query = select(func.count()).where(
        deliveries.c.issue == issue, deliveries.c.next_at.is_not(None)
    )
    return await tx.scalar(query) or 0


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
