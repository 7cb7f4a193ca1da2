"""Addresses that stand bare in a text: readers expect to follow them."""

import re
from typing import Final
from xml.etree.ElementTree import Element

import markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.util import (
    ETX,
    HTML_PLACEHOLDER_RE,
    INLINE_PLACEHOLDER_RE,
    STX,
    AtomicString,
)

SIGN: Final = rf"""[^\s<>()\[\]{{}}|\\^`*"«»“”„{STX}{ETX}]"""
ADDRESS: Final = rf"""(?x:
    (?<![^\W_]) (?<![@./:+-])
    (?: (?: (?i: https?://(?=\w) | www\.(?=[\w-]+\.\w) ) )
        (?: {SIGN} | \( {SIGN}* \) | {INLINE_PLACEHOLDER_RE.pattern} )+
      | (?P<mail> (?: mailto: )? [^\W_] [\w.+-]{{0,63}} @ [\w-]+ (?: \.[\w-]+ )* \.[^\W\d_]{{2,}} )
        (?![\w@])
    ) )"""
ENDS: Final = ".,;:!?…'’_~-"
"""Marks behind a web address that belong to the sentence, or are Markdown's."""
ESCAPED: Final = re.compile(rf"{STX}(\d+){ETX}")
"""What Python-Markdown makes of `\\_` and the like, until the text is whole."""
LINK_TAG: Final = re.compile(r"<(/?)a\b", re.IGNORECASE)
PRIORITY: Final = 85
"""Below links, `<…>` and raw HTML (90); above emphasis (60) and the typographer's dashes."""


class BareAddresses(Extension):
    """`https://…`, `www.…` and `name@…` lead where they say."""

    def extendMarkdown(self, md: markdown.Markdown) -> None:  # noqa: N802  # their name
        """Registers the pattern."""
        md.inlinePatterns.register(Linker(ADDRESS, md), "bare_addresses", PRIORITY)


class Linker(InlineProcessor):
    """Makes a bare address a link; its signs are no Markdown."""

    ANCESTOR_EXCLUDES = ("a",)

    def handleMatch(  # type: ignore[override]  # noqa: N802  # their name; they foresee None
        self, m: re.Match[str], data: str
    ) -> tuple[Element | None, int | None, int | None]:
        """The link, unless raw HTML around it is one."""
        if self._is_linked(data[: m.start()]):
            return None, None, None
        shown = m[0] if m["mail"] else self._before_markup(m[0]).rstrip(ENDS)
        address = ESCAPED.sub(lambda code: chr(int(code[1])), self.unescape(shown))
        scheme = "mailto:" if m["mail"] else "https://"
        link = Element("a", href=address if ":" in address[:8] else scheme + address)
        link.text = AtomicString(address)
        return link, m.start(), m.start() + len(shown)

    def _before_markup(self, text: str) -> str:
        """The text up to what is more in it than an escaped sign: a tag, a break, code."""
        for mark in INLINE_PLACEHOLDER_RE.finditer(text):
            if not ESCAPED.fullmatch(self.unescape(mark[0])):
                return text[: mark.start()]
        return text

    def _is_linked(self, before: str) -> bool:
        blocks = self.md.htmlStash.rawHtmlBlocks
        found = HTML_PLACEHOLDER_RE.finditer(self.unescape(before))
        tags = [LINK_TAG.match(str(blocks[int(one[1])])) for one in found]
        links = [tag for tag in tags if tag]
        return bool(links) and not links[-1][1]
