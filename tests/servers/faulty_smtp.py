"""A mail server that misbehaves as it is told, and remembers every letter that it took."""

import asyncio
import base64
import re
import ssl
from collections import Counter
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal, Self

from tests.servers.acts import Accepted, Act, Moment, Phase, Script

LONGEST_BYTES = 64 << 20
DRIP_SECONDS = 0.4
MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]*>)", re.IGNORECASE | re.MULTILINE)


class FaultySmtp:
    """The server on a free port of loopback, for as long as the block lasts.

    `journal` is the truth about what was received, `clear` every byte that came unencrypted.
    """

    pipelining = False
    """Whether servers offer PIPELINING (RFC 2920)."""

    def __init__(
        self,
        script: Script = lambda _: None,
        *,
        tls_context: ssl.SSLContext | None = None,
        security: Literal["none", "starttls", "tls"] = "none",
        accounts: dict[str, str] | None = None,
    ) -> None:
        self.script = script
        self.tls_context = tls_context
        self.security = security
        self.accounts = accounts or {}
        self.journal: list[Accepted] = []
        self.clear = bytearray()
        self.connections = 0
        self.letters = 0
        self.logins: list[str] = []
        self.host, self.port = "127.0.0.1", 0
        self._server: asyncio.Server | None = None
        self._dialogues: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._welcome,
            self.host,
            0,
            limit=LONGEST_BYTES,
            ssl=self.tls_context if self.security == "tls" else None,
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
        for task in self._dialogues:
            task.cancel()
        await asyncio.gather(*self._dialogues, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    def copies(self) -> Counter[str]:
        """How many letters each recipient was accepted for."""
        return Counter(one.rcpt_to for one in self.journal)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._dialogues.add(task)
            task.add_done_callback(self._dialogues.discard)
        self.connections += 1
        dialogue = _Dialogue(self, reader, writer, number=self.connections)
        try:
            await dialogue.run()
        except (_HungUpError, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()


class _HungUpError(Exception):
    """The dialogue is over."""


class _Dialogue:
    """One connection, from its greeting to its end."""

    def __init__(
        self,
        server: FaultySmtp,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        number: int,
    ) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._number = number
        self._encrypted = server.security == "tls"
        self._mail_from = self._rcpt_to = ""
        self._has_sender = self._has_recipient = False
        self._letter = 0

    async def run(self) -> None:
        """Greet, then answer command after command."""
        await self._answer("connect", "220 faulty.test ESMTP")
        while line := await self._line():
            verb, _, rest = line.decode("latin-1").strip().partition(" ")
            match verb.upper():
                case "EHLO":
                    await self._answer("ehlo", self._extensions())
                case "STARTTLS":
                    await self._start_tls()
                case "AUTH":
                    await self._log_in(rest)
                case "DATA":
                    await self._take_letter()
                case "QUIT":
                    await self._say("221 2.0.0 bye")
                    return
                case other:
                    await self._take_envelope(other, rest)

    async def _take_envelope(self, verb: str, rest: str) -> None:
        if verb == "MAIL":
            self._mail_from = _address(rest)
            self._server.letters += 1
            self._letter = self._server.letters
            self._has_sender = await self._answer("mail", "250 2.1.0 sender ok")
            self._has_recipient = False
        elif verb == "RCPT" and self._has_sender:
            self._rcpt_to = _address(rest)
            self._has_recipient = await self._answer("rcpt", "250 2.1.5 recipient ok")
        elif verb == "RCPT":
            await self._say("503 5.5.1 MAIL first")
        else:
            self._has_sender = self._has_recipient = False
            await self._answer("rset", "250 2.0.0 ok")

    async def _answer(self, phase: Phase, usual: str) -> bool:
        """Say the usual or what the script wants; whether that was a positive answer."""
        moment = Moment(
            phase=phase, connection=self._number, letter=self._letter, rcpt_to=self._rcpt_to
        )
        act = self._server.script(moment) or Act()
        await act.wait()
        if act.drop and act.reply is None:
            raise _HungUpError
        reply = usual if act.reply is None else act.reply
        await self._say(reply)
        await self._end_if(act)
        return reply[:1] in {"2", "3", b"2", b"3"}

    async def _take_letter(self) -> None:
        if not self._has_recipient:
            await self._say("554 5.5.1 no valid recipients")
            return
        if not await self._answer("data", "354 go ahead"):
            return
        first = await self._reader.readline()
        text_at = datetime.now(UTC)
        self._note(first)
        moment = Moment(
            phase="body", connection=self._number, letter=self._letter, rcpt_to=self._rcpt_to
        )
        if self._server.script(moment):
            raise _HungUpError
        rest = await self._reader.readuntil(b"\r\n.\r\n")
        self._note(rest)
        await self._answer_dot(first + rest.removesuffix(b".\r\n"), text_at)

    async def _answer_dot(self, letter: bytes, text_at: datetime) -> None:
        moment = Moment(
            phase="dot", connection=self._number, letter=self._letter, rcpt_to=self._rcpt_to
        )
        act = self._server.script(moment) or Act(reply="250 2.0.0 queued")
        reply = act.reply if act.reply is not None else "250 2.0.0 queued"
        taken = reply[:1] in {"2", b"2"} if act.accept is None else act.accept
        if taken:
            found = MESSAGE_ID.search(letter)
            self._server.journal.append(
                Accepted(
                    message_id=found.group(1).decode() if found else "",
                    mail_from=self._mail_from,
                    rcpt_to=self._rcpt_to,
                    letter=letter.replace(b"\r\n..", b"\r\n."),
                    text_at=text_at,
                )
            )
        await act.wait()
        while act.drip:
            await self._say(act.drip)
            await asyncio.sleep(DRIP_SECONDS)
        if not (act.drop and act.reply is None):
            await self._say(reply)
        await self._end_if(act)

    async def _end_if(self, act: Act) -> None:
        if act.hang:
            await asyncio.Event().wait()
        if act.drop:
            raise _HungUpError

    async def _start_tls(self) -> None:
        if self._server.tls_context is None or self._server.security != "starttls":
            await self._say("502 5.5.1 no such command")
        elif await self._answer("starttls", "220 2.0.0 go ahead"):
            await self._writer.start_tls(self._server.tls_context)
            self._encrypted = True

    async def _log_in(self, rest: str) -> None:
        method, _, initial = rest.partition(" ")
        if method.upper() != "PLAIN":
            await self._say("504 5.5.4 only PLAIN")
            return
        _, user, password = _base64(initial).split("\0")
        if self._server.accounts.get(user) == password:
            if await self._answer("auth", "235 2.7.0 welcome"):
                self._server.logins.append(user)
        else:
            await self._say("535 5.7.8 wrong name or password")

    def _extensions(self) -> str:
        offers = ["faulty.test", "8BITMIME", "SIZE 50000000"]
        if self._server.security == "starttls" and not self._encrypted:
            offers.append("STARTTLS")
        if self._server.pipelining:
            offers.append("PIPELINING")
        if self._server.accounts and (self._encrypted or self._server.security == "none"):
            offers.append("AUTH PLAIN")
        lines = [f"250-{offer}" for offer in offers[:-1]]
        return "\r\n".join([*lines, f"250 {offers[-1]}"])

    async def _line(self) -> bytes:
        line = await self._reader.readline()
        self._note(line)
        return line

    async def _say(self, reply: str | bytes) -> None:
        data = f"{reply}\r\n".encode() if isinstance(reply, str) else reply
        self._writer.write(data)
        await self._writer.drain()

    def _note(self, data: bytes) -> None:
        if not self._encrypted:
            self._server.clear += data


def _address(rest: str) -> str:
    return rest.partition("<")[2].partition(">")[0]


def _base64(text: str) -> str:
    return base64.b64decode(text).decode()
