"""How letters leave, who signs them, and whom they come from."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator

from flows.domain.language import parse_language
from flows.settings.domains import by_recipients_domain
from flows.settings.section import LOOPBACK, Section


class SmtpSettings(Section):
    """How letters leave."""

    mode: Literal["capture", "smtp"] = Field(
        "capture", description="`capture` into `var/outbox`, or `smtp` to the relay"
    )
    host: str = Field("127.0.0.1", description="the relay")
    port: int = Field(25, gt=0, lt=65536, description="the relay's port")
    security: Literal["none", "starttls", "tls"] = Field(
        "starttls", description="STARTTLS and TLS are verified and never optional"
    )
    username: str | None = Field(None, description="account at the relay")
    password: SecretStr | None = Field(None, description="its password (environment only)")
    connections: int = Field(10, ge=1, le=100, description="connections kept open at once")
    rate_per_minute: int | None = Field(
        None, gt=0, description="letters a minute at most; `newsletter rate` changes it at work"
    )
    domain_rates: dict[str, Annotated[int, Field(gt=0)]] = Field(
        {}, description="letters a minute at most to single recipient domains"
    )
    processes: int = Field(1, ge=1, le=16, description="sending processes for one issue")
    postfix_log: Path | None = Field(
        None, description="log of the Postfix on this machine that is the relay; it settles doubts"
    )
    postfix_timeout_seconds: int = Field(
        300, gt=0, description="`smtpd_timeout` of that Postfix; doubts wait a minute longer"
    )

    @field_validator("domain_rates")
    @classmethod
    def domains_are_those_of_envelopes(cls, value: dict[str, int]) -> dict[str, int]:
        """However somebody writes a domain, its letters are limited."""
        return by_recipients_domain(value)

    @field_validator("username", "password")
    @classmethod
    def password_needs_an_encrypted_connection(cls, value: Any, info: ValidationInfo) -> Any:
        """A password never crosses a network in the clear."""
        in_the_clear = info.data.get("security") == "none"
        if value and in_the_clear and info.data.get("host") not in LOOPBACK:
            raise ValueError("`smtp.security` must be starttls or tls when there is an account")
        return value

    @field_validator("postfix_log")
    @classmethod
    def a_log_here_is_of_a_relay_here(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        """The log of this machine's Postfix says nothing of letters that another relay took."""
        if value and info.data.get("host") not in LOOPBACK:
            raise ValueError("`smtp.host` must be this machine when its Postfix is asked")
        return value


class DkimSettings(Section):
    """Signing letters here, when the relay does not."""

    domain: str = Field("", description="the domain that signs; empty: no signatures")
    selector: str = Field("", description="where the RSA key is published")
    key_file: Path | None = Field(None, description="the RSA key (PEM)")
    ed25519_selector: str = Field("", description="where the Ed25519 key is published")
    ed25519_key_file: Path | None = Field(None, description="the Ed25519 key (PEM)")

    @property
    def keys(self) -> list[tuple[Path, str]]:
        """The files that are named, each with its selector."""
        named = [(self.key_file, self.selector), (self.ed25519_key_file, self.ed25519_selector)]
        return [(file, selector) for file, selector in named if file is not None]

    @model_validator(mode="after")
    def a_key_needs_its_names(self) -> Self:
        """A signature names the domain and the selector under which its key is published."""
        if self.keys and not self.domain:
            raise ValueError("`dkim.domain` is missing")
        if self.domain and not self.keys:
            raise ValueError("`dkim.key_file` is missing; make one: newsletter dkim new")
        if not all(selector for _, selector in self.keys):
            raise ValueError("each key needs its selector")
        return self


class SendingSettings(Section):
    """How an issue leaves."""

    undo_seconds: int = Field(0, ge=0, description="time to cancel before the first letter")
    first_wave: str = Field("", description="the list that gets an issue before all others")
    first_wave_minutes: int = Field(15, ge=0, description="by how much earlier")
    breaker_percent: int = Field(
        5, ge=1, le=100, description="more refusals among the last 100 letters pause the issue"
    )


class SenderIdentity(Section):
    """Who letters come from; empty fields of a language fall back to the section's."""

    name: str = Field("", description="the From name")
    address: str = Field("", description="the From address")
    reply_to: str = Field("", description="where answers go")
    list_id: str = Field("", description="the list's identifier (RFC 2919)")


class SenderSettings(SenderIdentity):
    """Who letters come from, for every language that has no words of its own."""

    name: str = Field("Efus", description="the From name")
    address: str = Field("newsletter@efus.example.org", description="the From address")
    bounce_domain: str = Field(
        "",
        pattern=r"^([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)?$",
        max_length=180,
        description="domain of return paths: each letter gets one of its own there",
    )
    languages: dict[str, SenderIdentity] = Field(
        default_factory=dict, description="overrides by language: `[sender.languages.nl]`"
    )

    @field_validator("languages")
    @classmethod
    def languages_are_tags(cls, value: dict[str, SenderIdentity]) -> dict[str, SenderIdentity]:
        """Languages are BCP 47 tags in their usual case."""
        return {parse_language(tag): identity for tag, identity in value.items()}
