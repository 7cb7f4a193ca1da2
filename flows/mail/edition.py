"""Editions: a rendered article set in the letter's templates."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import Environment

from flows.content.cards import RenderedDigest
from flows.content.rendering import RenderedArticle
from flows.domain.article import Slug
from flows.domain.edition import HOLES, Edition, hole
from flows.domain.errors import InputError
from flows.domain.image import Picture
from flows.domain.recipient import Sender
from flows.mail.components import dress
from flows.mail.dates import direction_of, spell_date
from flows.mail.digest import digest_values
from flows.mail.headers import printable
from flows.mail.holes import front_without_marks, without_marks
from flows.mail.images import with_heights
from flows.mail.layout import lay_out
from flows.mail.templates import open_templates, render_template, template_files
from flows.mail.texts import read_social, read_texts
from flows.mail.themes import DEFAULT_THEME, read_theme

ARTICLE = "email/article"
DIGEST = "email/digest"
"""Templates, without the ends of their names."""
BODY = hole("body")
"""Stands for the article's body between the template and the layout; no letter ever has it."""
TITLE = hole("title")
"""Stands for the title at the letter's head, which the MJML parser would spell as Rust does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """What the templates of one letter are given: values, and bodies that take marks' places."""

    templates: Environment
    values: Mapping[str, Any]
    bodies: Mapping[str, str]

    def html(self, template: str, **more: object) -> str:
        """A filled MJML template, laid out."""
        return lay_out(
            render_template(self.templates, template, {**self.values, "body": BODY, **more}),
            bodies=self.bodies,
            find_files=lambda: template_files(self.templates, end=".mjml"),
        )

    def text(self, template: str, **more: object) -> str:
        """A filled template of plain text."""
        return render_template(self.templates, template, {**self.values, **more})


def compose(
    rendered: RenderedArticle,
    *,
    sender: Sender,
    template_folders: Sequence[Path],
    theme: str = DEFAULT_THEME,
    digest: RenderedDigest | None = None,
) -> Composition:
    """Everything of a letter but the template that shows it; arguments as of `compose_edition`."""
    front = front_without_marks(rendered.front)
    texts = read_texts(template_folders, language=rendered.language)
    lists, bodies = (
        digest_values(digest, language=rendered.language, texts=texts) if digest else ({}, {})
    )
    values = {
        "language": rendered.language,
        "front": front,
        "title": TITLE,
        "picture": rendered.picture,
        "date": spell_date(front.date, language=rendered.language),
        "preheader": _one_line(front.preheader or front.summary),
        "sender": sender,
        "texts": texts,
        "social": read_social(template_folders, language=rendered.language),
        "has_body": bool(rendered.html.strip()),
        **lists,
        **direction_of(rendered.language),
        **read_theme(template_folders, name=theme).values(),
        **{name: hole(name) for name in HOLES},
    }
    templates = open_templates(template_folders, theme=theme)
    bodies[BODY] = without_marks(rendered.html)
    dressed = {mark: dress(one, templates=templates, values=values) for mark, one in bodies.items()}
    return Composition(
        templates=templates, values=values, bodies={**dressed, TITLE: escape(front.title)}
    )


def compose_edition(
    rendered: RenderedArticle,
    *,
    slug: Slug,
    sender: Sender,
    template_folders: Sequence[Path],
    theme: str = DEFAULT_THEME,
    digest: RenderedDigest | None = None,
) -> Edition:
    """The edition of one article in one language, its letters' own values left as holes.

    With a `digest` the article is its editorial.

    `template_folders` are looked in by turns: the workspace's, then the packaged one; the theme's
    own templates come first. The same arguments and templates give the same edition. Raises
    `InputError` with the file and line of a template, theme or fixed text that cannot be used.
    """
    letter = compose(
        rendered, sender=sender, template_folders=template_folders, theme=theme, digest=digest
    )
    front = letter.values["front"]
    name = DIGEST if digest else ARTICLE
    page = with_heights(letter.html(f"{name}.mjml"), _pictures(rendered, digest))
    text = letter.text(f"{name}.txt", body=without_marks(rendered.text).strip("\n"))
    for end, content in (("mjml", page), ("txt", text)):
        _require_opt_out(content, template=f"{name}.{end}")
    return Edition(
        slug=slug,
        language=rendered.language,
        subject=_one_line(front.subject or front.title),
        preheader=letter.values["preheader"],
        html=page,
        text=text,
    )


def _pictures(rendered: RenderedArticle, digest: RenderedDigest | None) -> Iterator[Picture]:
    """Those that the templates place, not those within texts."""
    cards = [card for section in digest.sections for card in section.cards] if digest else []
    found = [rendered.picture, *(card.picture for card in cards)]
    yield from (one for one in found if one)


def _one_line(text: str) -> str:
    return printable(re.sub(r"[ \t\r\n]+", " ", text)).strip(" ")


def _require_opt_out(content: str, *, template: str) -> None:
    if hole("unsubscribe_url") not in content:
        raise InputError(
            "the letter has no way to unsubscribe",
            path=Path("templates", template),
            remedy="Write {{ unsubscribe_url }} where the link belongs.",
        )
