from collections import Counter
from datetime import datetime, timedelta

import pytest

from flows.domain.delivery import DeliveryState
from flows.domain.issue import Issue, IssueState
from flows.mail.transport import Transport
from flows.operations.delivering import resume_issue
from flows.operations.patience import RETRY_AFTER
from flows.operations.sending import send_letters
from flows.operations.settling import finish_issue
from flows.store.database import Store
from flows.store.sums import add_up
from tests.functional.builders import (
    NOW,
    MovableClock,
    a_frozen_issue,
    a_post,
    address,
    ledger_lines,
    tally,
)
from tests.relays import Reach
from tests.servers.acts import Act, Moment
from tests.servers.faulty_smtp import FaultySmtp

S = DeliveryState
TICK = timedelta(seconds=1)


async def deliver(store: Store, issue: Issue, way: Transport, clock: MovableClock) -> int:
    """One batch of one sender."""
    return await send_letters(
        store,
        issue.id,
        post=a_post(),
        transport=way,
        owner="host-1",
        limit=100,
        clock=clock,
    )


def busy(moment: Moment) -> Act | None:
    """A relay that has no room for anybody."""
    return Act(reply="452 4.2.2 boîte pleine") if moment.phase == "rcpt" else None


async def test_a_deferred_letter_waits_longer_each_time_and_is_refused_in_the_end(
    store: Store, reach: Reach, clock: MovableClock
) -> None:
    """1, 5, 15, 60 minutes, 4 h, … up to a day; then it is settled with the relay's last words."""
    issue = await a_frozen_issue(store, contacts=1)
    async with FaultySmtp(busy) as server, reach(server) as way:
        for attempt, pause in enumerate(RETRY_AFTER, start=1):
            assert await deliver(store, issue, way, clock) == 1
            (line,) = await ledger_lines(store, issue)
            assert (line.state, line.attempt) == (S.DEFERRED, attempt)
            assert line.next_at == clock() + pause
            clock.advance(pause - TICK)
            assert await deliver(store, issue, way, clock) == 0
            clock.advance(TICK)
        assert await deliver(store, issue, way, clock) == 1
    (line,) = await ledger_lines(store, issue)
    assert (line.state, line.code, line.reply) == (S.REFUSED, 452, "4.2.2 boîte pleine")
    assert server.letters == len(RETRY_AFTER) + 1
    assert (await finish_issue(store, issue.id, now=clock()))[0].state is IssueState.SENT


def test_the_pauses_grow_up_to_a_day() -> None:
    """A short fault costs minutes, a long one is given three days."""
    assert list(RETRY_AFTER) == sorted(RETRY_AFTER)
    assert RETRY_AFTER[:4] == tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
    assert RETRY_AFTER[-1] == timedelta(days=1)
    assert timedelta(days=2) < sum(RETRY_AFTER, timedelta()) < timedelta(days=5)


@pytest.mark.parametrize(
    "words", ["450 4.7.1 come back", "451 4.7.1 later", "450 4.2.0 Recipient is greylisted"]
)
async def test_greylisting_is_waited_out(
    store: Store, reach: Reach, clock: MovableClock, words: str
) -> None:
    """A stranger is told to come back after five minutes, and does so then, not before."""
    first_seen: dict[str, datetime] = {}
    visits: Counter[str] = Counter()

    def greylist(moment: Moment) -> Act | None:
        if moment.phase != "rcpt":
            return None
        visits[moment.rcpt_to] += 1
        first = first_seen.setdefault(moment.rcpt_to, clock())
        return Act(reply=words) if clock() < first + timedelta(minutes=5) else None

    issue = await a_frozen_issue(store, contacts=5)
    async with FaultySmtp(greylist) as server, reach(server) as way:
        states = []
        for _ in range(2):
            await deliver(store, issue, way, clock)
            issue, _ = await finish_issue(store, issue.id, now=clock())
            states.append((issue.state, issue.reason))
            async with store.reading() as tx:
                clock.now = (await add_up(tx, issue.id, now=clock.now)).next_attempt or clock.now
            if issue.state is IssueState.INCOMPLETE:
                issue = await resume_issue(store, issue.id, now=clock())
    assert states == [(IssueState.INCOMPLETE, "5 deferred"), (IssueState.SENT, "")]
    assert clock() == NOW + timedelta(minutes=5)
    assert server.copies() == {address(number): 1 for number in range(1, 6)}
    assert set(visits.values()) == {2}


async def test_a_deferral_keeps_nobody_else_waiting(
    store: Store, reach: Reach, clock: MovableClock
) -> None:
    """One full mailbox in the first group; the rest of the audience is served in the same run."""

    def one_is_full(moment: Moment) -> Act | None:
        return busy(moment) if moment.rcpt_to == address(1) else None

    issue = await a_frozen_issue(store, contacts=12)
    async with FaultySmtp(one_is_full) as server, reach(server, connections=2) as way:
        while await deliver(store, issue, way, clock):
            pass
    assert await tally(store, issue) == {S.ACCEPTED: 11, S.DEFERRED: 1}
