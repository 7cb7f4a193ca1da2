"""What the letters look like is what the kept pictures show."""

import re

import pytest
from PIL import Image, ImageFilter
from playwright.sync_api import Browser

from tests.judge.comparing import LEVELS, difference
from tests.judge.pictures import (
    CELL,
    LOOKS,
    PICTURES,
    ROOT,
    SHOWN_HEIGHT,
    Picture,
    draw,
    trace_of,
)
from tests.letters.stage import Letters, Name
from tests.services.browser import OPTIONS
from tests.services.programs import need_font

pytestmark = pytest.mark.judge


@pytest.mark.parametrize("picture", PICTURES, ids=lambda one: one.file)
def test_a_letter_looks_as_its_picture_does(
    picture: Picture, pages: dict[Name, str], letters: Letters, browser: Browser
) -> None:
    """`make pictures` draws what was meant to change."""
    need_font("Helvetica", "Liberation Sans")
    drawn = draw(browser, pages[picture.letter], LOOKS[picture.look], shelf=letters.shelf)
    assert difference(Image.open(picture.trace), trace_of(drawn)) == ""


@pytest.fixture(scope="module")
def digest(pages: dict[Name, str]) -> str:
    """A letter with pictures, sections and links."""
    return pages[Name("digest", "en")]


def test_another_way_to_draw_edges_is_no_difference(
    digest: str, letters: Letters, browser: Browser
) -> None:
    """Letters with other hinting, without subpixels, as another version may draw them."""
    look = LOOKS["desktop"]
    usual = draw(browser, digest, look, shelf=letters.shelf)
    options = [*OPTIONS, "--font-render-hinting=full", "--disable-font-subpixel-positioning"]
    other = browser.browser_type.launch(
        executable_path="/usr/bin/chromium", args=[*options, "--disable-lcd-text"]
    )
    drawn = draw(other, digest, look, shelf=letters.shelf)
    other.close()
    assert drawn.tobytes() != usual.tobytes()
    assert difference(trace_of(usual), trace_of(drawn)) == ""
    blurred = usual.filter(ImageFilter.GaussianBlur(1))
    assert difference(trace_of(usual), trace_of(blurred)) == ""


@pytest.mark.parametrize(
    ("words", "instead"),
    [
        ("#14487c", "#7c1414"),
        ("font-size:32px", "font-size:26px"),
        (r"padding:(\d+)px 36px", r"padding:\1px 60px"),
        ("text-decoration:underline", "background:#fdeeb0"),
        (r"<h2[^>]*>[^<]*</h2>", ""),
    ],
    ids=["colour", "size", "space", "links", "headings"],
)
def test_a_change_that_a_person_sees_is_a_difference(
    words: str, instead: str, digest: str, letters: Letters, browser: Browser
) -> None:
    """One property of one kind of element is enough."""
    look = LOOKS["desktop"]
    changed = re.sub(words, instead, re.sub(r":\s+", ":", digest))
    plain = re.sub(r":\s+", ":", digest)
    assert changed != plain
    drawn, usual = (draw(browser, one, look, shelf=letters.shelf) for one in (changed, plain))
    assert difference(trace_of(usual), trace_of(drawn)) != ""


@pytest.mark.parametrize("picture", PICTURES, ids=lambda one: one.file)
def test_what_the_documentation_shows_is_the_top_of_the_letter(picture: Picture) -> None:
    """In few colours, which are farther off: it was drawn in the same run, or is stale."""
    shown, trace = Image.open(picture.shown), Image.open(picture.trace)
    assert shown.height <= SHOWN_HEIGHT
    top = trace.crop((0, 0, trace.width, shown.height // CELL))
    assert difference(top, trace_of(shown.convert("RGB")), levels=3 * LEVELS) == ""


def test_the_page_shows_every_picture_and_no_other() -> None:
    """Each with words for whoever does not see it, and all of them small."""
    page = (ROOT / "docs" / "judges.md").read_text(encoding="utf-8")
    shown = re.findall(r"!\[([^]]+)\]\(letters/([^)]+)\)", page)
    assert {name for _, name in shown} == {one.file for one in PICTURES}
    assert {path.name for path in PICTURES[0].shown.parent.iterdir()} == {
        one.file for one in PICTURES
    }
    size = sum(one.shown.stat().st_size + one.trace.stat().st_size for one in PICTURES)
    assert size < 3_000_000
