"""Where letters go: a relay, or the capture server of a newsroom that mails nobody."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from flows.domain.delivery import Outcome
from flows.mail.capture import CaptureServer, Outbox
from flows.mail.connection import Relay
from flows.mail.dialogue import Envelope, Letters
from flows.mail.line import LOOK_EVERY_SECONDS, Line, open_line
from flows.mail.outgoing import Outgoing

Oracle = Callable[[str, datetime], bool | None]
"""Whether a letter, by its Message-ID and the time it was begun, was taken; `None`: not known."""


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

    def was_accepted(self, message_id: str, *, begun_at: datetime) -> bool | None:
        """Whether the relay has taken this letter; `None` if nobody can tell."""
        return None if self.oracle is None else self.oracle(message_id, begun_at)


@asynccontextmanager
async def capture_transport(outbox: Outbox, *, connections: int) -> AsyncIterator[Transport]:
    """A real SMTP dialogue with a server of our own on loopback, which keeps every letter."""
    async with CaptureServer(outbox) as server:
        relay = Relay(host=server.host, port=server.port, security="none")
        yield Transport(
            relay=relay, connections=connections, oracle=lambda one, _: outbox.holds(one)
        )
