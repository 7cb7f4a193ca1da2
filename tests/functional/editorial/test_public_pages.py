"""The pages behind a letter's links: read in the browser, leave the list, and nothing else."""

import html
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from flows.desk.public import create_app
from flows.domain.article import Slug
from flows.domain.consent import Act
from flows.domain.issue import IssueId, IssueState
from flows.domain.language import Language
from flows.mail.holes import ANY_MARK
from flows.mail.links import sign_link
from flows.operations.delivering import freeze_issue
from flows.operations.histories import read_history
from flows.operations.previewing import trial_issue
from flows.operations.reading import come_back, reading_of
from flows.runtime.runtime import Runtime, open_runtime
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
        issue = await move_issue(tx, issue, IssueState.APPROVED, now=NOW)
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
    assert re.search(r'<form method="post">.*<button type="submit">', answer.text, re.DOTALL)
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
    assert not ANY_MARK.search(answer.text)


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


async def test_a_test_letter_opens_in_the_browser_as_it_is_now(site: Site) -> None:
    """In its language alone; what stands for an issue of a preview opens nothing."""
    desk = site.newsroom.desk
    dutch = Language("nl")
    links = desk.reader(trial_issue(SLUG, dutch), 0, dutch)
    preview = desk.reader(IssueId(f"{SLUG}-preview"), 0, dutch)
    gone = desk.reader(trial_issue("nulle-part", dutch), 0, dutch)

    answer = await site.browser.get(urlsplit(links.web_url).path, params={"lang": "fr"})

    assert answer.status_code == 200
    assert desk.library.edition(SLUG, dutch).subject in html.unescape(answer.text)
    assert '<html lang="nl"' in answer.text
    for other in (preview, gone):
        assert (await site.browser.get(urlsplit(other.web_url).path)).status_code == 404


async def test_a_link_to_leave_opens_no_letter(site: Site) -> None:
    """Each token is for its purpose alone."""
    token = site.leave.removeprefix("/u/")

    answer = await site.browser.get(f"/v/{token}")

    assert answer.status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        *("/u", "/u/", "/u/a/b", "/v/", "/p/", "/c/a/b", "/admin", "/../etc/passwd"),
        *("/archive/xx", "/archive/fr/none-1", "/archive/xx/feed.atom", "/archive/fr/../../u"),
    ],
)
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


async def test_a_reason_is_kept_with_the_opt_out(site: Site) -> None:
    """Of those that the page offers; whatever else is posted is left aside."""
    await site.browser.post(site.leave, data={"why": "moved"})

    desk = site.newsroom.desk
    async with desk.store.reading() as tx:
        hashed = desk.address_hash("kabinet@gent.example.org")
        history = await read_history(tx, hashed)
    assert [(one.act, one.why) for one in history.consents][-1] == (Act.WITHDRAWN, "moved")
    assert history.opt_out
    assert history.opt_out.reason == "unsubscribed"


async def test_leaving_by_mistake_can_be_taken_back_for_a_day(site: Site) -> None:
    """With one click, on the page that says that it is done."""
    done = await site.browser.post(site.leave)
    assert '<input type="hidden" name="act" value="undo">' in done.text

    undone = await site.browser.post(site.leave, data={"act": "undo"})

    assert "Teruggedraaid" in undone.text
    assert await suppressed(site) == set()


async def test_an_old_opt_out_is_not_taken_back_by_a_letter_that_lies_about(site: Site) -> None:
    """Somebody may have forwarded it; a complaint or a bounce is not theirs to undo either."""
    await site.browser.post(site.leave)
    desk = site.newsroom.desk
    reading = await reading_of(desk.store, site.issue, site.contact)
    assert reading
    late = desk.clock() + timedelta(days=1, minutes=1)
    assert not await come_back(desk.store, reading, now=late)
    async with desk.store.writing() as tx:
        await tx.execute(update(tables.suppressions).values(reason="complained"))

    answer = await site.browser.post(site.leave, data={"act": "undo"})

    assert answer.status_code == 200
    assert await suppressed(site) == {"Gand"}


async def test_undoing_by_a_forged_link_is_answered_like_by_a_real_one(site: Site) -> None:
    """And does nothing."""
    await site.browser.post(site.leave)
    dutch = {"Accept-Language": "nl"}
    forged = await site.browser.post(f"/u/{FORGED}", data={"act": "undo"}, headers=dutch)
    assert await suppressed(site) == {"Gand"}

    real = await site.browser.post(site.leave, data={"act": "undo"}, headers=dutch)

    assert (real.status_code, real.content) == (forged.status_code, forged.content)


