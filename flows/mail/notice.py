"""Single letters to one person: confirm this, here is your link. No list is behind them."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Final, Literal

from flows.domain.language import Language
from flows.domain.recipient import Sender
from flows.mail.dates import direction_of, spell_date
from flows.mail.edition import TITLE
from flows.mail.headers import (
    checked_url,
    printable,
    write_identifier,
    write_mailbox,
    write_text,
    write_token,
)
from flows.mail.layout import lay_out
from flows.mail.mime import SOFT_BREAK, encode_quoted
from flows.mail.templates import open_templates, render_template, template_files
from flows.mail.texts import FALLBACK_LANGUAGE, read_texts
from flows.mail.themes import DEFAULT_THEME, read_theme

TEXTS: Final = Path("email", "notices.toml")
HTML_TEMPLATE: Final = "email/notice.mjml"
TEXT_TEMPLATE: Final = "email/notice.txt"

NoticeKind = Literal["confirm", "known", "access", "renew", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A letter to one person."""

    language: Language
    subject: str
    html: str
    text: str


def compose_notice(
    kind: NoticeKind,
    *,
    language: Language,
    url: str,
    values: Mapping[str, str],
    at: datetime,
    sender: Sender,
    template_folders: Sequence[Path],
    theme: str = DEFAULT_THEME,
) -> Notice:
    """The letter of a kind, in a language or else English, with one link.

    `values` fill the marks of its texts. None of them is a stranger's: whoever fills a form in
    another's name must not be able to make us send their words.
    """
    texts = notice_texts(template_folders, language=language)
    words = {
        part: _filled(texts[f"{kind}_{part}"], values)
        for part in ("subject", "lead", "button", "end")
    }
    written = Language(texts["language"])
    fields = {
        "language": written,
        "date": spell_date(f"{at:%Y-%m-%d}", language=written),
        "texts": read_texts(template_folders, language=written),
        "subject": words["subject"],
        "title": TITLE,
        "lead": words["lead"],
        "button": words["button"],
        "closing": words["end"],
        "url": checked_url(url, field="url"),
        "signature": _filled(texts["signature"], values),
        "sender": sender,
        **direction_of(written),
        **read_theme(template_folders, name=theme).values(),
    }
    templates = open_templates(template_folders, theme=theme)
    source = render_template(templates, HTML_TEMPLATE, fields)
    return Notice(
        language=written,
        subject=printable(words["subject"]),
        html=lay_out(
            source,
            bodies={TITLE: escape(words["subject"])},
            find_files=lambda: template_files(templates, end=".mjml"),
        ),
        text=render_template(templates, TEXT_TEMPLATE, fields),
    )


def notice_texts(template_folders: Sequence[Path], *, language: str) -> dict[str, str]:
    """The texts of a language; what its table lacks is English."""
    english = read_texts(template_folders, language=FALLBACK_LANGUAGE, file=TEXTS)
    return {**english, **read_texts(template_folders, language=language, file=TEXTS)}


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def write_notice(
    notice: Notice, *, sender: Sender, to: str, message_id: str, date: datetime
) -> bytes:
    """The letter as it goes on the wire. Raises `InputError` for a hostile address.

    It is marked as automatic (RFC 3834, section 5), so that nobody's absence answers it.
    """
    boundary = f"=_{hashlib.sha256(message_id.encode()).hexdigest()[:32]}"
    head = _lines(
        write_mailbox("From", sender.name, sender.address),
        *([write_mailbox("Reply-To", "", sender.reply_to)] if sender.reply_to else []),
        write_mailbox("To", "", to),
        write_text("Subject", notice.subject),
        f"Date: {format_datetime(date)}",
        write_identifier("Message-ID", message_id),
        "Auto-Submitted: auto-generated",
        write_token("Content-Language", notice.language),
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"',
        "",
    )
    parts = [*_part("plain", notice.text, boundary), *_part("html", notice.html, boundary)]
    return b"".join([head, *parts, f"--{boundary}--\r\n".encode()])


def _part(subtype: str, text: str, boundary: str) -> Iterator[bytes]:
    yield _lines(
        f"--{boundary}",
        f"Content-Type: text/{subtype}; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
        "",
    )
    encoded = encode_quoted(f"{text.strip()}\n")
    yield encoded if encoded.endswith(b"\r\n") else encoded + SOFT_BREAK


def _lines(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")
