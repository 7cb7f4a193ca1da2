"""A reader's own page: lists, language, city; and what becomes of their data."""

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest

from flows.desk.public import create_app
from flows.domain.consent import Act, Basis
from flows.mail.links import sign_link
from flows.operations.answering import answer_wishes
from flows.operations.histories import History, read_history
from flows.runtime.notifying import answering_of
from flows.store.records import find_record, lists_of
from tests.functional.builders import readers_of
from tests.functional.editorial.conftest import MEMBERS, Newsroom, write_lists

READER = "kabinet@gent.example.org"


class Page(NamedTuple):
    """A reader's own page."""

    browser: httpx.AsyncClient
    newsroom: Newsroom
    contact: int
    path: str

    async def save(self, *lists: str, language: str = "nl", city: str = "Gand") -> httpx.Response:
        """Send the form with these choices."""
        fields = {"lists": list(lists), "language": language, "city": city}
        return await self.browser.post(self.path, data=fields)

    async def history(self) -> History:
        """All that is kept of the reader."""
        desk = self.newsroom.desk
        async with desk.store.reading() as tx:
            return await read_history(tx, desk.address_hash(READER))

    async def lists(self) -> set[str]:
        """The lists that the reader is on."""
        desk = self.newsroom.desk
        async with desk.store.reading() as tx:
            record = await find_record(tx, desk.address_hash(READER))
            return {one.list for one in await lists_of(tx, record.id)} if record else set()


@pytest.fixture
async def page(newsroom: Newsroom) -> AsyncIterator[Page]:
    """The page behind the link of a letter to Ghent."""
    await newsroom.bring_in()
    desk = newsroom.desk
    (reader,) = [one for one in await readers_of(desk.store) if one.city == "Gand"]
    transport = httpx.ASGITransport(create_app(desk))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as browser:
        link = f"/p/{desk.link('preferences', str(reader.contact))}"
        yield Page(browser, newsroom, reader.contact, link)


async def test_the_page_shows_what_one_has_and_can_have(page: Page) -> None:
    """One's lists, closed ones among them, and the public ones; no address, for links travel."""
    answer = await page.browser.get(page.path)

    assert '<html lang="nl">' in answer.text
    found = re.findall(r'name="lists"\s+value="([^"]+)"( checked)?', answer.text)
    assert dict(found) == {"members": " checked", "prevention": " checked", "lettre": ""}
    assert "Lidsteden" in answer.text
    assert READER not in answer.text


async def test_a_choice_is_kept_with_its_consent(page: Page) -> None:
    """Joining is a yes with its words, leaving a no; language and city are as chosen."""
    asked = await page.browser.get(page.path)
    answer = await page.save("members", "lettre", language="en", city="Liège")

    assert answer.status_code == 200
    assert await page.lists() == {"members", "lettre"}
    history = await page.history()
    assert history.record
    assert (history.record.language, history.record.city) == ("en", "Liège")
    said = {one.list: one for one in history.consents if one.source == "preferences"}
    assert {name: one.act for name, one in said.items()} == {
        "lettre": Act.GIVEN,
        "prevention": Act.WITHDRAWN,
    }
    assert said["lettre"].basis is Basis.CONSENT
    assert history.texts[said["lettre"].text or ""] in asked.text


async def test_no_file_undoes_what_a_reader_chose(page: Page) -> None:
    """Neither language nor city, neither the list that they left nor the one that they joined."""
    await page.save("members", "lettre", language="en", city="Liège")

    done = await page.newsroom.bring_in()

    assert done.kept_off == 1
    assert await page.lists() == {"members", "lettre"}
    history = await page.history()
    assert history.record
    assert (history.record.language, history.record.city) == ("en", "Liège")

    write_lists(page.newsroom.workspace / "subscribers", members=MEMBERS, lettre="email,city\n")
    await page.newsroom.bring_in()
    assert "lettre" in await page.lists()


async def test_a_list_once_left_can_be_taken_again(page: Page) -> None:
    """Also a closed one: it was theirs."""
    await page.save()
    assert await page.lists() == set()

    await page.save("members")

    assert await page.lists() == {"members"}