async def test_a_letter_can_be_read_in_its_other_languages(site: Site) -> None:
    """By the same link; the way out stays the reader's own."""
    answer = await site.browser.get(f"{site.view}?lang=en")

    assert "Night mediation" in answer.text
    assert '<html lang="en">' in answer.text
    assert site.leave in answer.text
    for tag in ("fr", "en", "nl"):
        assert f'hreflang="{tag}" href="http://127.0.0.1:8080{site.view}?lang={tag}"' in answer.text


async def test_what_only_mail_programs_understand_is_not_on_the_page(site: Site) -> None:
    """No conditional comments, no old attributes, no styles for Outlook; every word stays."""
    page = (await site.browser.get(site.view)).text

    for relic in ("<!--[if", "mso-", "cellpadding", "bgcolor", "<center", "xmlns:v"):
        assert relic not in page
    assert "Bemiddelaars in de stad" in page
    assert not ANY_MARK.search(page)


async def test_links_survive_the_rotation_of_their_key(site: Site) -> None:
    """As long as the old key is listed; afterwards they are as good as forged."""
    desk = site.newsroom.desk
    new = SecretStr("n" * 40)

    def with_keys(**keys: SecretStr) -> Runtime:
        return replace(desk, settings=desk.settings.model_copy(update=keys))

    rotated = with_keys(link_key=new)
    revoked = with_keys(link_key=new, previous_link_keys=SecretStr(""))
    listed = with_keys(link_key=new, previous_link_keys=SecretStr("o" * 40 + " secret_key"))
    statuses = []
    for one in (rotated, revoked, listed):
        transport = httpx.ASGITransport(create_app(one))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as browser:
            statuses.append((await browser.get(site.view)).status_code)
    assert statuses == [200, 404, 200]
    links = rotated.reader(site.issue, site.contact, Language("nl"))
    assert (await site.browser.get(urlsplit(links.web_url).path)).status_code == 404


async def test_ten_thousand_visits_of_scanners_change_no_row(site: Site) -> None:
    """Over every public address, with every method that reads; one POST does."""
    desk = site.newsroom.desk
    until = int(desk.clock().timestamp()) + 3600
    number = str(site.contact)
    paths = [
        site.leave,
        site.view,
        f"{site.view}?lang=en",
        f"/p/{desk.link('preferences', number)}",
        f"/p/{desk.link('preferences', number)}?lists=lettre&language=fr&act=data",
        f"/d/{desk.link('data', f'{number}/{until}')}",
        f"/d/{desk.link('data', f'{number}/{until}')}/copy",
        f"/c/{desk.link('confirm', '1')}",
        f"/r/{desk.link('renew', '1')}",
        "/subscribe?email=a@example.org&city=Gand&lists=lettre",
        "/",
        "/archive",
        "/archive/fr",
        "/archive/fr/feed.atom",
        f"/archive/nl/{site.issue}",
        "/work.js",
        "/health",
        f"/u/{FORGED}",
        f"/c/{FORGED}",
        "/nowhere",
        f"{site.leave}?{ONE_CLICK}",
    ]
    before = await everything(site.newsroom)
    visits = 0
    while visits < 10_000:
        for path in paths:
            method = "HEAD" if visits % 7 == 3 else "GET"
            answer = await site.browser.request(method, path)
            assert answer.status_code in {200, 302, 404}, path
            assert "set-cookie" not in answer.headers
            visits += 1
    assert await everything(site.newsroom) == before

    await site.browser.post(site.leave)

    assert await everything(site.newsroom) != before


async def test_the_first_page_leads_to_what_is_public(site: Site) -> None:
    """In the reader's language; to the desk only where one is served."""
    page = await site.browser.get("/", headers={"Accept-Language": "nl"})

    assert page.status_code == 200
    assert '<html lang="nl">' in page.text
    assert 'href="/archive/nl"' in page.text
    assert 'href="/subscribe?lang=nl"' in page.text
    assert "redactie" not in page.text
    assert "set-cookie" not in page.headers

    transport = httpx.ASGITransport(create_app(site.newsroom.desk, desk_url="/desk/"))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as browser:
        page = await browser.get("/?lang=fr")
    assert '<a href="/desk/">Bureau de la rédaction</a>' in page.text


async def test_the_first_page_offers_nothing_that_is_closed(
    approved: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither an archive nor a form that the settings take away."""
    monkeypatch.setenv("NEWSLETTER_WEB__ARCHIVE", "false")
    monkeypatch.setenv("NEWSLETTER_SUBSCRIPTION__OPEN", "false")
    async with open_runtime(read_settings(approved.workspace)) as desk:
        transport = httpx.ASGITransport(create_app(desk))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as browser:
            page = (await browser.get("/?lang=en")).text
    content = page.partition("<main")[2].partition("</main>")[0]
    assert "The newsletter" in content
    assert "href" not in content
