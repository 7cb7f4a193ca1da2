"""Sending to a scripted server, and what its journal must show."""

from flows.domain.delivery import DeliveryState
from flows.domain.issue import Issue
from flows.mail.transport import Transport
from flows.operations.sending import Manners, send_letters
from flows.store.database import Store
from tests.functional.builders import (
    MovableClock,
    a_post,
    address,
    ledger_lines,
    states_of,
)
from tests.servers.acts import Act, Moment, Phase, Script
from tests.servers.faulty_smtp import FaultySmtp

S = DeliveryState


async def deliver(
    store: Store, issue: Issue, transport: Transport, clock: MovableClock, *, limit: int = 100
) -> int:
    """One batch of one sender, whom no number of refusals stops."""
    return await send_letters(
        store,
        issue.id,
        post=a_post(),
        transport=transport,
        owner="host-1",
        limit=limit,
        clock=clock,
        manners=Manners(breaker_percent=100),
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
