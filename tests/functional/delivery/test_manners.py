"""How a sender behaves towards a relay: rates, the breaker, halting at once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, select, update

from flows.domain.delivery import DeliveryState, Outcome
from flows.domain.issue import Issue, IssueState
from flows.mail.dialogue import Envelope
from flows.mail.outgoing import Outgoing
from flows.mail.transport import Transport
from flows.operations.breaker import TooManyRefusalsError
from flows.operations.delivering import go_on, resume_issue
from flows.operations.issues import cancel_issue, pause_issue
from flows.operations.pacing import change_rate, measure_speed
from flows.operations.sending import Manners, send_letters
from flows.operations.settling import finish_issue, retry_failed
from flows.operations.window import WIDEST, Window
from flows.store import contacts
from flows.store.database import Store
from flows.store.issues import get_issue
from flows.store.ledger import resolve_doubts
from flows.store.paces import BURST, RELAY, reserve, set_rate
from flows.store.sums import add_up, keep_sums
from flows.store.tables import deliveries
from flows.store.turns import Order, exchange
from tests.functional.builders import (
    NOW,
    MovableClock,
    a_frozen_issue,
    a_post,
    address,
    an_approved_issue,
    freeze,
    hash_of,
    settle,
    take,
    tally,
)
from tests.relays import Reach
from tests.servers.acts import Act, Moment
from tests.servers.faulty_smtp import FaultySmtp

S = DeliveryState
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


async def deliver(
    store: Store,
    issue: Issue,
    way: Transport,
    clock: MovableClock,
    *,
    owner: str = "host-1",
    rates: Mapping[str, int] | None = None,
) -> int:
    """Send all that is due at these rates."""
    manners = Manners(rates=rates or {})
    return await send_letters(
        store, issue.id, post=a_post(), transport=way, owner=owner, clock=clock, manners=manners
    )


async def until(ready: Callable[[], bool]) -> None:
    """Wait for something that sends no event."""
    async with asyncio.timeout(60):
        while not ready():  # noqa: ASYNC110 - a relay sends no events
            await asyncio.sleep(0.01)


async def while_sending(sending: Awaitable[int], act: Callable[[], Awaitable[None]]) -> None:
    """Do something while letters leave; then stop their sender."""
    task = asyncio.ensure_future(sending)
    try:
        await act()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@given(
    asks=st.lists(st.tuples(st.integers(0, 5_000), st.integers(1, 50)), min_size=1, max_size=25),
    per_minute=st.integers(1, 3_000),
)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_no_span_of_time_has_more_letters_than_the_rate_allows(
    store: Store, asks: list[tuple[int, int]], per_minute: int
) -> None:
    """Whoever asks, how often and for how many; a pause earns at most one second's letters."""
    async with store.writing() as tx:
        await set_rate(tx, "test", None)
    now, left = NOW, list[tuple[datetime, int]]()
    for pause_ms, wanted in asks:
        now += timedelta(milliseconds=pause_ms)
        ask = (per_minute, wanted, now)
        allowed, _ = await store.turn(
            lambda tx, ask=ask: reserve(  # type: ignore[misc]  # mypy cannot infer the default's type
                tx, "test", per_minute=ask[0], wanted=ask[1], now=ask[2]
            )
        )
        left.append((now, allowed))
    for number, (start, _) in enumerate(left):
        for end, _ in left[number:]:
            sent = sum(count for at, count in left if start <= at <= end)
            assert sent <= (end - start + BURST) / MINUTE * per_minute + 1


async def test_a_rate_that_is_set_while_letters_leave_holds_at_once(
    store: Store, reach: Reach, clock: MovableClock
) -> None:
    """One a minute at first; when somebody lifts the rate the rest leaves."""
    issue = await a_frozen_issue(store, contacts=30)
    async with FaultySmtp() as server, reach(server) as way:

        async def lift() -> None:
            await until(lambda: len(server.journal) == 1)
            clock.advance(MINUTE)
            await until(lambda: len(server.journal) == 2)
            await change_rate(store, RELAY, 0, by="test", now=clock())
            await until(lambda: len(server.journal) == 30)

        await while_sending(deliver(store, issue, way, clock, rates={RELAY: 1}), lift)


