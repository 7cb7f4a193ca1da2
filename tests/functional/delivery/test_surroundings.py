"""What a newsroom stands on is examined before it gives way."""

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
import trustme

from flows.runtime.surroundings import examine_certificate, examine_records
from flows.translation.checks.departure import Identity, Published
from tests.relays import Reach
from tests.servers.faulty_smtp import FaultySmtp

NOW = datetime.now(UTC)
IDENTITY = Identity(
    author_domain="efus.example.org",
    envelope_domain="bounce.efus.example.org",
    keys={"rsa._domainkey.efus.example.org": "v=DKIM1; k=rsa; p=QUJD"},
)
SOUND: Published = {
    "rsa._domainkey.efus.example.org": ("v=DKIM1; k=rsa; p=QUJD",),
    "bounce.efus.example.org": ("v=spf1 ip4:192.0.2.1 -all",),
    "_dmarc.efus.example.org": (),
    "_dmarc.example.org": ("v=DMARC1; p=quarantine",),
}


def _tls(authority: trustme.CA, *, days: int) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", not_after=NOW + timedelta(days=days)).configure_cert(context)
    return context


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("days", [10, 60])
async def test_a_certificate_that_ends_soon_is_found_before_letters_stop(
    authority: trustme.CA,
    trusting_tls: ssl.SSLContext,
    reach: Reach,
    security: Literal["starttls", "tls"],
    days: int,
) -> None:
    """Two weeks are left to renew it."""
    async with (
        FaultySmtp(tls_context=_tls(authority, days=days), security=security) as server,
        reach(server, security=security, tls_context=trusting_tls) as way,
    ):
        (found,) = await examine_certificate(way.relay, now=NOW)
    assert found.ok == (days == 60)
    assert (NOW + timedelta(days=days)).date().isoformat() in found.found


async def test_a_relay_without_encryption_has_no_certificate(reach: Reach) -> None:
    """As one on this machine."""
    async with FaultySmtp() as server, reach(server) as way:
        assert await examine_certificate(way.relay, now=NOW) == []


async def _records(changed: Published) -> list[tuple[bool, str]]:
    async def lookup(names: Sequence[str]) -> Published:
        published = {**SOUND, **changed}
        return {name: published[name] for name in names}

    found = await examine_records(IDENTITY, lookup=lookup, reviewer="en")
    return [(one.ok, one.found) for one in found]


async def test_records_that_are_published_pass() -> None:
    """The policy may stand at the domain above."""
    assert await _records({}) == [(True, "SPF, DKIM and DMARC are published")]


@pytest.mark.parametrize(
    ("name", "record", "said"),
    [
        ("rsa._domainkey.efus.example.org", (), "DKIM"),
        ("rsa._domainkey.efus.example.org", ("v=DKIM1; p=WFla",), "another DKIM key"),
        ("bounce.efus.example.org", ("something else",), "SPF"),
        ("_dmarc.example.org", (), "DMARC"),
    ],
)
async def test_each_record_that_receivers_would_miss_is_a_finding(
    name: str, record: tuple[str, ...], said: str
) -> None:
    """Large providers turn letters away without them."""
    ((ok, found),) = await _records({name: record})
    assert not ok
    assert said in found


async def test_a_silent_dns_is_no_fault_of_the_newsroom() -> None:
    """Nobody can tell then; a newsroom behind a wall is healthy all the same."""
    found = await _records(dict.fromkeys(SOUND))
    assert all(ok for ok, _ in found)
    assert all("did not answer" in said for _, said in found)
