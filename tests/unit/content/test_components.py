"""Buttons, figures and quotations: plain Markdown, whose words stay segments."""

from collections.abc import Callable

import pytest

from flows.content.rendering import RenderedArticle, render_article
from flows.content.segments import cut_segments
from flows.domain.article import Article
from flows.domain.language import Language
from flows.domain.segment import SegmentKey

AnArticle = Callable[..., Article]
BUTTON = "[S’inscrire](https://efus.eu/a?b=1&c=2)\n{: .button }"
FIGURE = '![Une place](https://efus.eu/p.jpg "La place. Photo : X")'
QUOTE = "> Bien mesurer.\n>\n> — Une élue, Liège"


def render(article: Article, language: str = "fr", **words: str) -> RenderedArticle:
    """The article, its running text translated so."""
    return render_article(
        article,
        language=Language(language),
        source_language=Language("fr"),
        translations={SegmentKey(None, source): text for source, text in words.items()},
    )


def test_a_link_in_a_paragraph_of_the_class_is_a_button(an_article: AnArticle) -> None:
    """In the text part its address stands below its words."""
    letter = render(an_article(BUTTON))
    assert letter.html == (
        '<p class="button"><a href="https://efus.eu/a?b=1&amp;c=2">S’inscrire</a></p>'
    )
    assert letter.text == "S’inscrire\nhttps://efus.eu/a?b=1&c=2"


def test_a_translation_cannot_lose_the_button(an_article: AnArticle) -> None:
    """The class is no part of the segment; words and address are."""
    article = an_article(BUTTON)
    assert [one.source for one in cut_segments(article)][-1] == (
        "[S’inscrire](https://efus.eu/a?b=1&c=2)"
    )
    letter = render(
        article,
        "en",
        **{"[S’inscrire](https://efus.eu/a?b=1&c=2)": "[Register](https://efus.eu/en)"},
    )
    assert letter.html == '<p class="button"><a href="https://efus.eu/en">Register</a></p>'


@pytest.mark.parametrize(
    "body",
    [
        "Avant [a](https://efus.eu/)\n{: .button }",
        "[a](https://efus.eu/) [b](https://efus.eu/)\n{: .button }",
        "Sans lien\n{: .button }",
        "[](https://efus.eu/)\n{: .button }",
        "[a](/chemin)\n{: .button }",
    ],
)
def test_a_paragraph_that_is_more_or_less_than_a_link_is_no_button(
    body: str, an_article: AnArticle
) -> None:
    """Its words are kept as they are."""
    assert "class" not in render(an_article(body)).html


def test_a_picture_by_itself_is_a_figure_whose_title_is_its_caption(
    an_article: AnArticle,
) -> None:
    """The caption is set as the language asks, and is read in both parts."""
    letter = render(an_article(FIGURE))
    assert letter.html == (
        '<figure><img alt="Une place" src="https://efus.eu/p.jpg">'
        "<figcaption>La place. Photo\u00a0: X</figcaption></figure>"
    )
    assert letter.text == "[Une place]\n\nLa place. Photo\u00a0: X"


def test_a_figure_may_be_a_link_and_have_no_caption(an_article: AnArticle) -> None:
    """A picture among words stays where it is."""
    assert render(an_article("[![a](https://efus.eu/b.jpg)](https://efus.eu/)")).html == (
        '<figure><a href="https://efus.eu/"><img alt="a" src="https://efus.eu/b.jpg"></a></figure>'
    )
    assert "figure" not in render(an_article("Voir ![a](https://efus.eu/b.jpg) ici.")).html


def test_the_caption_is_translated_with_its_picture(an_article: AnArticle) -> None:
    """Alternative text and caption are one segment."""
    english = '![A square](https://efus.eu/p.jpg "The square")'
    letter = render(an_article(FIGURE), "en", **{FIGURE: english})
    assert "<figcaption>The square</figcaption>" in letter.html


def test_a_quotation_may_end_with_its_source(an_article: AnArticle) -> None:
    """A last paragraph that begins with a dash."""
    letter = render(an_article(QUOTE))
    assert '<p class="source">— Une élue, Liège</p>' in letter.html
    assert letter.text == "> Bien mesurer.\n>\n> — Une élue, Liège"


@pytest.mark.parametrize(
    "body", ["> — Seule", "> — Un.\n>\n> — Deux.", "> Un.\n>\n> —Deux", "> Un.\n>\n> - Deux"]
)
def test_lines_of_a_dialogue_are_no_source(body: str, an_article: AnArticle) -> None:
    """Nor is a quotation of one paragraph, or a list in it."""
    assert "class" not in render(an_article(body)).html


def test_nobody_else_gives_a_paragraph_a_class(an_article: AnArticle) -> None:
    """Raw HTML has no more rights than Markdown."""
    html = render(an_article('<p class="source">x</p>\n\n<p class="button">x</p>')).html
    assert "class" not in html
