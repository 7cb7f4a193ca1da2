"""Sanitised HTML as a tree, polished there, and written out again."""

from html.parser import HTMLParser
from xml.etree import ElementTree as ET

from flows.content.sanitising import TITLE_CLASS
from flows.content.typography import Typography
from flows.domain.errors import InputError

VOID = frozenset({"br", "hr", "img", "wbr"})
DEEPEST = 100
VERBATIM = frozenset({"pre", "code", "kbd", "samp", "var"})
LISTS = frozenset({"ul", "ol"})


def parse_fragment(html: str) -> ET.Element:
    """A `div` around the elements of sanitised, hence balanced, HTML.

    Raises `InputError` for elements nested beyond `DEEPEST`.
    """
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return builder.finish()


def write_fragment(root: ET.Element) -> str:
    """The HTML inside `root`."""
    whole = ET.tostring(root, encoding="unicode", method="html")
    return whole[len("<div>") : -len("</div>")].strip()


def polish(root: ET.Element, *, typography: Typography) -> None:
    """Sets the texts in their language's typography and mends what sanitising left behind.

    The letter's own title is its `h1`, so an article's `h1` becomes an `h2`; a link without an
    address becomes plain text, an image without one its alternative text, a notice's title bold.
    What raw HTML has beside a list's items goes into the item before it.
    """
    for element in root.iter():
        if element.tag == "h1":
            element.tag = "h2"
        elif element.tag == "a" and not element.get("href"):
            element.tag = "span"
            element.attrib.pop("title", None)
        elif element.tag == "img" and not element.get("src"):
            element.tag, element.text = "span", element.get("alt", "")
            element.attrib.clear()
        elif element.get("class") == TITLE_CLASS:
            del element.attrib["class"]
            _embolden(element)
        elif element.tag in LISTS and _has_more_than_items(element):
            _settle_list(element)
    _set_type(root, typography)


def _embolden(element: ET.Element) -> None:
    strong = ET.Element("strong")
    strong.text, element.text = element.text, None
    strong.extend(element)
    element[:] = [strong]


def _has_more_than_items(element: ET.Element) -> bool:
    beside = [element.text, *(child.tail for child in element)]
    return any(child.tag != "li" for child in element) or any(map(str.strip, filter(None, beside)))


def _settle_list(element: ET.Element) -> None:
    """Leave nothing but items in a list (HTML, 4.4.5); what has none before it gets one."""
    items: list[ET.Element] = []

    def say(text: str | None) -> None:
        if text and text.strip():
            item = _last_of(items)
            if len(item):
                item[-1].tail = (item[-1].tail or "") + text
            else:
                item.text = (item.text or "") + text

    say(element.text)
    for child in list(element):
        if child.tag == "li":
            items.append(child)
        else:
            _last_of(items).append(child)
        loose, child.tail = child.tail, None
        say(loose)
    element.text, element[:] = None, items


def _last_of(items: list[ET.Element]) -> ET.Element:
    if not items:
        items.append(ET.Element("li"))
    return items[-1]


def _set_type(element: ET.Element, typography: Typography) -> None:
    if element.text and element.tag not in VERBATIM:
        element.text = typography(element.text)
    for child in element:
        if element.tag not in VERBATIM:
            _set_type(child, typography)
            if child.tail:
                child.tail = typography(child.tail)


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._tree = ET.TreeBuilder()
        self._tree.start("div", {})
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tree.start(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self._tree.end(tag)
            return
        self._depth += 1
        if self._depth > DEEPEST:
            raise InputError("the text has elements nested too deeply", field=f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self._tree.end(tag)
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        self._tree.data(data)

    def finish(self) -> ET.Element:
        self._tree.end("div")
        return self._tree.close()
