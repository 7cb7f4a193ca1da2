"""swaks, Postfix, Dovecot, IMAP: a letter comes out of the mail system as it went in."""

import imaplib
import re
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import trustme

from tests.letters.stage import NAMES, Letters, Name
from tests.services.dovecot import Dovecot, DovecotMissingError, run_dovecot
from tests.services.postfix import Postfix, PostfixMissingError, run_postfix
from tests.services.programs import need_program
from tests.services.signatures import dkimpy_verdicts

pytestmark = pytest.mark.judge

TRACE = re.compile(rb"(?:(?:Return-Path|Delivered-To|Received):[^\r]*\r\n(?:[ \t][^\r]*\r\n)*)+")
"""What servers on the way write on top (RFC 5321, section 4.4)."""


class MailSystem(NamedTuple):
    """A relay, and the box that it delivers to."""

    relay: Postfix
    box: Dovecot


@pytest.fixture(scope="module")
def system(authority: trustme.CA) -> Iterator[MailSystem]:
    """Postfix before Dovecot, which takes letters by LMTP."""
    try:
        with (
            run_dovecot(authority, lmtp=True) as box,
            run_postfix(transport=f"lmtp:inet:127.0.0.1:{box.lmtp_port}") as relay,
        ):
            yield MailSystem(relay, box)
    except (DovecotMissingError, PostfixMissingError) as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def arrived(
    system: MailSystem,
    letters: Letters,
    authority: trustme.CA,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[bytes, bytes]:
    """What IMAP gives out, by Message-ID, after every letter was submitted."""
    folder = tmp_path_factory.mktemp("swaks")
    for name in NAMES:
        submit(letters.raw[name], system, folder / f"{name}.eml")
    system.relay.settle()
    return {message_id(one): one for one in fetch(system.box, authority)}


def submit(letter: bytes, system: MailSystem, path: Path) -> None:
    """Hand a letter to the relay."""
    path.write_bytes(letter.removesuffix(b"\r\n"))  # swaks ends the last line
    said = subprocess.run(
        [
            *(str(need_program("swaks")), "--server", f"127.0.0.1:{system.relay.port}"),
            *("--from", "bounces@efus.example.org", "--to", f"{system.box.username}@box.test"),
            *("--data", f"@{path}", "--silent", "2"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert said.returncode == 0, said.stderr + said.stdout


def fetch(box: Dovecot, authority: trustme.CA) -> Iterator[bytes]:
    """Every message of the box."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with imaplib.IMAP4_SSL("127.0.0.1", box.port, ssl_context=context) as client:
        client.authenticate("PLAIN", lambda _: f"\0{box.username}\0{box.password}".encode())
        client.select(readonly=True)
        _, (numbers,) = client.search(None, "ALL")
        for number in numbers.split():
            _, (answer, *_) = client.fetch(number.decode(), "(BODY.PEEK[])")
            assert isinstance(answer, tuple)
            yield answer[1]


def message_id(letter: bytes) -> bytes:
    """What a letter is known by."""
    return letter.partition(b"\r\nMessage-ID: ")[2].partition(b"\r\n")[0]


@pytest.mark.parametrize("name", NAMES, ids=str)
def test_a_letter_arrives_byte_for_byte(
    name: Name, letters: Letters, arrived: dict[bytes, bytes]
) -> None:
    """Below what the servers wrote on top, nothing has changed; the signatures still hold."""
    sent = letters.raw[name]
    got = arrived[message_id(sent)]
    trace = TRACE.match(got)
    assert trace
    assert got[trace.end() :] == sent
    assert dkimpy_verdicts(letters.keys, got) == [True, True]


def test_each_letter_arrives_once(letters: Letters, arrived: dict[bytes, bytes]) -> None:
    """And nothing else does."""
    assert set(arrived) == {message_id(raw) for raw in letters.raw.values()}
