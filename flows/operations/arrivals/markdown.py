"""Clean HTML as Markdown of the product's own dialect (`flows.content.markdown`)."""

import html
import re
from collections.abc import Collection
from typing import Any, Final
from urllib.parse import quote

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString
from markdownify import MarkdownConverter

from flows.operations.arrivals.cleaning import FOOTNOTE_NAME, is_hard

INDENT: Final = 4
"""Columns that a list's item is indented by: Python-Markdown asks for four."""
BLANKS: Final = " \t\r\n"
SPECIAL: Final = re.compile(r"([\\`*_\[\]{}|])")
ENTITY: Final = re.compile(r"&(?=#?\w+;)")
LINE_START: Final = re.compile(r"^(\s*)(?:([#>+:~=-])|(\d+)([.)])|(!!!))")
PLAIN: Final = str.maketrans({"\\": None, "[": "(", "]": ")"})
"""Signs that a title of Markdown cannot have."""
QUOTES: Final = re.compile(r'"([^"]*)"')
EDGES: Final = re.compile(r"^(\s*)(.*?)(\s*)$", re.DOTALL)
WRAPPED: Final = ("a", "b", "code", "del", "em", "i", "mark", "s", "strong")
MARKS: Final = frozenset({"strong", "em"})
APART: Final = re.compile(r"^(`{3,})\n.*?^\1$|\n{3,}", re.DOTALL | re.MULTILINE)
"""Code as it is, or too many empty lines."""
UNSAFE: Final = re.compile(r"[\s<>\"()\\`|]")
"""Signs that would end an address of Markdown, or that mean something in it."""
PRE: Final = re.compile(r"<pre>.*?</pre>", re.DOTALL)
LITERAL: Final = ("sub", "mark", "kbd")


def write_markdown(soup: BeautifulSoup) -> str:
    """The Markdown of a cleaned text, blocks apart by one empty line."""
    _move_edges_out(soup)
    text = Dialect(
        autolinks=False,
        bullets="-",
        heading_style="atx",
        keep_inline_images_in=["td", "th"],
        table_infer_header=True,
    ).convert_soup(soup)
    return APART.sub(lambda found: found[0] if found[1] else "\n\n", str(text)).strip() + "\n"


def _move_edges_out(soup: BeautifulSoup) -> None:
    """Set the spaces at the ends of marked words outside of the marks, whatever spaces they are."""
    for tag in reversed(soup.find_all(WRAPPED)):
        for index, place in ((0, tag.insert_before), (-1, tag.insert_after)):
            while tag.contents and isinstance(tag.contents[index], NavigableString):
                text = str(tag.contents[index])
                bare = text.lstrip() if index == 0 else text.rstrip()
                if bare == text and bare:
                    break
                spaces = text[: len(text) - len(bare)] if index == 0 else text[len(bare) :]
                tag.contents[index].extract()
                if bare:
                    tag.insert(0 if index == 0 else len(tag.contents), NavigableString(bare))
                if spaces:
                    place(NavigableString(spaces))
        if not tag.contents:
            tag.decompose()


