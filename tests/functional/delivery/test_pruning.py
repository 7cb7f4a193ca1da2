"""Issues in the archive: figures that stay, letters that are gone, and nothing sent twice."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from flows.domain.article import Slug
from flows.domain.delivery import DeliveryState, Outcome
from flows.domain.errors import NotDoneError
from flows.domain.issue import Issue, IssueState
from flows.domain.returned import Effect, ReturnKind
from flows.operations.pruning import prune_ledger
from flows.operations.reading import leave, reading_of
from flows.operations.reporting import Report, list_deliveries, report_issue
from flows.operations.settling import finish_issue, retry_failed
from flows.store.counts import count_letters
from flows.store.database import Store
from flows.store.issues import create_issue, get_issue, move_issue
from flows.store.optouts import opt_out_of
from flows.store.pruning import count_prunable, delete_letters
from flows.store.searching import last_letters
from flows.store.tables import contacts, deliveries, returns
from tests.functional.builders import (
    NOW,
    SLUG,
    a_frozen_issue,
    address,
    freeze,
    hash_of,
    settle,
    take,
)

S = DeliveryState
AUDIENCE = 12
LATER = NOW + timedelta(days=2000)


async def a_sent_issue(store: Store) -> Issue:
    """An issue that is over: ten letters accepted, one refused, one reader opted out before."""
    issue = await a_frozen_issue(store, contacts=AUDIENCE, suppressed={3})
    claims = await take(store, issue)
    await settle(store, claims[:1], Outcome(state=S.REFUSED, code=550, reply="no such user"))
    await settle(store, claims[1:], Outcome(state=S.ACCEPTED, code=250, reply="ok"))
    return (await finish_issue(store, issue.id, now=NOW))[0]


async def prune(store: Store, *, before_days: int = 1825, at_once: int = 5) -> int:
    """Bring what is old enough into the archive."""
    return await prune_ledger(
        store,
        before=LATER - timedelta(days=before_days),
        by="tests",
        now=LATER,
        at_once=at_once,
    )


async def rows(store: Store) -> int:
    """How many letters are in the ledger."""
    async with store.reading() as tx:
        return await tx.scalar(select(func.count()).select_from(deliveries)) or 0


async def report(store: Store, issue: Issue) -> Report:
    """The reconciliation, years later."""
    return await report_issue(store, issue.id, now=LATER)


def figures(one: Report) -> dict[str, object]:
    """What must stay the same, but for the words of servers."""
    kept = one.as_json()
    kept["reasons"] = [{**reason, "example": ""} for reason in kept["reasons"]]
    del kept["at"], kept["archived_at"]
    return kept


async def test_an_archived_issue_keeps_its_figures_and_loses_its_letters(store: Store) -> None:
    """By language, city, state and answer, and what came back; the addresses are gone."""
    issue = await a_sent_issue(store)
    async with store.writing() as tx:
        first = await tx.scalar(
            select(deliveries.c.id).where(deliveries.c.state == S.ACCEPTED).limit(1)
        )
        values = {"digest": "d", "at": NOW, "status": "5.1.1", "effect": Effect.SUPPRESSED}
        await tx.execute(
            returns.insert().values(
                kind=ReturnKind.HARD, delivery=first, words="for reader-1@x", **values
            )
        )
    before = figures(await report(store, issue))
    async with store.reading() as tx:
        cities = await last_letters(tx)
        due = await count_prunable(tx, before=LATER)

    assert (due.many, due.oldest) == (AUDIENCE, NOW)
    assert await prune(store, before_days=2001) == 0
    assert await prune(store) == AUDIENCE

    after = await report(store, issue)
    assert figures(after) == before
    assert (after.complete, after.bounced, after.archived_at) == (True, 1, LATER)
    assert await rows(store) == 0
    async with store.reading() as tx:
        assert await count_letters(tx, issue.id) == AUDIENCE
        assert await last_letters(tx) == cities
        (back,) = (await tx.execute(select(returns))).all()
    assert (back.kind, back.delivery, back.words) == (ReturnKind.HARD, None, "")
    assert await prune(store) == 0


async def test_a_cut_in_the_middle_shows_in_no_report(store: Store) -> None:
    """The sums speak from the first transaction on; the next call deletes what is left."""
    issue = await a_sent_issue(store)
    await a_frozen_issue(store, contacts=2, slug=Slug("another"))
    before = figures(await report(store, issue))
    await prune(store, at_once=AUDIENCE)
    async with store.writing() as tx:
        await tx.execute(update(deliveries).values(issue=issue.id))

    assert figures(await report(store, issue)) == before
    async with store.writing() as tx:
        assert await delete_letters(tx, issue.id, at_most=1) == 1
    assert figures(await report(store, issue)) == before
    assert await prune(store) == AUDIENCE - 1
    assert figures(await report(store, issue)) == before


async def test_nothing_of_an_archived_issue_is_ever_sent_again(store: Store) -> None:
    """Neither what was refused, nor by another issue of the article to other lists."""
    issue = await a_sent_issue(store)
    await prune(store)

    with pytest.raises(NotDoneError, match="in the archive since"):
        await retry_failed(store, issue.id, by="tests", now=LATER)
    with pytest.raises(NotDoneError, match="in the archive since"):
        await list_deliveries(store, issue.id, ["refused"])
    async with store.writing() as tx:
        second = await create_issue(tx, SLUG, lists=["all"], now=LATER)
        second = await move_issue(tx, second, IssueState.APPROVED, now=LATER)
    with pytest.raises(NotDoneError, match=f"{issue.id} is in the archive"):
        await freeze(store, second, now=LATER)
    assert await rows(store) == 0
    assert await take(store, issue, now=LATER) == []


async def test_a_link_in_an_old_letter_still_lets_its_reader_leave(store: Store) -> None:
    """By the contact's number, which nobody else ever gets; others learn nothing."""
    issue = await a_sent_issue(store)
    async with store.reading() as tx:
        number = await tx.scalar(
            select(contacts.c.id).where(contacts.c.address_hash == hash_of(address(5)))
        )
    assert number is not None
    await prune(store)

    reading = await reading_of(store, issue.id, number)

    assert reading is not None
    assert await leave(store, reading, source="link", now=LATER)
    async with store.reading() as tx:
        assert await opt_out_of(tx, hash_of(address(5))) is not None
    assert await reading_of(store, issue.id, 10_000) is None


