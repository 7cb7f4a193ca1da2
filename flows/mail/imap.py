"""An IMAP mailbox that mail comes back to, over verified TLS."""

import imaplib
import re
import ssl
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final, Literal

from imap_tools import BaseMailBox, ImapToolsError, MailBox, MailboxLoginError, MailBoxStartTls

from flows.domain.errors import InputError, NotDoneError, TransientError
from flows.domain.phrases import Phrase
from flows.mail.bounds import LARGEST_BYTES
from flows.mail.boxes import Arrival
from flows.mail.outcomes import readable

TIMEOUT_SECONDS: Final = 60
SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
FETCH: Final = f"(RFC822.SIZE BODY.PEEK[]<0.{LARGEST_BYTES}>)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapBox:
    """One folder of an account. What was read is deleted, or moved to the folder `handled`.

    `tls_context` trusts whom this machine trusts unless another is given.
    """

    host: str
    port: int
    security: Literal["tls", "starttls"]
    username: str
    password: str
    folder: str
    handled: str
    delete: bool = False
    tls_context: ssl.SSLContext | None = None

    @property
    def name(self) -> str:
        """What a person calls it."""
        return f"imap {self.host}"

    def open(self) -> "OpenImap":
        """Connect, encrypt and log in.

        Raises `NotDoneError` for what a person must mend, `TransientError` for what may pass.
        """
        with self.faults():
            mailbox = self._connect()
            try:
                self._enter(mailbox)
                uids = deque(mailbox.uids("ALL", charset=None))
            except BaseException:
                mailbox.client.shutdown()
                raise
            return OpenImap(box=self, mailbox=mailbox, uids=uids)

    def _connect(self) -> BaseMailBox:
        context = self.tls_context or ssl.create_default_context()
        kind = MailBox if self.security == "tls" else MailBoxStartTls
        return kind(self.host, self.port, timeout=TIMEOUT_SECONDS, ssl_context=context)

    def _enter(self, mailbox: BaseMailBox) -> None:
        if f"{self.username}{self.password}".isascii():
            mailbox.login(self.username, self.password, initial_folder=None)
        else:
            mailbox.login_utf8(self.username, self.password, initial_folder=None)
        if not self.delete and not mailbox.folder.exists(self.handled):
            mailbox.folder.create(self.handled)
        mailbox.folder.set(self.folder)

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Turn what the server and the network say into the product's words."""
        try:
            yield
        except MailboxLoginError:
            raise NotDoneError(
                Phrase("{name} refuses the login", name=self.name),
                waiting_for=("mend bounces.imap.username and its password",),
            ) from None
        except ssl.SSLCertVerificationError as error:
            raise NotDoneError(
                Phrase(
                    "{name} cannot prove who it is: {reason}",
                    name=self.name,
                    reason=error.verify_message,
                ),
                waiting_for=("mend bounces.imap.host, or the server's certificate",),
            ) from None
        except imaplib.IMAP4.abort as error:
            raise TransientError(
                Phrase("{name} broke off: {reason}", name=self.name, reason=readable(str(error)))
            ) from None
        except (ImapToolsError, imaplib.IMAP4.error, ValueError) as error:
            raise InputError(
                Phrase("{name} says no: {reason}", name=self.name, reason=readable(str(error))),
                field="bounces.imap",
                remedy="Are the folders' names right? Some servers want INBOX.Handled.",
            ) from None
        except OSError as error:
            raise TransientError(
                Phrase("{name} cannot be reached: {reason}", name=self.name, reason=str(error))
            ) from None


@dataclass(kw_only=True)
class OpenImap:
    """The messages that a folder held when it was opened, and the connection to it."""

    box: ImapBox
    mailbox: BaseMailBox
    uids: deque[str]

    def take(self, at_most: int) -> list[Arrival]:
        """The next messages; those that somebody took away meanwhile are left out."""
        arrivals: list[Arrival] = []
        with self.box.faults():
            while self.uids and len(arrivals) < at_most:
                if arrival := self._fetch(self.uids.popleft()):
                    arrivals.append(arrival)
        return arrivals

    def _fetch(self, uid: str) -> Arrival | None:
        status, answer = self.mailbox.client.uid("FETCH", uid, FETCH)
        # Whoever deleted it meanwhile has left an empty answer.
        parts = [part for part in answer if isinstance(part, tuple)]
        if status != "OK" or not parts:
            return None
        ((described, raw), *_) = parts
        after = b"".join(part for part in answer if isinstance(part, bytes))
        size = SIZE.search(described) or SIZE.search(after)
        return Arrival(name=uid, raw=raw, size_bytes=int(size[1]) if size else len(raw))

    def put_away(self, arrivals: Sequence[Arrival]) -> None:
        """Move them, or delete them."""
        uids = [arrival.name for arrival in arrivals]
        with self.box.faults():
            if self.box.delete:
                self.mailbox.delete(uids)
            else:
                self.mailbox.move(uids, self.box.handled)

    def close(self) -> None:
        """Say goodbye; a server that is gone needs none."""
        with suppress(ImapToolsError, imaplib.IMAP4.error, OSError):
            self.mailbox.logout()
