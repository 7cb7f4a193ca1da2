"""An article: the French source, parsed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NewType

Slug = NewType("Slug", str)
"""An article's folder name: lower-case letters, digits and hyphens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """The fields at the head of `fr.md`. `date` is ISO 8601, of a day or of a month."""

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
    articles: tuple[Slug, ...] = ()


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
