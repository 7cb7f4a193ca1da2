"""The memory and other people's: bringing a TMX file in, writing one, and looking up a text."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from flows.content.differences import diff_words
from flows.domain.errors import InputError, NotDoneError, NotFoundError
from flows.domain.files import require_file
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.domain.segment import SegmentKey
from flows.operations.library import Library
from flows.translation.memory.index import MemoryIndex
from flows.translation.memory.tmxreading import TmxFile, read_origin
from flows.translation.memory.tmxwriting import TmxUnit, TmxVariant, is_ours, write_tmx
from flows.translation.memory.units import Unit

SUGGESTION_PERCENT: Final = 60.0
"""What is less like the text than this helps nobody."""
SUGGESTIONS: Final = 5
PRODUCT: Final = "efus-newsletter"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryImport:
    """What an import took: units by language, and how many others it left out by the reason.

    `replaced` tells that an earlier import of the same name is gone.
    """

    path: Path
    replaced: bool
    units: dict[Language, int]
    left_out: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A unit like a text; `differs` shows the words in which their sources do not agree."""

    unit: Unit
    percent: int
    differs: str


def import_memory(library: Library, file: Path, *, now: datetime) -> MemoryImport:
    """Take the units of a TMX file into the workspace, in a file of its own that can be deleted.

    The file streams through: its size is limited by the disk alone. One of the same name that was
    imported before is replaced. Raises `InputError` where it is no TMX, has nothing for us, or
    would take the place of one with another name.
    """
    require_file(file)
    path = _shelf(library, file)
    replaced = path.exists()
    reading = TmxFile(file, source=library.source_language, targets=library.target_languages)
    units: Counter[Language] = Counter()

    def pass_on() -> Iterator[TmxUnit]:
        for row in reading.rows():
            units.update(row.translations.keys())
            variants = {tag: TmxVariant(text=text) for tag, text in row.translations.items()}
            yield TmxUnit(key=row.key, variants=variants, place=file.name)
        if not units:
            raise InputError(
                Phrase(
                    "the memory has no translation from {source_language} into {known}",
                    source_language=library.source_language,
                    known=" or ".join(library.target_languages),
                ),
                path=file,
                remedy="Its languages stand in the attributes xml:lang of its tuv elements.",
            )

    write_tmx(path, pass_on(), source=library.source_language, now=now, version=version(PRODUCT))
    return MemoryImport(
        path=path, replaced=replaced, units=dict(units), left_out=dict(reading.left_out)
    )


def _shelf(library: Library, file: Path) -> Path:
    """Where a memory is kept; names that differ in spaces or signs alone have one place."""
    name = re.sub(r"[^\w.-]+", "-", file.stem).strip("-.") or "memory"
    path = library.archive.imported / f"{name}.tmx"
    known = read_origin(path) if path.exists() else file.name
    if known != file.name:
        raise InputError(
            Phrase(
                "it would take the place of {known}, whose units are in {path}",
                known=known,
                path=path,
            ),
            path=file,
            remedy=f"Give the file another name, or delete {path} first.",
        )
    return path


def export_memory(
    library: Library, file: Path, languages: Sequence[Language], *, imported: bool, now: datetime
) -> int:
    """Write the approved units, and if wanted the `imported` ones; how many texts those are."""
    indexes = {language: library.memory(language) for language in languages}
    return write_tmx(
        file,
        _merge(indexes, imported=imported),
        source=library.source_language,
        now=now,
        version=version(PRODUCT),
    )


def _merge(indexes: dict[Language, MemoryIndex], *, imported: bool) -> Iterator[TmxUnit]:
    """Each text once, with its translations into every language."""
    done: set[tuple[str | None, str]] = set()
    for index in indexes.values():
        for unit in index.units:
            if (unit.context, unit.normal) in done or (unit.imported and not imported):
                continue
            done.add((unit.context, unit.normal))
            found = {tag: other.recall(unit.key) for tag, other in indexes.items()}
            yield TmxUnit(
                key=unit.key,
                place=unit.place,
                variants={
                    tag: TmxVariant(text=one.target, by=one.by, on=one.on)
                    for tag, one in found.items()
                    if one and (imported or not one.imported)
                },
            )


def find_containing(library: Library, text: str, language: Language, *, at_most: int) -> list[Unit]:
    """The units that have a text in their source or target, the shortest first."""
    wanted = " ".join(text.casefold().split())
    found = [
        unit
        for unit in library.memory(language).units
        if wanted in " ".join(f"{unit.source}\n{unit.target}".casefold().split())
    ]
    return sorted(found, key=lambda unit: len(unit.source))[:at_most]


def unit_digest(unit: Unit) -> str:
    """By what a unit is named elsewhere; any change of it makes it another one."""
    said = json.dumps([unit.context, unit.source, unit.target, unit.place, unit.imported])
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def drop_unit(library: Library, language: Language, digest: str, *, now: datetime) -> Unit:
    """Take an imported unit out of the file that it came from: which one that was.

    Raises `NotFoundError` if it is not there any more, and `NotDoneError` for what is not ours to
    change: an article's translation stands in its catalogue, and others' files are theirs.
    """
    units = (one for one in library.memory(language).units if one.imported)
    unit = next((one for one in units if unit_digest(one) == digest), None)
    if unit is None:
        raise NotFoundError("the memory has no such imported translation any more")
    path = library.archive.imported / unit.place
    if not is_ours(path):
        raise NotDoneError(
            Phrase("{place} was written by another program; change it there", place=unit.place)
        )
    reading = TmxFile(path, source=library.source_language, targets=library.target_languages)
    rest = _without(reading, unit, language, origin=read_origin(path))
    if not write_tmx(path, rest, source=library.source_language, now=now, version=version(PRODUCT)):
        path.unlink()
    return unit


def _without(reading: TmxFile, unit: Unit, language: Language, *, origin: str) -> Iterator[TmxUnit]:
    """The units of a file but for one in one language."""
    for row in reading.rows():
        texts = dict(row.translations)
        if row.key == unit.key and texts.get(language) == unit.target:
            del texts[language]
        if texts:
            variants = {tag: TmxVariant(text=text) for tag, text in texts.items()}
            yield TmxUnit(key=row.key, variants=variants, place=origin)


def find_suggestions(
    library: Library, text: str, language: Language, *, context: str | None = None
) -> list[Suggestion]:
    """The units most like a text, the best first; also those too unlike it for a draft."""
    key = SegmentKey(context, text)
    matches = library.memory(language).find_similar(
        key, percent=SUGGESTION_PERCENT, at_most=SUGGESTIONS
    )
    return [
        Suggestion(
            unit=match.unit,
            percent=match.percent,
            differs=diff_words(match.unit.source, text) if match.percent < 100 else "",
        )
        for match in matches
    ]
