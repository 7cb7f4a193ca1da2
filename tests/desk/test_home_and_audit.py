"""The first page, which knows whose turn it is; and the page of what was done."""

import csv
import io
import re
from datetime import timedelta

import pytest

from flows.domain.account import Role
from flows.domain.language import Language
from flows.mail.maildir import prepare_maildir, write_message
from flows.operations.approving import reject_language
from flows.operations.gating import pass_gate
from flows.operations.issues import schedule_issue
from flows.runtime.returning import kept_mail
from flows.store.events import record_event
from tests.desk.conftest import OpenSite, Site
from tests.desk.people import PEOPLE
from tests.functional.editorial.conftest import SLUG, write_article

ISSUE = f"{SLUG}-1"


def groups(page: str) -> dict[str, str]:
    """The sections of the first page, by their headings."""
    parts = re.split(r'<section class="group" aria-labelledby="([\w-]+)">', page)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


async def seen_by(site: Site, name: str) -> dict[str, str]:
    """The first page of somebody."""
    return groups((await (await site.signed_in(name)).look("/")).text)


async def test_a_fresh_newsroom_says_that_nothing_waits(site: Site) -> None:
    """A calm page."""
    page = await seen_by(site, "Paula")

    assert list(page) == ["mine"]
    assert "Nothing waits for you." in page["mine"]


async def test_missing_translations_are_the_editors_turn(site: Site) -> None:
    """Counted, by language; the reviewers see it as others' turn."""
    await site.newsroom.open()

    assert "Dutch: 6 passages are not translated." in (await seen_by(site, "Édith"))["mine"]
    others = (await seen_by(site, "Rens"))["others"]
    assert "Dutch: 6 passages are not translated." in others
    assert "an editor" in others


async def test_an_approval_is_the_turn_of_the_reviewers_of_that_language(site: Site) -> None:
    """Rens answers for Dutch, and for no other language."""
    await site.newsroom.open()
    for language in ("en", "nl"):
        site.newsroom.fill(Language(language))

    mine = (await seen_by(site, "Rens"))["mine"]

    links = re.findall(r'<li class="mine">\s*<a href="([^"]+)">([^<]+)</a>', mine)
    assert links == [(f"/desk/articles/{SLUG}/nl/review", "Dutch waits for approval.")]
    assert "a reviewer of English" in mine


async def test_a_language_that_was_sent_back_is_an_editor_s_turn(site: Site) -> None:
    """With the reason."""
    await site.newsroom.open()
    for language in ("en", "nl"):
        site.newsroom.fill(Language(language))
    await reject_language(
        site.runtime.library,
        site.runtime.store,
        SLUG,
        Language("nl"),
        by="Rens",
        because="<b>Luik</b>, niet Liège",
        now=site.clock(),
    )

    mine = (await seen_by(site, "Édith"))["mine"]

    assert "Dutch was sent back: “&lt;b&gt;Luik&lt;/b&gt;, niet Liège”" in mine


async def test_what_is_approved_is_the_publishers_turn(approved: Site) -> None:
    """To send it, or to give it a time."""
    await approved.newsroom.open()

    assert "Everything is approved. It can be sent." in (await seen_by(approved, "Paula"))["mine"]
    assert "a publisher" in (await seen_by(approved, "Édith"))["others"]


async def planned(site: Site, *, hours: float) -> None:
    """An issue with a time."""
    issue = await site.newsroom.open()
    at = site.clock() + timedelta(hours=hours)
    before = min(site.clock(), at - timedelta(hours=1))
    await schedule_issue(site.runtime.store, issue.id, at=at, zone="Europe/Brussels", now=before)
    await pass_gate(
        site.runtime.library, site.runtime.store, issue.id, now=site.clock(), late_hours=6
    )


async def test_what_is_planned_is_told_with_zone_offset_and_distance(approved: Site) -> None:
    """And that nobody is there to send it, if so."""
    await planned(approved, hours=51)

    browser = await approved.signed_in("Paula")
    page = (await browser.look("/")).text

    assert "Tuesday 24 November 2026 at 13:30 Europe/Brussels (UTC+01:00)" in page
    assert "in 2 days 3 hrs" in page
    assert "no newsroom is running" in page


async def test_a_time_that_passed_is_the_publishers_turn(approved: Site) -> None:
    """Nothing goes out hours late by itself."""
    await planned(approved, hours=-7)

    mine = (await seen_by(approved, "Paula"))["mine"]

    assert "Its time passed before everything was approved." in mine
    assert "7 hrs ago" in mine


async def test_an_article_that_cannot_be_read_hides_no_other(approved: Site) -> None:
    """It is an editor's turn; the rest of the page is there."""
    await approved.newsroom.open()
    write_article(approved.newsroom.content, slug="autre")
    await approved.newsroom.open(slug="autre")
    (approved.newsroom.content / "autre" / "fr.md").write_text("---\nx: [\n---\n", "utf-8")

    page = await seen_by(approved, "Ada")

    assert "The article cannot be read" in page["mine"]
    assert "Everything is approved." in page["mine"]
    articles = await (await approved.signed_in("Ada")).look("/articles")
    assert articles.status_code == 200
    assert str(approved.newsroom.content) not in articles.text


async def test_mail_that_came_back_and_must_be_read_is_told(approved: Site) -> None:
    """To those who publish, and to nobody else."""
    folder = kept_mail(approved.runtime.settings).folder
    prepare_maildir(folder)
    for number in range(2):
        write_message(folder, f"{number}.newsletter", b"Subject: x\r\n\r\nBonjour")

    page = (await (await approved.signed_in("Paula")).look("/")).text
    other = (await (await approved.signed_in("Rens")).look("/")).text

    assert "2 messages came back that somebody must read." in page
    assert "came back" not in other


