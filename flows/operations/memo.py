"""Remembering what was found in the newsroom's files until one of them changes."""

import os
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from flows.domain.segment import SegmentState

Result = TypeVar("Result")


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
    """What was found out, each with the state of the files that it was found in."""

    _kept: dict[Hashable, tuple[str, Any]] = field(default_factory=dict)
    _locks: dict[Hashable, Lock] = field(default_factory=dict)

    def recall(self, subject: Hashable, *, state: str, find_out: Callable[[], Result]) -> Result:
        """What is remembered of a subject, or is found out now; two who ask at once do it once."""
        with self._locks.setdefault(subject, Lock()):
            known = self._kept.get(subject)
            if known is None or known[0] != state:
                known = (state, find_out())
                self._kept[subject] = known
            found: Result = known[1]
            return found


def mark_of(path: Path) -> tuple[int, int, int] | None:
    """What a file's state is known by: time of change, size, inode."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def state_of_files(folders: Iterable[Path]) -> str:
    """What differs as soon as a file in one of the folders, or below, does.

    Links to folders are not followed.
    """
    found, waiting = [], [*folders]
    while waiting:
        for entry in _entries(waiting.pop()):
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
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
