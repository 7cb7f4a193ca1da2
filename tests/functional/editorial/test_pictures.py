"""Pictures of an article on their way: checked, approved, kept, served, and in letters."""

import re
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from random import Random

import httpx
import pytest
from PIL import Image

from flows.desk.public import create_app
from flows.domain.errors import NotDoneError
from flows.domain.image import images_in
from flows.domain.issue import IssueId
from flows.mail.letter import verify_letter
from flows.operations.checking import check_language
from flows.operations.delivering import approved_editions
from flows.operations.previewing import IMAGES, Preview, preview_letters, write_preview
from flows.runtime.dispatch import Dispatch
from flows.runtime.runtime import Runtime, open_runtime
from flows.settings.reading import read_settings
from flows.store.images import find_images
from tests.functional.builders import readers_of
from tests.functional.editorial.conftest import (
    BODY,
    EN,
    FR,
    NL,
    NOW,
    SLUG,
    WORDS,
    Newsroom,
    make_sample,
    write_article,
)
from tests.unit.content.pictures import a_drawing, a_photo, written

PLACE = "![La place, la nuit](place.jpg)"
ORNAMENT = "![-](filet.png)"
PICTURED = f"{BODY}\n{PLACE}\n\n{ORNAMENT}\n"
WORDS_OF_PICTURES = {
    PLACE: {"en": "![The square at night](place.jpg)", "nl": "![Het plein bij nacht](place.jpg)"},
    "Une médiatrice": {"en": "A mediator", "nl": "Een bemiddelaar"},
}


