"""DKIM: signatures that others verify, and that break when a letter is changed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from dkim.canonicalization import Relaxed
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.domain.edition import Edition
from flows.domain.errors import InputError
from flows.domain.recipient import Recipient, Sender
from flows.mail.dkim import DkimSigner, canonical_body, make_keys, read_dkim_key
from flows.mail.letter import prepare_letter
from tests.services.signatures import dkimpy_verdicts, opendkim_verdicts

AT = datetime(2026, 1, 2, 8, 0, tzinfo=UTC)
LETTER = (
    b"From: Efus <newsletter@efus.example.org>\r\n"
    b"Subject: =?utf-8?q?S=C3=BBret=C3=A9?=\r\n  urbaine\r\n"
    b"To: reader@city.example.org\r\n"
    b"Date: Tue, 01 Dec 2026 08:00:00 +0000\r\n"
    b"Message-ID: <1@efus.example.org>\r\n"
    b"List-Unsubscribe: <https://newsletter.example.org/u/1>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"\r\n"
    b"=C3=89t=C3=A9 =C3=A0 Li=C3=A8ge\r\n\r\nAu revoir\r\n"
)


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> DkimSigner:
    """One key of each kind."""
    paths = make_keys(tmp_path_factory.mktemp("dkim") / "keys")
    return DkimSigner(
        [read_dkim_key(path, domain="efus.example.org", selector=path.stem) for path in paths]
    )


def test_both_signatures_are_verified_by_another_program(signer: DkimSigner) -> None:
    """RSA for those who know nothing else, Ed25519 for the others."""
    signed = signer.sign(LETTER, AT)
    assert dkimpy_verdicts(signer.keys, signed) == [True, True]
    assert signed.endswith(LETTER)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Au revoir", b"Au revoir!"),
        (b"<1@efus", b"<2@efus"),
        (b"reader@city", b"other@city"),
        (b"/u/1>", b"/u/2>"),
        (b"From: Efus", b"From: Autre <x@example.org>\r\nFrom: Efus"),
        (b"Subject:", b"Subject: autre\r\nSubject:"),
    ],
    ids=["body", "id", "to", "unsubscribe", "second from", "second subject"],
)
def test_a_changed_letter_is_found_out(signer: DkimSigner, before: bytes, after: bytes) -> None:
    """In its text, in a field, or by a field that somebody added."""
    tampered = signer.sign(LETTER, AT).replace(before, after)
    assert dkimpy_verdicts(signer.keys, tampered) == [False, False]


def test_both_signatures_of_a_real_letter_are_verified_by_opendkim(
    signer: DkimSigner,
    an_edition: Callable[..., Edition],
    a_recipient: Callable[..., Recipient],
    a_sender: Sender,
    tmp_path: Path,
) -> None:
    """Multipart, quoted-printable, with accents in every field; and changed by one character."""
    letter = prepare_letter(an_edition("fr"), sender=a_sender, feedback_id="a:b:c:d")
    signed = signer.sign(letter.render(a_recipient(name="Zoë Lefèvre"), date=AT), AT)
    assert opendkim_verdicts(signer.keys, signed, folder=tmp_path) == ["pass", "pass"]
    changed = signed.replace(b"</html>", b"</htm1>")
    assert opendkim_verdicts(signer.keys, changed, folder=tmp_path) == ["fail", "fail"]


def test_what_relays_do_to_blanks_breaks_no_signature(signer: DkimSigner) -> None:
    """Folding anew, doubled blanks, empty lines at the end."""
    signed = signer.sign(LETTER, AT)
    handled = signed.replace(b"Subject: ", b"Subject:   ").replace(b"\r\n  urbaine", b" urbaine")
    assert dkimpy_verdicts(signer.keys, handled + b"\r\n\r\n") == [True, True]


def test_the_same_letter_is_signed_the_same_way_again(signer: DkimSigner) -> None:
    """Also from several threads at once: what was sent can be shown again."""
    once = signer.sign(LETTER, AT)
    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(lambda _: signer.sign(LETTER, AT), range(16))) == {once}


def test_the_lines_of_a_signature_are_short(signer: DkimSigner) -> None:
    """Nobody folds them anew on the way."""
    head = signer.sign(LETTER, AT).removesuffix(LETTER)
    assert max(map(len, head.split(b"\r\n"))) <= 78


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="a \t\r\n.=", max_size=40).map(str.encode))
def test_bodies_are_canonical_as_elsewhere(body: bytes) -> None:
    """Whatever blanks and empty lines there are, for bodies of whole lines."""
    lines = body.replace(b"\r", b"").replace(b"\n", b"\r\n") + b"\r\n"
    assert canonical_body(lines) == Relaxed.canonicalize_body(lines)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """Whoever has it can write in our name."""
    path, _ = make_keys(tmp_path)
    path.chmod(0o644)
    with pytest.raises(InputError, match="read by others"):
        read_dkim_key(path, domain="example.org", selector="s")


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    """Receivers ignore RSA keys below 2048 bits."""
    path = tmp_path / "short.pem"
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    path.chmod(0o600)
    with pytest.raises(InputError, match="1024 bits"):
        read_dkim_key(path, domain="example.org", selector="s")


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    """With the command that makes one."""
    path = tmp_path / "key.pem"
    path.write_text("clef")
    path.chmod(0o600)
    with pytest.raises(InputError, match="newsletter dkim new"):
        read_dkim_key(path, domain="example.org", selector="s")


def test_a_key_in_use_is_never_overwritten(tmp_path: Path) -> None:
    """The old one may be the one that is published."""
    path, _ = make_keys(tmp_path)
    before = path.read_bytes()
    with pytest.raises(InputError, match="never overwritten"):
        make_keys(tmp_path)
    assert path.read_bytes() == before
