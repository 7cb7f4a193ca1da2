"""Editions: a rendered article set in the letter's templates."""

import re
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton

from flows.content.rendering import RenderedArticle
from flows.domain.article import FrontMatter, Slug
from flows.domain.edition import HOLES, Edition, hole
from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.domain.recipient import Sender
from flows.mail.headers import printable
from flows.mail.holes import without_marks
from flows.mail.layout import lay_out
from flows.mail.templates import open_templates, read_texts, render_template, template_files

HTML_TEMPLATE = "email/article.mjml"
TEXT_TEMPLATE = "email/article.txt"
BODY = hole("body")
"""Stands for the article's body between the template and the layout; no letter ever has it."""

REGIONS = {"en": "en_150"}
"""English is written for Europe: 6 October 2026."""

FIRST_DAYS = {"fr": "1er"}
"""How a language writes the first of a month, where its numeral alone is wrong."""


def compose_edition(
    rendered: RenderedArticle,
    *,
    slug: Slug,
    sender: Sender,
    template_folders: Sequence[Path],
) -> Edition:
    """The edition of one article in one language, its letters' own values left as holes.

    `template_folders` are looked in by turns: the workspace's, then the packaged one. The same
    arguments and templates give the same edition. Raises `InputError` with the file and line of
    a template or fixed text that cannot be used.
    """
    front = _without_marks(rendered.front)
    preheader = _one_line(front.preheader or front.summary)
    values = {
        "language": rendered.language,
        "front": front,
        "date": spell_date(front.date, language=rendered.language),
        "preheader": preheader,
        "sender": sender,
        "texts": read_texts(template_folders, language=rendered.language),
        **direction_of(rendered.language),
        **{name: hole(name) for name in HOLES},
    }
    templates = open_templates(template_folders)
    source = render_template(templates, HTML_TEMPLATE, {**values, "body": BODY})
    page = lay_out(
        source,
        body=without_marks(rendered.html),
        mark=BODY,
        files=[file for file in template_files(templates) if file.suffix == ".mjml"],
    )
    text = render_template(
        templates, TEXT_TEMPLATE, {**values, "body": without_marks(rendered.text).strip("\n")}
    )
    for name, content in ((HTML_TEMPLATE, page), (TEXT_TEMPLATE, text)):
        _require_opt_out(content, template=name)
    return Edition(
        slug=slug,
        language=rendered.language,
        subject=_one_line(front.subject or front.title),
        preheader=preheader,
        html=page,
        text=text,
    )


def spell_date(written: str, *, language: Language) -> str:
    """An ISO 8601 day or month as the language writes it: novembre 2019, 6 October 2026."""
    locale = babel_locale(language)
    parts = [int(part) for part in written.split("-")]
    if len(parts) == 2:
        return format_skeleton("yMMMM", date(parts[0], parts[1], 1), locale=locale)
    spelt = format_date(date(parts[0], parts[1], parts[2]), format="long", locale=locale)
    first = FIRST_DAYS.get(locale.language)
    return re.sub(r"^1(?=\s)", first, spelt) if first else spelt


def babel_locale(language: Language) -> Locale:
    """Whose habits dates and numbers follow."""
    try:
        return Locale.parse(REGIONS.get(language, language.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(REGIONS["en"])


def direction_of(language: Language) -> dict[str, str]:
    """Which way the language is written, and where its lines begin and end."""
    rightwards = babel_locale(language).text_direction == "ltr"
    return {
        "direction": "ltr" if rightwards else "rtl",
        "start": "left" if rightwards else "right",
        "end": "right" if rightwards else "left",
    }


def _without_marks(front: FrontMatter) -> FrontMatter:
    values = {field.name: getattr(front, field.name) for field in fields(front)}
    changes: dict[str, Any] = {
        name: without_marks(value) for name, value in values.items() if isinstance(value, str)
    }
    return replace(front, **changes)


def _one_line(text: str) -> str:
    return printable(re.sub(r"[ \t\r\n]+", " ", text)).strip(" ")


def _require_opt_out(content: str, *, template: str) -> None:
    if hole("unsubscribe_url") not in content:
        raise InputError(
            "the letter has no way to unsubscribe",
            path=Path("templates", template),
            remedy="Write {{ unsubscribe_url }} where the link belongs.",
        )
