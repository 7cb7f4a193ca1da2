import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from flows.content.rendering import RenderedArticle
from flows.domain.article import Slug
from flows.domain.edition import Edition, hole
from flows.domain.image import Picture
from flows.domain.language import Language
from flows.domain.recipient import Sender
from flows.mail.dates import spell_date
from flows.mail.edition import compose_edition


@pytest.mark.parametrize(
    ("written", "language", "spelt"),
    [
        ("2019-11", "fr", "novembre 2019"),
        ("2019-11", "en", "November 2019"),
        ("2019-11", "nl", "november 2019"),
        ("2026-10-06", "fr", "6 octobre 2026"),
        ("2026-10-01", "fr", "1er octobre 2026"),
        ("2026-10-11", "fr", "11 octobre 2026"),
        ("2026-10-06", "en", "6 October 2026"),
        ("2026-10-06", "nl-BE", "6 oktober 2026"),
        ("2026-10-06", "de", "6. Oktober 2026"),
        ("2026-10-06", "qx", "6 October 2026"),
    ],
)
def test_a_date_is_written_out_in_the_readers_language(
    written: str, language: str, spelt: str
) -> None:
    """Months and days are spelt as the language does; an unknown one gets Europe's English."""
    assert spell_date(written, language=Language(language)) == spelt


def test_a_subject_of_its_own_goes_before_the_title(an_edition: Callable[..., Edition]) -> None:
    """Without one, the title is the subject."""
    assert an_edition(subject="À lire :\n la nuit").subject == "À lire : la nuit"
    assert an_edition(title="Titre « à\u202fsoi »").subject == "Titre « à\u202fsoi »"


def test_the_summary_stands_in_for_a_missing_preheader(an_edition: Callable[..., Edition]) -> None:
    """An inbox always has a line to show beside the subject."""
    assert an_edition(preheader="", summary="Le résumé.").preheader == "Le résumé."


def test_both_parts_hold_the_links_that_each_letter_fills(
    an_edition: Callable[..., Edition],
) -> None:
    """The subject and preheader are the same for everybody."""
    edition = an_edition()
    for name in ("unsubscribe_url", "web_url"):
        assert hole(name) in edition.html
        assert hole(name) in edition.text
    assert "zz0" not in edition.subject + edition.preheader


def test_an_author_cannot_write_a_hole(an_edition: Callable[..., Edition]) -> None:
    """What looks like a mark in an article stays text, in the body's own mark too."""
    mark = hole("unsubscribe_url")
    edition = an_edition(
        title=f"A {mark}", html=f"<p>B {mark} zz0body0zz</p>", text=f"B {mark}", preheader=mark
    )
    plain = an_edition()
    assert edition.html.count(mark) == plain.html.count(mark)
    assert edition.text.count(mark) == plain.text.count(mark)
    assert mark not in edition.subject + edition.preheader


@pytest.mark.parametrize(
    "hostile",
    [
        "</mj-text><mj-raw>",
        "{{ 7 * 7 }}",
        '"><script>alert(1)</script>',
        "{% include 'x' %}",
        "&lt;b>",
    ],
)
def test_fields_are_text_whatever_they_look_like(
    hostile: str, an_edition: Callable[..., Edition]
) -> None:
    """No title, author, alt text or summary becomes a template, MJML or HTML."""
    edition = an_edition(
        title=hostile,
        author=hostile,
        place=hostile,
        summary=hostile,
        preheader=hostile,
        image="https://images.example.org/a.png",
        image_alt=hostile,
    )
    assert "<script" not in edition.html
    assert "<mj-" not in edition.html
    assert ">49<" not in edition.html
    assert edition.subject == hostile
    assert hostile in edition.text


def test_a_picture_has_its_place_before_it_is_there(
    a_rendered_article: Callable[..., RenderedArticle], a_sender: Sender, packaged_templates: Path
) -> None:
    """Its width and height are numbers; the style lets it shrink on a telephone."""
    source = f"image:{'0a' * 32}.jpg"
    article = a_rendered_article(image="nuit.jpg", image_alt="L’équipe « nuit »")
    edition = compose_edition(
        replace(article, picture=Picture(source=source, width=640, height=427)),
        slug=Slug("nuit"),
        sender=a_sender,
        template_folders=[packaged_templates],
    )
    (tag,) = re.findall(r"<img[^>]*>", edition.html)
    for said in (source, 'alt="L’équipe « nuit »"', 'width="640"', 'height="427"', "height:auto"):
        assert said in tag.replace("height: auto", "height:auto")


def test_an_article_whose_picture_is_not_shown_has_none(
    an_edition: Callable[..., Edition],
) -> None:
    """What the front matter names is no address by itself."""
    assert "<img" not in an_edition(image="nuit.jpg").html


def test_a_letter_without_pictures_fetches_nothing(an_edition: Callable[..., Edition]) -> None:
    """No font, style sheet, pixel or script is loaded when a letter is opened."""
    html = an_edition().html
    assert not any(
        what in html for what in ("<link", "@import", "url(", "<img", "<script", "<form")
    )


def test_a_page_says_its_language_and_direction(an_edition: Callable[..., Edition]) -> None:
    """A language without fixed texts has English ones, marked as such."""
    assert '<html lang="fr" dir="ltr"' in an_edition("fr").html
    arabic = an_edition("ar", author="رئيس البلدية").html
    assert '<html lang="ar" dir="rtl"' in arabic
    assert '<div lang="en" dir="ltr">' in arabic
    assert "text-align:right" in arabic
    assert "<bdi>رئيس البلدية</bdi>" in arabic
    assert 'lang="en"' not in an_edition("nl-BE").html


def test_a_page_is_well_structured(an_edition: Callable[..., Edition]) -> None:
    """One first heading, a title, and no layout table that a screen reader would announce."""
    edition = an_edition()
    assert edition.html.count("<h1") == 1
    assert f"<title>{edition.subject}</title>" in edition.html
    tables = edition.html.split("<table")[1:]
    data = [table for table in tables if 'role="presentation"' not in table.partition(">")[0]]
    assert len(data) == 1
    assert "18h30" in data[0]


def test_the_preheader_is_hidden_without_white_text(an_edition: Callable[..., Edition]) -> None:
    """Text in the background's colour is what spam filters look for."""
    html = an_edition().html
    before, _, after = html.partition("Écouter, apaiser")
    opening = before[before.rindex("<") :]
    assert "display:none" in opening
    assert "color:inherit" in opening
    assert after


@pytest.mark.parametrize("language", ["fr", "en", "nl"])
def test_a_letter_is_small_enough_not_to_be_clipped(
    language: str, an_edition: Callable[..., Edition]
) -> None:
    """Large mailboxes cut HTML after 102 kB, and the link to unsubscribe with it."""
    assert len(an_edition(language).html.encode()) < 40_000


def test_the_same_article_gives_the_same_edition(an_edition: Callable[..., Edition]) -> None:
    """An approval is bound to the digest: composing again must not change it."""
    assert an_edition().digest == an_edition().digest
    assert an_edition().digest != an_edition(place="Verviers").digest
