"""The letter of a digest: cards under headings, a whole article, an agenda."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from flows.content.cards import Appointment, RenderedDigest, render_digest
from flows.content.rendering import RenderedArticle
from flows.domain.article import Article, FrontMatter, Slug
from flows.domain.digest import AgendaEntry, Item, Section, Shown
from flows.domain.edition import Edition
from flows.domain.image import Picture
from flows.domain.language import Language
from flows.domain.recipient import Recipient, Sender
from flows.domain.segment import SegmentKey
from flows.mail.digest import spell_when
from flows.mail.edition import compose_edition
from flows.mail.holes import fill_html, fill_text
from flows.mail.texts import read_texts
from flows.translation.checks.finished import check_finished

PAGES = "https://lettre.efus.example.org"
BRUSSELS = ZoneInfo("Europe/Brussels")
ALT = 'La "nuit" <à> Liège'
PICTURE = "https://lettre.efus.example.org/images/nuit.jpg"
SECTIONS = (
    Section(
        heading="Actions urbaines",
        items=(Item(article=Slug("nuit")), Item(article=Slug("jour"), link="https://efus.test/j")),
    ),
    Section(heading="À lire", items=(Item(article=Slug("mode"), shown=Shown.FULL),)),
)
AGENDA = (
    AgendaEntry(
        name="conference",
        title="Conférence annuelle",
        begins=datetime(2026, 12, 3, 9, 30, tzinfo=BRUSSELS),
        ends=datetime(2026, 12, 3, 17, 0, tzinfo=BRUSSELS),
        place="Liège",
        link="https://efus.test/conference",
    ),
    AgendaEntry(
        name="journee", title="Journée", begins=date(2026, 12, 10), ends=date(2026, 12, 11)
    ),
)
WORDS = {
    "en": ("Urban action", "To read", "Annual conference", "Study days", "Liège"),
    "nl": ("Acties in de stad", "Om te lezen", "Jaarlijkse conferentie", "Studiedagen", "Luik"),
}
KEYS = (
    SegmentKey("meta:section", "Actions urbaines"),
    SegmentKey("meta:section", "À lire"),
    SegmentKey("meta:agenda", "Conférence annuelle"),
    SegmentKey("meta:agenda", "Journée"),
    SegmentKey("meta:venue", "Liège"),
)

Build = Callable[..., RenderedArticle]
ADigest = Callable[..., Edition]


@pytest.fixture
def a_digest(
    a_rendered_article: Build, a_sender: Sender, packaged_templates: Path, tmp_path: Path
) -> ADigest:
    """Builds the digest of three articles, one in full, with any of its lists replaced."""

    def build(
        language: str = "fr",
        *,
        sections: tuple[Section, ...] = SECTIONS,
        agenda: tuple[AgendaEntry, ...] = AGENDA,
        words: Mapping[SegmentKey, str] | None = None,
        **front: str,
    ) -> Edition:
        article = Article(
            slug=Slug("lettre"),
            folder=tmp_path,
            front=FrontMatter(
                title="T", author="A", date="2026-11-24", articles=sections, agenda=agenda
            ),
            body="",
        )
        whole = a_rendered_article(language)
        parts = {
            Slug("nuit"): replace(
                a_rendered_article(language, image=PICTURE, image_alt='La "nuit" <à> Liège'),
                picture=Picture(source=PICTURE),
            ),
            Slug("jour"): a_rendered_article(language, **{"summary": "", **front}),
            Slug("mode"): whole,
        }
        translations = {**dict(zip(KEYS, WORDS.get(language, ()), strict=False)), **(words or {})}
        lists: RenderedDigest = render_digest(
            article, parts, language=Language(language), translations=translations, pages=PAGES
        )
        return compose_edition(
            a_rendered_article(language, html="<p>Édito.</p>", text="Édito."),
            slug=Slug("lettre"),
            sender=a_sender,
            template_folders=[packaged_templates],
            digest=lists,
        )

    return build


@pytest.mark.parametrize("language", ["fr", "en", "nl"])
@pytest.mark.parametrize(("suffix", "fill"), [("html", fill_html), ("txt", fill_text)])
def test_a_digest_looks_as_it_was_last_reviewed(
    language: str,
    suffix: str,
    fill: Callable[[Edition, Recipient], str],
    a_digest: ADigest,
    a_recipient: Callable[..., Recipient],
    golden_folder: Path,
) -> None:
    """Any change to a digest shows in a file that a person reads; UPDATE_GOLDEN=1 renews it."""
    golden = golden_folder / f"digest.{language}.{suffix}"
    letter = fill(a_digest(language), a_recipient())
    if os.environ.get("UPDATE_GOLDEN") == "1":
        golden.write_text(letter, encoding="utf-8")
    assert letter == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["fr", "en", "nl", "de", "pl"])
def test_no_check_finds_anything_in_a_digest(a_digest: ADigest, language: str) -> None:
    """Links whole, pictures with a text, words that stand out in light and dark, under the limit.

    The one reserved name in it is the example's own.
    """
    remarks = check_finished(a_digest(language))
    assert [one for one in remarks if one.reason != "reserved"] == []


def test_headings_go_down_step_by_step(a_digest: ADigest) -> None:
    """Title, section, article, and the article's own headings below, for screen readers."""
    levels = [int(level) for level in re.findall(r"<h(\d)", a_digest().html)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    bare = Section(items=(Item(article=Slug("mode"), shown=Shown.FULL),))
    levels = [
        int(level) for level in re.findall(r"<h(\d)", a_digest(sections=(bare,), agenda=()).html)
    ]
    assert levels == [1, 2, 3, 3]


def test_two_whole_articles_keep_their_anchors_apart(a_digest: ADigest) -> None:
    """The same heading in both has an id of its own in each."""
    both = Section(
        items=tuple(Item(article=Slug(one), shown=Shown.FULL) for one in ("nuit", "mode"))
    )
    ids = re.findall(r'id="([^"]+)"', a_digest(sections=(both,), agenda=()).html)
    assert len(ids) == len(set(ids))
    assert {"a-quoi-sert-elle-nuit", "a-quoi-sert-elle-mode"} <= set(ids)


def test_an_article_without_summary_is_introduced_by_its_first_paragraph(
    a_digest: ADigest,
) -> None:
    """Words alone, without the marks of emphasis, in both parts."""
    only = Section(items=(Item(article=Slug("jour")),))
    edition = a_digest("nl", sections=(only,), agenda=())
    opening = "Nachtbemiddeling zorgt voor menselijke aanwezigheid in de openbare ruimte."
    assert f"<p>{opening}" in re.sub(r'<p style="[^"]*">', "<p>", edition.html)
    assert opening in edition.text.replace("\n", " ")


def test_nothing_that_somebody_wrote_becomes_markup(a_digest: ADigest) -> None:
    """Neither a title, in the text or in the name of a link, nor a translation of anything."""
    hostile = 'x"><script>alert(1)</script> </mj-text> {{ 7*7 }} & «'
    edition = a_digest(
        "nl",
        title=hostile,
        words={
            **dict.fromkeys(KEYS, hostile),
            SegmentKey("@url", "https://efus.test/j"): "javascript:alert(1)",
            SegmentKey("@url", "https://efus.test/conference"): 'https://x.test/"onclick="',
        },
    )
    page = Tags(edition.html)
    assert "javascript:" not in edition.html + edition.text
    assert all(tag != "script" and "onclick" not in attributes for tag, attributes in page.found)
    links = {
        attributes["href"]: attributes["aria-label"]
        for tag, attributes in page.found
        if tag == "a" and "aria-label" in attributes
    }
    assert {"https://efus.test/j", "https://efus.test/conference"} <= links.keys()
    written = "<script>alert(1)</script> </mj-text> {{ 7*7 }} &"
    assert sum(written in name for name in links.values()) == 4
    assert sum(written in heading for heading in page.headings) == 5


class Tags(HTMLParser):
    """The tags of a page with their attributes, and the texts of its lower headings."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str]]] = []
        self.headings: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag."""
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        """Keep what a heading says."""
        if self.found[-1][0] in {"h2", "h3"}:
            self.headings.append(data)


def test_a_digest_reads_from_right_to_left(a_digest: ADigest) -> None:
    """Pictures, texts and agenda begin on the right."""
    html = a_digest("ar").html
    assert 'dir="rtl"' in html
    assert "direction:rtl" in html.replace(" ", "")
    card = html[html.index('class="card"') :][:400]
    assert "text-align: right" in card or "text-align:right" in card


@pytest.mark.parametrize(
    ("language", "spelt"),
    [
        ("fr", "3 décembre 2026, 09:30 – 17:00 (heure de Bruxelles)"),
        ("en", "3 December 2026, 09:30–17:00 (Brussels time)"),
        ("nl", "3 december 2026, 09:30–17:00 (tijd in Brussel)"),
    ],
)
def test_a_time_says_whose_clock_it_is(language: str, spelt: str, packaged_templates: Path) -> None:
    """Readers in other zones are not misled."""
    texts = read_texts([packaged_templates], language=language)
    begins, ends = AGENDA[0].begins, AGENDA[0].ends
    entry = appointment(begins, ends)
    told = spell_when(entry, language=Language(language), zone_time=texts["zone_time"])
    assert re.sub(r"[\u2009\u202f\u00a0]", " ", told) == spelt


@pytest.mark.parametrize(
    ("begins", "ends", "spelt"),
    [
        (date(2026, 12, 1), date(2026, 12, 1), "1er décembre 2026"),
        (date(2026, 12, 1), date(2026, 12, 3), "1er décembre 2026 – 3 décembre 2026"),
        (
            datetime(2026, 12, 1, 9, 0, tzinfo=BRUSSELS),
            datetime(2026, 12, 1, 9, 0, tzinfo=BRUSSELS),
            "1er décembre 2026, 09:00 (Bruxelles)",
        ),
        (
            datetime(2026, 12, 1, 9, 0, tzinfo=BRUSSELS),
            datetime(2026, 12, 2, 9, 0, tzinfo=BRUSSELS),
            "1er décembre 2026, 09:00 – 2 décembre 2026, 09:00 (Bruxelles)",
        ),
    ],
)
def test_days_and_moments_are_spelt_out(
    begins: date | datetime, ends: date | datetime, spelt: str
) -> None:
    """One or several days; one moment, or two on different days."""
    told = spell_when(appointment(begins, ends), language=Language("fr"), zone_time="{city}")
    assert told == spelt


def appointment(begins: date | datetime, ends: date | datetime) -> Appointment:
    """An entry between these."""
    return Appointment(
        name="x",
        title="X",
        begins=begins,
        ends=ends,
        calendar_end=ends,
        place="",
        link="",
        calendar="https://efus.test/x.ics",
    )
