"""Failures told in words alone, as many servers do, and answers that machines send for people."""

import logging
import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from typing import Final

from flufl.bounce import all_failures

from flows.domain.returned import ReturnKind
from flows.mail.bounds import decoded, header, text_of
from flows.mail.outcomes import readable
from flows.mail.reports import Finding
from flows.mail.statuses import find_status, kind_of_failure, kind_of_words

LONGEST_TEXT: Final = 32_000
"""Characters of a text part that are looked at, the letter that it quotes included."""
LONGEST_REPORT: Final = 8000
"""Characters of a report's own words that are looked at."""
LONGEST_SUBJECT: Final = 1000

DAEMON = re.compile(
    r"mail(?:er)?-?daemon|postmaster|mail ?delivery|delivery (?:sub)?system|\bndr@", re.IGNORECASE
)
FAILED_SUBJECT = re.compile(
    r"undeliver|(?:not|n't) (?:be )?deliver|deliver\w* (?:status|fail|problem|error|notif)"
    r"|(?:fail|error|problem)\w*.{0,20}(?:deliver|mail)|mail (?:error|fail|deliver\w* fail)"
    r"|return(?:ed|ing)|non[- ]?remis|échec de|onbestelbaar|niet bezorgd|unzustellbar",
    re.IGNORECASE,
)
AUTO_SUBJECT = re.compile(
    r"^(?:re: *)?(?:auto(?:matic|matisch|matische)?[- ]?(?:reply|response|antwoord|:)"
    r"|out of (?:the )?office|r[ée]ponse automatique|absence|absent du|afwezig|abwesen)",
    re.IGNORECASE,
)
QUOTED = re.compile(
    r"^[ \t]{0,20}(?:Received:|Return-Path:|DKIM-Signature:|[-*_=]{3}[^\n]{0,200}?"
    r"\b(?:original|returned|copy|header|unsent|below|message)\b)",
    re.IGNORECASE | re.MULTILINE,
)


def read_failure(message: Message) -> Finding | None:
    """A failure that is told in words; the letter that they quote is left out."""
    temporary, permanent = _scan(message)
    words = report_words(message)
    if permanent or (not temporary and _tells_of_failure(message, words)):
        status = find_status(words)
        return Finding(kind_of_failure(status, words), status, words)
    return Finding(ReturnKind.NOTICE, find_status(words), words) if temporary else None


def is_auto_reply(message: Message) -> bool:
    """Whether a machine answered for a person (RFC 3834, section 5), or confirmed a reading."""
    if message.get_content_type() == "multipart/report":
        return message.get_param("report-type") == "disposition-notification"
    submitted = header(message, "auto-submitted").lower()
    return (
        (submitted not in {"", "no"})
        or header(message, "precedence").lower() == "auto_reply"
        or any(header(message, name) for name in ("x-autoreply", "x-autorespond"))
        or bool(header(message, "x-auto-response-suppress") and header(message, "in-reply-to"))
        or AUTO_SUBJECT.match(subject_of(message)) is not None
    )


def is_from_a_daemon(message: Message) -> bool:
    """Whether a mail system says that it wrote this itself."""
    return DAEMON.search(header(message, "from")) is not None


def report_words(message: Message) -> str:
    """The report's own words on one line, without the letter that it returns."""
    text = next((text for part in _own_parts(message) if (text := text_of(part)).strip()), "")
    text = text.lstrip()[:LONGEST_TEXT]
    ends = (found.start() for found in QUOTED.finditer(text))
    text = text[: next(filter(None, ends), None)]
    return readable(re.sub(r"<[^<>@]*>", " ", text)[:LONGEST_REPORT])


def subject_of(message: Message) -> str:
    """The subject as people read it."""
    written = header(message, "subject")[:LONGEST_SUBJECT]
    try:
        parts = decode_header(written)
    except (HeaderParseError, ValueError):
        return readable(written)
    return readable(
        "".join(
            part if isinstance(part, str) else decoded(part, charset or "")
            for part, charset in parts
        )
    )


def _own_parts(message: Message) -> Iterator[Message]:
    """The text parts that are not of a returned letter."""
    if message.get_content_maintype() == "text":
        yield message
    elif message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _own_parts(part)


def _tells_of_failure(message: Message, words: str) -> bool:
    return bool(FAILED_SUBJECT.search(subject_of(message)) and kind_of_words(words))


def _scan(message: Message) -> tuple[bool, bool]:
    """Whether flufl.bounce finds temporary and permanent failures."""
    # It logs what hostile mail does to it, with the mail's own words.
    logging.getLogger("flufl.bounce").disabled = True
    try:
        temporary, permanent = all_failures(message)
    except Exception:  # noqa: BLE001 - its detectors fall over headers that no mail should have
        return False, False
    return bool(temporary), bool(permanent)
