"""Remembering what was measured of a language until a file changes that it depends on."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from flows.domain.article import Slug
from flows.domain.language import Language
from flows.domain.segment import SegmentState


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
    """Measures with the state of the files that they were made from."""

    _kept: dict[tuple[Slug, Language], tuple[str, Measure]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def recall(
        self, slug: Slug, language: Language, *, state: str, measure: Callable[[], Measure]
    ) -> Measure:
        """What is remembered, or what `measure` finds now; two who ask at once measure once."""
        with self._lock:
            known = self._kept.get((slug, language))
            if known is None or known[0] != state:
                known = (state, measure())
                self._kept[slug, language] = known
            return known[1]


def mark_of(path: Path) -> tuple[int, int, int] | None:
    """What a file's state is known by: time of change, size, inode."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def state_of_files(folders: Iterable[Path]) -> str:
    """What differs as soon as a file in one of the folders, or one level below, does."""
    found = []
    for folder in folders:
        for entry in _entries(folder):
            if entry.is_dir():
                found += [_state(one) for one in _entries(Path(entry.path)) if one.is_file()]
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
