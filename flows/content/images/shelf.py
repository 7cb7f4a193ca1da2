"""The shelf of pictures: what was made once for a place of some width is made no more."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from flows.content.images.files import find_file, read_file
from flows.content.images.making import RECIPE, make_image
from flows.domain.image import NAME, Fault, ImageError, ImageName, Picture, mark_of

Mark = tuple[int, int, int]
"""What a file's state is known by: time of change, size, inode."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Pictures of letters in a folder, each under its name; `made` says which file became which.

    Everything in the folder can be made again: it may be deleted at any time. Two processes that
    make the same picture at once write the same bytes.
    """

    folder: Path
    _known: dict[tuple[Path, int], tuple[Mark, Picture, ImageName]] = field(default_factory=dict)

    def picture(self, folder: Path, reference: str, *, width: int) -> Picture:
        """A picture of an article's `folder`, for a place `width` CSS pixels wide.

        Raises `ImageError` for what no letter can show.
        """
        path = find_file(folder, reference)
        stat = path.stat()
        mark = stat.st_mtime_ns, stat.st_size, stat.st_ino
        known = self._known.get((path, width))
        if known and known[0] == mark and self._path(known[2]).is_file():
            return known[1]
        picture, name = self._prepare(read_file(path, reference), width, reference)
        self._known[path, width] = mark, picture, name
        return picture

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
        raw = self.find(name)
        if raw is None or hashlib.sha256(raw).hexdigest() != name.partition(".")[0]:
            self._path(name).unlink(missing_ok=True)
            raise ImageError(name, Fault.MISSING)
        return raw

    def _path(self, name: ImageName) -> Path:
        return self.folder / name

    def _prepare(self, raw: bytes, width: int, reference: str) -> tuple[Picture, ImageName]:
        source = hashlib.sha256(raw).hexdigest()
        notes = self.folder / "made" / f"{source}-{width}-{RECIPE}.json"
        facts = self._read_notes(notes)
        if facts is None:
            made = make_image(raw, width=width, reference=reference)
            name = ImageName(f"{hashlib.sha256(made.raw).hexdigest()}.{made.kind}")
            facts = {"name": name, "width": made.width, "height": made.height}
            _write(self._path(name), made.raw)
            _write(notes, json.dumps(facts).encode())
        name = ImageName(str(facts["name"]))
        picture = Picture(
            source=mark_of(name), width=int(facts["width"]), height=int(facts["height"])
        )
        return picture, name

    def _read_notes(self, notes: Path) -> dict[str, int | str] | None:
        """What became of a file, if that is still here."""
        try:
            facts: dict[str, int | str] = json.loads(notes.read_bytes())
            there = self._path(ImageName(str(facts["name"]))).is_file()
        except (OSError, ValueError, KeyError):
            return None
        return facts if there else None


def _write(path: Path, content: bytes) -> None:
    """Write a file that appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
