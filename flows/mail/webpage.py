"""A letter as a page: the same words and looks in HTML that a browser's rules allow.

Mail programs need layout tables with attributes that HTML dropped, and CSS for Outlook alone. A
page needs neither.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from typing import Final

VOID: Final = {"br", "hr", "img", "wbr", "col"}
OUTSIDE: Final = {"html", "head", "body", "meta", "title", "noscript", "xml", "script", "link"}
"""Tags that the page writes itself, or does without."""
DROPPED: Final = {"title", "noscript", "xml", "script"}
"""Of these the content goes, too."""
KEPT: Final = {
    "*": {"id", "class", "lang", "dir", "role", "title", "style"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "del": {"datetime"},
    "ins": {"datetime"},
}
AS_STYLE: Final = {"align": "text-align", "valign": "vertical-align", "bgcolor": "background-color"}
"""What HTML once said in attributes."""
FOR_OUTLOOK: Final = re.compile(r"(?:^|(?<=[;{\s]))(?:mso-|-ms-)[\w-]+\s*:[^;}]*;?\s*")
OUTLOOK_ON_THE_WEB: Final = "[data-ogs"
"""Begins the rules for what it has darkened by itself."""
PAGE_ROLES: Final = {"article"}
"""Roles that the letter gives itself as a whole; on a page that is `<main>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebLetter:
    """What a page needs of a letter: its styles and what stands between `<body>` and its end."""

    styles: str
    body: str


def web_letter(html: str) -> WebLetter:
    """The letter without what only mail programs understand."""
    cleaner = _Cleaner()
    cleaner.feed(html)
    cleaner.close()
    return WebLetter(styles="\n".join(cleaner.styles), body="".join(cleaner.pieces))


def _as_styles(tag: str, given: dict[str, str]) -> Iterator[str]:
    """What old attributes said, in CSS. A centred table is centred by what is around it."""
    for name, value in given.items():
        if name in AS_STYLE and not (tag == "table" and name == "align"):
            yield f"{AS_STYLE[name]}: {value}"
        elif name == "width" and tag in {"table", "td"}:
            yield f"width: {value}px" if value.isdecimal() else f"width: {value}"


class _Cleaner(HTMLParser):
    """Writes the tags that a page keeps. Comments, conditional ones among them, are left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.styles: list[str] = []
        self._dropped = 0
        self._media: str | None = None
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """Keep a tag with what of its attributes still means something."""
        given = {name: value or "" for name, value in attrs}
        if tag == "style":
            self._in_style, self._media = True, given.get("media")
        elif tag in DROPPED:
            self._dropped += 1
        elif tag == "body":
            self._write("div", {"style": given.get("style", "")})
        elif tag not in OUTSIDE and not self._dropped:
            self._write(tag, given)

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened."""
        if tag == "style":
            self._in_style = False
        elif tag in DROPPED:
            self._dropped = max(0, self._dropped - 1)
        elif tag == "body":
            self.pieces.append("</div>")
        elif tag not in OUTSIDE and tag not in VOID and not self._dropped:
            self.pieces.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Text stays; styles are collected."""
        if self._in_style and OUTLOOK_ON_THE_WEB in data:
            return
        if self._in_style:
            css = FOR_OUTLOOK.sub("", data).strip()
            self.styles.append(f"@media {self._media} {{ {css} }}" if self._media else css)
        elif not self._dropped and self.pieces:
            self.pieces.append(escape(data, quote=False))

    def _write(self, tag: str, given: dict[str, str]) -> None:
        allowed = KEPT["*"] | KEPT.get(tag, set())
        kept = {name: value for name, value in given.items() if name in allowed}
        if kept.get("role") in PAGE_ROLES:
            del kept["role"]
        for size in {"width", "height"} & kept.keys():
            if not kept[size].isdecimal():
                del kept[size]
        styles = [*_as_styles(tag, given)]
        own = FOR_OUTLOOK.sub("", kept.pop("style", "")).strip().rstrip(";")
        style = "; ".join([*styles, own] if own else styles)
        if style:
            kept["style"] = style
        written = "".join(f' {name}="{escape(value)}"' for name, value in kept.items())
        self.pieces.append(f"<{tag}{written}>")
