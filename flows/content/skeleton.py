"""What a new article begins with, and what in it waits to be written."""

from datetime import date
from typing import Final

TITLE: Final = "Titre de l’article"
AUTHOR: Final = "Prénom Nom, fonction, ville"
PARAGRAPH: Final = "Premier paragraphe."
HEADING: Final = "Premier intertitre"
REST: Final = "Suite du texte."
UNKNOWN_AUTHOR: Final = "À compléter"
"""The author of a text that came without one."""

PLACEHOLDERS: Final = frozenset({TITLE, AUTHOR, PARAGRAPH, HEADING, REST, UNKNOWN_AUTHOR})
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
