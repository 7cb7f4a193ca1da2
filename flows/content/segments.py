"""Segments are cut from, and put back into, Python-Markdown's own tree.

The cut falls after blocks are parsed and before inline Markdown is, so that no translation can
change an article's structure and each segment is exactly one heading, paragraph, item or cell.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from xml.etree.ElementTree import Element

import markdown
from markdown.extensions import Extension
from markdown.extensions.abbr import AbbrTreeprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from flows.content.inline import CONTROLS, HEADINGS, LETTER, TYPED_BREAK, take_apart
from flows.content.locating import Locator
from flows.content.markdown import new_markdown
from flows.content.matching import match_key
from flows.content.rawhtml import translate_block
from flows.content.typography import Marks
from flows.domain.article import TRANSLATED_FIELDS, Article
from flows.domain.digest import digest_strings
from flows.domain.errors import InputError
from flows.domain.image import DECORATIVE
from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentKey

CUT_PRIORITY = 45
"""Below the footnotes (50), which must be in the tree; above inline Markdown (20)."""
ANCHOR_PRIORITY = 5.5
"""Below attribute lists (8), which set ids; above the table of contents (5), which uses them."""
READING_PRIORITY = 4
"""Below the table of contents, which gives the headings their ids."""
UNDETERMINED = Language("und")
"""Where the cut falls is the same in every language (ISO 639-2 names this one `und`)."""
SKIPPED = frozenset({"pre", "code", "script", "style", "svg", "math"})
ADDRESSES = ("http://", "https://", "mailto:", "/")

Exchange = Callable[[SegmentKey, str], str | None]
"""Takes a segment's key and kind; gives its translation, or `None` to leave it as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """An article's body as HTML, not yet sanitised, and its headings' ids in reading order."""

    html: str
    anchors: tuple[str, ...]


def convert(
    body: str,
    *,
    language: Language,
    exchange: Exchange | None = None,
    anchors: Sequence[str] | None = None,
    marks: Marks | None = None,
) -> Conversion:
    """`body` as HTML, each segment exchanged; `anchors` are ids to give to the headings in turn.

    `marks` are the quotation marks to set, if they are not the language's usual ones. Raises
    `InputError` for blocks or brackets that are nested too deeply.
    """
    extension = SegmentExtension(exchange, anchors)
    try:
        html = new_markdown(language, extension, marks=marks).convert(body)
    except RecursionError:
        raise InputError("the text has elements nested too deeply") from None
    return Conversion(html=html, anchors=tuple(extension.anchors_read))


@lru_cache(maxsize=16)
def convert_plainly(body: str) -> Conversion:
    """`body` as it is written, in no language; the latest texts are remembered."""
    return convert(body, language=UNDETERMINED)


def cut_segments(article: Article) -> list[Segment]:
    """Every segment of the article in catalogue order: front-matter fields, body, a digest's lists.

    Texts that differ only in their typing (`flows.content.matching`) are one segment. The latest
    texts are remembered: whoever looks at an article asks for its segments many times.
    """
    return list(_cut(article, tuple(article.field_lines.items())))


@lru_cache(maxsize=16)
def _cut(article: Article, _lines: tuple[tuple[str, int], ...]) -> tuple[Segment, ...]:
    """An article with its lines, which articles are not compared by."""
    found: dict[SegmentKey, Segment] = {}
    locator = Locator(article)

    def collect(key: SegmentKey, kind: str) -> None:
        if match_key(key) not in found:
            line = locator.find(key)
            found[match_key(key)] = Segment(
                source=key.source, kind=kind, context=key.context, line=line
            )

    for name in TRANSLATED_FIELDS:
        if (value := getattr(article.front, name)) and value != DECORATIVE:
            collect(field_key(name, value), name)
    convert(article.body, language=UNDETERMINED, exchange=collect)
    for key, kind, line in digest_strings(article.front.articles, article.front.agenda):
        segment = Segment(source=key.source, kind=kind, context=key.context, line=line)
        found.setdefault(match_key(key), segment)
    return tuple(found.values())


def field_key(name: str, value: str) -> SegmentKey:
    """The key of a front-matter field's segment."""
    return SegmentKey(f"meta:{name}", value)


