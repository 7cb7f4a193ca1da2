"""Injections 7 to 11 at a server that others wrote: Postfix's smtp-sink and what it captured.

It does one thing to every connection, so that all letters meet it; `-p` and the faults that imply
it take PIPELINING away. The scripted faults of single letters are in test_faulty_relays.py.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from flows.domain.delivery import DeliveryState
from flows.domain.issue import IssueState
from flows.mail.connection import Relay
from flows.mail.outcomes import RelayRefusedError, RelayUnreachableError
from flows.mail.transport import Transport
from flows.operations.sending import send_letters
from flows.operations.settling import finish_issue
from flows.store.database import Store
from tests.faults.killing import recover
from tests.functional.builders import (
    MovableClock,
    a_frozen_issue,
    a_post,
    address,
    ledger_lines,
    states_of,
)
from tests.servers.smtp_sink import SmtpSink, SmtpSinkMissingError, smtp_sink

S = DeliveryState
FEW = 5


@pytest.fixture(scope="module", autouse=True)
def installed() -> Iterator[None]:
    """There is an smtp-sink, or the reason why these tests skip."""
    try:
        with smtp_sink():
            yield
    except SmtpSinkMissingError as error:
        pytest.skip(str(error))


def way_to(sink: SmtpSink) -> Transport:
    """Two connections to the sink."""
    relay = Relay(host=sink.host, port=sink.port, security="none")
    return Transport(relay=relay, connections=2)


async def try_once(store: Store, issue_id: str, sink: SmtpSink, clock: MovableClock) -> str:
    """Send what is due; how it ended."""
    try:
        await send_letters(
            store,
            issue_id,  # type: ignore[arg-type]  # a plain text is enough here
            post=a_post(),
            transport=way_to(sink),
            owner="host-1",
            clock=clock,
        )
    except (RelayUnreachableError, RelayRefusedError) as error:
        return type(error).__name__
    return ""


BEFORE_DATA: list[tuple[tuple[str, str], str, DeliveryState, int]] = [
    (("-q", "CONNECT"), "RelayUnreachableError", S.PENDING, 0),
    (("-q", "EHLO,HELO"), "RelayUnreachableError", S.PENDING, 0),
    (("-q", "MAIL"), "", S.DEFERRED, 1),
    (("-q", "RCPT"), "", S.DEFERRED, 1),
    (("-q", "DATA"), "", S.DEFERRED, 1),
    (("-Q", "CONNECT"), "RelayUnreachableError", S.PENDING, 0),
    (("-Q", "MAIL"), "RelayUnreachableError", S.PENDING, 0),
    (("-Q", "RCPT"), "", S.DEFERRED, 1),
    (("-Q", "DATA"), "", S.DEFERRED, 1),
    (("-r", "CONNECT"), "RelayUnreachableError", S.PENDING, 0),
    (("-r", "MAIL"), "RelayUnreachableError", S.PENDING, 0),
    (("-r", "RCPT"), "", S.DEFERRED, 1),
    (("-r", "DATA"), "", S.DEFERRED, 1),
    (("-f", "CONNECT"), "RelayRefusedError", S.PENDING, 0),
    (("-f", "MAIL"), "RelayRefusedError", S.PENDING, 0),
    (("-f", "RCPT"), "", S.REFUSED, 1),
    (("-f", "DATA"), "", S.REFUSED, 1),
]


@pytest.mark.parametrize(
    ("options", "ends", "state", "attempt"),
    BEFORE_DATA,
    ids=[" ".join(row[0]) for row in BEFORE_DATA],
)
async def test_what_happens_before_a_letters_text_leaves_no_doubt(
    store: Store,
    clock: MovableClock,
    options: tuple[str, str],
    ends: str,
    state: DeliveryState,
    attempt: int,
) -> None:
    """7, 8, 10 to 13: tried again or refused, never unknown; and the letter arrives when it may."""
    issue = await a_frozen_issue(store, contacts=FEW)
    with smtp_sink(*options) as sink:
        assert await try_once(store, issue.id, sink, clock) == ends
        assert sink.captured() == []
    lines = await ledger_lines(store, issue)
    assert {(line.state, line.attempt) for line in lines} == {(state, attempt)}
    clock.advance(timedelta(minutes=5))
    with smtp_sink() as sink:
        assert await try_once(store, issue.id, sink, clock) == ""
        expected = {} if state is S.REFUSED else {address(n): 1 for n in range(1, FEW + 1)}
        assert sink.copies() == expected


async def test_a_connection_cut_after_the_dot_leaves_a_doubt_that_is_not_sent_again(
    store: Store, clock: MovableClock
) -> None:
    """9: the sink captured one copy of each; however often the sending is repeated."""
    issue = await a_frozen_issue(store, contacts=FEW)
    with smtp_sink("-q", ".") as sink:
        for _ in range(3):
            assert await try_once(store, issue.id, sink, clock) == ""
            await recover(store, issue, way_to(sink))
            clock.advance(timedelta(days=1))
        assert sink.copies() == {address(n): 1 for n in range(1, FEW + 1)}
    assert set(states_of(await ledger_lines(store, issue))) == {S.UNKNOWN}
    issue, _ = await finish_issue(store, issue.id, now=clock())
    assert (issue.state, issue.reason) == (IssueState.INCOMPLETE, f"{FEW} unknown")


AT_THE_DOT = {"-Q": (S.DEFERRED, 421), "-r": (S.DEFERRED, 450), "-f": (S.REFUSED, 500)}


@pytest.mark.parametrize("option", AT_THE_DOT)
async def test_an_answer_to_the_dot_is_believed(
    store: Store, clock: MovableClock, option: str
) -> None:
    """10 to 12: 4xx is tried again, 5xx is settled. What the sink writes down is not its word."""
    issue = await a_frozen_issue(store, contacts=FEW)
    with smtp_sink(option, ".") as sink:
        assert await try_once(store, issue.id, sink, clock) == ""
    lines = await ledger_lines(store, issue)
    assert {(line.state, line.code) for line in lines} == {AT_THE_DOT[option]}


async def test_a_server_that_ends_in_the_middle_of_letters_gets_none_of_them(
    store: Store, clock: MovableClock
) -> None:
    """8: 550 right after 354, and no further reading: the letters may not be taken for sent."""
    issue = await a_frozen_issue(store, contacts=FEW)
    with smtp_sink("-A", "0") as sink:
        await try_once(store, issue.id, sink, clock)
        assert sink.captured() == []
    found = states_of(await ledger_lines(store, issue))
    assert S.ACCEPTED not in found
    assert found.total() == FEW
