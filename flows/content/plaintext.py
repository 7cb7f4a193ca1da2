"""The plain-text part: an article's blocks laid out for a fixed width, links as numbered notes."""

import re
import textwrap
import unicodedata
from collections.abc import Callable
from xml.etree.ElementTree import Element

from flows.content.components import BUTTON
from flows.content.tables import lay_out_table

WIDTH_COLUMNS = 72
UNDERLINES = {"h1": "=", "h2": "=", "h3": "-", "h4": "-", "h5": "-", "h6": "-"}
RULE = "* * *"
ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
"""What `<bdi>` is in plain text (UAX 9, 2.4): words of the other direction move no marks."""
BLOCK_NAMES = """
    blockquote caption dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre
    summary table ul
"""
BLOCKS = frozenset(BLOCK_NAMES.split())


def write_text(root: Element, *, width: int = WIDTH_COLUMNS) -> str:
    """The text of a fragment, `width` columns wide, the addresses of its links at the end."""
    writer = _Writer()
    blocks = writer.blocks(root, width)
    notes = [f"[{number}] {address}" for address, number in writer.addresses.items()]
    return "\n\n".join([*blocks, *(["\n".join(notes)] if notes else [])])


def measure(text: str) -> int:
    """The columns that `text` takes in a terminal: marks none, wide East Asian signs two."""
    return sum(
        0
        if unicodedata.combining(sign) or unicodedata.category(sign) == "Cf"
        else 1 + (unicodedata.east_asian_width(sign) in "WF")
        for sign in text
    )


def wrap(text: str, width: int) -> list[str]:
    """The lines of `text`; no-break spaces hold, long words and addresses stay whole."""
    lines = []
    for line in text.split("\n"):
        lines += textwrap.wrap(
            line.strip(" "), width, break_long_words=False, break_on_hyphens=False
        )
    return lines


class _Writer:
    """Lays out blocks, and numbers the addresses that it meets."""

    def __init__(self) -> None:
        self.addresses: dict[str, int] = {}
        self._layouts: dict[str, Callable[[Element, int], list[str]]] = {
            "blockquote": self._quotation,
            "dd": self._definition,
            "dl": self._definitions,
            "hr": lambda _element, _width: [RULE],
            "ol": self._list,
            "p": self._words,
            "pre": self._verbatim,
            "table": self._table,
            "ul": self._list,
            **dict.fromkeys(UNDERLINES, self._heading),
        }

    def blocks(self, parent: Element, width: int) -> list[str]:
        """The blocks inside `parent`; text that lies between them is a block too."""
        found: list[str] = []
        run = [_collapse(parent.text)]
        for child in parent:
            if child.tag in BLOCKS:
                found += [*_paragraph(run, width), *self._block(child, width)]
                run = []
            else:
                run.append(self.inline(child))
            run.append(_collapse(child.tail))
        return [*found, *_paragraph(run, width)]

    def inline(self, element: Element) -> str:
        """The text of an element inside a paragraph; a hard line break is a newline."""
        if element.tag == "br":
            return "\n"
        if element.tag == "img":
            return f"[{element.get('alt')}]" if element.get("alt") else ""
        inside = _collapse(element.text) + "".join(
            self.inline(child) + _collapse(child.tail) for child in element
        )
        if element.tag == "sup" and element.get("id", "").startswith("fnref"):
            return f"\u00a0({inside})"
        if element.tag == "bdi" or element.get("dir"):
            inside = f"{ISOLATE}{inside}{POP_ISOLATE}"
        return self._link(element, inside) if element.tag == "a" else inside

    def _link(self, element: Element, inside: str) -> str:
        address = element.get("href", "")
        if address.startswith("#"):
            return "" if address.startswith("#fnref") else inside
        shown = inside.strip()
        web = f"https://{shown}" if shown.lower().startswith("www.") else shown
        if address in {shown, f"mailto:{shown}", web}:
            return inside
        number = self.addresses.setdefault(address, len(self.addresses) + 1)
        return f"{inside} [{number}]"

    def _block(self, element: Element, width: int) -> list[str]:
        layout = self._layouts.get(element.tag)
        return layout(element, width) if layout else self.blocks(element, width)

    def _words(self, element: Element, width: int) -> list[str]:
        """A paragraph; a button's address stands below its words, not among the notes."""
        if element.get("class") != BUTTON:
            return self.blocks(element, width)
        label = wrap(_collapse("".join(element.itertext())).strip(), width)
        return ["\n".join([*label, element[0].get("href", "")])]

    def _heading(self, element: Element, width: int) -> list[str]:
        lines = wrap(self.inline(element).strip(), width)
        if not lines:
            return []
        underline = UNDERLINES[element.tag] * max(measure(line) for line in lines)
        return ["\n".join([*lines, underline])]

    def _quotation(self, element: Element, width: int) -> list[str]:
        inside = "\n\n".join(self.blocks(element, width - 2))
        return [textwrap.indent(inside, "> ", lambda _line: True).replace("> \n", ">\n")]

    def _verbatim(self, element: Element, _width: int) -> list[str]:
        return [textwrap.indent("".join(element.itertext()).strip("\n"), "    ")]

    def _definitions(self, element: Element, width: int) -> list[str]:
        return ["\n".join(self.blocks(element, width))]

    def _definition(self, element: Element, width: int) -> list[str]:
        return [textwrap.indent("\n\n".join(self.blocks(element, width - 4)), "    ")]

    def _list(self, element: Element, width: int) -> list[str]:
        items = [child for child in element if child.tag == "li"]
        loose = any(child.tag == "p" for item in items for child in item)
        gap = "\n\n" if loose else "\n"
        markers = _markers(element, items)
        return [
            gap.join(
                self._item(item, marker, width=width, gap=gap)
                for item, marker in zip(items, markers, strict=True)
            )
        ]

    def _item(self, item: Element, marker: str, *, width: int, gap: str) -> str:
        inside = gap.join(self.blocks(item, width - len(marker)))
        return marker + textwrap.indent(inside, " " * len(marker)).lstrip(" ")

    def _table(self, element: Element, width: int) -> list[str]:
        captions = [line for part in element.iter("caption") for line in self.blocks(part, width)]
        return captions + lay_out_table(element, write=self.inline, measure=measure, width=width)


def _collapse(text: str | None) -> str:
    return re.sub(r"[ \t\r\n]+", " ", text or "")


def _paragraph(run: list[str], width: int) -> list[str]:
    lines = wrap("".join(run).strip(), width)
    return ["\n".join(lines)] if lines else []


def _markers(element: Element, items: list[Element]) -> list[str]:
    if element.tag == "ul":
        return ["- "] * len(items)
    start = element.get("start", "1")
    first = int(start) if re.fullmatch(r"\d{1,6}", start) else 1
    notes = any(item.get("id", "").startswith("fn:") for item in items)
    shape = "({}) " if notes else "{}. "
    return [shape.format(first + index) for index in range(len(items))]
