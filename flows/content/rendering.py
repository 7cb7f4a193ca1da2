"""One article in one language: a safe HTML fragment and the plain text that says the same."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from xml.etree.ElementTree import Element

from flows.content.components import mark_components
from flows.content.fragments import parse_fragment, polish, write_fragment
from flows.content.illustrating import Illustrator
from flows.content.images.files import is_remote
from flows.content.inline import CONTROLS, TYPED_BREAK
from flows.content.matching import match_key
from flows.content.plaintext import write_text
from flows.content.sanitising import sanitise, strip_holes
from flows.content.segments import convert, field_key
from flows.content.typography import Marks, Typography, for_fields, for_language, marks_of
from flows.domain.article import TRANSLATED_FIELDS, Article, FrontMatter
from flows.domain.image import DECORATIVE, Picture
from flows.domain.language import Language
from flows.domain.segment import SegmentKey
from flows.domain.style import PLAIN_STYLE, HouseStyle


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedArticle:
    """`html` is a fragment from `h2` down, sanitised; `text` is its plain text, 72 columns wide.

    `picture` is what `front.image` names, as a letter shows it.
    """

    language: Language
    front: FrontMatter
    picture: Picture | None = None
    html: str
    text: str


def render_article(
    article: Article,
    *,
    language: Language,
    source_language: Language,
    translations: Mapping[SegmentKey, str],
    style: HouseStyle = PLAIN_STYLE,
    illustrator: Illustrator | None = None,
) -> RenderedArticle:
    """The article in `language`; what has no translation stays in the source language.

    Nothing in it reads as the mark of a letter's own value, whoever wrote it. Marks and their
    spaces are set as the language and the house's `style` have them. Without an `illustrator`
    only pictures at https addresses are shown.
    """
    known = {match_key(key): text for key, text in translations.items() if text.strip()}
    if language == source_language:
        known = {}
    marks = style.outer_marks(language) or marks_of(language)
    html = _convert_body(article, language, source_language, known=known, marks=marks)
    root = parse_fragment(sanitise(html))
    typography = for_language(language, french=style.french_spacing)
    of_fields = for_fields(typography, marks=marks)
    if illustrator:
        illustrator.illustrate(root)
    else:
        _drop_files(root)
    polish(root, typography=typography)
    mark_components(root, typography=of_fields)
    return RenderedArticle(
        language=language,
        front=_translate_front(article.front, typography=of_fields, known=known),
        picture=illustrator.lead_picture() if illustrator else _remote_picture(article.front),
        html=strip_holes(write_fragment(root)),
        text=strip_holes(write_text(root)),
    )


def _drop_files(root: Element) -> None:
    for element in root.iter("img"):
        if not is_remote(element.get("src", "")):
            element.attrib.pop("src", None)


def _remote_picture(front: FrontMatter) -> Picture | None:
    return Picture(source=front.image) if is_remote(front.image) else None


def _convert_body(
    article: Article,
    language: Language,
    source_language: Language,
    *,
    known: Mapping[SegmentKey, str],
    marks: Marks,
) -> str:
    of_source = marks if language == source_language else None
    original = convert(article.body, language=source_language, marks=of_source)
    if language == source_language:
        return original.html

    def exchange(key: SegmentKey, _kind: str) -> str | None:
        return known.get(match_key(key))

    return convert(
        article.body,
        language=language,
        exchange=exchange,
        anchors=original.anchors,
        marks=marks,
    ).html


def _translate_front(
    front: FrontMatter, *, typography: Typography, known: Mapping[SegmentKey, str]
) -> FrontMatter:
    values: dict[str, Any] = {}
    for name in TRANSLATED_FIELDS:
        source = getattr(front, name)
        text = known.get(match_key(field_key(name, source)), source)
        flat = TYPED_BREAK.sub(" ", CONTROLS.sub("", text)).strip()
        values[name] = strip_holes(typography(flat))
    if values["image_alt"] == DECORATIVE:
        values["image_alt"] = ""
    return replace(front, **values)
