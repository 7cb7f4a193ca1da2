"""A digest carries articles: their approval carries over into it, and any edit of theirs voids."""

import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from flows.desk.public import create_app
from flows.domain.errors import InputError, NotDoneError
from flows.domain.issue import IssueState
from flows.domain.language import Language
from flows.domain.waiting import Need
from flows.mail.holes import ANY_MARK
from flows.mail.links import PASS_LENGTH
from flows.operations.articles import DIGEST as TEMPLATE
from flows.operations.articles import new_article
from flows.operations.carrying import digests_with
from flows.operations.checking import blocking, check_language
from flows.operations.gating import what_blocks
from flows.operations.launching import follow_approval
from flows.operations.records import records_of
from flows.operations.reviewing import LanguageReview, review_article
from flows.store.issues import frozen_editions, get_issue, move_issue
from tests.functional.editorial.conftest import (
    EN,
    FR,
    NL,
    NOW,
    SLUG,
    Newsroom,
    write_article,
)

DIGEST = "lettre"
SOURCE = """---
title: La lettre de novembre
author: La rédaction
date: 2026-11-20
summary: Ce qui se passe dans les villes.
articles:
  - section: La nuit
    items: [{item}]
agenda:
  - title: Conférence annuelle
    from: 2026-12-03 09:30
    to: 2026-12-03 17:00
    zone: Europe/Brussels
    place: Liège
    link: https://efus.eu/conference
  - title: Journée d’étude
    date: 2026-12-10
---

Chères lectrices, chers lecteurs.
"""
OWN = {
    "La lettre de novembre": ("The November letter", "De brief van november"),
    "La rédaction": ("The editors", "De redactie"),
    "Ce qui se passe dans les villes.": ("What goes on in cities.", "Wat er in steden gebeurt."),
    "Chères lectrices, chers lecteurs.": ("Dear readers.", "Beste lezers."),
    "La nuit": ("At night", "De nacht"),
    "Conférence annuelle": ("Annual conference", "Jaarlijkse conferentie"),
    "Liège": ("Liège", "Luik"),
    "Journée d’étude": ("Study day", "Studiedag"),
    "https://efus.eu/conference": ("https://efus.eu/conference", "https://efus.eu/conference"),
}


def write_digest(newsroom: Newsroom, *, item: str = SLUG) -> Path:
    """The digest of one article, and its own strings translated but approved by nobody."""
    path = newsroom.content / DIGEST / "fr.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(SOURCE.replace("{item}", item), encoding="utf-8")
    library = newsroom.desk.library
    for number, language in enumerate((EN, NL)):
        catalogue = library.synchronised(library.article(DIGEST), language)
        for key in catalogue.waiting():
            catalogue.edit(key, OWN[key.source][number], by="Ada")
        catalogue.save()
    return path


async def approve_digest(newsroom: Newsroom) -> None:
    """Signs every language of it off."""
    for language in newsroom.desk.library.languages:
        await newsroom.approve(language, slug=DIGEST)


async def review(newsroom: Newsroom, language: Language) -> LanguageReview:
    """How far one language of the digest is."""
    reviews = await review_article(newsroom.desk.library, newsroom.desk.store, DIGEST)
    return next(one for one in reviews if one.language == language)


def edit(newsroom: Newsroom, source: str, text: str) -> None:
    """Changes one passage of the article's Dutch."""
    library = newsroom.desk.library
    catalogue = library.synchronised(library.article(SLUG), NL)
    key = next(entry.key for entry in catalogue.entries() if entry.key.source == source)
    catalogue.edit(key, text, by="Ada")
    catalogue.save()


async def test_an_articles_approval_carries_over_into_the_digest(approved: Newsroom) -> None:
    """What is approved in the article need not be approved again: the digest's own strings do."""
    write_digest(approved)
    assert not (await review(approved, NL)).signed_off
    await approve_digest(approved)
    for language in (FR, EN, NL):
        assert (await review(approved, language)).signed_off
    assert (await review(approved, NL)).segments == len(OWN)


