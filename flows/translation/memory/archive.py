"""The memory on disk: catalogues and imported files, each read again only when it has changed."""

import hashlib
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from flows.content.catalogue import Catalogue
from flows.content.naming import list_articles
from flows.content.pofiles import write_whole
from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.domain.segment import SegmentState
from flows.translation.memory.index import MemoryIndex
from flows.translation.memory.tmxreading import TmxFile
from flows.translation.memory.units import Unit, make_unit

log = structlog.get_logger(__name__)

IMPORTED: Final = "memory"
"""The folder beside the articles that holds imported files."""
VERSION: Final = 1
"""Of the files below `folder`; another one's are read anew."""

Mark = tuple[int, int, int]
"""What a file's state on disk is known by: time of change, size, inode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that units come from, and how they are read out of it."""

    path: Path
    read: Callable[[], list[Unit]]


class Archive:
    """Every approved translation of every article, and what was imported, by target language.

    `content` holds the articles. `folder` keeps what was read, so that the next process need not
    parse a catalogue that is as it was; whoever deletes it loses nothing but a moment.
    """

    def __init__(self, content: Path, *, source_language: Language, folder: Path) -> None:
        self.content = content
        self.source_language = source_language
        self.folder = folder
        self._read: dict[tuple[Path, Language], tuple[Mark, list[Unit]]] = {}
        self._indexes: dict[Language, tuple[list[Mark], MemoryIndex]] = {}

    @property
    def imported(self) -> Path:
        """Where imported files lie."""
        return self.content / IMPORTED

    def index(self, language: Language) -> MemoryIndex:
        """The units of a language as the files are now.

        A file that cannot be read is left out: one article's fault keeps no other waiting.
        """
        sources = [(mark, one) for one in self._sources(language) if (mark := _mark(one.path))]
        marks = [mark for mark, _ in sources]
        known = self._indexes.get(language)
        if known and known[0] == marks:
            return known[1]
        units = [unit for mark, one in sources for unit in self._units(one, mark, language)]
        # Of two approvals of one text the later one counts.
        index = MemoryIndex(sorted(units, key=lambda unit: unit.on))
        self._indexes[language] = marks, index
        return index

    def _sources(self, language: Language) -> Iterable[Source]:
        for slug in list_articles(self.content):
            path = self.content / slug / f"{language}.po"
            yield Source(path=path, read=partial(self._read_catalogue, path, language))
        for path in sorted(self.imported.glob("*.tmx")):
            yield Source(path=path, read=partial(self._read_tmx, path, language))

    def _units(self, source: Source, mark: Mark, language: Language) -> list[Unit]:
        known = self._read.get((source.path, language))
        if known is None or known[0] != mark:
            units = self._load(source.path, mark, language)
            if units is None:
                units = self._parse(source, mark, language)
            known = self._read[source.path, language] = mark, units
        return known[1]

    def _parse(self, source: Source, mark: Mark, language: Language) -> list[Unit]:
        try:
            units = source.read()
        except InputError as error:
            path = str(source.path.relative_to(self.content))
            log.warning("memory.skipped", path=path, language=language, reason=error.problem)
            return []
        self._save(source.path, mark, language, units)
        return units

    def _read_catalogue(self, path: Path, language: Language) -> list[Unit]:
        catalogue = Catalogue.load(path, language=language, source_language=self.source_language)
        return [
            make_unit(
                entry.key,
                entry.translation,
                place=path.parent.name,
                by=stamp.by if (stamp := entry.provenance.approval) else "",
                on=stamp.on.isoformat() if stamp else "",
            )
            for entry, state in catalogue.states()
            if state is SegmentState.APPROVED
        ]

    def _read_tmx(self, path: Path, language: Language) -> list[Unit]:
        file = TmxFile(path, source=self.source_language, targets=(language,))
        return [
            make_unit(row.key, text, place=path.name, imported=True)
            for row in file.rows()
            for text in row.translations.values()
        ]

    def _file(self, path: Path, language: Language) -> Path:
        name = f"{path.relative_to(self.content)} {language}"
        return self.folder / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.json"

    def _load(self, path: Path, mark: Mark, language: Language) -> list[Unit] | None:
        with suppress(OSError, ValueError, TypeError, KeyError):
            kept = json.loads(self._file(path, language).read_text(encoding="utf-8"))
            if kept["version"] == VERSION and kept["mark"] == list(mark):
                return [Unit(*row) for row in kept["units"]]
        return None

    def _save(self, path: Path, mark: Mark, language: Language, units: list[Unit]) -> None:
        kept = {"version": VERSION, "mark": mark, "units": units}
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self._file(path, language), json.dumps(kept, ensure_ascii=False))


def _mark(path: Path) -> Mark | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
