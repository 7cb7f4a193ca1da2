"""The settings of what comes back."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from flows.settings.section import Section


class ImapSettings(Section):
    """An IMAP mailbox that mail comes back to."""

    host: str = Field("", description="the IMAP server; empty: none is read")
    port: int = Field(993, gt=0, lt=65536, description="its port")
    security: Literal["tls", "starttls"] = Field("tls", description="verified, and never optional")
    username: str = Field("", description="account at the server")
    password: SecretStr | None = Field(None, description="its password (environment only)")
    folder: str = Field("INBOX", description="the folder that mail comes back to")
    handled: str = Field("Handled", description="the folder for what was read")

    @model_validator(mode="after")
    def a_server_needs_an_account(self) -> Self:
        """Nobody reads a mailbox without saying who they are."""
        if self.host and not (self.username and self.password):
            raise ValueError("`bounces.imap` needs `username` and `password`")
        return self


class ListenerSettings(Section):
    """A mail server of the newsroom's own, for a relay to hand over what comes back."""

    protocol: Literal["off", "lmtp", "smtp"] = Field(
        "off", description="what `newsletter up` listens for"
    )
    host: str = Field("127.0.0.1", description="address that it listens on")
    port: int = Field(8024, gt=0, lt=65536, description="its port")


class BouncesSettings(Section):
    """Where mail comes back to, and what follows from it."""

    maildir: Path | None = Field(None, description="a Maildir that mail comes back to")
    imap: ImapSettings = ImapSettings()
    listener: ListenerSettings = ListenerSettings()
    delete: bool = Field(False, description="delete what was read instead of keeping it apart")
    every_minutes: int = Field(5, ge=1, description="how often `newsletter up` looks")
    brake_percent: int = Field(
        10, ge=1, le=100, description="more hard bounces of an issue are held for a person"
    )

    @property
    def are_read(self) -> bool:
        """Whether there is any place where mail comes back to."""
        return bool(self.maildir or self.imap.host or self.listener.protocol != "off")
