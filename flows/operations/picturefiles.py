"""The pictures that lie in an article's folder, and those that somebody puts there at the desk."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from flows.content.images.files import LARGEST_MB, find_file, read_file
from flows.content.images.reading import ENDINGS, open_image
from flows.content.naming import slugify
from flows.content.pofiles import alone_in, write_whole
from flows.domain.errors import InputError
from flows.domain.image import Fault, ImageError
from flows.operations.library import Library
from flows.store.database import Store
from flows.store.events import record_event

NAMED_SO: Final = frozenset({".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFile:
    """A picture in the folder: its size in pixels and bytes, or why no letter can show it."""

    name: str
    weight: int
    width: int = 0
    height: int = 0
    problem: InputError | None = None


def picture_files(library: Library, slug: str) -> list[PictureFile]:
    """What lies beside an article's text and is a picture, or is named like one."""
    folder = library.folder(slug)
    names = sorted(one.name for one in folder.iterdir() if one.suffix.lower() in NAMED_SO)
    return [_looked_at(folder, name) for name in names]


def _looked_at(folder: Path, name: str) -> PictureFile:
    """What a text that names the file would show."""
    raw = b""
    try:
        raw = read_file(find_file(folder, quote(name)), name)
        width, height = open_image(raw, name).size
    except ImageError as error:
        return PictureFile(name=name, weight=len(raw), problem=error)
    return PictureFile(name=name, weight=len(raw), width=width, height=height)


async def add_picture(
    library: Library, store: Store, slug: str, name: str, raw: bytes, *, by: str, now: datetime
) -> str:
    """Put a picture into an article's folder, whole or not at all; the name that it has there.

    Raises `ImageError` for what no letter could show. A file that is there is never replaced.
    """
    kept = await asyncio.to_thread(_keep, library, slug, name, raw)
    async with store.writing() as tx:
        await record_event(tx, "article.pictured", slug, actor=by, now=now, file=kept)
    return kept


def _keep(library: Library, slug: str, name: str, raw: bytes) -> str:
    folder = library.folder(slug)
    if len(raw) > LARGEST_MB * 1_000_000:
        raise ImageError(name, Fault.BYTES, most=LARGEST_MB)
    ending = ENDINGS[open_image(raw, name).format or ""]
    # Made for the place that it will most likely have, so that a preview need not make it again.
    library.shelf.prepare(raw, name, width=library.places.body)
    with alone_in(folder):
        for path in _names(folder, slugify(Path(name).stem), ending):
            if not path.exists():
                write_whole(path, raw)
                return path.name
            if path.is_file() and path.read_bytes() == raw:
                return path.name
    raise AssertionError("there is always another number")


def _names(folder: Path, stem: str, ending: str) -> Iterator[Path]:
    yield folder / f"{stem}.{ending}"
    number = 1
    while True:
        number += 1
        yield folder / f"{stem}-{number}.{ending}"
