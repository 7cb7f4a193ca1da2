"""HTML from anywhere, made into what the product's Markdown can say."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.element import Comment, NavigableString, PreformattedString

from flows.operations.arrivals.addresses import whole_address
from flows.operations.arrivals.arrival import Note
from flows.operations.arrivals.marks import join_marks, part_paragraphs, settle_marks

DROPPED: Final = {
    "script": "a script",
    "style": "a style",
    "link": "",
    "meta": "",
    "template": "",
    "noscript": "",
    "svg": "a drawing (SVG)",
    "math": "a formula (MathML)",
    "canvas": "a drawing (canvas)",
    "iframe": "an embedded page",
    "embed": "an embedded object",
    "object": "an embedded object",
    "applet": "an embedded object",
    "video": "a video",
    "audio": "a recording",
    "form": "a form",
    "button": "a button",
    "input": "",
    "select": "",
    "textarea": "",
    "dialog": "",
    "nav": "",
}
"""Elements that go with all that is in them, and what is said of each."""
CODE: Final = frozenset({"script", "style"})
"""Of those, the ones whose words nobody reads."""
INLINE_NAMES: Final = "a abbr b br code del em i img kbd mark q s strong sub sup"
INLINE: Final = frozenset(INLINE_NAMES.split())
BLOCK_NAMES: Final = """
    blockquote caption dd dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre table tbody td
    tfoot th thead tr ul
"""
BLOCKS: Final = frozenset(BLOCK_NAMES.split())
KEPT: Final = {
    "a": {"href"},
    "abbr": {"title"},
    "img": {"src", "alt"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
FOOTNOTE: Final = re.compile(r"#(?:_?ftn|footnote|fn|sdfootnote|endnote)", re.IGNORECASE)
FOOTNOTE_NAME: Final = "data-footnote"
"""Marks a note's call, and its text, with its name."""
SPACES: Final = re.compile(r"[ \t\r\n\f]+")
"""What HTML takes for one space; no-break and narrow spaces are signs like any other."""
LAZY: Final = ("data-src", "data-lazy-src", "data-original", "data-orig-file")


def clean(soup: BeautifulSoup, *, title: str, base_url: str, note: Note) -> None:
    """Leave in a text only what can be carried over, and note what goes.

    Links become whole addresses by `base_url`; headings begin at the second level, the `title`
    being the first, and leave out none.
    """
    for comment in soup.find_all(
        string=lambda text: isinstance(text, PreformattedString | Comment)
    ):
        comment.extract()
    _drop(soup, note)
    for image in soup.find_all("img"):
        _settle_image(image)
    for link in soup.find_all("a"):
        _settle_link(link, base_url, note)
    _settle_tables(soup, note)
    settle_marks(soup)
    _unwrap_unknown(soup)
    _collapse_spaces(soup)
    _settle_captions(soup)
    part_paragraphs(soup)
    join_marks(soup)
    _settle_headings(soup, title)
    _drop_empty(soup)


def _drop(soup: BeautifulSoup, note: Note) -> None:
    for tag in soup.find_all(list(DROPPED)):
        if tag.decomposed:
            continue
        if what := DROPPED[tag.name]:
            inner = tag.find("source")
            address = tag.get("src") or tag.get("data") or (inner.get("src") if inner else "")
            words = "" if tag.name in CODE else tag.get_text(" ")
            note(f"{what} was left out", str(address or words))
        tag.decompose()
    for tag in soup.select("[hidden]"):
        if not tag.decomposed:
            tag.decompose()


def _settle_image(image: Tag) -> None:
    lazy = next((str(image[name]) for name in LAZY if image.get(name)), "")
    source = str(image.get("src") or "")
    if lazy and (not source or source.startswith("data:")):
        source = lazy
    if not source:
        image.decompose()
        return
    image["src"] = source


def _settle_link(link: Tag, base_url: str, note: Note) -> None:
    address = str(link.get("href") or "").strip()
    if FOOTNOTE.match(address) or not address:
        return _unlink(link)
    if address.startswith("#"):
        note("a link within the text lost its target", link.get_text())
        return _unlink(link)
    whole = whole_address(address, base_url)
    if urlsplit(whole).scheme.lower() not in {"http", "https", "mailto"}:
        note("a link leads nowhere from a letter", address)
        return _unlink(link)
    link["href"] = whole
    return None


def _unlink(link: Tag) -> None:
    link.unwrap()


