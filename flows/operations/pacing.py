"""How fast letters leave: the rates that hold, the rate that is measured, the time that is left."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flows.domain.errors import InputError
from flows.domain.issue import IssueId
from flows.operations.sums import sums_of
from flows.store.counts import count_waiting
from flows.store.database import Store
from flows.store.events import record_event
from flows.store.paces import RELAY, read_rates, set_rate
from flows.store.sums import MINUTE, Waiting

MEASURED: Final = MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Letters a minute: what leaves now, and what may at most.

    `waiting` are all that wait, `later` those of them whose time is more than an hour away;
    `seconds_left` is what the others take at that speed, and at least until the last of them may
    leave. While none may, what left before says nothing of it.
    """

    per_minute: float
    limit_per_minute: int | None
    waiting: int
    later: int
    seconds_left: int | None

    def as_json(self) -> dict[str, Any]:
        """The part of `newsletter status ISSUE --json`."""
        return asdict(self)


async def measure_speed(
    store: Store, issue: IssueId, *, started_at: datetime, limit: int | None, now: datetime
) -> Speed:
    """What left in the last minute, or since the start if that is less.

    Of an issue with very many letters it is the last minute before these were added up: counting
    a million letters takes a second.
    """
    async with store.reading() as tx:
        sums = await sums_of(tx, issue, now=now)
        rates = await tx.run_sync(read_rates)
    span = min(MEASURED, max(now - started_at, timedelta(seconds=1)))
    per_minute = round(sums.answered * (timedelta(minutes=1) / span), 1)
    limit = rates.get(RELAY, limit) or None
    waiting = sums.waiting
    return Speed(
        per_minute=per_minute,
        limit_per_minute=limit,
        waiting=waiting.soon + waiting.later,
        later=waiting.later,
        seconds_left=_seconds_left(waiting, (waiting.due and per_minute) or limit, now=now),
    )


def _seconds_left(waiting: Waiting, expected: float | None, *, now: datetime) -> int | None:
    if not expected:
        return None
    until_last = (waiting.soon_until or now) - now
    return max(round(waiting.soon * 60 / expected), round(until_last.total_seconds()), 0)


async def letters_left(store: Store, issue: IssueId) -> int:
    """How many letters of an issue still wait."""
    async with store.reading() as tx:
        return await count_waiting(tx, issue)


async def rates_in_force(store: Store, settings: Mapping[str, int]) -> dict[str, int]:
    """Letters a minute by scope: those of the settings, and what somebody set instead."""
    async with store.reading() as tx:
        rates = {**settings, **await tx.run_sync(read_rates)}
    return {scope: rate for scope, rate in sorted(rates.items()) if rate}


async def change_rate(
    store: Store, scope: str, per_minute: int | None, *, by: str, now: datetime
) -> None:
    """Set a rate for senders at work and to come; 0 lifts it, `None` goes back to the settings."""
    if per_minute is not None and per_minute < 0:
        raise InputError("a rate is a number of letters a minute, or 0 for no limit")
    async with store.writing() as tx:
        await set_rate(tx, scope, per_minute)
        await record_event(tx, "rate.changed", scope, actor=by, now=now, per_minute=per_minute)
