"""Names that somebody perhaps meant."""

from collections.abc import Collection, Iterable
from typing import Final

from rapidfuzz import fuzz, process

from flows.domain.errors import NotFoundError
from flows.domain.phrases import Phrase

LIKE_PERCENT: Final = 70
"""So alike are two names when one may have been mistyped."""


def suggest(name: str, known: Iterable[str]) -> str:
    """`Did you mean members? `, to begin a remedy with; nothing if no name is like it."""
    like = process.extractOne(name, list(known), scorer=fuzz.ratio, score_cutoff=LIKE_PERCENT)
    return f"Did you mean {like[0]}? " if like else ""


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
