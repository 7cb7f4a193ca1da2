"""Addresses that stand bare in a text: readers expect to follow them."""

import re
from typing import Final, NamedTuple
from xml.etree.ElementTree import Element

import markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.treeprocessors import InlineProcessor as Inlines
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
      | (?P<mail> (?P<scheme> mailto: )?
        [^\W_] (?: [\w.+-] | {INLINE_PLACEHOLDER_RE.pattern} ){{0,63}}
        @ [\w-]+ (?: \.[\w-]+ )* \.[^\W\d_]{{2,}} ) (?! _* [^\W_] | @ )
        (?(scheme) (?: \? {SIGN}+ )? )
    ) )"""
ENDS: Final = ".,;:!?…'’_~-"
"""Marks behind a web address that belong to the sentence, or are Markdown's."""
ESCAPED: Final = re.compile(rf"{STX}(\d+){ETX}")
"""What Python-Markdown makes of `\\_` and the like, until the text is whole."""
ESCAPED_IN_MAIL: Final = re.compile(rf"{STX}(?:{'|'.join(str(ord(sign)) for sign in '_.+-')}){ETX}")
LINK_TAG: Final = re.compile(r"<(/?)a\b", re.IGNORECASE)
PRIORITY: Final = 85
"""Below links, `<…>` and raw HTML (90); above emphasis (60) and the typographer's dashes."""


class BareAddresses(Extension):
    """`https://…`, `www.…` and `name@…` lead where they say."""

    def extendMarkdown(self, md: markdown.Markdown) -> None:  # noqa: N802  # their name
        """Registers the pattern."""
        md.inlinePatterns.register(Linker(ADDRESS, md), "bare_addresses", PRIORITY)


class Looked(NamedTuple):
    """Up to where a text was looked through for links of raw HTML, and whether one is open there.

    The placeholders in `before` mean what they mean in `stash` alone.
    """

    stash: object
    before: str
    is_linked: bool


class BareLink(Element):
    """The link of a bare address: braces behind it are words, no attributes of it."""


class Linker(InlineProcessor):
    """Makes a bare address a link; its signs are no Markdown."""

    ANCESTOR_EXCLUDES = ("a",)

    def __init__(self, pattern: str, md: markdown.Markdown) -> None:
        super().__init__(pattern, md)
        self._looked = Looked(stash=None, before="", is_linked=False)

    def handleMatch(  # type: ignore[override]  # noqa: N802  # their name; they foresee None
        self, m: re.Match[str], data: str
    ) -> tuple[Element | None, int | None, int | None]:
        """The link, unless raw HTML around it is one."""
        start = self._mail_start(m) if m["mail"] else m.start()
        if start is None or self._is_linked(data[:start]):
            return None, None, None
        found = data[start : m.end()]
        shown = (found if m["mail"] else self._before_markup(found)).rstrip(ENDS)
        address = ESCAPED.sub(lambda code: chr(int(code[1])), self.unescape(shown))
        scheme = "mailto:" if m["mail"] else "https://"
        link = BareLink("a", href=address if ":" in address[:8] else scheme + address)
        link.text = AtomicString(address)
        return link, start, start + len(shown)

    def _mail_start(self, m: re.Match[str]) -> int | None:
        """Where a mail address begins: behind a tag, never behind an escaped sign of its own."""
        start = m.start()
        for mark in INLINE_PLACEHOLDER_RE.finditer(m[0]):
            if not ESCAPED_IN_MAIL.fullmatch(self.unescape(mark[0])):
                start = m.start() + mark.end()
        before = m.string[max(0, m.string.rfind(STX, 0, start)) : start]
        is_cut = ESCAPED_IN_MAIL.fullmatch(self.unescape(before))
        return start if m.string[start].isalnum() and not is_cut else None

    def _before_markup(self, text: str) -> str:
        """The text up to what is more in it than an escaped sign: a tag, a break, code."""
        for mark in INLINE_PLACEHOLDER_RE.finditer(text):
            if not ESCAPED.fullmatch(self.unescape(mark[0])):
                return text[: mark.start()]
        return text

    def _is_linked(self, before: str) -> bool:
        """Whether a link of raw HTML is open behind `before`; goes on where it looked last."""
        inline = self.md.treeprocessors["inline"]
        assert isinstance(inline, Inlines)
        looked, stash = self._looked, inline.stashed_nodes
        if looked.stash is not stash or not before.startswith(looked.before):
            looked = Looked(stash=stash, before="", is_linked=False)
        is_linked = looked.is_linked
        for one in HTML_PLACEHOLDER_RE.finditer(self.unescape(before[len(looked.before) :])):
            if tag := LINK_TAG.match(str(self.md.htmlStash.rawHtmlBlocks[int(one[1])])):
                is_linked = not tag[1]
        self._looked = Looked(stash=stash, before=before, is_linked=is_linked)
        return is_linked