async def test_a_digest_waits_for_the_language_of_an_article(approved: Newsroom) -> None:
    """It is named, and what must be done is to approve that article, not the digest."""
    write_digest(approved)
    await approve_digest(approved)
    hidden = "Elle aide à « vivre ensemble » dans l’espace public."
    edit(approved, hidden, "Ze helpt om samen te leven in de openbare ruimte.")

    dutch = await review(approved, NL)
    assert (dutch.signed_off, dutch.approved_itself) == (False, True)
    assert dutch.articles_waiting == (SLUG,)
    assert dutch.next == f"newsletter approve {SLUG} nl --by NAME"
    assert (await review(approved, EN)).signed_off

    desk, issue = approved.desk, await approved.open(slug=DIGEST)
    waits = await what_blocks(desk.library, desk.store, issue, now=NOW, late_hours=6)
    assert [(one.need, one.language, one.article) for one in waits] == [(Need.PART, NL, SLUG)]

    await approved.approve(NL)
    assert (await review(approved, NL)).signed_off, "a teaser does not show what was changed"
    (onward,) = await follow_approval(desk.library, desk.store, None, SLUG, now=NOW, late_hours=6)
    assert (onward.issue.slug, onward.waits) == (DIGEST, [])


async def test_what_the_digest_shows_of_an_article_voids_its_approval(approved: Newsroom) -> None:
    """The summary is in the teaser: approving the article again is not enough."""
    write_digest(approved)
    await approve_digest(approved)
    edit(approved, "Des médiateurs dans la ville, la nuit.", "’s Nachts bemiddelaars in de stad.")
    await approved.approve(NL)
    dutch = await review(approved, NL)
    assert (dutch.signed_off, dutch.articles_waiting) == (False, ())
    assert dutch.changed_since
    assert (await review(approved, FR)).signed_off


async def test_an_article_shown_in_full_is_in_the_digests_edition(approved: Newsroom) -> None:
    """Its passages, in the digest's language, in both parts; a later edit voids the digest."""
    write_digest(approved, item=f"{{article: {SLUG}, as: full}}")
    await approve_digest(approved)
    edition = approved.desk.library.edition(DIGEST, NL)
    for part in (edition.html, edition.text):
        assert "Ze helpt om ‘samen te leven’" in part.replace("\n", " ")
    assert f"/articles/nl/{SLUG}" not in edition.html, "there is nothing more to read"
    edit(approved, "À quoi sert la médiation ?", "Waarvoor dient bemiddeling?")
    await approved.approve(NL)
    assert (await review(approved, NL)).changed_since


@pytest.mark.parametrize(
    ("item", "words"),
    [("nulle-part", "no article"), (DIGEST, "itself"), ("autre", "digest itself")],
)
async def test_a_digest_lists_only_articles_that_can_be_in_it(
    approved: Newsroom, item: str, words: str
) -> None:
    """Not one that is not there, nor itself, nor another digest: with file, line and remedy."""
    other = write_article(approved.content, slug="autre")
    other.write_text(other.read_text("utf-8").replace("summary:", f"articles: [{SLUG}]\nsummary:"))
    path = approved.content / DIGEST / "fr.md"
    path.parent.mkdir()
    path.write_text(SOURCE.replace("{item}", item), encoding="utf-8")
    with pytest.raises(InputError, match=words) as caught:
        approved.desk.library.article(DIGEST)
    assert (caught.value.path, caught.value.line, caught.value.field) == (path, 8, "articles")
    assert caught.value.remedy


def test_a_new_digest_begins_with_the_articles_there_are(newsroom: Newsroom) -> None:
    """It can be read and translated as it is; its stopgaps keep the French from approval."""
    library = newsroom.desk.library
    path = new_article(library, "mars", today=date(2026, 3, 1), template=TEMPLATE)
    assert path == newsroom.content / "mars" / "fr.md"
    assert library.article("mars").front.listed == (SLUG,)
    stopgaps = [one.segment for one in blocking(check_language(library, "mars", FR))]
    assert {"title", "section", "agenda", "Éditorial."} <= set(stopgaps)
    new_article(library, "avril", today=date(2026, 4, 1), template=TEMPLATE)
    assert library.article("avril").front.listed == (SLUG,), "digests list no digests"


