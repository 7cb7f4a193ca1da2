"""Every setting, its type, its default and what it means.

`docs/settings.md` lists the same; a test compares them.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import (
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from flows.domain.language import Language, parse_language
from flows.settings.bounces import BouncesSettings
from flows.settings.desk import DeskSettings
from flows.settings.letter import LetterSettings
from flows.settings.mailing import DkimSettings, SenderSettings, SendingSettings, SmtpSettings
from flows.settings.newsroom import LogSettings, PrefectSettings
from flows.settings.people import PrivacySettings, RetentionSettings, SubscriptionSettings
from flows.settings.programs import ApiSettings, MetricsSettings, WebhooksSettings
from flows.settings.schedule import ScheduleSettings
from flows.settings.section import LOOPBACK, Section
from flows.settings.style import StyleSettings


class EngineSettings(Section):
    """Which machine-translation engine drafts."""

    name: str = Field(
        "google",
        description="the engine that drafts first: `google`, `libretranslate`, `deepl`, "
        "`mymemory`, `argos` (models on this machine) or `memory` (approved "
        "translations alone; works offline)",
    )
    url: str | None = Field(None, description="address of a LibreTranslate or DeepL server")
    api_key: SecretStr | None = Field(None, description="the engine's key (environment only)")
    timeout_seconds: float = Field(20.0, gt=0, description="patience for one whole answer")
    fallback: tuple[str, ...] = Field((), description="further engines to try, in order")

    @property
    def owner(self) -> str:
        """The engine that the address and the key are for."""
        names = (self.name, *self.fallback)
        return next((one for one in names if one in {"libretranslate", "deepl"}), self.name)

    models: Path = Field(Path("var/models"), description="folder of the models of `argos`")


class WebSettings(Section):
    """Where the public pages are."""

    base_url: str = Field(
        "http://127.0.0.1:8080",
        description="address in links of letters; unless set, this machine's `web.port`",
    )
    host: str = Field("127.0.0.1", description="address that the pages listen on")
    port: int = Field(8080, gt=0, lt=65536, description="their port")
    archive: bool = Field(True, description="issues for all or for public lists can be read by all")

    @model_validator(mode="before")
    @classmethod
    def links_follow_the_port(cls, written: Any) -> Any:
        """Without an address of their own, links lead to this machine's port."""
        if isinstance(written, dict) and "port" in written and "base_url" not in written:
            return written | {"base_url": f"http://127.0.0.1:{written['port']}"}
        return written


class ReviewSettings(Section):
    """The rules of approval."""

    two_people: bool = Field(True, description="the last editor of a language cannot approve it")
    language: Literal["fr", "en", "nl"] = Field(
        "en", description="the language in which findings are explained"
    )
    warnings: Literal["tell", "refuse"] = Field(
        "tell", description="whether warnings that nobody dismissed forbid approval"
    )


class Settings(BaseSettings):
    """All settings of one workspace."""

    model_config = SettingsConfigDict(
        env_prefix="NEWSLETTER_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    workspace: Path = Field(description="the folder that holds `newsletter.toml`")
    database_url: str = Field("", description="SQLite in `var/` unless set to a database URL")
    source_language: Language = Field(Language("fr"), description="the articles' language")
    target_languages: tuple[Language, ...] = Field(
        (Language("en"), Language("nl")),
        validate_default=True,
        description="the languages to translate into",
    )
    secret_key: SecretStr | None = Field(
        None, description="key of links and hashes; made in `var/secret.key` when absent"
    )
    link_key: SecretStr | None = Field(
        None, description="key that signs links, if it is another than `secret_key`"
    )
    previous_link_keys: SecretStr | None = Field(
        None, description="keys that still read links, between blanks; unset: `secret_key`"
    )
    engine: EngineSettings = EngineSettings()
    smtp: SmtpSettings = SmtpSettings()
    sending: SendingSettings = SendingSettings()
    dkim: DkimSettings = DkimSettings()
    sender: SenderSettings = SenderSettings()
    letter: LetterSettings = LetterSettings()
    bounces: BouncesSettings = BouncesSettings()
    web: WebSettings = Field(WebSettings(), validate_default=True)
    desk: DeskSettings = DeskSettings()
    subscription: SubscriptionSettings = SubscriptionSettings()
    retention: RetentionSettings = RetentionSettings()
    privacy: PrivacySettings = PrivacySettings()
    api: ApiSettings = ApiSettings()
    webhooks: WebhooksSettings = WebhooksSettings()
    metrics: MetricsSettings = MetricsSettings()
    review: ReviewSettings = ReviewSettings()
    style: StyleSettings = StyleSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    prefect: PrefectSettings = PrefectSettings()
    log: LogSettings = LogSettings()

    @field_validator("source_language", "target_languages", mode="after")
    @classmethod
    def languages_are_tags(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        """Languages are BCP 47 tags in their usual case."""
        if isinstance(value, str):
            return parse_language(value)
        return tuple(parse_language(tag) for tag in value)

    @field_validator("target_languages", mode="after")
    @classmethod
    def languages_are_told_apart(
        cls, value: tuple[Language, ...], info: ValidationInfo
    ) -> tuple[Language, ...]:
        """Each language has one catalogue and one edition."""
        languages = [info.data.get("source_language"), *value]
        twice = next((one for one in languages if languages.count(one) > 1), None)
        if twice:
            raise ValueError(f"{twice!r} is named twice, or is the source language")
        return value

    @field_validator("web", mode="after")
    @classmethod
    def real_letters_need_real_links(cls, value: WebSettings, info: ValidationInfo) -> WebSettings:
        """A relay of the outside world gets no letter whose links lead to this machine."""
        smtp = info.data.get("smtp", SmtpSettings())
        outside = smtp.mode == "smtp" and smtp.host not in LOOPBACK
        if outside and any(f"//{host}" in value.base_url for host in LOOPBACK):
            raise ValueError(
                "`base_url` must be the public pages' own address before real letters leave"
            )
        return value

    @property
    def languages(self) -> tuple[Language, ...]:
        """The source language, then the targets."""
        return (self.source_language, *self.target_languages)

    @property
    def desk_url(self) -> str:
        """The address of the desk's first page."""
        return f"{self.desk.base_url or self.web.base_url.rstrip('/')}/desk/"

    @property
    def content(self) -> Path:
        """The articles."""
        return self.workspace / "content"

    @property
    def models(self) -> Path:
        """The models that run here; `~` is the user's home."""
        return self.workspace / self.engine.models.expanduser()

    @property
    def var(self) -> Path:
        """What the program itself writes."""
        return self.workspace / "var"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over `.env`, which wins over what `read_settings` hands over."""
        del file_secret_settings
        dotenv = InitSettingsSource(settings_cls, init_kwargs=_ours(dotenv_settings()))
        return env_settings, dotenv, init_settings


def _ours(written: dict[str, Any]) -> dict[str, Any]:
    """What `.env` says to this program; the variables of others there are not ours to judge."""
    return {
        key: value
        for key, value in written.items()
        if key in Settings.model_fields or key.startswith("newsletter_")
    }
