"""Injections 8, 9 and 15 in the middle of bytes: somebody cuts the wire to a real server."""

import asyncio
import ssl
from collections import Counter
from dataclasses import replace
from typing import Literal

import pytest

from flows.domain.article import Slug
from flows.domain.delivery import DeliveryState
from flows.domain.issue import Issue, IssueState
from flows.mail.connection import Relay as Address
from flows.mail.transport import Transport
from flows.operations.sending import send_letters
from flows.store.database import Store
from tests.faults.conftest import Relay
from tests.faults.killing import (
    check_by_the_receivers_record,
    final_state,
    in_state,
    now,
    recover,
    send_rest,
)
from tests.faults.sender_process import PATIENCE
from tests.faults.test_killed_senders import way_to
from tests.functional.builders import (
    LANGUAGES,
    a_frozen_issue,
    a_post,
    address,
    an_edition,
    ledger_lines,
    tally,
)
from tests.servers.faulty_smtp import FaultySmtp
from tests.servers.wire import Snag, Wire

S = DeliveryState
FEW = 8
KINDS: list[Literal["starttls", "tls"]] = ["starttls", "tls"]
THIRD = (*(b"RCPT TO:",) * 3, b">\r\n", b"DATA\r\n")
CUTS: dict[str, tuple[Snag, bool]] = {
    "cut in the body": (Snag(after=(*THIRD, b"Subject:"), then="cut"), False),
    "reset in the body": (Snag(after=(*THIRD, b"Subject:"), then="reset"), False),
    "cut after the dot": (Snag(after=(*THIRD, b"\r\n.\r\n"), then="mute"), True),
}
"""What befalls the first connection at its third letter, and whether Postfix takes that one."""


async def test_postfix_settles_what_cut_wires_leave_in_doubt(
    store: Store, relay: Relay, slug: Slug
) -> None:
    """One doubt each, not sent again by itself; Postfix knows, and each reader has one letter."""

    async def cut(name: str, issue: Issue) -> None:
        snag, taken = CUTS[name]
        async with Wire(relay.postfix.port, lambda one: snag if one == 1 else None) as wire:
            here = Address(host=wire.host, port=wire.port, security="none")
            await send_rest(store, issue, Transport(relay=here, connections=1))
            third = wire.recipients[2]
        copies = await relay.copies(issue, FEW)
        doubtful = await check_by_the_receivers_record(store, issue, copies, audience=FEW)
        assert (doubtful, third in copies) == ({third}, taken), name
        assert await final_state(store, issue) is IssueState.INCOMPLETE
        await asyncio.sleep(PATIENCE.total_seconds() + 1)
        assert await recover(store, issue, way_to(relay, oracle=True)) == 0
        assert in_state(await ledger_lines(store, issue), S.PENDING) == doubtful - set(copies)
        await send_rest(store, issue, way_to(relay, oracle=True))
        assert await relay.copies(issue, FEW) == Counter(address(n) for n in range(1, FEW + 1))
        assert await final_state(store, issue) is IssueState.SENT

    issues = {
        name: await a_frozen_issue(store, contacts=FEW, slug=Slug(f"{slug}-{n}"), now=now())
        for n, name in enumerate(CUTS)
    }
    await asyncio.gather(*(cut(name, issue) for name, issue in issues.items()))


@pytest.mark.parametrize("security", KINDS)
async def test_an_encrypted_connection_cut_within_a_letter_leaves_one_doubt(
    store: Store,
    server_tls: ssl.SSLContext,
    trusting_tls: ssl.SSLContext,
    security: Literal["starttls", "tls"],
) -> None:
    """Half of it is on the wire, unreadable; the others go on another connection."""
    editions = {
        language: replace(an_edition(language), text="Sûreté urbaine. " * 20_000)
        for language in LANGUAGES
    }
    issue = await a_frozen_issue(store, contacts=4, now=now())
    async with (
        FaultySmtp(
            tls_context=server_tls, security=security, accounts={"efus": "mot de passe"}
        ) as server,
        Wire(
            server.port,
            lambda connection: Snag(after=200_000, then="cut") if connection == 1 else None,
        ) as wire,
    ):
        server.pipelining = True
        relay = Address(
            host=wire.host,
            port=wire.port,
            security=security,
            username="efus",
            password="mot de passe",
            tls_context=trusting_tls,
        )
        await send_letters(
            store,
            issue.id,
            post=a_post(editions=editions),
            transport=Transport(relay=relay, connections=1),
            owner="host-1",
            clock=now,
        )
    assert await tally(store, issue) == {S.ACCEPTED: 3, S.UNKNOWN: 1}
    (doubtful,) = [x.mailbox for x in await ledger_lines(store, issue) if x.state is S.UNKNOWN]
    assert set(server.copies().values()) == {1}
    assert doubtful not in server.copies()
    assert b"urbaine" not in wire.seen
    assert b"MAIL" not in wire.seen
