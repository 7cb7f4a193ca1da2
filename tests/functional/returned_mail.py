"""Mail as servers and people send it back, with valid defaults."""

from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from textwrap import dedent

from flows.mail.boxes import Arrival
from flows.mail.verp import BOUNCE, LEAVE, Purpose, sign_address
from tests.functional.builders import KEY

DOMAIN = "bounce.efus.example.org"

LETTER = dedent(
    """\
    From: Efus <newsletter@efus.example.org>
    To: reader@city.example.org
    Subject: Jumelage
    Message-ID: <{message_id}>
    List-Unsubscribe: <https://newsletter.example.org/u/x>{leave}

    Bonjour, mailbox full, user unknown: the letter's own words count for nothing.
    """
)


def return_path(delivery: int, contact: int, *, key: bytes = KEY, purpose: Purpose = BOUNCE) -> str:
    """The address that a letter's bounces come to."""
    return sign_address(key, purpose, delivery=delivery, contact=contact, domain=DOMAIN)


def leave_address(delivery: int, contact: int, *, key: bytes = KEY) -> str:
    """The address that an opt-out by mail goes to."""
    return return_path(delivery, contact, key=key, purpose=LEAVE)


def a_bounce(
    to: str,
    *,
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 <reader@city.example.org>: user unknown",
    action: str = "failed",
    message_id: str = "0123@efus.example.org",
    number: int = 1,
) -> bytes:
    """A delivery status notification as RFC 3464 wants it, and as Postfix writes it."""
    letter = LETTER.format(message_id=message_id, leave="")
    return _crlf(
        f"""\
        Return-Path: <>
        From: MAILER-DAEMON@mx.city.example.org (Mail Delivery System)
        To: {to}
        Subject: Undelivered Mail Returned to Sender
        Message-ID: <{number}@mx.city.example.org>
        Auto-Submitted: auto-replied
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary="b/{number}"

        --b/{number}
        Content-Type: text/plain; charset=us-ascii

        This is the mail system at host mx.city.example.org.

        --b/{number}
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.city.example.org

        Final-Recipient: rfc822; reader@city.example.org
        Action: {action}
        Status: {status}
        Diagnostic-Code: {diagnostic}

        --b/{number}
        Content-Type: message/rfc822

        """,
        letter,
        f"--b/{number}--\n",
    )


def a_complaint(
    letter_headers: str,
    *,
    to: str = "fbl@efus.example.org",
    kind: str = "abuse",
    number: int = 1,
) -> bytes:
    """A feedback report (RFC 5965) that returns the headers of a letter."""
    return _crlf(
        f"""\
        From: feedback@provider.example
        To: {to}
        Subject: FW: Jumelage
        Message-ID: <{number}@provider.example>
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=feedback-report; boundary="f{number}"

        --f{number}
        Content-Type: text/plain; charset=us-ascii

        This is an abuse report.

        --f{number}
        Content-Type: message/feedback-report

        Feedback-Type: {kind}
        User-Agent: Provider/1.0
        Version: 1

        --f{number}
        Content-Type: text/rfc822-headers

        """,
        letter_headers,
        f"\n--f{number}--\n",
    )


def an_opt_out(to: str, *, sender: str = "reader@city.example.org", number: int = 1) -> bytes:
    """What a mail program sends for the `mailto:` of List-Unsubscribe."""
    return _crlf(
        f"""\
        From: {sender}
        To: <{to}>
        Subject: unsubscribe
        Message-ID: <{number}@city.example.org>

        """
    )


def an_auto_reply(to: str, *, number: int = 1) -> bytes:
    """A vacation notice (RFC 3834)."""
    return _crlf(
        f"""\
        From: Camille <reader@city.example.org>
        To: {to}
        Subject: Absence du bureau
        Message-ID: <{number}@city.example.org>
        Auto-Submitted: auto-replied

        Mon adresse n'est plus lue, the mailbox is full, user unknown.
        """
    )


def an_answer(to: str, *, number: int = 1) -> bytes:
    """What a person writes."""
    return _crlf(
        f"""\
        From: Camille <reader@city.example.org>
        To: {to}
        Subject: Votre =?utf-8?q?=C3=A9t=C3=A9?=
        Message-ID: <{number}@city.example.org>

        Merci, mais ma collègue recevra la lettre à ma place.
        """
    )


def arriving(raw: bytes, *, name: str = "one") -> Arrival:
    """A message as a box gives it."""
    return Arrival(name=name, raw=raw, size_bytes=len(raw))


def deliver_to(maildir: Path, *messages: bytes) -> None:
    """Put messages into a Maildir, as a delivery agent does."""
    for folder in ("tmp", "new", "cur"):
        (maildir / folder).mkdir(parents=True, exist_ok=True)
    count = len(list((maildir / "new").iterdir()))
    for number, message in enumerate(messages, start=count):
        (maildir / "new" / f"{number:06d}.M1P1.mx").write_bytes(message)


def parsed(raw: bytes) -> Message:
    """The standard library's reading of a message."""
    return BytesParser().parsebytes(raw)


def _crlf(*texts: str) -> bytes:
    return "".join(map(dedent, texts)).replace("\n", "\r\n").encode()
