"""Holding the rate at which letters leave."""

import asyncio
from collections.abc import Awaitable, Callable

LONGEST_WAIT_SECONDS = 10
"""A pause or a cancellation is looked for between groups, so none may wait for long."""

Sleep = Callable[[float], Awaitable[None]]


def group_size(width: int, *, per_minute: int | None) -> int:
    """How many letters leave at once, so that the wait after them stays short."""
    if per_minute is None:
        return width
    return max(1, min(width, per_minute * LONGEST_WAIT_SECONDS // 60))


async def keep_pace(
    letters: int, *, per_minute: int | None, took_seconds: float, sleep: Sleep = asyncio.sleep
) -> None:
    """Wait as long as `letters` at this rate still have to take; no rate is no wait.

    The wait comes after the letters, so that none is recorded as begun while it waits.
    """
    if per_minute:
        left_seconds = letters * 60 / per_minute - took_seconds
        if left_seconds > 0:
            await sleep(left_seconds)
