from collections.abc import Callable

import pytest

from flows.content.references import spell_out_references
from flows.content.segments import convert, cut_segments
from flows.domain.article import Article
from flows.domain.language import Language
from flows.domain.segment import SegmentKey

AnArticle = Callable[..., Article]


def sources(article: Article) -> list[str]:
    """The running text of an article, cut."""
    return [segment.source for segment in cut_segments(article) if segment.context is None]


def test_front_matter_comes_first_in_catalogue_order(an_article: AnArticle) -> None:
    """Title, subject, author, place, summary, preheader, then the body; empty fields not at all."""
    article = an_article("Corps.", summary="Résumé", place="Liège")
    found = [(segment.context, segment.kind) for segment in cut_segments(article)]
    assert found == [
        ("meta:title", "title"),
        ("meta:author", "author"),
        ("meta:place", "place"),
        ("meta:summary", "summary"),
        (None, "p"),
    ]


def test_rewrapping_a_paragraph_keeps_its_source(an_article: AnArticle) -> None:
    """A soft line break is a space, wherever the author's editor put it."""
    one = sources(an_article("Une phrase assez longue pour tenir sur deux lignes."))
    two = sources(an_article("Une phrase assez longue\npour tenir sur\ndeux lignes."))
    quoted = sources(an_article("> Une phrase assez longue\n> pour tenir sur deux lignes."))
    assert one == two == quoted


@pytest.mark.parametrize("end", ["  \n", "\\\n", "     \n"])
def test_a_hard_break_is_a_newline(an_article: AnArticle, end: str) -> None:
    """Two spaces or a backslash before the end of a line show as a newline in the source."""
    assert sources(an_article(f"Rue Haute{end}Liège")) == ["Rue Haute\nLiège"]


def test_an_escaped_backslash_breaks_nothing(an_article: AnArticle) -> None:
    """The author of a backslash gets a backslash."""
    assert sources(an_article("Rue Haute \\\\\nLiège")) == ["Rue Haute \\\\ Liège"]


def test_the_same_text_is_one_segment(an_article: AnArticle) -> None:
    """A text that stands twice, or twice in another typing, is translated once."""
    body = "Quoi ?\n\n- Quoi ?\n- Quoi\u202f?\n\nL’Efus… \n\nL'Efus..."
    assert sources(an_article(body)) == ["Quoi ?", "L’Efus…"]


def test_what_needs_no_translation_is_no_segment(an_article: AnArticle) -> None:
    """Numbers, code, rules, comments and the table of contents are left alone."""
    body = "[TOC]\n\n**112**\n\n12 %\n\n---\n\n    code\n\n```\ncode\n```\n\n<!-- x -->\n\n2026"
    assert sources(an_article(body)) == []


def test_attributes_and_task_boxes_stay_outside(an_article: AnArticle) -> None:
    """A translator cannot lose what is not text."""
    body = "## Titre ## {: #but }\n\nTexte\n{: .x }\n\n- [ ] À faire\n\n| A {: .y } |\n| --- |\n"
    assert sources(an_article(body)) == ["Titre", "Texte", "À faire", "A"]


def test_notes_abbreviations_references_and_raw_html_are_segments(an_article: AnArticle) -> None:
    """What a document keeps beside its text is translatable too, under contexts of its own."""
    body = (
        "Une ONG[^1] de [Efus].\n\n<p>Texte <b>brut</b></p>\n\n[^1]: La note.\n\n"
        "[Efus]: https://efus.eu/fr/ 'Le Forum'\n\n*[ONG]: organisation libre\n"
    )
    keys = [segment.key for segment in cut_segments(an_article(body))][2:]
    assert keys == [
        SegmentKey(None, "Une ONG[^1] de [Efus][efus]."),
        SegmentKey(None, "La note."),
        SegmentKey("@title", "Le Forum"),
        SegmentKey("@url", "https://efus.eu/fr/"),
        SegmentKey("abbr:ONG", "organisation libre"),
        SegmentKey("abbr", "ONG"),
        SegmentKey("html", "Texte <b>brut</b>"),
    ]


def test_an_abbreviation_changes_its_letters_with_the_language() -> None:
    """The mark-up follows the translated abbreviation."""
    answers = {
        SegmentKey(None, "Une ONG aide."): "An NGO helps.",
        SegmentKey("abbr:ONG", "organisation libre"): "free organisation",
        SegmentKey("abbr", "ONG"): "NGO",
    }
    html = convert(
        "Une ONG aide.\n\n*[ONG]: organisation libre",
        language=Language("en"),
        exchange=lambda key, _kind: answers.get(key),
    ).html
    assert html == '<p>An <abbr title="free organisation">NGO</abbr> helps.</p>'


def test_a_segment_says_where_it_begins(an_article: AnArticle) -> None:
    """An editor can jump to the line, also in a wrapped, quoted or repeated text."""
    body = "Un début.\n\n## Titre\n\n> Une citation\n> coupée ici\n\n- début\n- fin\n"
    lines = {segment.source: segment.line for segment in cut_segments(an_article(body))}
    assert lines["Un début."] == 1
    assert lines["Titre"] == 3
    assert lines["Une citation coupée ici"] == 5
    assert lines["fin"] == 9


def test_headings_keep_the_ids_they_are_given() -> None:
    """Neither a translation nor its attribute list moves an anchor."""
    body = "## La mission\n\n## Bilan {: #b }"
    french = convert(body, language=Language("fr"))
    dutch = convert(
        body,
        language=Language("nl"),
        exchange=lambda key, _kind: f"De {key.source} {{: #weg }}",
        anchors=french.anchors,
    )
    assert dutch.anchors == french.anchors == ("la-mission", "b")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[Efus]", "[Efus][efus]"),
        ("[Efus][]", "[Efus][efus]"),
        ("![Efus]", "![Efus][efus]"),
        ("[texte][efus]", "[texte][efus]"),
        ("[Efus](https://efus.eu/)", "[Efus](https://efus.eu/)"),
        ("`[efus]`", "`[efus]`"),
        (r"\[efus]", r"\[efus]"),
        ("[rien]", "[rien]"),
        ("[^efus]", "[^efus]"),
        ("[a [efus] b]", "[a [efus] b]"),
        ("[`[[x]]`][efus] puis `y`", "[`[[x]]`][efus] puis `y`"),
    ],
)
def test_a_short_reference_gets_its_label(text: str, expected: str) -> None:
    """Only what Python-Markdown would take for a short reference is spelled out."""
    assert spell_out_references(text, labels={"efus"}) == expected