async def test_two_issues_share_the_relays_rate(
    store: Store, reach: Reach, clock: MovableClock
) -> None:
    """Neither overtakes it together with the other, and none waits for the other's end."""
    first = await a_frozen_issue(store, contacts=20)
    second = await a_frozen_issue(store, contacts=20, slug=type(first.slug)("autre"))
    async with FaultySmtp() as server, reach(server) as way:

        async def watch() -> None:
            other = deliver(store, second, way, clock, owner="host-2", rates={RELAY: 60})
            await while_sending(other, tick)

        async def tick() -> None:
            for number in range(1, 21):
                await until(lambda number=number: len(server.journal) >= number)  # type: ignore[misc]
                assert len(server.journal) <= number + 1
                clock.advance(SECOND)

        await while_sending(deliver(store, first, way, clock, rates={RELAY: 60}), watch)
    both = [(await tally(store, issue)).get(S.ACCEPTED, 0) for issue in (first, second)]
    assert min(both) >= 1


async def test_a_domains_rate_keeps_only_that_domain_waiting(
    store: Store, reach: Reach, clock: MovableClock
) -> None:
    """All letters go to one domain here: it gets one; without its rate it gets all."""
    issue = await a_frozen_issue(store, contacts=9)
    domain = address(1).partition("@")[2]
    async with FaultySmtp() as server, reach(server) as way:
        assert await deliver(store, issue, way, clock, rates={domain: 1}) == 1
        assert await deliver(store, issue, way, clock, rates={"elsewhere.test": 1}) == 0
        clock.advance(10 * MINUTE)
        assert await deliver(store, issue, way, clock, rates={"elsewhere.test": 1}) == 8
    assert max(server.copies().values()) == 1


async def test_what_a_domain_keeps_waiting_uses_up_nothing_of_the_relays_rate(
    store: Store,
) -> None:
    """Whoever else wants to send may, in the second in which that letter did not go."""
    issue = await a_frozen_issue(store, contacts=9)
    domain = address(1).partition("@")[2]
    rates = {RELAY: 60, domain: 1}

    def turn(at: datetime) -> Order:
        return Order(issue=issue.id, owner="host-1", now=at, lease=MINUTE, room=9, rates=rates)

    first = await store.turn(lambda tx: exchange(tx, turn(NOW)))
    second = await store.turn(lambda tx: exchange(tx, turn(NOW + SECOND)))
    assert (len(first.claims), len(second.claims)) == (1, 0)
    allowed, _ = await store.turn(
        lambda tx: reserve(tx, RELAY, per_minute=60, wanted=1, now=NOW + SECOND)
    )
    assert allowed == 1


async def test_a_sender_stays_for_letters_that_a_domain_keeps_waiting_for_seconds(
    store: Store, reach: Reach, clock: MovableClock
) -> None:
    """One sender, one connection; no new one for each letter."""
    issue = await a_frozen_issue(store, contacts=3)
    domain = address(1).partition("@")[2]
    async with FaultySmtp() as server, reach(server) as way:

        async def tick() -> None:
            for number in range(1, 4):
                await until(lambda number=number: len(server.journal) >= number)  # type: ignore[misc]
                clock.advance(SECOND)

        sent, _ = await asyncio.gather(
            deliver(store, issue, way, clock, rates={domain: 60}), tick()
        )
    assert sent == 3


def refusing(share: int) -> Callable[[Moment], Act | None]:
    """A relay that refuses one recipient in `share`."""

    def script(at: Moment) -> Act | None:
        if at.phase == "rcpt" and at.letter % share == 0:
            return Act(reply="550 5.7.1 looks like spam")
        return None

    return script


