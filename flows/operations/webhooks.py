"""Telling other programs what happened: signed, at least once, for a day, then given up.

The headers and the signature are those of the Standard Webhooks specification, version 1.0.0.
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flows.domain.errors import NotFoundError
from flows.domain.hook import Hook, HookId, HookState
from flows.domain.phrases import Phrase
from flows.store.database import Store
from flows.store.events import record_event
from flows.store.outbox import (
    begin_again,
    has_work,
    list_hooks,
    settle_hook,
    spread_events,
    take_due,
)

FIRST_PAUSE: Final = timedelta(seconds=10)
GROWTH: Final = 3.0
LONGEST_PAUSE: Final = timedelta(hours=4)
PATIENCE: Final = timedelta(days=1)
"""After so long a delivery is given up."""
LEASE: Final = timedelta(minutes=2)
AT_ONCE: Final = 20
GONE: Final = 410
"""RFC 9110, section 15.5.11: whoever answers so wants nothing any more."""
LONGEST_WORDS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """What came back: a status, 0 if nothing did; `wait` is how long the other side asks for."""

    status: int
    words: str = ""
    wait: timedelta = timedelta()

    @property
    def taken(self) -> bool:
        """Whether the other side has it."""
        return 200 <= self.status < 300


Post = Callable[[Hook], Awaitable[Echo]]
"""Hands one event to its address once."""


def sign_hook(secret: bytes, *, event: str, at: datetime, body: str) -> dict[str, str]:
    """The headers that prove to whoever knows the secret that we said this, and when."""
    stamp = str(int(at.timestamp()))
    said = f"{event}.{stamp}.{body}".encode()
    signature = base64.b64encode(hmac.digest(secret, said, hashlib.sha256)).decode()
    return {
        "webhook-id": event,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{signature}",
    }


async def deliver_due(
    store: Store,
    post: Post,
    *,
    urls: Collection[str],
    clock: Callable[[], datetime],
    chance: Callable[[], float],
) -> int:
    """Spread what happened over the addresses, and try everything whose time has come, at once.

    How many were tried. `chance` gives numbers from 0 to 1.
    """
    now = clock()
    async with store.reading() as tx:
        if not await has_work(tx, now=now):
            return 0
    async with store.writing() as tx:
        await spread_events(tx, urls, now=now)
        due = await take_due(tx, now=now, lease=LEASE, at_most=AT_ONCE)
    echoes = await asyncio.gather(*(_try(post, hook, urls) for hook in due))
    now = clock()
    async with store.writing() as tx:
        for hook, echo in zip(due, echoes, strict=True):
            next_at = next_attempt(hook, echo, now=now, chance=chance())
            await settle_hook(
                tx,
                hook.id,
                _state(echo, next_at),
                next_at=next_at,
                status=echo.status,
                words=echo.words[:LONGEST_WORDS],
            )
    return len(due)


async def _try(post: Post, hook: Hook, urls: Collection[str]) -> Echo:
    if hook.url not in urls:
        return Echo(status=GONE, words="the settings no longer name this address")
    return await post(hook)


def _state(echo: Echo, next_at: datetime | None) -> HookState:
    if echo.taken:
        return HookState.DELIVERED
    return HookState.GIVEN_UP if next_at is None else HookState.WAITING


def next_attempt(hook: Hook, echo: Echo, *, now: datetime, chance: float) -> datetime | None:
    """When to try again: pauses grow and differ by chance; `None` if it is done or given up."""
    if echo.taken or echo.status == GONE:
        return None
    # Beyond this many attempts the pause is the longest anyway.
    grown = min(GROWTH ** min(hook.attempts, 20), LONGEST_PAUSE / FIRST_PAUSE)
    pause = max(FIRST_PAUSE * grown * (0.75 + chance / 2), min(echo.wait, LONGEST_PAUSE))
    return now + pause if now + pause <= hook.begun_at + PATIENCE else None


async def hooks_in(store: Store, states: Collection[HookState], *, limit: int) -> list[Hook]:
    """Deliveries in some states, newest first."""
    async with store.reading() as tx:
        return await list_hooks(tx, states=states, limit=limit)


async def redeliver(store: Store, hook: HookId, *, by: str, now: datetime) -> None:
    """Deliver once more, for another day. Raises `NotFoundError`."""
    async with store.writing() as tx:
        if not await begin_again(tx, hook, now=now):
            raise NotFoundError(
                Phrase("there is no delivery {hook}", hook=hook),
                field="NUMBER",
                remedy="newsletter webhooks list",
            )
        await record_event(tx, "webhook.redelivered", str(hook), actor=by, now=now)