def test_a_digest_of_nothing_is_not_begun(newsroom: Newsroom) -> None:
    """Nothing is written, and what to do first is said."""
    shutil.rmtree(newsroom.content / SLUG)
    with pytest.raises(NotDoneError, match="no article yet"):
        new_article(newsroom.desk.library, "mars", today=date(2026, 3, 1), template=TEMPLATE)
    assert not (newsroom.content / "mars").exists()


def test_the_digests_with_an_article_are_found_by_its_whole_name(newsroom: Newsroom) -> None:
    """However YAML writes it; not by its beginning, and not where the text alone names it."""
    write_digest(newsroom)
    for slug, item in (
        ("longer", f"{SLUG}-de-nuit"),
        ("escaped", f'"\\x{ord(SLUG[0]):x}{SLUG[1:]}"'),
    ):
        write_article(newsroom.content, slug=f"{SLUG}-de-nuit")
        path = newsroom.content / slug / "fr.md"
        path.parent.mkdir()
        path.write_text(SOURCE.replace("{item}", item), encoding="utf-8")
    write_article(newsroom.content, slug="texte", body=f"Lisez articles: {SLUG}.")
    broken = newsroom.content / "broken" / "fr.md"
    broken.parent.mkdir()
    broken.write_text(f"---\narticles: [{SLUG}\n---\n", encoding="utf-8")
    assert digests_with(newsroom.desk.library, SLUG) == ["escaped", DIGEST]


async def test_a_digest_is_sent_as_it_was_approved(approved: Newsroom) -> None:
    """To everybody in their language, previewed and proved by its evidence as an article is."""
    write_digest(approved)
    await approve_digest(approved)
    issue = await approved.freeze(await approved.open(slug=DIGEST))
    desk = approved.desk
    async with desk.store.reading() as tx:
        frozen = await frozen_editions(tx, issue.id)
    assert {language: one.digest for language, one in frozen.items()} == {
        language: desk.library.edition(DIGEST, language).digest for language in (FR, EN, NL)
    }
    (record,) = await records_of(desk.library, desk.store, issue.id, [NL])
    assert record["edition"]["sha256"] == frozen[NL].digest
    assert "De nacht" in {one["text"] for one in record["passages"]}


async def send(newsroom: Newsroom, *lists: str) -> None:
    """The digest, to these lists."""
    issue = await newsroom.freeze(await newsroom.open(*lists, slug=DIGEST))
    async with newsroom.desk.store.writing() as tx:
        await move_issue(tx, await get_issue(tx, issue.id), IssueState.SENT, now=NOW)


@pytest.fixture
async def browser(approved: Newsroom) -> AsyncIterator[httpx.AsyncClient]:
    """The public pages."""
    write_digest(approved)
    await approve_digest(approved)
    transport = httpx.ASGITransport(create_app(approved.desk))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_the_links_of_a_digest_lead_to_its_articles(
    approved: Newsroom, browser: httpx.AsyncClient
) -> None:
    """Not before it went out; then in each language, as the article was approved."""
    address = f"/articles/nl/{SLUG}"
    assert (await browser.get(address)).status_code == 404
    assert (await browser.get(linked_in_letter(approved, NL))).status_code == 404
    await send(approved)
    page = await browser.get(address)
    assert page.status_code == 200
    assert '<html lang="nl">' in page.text
    assert "samen te leven" in page.text
    assert f'href="/articles/en/{SLUG}"' in page.text
    assert not ANY_MARK.search(page.text)
    assert (await browser.get(f"/articles/sv/{SLUG}")).status_code == 404
    assert (await browser.get(f"/articles/nl/{DIGEST}")).status_code == 404


