"""The ledger of deliveries: freeze, recover, resolve doubts, cancel. A sender's part is `turns`.

pending ──take──▶ claimed ──settle──▶ accepted │ refused │ deferred
                     │
            owner died: unknown, until evidence or a person settles it
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.delivery import SETTLED, DeliveryState, Doubt
from flows.domain.issue import IssueId, IssueState
from flows.domain.language import Language
from flows.store.contacts import NOT_WRITTEN_TO
from flows.store.statements import ANYTHING_DUE, BEING_SENT, cancel_waiting
from flows.store.tables import deliveries, events, issues

STATE = DeliveryState

NEAR: Final = timedelta(seconds=5)
MOST_SPANS: Final = 200
"""A statement can hold so many alternatives on every database."""
SOME: Final = 50


class Addressee(NamedTuple):
    """One row of a frozen audience, before it is in the ledger."""

    contact: int
    mailbox: str
    address_hash: str
    name: str
    city: str
    language: Language
    message_id: str
    state: DeliveryState
    next_at: datetime | None


async def freeze_audience(
    tx: AsyncConnection, issue: IssueId, addressees: Iterable[Addressee]
) -> None:
    """Write the audience down: one delivery for each contact, each in one language."""
    rows = [{"issue": issue, "attempt": 0, **row._asdict()} for row in addressees]
    if rows:
        await tx.execute(insert(deliveries), rows)


class Holding(NamedTuple):
    """Who holds letters of an issue: when the last of them was begun, the longest lease's end."""

    owner: str
    begun_at: datetime
    until: datetime


async def holdings(tx: AsyncConnection, issue: IssueId) -> list[Holding]:
    """Everybody who holds letters of an issue."""
    rows = await tx.execute(
        select(
            deliveries.c.claim,
            func.max(deliveries.c.sending_at),
            func.max(deliveries.c.lease_until),
        )
        .where(deliveries.c.issue == issue, deliveries.c.state == STATE.CLAIMED)
        .group_by(deliveries.c.claim)
    )
    return [Holding(*row) for row in rows]


async def anything_due(tx: AsyncConnection, issue: IssueId, *, now: datetime) -> bool:
    """Whether an issue that is being sent has a letter that is due."""
    return await tx.scalar(ANYTHING_DUE, {"of_issue": issue, "at": now}) is not None


async def issues_due(tx: AsyncConnection, *, now: datetime) -> list[IssueId]:
    """The issues in the state `sending` with letters that are due."""
    due = exists().where(deliveries.c.issue == issues.c.id, deliveries.c.next_at <= now)
    names = select(issues.c.id).where(issues.c.state == IssueState.SENDING, due)
    return [IssueId(name) for name in await tx.scalars(names.order_by(issues.c.id))]


async def recover(tx: AsyncConnection, issue: IssueId, *, owner: str, now: datetime) -> None:
    """Take back what a dead sender held: all of it was begun, so all of it is in doubt."""
    await tx.execute(
        update(deliveries)
        .where(
            deliveries.c.issue == issue,
            deliveries.c.claim == owner,
            deliveries.c.state == STATE.CLAIMED,
        )
        .values(
            state=STATE.UNKNOWN,
            reply="the sender stopped before the relay's answer",
            settled_at=now,
        )
    )


async def next_departure(tx: AsyncConnection, issue: IssueId) -> datetime | None:
    """When the first letter that was never tried may leave, if the issue is being sent."""
    found: datetime | None = await tx.scalar(
        select(deliveries.c.next_at)
        .join(issues, issues.c.id == deliveries.c.issue)
        .where(
            deliveries.c.issue == issue,
            deliveries.c.next_at.is_not(None),
            deliveries.c.state == STATE.PENDING,
            issues.c.state.in_(BEING_SENT),
        )
        .order_by(deliveries.c.next_at)
        .limit(1)
    )
    return found


async def last_outcomes(tx: AsyncConnection, issue: IssueId, *, limit: int) -> list[DeliveryState]:
    """What became of the last letters since the issue was last resumed, the oldest first."""
    resumed = select(func.max(events.c.at)).where(
        events.c.subject == issue, events.c.action == "issue.resumed"
    )
    since = await tx.scalar(resumed)
    rows = await tx.scalars(
        select(deliveries.c.state)
        .where(
            deliveries.c.issue == issue,
            deliveries.c.state.in_((STATE.ACCEPTED, STATE.REFUSED)),
            *([deliveries.c.settled_at > since] if since else []),
        )
        .order_by(deliveries.c.settled_at.desc(), deliveries.c.id.desc())
        .limit(limit)
    )
    return [DeliveryState(state) for state in reversed(rows.all())]


