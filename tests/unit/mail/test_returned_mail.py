"""What a returned message means: the reader's word on mail of every kind."""

import time
from base64 import encodebytes as b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.domain.returned import Returned, ReturnKind
from flows.mail.bounds import LARGEST_BYTES, MOST_PARTS
from flows.mail.boxes import Arrival
from flows.mail.returned import ReturnReader
from tests.functional.builders import KEY
from tests.functional.returned_mail import (
    LETTER,
    a_bounce,
    a_complaint,
    an_answer,
    an_auto_reply,
    an_opt_out,
    arriving,
    leave_address,
    return_path,
)

K = ReturnKind
READER = ReturnReader(keys=[KEY])
PATH, LEAVE = return_path(7, 8), leave_address(7, 8)
STRANGER = b"another key"


def read(raw: bytes) -> Returned:
    """What the reader makes of a message."""
    return READER.read(arriving(raw))


@pytest.mark.parametrize(
    ("status", "diagnostic", "kind"),
    [
        ("5.1.1", "smtp; 550 5.1.1 user unknown", K.HARD),
        ("5.1.2", "smtp; 550 5.1.2 bad destination system", K.HARD),
        ("5.1.10", "smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound", K.HARD),
        ("5.2.1", "smtp; 550 5.2.1 The email account is disabled", K.HARD),
        ("5.0.0", "smtp; 550 5.1.1 <x@y.example>: no such user", K.HARD),
        ("5.0.0", "smtp; 550 unknown user <x@y.example>", K.HARD),
        ("5.5.0", "smtp; 550 Requested action not taken: mailbox unavailable", K.HARD),
        ("5.3.0", "smtp; 553 5.3.0 <x@y.example>... No such user here", K.HARD),
        ("5.2.2", "smtp; 552 5.2.2 mailbox full", K.SOFT),
        ("4.4.1", "X-Postfix; connect to mx.example[192.0.2.1]: Connection timed out", K.SOFT),
        ("4.2.2", "smtp; 452 4.2.2 over quota", K.SOFT),
        ("5.4.6", "smtp; 554 5.4.6 routing loop", K.SOFT),
        ("5.0.0", "smtp; 550 5.2.2 mailbox full", K.SOFT),
        ("5.0.0", "", K.SOFT),
        ("5.7.1", "smtp; 550 5.7.1 user unknown, or so", K.POLICY),
        ("5.7.515", "smtp; 550 5.7.515 Access denied", K.POLICY),
        ("4.7.28", "smtp; 421 4.7.28 unusual rate of unsolicited mail", K.POLICY),
        ("5.1.1", "smtp; 550 5.7.26 unauthenticated mail of example.org", K.POLICY),
        ("5.1.8", "smtp; 553 5.1.8 sender domain not found", K.POLICY),
        ("5.3.4", "smtp; 552 5.3.4 message size exceeds fixed limit", K.POLICY),
        ("5.6.0", "smtp; 554 5.6.0 lone CR or LF", K.POLICY),
        ("5.0.0", "smtp; 554 Message rejected as spam by Content Filtering", K.POLICY),
    ],
)
def test_a_failure_is_hard_soft_or_ours(status: str, diagnostic: str, kind: ReturnKind) -> None:
    """By its status (RFC 3463), by its words where that says nothing; the milder of two."""
    returned = read(a_bounce(PATH, status=status, diagnostic=diagnostic))
    assert (returned.kind, returned.delivery, returned.contact) == (kind, 7, 8)


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_a_delay_or_a_receipt_is_no_failure(action: str) -> None:
    """The relay goes on trying, or has delivered."""
    assert read(a_bounce(PATH, action=action, status="4.4.1", diagnostic="")).kind is K.NOTICE


@pytest.mark.parametrize("headers", ["delivered-to", "x-original-to", "envelope-to", "x-failed"])
def test_the_return_path_is_found_where_servers_put_it(headers: str) -> None:
    """Also in the letter that is returned; a relay may have written it in capitals."""
    raw = a_bounce("postmaster@efus.example.org")
    assert read(raw).kind is K.FORGED
    assert read(f"{headers}: {PATH.upper()}\r\n".encode() + raw).kind is K.HARD


