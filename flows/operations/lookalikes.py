"""Names that somebody perhaps meant."""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from rapidfuzz import fuzz, process

from flows.domain.errors import NotFoundError
from flows.domain.phrases import Phrase

LIKE_PERCENT: Final = 70
"""So alike are two names when one may have been mistyped."""


def suggest(name: str, known: Iterable[str]) -> str:
    """`Did you mean members? `, to begin a remedy with; nothing if no name is like it."""
    like = likest(name, known)
    return f"Did you mean {like}? " if like else ""


def likest(name: str, known: Iterable[str]) -> str:
    """The name that is most like it, whatever the capitals; nothing if none is."""
    like = process.extractOne(
        name, list(known), scorer=fuzz.ratio, processor=str.casefold, score_cutoff=LIKE_PERCENT
    )
    return like[0] if like else ""


def likest_file(reference: str, folder: Path) -> str:
    """The file of an article's folder, but its texts, whose name is most like an address.

    `%20` is a space in it. Nothing if no name is like it, or the folder is gone.
    """
    try:
        names = [path.name for path in folder.iterdir() if path.suffix not in {".md", ".po"}]
    except OSError:
        return ""
    return likest(unquote(reference), names)


def require_lists(
    names: Iterable[str], known: Collection[str], *, advice: str = "", field: str | None = None
) -> None:
    """Raise `NotFoundError` for the first name that no list has.

    It says which list was perhaps meant, which there are and, as `advice`, what else would help.
    """
    for name in sorted(set(names) - set(known)):
        lists = ", ".join(known) or "none yet"
        raise NotFoundError(
            Phrase("there is no list {name!r}", name=name),
            field=field,
            remedy=f"{suggest(name, known)}Lists: {lists}. {advice}".rstrip(),
        )
