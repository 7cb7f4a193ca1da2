"""The way out by the settings: the relay or the capture server, and how it is used."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta

from flows.mail.capture import Outbox
from flows.mail.connection import Relay
from flows.mail.postfix import PostfixLog
from flows.mail.transport import Transport, capture_transport
from flows.operations.addressing import Departure
from flows.operations.sending import Manners
from flows.settings.model import Settings
from flows.settings.reading import reveal
from flows.store.paces import RELAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """What hands letters over, and when, as the settings have it."""

    settings: Settings

    @property
    def mail_domain(self) -> str:
        """The domain of Message-IDs and of the return path."""
        sender = self.settings.sender
        return sender.bounce_domain or sender.address.rpartition("@")[2]

    @property
    def mail_from(self) -> str:
        """The return path of letters outside an issue."""
        sender = self.settings.sender
        return f"bounces@{sender.bounce_domain}" if sender.bounce_domain else sender.address

    @property
    def outbox(self) -> Outbox:
        """Where the `capture` mode keeps letters."""
        return Outbox(self.settings.var / "outbox")

    def transport(
        self, *, connections: int | None = None
    ) -> AbstractAsyncContextManager[Transport]:
        """The way out, the relay or the capture server; with the connections of the settings."""
        smtp = self.settings.smtp
        connections = connections or smtp.connections
        if smtp.mode == "capture":
            return capture_transport(self.outbox, connections=connections)
        transport = Transport(
            relay=self.relay(), connections=connections, oracle=self.postfix_log()
        )
        return nullcontext(transport)

    def postfix_log(self) -> PostfixLog | None:
        """What this machine's Postfix took, if it is the relay and its log is known."""
        smtp = self.settings.smtp
        if smtp.mode == "capture" or smtp.postfix_log is None:
            return None
        return PostfixLog(
            self.settings.workspace / smtp.postfix_log,
            patience=timedelta(seconds=smtp.postfix_timeout_seconds) + timedelta(minutes=1),
        )

    @property
    def doubts_last(self) -> timedelta | None:
        """How long after a doubt arose the relay can settle it, if it can."""
        log = self.postfix_log()
        return log.patience if log else None

    def relay(self) -> Relay:
        """The relay of the settings."""
        smtp = self.settings.smtp
        return Relay(
            host=smtp.host,
            port=smtp.port,
            security=smtp.security,
            username=smtp.username,
            password=reveal(smtp.password),
            hostname=self.mail_domain,
        )

    def departure(self) -> Departure:
        """When the letters of an issue may leave."""
        sending = self.settings.sending
        return Departure(
            undo=timedelta(seconds=sending.undo_seconds),
            first_wave=sending.first_wave,
            head_start=timedelta(minutes=sending.first_wave_minutes),
            zone=self.settings.desk.timezone,
        )

    def manners(self) -> Manners:
        """How much may be asked of the relay."""
        smtp = self.settings.smtp
        relay = {RELAY: smtp.rate_per_minute} if smtp.rate_per_minute else {}
        return Manners(
            rates={**smtp.domain_rates, **relay},
            breaker_percent=self.settings.sending.breaker_percent,
        )