def test_a_bounce_without_our_signature_changes_nothing_and_says_so() -> None:
    """Neither a made-up return path nor a Message-ID of ours proves anything."""
    forged = return_path(7, 8, key=STRANGER)
    for path, why in ((forged, "did not sign"), ("bounces@efus.example.org", "no return path")):
        returned = read(a_bounce(path))
        assert (returned.kind, returned.delivery) == (K.FORGED, None)
        assert why in returned.words
        assert "user unknown" in returned.words


def test_an_opt_out_address_proves_no_bounce() -> None:
    """Each address serves its own purpose; one that came there asks to leave."""
    raw = a_bounce("x@efus.example.org").replace(b"<https:", f"<mailto:{LEAVE}>, <https:".encode())
    assert LEAVE.encode() in raw
    assert read(raw).kind is K.FORGED


@pytest.mark.parametrize("kind", ["abuse", "fraud", "other", "virus"])
def test_a_feedback_report_is_a_complaint(kind: str) -> None:
    """RFC 5965, proven by any address of ours in the letter that it returns."""
    for signed in (
        f"Return-Path: <{PATH}>\n",
        LETTER.format(message_id="1@x", leave=f", <{LEAVE}>"),
    ):
        returned = read(a_complaint(signed, kind=kind))
        assert (returned.kind, returned.delivery) == (K.COMPLAINT, 7)


def test_a_complaint_that_came_to_the_return_path_is_proven() -> None:
    """Some providers take the letter's own headers out."""
    assert read(a_complaint("Subject: x\n", to=PATH)).kind is K.COMPLAINT


def test_a_complaint_without_our_signature_is_forged() -> None:
    """Anybody could write one."""
    letter = LETTER.format(message_id="0123@efus.example.org", leave="")
    assert read(a_complaint(letter)).kind is K.FORGED


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure"])
def test_feedback_that_accuses_nobody_is_no_complaint(kind: str) -> None:
    """RFC 6430 takes a complaint back, RFC 6591 tells of authentication."""
    assert read(a_complaint(f"Return-Path: <{PATH}>\n", kind=kind)).kind is K.NOTICE


def test_an_opt_out_by_mail_names_its_letter() -> None:
    """Whatever stands in it."""
    returned = read(an_opt_out(LEAVE))
    assert (returned.kind, returned.delivery, returned.contact) == (K.UNSUBSCRIBE, 7, 8)


def test_an_opt_out_that_we_did_not_sign_is_for_a_person() -> None:
    """Somebody may want to leave all the same."""
    returned = read(an_opt_out(leave_address(7, 8, key=STRANGER)))
    assert (returned.kind, returned.delivery) == (K.UNREADABLE, None)
    assert "did not sign" in returned.words


def test_a_vacation_notice_is_ignored_whatever_it_says() -> None:
    """RFC 3834; its words sound like a failure."""
    assert read(an_auto_reply(PATH)).kind is K.AUTO_REPLY


def test_a_read_receipt_is_an_automatic_answer() -> None:
    """RFC 8098."""
    raw = a_bounce(PATH).replace(b"delivery-status", b"disposition-notification")
    assert read(raw).kind is K.AUTO_REPLY


def test_what_a_person_writes_is_for_a_person() -> None:
    """It is no report, though it came to the return path."""
    assert read(an_answer(PATH)).kind is K.UNREADABLE


def test_a_status_of_several_recipients_counts_as_the_mildest() -> None:
    """Our letters have one; further ones are where it was passed on to, and one was reached."""
    block = (
        "\r\n\r\nFinal-Recipient: rfc822; b@city.example.org\r\nAction: relayed\r\nStatus: 2.0.0"
    )
    raw = a_bounce(PATH).replace(b"user unknown", b"user unknown" + block.encode())
    assert read(raw).kind is K.NOTICE


def test_an_internationalised_status_is_read() -> None:
    """RFC 6533 has types of its own, which the standard library does not know."""
    raw = a_bounce(PATH).replace(b"message/delivery-status", b"message/global-delivery-status")
    assert (read(raw).kind, read(raw).status) == (K.HARD, "5.1.1")


