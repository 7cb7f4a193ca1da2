"""The settings of other programs: those that ask the newsroom, and those that it tells."""

import base64
from typing import Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from flows.settings.section import LOOPBACK, Section

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = range(24, 65)
"""What the Standard Webhooks specification allows."""
LONGEST_URL: Final = 500


class ApiSettings(Section):
    """The HTTP interface for programs with a token."""

    enabled: bool = Field(True, description="serve `/api/v1` beside the desk")
    calls_per_minute: int = Field(120, ge=1, le=100_000, description="of each token at most")


class MetricsSettings(Section):
    """Numbers for programs that watch the newsroom."""

    token: SecretStr | None = Field(None, description="opens `/metrics` (environment only)")


class WebhooksSettings(Section):
    """The programs that are told what happens."""

    urls: tuple[str, ...] = Field((), description="the addresses to tell")
    secret: SecretStr | None = Field(None, description="signs what is told (environment only)")
    allow_private: bool = Field(False, description="also addresses within this network, over https")

    @field_validator("urls")
    @classmethod
    def nobody_reads_along(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """What is told leaves encrypted, or not at all; each address once."""
        for url in value:
            _require_sound(url)
        if len(set(value)) < len(value):
            raise ValueError("an address is named twice")
        return value

    @field_validator("secret")
    @classmethod
    def secrets_are_secret(cls, value: SecretStr | None) -> SecretStr | None:
        """Long enough, and written as the specification says."""
        if value is not None:
            secret_bytes(value.get_secret_value())
        return value


def _require_sound(url: str) -> None:
    if " " in url or not _can_be_asked(url):
        raise ValueError("this is no address: https, a name, perhaps a port and a path")
    parts = urlsplit(url)
    loopback = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or loopback):
        raise ValueError("an address must begin with https://, but on this machine's own loopback")
    if parts.username is not None or parts.fragment or len(url) > LONGEST_URL:
        raise ValueError("an address holds no password and no fragment, and up to 500 characters")


def _can_be_asked(url: str) -> bool:
    """Whether an address is one to whoever will ask it."""
    # Only newsrooms that tell others wait for its import.
    import httpx

    try:
        httpx.URL(url)
        return urlsplit(url).port != 0
    except (httpx.InvalidURL, ValueError):
        return False


def secret_bytes(written: str) -> bytes:
    """The key that a secret stands for. Raises `ValueError` for what is none."""
    try:
        key = base64.b64decode(written.removeprefix(PREFIX), validate=True)
    except ValueError:
        key = b""
    if not written.startswith(PREFIX) or len(key) not in SECRET_BYTES:
        raise ValueError(
            "is not whsec_ and 24 to 64 bytes in base64; make one: newsletter webhooks secret"
        )
    return key
