"""What a digest shows in one language: its articles as cards under headings, and its agenda."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from xml.etree.ElementTree import Element

from flows.content.fragments import parse_fragment, write_fragment
from flows.content.inline import CONTROLS, TYPED_BREAK
from flows.content.matching import match_key
from flows.content.plaintext import write_text
from flows.content.rendering import RenderedArticle
from flows.content.sanitising import strip_holes
from flows.content.typography import for_fields, for_language, marks_of
from flows.domain.article import Article, FrontMatter, Slug
from flows.domain.digest import AgendaEntry, Item, Section, Shown
from flows.domain.image import Picture
from flows.domain.language import Language
from flows.domain.segment import SegmentKey
from flows.domain.style import PLAIN_STYLE, HouseStyle

LONGEST_TEASER = 400
"""Characters of a first paragraph that stand for an article without a summary."""
ADDRESS = re.compile(r"https?://[^\s<>\"]+")
"""What a link may be, whoever translated it."""
LOWEST = 6
"""The level of the smallest heading."""

Say = Callable[[str, str], str]
"""Takes a segment's context and source; gives what is to be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One article in a digest; `html` and `text` are its whole text, or empty for a teaser."""

    slug: Slug
    front: FrontMatter
    teaser: str
    link: str
    level: int
    picture: Picture | None = None
    html: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSection:
    """Cards under a heading, which may be empty."""

    heading: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """One entry of the agenda; `calendar` is the address of its calendar file.

    `calendar_end` is its end as calendars have it, after a last day.
    """

    name: str
    title: str
    begins: date | datetime
    ends: date | datetime
    calendar_end: date | datetime
    place: str
    link: str
    calendar: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedDigest:
    """All that a digest shows beside its editorial."""

    sections: tuple[CardSection, ...]
    agenda: tuple[Appointment, ...]


def render_digest(
    article: Article,
    parts: Mapping[Slug, RenderedArticle],
    *,
    language: Language,
    translations: Mapping[SegmentKey, str],
    pages: str,
    style: HouseStyle = PLAIN_STYLE,
    passes: Mapping[Slug, str] | None = None,
) -> RenderedDigest:
    """The lists of a digest in `language`, with its articles, `parts`, in that language.

    `pages` is the address of the public pages, without a slash at its end; `passes` open those
    of articles to whoever has the letter. What has no translation stays in the source language.
    """
    own = {
        slug: article_address(pages, part.language, slug, given=(passes or {}).get(slug, ""))
        for slug, part in parts.items()
    }
    known = {match_key(key): text for key, text in translations.items() if text.strip()}
    typography = for_fields(
        for_language(language, french=style.french_spacing),
        marks=style.outer_marks(language) or marks_of(language),
    )

    def say(context: str, source: str) -> str:
        text = known.get(match_key(SegmentKey(context, source)), source)
        flat = TYPED_BREAK.sub(" ", CONTROLS.sub("", text)).strip()
        if context == "@url":
            return strip_holes(flat if ADDRESS.fullmatch(flat) else source)
        return strip_holes(typography(flat))

    return RenderedDigest(
        sections=tuple(_section(one, parts, say=say, own=own) for one in article.front.articles),
        agenda=tuple(
            _appointment(one, say=say, pages=f"{pages}/agenda/{language}/{article.slug}")
            for one in article.front.agenda
        ),
    )


def article_address(pages: str, language: Language, slug: str, *, given: str = "") -> str:
    """The page of an article; with a pass that is `given`, for those whom a letter led there."""
    return f"{pages}/articles/{language}/{slug}" + (f"?pass={given}" if given else "")


def _section(
    section: Section,
    parts: Mapping[Slug, RenderedArticle],
    *,
    say: Say,
    own: Mapping[Slug, str],
) -> CardSection:
    level = 3 if section.heading else 2
    return CardSection(
        heading=say("meta:section", section.heading) if section.heading else "",
        cards=tuple(
            _card(item, parts[item.article], level=level, say=say, own=own[item.article])
            for item in section.items
        ),
    )


def _card(item: Item, part: RenderedArticle, *, level: int, say: Say, own: str) -> Card:
    root = parse_fragment(part.html)
    card = Card(
        slug=item.article,
        front=part.front,
        teaser=part.front.summary or _first_paragraph(root),
        link=say("@url", item.link) if item.link else own,
        level=level,
        picture=part.picture,
    )
    if item.shown is Shown.TEASER:
        return card
    _settle(root, suffix=f"-{item.article}", down=level - 1)
    return replace(
        card,
        teaser=part.front.summary,
        link=card.link if item.link else "",
        html=write_fragment(root),
        text=write_text(root),
    )


def _appointment(entry: AgendaEntry, *, say: Say, pages: str) -> Appointment:
    return Appointment(
        name=entry.name,
        title=say("meta:agenda", entry.title),
        begins=entry.begins,
        ends=entry.ends,
        calendar_end=entry.calendar_end,
        place=say("meta:venue", entry.place) if entry.place else "",
        link=say("@url", entry.link) if entry.link else "",
        calendar=f"{pages}/{entry.name}.ics",
    )


def _first_paragraph(root: Element) -> str:
    """The words of the first paragraph, cut between two of them if there are many.

    A button is none, nor is the source of a quotation.
    """
    paragraph = next((one for one in root.iter("p") if "class" not in one.attrib), None)
    words = re.sub(r"[ \t\r\n]+", " ", _words(paragraph) if paragraph is not None else "").strip()
    if len(words) <= LONGEST_TEASER:
        return words
    cut = words[:LONGEST_TEASER]
    return cut.rpartition(" ")[0].rstrip(",;:– ") + " …"


def _words(element: Element) -> str:
    """The text inside, without the marks of footnotes."""
    if element.tag == "sup" and element.get("id", "").startswith("fnref"):
        return ""
    inside = "".join(_words(child) + (child.tail or "") for child in element)
    return (element.text or "") + inside


def _settle(root: Element, *, suffix: str, down: int) -> None:
    """Make a text part of a longer one: its headings further down, its ids its own.

    A footnote's id is known by its beginning, so what tells the texts apart comes last.
    """
    for element in root.iter():
        if re.fullmatch("h[2-6]", element.tag):
            element.tag = f"h{min(LOWEST, int(element.tag[1]) + down)}"
        if mark := element.get("id"):
            element.set("id", mark + suffix)
        if element.get("href", "").startswith("#"):
            element.set("href", element.get("href", "") + suffix)