class Dialect(MarkdownConverter):
    """Markdown that Python-Markdown reads back as it was meant."""

    def escape(self, text: str, parent_tags: Collection[str]) -> str:
        """A text in which no sign means anything but itself."""
        del parent_tags
        text = SPECIAL.sub(r"\\\1", ENTITY.sub("&amp;", text))
        return text.replace("<", "&lt;")

    def convert_p(self, el: Tag, text: str, parent_tags: Collection[str]) -> str:
        """A paragraph that is nothing else, whatever it begins with."""
        if "_inline" in parent_tags:
            return " " + text.strip(BLANKS) + " "
        if note := el.get(FOOTNOTE_NAME):
            return f"\n\n[^{note}]: {text.strip(BLANKS)}\n\n"
        lines = text.strip(BLANKS).split("\n")
        text = "\n".join(_shield(line) for line in lines)
        return f"\n\n{text}\n\n" if text else ""

    def convert_hN(  # noqa: N802  # their name
        self, n: int, el: Tag, text: str, parent_tags: Collection[str]
    ) -> str:
        """A heading; a sign of number at its end is none of Markdown's."""
        del el
        words = re.sub(r"#(?=#*$)", r"\\#", " ".join(text.strip(BLANKS).split("\n")))
        return words if "_inline" in parent_tags else f"\n\n{'#' * n} {words}\n\n"

    def convert_li(self, el: Tag, text: str, parent_tags: Collection[str]) -> str:
        """An item with all that is in it, four columns in."""
        del parent_tags
        text = text.strip(BLANKS)
        if not text:
            return "\n"
        if not el.find(["p", "ul", "ol", "pre", "blockquote"]):
            text = _shield(text)
        parent, bullet = el.parent, "-"
        if parent is not None and parent.name == "ol":
            start = str(parent.get("start", "1"))
            first = int(start) if start.isdecimal() else 1
            bullet = f"{first + len(el.find_previous_siblings('li'))}."
        lead, pad = bullet.ljust(2) + (" " if len(bullet) > 1 else ""), " " * INDENT
        lines = text.split("\n")
        return (
            "\n".join([lead + lines[0], *(pad + line if line else "" for line in lines[1:])]) + "\n"
        )

    def convert_list(self, el: Tag, text: str, parent_tags: Collection[str]) -> str:
        """A list; one within an item follows its text at once."""
        loose = any(item.find("p") for item in el.find_all("li", recursive=False))
        inside = text.strip("\n")
        if "li" in parent_tags:
            return ("\n\n" if loose else "\n") + inside
        return f"\n\n{inside}\n\n"

    convert_ul = convert_list
    convert_ol = convert_list

    def convert_a(self, el: Tag, text: str, parent_tags: Collection[str]) -> str:
        """A link; its address is on one line and whole."""
        del parent_tags
        href = _address(el.get("href"))
        before, words, after = EDGES.match(text).groups()  # type: ignore[union-attr]
        return f"{before}[{words}]({href}){after}" if words and href else text

    def convert_img(self, el: Tag, text: str, parent_tags: Collection[str]) -> str:
        """A picture with its text and its caption."""
        del text, parent_tags
        alt = SPECIAL.sub(r"\\\1", " ".join(str(el.get("alt") or "").split()))
        title = QUOTES.sub(r"“\1”", str(el.get("title") or "")).replace('"', "”")
        title = title.translate(PLAIN)
        shown = f' "{title}"' if title else ""
        return f"![{alt}]({_address(el.get('src'))}{shown})"

    def convert_br(self, el: Tag, text: str, parent_tags: Collection[str]) -> str:
        """A line's end; within code it is one already."""
        del el, text
        if "pre" in parent_tags:
            return "\n"
        return " " if "_inline" in parent_tags else "\\\n"

    def convert_pre(self, el: Tag, text: str, parent_tags: Collection[str]) -> str:
        """Code, in a fence longer than any in it; fences mean nothing in lists and quotations."""
        del el
        lines = text.strip("\n").split("\n")
        if {"li", "blockquote"} & set(parent_tags):
            return "\n\n" + "\n".join(" " * INDENT + line for line in lines) + "\n\n"
        longest = max(map(len, re.findall("`+", text)), default=0)
        fence = "`" * max(3, longest + 1)
        return "\n\n" + "\n".join((fence, *lines, fence)) + "\n\n"

    def convert_figure(self, el: Tag, text: str, parent_tags: Collection[str]) -> str:
        """A picture and what is said below it, each a paragraph."""
        del el, parent_tags
        return f"\n\n{text.strip()}\n\n"

    def convert_figcaption(self, el: Tag, text: str, parent_tags: Collection[str]) -> str:
        """What is said below a picture, in italics as letters have it."""
        del parent_tags
        words = " ".join(text.split("\n")).strip()
        marked = words if el.find(["em", "i", "p"]) else f"*{words}*"
        return f"\n\n{marked}\n\n" if words else ""

    def convert_q(self, el: Tag, text: str, parent_tags: Collection[str]) -> str:
        """A quotation in the running text, with its marks."""
        del el, parent_tags
        return f"«\u00a0{text.strip()}\u00a0»"

    def convert_abbr(self, el: Tag, text: str, parent_tags: Collection[str]) -> str:
        """An abbreviation with what it stands for."""
        del parent_tags
        title = html.escape(" ".join(str(el.get("title") or "").split()))
        return f'<abbr title="{title}">{text}</abbr>' if title else text

    def convert_em(self, el: Tag, text: str, parent_tags: Collection[str]) -> str:
        """Slanted words; with tags where asterisks would touch others."""
        return _marked(el, text, "*", inline="_noformat" in parent_tags)

    def convert_strong(self, el: Tag, text: str, parent_tags: Collection[str]) -> str:
        """Bold words, likewise."""
        return _marked(el, text, "**", inline="_noformat" in parent_tags)

    def convert_sup(self, el: Tag, text: str, parent_tags: Collection[str]) -> str:
        """The call of a footnote, or what stands higher, as in XXI<sup>e</sup>."""
        del parent_tags
        if note := el.get(FOOTNOTE_NAME):
            return f"[^{note}]"
        return f"<sup>{text}</sup>" if text.strip() else text

    def convert_del(self, el: Tag, text: str, parent_tags: Collection[str]) -> str:
        """What was struck out stays so."""
        del el, parent_tags
        return f"<del>{text}</del>" if text.strip() else text

    convert_s = convert_del

    def convert_table(self, el: Tag, text: str, parent_tags: Collection[str]) -> str:
        """A table of cells; what Markdown cannot say stays in HTML."""
        if is_hard(el):
            for cell in el.find_all(["td", "th"]):
                paragraphs = cell.find_all("p")
                if len(paragraphs) == 1:
                    paragraphs[0].unwrap()
            return f"\n\n{_one_line(el)}\n\n"
        del parent_tags
        return f"\n\n{text.strip()}\n\n"

    def convert_caption(self, el: Tag, text: str, parent_tags: Collection[str]) -> str:
        """A table's title stands above it."""
        del el, parent_tags
        return f"**{text.strip()}**\n\n" if text.strip() else ""


