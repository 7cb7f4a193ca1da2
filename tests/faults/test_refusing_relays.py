"""Injections 7, 10 and 13: what a relay says to everyone costs no letter."""

import socket
from collections import Counter

import pytest

from flows.domain.delivery import DeliveryState
from flows.domain.issue import IssueState
from flows.mail.connection import Relay
from flows.mail.outcomes import RelayRefusedError, RelayUnreachableError
from flows.mail.transport import Transport
from flows.store.database import Store
from flows.store.issues import get_issue
from tests.faults.scripted import always, check_promises, deliver
from tests.functional.builders import (
    MovableClock,
    a_frozen_issue,
    address,
    ledger_lines,
    tally,
)
from tests.relays import Reach
from tests.servers.acts import Act, Moment, Phase
from tests.servers.faulty_smtp import FaultySmtp

S = DeliveryState


pytestmark = pytest.mark.usefixtures("relays")


REFUSALS: list[tuple[Phase, str]] = [
    ("connect", "554 5.7.1 your network is blocked"),
    ("ehlo", "550 5.7.1 no"),
    ("mail", "550 5.7.1 sender not allowed"),
    ("mail", "530 5.7.0 must log in first"),
]


@pytest.mark.parametrize(("act_phase", "reply"), REFUSALS)
async def test_a_relay_that_refuses_the_sender_costs_no_letter(
    store: Store, reach: Reach, clock: MovableClock, act_phase: Phase, reply: str
) -> None:
    """A person must mend it; until then all wait as if nothing had been tried."""
    issue = await a_frozen_issue(store, contacts=6)
    async with (
        FaultySmtp(always(act_phase, Act(reply=reply))) as server,
        reach(server) as way,
    ):
        with pytest.raises(RelayRefusedError, match=reply[:3]) as caught:
            await deliver(store, issue, way, clock)
    assert not caught.value.retryable
    lines = await ledger_lines(store, issue)
    assert {(line.state, line.attempt) for line in lines} == {(S.PENDING, 0)}
    async with store.reading() as tx:
        assert (await get_issue(tx, issue.id)).state is IssueState.SENDING
    assert server.journal == []


PASSING: list[tuple[Phase, Act]] = [
    ("connect", Act(reply="421 4.3.2 too busy", drop=True)),
    ("connect", Act(drop=True)),
    ("connect", Act(reply="hello there")),
    ("ehlo", Act(drop=True)),
    ("mail", Act(reply="451 4.3.0 queue file write error")),
]


@pytest.mark.parametrize(("act_phase", "act"), PASSING)
async def test_a_relay_that_says_come_back_later_to_all_costs_no_letter(
    store: Store, reach: Reach, clock: MovableClock, act_phase: Phase, act: Act
) -> None:
    """The step is tried again; no letter is to blame."""
    issue = await a_frozen_issue(store, contacts=6)
    async with FaultySmtp(always(act_phase, act)) as server, reach(server) as way:
        with pytest.raises(RelayUnreachableError) as caught:
            await deliver(store, issue, way, clock)
        assert caught.value.retryable
        lines = await ledger_lines(store, issue)
        assert {(line.state, line.attempt) for line in lines} == {(S.PENDING, 0)}
        server.script = lambda _: None
        while await deliver(store, issue, way, clock):
            pass
    assert server.copies() == Counter(address(number) for number in range(1, 7))


async def test_an_unreachable_relay_leaves_everything_waiting(
    store: Store, clock: MovableClock
) -> None:
    """Nobody listens there."""
    issue = await a_frozen_issue(store, contacts=4)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        relay = Relay(host="127.0.0.1", port=closed.getsockname()[1], security="none")
        transport = Transport(relay=relay, connections=2)
        with pytest.raises(RelayUnreachableError, match="Error connecting"):
            await deliver(store, issue, transport, clock)
    assert await tally(store, issue) == {S.PENDING: 4}


async def test_a_refusal_in_the_middle_settles_what_was_done(
    store: Store, reach: Reach, clock: MovableClock
) -> None:
    """The account is blocked after some letters: those stay accepted, the others wait."""

    def script(moment: Moment) -> Act | None:
        blocked = moment.phase == "mail" and moment.letter > 5
        return Act(reply="550 5.7.1 quota exceeded") if blocked else None

    issue = await a_frozen_issue(store, contacts=12)
    async with FaultySmtp(script) as server, reach(server, connections=3) as way:
        with pytest.raises(RelayRefusedError, match="quota"):
            await deliver(store, issue, way, clock)
    taken = len(server.journal)
    assert 3 <= taken <= 5  # what was addressed on the other connections does not go any more
    assert await tally(store, issue) == {S.ACCEPTED: taken, S.PENDING: 12 - taken}
    await check_promises(store, issue, server, 12)


async def test_a_relay_may_end_a_connection_after_some_letters(
    store: Store, reach: Reach, clock: MovableClock
) -> None:
    """Many do so: the next letter gets a new connection, at once."""
    served: Counter[int] = Counter()

    def script(moment: Moment) -> Act | None:
        if moment.phase != "mail":
            return None
        served[moment.connection] += 1
        tired = served[moment.connection] > 3
        return Act(reply="421 4.7.0 too many letters", drop=True) if tired else None

    issue = await a_frozen_issue(store, contacts=20)
    async with FaultySmtp(script) as server, reach(server, connections=2) as way:
        assert await deliver(store, issue, way, clock) == 20
    assert await tally(store, issue) == {S.ACCEPTED: 20}
    assert server.connections > 6
    await check_promises(store, issue, server, 20)


async def test_a_relay_may_take_fewer_connections_than_we_make(
    store: Store, reach: Reach, clock: MovableClock
) -> None:
    """Those it takes do the work; the sending does not stop."""

    def script(moment: Moment) -> Act | None:
        crowded = moment.phase == "connect" and moment.connection > 2
        return Act(reply="421 4.7.0 too many connections", drop=True) if crowded else None

    issue = await a_frozen_issue(store, contacts=10)
    async with FaultySmtp(script) as server, reach(server, connections=5) as way:
        assert await deliver(store, issue, way, clock) == 10
    lines = await ledger_lines(store, issue)
    assert {(line.state, line.attempt) for line in lines} == {(S.ACCEPTED, 1)}
    await check_promises(store, issue, server, 10)
