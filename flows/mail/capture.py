"""A mail server on loopback that puts every letter into a Maildir and sends it nowhere."""

import asyncio
import hashlib
import re
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session

from flows.domain.delivery import Doubt
from flows.mail.maildir import prepare_maildir, write_message

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]*>)", re.IGNORECASE | re.MULTILINE)


class Outbox:
    """A Maildir whose file names tell which letter they hold.

    A letter that was handed over twice would lie there twice: it hides nothing. As an oracle (see
    `Oracle`) it needs no patience: its server ends with the sender.
    """

    patience = timedelta(0)

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepare(self) -> None:
        """Make the three folders of a Maildir."""
        prepare_maildir(self.folder)

    def keep(self, letter: bytes, *, mail_from: str, rcpt_to: str) -> Path:
        """Write a letter; once this returns it survives a power cut."""
        found = MESSAGE_ID.search(letter)
        message_id = found.group(1).decode("ascii", "replace") if found else ""
        name = f"{time.time_ns()}.{_fingerprint(message_id)}.newsletter"
        trace = f"Return-Path: <{mail_from}>\r\nDelivered-To: {rcpt_to}\r\n".encode()
        return write_message(self.folder, name, trace + letter)

    def holds(self, message_id: str) -> bool:
        """Whether a letter with this Message-ID (with its angle brackets) was kept."""
        pattern = f"*.{_fingerprint(message_id)}.newsletter*"
        return any(next((self.folder / box).glob(pattern), None) for box in ("new", "cur"))

    def answer(
        self, doubts: Sequence[Doubt], *, witnesses: Mapping[str, datetime]
    ) -> dict[str, bool]:
        """Whether letters lie here, by Message-ID."""
        del witnesses
        return {doubt.message_id: self.holds(doubt.message_id) for doubt in doubts}

    def __len__(self) -> int:
        return sum(1 for box in ("new", "cur") for _ in (self.folder / box).glob("*"))


def _fingerprint(message_id: str) -> str:
    return hashlib.sha256(message_id.encode()).hexdigest()[:32]


class _Keeper:
    """Answers the final dot only when the letter is on disk."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep one copy for each recipient."""
        del server, session
        letter = envelope.original_content or b""
        for rcpt_to in envelope.rcpt_tos:
            self._outbox.keep(letter, mail_from=envelope.mail_from or "", rcpt_to=rcpt_to)
        return "250 2.0.0 kept in the outbox; nobody was mailed"


class CaptureServer:
    """The server, on a free port of loopback, for as long as the block lasts."""

    host = "127.0.0.1"
    port = 0

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._outbox.prepare()
        keeper = _Keeper(self._outbox)
        self._server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(keeper, hostname="localhost", ident="capture"), self.host, 0
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
