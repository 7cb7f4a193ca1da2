"""Where a setting was written: in a variable, in `.env` or in `newsletter.toml`."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

SETTINGS_FILE = "newsletter.toml"
DOTENV_FILE = ".env"
PREFIX = "NEWSLETTER_"
TABLE = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
KEY = re.compile(r"\s*([\w.\"'\s-]+?)\s*=")
ASSIGNMENT = re.compile(r"\s*(?:export\s+)?(\w+)\s*=")


class Place(NamedTuple):
    """A file with its line (1-based), or a variable in the path's stead."""

    path: Path
    line: int | None


def variable_of(keys: Sequence[str]) -> str:
    """The environment variable of a setting: `smtp`, `host` → `NEWSLETTER_SMTP__HOST`."""
    return PREFIX + "__".join(keys).upper()


def place_of(keys: Sequence[str], workspace: Path) -> Place:
    """Where the setting, or the innermost table around it, has its value from."""
    for depth in range(len(keys), 0, -1):
        if place := place_of_variable(variable_of(keys[:depth]), workspace):
            return place
    toml = workspace / SETTINGS_FILE
    # A machine that sends along has no file: there the variable is what is missing.
    return place_in_file(keys, toml) if toml.is_file() else Place(Path(variable_of(keys)), None)


def place_in_file(keys: Sequence[str], toml: Path) -> Place:
    """The line of the setting in `newsletter.toml`, or of the innermost table around it."""
    lines = _lines_of_keys(toml)
    written = (tuple(keys[:depth]) for depth in range(len(keys), 0, -1))
    return Place(toml, next((lines[path] for path in written if path in lines), None))


def place_of_variable(variable: str, workspace: Path) -> Place | None:
    """Where a variable is set, if it is."""
    if any(name.upper() == variable for name in os.environ):
        return Place(Path(variable), None)
    dotenv = workspace / DOTENV_FILE
    line = _lines_of_variables(dotenv).get(variable)
    return Place(dotenv, line) if line else None


def place_of_value(value: str, *, field: str, workspace: Path) -> Place:
    """The variable of a top-level setting or of one of its own, from which `value` comes."""
    start = variable_of([field])
    for name, text in os.environ.items():
        if name.upper().startswith(start) and text == value:
            return Place(Path(name), None)
    dotenv = workspace / DOTENV_FILE
    lines = _lines_of_variables(dotenv)
    return Place(dotenv, next((lines[name] for name in lines if name.startswith(start)), None))


def _lines_of_variables(dotenv: Path) -> dict[str, int]:
    if not dotenv.is_file():
        return {}
    text = dotenv.read_text(encoding="utf-8", errors="replace")
    return {
        found[1].upper(): number
        for number, line in enumerate(text.splitlines(), start=1)
        if (found := ASSIGNMENT.match(line))
    }


def _lines_of_keys(toml: Path) -> dict[tuple[str, ...], int]:
    table: tuple[str, ...] = ()
    lines: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(toml.read_text(encoding="utf-8").splitlines(), start=1):
        if found := TABLE.match(line):
            table = _parts(found[1])
            lines.setdefault(table, number)
        elif found := KEY.match(line):
            lines.setdefault((*table, *_parts(found[1])), number)
    return lines


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip(" \t\"'") for part in dotted.split("."))
