"""Reaching a relay: connection, encryption and log-in, ready for a dialogue."""

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import aiosmtplib

from flows.domain.phrases import Phrase
from flows.mail.dialogue import Dialogue, Letters, Patience
from flows.mail.outcomes import RelayRefusedError, RelayUnreachableError, readable
from flows.mail.outgoing import Outgoing

CONNECT_TIMEOUT_SECONDS = 30

FAULTS = (aiosmtplib.SMTPException, OSError, TimeoutError)
"""What the network and the client library raise; `ssl.SSLError` is an `OSError`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """How to reach a relay. TLS, once asked for, is verified and never given up."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"]
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    hostname: str = "localhost"
    tls_context: ssl.SSLContext | None = None
    patience: Patience = field(default_factory=Patience)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Connection:
    """A connection whose dialogue can begin; the client library keeps the socket's other end."""

    def __init__(self, smtp: aiosmtplib.SMTP, dialogue: Dialogue) -> None:
        self.dialogue = dialogue
        self._smtp = smtp

    @property
    def certificate(self) -> dict[str, Any] | None:
        """The other end's, verified; `None` where nothing is encrypted."""
        transport = self._smtp.transport
        secured = transport.get_extra_info("ssl_object") if transport else None
        return secured.getpeercert() if secured else None

    def close(self) -> None:
        """Let the socket go."""
        self._smtp.close()


async def connect(relay: Relay, letters: Letters) -> Connection:
    """A connection to the relay, encrypted and logged in as the settings ask.

    Raises `RelayUnreachableError` when another try may help, else `RelayRefusedError`.
    """
    smtp = aiosmtplib.SMTP(
        hostname=relay.host,
        port=relay.port,
        use_tls=relay.security == "tls",
        start_tls=relay.security == "starttls",
        username=relay.username,
        password=relay.password,
        tls_context=relay.tls_context,
        local_hostname=relay.hostname,
        timeout=min(CONNECT_TIMEOUT_SECONDS, relay.patience.command_seconds),
    )
    try:
        await smtp.connect()
        await smtp.ehlo()
    except FAULTS as error:
        smtp.close()
        raise _trouble(relay, error) from None
    except BaseException:
        smtp.close()
        raise
    dialogue = Dialogue(
        letters, pipelining=smtp.supports_extension("pipelining"), patience=relay.patience
    )
    transport = smtp.transport
    if transport is None:
        raise RelayUnreachableError(str(relay), "the connection was lost")
    transport.set_protocol(dialogue)
    dialogue.connection_made(transport)
    return Connection(smtp, dialogue)


async def certificate_ends(relay: Relay) -> datetime | None:
    """Until when the relay's certificate is good; `None` where nothing is encrypted.

    Raises what `connect` raises.
    """
    connection = await connect(relay, Outgoing())
    try:
        certificate = connection.certificate
    finally:
        connection.close()
    if certificate is None:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)


def _trouble(relay: Relay, error: BaseException) -> RelayUnreachableError | RelayRefusedError:
    """Why a connection did not come about, and whether another try may mend it or a person must."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return trouble_of_answer(relay, error.code, error.message)
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return RelayRefusedError(
            str(relay), Phrase("its certificate is not valid: {reason}", reason=_words(error))
        )
    if "AUTH extension" in str(error):
        return RelayRefusedError(str(relay), "it does not offer to log in")
    if "STARTTLS extension" in str(error):
        return RelayRefusedError(str(relay), "it does not offer STARTTLS")
    return RelayUnreachableError(str(relay), _words(error))


def trouble_of_answer(
    relay: Relay, code: int, reply: str
) -> RelayUnreachableError | RelayRefusedError:
    """An answer to the connection, to AUTH or to MAIL concerns every letter alike."""
    kind = RelayRefusedError if code // 100 == 5 else RelayUnreachableError
    return kind(str(relay), f"{code} {reply}")


def _words(error: BaseException) -> str:
    return readable(f"{type(error).__name__}: {error}".rstrip(": "))
