import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from flows.domain.delivery import DeliveryState, Outcome
from flows.domain.issue import Issue, IssueState
from flows.store import ledger, turns
from flows.store.contacts import suppress
from flows.store.counts import sent_letter
from flows.store.database import Store, open_store
from flows.store.issues import get_issue, move_issue
from flows.store.sums import add_up
from flows.store.tables import deliveries
from tests.functional.builders import (
    NOW,
    Line,
    a_frozen_issue,
    address,
    give_back,
    hash_of,
    ledger_lines,
    settle,
    take,
    tally,
)

S = DeliveryState
LEASE = timedelta(minutes=1)
ACCEPTED = Outcome(state=S.ACCEPTED, code=250, reply="ok")


@pytest.fixture
async def other_store(database_url: str) -> AsyncIterator[Store]:
    """A second program's connections to the same database."""
    opened = open_store(database_url, default=Path("unused"))
    yield opened
    await opened.close()


async def only_line(store: Store, issue: Issue) -> Line:
    """The row of an issue that has one."""
    (line,) = await ledger_lines(store, issue)
    return line


async def test_two_owners_at_once_never_hold_the_same_letter(
    store: Store, other_store: Store
) -> None:
    """Claims are exclusive, and together they get everything."""
    issue = await a_frozen_issue(store, contacts=60)
    rounds = await asyncio.gather(
        *(take(one, issue, f"host-{n % 4}", 9) for n, one in enumerate([store, other_store] * 5))
    )
    taken = [claim.id for claims in rounds for claim in claims]
    assert len(taken) == len(set(taken)) == 60


async def test_a_claim_takes_no_more_than_its_limit_in_order_of_the_audience(store: Store) -> None:
    """The next batch goes on where this one ends."""
    issue = await a_frozen_issue(store, contacts=9)
    first = await take(store, issue, "a", 4)
    second = await take(store, issue, "a", 4)
    async with store.reading() as tx:
        rows = await tx.scalars(select(deliveries.c.id).order_by(deliveries.c.id))
    assert sorted(one.id for one in first + second) == rows.all()[:8]


async def test_a_claim_skips_what_another_transaction_holds(
    postgresql_store: Store,
) -> None:
    """On PostgreSQL nobody waits for a colleague's transaction."""
    issue = await a_frozen_issue(postgresql_store, contacts=4)
    async with postgresql_store.writing() as tx:
        held = await tx.run_sync(
            lambda one: turns.take(one, issue.id, owner="a", limit=2, now=NOW, lease=LEASE)
        )
        others = await asyncio.wait_for(take(postgresql_store, issue, "b"), timeout=60)
    assert {one.id for one in held}.isdisjoint(one.id for one in others)
    assert len(others) == 2


async def test_nothing_is_claimed_of_a_paused_or_cancelled_issue(store: Store) -> None:
    """A sender's loop ends when there is nothing due, so a pause must leave nothing due."""
    issue = await a_frozen_issue(store)
    for state in (IssueState.PAUSED, IssueState.CANCELLED):
        async with store.writing() as tx:
            issue = await move_issue(tx, await get_issue(tx, issue.id), state, now=NOW)
        assert await take(store, issue, "a") == []


async def test_an_owner_that_lost_its_claim_cannot_settle(store: Store) -> None:
    """The fence: a sender that slept while its doubt was settled changes nothing."""
    issue = await a_frozen_issue(store, contacts=1)
    claims = await take(store, issue, "sleeper")
    async with store.writing() as tx:
        await ledger.recover(tx, issue.id, owner="sleeper", now=NOW)
        await ledger.resolve_doubts(tx, [claims[0].id], sent=False, reply="", now=NOW)
    again = await take(store, issue, "other")
    assert [one.id for one in again] == [one.id for one in claims]
    await settle(store, claims, Outcome(state=S.REFUSED), "sleeper")
    await give_back(store, claims, "sleeper")
    assert (await only_line(store, issue)).state is S.CLAIMED