async def test_an_article_in_a_letter_to_a_closed_list_opens_by_its_link_alone(
    approved: Newsroom, browser: httpx.AsyncClient
) -> None:
    """Lists are closed unless somebody opens them; its calendar files serve whoever got it."""
    await send(approved, "members")
    address = f"/articles/nl/{SLUG}"
    assert (await browser.get(address)).status_code == 404
    assert (await browser.get(f"{address}?pass={'0' * PASS_LENGTH}")).status_code == 404
    assert (await browser.get(f"/agenda/nl/{DIGEST}/journee-d-etude.ics")).status_code == 200
    page = await browser.get(linked_in_letter(approved, NL))
    assert page.status_code == 200
    assert "samen te leven" in page.text
    assert page.headers["x-robots-tag"] == "noindex"
    assert f'href="{linked_in_letter(approved, EN)}"' in page.text


async def test_a_pass_is_for_one_article_that_a_letter_leads_to(
    approved: Newsroom, browser: httpx.AsyncClient
) -> None:
    """Another's opens nothing, and one's own nothing that was never linked."""
    await send(approved, "members")
    write_article(approved.content, slug="autre")
    for slug, own in ((SLUG, "autre"), ("autre", "autre")):
        given = approved.desk.library.pass_for(own)
        assert (await browser.get(f"/articles/nl/{slug}?pass={given}")).status_code == 404


@pytest.mark.usefixtures("browser")
async def test_a_letters_link_works_while_the_archive_is_closed(approved: Newsroom) -> None:
    """What is closed is what strangers find."""
    await send(approved)
    settings = approved.desk.settings
    shut = settings.model_copy(update={"web": settings.web.model_copy(update={"archive": False})})
    transport = httpx.ASGITransport(create_app(replace(approved.desk, settings=shut)))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.get(f"/articles/nl/{SLUG}")).status_code == 404
        assert (await client.get(linked_in_letter(approved, NL))).status_code == 200


def linked_in_letter(newsroom: Newsroom, language: Language) -> str:
    """Where a language's letter leads to read on."""
    library = newsroom.desk.library
    found = re.search(
        rf'href="{library.pages}(/articles/{language}/[^"]+)"',
        library.edition(DIGEST, language).html,
    )
    assert found
    return found[1]


def event_of(file: bytes) -> Any:
    """The one event of a calendar file."""
    (event,) = Calendar.from_ical(file).walk("VEVENT")
    return event


async def test_an_entry_of_the_agenda_goes_into_a_calendar(
    approved: Newsroom, browser: httpx.AsyncClient
) -> None:
    """In the reader's language, with its zone, in lines of 75 octets (RFC 5545)."""
    address = f"/agenda/nl/{DIGEST}/conference-annuelle.ics"
    assert (await browser.get(address)).status_code == 404
    await send(approved)
    answer = await browser.get(address)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.content.endswith(b"\r\n")
    assert max(len(line) for line in answer.content.split(b"\r\n")) <= 75
    event = event_of(answer.content)
    assert event["summary"] == "Jaarlijkse conferentie"
    assert event["location"] == "Luik"
    assert event["dtstart"].params["TZID"] == "Europe/Brussels"
    assert event["dtstart"].dt.astimezone(UTC) == datetime(2026, 12, 3, 8, 30, tzinfo=UTC)
    assert event["dtend"].dt.astimezone(UTC) == datetime(2026, 12, 3, 16, 0, tzinfo=UTC)
    assert answer.content.count(b"BEGIN:VTIMEZONE") == 1

    english = await browser.get(f"/agenda/en/{DIGEST}/conference-annuelle.ics")
    same = event_of(english.content)
    assert (same["uid"], same["summary"]) == (event["uid"], "Annual conference")
    day = await browser.get(f"/agenda/nl/{DIGEST}/journee-d-etude.ics")
    whole = event_of(day.content)
    assert (whole["dtstart"].dt, whole["dtend"].dt) == (date(2026, 12, 10), date(2026, 12, 11))
    assert (await browser.get(f"/agenda/nl/{DIGEST}/autre.ics")).status_code == 404
