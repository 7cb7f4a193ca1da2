"""A digest at the desk: its articles, how far they are, and the way to their own review."""

import pytest

from tests.desk.conftest import Site
from tests.functional.editorial.conftest import NL, SLUG
from tests.functional.editorial.test_digests import DIGEST, approve_digest, edit, write_digest

HIDDEN = "Elle aide à « vivre ensemble » dans l’espace public."


@pytest.fixture
async def waiting(approved: Site) -> Site:
    """A digest that is approved and waits for the Dutch of its article."""
    write_digest(approved.newsroom)
    await approve_digest(approved.newsroom)
    edit(approved.newsroom, HIDDEN, "Ze helpt om samen te leven in de openbare ruimte.")
    return approved


async def test_the_page_of_a_digest_shows_its_articles(waiting: Site) -> None:
    """Each with its languages; a language of the digest waits although it is approved itself."""
    browser = await waiting.signed_in("Édith")
    page = (await browser.look(f"/articles/{DIGEST}")).text
    assert "Articles in this digest" in page
    assert f'href="/desk/articles/{SLUG}/nl/review"' in page
    assert page.count("waits for articles") == 1
    assert "A digest of 1 article" in (await browser.look("/articles")).text
    assert "Articles in this digest" not in (await browser.look(f"/articles/{SLUG}")).text


async def test_reviews_lead_to_the_articles_own(waiting: Site) -> None:
    """The review of the digest to the article's; its approval names what it waits for."""
    browser = await waiting.signed_in("Édith")
    review = (await browser.look(f"/articles/{DIGEST}/nl/review")).text
    assert f'href="/desk/articles/{SLUG}/nl/review"' in review
    assert "samen te leven" not in review
    approval = (await browser.look(f"/articles/{DIGEST}/nl/approval")).text
    assert f"The article {SLUG} in it waits for approval." in approval
    english = (await browser.look(f"/articles/{DIGEST}/en/approval")).text
    assert "in it waits for approval" not in english


async def test_an_issue_says_for_which_article_it_waits(waiting: Site) -> None:
    """Whose turn it is, and where; approving the article at the desk lets the issue go on."""
    issue = await waiting.newsroom.open(slug=DIGEST)
    browser = await waiting.signed_in("Édith")
    page = (await browser.look(f"/issues/{issue.id}")).text
    assert f"Dutch: the article {SLUG} in it waits for approval." in page
    await waiting.newsroom.approve(NL)
    page = (await browser.look(f"/issues/{issue.id}")).text
    assert "waits for approval" not in page


async def test_a_digest_with_an_article_that_is_gone_says_where(waiting: Site) -> None:
    """The list of articles stays; its line tells which line of which file."""
    path = waiting.newsroom.content / DIGEST / "fr.md"
    path.write_text(path.read_text("utf-8").replace(f"[{SLUG}]", "[disparu]"), "utf-8")
    browser = await waiting.signed_in("Édith")
    page = await browser.look("/articles")
    assert page.status_code == 200
    assert "there is no article &#39;disparu&#39;" in page.text
