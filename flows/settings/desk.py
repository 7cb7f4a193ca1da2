"""The settings of the desk."""

from typing import Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator, model_validator

from flows.settings.section import LOOPBACK, Section


class OidcSettings(Section):
    """Signing in through a directory that speaks OpenID Connect."""

    issuer: str = Field("", description="address of the directory; empty: no such sign-in")
    client_id: str = Field("", description="the desk's name at the directory")
    client_secret: SecretStr | None = Field(
        None, description="its password there (environment only)"
    )
    name: str = Field("", description="what people call the directory")

    @model_validator(mode="after")
    def a_directory_knows_us(self) -> Self:
        """The directory is reached encrypted, and knows this desk by a name."""
        if self.issuer and not self.client_id:
            raise ValueError("`client_id` is missing")
        if self.issuer and not is_private(self.issuer):
            raise ValueError("`issuer` must begin with https://")
        return self


class DeskSettings(Section):
    """The pages for those who make the newsletter."""

    enabled: bool = Field(True, description="serve the desk at `/desk/` beside the public pages")
    base_url: str = Field("", description="its address if not that of `web.base_url`")
    timezone: str = Field("Europe/Paris", description="the zone in which the desk tells times")
    idle_minutes: int = Field(120, ge=5, description="a visit ends after resting so long")
    visit_hours: int = Field(12, ge=1, le=168, description="a visit ends after so long in all")
    review_link_days: int = Field(7, ge=1, le=60, description="how long a review link can be used")
    oidc: OidcSettings = OidcSettings()

    @field_validator("timezone")
    @classmethod
    def zones_are_known(cls, value: str) -> str:
        """As IANA names them."""
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("is no time zone, such as Europe/Brussels") from None
        return value

    @field_validator("base_url")
    @classmethod
    def visits_stay_private(cls, value: str) -> str:
        """A cookie that crossed a network in the clear would be anybody's."""
        if value and not is_private(value):
            raise ValueError("must begin with https://, but on this machine's own loopback")
        return value.rstrip("/")


def is_private(url: str) -> bool:
    """Whether nobody on the way to an address can read along."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
