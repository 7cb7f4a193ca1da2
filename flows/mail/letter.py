"""Letters: an edition made into MIME once, then one cheap substitution per recipient."""

import email
import email.policy
import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from email.utils import format_datetime
from functools import lru_cache

from flows.domain.edition import Edition
from flows.domain.errors import InputError
from flows.domain.image import ImageName, with_addresses
from flows.domain.recipient import Recipient, Sender
from flows.mail.headers import (
    printable,
    write_identifier,
    write_list_id,
    write_list_unsubscribe,
    write_mailbox,
    write_text,
    write_token,
)
from flows.mail.holes import ANY_MARK, split_at_holes, value_of
from flows.mail.images import content_id, image_parts, public_address
from flows.mail.mime import SOFT_BREAK, encode_quoted, encode_value

REQUIRED_FIELDS = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
    "Precedence",
    "Auto-Submitted",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
)
OPTIONAL_FIELDS = ("Reply-To", "List-Id", "DKIM-Signature")
ONE_CLICK = b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"

Writer = Callable[[Recipient, datetime], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedLetter:
    """All that an edition's letters have in common; `writers` give what differs, in order."""

    template: bytes
    writers: tuple[Writer, ...]

    def render(self, recipient: Recipient, *, date: datetime) -> bytes:
        """The letter as it goes on the wire, without dot-stuffing, which it never needs.

        Raises `InputError` for a recipient whose fields cannot stand in a letter.
        """
        if date.tzinfo is None:
            raise ValueError("the date of a letter needs its zone")
        return self.template % tuple([write(recipient, date) for write in self.writers])


def prepare_letter(
    edition: Edition,
    *,
    sender: Sender,
    feedback_id: str,
    base_url: str = "",
    images: Mapping[ImageName, bytes] | None = None,
) -> PreparedLetter:
    """The edition as multipart/alternative in quoted-printable, ready for its recipients.

    Its pictures are on the pages at `base_url`; with `images` the letter carries them itself, the
    HTML and they being one multipart/related. `feedback_id` is `a:b:c:SenderId` without personal
    data. Raises `InputError` when the subject or a fixed header cannot be written, or a mark in
    the edition stands for nothing.
    """
    if ANY_MARK.search(edition.subject + edition.preheader):
        raise InputError("subject and preheader are the same for all: they can have no holes")
    # "=_" never occurs in quoted-printable, so that the boundary cannot occur in a part.
    boundary = f"=_{edition.digest[:32]}"
    pieces = [*_head(edition, sender, feedback_id, boundary)]
    pieces += _part("plain", edition.text, boundary, encode=_plain_value)
    if images:
        pieces += _html_with_images(edition, images, boundary)
    else:
        page = with_addresses(edition.html, lambda name: public_address(name, base_url))
        pieces += _part("html", page, boundary, encode=_html_value)
    pieces.append(f"--{boundary}--\r\n".encode())
    return PreparedLetter(
        template=b"".join(
            piece.replace(b"%", b"%%") if isinstance(piece, bytes) else b"%b" for piece in pieces
        ),
        writers=tuple(piece for piece in pieces if not isinstance(piece, bytes)),
    )


def _head(
    edition: Edition, sender: Sender, feedback_id: str, boundary: str
) -> Iterator[bytes | Writer]:
    yield _lines(
        write_mailbox("From", sender.name, sender.address),
        *([write_mailbox("Reply-To", "", sender.reply_to)] if sender.reply_to else []),
        write_text("Subject", edition.subject),
        *([write_list_id(sender.list_name, sender.list_id)] if sender.list_id else []),
        write_token("Feedback-ID", feedback_id),
        "Precedence: bulk",
        "Auto-Submitted: auto-generated",
        write_token("Content-Language", edition.language),
    )
    yield _own_fields
    yield ONE_CLICK + _lines(
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"',
        "",
    )


def _own_fields(recipient: Recipient, date: datetime) -> bytes:
    return "\r\n".join(
        [
            write_mailbox("To", recipient.name, recipient.address),
            f"Date: {_write_date(date)}",
            write_identifier("Message-ID", recipient.message_id),
            write_list_unsubscribe(recipient.unsubscribe_url, recipient.unsubscribe_address),
        ]
    ).encode("ascii")


@lru_cache(maxsize=16)
def _write_date(date: datetime) -> str:
    """A group of letters has one date."""
    return format_datetime(date)


def _part(
    subtype: str,
    text: str,
    boundary: str,
    *,
    encode: Callable[[str], Writer],
) -> Iterator[bytes | Writer]:
    yield _lines(
        f"--{boundary}",
        f"Content-Type: text/{subtype}; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
        "",
    )
    for number, piece in enumerate(split_at_holes(f"{text.rstrip()}\n")):
        if number % 2:
            yield encode(piece)
            yield SOFT_BREAK
        else:
            encoded = encode_quoted(piece)
            yield encoded if encoded.endswith(b"\r\n") else encoded + SOFT_BREAK


def _html_with_images(
    edition: Edition, images: Mapping[ImageName, bytes], boundary: str
) -> Iterator[bytes | Writer]:
    page = with_addresses(edition.html, lambda name: f"cid:{content_id(name)}")
    # Neither boundary begins with the other.
    inner = f"=_{edition.digest[32:]}"
    yield _lines(
        f"--{boundary}",
        f'Content-Type: multipart/related; type="text/html";\r\n boundary="{inner}"',
        "",
    )
    yield from _part("html", page, inner, encode=_html_value)
    yield from image_parts(images, boundary=inner)
    yield _lines(f"--{inner}--")


def _plain_value(name: str) -> Writer:
    return lambda recipient, _: encode_value(value_of(name, recipient))


def _html_value(name: str) -> Writer:
    return lambda recipient, _: encode_value(html.escape(value_of(name, recipient)))


def _lines(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def verify_letter(raw: bytes) -> list[str]:
    """What another program would misread in a letter; empty when all is as it should be.

    The letter is parsed again by the standard library's strict policy, and its bytes are held
    against RFC 5322 and RFC 8058.
    """
    problems = [*_wire_problems(raw)]
    try:
        policy = email.policy.default.clone(raise_on_defect=True)
        message = email.message_from_bytes(raw, policy=policy)
        problems += _header_problems(message, raw)
        problems += _part_problems(message)
    except (MessageError, UnicodeError, ValueError) as error:
        problems.append(f"a strict parser refuses it: {type(error).__name__} {error}")
    return problems


def _wire_problems(raw: bytes) -> Iterator[str]:
    lines = raw.split(b"\r\n")
    if not raw.isascii():
        yield "there are bytes above 127"
    if any(set(line) & {0, 10, 13} for line in lines):
        yield "there is a line break that is not CRLF, or a NUL"
    if any(len(line) > 998 for line in lines):
        yield "a line is longer than 998 characters"
    if any(line.startswith((b".", b"From ")) for line in lines):
        yield "a line begins with a dot or with From"


def _header_problems(message: EmailMessage, raw: bytes) -> Iterator[str]:
    found = [name for name in message if name not in OPTIONAL_FIELDS]
    if sorted(found) != sorted(REQUIRED_FIELDS):
        unexpected = sorted(set(found) ^ set(REQUIRED_FIELDS)) or "repeated ones"
        yield f"the header fields are not the expected ones: {unexpected}"
    for name, value in message.items():
        yield from (f"{name}: {defect}" for defect in getattr(value, "defects", ()))
    head = raw.partition(b"\r\n\r\n")[0] + b"\r\n"
    if b"\r\nList-Unsubscribe: <http" not in head or ONE_CLICK not in head:
        yield "the List-Unsubscribe fields are not literal"


def _part_problems(message: EmailMessage) -> Iterator[str]:
    parts = [*message.iter_parts()]
    if parts and parts[-1].get_content_type() == "multipart/related":
        html, *images = parts[-1].iter_parts()
        yield from _image_problems(html, images)
        parts[-1] = html
    if [part.get_content_type() for part in parts] != ["text/plain", "text/html"]:
        yield "there are not exactly a text and an HTML part"
        return
    for part in parts:
        content = part.get_content()
        if not printable(content).strip():
            yield f"the {part.get_content_type()} part is empty"
        if mark := ANY_MARK.search(content):
            yield f"the hole {mark.group()} was not filled"


def _image_problems(html: MIMEPart, images: Sequence[MIMEPart]) -> Iterator[str]:
    names = [one.get("Content-ID", "")[1:-1] for one in images]
    shown = set(re.findall(r'src="cid:([^"]+)"', html.get_content()))
    if shown != set(names) or len(shown) != len(names):
        yield "the pictures in the letter are not those that it shows"
    if any(one.get_content_maintype() != "image" or not one.get_content() for one in images):
        yield "a picture has no content"
