"""Real dialogues with the newsroom's own mail server, by LMTP and SMTP."""

import asyncio
import smtplib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest

from flows.domain.returned import ReturnKind
from flows.mail.listener import LARGEST_MESSAGE_BYTES, listening
from flows.mail.maildir import MaildirBox, messages_in
from tests.functional.builders import address, hash_of
from tests.functional.returned_mail import DOMAIN, a_bounce, an_opt_out, leave_address
from tests.functional.returns.conftest import Returns

Protocol = Literal["lmtp", "smtp"]
Door = Callable[[Protocol], AbstractAsyncContextManager[int]]


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """Where the server puts what it takes."""
    return tmp_path / "spool"


@pytest.fixture
def door(spool: Path) -> Door:
    """Opens the server; gives its port."""

    @asynccontextmanager
    async def opened(protocol: Protocol) -> AsyncIterator[int]:
        entrance = socket.create_server(("127.0.0.1", 0))
        async with listening(entrance, spool, protocol=protocol, domain=DOMAIN):
            yield entrance.getsockname()[1]

    return opened


def hand_over(
    port: int, protocol: Protocol, recipients: list[str], message: bytes
) -> dict[str, tuple[int, bytes]]:
    """Send as a relay does; the recipients that were refused."""
    client = smtplib.LMTP if protocol == "lmtp" else smtplib.SMTP
    with client("127.0.0.1", port, timeout=60) as relay:
        return relay.sendmail("", recipients, message)


def lmtp_answers(port: int, recipients: list[str], message: bytes) -> list[bytes]:
    """The answers to the final dot, of which LMTP gives one for each recipient."""
    with smtplib.LMTP("127.0.0.1", port, timeout=60) as relay:
        relay.ehlo_or_helo_if_needed()
        relay.mail("")
        for recipient in recipients:
            relay.rcpt(recipient)
        answers = [b"%d" % relay.data(message)[0]]
        while len(answers) < len(recipients):
            answers.append(b"%d" % relay.getreply()[0])
    return answers


@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
async def test_what_a_relay_hands_over_is_read(
    back: Returns, door: Door, spool: Path, protocol: Protocol
) -> None:
    """The address on the envelope names the letter, whatever the headers say."""
    issue = await back.an_issue()
    async with door(protocol) as port:
        bounce = a_bounce("undisclosed@x.example")
        await asyncio.to_thread(hand_over, port, protocol, [back.path(issue, 1)], bounce)
        opt_out = an_opt_out("undisclosed@x.example")
        await asyncio.to_thread(hand_over, port, protocol, [back.leave(issue, 2)], opt_out)
    harvest = await back.read(MaildirBox(folder=spool, name="spool", delete=True))
    assert harvest.counts == {ReturnKind.HARD: 1, ReturnKind.UNSUBSCRIBE: 1}
    assert set(await back.suppressed()) == {hash_of(address(n)) for n in (1, 2)}
    assert messages_in(spool) == []


async def test_one_message_to_two_letters_is_two(back: Returns, door: Door, spool: Path) -> None:
    """LMTP answers for each recipient."""
    issue = await back.an_issue()
    paths = [back.path(issue, 1), back.path(issue, 2)]
    async with door("lmtp") as port:
        answers = await asyncio.to_thread(lmtp_answers, port, paths, a_bounce("x@y.example"))
    assert answers == [b"250", b"250"]
    await back.read(MaildirBox(folder=spool, name="spool"))
    assert len(await back.suppressed()) == 2


async def test_what_a_relay_hands_over_twice_counts_once(
    back: Returns, door: Door, spool: Path
) -> None:
    """It does so when our answer was lost."""
    issue = await back.an_issue()
    bounce = a_bounce("x@y.example")
    async with door("lmtp") as port:
        for _ in range(2):
            await asyncio.to_thread(hand_over, port, "lmtp", [back.path(issue, 1)], bounce)
    assert len(messages_in(spool)) == 2
    assert (await back.read(MaildirBox(folder=spool, name="spool"))).counts.total() == 1


@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
async def test_mail_for_others_is_refused(door: Door, spool: Path, protocol: Protocol) -> None:
    """Nobody can take it for a relay, nor fill the disk by any name."""
    async with door(protocol) as port:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
            await asyncio.to_thread(hand_over, port, protocol, ["a@city.example.org"], b"x\r\n")
    assert caught.value.recipients["a@city.example.org"][0] == 550
    assert messages_in(spool) == []


async def test_a_message_that_is_too_long_is_refused(door: Door, spool: Path) -> None:
    """By its announced size, before its first byte."""
    async with door("smtp") as port:
        great = b"x" * 70 + b"\r\n" * (LARGEST_MESSAGE_BYTES // 2)
        with pytest.raises(smtplib.SMTPException) as caught:
            await asyncio.to_thread(hand_over, port, "smtp", [leave_address(1, 1)], great)
    assert "552" in str(caught.value)
    assert messages_in(spool) == []


async def test_a_disk_that_takes_nothing_makes_the_relay_wait(door: Door, spool: Path) -> None:
    """It keeps the message and tries again."""
    async with door("lmtp") as port:
        (spool / "tmp").rmdir()
        answers = await asyncio.to_thread(
            lmtp_answers, port, [leave_address(1, 1), leave_address(2, 2)], b"x\r\n"
        )
        assert answers == [b"452", b"452"]
        (spool / "tmp").mkdir()
        await asyncio.to_thread(hand_over, port, "lmtp", [leave_address(1, 1)], b"x\r\n")
    assert len(messages_in(spool)) == 1
