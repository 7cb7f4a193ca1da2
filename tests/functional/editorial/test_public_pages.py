"""The pages behind a letter's links: read in the browser, leave the list, and nothing else."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select

from flows.desk.public import create_app
from flows.domain.article import Slug
from flows.domain.issue import IssueId, IssueState
from flows.domain.language import Language
from flows.mail.links import sign_link
from flows.operations.delivering import freeze_issue
from flows.runtime.runtime import open_runtime
from flows.settings.reading import read_settings
from flows.store import tables
from flows.store.issues import create_issue, move_issue
from flows.store.schema import TABLES
from tests.functional.builders import readers_of
from tests.functional.editorial.conftest import FR, NOW, SLUG, Newsroom, write_article

ONE_CLICK = "List-Unsubscribe=One-Click"
FORGED = "MTIz.AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-AbCdEf"


class Site(NamedTuple):
    """The pages, the newsroom behind them, and the links of one contact's letter."""

    browser: httpx.AsyncClient
    newsroom: Newsroom
    issue: IssueId
    contact: int
    leave: str
    view: str


@pytest.fixture
async def site(approved: Newsroom) -> AsyncIterator[Site]:
    """An issue on its way, and the Dutch reader's links."""
    desk = approved.desk
    async with desk.store.writing() as tx:
        issue = await create_issue(tx, Slug(SLUG), lists=[], now=NOW)
        issue = await move_issue(tx, issue, IssueState.APPROVED)
    await freeze_issue(
        desk.store,
        issue.id,
        languages=desk.library.languages,
        letterheads=desk.letterheads(),
        message_id=desk.message_id,
        now=NOW,
    )
    (reader,) = [one for one in await readers_of(desk.store) if one.city == "Gand"]
    links = desk.reader(issue.id, reader.contact, Language("nl"))
    transport = httpx.ASGITransport(create_app(desk))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as browser:
        yield Site(
            browser,
            approved,
            issue.id,
            reader.contact,
            urlsplit(links.unsubscribe_url).path,
            urlsplit(links.web_url).path,
        )


async def everything(newsroom: Newsroom) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    async with newsroom.desk.store.reading() as tx:
        return {
            table.name: [tuple(row) for row in await tx.execute(select(table))]
            for table in TABLES.sorted_tables
        }


async def suppressed(site: Site) -> set[str]:
    """The cities whose contacts opted out."""
    return {one.city for one in await readers_of(site.newsroom.desk.store) if one.suppressed}


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"])
async def test_only_a_post_changes_anything(site: Site, method: str) -> None:
    """Mail scanners follow every link, and some try more than that."""
    before = await everything(site.newsroom)

    for path in (site.leave, site.view, "/health", f"{site.leave}?{ONE_CLICK}"):
        answer = await site.browser.request(method, path)
        expected = 200 if method in {"GET", "HEAD"} else 405
        assert answer.status_code == expected

    assert await everything(site.newsroom) == before


async def test_the_page_asks_in_the_reader_s_language(site: Site) -> None:
    """With a form that posts to the same address and needs no script."""
    answer = await site.browser.get(site.leave, headers={"Accept-Language": "fr"})

    assert answer.status_code == 200
    assert '<html lang="nl">' in answer.text
    assert "niet langer" in answer.text
    assert re.search(r'<form method="post">\s*<button type="submit">', answer.text)
    assert "<script" not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b""},
        {"content": b"\xff\x00", "headers": {"Content-Type": "multipart/form-data"}},
    ],
    ids=["urlencoded", "multipart", "the page's button", "nonsense"],
)
async def test_a_post_opts_out_at_once(site: Site, body: dict[str, object]) -> None:
    """Mail programs post either form of RFC 8058, section 3.2, without cookies."""
    answer = await site.browser.post(site.leave, **body)  # type: ignore[arg-type]  # httpx's own

    assert answer.status_code == 200
    assert "ontvangt de nieuwsbrief niet meer" in answer.text
    assert not answer.cookies
    assert await suppressed(site) == {"Gand"}


async def test_opting_out_again_changes_nothing(site: Site) -> None:
    """The first word counts, and the second gets the same answer."""
    first = await site.browser.post(site.leave)
    after = await everything(site.newsroom)

    second = await site.browser.post(site.leave)

    assert second.content == first.content
    assert await everything(site.newsroom) == after


