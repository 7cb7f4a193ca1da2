import base64
import ssl
from datetime import UTC, datetime
from typing import Literal

import pytest
import trustme

from flows.domain.delivery import DeliveryState
from flows.domain.issue import Issue
from flows.mail.outcomes import RelayRefusedError, RelayUnreachableError
from flows.mail.transport import Transport
from flows.operations.sending import send_letters
from flows.store.database import Store
from tests.functional.builders import MovableClock, a_frozen_issue, a_post, ledger_lines, tally
from tests.relays import Reach
from tests.servers.acts import Act
from tests.servers.faulty_smtp import FaultySmtp

# What TLS and logging in have to do with the ledger is the same in every database.
pytestmark = pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)

S = DeliveryState
ACCOUNTS = {"efus": "mot de passe"}
KINDS: list[Literal["starttls", "tls"]] = ["starttls", "tls"]


async def deliver(store: Store, issue: Issue, way: Transport, clock: MovableClock) -> None:
    """One batch of one sender."""
    await send_letters(
        store,
        issue.id,
        post=a_post(),
        transport=way,
        owner="host-1",
        limit=100,
        clock=clock,
    )


async def check_nothing_was_given_away(store: Store, issue: Issue, server: FaultySmtp) -> None:
    """Neither a letter nor a name nor a password went over the wire; nobody's attempts count."""
    lines = await ledger_lines(store, issue)
    assert {(line.state, line.attempt) for line in lines} == {(S.PENDING, 0)}
    assert server.journal == []
    for secret in (b"MAIL", b"AUTH", b"Subject", base64.b64encode(b"\0efus\0mot de passe")):
        assert secret not in server.clear


async def test_a_relay_without_starttls_gets_nothing(
    store: Store, reach: Reach, clock: MovableClock
) -> None:
    """Somebody in between may have taken the offer out."""
    issue = await a_frozen_issue(store, contacts=2)
    async with (
        FaultySmtp(accounts=ACCOUNTS) as server,
        reach(server, security="starttls", username="efus", password="mot de passe") as way,
    ):
        with pytest.raises(RelayRefusedError, match="does not offer STARTTLS"):
            await deliver(store, issue, way, clock)
        await check_nothing_was_given_away(store, issue, server)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [("502 5.5.1 no", RelayRefusedError), ("454 4.7.0 not now", RelayUnreachableError)],
)
async def test_a_relay_that_takes_its_offer_back_gets_nothing(
    store: Store,
    reach: Reach,
    clock: MovableClock,
    server_tls: ssl.SSLContext,
    reply: str,
    kind: type[Exception],
) -> None:
    """An answer that is no `go ahead` never means `go on in the clear`."""
    issue = await a_frozen_issue(store, contacts=2)
    async with (
        FaultySmtp(
            lambda moment: Act(reply=reply) if moment.phase == "starttls" else None,
            tls_context=server_tls,
            security="starttls",
            accounts=ACCOUNTS,
        ) as server,
        reach(server, security="starttls", username="efus", password="mot de passe") as way,
    ):
        with pytest.raises(kind, match=reply[:3]):
            await deliver(store, issue, way, clock)
        await check_nothing_was_given_away(store, issue, server)


@pytest.mark.parametrize("security", KINDS)
async def test_letters_and_login_go_encrypted_to_a_relay_that_is_known(
    store: Store,
    reach: Reach,
    clock: MovableClock,
    server_tls: ssl.SSLContext,
    trusting_tls: ssl.SSLContext,
    security: Literal["starttls", "tls"],
) -> None:
    """The certificate is checked, the account used, and the wire shows none of it."""
    issue = await a_frozen_issue(store, contacts=6)
    async with (
        FaultySmtp(tls_context=server_tls, security=security, accounts=ACCOUNTS) as server,
        reach(
            server,
            security=security,
            username="efus",
            password="mot de passe",
            tls_context=trusting_tls,
        ) as way,
    ):
        await deliver(store, issue, way, clock)
    assert await tally(store, issue) == {S.ACCEPTED: 6}
    assert server.logins == ["efus"] * 3
    assert b"MAIL" not in server.clear
    assert b"AUTH" not in server.clear


@pytest.mark.parametrize("security", KINDS)
async def test_a_relay_with_an_unknown_certificate_gets_nothing(
    store: Store,
    reach: Reach,
    clock: MovableClock,
    server_tls: ssl.SSLContext,
    security: Literal["starttls", "tls"],
) -> None:
    """The machine's own authorities do not know this one; that is a matter for a person."""
    issue = await a_frozen_issue(store, contacts=2)
    async with (
        FaultySmtp(tls_context=server_tls, security=security, accounts=ACCOUNTS) as server,
        reach(server, security=security, username="efus", password="mot de passe") as way,
    ):
        with pytest.raises(RelayRefusedError, match="certificate"):
            await deliver(store, issue, way, clock)
        await check_nothing_was_given_away(store, issue, server)


