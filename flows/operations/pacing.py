"""Holding the rate at which letters leave."""

import asyncio
from collections.abc import Awaitable, Callable

Sleep = Callable[[float], Awaitable[None]]


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
