"""Names of articles, which are names of folders."""

import re
import unicodedata
from pathlib import Path

from flows.domain.article import Slug
from flows.domain.errors import InputError
from flows.domain.phrases import Phrase

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST = 100
LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})
"""Letters that Unicode does not take apart."""


def parse_slug(text: str) -> Slug:
    """`text` as an article's name. Raises `InputError` for what cannot be one, paths above all."""
    if not SLUG.fullmatch(text) or len(text) > LONGEST:
        raise InputError(
            Phrase("{text!r} cannot be the name of an article", text=text[:LONGEST]),
            remedy=f"Use lower-case letters without accents, digits and hyphens: {slugify(text)}.",
        )
    return Slug(text)


def list_articles(content: Path) -> list[Slug]:
    """The names, sorted, of the folders in `content` that could hold an article."""
    if not content.is_dir():
        return []
    names = [folder.name for folder in content.iterdir() if folder.is_dir()]
    return sorted(Slug(name) for name in names if SLUG.fullmatch(name))


def slugify(title: str) -> str:
    """A folder's name for a title: `Liège, l’été` → `liege-l-ete`, at most 60 characters."""
    spread = unicodedata.normalize("NFKD", title.casefold().translate(LIGATURES))
    plain = "".join(sign for sign in spread if not unicodedata.combining(sign)).lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "article"
