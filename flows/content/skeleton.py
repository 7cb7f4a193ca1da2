"""What a new article begins with, and what in it waits to be written."""

import re
from collections.abc import Sequence
from datetime import date
from string import Template
from typing import Final

TITLE: Final = "Titre de l’article"
UNKNOWN_AUTHOR: Final = "À compléter"
"""The author of a text that came without one."""

PLACEHOLDERS: Final = frozenset(
    {
        TITLE,
        UNKNOWN_AUTHOR,
        "Prénom Nom, fonction, ville",
        "Premier paragraphe.",
        "Premier intertitre",
        "Suite du texte.",
        "Titre de la rubrique",
        "Titre du rendez-vous",
        "Ville",
        "Éditorial.",
    }
)
"""Segments that nobody has written yet."""

TO_FILL_IN: Final = re.compile(r"\[à compléter[^\]\n]*\]", re.IGNORECASE)
"""What a template leaves to whoever writes, anywhere in a text: `[À compléter : le lieu]`."""

ARTICLE: Final = "${article}"
"""In a template the line with it is repeated for each of the newest articles."""


def lists_articles(template: str) -> bool:
    """Whether a template asks for the articles that there are."""
    return ARTICLE in template


def fill_in(template: str, *, today: date, articles: Sequence[str] = ()) -> str:
    """A new article's file from a template's text: `${today}`, and a line for each `${article}`.

    Any other dollar sign is left as it is.
    """
    lines = (
        "".join(line.replace(ARTICLE, slug) for slug in articles) if ARTICLE in line else line
        for line in template.splitlines(keepends=True)
    )
    return Template("".join(lines)).safe_substitute(today=today.isoformat())
