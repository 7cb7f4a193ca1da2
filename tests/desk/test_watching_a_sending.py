"""A sending as it goes: a part of the page, again and again."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
import uvicorn

from flows.desk.pictures import draw
from flows.desk.site import create_desk_site
from flows.domain.delivery import DeliveryState, Outcome
from flows.domain.issue import Issue, IssueState
from flows.operations.progress import history_of
from flows.operations.settling import finish_issue
from flows.operations.sums import SPANS, span_width
from flows.store.issues import move_issue
from flows.store.sums import History
from flows.store.timelines import Extent, Span
from tests.desk.conftest import Browser, Site
from tests.functional.builders import settle, take
from tests.functional.cli.command_line import closed_port
from tests.functional.editorial.conftest import NOW, SLUG

ISSUE = f"{SLUG}-1"
S = DeliveryState
OK = Outcome(state=S.ACCEPTED, code=250, reply="2.0.0 Ok")


async def begun(site: Site) -> Issue:
    """An issue whose audience is fixed."""
    issue = await site.newsroom.open()
    async with site.runtime.store.writing() as tx:
        await move_issue(tx, issue, IssueState.APPROVED, now=NOW)
    return await site.newsroom.freeze(issue)


async def answered(site: Site, issue: Issue, *, letters: int = 1, outcome: Outcome = OK) -> None:
    """Some letters are handed over and answered."""
    claims = await take(site.runtime.store, issue, limit=letters, now=site.clock())
    later = site.clock() + timedelta(hours=1)
    await settle(
        site.runtime.store, claims, outcome, next_at=later if outcome.state is S.DEFERRED else None
    )


@asynccontextmanager
async def real_server(site: Site) -> AsyncIterator[str]:
    """The desk on a port: streams end only there. Its origin is taken for the desk's own."""
    port = closed_port()
    app = create_desk_site(site.desk)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    with socket.create_server(("127.0.0.1", port)) as entrance:
        task = asyncio.create_task(server.serve([entrance]))
        # Whoever comes before it accepts waits in the queue of the socket.
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        server.force_exit = True
        await task


@asynccontextmanager
async def watching(site: Site, name: str = "Paula") -> AsyncIterator[AsyncIterator[str]]:
    """The lines of the stream of the issue, as somebody's browser gets them."""
    browser = await site.signed_in(name)
    async with real_server(site) as origin, httpx.AsyncClient(trust_env=False) as client:
        request = client.stream(
            "GET",
            f"{origin}/desk/issues/{ISSUE}/events",
            headers={"Host": "127.0.0.1:8080", "Cookie": f"desk={browser.cookies['desk']}"},
            timeout=60,
        )
        async with request as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield answer.aiter_lines()


async def next_part(lines: AsyncIterator[str]) -> str:
    """The next event's text."""
    part: list[str] = []
    async for line in lines:
        if line.startswith("data: "):
            part.append(line.removeprefix("data: "))
        elif part and not line:
            return "\n".join(part)
    return "\n".join(part)


async def test_the_part_tells_what_became_of_the_letters(approved: Site) -> None:
    """By language, by city, with what servers said, and a picture."""
    issue = await begun(approved)
    await answered(approved, issue)
    await answered(
        approved, issue, outcome=Outcome(state=S.DEFERRED, code=451, reply="4.7.1 Greylisted")
    )
    browser = await approved.signed_in("Paula")

    part = (await browser.get(f"/desk/issues/{ISSUE}/progress")).text

    assert "<html" not in part
    assert re.search(r'class="big">1</strong>\s+of 4 letters accepted', part)
    assert "451 4.7.1 Greylisted" in part
    assert "Liège" in part
    assert "Dutch" in part
    assert "<svg" in part


async def test_a_change_comes_by_itself(approved: Site) -> None:
    """Within a second or two, without asking again."""
    issue = await begun(approved)
    async with watching(approved) as lines:
        first = await next_part(lines)
        await answered(approved, issue, letters=3)
        second = await asyncio.wait_for(next_part(lines), 60)

    assert 'class="big">0</strong>' in first
    assert 'class="big">3</strong>' in second


async def test_the_stream_ends_with_the_sending(approved: Site) -> None:
    """With a word for the browser not to ask again."""
    issue = await begun(approved)
    async with watching(approved) as lines:
        await next_part(lines)
        await answered(approved, issue, letters=4)
        await finish_issue(approved.runtime.store, issue.id, now=NOW)
        rest = await asyncio.wait_for(_all(lines), 60)

    assert "event: done" in rest
    assert approved.desk.watch.streams == 0


