"""Where letters go: a relay, or the capture server of a newsroom that mails nobody."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from flows.domain.delivery import Doubt, Outcome
from flows.mail.capture import CaptureServer, Outbox
from flows.mail.connection import Relay
from flows.mail.dialogue import Envelope, Letters
from flows.mail.line import LOOK_EVERY_SECONDS, Line, open_line
from flows.mail.outcomes import RelayRefusedError, RelayUnreachableError
from flows.mail.outgoing import Outgoing

LOG_LAG_SECONDS: Final = 1.0
"""What a relay does is in its log that much later."""


class Oracle(Protocol):
    """Somebody who knows what a relay took. Only letters of this machine's senders are asked."""

    @property
    def patience(self) -> timedelta:
        """How long after a doubt arose a letter of a dead sender may still be taken."""

    def answer(
        self, doubts: Sequence[Doubt], *, witnesses: Mapping[str, datetime]
    ) -> Mapping[str, bool]:
        """Whether letters were taken, by Message-ID; what is not known is missing.

        `witnesses` are letters that were, by Message-ID, with the times at which they were begun:
        who does not know them knows nothing.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """One relay and how many connections it gets; `oracle` knows what it took, if anybody does."""

    relay: Relay
    connections: int
    oracle: Oracle | None = None

    def line(self, letters: Letters) -> AbstractAsyncContextManager[Line]:
        """The connections of one sending, for as long as the block lasts."""
        return open_line(self.relay, letters, connections=self.connections)

    async def send(self, envelope: Envelope) -> Outcome:
        """Hand one letter over.

        Raises `RelayUnreachableError` or `RelayRefusedError`; then nothing was handed over.
        """
        outgoing = Outgoing()
        outgoing.add([envelope])
        async with self.line(outgoing) as line:
            await line.reach()
            while outgoing.open:
                line.wake(len(outgoing.ready))
                await outgoing.wait(enough=1, at_most_seconds=LOOK_EVERY_SECONDS)
        if line.trouble and not outgoing.answers:
            raise line.trouble
        ((_, outcome),) = outgoing.answers
        return outcome

    async def greet(self) -> None:
        """Connect, encrypt and log in as a letter would, without sending one."""
        async with self.line(Outgoing()) as line:
            await line.reach()

    async def ask(
        self, doubts: Sequence[Doubt], *, witnesses: Mapping[str, datetime]
    ) -> Mapping[str, bool]:
        """Which letters the relay took and which not, by Message-ID; the others nobody knows."""
        if self.oracle is None or not doubts:
            return {}
        if self.oracle.patience:
            # A log that says nothing since the letter may have ended; a visit gives it a line.
            with contextlib.suppress(RelayUnreachableError, RelayRefusedError):
                await self.greet()
            await asyncio.sleep(LOG_LAG_SECONDS)
        return await asyncio.to_thread(self.oracle.answer, doubts, witnesses=witnesses)


@asynccontextmanager
async def capture_transport(outbox: Outbox, *, connections: int) -> AsyncIterator[Transport]:
    """A real SMTP dialogue with a server of our own on loopback, which keeps every letter."""
    async with CaptureServer(outbox) as server:
        relay = Relay(host=server.host, port=server.port, security="none")
        yield Transport(relay=relay, connections=connections, oracle=outbox)