async def test_too_many_refusals_stop_the_issue_before_it_does_harm(
    store: Store, reach: Reach, clock: MovableClock
) -> None:
    """One in four is a sign that we are taken for a spammer; the sixth is enough to know."""
    issue = await a_frozen_issue(store, contacts=120)
    async with FaultySmtp(refusing(4)) as server, reach(server) as way:
        with pytest.raises(TooManyRefusalsError, match="of the last"):
            await deliver(store, issue, way, clock)
    found = await tally(store, issue)
    assert found[S.ACCEPTED] + found[S.REFUSED] <= 4 * 6 + 2 * WIDEST * way.connections
    assert found.keys() == {S.ACCEPTED, S.REFUSED, S.PENDING}


async def test_refusals_are_counted_across_senders_and_batches(
    store: Store, reach: Reach, clock: MovableClock
) -> None:
    """A slow rate or many processes make short batches; who resumes begins to count anew."""
    issue = await a_frozen_issue(store, contacts=40)

    async def a_batch() -> None:
        await send_letters(
            store, issue.id, post=a_post(), transport=way, owner="a", clock=clock, limit=2
        )

    async def all_batches() -> None:
        for _ in range(20):
            await a_batch()

    async with FaultySmtp(refusing(2)) as server, reach(server, connections=1) as way:
        with pytest.raises(TooManyRefusalsError):
            await all_batches()
        assert (await tally(store, issue))[S.REFUSED] == 6
        await pause_issue(store, issue.id, because="test", now=NOW)
        clock.advance(SECOND)
        await resume_issue(store, issue.id, now=clock())
        clock.advance(SECOND)
        await a_batch()


async def test_what_was_on_its_way_when_the_issue_was_cancelled_does_not_wait_again(
    store: Store, reach: Reach, clock: MovableClock
) -> None:
    """The relay says `later`, and nobody will: the rows are cancelled, so that they add up."""
    issue = await a_frozen_issue(store, contacts=12)

    def later(at: Moment) -> Act | None:
        return Act(reply="451 4.3.0 later", delay_seconds=0.3) if at.phase == "dot" else None

    async with FaultySmtp(later) as server, reach(server) as way:
        sending = asyncio.create_task(deliver(store, issue, way, clock))
        await until(lambda: server.letters >= 3)
        await cancel_issue(store, issue.id, now=NOW)
        await sending
    assert await tally(store, issue) == {S.CANCELLED: 12}


async def test_a_few_refusals_stop_nothing(store: Store, reach: Reach, clock: MovableClock) -> None:
    """Every list has addresses that are gone."""
    issue = await a_frozen_issue(store, contacts=300)
    async with FaultySmtp(refusing(40)) as server, reach(server) as way:
        await deliver(store, issue, way, clock)
    assert await tally(store, issue) == {S.ACCEPTED: 293, S.REFUSED: 7}


@pytest.mark.parametrize("halt", [pause_issue, cancel_issue], ids=["pause", "cancel"])
async def test_a_halt_is_obeyed_while_letters_leave(
    store: Store, reach: Reach, clock: MovableClock, halt: Callable[..., Awaitable[object]]
) -> None:
    """What is on its way is settled, the rest stays, and the sender ends by itself."""
    issue = await a_frozen_issue(store, contacts=300)
    slow = FaultySmtp(lambda at: Act(delay_seconds=0.02) if at.phase == "dot" else None)
    async with slow as server, reach(server) as way:
        sending = asyncio.create_task(deliver(store, issue, way, clock))
        await until(lambda: len(server.journal) > 5)
        await halt(store, issue.id, **({"because": "t"} if halt is pause_issue else {}), now=NOW)
        begun = await asyncio.wait_for(sending, timeout=60)
    found = await tally(store, issue)
    # What was begun when the halt came and not yet handed over is given back.
    assert found[S.ACCEPTED] == len(server.journal) <= begun < 300
    assert S.CLAIMED not in found
    assert S.UNKNOWN not in found


