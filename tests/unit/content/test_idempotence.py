import re
import string
from collections.abc import Callable, Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flows.content.segments import cut_segments
from flows.domain.article import Article
from flows.domain.segment import SegmentKey
from tests.unit.content.documents import NOTES, documents

Plainly = Callable[[str], str]
ThroughSegments = Callable[[str, Mapping[SegmentKey, str]], str]
AnArticle = Callable[..., Article]


def test_a_document_comes_out_of_the_cut_as_it_went_in(
    document: str, plainly: Plainly, through_segments: ThroughSegments
) -> None:
    """With nothing translated, the corpus renders as if it had never been cut."""
    assert through_segments(document, {}) == plainly(document)


@given(document=documents)
@example(document=f"[^1] [efus] [Efus][]{NOTES}")
@example(document=f"-   [efus]\n    [Efus][]{NOTES}")
@settings(max_examples=50, deadline=None)
def test_any_composition_of_blocks_comes_out_as_it_went_in(document: str) -> None:
    """With nothing translated, generated documents render as if they had never been cut."""
    from flows.content.markdown import new_markdown
    from flows.content.segments import convert
    from flows.domain.language import Language

    french = Language("fr")
    plain = new_markdown(french).convert(document)
    cut = convert(document, language=french, exchange=lambda _key, _kind: None).html
    assert re.sub(r"\s+", "", cut) == re.sub(r"\s+", "", plain)


def test_a_segment_translated_by_itself_changes_nothing(
    document: str, an_article: AnArticle, through_segments: ThroughSegments, plainly: Plainly
) -> None:
    """Every segment's source, given as its own translation, gives the same document."""
    segments = cut_segments(an_article(document))
    own = {segment.key: segment.source for segment in segments if segment.context != "html"}
    assert through_segments(document, own) == plainly(document)


def test_no_segment_carries_a_control_character(document: str, an_article: AnArticle) -> None:
    """Python-Markdown's internal marks never reach a catalogue."""
    for segment in cut_segments(an_article(document)):
        assert not re.search(r"[\x00-\x08\x0b-\x1f]", segment.source)


KITCHEN = """\
## La mission {: #mission }

Un paragraphe avec une ONG[^1] et
[Efus][].

- un point
- un autre
    - un sous-point

| Heure | Lieu |
| ----- | ---- |
| midi  | mairie |

> Une citation

Terme
:   Sa définition

!!! note "Retenir"
    Le contenu

<div><p>Un texte <b>brut</b></p></div>

![Une place](https://efus.eu/place.jpg "Titre image")

[^1]: Une note

[Efus]: https://efus.eu/ "Le Forum"

*[ONG]: organisation libre
"""
LETTERS = re.compile(r"[^\W\d_]+")


def test_a_pseudo_translation_leaves_no_french(
    an_article: AnArticle, through_segments: ThroughSegments
) -> None:
    """Every text that a reader sees, titles and alternative texts too, belongs to a segment."""
    segments = cut_segments(an_article(KITCHEN))
    markup = re.compile(r"\]\([^)\s]*|\]\[[^\]]*\]|\[\^1\]|</?b>|https?://\S+")
    translations = {}
    for segment in segments:
        kept = markup.findall(segment.source)
        text = iter(kept)
        translations[segment.key] = "".join(
            LETTERS.sub("ZZ", part) + next(text, "") for part in markup.split(segment.source)
        )
    html = through_segments(KITCHEN, translations)
    html = html.replace("Retour à l’appel de la note 1", "")
    shown = re.sub(r"<[^>]*>", " ", html) + " ".join(re.findall(r'(?:title|alt)="([^"]*)"', html))
    assert set(LETTERS.findall(re.sub(r"&\w+;", "", shown))) == {"ZZ"}


BLOCK_LOOKALIKES = (
    "1. januari is een feestdag",
    "1986. Een groot jaar",
    "# geen titel",
    "- geen lijst",
    "* geen lijst",
    "+ geen lijst",
    "> geen citaat",
    "| geen | tabel |",
    "```",
    "    geen code",
    '!!! note "geen kader"',
    "[^1]: geen voetnoot",
    "Titel\n=====",
)


@pytest.mark.parametrize("lookalike", BLOCK_LOOKALIKES)
def test_a_translation_that_looks_like_a_block_stays_in_its_paragraph(
    lookalike: str, through_segments: ThroughSegments
) -> None:
    """No translation can open a list, a heading, a quotation, a table or a code block."""
    html = through_segments("Un texte.\n\nSuite.", {SegmentKey(None, "Un texte."): lookalike})
    assert html.count("<p>") == 2
    assert set(re.findall(r"<(\w+)", html)) <= {"p", "br", "code"}


@given(text=st.text(alphabet=string.printable + "«»éœ\u00a0\u202f\u2028\x02\x03⟦⟧", max_size=60))
@settings(max_examples=50, deadline=None)
def test_no_translation_reaches_beyond_its_paragraph(text: str) -> None:
    """Whatever a translator types, the other paragraphs stay as they are."""
    from flows.content.segments import convert
    from flows.domain.language import Language

    body = "Un <!-- x --> texte.\n\nSuite."
    key = SegmentKey(None, "Un ⟦html1⟧ texte.")
    html = convert(
        body, language=Language("en"), exchange=lambda asked, _kind: text if asked == key else None
    ).html
    assert html.rstrip().endswith("<p>Suite.</p>")
