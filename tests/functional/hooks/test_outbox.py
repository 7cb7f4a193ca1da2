"""What is told is written with what happened: on both databases, all or nothing."""

import asyncio
import json
from contextlib import suppress

import pytest
from sqlalchemy import func, insert, select

from flows.domain.article import Slug
from flows.domain.errors import NotFoundError
from flows.domain.hook import Hook, HookId, HookKind, HookState
from flows.domain.issue import ALLOWED_MOVES, IssueState
from flows.operations.webhooks import PATIENCE, Echo, deliver_due, hooks_in, redeliver
from flows.store.api_tables import hook_deliveries, hook_events
from flows.store.database import Store
from flows.store.issues import create_issue, get_issue, move_issue
from flows.store.outbox import KEPT, announce
from flows.store.tables import issues
from tests.functional.hooks.conftest import NOW, Clock

URLS = ("https://a.example/x", "https://b.example/y")
MOVES = [(before, after) for before, afters in ALLOWED_MOVES.items() for after in sorted(afters)]


async def bodies(store: Store) -> list[dict[str, object]]:
    """Everything in the outbox."""
    async with store.reading() as tx:
        rows = (await tx.scalars(select(hook_events.c.body).order_by(hook_events.c.kind))).all()
    return [json.loads(row) for row in rows]


async def test_every_move_of_an_issue_is_told_and_a_report_when_there_is_one(store: Store) -> None:
    """With both states; nothing where nothing moved."""
    for number, (before, after) in enumerate(MOVES):
        async with store.writing() as tx:
            issue = await create_issue(tx, Slug(f"article-{number}"), lists=[], now=NOW)
            await tx.execute(issues.update().where(issues.c.id == issue.id).values(state=before))
        async with store.writing() as tx:
            issue = await get_issue(tx, issue.id)
            moved = await move_issue(tx, issue, after, now=NOW)
            await move_issue(tx, moved, after, now=NOW, reason="the same")

    found = await bodies(store)
    told = {(one["data"]["slug"], one["type"]): one["data"] for one in found}  # type: ignore[index]
    for number, (before, after) in enumerate(MOVES):
        slug = f"article-{number}"
        assert told.pop((slug, HookKind.ISSUE_STATE)) == {
            "issue": f"{slug}-1",
            "slug": slug,
            "state": after,
            "before": before,
        }
        ready = told.pop((slug, HookKind.REPORT_READY), None)
        assert (ready is not None) == (after in {IssueState.SENT, IssueState.INCOMPLETE})
    assert told == {}
    assert len(found) == len({json.dumps(one) for one in found})


async def test_what_did_not_happen_is_not_told(store: Store) -> None:
    """The transaction takes the event with it."""
    async with store.writing() as tx:
        issue = await create_issue(tx, Slug("a"), lists=[], now=NOW)
    with suppress(ZeroDivisionError):
        async with store.writing() as tx:
            await move_issue(tx, issue, IssueState.APPROVED, now=NOW)
            raise ZeroDivisionError

    assert await bodies(store) == []


async def some_event(store: Store, clock: Clock) -> None:
    """Something happens."""
    async with store.writing() as tx:
        await announce(tx, HookKind.LANGUAGE_APPROVED, now=clock(), slug="a", language="nl")


async def test_each_address_is_told_once_however_many_newsrooms_there_are(store: Store) -> None:
    """Eight at the same moment; a lease keeps them apart."""
    clock, told = Clock(), list[tuple[str, str]]()
    for _ in range(3):
        await some_event(store, clock)

    async def post(hook: Hook) -> Echo:
        told.append((hook.event, hook.url))
        await asyncio.sleep(0.01)
        return Echo(status=200)

    for _ in range(2):
        await asyncio.gather(
            *(
                deliver_due(store, post, urls=URLS, clock=clock, chance=lambda: 0.5)
                for _ in range(8)
            )
        )

    assert len(told) == len(set(told)) == 6
    assert {hook.state for hook in await hooks_in(store, set(HookState), limit=9)} == {
        HookState.DELIVERED
    }


