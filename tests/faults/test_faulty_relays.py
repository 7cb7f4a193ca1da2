"""Injections 7 to 12 and 14 of single letters: each is told right and stays its own."""

import random
from collections import Counter
from datetime import timedelta

import pytest

from flows.domain.delivery import DeliveryState
from flows.domain.issue import IssueState
from flows.mail.outcomes import RelayUnreachableError
from flows.operations.delivering import resume_issue
from flows.operations.settling import finish_issue, recover_claims
from flows.store.database import Store
from tests.faults.scripted import always, at, check_promises, deliver
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
