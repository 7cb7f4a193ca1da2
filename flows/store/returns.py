"""What came back: each message once, and what follows from it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, distinct, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.delivery import DeliveryState
from flows.domain.issue import IssueId
from flows.domain.returned import BOUNCES, Effect, Returned, ReturnKind
from flows.store.counts import Trouble
from flows.store.database import insert_once
from flows.store.tables import deliveries, returns

PERMANENT: Final = 500
"""Answers from here on are final (RFC 5321, section 4.2.1)."""
_WENT_OUT: Final = deliveries.c.state != DeliveryState.REFUSED
"""What the relay refused is counted as refused, and not once more as come back."""


class Letter(NamedTuple):
    """The letter that a signed address names."""

    delivery: int
    issue: IssueId
    address_hash: str


class RefusedLetter(NamedTuple):
    """A letter that the relay did not take, with its words.

    So many refusals of it were `withdrawn` before: a person had it tried once more.
    """

    delivery: int
    attempt: int
    reply: str
    withdrawn: int


async def find_letter(tx: AsyncConnection, delivery: int, contact: int) -> Letter | None:
    """The delivery with this id, if it is to this contact."""
    row = (
        await tx.execute(
            select(deliveries.c.id, deliveries.c.issue, deliveries.c.address_hash).where(
                deliveries.c.id == delivery, deliveries.c.contact == contact
            )
        )
    ).first()
    return Letter(row.id, IssueId(row.issue), row.address_hash) if row else None


async def known_returns(tx: AsyncConnection, digests: Collection[str]) -> set[str]:
    """Those of the digests that were recorded already."""
    return set(await tx.scalars(select(returns.c.digest).where(returns.c.digest.in_(digests))))


async def keep_return(
    tx: AsyncConnection, returned: Returned, *, delivery: int | None, effect: Effect, now: datetime
) -> bool:
    """Record a message that came back. False if that was done already."""
    kept = await tx.execute(
        insert_once(tx, returns).values(
            digest=returned.digest,
            at=now,
            kind=returned.kind,
            delivery=delivery,
            status=returned.status,
            words=returned.words,
            effect=effect,
        )
    )
    return kept.rowcount > 0


async def refused_letters(tx: AsyncConnection, issue: IssueId) -> list[RefusedLetter]:
    """The letters of an issue that the relay refused for good."""
    withdrawn = (
        select(func.count())
        .where(
            returns.c.delivery == deliveries.c.id,
            returns.c.kind == ReturnKind.HARD,
            returns.c.effect == Effect.NONE,
        )
        .correlate(deliveries)
        .scalar_subquery()
    )
    rows = await tx.execute(
        select(deliveries.c.id, deliveries.c.attempt, deliveries.c.reply, withdrawn).where(
            deliveries.c.issue == issue,
            deliveries.c.state == DeliveryState.REFUSED,
            deliveries.c.code >= PERMANENT,
        )
    )
    return [RefusedLetter(*row) for row in rows]


def letters_back(*columns: Any) -> Select[Any]:
    """A query over the returns that are about letters of the ledger."""
    return select(*columns).select_from(
        returns.join(deliveries, deliveries.c.id == returns.c.delivery)
    )


async def count_returned(tx: AsyncConnection, issue: IssueId) -> tuple[int, int]:
    """How many letters of an issue bounced, and how many were complained of."""
    # Returns are few, letters many: looked up one by one, whatever a planner thinks.
    letter = select(deliveries.c.issue).where(deliveries.c.id == returns.c.delivery, _WENT_OUT)

    async def count(*kinds: ReturnKind) -> int:
        letters = select(func.count(distinct(returns.c.delivery)))
        of_issue = letters.where(returns.c.kind.in_(kinds), letter.scalar_subquery() == issue)
        return await tx.scalar(of_issue) or 0

    return await count(*BOUNCES), await count(ReturnKind.COMPLAINT)


async def returned_letters(
    tx: AsyncConnection, issue: IssueId, kinds: Sequence[ReturnKind], *, called: str
) -> list[Trouble]:
    """The letters of an issue that came back so, each once with the last words of a server."""
    latest = (
        letters_back(func.max(returns.c.id))
        .where(deliveries.c.issue == issue, returns.c.kind.in_(kinds), _WENT_OUT)
        .group_by(returns.c.delivery)
    )
    rows = await tx.execute(
        letters_back(
            deliveries.c.mailbox,
            deliveries.c.city,
            deliveries.c.language,
            func.trim(returns.c.status + " " + returns.c.words),
        )
        .where(returns.c.id.in_(latest))
        .order_by(deliveries.c.id)
    )
    return [
        Trouble(
            address=row[0],
            city=row[1],
            language=row[2],
            state=called,
            code=0,
            reply=row[3],
            next_at=None,
        )
        for row in rows
    ]
