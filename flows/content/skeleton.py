"""What a new article begins with, and what in it waits to be written."""

from collections.abc import Sequence
from datetime import date
from typing import Final

TITLE: Final = "Titre de l’article"
AUTHOR: Final = "Prénom Nom, fonction, ville"
PARAGRAPH: Final = "Premier paragraphe."
HEADING: Final = "Premier intertitre"
REST: Final = "Suite du texte."
UNKNOWN_AUTHOR: Final = "À compléter"
"""The author of a text that came without one."""

SECTION: Final = "Titre de la rubrique"
EVENT: Final = "Titre du rendez-vous"
VENUE: Final = "Ville"
EDITORIAL: Final = "Éditorial."

PLACEHOLDERS: Final = frozenset(
    {
        *(TITLE, AUTHOR, PARAGRAPH, HEADING, REST, UNKNOWN_AUTHOR),
        *(SECTION, EVENT, VENUE, EDITORIAL),
    }
)
"""Segments that nobody has written yet."""


def skeleton(today: date) -> str:
    """A new article's file, with every field to fill in."""
    return f"""---
title: "{TITLE}"
author: "{AUTHOR}"
date: {today.isoformat()}
place: ""
summary: ""
preheader: ""
tags: []
---

{PARAGRAPH}

## {HEADING}

{REST}
"""


def digest_skeleton(today: date, *, listed: Sequence[str]) -> str:
    """A new digest's file: the articles that there are, under one heading, and an agenda.

    Whoever writes it takes out what does not belong in it.
    """
    articles = "\n".join(f"      - {slug}" for slug in listed)
    return f"""---
title: "{TITLE}"
author: "{AUTHOR}"
date: {today.isoformat()}
summary: ""
preheader: ""
tags: []
articles:
  - section: "{SECTION}"
    items:
{articles}
agenda:
  - title: "{EVENT}"
    from: {today.isoformat()} 09:30
    to: {today.isoformat()} 17:00
    zone: Europe/Brussels
    place: "{VENUE}"
---

{EDITORIAL}
"""
