"""Senders, relays of two kinds, and a certificate authority of the tests' own."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest
import trustme

from flows.mail.capture import Outbox
from flows.mail.connection import Relay
from flows.mail.transport import Transport
from tests.functional.builders import MovableClock
from tests.servers.faulty_smtp import FaultySmtp

Reach = Callable[..., AbstractAsyncContextManager[Transport]]


@pytest.fixture
def clock() -> MovableClock:
    """A clock that stands still until it is moved."""
    return MovableClock()


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    """An empty Maildir."""
    box = Outbox(tmp_path / "outbox")
    box.prepare()
    return box


@pytest.fixture
def reach() -> Reach:
    """Opens a transport to a scripted server."""

    @asynccontextmanager
    async def open_transport(
        server: FaultySmtp,
        *,
        connections: int = 3,
        security: Literal["none", "starttls", "tls"] = "none",
        username: str | None = None,
        password: str | None = None,
        tls_context: ssl.SSLContext | None = None,
    ) -> AsyncIterator[Transport]:
        relay = Relay(
            host=server.host,
            port=server.port,
            security=security,
            username=username,
            password=password,
            tls_context=tls_context,
        )
        yield Transport(relay=relay, connections=connections)

    return open_transport


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """An authority that nobody knows unless they are told."""
    return trustme.CA()


@pytest.fixture(scope="session")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    """What a server on 127.0.0.1 shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def trusting_tls(authority: trustme.CA) -> ssl.SSLContext:
    """A client's context that knows the authority."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context
