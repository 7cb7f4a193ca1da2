"""From an engine's name in the settings to the engine."""

from collections.abc import Callable, Mapping
from pathlib import Path

from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.translation.engines.argos import Argos
from flows.translation.engines.deepl import DeepL
from flows.translation.engines.google import Google
from flows.translation.engines.libretranslate import LibreTranslate
from flows.translation.engines.memory import Memory
from flows.translation.engines.mymemory import MyMemory
from flows.translation.engines.protocol import Engine
from flows.translation.engines.retries import RetryPolicy
from flows.translation.engines.terminology import Terms

ENGINE_NAMES = ("google", "libretranslate", "deepl", "mymemory", "argos", "memory")


def build_engine(
    name: str,
    *,
    url: str = "",
    api_key: str = "",
    timeout_seconds: float = 30.0,
    memory: Mapping[tuple[Language, str], str] | None = None,
    models: Path | None = None,
    retries: RetryPolicy | None = None,
    terms: Terms | None = None,
) -> Engine:
    """The engine of that name; the caller closes it. `terms` are for engines that take some.

    For `mymemory` the `api_key` is an address that the service may write to; `models` is where
    `argos` finds its own. Raises `InputError` for an unknown name and for a missing or malformed
    setting.
    """
    patience = retries or RetryPolicy()
    builders: dict[str, Callable[[], Engine]] = {
        "google": lambda: Google(url=url, timeout_seconds=timeout_seconds, retries=patience),
        "libretranslate": lambda: LibreTranslate(
            url=_require_url(url),
            api_key=api_key,
            timeout_seconds=timeout_seconds,
            retries=patience,
        ),
        "deepl": lambda: DeepL(
            api_key=_require_key(api_key),
            url=url,
            timeout_seconds=timeout_seconds,
            retries=patience,
            terms=terms,
        ),
        "mymemory": lambda: MyMemory(
            url=url, email=api_key, timeout_seconds=timeout_seconds, retries=patience
        ),
        "argos": lambda: Argos(
            models=models or Path("models"), timeout_seconds=timeout_seconds, retries=retries
        ),
        "memory": lambda: Memory(memory or {}),
    }
    if name not in builders:
        raise _unknown(name)
    return builders[name]()


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
        f"there is no engine called {name!r}",
        field="engine.name",
        remedy=f"choose one of {', '.join(ENGINE_NAMES)}",
    )
