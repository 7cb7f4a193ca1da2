"""Where letters go: a relay, or the capture server of a newsroom that mails nobody."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from flows.domain.delivery import Outcome
from flows.domain.errors import NewsletterError
from flows.mail.capture import CaptureServer, Outbox
from flows.mail.connection import Envelope, Relay, RelayConnection

Result = Outcome | NewsletterError
"""What became of a letter, or why nothing was handed over."""


class Transport(Protocol):
    """Hands letters over and, where it can, says later whether one had arrived."""

    @property
    def width(self) -> int:
        """How many letters are on their way at once, at most."""

    async def send(self, envelopes: Sequence[Envelope]) -> list[Result]:
        """Hand up to `width` letters over at once; one result for each, in order."""

    async def was_accepted(self, message_id: str) -> bool | None:
        """Whether the relay has taken this letter; `None` if it cannot be asked."""


class SmtpTransport:
    """Kept connections to one relay, one letter on each at a time."""

    def __init__(
        self,
        relay: Relay,
        *,
        connections: int,
        accepted: Callable[[str], bool] | None = None,
    ) -> None:
        self._connections = [RelayConnection(relay) for _ in range(connections)]
        self._accepted = accepted

    @property
    def width(self) -> int:
        """One letter for each connection."""
        return len(self._connections)

    async def send(self, envelopes: Sequence[Envelope]) -> list[Result]:
        """Hand the letters over, each on its own connection."""
        pairs = zip(self._connections, envelopes, strict=False)
        return await asyncio.gather(*(_send(*pair) for pair in pairs))

    async def was_accepted(self, message_id: str) -> bool | None:
        """Ask whoever keeps what the relay took, if anybody does."""
        return None if self._accepted is None else self._accepted(message_id)

    async def close(self) -> None:
        """End every dialogue politely."""
        await asyncio.gather(*(connection.quit() for connection in self._connections))


async def _send(connection: RelayConnection, envelope: Envelope) -> Result:
    try:
        return await connection.send(envelope)
    except NewsletterError as error:
        return error


@asynccontextmanager
async def smtp_transport(relay: Relay, *, connections: int) -> AsyncIterator[SmtpTransport]:
    """A transport to a relay, closed at the end of the block."""
    transport = SmtpTransport(relay, connections=connections)
    try:
        yield transport
    finally:
        await transport.close()


@asynccontextmanager
async def capture_transport(outbox: Outbox, *, connections: int) -> AsyncIterator[SmtpTransport]:
    """A real SMTP dialogue with a server of our own on loopback, which keeps every letter."""
    async with CaptureServer(outbox) as server:
        relay = Relay(host=server.host, port=server.port, security="none")
        transport = SmtpTransport(relay, connections=connections, accepted=outbox.holds)
        try:
            yield transport
        finally:
            await transport.close()
