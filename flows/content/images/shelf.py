"""The shelf of pictures: what was made once for a place of some width is made no more."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import NamedTuple, TypedDict

from flows.content.images.files import find_file, read_file
from flows.content.images.making import RECIPE, make_image
from flows.content.pofiles import write_whole
from flows.domain.image import NAME, Fault, ImageError, ImageName, Picture, mark_of

Mark = tuple[int, int, int]
"""What a file's state is known by: time of change, size, inode."""


class _Failure(NamedTuple):
    """Why no picture can be made of a file."""

    fault: Fault
    facts: Mapping[str, int]


class _Known(NamedTuple):
    """What became of a file in some state; `name` is that of the picture made of it."""

    mark: Mark | None
    outcome: Picture | _Failure
    name: ImageName | None


class _Notes(TypedDict):
    """What was made of a file for a place; `sha256` is of the bytes."""

    kind: str
    width: int
    height: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """Pictures of letters in a folder, each under its name; `made` has notes of each.

    A name is the hash of the file, the width and the recipe, not of what was made: other versions
    of an encoder write other bytes for the same picture, which must end no approval.

    Everything in the folder can be made again: it may be deleted at any time. Two processes that
    make the same picture at once write the same; a process makes one at a time, as each
    takes much memory, and remembers which files no picture can be made of.
    """

    folder: Path
    _known: dict[tuple[Path, int], _Known] = field(default_factory=dict)
    _making: Lock = field(default_factory=Lock)

    def picture(self, folder: Path, reference: str, *, width: int) -> Picture:
        """A picture of an article's `folder`, for a place `width` CSS pixels wide.

        Raises `ImageError` for what no letter can show.
        """
        path = find_file(folder, reference)
        found = self._recall(path, width)
        if found is None:
            with self._making:  # whoever waited finds what the other has made
                found = self._recall(path, width) or self._look(path, width, reference)
        if isinstance(found, _Failure):
            raise ImageError(reference, found.fault, **found.facts)
        return found

    def prepare(self, raw: bytes, reference: str, *, width: int) -> None:
        """Make a picture of bytes before they are a file: whoever names that finds it made.

        Raises `ImageError` for what no letter can show.
        """
        with self._making:
            self._prepare(raw, width, reference)

    def _recall(self, path: Path, width: int) -> Picture | _Failure | None:
        """What is known of a file, if neither it nor what was made of it has changed."""
        known = self._known.get((path, width))
        if known is None or known.mark != _mark_of(path):
            return None
        return known.outcome if known.name is None or self.holds([known.name]) else None

    def _look(self, path: Path, width: int, reference: str) -> Picture | _Failure:
        mark, raw = _mark_of(path), read_file(path, reference)
        outcome: Picture | _Failure
        try:
            outcome, name = self._prepare(raw, width, reference)
        except ImageError as error:
            outcome, name = _Failure(error.fault, error.facts), None
        self._known[path, width] = _Known(mark, outcome, name)
        return outcome

    def holds(self, names: Iterable[ImageName]) -> bool:
        """Whether all of these pictures are here."""
        return all(self._path(name).is_file() for name in names)

    def find(self, name: str) -> bytes | None:
        """The bytes of a picture, if they are here."""
        if not NAME.fullmatch(name):
            return None
        try:
            return self._path(ImageName(name)).read_bytes()
        except OSError:
            return None

    def load(self, name: ImageName) -> bytes:
        """The bytes of a picture that was made. Raises `ImageError` if they are here no more."""
        raw, made = self.find(name), self._read_notes(self._notes(name.partition(".")[0]))
        if raw is None or made is None or hashlib.sha256(raw).hexdigest() != made["sha256"]:
            self._path(name).unlink(missing_ok=True)
            raise ImageError(name, Fault.MISSING)
        return raw

    def _path(self, name: ImageName) -> Path:
        return self.folder / name

    def _notes(self, key: str) -> Path:
        return self.folder / "made" / f"{key}.json"

    def _prepare(self, raw: bytes, width: int, reference: str) -> tuple[Picture, ImageName]:
        source = hashlib.sha256(raw).hexdigest()
        key = hashlib.sha256(f"{source} {width} {RECIPE}".encode()).hexdigest()
        made = self._read_notes(self._notes(key)) or self._make(key, raw, width, reference)
        name = ImageName(f"{key}.{made['kind']}")
        picture = Picture(source=mark_of(name), width=made["width"], height=made["height"])
        return picture, name

    def _make(self, key: str, raw: bytes, width: int, reference: str) -> _Notes:
        made = make_image(raw, width=width, reference=reference)
        notes = _Notes(
            kind=made.kind,
            width=made.width,
            height=made.height,
            sha256=hashlib.sha256(made.raw).hexdigest(),
        )
        write_whole(self._path(ImageName(f"{key}.{made.kind}")), made.raw)
        write_whole(self._notes(key), json.dumps(notes))
        return notes

    def _read_notes(self, path: Path) -> _Notes | None:
        """What became of a file, if that is still here."""
        try:
            notes: _Notes = json.loads(path.read_bytes())
            there = self._path(ImageName(f"{path.stem}.{notes['kind']}")).is_file()
        except (OSError, ValueError, KeyError):
            return None
        return notes if there else None


def _mark_of(path: Path) -> Mark | None:
    try:
        stat = path.stat()
    except OSError:  # gone since it was found
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
