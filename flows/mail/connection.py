"""One kept connection to a relay, which always knows how far a letter has come."""

import contextlib
import ssl
from dataclasses import dataclass
from typing import Literal

import aiosmtplib

from flows.domain.delivery import DeliveryState, Outcome
from flows.mail.outcomes import (
    RelayRefusedError,
    RelayUnreachableError,
    outcome_of,
    readable,
    turned_away,
)

CONNECT_TIMEOUT_SECONDS = 30
COMMAND_TIMEOUT_SECONDS = 300
DATA_TIMEOUT_SECONDS = 600
"""RFC 5321, section 4.5.3.2: a shorter patience at the final dot makes duplicates."""
QUIT_TIMEOUT_SECONDS = 5

FAULTS = (aiosmtplib.SMTPException, OSError, TimeoutError)
"""What the network and the client library raise; `ssl.SSLError` is an `OSError`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """How to reach a relay. TLS, once asked for, is verified and never given up."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"]
    username: str | None = None
    password: str | None = None
    hostname: str = "localhost"
    tls_context: ssl.SSLContext | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One letter on its way: one recipient, bytes with CRLF lines that need no dot-stuffing."""

    mail_from: str
    rcpt_to: str
    letter: bytes


class RelayConnection:
    """A connection that sends one letter after the other.

    After anything but a clean answer the connection is closed: a half-finished dialogue would
    put the next letter's commands under this one's answers.
    """

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self._smtp: aiosmtplib.SMTP | None = None

    async def send(self, envelope: Envelope) -> Outcome:
        """Hand one letter over.

        Raises `RelayUnreachableError` or `RelayRefusedError` when the trouble is not this
        letter's, and then nothing was handed over.
        """
        outcome = None
        try:
            outcome = await self._send(envelope, reused=self._smtp is not None)
        finally:
            # A refusal leaves the transaction open; a new connection is the surest reset.
            if outcome is None or outcome.state is not DeliveryState.ACCEPTED:
                self.drop()
        return outcome

    async def _send(self, envelope: Envelope, *, reused: bool) -> Outcome:
        smtp = await self._connected()
        try:
            early = await self._address(smtp, envelope)
        except (*FAULTS, RelayUnreachableError) as error:
            self.drop()
            # Relays end connections that idled or had many letters; that says nothing of this one.
            if reused:
                return await self._send(envelope, reused=False)
            if isinstance(error, RelayUnreachableError):
                raise
            return Outcome(state=DeliveryState.DEFERRED, reply=_words(error))
        return early or await self._hand_over(smtp, envelope.letter)

    async def greet(self) -> None:
        """Connect, encrypt and log in as a letter would, without sending one."""
        await self._connected()

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._smtp is not None and self._smtp.is_connected:
            return self._smtp
        relay = self.relay
        smtp = aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            use_tls=relay.security == "tls",
            start_tls=relay.security == "starttls",
            username=relay.username,
            password=relay.password,
            tls_context=relay.tls_context,
            local_hostname=relay.hostname,
            timeout=CONNECT_TIMEOUT_SECONDS,
        )
        try:
            await smtp.connect()
            await smtp.ehlo()
        except FAULTS as error:
            smtp.close()
            raise _trouble(relay, error) from None
        self._smtp = smtp
        return smtp

    async def _address(self, smtp: aiosmtplib.SMTP, envelope: Envelope) -> Outcome | None:
        """MAIL, RCPT and DATA; the outcome if the letter was turned away before its first byte."""
        for command in (
            f"MAIL FROM:<{envelope.mail_from}>",
            f"RCPT TO:<{envelope.rcpt_to}>",
            "DATA",
        ):
            verb = command.partition(" ")[0]
            answer = await smtp.execute_command(
                command.encode("ascii"), timeout=COMMAND_TIMEOUT_SECONDS
            )
            if answer.code // 100 == (3 if verb == "DATA" else 2):
                continue
            if verb == "MAIL":
                raise _trouble_of_answer(self.relay, answer.code, answer.message)
            return turned_away(answer.code, answer.message)
        return None

    async def _hand_over(self, smtp: aiosmtplib.SMTP, letter: bytes) -> Outcome:
        """The body and the final dot. From the first byte on, no answer means `unknown`."""
        protocol = smtp.protocol
        if protocol is None or not protocol.is_connected:
            return Outcome(state=DeliveryState.DEFERRED, reply="the connection was lost")
        try:
            protocol.write(letter + b".\r\n")
            answer = await protocol.read_response(timeout=DATA_TIMEOUT_SECONDS)
        except FAULTS as error:
            return Outcome(state=DeliveryState.UNKNOWN, reply=_words(error))
        return outcome_of(answer.code, answer.message)

    def drop(self) -> None:
        """Cut the connection; the next letter gets a new one."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    async def quit(self) -> None:
        """End the dialogue politely."""
        if self._smtp is not None and self._smtp.is_connected:
            with contextlib.suppress(*FAULTS):
                await self._smtp.quit(timeout=QUIT_TIMEOUT_SECONDS)
        self.drop()


def _trouble(relay: Relay, error: BaseException) -> RelayUnreachableError | RelayRefusedError:
    """Why a connection did not come about, and whether another try may mend it or a person must."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _trouble_of_answer(relay, error.code, error.message)
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return RelayRefusedError(str(relay), f"its certificate is not valid: {_words(error)}")
    if "AUTH extension" in str(error):
        return RelayRefusedError(str(relay), "it does not offer to log in")
    if "STARTTLS extension" in str(error):
        return RelayRefusedError(str(relay), "it does not offer STARTTLS")
    return RelayUnreachableError(str(relay), _words(error))


def _trouble_of_answer(
    relay: Relay, code: int, reply: str
) -> RelayUnreachableError | RelayRefusedError:
    """An answer to the connection, to AUTH or to MAIL concerns every letter alike."""
    kind = RelayRefusedError if code // 100 == 5 else RelayUnreachableError
    return kind(str(relay), f"{code} {reply}")


def _words(error: BaseException) -> str:
    return readable(f"{type(error).__name__}: {error}".rstrip(": "))
