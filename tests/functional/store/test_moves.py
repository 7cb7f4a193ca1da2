from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain import delivery
from flows.domain.delivery import Claim, DeliveryState, Outcome, Settlement
from flows.domain.errors import NotDoneError
from flows.domain.issue import ALLOWED_MOVES, Issue, IssueState
from flows.domain.language import Language
from flows.store import ledger, turns
from flows.store.database import Store
from flows.store.issues import create_issue, get_issue, move_issue
from flows.store.tables import deliveries, issues
from tests.functional.builders import (
    NOW,
    SLUG,
    a_frozen_issue,
    an_approved_issue,
    freeze,
    ledger_lines,
)

OWNER = "host-1"
LEASE = timedelta(minutes=1)
S = DeliveryState


async def _put(store: Store, issue: Issue, state: IssueState) -> Issue:
    async with store.writing() as tx:
        await tx.execute(update(issues).where(issues.c.id == issue.id).values(state=state))
        return await get_issue(tx, issue.id)


async def test_an_issue_makes_exactly_the_allowed_moves(store: Store) -> None:
    """Every pair of states: the move is made, or refused and nothing changes."""
    async with store.writing() as tx:
        issue = await create_issue(tx, SLUG, lists=(), now=NOW)
    for before in IssueState:
        for after in IssueState:
            issue = await _put(store, issue, before)
            allowed = after in ALLOWED_MOVES[before] or after is before
            try:
                async with store.writing() as tx:
                    await move_issue(tx, issue, after, now=NOW)
            except NotDoneError:
                assert not allowed, (before, after)
            else:
                assert allowed, (before, after)
            async with store.reading() as tx:
                found = await get_issue(tx, issue.id)
            assert found.state is (after if allowed else before)


async def test_an_issue_that_somebody_else_moved_is_not_moved(store: Store) -> None:
    """A pause and a cancellation at the same moment: the second is told to look again."""
    issue = await a_frozen_issue(store)
    async with store.writing() as tx:
        await move_issue(tx, issue, IssueState.PAUSED, now=NOW)
    with pytest.raises(NotDoneError, match="meanwhile"):
        async with store.writing() as tx:
            await move_issue(tx, issue, IssueState.CANCELLED, now=NOW)


Act = Callable[[AsyncConnection, Issue, Claim], Awaitable[object]]


def _settle_as(state: DeliveryState) -> Act:
    async def act(tx: AsyncConnection, issue: Issue, claim: Claim) -> None:
        del issue
        settlement = Settlement(delivery=claim.id, outcome=Outcome(state=state), next_at=NOW)
        await tx.run_sync(lambda one: turns.settle(one, [settlement], owner=OWNER, now=NOW))

    return act


ACTS: dict[str, tuple[Act, dict[DeliveryState, DeliveryState]]] = {
    "take": (
        lambda tx, issue, _: tx.run_sync(
            lambda one: turns.take(one, issue.id, owner="host-2", limit=9, now=NOW, lease=LEASE)
        ),
        {S.PENDING: S.CLAIMED, S.DEFERRED: S.CLAIMED},
    ),
    "give back": (
        lambda tx, _, claim: tx.run_sync(
            lambda one: turns.give_back(one, [claim.id], owner=OWNER, now=NOW)
        ),
        {S.CLAIMED: S.PENDING, S.UNKNOWN: S.PENDING},
    ),
    "recover": (
        lambda tx, issue, _: ledger.recover(tx, issue.id, owner=OWNER, now=NOW),
        {S.CLAIMED: S.UNKNOWN},
    ),
    "try refused again": (
        lambda tx, issue, _: ledger.try_refused_again(tx, issue.id, now=NOW),
        {S.REFUSED: S.PENDING},
    ),
    "resolve as sent": (
        lambda tx, _, claim: ledger.resolve_doubts(tx, [claim.id], sent=True, reply="", now=NOW),
        {S.UNKNOWN: S.ACCEPTED},
    ),
    "resolve as unsent": (
        lambda tx, _, claim: ledger.resolve_doubts(tx, [claim.id], sent=False, reply="", now=NOW),
        {S.UNKNOWN: S.PENDING},
    ),
    "cancel": (
        lambda tx, issue, _: ledger.cancel_rest(tx, issue.id, now=NOW),
        {S.PENDING: S.CANCELLED, S.DEFERRED: S.CANCELLED},
    ),
    **{
        f"settle as {state}": (_settle_as(state), {S.CLAIMED: state, S.UNKNOWN: state})
        for state in (S.ACCEPTED, S.DEFERRED, S.REFUSED, S.UNKNOWN)
    },
}
"""What each act of the ledger does to a letter in each state; in any other it does nothing."""


@pytest.mark.parametrize("name", ACTS)
async def test_a_letter_makes_exactly_the_allowed_moves(store: Store, name: str) -> None:
    """Every state under every act of the ledger, also by a sender that remembers an old claim."""
    act, moves = ACTS[name]
    issue = await a_frozen_issue(store, contacts=1)
    (line,) = await ledger_lines(store, issue)
    claim = _claim(line.id, issue)
    for before in DeliveryState:
        async with store.writing() as tx:
            await tx.execute(
                update(deliveries).values(
                    state=before,
                    claim=OWNER,
                    lease_until=NOW,
                    sending_at=NOW,
                    attempt=1,
                    next_at=NOW if before in {S.PENDING, S.DEFERRED} else None,
                )
            )
            await act(tx, issue, claim)
        after = (await ledger_lines(store, issue))[0].state
        assert after is moves.get(before, before), before
        assert after is before or after in delivery.ALLOWED_MOVES[before], before


def _claim(number: int, issue: Issue) -> Claim:
    return Claim(
        id=number,
        issue=issue.id,
        contact=1,
        address="reader-1@city.example.org",
        name="",
        language=Language("fr"),
        message_id="<1@example.org>",
        attempt=1,
        begun_at=NOW,
    )


async def test_a_cancelled_issue_cannot_be_frozen_again(store: Store) -> None:
    """Its command may still be called; it says why instead of failing in the database."""
    issue = await an_approved_issue(store)
    await freeze(store, issue)
    await _put(store, issue, IssueState.CANCELLED)
    with pytest.raises(NotDoneError, match="cancelled"):
        await freeze(store, issue)