@pytest.mark.parametrize("state", [S.UNKNOWN, S.CLAIMED])
async def test_an_issue_with_letters_in_doubt_is_left_alone(store: Store, state: S) -> None:
    """A cancelled one, say, whose doubts nobody settled."""
    issue = await a_frozen_issue(store, contacts=3)
    await take(store, issue, limit=1)
    async with store.writing() as tx:
        await tx.execute(
            update(deliveries).where(deliveries.c.state == S.CLAIMED).values(state=state)
        )
        held = await get_issue(tx, issue.id)
        await move_issue(tx, held, IssueState.CANCELLED, now=NOW, finished_at=NOW)

    assert await prune(store) == 0
    assert await rows(store) == 3


async def test_bounces_that_wait_for_a_person_keep_their_issue(store: Store) -> None:
    """Whom they name is not forgotten before somebody has decided."""
    issue = await a_sent_issue(store)
    async with store.writing() as tx:
        accepted = select(deliveries.c.id).where(deliveries.c.state == S.ACCEPTED)
        first = await tx.scalar(accepted.limit(1))
        await tx.execute(
            returns.insert().values(
                kind=ReturnKind.HARD,
                delivery=first,
                digest="d",
                at=NOW,
                status="5.1.1",
                words="",
                effect=Effect.HELD,
            )
        )

    assert await prune(store) == 0
    async with store.writing() as tx:
        await tx.execute(update(returns).values(effect=Effect.NONE))
    assert await prune(store) == AUDIENCE
    assert (await report(store, issue)).bounced == 1
