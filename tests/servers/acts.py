"""What a misbehaving mail server is told to do, when, and what it remembers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Phase = Literal[
    "connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "body", "dot", "rset"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Where a dialogue is. `connection` and `letter` count from 1, over the server's whole life."""

    phase: Phase
    connection: int
    letter: int
    rcpt_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What to do instead of the usual: wait, say something else, cut the connection.

    `accept` says whether a letter at its final dot is taken; otherwise the reply's class tells.
    With `hang` nothing follows the reply: the connection stays open and silent. A `drip` comes
    instead of a reply, again and again.
    """

    reply: str | bytes | None = None
    drop: bool = False
    hang: bool = False
    drip: bytes = b""
    delay_seconds: float = 0.0
    wait_for: asyncio.Event | None = None
    accept: bool | None = None

    async def wait(self) -> None:
        """Do what comes before the reply."""
        await asyncio.sleep(self.delay_seconds)
        if self.wait_for is not None:
            await self.wait_for.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """One letter that the server took responsibility for."""

    message_id: str
    mail_from: str
    rcpt_to: str
    letter: bytes
    text_at: datetime


Script = Callable[[Moment], Act | None]
