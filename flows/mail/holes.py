"""The places in an edition where each letter has its own value."""

import html
import re
from dataclasses import fields, replace
from typing import Any

from flows.domain.article import FrontMatter
from flows.domain.edition import HOLES, Edition, hole
from flows.domain.errors import InputError
from flows.domain.image import with_addresses
from flows.domain.phrases import Phrase
from flows.domain.recipient import Recipient
from flows.mail.headers import checked_url, printable

NAMES = {hole(name): name for name in HOLES}
MARK = re.compile(f"({'|'.join(NAMES)})")
ANY_MARK = re.compile("zz0[a-z0]*?0zz")


def without_marks(text: str) -> str:
    """An author's text, in which nothing can pass for a hole."""
    return text.replace("zz0", "zz 0")


def front_without_marks(front: FrontMatter) -> FrontMatter:
    """The fields of an article, in which nothing can pass for a hole."""
    values = {field.name: getattr(front, field.name) for field in fields(front)}
    changes: dict[str, Any] = {
        name: without_marks(value) for name, value in values.items() if isinstance(value, str)
    }
    return replace(front, **changes)


def split_at_holes(text: str) -> list[str]:
    """Text and hole names by turns, beginning and ending with text.

    Raises `InputError` for a mark that names no hole.
    """
    parts = MARK.split(text)
    for fixed in parts[::2]:
        if unknown := ANY_MARK.search(fixed):
            raise InputError(
                Phrase("the mark {mark} stands for nothing that a letter has", mark=unknown.group())
            )
    return [NAMES[part] if number % 2 else part for number, part in enumerate(parts)]


def value_of(name: str, recipient: Recipient) -> str:
    """What fills the hole. Raises `InputError` when the recipient has nothing for it.

    A contact without a name is called by the address, so that no greeting is left empty.
    """
    if name == "recipient_name":
        return printable(recipient.name).strip() or recipient.address
    return checked_url(str(getattr(recipient, name)), field=name)


def fill_html(edition: Edition, recipient: Recipient, *, images: str = "/images/") -> str:
    """The edition's HTML as this recipient sees it, for previews and the web version.

    `images` is the address of the folder of its pictures.
    """
    parts = split_at_holes(with_addresses(edition.html, lambda name: f"{images}{name}"))
    parts[1::2] = [html.escape(value_of(name, recipient)) for name in parts[1::2]]
    return "".join(parts)


def fill_text(edition: Edition, recipient: Recipient) -> str:
    """The edition's plain text as this recipient sees it."""
    parts = split_at_holes(edition.text)
    parts[1::2] = [value_of(name, recipient) for name in parts[1::2]]
    return "".join(parts)
