"""Editors' TOML files, with the lines that their mistakes stand in."""

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from flows.domain.errors import InputError

HEADER = re.compile(r"\s*\[\s*([^\[\]#]+?)\s*\]\s*(?:#.*)?")


def read_toml(path: Path) -> Mapping[str, Any]:
    """The tables of a file, empty if there is none. Raises `InputError` with the line at fault."""
    if not path.exists():
        return {}
    try:
        return _parse(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise InputError("this is not UTF-8", path=path) from error
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        raise InputError(str(error), path=path, line=int(found[1]) if found else None) from error


@lru_cache(maxsize=32)
def _parse(source: str) -> Mapping[str, Any]:
    """Letters are composed again and again from the same files, which nobody changes here."""
    return tomllib.loads(source)


def line_in_toml(path: Path, table: str, key: str) -> int | None:
    """The line (1-based) of a key of a table, or of the table's head; `None` if neither stands."""
    within, head = "", None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if header := HEADER.fullmatch(line):
            within = header[1]
            head = number if within == table else head
        elif within == table and re.match(rf"\s*\"?{re.escape(key)}\"?\s*=", line):
            return number
    return head
