"""The ledger of deliveries: freeze, claim, begin, settle, recover, count.

    pending ──claim──▶ claimed ──begin──▶ claimed, sending ──settle──▶ accepted │ refused │ deferred
                          │                      │
             owner died: pending again   owner died: unknown, until evidence or a person settles it

Every write of a sender is fenced by its claim: a sender that lost its claim changes nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import CTE, Row, and_, bindparam, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.delivery import Claim, DeliveryState, Settlement
from flows.domain.issue import IssueId, IssueState
from flows.domain.language import Language
from flows.store.tables import deliveries, issues, suppressions

STATE = DeliveryState

# A run that found nothing due calls the issue incomplete; another that still holds letters goes on.
_BEING_SENT = select(issues.c.id).where(
    issues.c.state.in_((IssueState.SENDING, IssueState.INCOMPLETE))
)


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


async def freeze_audience(
    tx: AsyncConnection, issue: IssueId, addressees: Iterable[Addressee]
) -> None:
    """Write the audience down: one delivery for each contact, each in one language."""
    rows = [{"issue": issue, "attempt": 0, **row._asdict()} for row in addressees]
    if rows:
        await tx.execute(insert(deliveries), rows)


async def already_addressed(tx: AsyncConnection, others: Collection[IssueId]) -> set[str]:
    """The address hashes that other issues wrote to, or still may."""
    done = (STATE.CANCELLED, STATE.REFUSED, STATE.SUPPRESSED)
    rows = await tx.scalars(
        select(deliveries.c.address_hash).where(
            deliveries.c.issue.in_(others), deliveries.c.state.not_in(done)
        )
    )
    return set(rows.all())


async def claim(
    tx: AsyncConnection,
    issue: IssueId,
    *,
    owner: str,
    limit: int,
    now: datetime,
    lease: timedelta,
) -> list[Claim]:
    """Take up to `limit` letters that are due, for `owner` alone, until the lease ends.

    None of an issue that was paused or cancelled: there is nothing due any more.
    """
    chosen = _due(issue, limit=limit, now=now)
    rows = await tx.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(select(chosen.c.id)))
        .values(
            state=STATE.CLAIMED,
            claim=owner,
            lease_until=now + lease,
            sending_at=None,
            attempt=deliveries.c.attempt + 1,
        )
        .returning(
            deliveries.c.id,
            deliveries.c.contact,
            deliveries.c.mailbox,
            deliveries.c.name,
            deliveries.c.language,
            deliveries.c.message_id,
            deliveries.c.attempt,
        )
    )
    return sorted((_claim(row, issue) for row in rows), key=lambda one: one.id)


def _due(issue: IssueId, *, limit: int, now: datetime) -> CTE:
    """The next letters to send: a CTE, for it runs once.

    On PostgreSQL a subquery in IN may run for every row, and exceed the limit.
    """
    due = or_(
        deliveries.c.state == STATE.PENDING,
        and_(deliveries.c.state == STATE.DEFERRED, deliveries.c.next_at <= now),
    )
    return (
        select(deliveries.c.id)
        .where(deliveries.c.issue == issue, deliveries.c.issue.in_(_BEING_SENT), due)
        .order_by(deliveries.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("chosen")
    )


def _claim(row: Row[Any], issue: IssueId) -> Claim:
    return Claim(
        id=row.id,
        issue=issue,
        contact=row.contact,
        address=row.mailbox,
        name=row.name,
        language=Language(row.language),
        message_id=row.message_id,
        attempt=row.attempt,
    )


async def begin(
    tx: AsyncConnection,
    claims: Sequence[Claim],
    *,
    owner: str,
    now: datetime,
    lease: timedelta,
) -> set[int]:
    """Record that these letters are about to be handed over; the ids that still may be.

    Looks once more at the suppressions and at the issue's state: what was opted out of becomes
    `suppressed`, and what a pause or a lost claim took away is left out. The lease starts anew.
    """
    mine = and_(
        deliveries.c.id.in_([one.id for one in claims]),
        deliveries.c.claim == owner,
        deliveries.c.state == STATE.CLAIMED,
        deliveries.c.sending_at.is_(None),
    )
    opted_out = select(suppressions.c.address_hash)
    await tx.execute(
        update(deliveries)
        .where(mine, deliveries.c.address_hash.in_(opted_out))
        .values(state=STATE.SUPPRESSED, settled_at=now, claim=None, lease_until=None)
    )
    rows = await tx.execute(
        update(deliveries)
        .where(mine, deliveries.c.issue.in_(_BEING_SENT))
        .values(sending_at=now, lease_until=now + lease)
        .returning(deliveries.c.id)
    )
    return set(rows.scalars().all())


async def settle(
    tx: AsyncConnection, settlements: Sequence[Settlement], *, owner: str, now: datetime
) -> None:
    """Record what became of letters that `owner` holds.

    A doubt that recovery recorded meanwhile (`unknown`) is overruled by its sender's own word.
    """
    if not settlements:
        return
    await tx.execute(
        update(deliveries)
        .where(deliveries.c.id == bindparam("delivery"), deliveries.c.claim == owner)
        .where(or_(deliveries.c.state == STATE.CLAIMED, deliveries.c.state == STATE.UNKNOWN))
        .values(
            state=bindparam("to_state"),
            code=bindparam("to_code"),
            reply=bindparam("to_reply"),
            next_at=bindparam("to_next"),
            settled_at=now,
        ),
        [
            {
                "delivery": one.delivery,
                "to_state": one.outcome.state,
                "to_code": one.outcome.code,
                "to_reply": one.outcome.reply[:1000],
                "to_next": one.next_at,
            }
            for one in settlements
        ],
    )


async def unbegin(tx: AsyncConnection, ids: Collection[int], *, owner: str) -> None:
    """Take back a beginning: nothing of these letters was handed over."""
    await tx.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(ids), deliveries.c.claim == owner)
        .values(sending_at=None)
    )


async def release(tx: AsyncConnection, issue: IssueId, *, owner: str) -> None:
    """Give back what `owner` claimed and did not begin."""
    await tx.execute(
        update(deliveries)
        .where(
            deliveries.c.issue == issue,
            deliveries.c.claim == owner,
            deliveries.c.state == STATE.CLAIMED,
            deliveries.c.sending_at.is_(None),
        )
        .values(state=STATE.PENDING, claim=None, attempt=deliveries.c.attempt - 1)
    )


async def claim_owners(tx: AsyncConnection, issue: IssueId) -> dict[str, datetime]:
    """Those who hold claims on an issue's letters, with the end of their longest lease."""
    rows = await tx.execute(
        select(deliveries.c.claim, func.max(deliveries.c.lease_until))
        .where(deliveries.c.issue == issue, deliveries.c.state == STATE.CLAIMED)
        .group_by(deliveries.c.claim)
    )
    return {row[0]: row[1] for row in rows}


