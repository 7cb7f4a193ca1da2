import email
import email.policy
from collections import Counter
from datetime import timedelta

import pytest

from flows.domain.delivery import DeliveryState
from flows.domain.issue import Issue, IssueState
from flows.mail.capture import Outbox
from flows.mail.transport import Transport, capture_transport
from flows.operations.delivering import resume_issue
from flows.operations.issues import cancel_issue, pause_issue
from flows.operations.patience import LEASE
from flows.operations.sending import send_letters
from flows.operations.settling import finish_issue, recover_claims, settle_doubts
from flows.store import ledger
from flows.store.contacts import suppress
from flows.store.database import Store
from tests.functional.builders import (
    NOW,
    MovableClock,
    a_frozen_issue,
    a_post,
    a_recipient,
    address,
    give_back,
    hash_of,
    ledger_lines,
    take,
    tally,
)

S = DeliveryState


async def _deliver(
    store: Store,
    issue: Issue,
    transport: Transport,
    clock: MovableClock,
    *,
    limit: int = 100,
    owner: str = "host-1",
) -> int:
    return await send_letters(
        store,
        issue.id,
        post=a_post(),
        transport=transport,
        owner=owner,
        limit=limit,
        clock=clock,
    )


async def _recover(
    store: Store,
    issue: Issue,
    transport: Transport,
    clock: MovableClock,
    *,
    alive: bool | None,
) -> int:
    return await recover_claims(
        store, issue.id, is_alive=lambda _: alive, transport=transport, clock=clock
    )


def _kept(outbox: Outbox) -> Counter[str]:
    letters = [path.read_bytes() for path in (outbox.folder / "new").iterdir()]
    parsed = [email.message_from_bytes(one, policy=email.policy.default) for one in letters]
    return Counter(str(one["Delivered-To"]) for one in parsed)


async def test_every_reader_gets_one_letter_and_the_issue_is_sent(
    store: Store, outbox: Outbox, clock: MovableClock
) -> None:
    """Batch after batch, until nothing is due."""
    issue = await a_frozen_issue(store, contacts=12)
    async with capture_transport(outbox, connections=4) as transport:
        batches = [await _deliver(store, issue, transport, clock, limit=5) for _ in range(4)]
    issue, total = await finish_issue(store, issue.id, now=clock())
    assert batches == [5, 5, 2, 0]
    assert issue.state is IssueState.SENT
    assert issue.finished_at == NOW
    assert {state: n for state, n in total.items() if n} == {S.ACCEPTED: 12}
    assert _kept(outbox) == {address(number): 1 for number in range(1, 13)}


async def test_a_letter_arrives_byte_for_byte(
    store: Store, outbox: Outbox, clock: MovableClock
) -> None:
    """Accents, a right-to-left name and a line that begins with a dot."""
    issue = await a_frozen_issue(store, contacts=3)
    (*_, claim) = claims = await take(store, issue)
    await give_back(store, claims)
    async with capture_transport(outbox, connections=1) as transport:
        await _deliver(store, issue, transport, clock)
    expected = a_post().letters[claim.language].render(a_recipient(claim), date=NOW)
    trace = f"Return-Path: <bounces@efus.example.org>\r\nDelivered-To: {claim.address}\r\n"
    found = [path.read_bytes() for path in (outbox.folder / "new").iterdir()]
    assert trace.encode() + expected in found
    assert outbox.holds(claim.message_id)


async def test_opt_outs_during_the_sending_are_honoured(
    store: Store, outbox: Outbox, clock: MovableClock
) -> None:
    """Who opted out after the first batch gets nothing; the batch goes on with the others."""
    issue = await a_frozen_issue(store, contacts=9)
    async with capture_transport(outbox, connections=2) as transport:
        await _deliver(store, issue, transport, clock, limit=3)
        waiting = [line for line in await ledger_lines(store, issue) if line.state is S.PENDING]
        opted_out = {line.mailbox for line in waiting[::2]}
        async with store.writing() as tx:
            for mailbox in opted_out:
                key = hash_of(mailbox)
                await suppress(tx, key, reason="unsubscribed", source="link", now=NOW)
        while await _deliver(store, issue, transport, clock):
            pass
    issue, _ = await finish_issue(store, issue.id, now=clock())
    assert issue.state is IssueState.SENT
    assert set(_kept(outbox)).isdisjoint(opted_out)
    assert len(_kept(outbox)) == 6


async def test_a_paused_issue_keeps_its_letters_until_it_is_resumed(
    store: Store, outbox: Outbox, clock: MovableClock
) -> None:
    """The sender's loop ends by itself, and adding up leaves the pause in place."""
    issue = await a_frozen_issue(store, contacts=6)
    async with capture_transport(outbox, connections=2) as transport:
        await _deliver(store, issue, transport, clock, limit=2)
        await pause_issue(store, issue.id, because="une question", now=NOW)
        assert await _deliver(store, issue, transport, clock) == 0
        paused, total = await finish_issue(store, issue.id, now=clock())
        assert (paused.state, total[S.PENDING]) == (IssueState.PAUSED, 4)
        await resume_issue(store, issue.id, now=NOW)
        while await _deliver(store, issue, transport, clock):
            pass
    issue, _ = await finish_issue(store, issue.id, now=clock())
    assert issue.state is IssueState.SENT
    assert set(_kept(outbox).values()) == {1}


