"""Links that are not ours: whatever they name, they are answered alike, at once, and do nothing."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import httpx
import pytest
from sqlalchemy import event

from flows.desk.public import create_app
from flows.domain.issue import IssueId
from flows.mail.links import sign_link
from flows.store.contacts import suppress
from tests.functional.builders import readers_of
from tests.functional.editorial.conftest import NOW, Newsroom

PURPOSES = {
    "u": "unsubscribe",
    "v": "view",
    "p": "preferences",
    "d": "data",
    "c": "confirm",
    "r": "renew",
}
METHODS = {page: ("GET",) if page == "v" else ("GET", "POST") for page in PURPOSES}
ROUNDS = 40
ISSUE = IssueId("mediateurs-1")


class Strangers(NamedTuple):
    """The pages, and whom the links of strangers name: somebody, who left, nobody."""

    browser: httpx.AsyncClient
    newsroom: Newsroom
    named: dict[str, int]


@pytest.fixture
async def strangers(newsroom: Newsroom) -> AsyncIterator[Strangers]:
    """A newsroom with its readers, one of whom has left."""
    await newsroom.bring_in()
    desk = newsroom.desk
    known = {one.city: one for one in await readers_of(desk.store)}
    async with desk.store.writing() as tx:
        hashed = desk.address_hash(known["Gand"].mailbox)
        await suppress(tx, hashed, reason="unsubscribed", source="test", now=NOW)
    transport = httpx.ASGITransport(create_app(desk))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as browser:
        named = {
            "somebody": known["Liège"].contact,
            "who left": known["Gand"].contact,
            "nobody": 999_999,
        }
        yield Strangers(browser, newsroom, named)


def payload(page: str, contact: int) -> str:
    """What a link of a page carries."""
    forms = {"u": f"{ISSUE}/{contact}", "v": f"{ISSUE}/{contact}", "d": f"{contact}/99999999999"}
    return forms.get(page, str(contact))


def forgeries(page: str, contact: int, key: bytes) -> dict[str, str]:
    """Tokens that look like ours for a contact, and are not."""
    purpose, said = PURPOSES[page], payload(page, contact)
    ours = sign_link(key, purpose=purpose, payload=said)
    other = next(one for one in PURPOSES.values() if one != purpose)
    return {
        "by another key": sign_link(b"k" * 64, purpose=purpose, payload=said),
        "truncated": ours[:-1],
        "without a signature": ours.partition(".")[0],
        "for another purpose": sign_link(key, purpose=other, payload=said),
    }


@contextmanager
def asked_of(newsroom: Newsroom) -> Iterator[list[str]]:
    """The statements that the database is asked in the block."""
    asked: list[str] = []

    def listen(*given: object) -> None:
        asked.append(str(given[2]))

    engine = newsroom.desk.store.engine.sync_engine
    event.listen(engine, "before_cursor_execute", listen)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", listen)


@pytest.mark.parametrize("page", PURPOSES)
async def test_a_forged_link_asks_the_database_nothing(strangers: Strangers, page: str) -> None:
    """Whomever it names: nothing can be changed, and no time tells who is known."""
    answers: dict[str, set[tuple[object, ...]]] = {}
    with asked_of(strangers.newsroom) as asked:
        for contact in strangers.named.values():
            forged = forgeries(page, contact, strangers.newsroom.desk.key)
            for token in forged.values():
                for method in METHODS[page]:
                    answer = await strangers.browser.request(method, f"/{page}/{token}")
                    facts = (answer.status_code, answer.content, tuple(answer.headers.items()))
                    answers.setdefault(method, set()).add(facts)

    assert asked == []
    assert {method: len(some) for method, some in answers.items()} == dict.fromkeys(
        METHODS[page], 1
    )


@pytest.mark.parametrize("page", ["u", "p"])
async def test_a_forged_link_takes_as_long_whomever_it_names(
    strangers: Strangers, page: str
) -> None:
    """By turns: the quickest are alike, in what they ask of a processor."""
    key = strangers.newsroom.desk.key
    taken: dict[tuple[str, str], list[float]] = {}
    for _ in range(ROUNDS):
        for who, contact in strangers.named.items():
            for kind, token in forgeries(page, contact, key).items():
                start = time.process_time()
                await strangers.browser.post(f"/{page}/{token}")
                taken.setdefault((who, kind), []).append(time.process_time() - start)
    quickest = sorted(min(times) for times in taken.values())
    assert quickest[-1] < 1.5 * quickest[0], taken


@pytest.mark.parametrize("page", ["u", "c", "r"])
async def test_a_link_of_ours_asks_the_same_whoever_is_there(
    strangers: Strangers, page: str
) -> None:
    """Somebody, somebody who left, nobody: looking at the link of each shows the same page."""
    key = strangers.newsroom.desk.key
    seen = set()
    for contact in strangers.named.values():
        token = sign_link(key, purpose=PURPOSES[page], payload=payload(page, contact))
        with asked_of(strangers.newsroom) as asked:
            answer = await strangers.browser.get(f"/{page}/{token}")
        seen.add((answer.status_code, answer.content, tuple(asked)))
    assert len(seen) == 1
