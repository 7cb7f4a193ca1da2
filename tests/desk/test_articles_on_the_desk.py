"""The list of articles, how far each language is, and what is ready before anybody asks."""

import asyncio
import re

from flows.desk.site import create_desk_site
from flows.domain.issue import IssueState
from flows.store.issues import move_issue
from tests.desk.conftest import Site
from tests.functional.editorial.conftest import EN, FR, NL, SLUG, write_article

WAIT_SECONDS = 60
MARK = re.compile(
    rf'<a href="/desk/articles/{SLUG}/(\w+)/review">.*?<span class="mark [\w-]+">([^<]+)</span>',
    re.DOTALL,
)


async def languages_listed(site: Site) -> dict[str, str]:
    """The words beside each language of the sample article, in the list."""
    browser = await site.signed_in("Rens")
    return dict(MARK.findall((await browser.look("/articles")).text))


async def test_the_list_tells_how_far_each_language_is(site: Site) -> None:
    """Approved, to be approved, or not there yet; each leads to its review."""
    site.newsroom.fill(NL)
    await site.newsroom.approve(FR)

    assert await languages_listed(site) == {
        "fr": "approved",
        "en": "missing",
        "nl": "to be approved",
    }


async def test_where_every_passage_is_approved_the_language_is_what_waits(site: Site) -> None:
    """And the author's own text is not said to be approved, passage by passage."""
    site.newsroom.fill(EN)
    catalogue = site.runtime.library.catalogue(SLUG, EN)
    for entry in list(catalogue.entries()):
        catalogue.approve(entry.key, by="Chantal", on=site.clock().date())
    catalogue.save()

    assert (await languages_listed(site))["en"] == "to be approved as a whole"
    page = (await (await site.signed_in("Rens")).look(f"/articles/{SLUG}")).text
    assert "6 passages of the author" in page
    assert "6 of 6 passages approved" in page
    assert page.count("passages approved") == 2


async def test_the_languages_of_what_has_left_are_not_listed(approved: Site) -> None:
    """Its texts are frozen: nobody has anything to do there."""
    assert (await languages_listed(approved))["nl"] == "approved"
    issue = await approved.newsroom.open()
    async with approved.runtime.store.writing() as tx:
        await move_issue(tx, issue, IssueState.APPROVED, now=approved.clock())
    await approved.newsroom.freeze(issue)

    assert await languages_listed(approved) == {}


async def test_an_article_that_cannot_be_read_hides_no_other(site: Site) -> None:
    """Its own line says what is wrong."""
    write_article(site.newsroom.content, slug="broken").write_text("---\ntitle: [\n---\n", "utf-8")
    catalogue = site.newsroom.content / SLUG / "nl.po"
    catalogue.write_text("no catalogue", "utf-8")

    browser = await site.signed_in("Rens")
    page = await browser.look("/articles")

    assert page.status_code == 200
    assert SLUG in page.text


async def test_what_is_under_way_is_read_before_anybody_comes(site: Site) -> None:
    """Whoever looks first after a start waits no longer than the next."""
    site.newsroom.fill(NL)
    await site.newsroom.open()
    write_article(site.newsroom.content, slug="nobody-s")
    app = create_desk_site(site.desk)

    async with app.router.lifespan_context(app):
        async with asyncio.timeout(WAIT_SECONDS):
            for _ in iter(lambda: len(site.desk.workbench._benches) < 2, False):
                await asyncio.sleep(0.01)

    assert set(site.desk.workbench._benches) == {(SLUG, EN), (SLUG, NL)}


async def test_a_broken_article_does_not_keep_the_desk_from_opening(site: Site) -> None:
    """Nor from closing."""
    await site.newsroom.open()
    write_article(site.newsroom.content).write_text("---\ntitle: [\n---\n", "utf-8")
    app = create_desk_site(site.desk)

    async with app.router.lifespan_context(app):
        await asyncio.sleep(0.2)
        assert (await site.browser().look("/login")).status_code == 200
