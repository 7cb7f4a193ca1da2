import random
import socket
from collections import Counter
from datetime import timedelta

import pytest

from flows.domain.delivery import DeliveryState
from flows.domain.issue import Issue, IssueState
from flows.mail.connection import Relay
from flows.mail.outcomes import RelayRefusedError, RelayUnreachableError
from flows.mail.transport import Transport
from flows.operations.delivering import resume_issue
from flows.operations.sending import send_letters
from flows.operations.settling import finish_issue, recover_claims
from flows.store.database import Store
from flows.store.issues import get_issue
from tests.functional.builders import (
    MovableClock,
    a_frozen_issue,
    a_post,
    address,
    ledger_lines,
    states_of,
    tally,
)
from tests.relays import Reach
from tests.servers.acts import Act, Moment, Phase, Script
from tests.servers.faulty_smtp import FaultySmtp

S = DeliveryState


@pytest.fixture(autouse=True, params=[False, True], ids=["one by one", "pipelined"])
def relays(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relays that take one command at a time, and such that take several at once."""
    monkeypatch.setattr(FaultySmtp, "pipelining", request.param)


async def deliver(
    store: Store, issue: Issue, transport: Transport, clock: MovableClock, *, limit: int = 100
) -> int:
    """One batch of one sender."""
    return await send_letters(
        store,
        issue.id,
        post=a_post(),
        transport=transport,
        owner="host-1",
        limit=limit,
        clock=clock,
    )


def at(phase: Phase, act: Act, *, reader: int = 3) -> Script:
    """A script that does one thing at one phase of one reader's letter."""

    def script(moment: Moment) -> Act | None:
        return act if (moment.phase, moment.rcpt_to) == (phase, address(reader)) else None

    return script


def always(phase: Phase, act: Act) -> Script:
    """A script that does one thing whenever a phase comes."""
    return lambda moment: act if moment.phase == phase else None


async def check_promises(store: Store, issue: Issue, server: FaultySmtp, audience: int) -> None:
    """Nobody twice, nobody forgotten; the journal has what was accepted, and not what was not."""
    lines = await ledger_lines(store, issue)
    copies = server.copies()
    assert max(copies.values(), default=0) <= 1
    assert sum(states_of(lines).values()) == audience
    for line in lines:
        if line.state is S.ACCEPTED:
            assert copies[line.mailbox] == 1, line
        elif line.state is not S.UNKNOWN:
            assert copies[line.mailbox] == 0, line


ONE_LETTER: list[tuple[str, Phase, Act, DeliveryState, int, int]] = [
    ("5xx at RCPT", "rcpt", Act(reply="550 5.1.1 inconnu"), S.REFUSED, 550, 0),
    ("4xx at RCPT", "rcpt", Act(reply="450 4.2.0 greylisted"), S.DEFERRED, 450, 0),
    ("421 at RCPT", "rcpt", Act(reply="421 4.3.2 closing", drop=True), S.DEFERRED, 421, 0),
    ("drop at RCPT", "rcpt", Act(drop=True), S.DEFERRED, 0, 0),
    ("garbage at RCPT", "rcpt", Act(reply="?!\r\n"), S.DEFERRED, 0, 0),
    ("5xx at DATA", "data", Act(reply="554 5.5.1 no valid recipients"), S.REFUSED, 554, 0),
    ("4xx at DATA", "data", Act(reply="451 4.3.0 later"), S.DEFERRED, 451, 0),
    ("2xx at DATA", "data", Act(reply="250 2.0.0 what?"), S.DEFERRED, 250, 0),
    ("drop at DATA", "data", Act(drop=True), S.DEFERRED, 0, 0),
    ("drop in the body", "body", Act(drop=True), S.UNKNOWN, 0, 0),
    ("5xx at the dot", "dot", Act(reply="554 5.7.1 spam"), S.REFUSED, 554, 0),
    ("552 at the dot", "dot", Act(reply="552 5.2.2 boîte pleine"), S.REFUSED, 552, 0),
    ("4xx at the dot", "dot", Act(reply="452 4.3.1 disk full"), S.DEFERRED, 452, 0),
    ("421 at the dot", "dot", Act(reply="421 4.3.2 closing", drop=True), S.DEFERRED, 421, 0),
    ("drop after the dot, taken", "dot", Act(drop=True, accept=True), S.UNKNOWN, 0, 1),
    ("drop after the dot, not taken", "dot", Act(drop=True, accept=False), S.UNKNOWN, 0, 0),
    ("half a reply", "dot", Act(reply=b"25", drop=True, accept=True), S.UNKNOWN, 0, 1),
    ("half a reply of many lines", "dot", Act(reply=b"250-ok\r\n", drop=True), S.UNKNOWN, 0, 1),
    ("garbage at the dot", "dot", Act(reply="merci bien", accept=True), S.UNKNOWN, 0, 1),
    ("354 at the dot", "dot", Act(reply="354 go on", accept=True), S.UNKNOWN, 354, 1),
    ("a slow 250", "dot", Act(delay_seconds=0.3, accept=True), S.ACCEPTED, 250, 1),
]


async def test_one_letters_trouble_is_told_right_and_stays_its_own(
    store: Store, reach: Reach, clock: MovableClock
) -> None:
    """Refused, deferred or unknown by what the relay said and when; every neighbour arrives.

    Each fault meets every second reader of one issue, on connections that all share.
    """
    faults = {address(2 * n): row for n, row in enumerate(ONE_LETTER, start=1)}

    def script(moment: Moment) -> Act | None:
        _, phase, act, *_ = faults.get(moment.rcpt_to, ("", None, None))
        return act if moment.phase == phase else None

    audience = 2 * len(ONE_LETTER) + 1
    issue = await a_frozen_issue(store, contacts=audience)
    async with FaultySmtp(script) as server, reach(server, connections=3) as way:
        while await deliver(store, issue, way, clock):
            pass
    found = {line.mailbox: line for line in await ledger_lines(store, issue)}
    told = {
        row[0]: (found[mailbox].state, found[mailbox].code, server.copies()[mailbox])
        for mailbox, row in faults.items()
    }
    assert told == {name: (state, code, copies) for name, _, _, state, code, copies in ONE_LETTER}
    neighbours = [line for mailbox, line in found.items() if mailbox not in faults]
    assert {(line.state, line.attempt) for line in neighbours} == {(S.ACCEPTED, 1)}
    assert {line.attempt for line in found.values()} == {1}
    await check_promises(store, issue, server, audience)


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


async def test_a_relays_words_can_be_kept_whatever_their_bytes(
    store: Store, reach: Reach, clock: MovableClock
) -> None:
    """Latin-1, control characters and several lines: one readable line, and no letter in doubt."""
    words = "250-reçu\r\n250 2.0.0 \x00\x1b[31mgardé été".encode("latin-1") + b"\r\n"
    issue = await a_frozen_issue(store, contacts=2)
    script = always("dot", Act(reply=words))
    async with FaultySmtp(script) as server, reach(server) as way:
        await deliver(store, issue, way, clock)
    assert await tally(store, issue) == {S.ACCEPTED: 2}
    assert (await ledger_lines(store, issue))[
        0
    ].reply == "re\ufffdu 2.0.0 [31mgard\ufffd \ufffdt\ufffd"


async def test_a_doubt_is_never_sent_again_by_itself(
    store: Store, reach: Reach, clock: MovableClock
) -> None:
    """However often and however late the sending is started again."""
    script = at("dot", Act(drop=True, accept=True))
    issue = await a_frozen_issue(store, contacts=5)
    doubts = 0
    async with FaultySmtp(script) as server, reach(server) as way:
        for _ in range(3):
            doubts = await recover_claims(
                store, issue.id, is_alive=lambda _: False, transport=way, clock=clock
            )
            while await deliver(store, issue, way, clock):
                pass
            issue, _ = await finish_issue(store, issue.id, now=clock())
            assert (issue.state, issue.reason) == (IssueState.INCOMPLETE, "1 unknown")
            issue = await resume_issue(store, issue.id, now=clock())
            clock.advance(timedelta(days=1))
    assert doubts == 1
    assert server.copies() == Counter(address(number) for number in range(1, 6))


FAULTS: list[tuple[Phase, Act]] = [
    ("connect", Act(reply="421 4.3.2 busy", drop=True)),
    ("mail", Act(reply="451 4.3.0 later")),
    ("rcpt", Act(reply="450 4.2.0 greylisted")),
    ("rcpt", Act(reply="550 5.1.1 unknown")),
    ("rcpt", Act(drop=True)),
    ("data", Act(drop=True)),
    ("body", Act(drop=True)),
    ("dot", Act(reply="451 4.3.0 later")),
    ("dot", Act(reply="554 5.7.1 no")),
    ("dot", Act(drop=True, accept=True)),
    ("dot", Act(reply=b"2", drop=True, accept=True)),
    ("dot", Act(drop=True, accept=False)),
]


@pytest.mark.parametrize("seed", range(3))
async def test_any_mixture_of_faults_keeps_the_promises(
    store: Store, reach: Reach, clock: MovableClock, seed: int
) -> None:
    """One answer in thirty is a fault; the sending is repeated until nothing is left to try."""
    chance = random.Random(seed)

    def script(moment: Moment) -> Act | None:
        faults = [act for phase, act in FAULTS if phase == moment.phase]
        return chance.choice(faults) if faults and chance.random() < 1 / 30 else None

    issue = await a_frozen_issue(store, contacts=80)
    async with FaultySmtp(script) as server, reach(server, connections=4) as way:
        for _ in range(60):
            try:
                while await deliver(store, issue, way, clock, limit=25):
                    await check_promises(store, issue, server, 80)
            except RelayUnreachableError:
                continue
            if not {S.PENDING, S.DEFERRED} & set(await tally(store, issue)):
                break
            clock.advance(timedelta(days=1))
    await check_promises(store, issue, server, 80)
    assert set(await tally(store, issue)) <= {S.ACCEPTED, S.REFUSED, S.UNKNOWN}
    final, _ = await finish_issue(store, issue.id, now=clock())
    doubts = (await tally(store, issue)).get(S.UNKNOWN, 0)
    assert final.state is (IssueState.INCOMPLETE if doubts else IssueState.SENT)