async def test_an_opt_out_is_honoured_up_to_the_instant_of_the_claim(store: Store) -> None:
    """Also in the middle of a sending; the letter is recorded as suppressed."""
    issue = await a_frozen_issue(store, contacts=3)
    async with store.writing() as tx:
        await suppress(tx, hash_of(address(2)), reason="unsubscribed", source="link", now=NOW)
    claims = await take(store, issue, "a")
    assert {one.address for one in claims} == {address(1), address(3)}
    assert await tally(store, issue) == {S.CLAIMED: 2, S.SUPPRESSED: 1}


async def test_an_opt_out_after_the_letter_was_accepted_changes_no_record(store: Store) -> None:
    """What was sent was sent, also if its sender asks once more."""
    issue = await a_frozen_issue(store, contacts=1)
    claims = await take(store, issue, "a")
    await settle(store, claims, ACCEPTED, "a")
    async with store.writing() as tx:
        await suppress(tx, hash_of(address(1)), reason="unsubscribed", source="link", now=NOW)
    assert await take(store, issue, "a") == []
    assert await tally(store, issue) == {S.ACCEPTED: 1}


async def test_two_opt_outs_at_once_are_one(store: Store, other_store: Store) -> None:
    """A person clicks twice, a mail program posts as well."""

    async def opt_out(one: Store) -> bool:
        async with one.writing() as tx:
            return await suppress(tx, "hash", reason="unsubscribed", source="link", now=NOW)

    assert sorted(await asyncio.gather(*map(opt_out, [store, other_store] * 3))) == [False] * 5 + [
        True
    ]


async def test_letters_given_back_wait_as_if_never_tried(store: Store) -> None:
    """An attempt counts when the relay was asked."""
    issue = await a_frozen_issue(store, contacts=1)
    await give_back(store, await take(store, issue, "a"), "a")
    line = await only_line(store, issue)
    assert (line.state, line.attempt) == (S.PENDING, 0)
    assert len(await take(store, issue, "b")) == 1


async def test_what_a_dead_sender_held_is_in_doubt(store: Store) -> None:
    """All of it was begun, and nobody knows the rest."""
    issue = await a_frozen_issue(store, contacts=3)
    claims = await take(store, issue, "dead", 2)
    async with store.writing() as tx:
        await ledger.recover(tx, issue.id, owner="dead", now=NOW)
        doubts = await ledger.in_doubt(tx, issue.id)
    assert await tally(store, issue) == {S.UNKNOWN: 2, S.PENDING: 1}
    assert {(one.delivery, one.message_id, one.begun_at) for one in doubts} == {
        (one.id, one.message_id, NOW) for one in claims
    }


async def test_a_sender_forgets_what_it_does_not_know_it_holds(store: Store) -> None:
    """A commit whose answer was lost began letters that no connection will ever get."""
    issue = await a_frozen_issue(store, contacts=3)
    held = await take(store, issue, "a", 1)
    await take(store, issue, "a", 1)
    await take(store, issue, "b", 1)
    await store.turn(
        lambda tx: turns.forget_others(tx, [one.id for one in held], owner="a", now=NOW)
    )
    assert await tally(store, issue) == {S.CLAIMED: 2, S.PENDING: 1}


async def test_recovery_leaves_other_owners_alone(store: Store) -> None:
    """Only the dead are inherited from."""
    issue = await a_frozen_issue(store, contacts=2)
    await take(store, issue, "alive", 1)
    await take(store, issue, "dead", 1)
    async with store.writing() as tx:
        assert {one.owner for one in await ledger.holdings(tx, issue.id)} == {"alive", "dead"}
        await ledger.recover(tx, issue.id, owner="dead", now=NOW)
        assert {one.owner for one in await ledger.holdings(tx, issue.id)} == {"alive"}


@pytest.mark.parametrize("state", [S.ACCEPTED, S.REFUSED, S.DEFERRED])
async def test_the_late_word_of_the_sender_itself_settles_its_doubt(
    store: Store, state: DeliveryState
) -> None:
    """It was slow, not dead, and it alone knows what the relay said."""
    issue = await a_frozen_issue(store, contacts=1)
    claims = await take(store, issue, "slow")
    async with store.writing() as tx:
        await ledger.recover(tx, issue.id, owner="slow", now=NOW)
    assert await tally(store, issue) == {S.UNKNOWN: 1}
    await settle(store, claims, Outcome(state=state), "slow")
    assert await tally(store, issue) == {state: 1}