async def test_what_the_page_does_not_offer_cannot_be_had(page: Page) -> None:
    """Closed lists, other languages and cities that are none are left aside."""
    answer = await page.save("members", "comite-executif", language="xx", city="Atlantide")

    assert answer.status_code == 200
    assert await page.lists() == {"members"}
    history = await page.history()
    assert history.record
    assert (history.record.language, history.record.city) == ("nl", "Gand")


async def test_a_link_that_is_none_leads_nowhere(page: Page) -> None:
    """Forged, swapped, truncated and of a contact that is gone: one page, which tells nothing."""
    desk = page.newsroom.desk
    number = str(page.contact)
    tokens = [
        page.path.removeprefix("/p/")[:-1],
        desk.link("unsubscribe", f"x-1/{number}"),
        desk.link("data", f"{number}/99999999999"),
        desk.link("preferences", "999"),
        sign_link(b"k" * 40, purpose="preferences", payload=number),
    ]
    answers = [await page.browser.get(f"/p/{one}") for one in tokens]
    posts = [await page.browser.post(f"/p/{one}", data={"lists": "lettre"}) for one in tokens]

    assert {one.status_code for one in [*answers, *posts]} == {404}
    assert len({one.content for one in answers}) == 1
    assert await page.lists() == {"members", "prevention"}


async def data_link(page: Page) -> str:
    """Ask for the link to one's data, and find it in the mailbox."""
    asked = await page.browser.post(page.path, data={"act": "data"})
    assert asked.status_code == 200
    await answer_wishes(answering_of(page.newsroom.desk))
    outbox = page.newsroom.desk.outbox.folder / "new"
    (letter,) = [one.read_text("ascii") for one in outbox.glob("*")]
    assert f"To: {READER}" in letter
    unfolded = letter.replace("=\n", "").replace("=\r\n", "").replace("=3D", "=")
    (url,) = set(re.findall(r"http://127.0.0.1:8080(/d/[\w.=-]+)\?lang=nl", unfolded))
    return str(urlsplit(url).path)


async def test_one_s_data_come_by_a_link_of_their_own(page: Page) -> None:
    """To the mailbox, once a day; then everything can be had as a file."""
    link = await data_link(page)
    await page.browser.post(page.path, data={"act": "data"})
    assert await answer_wishes(answering_of(page.newsroom.desk)) == 0

    answer = await page.browser.get(f"{link}/copy")

    assert answer.headers["content-disposition"].startswith("attachment")
    data = json.loads(answer.text)
    assert data["contact"]["address"].lower() == READER
    assert {one["list"] for one in data["lists"]} == {"members", "prevention"}
    assert data["consents"]
    assert data["changes"]


async def test_one_s_data_can_be_erased_by_that_link(page: Page) -> None:
    """Not without the tick; then nothing is left but a hash, and no import brings it back."""
    link = await data_link(page)
    untouched = await page.browser.post(link)
    assert untouched.status_code == 422
    assert (await page.history()).record

    done = await page.browser.post(link, data={"sure": "yes"})

    assert done.status_code == 200
    history = await page.history()
    assert history.record is None
    assert history.opt_out
    assert history.opt_out.reason == "erased"
    assert not history.requests
    again = await page.newsroom.bring_in()
    assert again.refused_rows == 2
    assert {error.problem for error in again.refused} == {
        "asked for everything about them to be erased"
    }
    assert (await page.browser.get(page.path)).status_code == 404
    assert (await page.browser.get(f"{link}/copy")).status_code == 404


async def test_the_link_to_one_s_data_lasts_a_day(page: Page) -> None:
    """And no other link opens them."""
    desk = page.newsroom.desk
    past = int((desk.clock() - timedelta(seconds=1)).timestamp())
    for token in (
        desk.link("data", f"{page.contact}/{past}"),
        desk.link("preferences", str(page.contact)),
        page.path.removeprefix("/p/"),
    ):
        assert (await page.browser.get(f"/d/{token}")).status_code == 404
        assert (await page.browser.get(f"/d/{token}/copy")).status_code == 404
        await page.browser.post(f"/d/{token}", data={"sure": "yes"})
    assert (await page.history()).record
