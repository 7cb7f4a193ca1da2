"""A mail server for what comes back: a relay hands it over by LMTP (RFC 2033) or SMTP."""

import asyncio
import secrets
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Literal

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from flows.mail.maildir import prepare_maildir, write_message

log = structlog.get_logger()

LARGEST_MESSAGE_BYTES: Final = 10 * 1024 * 1024
SILENCE_SECONDS: Final = 120


class _Door:
    """Takes mail for one domain; answers the final dot only when it is on disk."""

    def __init__(self, folder: Path, *, domain: str) -> None:
        self._folder = folder
        self._domain = domain.lower()

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],
    ) -> str:
        """Refuse what is not for us, so that nobody takes this for a relay."""
        del server, session
        if self._domain and address.rpartition("@")[2].lower() != self._domain:
            return "550 5.7.1 this server takes only what comes back to its own domain"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 2.1.5 ok"

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep one copy for each recipient, with the address that it came to."""
        del session
        answers = [await self._answer(address, envelope) for address in envelope.rcpt_tos]
        # LMTP answers once for each recipient. What is handed over again counts once.
        return "\r\n".join(answers) if isinstance(server, LMTP) else max(answers)

    async def _answer(self, address: str, envelope: Envelope) -> str:
        try:
            await asyncio.to_thread(self._keep, address, envelope)
        except OSError as error:
            log.warning("returned.not_kept", why=error.strerror)
            return "452 4.3.1 it cannot be kept now"
        return "250 2.0.0 kept"

    def _keep(self, address: str, envelope: Envelope) -> None:
        sender = (envelope.mail_from or "").strip("<>")
        trace = f"Return-Path: <{sender}>\r\nDelivered-To: {address}\r\n"
        name = f"{time.time_ns()}.{secrets.token_hex(8)}.newsletter"
        write_message(self._folder, name, trace.encode() + (envelope.original_content or b""))


@asynccontextmanager
async def listening(
    entrance: socket.socket,
    folder: Path,
    *,
    protocol: Literal["lmtp", "smtp"],
    domain: str,
) -> AsyncIterator[None]:
    """Take mail on a listening socket into a Maildir, for as long as the block lasts.

    Only mail to `domain` is taken; to any if that is empty.
    """
    prepare_maildir(folder)
    door, kind = _Door(folder, domain=domain), LMTP if protocol == "lmtp" else SMTP
    server = await asyncio.get_running_loop().create_server(
        lambda: kind(
            door,
            data_size_limit=LARGEST_MESSAGE_BYTES,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="newsletter",
            timeout=SILENCE_SECONDS,
        ),
        sock=entrance,
    )
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()
