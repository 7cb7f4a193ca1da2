"""An article's buttons, quotations and figures, written as their templates say."""

import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Final
from xml.etree import ElementTree as ET

from jinja2 import Environment
from jinja2.filters import do_mark_safe

from flows.content.components import BUTTON, SOURCE
from flows.content.fragments import parse_fragment, write_fragment
from flows.mail.templates import render_template

THERE_MAY_BE_SOME: Final = re.compile(rf'<blockquote|<figure|<table|class="{BUTTON}"')
MOST_COLUMNS: Final = 3
"""Columns whose words stay whole on a phone; a table with more is marked as `wide`."""
PLACE: Final = "x-component"
"""An element that no sanitised text has: it stands where a template's markup goes."""
PLACES: Final = re.compile(rf'<{PLACE} id="(\d+)"></{PLACE}>')

Values = Mapping[str, object]


def dress(html: str, *, templates: Environment, values: Values) -> str:
    """A sanitised fragment whose components have the markup of `email/<component>.html`.

    `values` are those of all templates. Raises `InputError` with the line of a template at fault.
    """
    if not THERE_MAY_BE_SOME.search(html):
        return html
    written: list[str] = []

    def replace(parent: ET.Element) -> None:
        for child in parent:
            replace(child)
            if found := _component(child):
                name, own = found
                template = f"email/{name}.html"
                written.append(render_template(templates, template, {**values, **own}).strip())
                _leave_place(child, number=len(written) - 1)
            elif child.tag == "table" and _columns(child) > MOST_COLUMNS:
                child.set("class", "wide")

    def fill(place: re.Match[str]) -> str:
        return PLACES.sub(fill, written[int(place[1])])

    root = parse_fragment(html)
    replace(root)
    return PLACES.sub(fill, write_fragment(root))


def _component(element: ET.Element) -> tuple[str, Values] | None:
    """The name of a component and what its template is given beside the values of all."""
    if element.tag == "p" and element.get("class") == BUTTON:
        link = element[0]
        return "button", {"address": link.get("href", ""), "label": _inside(link)}
    if element.tag == "blockquote":
        source = element.find(f"p[@class='{SOURCE}']")
        words = _inside(element, but=lambda child: child is source)
        return "quote", {"words": words, "source": "" if source is None else _inside(source)}
    if element.tag == "figure":
        caption = element.find("figcaption")
        picture = _inside(element, but=lambda child: child is caption)
        return "figure", {
            "picture": picture,
            "caption": "" if caption is None else _inside(caption),
        }
    return None


def _columns(table: ET.Element) -> int:
    return max((len(row) for row in table.iter("tr")), default=0)


def _inside(element: ET.Element, *, but: Callable[[ET.Element], bool] = lambda _: False) -> str:
    """The HTML inside an element, which templates write as it is."""
    kept = (child for child in element if not but(child))
    parts = (ET.tostring(child, encoding="unicode", method="html") for child in kept)
    return do_mark_safe(escape(element.text or "", quote=False) + "".join(parts))


def _leave_place(element: ET.Element, *, number: int) -> None:
    tail = element.tail
    element.clear()
    element.tag, element.tail = PLACE, tail
    element.set("id", str(number))