async def in_doubt(tx: AsyncConnection, issue: IssueId) -> list[Doubt]:
    """The deliveries whose fate is unknown."""
    rows = await tx.execute(
        select(
            deliveries.c.id.label("delivery"),
            deliveries.c.message_id,
            deliveries.c.claim.label("owner"),
            deliveries.c.sending_at.label("begun_at"),
            deliveries.c.settled_at.label("since"),
        )
        .where(deliveries.c.issue == issue, deliveries.c.state == STATE.UNKNOWN)
        .order_by(deliveries.c.id)
    )
    return [Doubt(**row) for row in rows.mappings()]


class Witness(NamedTuple):
    """A letter that its sender's relay took, in its own words."""

    message_id: str
    owner: str
    begun_at: datetime


async def witnesses(
    tx: AsyncConnection, issue: IssueId, *, near: Collection[datetime]
) -> list[Witness]:
    """Letters that a relay took: one of each turn near some moments, else some of the last."""
    begun = deliveries.c.sending_at
    turns = (
        select(func.min(deliveries.c.message_id), deliveries.c.claim, begun)
        .where(
            deliveries.c.issue == issue,
            deliveries.c.state == STATE.ACCEPTED,
            deliveries.c.code.between(200, 299),
        )
        .group_by(begun, deliveries.c.claim)
    )
    spans, found = _spans(near), list[Witness]()
    for first in range(0, len(spans), MOST_SPANS):
        close = or_(*(begun.between(*span) for span in spans[first : first + MOST_SPANS]))
        found += [Witness(*row) for row in await tx.execute(turns.where(close))]
    if not found:
        last = turns.order_by(begun.desc()).limit(SOME)
        found = [Witness(*row) for row in await tx.execute(last)]
    return found


def _spans(moments: Collection[datetime]) -> list[tuple[datetime, datetime]]:
    """The time around moments; what meets is one."""
    spans: list[tuple[datetime, datetime]] = []
    for moment in sorted(moments):
        start = moment - NEAR
        if spans and start <= spans[-1][1]:
            start, _ = spans.pop()
        spans.append((start, moment + NEAR))
    return spans


async def resolve_doubts(
    tx: AsyncConnection, ids: Collection[int], *, sent: bool, reply: str, now: datetime
) -> int:
    """Settle doubts: `sent` makes them accepted, otherwise they are sent again. How many were."""
    values = (
        {"state": STATE.ACCEPTED, "settled_at": now}
        if sent
        else {"state": STATE.PENDING, "claim": None, "sending_at": None, "next_at": now}
    )
    resolved = await tx.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(ids), deliveries.c.state == STATE.UNKNOWN)
        .values(reply=reply, **values)
    )
    return resolved.rowcount


async def try_refused_again(tx: AsyncConnection, issue: IssueId, *, now: datetime) -> int:
    """Let what was refused be tried once more, from the first attempt. How many that are.

    Not for those whom another issue of the article has written to since, or still may.
    """
    slug = select(issues.c.slug).where(issues.c.id == issue).scalar_subquery()
    other = deliveries.alias("other")
    reached = (
        select(other.c.id)
        .join(issues, issues.c.id == other.c.issue)
        .where(
            issues.c.slug == slug,
            other.c.issue != issue,
            other.c.address_hash == deliveries.c.address_hash,
            other.c.state.not_in(NOT_WRITTEN_TO),
        )
        .correlate(deliveries)
        .exists()
    )
    again = await tx.execute(
        update(deliveries)
        .where(deliveries.c.issue == issue, deliveries.c.state == STATE.REFUSED, ~reached)
        .values(state=STATE.PENDING, claim=None, sending_at=None, next_at=now, attempt=0)
    )
    return again.rowcount


async def anything_open(tx: AsyncConnection, issue: IssueId) -> bool:
    """Whether it is still open what becomes of some letter of an issue."""
    left = exists().where(deliveries.c.issue == issue, deliveries.c.state.not_in(SETTLED))
    return bool(await tx.scalar(select(left)))


async def was_any_begun(tx: AsyncConnection, issue: IssueId) -> bool:
    """Whether a letter of an issue ever was with a sender."""
    never = (STATE.PENDING, STATE.CANCELLED, STATE.SUPPRESSED)
    begun = exists().where(deliveries.c.issue == issue, deliveries.c.state.not_in(never))
    return bool(await tx.scalar(select(begun)))


async def cancel_rest(tx: AsyncConnection, issue: IssueId, *, now: datetime) -> int:
    """Cancel what waits. How many letters that were; what was begun is its sender's to settle."""
    return (await tx.execute(cancel_waiting(issue, now=now))).rowcount