async def test_a_doubt_that_evidence_settled_is_no_longer_the_senders(store: Store) -> None:
    """The letter waits again and may be another's by now."""
    issue = await a_frozen_issue(store, contacts=1)
    claims = await take(store, issue, "slow")
    async with store.writing() as tx:
        await ledger.recover(tx, issue.id, owner="slow", now=NOW)
        await ledger.resolve_doubts(tx, [claims[0].id], sent=False, reply="no", now=NOW)
    await settle(store, claims, ACCEPTED, "slow")
    assert await tally(store, issue) == {S.PENDING: 1}


async def test_a_deferred_letter_is_due_at_its_time_and_not_before(store: Store) -> None:
    """The relay asked for patience."""
    issue = await a_frozen_issue(store, contacts=1)
    claims = await take(store, issue, "a")
    later = NOW + timedelta(minutes=5)
    outcome = Outcome(state=S.DEFERRED, code=450)
    await settle(store, claims, outcome, "a", next_at=later)
    assert await take(store, issue, "a", now=later - timedelta(microseconds=1)) == []
    (again,) = await take(store, issue, "b", now=later)
    assert again.attempt == 2


@pytest.mark.parametrize("clash", ["contact", "address_hash", "message_id"])
async def test_the_database_itself_refuses_a_second_letter(store: Store, clash: str) -> None:
    """At most once is a rule of the data, whatever a program does."""
    issue = await a_frozen_issue(store, contacts=1)
    async with store.reading() as tx:
        row = dict((await tx.execute(select(deliveries))).mappings().one())
    fresh = {"contact": 99, "address_hash": "other", "message_id": "<other@example.org>"}
    del row["id"], fresh[clash]
    with pytest.raises(IntegrityError):
        async with store.writing() as tx:
            await tx.execute(insert(deliveries).values(**(row | fresh)))
    assert len(await ledger_lines(store, issue)) == 1


async def test_counts_add_up_by_language_and_by_city(store: Store) -> None:
    """Whoever looks at it from which side sees the same audience."""
    issue = await a_frozen_issue(store, contacts=12, suppressed=(4,))
    claims = await take(store, issue, "a", 5)
    await settle(store, claims[:2], ACCEPTED, "a")
    async with store.reading() as tx:
        counts = (await add_up(tx, issue.id, now=NOW)).counts
    assert {state: n for state, n in counts.total.items() if n} == {
        S.ACCEPTED: 2,
        S.CLAIMED: 3,
        S.PENDING: 6,
        S.SUPPRESSED: 1,
    }
    for parts in (counts.by_language, counts.by_city):
        for state in DeliveryState:
            assert sum(part[state] for part in parts.values()) == counts.total[state]
    assert set(counts.by_language) == {"fr", "en", "nl"}


@pytest.mark.parametrize("state", DeliveryState)
async def test_only_a_letter_that_the_relay_may_have_is_one_that_was_sent(
    store: Store, state: DeliveryState
) -> None:
    """Whoever opted out, was refused or still waits has none to be shown, even if one was begun."""
    issue = await a_frozen_issue(store, contacts=1)
    await take(store, issue, "a")
    async with store.writing() as tx:
        await tx.execute(update(deliveries).values(state=state))
    async with store.reading() as tx:
        found = await sent_letter(tx, issue.id, hash_of(address(1)))
    assert (found is not None) is (state in {S.ACCEPTED, S.UNKNOWN, S.CLAIMED})


async def test_any_answer_of_a_relay_can_be_kept(store: Store) -> None:
    """A long one is cut; accents and quotes stay."""
    issue = await a_frozen_issue(store, contacts=1)
    claims = await take(store, issue, "a")
    words = "boîte pleine « désolé »" + "x" * 2000
    await settle(store, claims, Outcome(state=S.REFUSED, code=552, reply=words), "a")
    assert (await only_line(store, issue)).reply == words[:1000]