async def test_whoever_died_with_a_delivery_gives_it_back(store: Store) -> None:
    """When its lease is over, another newsroom takes it."""
    clock, told = Clock(), list[str]()
    await some_event(store, clock)

    async def die(hook: Hook) -> Echo:
        del hook
        raise asyncio.CancelledError

    async def post(hook: Hook) -> Echo:
        told.append(hook.event)
        return Echo(status=200)

    with pytest.raises(asyncio.CancelledError):
        await deliver_due(store, die, urls=URLS[:1], clock=clock, chance=lambda: 0.5)
    assert await deliver_due(store, post, urls=URLS[:1], clock=clock, chance=lambda: 0.5) == 0
    clock.advance(minutes=2)
    assert await deliver_due(store, post, urls=URLS[:1], clock=clock, chance=lambda: 0.5) == 1
    assert len(told) == 1


async def test_after_a_day_it_is_given_up_shown_and_tried_again_by_a_person(store: Store) -> None:
    """In growing pauses, a bounded number of times."""
    clock, told = Clock(), list[str]()
    await some_event(store, clock)

    async def refuse(hook: Hook) -> Echo:
        told.append(hook.event)
        return Echo(status=500, words="500 Oops")

    async def pass_time() -> Hook:
        while True:
            await deliver_due(store, refuse, urls=URLS[:1], clock=clock, chance=lambda: 0.5)
            (hook,) = await hooks_in(store, set(HookState), limit=9)
            if hook.next_at is None:
                return hook
            clock.now = hook.next_at

    hook = await pass_time()

    assert (hook.state, hook.status, hook.words) == (HookState.GIVEN_UP, 500, "500 Oops")
    assert hook.attempts == len(told)
    assert 8 <= len(told) <= 20
    assert clock() - NOW <= PATIENCE
    await redeliver(store, hook.id, by="Ada", now=clock())
    assert (await pass_time()).attempts == hook.attempts
    assert len(set(told)) == 1, "every attempt has the same id"
    with pytest.raises(NotFoundError):
        await redeliver(store, HookId(99), by="Ada", now=NOW)


async def test_an_address_that_is_gone_is_asked_no_more(store: Store) -> None:
    """It said so (410), or the settings name it no more."""
    clock = Clock()
    await some_event(store, clock)

    async def post(hook: Hook) -> Echo:
        return Echo(status=410 if hook.url == URLS[0] else 500)

    await deliver_due(store, post, urls=URLS, clock=clock, chance=lambda: 0.5)
    clock.advance(hours=1)
    await deliver_due(store, post, urls=URLS[:1], clock=clock, chance=lambda: 0.5)

    found = {one.url: one for one in await hooks_in(store, set(HookState), limit=9)}
    assert {one.state for one in found.values()} == {HookState.GIVEN_UP}
    assert "no longer" in found[URLS[1]].words


async def test_an_address_that_is_new_is_not_told_old_stories(store: Store) -> None:
    """What happened before it was there stays as it is."""
    clock = Clock()
    await some_event(store, clock)

    async def post(hook: Hook) -> Echo:
        del hook
        return Echo(status=200)

    await deliver_due(store, post, urls=URLS[:1], clock=clock, chance=lambda: 0.5)
    assert await deliver_due(store, post, urls=URLS, clock=clock, chance=lambda: 0.5) == 0


async def test_the_outbox_forgets_what_is_old(store: Store) -> None:
    """Also where nobody ever listens."""
    clock = Clock()
    await some_event(store, clock)
    async with store.writing() as tx:
        (event,) = (await tx.scalars(select(hook_events.c.id))).all()
        await tx.execute(
            insert(hook_deliveries).values(
                event=event, url="https://a.example", state="given_up", begun_at=NOW
            )
        )
    clock.now += KEPT
    clock.advance(seconds=1)
    await some_event(store, clock)

    async with store.reading() as tx:
        counts = [
            await tx.scalar(select(func.count()).select_from(table))
            for table in (hook_events, hook_deliveries)
        ]
    assert counts == [1, 0]
