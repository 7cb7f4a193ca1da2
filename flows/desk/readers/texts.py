"""The words of the public pages, in the reader's language."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from flows.domain.language import choose_edition

FILE: Final = Path("public", "strings.toml")
ENGLISH: Final = "en"
Tables = Mapping[str, Mapping[str, str]]


def page_texts(folders: Sequence[Path], language: str, *, page: str) -> dict[str, str]:
    """The words of a page, all in one language: `language` tells which.

    It is the one wanted, or its parent, if its table has every text of the page; otherwise English.
    Texts of one page begin with its name, those of all pages with `base`.
    """
    tables = _tables(tuple((folder / FILE, _changed_at(folder / FILE)) for folder in folders))
    english = tables[ENGLISH]
    needed = [key for key in english if key.startswith(("base_", f"{page}_"))]
    complete = [tag for tag, table in tables.items() if all(key in table for key in needed)]
    chosen = choose_edition([language], editions=complete) or ENGLISH
    return {**{key: tables[chosen][key] for key in needed}, "language": chosen}


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=4)
def _tables(files: tuple[tuple[Path, int], ...]) -> Tables:
    """All tables; those of the workspace, which comes first, go before the packaged ones.

    A file is read again when it has changed.
    """
    tables: dict[str, dict[str, str]] = {}
    for path, changed_at in reversed(files):
        if changed_at:
            for tag, texts in tomllib.loads(path.read_text(encoding="utf-8")).items():
                tables[tag] = {**tables.get(tag, {}), **texts}
    return tables
