"""The one Markdown dialect of the product: which extensions, set how."""

import re
from itertools import accumulate
from typing import Final
from xml.etree.ElementTree import Element

import markdown
from markdown.extensions import Extension
from markdown.extensions.attr_list import AttrListTreeprocessor
from markdown.extensions.smarty import SubstituteTextPattern
from markdown.inlinepatterns import SubstituteTagInlineProcessor
from markdown.treeprocessors import InlineProcessor, Treeprocessor
from markdown.util import STX, AtomicString

from flows.content.addresses import BareAddresses, BareLink
from flows.content.typography import APOSTROPHE, Marks, marks_of
from flows.domain.errors import InputError
from flows.domain.language import Language

EXTENSIONS = ("extra", "admonition", "toc", "sane_lists", "smarty")
"""Segments are cut in the tree that these build: changing them means to sync every catalogue."""

BACKSLASH_BREAK = r"\\\n"
"""CommonMark's second way to write a hard line break (0.31, section 6.7)."""

ATTRIBUTES = re.compile(r"""\{:?[ ]*([^}\n ](?>="[^"\n]*"|='[^'\n]*'|[^}\n])*+)\}""")
"""An attribute list behind an inline element, up to its first brace outside of a value.

Python-Markdown reads on to the last brace of the line, and moves the words in between.
"""

CLOSING: Final = re.compile(r"""["']+(?!\w)""")
"""Straight marks at the beginning of what follows an element, and of no word: ’s, ’70."""

DEEPEST_BRACKETS: Final = 50
"""Brackets within brackets of one block, closed or not, each of which may begin a link.

Python-Markdown looks for the end of each to the end of the block: thousands would take minutes.
"""
BRACKETS: Final = re.compile(r"[\[(\])]")

FOOTNOTE_RETURN = {
    "fr": "Retour à l’appel de la note %d",
    "en": "Back to the mark of note %d",
    "nl": "Terug naar de verwijzing naar noot %d",
    "de": "Zurück zum Verweis auf Anmerkung %d",
    "es": "Volver a la llamada de la nota %d",
    "it": "Torna al richiamo della nota %d",
    "pt": "Voltar à chamada da nota %d",
    "pl": "Wróć do odsyłacza przypisu %d",
}
"""What a screen reader says of a footnote's arrow; a language without one gets the arrow itself."""


class HardBreaks(Extension):
    """A backslash at the end of a line breaks it, as two spaces do."""

    def extendMarkdown(self, md: markdown.Markdown) -> None:  # noqa: N802  # their name
        """Registers the pattern below escapes (180): an escaped backslash breaks nothing."""
        processor = SubstituteTagInlineProcessor(BACKSLASH_BREAK, "br")
        md.inlinePatterns.register(processor, "backslash_break", 101)


class InlineAttributes(Extension):
    """An attribute list behind an inline element takes no words after it."""

    def extendMarkdown(self, md: markdown.Markdown) -> None:  # noqa: N802  # their name
        """Takes the place of the processor that is there (8)."""
        md.treeprocessors.register(AttributesOfMarkup(md), "attr_list", 8)


class AttributesOfMarkup(AttrListTreeprocessor):
    """Reads attribute lists; the braces behind a bare address are its reader's."""

    INLINE_RE = ATTRIBUTES  # type: ignore[misc]  # final in their stubs alone

    def run(self, root: Element) -> None:
        """Holds a sign before such braces, where the pattern looks for its first."""
        braced = [one for one in root.iter("a") if isinstance(one, BareLink) and one.tail]
        for link in braced:
            link.tail = STX + (link.tail or "")
        super().run(root)
        for link in braced:
            link.tail = (link.tail or "").removeprefix(STX)


class Apostrophes(Extension):
    """An apostrophe at the beginning of a word opens no quotation: ’s avonds."""

    def extendMarkdown(self, md: markdown.Markdown) -> None:  # noqa: N802  # their name
        """Registers the pattern above those for quotation marks (30), which smarty has set up."""
        smarty = md.treeprocessors["smarty"]
        assert isinstance(smarty, InlineProcessor)
        mark = SubstituteTextPattern(APOSTROPHE, ("&rsquo;",), md)
        smarty.inlinePatterns.register(mark, "apostrophe", 31)  # type: ignore[arg-type]  # as theirs


class ClosingMarks(Extension):
    """Straight marks right behind an inline element close, which the typographer cannot see."""

    def __init__(self, right: str) -> None:
        super().__init__()
        self._right = right

    def extendMarkdown(self, md: markdown.Markdown) -> None:  # noqa: N802  # their name
        """Registers the setter above the typographer (6)."""
        md.treeprocessors.register(MarkCloser(md, self._right), "closing_marks", 6.5)


class MarkCloser(Treeprocessor):
    """Sets the closing marks at the beginning of what follows an element."""

    def __init__(self, md: markdown.Markdown, right: str) -> None:
        super().__init__(md)
        self._signs = str.maketrans({'"': right, "'": "’"})

    def run(self, root: Element) -> None:
        """Looks behind every element but blocks and breaks, behind which marks open."""
        for element in root.iter():
            if element.tag == "br" or self.md.is_block_level(element.tag):
                continue
            if element.tail and (marks := CLOSING.match(element.tail)):
                closed = marks[0].translate(self._signs)
                element.tail = closed + element.tail[marks.end() :]


class BoundedBrackets(Extension):
    """Refuses brackets within brackets that nobody writes, before links are looked for."""

    def extendMarkdown(self, md: markdown.Markdown) -> None:  # noqa: N802  # their name
        """Registers the count above inline Markdown (20), below the segments' exchange (45)."""
        md.treeprocessors.register(BracketCounter(md), "brackets", 40)


class BracketCounter(Treeprocessor):
    """Counts the brackets of every text."""

    def run(self, root: Element) -> None:
        """Raises `InputError` for a text whose brackets lie too deep in each other."""
        for element in root.iter():
            for text in (element.text, element.tail):
                if text and not isinstance(text, AtomicString) and _depth(text) > DEEPEST_BRACKETS:
                    raise InputError("the text has brackets nested too deeply", field=text[:40])


def _depth(text: str) -> int:
    """How deep brackets lie in each other; one that closes none counts for nothing."""
    steps = (1 if sign in "[(" else -1 for sign in BRACKETS.findall(text))
    return max(accumulate(steps, lambda depth, step: max(0, depth + step)), default=0)


def new_markdown(
    language: Language, *extensions: Extension, marks: Marks | None = None
) -> markdown.Markdown:
    """A fresh converter for one text in `language`: used ones remember references and notes.

    Straight double quotes become `marks`, or else those of the language.
    """
    base = language.partition("-")[0]
    left, right = marks or marks_of(language)
    return markdown.Markdown(
        extensions=[
            *EXTENSIONS,
            HardBreaks(),
            InlineAttributes(),
            Apostrophes(),
            BoundedBrackets(),
            BareAddresses(),
            ClosingMarks(right),
            *extensions,
        ],
        extension_configs={
            "extra": {
                "tables": {"use_align_attribute": True},
                "footnotes": {"BACKLINK_TITLE": FOOTNOTE_RETURN.get(base, "↩ %d")},
            },
            "smarty": {
                "substitutions": {
                    "left-double-quote": left,
                    "right-double-quote": right,
                },
            },
        },
    )
