"""Asking another engine for one passage, from the review page."""

import pytest

from flows.domain.segment import SegmentState
from tests.desk.conftest import OpenSite, Site
from tests.desk.drafts import LAST, REVIEW, TITLE, draft, passage
from tests.desk.people import PEOPLE
from tests.functional.editorial.conftest import NL, WORDS, write_article


@pytest.fixture
async def memory_site(open_site: OpenSite, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A desk whose engine knows what another article has approved, the title's Dutch among it."""
    monkeypatch.setenv("NEWSLETTER_ENGINE__NAME", "memory")
    site = await open_site()
    for name, roles in PEOPLE.items():
        await site.add(name, *roles)
    draft(site, La="Verkeerd")
    write_article(site.newsroom.content, slug="earlier")
    library = site.runtime.library
    catalogue = library.synchronised(library.article("earlier"), NL)
    for entry in list(catalogue.entries()):
        catalogue.edit(entry.key, WORDS[entry.key.source]["nl"], by="Ada")
        catalogue.approve(entry.key, by="Chantal", on=site.clock().date())
    catalogue.save()
    return site


async def test_an_engine_replaces_a_draft_by_another_draft(memory_site: Site) -> None:
    """It waits for a person as before, bears the engine's name, and can be taken back."""
    site = memory_site
    browser = await site.signed_in("Rens")
    one = passage(site, TITLE)
    page = await browser.look(f"{REVIEW}/{one.id}")
    assert "<option>memory</option>" in page.text

    answer = await browser.press(f"{REVIEW}/{one.id}/engine", engine="memory", shown=one.digest)

    assert answer.status_code == 200
    then = passage(site, TITLE)
    assert (then.translation, then.state) == ("Nachtbemiddeling", SegmentState.DRAFT)
    assert then.entry.provenance.origin.startswith("memory")
    await browser.press("/articles/mediation/nl/undo")
    assert passage(site, TITLE).entry == one.entry


async def test_beside_a_person_s_text_an_engine_only_proposes(memory_site: Site) -> None:
    """What people wrote is never overwritten by a machine."""
    site = memory_site
    browser = await site.signed_in("Rens")
    one = passage(site, TITLE)
    await browser.look(REVIEW)
    await browser.press(f"{REVIEW}/{one.id}", text="Bemiddeling", shown=one.digest)
    mine = passage(site, TITLE)

    answer = await browser.press(f"{REVIEW}/{one.id}/engine", engine="memory", shown=mine.digest)

    assert "What memory makes of it" in answer.text
    assert 'value="Nachtbemiddeling"' in answer.text
    assert passage(site, TITLE).entry == mine.entry


async def test_an_engine_that_knows_nothing_says_so(memory_site: Site) -> None:
    """And changes nothing."""
    site = memory_site
    write_article(site.newsroom.content, slug="earlier", title="Autre titre")
    (site.newsroom.content / "earlier" / "nl.po").unlink()
    browser = await site.signed_in("Rens")
    one = passage(site, LAST)
    await browser.look(REVIEW)

    answer = await browser.press(f"{REVIEW}/{one.id}/engine", engine="memory", shown=one.digest)

    assert answer.status_code == 409
    assert "memory" in answer.text
    assert passage(site, LAST).entry == one.entry


async def test_only_engines_of_the_settings_are_asked_and_not_for_ever(
    memory_site: Site,
) -> None:
    """Whatever a form names; sixty passages in a quarter of an hour are enough."""
    site = memory_site
    browser = await site.signed_in("Rens")
    one = passage(site, TITLE)
    await browser.look(REVIEW)
    address = f"{REVIEW}/{one.id}/engine"

    assert (await browser.press(address, engine="google", shown=one.digest)).status_code == 422
    answers = [
        await browser.press(address, engine="memory", shown=passage(site, TITLE).digest)
        for _ in range(61)
    ]

    assert {one.status_code for one in answers[:59]} == {200}
    assert (answers[-1].status_code, "too many attempts" in answers[-1].text) == (409, True)
