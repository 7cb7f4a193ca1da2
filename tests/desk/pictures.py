"""Pictures of desk and letters for the documentation: `python -m tests.desk.pictures`.

The colours of each are brought down to a palette by pngquant (Debian package `pngquant`).
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page

from flows.operations.gallery import write_gallery
from flows.runtime.runtime import build_library
from flows.settings.reading import read_settings
from tests.desk.browsing import desk_alone, sign_in
from tests.desk.stage import DELAY, set_stage, slug_of
from tests.services.browser import chromium, serving

DOCS = Path(__file__).parents[2] / "docs"
COLOURS = "96"
WIDTH, HEIGHT = 1240, 800
PLANNED = datetime.now(UTC) + DELAY["planned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A page of the desk as somebody sees it, from `top` (a selector) on.

    `typed` is written at the end of the text there, which then is shown from its end.
    """

    name: str
    path: str
    who: str = "Paula"
    top: str = "body"
    height: int = HEIGHT
    typed: str = ""


PICTURES = (
    Picture(name="home", path="/"),
    Picture(
        name="review",
        path=f"/articles/{slug_of('in_review')}/nl/review?show=found",
        who="Rens",
        top=".review-top",
    ),
    Picture(
        name="writing",
        path=f"/articles/{slug_of('in_review')}/write",
        who="Édith",
        top="label[for=body]",
        typed="\nLe réseau vous attend à Liège!",
        height=1000,
    ),
    Picture(name="preview", path=f"/articles/{slug_of('in_review')}/nl?beside=yes", height=1000),
    Picture(name="send", path=f"/issues/{slug_of('approved')}-1/send", height=1000),
    Picture(name="watching", path=f"/issues/{slug_of('sending')}-1", height=1000),
    Picture(name="report", path=f"/issues/{slug_of('sent')}-1", height=1000),
    Picture(name="schedule", path=f"/schedule?month={PLANNED:%Y-%m}"),
)


def draw(folder: Path) -> None:
    """Every picture, in English and in the light."""
    with tempfile.TemporaryDirectory() as place:
        workspace = set_stage(Path(place) / "newsroom")
        with serving(workspace, desk_alone) as origin, chromium() as browser:
            for one in PICTURES:
                with _opened(browser, origin, one) as page:
                    page.screenshot(path=folder / f"{one.name}.png")
            draw_gallery(browser, workspace, folder)
    for one in PICTURES:
        _make_small(folder / f"{one.name}.png")


def draw_gallery(browser: Browser, workspace: Path, folder: Path) -> None:
    """One component in every theme, as `newsletter gallery` shows it."""
    page_file, _ = write_gallery(build_library(read_settings(workspace)), workspace / "gallery")
    page = browser.new_page(viewport={"width": 1440, "height": HEIGHT})
    page.goto(page_file.as_uri())
    page.locator("#agenda .g-looks").screenshot(path=folder / "gallery.png")
    page.close()
    _make_small(folder / "gallery.png")


@contextmanager
def _opened(browser: Browser, origin: str, picture: Picture) -> Iterator[Page]:
    window = browser.new_context(
        viewport={"width": WIDTH, "height": picture.height},
        locale="en-GB",
        color_scheme="light",
    )
    page = window.new_page()
    sign_in(page, origin, picture.who)
    page.goto(f"{origin}/desk{picture.path}")
    for frame in page.frames:
        frame.wait_for_load_state()
    if picture.typed:
        page.press("#body", "Control+End")
        page.keyboard.type(picture.typed)
        page.locator("tr.is-new").first.wait_for()
        page.locator("iframe.letter:not(.loading)").wait_for()
    page.locator(picture.top).first.evaluate("one => one.scrollIntoView()")
    yield page
    window.close()


def _make_small(path: Path) -> None:
    subprocess.run(["pngquant", "--force", "--output", path, COLOURS, path], check=True, timeout=60)


if __name__ == "__main__":
    if shutil.which("pngquant") is None:
        sys.exit("pngquant is missing; on Debian: apt-get install pngquant")
    draw(DOCS)
