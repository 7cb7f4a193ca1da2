"""From an engine's name in the settings to the engine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.translation.engines.argos import Argos
from flows.translation.engines.deepl import DeepL
from flows.translation.engines.google import Google
from flows.translation.engines.libretranslate import LibreTranslate
from flows.translation.engines.memory import Memory
from flows.translation.engines.mymemory import MyMemory
from flows.translation.engines.protocol import Engine
from flows.translation.engines.retries import RetryPolicy
from flows.translation.engines.terminology import Terms


class _Service(TypedDict):
    timeout_seconds: float
    retries: RetryPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """What engines may be given; each takes what it has use for.

    For `mymemory` the `api_key` is an address that the service may write to; `models` is where
    `argos` finds its own, `memory` what `memory` knows; `terms` are for engines that take some.
    """

    url: str = ""
    api_key: str = ""
    timeout_seconds: float = 30.0
    memory: Mapping[tuple[Language, str], str] = field(default_factory=dict)
    models: Path = Path("models")
    retries: RetryPolicy | None = None
    terms: Terms | None = None

    @property
    def service(self) -> _Service:
        """What every engine on the network takes."""
        return {"timeout_seconds": self.timeout_seconds, "retries": self.retries or RetryPolicy()}


def build_engine(name: str, options: EngineOptions) -> Engine:
    """The engine of that name; the caller closes it.

    Raises `InputError` for an unknown name and for a missing or malformed setting.
    """
    if name not in BUILDERS:
        raise _unknown(name)
    return BUILDERS[name](options)


def _google(options: EngineOptions) -> Engine:
    return Google(url=options.url, **options.service)


def _libretranslate(options: EngineOptions) -> Engine:
    url = _require_url(options.url)
    return LibreTranslate(url=url, api_key=options.api_key, **options.service)


def _deepl(options: EngineOptions) -> Engine:
    key = _require_key(options.api_key)
    return DeepL(api_key=key, url=options.url, terms=options.terms, **options.service)


def _mymemory(options: EngineOptions) -> Engine:
    return MyMemory(url=options.url, email=options.api_key, **options.service)


def _argos(options: EngineOptions) -> Engine:
    return Argos(
        models=options.models, timeout_seconds=options.timeout_seconds, retries=options.retries
    )


def _memory(options: EngineOptions) -> Engine:
    return Memory(options.memory)


BUILDERS: Mapping[str, Callable[[EngineOptions], Engine]] = {
    "google": _google,
    "libretranslate": _libretranslate,
    "deepl": _deepl,
    "mymemory": _mymemory,
    "argos": _argos,
    "memory": _memory,
}
ENGINE_NAMES = tuple(BUILDERS)


def _require_url(url: str) -> str:
    if not url:
        raise InputError(
            "LibreTranslate needs the address of a server",
            field="engine.url",
            remedy="set engine.url in newsletter.toml, for example http://127.0.0.1:5000",
        )
    return url


def _require_key(api_key: str) -> str:
    if not api_key:
        raise InputError(
            "DeepL needs the key of an account",
            field="engine.api_key",
            remedy="set NEWSLETTER_ENGINE__API_KEY in the environment or in .env",
        )
    return api_key


def _unknown(name: str) -> InputError:
    return InputError(
        Phrase("there is no engine called {name!r}", name=name),
        field="engine.name",
        remedy=f"choose one of {', '.join(ENGINE_NAMES)}",
    )
