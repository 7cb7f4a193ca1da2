"""The settings of a newsroom that is up: its orchestrator, its log, its upkeep."""

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from flows.settings.desk import is_private
from flows.settings.section import Section


class PrefectSettings(Section):
    """The orchestrator: one that `newsletter up` runs itself, or another one."""

    host: str = Field("127.0.0.1", description="address that Prefect's server listens on")
    port: int = Field(4200, gt=0, lt=65536, description="its port")
    history_days: int = Field(
        90, ge=1, description="how long its server keeps runs that are over, and their logs"
    )
    api_url: str = Field("", description="another Prefect server or Prefect Cloud; empty: our own")
    api_key: SecretStr | None = Field(None, description="key for Prefect Cloud (environment only)")
    auth: SecretStr | None = Field(
        None, description="`user:password` for another server (environment only)"
    )
    runner: bool = Field(
        True, description="`newsletter up` runs the flows; otherwise workers of a pool do"
    )

    @field_validator("api_url")
    @classmethod
    def an_api_has_an_address(cls, value: str) -> str:
        """As Prefect writes it, with `/api` at the end or within."""
        parts = urlsplit(value)
        if value and not (parts.scheme in {"http", "https"} and parts.hostname and parts.path):
            raise ValueError("is no address of a Prefect API, such as http://prefect:4200/api")
        return value.rstrip("/")

    @model_validator(mode="after")
    def keys_stay_private(self) -> Self:
        """A key for Prefect Cloud crosses no network in the clear; workers need a server."""
        if self.api_key and self.api_url and not is_private(self.api_url):
            raise ValueError("a key is sent to an `api_url` that begins with https:// alone")
        if not self.runner and not self.api_url:
            raise ValueError("`runner = false` needs an `api_url`, which workers listen to")
        return self


class LogSettings(Section):
    """What `newsletter up` writes of its work."""

    form: Literal["plain", "json"] = Field("plain", description="lines to read, or JSON")
