"""What of an article is more than text: buttons, figures, and quotations with their source.

Authors write plain Markdown for them, whose words stay segments; `docs/templates.md` says how.
"""

import re
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from flows.content.typography import Typography

BUTTON: Final = "button"
"""Class of a paragraph that is one link, which stands out."""
SOURCE: Final = "source"
"""Class of a quotation's last paragraph, which says whose words they are."""
DASH: Final = re.compile(r"\s*[—–―]\s")


def mark_components(root: Element, *, typography: Typography) -> None:
    """Give the components of a sanitised text, and nothing else, their classes and elements."""
    for element in root.iter("p"):
        wanted = element.attrib.pop("class", None)
        if wanted == BUTTON and _is_only_link(element):
            element.set("class", BUTTON)
        elif (picture := _only_picture(element)) is not None:
            _make_figure(element, picture, typography=typography)
    for quotation in root.iter("blockquote"):
        _mark_source(quotation)


def _only_child(element: Element) -> Element | None:
    """The child that is all there is in an element."""
    alone = len(element) == 1 and not (element.text or "").strip()
    return element[0] if alone and not (element[0].tail or "").strip() else None


def _is_only_link(paragraph: Element) -> bool:
    link = _only_child(paragraph)
    return link is not None and link.tag == "a" and "".join(link.itertext()).strip() != ""


def _only_picture(paragraph: Element) -> Element | None:
    child = _only_child(paragraph)
    if child is not None and child.tag == "a":
        child = _only_child(child)
    return child if child is not None and child.tag == "img" else None


def _make_figure(paragraph: Element, picture: Element, *, typography: Typography) -> None:
    paragraph.tag = "figure"
    if caption := picture.attrib.pop("title", "").strip():
        SubElement(paragraph, "figcaption").text = typography(caption)


def _mark_source(quotation: Element) -> None:
    """A dialogue's lines begin with a dash, too: then none of them is a source."""
    begun = [child for child in quotation if child.tag == "p" and DASH.match(child.text or "")]
    if len(quotation) > 1 and begun == [quotation[-1]]:
        quotation[-1].set("class", SOURCE)
