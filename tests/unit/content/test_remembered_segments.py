"""Segments are remembered by all that they are made of, their lines among it."""

from dataclasses import replace
from pathlib import Path

from flows.content.segments import cut_segments
from flows.content.source import parse_article

TEXT = """---
title: Le titre
author: A
date: 2026-11-01
---

Un paragraphe.
"""


def test_the_same_text_on_other_lines_has_other_lines() -> None:
    """Articles are not compared by the lines of their fields."""
    article = parse_article(TEXT, path=Path("essai/fr.md"))
    later = replace(article, field_lines={"title": 9, "author": 3, "date": 4})
    assert article == later
    assert [one.line for one in cut_segments(article)][:1] == [2]
    assert [one.line for one in cut_segments(later)][:1] == [9]


def test_what_is_given_out_is_the_caller_s_own() -> None:
    """Whoever takes one out takes it from nobody else."""
    article = parse_article(TEXT, path=Path("essai/fr.md"))
    cut_segments(article).clear()
    assert len(cut_segments(article)) > 1
