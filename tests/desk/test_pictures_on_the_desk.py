"""Pictures put into an article's folder at the desk."""

import io
import os
import re

import httpx
import pytest
from PIL import Image

from tests.desk.conftest import Browser, Site
from tests.desk.test_writing_on_the_desk import press
from tests.functional.editorial.conftest import SLUG

PICTURES = f"/articles/{SLUG}/pictures"


def png(*, width: int = 40) -> bytes:
    """A picture."""
    target = io.BytesIO()
    Image.new("RGB", (width, 30), "navy").save(target, "PNG")
    return target.getvalue()


async def put(browser: Browser, name: str, raw: bytes) -> httpx.Response:
    """Choose a file and send it."""
    await browser.look(PICTURES)
    return await browser.post(
        f"/desk{PICTURES}", data={"_csrf": browser.token}, files={"file": (name, raw)}
    )


async def test_a_picture_is_put_into_the_folder(site: Site) -> None:
    """By a name that can stand in the text; the page says how it is shown."""
    browser, raw = await site.signed_in("Édith"), png()
    answer = await put(browser, "../Été à Liège.PNG", raw)
    assert answer.headers["location"] == f"/desk{PICTURES}?new=ete-a-liege.png&done=pictured"
    assert (site.newsroom.content / SLUG / "ete-a-liege.png").read_bytes() == raw
    page = (await browser.look(PICTURES)).text
    assert "![[À compléter : ce que montre l’image]](ete-a-liege.png)" in page
    assert "40 × 30" in page
    assert "put a picture" in (await (await site.signed_in("Ada")).look("/audit")).text


async def test_a_camera_s_photo_with_a_second_view_is_put_there_too(site: Site) -> None:
    """MPO, which is a JPEG for every other program."""
    target = io.BytesIO()
    views = [Image.new("RGB", (60, 40), colour) for colour in ("red", "blue")]
    views[0].save(target, "MPO", save_all=True, append_images=views[1:])
    answer = await put(await site.signed_in("Édith"), "vue.MPO", target.getvalue())
    assert answer.headers["location"].startswith(f"/desk{PICTURES}?new=vue.jpg")


async def test_what_is_named_like_a_picture_and_is_none_is_told(site: Site) -> None:
    """A folder, a pipe, a link that leads away, beside one whose name no address could have."""
    folder = site.newsroom.content / SLUG
    (folder / "dossier.jpg").mkdir()
    os.mkfifo(folder / "tube.png")
    (folder / "lien.png").symlink_to("/etc/hostname")
    (folder / "100%25 : été.png").write_bytes(png())
    page = (await (await site.signed_in("Édith")).look(PICTURES)).text
    assert page.count("there is no such file") == 2
    assert page.count("the picture lies outside of the article") == 1
    assert page.count("40 × 30") == 1


async def test_no_picture_takes_the_place_of_another(site: Site) -> None:
    """The same one is there once; another of its name gets a number."""
    browser = await site.signed_in("Édith")
    for raw in (png(), png(), png(width=50)):
        await put(browser, "a.png", raw)
    names = sorted(one.name for one in (site.newsroom.content / SLUG).glob("*.png"))
    assert names == ["a-2.png", "a.png"]


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG pictures can hold programs"),
        ("a.png", b"no picture", "this is no JPEG"),
        ("a.png", png()[:-30], "damaged"),
        ("", b"", "Choose a file."),
    ],
)
async def test_what_no_letter_can_show_is_refused(
    site: Site, name: str, raw: bytes, says: str
) -> None:
    """Known by its bytes; nothing is written."""
    browser = await site.signed_in("Édith")
    before = sorted((site.newsroom.content / SLUG).iterdir())
    answer = await put(browser, name, raw)
    assert answer.status_code == 422
    assert says in answer.text
    assert sorted((site.newsroom.content / SLUG).iterdir()) == before


async def test_a_picture_is_in_the_letter_that_is_being_written(site: Site) -> None:
    """Before anything is saved."""
    browser = await site.signed_in("Édith")
    await put(browser, "plan.png", png())
    page = (await press(browser, "look", body="![Le plan](plan.png)")).text
    (address,) = re.findall(r'src="(/desk/articles/[^"]*/write/letter\?draft=[^"]+)"', page)
    letter = (await browser.get(address)).text
    assert 'alt="Le plan"' in letter
    assert re.search(r"/images/[0-9a-f]{64}\.png", letter)