async def recover(tx: AsyncConnection, issue: IssueId, *, owner: str) -> None:
    """Take back what a dead sender held: untouched letters wait again, begun ones are in doubt."""
    held = and_(
        deliveries.c.issue == issue,
        deliveries.c.claim == owner,
        deliveries.c.state == STATE.CLAIMED,
    )
    await tx.execute(
        update(deliveries)
        .where(held, deliveries.c.sending_at.is_(None))
        .values(state=STATE.PENDING, claim=None, attempt=deliveries.c.attempt - 1)
    )
    await tx.execute(
        update(deliveries)
        .where(held)
        .values(state=STATE.UNKNOWN, reply="the sender stopped before the relay's answer")
    )


async def in_doubt(tx: AsyncConnection, issue: IssueId) -> list[tuple[int, str]]:
    """The deliveries whose fate is unknown, with their Message-IDs."""
    rows = await tx.execute(
        select(deliveries.c.id, deliveries.c.message_id)
        .where(deliveries.c.issue == issue, deliveries.c.state == STATE.UNKNOWN)
        .order_by(deliveries.c.id)
    )
    return [(row.id, row.message_id) for row in rows]


async def resolve_doubts(
    tx: AsyncConnection, ids: Collection[int], *, sent: bool, reply: str, now: datetime
) -> int:
    """Settle doubts: `sent` makes them accepted, otherwise they are sent again. How many were."""
    values = (
        {"state": STATE.ACCEPTED, "settled_at": now}
        if sent
        else {"state": STATE.PENDING, "claim": None, "sending_at": None}
    )
    resolved = await tx.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(ids), deliveries.c.state == STATE.UNKNOWN)
        .values(reply=reply, **values)
    )
    return resolved.rowcount


async def cancel_rest(tx: AsyncConnection, issue: IssueId, *, now: datetime) -> int:
    """Cancel what was not begun, claimed or not. How many letters that were."""
    waiting = deliveries.c.state.in_((STATE.PENDING, STATE.DEFERRED))
    held = and_(deliveries.c.state == STATE.CLAIMED, deliveries.c.sending_at.is_(None))
    cancelled = await tx.execute(
        update(deliveries)
        .where(deliveries.c.issue == issue, or_(waiting, held))
        .values(state=STATE.CANCELLED, claim=None, settled_at=now)
    )
    return cancelled.rowcount
