"""Editing a source file in parts: what an edit is not about stays sign by sign."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.content.fields import block_of, set_blocks, set_field
from flows.content.frontmatter import load_fields, parse_front_matter
from flows.content.manuscript import Manuscript
from flows.content.placing import put_into_body
from flows.content.source import plain
from flows.domain.errors import InputError

PATH = Path("content/nuit/fr.md")
FIELDS = """# On top
title: La nuit à Liège
author: "Zoé" # who wrote it
date: 2019-11
summary: >
  Un texte
  plié.

# About the rest
place:
tags:
  - a
  - b # the second
  # after it
"""
LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])
SIGNS = st.text(st.sampled_from("a« \u00a0\u202f\t-#:'\"é\x0b\r\n"), max_size=60)
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cn", "Co"]),
    min_size=1,
    max_size=60,
).map(lambda text: " ".join(text.split(" ")).strip(" "))


@settings(deadline=None)
@given(SIGNS, SIGNS)
def test_the_parts_of_a_file_are_the_file(head: str, body: str) -> None:
    """Whatever is in it, with front matter and without."""
    for text in (head + body, f"---\n{head}\n---\n{body}", f"\ufeff---\r\n{head}\r\n---"):
        assert Manuscript.parse(text).text == text


@settings(deadline=None)
@given(SIGNS, SIGNS)
def test_a_form_that_is_sent_as_it_came_changes_nothing(head: str, body: str) -> None:
    """A form knows line feeds only, and none of the signs that no text holds."""
    manuscript = Manuscript.parse(f"---\n{head}\n---\n{body}")
    as_it_came = manuscript.with_fields(plain(manuscript.fields)).with_body(plain(manuscript.body))
    assert as_it_came == manuscript


@settings(deadline=None)
@given(SIGNS, st.lists(st.sampled_from(["", "a", "« é »", "\u202f!"])).map("\n".join))
def test_a_body_says_what_was_typed(before: str, typed: str) -> None:
    """And ends with the end of a line; no line of another text comes in."""
    manuscript = Manuscript.parse(f"---\ntitle: x\n---\n{before}").with_body(typed)
    assert plain(manuscript.body).removesuffix("\n") == typed.removesuffix("\n")


@settings(deadline=None)
@given(LINE_ENDS)
def test_lines_that_are_as_they_were_keep_their_ends(end: str) -> None:
    """New ones end as most of the file does."""
    body = end.join(["Un.", "Deux\x0b.", "Trois.", ""])
    manuscript = Manuscript.parse(f"---{end}title: x{end}---{end}{end}{body}")
    typed = "Un.\nDeux.\nEntre.\nTrois.\n"
    assert manuscript.with_body(typed).body == end.join(
        ["Un.", "Deux\x0b.", "Entre.", "Trois.", ""]
    )


def test_a_file_without_front_matter_can_be_given_one() -> None:
    """Its text stays where it is, behind it."""
    manuscript = Manuscript.parse("Un texte.\n")
    assert manuscript.body == "Un texte.\n"
    assert manuscript.with_fields("title: x").text == "---\ntitle: x\n---\n\nUn texte.\n"


@settings(deadline=None)
@given(st.sampled_from(["title", "author", "summary", "place", "subject", "preheader"]), WORDS)
def test_a_field_says_what_was_written_and_the_rest_stays(name: str, value: str) -> None:
    """In any style of YAML, or not there before; comments stay, too."""
    written = set_field(FIELDS, name, value)
    before, after = load_fields(FIELDS)[1], load_fields(written)[1]
    if value or name in before:
        before[name] = value
    assert after == before
    comments = re.compile("^#.*$", re.MULTILINE)
    assert [one for one in comments.findall(written) if one in FIELDS] == comments.findall(FIELDS)
    untouched = [one for one in FIELDS.splitlines() if not one.startswith((f"{name}:", "  "))]
    assert [one for one in written.splitlines() if one in untouched] == untouched


@settings(deadline=None)
@given(st.lists(WORDS.filter(bool), max_size=4).map(tuple))
def test_a_list_says_what_was_written(tags: tuple[str, ...]) -> None:
    """One tag a line where the others stand so."""
    written = set_field(FIELDS, "tags", tags)
    assert load_fields(written)[1]["tags"] == list(tags)
    assert written.startswith(FIELDS[: FIELDS.index("tags")])
    assert written.endswith("  # after it\n")


def test_a_value_keeps_the_quotation_marks_of_the_one_before() -> None:
    """And gets them where it would not be text without."""
    written = set_field(set_field(FIELDS, "author", "Léa"), "title", "La nuit")
    assert 'title: La nuit\nauthor: "Léa" # who wrote it\n' in written
    assert 'title: "Liège : la nuit"\n' in set_field(FIELDS, "title", "Liège : la nuit")
    assert "date: 2026-10-06\n" in set_field(FIELDS, "date", "2026-10-06")


def test_a_field_that_was_not_there_stands_behind_those_before_it() -> None:
    """In the order of the documentation, with the line ends of the file."""
    written = set_field(FIELDS.replace("\n", "\r\n"), "subject", "Ce soir", line_end="\r\n")
    assert 'place:\r\nsubject: "Ce soir"\r\ntags:\r\n' in written


def test_what_cannot_be_changed_in_place_is_said() -> None:
    """A front matter on one line takes no further field."""
    with pytest.raises(InputError, match="this field cannot be changed here"):
        set_field("{title: x, author: y, date: 2019-11}\n", "place", "Liège")


def test_the_lines_of_a_list_are_taken_out_and_put_back() -> None:
    """From its name to its end, whatever stands behind it."""
    articles = "articles:\n  - section: S # why\n    items:\n      - a\n"
    text = f"title: x\n{articles}# below\ntags: []\n"
    assert block_of(text, "articles") == articles
    assert set_blocks(text, {"articles": articles}) == text
    other = articles.replace("- a", "- b")
    assert set_blocks(text, {"articles": other}) == text.replace(articles, other)
    assert set_blocks(text, {"articles": " "}) == "title: x\n# below\ntags: []\n"


def test_lists_are_put_in_together_whatever_they_say() -> None:
    """What cannot be read is found afterwards, at its line."""
    text = "articles: [a]\ndate: 2019-11\nagenda: []\ntitle: x\n"
    both = {"articles": "articles: [", "agenda": "agenda:\n  - {"}
    broken = "articles: [\ndate: 2019-11\nagenda:\n  - {\ntitle: x\n"
    assert set_blocks(text, both) == broken
    assert set_blocks("title: x\ndate: 2019-11\n", both).endswith(
        "2019-11\narticles: [\nagenda:\n  - {\n"
    )


@settings(deadline=None)
@given(st.text(st.sampled_from("[]{}-:#&*!|>%@`'\"\\ 0x1_.~?a\n"), max_size=12))
def test_whatever_is_written_into_a_field_is_text(value: str) -> None:
    """Also what would be something else in YAML."""
    line = " ".join(value.split())
    assert load_fields(set_field(FIELDS, "title", line))[1]["title"] == line


def test_a_text_that_yaml_would_get_lost_in_is_text() -> None:
    """Deeper than any list: between quotation marks it is as good as any other."""
    deep = "[" * 1_500
    assert load_fields(set_field(FIELDS, "title", deep))[1]["title"] == deep


def test_mended_text_goes_where_it_was_cut_from() -> None:
    """Across the line breaks and the marks of a quotation, which stay."""
    body = "Deux.\n\n> Les villes  font\n> ceci : «cela»\n> et voilà !\n\nDeux.\n"
    source = "Les villes  font ceci : «cela» et voilà !"
    mended = "Les villes font ceci : «\u00a0cela\u00a0» et voilà\u202f!"
    assert put_into_body(body, source, mended) == (
        "Deux.\n\n> Les villes font\n> ceci : «\u00a0cela\u00a0»\n> et voilà\u202f!\n\nDeux.\n"
    )
    last = put_into_body(body, "Deux.", "Trois.", near=10)
    assert last == body.removesuffix("Deux.\n") + "Trois.\n"
    assert put_into_body(body, "Ailleurs.", "Ici.") is None
    assert put_into_body("Un\n> deux", "Un deux", "Undeux") == "Undeux"


def test_a_front_matter_is_read_after_any_edit() -> None:
    """The fields of an article, one by one."""
    fields = FIELDS
    for name, value in (("title", "Été : « fin »"), ("tags", ("x", "y: z")), ("place", "Gand")):
        fields = set_field(fields, name, value)
    front, _ = parse_front_matter(fields, path=PATH)
    assert (front.title, front.tags, front.place) == ("Été : « fin »", ("x", "y: z"), "Gand")
