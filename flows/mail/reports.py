"""The machine-readable part of reports: delivery status (RFC 3464) and feedback (RFC 5965)."""

import email
import re
from collections.abc import Iterator
from email.message import Message
from typing import Final, NamedTuple

from flows.domain.returned import ReturnKind
from flows.mail.bounds import header, text_of
from flows.mail.outcomes import readable
from flows.mail.statuses import find_status, kind_of_failure, mildest

DELIVERY_STATUS: Final = ("message/delivery-status", "message/global-delivery-status")
FEEDBACK: Final = "message/feedback-report"
MOST_BLOCKS: Final = 20
NO_COMPLAINT: Final = ("not-spam", "auth-failure")
"""Feedback types that accuse nobody: RFC 6430 and RFC 6591."""


class Finding(NamedTuple):
    """What a report says of one letter."""

    kind: ReturnKind
    status: str
    words: str


def read_delivery_status(message: Message) -> Finding | None:
    """What the fields of a delivery status say; of several recipients the mildest.

    Our letters have one recipient each: further ones are those that it was passed on to.
    """
    findings = [
        finding
        for part in message.walk()
        if part.get_content_type() in DELIVERY_STATUS
        for block in _blocks(part)
        if (finding := _finding(block))
    ]
    kind = mildest(*(one.kind for one in findings))
    return next((one for one in findings if one.kind is kind), None)


def _finding(block: Message) -> Finding | None:
    action = header(block, "action").lower()
    status = find_status(header(block, "status"))
    words = readable(re.sub(r"^[\w.-]+;\s*", "", header(block, "diagnostic-code")))
    said = words or readable(header(block, "status"))
    if action.startswith(("delayed", "delivered", "relayed", "expanded")):
        return Finding(ReturnKind.NOTICE, status, words)
    if not action.startswith(("fail", "error")) and not status:
        return None
    return Finding(kind_of_failure(status, said), _telling(status, words), words)


def _telling(status: str, words: str) -> str:
    """The status that says something: the words' own where the field is a mere `5.0.0`."""
    return status if status and not status.endswith(".0.0") else find_status(words) or status


def read_feedback(message: Message) -> Finding | None:
    """What a feedback report says: a complaint, or nothing that accuses anybody."""
    for part in message.walk():
        if part.get_content_type() == FEEDBACK:
            for block in _blocks(part):
                kind = header(block, "feedback-type").lower()
                if kind in NO_COMPLAINT:
                    return Finding(ReturnKind.NOTICE, "", kind)
                if kind:
                    return Finding(ReturnKind.COMPLAINT, "", readable(kind)[:40])
    return None


def _blocks(part: Message) -> Iterator[Message]:
    """The first groups of fields of a part, however it was parsed."""
    inner = part.get_payload()
    if isinstance(inner, list):
        for block in inner[:MOST_BLOCKS]:
            if not isinstance(block, Message):
                continue
            yield block
            # A type that the parser does not know is one message: more groups are its body.
            yield from _groups(block.get_payload())
    else:
        yield from _groups(text_of(part))


def _groups(text: object) -> Iterator[Message]:
    if isinstance(text, str) and text.strip():
        for group in re.split(r"\n\s*\n", text.strip(), maxsplit=MOST_BLOCKS)[:MOST_BLOCKS]:
            yield email.message_from_string(group)