async def test_a_certificate_for_another_name_is_refused(
    store: Store,
    reach: Reach,
    clock: MovableClock,
    authority: trustme.CA,
    trusting_tls: ssl.SSLContext,
) -> None:
    """A known authority is not enough: it must vouch for this host."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("relay.example.org").configure_cert(context)
    issue = await a_frozen_issue(store, contacts=1)
    async with (
        FaultySmtp(tls_context=context, security="starttls") as server,
        reach(server, security="starttls", tls_context=trusting_tls) as way,
    ):
        with pytest.raises(RelayRefusedError, match="certificate"):
            await deliver(store, issue, way, clock)
        await check_nothing_was_given_away(store, issue, server)


@pytest.mark.parametrize("password", ["faux", ""])
async def test_a_wrong_password_costs_no_letter_and_is_not_repeated_to_anybody(
    store: Store,
    reach: Reach,
    clock: MovableClock,
    server_tls: ssl.SSLContext,
    trusting_tls: ssl.SSLContext,
    password: str,
) -> None:
    """The message names the relay and its answer alone."""
    issue = await a_frozen_issue(store, contacts=2)
    async with (
        FaultySmtp(tls_context=server_tls, security="tls", accounts=ACCOUNTS) as server,
        reach(
            server,
            security="tls",
            username="efus",
            password=password,
            tls_context=trusting_tls,
        ) as way,
    ):
        with pytest.raises(RelayRefusedError, match="535") as caught:
            await deliver(store, issue, way, clock)
    assert "faux" not in str(caught.value)
    assert await tally(store, issue) == {S.PENDING: 2}


async def test_a_relay_without_accounts_says_so(
    store: Store,
    reach: Reach,
    clock: MovableClock,
    server_tls: ssl.SSLContext,
    trusting_tls: ssl.SSLContext,
) -> None:
    """A username was set and the relay knows no logging in: a person must look."""
    issue = await a_frozen_issue(store, contacts=1)
    async with (
        FaultySmtp(tls_context=server_tls, security="tls") as server,
        reach(
            server, security="tls", username="efus", password="x", tls_context=trusting_tls
        ) as way,
    ):
        with pytest.raises(RelayRefusedError, match="does not offer to log in"):
            await deliver(store, issue, way, clock)
    assert await tally(store, issue) == {S.PENDING: 1}


async def test_a_log_in_that_is_put_off_costs_no_letter(
    store: Store,
    reach: Reach,
    clock: MovableClock,
    server_tls: ssl.SSLContext,
    trusting_tls: ssl.SSLContext,
) -> None:
    """454 to AUTH: the relay's accounts cannot be asked now. All wait, and later all go."""
    issue = await a_frozen_issue(store, contacts=3)
    async with (
        FaultySmtp(
            lambda moment: Act(reply="454 4.7.0 not now") if moment.phase == "auth" else None,
            tls_context=server_tls,
            security="tls",
            accounts=ACCOUNTS,
        ) as server,
        reach(
            server,
            security="tls",
            username="efus",
            password="mot de passe",
            tls_context=trusting_tls,
        ) as way,
    ):
        with pytest.raises(RelayUnreachableError, match="454"):
            await deliver(store, issue, way, clock)
        await check_nothing_was_given_away(store, issue, server)
        server.script = lambda _: None
        await deliver(store, issue, way, clock)
    assert await tally(store, issue) == {S.ACCEPTED: 3}


@pytest.mark.parametrize("security", KINDS)
async def test_a_relay_whose_certificate_has_expired_gets_nothing(
    store: Store,
    reach: Reach,
    clock: MovableClock,
    authority: trustme.CA,
    trusting_tls: ssl.SSLContext,
    security: Literal["starttls", "tls"],
) -> None:
    """Who would be on the other end after that day, nobody knows."""
    expired = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    past = datetime(2025, 1, 1, tzinfo=UTC)
    authority.issue_cert("127.0.0.1", not_after=past).configure_cert(expired)
    issue = await a_frozen_issue(store, contacts=2)
    async with (
        FaultySmtp(tls_context=expired, security=security, accounts=ACCOUNTS) as server,
        reach(
            server,
            security=security,
            username="efus",
            password="mot de passe",
            tls_context=trusting_tls,
        ) as way,
    ):
        with pytest.raises(RelayRefusedError, match="certificate"):
            await deliver(store, issue, way, clock)
        await check_nothing_was_given_away(store, issue, server)