async def test_a_cancelled_issue_sends_no_more(
    store: Store, outbox: Outbox, clock: MovableClock
) -> None:
    """Also what was held a moment ago and came back."""
    issue = await a_frozen_issue(store, contacts=6)
    async with capture_transport(outbox, connections=2) as transport:
        await _deliver(store, issue, transport, clock, limit=2)
        await give_back(store, await take(store, issue, "a", 2), "a")
        _, spared = await cancel_issue(store, issue.id, now=NOW)
        assert await _deliver(store, issue, transport, clock) == 0
    issue, total = await finish_issue(store, issue.id, now=clock())
    assert spared == 4
    assert issue.state is IssueState.CANCELLED
    assert {state: n for state, n in total.items() if n} == {S.ACCEPTED: 2, S.CANCELLED: 4}


async def test_an_address_that_no_letter_can_carry_is_refused_alone(
    store: Store, outbox: Outbox, clock: MovableClock
) -> None:
    """Its neighbours get theirs; the report has the reason."""
    issue = await a_frozen_issue(store, contacts=5)
    async with store.writing() as tx:
        await tx.exec_driver_sql(
            "UPDATE deliveries SET mailbox = 'rené@city.example.org' WHERE contact = 3"
        )
    async with capture_transport(outbox, connections=2) as transport:
        while await _deliver(store, issue, transport, clock):
            pass
    line = (await ledger_lines(store, issue))[2]
    assert (line.state, line.reply) == (S.REFUSED, "this cannot stand in a letter as an address")
    assert await tally(store, issue) == {S.ACCEPTED: 4, S.REFUSED: 1}


async def test_a_run_that_finds_nothing_due_does_not_stop_another(
    store: Store, outbox: Outbox, clock: MovableClock
) -> None:
    """One sender holds everything; the other adds up meanwhile; the first goes on."""
    issue = await a_frozen_issue(store, contacts=6)
    claims = await take(store, issue, "a")
    async with capture_transport(outbox, connections=2) as transport:
        assert await _deliver(store, issue, transport, clock, owner="b") == 0
    assert (await finish_issue(store, issue.id, now=clock()))[0].state is IssueState.INCOMPLETE
    await give_back(store, claims, "a")
    assert len(await take(store, issue, "a")) == 6


async def test_doubts_that_the_outbox_can_answer_settle_themselves(
    store: Store, outbox: Outbox, clock: MovableClock
) -> None:
    """One letter lies there, the other never came: one is accepted, one goes out."""
    issue = await a_frozen_issue(store, contacts=3)
    claims = await take(store, issue, "dead", 2)
    letter = a_post().letters[claims[0].language].render(a_recipient(claims[0]), date=NOW)
    outbox.keep(letter, mail_from="bounces@efus.example.org", rcpt_to=claims[0].address)
    async with capture_transport(outbox, connections=2) as transport:
        assert await _recover(store, issue, transport, clock, alive=False) == 0
        assert await tally(store, issue) == {S.ACCEPTED: 1, S.PENDING: 2}
        while await _deliver(store, issue, transport, clock):
            pass
    assert (await finish_issue(store, issue.id, now=clock()))[0].state is IssueState.SENT
    assert _kept(outbox) == {address(number): 1 for number in (1, 2, 3)}


async def test_the_claims_of_the_living_are_theirs(
    store: Store, outbox: Outbox, clock: MovableClock
) -> None:
    """However old their lease is, if the owner is known to live."""
    issue = await a_frozen_issue(store, contacts=2)
    await take(store, issue, "a", lease=LEASE)
    clock.advance(LEASE * 3)
    async with capture_transport(outbox, connections=1) as transport:
        await _recover(store, issue, transport, clock, alive=True)
    assert await tally(store, issue) == {S.CLAIMED: 2}


async def test_of_senders_elsewhere_the_lease_decides(
    store: Store, outbox: Outbox, clock: MovableClock
) -> None:
    """Nothing is taken before its end, all of it after; this machine's outbox is not theirs.

    On PostgreSQL so long as their connection stands, of which `test_workers` tells.
    """
    issue = await a_frozen_issue(store, contacts=2)
    async with capture_transport(outbox, connections=1) as transport, store.seen_as("a"):
        await take(store, issue, "a", lease=LEASE)
        clock.advance(LEASE)
        await _recover(store, issue, transport, clock, alive=None)
        assert await tally(store, issue) == {S.CLAIMED: 2}
        clock.advance(timedelta(seconds=1))
        await _recover(store, issue, transport, clock, alive=None)
        assert await tally(store, issue) == {S.UNKNOWN: 2}


@pytest.mark.parametrize(
    ("sent", "left", "words"),
    [
        (True, {S.ACCEPTED: 4}, "settled as sent by Zoë"),
        (False, {S.ACCEPTED: 1, S.PENDING: 3}, "settled as unsent by Zoë"),
    ],
    ids=["sent", "unsent"],
)
async def test_a_person_settles_what_nobody_else_can(
    store: Store,
    outbox: Outbox,
    clock: MovableClock,
    sent: bool,  # noqa: FBT001 - given by name
    left: dict[DeliveryState, int],
    words: str,
) -> None:
    """As sent: the letters stay. As unsent: they go out with the next sending."""
    issue = await a_frozen_issue(store, contacts=4)
    await take(store, issue, "d", 3)
    async with store.writing() as tx:
        await ledger.recover(tx, issue.id, owner="d", now=NOW)
    async with capture_transport(outbox, connections=2) as transport:
        await _deliver(store, issue, transport, clock)
    issue, _ = await finish_issue(store, issue.id, now=clock())
    assert (issue.state, issue.reason) == (IssueState.INCOMPLETE, "3 unknown")
    assert await settle_doubts(store, issue.id, sent=sent, by="Zoë", now=clock()) == 3
    assert await tally(store, issue) == left
    assert words in {line.reply for line in await ledger_lines(store, issue)}
