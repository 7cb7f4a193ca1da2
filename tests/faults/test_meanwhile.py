"""Injections 23 and 25: what people and imports do while letters leave.

Injection 24 is in tests/functional/editorial/test_changes_while_sending.py.
"""

import asyncio

import pytest
from sqlalchemy import update

from flows.domain.delivery import DeliveryState
from flows.operations.sending import send_letters
from flows.store.contacts import suppress
from flows.store.database import Store
from flows.store.tables import deliveries
from tests.functional.builders import (
    NOW,
    MovableClock,
    a_frozen_issue,
    a_post,
    address,
    hash_of,
    ledger_lines,
    tally,
)
from tests.relays import Reach
from tests.servers.acts import Act, Moment, Phase
from tests.servers.faulty_smtp import FaultySmtp

S = DeliveryState
PHASES: tuple[Phase, ...] = ("mail", "rcpt", "data", "dot")


@pytest.mark.parametrize("phase", PHASES)
async def test_an_opt_out_counts_from_the_instant_of_the_claim(
    store: Store, reach: Reach, clock: MovableClock, phase: Phase
) -> None:
    """23: who leaves before it gets no letter; who leaves at this phase of their own has it."""
    issue = await a_frozen_issue(store, contacts=60)
    leaving: set[asyncio.Task[None]] = set()
    left_early: set[str] = set()

    async def opt_out(mailbox: str) -> None:
        claimed = {line.mailbox for line in await ledger_lines(store, issue) if line.attempt}
        async with store.writing() as tx:
            await suppress(tx, hash_of(mailbox), reason="unsubscribed", source="link", now=NOW)
        if mailbox not in claimed:
            lines = {line.mailbox: line for line in await ledger_lines(store, issue)}
            if not lines[mailbox].attempt:
                left_early.add(mailbox)

    def script(at: Moment) -> Act | None:
        if at.phase == phase and at.letter % 3 == 0:
            for reader in (at.rcpt_to or address(at.letter), address(61 - at.letter)):
                task = asyncio.ensure_future(opt_out(reader))
                leaving.add(task)
        return Act(delay_seconds=0.02) if at.phase == "dot" else None

    async with FaultySmtp(script) as server, reach(server) as way:
        await send_letters(store, issue.id, post=a_post(), transport=way, owner="a-1", clock=clock)
        await asyncio.gather(*leaving)
    received = set(server.copies())
    lines = await ledger_lines(store, issue)
    assert received == {line.mailbox for line in lines if line.state is S.ACCEPTED}
    assert left_early
    assert received.isdisjoint(left_early)
    assert (await tally(store, issue)).keys() == {S.ACCEPTED, S.SUPPRESSED}


ODD = {
    "UTF-8 local part": {"mailbox": "zoë@city.example.org"},
    "65 characters before the at": {"mailbox": f"{'a' * 65}@city.example.org"},
    "line breaks": {"mailbox": "a@city.example.org>\r\nRCPT TO:<b@city.example.org"},
    "no address at all": {"mailbox": ""},
}
"""Rows that no import lets in, as another program or a restored backup may have put them there."""


async def test_rows_that_no_letter_can_be_written_to_harm_no_neighbour(
    store: Store, reach: Reach, clock: MovableClock
) -> None:
    """25: each is refused alone and says why; 496 neighbours get their letter."""
    issue = await a_frozen_issue(store, contacts=500)
    async with store.writing() as tx:
        for number, values in enumerate(ODD.values(), start=100):
            await tx.execute(
                update(deliveries)
                .where(deliveries.c.issue == issue.id, deliveries.c.contact == number)
                .values(**values)
            )
        await tx.execute(
            update(deliveries)
            .where(deliveries.c.issue == issue.id, deliveries.c.contact == 300)
            .values(name="é" * 200_000)
        )
    async with FaultySmtp() as server, reach(server) as way:
        server.pipelining = True
        await send_letters(store, issue.id, post=a_post(), transport=way, owner="a-1", clock=clock)
    lines = await ledger_lines(store, issue)
    refused = [line for line in lines if line.state is S.REFUSED]
    assert {line.mailbox for line in refused} <= {one["mailbox"] for one in ODD.values()}
    assert all(line.reply for line in refused)
    assert set(server.copies()) == {line.mailbox for line in lines if line.state is S.ACCEPTED}
    assert max(server.copies().values()) == 1
    assert len(server.journal) >= 496
    assert "b@city.example.org" not in server.copies()
