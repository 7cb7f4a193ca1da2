"""Files that came through the desk, kept until they are imported or forgotten."""

import re
import secrets
import shutil
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from flows.domain.errors import InputError, NotFoundError
from flows.domain.phrases import Phrase

MOST_BYTES: Final = 50 * 1024 * 1024
SUFFIXES: Final = {".csv", ".txt", ".tsv", ".xlsx"}
KEPT: Final = timedelta(hours=6)
TOKEN: Final = re.compile(r"[\w-]{22}")
LONGEST_NAME: Final = 80


class Uploads:
    """A folder of lists that wait for a decision, each for whoever brought it alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(
        self, owner: int, name: str, content: AsyncIterator[bytes], *, now: datetime
    ) -> str:
        """Keep a file; its token. Forgotten ones are removed.

        Raises `InputError` for what is no list, or too large.
        """
        self._sweep(now)
        safe = safe_name(name)
        if Path(safe).suffix.lower() not in SUFFIXES:
            raise InputError(
                Phrase("{name!r} is no list", name=safe),
                field="file",
                remedy="Save it as CSV or XLSX.",
            )
        token = secrets.token_urlsafe(16)
        place = self._place(owner, token)
        place.mkdir(mode=0o700, parents=True)
        size = 0
        with (place / safe).open("xb") as file:
            async for piece in content:
                size += len(piece)
                if size > MOST_BYTES:
                    break
                file.write(piece)
        if not 0 < size <= MOST_BYTES:
            shutil.rmtree(place)
            most = MOST_BYTES // 1024**2
            problem = (
                Phrase("{name!r} is larger than {most} MB", name=safe, most=most)
                if size
                else Phrase("{name!r} is empty", name=safe)
            )
            raise InputError(problem, field="file")
        return token

    def find(self, owner: int, token: str) -> Path:
        """The file that somebody brought. Raises `NotFoundError` for another's, or none."""
        place = self._place(owner, token)
        found = [*place.glob("*")] if TOKEN.fullmatch(token) else []
        if not found:
            raise NotFoundError("there is no such file any more: choose it again")
        return found[0]

    def forget(self, owner: int, token: str) -> None:
        """Remove a file."""
        self.find(owner, token)
        shutil.rmtree(self._place(owner, token))

    def _place(self, owner: int, token: str) -> Path:
        return self._folder / f"{owner}-{token}"

    def _sweep(self, now: datetime) -> None:
        before = (now - KEPT).timestamp()
        for place in self._folder.glob("*-*"):
            if place.stat().st_mtime < before:
                shutil.rmtree(place, ignore_errors=True)


def safe_name(written: str) -> str:
    """The last part of a file's name, without anything that means something to a system."""
    last = re.split(r"[/\\]", written)[-1]
    kept = re.sub(r"[^\w .()+-]", "_", last).strip(" .") or "list"
    stem, dot, suffix = kept.rpartition(".")
    return f"{stem[:LONGEST_NAME]}{dot}{suffix[:10]}"
