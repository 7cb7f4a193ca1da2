"""The fixed texts of letters and the links of their foot, one table per language."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from flows.domain.errors import InputError
from flows.domain.language import choose_edition
from flows.domain.phrases import Phrase
from flows.mail.toml import line_in_toml, read_toml

TEXTS: Final = Path("email", "strings.toml")
FALLBACK_LANGUAGE: Final = "en"
EVERY: Final = "every"
"""The table of what holds for each language that says nothing else in the same file."""
SOCIAL: Final = "social"
"""The table, within a language's, of names and addresses."""
WEB_ADDRESS: Final = re.compile(r"https://[^\s<>\"]+")


def read_texts(folders: Sequence[Path], *, language: str, file: Path = TEXTS) -> dict[str, str]:
    """The fixed texts of the language, of its parent, or else English; `language` says which.

    `file` is one of those of texts. What a workspace's leaves out stands as in the packaged one.
    """
    chosen, entries = _entries(folders, language=language, file=file)
    return {**{key: text for key, text in entries.items() if key != SOCIAL}, "language": chosen}


def read_social(folders: Sequence[Path], *, language: str) -> dict[str, str]:
    """The links of the foot in their order: the name that is read, and its address."""
    _, entries = _entries(folders, language=language, file=TEXTS)
    return dict(entries.get(SOCIAL, {}))


def _entries(
    folders: Sequence[Path], *, language: str, file: Path
) -> tuple[str, Mapping[str, Any]]:
    read = [_checked(folder / file) for folder in reversed(folders)]
    tags = {tag for tables in read for tag in tables} - {EVERY}
    chosen = choose_edition([language, FALLBACK_LANGUAGE], editions=tags)
    if chosen is None:
        raise InputError(
            Phrase(
                "there are no fixed texts in {language} or {fallback}",
                language=language,
                fallback=FALLBACK_LANGUAGE,
            ),
            path=folders[0] / file,
            remedy=f"Add a table [{language}].",
        )
    found: dict[str, Any] = {}
    for tables in read:
        found |= {**tables.get(EVERY, {}), **tables.get(chosen, {})}
    return chosen, found


def _checked(path: Path) -> Mapping[str, Any]:
    tables = read_toml(path)
    for tag, entries in tables.items():
        if not isinstance(entries, dict):
            raise InputError("only tables such as [fr] belong here", path=path, field=tag)
        for key, entry in entries.items():
            if key == SOCIAL and isinstance(entry, dict):
                _check_links(entry, table=f"{tag}.{SOCIAL}", path=path)
            elif not isinstance(entry, str):
                line = line_in_toml(path, tag, key)
                raise InputError(
                    "a fixed text is written in quotes", path=path, line=line, field=key
                )
    return tables


def _check_links(links: Mapping[str, Any], *, table: str, path: Path) -> None:
    for name, address in links.items():
        if not (isinstance(address, str) and WEB_ADDRESS.fullmatch(address)):
            raise InputError(
                Phrase("{address!r} is no address that begins with https://", address=address),
                path=path,
                line=line_in_toml(path, table, name),
                field=f"{table}.{name}",
            )
