"""Dismissals of what no catalogue has: findings in the French, and in a letter as a whole.

They lie beside the article in `dismissed.txt`, one a line, and hold for exactly what was seen:

    fr: repeated Anneke 2026-11-22 3f2a9c01
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from flows.content.facts import Dismissal
from flows.domain.errors import InputError
from flows.domain.language import Language

NAME = "dismissed.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dismissals:
    """The dismissals in an article's folder, by language."""

    path: Path
    known: tuple[tuple[Language, Dismissal], ...]

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Those there are. Raises `InputError` with the line that is none."""
        path = folder / NAME
        if not path.exists():
            return cls(path=path, known=())
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        known = (_read(line, number, path=path) for number, line in enumerate(lines, start=1))
        return cls(path=path, known=tuple(one for one in known if one))

    def find(self, language: Language, check: str, digest: str) -> Dismissal | None:
        """Who let this very finding stand."""
        wanted = language, check, digest
        return next(
            (one for tag, one in self.known if (tag, one.check, one.digest) == wanted), None
        )

    def add(self, language: Language, dismissal: Dismissal) -> None:
        """Writes one more line, on disk before the call returns."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{language}: {dismissal}\n")
            file.flush()
            os.fsync(file.fileno())


def _read(line: str, number: int, *, path: Path) -> tuple[Language, Dismissal] | None:
    if not line.strip():
        return None
    language, _, words = line.partition(":")
    dismissal = Dismissal.parse(words.strip())
    if dismissal is None:
        raise InputError(
            "this is no dismissal",
            path=path,
            line=number,
            remedy="Delete the line, and dismiss the finding again: newsletter dismiss",
        )
    return Language(language.strip()), dismissal
