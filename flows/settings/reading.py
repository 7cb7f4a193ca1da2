"""Reading a workspace's settings, with errors that say where the mistake is."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsError

from flows.domain.errors import InputError, NotFoundError
from flows.settings.model import Settings
from flows.settings.places import (
    DOTENV_FILE,
    PREFIX,
    SETTINGS_FILE,
    place_in_file,
    place_of,
    place_of_value,
    variable_of,
)

SECRETS_VARIABLE = "NEWSLETTER_SECRETS_DIR"
REMEDY = "`docs/settings.md` lists every setting with its values."
SECRETS = {
    ("bounces", "imap", "password"),
    ("desk", "oidc", "client_secret"),
    ("engine", "api_key"),
    ("prefect", "api_key"),
    ("prefect", "auth"),
    ("smtp", "password"),
    ("webhooks", "secret"),
    ("secret_key",),
    ("link_key",),
    ("previous_link_keys",),
}


def named_workspace(named: Path | None) -> Path:
    """The folder that is to be the workspace, whatever is in it."""
    return (named or Path(os.environ.get("NEWSLETTER_WORKSPACE") or ".")).resolve()


def find_workspace(named: Path | None, *, bare: bool = False) -> Path:
    """The workspace: `named`, or `NEWSLETTER_WORKSPACE`, or the current directory.

    Raises `NotFoundError` if there is no `newsletter.toml` in it, unless it may be `bare`.
    """
    folder = named_workspace(named)
    if not (bare or (folder / SETTINGS_FILE).is_file()):
        raise NotFoundError(
            f"no {SETTINGS_FILE} here, so this is no workspace",
            path=folder,
            remedy="Make one: `newsletter init DIR`. Or name one: `newsletter --workspace DIR`.",
        )
    return folder


def read_settings(workspace: Path) -> Settings:
    """The settings of `workspace`, of the environment alone if it has no file.

    Raises `InputError` naming file or variable, key and remedy.
    """
    path, dotenv = workspace / SETTINGS_FILE, workspace / DOTENV_FILE
    written = _read_toml(path) if path.is_file() else {}
    _refuse_secrets(written, workspace)
    _add_secret_files(written)
    written["workspace"] = workspace
    try:
        settings = Settings(**written, _env_file=dotenv if dotenv.is_file() else None)
    except ValidationError as error:
        raise _explain(error, workspace) from None
    except SettingsError as error:
        raise _unreadable_value(error, workspace) from None
    except UnicodeDecodeError:
        raise InputError("is not UTF-8", path=dotenv, remedy="Save it again as UTF-8.") from None
    # The environment's workspace is for those who name none.
    return settings.model_copy(update={"workspace": workspace})


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


def _refuse_secrets(written: dict[str, Any], workspace: Path) -> None:
    for keys in SECRETS:
        value: Any = written
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        if value:
            path, line = place_in_file(keys, workspace / SETTINGS_FILE)
            raise InputError(
                "a secret does not belong in this file",
                path=path,
                line=line,
                field=".".join(keys),
                remedy=f"Set the environment variable {variable_of(keys)}, or put it in `.env`.",
            )


def _add_secret_files(written: dict[str, Any]) -> None:
    """Take secrets from the files of `NEWSLETTER_SECRETS_DIR`, each named as its variable."""
    named = os.environ.get(SECRETS_VARIABLE)
    if not named:
        return
    try:
        files = {file.name.upper(): file for file in Path(named).iterdir()}
        for keys in SECRETS:
            if file := files.get(variable_of(keys)):
                *tables, key = keys
                table: Any = written
                for name in tables:
                    table = table.setdefault(name, {}) if isinstance(table, dict) else None
                if isinstance(table, dict):  # the model says what is wrong with any other
                    table[key] = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"secrets cannot be read: {error}",
            path=Path(SECRETS_VARIABLE),
            remedy="Name a folder with one file for each secret, or leave it out.",
        ) from None


def _explain(error: ValidationError, workspace: Path) -> InputError:
    """The first mistake, in the words of the file or variable where it was written."""
    mistake = error.errors(include_url=False, include_input=False, include_context=False)[0]
    keys = [str(part) for part in mistake["loc"]]
    problem = mistake["msg"].removeprefix("Value error, ")
    if mistake["type"] == "extra_forbidden":
        problem = "there is no such setting"
    if len(keys) == 1 and keys[0].upper().startswith(PREFIX):
        keys = keys[0][len(PREFIX) :].split("__")
    path, line = place_of(keys, workspace)
    return InputError(problem, path=path, line=line, field=".".join(keys), remedy=REMEDY)


def _unreadable_value(error: SettingsError, workspace: Path) -> InputError:
    """A variable that should hold JSON and does not."""
    field = re.search(r'field "(\w+)"', str(error))
    name = field[1] if field else ""
    value = getattr(error.__cause__, "doc", "")
    path, line = place_of_value(value, field=name, workspace=workspace)
    return InputError(
        "is not JSON",
        path=path,
        line=line,
        field=name,
        remedy="A list in a variable is JSON: NEWSLETTER_TARGET_LANGUAGES='[\"en\"]'",
    )


def reveal(secret: SecretStr | None) -> str | None:
    """The secret's text, for the adapter that needs it."""
    return secret.get_secret_value() if secret else None
