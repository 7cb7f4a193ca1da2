"""Reading an IMAP mailbox: a real Dovecot, verified TLS, and servers that are none."""

import ssl
from typing import Any

import pytest

from flows.domain.errors import InputError, NewsletterError, NotDoneError, TransientError
from flows.domain.returned import ReturnKind
from flows.mail.bounds import LARGEST_BYTES
from flows.mail.imap import ImapBox
from tests.functional.builders import address, hash_of
from tests.functional.cli.command_line import closed_port
from tests.functional.returned_mail import a_bounce, an_answer, an_opt_out
from tests.functional.returns.conftest import Returns
from tests.services.dovecot import Dovecot


def a_box(server: Dovecot, tls_context: ssl.SSLContext | None, **changes: Any) -> ImapBox:
    """The server's INBOX."""
    usual: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port,
        "security": "tls",
        "username": server.username,
        "password": server.password,
        "folder": "INBOX",
        "handled": "Handled",
    }
    return ImapBox(**usual | changes, tls_context=tls_context)


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_what_came_back_is_read_and_put_away(
    back: Returns, dovecot: Dovecot, trusting: ssl.SSLContext, security: str
) -> None:
    """Over TLS from the start, or STARTTLS; a folder for what was read is made."""
    issue = await back.an_issue()
    dovecot.deliver(
        a_bounce(back.path(issue, 1)),
        an_opt_out(back.leave(issue, 2)),
        an_answer("newsletter@efus.example.org"),
    )
    port = dovecot.port if security == "tls" else dovecot.starttls_port
    box = a_box(dovecot, trusting, security=security, port=port)
    harvest = await back.read(box)
    assert (harvest.troubles, harvest.counts) == (
        [],
        {ReturnKind.HARD: 1, ReturnKind.UNSUBSCRIBE: 1, ReturnKind.UNREADABLE: 1},
    )
    assert set(await back.suppressed()) == {hash_of(address(n)) for n in (1, 2)}
    assert (dovecot.count(), dovecot.count("Handled")) == (0, 3)
    assert (await back.read(box)).counts == {}


async def test_what_was_read_can_be_deleted(
    back: Returns, dovecot: Dovecot, trusting: ssl.SSLContext
) -> None:
    """Where the settings say so; more messages than one transaction takes."""
    issue = await back.an_issue(letters=25)
    dovecot.deliver(*(a_bounce(back.path(issue, n), status="5.2.2") for n in range(1, 26)))
    await back.read(a_box(dovecot, trusting, delete=True))
    assert (await back.recorded()).total() == 25
    assert (dovecot.count(), dovecot.count("Handled")) == (0, 0)


async def test_a_reading_that_was_cut_off_before_putting_away_counts_once(
    back: Returns, dovecot: Dovecot, trusting: ssl.SSLContext
) -> None:
    """Recorded, but still in the INBOX: the next reading only puts it away."""
    issue = await back.an_issue()
    bounce = a_bounce(back.path(issue, 1))
    dovecot.deliver(bounce)
    await back.read(a_box(dovecot, trusting))
    dovecot.deliver(bounce)
    assert (await back.read(a_box(dovecot, trusting))).counts == {}
    assert (dovecot.count(), (await back.recorded()).total()) == (0, 1)


def test_of_a_great_message_the_beginning_is_fetched(
    dovecot: Dovecot, trusting: ssl.SSLContext
) -> None:
    """The server is asked for no more."""
    raw = a_bounce("x@y.example")
    dovecot.deliver(raw + b"x" * 70 + b"\r\n" * LARGEST_BYTES)
    opened = a_box(dovecot, trusting).open()
    (arrival,) = opened.take(10)
    opened.close()
    assert len(arrival.raw) == LARGEST_BYTES
    assert arrival.size_bytes > 2 * LARGEST_BYTES
    assert arrival.raw.startswith(raw)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"password": "wrong"}, NotDoneError, "refuses the login"),
        ({"folder": "Nowhere"}, InputError, "says no"),
        ({"port": "closed"}, TransientError, "cannot be reached"),
        ({"port": "starttls", "security": "tls"}, NewsletterError, "imap 127.0.0.1"),
        ({"host": "localhost.test"}, TransientError, "cannot be reached"),
    ],
)
def test_what_is_wrong_is_said_without_the_password(
    dovecot: Dovecot,
    trusting: ssl.SSLContext,
    changes: dict[str, Any],
    error: type[NewsletterError],
    words: str,
) -> None:
    """And whether another try may mend it."""
    ports = {"closed": closed_port(), "starttls": dovecot.starttls_port}
    if "port" in changes:
        changes = changes | {"port": ports[changes["port"]]}
    with pytest.raises(error, match=words) as caught:
        a_box(dovecot, trusting, **changes).open()
    assert dovecot.password not in str(caught.value)


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_server_that_nobody_vouches_for_gets_no_password(dovecot: Dovecot, security: str) -> None:
    """The certificate is verified before the login, and another try would not help."""
    port = dovecot.port if security == "tls" else dovecot.starttls_port
    box = a_box(dovecot, None, security=security, port=port)
    with pytest.raises(NotDoneError, match="cannot prove who it is"):
        box.open()


def test_a_certificate_of_another_name_is_refused(
    dovecot: Dovecot, trusting: ssl.SSLContext
) -> None:
    """Trusting the authority is not enough."""
    with pytest.raises(NotDoneError, match="cannot prove who it is"):
        a_box(dovecot, trusting, host="localhost").open()


async def test_a_mailbox_that_is_away_is_asked_again_and_then_reported(
    back: Returns, dovecot: Dovecot, trusting: ssl.SSLContext
) -> None:
    """It stays a passing trouble; the rest of the newsroom goes on."""
    harvest = await back.read(a_box(dovecot, trusting, port=closed_port()))
    assert "cannot be reached" in harvest.troubles[0]