def _settle_tables(soup: BeautifulSoup, note: Note) -> None:
    for table in soup.find_all("table"):
        rows = table.find_all("tr")
        is_layout = table.get("role") == "presentation" or all(
            len(row.find_all(["td", "th"], recursive=False)) < 2 for row in rows
        )
        if is_layout:
            for tag in [*table.find_all(["tbody", "thead", "tfoot", "tr"]), table]:
                tag.unwrap()
            for cell in soup.find_all(["td", "th"]):
                if cell.find_parent("table") is None:
                    cell.name = "p" if not cell.find(sorted(BLOCKS)) else "div"
            continue
        if is_hard(table):
            note(
                "a table with merged cells, or with blocks in its cells, stays in HTML",
                table.get_text(" "),
            )


def is_hard(table: Tag) -> bool:
    """Whether Markdown cannot say a table."""
    spans = any(
        str(cell.get(name, "1")) not in {"1", "0", ""}
        for cell in table.find_all(["td", "th"])
        for name in ("colspan", "rowspan")
    )
    blocks = any(
        len(cell.find_all("p")) > 1 or cell.find(["ul", "ol", "table", "blockquote", "br", "pre"])
        for cell in table.find_all(["td", "th"])
    )
    return spans or blocks


def _unwrap_unknown(soup: BeautifulSoup) -> None:
    """Keep the tags that mean something, with the attributes that do."""
    for tag in list(soup.find_all(True)):
        if tag.name in {"div", "section", "article", "main", "header", "footer", "aside"}:
            _unwrap_block(tag)
        elif tag.name not in INLINE | BLOCKS:
            tag.unwrap()
        else:
            tag.attrs = {
                name: value
                for name, value in tag.attrs.items()
                if name in KEPT.get(tag.name, set()) or name == FOOTNOTE_NAME
            }
    _wrap_loose(soup)


def _wrap_loose(tag: Tag) -> None:
    for run in list(_loose_runs(tag)):
        paragraph = Tag(name="p")
        run[0].insert_before(paragraph)
        for one in run:
            paragraph.append(one.extract())


def _unwrap_block(tag: Tag) -> None:
    """A block without a meaning: loose text in it is a paragraph."""
    blocks = tag.find(sorted(BLOCKS | {"div", "section", "article", "header", "footer", "aside"}))
    if blocks is None and (tag.get_text().strip() or tag.find("img")):
        tag.name = "p"
        tag.attrs = {}
        return
    _wrap_loose(tag)
    tag.unwrap()


def _loose_runs(tag: Tag) -> Iterator[list[NavigableString | Tag]]:
    """What lies beside blocks within a block, piece by piece."""
    run: list[NavigableString | Tag] = []
    for child in list(tag.children):
        inline = not isinstance(child, Tag) or child.name in INLINE | {"span", "u", "font", "small"}
        if inline and isinstance(child, NavigableString | Tag):
            run.append(child)
            continue
        if any(one.get_text().strip() for one in run):
            yield run
        run = []
    if any(one.get_text().strip() for one in run):
        yield run


def _settle_captions(soup: BeautifulSoup) -> None:
    """The caption of a picture is its title, as the product has it; that of several is text."""
    for figure in soup.find_all("figure"):
        images, caption = figure.find_all("img"), figure.find("figcaption")
        if len(images) == 1 and caption is not None:
            images[0]["title"] = " ".join(caption.get_text().split(" ")).strip()
            caption.decompose()


def _collapse_spaces(soup: BeautifulSoup) -> None:
    soup.smooth()
    for text in soup.find_all(string=True):
        if text.find_parent("pre") is None:
            text.replace_with(SPACES.sub(" ", str(text)))


def _settle_headings(soup: BeautifulSoup, title: str) -> None:
    headings = soup.find_all(list(HEADINGS))
    for heading in list(headings):
        words = " ".join(heading.get_text().split())
        if not words or words == " ".join(title.split()):
            headings.remove(heading)
            for image in heading.find_all("img"):
                heading.insert_before(image.extract())
            heading.decompose()
    levels: list[int] = []
    for heading in headings:
        level = int(heading.name[1])
        while levels and levels[-1] >= level:
            levels.pop()
        levels.append(level)
        heading.name = f"h{min(6, 1 + len(levels))}"
        # A heading is one line, in one weight.
        for tag in heading.find_all(["b", "strong", "br", "p"]):
            if tag.name == "br":
                tag.replace_with(" ")
            else:
                tag.unwrap()


def _drop_empty(soup: BeautifulSoup) -> None:
    for tag in reversed(soup.find_all(True)):
        if tag.name in {"img", "br", "hr", "td", "th"} or tag.decomposed:
            continue
        if not tag.get_text().strip() and not tag.find(["img", "hr", "td", "th"]):
            if tag.name in INLINE:
                tag.unwrap()  # the spaces in it keep two words apart
            else:
                tag.decompose()
