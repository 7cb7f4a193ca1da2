"""An article: the French source, parsed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NewType

from flows.domain.digest import AgendaEntry, Section

Slug = NewType("Slug", str)
"""An article's folder name: lower-case letters, digits and hyphens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """The fields at the head of `fr.md`. `date` is ISO 8601, of a day or of a month.

    With `articles` or an `agenda` it is a digest's: the body is its editorial.
    """

    title: str
    author: str
    date: str
    place: str = ""
    summary: str = ""
    preheader: str = ""
    subject: str = ""
    image: str = ""
    image_alt: str = ""
    tags: tuple[str, ...] = ()
    articles: tuple[Section, ...] = ()
    agenda: tuple[AgendaEntry, ...] = ()

    @property
    def is_digest(self) -> bool:
        """Whether it carries other articles, or an agenda."""
        return bool(self.articles or self.agenda)

    @property
    def listed(self) -> tuple[Slug, ...]:
        """The articles that it carries, in reading order."""
        return tuple(item.article for section in self.articles for item in section.items)


TRANSLATED_FIELDS = (
    "title",
    "subject",
    "author",
    "place",
    "summary",
    "preheader",
    "image_alt",
)
"""The fields whose values are segments (context `meta:<field>`), in catalogue order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One folder `content/<slug>/`. `body` is Markdown; `body_line` is its first line in the file.

    `field_lines` says on which line of the file (1-based) each front-matter field begins.
    """

    slug: Slug
    folder: Path
    front: FrontMatter
    body: str
    body_line: int = field(default=1)
    field_lines: Mapping[str, int] = field(default_factory=dict, compare=False)