def _literal(name: str) -> Any:
    """Elements that Markdown has no signs for stay as they are."""

    def convert(_self: Dialect, _el: Tag, text: str, parent_tags: Collection[str]) -> str:
        del parent_tags
        return f"<{name}>{text}</{name}>" if text.strip() else text

    return convert


for _name in LITERAL:
    setattr(Dialect, f"convert_{_name}", _literal(_name))


def _marked(el: Tag, text: str, signs: str, *, inline: bool) -> str:
    if inline or not text.strip():
        return text
    beside = (el.previous_sibling, el.next_sibling)
    touches = any(isinstance(one, Tag) and one.name in MARKS for one in beside)
    if (
        touches
        or text.startswith("*")
        or text.endswith("*")
        or (isinstance(el.parent, Tag) and (el.parent.name in MARKS))
    ):
        return f"<{el.name}>{text}</{el.name}>"
    return f"{signs}{text}{signs}"


def _address(told: object) -> str:
    """An address on one line and whole (RFC 3986, 2.1)."""
    return UNSAFE.sub(lambda sign: quote(sign[0], safe=""), ENTITY.sub("&amp;", str(told or "")))


def _shield(line: str) -> str:
    """A line that begins no list, heading, quotation or box."""
    found = LINE_START.match(line)
    if not found:
        return line
    if found[3]:
        cut = found.end(3)
        return f"{line[:cut]}\\{line[cut:]}"
    sign = found[2] or "!"
    at = len(found[1])
    if sign in ":~=":
        return f"{line[:at]}&#{ord(sign)};{line[at + 1 :]}"
    return f"{line[:at]}\\{line[at:]}"


def _one_line(el: Tag) -> str:
    kept = PRE.sub(lambda found: found[0].replace("\n", "&#10;"), str(el))
    return " ".join(kept.split("\n"))
