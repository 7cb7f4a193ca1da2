"""Injections 12 and 14: relays that answer late, in drops, or fall silent."""

import asyncio

import pytest

from flows.domain.delivery import DeliveryState
from flows.domain.issue import Issue
from flows.mail.connection import Relay
from flows.mail.dialogue import Patience
from flows.mail.transport import Transport
from flows.operations.sending import send_letters
from flows.store.database import Store
from tests.functional.builders import MovableClock, a_frozen_issue, a_post, address, ledger_lines
from tests.servers.acts import Act, Moment, Script
from tests.servers.faulty_smtp import FaultySmtp

# What a relay's silence means is the same in every database.
pytestmark = [
    pytest.mark.usefixtures("relays"),
    pytest.mark.parametrize("new_database", ["sqlite"], indirect=True),
]

S = DeliveryState
READERS = 6
PATIENCE = Patience(command_seconds=1.5, dot_seconds=4)


async def deliver(store: Store, issue: Issue, server: FaultySmtp, clock: MovableClock) -> None:
    """Send what is due over two connections, with little patience."""
    relay = Relay(host=server.host, port=server.port, security="none", patience=PATIENCE)
    await send_letters(
        store,
        issue.id,
        post=a_post(),
        transport=Transport(relay=relay, connections=2),
        owner="host-1",
        clock=clock,
    )


def of_third_reader(phase: str, act: Act) -> Script:
    """Something that befalls one reader's letter, however often it comes."""

    def script(moment: Moment) -> Act | None:
        return act if (moment.phase, moment.rcpt_to) == (phase, address(3)) else None

    return script


LATE: list[tuple[str, Act, DeliveryState, int, int]] = [
    ("later than commands may be", Act(delay_seconds=2.5), S.ACCEPTED, 250, 1),
    ("later than the patience", Act(delay_seconds=60, accept=True), S.UNKNOWN, 0, 1),
    ("never", Act(reply=b"", hang=True, accept=True), S.UNKNOWN, 0, 1),
    ("one byte and no more", Act(reply=b"2", hang=True, accept=True), S.UNKNOWN, 0, 1),
    ("554 and then silence", Act(reply="554 5.7.1 no", hang=True), S.REFUSED, 554, 0),
    ("552 and then silence", Act(reply="552 5.2.2 full", hang=True), S.REFUSED, 552, 0),
    ("250 and then silence", Act(reply="250 2.0.0 ok", hang=True), S.ACCEPTED, 250, 1),
]


@pytest.mark.parametrize(("name", "act", "state", "code", "copies"), LATE, ids=[x[0] for x in LATE])
async def test_an_answer_to_the_dot_counts_whatever_follows(
    store: Store,
    clock: MovableClock,
    name: str,
    act: Act,
    state: DeliveryState,
    code: int,
    copies: int,
) -> None:
    """Late but in time is accepted, too late is unknown; the neighbours arrive, each once."""
    del name
    issue = await a_frozen_issue(store, contacts=READERS)
    async with FaultySmtp(of_third_reader("dot", act)) as server:
        await deliver(store, issue, server, clock)
    lines = {line.mailbox: line for line in await ledger_lines(store, issue)}
    third = lines.pop(address(3))
    assert (third.state, third.code, server.copies()[address(3)]) == (state, code, copies)
    assert {(line.state, line.attempt) for line in lines.values()} == {(S.ACCEPTED, 1)}
    assert all(server.copies()[mailbox] == 1 for mailbox in lines)


async def test_a_relay_that_hangs_at_rset_unsays_no_refusal(
    store: Store, clock: MovableClock
) -> None:
    """A recipient is refused; the connection falls silent at the next command."""

    def script(moment: Moment) -> Act | None:
        if moment.phase == "rcpt" and moment.rcpt_to == address(3):
            return Act(reply="550 5.1.1 unknown")
        return Act(reply=b"", hang=True) if moment.phase == "rset" else None

    issue = await a_frozen_issue(store, contacts=READERS)
    async with FaultySmtp(script) as server:
        await deliver(store, issue, server, clock)
    lines = {line.mailbox: line for line in await ledger_lines(store, issue)}
    third = lines.pop(address(3))
    assert (third.state, third.code) == (S.REFUSED, 550)
    assert {(line.state, line.attempt) for line in lines.values()} == {(S.ACCEPTED, 1)}


@pytest.mark.parametrize("drip", [b"2", b"250-still busy\r\n"], ids=["bytes", "lines"])
async def test_a_relay_that_answers_in_drops_uses_the_patience_up(
    store: Store, clock: MovableClock, drip: bytes
) -> None:
    """A drop is no answer: the letter is in doubt when the whole one did not come in time."""
    issue = await a_frozen_issue(store, contacts=READERS)
    act = Act(drip=drip, accept=True)
    async with FaultySmtp(of_third_reader("dot", act)) as server, asyncio.timeout(60):
        await deliver(store, issue, server, clock)
    lines = {line.mailbox: line for line in await ledger_lines(store, issue)}
    assert lines.pop(address(3)).state is S.UNKNOWN
    assert {(line.state, line.attempt) for line in lines.values()} == {(S.ACCEPTED, 1)}
    assert set(server.copies().values()) == {1}
