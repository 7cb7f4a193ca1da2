"""Answering a request with a key once: whoever asks again is told the same, and nothing is redone.

The header and its rules are those of the IETF's draft "The Idempotency-Key HTTP Header Field".
"""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from flows.domain.errors import NotDoneError
from flows.domain.token import TokenId
from flows.store.answers import Answer, begin_answer, forget_answer, keep_answer, take_over
from flows.store.database import Store

ANSWERS_LAST: Final = timedelta(hours=24)
WORK_LASTS: Final = timedelta(minutes=2)
"""After so long without an answer, whoever began it is taken to be dead."""
PASSING: Final = 500
"""Answers from this status on say nothing that would hold a moment later."""


class KeyReusedError(NotDoneError):
    """The key of another request was sent with this one."""

    def __init__(self) -> None:
        super().__init__("this key was sent with another request before")


class StillAtWorkError(NotDoneError):
    """The first request with this key has no answer yet."""

    def __init__(self) -> None:
        super().__init__("the first request with this key is still at work")


def digest_of(*parts: bytes) -> str:
    """What tells one request from another."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


async def answer_once(
    store: Store,
    token: TokenId,
    key: str,
    *,
    request: str,
    clock: Callable[[], datetime],
    act: Callable[[], Awaitable[Answer]],
) -> tuple[Answer, bool]:
    """What `act` answers, or answered when this request first came; true if it is told again.

    Raises `KeyReusedError` if the key belongs to another request, `StillAtWorkError` if the first
    is not done. What fails in passing (500 and above) is not kept.
    """
    known = await _begin(store, token, key, request=request, now=clock())
    if known is not None:
        return known, True
    try:
        answer = await act()
    except BaseException:
        async with store.writing() as tx:
            await forget_answer(tx, token, key)
        raise
    async with store.writing() as tx:
        if answer.status < PASSING:
            await keep_answer(tx, token, key, answer)
        else:
            await forget_answer(tx, token, key)
    return answer, False


async def _begin(
    store: Store, token: TokenId, key: str, *, request: str, now: datetime
) -> Answer | None:
    async with store.writing() as tx:
        begun = await begin_answer(
            tx, token, key, request=request, now=now, expires_at=now + ANSWERS_LAST
        )
        if begun is None:
            return None
        if begun.request != request:
            raise KeyReusedError
        if begun.answer is not None:
            return begun.answer
        dead = now - begun.begun_at > WORK_LASTS
        if not dead or not await take_over(tx, token, key, begun_at=begun.begun_at, now=now):
            raise StillAtWorkError
        return None