async def test_the_stream_ends_with_the_visit(approved: Site) -> None:
    """Whoever signs out elsewhere, or is disabled, watches no longer."""
    from flows.operations.accounts import disable_user

    await begun(approved)
    async with watching(approved) as lines:
        await next_part(lines)
        await disable_user(approved.runtime.store, "Paula", by="Ada", now=approved.clock())
        rest = await asyncio.wait_for(_all(lines), 60)

    assert "event: done" not in rest


async def _all(lines: AsyncIterator[str]) -> list[str]:
    return [line async for line in lines]


async def test_watching_does_not_keep_a_visit_alive(approved: Site) -> None:
    """A page left open over lunch ends as any other, however often it looked meanwhile."""
    issue = await begun(approved)
    async with watching(approved) as lines:
        await next_part(lines)
        for _ in range(2):
            approved.clock.advance(minutes=50)
            await answered(approved, issue, letters=1)
            await asyncio.wait_for(next_part(lines), 60)
        approved.clock.advance(minutes=50)
        await asyncio.wait_for(_all(lines), 60)


async def page(browser: Browser, query: str = "") -> str:
    """The issue's page."""
    return (await browser.look(f"/issues/{ISSUE}{query}")).text


async def test_without_scripts_the_page_loads_itself_again_until_asked_not_to(
    approved: Site,
) -> None:
    """And not at all once it is over."""
    issue = await begun(approved)
    browser = await approved.signed_in("Paula")
    refresh = '<meta http-equiv="refresh" content="5">'

    assert re.search(rf"<noscript>\s*{refresh}\s*</noscript>", await page(browser))
    assert refresh not in await page(browser, "?still=1")
    await answered(approved, issue, letters=4)
    await finish_issue(approved.runtime.store, issue.id, now=NOW)
    over = await page(browser)
    assert refresh not in over
    assert "data-hx-sse" not in over
    assert "The states add up to the audience." in over


async def test_who_watches_together_costs_one_look(approved: Site) -> None:
    """The ledger is counted once a second, not once for each browser."""
    issue = await begun(approved)
    browsers = [await approved.signed_in("Paula") for _ in range(3)]
    await browsers[0].get(f"/desk/issues/{ISSUE}/progress")
    await answered(approved, issue, letters=4)

    said = [(await one.get(f"/desk/issues/{ISSUE}/progress")).text for one in browsers]

    assert sum('class="big">0</strong>' in one for one in said) >= 2


async def test_the_history_counts_every_answer_once(approved: Site) -> None:
    """In spans of equal width; a person's word long after is none of it."""
    issue = await begun(approved)
    store = approved.runtime.store
    for minute in range(3):
        claims = await take(store, issue, limit=1, now=NOW + timedelta(minutes=minute))
        await settle(store, claims, OK)

    history = await history_of(store, issue.id)

    assert history is not None
    assert sum(span.letters for span in history.spans) == 3
    assert await history_of(store, (await approved.newsroom.open("members")).id) is None


@pytest.mark.parametrize("seconds", [0, 1, 59, 61, 600, 3600, 86400, 40 * 86400])
def test_a_picture_has_at_most_about_sixty_bars(seconds: int) -> None:
    """Whether the sending took a second or a month."""
    width = span_width(timedelta(seconds=seconds))

    assert timedelta(seconds=seconds) / width <= SPANS + 1


def test_bars_are_as_high_as_their_letters() -> None:
    """The highest reaches the top; what is stacked adds up."""
    width = timedelta(minutes=1)
    spans = [
        Span(NOW, S.ACCEPTED, 30),
        Span(NOW, S.DEFERRED, 10),
        Span(NOW + 2 * width, S.ACCEPTED, 20),
    ]

    picture = draw(History(width, Extent(NOW, NOW + 2 * width), spans))

    assert picture.peak == 40
    first, second, third = picture.blocks
    assert (first.height, second.height, third.height) == (120, 40, 80)
    assert (first.y, second.y, third.y) == (40, 0, 80)
    assert third.x == pytest.approx(640)
    assert picture.ticks[0] == NOW
    assert picture.ticks[-1] == NOW + 3 * width


async def test_a_sending_that_nobody_does_any_more_says_so_and_can_go_on(approved: Site) -> None:
    """Its letters were due and nothing moved; as long as some move, there is no such button."""
    await begun(approved)
    browser = await approved.signed_in("Paula")
    assert 'id="resume"' not in await page(browser)

    approved.clock.advance(minutes=5)

    still = await page(browser)
    assert "Nothing of it has moved for some minutes" in still
    assert 'id="resume"' in still
