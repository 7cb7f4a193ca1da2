"""The archive: what went to everybody or to a public list, and nothing else."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import httpx
import pytest

from flows.desk.public import create_app
from flows.domain.article import Slug
from flows.domain.issue import IssueState
from flows.mail.holes import ANY_MARK
from flows.operations.delivering import freeze_issue
from flows.runtime.runtime import open_runtime
from flows.settings.reading import read_settings
from flows.store.issues import create_issue, get_issue, move_issue
from tests.functional.editorial.conftest import NOW, SLUG, Newsroom

ATOM = "{http://www.w3.org/2005/Atom}"


class Shelf(NamedTuple):
    """The archive's pages and the newsroom behind them."""

    browser: httpx.AsyncClient
    newsroom: Newsroom

    async def send(self, *lists: str, days: int = 0, state: IssueState = IssueState.SENT) -> str:
        """An issue that went to these lists, or is still on its way."""
        desk, now = self.newsroom.desk, NOW + timedelta(days=days)
        async with desk.store.writing() as tx:
            issue = await create_issue(tx, Slug(SLUG), lists=lists, now=now)
            issue = await move_issue(tx, issue, IssueState.APPROVED, now=now)
        await freeze_issue(
            desk.store,
            issue.id,
            languages=desk.library.languages,
            letterheads=desk.letterheads(),
            message_id=desk.message_id,
            now=now,
        )
        if state is not IssueState.SENDING:
            async with desk.store.writing() as tx:
                frozen = await get_issue(tx, issue.id)
                await move_issue(tx, frozen, state, now=now)
        return issue.id


@pytest.fixture
async def shelf(approved: Newsroom) -> AsyncIterator[Shelf]:
    """An empty archive."""
    transport = httpx.ASGITransport(create_app(approved.desk))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as browser:
        yield Shelf(browser, approved)


async def test_an_issue_for_all_can_be_read_by_all(shelf: Shelf) -> None:
    """In each language, with the others a click away; nothing of it is a reader's own."""
    assert "Er is hier nog niets" in (await shelf.browser.get("/archive/nl")).text
    issue = await shelf.send()

    index = await shelf.browser.get("/archive/nl")
    letter = await shelf.browser.get(f"/archive/nl/{issue}")

    assert f'href="/archive/nl/{issue}"' in index.text
    assert "22 november 2026" in index.text
    assert letter.status_code == 200
    assert '<html lang="nl">' in letter.text
    assert "Bemiddelaars" in letter.text
    assert f'hreflang="fr" href="http://127.0.0.1:8080/archive/fr/{issue}"' in letter.text
    assert "/u/" not in letter.text
    assert not ANY_MARK.search(letter.text)
    assert "public" in letter.headers["cache-control"]
    assert "x-robots-tag" not in letter.headers


async def test_an_article_that_went_out_twice_is_listed_once(shelf: Shelf) -> None:
    """By its newest letter; the earlier one stays at its address."""
    first = await shelf.send("prevention")
    second = await shelf.send(days=3)

    for path in ("/archive/en", "/archive/en/feed.atom"):
        page = (await shelf.browser.get(path)).text
        assert second in page
        assert f"/archive/en/{first}" not in page
    assert (await shelf.browser.get(f"/archive/en/{first}")).status_code == 200


@pytest.mark.parametrize(
    ("lists", "status"), [((), 200), (("prevention",), 200), (("members",), 404)]
)
async def test_only_what_is_public_is_shown(
    shelf: Shelf, lists: tuple[str, ...], status: int
) -> None:
    """What went to a closed list stays with its readers."""
    issue = await shelf.send(*lists)

    answer = await shelf.browser.get(f"/archive/fr/{issue}")

    assert answer.status_code == status
    listed = issue in (await shelf.browser.get("/archive/fr")).text
    assert listed is (status == 200)
    assert (issue in (await shelf.browser.get("/archive/fr/feed.atom")).text) is listed


async def test_what_is_still_on_its_way_is_not_in_the_archive(shelf: Shelf) -> None:
    """It may yet be stopped."""
    issue = await shelf.send(state=IssueState.SENDING)

    assert (await shelf.browser.get(f"/archive/fr/{issue}")).status_code == 404
    assert issue not in (await shelf.browser.get("/archive/fr")).text


@pytest.mark.parametrize("language", ["fr", "en", "nl"])
async def test_each_language_has_its_feed(shelf: Shelf, language: str) -> None:
    """Identifiers that last, links to every language, times with zones (RFC 4287)."""
    issue = await shelf.send()

    answer = await shelf.browser.get(f"/archive/{language}/feed.atom")

    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = ET.fromstring(answer.content)
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == language
    for name in ("title", "id", "updated"):
        assert feed.findtext(f"{ATOM}{name}")
    (entry,) = feed.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}id") == f"tag:efus.example.org,2026:{issue}/{language}"
    assert entry.findtext(f"{ATOM}updated") == "2026-11-22T09:30:00+00:00"
    assert entry.findtext(f"{ATOM}title")
    links = {one.get("hreflang"): one.get("href") for one in entry.findall(f"{ATOM}link")}
    assert links[language] == f"http://127.0.0.1:8080/archive/{language}/{issue}"
    assert set(links) == {"fr", "en", "nl"}


async def test_the_archive_is_entered_in_the_reader_s_language(shelf: Shelf) -> None:
    """As their browser says it."""
    answer = await shelf.browser.get("/archive", headers={"Accept-Language": "nl-BE"})

    assert answer.headers["location"] == "/archive/nl"


async def test_the_archive_can_be_closed(shelf: Shelf) -> None:
    """Then there is none, and no page links to it."""
    issue = await shelf.send()
    desk = shelf.newsroom.desk
    web = desk.settings.web.model_copy(update={"archive": False})
    closed = replace(desk, settings=desk.settings.model_copy(update={"web": web}))
    transport = httpx.ASGITransport(create_app(closed))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as browser:
        for path in ("/archive", "/archive/fr", f"/archive/fr/{issue}", "/archive/fr/feed.atom"):
            assert (await browser.get(path)).status_code == 404
        assert "/archive" not in (await browser.get("/subscribe")).text


@pytest.mark.parametrize("path", ["fr/%00", "%00/city-pair-1", "%00", "%00/feed.atom", "fr/a%00b"])
async def test_a_name_that_no_database_takes_is_no_letter(
    workspace: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """PostgreSQL has no text with a NUL in it; the answer is that of a letter that is not there."""
    monkeypatch.setenv("NEWSLETTER_DATABASE_URL", database_url)
    async with open_runtime(read_settings(workspace)) as desk:
        transport = httpx.ASGITransport(create_app(desk))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as browser:
            assert (await browser.get(f"/archive/{path}")).status_code == 404
