"""The one Markdown dialect of the product: which extensions, set how."""

import re

import markdown
from markdown.extensions import Extension
from markdown.extensions.attr_list import AttrListTreeprocessor
from markdown.inlinepatterns import SubstituteTagInlineProcessor

from flows.content.typography import Marks, marks_of
from flows.domain.language import Language

EXTENSIONS = ("extra", "admonition", "toc", "sane_lists", "smarty")
"""Segments are cut in the tree that these build: changing them means to sync every catalogue."""

BACKSLASH_BREAK = r"\\\n"
"""CommonMark's second way to write a hard line break (0.31, section 6.7)."""

ATTRIBUTES = re.compile(r"""\{:?[ ]*([^}\n ](?>="[^"\n]*"|='[^'\n]*'|[^}\n])*+)\}""")
"""An attribute list behind an inline element, up to its first brace outside of a value.

Python-Markdown reads on to the last brace of the line, and moves the words in between.
"""


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
        """Changes what the processor that is there looks for."""
        processor = md.treeprocessors["attr_list"]
        assert isinstance(processor, AttrListTreeprocessor)
        processor.INLINE_RE = ATTRIBUTES  # type: ignore[misc]  # final in their stubs alone


def new_markdown(
    language: Language, *extensions: Extension, marks: Marks | None = None
) -> markdown.Markdown:
    """A fresh converter for one text in `language`: used ones remember references and notes.

    Straight double quotes become `marks`, or else those of the language.
    """
    base = language.partition("-")[0]
    left, right = marks or marks_of(language)
    return markdown.Markdown(
        extensions=[*EXTENSIONS, HardBreaks(), InlineAttributes(), *extensions],
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