async def test_what_was_refused_is_tried_once_more_when_a_person_says_so(
    store: Store, reach: Reach, clock: MovableClock
) -> None:
    """Others who have their letter get no second one."""
    issue = await a_frozen_issue(store, contacts=40)
    server = FaultySmtp(refusing(40))
    async with server, reach(server) as way:
        await deliver(store, issue, way, clock)
        await finish_issue(store, issue.id, now=NOW)
        server.script = lambda _: None
        assert await retry_failed(store, issue.id, by="test", now=NOW) == 1
        assert await deliver(store, issue, way, clock) == 1
    assert server.copies() == Counter({address(number): 1 for number in range(1, 41)})
    assert await tally(store, issue) == {S.ACCEPTED: 40}


async def test_whom_another_issue_reached_is_not_tried_again(
    store: Store, reach: Reach, clock: MovableClock
) -> None:
    """Refused in the first, accepted in the second: one article, one letter."""
    first = await a_frozen_issue(store, contacts=1)
    async with FaultySmtp(refusing(1)) as server, reach(server) as way:
        await deliver(store, first, way, clock)
    await finish_issue(store, first.id, now=NOW)
    second = await freeze(store, await an_approved_issue(store, contacts=1))
    async with FaultySmtp() as server, reach(server) as way:
        await deliver(store, second, way, clock)
    assert await retry_failed(store, first.id, by="test", now=NOW) == 0


async def test_a_run_lets_an_incomplete_issue_go_on_and_leaves_a_paused_one(store: Store) -> None:
    """Whoever pauses while a run begins is obeyed."""
    issue = await a_frozen_issue(store)
    await pause_issue(store, issue.id, because="test", now=NOW)
    await go_on(store, issue.id, now=NOW)
    async with store.reading() as tx:
        assert (await get_issue(tx, issue.id)).state is IssueState.PAUSED


async def test_the_measured_speed_tells_the_time_that_is_left(
    store: Store, reach: Reach, clock: MovableClock
) -> None:
    """Ten of forty letters left in half a minute: ninety seconds more."""
    issue = await a_frozen_issue(store, contacts=40)
    async with FaultySmtp() as server, reach(server) as way:
        await send_letters(
            store, issue.id, post=a_post(), transport=way, owner="a", clock=clock, limit=10
        )
    speed = await measure_speed(
        store, issue.id, started_at=NOW, limit=600, now=NOW + timedelta(seconds=30)
    )
    assert (speed.per_minute, speed.limit_per_minute) == (20, 600)
    assert (speed.waiting, speed.seconds_left) == (30, 90)


async def test_only_what_the_relay_answered_makes_the_speed(store: Store) -> None:
    """Whoever opted out got no letter, and a person's word on a doubt is none of the relay's."""
    issue = await a_frozen_issue(store, contacts=10)
    async with store.writing() as tx:
        await contacts.suppress(
            tx, hash_of(address(10)), reason="unsubscribed", source="test", now=NOW
        )
    claims = await take(store, issue, "a")
    await settle(store, claims[:2], Outcome(state=S.ACCEPTED, code=250, reply="ok"), "a")
    await settle(store, claims[2:3], Outcome(state=S.REFUSED, code=550, reply="no"), "a")
    await settle(store, claims[3:4], Outcome(state=S.REFUSED, reply="no letter"), "a")
    await settle(store, claims[4:7], Outcome(state=S.UNKNOWN), "a")
    async with store.writing() as tx:
        ids = [claim.id for claim in claims[4:6]]
        await resolve_doubts(tx, ids, sent=True, reply="", now=NOW)
    speed = await measure_speed(
        store, issue.id, started_at=NOW - MINUTE, limit=None, now=NOW + SECOND
    )
    assert speed.per_minute == 3


async def test_letters_that_are_tried_much_later_do_not_stretch_the_time_left(
    store: Store,
) -> None:
    """They are named apart: four of seven wait for their turn, three for the afternoon."""
    issue = await a_frozen_issue(store, contacts=9)
    claims = await take(store, issue, "a", limit=5)
    await settle(store, claims[:2], Outcome(state=S.ACCEPTED, code=250, reply="ok"), "a")
    later = NOW + timedelta(hours=4)
    busy = Outcome(state=S.DEFERRED, reply="the connection ended")
    await settle(store, claims[2:], busy, "a", next_at=later)
    speed = await measure_speed(
        store, issue.id, started_at=NOW - MINUTE, limit=None, now=NOW + SECOND
    )
    assert (speed.waiting, speed.later, speed.seconds_left) == (7, 3, 120)


