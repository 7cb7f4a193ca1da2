"""Reading a workspace's settings, with errors that say where the mistake is."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsError

from flows.domain.errors import InputError, NotFoundError
from flows.settings.model import Section, Settings

SETTINGS_FILE = "newsletter.toml"
SECRETS = {("engine", "api_key"), ("smtp", "password"), ("secret_key",)}


def find_workspace(named: Path | None) -> Path:
    """The workspace: `named`, or `NEWSLETTER_WORKSPACE`, or the current directory.

    Raises `NotFoundError` if there is no `newsletter.toml` in it.
    """
    folder = (named or Path(os.environ.get("NEWSLETTER_WORKSPACE") or ".")).resolve()
    if not (folder / SETTINGS_FILE).is_file():
        raise NotFoundError(
            f"no {SETTINGS_FILE} here, so this is no workspace",
            path=folder,
            remedy="Make one with `newsletter init DIR`, or name one: `newsletter --workspace DIR`.",
        )
    return folder


def read_settings(workspace: Path) -> Settings:
    """The settings of `workspace`. Raises `InputError` naming file, key and remedy."""
    path = workspace / SETTINGS_FILE
    written = _read_toml(path)
    _refuse_secrets(written, path)
    written.pop("workspace", None)
    dotenv = workspace / ".env"
    try:
        return Settings(
            workspace=workspace,
            **written,
            _env_file=dotenv if dotenv.is_file() else None,
            _secrets_dir=os.environ.get("NEWSLETTER_SECRETS_DIR"),
        )
    except ValidationError as error:
        raise _explain(error, path) from None
    except SettingsError as error:
        raise InputError(
            f"{error}",
            remedy="A list in an environment variable is JSON: NEWSLETTER_TARGET_LANGUAGES='[\"en\"]'",
        ) from None


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        line = re.search(r"line (\d+)", str(error))
        raise InputError(
            f"is not valid TOML: {error}",
            path=path,
            line=int(line.group(1)) if line else None,
            remedy="Mend that line; `docs/settings.md` shows every setting.",
        ) from None


def _refuse_secrets(written: dict[str, Any], path: Path) -> None:
    for keys in SECRETS:
        value: Any = written
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        if value:
            variable = "NEWSLETTER_" + "__".join(keys).upper()
            raise InputError(
                "a secret does not belong in this file",
                path=path,
                field=".".join(keys),
                remedy=f"Set the environment variable {variable}, or put it in `.env`.",
            )


def _explain(error: ValidationError, path: Path) -> InputError:
    """The first mistake, in the words of the file or variable where it was written."""
    mistake = error.errors(include_url=False, include_input=False, include_context=False)[0]
    keys = [str(part) for part in mistake["loc"]]
    variable = "NEWSLETTER_" + "__".join(keys).upper()
    from_environment = any(name.upper() == variable for name in os.environ)
    problem = mistake["msg"].removeprefix("Value error, ")
    if mistake["type"] == "extra_forbidden":
        problem = "there is no such setting"
    return InputError(
        problem,
        path=Path(variable) if from_environment else path,
        line=None if from_environment else _line_of(keys[-1], path),
        field=".".join(keys),
        remedy="`docs/settings.md` lists every setting with its values.",
    )


def _line_of(key: str, path: Path) -> int | None:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if re.match(rf"\s*\[?[\w.]*\b{re.escape(key)}\b", line):
            return number
    return None


def reveal(secret: SecretStr | None) -> str | None:
    """The secret's text, for the adapter that needs it."""
    return secret.get_secret_value() if secret else None


def sections() -> dict[str, type[Section]]:
    """The tables of `newsletter.toml` by name."""
    return {
        name: field.annotation
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
    }