@pytest.fixture
def pictured(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose article has a picture at its head, one in its text, and an ornament."""
    for source, words in WORDS_OF_PICTURES.items():
        monkeypatch.setitem(WORDS, source, words)
    path = write_article(
        workspace / "content", body=PICTURED, image="tete.jpg", image_alt="Une médiatrice"
    )
    (path.parent / "tete.jpg").write_bytes(a_photo(2000, 1000))
    (path.parent / "place.jpg").write_bytes(a_photo(1600, 1200, seed=90))
    (path.parent / "filet.png").write_bytes(a_drawing(200, 10))
    return workspace


@pytest.fixture
async def approved_pictures(pictured: Path) -> AsyncIterator[Newsroom]:
    """Every language of it signed off, and somebody to write to."""
    async with open_runtime(read_settings(pictured)) as desk:
        newsroom = Newsroom(desk)
        await newsroom.bring_in()
        await newsroom.approve_all()
        yield newsroom


def tags(html: str) -> list[str]:
    """The pictures of a letter as written."""
    return re.findall(r"<img[^>]*>", html)


def sources(html: str) -> list[str]:
    """Where its pictures are."""
    return re.findall(r'<img[^>]*?\ssrc="([^"]*)"', html)


async def test_pictures_have_their_place_their_words_and_their_size(
    approved_pictures: Newsroom,
) -> None:
    """In each language's own words; an ornament has none."""
    html = approved_pictures.desk.library.edition(SLUG, NL).html
    head, place, ornament = tags(html)
    for said in ('alt="Een bemiddelaar"', 'width="640"', 'height="320"'):
        assert said in head
    for said in ('alt="Het plein bij nacht"', 'width="568"', 'height="426"'):
        assert said in place
    for said in ('alt=""', 'width="200"', 'height="10"'):
        assert said in ornament


async def test_what_was_approved_is_shown_whatever_becomes_of_the_files(
    approved_pictures: Newsroom, pictured: Path
) -> None:
    """The letters, their pages and their pictures come from the database alone."""
    desk = approved_pictures.desk
    issue = await approved_pictures.freeze(await approved_pictures.open())
    before = list(images_in(desk.library.edition(SLUG, FR).html))
    (pictured / "content" / SLUG / "place.jpg").write_bytes(a_photo(seed=7))
    for path in desk.library.shelf.folder.glob("*.*"):
        path.unlink()

    frozen = await approved_editions(desk.store, issue.id)
    assert list(images_in(frozen[FR].edition.html)) == before
    async with pages_of(desk) as browser:
        for name in before:
            answer = await browser.get(f"/images/{name}")
            assert answer.status_code == 200
            assert answer.content
    changed = desk.library.edition(SLUG, FR)
    assert changed.digest != frozen[FR].edition.digest


def pages_of(desk: Runtime) -> httpx.AsyncClient:
    """A browser on the public pages."""
    transport = httpx.ASGITransport(create_app(desk))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080")


async def test_a_picture_is_served_for_ever_and_tells_nobody_of_its_reader(
    approved_pictures: Newsroom,
) -> None:
    """Its address is its bytes: it may be kept by whoever passes it on."""
    desk = approved_pictures.desk
    name = next(images_in(desk.library.edition(SLUG, FR).html))
    async with pages_of(desk) as browser:
        answer = await browser.get(f"/images/{name}")
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers
        assert (await browser.head(f"/images/{name}")).status_code == 200


@pytest.mark.parametrize(
    "name",
    ["x.jpg", f"{'0' * 64}.jpg", f"{'0' * 64}.svg", "..%2F..%2Fsecret.key", f"{'0' * 64}.jpg%00"],
)
async def test_nothing_else_is_served(newsroom: Newsroom, name: str) -> None:
    """No file of the workspace, whatever is asked."""
    async with pages_of(newsroom.desk) as browser:
        assert (await browser.get(f"/images/{name}")).status_code == 404


async def test_letters_lead_to_the_pictures_of_our_pages(approved_pictures: Newsroom) -> None:
    """With the address that the letterhead has."""
    letter = await a_letter(approved_pictures)
    part = letter.get_body(("html",))
    assert part is not None
    for source in sources(part.get_content()):
        assert re.fullmatch(r"http://127\.0\.0\.1:8080/images/[0-9a-f]{64}\.(?:jpg|png)", source)


async def a_letter(newsroom: Newsroom) -> EmailMessage:
    """The Dutch reader's letter of an issue that is on its way."""
    desk = newsroom.desk
    issue = await newsroom.freeze(await newsroom.open())
    return read_letter(await _write(desk, issue.id))


async def _write(desk: Dispatch, issue: IssueId) -> bytes:
    editions = await approved_editions(desk.store, issue)
    (reader,) = [one for one in await readers_of(desk.store) if one.city == "Gand"]
    letter = desk.post(issue, editions).letters[NL]
    raw = letter.render(desk.reader(issue, reader.contact, NL), date=NOW)
    assert verify_letter(raw) == []
    return raw


def read_letter(raw: bytes) -> EmailMessage:
    """The letter as a strict reader takes it."""
    message = message_from_bytes(raw, policy=default.clone(raise_on_defect=True))
    assert isinstance(message, EmailMessage)
    return message


async def test_letters_can_carry_their_pictures(pictured: Path) -> None:
    """Each once, by its name within the letter; from the database, where no files are."""
    settings = read_settings(pictured)
    settings = settings.model_copy(
        update={"letter": settings.letter.model_copy(update={"images": "embedded"})}
    )
    async with open_runtime(settings) as desk:
        newsroom = Newsroom(desk)
        await newsroom.bring_in()
        await newsroom.approve_all()
        issue = await newsroom.freeze(await newsroom.open())
        for path in desk.library.shelf.folder.glob("*.*"):
            path.unlink()
        letter = read_letter(await _write(desk, issue.id))
        names = list(images_in((await approved_editions(desk.store, issue.id))[NL].edition.html))
        async with desk.store.reading() as tx:
            kept = await find_images(tx, names)

    text, related = letter.iter_parts()
    page, *pictures = related.iter_parts()
    assert (text.get_content_type(), page.get_content_type()) == ("text/plain", "text/html")
    assert [one["content-id"] for one in pictures] == [
        f"<{source.removeprefix('cid:')}>" for source in sources(page.get_content())
    ]
    assert [one.get_content() for one in pictures] == [kept[name] for name in names]
    assert all(one["content-disposition"].startswith("inline") for one in pictures)


async def test_a_setting_changed_on_the_way_changes_no_letter(
    approved_pictures: Newsroom,
) -> None:
    """How pictures come along is fixed with the issue."""
    desk = approved_pictures.desk
    issue = await approved_pictures.freeze(await approved_pictures.open())
    before = await _write(desk, issue.id)
    settings = desk.settings
    other = settings.model_copy(
        update={"letter": settings.letter.model_copy(update={"images": "embedded"})}
    )
    after = await _write(replace(desk, settings=other), issue.id)
    assert len(after) == len(before)
    assert b"cid:" not in after


def preview(newsroom: Newsroom) -> Preview:
    """The English letter, to look at."""
    desk = newsroom.desk
    (shown,) = preview_letters(
        desk.library,
        SLUG,
        [EN],
        letter=lambda edition: desk.letter(edition, issue="preview"),
        reader=lambda language: desk.reader(IssueId("preview"), 0, language),
        sign=None,
        now=NOW,
        images=f"{IMAGES}/",
    )
    return shown


async def test_a_preview_brings_its_pictures(approved_pictures: Newsroom, tmp_path: Path) -> None:
    """The page shows them without a server."""
    desk = approved_pictures.desk
    shown = preview(approved_pictures)
    page = write_preview(shown, tmp_path, pictures=desk.library.pictures(shown.edition))
    found = sources(page.read_text("utf-8"))
    assert len(found) == 3
    assert all((tmp_path / source).read_bytes() for source in found)


async def test_pictures_that_are_not_approved_yet_can_be_looked_at(
    pictured: Path,
) -> None:
    """In the page of a test letter: nobody else knows their names."""
    async with open_runtime(read_settings(pictured)) as desk, pages_of(desk) as browser:
        name = next(images_in(desk.library.edition(SLUG, FR).html))
        assert (await browser.get(f"/images/{name}")).status_code == 200


def findings(newsroom: Newsroom, language: str = "fr") -> list[tuple[str, str, int | None]]:
    """Checks of pictures, whether they block, and their lines."""
    found = check_language(newsroom.desk.library, SLUG, newsroom.desk.library.language(language))
    return [
        (one.message, one.severity, one.line)
        for one in found
        if one.check in {"image", "alternative", "weight"}
    ]


MISTAKES: Sequence[tuple[str, str]] = (
    ("![Le plan](plan.png)", "there is no file “plan.png” in the article's folder"),
    ("![Le plan](../plan.png)", "the image “../plan.png” lies outside of the article's folder"),
    ("![Le plan](/plan.png)", "the image “/plan.png” lies outside of the article's folder"),
    ("![Le plan](faux.jpg)", "“faux.jpg” is no JPEG, PNG, GIF or WebP picture"),
    ("![](ok.png)", "the image “ok.png” has no text for those who cannot see it"),
    ("[![-](ok.png)](https://example.org/x)", "“ok.png” is alone in a link"),
    ("![Le plan][p]\n\n[p]: plan.png", "there is no file “plan.png”"),
    ('<p><img src="plan.png" alt="Le plan"></p>', "there is no file “plan.png”"),
)


@pytest.mark.parametrize(("body", "said"), MISTAKES)
async def test_a_picture_that_cannot_be_used_is_named_with_its_line(
    newsroom: Newsroom, body: str, said: str
) -> None:
    """Before anybody translates, and however it is written."""
    path = write_article(newsroom.content, body=f"Texte.\n\n{body}\n")
    (path.parent / "faux.jpg").write_text("Bonjour", encoding="utf-8")
    (path.parent / "ok.png").write_bytes(a_drawing())
    ((message, severity, line),) = findings(newsroom)
    assert said in message
    assert severity == "error"
    lines = path.read_text("utf-8").splitlines()
    assert line
    assert re.search(r"(?:plan|faux|ok)\.\w+", lines[line - 1])


@pytest.mark.parametrize(
    "link",
    [
        "[![-](ok.png) Le plan](https://example.org/x)",
        "[![Le plan](ok.png)](https://example.org/x)",
        "[![-](ok.png) ![Le plan](ok.png)](https://example.org/x)",
        "[Le plan](https://example.org/x) ![-](ok.png)",
    ],
)
async def test_an_ornament_beside_a_link_s_words_is_one(newsroom: Newsroom, link: str) -> None:
    """Whoever hears the letter is told where the link leads."""
    path = write_article(newsroom.content, body=f"Texte.\n\n{link}\n")
    (path.parent / "ok.png").write_bytes(a_drawing())
    assert findings(newsroom) == []


async def test_nobody_gets_or_approves_a_letter_without_its_picture(pictured: Path) -> None:
    """In no language; who tries it out is told the line, who works at the desk sees its words."""
    async with open_runtime(read_settings(pictured)) as desk:
        newsroom = Newsroom(desk)
        newsroom.fill(NL)
        path = pictured / "content" / SLUG / "fr.md"
        (path.parent / "place.jpg").unlink()
        [fault] = desk.library.faulty_pictures(SLUG)
        assert (fault.path, fault.field) == (path, "place.jpg")
        assert path.read_text("utf-8").splitlines()[(fault.line or 0) - 1] == PLACE
        for language in (FR, NL):
            with pytest.raises(NotDoneError, match=r"place\.jpg"):
                await newsroom.approve(language)
        assert "<span>Het plein bij nacht</span>" in desk.library.edition(SLUG, NL).html


async def test_the_article_s_own_picture_needs_its_text(newsroom: Newsroom) -> None:
    """In the front matter, where the finding points."""
    path = write_article(newsroom.content, image="tete.jpg")
    (path.parent / "tete.jpg").write_bytes(a_drawing())
    ((message, severity, line),) = findings(newsroom)
    assert "no text for those who cannot see it" in message
    assert severity == "error"
    assert line
    assert path.read_text("utf-8").splitlines()[line - 1].startswith("image:")


async def test_a_picture_on_another_server_is_told(newsroom: Newsroom) -> None:
    """It may change after the approval; nothing is fetched to find that out."""
    write_article(newsroom.content, body="![Le plan](https://images.test/plan.png)\n")
    ((message, severity, _),) = findings(newsroom)
    assert "lies on another server" in message
    assert severity == "warning"


async def test_a_digest_shows_the_pictures_of_its_articles(pictured: Path) -> None:
    """Small beside a teaser, wide above a whole text; one that is missing keeps it back."""
    content = pictured / "content"
    digest = content / "lettre" / "fr.md"
    digest.parent.mkdir()
    shutil.copytree(content / SLUG, content / "autre")
    digest.write_text(
        "---\ntitle: Lettre\nauthor: A\ndate: 2026-11-24\narticles:\n"
        f"  - {SLUG}\n  - article: autre\n    as: full\n---\n\nÉdito.\n",
        encoding="utf-8",
    )
    async with open_runtime(read_settings(pictured)) as desk:
        card, whole, *_ = tags(desk.library.edition("lettre", FR).html)
        for said in ('width="172"', 'height="86"', 'alt="Une médiatrice"'):
            assert said in card
        for said in ('width="568"', 'height="284"'):
            assert said in whole
        (content / "autre" / "tete.jpg").unlink()
        found = [one for one in check_language(desk.library, "lettre", FR) if one.blocks]
        assert [one.check for one in found] == ["image"]


def test_only_the_parts_with_words_are_to_be_translated(pictured: Path) -> None:
    """An ornament is no work for anybody."""
    from flows.content.segments import cut_segments
    from flows.content.source import read_article

    segments = cut_segments(read_article(pictured / "content" / SLUG, language=FR))
    sources_of = [one.source for one in segments]
    assert PLACE in sources_of
    assert not any("filet" in one for one in sources_of)


async def test_a_backup_carries_the_pictures(approved_pictures: Newsroom, tmp_path: Path) -> None:
    """Restored elsewhere, the letters show them."""
    from flows.operations.backups import open_backup, restore_database, write_backup

    desk = approved_pictures.desk
    names = list(images_in(desk.library.edition(SLUG, FR).html))
    path = tmp_path / "backup.zip"
    await write_backup(
        desk.store, path, files=[], workspace=approved_pictures.workspace, newsroom="n", now=NOW
    )
    other = make_sample(tmp_path / "other")
    async with desk.store.reading() as tx:
        kept = await find_images(tx, names)
    async with open_runtime(read_settings(other)) as elsewhere:
        with open_backup(path) as backup:
            await restore_database(elsewhere.store, backup, replace=True, by="Ada", now=NOW)
        async with elsewhere.store.reading() as tx:
            assert await find_images(tx, names) == kept


async def test_a_picture_is_judged_as_large_as_the_letter_shows_it(newsroom: Newsroom) -> None:
    """One that is light enough in the text is too heavy at the head, and keeps the letter back."""
    path = write_article(newsroom.content, image="tete.png", image_alt="Une médiatrice")
    noise = Image.frombytes("RGBA", (1280, 1600), Random(40).randbytes(1280 * 1600 * 4))
    light = noise.point([*[128 + value // 2 for value in range(256)] * 3, *range(256)])
    (path.parent / "tete.png").write_bytes(written(light, "PNG"))
    library = newsroom.desk.library
    in_text = library.shelf.picture(path.parent, "tete.png", width=library.places.body)
    assert in_text.width == library.places.body
    ((message, severity, _),) = findings(newsroom)
    assert "still weighs" in message
    assert severity == "error"
    [fault] = library.faulty_pictures(SLUG)
    assert "weighs" in str(fault)


@pytest.mark.parametrize("reference", ["place%20du%20marche.jpg", "PLACE%20DU%20MARCHÉ.JPG"])
async def test_a_missing_picture_whose_name_is_like_a_file_s_names_that(
    newsroom: Newsroom, reference: str
) -> None:
    """Accents and capitals are what people mistype."""
    path = write_article(newsroom.content, body=f"![La place]({reference})\n")
    (path.parent / "Place du marché.jpg").write_bytes(a_drawing())
    [fault] = newsroom.desk.library.faulty_pictures(SLUG)
    assert (fault.remedy or "").startswith("Did you mean Place du marché.jpg? ")
    [(message, _, _)] = findings(newsroom)
    assert "Place du marché.jpg" in message


async def test_the_words_of_a_missing_picture_stand_at_the_head_and_on_a_card(
    pictured: Path,
) -> None:
    """Whoever works at the desk sees what the letter lacks."""
    content = pictured / "content"
    a_digest(content, SLUG)
    (content / SLUG / "tete.jpg").unlink()
    async with open_runtime(read_settings(pictured)) as desk:
        for slug in (SLUG, "lettre"):
            html = desk.library.edition(slug, FR).html
            assert re.search(r"<p[^>]*>Une médiatrice</p>", html)


async def test_a_digest_is_not_kept_back_by_a_picture_that_it_does_not_show(
    pictured: Path,
) -> None:
    """Of a teaser only the picture at its head is in the letter."""
    content = pictured / "content"
    a_digest(content, SLUG)
    (content / SLUG / "place.jpg").unlink()
    async with open_runtime(read_settings(pictured)) as desk:
        assert not [one for one in check_language(desk.library, "lettre", FR) if one.blocks]
        assert desk.library.faulty_pictures("lettre") == []


async def test_a_digest_names_the_article_whose_picture_is_wrong(pictured: Path) -> None:
    """It has several articles, and each may have a picture of that name."""
    content = pictured / "content"
    a_digest(content, SLUG)
    (content / SLUG / "tete.jpg").unlink()
    async with open_runtime(read_settings(pictured)) as desk:
        [finding] = [one for one in check_language(desk.library, "lettre", FR) if one.blocks]

    assert finding.segment == f"{SLUG}/tete.jpg"
    assert f"{SLUG}/tete.jpg" in finding.message


def a_digest(content: Path, slug: str) -> None:
    """A letter that shows an article as a teaser."""
    path = content / "lettre" / "fr.md"
    path.parent.mkdir()
    path.write_text(
        f"---\ntitle: Lettre\nauthor: A\ndate: 2026-11-24\narticles: [{slug}]\n---\n\nÉdito.\n",
        encoding="utf-8",
    )


async def test_pictures_may_be_deleted_under_a_desk_that_remembers_its_letters(
    pictured: Path,
) -> None:
    """A remembered edition names pictures; they are made again, and are the very same."""
    async with open_runtime(read_settings(pictured)) as desk:
        library = desk.library.remembering()
        edition = library.edition(SLUG, FR)
        before = library.pictures(edition)
        shutil.rmtree(library.shelf.folder)
        assert library.pictures(library.edition(SLUG, FR)) == before
        assert library.edition(SLUG, FR) is edition
