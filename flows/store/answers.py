"""What was answered to a request that had a key, so that it can be answered so again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.token import TokenId
from flows.store.api_tables import api_answers
from flows.store.database import insert_once


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer over HTTP: its status, the headers that say something of it, its body."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A request that came before with the same key; without an `answer` it is still at work."""

    request: str
    begun_at: datetime
    answer: Answer | None


async def begin_answer(
    tx: AsyncConnection,
    token: TokenId,
    key: str,
    *,
    request: str,
    now: datetime,
    expires_at: datetime,
) -> Begun | None:
    """Take a key for a request (its digest); if it was taken before, by what."""
    await sweep_answers(tx, now=now)
    begun = await tx.execute(
        insert_once(tx, api_answers).values(
            token=token, key=key, request=request, begun_at=now, expires_at=expires_at, headers={}
        )
    )
    if begun.rowcount == 1:
        return None
    row = (await tx.execute(select(api_answers).where(_mine(token, key)))).one()
    answer = None
    if row.status is not None:
        answer = Answer(status=row.status, headers=row.headers, body=row.body)
    return Begun(request=row.request, begun_at=row.begun_at, answer=answer)


async def take_over(
    tx: AsyncConnection, token: TokenId, key: str, *, begun_at: datetime, now: datetime
) -> bool:
    """Begin again what was begun and never answered; false if another was quicker."""
    taken = await tx.execute(
        update(api_answers)
        .where(
            _mine(token, key),
            api_answers.c.begun_at == begun_at,
            api_answers.c.status.is_(None),
        )
        .values(begun_at=now)
    )
    return taken.rowcount == 1


async def keep_answer(tx: AsyncConnection, token: TokenId, key: str, answer: Answer) -> None:
    """Keep what was answered."""
    await tx.execute(
        update(api_answers)
        .where(_mine(token, key))
        .values(status=answer.status, headers=answer.headers, body=answer.body)
    )


async def forget_answer(tx: AsyncConnection, token: TokenId, key: str) -> None:
    """Give a key back whose request failed in passing: another try shall be a real one."""
    await tx.execute(delete(api_answers).where(_mine(token, key)))


def _mine(token: TokenId, key: str) -> Any:
    return (api_answers.c.token == token) & (api_answers.c.key == key)


async def sweep_answers(tx: AsyncConnection, *, now: datetime) -> int:
    """Forget the answers whose time is over. How many."""
    return (await tx.execute(delete(api_answers).where(api_answers.c.expires_at <= now))).rowcount
