"""Visits to the desk: begun by whoever proved who they are, ended by time or by leaving."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flows.domain.account import Account, Session, Visitor
from flows.store.database import Store, Transaction
from flows.store.events import record_event
from flows.store.sessions import (
    end_session,
    end_sessions_of,
    find_session,
    keep_session,
    sweep_sessions,
    touch_session,
)

TOUCH_EVERY: Final = timedelta(minutes=1)
"""A page of ten requests needs no ten writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetime:
    """How long a visit may rest, and how long it may last in all."""

    idle: timedelta = timedelta(hours=2)
    whole: timedelta = timedelta(hours=12)


def token_key(token: str) -> str:
    """Under which a token is kept: who reads the database cannot use what is there."""
    return hashlib.sha256(token.encode()).hexdigest()


async def begin_visit(
    tx: Transaction, visitor: Visitor, *, lifetime: Lifetime, now: datetime, instead_of: str = ""
) -> tuple[str, Session]:
    """A new visit and its token; an older one in the same browser ends with it."""
    token = secrets.token_urlsafe(32)
    session = Session(
        key=token_key(token),
        csrf=secrets.token_urlsafe(32),
        visitor=visitor,
        created_at=now,
        seen_at=now,
        expires_at=now + lifetime.whole,
    )
    if instead_of:
        await end_session(tx, token_key(instead_of))
    await sweep_sessions(tx, seen_after=now - lifetime.idle, now=now)
    await keep_session(tx, session)
    return token, session


async def visit_of(
    store: Store, token: str, *, lifetime: Lifetime, now: datetime, touch: bool = True
) -> Session | None:
    """The visit behind a cookie, if it is not over; asking for it keeps it alive."""
    async with store.reading() as tx:
        session = await find_session(tx, token_key(token), seen_after=now - lifetime.idle, now=now)
    if session is not None and touch and now - session.seen_at >= TOUCH_EVERY:
        async with store.writing() as tx:
            await touch_session(tx, session.key, now=now)
    return session


async def end_visit(store: Store, session: Session, *, now: datetime) -> None:
    """Leave the desk."""
    async with store.writing() as tx:
        await end_session(tx, session.key)
        await record_event(
            tx, "visit.ended", session.visitor.name, actor=session.visitor.name, now=now
        )


async def end_other_visits(store: Store, session: Session, *, now: datetime) -> int:
    """End all visits of the same person but this one. How many those were."""
    if not isinstance(session.visitor, Account):
        return 0
    name = session.visitor.name
    async with store.writing() as tx:
        ended = await end_sessions_of(tx, session.visitor.id, but=session.key)
        await record_event(tx, "visit.others_ended", name, actor=name, now=now, visits=ended)
        return ended
