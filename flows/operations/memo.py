"""Remembering what was found in the newsroom's files until one of them changes."""

import os
from collections.abc import Callable, Hashable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar

from flows.domain.segment import SegmentState

Result = TypeVar("Result")
EDITIONS_KEPT: Final = 48
"""How many rendered editions are remembered: a digest's has hundreds of kilobytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How far a language has come as it is on disk: its passages by state, its edition's digest."""

    counts: Mapping[SegmentState, int]
    digest: str

    @property
    def segments(self) -> int:
        """How many passages there are."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Memo:
    """What was found out, each with the state of the files that it was found in.

    With `at_most`, only so many subjects are remembered: those asked for last.
    """

    at_most: int | None = None
    _kept: dict[Hashable, tuple[str, Any]] = field(default_factory=dict)
    _locks: dict[Hashable, Lock] = field(default_factory=dict)

    def recall(self, subject: Hashable, *, state: str, find_out: Callable[[], Result]) -> Result:
        """What is remembered of a subject, or is found out now; two who ask at once do it once."""
        with self._locks.setdefault(subject, Lock()):
            known = self._kept.pop(subject, None)
            if known is None or known[0] != state:
                known = (state, find_out())
            self._kept[subject] = known
            self._forget()
            found: Result = known[1]
            return found

    def _forget(self) -> None:
        """Let go of what was asked for longest ago: dictionaries keep their order."""
        while self.at_most is not None and len(self._kept) > self.at_most:
            with suppress(StopIteration, RuntimeError):  # another thread forgets, too
                self._kept.pop(next(iter(self._kept)), None)


def mark_of(path: Path) -> tuple[int, int, int] | None:
    """What a file's state is known by: time of change, size, inode."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def state_of_files(folders: Iterable[Path]) -> str:
    """What differs as soon as a file in one of the folders, or below, does.

    Links to folders are followed right in these, where articles and themes are looked for, and
    nowhere below: no link that leads back goes on for ever.
    """
    found: list[str] = []
    waiting = [(folder, True) for folder in folders]
    while waiting:
        folder, follows = waiting.pop()
        for entry in _entries(folder):
            if entry.is_dir(follow_symlinks=follows):
                waiting.append((Path(entry.path), False))
            else:
                found.append(_state(entry))
    return "\n".join(sorted(found))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _state(entry: os.DirEntry[str]) -> str:
    try:
        stat = entry.stat()
    except FileNotFoundError:  # gone since it was listed
        return entry.path
    return f"{entry.path} {stat.st_mtime_ns} {stat.st_size} {stat.st_ino}"