async def test_an_examination_is_remembered_on_the_first_page(
    open_site: OpenSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which part does not work, since somebody looked."""
    monkeypatch.setenv("NEWSLETTER_ENGINE__NAME", "libretranslate")
    monkeypatch.setenv("NEWSLETTER_ENGINE__URL", "http://127.0.0.1:9")
    site = await open_site()
    await site.add("Paula", *PEOPLE["Paula"])
    browser = await site.signed_in("Paula")
    assert "Something does not work" not in (await browser.look("/")).text
    assert "Nobody has looked" in (await browser.look("/checkup")).text

    await browser.press("/checkup")

    page = (await browser.look("/checkup")).text
    assert page.count("fails") == 1
    assert "engine" in page
    assert "Something does not work:" in (await browser.look("/")).text


async def some_events(site: Site, count: int) -> None:
    """Acts of two people, one a minute."""
    async with site.runtime.store.writing() as tx:
        for number in range(count):
            await record_event(
                tx,
                "issue.paused" if number % 2 else "issue.resumed",
                f"article-{number}",
                actor="Zoë %" if number % 2 else "Jan_",
                now=site.clock() + timedelta(minutes=number),
                number=number,
            )


async def test_the_trail_is_looked_through_by_who_what_and_about(site: Site) -> None:
    """A per cent sign or an underscore stands for itself."""
    await some_events(site, 20)
    browser = await site.signed_in("Paula")

    async def lines(query: str) -> int:
        return (await browser.look(f"/audit?{query}")).text.count('class="log-main"')

    assert await lines("who=zo%C3%AB") in {0, 10}
    assert await lines("who=%25") == 10
    assert await lines("who=n_") == 10
    assert await lines("what=paused") == 10
    assert await lines("subject=article-1") == 11
    assert await lines("who=Jan&what=paused") == 0
    assert await lines("since=2026-11-23") == 0


async def test_a_day_is_a_day_of_the_desk_s_zone(open_site: OpenSite) -> None:
    """Both ends belong to what is looked for."""
    site = await open_site('\n[desk]\ntimezone = "Pacific/Auckland"\n')
    await site.add("Paula", *PEOPLE["Paula"])
    await some_events(site, 1)
    browser = await site.signed_in("Paula")

    async def lines(query: str) -> int:
        page = (await browser.look(f"/audit?subject=article&{query}")).text
        return page.count('class="log-main"')

    assert await lines("since=2026-11-22&until=2026-11-22") == 1
    assert await lines("until=2026-11-21") == 0
    assert await lines("since=2026-11-23") == 0
    assert (await browser.look("/audit?since=yesterday")).status_code == 422


async def test_long_trails_come_page_by_page_and_whole_as_a_file(site: Site) -> None:
    """Newest first; every act once."""
    await some_events(site, 230)
    browser = await site.signed_in("Paula")
    seen: list[str] = []
    path = "/audit?subject=article-"
    while path:
        page = (await browser.look(path)).text
        seen += re.findall(r'class="log-about">(article-\d+)<', page)
        found = re.search(r'href="/desk(/audit\?before=[^"]+)"', page)
        path = found[1].replace("&amp;", "&") if found else ""
    file = (await browser.get("/desk/audit.csv?subject=article-")).content.decode("utf-8-sig")

    rows = list(csv.DictReader(io.StringIO(file)))
    assert seen == [f"article-{number}" for number in reversed(range(230))]
    assert [row["subject"] for row in rows] == seen
    assert rows[0]["facts"] == '{"number": 229}'


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
async def test_a_file_of_the_trail_runs_nothing_in_a_spreadsheet(site: Site, cell: str) -> None:
    """What looks like a formula is text there."""
    async with site.runtime.store.writing() as tx:
        await record_event(tx, "x", f"{cell}", actor=f"{cell}", now=site.clock())
    browser = await site.signed_in("Paula")

    file = (await browser.get("/desk/audit.csv?what=x")).content.decode("utf-8-sig")

    rows = [row for row in csv.DictReader(io.StringIO(file, newline="")) if row["what"] == "x"]
    assert [(row["who"], row["subject"]) for row in rows] == [(f"'{cell}", f"'{cell}")]


async def test_htmx_gets_the_lines_alone(site: Site) -> None:
    """One template for the page and its part."""
    await some_events(site, 3)
    browser = await site.signed_in("Paula")

    part = (await browser.get("/desk/audit?what=issue", headers={"HX-Request": "true"})).text

    assert "<html" not in part
    assert part.count('class="log-main"') == 3


async def test_acts_are_told_in_words_and_unknown_ones_as_they_are_spelt(site: Site) -> None:
    """Parts that come later write acts that this page does not know."""
    async with site.runtime.store.writing() as tx:
        await record_event(tx, "visit.begun", "Paula", actor="Paula", now=site.clock())
        await record_event(tx, "moon.landed", "Paula", actor="Paula", now=site.clock())
    browser = await site.signed_in("Ada")
    page = (await browser.look("/audit")).text

    assert "<strong>Paula</strong> signed in" in page
    assert "<strong>Paula</strong> moon.landed" in page


async def test_an_account_says_what_one_may(site: Site) -> None:
    """Roles and languages, in words."""
    await site.add("Iris", Role.EDITOR, Role.REVIEWER, languages=("en", "nl"))
    page = (await (await site.signed_in("Iris")).look("/account")).text

    assert "editor, reviewer" in page
    assert "English, Dutch" in page