def test_words_are_one_line_of_bounded_length() -> None:
    """They go to a database, a terminal and JSON."""
    diagnostic = "smtp; 550 5.1.1 \x1b[31mred\x00 " + "x" * 5000
    words = read(a_bounce(PATH, diagnostic=diagnostic)).words
    assert words.isprintable()
    assert len(words) <= 500


HEAD = f"From: MAILER-DAEMON\nTo: {PATH}\nSubject: Returned mail\n".encode()
BOMBS = {
    "deep multiparts": HEAD
    + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5000)
    ),
    "deep but allowed": HEAD
    + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n)
        for n in range(MOST_PARTS - 1)
    ),
    "letters in letters": HEAD + b"Content-Type: message/rfc822\n\n" * 5000,
    "many parts": HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 100_000,
    "many parts of a digest": HEAD
    + b"Content-Type: multipart/digest; boundary=b\n\n"
    + b"--b\n\nx: y\n\n" * 50_000,
    "many parameters": HEAD + b"Content-Type: multipart/mixed" + b";a=b" * 100_000,
    "open quotes": HEAD + b'Content-Type: multipart/mixed; x="' + b";" * 400_000 + b"\n\n",
    "many statuses": HEAD
    + b"Content-Type: message/delivery-status\n\n"
    + b"Action: failed\n\n" * 100_000,
    "many headers": b"a:\n" * 170_000 + b"\nx",
    "a long line": HEAD + b"\n" + b"a@" * 250_000,
    "many addresses": HEAD + b"\n" + (b"<a@b.c> " * 120 + b"\n") * 500,
    "deep comments": b"From: " + b"(" * 60_000 + b"\n\nx",
    "an endless subject": HEAD + b"Subject: " + b"=?utf-8?q?" * 50_000 + b"\n\nx",
    "blank lines in base64": HEAD
    + b"Content-Transfer-Encoding: base64\n\n"
    + b64encode(b" \n" * 180_000 + b"x"),
    "dashes in base64": HEAD + b"Content-Transfer-Encoding: base64\n\n" + b64encode(b"-" * 380_000),
    "angle brackets": HEAD + b"\n" + (b"<" * 900 + b"\n") * 500,
    "a slow charset": HEAD + b"Content-Type: text/plain; charset=punycode\n\n" + b"a-zz9" * 90_000,
    "a charset of surrogates": HEAD
    + b"Content-Type: text/plain; charset=unicode_escape\n\nUser \\ud800 unknown",
    "a subject of surrogates": b"Subject: =?unicode_escape?q?returned_=5Cud800?=\n\nUser unknown",
    "nothing": b"",
    "no text": b"\x00" * 100_000,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_mail_that_means_harm_is_read_within_bounds(
    bomb: str, caplog: pytest.LogCaptureFixture
) -> None:
    """No crash, no hang, no traceback of it in a log; it is for a person, or counts as it says."""
    began = time.process_time()
    returned = read(BOMBS[bomb])
    assert time.process_time() - began < 5
    assert returned.kind in {K.UNREADABLE, K.SOFT, K.HARD, K.FORGED}
    assert not caplog.records


def test_only_the_beginning_of_a_great_message_is_read() -> None:
    """The report stands before the letter; the digest tells great ones apart by their size."""
    raw = a_bounce(PATH)
    full = raw + b"x" * (LARGEST_BYTES - len(raw))
    first, second = (Arrival(name="1", raw=full, size_bytes=size) for size in (10**6, 10**7))
    assert READER.read(first).kind is K.HARD
    assert first.digest != second.digest


@settings(max_examples=300, deadline=None)
@given(raw=st.binary(max_size=2000), cut=st.integers(0, 2000), place=st.integers(0, 2000))
def test_no_mail_makes_the_reader_fail(raw: bytes, cut: int, place: int) -> None:
    """Any bytes, and a real report with any bytes in the middle or cut off anywhere."""
    bounce = a_bounce(PATH)
    for mail in (raw, bounce[:place] + raw + bounce[place:], bounce[:cut], raw + b"\n\n" + bounce):
        assert read(mail).kind in set(ReturnKind)