def forgeries(site: Site) -> dict[str, str]:
    """Paths that look like the reader's and are not."""
    token = site.leave.removeprefix("/u/")
    key = site.newsroom.desk.key
    return {
        "made up": f"/u/{FORGED}",
        "truncated": site.leave[:-1],
        "half": site.leave[: len(site.leave) // 2],
        "longer": f"{site.leave}A",
        "another case": f"/u/{token.swapcase()}",
        "one letter": f"/u/{'B' if token[0] == 'A' else 'A'}{token[1:]}",
        "for another purpose": f"/u/{site.view.removeprefix('/v/')}",
        "another newsroom's": "/u/"
        + sign_link(b"k" * 64, purpose="unsubscribe", payload=f"{site.issue}/{site.contact}"),
        "nobody's": "/u/" + sign_link(key, purpose="unsubscribe", payload=f"{site.issue}/0"),
        "no issue's": "/u/" + sign_link(key, purpose="unsubscribe", payload="autre-1/1"),
        "not ASCII": "/u/%C3%A9%C3%A8.%00",
    }


async def test_a_forged_link_is_answered_like_a_real_one_and_does_nothing(site: Site) -> None:
    """Status, headers and page are the same, so nobody learns who is on a list."""
    dutch = {"Accept-Language": "nl-BE, fr;q=0.5"}
    asked = await site.browser.get(site.leave, headers=dutch)
    before = await everything(site.newsroom)

    for kind, path in forgeries(site).items():
        looked = await site.browser.get(path, headers=dutch)
        assert (looked.status_code, looked.content) == (200, asked.content), kind
        assert looked.headers == asked.headers, kind
        posted = await site.browser.post(path, headers=dutch)
        assert posted.status_code == 200, kind
    assert await everything(site.newsroom) == before

    real = await site.browser.post(site.leave, headers=dutch)
    forged = await site.browser.post(f"/u/{FORGED}", headers=dutch)
    assert (real.status_code, real.content) == (forged.status_code, forged.content)
    assert real.headers == forged.headers


async def test_the_letter_can_be_read_as_it_was_sent(site: Site) -> None:
    """The frozen edition in the reader's language, whatever became of the article since."""
    write_article(site.newsroom.content, title="Un autre titre", body="Un autre texte.\n")

    answer = await site.browser.get(site.view)

    assert answer.status_code == 200
    assert "Nachtbemiddeling" in answer.text
    assert 'lang="nl"' in answer.text
    assert site.leave in answer.text
    assert "zz0" not in answer.text


async def test_there_is_nothing_to_read_before_the_issue_goes_out(approved: Newsroom) -> None:
    """A preview's link leads to a page that says so."""
    links = approved.desk.reader(IssueId("mediation-preview"), 0, FR)
    transport = httpx.ASGITransport(create_app(approved.desk))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as browser:
        answer = await browser.get(
            urlsplit(links.web_url).path, headers={"Accept-Language": "de, fr"}
        )

    assert answer.status_code == 404
    assert '<html lang="fr">' in answer.text
    assert "Ce lien n’est pas valable" in answer.text


async def test_a_link_to_leave_opens_no_letter(site: Site) -> None:
    """Each token is for its purpose alone."""
    token = site.leave.removeprefix("/u/")

    answer = await site.browser.get(f"/v/{token}")

    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/", "/u", "/u/", "/u/a/b", "/v/", "/admin", "/../etc/passwd"])
async def test_an_unknown_page_says_so_in_the_reader_s_language(site: Site, path: str) -> None:
    """As a page, with status 404."""
    answer = await site.browser.get(path, headers={"Accept-Language": "nl"})

    assert answer.status_code == 404
    assert "Pagina niet gevonden" in answer.text


async def test_every_answer_protects_its_reader(site: Site) -> None:
    """No script, no frame, no referrer, no cache, no index."""
    for method, path in (
        ("GET", site.leave),
        ("POST", site.leave),
        ("GET", site.view),
        ("GET", "/v/none"),
        ("GET", "/none"),
        ("PUT", site.leave),
        ("GET", "/health"),
    ):
        headers = (await site.browser.request(method, path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy, (method, path)
        assert "frame-ancestors 'none'" in policy
        assert "script-src" not in policy
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "set-cookie" not in headers


async def test_a_method_that_is_not_served_is_named_with_those_that_are(site: Site) -> None:
    """RFC 9110, section 15.5.6, wants `Allow`."""
    answer = await site.browser.put(site.view)

    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("nl", "nl"),
        ("nl-BE,en;q=0.5", "nl"),
        ("en-GB, fr", "en"),
        ("de, es", "fr"),
        ("*", "fr"),
        ("", "fr"),
        (",;q=,", "fr"),
    ],
)
async def test_a_stranger_is_answered_in_the_browser_s_language(
    site: Site, accepted: str, language: str
) -> None:
    """Or in the network's own."""
    answer = await site.browser.get(f"/u/{FORGED}", headers={"Accept-Language": accepted})

    assert f'<html lang="{language}">' in answer.text


async def test_an_opt_out_is_written_down_without_an_address(site: Site) -> None:
    """In the audit trail, once, by the issue whose letter it was."""
    await site.browser.post(site.leave)

    async with site.newsroom.desk.store.reading() as tx:
        events = [tuple(row) for row in await tx.execute(select(tables.events))]
    (event,) = [one for one in events if "contact.unsubscribed" in one]
    assert site.issue in event
    assert "gent" not in str(event)


async def test_the_pages_say_that_they_are_up(site: Site) -> None:
    """For whoever watches over them."""
    answer = await site.browser.get("/health")

    assert (answer.status_code, answer.text) == (200, "ok\n")


async def test_a_regional_language_gets_its_parent_s_words(workspace: Path) -> None:
    """And says so in `lang`."""
    (workspace / "newsletter.toml").write_text("target_languages = ['nl-BE']", encoding="utf-8")
    async with open_runtime(read_settings(workspace)) as desk:
        transport = httpx.ASGITransport(create_app(desk))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as browser:
            answer = await browser.get(f"/u/{FORGED}", headers={"Accept-Language": "nl-BE"})

    assert '<html lang="nl">' in answer.text
    assert "Uitschrijven" in answer.text
