"""Pictures of the sample letters: `python -m tests.judge.pictures` (`make pictures`).

Of each there are two files: what `docs/judges.md` shows, the top of the letter in few colours; and
a trace of the whole letter, a pixel for each square of `CELL` pixels, which CI compares.
"""

import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from PIL import Image
from playwright.sync_api import Browser

from flows.content.images.shelf import Shelf
from tests.judge.conftest import html_of
from tests.judge.showing import opened
from tests.letters.stage import Name, send_samples
from tests.services.browser import chromium

ROOT: Final = Path(__file__).parents[2]
SHOWN: Final = ROOT / "docs" / "letters"
TRACES: Final = Path(__file__).with_name("traces")
CELL: Final = 10
COLOURS: Final = 64
SHOWN_HEIGHT: Final = 1200

LANGUAGE: Final = {
    "minimal": "nl",
    "article": "fr",
    "digest": "en",
    "images": "nl",
    "syntax": "en",
    "long": "fr",
}
"""Of each sample one language is drawn: all are seen somewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a letter is looked at. `width` is in pixels."""

    width: int = 700
    scheme: Literal["light", "dark"] = "light"
    images: bool = True


LOOKS: Final = {
    "desktop": Look(),
    "phone": Look(width=390),
    "dark": Look(scheme="dark"),
    "images-off": Look(images=False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One sample in one look."""

    sample: str
    look: str

    @property
    def letter(self) -> Name:
        """The letter that it shows."""
        return Name(self.sample, LANGUAGE[self.sample])

    @property
    def file(self) -> str:
        """Its name in both folders."""
        return f"{self.sample}-{self.look}.png"

    @property
    def shown(self) -> Path:
        """What the documentation shows."""
        return SHOWN / self.file

    @property
    def trace(self) -> Path:
        """What is compared."""
        return TRACES / self.file


PICTURES: Final = tuple(Picture(sample=sample, look=look) for sample in LANGUAGE for look in LOOKS)


def draw(browser: Browser, html: str, look: Look, *, shelf: Shelf) -> Image.Image:
    """The whole letter, pixel by pixel."""
    pictures = shelf if look.images else None
    with opened(browser, html, shelf=pictures, width=look.width) as page:
        page.emulate_media(color_scheme=look.scheme, reduced_motion="reduce")
        return Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")


def trace_of(image: Image.Image) -> Image.Image:
    """The mean colour of each cell."""
    width, height = image.size
    return image.resize((width // CELL, height // CELL), Image.Resampling.BOX)


def main() -> None:
    """Draw every picture anew."""
    for picture, image in _drawn():
        top = image.crop((0, 0, image.width, min(image.height, SHOWN_HEIGHT)))
        for path, one in ((picture.shown, top), (picture.trace, trace_of(image))):
            path.parent.mkdir(exist_ok=True)
            few = one.quantize(COLOURS, dither=Image.Dither.NONE) if one is top else one
            few.save(path, optimize=True)


def _drawn() -> Iterator[tuple[Picture, Image.Image]]:
    with tempfile.TemporaryDirectory() as place, chromium() as browser:
        letters = send_samples(Path(place) / "newsroom")
        for picture in PICTURES:
            html = html_of(letters.raw[picture.letter])
            yield picture, draw(browser, html, LOOKS[picture.look], shelf=letters.shelf)


if __name__ == "__main__":
    main()