class SegmentExtension(Extension):
    """Hooks the exchange of segments and the headings' ids into a converter."""

    def __init__(self, exchange: Exchange | None, anchors: Sequence[str] | None) -> None:
        super().__init__()
        self.exchange = exchange
        self.anchors = anchors
        self.anchors_read: list[str] = []

    def extendMarkdown(self, md: markdown.Markdown) -> None:  # noqa: N802  # their name
        """Registers what this conversion asks for."""
        if self.exchange:
            processor = SegmentProcessor(md, self.exchange)
            md.treeprocessors.register(processor, "segments", CUT_PRIORITY)
        if self.anchors is not None:
            writer = AnchorWriter(md, self.anchors)
            md.treeprocessors.register(writer, "anchor_writer", ANCHOR_PRIORITY)
        reader = AnchorReader(md, self.anchors_read)
        md.treeprocessors.register(reader, "anchor_reader", READING_PRIORITY)


class AnchorWriter(Treeprocessor):
    """Gives headings the ids of another language, so that links to them hold in every edition."""

    def __init__(self, md: markdown.Markdown, anchors: Sequence[str]) -> None:
        super().__init__(md)
        self.anchors = anchors

    def run(self, root: Element) -> None:
        """Sets each heading's id in turn, whatever a translation made of it."""
        for heading, anchor in zip(_headings(root), self.anchors, strict=False):
            heading.set("id", anchor)


class AnchorReader(Treeprocessor):
    """Notes the headings' ids in reading order."""

    def __init__(self, md: markdown.Markdown, anchors: list[str]) -> None:
        super().__init__(md)
        self.anchors = anchors

    def run(self, root: Element) -> None:
        """Appends to the list it was given."""
        self.anchors += [heading.get("id", "") for heading in _headings(root)]


class SegmentProcessor(Treeprocessor):
    """Offers every translatable text of a document to an exchange and takes what it gives."""

    def __init__(self, md: markdown.Markdown, exchange: Exchange) -> None:
        super().__init__(md)
        self.exchange = exchange

    def run(self, root: Element) -> None:
        """Walks the blocks in reading order, then what the document keeps outside its tree."""
        self._walk(root)
        self._exchange_references()
        self._exchange_abbreviations()
        self._exchange_raw_html()

    def _walk(self, parent: Element) -> None:
        for child in parent:
            if child.tag not in SKIPPED:
                self._exchange_text(child, "text", tag=str(child.tag))
                self._exchange_attributes(child)
                self._walk(child)
            self._exchange_text(child, "tail", tag=str(parent.tag))

    def _exchange_text(self, holder: Element, slot: Literal["text", "tail"], *, tag: str) -> None:
        raw = getattr(holder, slot)
        if not raw or isinstance(raw, AtomicString):
            return
        block = take_apart(raw, tag=tag, labels=self.md.references)
        if block:
            translation = self.exchange(SegmentKey(None, block.source), tag)
            setattr(holder, slot, block.put_together(translation or block.source))

    def _exchange_attributes(self, element: Element) -> None:
        if element.get("class") == "footnote-backref":
            return
        for name in ("title", "alt"):
            if text := element.get(name):
                element.set(name, self._exchange_plain(f"@{name}", text, kind=name))

    def _exchange_references(self) -> None:
        for label, (url, title) in list(self.md.references.items()):
            shown = self._exchange_plain("@title", title, kind="title") if title else title
            target = url
            if url.startswith(ADDRESSES):
                target = self._exchange_plain("@url", url, kind="url")
            self.md.references[label] = (target, shown)

    def _exchange_abbreviations(self) -> None:
        processor = self.md.treeprocessors["abbr"]
        if not isinstance(processor, AbbrTreeprocessor):
            return
        renamed = {}
        for name, meaning in processor.abbrs.items():
            told = self._exchange_plain(f"abbr:{name}", meaning, kind="abbr")
            renamed[self._exchange_plain("abbr", name, kind="abbr")] = told
        processor.abbrs.clear()
        processor.abbrs.update(renamed)

    def _exchange_raw_html(self) -> None:
        blocks: list[str | Element] = self.md.htmlStash.rawHtmlBlocks
        for index, block in enumerate(blocks):
            if isinstance(block, str):
                blocks[index] = translate_block(block, self._exchange_html)

    def _exchange_html(self, inside: str) -> str | None:
        translation = self.exchange(SegmentKey("html", inside), "html")
        return CONTROLS.sub("", translation) if translation else None

    def _exchange_plain(self, context: str, text: str, *, kind: str) -> str:
        if not LETTER.search(text):
            return text
        translation = self.exchange(SegmentKey(context, text), kind) or ""
        return TYPED_BREAK.sub(" ", CONTROLS.sub("", translation)).strip() or text


def _headings(root: Element) -> list[Element]:
    return [element for element in root.iter() if element.tag in HEADINGS]
