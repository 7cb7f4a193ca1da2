"""Wishes from the public pages, until they are answered by mail and confirmed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, case, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.history import RequestState
from flows.domain.language import Language
from flows.store.database import insert_once
from flows.store.people import requests

SUBSCRIPTION = "subscribe"
RENEWAL = "renew"


class Wish(NamedTuple):
    """What a form asked for; `kind` is `subscribe`, `access` or `renew`.

    `network` is a keyed hash of where it came from, `worked` whether a script proved its work.
    """

    kind: str
    address: str
    mailbox: str
    address_hash: str
    city: str
    language: Language
    lists: Sequence[str]
    text: str | None
    challenge: str | None
    network: str
    worked: bool


class Request(NamedTuple):
    """A wish as it is kept."""

    id: int
    wish: Wish
    state: RequestState
    at: datetime
    due_at: datetime | None
    attempt: int
    asked_at: datetime | None


async def keep_wish(tx: AsyncConnection, wish: Wish, *, at: datetime, due_at: datetime) -> bool:
    """Keep a wish to be answered at a time. False if its form was used before."""
    kept = await tx.execute(
        insert_once(tx, requests).values(
            **{**wish._asdict(), "lists": list(wish.lists)},
            state=RequestState.WAITING,
            at=at,
            due_at=due_at,
            attempt=0,
        )
    )
    return kept.rowcount > 0


async def count_wishes(tx: AsyncConnection, *, network: str, since: datetime) -> int:
    """How many forms came from a network."""
    query = select(func.count()).where(requests.c.network == network, requests.c.at >= since)
    return await tx.scalar(query) or 0


async def count_waiting_wishes(tx: AsyncConnection) -> int:
    """How many sign-ups are not answered yet."""
    waiting = (requests.c.due_at.is_not(None), requests.c.kind == SUBSCRIPTION)
    return await tx.scalar(select(func.count()).where(*waiting)) or 0


async def count_mails(tx: AsyncConnection, *, since: datetime) -> int:
    """How many letters the public pages caused."""
    return await tx.scalar(select(func.count()).where(requests.c.asked_at >= since)) or 0


async def asked_since(
    tx: AsyncConnection, address_hash: str, *, kind: str, since: datetime, but: int
) -> bool:
    """Whether an address had a letter of this kind, by another request."""
    query = select(requests.c.id).where(
        requests.c.address_hash == address_hash,
        requests.c.kind == kind,
        requests.c.asked_at >= since,
        requests.c.id != but,
    )
    return await tx.scalar(query.limit(1)) is not None


async def next_due(tx: AsyncConnection, *, now: datetime) -> Request | None:
    """The next wish to answer; those with a proof of work go first, our own questions last."""
    is_ours = case((requests.c.kind == RENEWAL, 1), else_=0)
    row = (
        await tx.execute(
            select(requests)
            .where(requests.c.due_at <= now)
            .order_by(is_ours, requests.c.worked.desc(), requests.c.due_at, requests.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
    ).first()
    return _request(row) if row else None


async def find_request(tx: AsyncConnection, number: int) -> Request | None:
    """The wish with this number."""
    row = (await tx.execute(select(requests).where(requests.c.id == number))).first()
    return _request(row) if row else None


async def mark_request(tx: AsyncConnection, number: int, **values: Any) -> None:
    """Note how far a wish is."""
    await tx.execute(update(requests).where(requests.c.id == number).values(**values))


async def confirm_request(tx: AsyncConnection, number: int, *, now: datetime) -> bool:
    """Take a confirmation; false if it was given before, or nothing was asked."""
    confirmed = await tx.execute(
        update(requests)
        .where(requests.c.id == number, requests.c.state == RequestState.ASKED)
        .values(state=RequestState.CONFIRMED, settled_at=now, due_at=None)
    )
    return confirmed.rowcount > 0


async def forget_requests(tx: AsyncConnection, *, before: datetime, renewals: datetime) -> int:
    """Forget wishes that are older; how many. What was confirmed is in the ledger of consents.

    Questions for a renewal have a time of their own.
    """
    gone = await tx.execute(delete(requests).where(_old(before, renewals)))
    return gone.rowcount


async def count_requests(tx: AsyncConnection, *, before: datetime, renewals: datetime) -> int:
    """How many wishes are older."""
    return await tx.scalar(select(func.count()).where(_old(before, renewals))) or 0


def _old(before: datetime, renewals: datetime) -> ColumnElement[bool]:
    is_renewal = requests.c.kind == RENEWAL
    return or_(
        and_(~is_renewal, requests.c.at < before), and_(is_renewal, requests.c.at < renewals)
    )


async def requests_of(tx: AsyncConnection, address_hash: str) -> list[Request]:
    """What forms asked for an address, oldest first."""
    rows = await tx.execute(
        select(requests).where(requests.c.address_hash == address_hash).order_by(requests.c.id)
    )
    return [_request(row) for row in rows]


def _request(row: Row[Any]) -> Request:
    wish = Wish(*(getattr(row, name) for name in Wish._fields))
    return Request(
        id=row.id,
        wish=wish,
        state=RequestState(row.state),
        at=row.at,
        due_at=row.due_at,
        attempt=row.attempt,
        asked_at=row.asked_at,
    )