async def test_between_two_zones_the_speed_of_the_last_says_nothing_of_the_next(
    store: Store,
) -> None:
    """The two last letters of a zone would make hours of the rest; it has its hour to come."""
    issue = await a_frozen_issue(store, contacts=40)
    claims = await take(store, issue, "a", limit=2)
    await settle(store, claims, Outcome(state=S.ACCEPTED, code=250, reply="ok"), "a")
    async with store.writing() as tx:
        next_zone = NOW + timedelta(minutes=40)
        await tx.execute(update(deliveries).values(next_at=next_zone).where(waiting()))
    now = NOW + SECOND
    measure = partial(measure_speed, store, issue.id, started_at=NOW - MINUTE, now=now)

    alone, limited = await measure(limit=None), await measure(limit=6000)
    async with store.writing() as tx:
        first = select(deliveries.c.id).where(waiting()).limit(1).scalar_subquery()
        await tx.execute(update(deliveries).values(next_at=NOW).where(deliveries.c.id == first))
    mixed = await measure(limit=None)

    assert (alone.per_minute, alone.waiting, alone.seconds_left) == (2, 38, None)
    assert limited.seconds_left == 40 * 60 - 1, "not before the last of them may leave"
    assert mixed.seconds_left == 40 * 60 - 1


def waiting() -> ColumnElement[bool]:
    """The letters that have a time to come."""
    return deliveries.c.next_at.is_not(None)


async def test_of_very_many_letters_the_time_left_is_read_off_the_kept_sums(
    store: Store,
) -> None:
    """Nothing is counted again at each look: that takes a second for a million."""
    issue = await a_frozen_issue(store, contacts=9)
    async with store.writing() as tx:
        found = await add_up(tx, issue.id, now=NOW)
        await keep_sums(tx, issue.id, found)
    await settle(store, await take(store, issue, "a", limit=5), Outcome(state=S.UNKNOWN), "a")
    speed = await measure_speed(
        store, issue.id, started_at=NOW - MINUTE, limit=None, now=NOW + SECOND
    )
    assert (found.waiting.due, found.waiting.soon, found.waiting.later) == (9, 9, 0)
    assert (speed.waiting, speed.later) == (9, 0)


def test_the_window_is_narrow_for_a_relay_that_wants_fewer_letters() -> None:
    """It grows while connections wait for the ledger, to six letters each, and halves at once."""
    window = Window(10)
    sizes = [window.size]
    for _ in range(6):
        window.learn(starved=True, answered=10, deferred=0)
        sizes.append(window.size)
    window.learn(starved=True, answered=10, deferred=6)
    assert sizes == [20, 30, 40, 50, 60, 60, 60]
    assert window.size == 30


async def test_a_connection_that_ends_after_a_letter_is_not_the_next_ones_fault(
    reach: Reach,
) -> None:
    """The second letter's address was under way both times; it goes on a third connection."""
    names = ("first", "second", "third")
    outgoing = Outgoing()
    outgoing.add(
        Envelope("a@example.org", f"{name}@example.org", b"Subject: x\r\n\r\nx\r\n", number)
        for number, name in enumerate(names)
    )

    def closing(at: Moment) -> Act | None:
        ends = at.phase == "dot" and not at.rcpt_to.startswith("second")
        return Act(reply="421 4.3.2 enough", drop=True) if ends else None

    async with FaultySmtp(closing) as server, reach(server, connections=1) as way:
        server.pipelining = True
        async with way.line(outgoing) as line:
            await line.reach()
            while outgoing.open:
                line.wake(len(outgoing.ready))
                await outgoing.wait(enough=3, at_most_seconds=0.1)
    found = {names[one.delivery]: outcome.state for one, outcome in outgoing.answers}
    assert found == {"first": S.DEFERRED, "second": S.ACCEPTED, "third": S.DEFERRED}
